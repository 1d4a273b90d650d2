/* SPDX-License-Identifier: BSD-3-Clause */
/* The table through which compiled modules reach the engine (include/tenon/python.h). */
#ifndef TNPY_API_H
#define TNPY_API_H

#include "tenon/python.h"

extern const tn_api tnpy_api;

/* module.c: what tn_api.add_module does. */
int tnpy_add_module(PyObject *module, const tn_module *descriptor);

#endif
