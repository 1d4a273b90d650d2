/* SPDX-License-Identifier: BSD-3-Clause */
/* What is bound, by every adapter: functions that cost next to nothing, so that the call is what is measured. */
#include <stddef.h>
#include <stdlib.h>
#include <tenon/tenon.h>

/** The first element; 0 where there is none. */
double first(size_t n, const double x[n])
{
    return n > 0 ? x[0] : 0.0;
}

/** z[0] = x[0] + y[0]. */
void add(size_t n, const double x[n], const double y[n], double z[n])
{
    if (n > 0)
        z[0] = x[0] + y[0];
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

/** a times the first element. */
double scaled(double a, size_t n, const double x[n])
{
    return n > 0 ? a * x[0] : 0.0;
}

/** A new array of C's own, at an address that is a multiple of 64. */
tn_array owned(ptrdiff_t n)
{
    tn_array out;
    if (tn_array_new(&tn_type_float64, 1, &n, TN_ORDER_C, &out, NULL) == TN_OK)
        *(double *)out.span.data = 1;
    return out;
}

static void free_block(tn_array *self)
{
    free(self->owner);
}

/** The same in memory of malloc, by hand: the layout lies behind the elements. */
tn_array handed(ptrdiff_t n)
{
    double *x = malloc((size_t)n * sizeof *x + 2 * sizeof(ptrdiff_t));
    if (x == NULL)
        return (tn_array){.owner = NULL};
    ptrdiff_t *layout = (ptrdiff_t *)(void *)(x + n);
    layout[0] = n;
    layout[1] = sizeof *x;
    x[0] = 1;
    return (tn_array){.span = {.data = x, .type = &tn_type_float64, .ndim = 1, .shape = layout, .strides = layout + 1},
                      .release = free_block,
                      .owner = x};
}

/** An object that is next to nothing. */
typedef struct counter {
    long count;
} counter;

counter *counter_new(void)
{
    return calloc(1, sizeof(counter));
}

void counter_free(counter *c)
{
    free(c);
}

/** One further. */
long counter_next(counter *c)
{
    return ++c->count;
}
