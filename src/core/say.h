/* SPDX-License-Identifier: BSD-3-Clause */
/* snprintf for messages. The C library's own takes several times as long once a program has taught it conversions, as
 * libquadmath does in every process that loads NumPy; and it is most of what a refusal costs.
 */
#ifndef TNI_SAY_H
#define TNI_SAY_H

#include <stdarg.h>
#include <stddef.h>

/* What vsnprintf does: at most capacity - 1 bytes and a NUL, and the length that the whole text has, or a negative
 * number. %s, which a precision cuts between characters, %c, %d and %u, with l, ll, z and t, are written here; all
 * other conversions are the library's. */
int tni_say_list(char *text, size_t capacity, const char *format, va_list arguments);

#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
int tni_say(char *text, size_t capacity, const char *format, ...);

#endif
