/* SPDX-License-Identifier: BSD-3-Clause */
/* What number or text a Python object stands for, before it is known whether it fits into C. */
#ifndef TNPY_NUMBER_H
#define TNPY_NUMBER_H

#include <Python.h>

#include "tenon/status.h"

typedef struct tnpy_complex {
    long double real, imag;
} tnpy_complex;

/* All follow the contract of tnpy_value_read. `wanted` is what a refusal asks for: "int", "one ASCII character". */

/* A new reference to an int (or to one of its subclasses) in `*number`. */
tn_status tnpy_integer_of(PyObject *obj, const char *wanted, PyObject **number, tn_error *err);

/* A double, unless `wide`: then an int is rounded to a long double instead. */
tn_status tnpy_float_of(PyObject *obj, int wide, long double *out, tn_error *err);
tn_status tnpy_complex_of(PyObject *obj, int wide, tnpy_complex *out, tn_error *err);

/* A new reference to a str, bytes or bytearray in `*text`. */
tn_status tnpy_text_of(PyObject *obj, const char *wanted, PyObject **text, tn_error *err);

/* "must be int, got list" */
tn_status tnpy_refuse_kind(PyObject *obj, const char *wanted, tn_error *err);

#endif
