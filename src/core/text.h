/* SPDX-License-Identifier: BSD-3-Clause */
/* Writing text into a caller's buffer, or only measuring it. */
#ifndef TNI_TEXT_H
#define TNI_TEXT_H

#include <stddef.h>

#include "tenon/status.h"

/* Writes what fits below `capacity` and goes on counting; no NUL is added. buffer may be NULL if capacity is 0. */
typedef struct tni_text {
    char *buffer;
    size_t capacity;
    size_t length;
} tni_text;

static inline void tni_put_char(tni_text *out, char c)
{
    if (out->length < out->capacity)
        out->buffer[out->length] = c;
    out->length++;
}

static inline void tni_put(tni_text *out, const char *text)
{
    while (*text != '\0')
        tni_put_char(out, *text++);
}

/* `number` ≥ 0, in decimal. */
static inline void tni_put_number(tni_text *out, ptrdiff_t number)
{
    char digits[24];
    int n = 0;
    do {
        digits[n++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    while (n > 0)
        tni_put_char(out, digits[--n]);
}

/* "2, 3" with the separator given. */
static inline void tni_put_shape(tni_text *out, int ndim, const ptrdiff_t *shape, const char *separator)
{
    for (int k = 0; k < ndim; k++) {
        if (k > 0)
            tni_put(out, separator);
        tni_put_number(out, shape[k]);
    }
}

/* After measuring: reports the length (unless NULL), and whether it fits into `capacity` together with a NUL. */
static inline tn_status tni_text_fits(const tni_text *measured, size_t capacity, size_t *length, tn_error *err)
{
    if (length != NULL)
        *length = measured->length;
    if (measured->length < capacity)
        return TN_OK;
    return tn_fail(err, TN_WRONG_VALUE, "the text takes %zu bytes, the buffer has %zu", measured->length + 1, capacity);
}

#endif
