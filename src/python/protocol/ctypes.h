/* SPDX-License-Identifier: BSD-3-Clause */
/* Element types of ctypes, which its buffers describe wrongly: padding left out (CPython < 3.12), unions as bytes,
 * bit-fields as whole numbers, wchar_t as a code that nobody else knows. The classes know better. */
#ifndef TNPY_PROTOCOL_CTYPES_H
#define TNPY_PROTOCOL_CTYPES_H

#include <Python.h>
#include <stdbool.h>

#include "tenon/type.h"

/* Is `type` one of ctypes' data types? */
bool tnpy_ctypes_check(PyTypeObject *type);

/* The element type that a ctypes data type stands for; to be given to tn_type_free. TN_WRONG_TYPE where C has it and
 * Tenon has not: bit-fields. TN_RAISED with an exception of the class's own code. */
tn_status tnpy_ctypes_type(PyTypeObject *cls, tn_type **type, tn_error *err);

/* The same for what a buffer shows: an array's elements. NULL and TN_OK where the buffer is not ctypes', or shows
 * something else than its whole elements. */
tn_status tnpy_ctypes_buffer_type(const Py_buffer *buffer, tn_type **type, tn_error *err);

#endif
