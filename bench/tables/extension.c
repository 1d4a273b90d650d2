/* SPDX-License-Identifier: BSD-3-Clause */
/* What an extension written by hand does with CPython's or NumPy's C API, and with Tenon's. Each function does it
 * `times` times, so that the call from Python does not count. */
#define NPY_NO_DEPRECATED_API NPY_2_0_API_VERSION
#include <numpy/arrayobject.h>

#include <tenon/python.h>
#include <tenon/tenon.h>

#include <stdlib.h>

static int parse(PyObject *const *args, Py_ssize_t nargs, long *times)
{
    *times = nargs == 2 ? PyLong_AsLong(args[1]) : -1;
    if (*times < 0)
        PyErr_SetString(PyExc_TypeError, "(object, times)");
    return *times < 0 ? -1 : 0;
}

static PyObject *get_buffer(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    (void)module;
    long times;
    double sum = 0;
    if (parse(args, nargs, &times) < 0)
        return NULL;
    for (long i = 0; i < times; i++) {
        Py_buffer view;
        if (PyObject_GetBuffer(args[0], &view, PyBUF_STRIDED_RO) < 0)
            return NULL;
        sum += *(const double *)view.buf;
        PyBuffer_Release(&view);
    }
    return PyFloat_FromDouble(sum);
}

/* With the format, without which nobody knows what the elements are. */
static PyObject *get_typed_buffer(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    (void)module;
    long times;
    double sum = 0;
    if (parse(args, nargs, &times) < 0)
        return NULL;
    for (long i = 0; i < times; i++) {
        Py_buffer view;
        if (PyObject_GetBuffer(args[0], &view, PyBUF_RECORDS_RO) < 0)
            return NULL;
        if (view.format[0] == 'd')
            sum += *(const double *)view.buf;
        PyBuffer_Release(&view);
    }
    return PyFloat_FromDouble(sum);
}

static PyObject *borrow(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    (void)module;
    static const tn_want doubles = {&tn_type_float64, 1, 2, TN_WANT_C_ORDER};
    long times;
    double sum = 0;
    if (parse(args, nargs, &times) < 0)
        return NULL;
    for (long i = 0; i < times; i++) {
        tn_loan x;
        if (tn_borrow_argument(args[0], &doubles, &x, "borrow", "x") < 0)
            return NULL;
        sum += *(const double *)x.span.data;
        tn_give_back(&x);
    }
    return PyFloat_FromDouble(sum);
}

static PyObject *new_memoryview(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    (void)module;
    long times;
    double sum = 0;
    if (parse(args, nargs, &times) < 0)
        return NULL;
    for (long i = 0; i < times; i++) {
        PyObject *view = PyMemoryView_FromObject(args[0]);
        if (view == NULL)
            return NULL;
        sum += *(const double *)PyMemoryView_GET_BUFFER(view)->buf;
        Py_DECREF(view);
    }
    return PyFloat_FromDouble(sum);
}

static PyObject *keep(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    (void)module;
    long times;
    double sum = 0;
    if (parse(args, nargs, &times) < 0)
        return NULL;
    for (long i = 0; i < times; i++) {
        tn_array x;
        tn_error err;
        if (tn_keep(args[0], NULL, &x, &err) != TN_OK)
            return tn_raise(&err, "keep", "x");
        sum += *(const double *)x.span.data;
        tn_array_release(&x);
    }
    tn_settle();
    return PyFloat_FromDouble(sum);
}

/* --- an array over 1 KiB of C memory ------------------------------------------------------------------------------ */

enum { LENGTH = 128 };

static void free_block(PyObject *capsule)
{
    free(PyCapsule_GetPointer(capsule, NULL));
}

static PyObject *array_by_hand(double *block)
{
    npy_intp length = LENGTH;
    if (block == NULL)
        return PyErr_NoMemory();
    block[0] = 1;
    PyObject *owner = PyCapsule_New(block, NULL, free_block);
    if (owner == NULL) {
        free(block);
        return NULL;
    }
    PyObject *array = PyArray_NewFromDescr(&PyArray_Type, PyArray_DescrFromType(NPY_DOUBLE), 1, &length, NULL, block,
                                           NPY_ARRAY_CARRAY, NULL);
    if (array == NULL || PyArray_SetBaseObject((PyArrayObject *)array, owner) < 0) {
        Py_XDECREF(array);
        return NULL;
    }
    return array;
}

static PyObject *numpy_block(void)
{
    return array_by_hand(malloc(LENGTH * sizeof(double)));
}

static PyObject *numpy_aligned(void)
{
    return array_by_hand(aligned_alloc(64, LENGTH * sizeof(double)));
}

/* Memory that C has allocated. */
static PyObject *tenon_block(void)
{
    ptrdiff_t length = LENGTH, stride = sizeof(double);
    double *block = malloc(LENGTH * sizeof *block);
    if (block == NULL)
        return PyErr_NoMemory();
    block[0] = 1;
    tn_span span = {.data = block, .type = &tn_type_float64, .ndim = 1, .shape = &length, .strides = &stride};
    tn_array made;
    tn_error err;
    if (tn_array_wrap(&span, free, block, &made, &err) == TN_OK)
        return tn_lend(&made, NULL, TN_LEND_NDARRAY);
    free(block);
    return tn_raise(&err, "lend", NULL);
}

/* Memory that libtenon allocates, aligned. */
static PyObject *tenon_aligned(void)
{
    ptrdiff_t length = LENGTH;
    tn_array made;
    tn_error err;
    if (tn_array_new(&tn_type_float64, 1, &length, TN_ORDER_C, &made, &err) != TN_OK)
        return tn_raise(&err, "lend", NULL);
    *(double *)made.span.data = 1;
    return tn_lend(&made, NULL, TN_LEND_NDARRAY);
}

static PyObject *many(PyObject *(*make)(void), PyObject *const *args, Py_ssize_t nargs)
{
    long times;
    double sum = 0;
    if (parse(args, nargs, &times) < 0)
        return NULL;
    for (long i = 0; i < times; i++) {
        PyObject *array = make();
        if (array == NULL)
            return NULL;
        sum += *(double *)PyArray_DATA((PyArrayObject *)array);
        Py_DECREF(array);
    }
    return PyFloat_FromDouble(sum);
}

static PyObject *lend_by_hand(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    (void)module;
    return many(numpy_block, args, nargs);
}

static PyObject *lend(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    (void)module;
    return many(tenon_block, args, nargs);
}

static PyObject *aligned_by_hand(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    (void)module;
    return many(numpy_aligned, args, nargs);
}

static PyObject *lend_aligned(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    (void)module;
    return many(tenon_aligned, args, nargs);
}

#define FAST(name) {#name, (PyCFunction)(void (*)(void))name, METH_FASTCALL, NULL}

static PyMethodDef methods[] = {
    FAST(get_buffer), FAST(get_typed_buffer), FAST(borrow),       FAST(new_memoryview),  FAST(keep),
    FAST(lend_by_hand), FAST(lend),           FAST(aligned_by_hand), FAST(lend_aligned), {NULL, NULL, 0, NULL},
};

static PyModuleDef extension = {PyModuleDef_HEAD_INIT, .m_name = "extension", .m_methods = methods};

PyMODINIT_FUNC PyInit_extension(void)
{
    import_array();
    return tn_import_api() == NULL ? NULL : PyModule_Create(&extension);
}
