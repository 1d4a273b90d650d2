/* SPDX-License-Identifier: BSD-3-Clause */
/* Iterating over a Span: what lies along its first axis, one after the other. A released Span is noticed at the next
 * item. */
#include "span_room.h"

#include "slot.h"
#include "span_item.h"
#include "span_walk.h"

typedef struct iterator {
    PyObject_HEAD
    PyObject *span;         /* NULL at the end */
    ptrdiff_t next;
    tnpy_item_reader read;  /* NULL: the items are Spans */
} iterator;

static PyObject *iterate(PyObject *self)
{
    const tn_span *span = tnpy_span_sequence(self, "iter()");
    const tnpy_dtype *dtype = ((tnpy_span *)self)->dtype;
    iterator *it = span == NULL ? NULL : PyObject_GC_New(iterator, dtype->state->span_iterator_type);
    if (it == NULL)
        return NULL;
    it->span = Py_NewRef(self);
    it->next = 0;
    it->read = span->ndim == 1 ? tnpy_item_reader_of(dtype) : NULL;
    PyObject_GC_Track(it);
    return (PyObject *)it;
}

static PyObject *next(PyObject *self)
{
    iterator *it = (iterator *)self;
    const tn_span *span = it->span == NULL ? NULL : tnpy_span_get(it->span);
    if (span == NULL)
        return NULL;
    if (it->next >= span->shape[0]) {
        Py_CLEAR(it->span);
        return NULL;
    }
    ptrdiff_t i = it->next++;
    PyObject *held = Py_NewRef(it->span); /* making the item may run any code, which may exhaust the iterator */
    PyObject *item = it->read == NULL ? PySequence_GetItem(held, i)
                                      : tnpy_span_read((tnpy_span *)held, it->read, tnpy_along(span, 0, span->data, i));
    Py_DECREF(held);
    return item;
}

static int traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(((iterator *)self)->span);
    Py_VISIT(Py_TYPE(self));
    return 0;
}

static int clear(PyObject *self)
{
    Py_CLEAR(((iterator *)self)->span);
    return 0;
}

static void dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    clear(self);
    PyObject_GC_Del(self);
    Py_DECREF(type);
}

/* --- the types ---------------------------------------------------------------------------------------------------- */

static PyType_Slot iterator_slots[] = {
    {Py_tp_dealloc, TNPY_SLOT(dealloc)},
    {Py_tp_traverse, TNPY_SLOT(traverse)},
    {Py_tp_clear, TNPY_SLOT(clear)},
    {Py_tp_iter, TNPY_SLOT(PyObject_SelfIter)},
    {Py_tp_iternext, TNPY_SLOT(next)},
    {0, NULL},
};

static PyType_Spec iterator_spec = {
    .name = "tenon._SpanIterator",
    .basicsize = sizeof(iterator),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = iterator_slots,
};

PyTypeObject *tnpy_span_iterator_make_type(PyObject *core)
{
    return (PyTypeObject *)PyType_FromModuleAndSpec(core, &iterator_spec, NULL);
}

static const PyType_Slot slots[] = {
    {Py_tp_iter, TNPY_SLOT(iterate)},
    {0, NULL},
};

const tnpy_span_room tnpy_span_iteration = {.slots = slots};
