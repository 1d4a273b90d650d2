/* SPDX-License-Identifier: BSD-3-Clause */
/* One element of a Span as a Python object. */
#ifndef TNPY_SPAN_ITEM_H
#define TNPY_SPAN_ITEM_H

#include <Python.h>

#include "dtype.h"

/* Reads the element at `at`, which may be unaligned. New reference, or NULL with an exception. */
typedef PyObject *(*tnpy_item_reader)(const tnpy_dtype *dtype, const char *at);

/* The quickest reader for a type: chosen once for many elements. */
tnpy_item_reader tnpy_item_reader_of(const tnpy_dtype *dtype);

#endif
