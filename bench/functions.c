/* SPDX-License-Identifier: BSD-3-Clause */
/* The ten functions that every adapter binds: plain C, as its author would have written it without a thought of Python.
 * Most cost next to nothing, so that the call is what is measured. */
#include <stddef.h>
#include <stdint.h>

/** The first element; 0 where there is none. */
double first(size_t n, const double x[n])
{
    return n > 0 ? x[0] : 0.0;
}

/** The same of single precision. */
float first_single(size_t n, const float x[n])
{
    return n > 0 ? x[0] : 0.0f;
}

/** z[0] = x[0] + y[0]. */
void add(size_t n, const double x[n], const double y[n], double z[n])
{
    if (n > 0)
        z[0] = x[0] + y[0];
}

/** z[0] is the sum of the first elements. */
void add_seven(size_t n, const double a[n], const double b[n], const double c[n], const double d[n], const double e[n],
               const double f[n], const double g[n], double z[n])
{
    if (n > 0)
        z[0] = a[0] + b[0] + c[0] + d[0] + e[0] + f[0] + g[0];
}

/** A new array.
 *
 * @param[out] y  twice x
 */
void doubled(size_t n, const double x[n], double y[n])
{
    for (size_t i = 0; i < n; i++)
        y[i] = 2 * x[i];
}

/** Every element times a, in place. */
void scale(double a, size_t n, double x[n])
{
    for (size_t i = 0; i < n; i++)
        x[i] *= a;
}

/** Arithmetic mean of a matrix. */
double mean(size_t m, size_t n, const double x[m][n])
{
    double sum = 0;
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++)
            sum += x[i][j];
    return sum / ((double)m * (double)n);
}

/** The cross product, into c. */
void cross(const double a[3], const double b[3], double c[restrict 3])
{
    c[0] = a[1] * b[2] - a[2] * b[1];
    c[1] = a[2] * b[0] - a[0] * b[2];
    c[2] = a[0] * b[1] - a[1] * b[0];
}

/** The sum of bytes. */
uint64_t sum_bytes(size_t n, const char b[n])
{
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (unsigned char)b[i];
    return sum;
}

/** The index of the largest element; -1 where there is none. */
ptrdiff_t largest(size_t n, const double x[n])
{
    ptrdiff_t best = n > 0 ? 0 : -1;
    for (size_t i = 1; i < n; i++)
        if (x[i] > x[best])
            best = (ptrdiff_t)i;
    return best;
}
