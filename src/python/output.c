/* SPDX-License-Identifier: BSD-3-Clause */
/* What a call gives back: outputs allocated before the loop, results made after it. */
#include "frame.h"

#include <string.h>

#include "compat.h"
#include "handle.h"
#include "lend.h"
#include "object.h"
#include "owned.h"
#include "refusal.h"
#include "rows.h"
#include "value.h"

static const tn_param *param_of(const tnpy_frame *frame, int i)
{
    return frame->function->slots[i].param;
}

/* --- before the loop ---------------------------------------------------------------------------------------------- */

static tn_status refuse_size(tnpy_frame *frame, int i, const tn_size *size, ptrdiff_t value)
{
    return tn_fail(&frame->error, TN_WRONG_VALUE, "%s(): %s is %td, but it is the extent of %s", frame->def->name,
                   size->name, value, param_of(frame, i)->name);
}

static tn_status allocate_one(tnpy_frame *frame, int i, int nloop, const ptrdiff_t *loop_shape)
{
    const tn_param *param = param_of(frame, i);
    ptrdiff_t shape[TN_MAX_NDIM], ignored[TN_MAX_NDIM];
    int ndim = nloop + param->ndim;
    if (ndim > TN_MAX_NDIM)
        return tn_fail(&frame->error, TN_WRONG_VALUE, "%s(): %s would have %d dimensions", frame->def->name,
                       param->name, ndim);
    if (nloop > 0)
        memcpy(shape, loop_shape, (size_t)nloop * sizeof *shape);
    for (int k = 0; k < param->ndim; k++) {
        ptrdiff_t value = frame->dims[1 + param->shape[k]];
        if (value < 0)
            return refuse_size(frame, i, &frame->def->sizes[param->shape[k]], value);
        shape[nloop + k] = value;
    }
    tn_span planned = {.data = frame, .type = param->type, .ndim = ndim, .shape = shape, .strides = ignored};
    if (tn_contiguous_strides(ndim, shape, param->type->itemsize, TN_ORDER_C, ignored, NULL) != TN_OK ||
        tn_span_check(&planned, NULL) != TN_OK)
        return tn_fail(&frame->error, TN_WRONG_VALUE, "%s(): %s would have more bytes than can be addressed",
                       frame->def->name, param->name);
    frame->made[i] = tnpy_lend_new(frame->state, &frame->function->slots[i].key, ndim, shape, &frame->spans[i]);
    if (frame->made[i] == NULL)
        return tnpy_raised(&frame->error);
    frame->sources[i] = TNPY_MADE;
    return TN_OK;
}

/* A value that is taken and returned: in a batch its array is a new one, filled from what was passed. */
static tn_status allocate_taken(tnpy_frame *frame, int i, int nloop, const ptrdiff_t *loop_shape)
{
    bool from_memory = tnpy_in_memory(frame, i);
    tn_span passed = frame->spans[i], source;
    tn_layout layout, none = {{0}, {0}, {0}};
    if (!from_memory)
        passed = (tn_span){.data = frame->scratch + frame->function->slots[i].offset,
                           .shape = none.shape,
                           .strides = none.strides};
    passed.type = param_of(frame, i)->type;
    if (tn_span_broadcast(&passed, nloop, loop_shape, &source, &layout, &frame->error) != TN_OK)
        return frame->error.status;
    tn_status status = allocate_one(frame, i, nloop, loop_shape);
    if (status != TN_OK)
        return status;
    char *to = frame->spans[i].data;
    ptrdiff_t index[TN_MAX_NDIM] = {0}, count = tn_span_size(&source), itemsize = source.type->itemsize;
    const char *from = source.data;
    for (ptrdiff_t n = 0; n < count; n++, to += itemsize) {
        memcpy(to, from, (size_t)itemsize);
        for (int k = nloop - 1; k >= 0; k--) {
            from += source.strides[k];
            if (++index[k] < source.shape[k])
                break;
            from -= source.strides[k] * source.shape[k];
            index[k] = 0;
        }
    }
    return TN_OK;
}

tn_status tnpy_allocate(tnpy_frame *frame, int nloop, const ptrdiff_t *loop_shape)
{
    tn_status status = TN_OK;
    for (int i = 0; i < frame->function->nargs && status == TN_OK; i++) {
        const tn_param *param = param_of(frame, i);
        if (!tnpy_is_returned(param))
            continue;
        bool is_result = i == frame->def->nparams;
        bool rows = param->kind == TN_PARAM_ROWS;
        bool in_scratch = param->kind != TN_PARAM_ARRAY && !rows && nloop == 0;
        if (param->direction == TN_INOUT) {
            bool is_none = frame->sources[i] == TNPY_NOTHING;
            status = in_scratch || is_none ? TN_OK : allocate_taken(frame, i, nloop, loop_shape);
        } else if (is_result || frame->sources[i] == TNPY_NOTHING) {
            frame->sources[i] = TNPY_SCRATCH;
            if (!in_scratch)
                status = allocate_one(frame, i, nloop, loop_shape);
            if (rows && status == TN_OK)
                status = tnpy_rows_tabulate(frame, i);
        }
    }
    return status;
}

/* --- after the loop ----------------------------------------------------------------------------------------------- */

/* Python's own exception holds what C returned, and does not know whose it is. */
static void name_in_exception(const char *function)
{
    PyObject *raised = PyErr_GetRaisedException();
    PyObject *reason = PyErr_GivenExceptionMatches(raised, PyExc_UnicodeDecodeError)
                           ? PyUnicodeDecodeError_GetReason(raised)
                           : NULL;
    PyObject *longer = reason == NULL ? NULL : PyUnicode_FromFormat("%U, in what %s() returned", reason, function);
    const char *text = longer == NULL ? NULL : PyUnicode_AsUTF8(longer);
    if (text != NULL)
        PyUnicodeDecodeError_SetReason(raised, text);
    Py_XDECREF(longer);
    Py_XDECREF(reason);
    PyErr_SetRaisedException(raised); /* in place of any that has come since */
}

static PyObject *text_result(const char *function, const char *text)
{
    if (text == NULL)
        Py_RETURN_NONE;
    PyObject *result = PyUnicode_FromString(text);
    if (result == NULL)
        name_in_exception(function);
    return result;
}

static PyObject *result_of(tnpy_frame *frame, int i)
{
    const tn_param *param = param_of(frame, i);
    if (frame->sources[i] == TNPY_MADE) {
        PyObject *made = frame->made[i];
        frame->made[i] = NULL;
        return made;
    }
    if (frame->sources[i] == TNPY_NOTHING) /* an optional value that is None stays None */
        Py_RETURN_NONE;
    if (frame->sources[i] != TNPY_SCRATCH)
        return Py_NewRef(frame->objects[i]);
    const char *value = frame->scratch + frame->function->slots[i].offset;
    tnpy_handles handles = {frame->handles, frame->nhandles};
    if (param->kind == TN_PARAM_HANDLE) {
        void *pointer;
        memcpy(&pointer, value, sizeof pointer);
        return tnpy_handle_result(frame->function, pointer, frame->target);
    }
    if (param->kind == TN_PARAM_OWNED) {
        tn_array array;
        memcpy(&array, value, sizeof array);
        return tnpy_owned_result(frame->function, &array, handles, frame->as_span);
    }
    if (param->kind == TN_PARAM_TEXT) {
        const char *text;
        memcpy(&text, value, sizeof text);
        return text_result(frame->def->name, text);
    }
    if (param->type->kind == TN_FLOAT && param->type->itemsize == sizeof(double)) {
        double number;
        memcpy(&number, value, sizeof number);
        return PyFloat_FromDouble(number);
    }
    return tnpy_value_to_python(frame->state, param->type, param->flags & TN_CHARACTER, value);
}

PyObject *tnpy_results(tnpy_frame *frame)
{
    const tnpy_function *f = frame->function;
    int nparams = frame->def->nparams, place = 0;
    if (f->noutputs == 0)
        Py_RETURN_NONE;
    /* First what C returned: making a tuple may run finalizers, which could free it. */
    PyObject *value = frame->def->result == NULL ? NULL : result_of(frame, nparams);
    if (frame->def->result != NULL && (value == NULL || f->noutputs == 1))
        return value;
    PyObject *tuple = f->noutputs == 1 ? NULL : PyTuple_New(f->noutputs);
    if (f->noutputs > 1 && tuple == NULL) {
        Py_XDECREF(value);
        return NULL;
    }
    if (value != NULL)
        PyTuple_SET_ITEM(tuple, place++, value);
    for (int i = 0; i < nparams; i++) {
        if (!tnpy_is_returned(param_of(frame, i)))
            continue;
        PyObject *item = result_of(frame, i);
        if (tuple == NULL)
            return item;
        if (item == NULL) {
            Py_DECREF(tuple);
            return NULL;
        }
        PyTuple_SET_ITEM(tuple, place++, item);
    }
    return tuple;
}
