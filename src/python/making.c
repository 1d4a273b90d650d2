/* SPDX-License-Identifier: BSD-3-Clause */
/* tenon.empty and tenon.zeros: new memory, shown by a Span. */
#include "making.h"

#include "tenon/array.h"

#include "error.h"
#include "memory.h"
#include "object.h"
#include "slot.h"
#include "span_type.h"

/* --- arguments ---------------------------------------------------------------------------------------------------- */

PyObject *tnpy_raise_from(const char *function, const tn_error *reason)
{
    tn_error err = *reason;
    if (reason->status != TN_RAISED)
        tn_fail(&err, reason->status, "%s(): %s", function, reason->message);
    return tnpy_raise(&err);
}

int tnpy_read_extents(PyObject *obj, const char *function, const char *name, ptrdiff_t *out)
{
    if (PyIndex_Check(obj) && !PySequence_Check(obj)) { /* an ndarray is both */
        out[0] = PyNumber_AsSsize_t(obj, PyExc_OverflowError);
        return out[0] == -1 && PyErr_Occurred() ? -1 : 1;
    }
    if (!PySequence_Check(obj) || PyUnicode_Check(obj) || PyBytes_Check(obj)) {
        PyErr_Format(PyExc_TypeError, "%s(): %s must be an int or a sequence of ints, got %.100s", function, name,
                     tnpy_type_name(obj));
        return -1;
    }
    PyObject *items = PySequence_Tuple(obj); /* it holds still while __index__ runs */
    if (items == NULL)
        return -1;
    Py_ssize_t count = PyTuple_GET_SIZE(items);
    if (count > TN_MAX_NDIM) {
        PyErr_Format(PyExc_ValueError, "%s(): %s has %zd entries; at most %d dimensions are possible", function, name,
                     count, TN_MAX_NDIM);
        count = -1;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        out[i] = PyNumber_AsSsize_t(PyTuple_GET_ITEM(items, i), PyExc_OverflowError);
        if (out[i] == -1 && PyErr_Occurred())
            count = -1;
    }
    Py_DECREF(items);
    return (int)count;
}

tnpy_dtype *tnpy_read_dtype(tnpy_state *state, PyObject *obj, const char *function)
{
    tnpy_dtype *dtype = obj == NULL ? tnpy_dtype_for(state, &tn_type_float64) : tnpy_dtype_from_python(state, obj);
    if (dtype == NULL || !tnpy_holds_objects(dtype->type))
        return dtype;
    Py_DECREF((PyObject *)dtype);
    PyErr_Format(PyExc_TypeError,
                 "%s(): dtype must not be a Python object's: nobody would count the references in such memory", function);
    return NULL;
}

/* "C", "F" or "rows". 0, or -1 with an exception. */
static int read_order(PyObject *obj, const char *function, tn_order *order)
{
    static const struct {
        const char *name;
        tn_order order;
    } orders[] = {{"C", TN_ORDER_C}, {"F", TN_ORDER_F}, {"rows", TN_ORDER_ROWS}};
    *order = TN_ORDER_C;
    if (obj == NULL)
        return 0;
    if (!PyUnicode_Check(obj)) {
        PyErr_Format(PyExc_TypeError, "%s(): order must be 'C', 'F' or 'rows', got %.100s", function,
                     tnpy_type_name(obj));
        return -1;
    }
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        *order = orders[i].order;
        if (PyUnicode_CompareWithASCIIString(obj, orders[i].name) == 0)
            return 0;
    }
    PyErr_Format(PyExc_ValueError, "%s(): order must be 'C', 'F' or 'rows', got %R", function, obj);
    return -1;
}

/* --- new memory --------------------------------------------------------------------------------------------------- */

typedef tn_status maker(const tn_type *type, int ndim, const ptrdiff_t *shape, tn_order order, tn_array *out,
                        tn_error *err);

static PyObject *make(tnpy_state *state, maker *new, const char *function, PyObject *shape, PyObject *type,
                      PyObject *order)
{
    ptrdiff_t extents[TN_MAX_NDIM];
    tn_order which;
    int ndim = tnpy_read_extents(shape, function, "shape", extents);
    if (ndim < 0 || read_order(order, function, &which) < 0)
        return NULL;
    tnpy_dtype *dtype = tnpy_read_dtype(state, type, function);
    if (dtype == NULL)
        return NULL;
    tn_array array;
    tn_error err;
    tnpy_memory *memory = NULL;
    if (new(dtype->type, ndim, extents, which, &array, &err) != TN_OK)
        tnpy_raise_from(function, &err);
    else
        memory = tnpy_memory_lend(state, &array, NULL, 0);
    PyObject *span = memory == NULL ? NULL : tnpy_span_new(state, memory, dtype, &memory->array.span);
    Py_XDECREF((PyObject *)memory);
    Py_DECREF((PyObject *)dtype);
    return span;
}

static char *names[] = {"shape", "dtype", "order", NULL};

static PyObject *empty(PyObject *core, PyObject *args, PyObject *kwargs)
{
    PyObject *shape, *dtype = NULL, *order = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|OO:empty", names, &shape, &dtype, &order))
        return NULL;
    return make(tnpy_state_of(core), tn_array_new, "empty", shape, dtype, order);
}

static PyObject *zeros(PyObject *core, PyObject *args, PyObject *kwargs)
{
    PyObject *shape, *dtype = NULL, *order = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|OO:zeros", names, &shape, &dtype, &order))
        return NULL;
    return make(tnpy_state_of(core), tn_array_zeros, "zeros", shape, dtype, order);
}

PyDoc_STRVAR(empty_doc,
"empty(shape, dtype='float64', order='C')\n--\n\n"
"A Span of new memory, whose elements are whatever lay there.\n\n"
"``shape`` is an int or a sequence of ints. ``order`` is 'C', 'F', or 'rows': then every row (the last axis) has\n"
"memory of its own, and the other axes are tables of pointers, as C's ``double **``. The address, and each row's, is a\n"
"multiple of 64. The memory is freed when nothing shows it any more.");

PyDoc_STRVAR(zeros_doc,
"zeros(shape, dtype='float64', order='C')\n--\n\n"
"A Span of new memory, every byte zero; otherwise as tenon.empty.");

PyMethodDef tnpy_making_methods[] = {
    {"empty", (PyCFunction)(void (*)(void))empty, METH_VARARGS | METH_KEYWORDS, empty_doc},
    {"zeros", (PyCFunction)(void (*)(void))zeros, METH_VARARGS | METH_KEYWORDS, zeros_doc},
    {NULL, NULL, 0, NULL},
};
