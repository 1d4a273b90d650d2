/* SPDX-License-Identifier: BSD-3-Clause */
/* Pickling of Spans. */
#ifndef TNPY_PROTOCOL_PICKLE_H
#define TNPY_PROTOCOL_PICKLE_H

#include <Python.h>

/* For module.c: what unpickling calls. */
extern PyMethodDef tnpy_pickle_methods[];

#endif
