/* SPDX-License-Identifier: BSD-3-Clause */
/* Five small functions, one for each way an array can meet C: raw bytes, a contiguous matrix, one name for many element
 * types, a view of any layout, and an array of structures that is changed in place. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>

#include <tenon/overload.h>
#include <tenon/view.h>

/** Sum of all bytes, each counted from 0 to 255. */
uint64_t summer(size_t n, const char data[n])
{
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (unsigned char)data[i];
    return sum;
}

/** Arithmetic mean of a matrix; NaN if it has no elements. */
double mean(size_t m, size_t n, const double x[m][n])
{
    double sum = 0;
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++)
            sum += x[i][j];
    return sum / ((double)m * (double)n);
}

/** Arithmetic mean of a matrix of bytes. */
double mean_i8(size_t m, size_t n, const int8_t x[m][n])
{
    int64_t sum = 0;
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++)
            sum += x[i][j];
    return (double)sum / ((double)m * (double)n);
}

/** Arithmetic mean of a matrix of unsigned bytes. */
double mean_u8(size_t m, size_t n, const uint8_t x[m][n])
{
    uint64_t sum = 0;
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++)
            sum += x[i][j];
    return (double)sum / ((double)m * (double)n);
}

/** Arithmetic mean of a matrix of ints. */
double mean_i32(size_t m, size_t n, const int32_t x[m][n])
{
    int64_t sum = 0;
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++)
            sum += x[i][j];
    return (double)sum / ((double)m * (double)n);
}

/** Arithmetic mean of a matrix of longs, summed in double precision since their sum may not fit. */
double mean_i64(size_t m, size_t n, const int64_t x[m][n])
{
    double sum = 0;
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++)
            sum += (double)x[i][j];
    return sum / ((double)m * (double)n);
}

/** Arithmetic mean of a matrix of floats, summed in double precision. */
double mean_f32(size_t m, size_t n, const float x[m][n])
{
    double sum = 0;
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++)
            sum += (double)x[i][j];
    return sum / ((double)m * (double)n);
}

TN_OVERLOAD(generic_mean, mean, mean_f32, mean_i64, mean_i32, mean_i8, mean_u8);

/** Smallest element of a matrix of any layout; infinity if it has no elements, NaN if one of them is. */
double minimum(tn_const_f64_2 x)
{
    double least = INFINITY;
    for (ptrdiff_t i = 0; i < x.shape[0]; i++)
        for (ptrdiff_t j = 0; j < x.shape[1]; j++)
            if (!(TN_AT(x, i, j) >= least)) {
                least = TN_AT(x, i, j);
                if (isnan(least))
                    return least;
            }
    return least;
}

typedef struct pair {
    int32_t a;
    float b;
} pair;

/** Double both members of every pair, in place. */
void doubler(size_t n, pair p[n])
{
    for (size_t i = 0; i < n; i++) {
        p[i].a *= 2;
        p[i].b *= 2;
    }
}
