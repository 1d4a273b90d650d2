/* SPDX-License-Identifier: BSD-3-Clause */
/* Small questions to Python objects. */
#ifndef TNPY_OBJECT_H
#define TNPY_OBJECT_H

#include <Python.h>
#include <stdbool.h>
#include <string.h>

#include "tenon/status.h"
#include "tenon/type.h"

#include "compat.h"

/* A shape or strides as Python says them; empty for NULL. New reference, or NULL with an exception. */
static inline PyObject *tnpy_extents_tuple(int ndim, const ptrdiff_t *extents)
{
    PyObject *tuple = PyTuple_New(extents == NULL ? 0 : ndim);
    for (int i = 0; tuple != NULL && extents != NULL && i < ndim; i++) {
        PyObject *extent = PyLong_FromSsize_t(extents[i]);
        if (extent == NULL)
            Py_CLEAR(tuple);
        else
            PyTuple_SET_ITEM(tuple, i, extent);
    }
    return tuple;
}

/* How messages call what was given. */
static inline const char *tnpy_type_name(PyObject *obj)
{
    return obj == Py_None ? "None" : Py_TYPE(obj)->tp_name;
}

/* Is a class called `name` among the bases of the object's type? So NumPy's classes are known without NumPy. */
static inline int tnpy_has_base(PyObject *obj, const char *name)
{
    PyObject *bases = Py_TYPE(obj)->tp_mro; /* NULL: a static type that nobody made ready, as _testbuffer's */
    for (Py_ssize_t i = 0; bases != NULL && i < PyTuple_GET_SIZE(bases); i++) {
        const char *base = ((PyTypeObject *)PyTuple_GET_ITEM(bases, i))->tp_name;
        if (base[0] == name[0] && strcmp(base, name) == 0)
            return 1;
    }
    return 0;
}

/* The items of a sequence as they are now. What a subclass of list or tuple says of itself is not asked. New reference,
 * or NULL with an exception. */
static inline PyObject *tnpy_items_of(PyObject *sequence)
{
    if (PyList_Check(sequence))
        return PyList_AsTuple(sequence);
    if (PyTuple_Check(sequence))
        return PyTuple_GetSlice(sequence, 0, PyTuple_GET_SIZE(sequence));
    return PySequence_Tuple(sequence);
}

/* Are there Python objects among the elements? */
static inline bool tnpy_holds_objects(const tn_type *type)
{
    if (type->kind == TN_SUBARRAY)
        return tnpy_holds_objects(type->base);
    for (ptrdiff_t i = 0; i < type->nfields; i++)
        if (tnpy_holds_objects(type->fields[i].type))
            return true;
    return type->kind == TN_OBJECT;
}

static inline tn_status tnpy_refuse_masked(tn_error *err)
{
    return tn_fail(err, TN_WRONG_TYPE, "is a masked array, whose mask C would not see; pass its .data, or .filled(…)");
}

/* An exception is set, and passes through. */
static inline tn_status tnpy_raised(tn_error *err)
{
    return tn_fail(err, TN_RAISED, "an exception is set");
}

/* PyObject_GetBuffer with FULL_RO, for exporters that may break its rules: 0 without an exception, or -1 with one. */
static inline int tnpy_get_buffer(PyObject *obj, Py_buffer *view)
{
    int status = PyObject_GetBuffer(obj, view, PyBUF_FULL_RO);
    PyObject *raised = PyErr_GetRaisedException();
    if (status == 0 && raised == NULL)
        return 0;
    if (status == 0)
        PyBuffer_Release(view);
    if (raised != NULL)
        PyErr_SetRaisedException(raised);
    else
        PyErr_Format(PyExc_BufferError, "%.100s has no buffer, and does not say why", Py_TYPE(obj)->tp_name);
    return -1;
}

/* 1 and a new reference; 0 and NULL without an exception where there is none; -1 and NULL with the exception of the
 * object's own code. */
static inline int tnpy_optional_attribute_of(PyObject *obj, PyObject *name, PyObject **out)
{
#if PY_VERSION_HEX >= 0x030D0000
    return PyObject_GetOptionalAttr(obj, name, out);
#else
    return _PyObject_LookupAttr(obj, name, out); /* the later public function under its earlier name */
#endif
}

static inline int tnpy_optional_attribute(PyObject *obj, const char *name, PyObject **out)
{
    PyObject *text = PyUnicode_InternFromString(name);
    *out = NULL;
    int found = text == NULL ? -1 : tnpy_optional_attribute_of(obj, text, out);
    Py_XDECREF(text);
    return found;
}

#endif
