/* SPDX-License-Identifier: BSD-3-Clause */
/* What of a Span is bytes: tobytes(), hex(), and the hash, which is that of its bytes. */
#include "span_room.h"

#include <string.h>

#include "error.h"
#include "slot.h"
#include "span_walk.h"
#include "tenon/copy.h"

static tn_status copy_out(const tn_span *span, tn_order order, char *bytes, tn_error *err)
{
    ptrdiff_t strides[TN_MAX_NDIM];
    tn_status status = tn_contiguous_strides(span->ndim, span->shape, span->type->itemsize, order, strides, err);
    tn_span to = {.data = bytes, .type = span->type, .ndim = span->ndim, .shape = span->shape, .strides = strides};
    return status == TN_OK ? tn_copy(&to, span, TN_CAST_NO, err) : status;
}

static PyObject *bytes_of(const tn_span *span, tn_order order)
{
    if (tnpy_is_block(span, order))
        return PyBytes_FromStringAndSize(span->data, tn_span_nbytes(span));
    tn_error err;
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, tn_span_nbytes(span));
    if (bytes != NULL && PyBytes_GET_SIZE(bytes) > 0 &&
        copy_out(span, order, PyBytes_AS_STRING(bytes), &err) != TN_OK) {
        Py_CLEAR(bytes);
        tnpy_raise(&err);
    }
    return bytes;
}

/* --- methods ------------------------------------------------------------------------------------------------------ */

/* None and "C", "F", or "A": as it lies, if it is Fortran-contiguous, else "C". -1 with an exception. */
static int order_of(PyObject *given, const tn_span *span)
{
    if (given == NULL || given == Py_None)
        return TN_ORDER_C;
    if (!PyUnicode_Check(given)) {
        PyErr_Format(PyExc_TypeError, "tobytes(): order must be 'C', 'F', 'A' or None, got %.100s",
                     Py_TYPE(given)->tp_name);
        return -1;
    }
    if (PyUnicode_CompareWithASCIIString(given, "C") == 0)
        return TN_ORDER_C;
    if (PyUnicode_CompareWithASCIIString(given, "F") == 0)
        return TN_ORDER_F;
    if (PyUnicode_CompareWithASCIIString(given, "A") == 0)
        return tnpy_is_block(span, TN_ORDER_F) ? TN_ORDER_F : TN_ORDER_C;
    PyErr_Format(PyExc_ValueError, "tobytes(): order must be 'C', 'F', 'A' or None, got %R", given);
    return -1;
}

static PyObject *tobytes(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"order", NULL};
    PyObject *given = NULL;
    const tn_span *span = tnpy_span_get(self);
    if (span == NULL || !PyArg_ParseTupleAndKeywords(args, kwargs, "|O:tobytes", names, &given))
        return NULL;
    tnpy_span_hold(self);
    int order = order_of(given, span);
    PyObject *bytes = order < 0 ? NULL : bytes_of(span, (tn_order)order);
    tnpy_span_let_go(self);
    return bytes;
}

/* bytes.hex knows sep and bytes_per_sep, and refuses what is wrong with them. */
static PyObject *hex(PyObject *self, PyObject *args, PyObject *kwargs)
{
    const tn_span *span = tnpy_span_get(self);
    if (span == NULL)
        return NULL;
    tnpy_span_hold(self);
    PyObject *bytes = bytes_of(span, TN_ORDER_C);
    tnpy_span_let_go(self);
    PyObject *method = bytes == NULL ? NULL : PyObject_GetAttrString(bytes, "hex");
    PyObject *text = method == NULL ? NULL : PyObject_Call(method, args, kwargs);
    Py_XDECREF(method);
    Py_XDECREF(bytes);
    return text;
}

/* --- the hash ----------------------------------------------------------------------------------------------------- */

/* memoryview's rules. Bytes of the formats B, b and c are equal where their values are, so that the hash goes with ==;
 * other formats have several patterns for one value. A view that is read-only may show memory that is not: its owner
 * must be hashable, and what C lends must be lent read-only. */
static int check_hashable(const tnpy_span *self)
{
    const tn_span *span = &self->span;
    if ((span->flags & TN_READONLY) == 0) {
        PyErr_SetString(PyExc_ValueError, "hash(): a writable Span has no hash");
        return -1;
    }
    if (self->dtype->character == '\0' || strchr("Bbc", self->dtype->character) == NULL) {
        char text[128];
        PyErr_Format(PyExc_ValueError,
                     "hash(): only formats 'B', 'b' and 'c' have one, not %s; hash(span.tobytes()) is of its bytes",
                     tn_type_describe(span->type, text, sizeof text));
        return -1;
    }
    if (self->memory->array.span.data != NULL && (self->memory->array.span.flags & TN_READONLY) == 0) {
        PyErr_SetString(PyExc_ValueError, "hash(): this view is read-only, but its memory is writable");
        return -1;
    }
    PyObject *owner = tnpy_memory_owner(self->memory);
    return owner != NULL && PyObject_Hash(owner) == -1 ? -1 : 0;
}

/* self->hash stays -1 where there is an exception. */
static void compute_hash(tnpy_span *self)
{
    PyObject *bytes = check_hashable(self) < 0 ? NULL : bytes_of(&self->span, TN_ORDER_C);
    if (bytes == NULL)
        return;
    self->hash = PyObject_Hash(bytes);
    Py_DECREF(bytes);
}

static Py_hash_t hash_of(PyObject *self)
{
    tnpy_span *span = (tnpy_span *)self;
    if (span->hash != -1)
        return span->hash; /* as with weak references, also after release() */
    if (tnpy_span_get(self) == NULL)
        return -1;
    tnpy_span_hold(self);
    compute_hash(span);
    tnpy_span_let_go(self);
    return span->hash;
}

/* --- the room ----------------------------------------------------------------------------------------------------- */

static PyMethodDef methods[] = {
    {"tobytes", (PyCFunction)(void (*)(void))tobytes, METH_VARARGS | METH_KEYWORDS,
     "tobytes($self, /, order='C')\n--\n\n"
     "A copy of the elements, contiguous in C or Fortran ('F') order; 'A' is 'F' for what is Fortran-contiguous."},
    {"hex", (PyCFunction)(void (*)(void))hex, METH_VARARGS | METH_KEYWORDS,
     "hex($self, /, *args, **kwargs)\n--\n\n"
     "hex([sep[, bytes_per_sep]]): the bytes of tobytes() in hexadecimal, as bytes.hex() writes them."},
    {NULL, NULL, 0, NULL},
};

static const PyType_Slot slots[] = {
    {Py_tp_hash, TNPY_SLOT(hash_of)},
    {0, NULL},
};

const tnpy_span_room tnpy_span_bytes = {.slots = slots, .methods = methods};
