/* SPDX-License-Identifier: BSD-3-Clause */
/* A Python object into one element of a Span. */
#ifndef TNPY_SPAN_STORE_H
#define TNPY_SPAN_STORE_H

#include <Python.h>

#include "span_type.h"

/* Write `value` to the element at `at`, which lies in the memory of `self` and may be unaligned. What does not fit is a
 * TypeError or a ValueError, as memoryview has it, and then nothing is written. May run Python code, which may release
 * the Span: ValueError then. 0, or -1 with an exception. */
int tnpy_span_store(tnpy_span *self, char *at, PyObject *value);

/* The C value of `value` in `out`, as long as an element of the type; else as above. For fill and count. */
int tnpy_element_of(const tnpy_dtype *dtype, PyObject *value, void *out);

#endif
