/* SPDX-License-Identifier: BSD-3-Clause */
/* The planned way through a call, for most of the calls that the glue does not serve itself (tenon/fast.h).
 *
 * Plain ndarrays of exactly the right type, exact Python floats and ints; outputs that are new ndarrays or given as
 * such. Nothing here runs Python code, and nothing is refused: at the first thing that is not as planned (plan.h) the
 * general way starts again from the beginning, and says what is wrong if something is.
 */
#ifndef TNPY_FAST_H
#define TNPY_FAST_H

#include <Python.h>

#include "plan.h"

/* vectorcall of a function that has a plan. */
PyObject *tnpy_call_planned(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames);

/* f.batch(), the planned way (fast_batch.c). False, without an exception and with nothing done, where the general way
 * is to be gone; otherwise *result is what f.batch() returns, NULL with an exception. */
bool tnpy_batch_planned(tnpy_function *f, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames,
                        PyObject **result);

/* Put what was passed into the order of the plan's arguments; borrowed, NULL where an output was left out. False where
 * the general way has something to say. */
bool tnpy_plan_sort(const tnpy_plan *plan, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames,
                    PyObject **objects);

/* What the glue's own calls return where C has made an object or an array: `result` is the `void *` or the tn_array,
 * which is taken over. The function has a plan. */
PyObject *tnpy_made(PyObject *self, PyObject *const *args, void *result);

/* A new array for params[i], an output that was not passed; dims are the sizes, as the loop gets them. NULL without an
 * exception where that can't be done: the general way finds out why. Runs no Python code, since the dtype is there. */
PyObject *tnpy_make_output(PyObject *self, int i, const ptrdiff_t *dims);

/* f(object) of a function that returns a tn_array, as a tenon.Span in any case. New reference, or NULL with an
 * exception. */
PyObject *tnpy_call_for_span(PyObject *function, PyObject *object);

/* The same in two steps, between which no Python code runs: 1, and *array is the caller's; 0 without an exception where
 * the general way is to be gone (tnpy_call_generally_for_span); -1 with an exception. Then the Span, which takes over
 * *array. */
int tnpy_call_for_array(PyObject *function, PyObject *object, tn_array *array);
PyObject *tnpy_array_as_span(PyObject *function, PyObject *object, tn_array *array);

#endif
