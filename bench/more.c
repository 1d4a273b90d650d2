/* SPDX-License-Identifier: BSD-3-Clause */
#include "more.h"

#include <stdlib.h>

double sum_strided(size_t n, ptrdiff_t stride, const double *x)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += *(const double *)((const char *)x + (ptrdiff_t)i * stride);
    return sum;
}

double first_pair(size_t n, const pair *p)
{
    return n > 0 ? p[0].a + (double)p[0].b : 0.0;
}

void accumulate(size_t n, const double *x, double *restrict y)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        y[i] = sum += x[i];
}

static double *begun(double *x)
{
    if (x != NULL)
        x[0] = 1;
    return x;
}

double *handed(size_t n)
{
    return begun(malloc((n + 1) * sizeof(double)));
}

double *aligned(size_t n)
{
    return begun(aligned_alloc(64, (n * sizeof(double) + 64) / 64 * 64));
}

struct series {
    size_t n;
    double *data;
};

series *series_new(size_t n)
{
    series *s = malloc(sizeof *s);
    double *data = handed(n);
    if (s == NULL || data == NULL) {
        free(s);
        free(data);
        return NULL;
    }
    *s = (series){n, data};
    return s;
}

void series_free(series *s)
{
    free(s->data);
    free(s);
}

size_t series_size(const series *s)
{
    return s->n;
}

double *series_data(series *s)
{
    return s->data;
}
