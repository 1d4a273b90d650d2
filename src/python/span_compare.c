/* SPDX-License-Identifier: BSD-3-Clause */
/* == and != of Spans: two arrays are equal if their shapes are and each element is, as Python values are.
 *
 * So formats need not agree: an int32 1, a big-endian int16 1 and a float64 1.0 are equal; a NaN equals nothing; a
 * structure equals another with as many fields that are equal in order, whatever their names and offsets. Padding does
 * not count.
 */
#include "span_room.h"

#include "../core/load.h"
#include "../core/plain.h"
#include "borrow.h"
#include "slot.h"
#include "span_walk.h"
#include "value.h"

typedef struct comparison comparison;

/* 1 equal, 0 not, -1 an exception. */
typedef int (*compare_run)(const comparison *c, const char *a, ptrdiff_t a_stride, const char *b, ptrdiff_t b_stride,
                           ptrdiff_t count);

struct comparison {
    tnpy_state *state;
    const tn_span *a, *b;
    compare_run run;
};

/* --- two values --------------------------------------------------------------------------------------------------- */

static int is_integer(const tn_type *type)
{
    return type->kind == TN_INT || type->kind == TN_UINT || type->kind == TN_BOOL || type->kind == TN_POINTER;
}

static int is_float(const tn_type *type)
{
    return type->kind == TN_FLOAT || type->kind == TN_BFLOAT;
}

static int is_time(const tn_type *type)
{
    return type->kind == TN_DATETIME || type->kind == TN_TIMEDELTA;
}

static int64_t load_integer(const tn_type *type, const void *at, int *beyond)
{
    size_t size = (size_t)type->itemsize;
    *beyond = 0;
    if (type->kind == TN_INT)
        return tni_load_signed(size, tni_is_swapped(type), at);
    uint64_t value = tni_load_unsigned(size, tni_is_swapped(type), at);
    *beyond = value > INT64_MAX;
    return type->kind == TN_BOOL ? value != 0 : (int64_t)value;
}

static int integers_equal(const tn_type *a_type, const void *a, const tn_type *b_type, const void *b)
{
    int a_beyond, b_beyond;
    int64_t a_value = load_integer(a_type, a, &a_beyond), b_value = load_integer(b_type, b, &b_beyond);
    return a_value == b_value && a_beyond == b_beyond;
}

static long double load_float(const tn_type *type, const void *at)
{
    if (type->kind == TN_BFLOAT)
        return tni_load_bfloat(tni_is_swapped(type), at);
    return tni_load_float((size_t)type->itemsize, tni_is_swapped(type), at);
}

static int complexes_equal(const tn_type *a_type, const char *a, const tn_type *b_type, const char *b)
{
    size_t a_size = (size_t)a_type->itemsize / 2, b_size = (size_t)b_type->itemsize / 2;
    int a_swapped = tni_is_swapped(a_type), b_swapped = tni_is_swapped(b_type);
    return tni_load_float(a_size, a_swapped, a) == tni_load_float(b_size, b_swapped, b) &&
           tni_load_float(a_size, a_swapped, a + a_size) == tni_load_float(b_size, b_swapped, b + b_size);
}

/* Counts of one unit can be told apart from counts of another; nothing is converted. */
static int times_equal(const tn_type *a_type, const void *a, const tn_type *b_type, const void *b)
{
    return a_type->kind == b_type->kind && strcmp(tni_unit(a_type), tni_unit(b_type)) == 0 &&
           tni_load_signed(8, tni_is_swapped(a_type), a) == tni_load_signed(8, tni_is_swapped(b_type), b);
}

static int objects_equal(tnpy_state *state, const tn_type *a_type, const char *a, const tn_type *b_type, const char *b)
{
    PyObject *left = tnpy_value_to_python(state, a_type, 0, a);
    PyObject *right = left == NULL ? NULL : tnpy_value_to_python(state, b_type, 0, b);
    int equal = right == NULL ? -1 : PyObject_RichCompareBool(left, right, Py_EQ);
    Py_XDECREF(left);
    Py_XDECREF(right);
    return equal;
}

static int values_equal(tnpy_state *state, const tn_type *a_type, const char *a, const tn_type *b_type, const char *b);

static int structures_equal(tnpy_state *state, const tn_type *a_type, const char *a, const tn_type *b_type,
                            const char *b)
{
    int equal = a_type->nfields == b_type->nfields;
    for (ptrdiff_t i = 0; i < a_type->nfields && equal > 0; i++) {
        const tn_field *left = &a_type->fields[i], *right = &b_type->fields[i];
        equal = values_equal(state, left->type, a + left->offset, right->type, b + right->offset);
    }
    return equal;
}

static int subarrays_equal(tnpy_state *state, const tn_type *a_type, const char *a, const tn_type *b_type,
                           const char *b)
{
    ptrdiff_t count = 1;
    if (a_type->ndim != b_type->ndim)
        return 0;
    for (int k = 0; k < a_type->ndim; k++) {
        if (a_type->shape[k] != b_type->shape[k])
            return 0;
        count *= a_type->shape[k];
    }
    int equal = 1;
    for (ptrdiff_t i = 0; i < count && equal > 0; i++)
        equal = values_equal(state, a_type->base, a + i * a_type->base->itemsize, b_type->base,
                             b + i * b_type->base->itemsize);
    return equal;
}

static int values_equal(tnpy_state *state, const tn_type *a_type, const char *a, const tn_type *b_type, const char *b)
{
    if (is_integer(a_type) && is_integer(b_type))
        return integers_equal(a_type, a, b_type, b);
    if (is_float(a_type) && is_float(b_type))
        return load_float(a_type, a) == load_float(b_type, b);
    if (a_type->kind == TN_COMPLEX && b_type->kind == TN_COMPLEX)
        return complexes_equal(a_type, a, b_type, b);
    if (is_time(a_type) || is_time(b_type))
        return times_equal(a_type, a, b_type, b);
    if (a_type->kind == TN_STRUCT && b_type->kind == TN_STRUCT)
        return structures_equal(state, a_type, a, b_type, b);
    if (a_type->kind == TN_SUBARRAY && b_type->kind == TN_SUBARRAY)
        return subarrays_equal(state, a_type, a, b_type, b);
    return objects_equal(state, a_type, a, b_type, b);
}

/* --- runs of them ------------------------------------------------------------------------------------------------- */

static int run_of_values(const comparison *c, const char *a, ptrdiff_t a_stride, const char *b, ptrdiff_t b_stride,
                         ptrdiff_t count)
{
    int equal = 1;
    for (ptrdiff_t i = 0; i < count && equal > 0; i++)
        equal = values_equal(c->state, c->a->type, a + i * a_stride, c->b->type, b + i * b_stride);
    return equal;
}

static int run_of_bytes(const comparison *c, const char *a, ptrdiff_t a_stride, const char *b, ptrdiff_t b_stride,
                        ptrdiff_t count)
{
    ptrdiff_t size = c->a->type->itemsize;
    if (a_stride == size && b_stride == size)
        return memcmp(a, b, (size_t)(count * size)) == 0;
    for (ptrdiff_t i = 0; i < count; i++)
        if (memcmp(a + i * a_stride, b + i * b_stride, (size_t)size) != 0)
            return 0;
    return 1;
}

#define RUN_OF_FLOATS(name, type)                                                                                     \
    static int name(const comparison *c, const char *a, ptrdiff_t a_stride, const char *b, ptrdiff_t b_stride,        \
                    ptrdiff_t count)                                                                                  \
    {                                                                                                                 \
        type left, right;                                                                                             \
        (void)c;                                                                                                      \
        for (ptrdiff_t i = 0; i < count; i++) {                                                                       \
            memcpy(&left, a + i * a_stride, sizeof left);                                                             \
            memcpy(&right, b + i * b_stride, sizeof right);                                                           \
            if (left != right)                                                                                        \
                return 0;                                                                                             \
        }                                                                                                             \
        return 1;                                                                                                     \
    }
RUN_OF_FLOATS(run_of_float32, float)
RUN_OF_FLOATS(run_of_float64, double)

static int run_of_bools(const comparison *c, const char *a, ptrdiff_t a_stride, const char *b, ptrdiff_t b_stride,
                        ptrdiff_t count)
{
    (void)c;
    for (ptrdiff_t i = 0; i < count; i++)
        if ((a[i * a_stride] != 0) != (b[i * b_stride] != 0))
            return 0;
    return 1;
}

/* Is one value one pattern of bytes, and the reverse? Not so for floats (zeros, NaN), truth values, and what may be
 * padded; structures are left to the walk over their fields. */
static int is_bitwise(const tn_type *type)
{
    switch ((tn_kind)type->kind) {
    case TN_INT:
    case TN_UINT:
    case TN_BYTES:
    case TN_VOID:
    case TN_POINTER:
    case TN_DATETIME:
    case TN_TIMEDELTA:
        return 1;
    case TN_BOOL:
    case TN_FLOAT:
    case TN_BFLOAT:
    case TN_COMPLEX:
    case TN_UCS4:
    case TN_STRUCT:
    case TN_SUBARRAY:
    case TN_OBJECT:
        break;
    }
    return 0;
}

static compare_run choose_run(const tn_type *a, const tn_type *b)
{
    if (!tn_type_equal(a, b))
        return run_of_values;
    if (is_bitwise(a))
        return run_of_bytes;
    if (a->kind == TN_BOOL)
        return run_of_bools;
    if (a->kind == TN_FLOAT && a->byteorder == TN_NATIVE && a->itemsize == 8)
        return run_of_float64;
    if (a->kind == TN_FLOAT && a->byteorder == TN_NATIVE && a->itemsize == 4)
        return run_of_float32;
    return run_of_values;
}

/* --- two arrays --------------------------------------------------------------------------------------------------- */

static int axes_equal(const comparison *c, int axis, const char *a, const char *b)
{
    if (axis == c->a->ndim)
        return c->run(c, a, 0, b, 0, 1);
    ptrdiff_t extent = c->a->shape[axis];
    if (axis == c->a->ndim - 1 && tnpy_is_direct(c->a, axis) && tnpy_is_direct(c->b, axis))
        return c->run(c, a, c->a->strides[axis], b, c->b->strides[axis], extent);
    int equal = 1;
    for (ptrdiff_t i = 0; i < extent && equal > 0; i++)
        equal = axes_equal(c, axis + 1, tnpy_along(c->a, axis, a, i), tnpy_along(c->b, axis, b, i));
    return equal;
}

/* As lists: behind an extent of 0 there is nothing to differ. Then *empty is 1. */
static int shapes_equal(const tn_span *a, const tn_span *b, int *empty)
{
    *empty = 0;
    if (a->ndim != b->ndim)
        return 0;
    for (int k = 0; k < a->ndim && !*empty; k++) {
        if (a->shape[k] != b->shape[k])
            return 0;
        *empty = a->shape[k] == 0;
    }
    return 1;
}

static int spans_equal(tnpy_state *state, const tn_span *a, const tn_span *b)
{
    int empty;
    if (!shapes_equal(a, b, &empty))
        return 0;
    if (empty || tn_span_size(a) == 0)
        return 1;
    comparison c = {.state = state, .a = a, .b = b, .run = choose_run(a->type, b->type)};
    if (tnpy_is_block(a, TN_ORDER_C) && tnpy_is_block(b, TN_ORDER_C))
        return c.run(&c, a->data, a->type->itemsize, b->data, b->type->itemsize, tn_span_size(a));
    return axes_equal(&c, 0, a->data, b->data);
}

/* --- the slot ----------------------------------------------------------------------------------------------------- */

/* What is no array is not equal, and says nothing; an interrupt passes. 1, 0, or -1 with the exception. */
static int borrow_other(tnpy_state *state, PyObject *other, tnpy_loan *loan, tn_span *span)
{
    tn_error err;
    tn_status status = tnpy_borrow(state, other, false, loan, span, &err);
    if (status == TN_OK)
        return 1;
    if (status == TN_RAISED && !PyErr_ExceptionMatches(PyExc_Exception))
        return -1;
    PyErr_Clear();
    return 0;
}

static PyObject *richcompare(PyObject *self, PyObject *other, int op)
{
    const tnpy_span *span = (const tnpy_span *)self;
    if (op != Py_EQ && op != Py_NE)
        Py_RETURN_NOTIMPLEMENTED;
    if (self == other && !tnpy_span_is_live(span))
        return PyBool_FromLong(op == Py_EQ);
    if (!tnpy_span_is_live(span))
        return PyBool_FromLong(op == Py_NE);

    tnpy_state *state = span->dtype->state;
    tnpy_loan loan = {.next = NULL};
    tn_span theirs;
    tnpy_span_hold(self);
    int equal = borrow_other(state, other, &loan, &theirs);
    if (equal == 0) {
        tnpy_span_let_go(self);
        Py_RETURN_NOTIMPLEMENTED;
    }
    if (equal > 0) {
        equal = spans_equal(state, &span->span, &theirs);
        tnpy_give_back(&loan);
    }
    tnpy_span_let_go(self);
    return equal < 0 ? NULL : PyBool_FromLong(equal == (op == Py_EQ));
}

static const PyType_Slot slots[] = {
    {Py_tp_richcompare, TNPY_SLOT(richcompare)},
    {0, NULL},
};

const tnpy_span_room tnpy_span_comparison = {.slots = slots};
