/* SPDX-License-Identifier: BSD-3-Clause */
/* tenon.Memory: whatever keeps memory alive, as one Python object.
 *
 * Every view of lent or borrowed memory holds one: a tenon.Span, or an ndarray as its base. It ends when the last of them
 * has died, and then lets go, once: of what it borrowed, or of the tn_array C handed over. Users never make one.
 *
 *     Span ──┐                    ┌── loan: a Py_buffer, a DLPack tensor, …
 *     Span ──┼──▶ Memory ──holds──┼── array: what C lent
 *  ndarray ──┘                    └── keeper: the object whose memory it is (a handle, a container), which counts it
 *
 * A keeper that must know how many views of its memory live counts the Memory objects it made: tnpy_lender.
 */
#ifndef TNPY_MEMORY_H
#define TNPY_MEMORY_H

#include <Python.h>

#include "borrow.h"
#include "state.h"
#include "tenon/array.h"

/* The part of a keeper that counts. The object it stands in has it right behind PyObject_HEAD. Guarded by the GIL, or by the
 * keeper's critical section. */
typedef struct tnpy_lender {
    PyObject_HEAD
    Py_ssize_t views; /* Memory objects alive that show this object's memory */
} tnpy_lender;

typedef struct tnpy_memory {
    PyObject_HEAD
    tnpy_loan *loan;      /* NULL: nothing is borrowed */
    tn_array array;       /* {0}: nothing was lent */
    PyObject *keeper;     /* NULL, or kept alive */
    int counted;          /* keeper is a tnpy_lender, and its count includes this */
    Py_ssize_t spans;     /* Spans that are not released, counted as memoryview counts its own: at 0 it lets go early */
    int pinned;           /* it was shown in a way that does not say when it ends (see span_type.h): no letting go early */
} tnpy_memory;

/* Memory that C lends. Takes over *array, also on failure. `keeper` (may be NULL) is kept alive; `counts` says that it begins
 * with a tnpy_lender. New reference, or NULL with an exception. */
tnpy_memory *tnpy_memory_lend(tnpy_state *state, tn_array *array, PyObject *keeper, int counts);

/* Memory borrowed from `obj`, through whichever protocol it speaks; *span shows it as long as the object lives. New
 * reference, or NULL with an exception, whose message begins with `what` ("Span()"). */
tnpy_memory *tnpy_memory_borrow(tnpy_state *state, PyObject *obj, int writable, const char *what, tn_span *span);

/* The type, made from `core`. New reference. */
PyTypeObject *tnpy_memory_make_type(PyObject *core);

#endif
