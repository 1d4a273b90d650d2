/* SPDX-License-Identifier: BSD-3-Clause */
/* What users write for an element type → tn_type. dtype.h is the way in. */
#ifndef TNPY_DTYPE_PARSE_H
#define TNPY_DTYPE_PARSE_H

#include <Python.h>

#include "state.h"
#include "tenon/type.h"

/* A new type, to be freed by the caller, from anything that tnpy_dtype_from_python takes. NULL with an exception. */
tn_type *tnpy_dtype_parse(tnpy_state *state, PyObject *obj);

#endif
