/* SPDX-License-Identifier: BSD-3-Clause */
/* A pickled Span is its bytes, element type, shape, order and whether it is read-only.
 *
 * Protocol 5 may send the bytes out of band: they go as a PickleBuffer over the Span's own memory, and come back as
 * whatever the other side has, which the new Span shows without a copy (read-only where that is). Earlier protocols
 * hold them in the pickle. Memory with gaps, and indirect memory, is copied in C order first.
 */
#include "pickle.h"

#include "../error.h"
#include "../object.h"
#include "../span_room.h"
#include "unfold.h"

/* --- out ---------------------------------------------------------------------------------------------------------- */

static bool has_addresses(const tn_type *type)
{
    if (type->kind == TN_SUBARRAY)
        return has_addresses(type->base);
    for (ptrdiff_t i = 0; i < type->nfields; i++)
        if (has_addresses(type->fields[i].type))
            return true;
    return type->kind == TN_POINTER || type->kind == TN_OBJECT;
}

/* The bytes of contiguous memory, one after another, as a Span. */
static PyObject *bytes_of(PyObject *contiguous, bool readonly)
{
    tnpy_span *self = (tnpy_span *)contiguous;
    tnpy_state *state = self->dtype->state;
    ptrdiff_t length = tn_span_nbytes(&self->span), stride = 1;
    tn_span flat = {.data = self->span.data, .type = &tn_type_uint8, .ndim = 1, .flags = readonly ? TN_READONLY : 0,
                    .shape = &length, .strides = &stride};
    tnpy_dtype *dtype = tnpy_dtype_for(state, &tn_type_uint8);
    PyObject *bytes = dtype == NULL ? NULL : tnpy_span_new(state, self->memory, dtype, &flat);
    Py_XDECREF((PyObject *)dtype);
    return bytes;
}

/* How the pickle holds them. A bytearray can be written to where it comes back. */
static PyObject *held(PyObject *bytes, int protocol, bool readonly)
{
    if (protocol >= 5)
        return PyPickleBuffer_FromObject(bytes);
    return readonly ? PyBytes_FromObject(bytes) : PyByteArray_FromObject(bytes);
}

static PyObject *reduce(PyObject *self, const tn_span *span, int protocol)
{
    tnpy_dtype *dtype = ((tnpy_span *)self)->dtype;
    bool readonly = span->flags & TN_READONLY;
    bool c = tnpy_is_contiguous(span, TN_ORDER_C), fortran = !c && tnpy_is_contiguous(span, TN_ORDER_F);
    PyObject *contiguous = c || fortran ? Py_NewRef(self) : tnpy_direct_copy(dtype->state, span);
    PyObject *bytes = contiguous == NULL ? NULL : bytes_of(contiguous, readonly);
    PyObject *buffer = bytes == NULL ? NULL : held(bytes, protocol, readonly);
    PyObject *rebuild = buffer == NULL ? NULL : PyObject_GetAttrString(dtype->state->core, "_rebuild_span");
    Py_XDECREF(contiguous);
    Py_XDECREF(bytes);
    if (rebuild == NULL) {
        Py_XDECREF(buffer);
        return NULL;
    }
    return Py_BuildValue("(N(NONsO))", rebuild, buffer, (PyObject *)dtype, tnpy_extents_tuple(span->ndim, span->shape),
                         fortran ? "F" : "C", readonly ? Py_True : Py_False);
}

static PyObject *reduce_ex(PyObject *self, PyObject *argument)
{
    Py_ssize_t protocol = PyNumber_AsSsize_t(argument, NULL);
    if (protocol == -1 && PyErr_Occurred())
        return NULL;
    const tn_span *span = tnpy_span_get(self);
    if (span == NULL)
        return NULL;
    if (has_addresses(span->type)) {
        PyErr_SetString(PyExc_ValueError, "Span: addresses mean nothing elsewhere, and are not pickled");
        return NULL;
    }
    tnpy_span_hold(self); /* the collector may run anybody's code */
    PyObject *reduced = reduce(self, span, protocol >= 5 ? 5 : 4);
    tnpy_span_let_go(self);
    return reduced;
}

/* --- back --------------------------------------------------------------------------------------------------------- */

/* A pickle may come from anybody: everything is checked. */
static int read_shape(PyObject *tuple, ptrdiff_t *shape)
{
    if (PyTuple_GET_SIZE(tuple) > TN_MAX_NDIM) {
        PyErr_Format(PyExc_ValueError, "a pickled Span of %zd dimensions", PyTuple_GET_SIZE(tuple));
        return -1;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(tuple); i++) {
        shape[i] = PyNumber_AsSsize_t(PyTuple_GET_ITEM(tuple, i), PyExc_OverflowError);
        if (shape[i] == -1 && PyErr_Occurred())
            return -1;
    }
    return 0;
}

/* `flat` is what was borrowed: the bytes, in whatever form. */
static int fit(const tn_span *flat, tn_span *span, tn_order order, ptrdiff_t *strides)
{
    tn_error err;
    if (tnpy_holds_objects(span->type) || tnpy_holds_objects(flat->type)) {
        PyErr_SetString(PyExc_ValueError, "a pickled Span of Python objects");
        return -1;
    }
    if (!tnpy_is_contiguous(flat, TN_ORDER_C) && !tnpy_is_contiguous(flat, TN_ORDER_F)) {
        PyErr_SetString(PyExc_ValueError, "the buffer of a pickled Span is not contiguous");
        return -1;
    }
    span->data = flat->data;
    if (tn_span_check(span, &err) != TN_OK ||
        tn_contiguous_strides(span->ndim, span->shape, span->type->itemsize, order, strides, &err) != TN_OK) {
        tnpy_raise(&err);
        return -1;
    }
    if (tn_span_nbytes(span) != tn_span_nbytes(flat)) {
        PyErr_Format(PyExc_ValueError, "the buffer of a pickled Span has %zd bytes, and its shape needs %zd",
                     (Py_ssize_t)tn_span_nbytes(flat), (Py_ssize_t)tn_span_nbytes(span));
        return -1;
    }
    span->flags = (span->flags | flat->flags) & TN_READONLY;
    return 0;
}

static PyObject *rebuild(PyObject *core, PyObject *args)
{
    PyObject *buffer, *dtype, *extents;
    int order, readonly;
    tnpy_state *state = tnpy_state_of(core);
    if (!PyArg_ParseTuple(args, "OO!O!Cp:_rebuild_span", &buffer, state->dtype_type, &dtype, &PyTuple_Type, &extents,
                          &order, &readonly))
        return NULL;
    ptrdiff_t shape[TN_MAX_NDIM], strides[TN_MAX_NDIM];
    if (read_shape(extents, shape) < 0)
        return NULL;
    tn_span flat, span = {.type = ((tnpy_dtype *)dtype)->type, .ndim = (int32_t)PyTuple_GET_SIZE(extents),
                          .shape = shape, .strides = strides, .flags = readonly ? TN_READONLY : 0};
    tnpy_memory *memory = tnpy_memory_borrow(state, buffer, 0, "unpickling a Span", &flat);
    if (memory == NULL)
        return NULL;
    PyObject *self = fit(&flat, &span, order == 'F' ? TN_ORDER_F : TN_ORDER_C, strides) < 0
                         ? NULL
                         : tnpy_span_new(state, memory, (tnpy_dtype *)dtype, &span);
    Py_DECREF((PyObject *)memory);
    return self;
}

PyMethodDef tnpy_pickle_methods[] = {
    {"_rebuild_span", rebuild, METH_VARARGS, "For pickled Spans."},
    {NULL, NULL, 0, NULL},
};

/* --- the room ----------------------------------------------------------------------------------------------------- */

static PyMethodDef methods[] = {
    {"__reduce_ex__", reduce_ex, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

const tnpy_span_room tnpy_span_pickling = {.methods = methods};
