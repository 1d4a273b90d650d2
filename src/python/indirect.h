/* SPDX-License-Identifier: BSD-3-Clause */
/* What tenon.indirect is made of: an object that shows a Span as its buffer and knows who looks, and the few steps that
 * need C. */
#ifndef TNPY_INDIRECT_H
#define TNPY_INDIRECT_H

#include <Python.h>

/* For the method table of tenon._core. */
extern PyMethodDef tnpy_indirect_methods[];

/* The type Exporter, made from `core`. New reference. */
PyTypeObject *tnpy_exporter_make_type(PyObject *core);

#endif
