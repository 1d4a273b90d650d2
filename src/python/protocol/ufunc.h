/* SPDX-License-Identifier: BSD-3-Clause */
/* f.ufunc: a numpy.ufunc over the same inner loop. */
#ifndef TNPY_PROTOCOL_UFUNC_H
#define TNPY_PROTOCOL_UFUNC_H

#include "../function.h"

/* A new numpy.ufunc, or NULL with a TypeError that says why the function has none (in-place arguments, text,
 * structures, sizes that are arguments, a NumPy older than 2), or an ImportError where NumPy is missing. The ufunc
 * keeps `function` alive; the function's cached reference to it makes a cycle that the collector sees from the
 * function's side. */
PyObject *tnpy_ufunc_new(tnpy_function *function);

#endif
