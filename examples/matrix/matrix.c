/* SPDX-License-Identifier: BSD-3-Clause */
/** @file
 * Objects of C as classes of Python: a matrix that grows, a log of records, a point.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <tenon/tenon.h>

/* --- a matrix ----------------------------------------------------------------------------------------------------- */

/** A matrix of doubles that grows by rows.
 *
 * It is an array to everything that takes arrays: np.asarray(matrix) shows the numbers that C has, and copies none.
 * While anybody looks at them, the matrix does not grow.
 */
typedef struct matrix matrix;

struct matrix {
    tn_growable *values; /* row after row */
    ptrdiff_t columns;
};

/** A matrix without rows.
 *
 * @param columns  how many numbers a row has
 */
matrix *matrix_new(size_t columns, tn_error *err)
{
    matrix *m = malloc(sizeof *m);
    if (m == NULL) {
        tn_fail(err, TN_NO_MEMORY, "out of memory");
        return NULL;
    }
    m->columns = (ptrdiff_t)columns;
    if (tn_growable_new(&tn_type_float64, &m->values, err) == TN_OK)
        return m;
    free(m);
    return NULL;
}

void matrix_free(matrix *m)
{
    tn_growable_free(m->values);
    free(m);
}

/** A matrix with the numbers of an array, which are copied. */
matrix *matrix_of(size_t rows, size_t columns, const double x[rows][columns], tn_error *err)
{
    matrix *m = matrix_new(columns, err);
    if (m == NULL || tn_growable_append(m->values, x, (ptrdiff_t)(rows * columns), err) == TN_OK)
        return m;
    matrix_free(m);
    return NULL;
}

/** How many rows. @attribute */
ptrdiff_t matrix_rows(const matrix *m)
{
    return m->columns == 0 ? 0 : tn_growable_span(m->values).shape[0] / m->columns;
}

/** How many columns. @attribute */
ptrdiff_t matrix_columns(const matrix *m)
{
    return m->columns;
}

/** Add a row at the end.
 *
 * @param row  as many numbers as there are columns
 */
tn_status matrix_append(matrix *m, size_t n, const double row[n], tn_error *err)
{
    if ((ptrdiff_t)n != m->columns)
        return tn_fail(err, TN_WRONG_VALUE, "row has %zu numbers, and the matrix %td columns", n, m->columns);
    return tn_growable_append(m->values, row, m->columns, err);
}

/** The numbers, which are the matrix's own.
 *
 * @buffer
 */
tn_array matrix_values(matrix *m, tn_error *err)
{
    tn_array all, out = {0};
    if (tn_growable_share(m->values, &all, err) != TN_OK)
        return out;
    ptrdiff_t shape[2] = {matrix_rows(m), m->columns};
    ptrdiff_t strides[2] = {m->columns * (ptrdiff_t)sizeof(double), sizeof(double)};
    tn_span view = all.span;
    view.ndim = 2;
    view.shape = shape;
    view.strides = strides;
    tn_array_share(&all, &view, &out, err);
    tn_array_release(&all);
    return out;
}

/** The sum of all numbers. */
double matrix_sum(const matrix *m)
{
    tn_span values = tn_growable_span(m->values);
    const double *x = values.data;
    double total = 0;
    for (ptrdiff_t i = 0; i < values.shape[0]; i++)
        total += x[i];
    return total;
}

/** Add another matrix of the same shape to this one. */
tn_status matrix_add(matrix *m, const matrix *other, tn_error *err)
{
    tn_span to = tn_growable_span(m->values), from = tn_growable_span(other->values);
    if (m->columns != other->columns || to.shape[0] != from.shape[0])
        return tn_fail(err, TN_WRONG_VALUE, "the matrices have (%td, %td) and (%td, %td) numbers", matrix_rows(m),
                       m->columns, matrix_rows(other), other->columns);
    double *x = to.data;
    const double *y = from.data;
    for (ptrdiff_t i = 0; i < to.shape[0]; i++)
        x[i] += y[i];
    return TN_OK;
}

/* --- records ------------------------------------------------------------------------------------------------------ */

/** One measurement. */
typedef struct reading {
    int64_t when;
    float value;
    char unit[4];
} reading;

/** A log of readings, which are one structured array. */
typedef struct journal journal;

struct journal {
    tn_growable *readings;
};

journal *journal_new(tn_error *err)
{
    static const tn_type byte = {.kind = TN_BYTES, .byteorder = TN_NO_ORDER, .alignment = 1, .itemsize = 4};
    static const tn_field fields[] = {{"when", &tn_type_int64, offsetof(reading, when)},
                                      {"value", &tn_type_float32, offsetof(reading, value)},
                                      {"unit", &byte, offsetof(reading, unit)}};
    static const tn_type type = {.kind = TN_STRUCT, .byteorder = TN_NO_ORDER, .alignment = _Alignof(reading),
                                 .itemsize = sizeof(reading), .nfields = 3, .fields = fields, .name = "reading"};
    journal *j = malloc(sizeof *j);
    if (j != NULL && tn_growable_new(&type, &j->readings, err) == TN_OK)
        return j;
    free(j);
    return NULL;
}

void journal_free(journal *j)
{
    tn_growable_free(j->readings);
    free(j);
}

/** Note readings, one or many. */
tn_status journal_note(journal *j, size_t n, const reading readings[n], tn_error *err)
{
    return tn_growable_append(j->readings, readings, (ptrdiff_t)n, err);
}

/** What was noted.
 *
 * @buffer
 */
tn_array journal_readings(journal *j, tn_error *err)
{
    tn_array out;
    tn_growable_share(j->readings, &out, err);
    return out;
}

/* --- a point ------------------------------------------------------------------------------------------------------ */

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

/** To the right. @attribute */
double point_x(const point *p)
{
    return p->x;
}

/** @attribute */
void point_set_x(point *p, double x)
{
    p->x = x;
}

/** Upwards. @attribute */
double point_y(const point *p)
{
    return p->y;
}

/** @attribute */
void point_set_y(point *p, double y)
{
    p->y = y;
}

/** How far another point is. */
double point_distance(const point *p, const point *other)
{
    return hypot(p->x - other->x, p->y - other->y);
}

/** The point in the middle of two: a new one. */
point *point_between(const point *p, const point *other)
{
    return point_new((p->x + other->x) / 2, (p->y + other->y) / 2);
}
