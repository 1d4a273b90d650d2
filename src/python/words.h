/* SPDX-License-Identifier: BSD-3-Clause */
/* How messages write types, shapes and strides. All append to a NUL-terminated text, which is cut where it does not
 * fit. */
#ifndef TNPY_WORDS_H
#define TNPY_WORDS_H

#include <stddef.h>

#include "tenon/span.h"

#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
void tnpy_append(char *text, size_t capacity, const char *format, ...);

/* "(8, 24)", "(3,)" */
void tnpy_append_numbers(char *text, size_t capacity, const ptrdiff_t *numbers, int count);

/* "float64"; "?" for NULL */
void tnpy_append_type(char *text, size_t capacity, const tn_type *type);

/* "[3, 4]"; " of no dimensions" */
void tnpy_append_shape(char *text, size_t capacity, const tn_span *span);

#endif
