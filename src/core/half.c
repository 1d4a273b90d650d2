/* SPDX-License-Identifier: BSD-3-Clause */
/* Both formats are a sign, an exponent field and a fraction of `fraction` bits; everything else follows from that. The
 * encodings of neighbouring numbers are neighbouring integers, so a carry out of the fraction is right in the exponent.
 * */
#include "half.h"

#include <math.h>
#include <string.h>

enum { FLOAT16_FRACTION = 10, BFLOAT16_FRACTION = 7, DOUBLE_FRACTION = 52, DOUBLE_BIAS = 1023, DOUBLE_SPECIAL = 2047 };

static uint16_t narrow(double value, int fraction)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint64_t significand = bits & ((UINT64_C(1) << DOUBLE_FRACTION) - 1);
    int exponent = (int)(bits >> DOUBLE_FRACTION) & DOUBLE_SPECIAL;
    int special = (1 << (15 - fraction)) - 1; /* exponent field of infinities and NaNs */
    uint16_t sign = (uint16_t)(bits >> 63 << 15);
    uint16_t infinity = (uint16_t)(sign | special << fraction);
    int shift = DOUBLE_FRACTION - fraction;

    if (exponent == DOUBLE_SPECIAL && significand != 0)
        return (uint16_t)(infinity | significand >> shift | 1 << (fraction - 1));
    exponent += special / 2 - DOUBLE_BIAS;
    if (exponent >= special)
        return infinity;
    if (exponent > 0) {
        exponent--; /* the leading bit of the significand adds it again */
    } else {
        shift += 1 - exponent;
        exponent = 0;
    }
    if (shift > 63) /* far below the smallest subnormal, as every subnormal double is */
        return sign;
    significand |= UINT64_C(1) << DOUBLE_FRACTION;
    uint64_t kept = significand >> shift;
    uint64_t lost = significand & ((UINT64_C(1) << shift) - 1);
    uint64_t tie = UINT64_C(1) << (shift - 1);
    if (lost > tie || (lost == tie && (kept & 1) != 0))
        kept++;
    return (uint16_t)(sign | (((uint64_t)exponent << fraction) + kept));
}

static double widen(uint16_t bits, int fraction)
{
    int special = (1 << (15 - fraction)) - 1;
    int exponent = bits >> fraction & special;
    int significand = bits & ((1 << fraction) - 1);
    double magnitude;
    if (exponent == special)
        magnitude = significand == 0 ? HUGE_VAL : (double)NAN;
    else if (exponent == 0)
        magnitude = ldexp(significand, 1 - special / 2 - fraction);
    else
        magnitude = ldexp(significand + (1 << fraction), exponent - special / 2 - fraction);
    return copysign(magnitude, bits >> 15 != 0 ? -1.0 : 1.0);
}

uint16_t tni_float16_from_double(double value)
{
    return narrow(value, FLOAT16_FRACTION);
}

uint16_t tni_bfloat16_from_double(double value)
{
    return narrow(value, BFLOAT16_FRACTION);
}

double tni_float16_to_double(uint16_t bits)
{
    return widen(bits, FLOAT16_FRACTION);
}

double tni_bfloat16_to_double(uint16_t bits)
{
    return widen(bits, BFLOAT16_FRACTION);
}
