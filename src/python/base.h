/* SPDX-License-Identifier: BSD-3-Clause */
/* What an ndarray over memory of C has as its base, in the two commonest cases. A Memory (memory.h) can do both, and
 * whatever else there is, but costs more than the ndarray itself.
 *
 *     ndarray ──┐
 *     ndarray ──┼──▶ Views ──keeps──▶ the object of C it lies in
 *  memoryview ──┘
 *     ndarray ─────▶ Block ──owns───▶ what C handed over
 *
 * Neither is tracked by the collector, since neither keeps anything that could refer to something else. Users never
 * make one.
 */
#ifndef TNPY_BASE_H
#define TNPY_BASE_H

#include <Python.h>
#include <string.h>

#include "state.h"
#include "tenon/array.h"

struct tnpy_handle;

/* tenon.Views: one for all the views of an object's memory. It lies in the object (handle.h): while anything refers to
 * it, it keeps the object alive, and how many do so is how many views there are; afterwards it is no object. */
typedef struct tnpy_views {
    PyObject_HEAD
} tnpy_views;

/* In a new object: there are no views. */
static inline void tnpy_views_init(tnpy_views *views)
{
    memset(views, 0, sizeof *views);
}

static inline Py_ssize_t tnpy_views_count(const tnpy_views *views)
{
    return Py_REFCNT((PyObject *)views);
}

/* One more view of an object of C. Runs no Python code. New reference; NULL without an exception where a Memory must
 * do: the object may refer to others, or no GIL guards the step from none to one. */
PyObject *tnpy_views_add(const tnpy_state *state, struct tnpy_handle *object);

/* The object whose views `obj` is. Borrowed; NULL where it is none. */
PyObject *tnpy_views_object(const tnpy_state *state, PyObject *obj);

/* tenon.Block: takes over *array, which has a release, and lets go of it, once. Runs no Python code. New reference;
 * NULL without an exception, and *array is still the caller's, where there is no memory. */
PyObject *tnpy_block_new(tnpy_state *state, const tn_array *array);

/* The types, made from `core`. New references. */
PyTypeObject *tnpy_views_make_type(PyObject *core);
PyTypeObject *tnpy_block_make_type(PyObject *core);

#endif
