/* SPDX-License-Identifier: BSD-3-Clause */
/* Structures and sub-arrays: the values that are made of values. value.h is the way in. */
#ifndef TNPY_RECORD_H
#define TNPY_RECORD_H

#include <Python.h>

#include "tenon/status.h"
#include "tenon/type.h"

#include "state.h"

/* The two halves of tnpy_value_read and tnpy_value_to_python for TN_STRUCT and TN_SUBARRAY; the same contract. */
tn_status tnpy_record_read(tnpy_state *state, PyObject *obj, const tn_type *type, void *out, tn_error *err);
PyObject *tnpy_record_to_python(tnpy_state *state, const tn_type *type, const void *data);

/* "float32[3, 4]": element type and shape of a buffer; the type of its exporter where they can't be known. `text` is
 * where the answer may be written. */
const char *tnpy_describe_buffer(const Py_buffer *view, PyObject *obj, char *text, size_t capacity);

/* The named tuple class for a structure. New reference, or NULL with an exception. */
PyObject *tnpy_record_class(tnpy_state *state, const tn_type *type);

/* For the method table of tenon._core: _record(name, fields, values), which pickled records are made from again. */
extern PyMethodDef tnpy_record_methods[];

#endif
