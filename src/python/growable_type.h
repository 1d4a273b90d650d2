/* SPDX-License-Identifier: BSD-3-Clause */
/* tenon.growable: a container of C elements that grows at its end.
 *
 * Whoever looks at its memory is counted: Memory objects (a view and all its slices are one) and exported buffers.
 * While there are any, whatever would change the length or move the memory raises BufferError with their number and
 * changes nothing.
 */
#ifndef TNPY_GROWABLE_TYPE_H
#define TNPY_GROWABLE_TYPE_H

#include <Python.h>

/* The type, made from `core`. New reference. */
PyTypeObject *tnpy_growable_make_type(PyObject *core);

#endif
