/* SPDX-License-Identifier: BSD-3-Clause */
/* What more.c does, as one writes it for Tenon: the prototypes say it. */
#include <stdlib.h>

#include <tenon/tenon.h>

/** The sum, of any strides. */
double sum_strided(tn_const_f64_1 x)
{
    double sum = 0;
    for (ptrdiff_t i = 0; i < x.shape[0]; i++)
        sum += TN_AT(x, i);
    return sum;
}

typedef struct pair {
    int32_t a;
    float b;
} pair;

/** a + b of the first; 0 where there is none. */
double first_pair(size_t n, const pair p[n])
{
    return n > 0 ? p[0].a + (double)p[0].b : 0.0;
}

/** y[i] = x[0] + … + x[i]. */
void accumulate(size_t n, const double x[n], double y[restrict n])
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        y[i] = sum += x[i];
}

static void free_block(tn_array *self)
{
    free(self->owner);
}

/** Memory of malloc, by hand: the layout lies behind the elements. */
tn_array handed(size_t n)
{
    double *x = malloc((n + 1) * sizeof *x + 2 * sizeof(ptrdiff_t));
    if (x == NULL)
        return (tn_array){.owner = NULL};
    ptrdiff_t *layout = (ptrdiff_t *)(void *)(x + n + 1);
    layout[0] = (ptrdiff_t)n;
    layout[1] = sizeof *x;
    x[0] = 1;
    return (tn_array){.span = {.data = x, .type = &tn_type_float64, .ndim = 1, .shape = layout, .strides = layout + 1},
                      .release = free_block,
                      .owner = x};
}

/** A new array of C's own, at an address that is a multiple of 64. */
tn_array aligned(ptrdiff_t n, tn_error *err)
{
    tn_array out;
    if (tn_array_new(&tn_type_float64, 1, &n, TN_ORDER_C, &out, err) == TN_OK)
        *(double *)out.span.data = 1;
    return out;
}

/** An object with memory of its own. */
typedef struct series series;

struct series {
    ptrdiff_t n;
    double *data;
};

series *series_new(size_t n)
{
    series *s = malloc(sizeof *s);
    double *data = malloc((n + 1) * sizeof *data);
    if (s == NULL || data == NULL) {
        free(s);
        free(data);
        return NULL;
    }
    data[0] = 1;
    *s = (series){(ptrdiff_t)n, data};
    return s;
}

void series_free(series *s)
{
    free(s->data);
    free(s);
}

/** How many numbers. */
size_t series_size(const series *s)
{
    return (size_t)s->n;
}

/** The numbers, which are the object's own.
 *
 * @buffer
 */
tn_array series_values(series *s)
{
    static const ptrdiff_t strides[] = {sizeof(double)};
    return (tn_array){
        .span = {.data = s->data, .type = &tn_type_float64, .ndim = 1, .shape = &s->n, .strides = strides}};
}
