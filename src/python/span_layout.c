/* SPDX-License-Identifier: BSD-3-Clause */
/* Other views of the same elements: transposed, reshaped, read-only. */
#include "error.h"
#include "object.h"
#include "span_room.h"

/* The view, or the exception that belongs to `err` where it could not be made; `what` says of which method. */
static PyObject *view_or_raise(PyObject *self, tn_status status, const tn_span *made, tn_error *err, const char *what)
{
    if (status == TN_OK)
        return tnpy_span_view((tnpy_span *)self, made);
    tn_error named = {.status = status};
    tn_fail(&named, status, "%s: %s", what, err->message);
    return tnpy_raise(&named);
}

/* --- integers, each an argument or all in one sequence ------------------------------------------------------------ */

/* A tuple. NULL with an exception. */
static PyObject *read_list(PyObject *obj)
{
    return PyIndex_Check(obj) ? PyTuple_Pack(1, obj) : PySequence_Tuple(obj);
}

static int read_integer(PyObject *obj, ptrdiff_t *value)
{
    *value = PyNumber_AsSsize_t(obj, PyExc_OverflowError);
    return *value == -1 && PyErr_Occurred() ? -1 : 0;
}

/* How many there are, or -1 with an exception. */
static int read_integers(PyObject *tuple, ptrdiff_t *values, const char *what)
{
    Py_ssize_t count = PyTuple_GET_SIZE(tuple);
    if (count > TN_MAX_NDIM) {
        PyErr_Format(PyExc_ValueError, "%s: %zd dimensions; 0 to %d are possible", what, count, TN_MAX_NDIM);
        return -1;
    }
    for (Py_ssize_t i = 0; i < count; i++)
        if (read_integer(PyTuple_GET_ITEM(tuple, i), &values[i]) < 0)
            return -1;
    return (int)count;
}

/* --- transposing -------------------------------------------------------------------------------------------------- */

static PyObject *transpose_all(PyObject *self)
{
    const tn_span *span = tnpy_span_get(self);
    tn_span made;
    tn_layout layout;
    tn_error err;
    if (span == NULL)
        return NULL;
    tn_status status = tn_span_transpose(span, NULL, &made, &layout, &err);
    return view_or_raise(self, status, &made, &err, "transpose()");
}

static PyObject *get_transposed(PyObject *self, void *unused)
{
    (void)unused;
    return transpose_all(self);
}

static PyObject *transpose_axes(PyObject *self, PyObject *tuple)
{
    ptrdiff_t given[TN_MAX_NDIM];
    int axes[TN_MAX_NDIM];
    int count = read_integers(tuple, given, "transpose()");
    const tn_span *span = count < 0 ? NULL : tnpy_span_get(self);
    if (span == NULL)
        return NULL;
    if (count != span->ndim)
        return PyErr_Format(PyExc_ValueError, "transpose(): %d axes for %d dimensions", count, (int)span->ndim);
    for (int i = 0; i < count; i++) {
        ptrdiff_t axis = given[i] < 0 ? given[i] + count : given[i];
        if (axis < 0 || axis >= count)
            return PyErr_Format(PyExc_ValueError, "transpose(): there is no axis %zd in %d dimensions",
                                (Py_ssize_t)given[i], count);
        axes[i] = (int)axis;
    }
    tn_span made;
    tn_layout layout;
    tn_error err;
    tn_status status = tn_span_transpose(span, axes, &made, &layout, &err);
    return view_or_raise(self, status, &made, &err, "transpose()");
}

static PyObject *transpose(PyObject *self, PyObject *args)
{
    Py_ssize_t count = PyTuple_GET_SIZE(args);
    if (count == 0 || (count == 1 && PyTuple_GET_ITEM(args, 0) == Py_None))
        return transpose_all(self);
    if (count > 1)
        return transpose_axes(self, args);
    PyObject *axes = read_list(PyTuple_GET_ITEM(args, 0));
    PyObject *view = axes == NULL ? NULL : transpose_axes(self, axes);
    Py_XDECREF(axes);
    return view;
}

/* --- reshaping ---------------------------------------------------------------------------------------------------- */

int tnpy_read_order(PyObject *obj, const char *what, tn_order *order)
{
    if (obj == NULL || (PyUnicode_Check(obj) && PyUnicode_CompareWithASCIIString(obj, "C") == 0)) {
        *order = TN_ORDER_C;
        return 0;
    }
    if (PyUnicode_Check(obj) && PyUnicode_CompareWithASCIIString(obj, "F") == 0) {
        *order = TN_ORDER_F;
        return 0;
    }
    PyErr_Format(PyUnicode_Check(obj) ? PyExc_ValueError : PyExc_TypeError, "%s: order must be 'C' or 'F', got %R",
                 what, obj);
    return -1;
}

static PyObject *reshape_to(PyObject *self, PyObject *list, PyObject *order_given)
{
    ptrdiff_t shape[TN_MAX_NDIM];
    tn_order order;
    if (tnpy_read_order(order_given, "reshape()", &order) < 0)
        return NULL;
    int ndim = read_integers(list, shape, "reshape()");
    const tn_span *span = ndim < 0 ? NULL : tnpy_span_get(self);
    if (span == NULL)
        return NULL;
    tn_span made;
    tn_layout layout;
    tn_error err;
    tn_status status = tn_span_reshape(span, ndim, shape, order, &made, &layout, &err);
    return view_or_raise(self, status, &made, &err, "reshape()");
}

/* reshape(shape, order="C"), and as in NumPy reshape(m, n). */
static PyObject *reshape(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"shape", "order", NULL};
    PyObject *given, *order = NULL;
    bool several = PyTuple_GET_SIZE(args) > 1 && PyIndex_Check(PyTuple_GET_ITEM(args, 1));
    PyObject *parsed = several ? PyTuple_Pack(1, args) : Py_NewRef(args);
    if (parsed == NULL)
        return NULL;
    PyObject *view = NULL, *list = NULL;
    if (PyArg_ParseTupleAndKeywords(parsed, kwargs, "O|O:reshape", names, &given, &order))
        list = read_list(given);
    if (list != NULL)
        view = reshape_to(self, list, order);
    Py_XDECREF(list);
    Py_DECREF(parsed);
    return view;
}

/* --- read-only ---------------------------------------------------------------------------------------------------- */

static PyObject *toreadonly(PyObject *self, PyObject *unused)
{
    (void)unused;
    const tn_span *span = tnpy_span_get(self);
    if (span == NULL)
        return NULL;
    tn_span made = *span;
    made.flags |= TN_READONLY;
    return tnpy_span_view((tnpy_span *)self, &made);
}

static PyMethodDef methods[] = {
    {"transpose", transpose, METH_VARARGS,
     "transpose($self, /, *axes)\n--\n\nA view with its axes in another order; without axes, reversed."},
    {"reshape", (PyCFunction)(void (*)(void))reshape, METH_VARARGS | METH_KEYWORDS,
     "reshape($self, /, *shape, order='C')\n--\n\n"
     "A view of the same elements, in C or Fortran order, with another shape; one extent may be -1.\n\n"
     "ValueError where that would need a copy."},
    {"toreadonly", toreadonly, METH_NOARGS,
     "toreadonly($self, /)\n--\n\nA view that refuses to be written."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef getset[] = {
    {"T", get_transposed, NULL, "A view with its axes reversed.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

const tnpy_span_room tnpy_span_layouts = {.methods = methods, .getset = getset};
