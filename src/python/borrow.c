/* SPDX-License-Identifier: BSD-3-Clause */
#include "borrow.h"

#include <string.h>

#include "dtype_cache.h"
#include "nowhere.h"
#include "object.h"
#include "protocol/arrow.h"
#include "protocol/buffer.h"
#include "protocol/dlpack.h"
#include "protocol/interface.h"
#include "protocol/numpy.h"
#include "span_type.h"

/* Is what an exporter says possible? The common case, in one pass. */
static bool is_sane(const tn_span *span)
{
    if (span->data == NULL || span->suboffsets != NULL || span->ndim > TN_MAX_NDIM)
        return false;
    ptrdiff_t bytes = span->type->itemsize, first = 0, end = bytes;
    for (int k = 0; k < span->ndim; k++) {
        ptrdiff_t extent = span->shape[k], reach;
        if (extent <= 0 || __builtin_mul_overflow(bytes, extent, &bytes) ||
            __builtin_mul_overflow(extent - 1, span->strides[k], &reach) ||
            __builtin_add_overflow(reach < 0 ? first : end, reach, reach < 0 ? &first : &end))
            return false;
    }
    return span->type->itemsize > 0;
}

tn_status tnpy_check_exporter(tn_span *span, tn_error *err)
{
    tn_error reason;
    ptrdiff_t low, high;
    bool is_null = span->data == NULL;
    if (is_sane(span))
        return TN_OK;
    if (is_null)
        span->data = tnpy_nowhere();
    if (tn_span_check(span, &reason) != TN_OK)
        return tn_fail(err, TN_WRONG_VALUE, "is described wrongly by its exporter: %s", reason.message);
    if (span->suboffsets == NULL && tn_span_extent(span, &low, &high, &reason) != TN_OK)
        return tn_fail(err, TN_WRONG_VALUE, "is described wrongly by its exporter: %s", reason.message);
    if (is_null && tn_span_nbytes(span) != 0)
        return tn_fail(err, TN_WRONG_VALUE,
                       "is described wrongly by its exporter: the address is NULL, but there are %td bytes",
                       tn_span_nbytes(span));
    return TN_OK;
}

/* Ask one protocol. TN_WRONG_TYPE with an empty message means that the object does not speak it. */
typedef tn_status protocol(tnpy_state *state, PyObject *obj, bool writable, tnpy_loan *loan, tn_span *span,
                           tn_error *err);

static protocol *const protocols[] = {tnpy_buffer_borrow, tnpy_array_struct_borrow, tnpy_arrow_borrow,
                                      tnpy_dlpack_borrow, tnpy_array_interface_borrow};

static bool is_silent(tn_status status, const tn_error *err)
{
    return status == TN_WRONG_TYPE && err->message[0] == '\0';
}

static void clear_error(tn_error *err)
{
    err->status = TN_WRONG_TYPE;
    err->position = -1;
    err->message[0] = '\0';
}

/* What the language itself makes speaks no protocol, and is what is passed by mistake. */
static bool is_plain(PyObject *obj)
{
    return PyList_CheckExact(obj) || PyTuple_CheckExact(obj) || PyFloat_CheckExact(obj) || PyLong_CheckExact(obj) ||
           PyUnicode_CheckExact(obj) || PyDict_CheckExact(obj);
}

static tn_status ask_protocols(tnpy_state *state, PyObject *obj, bool writable, tnpy_loan *loan, tn_span *span,
                               tn_error *err)
{
    tn_error first, reason; /* their text is long: not all of it is cleared */
    PyObject *raised = NULL;
    if (is_plain(obj)) {
        clear_error(err);
        return err->status;
    }
    clear_error(&first);
    for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++) {
        clear_error(&reason);
        tn_status status = protocols[i](state, obj, writable, loan, span, &reason);
        if (status == TN_OK)
            status = tnpy_check_exporter(span, &reason);
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

static tn_status borrow_array(tnpy_state *state, PyObject *obj, bool writable, tnpy_loan *loan, tn_span *span,
                              tn_error *err)
{
    if (tnpy_has_base(obj, "MaskedArray"))
        return tnpy_refuse_masked(err);
    span->type = tnpy_numpy_builtin_type(obj);
    if (span->type == NULL) {
        tnpy_dtype *dtype = tnpy_dtype_of_array(state, obj, err);
        if (dtype == NULL)
            return err->status;
        loan->dtype = (PyObject *)dtype;
        span->type = dtype->type;
    }
    tnpy_numpy_fields(obj, span);
    if (span->data == NULL)
        span->data = tnpy_nowhere();
    if (writable && span->flags & TN_READONLY)
        return tn_fail(err, TN_WRONG_VALUE, "is read-only");
    loan->owner = Py_NewRef(obj);
    return tnpy_loan_copy_layout(loan, span, err);
}

tn_status tnpy_borrow(tnpy_state *state, PyObject *obj, bool writable, tnpy_loan *loan, tn_span *span, tn_error *err)
{
    tnpy_loan_init(loan);
    bool is_span = tnpy_span_check(state, obj);
    if (is_span || tnpy_numpy_is_array(state, obj)) {
        tn_status status = is_span ? borrow_span(obj, writable, loan, span, err)
                                   : borrow_array(state, obj, writable, loan, span, err);
        if (status != TN_OK)
            tnpy_give_back(loan);
        return status;
    }
    return ask_protocols(state, obj, writable, loan, span, err);
}

/* PyBuffer_Release, after which an exception that was set is still set. */
static void release_buffer(Py_buffer *buffer)
{
    PyObject *obj = buffer->obj;
    const PyBufferProcs *procs = Py_TYPE(obj)->tp_as_buffer;
    if (procs == NULL || procs->bf_releasebuffer == NULL) {
        buffer->obj = NULL;
        Py_DECREF(obj);
        return;
    }
    PyObject *raised = PyErr_Occurred() == NULL ? NULL : PyErr_GetRaisedException();
    PyBuffer_Release(buffer);
    if (raised != NULL || PyErr_Occurred())
        PyErr_SetRaisedException(raised);
}

static void let_go(tnpy_loan *loan)
{
    PyObject *raised = PyErr_GetRaisedException();
    loan->let_go(loan->held);
    loan->let_go = NULL;
    PyErr_SetRaisedException(raised);
}

void tnpy_give_back(tnpy_loan *loan)
{
    if (loan->buffer.obj != NULL)
        release_buffer(&loan->buffer);
    if (loan->span != NULL)
        tnpy_span_let_go(loan->span);
    if (loan->let_go != NULL)
        let_go(loan);
    Py_CLEAR(loan->span);
    Py_CLEAR(loan->dtype);
    Py_CLEAR(loan->token);
    Py_CLEAR(loan->owner);
    if (loan->layout != NULL)
        PyMem_RawFree(loan->layout);
    loan->layout = NULL;
    if (loan->type != NULL)
        tn_type_free(loan->type);
    loan->type = NULL;
}

void tnpy_abandon(tnpy_loan *loan)
{
    PyMem_RawFree(loan->layout);
    tn_type_free(loan->type);
}
