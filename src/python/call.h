/* SPDX-License-Identifier: BSD-3-Clause */
/* The engine: running a function at one point, and at many. */
#ifndef TNPY_CALL_H
#define TNPY_CALL_H

#include <Python.h>

/* f(*args, **kwargs): vectorcall of tenon.Function. */
PyObject *tnpy_call(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames);

/* f(*args, **kwargs) of a function that makes an object of C, which `target` takes. 0, or -1 with an exception. */
int tnpy_call_into(PyObject *function, PyObject *target, PyObject *args, PyObject *kwargs);

/* tnpy_call_for_span (fast.h), the general way. */
PyObject *tnpy_call_generally_for_span(PyObject *function, PyObject *object);

/* f.batch(*args, **kwargs): METH_FASTCALL | METH_KEYWORDS. */
PyObject *tnpy_batch(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);

#endif
