/* SPDX-License-Identifier: BSD-3-Clause */
/* Opaque handles, and memory that C hands over or keeps. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <tenon/tenon.h>

/** A table of numbers that grows by rows.
 *
 * Its numbers are one array, which is shown and not copied.
 */
typedef struct table table;

struct table {
    ptrdiff_t shape[2];
    ptrdiff_t strides[2];
    double scale;
    double *values;
};

/** An empty one.
 *
 * @param columns  numbers in a row
 */
table *table_new(size_t columns)
{
    table *t = calloc(1, sizeof *t);
    if (t == NULL)
        return NULL;
    t->shape[1] = (ptrdiff_t)columns;
    t->strides[0] = (ptrdiff_t)(columns * sizeof(double));
    t->strides[1] = sizeof(double);
    t->scale = 1;
    t->values = malloc(1);
    return t;
}

void table_free(table *t)
{
    free(t->values);
    free(t);
}

/** One with the values of a matrix. */
table *table_from(size_t m, size_t n, const double x[m][n])
{
    table *t = table_new(n);
    if (t == NULL)
        return NULL;
    t->shape[0] = (ptrdiff_t)m;
    t->values = realloc(t->values, m * n * sizeof(double) + 1);
    memcpy(t->values, x, m * n * sizeof(double));
    return t;
}

/** Another one with the same values. */
table *table_copy(const table *t)
{
    return table_from((size_t)t->shape[0], (size_t)t->shape[1], (const void *)t->values);
}

/** The numbers.
 * @buffer @attribute
 */
tn_array table_values(table *t)
{
    return (tn_array){.span = {.data = t->values, .type = &tn_type_float64, .ndim = 2, .shape = t->shape,
                               .strides = t->strides}};
}

/** Add a row at the end.
 *
 * @param row  as many numbers as there are columns
 * @exclusive
 */
tn_status table_append(table *t, size_t n, const double row[n])
{
    if ((ptrdiff_t)n != t->shape[1])
        return TN_WRONG_VALUE;
    size_t used = (size_t)t->shape[0] * n;
    double *values = realloc(t->values, (used + n) * sizeof(double) + 1);
    if (values == NULL)
        return TN_NO_MEMORY;
    memcpy(values + used, row, n * sizeof(double));
    t->values = values;
    t->shape[0]++;
    return TN_OK;
}

/** How many rows. @attribute */
size_t table_rows(const table *t)
{
    return (size_t)t->shape[0];
}

/** Both extents. @attribute
 * @param[out] rows     how many rows
 * @param[out] columns  how many columns
 */
void table_extents(const table *t, size_t *rows, size_t *columns)
{
    *rows = (size_t)t->shape[0];
    *columns = (size_t)t->shape[1];
}

/** What every sum is multiplied by. @attribute */
double table_scale(const table *t)
{
    return t->scale;
}

/** @attribute
 * @throws 1 must not be 0
 */
int table_set_scale(table *t, double scale)
{
    if (scale == 0)
        return 1;
    t->scale = scale;
    return 0;
}

/** The sum of all numbers, and of another table's.
 *
 * @param other  or NULL
 * @threadsafe
 */
double table_sum(const table *t, const table *other)
{
    double total = other != NULL ? table_sum(other, NULL) : 0;
    for (ptrdiff_t i = 0; i < t->shape[0] * t->shape[1]; i++)
        total += t->values[i];
    return total * t->scale;
}

/** A name of C that Python keeps for itself. */
int table_import(table *t, int self)
{
    (void)t;
    return self;
}

/** No method: it takes two tables alike. */
bool same_extents(const table *a, const table *b)
{
    return a->shape[0] == b->shape[0] && a->shape[1] == b->shape[1];
}

/* --- a structure that everybody may look into --------------------------------------------------------------------- */

/** A point of the plane. */
typedef struct point {
    double x, y;
} point;

point *point_new(double x, double y)
{
    point *p = malloc(sizeof *p);
    if (p != NULL)
        *p = (point){x, y};
    return p;
}

void point_free(point *p)
{
    free(p);
}

/** @attribute */
double point_x(const point *p)
{
    return p->x;
}

/** @attribute */
void point_set_x(point *p, double x)
{
    p->x = x;
}

/* --- one that only functions make --------------------------------------------------------------------------------- */

struct counter {
    int count;
};

void counter_free(struct counter *c)
{
    free(c);
}

struct counter *start(int from)
{
    struct counter *c = malloc(sizeof *c);
    if (c != NULL)
        c->count = from;
    return c;
}

int counter_next(struct counter *c)
{
    return c->count++;
}

/* --- arrays ------------------------------------------------------------------------------------------------------- */

/** The numbers from 0 to n - 1. */
tn_array arrange(size_t n)
{
    tn_array out;
    ptrdiff_t shape = (ptrdiff_t)n;
    if (tn_array_new(&tn_type_float64, 1, &shape, TN_ORDER_C, &out, NULL) == TN_OK)
        for (size_t i = 0; i < n; i++)
            ((double *)out.span.data)[i] = (double)i;
    return out;
}

/** Keep an array until the next one comes.
 * @param x  or NULL
 */
void keep(tn_array x)
{
    static tn_array kept;
    tn_array_release(&kept);
    kept = x;
}

/* --- what is not bound -------------------------------------------------------------------------------------------- */

typedef struct lost lost;
lost *lost_new(void)
{
    return NULL;
}

void lost_destroy(lost *l)
{
    (void)l;
}

typedef struct leaky leaky;
int leaky_free(leaky *l)
{
    return l == NULL;
}

const table *table_default(void)
{
    return NULL;
}

void point_close(point *p)
{
    (void)p;
}

/** @attribute */
void table_set_colour(table *t, int colour)
{
    (void)t, (void)colour;
}

/** @buffer */
double table_first(const table *t)
{
    return t->values[0];
}

/** @attribute */
double table_at(const table *t, size_t i, size_t j)
{
    return t->values[(ptrdiff_t)i * t->shape[1] + (ptrdiff_t)j];
}

void move(point p)
{
    (void)p;
}

/** @param[out] made  a new one */
void make(table *made)
{
    (void)made;
}

/** @exclusive */
double half(double x)
{
    return x / 2;
}
