/* SPDX-License-Identifier: BSD-3-Clause */
/* tenon.rows(): buffers that lie anywhere, seen as one array whose first axis leads through a table of pointers. */
#ifndef TNPY_GATHER_H
#define TNPY_GATHER_H

#include <Python.h>

/* For the method table of tenon._core: rows(sequence, *, dtype=None, readonly=None). */
extern PyMethodDef tnpy_gather_methods[];

#endif
