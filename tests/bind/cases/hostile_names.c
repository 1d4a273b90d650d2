/* SPDX-License-Identifier: BSD-3-Clause */
/** @file
 * Functions named like the C library's, macros of every kind, intrinsics, static helpers.
 */
#include <immintrin.h>
#include <stddef.h>

#define T double
#define I 5
#define N(x) x
#define threads 4
#define args bogus bogus bogus
#define dims <
#define steps >
#define stop ;
#define point 1
#define code 3
#define p )
#define OPEN {

static T helper(T x)
{
    return x * x;
}

/** Not the gamma function. */
T gamma(T x)
{
    return helper(x);
}

/** Not the Bessel function. */
T y0(T x)
{
    return gamma(x) + 1;
}

/** Not strchr. */
int index(int a, int b)
{
    return a + b;
}

/** Sum by pairs.
 * @param x  an even number of values
 */
T pairs(size_t n, const T x[n])
{
    __m128d sum = _mm_setzero_pd();
    for (size_t i = 0; i + 1 < n; i += 2)
        sum = _mm_add_pd(sum, _mm_loadu_pd(x + i));
    return _mm_cvtsd_f64(sum) + _mm_cvtsd_f64(_mm_unpackhi_pd(sum, sum));
}

/** @throws code it is negative */
int check(T x)
{
    return x < 0 ? code : 0;
}

#define DEFINE(type) type sum_##type(size_t n, const type x[n]) \
{                                                              \
    type s = 0;                                                \
    for (size_t i = 0; i < n; i++)                             \
        s += x[i];                                             \
    return s;                                                  \
}
DEFINE(float)
DEFINE(int)
