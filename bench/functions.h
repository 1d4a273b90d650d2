/* SPDX-License-Identifier: BSD-3-Clause */
/* The functions of functions.c for languages without variably modified parameters: the same functions, seen as pointers.
 * functions.c itself does not include it, since C tells `const double *` from `const double (*)[n]`. */
#ifndef BENCH_FUNCTIONS_H
#define BENCH_FUNCTIONS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

double first(size_t n, const double *x);
float first_single(size_t n, const float *x);
void add(size_t n, const double *x, const double *y, double *z);
void add_seven(size_t n, const double *a, const double *b, const double *c, const double *d, const double *e,
               const double *f, const double *g, double *z);
void doubled(size_t n, const double *x, double *y);
void scale(double a, size_t n, double *x);
double mean(size_t m, size_t n, const double *x); /* x[m][n] */
void cross(const double *a, const double *b, double *c); /* three elements each */
uint64_t sum_bytes(size_t n, const char *b);
ptrdiff_t largest(size_t n, const double *x);

#ifdef __cplusplus
}
#endif
#endif
