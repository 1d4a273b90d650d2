/* SPDX-License-Identifier: BSD-3-Clause */
/* tenon.Span: memory of any layout as a Python object; a memoryview that does everything.
 *
 * A Span never changes what it shows; it can only be released. Slices, transposes, reshapes and casts are Spans of
 * their own over the same Memory. `exports` counts the buffers (and tensors) taken from it, without which it can't be
 * released.
 *
 * Consumers that take a buffer and let go of it but keep the object and its address (np.ndarray(buffer=…), which asks
 * for PyBUF_ANY_CONTIGUOUS without a format; readers of __array_interface__) pin the Memory: release() then only marks
 * the Span, and the memory stays until the object has died. Where there is no GIL, release() never does more: another
 * thread may be reading what it has just been shown.
 */
#ifndef TNPY_SPAN_TYPE_H
#define TNPY_SPAN_TYPE_H

#include <Python.h>

#include "dtype.h"
#include "memory.h"
#include "state.h"
#include "tenon/span.h"

enum { TNPY_SMALL_NDIM = 4 };

typedef struct tnpy_span {
    PyObject_HEAD
    tnpy_memory *memory;   /* NULL once released; without a GIL it stays to the end */
    tnpy_memory *pinned;   /* the same once released, where somebody still has its address; else NULL */
    tnpy_dtype *dtype;     /* owns span.type */
    tn_span span;          /* shape, strides and suboffsets lie in `small` or in `large` */
    Py_ssize_t exports;
    char tracked;          /* by the collector */
    char released;         /* without a GIL: what `memory` being NULL says elsewhere */
    Py_hash_t hash;        /* -1: not computed */
    PyObject *weakrefs;
    ptrdiff_t *large;      /* 3 * ndim extents where ndim > TNPY_SMALL_NDIM, else NULL */
    ptrdiff_t small[3 * TNPY_SMALL_NDIM];
} tnpy_span;

static inline int tnpy_span_check(tnpy_state *state, PyObject *obj)
{
    return Py_TYPE(obj) == state->span_type;
}

/* The same of any tenon._core's Span: also of one that was removed from sys.modules. */
int tnpy_is_a_span(PyObject *obj);

/* Has it memory? */
static inline int tnpy_span_is_live(const tnpy_span *self)
{
#ifdef Py_GIL_DISABLED
    if (__atomic_load_n(&self->released, __ATOMIC_ACQUIRE))
        return 0;
#endif
    return self->memory != NULL && !self->memory->ended;
}

/* A Span that shows `span` (its shape, strides and suboffsets are copied; its type is dtype->type) in `memory`. Takes
 * new references to both. New reference, or NULL with an exception. */
PyObject *tnpy_span_new(tnpy_state *state, tnpy_memory *memory, tnpy_dtype *dtype, const tn_span *span);

/* tenon.Span(obj): whatever tnpy_borrow takes. New reference, or NULL with an exception. */
PyObject *tnpy_span_from_object(tnpy_state *state, PyObject *obj);

/* What C lends, as a Span: tnpy_memory_lend's contract. */
PyObject *tnpy_span_lend(tnpy_state *state, tn_array *array, PyObject *keeper, int counts);

/* Another view of the same memory: `span` lies in what *self shows, and has the type of *self. New reference, or NULL
 * with an exception. */
PyObject *tnpy_span_view(tnpy_span *self, const tn_span *span);

/* The memory of a Span that is not released; otherwise ValueError and NULL. Valid while the Span is not released: hold
 * an export (tnpy_span_hold) around anything that can run Python code. */
const tn_span *tnpy_span_get(PyObject *self);
void tnpy_span_hold(PyObject *self);
void tnpy_span_let_go(PyObject *self);

/* Somebody has its address, and does not say until when: the memory stays until the Span has died. */
void tnpy_span_pin(PyObject *self);

/* The types, made from `core`: tenon.Span, and what iterates over it. New references. */
PyTypeObject *tnpy_span_make_type(PyObject *core);
PyTypeObject *tnpy_span_iterator_make_type(PyObject *core);

#endif
