/* SPDX-License-Identifier: BSD-3-Clause */
/* Writing text into a caller's buffer, or only measuring it. */
#ifndef TNI_TEXT_H
#define TNI_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "tenon/status.h"

#include "utf8.h"

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

/* Where the length is known at build time, as that of a literal is, this is a few moves. */
static inline void tni_put_bytes(tni_text *out, const char *text, size_t length)
{
    if (out->length < out->capacity && length <= out->capacity - out->length)
        memcpy(out->buffer + out->length, text, length);
    else if (out->length < out->capacity)
        memcpy(out->buffer + out->length, text, out->capacity - out->length);
    out->length += length;
}

static inline void tni_put(tni_text *out, const char *text)
{
    tni_put_bytes(out, text, strlen(text));
}

/* At most `most` bytes of it, cut between characters. */
static inline void tni_put_most(tni_text *out, const char *text, size_t most)
{
    const char *end = memchr(text, '\0', most);
    tni_put_bytes(out, text, end == NULL ? tni_utf8_cut(text, most) : (size_t)(end - text));
}

/* A number of the given magnitude, in decimal. */
static inline void tni_put_digits(tni_text *out, uint64_t magnitude, bool negative)
{
    char digits[24];
    size_t first = sizeof digits;
    do
        digits[--first] = (char)('0' + magnitude % 10);
    while ((magnitude /= 10) != 0);
    if (negative)
        digits[--first] = '-';
    while (first < sizeof digits)
        tni_put_char(out, digits[first++]);
}

static inline void tni_put_number(tni_text *out, int64_t number)
{
    if (number >= 0 && number < 10)
        tni_put_char(out, (char)('0' + number));
    else
        tni_put_digits(out, number < 0 ? -(uint64_t)number : (uint64_t)number, number < 0);
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
