/* SPDX-License-Identifier: BSD-3-Clause */
/* Span.tolist(): nested lists of Python values. */
#include "span_room.h"

#include "span_item.h"
#include "span_walk.h"

typedef struct listing {
    const tn_span *span;
    const tnpy_dtype *dtype;
    tnpy_item_reader read;
} listing;

static PyObject *list_along(const listing *l, int axis, const char *at)
{
    if (axis == l->span->ndim)
        return l->read(l->dtype, at);
    ptrdiff_t extent = l->span->shape[axis];
    PyObject *list = PyList_New(extent);
    for (ptrdiff_t i = 0; list != NULL && i < extent; i++) {
        PyObject *item = list_along(l, axis + 1, tnpy_along(l->span, axis, at, i));
        if (item == NULL)
            Py_CLEAR(list);
        else
            PyList_SET_ITEM(list, i, item);
    }
    return list;
}

static PyObject *tolist(PyObject *self, PyObject *ignored)
{
    (void)ignored;
    const tn_span *span = tnpy_span_get(self);
    if (span == NULL)
        return NULL;
    const tnpy_dtype *dtype = ((tnpy_span *)self)->dtype;
    listing l = {.span = span, .dtype = dtype, .read = tnpy_item_reader_of(dtype)};
    tnpy_span_hold(self); /* the collector may run anybody's code */
    PyObject *list = list_along(&l, 0, span->data);
    tnpy_span_let_go(self);
    return list;
}

static PyMethodDef methods[] = {
    {"tolist", tolist, METH_NOARGS,
     "tolist($self, /)\n--\n\nThe elements as Python values, in nested lists; one value where there is no dimension."},
    {NULL, NULL, 0, NULL},
};

const tnpy_span_room tnpy_span_listing = {.methods = methods};
