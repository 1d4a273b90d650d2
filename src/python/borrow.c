/* SPDX-License-Identifier: BSD-3-Clause */
#include "borrow.h"

#include <stdio.h>

#include "object.h"
#include "protocol/buffer.h"
#include "protocol/interface.h"

/* Everything an exporter may have got wrong that can be seen without touching its memory. */
static tn_status check(tn_span *span, tn_error *err)
{
    static long double nowhere[4]; /* an aligned address for arrays without elements; never read or written */
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
typedef tn_status protocol(PyObject *obj, bool writable, tnpy_loan *loan, tn_span *span, tn_error *err);

static protocol *const protocols[] = {tnpy_buffer_borrow, tnpy_array_struct_borrow, tnpy_array_interface_borrow};

static bool is_silent(tn_status status, const tn_error *err)
{
    return status == TN_WRONG_TYPE && err->message[0] == '\0';
}

tn_status tnpy_borrow(tnpy_state *state, PyObject *obj, bool writable, tnpy_loan *loan, tn_span *span, tn_error *err)
{
    (void)state;
    tn_error first = {.status = TN_WRONG_TYPE, .position = -1};
    PyObject *raised = NULL;
    for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++) {
        tn_error reason = {.position = -1};
        loan->buffer.obj = NULL;
        loan->owner = NULL;
        loan->type = NULL;
        tn_status status = protocols[i](obj, writable, loan, span, &reason);
        if (status == TN_OK)
            status = check(span, &reason);
        if (status == TN_OK) {
            Py_XDECREF(raised);
            return TN_OK;
        }
        tnpy_give_back(loan);
        if (is_silent(status, &reason))
            continue;
        bool final = status == TN_BUSY; /* a refusal to be written to */
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

void tnpy_give_back(tnpy_loan *loan)
{
    PyObject *raised = PyErr_GetRaisedException();
    if (loan->buffer.obj != NULL)
        PyBuffer_Release(&loan->buffer);
    Py_CLEAR(loan->owner);
    tn_type_free(loan->type);
    loan->type = NULL;
    PyErr_SetRaisedException(raised);
}
