/* SPDX-License-Identifier: BSD-3-Clause */
/* The element types met last: arrays of structures, or of any type that has no character of its own, come again and
 * again with one dtype or one format, and need not be described each time. */
#ifndef TNPY_DTYPE_CACHE_H
#define TNPY_DTYPE_CACHE_H

#include <Python.h>

#include "dtype.h"
#include "state.h"
#include "tenon/status.h"

/* The DType of an ndarray. New reference, or NULL with `err` filled (TN_RAISED: an exception is set). May let go of
 * another dtype, whose metadata may run Python code as it ends. */
tnpy_dtype *tnpy_dtype_of_array(tnpy_state *state, PyObject *array, tn_error *err);

/* The same for a PEP 3118 format and the itemsize that its exporter says. */
tnpy_dtype *tnpy_dtype_of_format(tnpy_state *state, const char *format, Py_ssize_t itemsize, tn_error *err);

/* For module.c. */
int tnpy_dtype_cache_traverse(tnpy_state *state, visitproc visit, void *arg);
void tnpy_dtype_cache_clear(tnpy_state *state);

#endif
