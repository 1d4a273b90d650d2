/* SPDX-License-Identifier: BSD-3-Clause */
/* A one-dimensional array of an ndarray's fields, with the checks that Tenon makes: element type, byte order, dimensions,
 * order, alignment, writability. */
#ifndef FLOOR_BORROW_H
#define FLOOR_BORROW_H

#define PY_SSIZE_T_CLEAN
#define NPY_NO_DEPRECATED_API NPY_2_0_API_VERSION
#include <Python.h>
#include <numpy/arrayobject.h>

static inline int is_array(PyObject *obj, const char *name, int type, const char *expected, int ndim, size_t alignment,
                           int writable)
{
    if (!PyArray_Check(obj)) {
        PyErr_Format(PyExc_TypeError, "%s must be %s, got %s", name, expected, Py_TYPE(obj)->tp_name);
        return 0;
    }
    PyArrayObject *array = (PyArrayObject *)obj;
    if (PyArray_TYPE(array) != type || !PyArray_ISNOTSWAPPED(array)) {
        PyErr_Format(PyExc_TypeError, "%s must be %s", name, expected);
        return 0;
    }
    if (PyArray_NDIM(array) != ndim) {
        PyErr_Format(PyExc_TypeError, "%s must be %s, got %d dimensions", name, expected, PyArray_NDIM(array));
        return 0;
    }
    if ((npy_uintp)PyArray_DATA(array) % alignment != 0) {
        PyErr_Format(PyExc_ValueError, "%s must be aligned", name);
        return 0;
    }
    if (writable && !PyArray_ISWRITEABLE(array)) {
        PyErr_Format(PyExc_ValueError, "%s is read-only", name);
        return 0;
    }
    return 1;
}

static inline void *contiguous(PyObject *obj, const char *name, int type, const char *expected, int ndim,
                               size_t alignment, int writable)
{
    if (!is_array(obj, name, type, expected, ndim, alignment, writable))
        return NULL;
    if (!PyArray_IS_C_CONTIGUOUS((PyArrayObject *)obj)) {
        PyErr_Format(PyExc_ValueError, "%s must be C-contiguous", name);
        return NULL;
    }
    return PyArray_DATA((PyArrayObject *)obj);
}

/* float64[n]; n is the array's. */
static inline double *doubles(PyObject *obj, const char *name, int writable, npy_intp *n)
{
    double *data = contiguous(obj, name, NPY_DOUBLE, "float64[n]", 1, _Alignof(double), writable);
    if (data != NULL)
        *n = PyArray_DIM((PyArrayObject *)obj, 0);
    return data;
}

/* The elements of several float64[n] of one length; `written` is the index of the one that is written. */
static inline int all_doubles(PyObject *const *args, const char *const *names, int count, int written, double **data,
                              npy_intp *n)
{
    for (int i = 0; i < count; i++) {
        npy_intp length;
        if ((data[i] = doubles(args[i], names[i], i == written, &length)) == NULL)
            return 0;
        if (i > 0 && length != *n) {
            PyErr_Format(PyExc_ValueError, "n is %zd in %s but %zd in %s", (Py_ssize_t)*n, names[0], (Py_ssize_t)length,
                         names[i]);
            return 0;
        }
        *n = length;
    }
    return 1;
}

static inline int takes(const char *function, Py_ssize_t got, Py_ssize_t expected)
{
    if (got != expected)
        PyErr_Format(PyExc_TypeError, "%s() takes %zd arguments, got %zd", function, expected, got);
    return got == expected;
}

#define FAST(function) (PyCFunction)(void (*)(void)) function

#endif
