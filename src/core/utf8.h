/* SPDX-License-Identifier: BSD-3-Clause */
/* The little that libtenon needs to know of UTF-8. */
#ifndef TNI_UTF8_H
#define TNI_UTF8_H

#include <stddef.h>

/* Length of the well-formed sequence that starts the `length` bytes at `text`; 0 if there is none. */
static inline size_t tni_utf8_sequence(const char *text, size_t length)
{
    const unsigned char *s = (const unsigned char *)text;
    if (length == 0)
        return 0;
    if (s[0] < 0x80)
        return 1;
    size_t n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    if (s[0] < 0xc2 || s[0] > 0xf4 || length < n)
        return 0;
    for (size_t k = 1; k < n; k++)
        if ((s[k] & 0xc0) != 0x80)
            return 0;
    int overlong = (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xf0 && s[1] < 0x90);
    int surrogate = s[0] == 0xed && s[1] >= 0xa0;
    int beyond = s[0] == 0xf4 && s[1] >= 0x90;
    return overlong || surrogate || beyond ? 0 : n;
}

/* 1 if all `length` bytes are well-formed UTF-8. */
static inline int tni_utf8_valid(const char *text, size_t length)
{
    while (length > 0) {
        size_t n = tni_utf8_sequence(text, length);
        if (n == 0)
            return 0;
        text += n;
        length -= n;
    }
    return 1;
}

/* The largest character boundary ≤ `length` of well-formed text that may have been cut at `length`. */
static inline size_t tni_utf8_cut(const char *text, size_t length)
{
    size_t start = length;
    while (start > 0 && ((unsigned char)text[start - 1] & 0xc0) == 0x80)
        start--;
    if (start == 0)
        return length;
    start--; /* the first byte of the last character */
    size_t n = tni_utf8_sequence(text + start, length - start);
    return n == length - start ? length : start;
}

#endif
