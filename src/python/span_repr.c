/* SPDX-License-Identifier: BSD-3-Clause */
/* <tenon.Span float64[3, 4] strides (32, 8) read-only of bytearray> */

#include "object.h"
#include "slot.h"
#include "span_room.h"

static PyObject *shape_text(const tn_span *span)
{
    PyObject *parts = PyUnicode_FromString("[");
    for (int i = 0; i < span->ndim && parts != NULL; i++) {
        PyObject *next = PyUnicode_FromFormat(i == 0 ? "%U%zd" : "%U, %zd", parts, (Py_ssize_t)span->shape[i]);
        Py_SETREF(parts, next);
    }
    if (parts != NULL)
        PyUnicode_AppendAndDel(&parts, PyUnicode_FromString("]"));
    return parts;
}

/* " strides (32, 8)", where they are not those of C order. */
static PyObject *extents_text(const char *word, int ndim, const ptrdiff_t *extents)
{
    PyObject *tuple = tnpy_extents_tuple(ndim, extents);
    PyObject *text = tuple == NULL ? NULL : PyUnicode_FromFormat(" %s %R", word, tuple);
    Py_XDECREF(tuple);
    return text;
}

static PyObject *layout_text(const tn_span *span)
{
    bool plain = span->suboffsets == NULL &&
                 tn_is_contiguous(span->ndim, span->shape, span->strides, span->type->itemsize, TN_ORDER_C);
    PyObject *text = plain ? PyUnicode_FromString("") : extents_text("strides", span->ndim, span->strides);
    if (text != NULL && span->suboffsets != NULL)
        PyUnicode_AppendAndDel(&text, extents_text("suboffsets", span->ndim, span->suboffsets));
    return text;
}

static PyObject *owner_text(const tnpy_span *self)
{
    PyObject *owner = tnpy_memory_owner(self->memory);
    return owner == NULL ? PyUnicode_FromString("") : PyUnicode_FromFormat(" of %s", tnpy_type_name(owner));
}

static PyObject *text_of(const tnpy_span *self)
{
    PyObject *type = PyObject_Str((PyObject *)self->dtype);
    PyObject *shape = shape_text(&self->span), *layout = layout_text(&self->span), *owner = owner_text(self);
    PyObject *text = NULL;
    if (type != NULL && shape != NULL && layout != NULL && owner != NULL)
        text = PyUnicode_FromFormat("<tenon.Span %U%U%U%s%U>", type, shape, layout,
                                    self->span.flags & TN_READONLY ? " read-only" : "", owner);
    Py_XDECREF(type);
    Py_XDECREF(shape);
    Py_XDECREF(layout);
    Py_XDECREF(owner);
    return text;
}

static PyObject *repr(PyObject *self)
{
    if (!tnpy_span_is_live((const tnpy_span *)self))
        return PyUnicode_FromString("<tenon.Span of released memory>");
    tnpy_span_hold(self); /* the collector may run anybody's code */
    PyObject *text = text_of((const tnpy_span *)self);
    tnpy_span_let_go(self);
    return text;
}

static const PyType_Slot slots[] = {
    {Py_tp_repr, TNPY_SLOT(repr)},
    {0, NULL},
};

const tnpy_span_room tnpy_span_printing = {.slots = slots};
