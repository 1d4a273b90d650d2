/* SPDX-License-Identifier: BSD-3-Clause */
#include "keep.h"

#include <stddef.h>
#include <string.h>

#include "borrow.h"
#include "nowhere.h"
#include "object.h"
#include "protocol/numpy.h"
#include "release.h"

/* What the owner of a kept array points to. */
typedef struct kept {
    tnpy_debt debt;
    tnpy_loan loan;
    ptrdiff_t extents[]; /* of an ndarray: its shape and strides as they were, since they may be assigned to */
} kept;

static void settle(tnpy_debt *debt, int alive)
{
    kept *self = (kept *)debt;
    if (alive)
        tnpy_give_back(&self->loan);
    else
        tnpy_abandon(&self->loan);
    PyMem_RawFree(self);
}

static void release(tn_array *array)
{
    tnpy_pay_later(&((kept *)array->owner)->debt);
}

static kept *new_kept(tnpy_state *state, int nextents, tn_error *err)
{
    kept *self = PyMem_RawMalloc(sizeof *self + (size_t)nextents * sizeof *self->extents);
    if (self == NULL) {
        tn_fail(err, TN_NO_MEMORY, "out of memory");
        return NULL;
    }
    self->loan = (tnpy_loan){.next = NULL};
    tnpy_owe(state, &self->debt, settle);
    return self;
}

static tn_status hold_array(kept *self, PyObject *obj, tn_span *span, tn_error *err)
{
    size_t bytes = (size_t)span->ndim * sizeof(ptrdiff_t);
    if (bytes > 0) {
        memcpy(self->extents, span->shape, bytes);
        memcpy(self->extents + span->ndim, span->strides, bytes);
    }
    span->shape = self->extents;
    span->strides = self->extents + span->ndim;
    self->loan.owner = Py_NewRef(obj);
    return tnpy_numpy_type(obj, &span->type, &self->loan.type, err);
}

static tn_status hold(tnpy_state *state, PyObject *obj, bool writable, tn_span *span, kept **made, tn_error *err)
{
    if (!tnpy_numpy_is_array(state, obj)) {
        *made = new_kept(state, 0, err);
        return *made == NULL ? TN_NO_MEMORY : tnpy_borrow(state, obj, writable, &(*made)->loan, span, err);
    }
    *made = NULL;
    if (tnpy_has_base(obj, "MaskedArray"))
        return tnpy_refuse_masked(err);
    tnpy_numpy_fields(obj, span);
    if (span->data == NULL)
        span->data = tnpy_nowhere();
    if (writable && span->flags & TN_READONLY)
        return tn_fail(err, TN_WRONG_VALUE, "is read-only");
    *made = new_kept(state, 2 * span->ndim, err);
    return *made == NULL ? TN_NO_MEMORY : hold_array(*made, obj, span, err);
}

tn_status tnpy_keep(tnpy_state *state, PyObject *obj, bool writable, tn_array *out, tn_error *err)
{
    tn_span span;
    kept *made;
    tnpy_settle(state);
    tn_status status = hold(state, obj, writable, &span, &made, err);
    if (status == TN_OK && tnpy_holds_objects(span.type))
        status = tn_fail(err, TN_WRONG_TYPE, "has elements that are Python objects");
    if (status != TN_OK) {
        if (made != NULL)
            tnpy_pay(&made->debt);
        return status;
    }
    *out = (tn_array){.span = span, .release = release, .owner = made};
    return TN_OK;
}
