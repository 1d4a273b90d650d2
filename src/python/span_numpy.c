/* SPDX-License-Identifier: BSD-3-Clause */
/* span.numpy(): an ndarray over the same memory, of any element type that NumPy has. */
#include "span_room.h"

static const char export_name[] = "tenon.Span";

/* The ndarray is gone, and with it every view of it. */
static void end_export(PyObject *capsule)
{
    PyObject *self = PyCapsule_GetPointer(capsule, export_name);
    tnpy_span_let_go(self);
    Py_DECREF(self);
}

/* An export as an object, to be the base of an ndarray: neither the Span, which could be released under it, nor a
 * memoryview, which knows no datetime64. */
static PyObject *new_export(PyObject *self)
{
    PyObject *capsule = PyCapsule_New(self, export_name, end_export);
    if (capsule == NULL)
        return NULL;
    Py_INCREF(self);
    tnpy_span_hold(self);
    return capsule;
}

PyObject *tnpy_span_numpy(PyObject *self)
{
    tnpy_dtype *dtype = ((tnpy_span *)self)->dtype;
    if (tnpy_span_get(self) == NULL)
        return NULL;
    int numpy = tnpy_numpy_import(dtype->state);
    if (numpy == 0)
        PyErr_SetString(PyExc_ImportError, "numpy(): NumPy cannot be imported");
    if (numpy <= 0 || tnpy_numpy_prepare(&dtype->key) < 0)
        return NULL;
    const tn_span *span = tnpy_span_get(self); /* importing runs any code */
    if (span == NULL)
        return NULL;
    if (span->suboffsets != NULL) {
        PyErr_SetString(PyExc_BufferError,
                        "numpy(): NumPy has no indirect arrays; Span.copy() makes the memory direct");
        return NULL;
    }
    PyObject *base = new_export(self);
    PyObject *array = base == NULL ? NULL : tnpy_numpy_view(&dtype->key, span, base);
    Py_XDECREF(base);
    return array;
}

static PyObject *numpy(PyObject *self, PyObject *unused)
{
    (void)unused;
    return tnpy_span_numpy(self);
}

static PyMethodDef methods[] = {
    {"numpy", numpy, METH_NOARGS,
     "numpy($self, /)\n--\n\n"
     "A numpy.ndarray over the same memory, datetime64 and bfloat16 included. The Span can't be released while it lives."},
    {NULL, NULL, 0, NULL},
};

const tnpy_span_room tnpy_span_arrays = {.methods = methods};
