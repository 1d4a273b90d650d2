/* SPDX-License-Identifier: BSD-3-Clause */
/* Phase 1, second half: everything that can run Python code.
 *
 * Values first, then foreign exporters: a value's __float__ may resize what was passed beside it, and an exporter that
 * is asked afterwards tells the truth, or refuses to be resized while it is borrowed. ndarrays are only noted.
 */
#include "frame.h"

#include <string.h>

#include "handle.h"
#include "lend.h"
#include "object.h"
#include "owned.h"
#include "refusal.h"
#include "span_type.h"
#include "rows.h"
#include "value.h"

/* --- text --------------------------------------------------------------------------------------------------------- */

static void store_pointer(tnpy_frame *frame, int i, const char *text)
{
    memcpy(frame->scratch + frame->function->slots[i].offset, &text, sizeof text);
    frame->sources[i] = TNPY_SCRATCH;
}

/* Python's own exception knows neither function nor parameter. */
static tn_status refuse_encoding(tnpy_frame *frame, int i)
{
    if (!PyErr_ExceptionMatches(PyExc_UnicodeEncodeError))
        return tnpy_raised(&frame->error);
    PyErr_Clear();
    return tnpy_refuse_because(frame, i, TN_WRONG_VALUE, "has a lone surrogate in it, for which UTF-8 has no bytes");
}

static tn_status convert_text(tnpy_frame *frame, int i)
{
    PyObject *obj = frame->objects[i];
    const char *text;
    Py_ssize_t length;
    if (PyUnicode_Check(obj)) {
        text = PyUnicode_AsUTF8AndSize(obj, &length);
        if (text == NULL)
            return refuse_encoding(frame, i);
    } else if (PyBytes_Check(obj)) {
        text = PyBytes_AS_STRING(obj);
        length = PyBytes_GET_SIZE(obj);
    } else {
        return tn_fail(&frame->error, TN_WRONG_TYPE, "%s(): %s must be %s or bytes, got %.100s", frame->def->name,
                       frame->def->params[i].name, frame->def->params[i].annotation, Py_TYPE(obj)->tp_name);
    }
    if (strlen(text) != (size_t)length)
        return tnpy_refuse_because(frame, i, TN_WRONG_VALUE, "has a NUL character in it, where C would see its end");
    store_pointer(frame, i, text);
    return TN_OK;
}

/* --- numbers, records, sizes -------------------------------------------------------------------------------------- */

static tn_status convert_value(tnpy_frame *frame, int i)
{
    const tn_param *param = &frame->def->params[i];
    PyObject *obj = frame->objects[i];
    char *out = frame->scratch + frame->function->slots[i].offset;
    frame->sources[i] = TNPY_SCRATCH;
    if (param->type->kind == TN_STRUCT) {
        const void *record = tnpy_numpy_record(frame->state, obj, &frame->function->slots[i].key);
        if (record != NULL) {
            memcpy(out, record, (size_t)param->type->itemsize);
            return TN_OK;
        }
    }
    tn_status status = tnpy_value_read_quick(frame->state, obj, param->type, param->flags & TN_CHARACTER, out,
                                             &frame->error);
    if (status == TN_OK || status == TN_RAISED)
        return status;
    return tnpy_refuse_because(frame, i, status, frame->error.message);
}

static tn_status convert_size(tnpy_frame *frame, int i)
{
    int k = frame->def->params[i].shape[0];
    const tn_size *size = &frame->def->sizes[k];
    int64_t value;
    tn_status status = tnpy_value_read_quick(frame->state, frame->objects[i], &tn_type_int64, 0, &value, &frame->error);
    if (status == TN_RAISED)
        return status;
    if (status != TN_OK)
        return tnpy_refuse_because(frame, i, status, frame->error.message);
    if (value < 0 && size->min == 0)
        return tn_fail(&frame->error, TN_WRONG_VALUE,
                       "%s(): %s is the size of an array and must not be negative, got %lld", frame->def->name,
                       size->name, (long long)value);
    if (value < size->min)
        return tn_fail(&frame->error, TN_OUT_OF_RANGE, "%s(): %s must be at least %lld, got %lld", frame->def->name,
                       size->name, (long long)size->min, (long long)value);
    if (value > size->max)
        return tn_fail(&frame->error, TN_OUT_OF_RANGE, "%s(): %s must be at most %lld, got %lld", frame->def->name,
                       size->name, (long long)size->max, (long long)value);
    frame->dims[1 + k] = (ptrdiff_t)value;
    frame->sources[i] = TNPY_NOTHING;
    return TN_OK;
}

/* --- arrays ------------------------------------------------------------------------------------------------------- */

static tn_status note_array(tnpy_frame *frame, int i)
{
    PyObject *obj = frame->objects[i];
    if (!tnpy_numpy_is_array(frame->state, obj)) {
        frame->foreign = true;
        frame->sources[i] = TNPY_LOANED; /* to be asked once all values are converted */
        return TN_OK;
    }
    if (Py_TYPE(obj) != frame->state->ndarray && tnpy_has_base(obj, "MaskedArray")) {
        tn_status status = tnpy_refuse_masked(&frame->error);
        return tnpy_refuse_because(frame, i, status, frame->error.message);
    }
    frame->sources[i] = TNPY_NDARRAY;
    return TN_OK;
}

static bool is_plain_number(PyObject *obj)
{
    return PyFloat_Check(obj) || PyLong_Check(obj) || PyComplex_Check(obj);
}

/* In a batch a value may be an array of them. A structure's tuple or mapping, and a NumPy scalar, are values. */
static bool is_array_of_values(tnpy_frame *frame, PyObject *obj)
{
    if (is_plain_number(obj) || PyUnicode_Check(obj) || PyTuple_Check(obj) || PyDict_Check(obj))
        return false;
    if (tnpy_numpy_is_array(frame->state, obj)) {
        tn_span span;
        tnpy_numpy_fields(obj, &span);
        return span.ndim > 0;
    }
    if (tnpy_span_check(frame->state, obj))
        return ((const tnpy_span *)obj)->span.ndim > 0; /* also where the buffer protocol has no word for its elements */
    if (!PyObject_CheckBuffer(obj))
        return false;
    Py_buffer buffer;
    if (tnpy_get_buffer(obj, &buffer) < 0) {
        PyErr_Clear();
        return false;
    }
    bool many = buffer.ndim > 0;
    PyBuffer_Release(&buffer);
    return many;
}

static tn_status convert_one(tnpy_frame *frame, int i)
{
    const tn_param *param = &frame->def->params[i];
    PyObject *obj = frame->objects[i];
    if (obj == Py_None && (param->flags & TN_OPTIONAL || param->direction == TN_OUT))
        obj = frame->objects[i] = NULL;
    if (obj == NULL) {
        frame->sources[i] = TNPY_NOTHING;
        if (param->kind == TN_PARAM_TEXT || param->kind == TN_PARAM_HANDLE)
            store_pointer(frame, i, NULL);
        if (param->kind == TN_PARAM_OWNED)
            tnpy_keep_nothing(frame, i);
        return TN_OK;
    }
    if (obj == Py_None)
        return tnpy_refuse_none(frame, i);
    switch ((tn_param_kind)param->kind) {
    case TN_PARAM_VALUE:
        if (param->direction == TN_OUT || (frame->batch && is_array_of_values(frame, obj)))
            return note_array(frame, i);
        return convert_value(frame, i);
    case TN_PARAM_TEXT:
        return convert_text(frame, i);
    case TN_PARAM_SIZE:
        return convert_size(frame, i);
    case TN_PARAM_HANDLE:
        return tnpy_convert_handle(frame, i);
    case TN_PARAM_OWNED:
        frame->foreign = true;
        frame->sources[i] = TNPY_LOANED; /* to be asked once all values are converted */
        return TN_OK;
    case TN_PARAM_ARRAY:
    case TN_PARAM_VIEW:
    case TN_PARAM_SPAN:
    case TN_PARAM_ROWS:
        break;
    }
    return note_array(frame, i);
}

static tn_status borrow_one(tnpy_frame *frame, int i)
{
    bool writable = frame->def->params[i].direction != TN_IN;
    bool rows = frame->def->params[i].kind == TN_PARAM_ROWS;
    if (frame->def->params[i].kind == TN_PARAM_OWNED)
        return tnpy_keep_argument(frame, i);
    if (rows && (PyList_Check(frame->objects[i]) || PyTuple_Check(frame->objects[i])))
        return tnpy_rows_gather(frame, i);
    tnpy_loan *loan = PyMem_Malloc(sizeof *loan);
    frame->sources[i] = TNPY_NOTHING;
    if (loan == NULL)
        return tn_fail(&frame->error, TN_NO_MEMORY, "out of memory");
    tn_status status = tnpy_borrow(frame->state, frame->objects[i], writable, loan, &frame->spans[i], &frame->error);
    if (status == TN_OK) {
        loan->next = frame->loans;
        frame->loans = loan;
        frame->sources[i] = TNPY_LOANED;
        return TN_OK;
    }
    PyMem_Free(loan);
    if (status == TN_RAISED)
        return status;
    if (frame->error.message[0] == '\0') {
        bool sequence = rows && PySequence_Check(frame->objects[i]) && !PyUnicode_Check(frame->objects[i]);
        return sequence ? tnpy_rows_gather(frame, i) : tnpy_refuse_object(frame, i);
    }
    if (status == TN_WRONG_VALUE && strcmp(frame->error.message, "is read-only") == 0)
        return tnpy_refuse_readonly(frame, i);
    return tnpy_refuse_because(frame, i, status, frame->error.message);
}

/* The dtypes of the outputs to be made: making one for the first time runs Python code, which phase 2 must not. */
static tn_status prepare_outputs(tnpy_frame *frame)
{
    const tnpy_function *f = frame->function;
    for (int i = 0; i < f->nargs; i++) {
        tnpy_slot *slot = &f->slots[i];
        bool made = slot->param->kind == TN_PARAM_ARRAY || slot->param->kind == TN_PARAM_ROWS || frame->batch;
        bool given = i < frame->def->nparams && slot->param->direction == TN_OUT && frame->objects[i] != NULL;
        if (made && !given && tnpy_is_returned(slot->param) && tnpy_lend_prepare(frame->state, &slot->key) < 0)
            return tnpy_raised(&frame->error);
    }
    return TN_OK;
}

tn_status tnpy_convert(tnpy_frame *frame)
{
    int nparams = frame->def->nparams;
    tn_status status = TN_OK;
    for (int i = 0; i < nparams && status == TN_OK; i++)
        status = convert_one(frame, i);
    for (int i = 0; frame->foreign && i < nparams && status == TN_OK; i++)
        if (frame->sources[i] == TNPY_LOANED)
            status = borrow_one(frame, i);
    if (status == TN_OK && frame->function->noutputs > 0)
        status = prepare_outputs(frame);
    return status;
}
