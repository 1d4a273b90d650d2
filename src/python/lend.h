/* SPDX-License-Identifier: BSD-3-Clause */
/* Lend: C memory becomes a Python object.
 *
 * An ndarray where NumPy can be imported; otherwise a tenon.Span.
 */
#ifndef TNPY_LEND_H
#define TNPY_LEND_H

#include <Python.h>

#include "memory.h"
#include "protocol/numpy.h"
#include "state.h"

/* Make key->dtype, if NumPy can be imported and it is not made yet; it may run any Python code. 0, or -1 with an
 * exception. */
int tnpy_lend_prepare(tnpy_state *state, tnpy_dtype_key *key);

/* A new C-contiguous array of key->type, not initialised. Runs no Python code with NumPy once key->dtype is made.
 * New reference, or NULL with an exception. `span` is filled, and valid as long as the object. */
PyObject *tnpy_lend_new(tnpy_state *state, tnpy_dtype_key *key, int ndim, const ptrdiff_t *shape, tn_span *span);

/* A view of memory of static storage duration, which lives as long as `owner`. New reference, or NULL. */
PyObject *tnpy_lend_static(tnpy_state *state, tnpy_dtype_key *key, int ndim, const ptrdiff_t *shape, void *data,
                           bool readonly, PyObject *owner);

/* The array that `memory` lends: an ndarray over it, or a Span where NumPy is not to be had, or cannot say the layout
 * or the element type. New reference, or NULL with an exception. */
PyObject *tnpy_lend_memory(tnpy_state *state, tnpy_memory *memory);

/* The same where its element type is at hand already. */
PyObject *tnpy_lend_memory_of(tnpy_memory *memory, struct tnpy_dtype *dtype);

/* The same for an array: tnpy_memory_lend's contract. */
PyObject *tnpy_lend_array(tnpy_state *state, tn_array *array, PyObject *keeper, int counts);

#endif
