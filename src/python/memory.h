/* SPDX-License-Identifier: BSD-3-Clause */
/* tenon.Memory: whatever keeps memory alive, as one Python object.
 *
 * Every view of lent or borrowed memory holds one: a tenon.Span, or an ndarray as its base. It ends when the last of
 * them has died, and then lets go, once: of what it borrowed, or of the tn_array C handed over. Users never make one.
 *
 *     Span ──┐                    ┌── loan: a Py_buffer, a DLPack tensor, …
 *     Span ──┼──▶ Memory ──holds──┼── array: what C lent
 *  ndarray ──┘                    └── keeper: the object whose memory it is (a handle, a container), which counts it
 *
 * A keeper that must know how many views of its memory live counts the Memory objects it made: tnpy_lender.
 *
 * A Span that is released gives up its reference, so that memory ends with the last of them, as memoryview's does. The
 * collector, which takes it out of a cycle, may end it before it dies, but never while a buffer taken from one of its
 * Spans is alive; Spans that still point to it behave as released.
 */
#ifndef TNPY_MEMORY_H
#define TNPY_MEMORY_H

#include <Python.h>

#include "borrow.h"
#include "state.h"
#include "tenon/array.h"

/* The part of a keeper that counts. The object it stands in has it right behind PyObject_HEAD. Guarded by the GIL, or
 * by the keeper's critical section. */
typedef struct tnpy_lender {
    PyObject_HEAD
    Py_ssize_t views; /* Memory objects alive that show this object's memory */
} tnpy_lender;

typedef struct tnpy_memory {
    PyObject_HEAD
    tnpy_loan loan;       /* what is borrowed; empty where it is lent */
    tn_array array;       /* {0}: nothing was lent */
    PyObject *keeper;     /* NULL, or kept alive */
    PyObject *saved;      /* NULL, or one more reference, with which the collector finds a memoryview alive: see
                             memory.c */
    Py_ssize_t exports;   /* buffers taken from any of its Spans: none may find its memory gone */
    tnpy_state *state;    /* valid as long as the type leads to its module */
    char tracked;         /* by the collector, as all its Spans: something that it holds may refer to others */
    char links;           /* what it holds may end other Spans when it ends: anything but the buffer of a plain
                             object */
    char borrows;         /* there is something in `loan` */
    char counted;         /* keeper is a tnpy_lender, and its count includes this */
    char pinned;          /* it was shown in a way that does not say when it ends (see span_type.h): Spans keep it to
                             their end */
    char ended;           /* it has let go */
} tnpy_memory;

/* Memory that C lends. Takes over *array, also on failure. `keeper` (may be NULL) is kept alive; `counts` says that it
 * begins with a tnpy_lender. New reference, or NULL with an exception. */
tnpy_memory *tnpy_memory_lend(tnpy_state *state, tn_array *array, PyObject *keeper, int counts);

/* Memory borrowed from `obj`, through whichever protocol it speaks; *span shows it until the object ends, but of an
 * ndarray its layout is valid only until Python code runs. New reference, or NULL with an exception, whose message
 * begins with `what` ("Span()"). */
tnpy_memory *tnpy_memory_borrow(tnpy_state *state, PyObject *obj, int writable, const char *what, tn_span *span);

/* The object whose memory it is: the exporter, the array, the keeper. Borrowed; NULL where there is none, or no
 * more. */
PyObject *tnpy_memory_owner(const tnpy_memory *memory);

/* Let go, once. Legal only where no Span shows it. */
void tnpy_memory_end(tnpy_memory *memory);

/* The type, made from `core`. New reference. */
PyTypeObject *tnpy_memory_make_type(PyObject *core);

#endif
