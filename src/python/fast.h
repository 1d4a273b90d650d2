/* SPDX-License-Identifier: BSD-3-Clause */
/* The short way through a call, for the calls that nearly all calls are.
 *
 * Positional arguments only; plain ndarrays of exactly the right type and exact Python floats and ints; nothing that runs
 * Python code, allocates or can be refused. What is known of the function beforehand is laid out in a plan. At the first thing that is not
 * as planned the general way starts again from the beginning, and says what is wrong if something is.
 */
#ifndef TNPY_FAST_H
#define TNPY_FAST_H

#include <Python.h>

#include "function.h"

typedef struct tnpy_plan tnpy_plan;

/* A plan for a function whose slots are filled. *plan is NULL where the short way does not serve: no error.
 * 0, or -1 with MemoryError set. */
int tnpy_plan_new(const tnpy_function *function, tnpy_plan **plan);
void tnpy_plan_free(tnpy_plan *plan);

/* vectorcall of a function that has a plan. */
PyObject *tnpy_call_planned(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames);

#endif
