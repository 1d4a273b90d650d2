/* SPDX-License-Identifier: BSD-3-Clause */
/* The floor: the functions of functions.c bound by hand against the NumPy C API, with the same checks, reading the
 * array's fields. METH_O and METH_FASTCALL, as one writes them for speed. */
#define NPY_NO_DEPRECATED_API NPY_2_0_API_VERSION
#include <Python.h>
#include <numpy/arrayobject.h>

#include "functions.c"

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

/* --- METH_O ------------------------------------------------------------------------------------------------------- */

static PyObject *floor_first(PyObject *self, PyObject *x)
{
    (void)self;
    npy_intp n;
    const double *data = get(x, "x", 0, &n);
    return data == NULL ? NULL : PyFloat_FromDouble(first((size_t)n, data));
}

static PyObject *floor_doubled(PyObject *self, PyObject *x)
{
    (void)self;
    npy_intp n;
    const double *data = get(x, "x", 0, &n);
    PyObject *y = data == NULL ? NULL : PyArray_SimpleNew(1, &n, NPY_DOUBLE);
    if (y != NULL)
        doubled((size_t)n, data, PyArray_DATA((PyArrayObject *)y));
    return y;
}

static void free_memory(PyObject *capsule)
{
    free(PyCapsule_GetPointer(capsule, NULL));
}

/* An array over memory of C, which a capsule frees. */
static PyObject *array_over(double *memory, npy_intp n)
{
    if (memory == NULL)
        return PyErr_NoMemory();
    memory[0] = 1;
    PyObject *owner = PyCapsule_New(memory, NULL, free_memory);
    if (owner == NULL) {
        free(memory);
        return NULL;
    }
    PyObject *array = PyArray_NewFromDescr(&PyArray_Type, PyArray_DescrFromType(NPY_DOUBLE), 1, &n, NULL, memory,
                                           NPY_ARRAY_CARRAY, NULL);
    if (array == NULL)
        Py_DECREF(owner);
    else if (PyArray_SetBaseObject((PyArrayObject *)array, owner) < 0)
        Py_CLEAR(array);
    return array;
}

static PyObject *floor_owned(PyObject *self, PyObject *length)
{
    (void)self;
    Py_ssize_t n = PyLong_AsSsize_t(length);
    return n <= 0 ? NULL : array_over(aligned_alloc(64, (size_t)n * sizeof(double)), n);
}

static PyObject *floor_handed(PyObject *self, PyObject *length)
{
    (void)self;
    Py_ssize_t n = PyLong_AsSsize_t(length);
    return n <= 0 ? NULL : array_over(malloc((size_t)n * sizeof(double)), n);
}

/* --- an object ---------------------------------------------------------------------------------------------------- */

typedef struct counter_object {
    PyObject_HEAD
    counter *c;
} counter_object;

static PyObject *counter_make(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)args, (void)kwargs;
    counter_object *self = (counter_object *)type->tp_alloc(type, 0);
    if (self != NULL && (self->c = counter_new()) == NULL) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    return (PyObject *)self;
}

static void counter_drop(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    if (((counter_object *)self)->c != NULL)
        counter_free(((counter_object *)self)->c);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyObject *floor_next(PyObject *self, PyObject *unused)
{
    (void)unused;
    return PyLong_FromLong(counter_next(((counter_object *)self)->c));
}

static PyMethodDef counter_methods[] = {{"next", floor_next, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
static PyType_Slot counter_slots[] = {{Py_tp_new, (void *)(uintptr_t)counter_make},
                                      {Py_tp_dealloc, (void *)(uintptr_t)counter_drop},
                                      {Py_tp_methods, counter_methods},
                                      {0, NULL}};
static PyType_Spec counter_spec = {"floor.counter", sizeof(counter_object), 0, Py_TPFLAGS_DEFAULT, counter_slots};

/* --- METH_FASTCALL ------------------------------------------------------------------------------------------------ */

static PyObject *add_arrays(PyObject *const *args)
{
    static const char *const names[] = {"x", "y", "z"};
    npy_intp n[3];
    double *data[3];
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

static PyObject *floor_add(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    (void)self;
    if (nargs != 3)
        return PyErr_Format(PyExc_TypeError, "add() takes 3 arguments, got %zd", nargs);
    return add_arrays(args);
}

static PyObject *floor_scaled(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    (void)self;
    if (nargs != 2)
        return PyErr_Format(PyExc_TypeError, "scaled() takes 2 arguments, got %zd", nargs);
    double a = PyFloat_AsDouble(args[0]);
    if (a == -1.0 && PyErr_Occurred())
        return NULL;
    npy_intp n;
    const double *data = get(args[1], "x", 0, &n);
    return data == NULL ? NULL : PyFloat_FromDouble(scaled(a, (size_t)n, data));
}

/* --- METH_FASTCALL | METH_KEYWORDS -------------------------------------------------------------------------------- */

static int index_of(PyObject *name)
{
    static const char *const names[] = {"x", "y", "z"};
    for (int i = 0; i < 3; i++)
        if (PyUnicode_CompareWithASCIIString(name, names[i]) == 0)
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
    {"doubled", floor_doubled, METH_O, NULL},
    {"owned", floor_owned, METH_O, NULL},
    {"handed", floor_handed, METH_O, NULL},
    {"add", (PyCFunction)(void (*)(void))floor_add, METH_FASTCALL, NULL},
    {"scaled", (PyCFunction)(void (*)(void))floor_scaled, METH_FASTCALL, NULL},
    {"add_keywords", (PyCFunction)(void (*)(void))floor_add_keywords, METH_FASTCALL | METH_KEYWORDS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef module = {PyModuleDef_HEAD_INIT, .m_name = "floor", .m_size = -1, .m_methods = methods};

PyMODINIT_FUNC PyInit_floor(void)
{
    import_array();
    PyObject *made = PyModule_Create(&module);
    PyObject *type = made == NULL ? NULL : PyType_FromSpec(&counter_spec);
    if (type == NULL || PyModule_AddObjectRef(made, "counter", type) < 0)
        Py_CLEAR(made);
    Py_XDECREF(type);
    return made;
}
