/* SPDX-License-Identifier: BSD-3-Clause */
/* Span.cast(): the same bytes as elements of another type, and in another shape.
 *
 * memoryview's rules, without its limits: any type to any other whose size divides the bytes, structures included, and
 * any shape to any other. The memory must be C-contiguous.
 */
#include "span_room.h"

#include <string.h>

#include "../core/checked.h"
#include "slot.h"
#include "span_walk.h"

/* Bytes don't become references. */
static int has_objects(const tn_type *type)
{
    if (type->kind == TN_SUBARRAY)
        return has_objects(type->base);
    for (ptrdiff_t i = 0; i < type->nfields; i++)
        if (has_objects(type->fields[i].type))
            return 1;
    return type->kind == TN_OBJECT;
}

static int check_type(const tn_type *type)
{
    if (has_objects(type)) {
        PyErr_SetString(PyExc_TypeError, "cast(): bytes cannot become Python objects");
        return -1;
    }
    if (type->itemsize == 0) {
        PyErr_SetString(PyExc_ValueError, "cast(): an element of the new type has no bytes");
        return -1;
    }
    return 0;
}

static int has_zero(const tn_span *span)
{
    for (int k = 0; k < span->ndim; k++)
        if (span->shape[k] == 0)
            return 1;
    return 0;
}

static int check_source(const tn_span *span, int shaped)
{
    if (!tnpy_is_block(span, TN_ORDER_C)) {
        PyErr_SetString(PyExc_TypeError, "cast(): the Span must be C-contiguous; span.copy() is");
        return -1;
    }
    if ((shaped || span->ndim != 1) && has_zero(span)) {
        PyErr_SetString(PyExc_TypeError, "cast(): where there are no elements, only one dimension takes a new type");
        return -1;
    }
    return 0;
}

/* Extents are > 0, and together fill the memory exactly. */
static int read_shape(PyObject *given, const tn_span *span, tn_span *cast, ptrdiff_t *shape)
{
    if (!PyList_Check(given) && !PyTuple_Check(given)) {
        PyErr_Format(PyExc_TypeError, "cast(): shape must be a list or a tuple, got %.100s", Py_TYPE(given)->tp_name);
        return -1;
    }
    PyObject *extents = PySequence_Tuple(given); /* an extent's __index__ may change the list */
    if (extents == NULL)
        return -1;
    Py_ssize_t ndim = PyTuple_GET_SIZE(extents);
    if (ndim > TN_MAX_NDIM) {
        PyErr_Format(PyExc_ValueError, "cast(): %zd dimensions; 0 to %d are possible", ndim, TN_MAX_NDIM);
        Py_DECREF(extents);
        return -1;
    }
    for (Py_ssize_t k = 0; k < ndim; k++) {
        shape[k] = PyNumber_AsSsize_t(PyTuple_GET_ITEM(extents, k), PyExc_OverflowError);
        if (shape[k] == -1 && PyErr_Occurred()) {
            Py_DECREF(extents);
            return -1;
        }
        if (shape[k] <= 0) {
            PyErr_Format(PyExc_ValueError, "cast(): extents must be positive, got %zd", shape[k]);
            Py_DECREF(extents);
            return -1;
        }
    }
    Py_DECREF(extents);
    cast->ndim = (int32_t)ndim;
    ptrdiff_t bytes;
    if (tni_product(cast->type->itemsize, (int)ndim, shape, &bytes)) {
        PyErr_SetString(PyExc_ValueError, "cast(): the shape has more bytes than an address can count");
        return -1;
    }
    if (bytes != tn_span_nbytes(span)) {
        PyErr_Format(PyExc_TypeError, "cast(): the shape takes %zd bytes, the Span has %zd", bytes,
                     tn_span_nbytes(span));
        return -1;
    }
    return 0;
}

static int flatten(const tn_span *span, tn_span *cast, ptrdiff_t *shape)
{
    ptrdiff_t bytes = tn_span_nbytes(span);
    if (bytes % cast->type->itemsize != 0) {
        PyErr_Format(PyExc_TypeError, "cast(): %zd bytes are no multiple of the %zd of the new type", bytes,
                     cast->type->itemsize);
        return -1;
    }
    cast->ndim = 1;
    shape[0] = bytes / cast->type->itemsize;
    return 0;
}

/* The Span is held. */
static PyObject *cast_to(tnpy_span *self, tnpy_dtype *dtype, PyObject *given)
{
    ptrdiff_t shape[TN_MAX_NDIM], strides[TN_MAX_NDIM];
    const tn_span *span = &self->span;
    tn_span cast = {.data = span->data, .type = dtype->type, .flags = span->flags, .shape = shape, .strides = strides};
    if (check_type(dtype->type) < 0 || check_source(span, given != NULL) < 0)
        return NULL;
    if ((given != NULL ? read_shape(given, span, &cast, shape) : flatten(span, &cast, shape)) < 0)
        return NULL;
    if (tn_contiguous_strides(cast.ndim, shape, dtype->type->itemsize, TN_ORDER_C, strides, NULL) != TN_OK)
        return PyErr_NoMemory(); /* not to be had: the bytes are there */
    return tnpy_span_new(dtype->state, self->memory, dtype, &cast);
}

static PyObject *cast_method(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"format", "shape", NULL};
    PyObject *format, *shape = NULL;
    if (tnpy_span_get(self) == NULL || !PyArg_ParseTupleAndKeywords(args, kwargs, "O|O:cast", names, &format, &shape))
        return NULL;
    tnpy_span *span = (tnpy_span *)self;
    tnpy_span_hold(self);
    tnpy_dtype *dtype = tnpy_dtype_from_python(span->dtype->state, format);
    PyObject *cast = dtype == NULL ? NULL : cast_to(span, dtype, shape == Py_None ? NULL : shape);
    Py_XDECREF(dtype);
    tnpy_span_let_go(self);
    return cast;
}

static PyMethodDef methods[] = {
    {"cast", (PyCFunction)(void (*)(void))cast_method, METH_VARARGS | METH_KEYWORDS,
     "cast($self, /, format, shape=None)\n--\n\n"
     "The same bytes as elements of another type (whatever DType() takes), in one dimension or in `shape`."},
    {NULL, NULL, 0, NULL},
};

const tnpy_span_room tnpy_span_casting = {.methods = methods};
