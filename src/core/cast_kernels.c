/* SPDX-License-Identifier: BSD-3-Clause */
/* One loop for each pair of real types, made from how a value of one becomes a value of the other. */
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "cast.h"
#include "half.h"

/* --- loading and storing ------------------------------------------------------------------------------------------ */

static inline float float_of_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline float load_FLOAT16(uint16_t bits)
{
    enum { SMALLEST_NORMAL = 0x0400, INFINITE = 0x7c00 };
    uint32_t magnitude = bits & 0x7fffu, sign = (uint32_t)(bits & 0x8000u) << 16;
    if (magnitude - SMALLEST_NORMAL < INFINITE - SMALLEST_NORMAL)
        return float_of_bits(sign | (magnitude + (112u << 10)) << 13);
    if (magnitude >= INFINITE)
        return float_of_bits(sign | 0x7f800000u | magnitude << 13);
    float small = (float)magnitude * 0x1p-24f;
    return sign != 0 ? -small : small;
}

static inline float load_BFLOAT16(uint16_t bits)
{
    return float_of_bits((uint32_t)bits << 16);
}

#define LOAD_B(name, value) ((uint8_t)((value) != 0))
#define LOAD_I(name, value) (value)
#define LOAD_F(name, value) (value)
#define LOAD_H(name, value) load_##name(value)

/* --- integers to 16-bit floats ------------------------------------------------------------------------------------ */

/* A double on the way to a 16-bit float must not be rounded itself, or the value is rounded twice. Rounding to odd is
 * harmless: towards zero, with the last bit set where anything was cut off, so that no tie arises that was none. */
static inline double odd_of_uint64(uint64_t magnitude)
{
    if (magnitude < UINT64_C(1) << DBL_MANT_DIG)
        return (double)magnitude;
    uint64_t low = magnitude & 0xffff;
    return (double)(magnitude - low + (low != 0 ? UINT64_C(1) << 15 : 0));
}

static inline double odd_of_int64(int64_t value)
{
    return value < 0 ? -odd_of_uint64(-(uint64_t)value) : odd_of_uint64((uint64_t)value);
}

static inline double odd_of_longdouble(long double value)
{
    double near = (double)value;
    if ((long double)near == value || value != value || near - near != 0)
        return near;
    double below = fabsl((long double)near) > fabsl(value) ? nextafter(near, 0) : near;
    uint64_t bits;
    memcpy(&bits, &below, sizeof bits);
    bits |= 1;
    memcpy(&below, &bits, sizeof below);
    return copysign(below, value < 0 ? -1.0 : 1.0);
}

static inline double odd_of_double(double value)
{
    return value;
}

#define ODD(value)                                                                                                     \
    _Generic((value), int64_t: odd_of_int64, uint64_t: odd_of_uint64, long double: odd_of_longdouble,                  \
             default: odd_of_double)(value)
#define NARROW_FLOAT16(value) tni_float16_from_double(ODD(value))
#define NARROW_BFLOAT16(value) tni_bfloat16_from_double(ODD(value))

/* --- floats to integers ------------------------------------------------------------------------------------------- */

/* The smallest power of two above all values; every float type has it. */
#define ABOVE_INT8 0x1p7f
#define ABOVE_INT16 0x1p15f
#define ABOVE_INT32 0x1p31f
#define ABOVE_INT64 0x1p63f
#define ABOVE_UINT8 0x1p8f
#define ABOVE_UINT16 0x1p16f
#define ABOVE_UINT32 0x1p32f
#define ABOVE_UINT64 0x1p64f
#define LOWEST_INT8 INT8_MIN
#define LOWEST_INT16 INT16_MIN
#define LOWEST_INT32 INT32_MIN
#define LOWEST_INT64 INT64_MIN
#define LOWEST_UINT8 0
#define LOWEST_UINT16 0
#define LOWEST_UINT32 0
#define LOWEST_UINT64 0

#define SATURATE(name, type, value)                                                                                    \
    ((value) >= ABOVE_##name ? name##_MAX : (value) <= (float)LOWEST_##name ? LOWEST_##name                            \
                                          : (value) == (value)              ? (type)(value) : 0)

/* --- pairs -------------------------------------------------------------------------------------------------------- */

/* CONVERT_<what it was>_<what it becomes>. C's integers wrap. */
#define CONVERT_B_B(name, type, value) ((type)((value) != 0))
#define CONVERT_I_B(name, type, value) ((type)((value) != 0))
#define CONVERT_H_B(name, type, value) ((type)((value) != 0))
#define CONVERT_F_B(name, type, value) ((type)((value) != 0))
#define CONVERT_B_I(name, type, value) ((type)(value))
#define CONVERT_I_I(name, type, value) ((type)(value))
#define CONVERT_H_I(name, type, value) ((type)SATURATE(name, type, value))
#define CONVERT_F_I(name, type, value) ((type)SATURATE(name, type, value))
#define CONVERT_B_H(name, type, value) NARROW_##name(value)
#define CONVERT_I_H(name, type, value) NARROW_##name(value)
#define CONVERT_H_H(name, type, value) NARROW_##name(value)
#define CONVERT_F_H(name, type, value) NARROW_##name(value)
#define CONVERT_B_F(name, type, value) ((type)(value))
#define CONVERT_I_F(name, type, value) ((type)(value))
#define CONVERT_H_F(name, type, value) ((type)(value))
#define CONVERT_F_F(name, type, value) ((type)(value))

#define PAIR(to, to_stored, to_what, from, from_stored, from_computed, from_what)                                      \
    static void to##_of_##from(char *target, const char *source, ptrdiff_t n)                                          \
    {                                                                                                                  \
        for (ptrdiff_t k = 0; k < n; k++) {                                                                            \
            from_stored stored;                                                                                        \
            memcpy(&stored, source + k * (ptrdiff_t)sizeof stored, sizeof stored);                                     \
            from_computed value = LOAD_##from_what(from, stored);                                                      \
            to_stored result = CONVERT_##from_what##_##to_what(to, to_stored, value);                                  \
            memcpy(target + k * (ptrdiff_t)sizeof result, &result, sizeof result);                                     \
        }                                                                                                              \
    }

/* One PAIR for each type that `to` can come from: TNI_REAL_LIST once more, which cannot be expanded within itself. */
#define ALL_TO(to, stored, computed, what)                        \
    PAIR(to, stored, what, BOOL, uint8_t, uint8_t, B)             \
    PAIR(to, stored, what, INT8, int8_t, int8_t, I)               \
    PAIR(to, stored, what, INT16, int16_t, int16_t, I)            \
    PAIR(to, stored, what, INT32, int32_t, int32_t, I)            \
    PAIR(to, stored, what, INT64, int64_t, int64_t, I)            \
    PAIR(to, stored, what, UINT8, uint8_t, uint8_t, I)            \
    PAIR(to, stored, what, UINT16, uint16_t, uint16_t, I)         \
    PAIR(to, stored, what, UINT32, uint32_t, uint32_t, I)         \
    PAIR(to, stored, what, UINT64, uint64_t, uint64_t, I)         \
    PAIR(to, stored, what, FLOAT16, uint16_t, float, H)           \
    PAIR(to, stored, what, BFLOAT16, uint16_t, float, H)          \
    PAIR(to, stored, what, FLOAT32, float, float, F)              \
    PAIR(to, stored, what, FLOAT64, double, double, F)            \
    PAIR(to, stored, what, LONGDOUBLE, long double, long double, F)

TNI_REAL_LIST(ALL_TO)

#define ENTRIES(to, stored, computed, what)                                                                            \
    [TNI_##to] = {                                                                                                     \
        [TNI_BOOL] = to##_of_BOOL,       [TNI_INT8] = to##_of_INT8,         [TNI_INT16] = to##_of_INT16,               \
        [TNI_INT32] = to##_of_INT32,     [TNI_INT64] = to##_of_INT64,       [TNI_UINT8] = to##_of_UINT8,               \
        [TNI_UINT16] = to##_of_UINT16,   [TNI_UINT32] = to##_of_UINT32,     [TNI_UINT64] = to##_of_UINT64,             \
        [TNI_FLOAT16] = to##_of_FLOAT16, [TNI_BFLOAT16] = to##_of_BFLOAT16, [TNI_FLOAT32] = to##_of_FLOAT32,           \
        [TNI_FLOAT64] = to##_of_FLOAT64, [TNI_LONGDOUBLE] = to##_of_LONGDOUBLE,                                        \
    },

static tni_convert *const converters[TNI_REALS][TNI_REALS] = {TNI_REAL_LIST(ENTRIES)};

tni_convert *tni_converter(tni_real to, tni_real from)
{
    return converters[to][from];
}
