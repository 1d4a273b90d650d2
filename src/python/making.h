/* SPDX-License-Identifier: BSD-3-Clause */
/* The Python ways to make memory that is lent: tenon.empty, zeros and lend (growable_type.h has the container). */
#ifndef TNPY_MAKING_H
#define TNPY_MAKING_H

#include <Python.h>
#include <stddef.h>

#include "tenon/status.h"

#include "dtype.h"
#include "state.h"

/* For module.c. */
extern PyMethodDef tnpy_making_methods[];
extern PyMethodDef tnpy_lending_methods[];

/* What keeps memory that tenon.lend was given, made from `core`. New reference. */
PyTypeObject *tnpy_lent_make_type(PyObject *core);

/* The owner that users see of memory whose keeper this is: what they gave as `owner`, else what they lent; the keeper
 * itself if tenon.lend did not make it. Borrowed. */
PyObject *tnpy_lent_owner(PyObject *keeper);

/* A shape, or strides: an int or a sequence of ints, into out[TN_MAX_NDIM]. `function` and `name` are for messages.
 * Returns their number, or -1 with an exception. */
int tnpy_read_extents(PyObject *obj, const char *function, const char *name, ptrdiff_t *out);

/* What users write for an element type (NULL: float64), unless its elements are Python objects. New reference, or NULL
 * with an exception. */
tnpy_dtype *tnpy_read_dtype(tnpy_state *state, PyObject *obj, const char *function);

/* The exception of a status, with "function(): " before its message. Returns NULL. */
PyObject *tnpy_raise_from(const char *function, const tn_error *reason);

#endif
