/* SPDX-License-Identifier: BSD-3-Clause */
/* One element of a Span as a Python object. */
#ifndef TNPY_SPAN_ITEM_H
#define TNPY_SPAN_ITEM_H

#include <Python.h>

#include "dtype.h"
#include "span_type.h"

/* Reads the element at `at`, which may be unaligned. New reference, or NULL with an exception. */
typedef PyObject *(*tnpy_item_reader)(const tnpy_dtype *dtype, const char *at);

/* The quickest reader for a type: chosen once for many elements. */
tnpy_item_reader tnpy_item_reader_of(const tnpy_dtype *dtype);

/* An element of a Span that has memory. It is held meanwhile: the making of named tuples and times runs any code, also
 * that of other threads. */
PyObject *tnpy_span_read(tnpy_span *self, tnpy_item_reader read, const char *at);

#endif
