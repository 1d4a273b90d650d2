/* SPDX-License-Identifier: BSD-3-Clause */
#include "borrow.h"

#include <string.h>

#include "object.h"
#include "protocol/arrow.h"
#include "protocol/buffer.h"
#include "protocol/dlpack.h"
#include "protocol/interface.h"
#include "protocol/numpy.h"
#include "span_type.h"

static long double nowhere[4]; /* an aligned address for arrays without elements; never read or written */

/* Everything an exporter may have got wrong that can be seen without touching its memory. */
static tn_status check(tn_span *span, tn_error *err)
{
    tn_error reason;
    ptrdiff_t low, high;
    bool is_null = span->data == NULL;
    if (is_null)
        span->data = nowhere;
    if (tn_span_check(span, &reason) != TN_OK)
        return tn_fail(err, TN_WRONG_VALUE, "is described wrongly by its exporter: %s", reason.message);
    if (span->suboffsets == NULL && tn_span_extent(span, &low, &high, &reason) != TN_OK)
        return tn_fail(err, TN_WRONG_VALUE, "is described wrongly by its exporter: %s", reason.message);
    if (is_null && tn_span_nbytes(span) != 0)
        return tn_fail(err, TN_WRONG_VALUE, "is described wrongly by its exporter: the address is NULL, but there are %td bytes",
                       tn_span_nbytes(span));
    return TN_OK;
}

/* Ask one protocol. TN_WRONG_TYPE with an empty message means that the object does not speak it. */
typedef tn_status protocol(tnpy_state *state, PyObject *obj, bool writable, tnpy_loan *loan, tn_span *span, tn_error *err);

static protocol *const protocols[] = {tnpy_buffer_borrow, tnpy_array_struct_borrow, tnpy_arrow_borrow, tnpy_dlpack_borrow,
                                      tnpy_array_interface_borrow};

static bool is_silent(tn_status status, const tn_error *err)
{
    return status == TN_WRONG_TYPE && err->message[0] == '\0';
}

static tn_status ask_protocols(tnpy_state *state, PyObject *obj, bool writable, tnpy_loan *loan, tn_span *span,
                               tn_error *err)
{
    tn_error first = {.status = TN_WRONG_TYPE, .position = -1};
    PyObject *raised = NULL;
    for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++) {
        tn_error reason = {.position = -1};
        tn_status status = protocols[i](state, obj, writable, loan, span, &reason);
        if (status == TN_OK)
            status = check(span, &reason);
        if (status == TN_OK) {
            Py_XDECREF(raised);
            return TN_OK;
        }
        tnpy_give_back(loan);
        if (is_silent(status, &reason))
            continue;
        bool final = status == TN_BUSY; /* a refusal to be written to, or another device */
        if (status == TN_RAISED && raised == NULL && first.message[0] == '\0')
            raised = PyErr_GetRaisedException();
        else if (status == TN_RAISED)
            PyErr_Clear();
        else if (raised == NULL && first.message[0] == '\0')
            first = reason;
        if (final) {
            first = reason;
            first.status = TN_WRONG_VALUE;
            Py_CLEAR(raised);
            break;
        }
    }
    if (raised != NULL) {
        PyErr_SetRaisedException(raised);
        return tnpy_raised(err);
    }
    *err = first;
    return first.status;
}

tn_layout *tnpy_loan_layout(tnpy_loan *loan, tn_error *err)
{
    if (loan->layout == NULL)
        loan->layout = PyMem_RawMalloc(sizeof *loan->layout);
    if (loan->layout == NULL)
        tn_fail(err, TN_NO_MEMORY, "out of memory");
    return loan->layout;
}

tn_status tnpy_loan_copy_layout(tnpy_loan *loan, tn_span *span, tn_error *err)
{
    if (span->ndim == 0)
        return TN_OK;
    tn_layout *layout = tnpy_loan_layout(loan, err);
    if (layout == NULL)
        return TN_NO_MEMORY;
    memcpy(layout->shape, span->shape, (size_t)span->ndim * sizeof *span->shape);
    memcpy(layout->strides, span->strides, (size_t)span->ndim * sizeof *span->strides);
    span->shape = layout->shape;
    span->strides = layout->strides;
    return TN_OK;
}

/* --- what is read directly ---------------------------------------------------------------------------------------- */

static tn_status borrow_span(PyObject *obj, bool writable, tnpy_loan *loan, tn_span *span, tn_error *err)
{
    const tn_span *held = tnpy_span_get(obj);
    if (held == NULL)
        return tnpy_raised(err);
    if (writable && held->flags & TN_READONLY)
        return tn_fail(err, TN_WRONG_VALUE, "is read-only");
    *span = *held;
    tnpy_span_hold(obj);
    loan->span = Py_NewRef(obj);
    return TN_OK;
}

static tn_status borrow_array(PyObject *obj, bool writable, tnpy_loan *loan, tn_span *span, tn_error *err)
{
    if (tnpy_has_base(obj, "MaskedArray"))
        return tnpy_refuse_masked(err);
    tn_status status = tnpy_numpy_type(obj, &span->type, &loan->type, err);
    if (status != TN_OK)
        return status;
    tnpy_numpy_fields(obj, span);
    if (span->data == NULL)
        span->data = nowhere;
    if (writable && span->flags & TN_READONLY)
        return tn_fail(err, TN_WRONG_VALUE, "is read-only");
    loan->owner = Py_NewRef(obj);
    return tnpy_loan_copy_layout(loan, span, err);
}

tn_status tnpy_borrow(tnpy_state *state, PyObject *obj, bool writable, tnpy_loan *loan, tn_span *span, tn_error *err)
{
    *loan = (tnpy_loan){.next = NULL};
    bool is_span = tnpy_span_check(state, obj);
    if (is_span || tnpy_numpy_is_array(state, obj)) {
        tn_status status = is_span ? borrow_span(obj, writable, loan, span, err)
                                   : borrow_array(obj, writable, loan, span, err);
        if (status != TN_OK)
            tnpy_give_back(loan);
        return status;
    }
    return ask_protocols(state, obj, writable, loan, span, err);
}

void tnpy_give_back(tnpy_loan *loan)
{
    PyObject *raised = PyErr_GetRaisedException();
    if (loan->buffer.obj != NULL)
        PyBuffer_Release(&loan->buffer);
    if (loan->span != NULL)
        tnpy_span_let_go(loan->span);
    Py_CLEAR(loan->span);
    if (loan->let_go != NULL)
        loan->let_go(loan->held);
    loan->let_go = NULL;
    Py_CLEAR(loan->token);
    Py_CLEAR(loan->owner);
    PyMem_RawFree(loan->layout);
    loan->layout = NULL;
    tn_type_free(loan->type);
    loan->type = NULL;
    PyErr_SetRaisedException(raised);
}

void tnpy_abandon(tnpy_loan *loan)
{
    PyMem_RawFree(loan->layout);
    tn_type_free(loan->type);
}
