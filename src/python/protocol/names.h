/* SPDX-License-Identifier: BSD-3-Clause */
/* What objects are asked for, as Python objects that are made once an interpreter. */
#ifndef TNPY_PROTOCOL_NAMES_H
#define TNPY_PROTOCOL_NAMES_H

#include <Python.h>

#include "../state.h"

typedef enum tnpy_name {
    TNPY_ARRAY_STRUCT,      /* "__array_struct__" */
    TNPY_ARROW_C_ARRAY,     /* "__arrow_c_array__" */
    TNPY_DLPACK,            /* "__dlpack__" */
    TNPY_ARRAY_INTERFACE,   /* "__array_interface__" */
    TNPY_DLPACK_KEYWORDS,   /* ("max_version", "copy"): what __dlpack__ takes since 2024, */
    TNPY_DLPACK_KEYWORD,    /* ("max_version",): and for some months before */
    TNPY_DLPACK_VERSION     /* the newest that is understood, as a tuple */
} tnpy_name;

/* Borrowed; NULL with an exception where there is no memory. */
PyObject *tnpy_protocol_name(tnpy_state *state, tnpy_name name);

/* The attribute of this name (one of the first four), of an object that is no class: 1 and a new reference; 0 and NULL
 * where there is none; -1 and NULL with the exception of the object's own code. */
int tnpy_protocol_attribute(tnpy_state *state, PyObject *obj, tnpy_name name, PyObject **out);

#endif
