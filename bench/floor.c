/* SPDX-License-Identifier: BSD-3-Clause */
/* The floor: the same functions bound by hand against the NumPy C API, with the same checks, reading the array's fields.
 * METH_O and METH_FASTCALL, as one writes them for speed. */
#define NPY_NO_DEPRECATED_API NPY_2_0_API_VERSION
#include <Python.h>
#include <numpy/arrayobject.h>

#include "functions.h"

/* Element type, byte order, dimensions, order, alignment, writability: what Tenon checks of `double x[n]`. */
static double *get(PyObject *obj, const char *name, int writable, npy_intp *n)
{
    if (!PyArray_Check(obj)) {
        PyErr_Format(PyExc_TypeError, "%s must be float64[n], got %s", name, Py_TYPE(obj)->tp_name);
        return NULL;
    }
    PyArrayObject *array = (PyArrayObject *)obj;
    if (PyArray_TYPE(array) != NPY_DOUBLE || !PyArray_ISNOTSWAPPED(array)) {
        PyErr_Format(PyExc_TypeError, "%s must be float64[n]", name);
        return NULL;
    }
    if (PyArray_NDIM(array) != 1) {
        PyErr_Format(PyExc_TypeError, "%s must have 1 dimension, got %d", name, PyArray_NDIM(array));
        return NULL;
    }
    if (!PyArray_IS_C_CONTIGUOUS(array)) {
        PyErr_Format(PyExc_ValueError, "%s must be C-contiguous", name);
        return NULL;
    }
    if ((npy_uintp)PyArray_DATA(array) % _Alignof(double) != 0) {
        PyErr_Format(PyExc_ValueError, "%s must be aligned", name);
        return NULL;
    }
    if (writable && !PyArray_ISWRITEABLE(array)) {
        PyErr_Format(PyExc_ValueError, "%s is read-only", name);
        return NULL;
    }
    *n = PyArray_DIM(array, 0);
    return PyArray_DATA(array);
}

static PyObject *one(PyObject *self, PyObject *x)
{
    (void)self;
    npy_intp n;
    const double *data = get(x, "x", 0, &n);
    return data == NULL ? NULL : PyFloat_FromDouble(first((size_t)n, data));
}

static PyObject *three(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    (void)self;
    npy_intp n[3];
    double *data[3];
    static const char *const names[] = {"x", "y", "z"};
    if (nargs != 3) {
        PyErr_Format(PyExc_TypeError, "three() takes 3 arguments, got %zd", nargs);
        return NULL;
    }
    for (int i = 0; i < 3; i++)
        if ((data[i] = get(args[i], names[i], i == 2, &n[i])) == NULL)
            return NULL;
    if (n[1] != n[0] || n[2] != n[0]) {
        PyErr_SetString(PyExc_ValueError, "x, y and z must have the same length");
        return NULL;
    }
    add((size_t)n[0], data[0], data[1], data[2]);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"first", one, METH_O, NULL},
    {"add", (PyCFunction)(void (*)(void))three, METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef module = {PyModuleDef_HEAD_INIT, .m_name = "floor", .m_size = -1, .m_methods = methods};

PyMODINIT_FUNC PyInit_floor(void)
{
    import_array();
    return PyModule_Create(&module);
}
