/* SPDX-License-Identifier: BSD-3-Clause */
#include "interface.h"

#include "../object.h"
#include "interface_abi.h"
#include "names.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const char wrong[] = "is described wrongly by its exporter";

/* --- __array_struct__ --------------------------------------------------------------------------------------------- */

static tn_status type_from_descr_object(PyObject *descr, tn_type **out, tn_error *err)
{
    PyObject *text = PyObject_Repr(descr);
    const char *literal = text != NULL ? PyUnicode_AsUTF8(text) : NULL;
    tn_status status = TN_RAISED;
    tn_error reason;
    if (literal != NULL) {
        status = tn_type_from_descr(literal, out, &reason);
        if (status != TN_OK)
            tn_fail(err, status, "%s: descr: %s", wrong, reason.message);
    }
    Py_XDECREF(text);
    return status;
}

static tn_status type_of_struct(const tnpy_array_struct *s, tn_type **out, tn_error *err)
{
    if (s->flags & TNPY_STRUCT_HAS_DESCR && s->descr != NULL && s->typekind == 'V')
        return type_from_descr_object(s->descr, out, err);
    if (s->typekind == TN_DATETIME || s->typekind == TN_TIMEDELTA)
        return TN_WRONG_TYPE; /* the unit is not said; __array_interface__ says it */
    char typestr[32];
    int size = s->typekind == 'U' ? s->itemsize / 4 : s->itemsize;
    char order = s->flags & TNPY_STRUCT_NOT_SWAPPED ? TN_NATIVE : (TN_NATIVE == '<' ? '>' : '<');
    snprintf(typestr, sizeof typestr, "%c%c%d", order, s->typekind, size);
    tn_error reason;
    tn_status status = tn_type_from_typestr(typestr, out, &reason);
    if (status != TN_OK)
        return tn_fail(err, status, "%s: kind '%c' of %d bytes: %s", wrong, s->typekind, s->itemsize, reason.message);
    return TN_OK;
}

static tn_status read_struct(const tnpy_array_struct *s, bool writable, tnpy_loan *loan, tn_span *span, tn_error *err)
{
    if (s->two != 2)
        return tn_fail(err, TN_WRONG_VALUE, "%s: __array_struct__ starts with %d, not 2", wrong, s->two);
    if (s->nd < 0 || s->nd > TN_MAX_NDIM)
        return tn_fail(err, TN_WRONG_VALUE, "%s: ndim is %d", wrong, s->nd);
    if (s->nd > 0 && s->shape == NULL)
        return tn_fail(err, TN_WRONG_VALUE, "%s: %d dimensions, but no shape", wrong, s->nd);
    tn_status status = type_of_struct(s, &loan->type, err);
    if (status != TN_OK)
        return status;
    if (tnpy_loan_layout(loan, err) == NULL)
        return TN_NO_MEMORY;
    if (loan->type->itemsize != s->itemsize)
        return tn_fail(err, TN_WRONG_VALUE, "%s: the itemsize is %d, but descr makes %td", wrong, s->itemsize,
                       loan->type->itemsize);
    for (int i = 0; i < s->nd; i++) {
        if (s->shape[i] < 0)
            return tn_fail(err, TN_WRONG_VALUE, "%s: shape[%d] is %td", wrong, i, (ptrdiff_t)s->shape[i]);
        loan->layout->shape[i] = s->shape[i];
    }
    if (s->strides != NULL)
        for (int i = 0; i < s->nd; i++)
            loan->layout->strides[i] = s->strides[i];
    *span = (tn_span){.data = s->data, .type = loan->type, .ndim = s->nd, .shape = loan->layout->shape,
                      .strides = loan->layout->strides, .flags = s->flags & TNPY_STRUCT_WRITEABLE ? 0 : TN_READONLY};
    if (writable && span->flags & TN_READONLY)
        return tn_fail(err, TN_BUSY, "is read-only");
    tn_error reason;
    if (s->strides == NULL && tn_contiguous_strides(s->nd, loan->layout->shape, loan->type->itemsize, TN_ORDER_C,
                                                    loan->layout->strides, &reason) != TN_OK)
        return tn_fail(err, TN_WRONG_VALUE, "%s: %s", wrong, reason.message);
    return TN_OK;
}

tn_status tnpy_array_struct_borrow(tnpy_state *state, PyObject *obj, bool writable, tnpy_loan *loan, tn_span *span,
                                   tn_error *err)
{
    PyObject *capsule;
    int found = tnpy_protocol_attribute(state, obj, TNPY_ARRAY_STRUCT, &capsule);
    if (found <= 0)
        return found == 0 ? TN_WRONG_TYPE : tnpy_raised(err);
    if (!PyCapsule_IsValid(capsule, NULL)) {
        tn_fail(err, TN_WRONG_VALUE, "%s: __array_struct__ is %.100s, not an unnamed capsule", wrong,
                Py_TYPE(capsule)->tp_name);
        Py_DECREF(capsule);
        return TN_WRONG_VALUE;
    }
    loan->owner = Py_NewRef(obj);
    loan->token = capsule;
    const tnpy_array_struct *s = PyCapsule_GetPointer(capsule, NULL);
    return read_struct(s, writable, loan, span, err);
}

/* --- __array_interface__ ------------------------------------------------------------------------------------------ */

/* Borrowed; NULL with or without an exception. */
static PyObject *entry_of(PyObject *dict, const char *key)
{
    PyObject *name = PyUnicode_InternFromString(key);
    PyObject *value = name == NULL ? NULL : PyDict_GetItemWithError(dict, name);
    Py_XDECREF(name);
    return value;
}

/* A tuple of integers into `out`; -1 on anything else, with no exception left. */
static int read_tuple(PyObject *tuple, ptrdiff_t *out)
{
    if (!PyTuple_Check(tuple) || PyTuple_GET_SIZE(tuple) > TN_MAX_NDIM)
        return -1;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(tuple); i++) {
        out[i] = PyNumber_AsSsize_t(PyTuple_GET_ITEM(tuple, i), PyExc_OverflowError);
        if (out[i] == -1 && PyErr_Occurred()) {
            PyErr_Clear();
            return -1;
        }
    }
    return (int)PyTuple_GET_SIZE(tuple);
}

static tn_status read_type(PyObject *dict, tn_type **out, tn_error *err)
{
    PyObject *typestr = entry_of(dict, "typestr");
    PyObject *descr = entry_of(dict, "descr");
    if (PyErr_Occurred())
        return tnpy_raised(err);
    Py_ssize_t length = 0;
    const char *text = typestr != NULL && PyUnicode_Check(typestr) ? PyUnicode_AsUTF8AndSize(typestr, &length) : NULL;
    if (text == NULL || strlen(text) != (size_t)length) {
        PyErr_Clear();
        return tn_fail(err, TN_WRONG_VALUE, "%s: __array_interface__ has no 'typestr' that is text", wrong);
    }
    tn_error reason;
    tn_status status = tn_type_from_typestr(text, out, &reason);
    if (status != TN_OK)
        return tn_fail(err, status, "%s: typestr '%.40s': %s", wrong, text, reason.message);
    if ((*out)->kind != TN_VOID || descr == NULL || !PyList_Check(descr))
        return TN_OK;
    ptrdiff_t itemsize = (*out)->itemsize;
    tn_type_free(*out);
    *out = NULL;
    status = type_from_descr_object(descr, out, err);
    if (status == TN_OK && (*out)->itemsize != itemsize)
        return tn_fail(err, TN_WRONG_VALUE, "%s: typestr '%.40s' has %td bytes, but descr makes %td", wrong, text,
                       itemsize, (*out)->itemsize);
    return status;
}

static tn_status read_layout(PyObject *dict, tnpy_loan *loan, tn_span *span, tn_error *err)
{
    PyObject *shape = entry_of(dict, "shape");
    PyObject *strides = entry_of(dict, "strides");
    if (PyErr_Occurred())
        return tnpy_raised(err);
    if (tnpy_loan_layout(loan, err) == NULL)
        return TN_NO_MEMORY;
    int ndim = shape != NULL ? read_tuple(shape, loan->layout->shape) : -1;
    if (ndim < 0)
        return tn_fail(err, TN_WRONG_VALUE, "%s: 'shape' is not a tuple of at most %d integers", wrong, TN_MAX_NDIM);
    for (int i = 0; i < ndim; i++)
        if (loan->layout->shape[i] < 0)
            return tn_fail(err, TN_WRONG_VALUE, "%s: shape[%d] is %td", wrong, i, loan->layout->shape[i]);
    span->ndim = ndim;
    span->shape = loan->layout->shape;
    span->strides = loan->layout->strides;
    if (strides == NULL || strides == Py_None) {
        tn_error reason;
        if (tn_contiguous_strides(ndim, span->shape, span->type->itemsize, TN_ORDER_C, loan->layout->strides,
                                  &reason) != TN_OK)
            return tn_fail(err, TN_WRONG_VALUE, "%s: %s", wrong, reason.message);
        return TN_OK;
    }
    if (read_tuple(strides, loan->layout->strides) != ndim)
        return tn_fail(err, TN_WRONG_VALUE, "%s: 'strides' is not a tuple of %d integers", wrong, ndim);
    return TN_OK;
}

/* 'data' as (address, read-only). */
static tn_status read_address(PyObject *data, tn_span *span, tn_error *err)
{
    PyObject *address = PyTuple_GET_SIZE(data) == 2 ? PyTuple_GET_ITEM(data, 0) : NULL;
    if (address == NULL || !PyLong_Check(address))
        return tn_fail(err, TN_WRONG_VALUE, "%s: 'data' is not (address, read-only)", wrong);
    span->data = PyLong_AsVoidPtr(address);
    int readonly = PyObject_IsTrue(PyTuple_GET_ITEM(data, 1));
    if (readonly < 0 || PyErr_Occurred())
        return tnpy_raised(err);
    span->flags = readonly ? TN_READONLY : 0;
    return TN_OK;
}

/* 'data' as an object with a buffer, from 'offset' on: here the memory's bounds are known and are checked. */
static tn_status read_buffer(PyObject *data, PyObject *dict, tnpy_loan *loan, tn_span *span, tn_error *err)
{
    PyObject *number = entry_of(dict, "offset");
    Py_ssize_t offset = number == NULL ? 0 : PyNumber_AsSsize_t(number, PyExc_OverflowError);
    if (PyErr_Occurred() || PyObject_GetBuffer(data, &loan->buffer, PyBUF_SIMPLE) < 0) {
        loan->buffer.obj = NULL;
        return tnpy_raised(err);
    }
    ptrdiff_t low, high;
    tn_error reason;
    if (tn_span_check(span, &reason) != TN_OK || tn_span_extent(span, &low, &high, &reason) != TN_OK)
        return tn_fail(err, TN_WRONG_VALUE, "%s: %s", wrong, reason.message);
    if (offset < 0 || offset > loan->buffer.len || low < -offset || high > loan->buffer.len - offset)
        return tn_fail(err, TN_WRONG_VALUE, "%s: shape and strides leave its buffer of %zd bytes", wrong,
                       loan->buffer.len);
    span->data = (char *)loan->buffer.buf + offset;
    span->flags = loan->buffer.readonly ? TN_READONLY : 0;
    return TN_OK;
}

static tn_status read_dict(PyObject *obj, PyObject *dict, bool writable, tnpy_loan *loan, tn_span *span, tn_error *err)
{
    PyObject *data = entry_of(dict, "data");
    PyObject *mask = entry_of(dict, "mask");
    if (PyErr_Occurred())
        return tnpy_raised(err);
    if (mask != NULL && mask != Py_None)
        return tn_fail(err, TN_WRONG_VALUE,
                       "has a mask, which C would not see; pass its data and its mask as two arrays");
    tn_status status = read_type(dict, &loan->type, err);
    if (status != TN_OK)
        return status;
    *span = (tn_span){.data = loan, .type = loan->type}; /* data is set below; until then not NULL */
    status = read_layout(dict, loan, span, err);
    if (status != TN_OK)
        return status;
    if (data != NULL && PyTuple_Check(data))
        status = read_address(data, span, err);
    else
        status = read_buffer(data == NULL || data == Py_None ? obj : data, dict, loan, span, err);
    if (status == TN_OK && writable && span->flags & TN_READONLY)
        return tn_fail(err, TN_BUSY, "is read-only");
    return status;
}

tn_status tnpy_array_interface_borrow(tnpy_state *state, PyObject *obj, bool writable, tnpy_loan *loan, tn_span *span,
                                      tn_error *err)
{
    PyObject *dict;
    int found = tnpy_protocol_attribute(state, obj, TNPY_ARRAY_INTERFACE, &dict);
    if (found <= 0)
        return found == 0 ? TN_WRONG_TYPE : tnpy_raised(err);
    if (!PyDict_Check(dict)) {
        tn_fail(err, TN_WRONG_VALUE, "%s: __array_interface__ is %.100s, not a dict", wrong, Py_TYPE(dict)->tp_name);
        Py_DECREF(dict);
        return TN_WRONG_VALUE;
    }
    /* A copy, which nobody else can empty while what it holds is read: __index__, __bool__ or __repr__ of its values
     * may run any code. It is kept, since a buffer object may hang on it. */
    PyObject *copy = PyDict_Copy(dict);
    Py_DECREF(dict);
    if (copy == NULL)
        return tnpy_raised(err);
    loan->owner = Py_NewRef(obj);
    loan->token = copy;
    return read_dict(obj, copy, writable, loan, span, err);
}
