/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers as they lie in memory, at any address and in either byte order. */
#ifndef TNI_LOAD_H
#define TNI_LOAD_H

#include <stdint.h>
#include <string.h>

#include "half.h"
#include "tenon/type.h"

static inline int tni_is_swapped(const tn_type *type)
{
    return type->byteorder != TN_NATIVE && type->byteorder != TN_NO_ORDER;
}

static inline void tni_move(void *to, const void *from, size_t size, int swapped)
{
    unsigned char *target = (unsigned char *)to;
    const unsigned char *source = (const unsigned char *)from;
    for (size_t i = 0; swapped && i < size; i++)
        target[i] = source[size - 1 - i];
    if (!swapped)
        memcpy(to, from, size);
}

/* An integer of 1, 2, 4 or 8 bytes, zero-extended. */
static inline uint64_t tni_load_unsigned(size_t size, int swapped, const void *data)
{
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    switch (size) {
    case 1:
        memcpy(&u8, data, 1);
        return u8;
    case 2:
        tni_move(&u16, data, 2, swapped);
        return u16;
    case 4:
        tni_move(&u32, data, 4, swapped);
        return u32;
    default:
        tni_move(&u64, data, 8, swapped);
        return u64;
    }
}

/* The same, sign-extended. */
static inline int64_t tni_load_signed(size_t size, int swapped, const void *data)
{
    uint64_t sign = UINT64_C(1) << (8 * size - 1);
    return (int64_t)((tni_load_unsigned(size, swapped, data) ^ sign) - sign);
}

/* One IEEE number of 2, 4, 8 or sizeof(long double) bytes: exact. */
static inline long double tni_load_float(size_t size, int swapped, const void *data)
{
    uint16_t half;
    float narrow;
    double middle;
    long double wide;
    if (size == sizeof half) {
        tni_move(&half, data, size, swapped);
        return tni_float16_to_double(half);
    }
    if (size == sizeof narrow) {
        tni_move(&narrow, data, size, swapped);
        return narrow;
    }
    if (size == sizeof middle) {
        tni_move(&middle, data, size, swapped);
        return middle;
    }
    tni_move(&wide, data, size, swapped);
    return wide;
}

static inline double tni_load_bfloat(int swapped, const void *data)
{
    uint16_t half;
    tni_move(&half, data, sizeof half, swapped);
    return tni_bfloat16_to_double(half);
}

#endif
