/* SPDX-License-Identifier: BSD-3-Clause */
/* What not every peer can bind: strided arrays, structures, memory of C, an object. For C++ as well. */
#ifndef BENCH_MORE_H
#define BENCH_MORE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The sum of n elements, `stride` bytes from one to the next. */
double sum_strided(size_t n, ptrdiff_t stride, const double *x);

typedef struct pair {
    int32_t a;
    float b;
} pair;

/* a + b of the first; 0 where there is none. */
double first_pair(size_t n, const pair *p);

/* y[i] = x[0] + … + x[i]; x and y may not overlap: y is restrict, for which C++ has no word. */
void accumulate(size_t n, const double *x, double *y);

/* n doubles of malloc, of which the first is 1; NULL where there is no memory. The caller frees. */
double *handed(size_t n);

/* The same at an address that is a multiple of 64. */
double *aligned(size_t n);

/* An object with memory of its own: n doubles, of which the first is 1. */
typedef struct series series;
series *series_new(size_t n); /* NULL where there is no memory */
void series_free(series *s);
size_t series_size(const series *s);
double *series_data(series *s); /* the object's; valid until series_free() */

#ifdef __cplusplus
}
#endif
#endif
