/* SPDX-License-Identifier: BSD-3-Clause */
#include "dtype_descr.h"

#include <stdio.h>
#include <string.h>

#include "object.h"

/* An entry for what is no structure: its typestr. */
static PyObject *typestr_of(const tn_type *type)
{
    char text[64];
    if (tn_type_to_typestr(type, text, sizeof text, NULL, NULL) == TN_OK)
        return PyUnicode_FromString(text);
    PyErr_SetString(PyExc_TypeError, "an element type without a typestr");
    return NULL;
}

static PyObject *fields_of(const tn_type *type);

/* Takes over `entry`. -1 with an exception. */
static int append(PyObject *list, PyObject *entry)
{
    int status = entry == NULL ? -1 : PyList_Append(list, entry);
    Py_XDECREF(entry);
    return status;
}

static int add_field(PyObject *list, const char *name, const tn_type *type)
{
    const tn_type *element = type->kind == TN_SUBARRAY ? type->base : type;
    PyObject *text = PyUnicode_DecodeUTF8(name, (Py_ssize_t)strlen(name), "surrogateescape");
    PyObject *what = text == NULL ? NULL : element->kind == TN_STRUCT ? fields_of(element) : typestr_of(element);
    PyObject *shape = what == NULL || element == type ? NULL : tnpy_extents_tuple(type->ndim, type->shape);
    int status = -1;
    if (what != NULL && element == type)
        status = append(list, PyTuple_Pack(2, text, what));
    else if (shape != NULL)
        status = append(list, PyTuple_Pack(3, text, what, shape));
    Py_XDECREF(text);
    Py_XDECREF(what);
    Py_XDECREF(shape);
    return status;
}

static int add_padding(PyObject *list, ptrdiff_t bytes)
{
    char typestr[32];
    if (bytes == 0)
        return 0;
    snprintf(typestr, sizeof typestr, "|V%td", bytes);
    return append(list, Py_BuildValue("(ss)", "", typestr));
}

static PyObject *fields_of(const tn_type *type)
{
    PyObject *list = PyList_New(0);
    ptrdiff_t end = 0;
    int status = list == NULL ? -1 : 0;
    for (ptrdiff_t i = 0; i < type->nfields && status == 0; i++) {
        const tn_field *field = &type->fields[i];
        status = add_padding(list, field->offset - end);
        if (status == 0)
            status = add_field(list, field->name, field->type);
        end = field->offset + field->type->itemsize;
    }
    if (status == 0)
        status = add_padding(list, type->itemsize - end);
    if (status < 0)
        Py_CLEAR(list);
    return list;
}

PyObject *tnpy_dtype_descr(const tn_type *type)
{
    tn_error err;
    tn_status status = tn_type_to_descr(type, NULL, 0, NULL, &err);
    if (status != TN_OK && status != TN_WRONG_VALUE)
        Py_RETURN_NONE;
    if (type->kind == TN_STRUCT)
        return fields_of(type);
    PyObject *list = PyList_New(0);
    if (list != NULL && add_field(list, "", type) < 0)
        Py_CLEAR(list);
    return list;
}
