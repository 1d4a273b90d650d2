/* SPDX-License-Identifier: BSD-3-Clause */
#include "keep.h"

#include <stddef.h>
#include <string.h>

#include "borrow.h"
#include "object.h"
#include "protocol/numpy.h"
#include "release.h"

/* What the owner of a kept array points to. Its layout is copied, since an ndarray's may be assigned to, and only its type
 * lives where the loan has it. */
typedef struct kept {
    tnpy_debt debt;
    PyObject *array;    /* an ndarray; NULL where the loan holds */
    tn_type *type;      /* of an ndarray, owned; NULL where it is static */
    tnpy_loan *loan;    /* what is held of every other object; NULL for ndarrays */
    ptrdiff_t layout[]; /* shape, strides, suboffsets */
} kept;

static void settle(tnpy_debt *debt, int alive)
{
    kept *self = (kept *)debt;
    if (alive && self->loan != NULL) {
        tnpy_give_back(self->loan);
    } else if (self->loan != NULL) {
        tn_type_free(self->loan->type);
        PyMem_RawFree(self->loan->layout);
    }
    if (alive)
        Py_XDECREF(self->array);
    tn_type_free(self->type);
    PyMem_RawFree(self->loan);
    PyMem_RawFree(self);
}

static void release(tn_array *array)
{
    tnpy_pay_later(&((kept *)array->owner)->debt);
}

static const ptrdiff_t *copy_extents(ptrdiff_t *to, const ptrdiff_t *from, int ndim)
{
    if (ndim > 0)
        memcpy(to, from, (size_t)ndim * sizeof *to);
    return to;
}

/* The array, over what `loan` or `array` holds; both stay the caller's where it fails. */
static tn_status make(tnpy_state *state, tnpy_loan *loan, PyObject *array, tn_type *type, const tn_span *span, tn_array *out,
                      tn_error *err)
{
    if (tnpy_holds_objects(span->type))
        return tn_fail(err, TN_WRONG_TYPE, "has elements that are Python objects");
    int ndim = span->ndim;
    kept *self = PyMem_RawMalloc(sizeof *self + 3 * (size_t)ndim * sizeof *self->layout);
    if (self == NULL)
        return tn_fail(err, TN_NO_MEMORY, "out of memory");
    self->array = Py_XNewRef(array);
    self->type = type;
    self->loan = loan;
    out->span = *span;
    out->span.shape = copy_extents(self->layout, span->shape, ndim);
    out->span.strides = copy_extents(self->layout + ndim, span->strides, ndim);
    if (span->suboffsets != NULL)
        out->span.suboffsets = copy_extents(self->layout + 2 * ndim, span->suboffsets, ndim);
    out->release = release;
    out->owner = self;
    tnpy_owe(state, &self->debt, settle);
    return TN_OK;
}

static long double nowhere[4]; /* an aligned address; never read or written */

static tn_status keep_ndarray(tnpy_state *state, PyObject *obj, bool writable, tn_array *out, tn_error *err)
{
    tn_span span;
    tn_type *owned = NULL;
    tnpy_numpy_fields(obj, &span);
    if (span.data == NULL)
        span.data = nowhere; /* there are no elements */
    if (Py_TYPE(obj) != state->ndarray && tnpy_has_base(obj, "MaskedArray"))
        return tnpy_refuse_masked(err);
    if (writable && span.flags & TN_READONLY)
        return tn_fail(err, TN_WRONG_VALUE, "is read-only");
    tn_status status = tnpy_numpy_type(obj, &span.type, &owned, err);
    if (status == TN_OK)
        status = make(state, NULL, obj, owned, &span, out, err);
    if (status != TN_OK)
        tn_type_free(owned);
    return status;
}

static tn_status keep_loan(tnpy_state *state, PyObject *obj, bool writable, tn_array *out, tn_error *err)
{
    tn_span span;
    tnpy_loan *loan = PyMem_RawMalloc(sizeof *loan);
    if (loan == NULL)
        return tn_fail(err, TN_NO_MEMORY, "out of memory");
    tn_status status = tnpy_borrow(state, obj, writable, loan, &span, err);
    if (status == TN_OK) {
        status = make(state, loan, NULL, NULL, &span, out, err);
        if (status != TN_OK)
            tnpy_give_back(loan);
    }
    if (status != TN_OK)
        PyMem_RawFree(loan);
    return status;
}

tn_status tnpy_keep(tnpy_state *state, PyObject *obj, bool writable, tn_array *out, tn_error *err)
{
    tnpy_settle(state);
    if (tnpy_numpy_is_array(state, obj))
        return keep_ndarray(state, obj, writable, out, err);
    return keep_loan(state, obj, writable, out, err);
}
