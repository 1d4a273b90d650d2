/* SPDX-License-Identifier: BSD-3-Clause */
/* The floor: more.c bound by hand against the NumPy C API. */
#include "borrow.h"

#include "../../more.c"

static PyObject *floor_sum_strided(PyObject *self, PyObject *x)
{
    (void)self;
    if (!is_array(x, "x", NPY_DOUBLE, "float64[n]", 1, _Alignof(double), 0))
        return NULL;
    PyArrayObject *array = (PyArrayObject *)x;
    npy_intp stride = PyArray_STRIDE(array, 0);
    if (stride % (npy_intp)_Alignof(double) != 0)
        return PyErr_Format(PyExc_ValueError, "x must be aligned");
    return PyFloat_FromDouble(sum_strided((size_t)PyArray_DIM(array, 0), stride, PyArray_DATA(array)));
}

static PyArray_Descr *pair_dtype, *seen_dtype; /* the last other one that was found to be the same */

static int is_pair(PyArray_Descr *dtype)
{
    if (dtype == pair_dtype || dtype == seen_dtype)
        return 1;
    if (!PyArray_EquivTypes(dtype, pair_dtype))
        return 0;
    Py_XSETREF(seen_dtype, (PyArray_Descr *)Py_NewRef((PyObject *)dtype));
    return 1;
}

static PyObject *floor_first_pair(PyObject *self, PyObject *p)
{
    (void)self;
    PyArrayObject *array = (PyArrayObject *)p;
    const pair *data = contiguous(p, "p", NPY_VOID, "pair[n]", 1, _Alignof(pair), 0);
    if (data == NULL)
        return NULL;
    if (!is_pair(PyArray_DESCR(array)))
        return PyErr_Format(PyExc_TypeError, "p must be pair[n]");
    return PyFloat_FromDouble(first_pair((size_t)PyArray_DIM(array, 0), data));
}

static PyObject *floor_accumulate(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    (void)self;
    static const char *const names[] = {"x", "y"};
    npy_intp n;
    double *x[2];
    if (!takes("accumulate", nargs, 2) || !all_doubles(args, names, 2, 1, x, &n))
        return NULL;
    if (labs(x[1] - x[0]) < n)
        return PyErr_Format(PyExc_ValueError, "x and y may not overlap");
    accumulate((size_t)n, x[0], x[1]);
    Py_RETURN_NONE;
}

/* --- memory of C -------------------------------------------------------------------------------------------------- */

/* An array over memory that `owner`, whose reference is stolen, keeps. */
static PyObject *array_over(double *memory, npy_intp n, PyObject *owner)
{
    PyObject *array = PyArray_NewFromDescr(&PyArray_Type, PyArray_DescrFromType(NPY_DOUBLE), 1, &n, NULL, memory,
                                           NPY_ARRAY_CARRAY, NULL);
    if (array == NULL)
        Py_DECREF(owner);
    else if (PyArray_SetBaseObject((PyArrayObject *)array, owner) < 0)
        Py_CLEAR(array);
    return array;
}

static void free_memory(PyObject *capsule)
{
    free(PyCapsule_GetPointer(capsule, NULL));
}

static PyObject *owning(double *memory, Py_ssize_t n)
{
    if (memory == NULL)
        return PyErr_NoMemory();
    PyObject *owner = PyCapsule_New(memory, NULL, free_memory);
    if (owner == NULL) {
        free(memory);
        return NULL;
    }
    return array_over(memory, n, owner);
}

static PyObject *floor_aligned(PyObject *self, PyObject *length)
{
    (void)self;
    size_t n = PyLong_AsSize_t(length);
    return n == (size_t)-1 && PyErr_Occurred() ? NULL : owning(aligned(n), (Py_ssize_t)n);
}

static PyObject *floor_handed(PyObject *self, PyObject *length)
{
    (void)self;
    size_t n = PyLong_AsSize_t(length);
    return n == (size_t)-1 && PyErr_Occurred() ? NULL : owning(handed(n), (Py_ssize_t)n);
}

/* --- an object ---------------------------------------------------------------------------------------------------- */

typedef struct series_object {
    PyObject_HEAD
    series *s;
    Py_ssize_t shape, stride; /* what buffers point to */
} series_object;

static PyObject *series_make(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {"n", NULL};
    Py_ssize_t n;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "n:series", keywords, &n))
        return NULL;
    if (n < 0)
        return PyErr_Format(PyExc_ValueError, "n must not be negative, got %zd", n);
    series_object *self = (series_object *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    if ((self->s = series_new((size_t)n)) == NULL) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    self->shape = n;
    self->stride = sizeof(double);
    return (PyObject *)self;
}

static void series_drop(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    if (((series_object *)self)->s != NULL)
        series_free(((series_object *)self)->s);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyObject *series_object_size(PyObject *self, PyObject *unused)
{
    (void)unused;
    return PyLong_FromSize_t(series_size(((series_object *)self)->s));
}

static PyObject *series_values(PyObject *self, PyObject *unused)
{
    (void)unused;
    series_object *object = (series_object *)self;
    return array_over(series_data(object->s), object->shape, Py_NewRef(self));
}

static int series_get_buffer(PyObject *self, Py_buffer *view, int flags)
{
    series_object *object = (series_object *)self;
    *view = (Py_buffer){.buf = series_data(object->s), .obj = Py_NewRef(self), .len = object->shape * object->stride,
                        .itemsize = sizeof(double), .ndim = 1, .format = flags & PyBUF_FORMAT ? "d" : NULL,
                        .shape = flags & PyBUF_ND ? &object->shape : NULL,
                        .strides = (flags & PyBUF_STRIDES) == PyBUF_STRIDES ? &object->stride : NULL};
    return 0;
}

static PyMethodDef series_methods[] = {{"size", series_object_size, METH_NOARGS, NULL},
                                       {"values", series_values, METH_NOARGS, NULL},
                                       {NULL, NULL, 0, NULL}};
static PyType_Slot series_slots[] = {{Py_tp_new, (void *)(uintptr_t)series_make},
                                     {Py_tp_dealloc, (void *)(uintptr_t)series_drop},
                                     {Py_tp_methods, series_methods},
                                     {Py_bf_getbuffer, (void *)(uintptr_t)series_get_buffer},
                                     {0, NULL}};
static PyType_Spec series_spec = {"more.series", sizeof(series_object), 0, Py_TPFLAGS_DEFAULT, series_slots};

/* --- the module --------------------------------------------------------------------------------------------------- */

static PyMethodDef methods[] = {
    {"sum_strided", floor_sum_strided, METH_O, NULL},
    {"first_pair", floor_first_pair, METH_O, NULL},
    {"accumulate", FAST(floor_accumulate), METH_FASTCALL, NULL},
    {"aligned", floor_aligned, METH_O, NULL},
    {"handed", floor_handed, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef module = {PyModuleDef_HEAD_INIT, .m_name = "more", .m_size = -1, .m_methods = methods};

static int make_pair_dtype(void)
{
    PyObject *fields = Py_BuildValue("[(ss)(ss)]", "a", "i4", "b", "f4");
    int made = fields != NULL && PyArray_DescrConverter(fields, &pair_dtype);
    Py_XDECREF(fields);
    return made;
}

PyMODINIT_FUNC PyInit_more(void)
{
    import_array();
    PyObject *made = make_pair_dtype() ? PyModule_Create(&module) : NULL;
    PyObject *type = made == NULL ? NULL : PyType_FromSpec(&series_spec);
    if (type == NULL || PyModule_AddObjectRef(made, "series", type) < 0)
        Py_CLEAR(made);
    Py_XDECREF(type);
    return made;
}
