/* SPDX-License-Identifier: BSD-3-Clause */
/* The floor: functions.c bound by hand against the NumPy C API. METH_O and METH_FASTCALL, as one writes them for
 * speed. */
#include "borrow.h"

#include "../../functions.c"

/* --- METH_O ------------------------------------------------------------------------------------------------------- */

static PyObject *floor_first(PyObject *self, PyObject *x)
{
    (void)self;
    npy_intp n;
    const double *data = doubles(x, "x", 0, &n);
    return data == NULL ? NULL : PyFloat_FromDouble(first((size_t)n, data));
}

static PyObject *floor_first_single(PyObject *self, PyObject *x)
{
    (void)self;
    const float *data = contiguous(x, "x", NPY_FLOAT, "float32[n]", 1, _Alignof(float), 0);
    return data == NULL ? NULL : PyFloat_FromDouble(first_single((size_t)PyArray_DIM((PyArrayObject *)x, 0), data));
}

static PyObject *floor_doubled(PyObject *self, PyObject *x)
{
    (void)self;
    npy_intp n;
    const double *data = doubles(x, "x", 0, &n);
    PyObject *y = data == NULL ? NULL : PyArray_SimpleNew(1, &n, NPY_DOUBLE);
    if (y != NULL)
        doubled((size_t)n, data, PyArray_DATA((PyArrayObject *)y));
    return y;
}

static PyObject *floor_mean(PyObject *self, PyObject *x)
{
    (void)self;
    const double *data = contiguous(x, "x", NPY_DOUBLE, "float64[m, n]", 2, _Alignof(double), 0);
    if (data == NULL)
        return NULL;
    size_t m = (size_t)PyArray_DIM((PyArrayObject *)x, 0), n = (size_t)PyArray_DIM((PyArrayObject *)x, 1);
    return PyFloat_FromDouble(mean(m, n, (const double(*)[n])data));
}

static PyObject *floor_sum_bytes(PyObject *self, PyObject *b)
{
    (void)self;
    Py_buffer view;
    if (PyObject_GetBuffer(b, &view, PyBUF_SIMPLE) < 0)
        return NULL;
    uint64_t sum = sum_bytes((size_t)view.len, view.buf);
    PyBuffer_Release(&view);
    return PyLong_FromUnsignedLongLong(sum);
}

static PyObject *floor_largest(PyObject *self, PyObject *x)
{
    (void)self;
    npy_intp n;
    const double *data = doubles(x, "x", 0, &n);
    return data == NULL ? NULL : PyLong_FromSsize_t(largest((size_t)n, data));
}

/* --- METH_FASTCALL ------------------------------------------------------------------------------------------------ */

static PyObject *add_arrays(PyObject *const *args)
{
    static const char *const names[] = {"x", "y", "z"};
    npy_intp n;
    double *data[3];
    if (!all_doubles(args, names, 3, 2, data, &n))
        return NULL;
    add((size_t)n, data[0], data[1], data[2]);
    Py_RETURN_NONE;
}

static PyObject *floor_add(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    (void)self;
    return takes("add", nargs, 3) ? add_arrays(args) : NULL;
}

static PyObject *floor_add_seven(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    (void)self;
    static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "z"};
    npy_intp n;
    double *x[8];
    if (!takes("add_seven", nargs, 8) || !all_doubles(args, names, 8, 7, x, &n))
        return NULL;
    add_seven((size_t)n, x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7]);
    Py_RETURN_NONE;
}

static PyObject *floor_scale(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    (void)self;
    if (!takes("scale", nargs, 2))
        return NULL;
    double a = PyFloat_AsDouble(args[0]);
    if (a == -1.0 && PyErr_Occurred())
        return NULL;
    npy_intp n;
    double *data = doubles(args[1], "x", 1, &n);
    if (data == NULL)
        return NULL;
    scale(a, (size_t)n, data);
    Py_RETURN_NONE;
}

static PyObject *floor_cross(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    (void)self;
    static const char *const names[] = {"a", "b", "c"};
    npy_intp n;
    double *x[3];
    if (!takes("cross", nargs, 3) || !all_doubles(args, names, 3, 2, x, &n))
        return NULL;
    if (n != 3)
        return PyErr_Format(PyExc_ValueError, "vectors must have 3 elements, got %zd", (Py_ssize_t)n);
    if (labs(x[2] - x[0]) < 3 || labs(x[2] - x[1]) < 3)
        return PyErr_Format(PyExc_ValueError, "c may not overlap a or b");
    cross(x[0], x[1], x[2]);
    Py_RETURN_NONE;
}

/* --- METH_FASTCALL | METH_KEYWORDS -------------------------------------------------------------------------------- */

static const char *const add_names[] = {"x", "y", "z"};
static PyObject *interned[3]; /* as names in a program's text are */

static int index_of(PyObject *name)
{
    for (int i = 0; i < 3; i++)
        if (name == interned[i])
            return i;
    for (int i = 0; i < 3; i++)
        if (PyUnicode_CompareWithASCIIString(name, add_names[i]) == 0)
            return i;
    return -1;
}

static PyObject *floor_add_keywords(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    (void)self;
    PyObject *sorted[3] = {NULL, NULL, NULL};
    Py_ssize_t nkeywords = kwnames == NULL ? 0 : PyTuple_GET_SIZE(kwnames);
    if (nargs + nkeywords != 3)
        return PyErr_Format(PyExc_TypeError, "add() takes 3 arguments, got %zd", nargs + nkeywords);
    for (Py_ssize_t k = 0; k < 3; k++) {
        int i = k < nargs ? (int)k : index_of(PyTuple_GET_ITEM(kwnames, k - nargs));
        if (i < 0 || sorted[i] != NULL)
            return PyErr_Format(PyExc_TypeError, "add() got an unexpected or a second argument");
        sorted[i] = args[k];
    }
    return add_arrays(sorted);
}

static PyMethodDef methods[] = {
    {"first", floor_first, METH_O, NULL},
    {"first_single", floor_first_single, METH_O, NULL},
    {"doubled", floor_doubled, METH_O, NULL},
    {"mean", floor_mean, METH_O, NULL},
    {"sum_bytes", floor_sum_bytes, METH_O, NULL},
    {"largest", floor_largest, METH_O, NULL},
    {"add", FAST(floor_add), METH_FASTCALL, NULL},
    {"add_seven", FAST(floor_add_seven), METH_FASTCALL, NULL},
    {"scale", FAST(floor_scale), METH_FASTCALL, NULL},
    {"cross", FAST(floor_cross), METH_FASTCALL, NULL},
    {"add_keywords", FAST(floor_add_keywords), METH_FASTCALL | METH_KEYWORDS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef module = {PyModuleDef_HEAD_INIT, .m_name = "functions", .m_size = -1, .m_methods = methods};

PyMODINIT_FUNC PyInit_functions(void)
{
    import_array();
    for (int i = 0; i < 3; i++)
        if ((interned[i] = PyUnicode_InternFromString(add_names[i])) == NULL)
            return NULL;
    return PyModule_Create(&module);
}
