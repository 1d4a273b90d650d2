/* SPDX-License-Identifier: BSD-3-Clause */
/* tenon.Overloads: one name for several functions, told apart by element type and number of dimensions. */
#ifndef TNPY_OVERLOAD_H
#define TNPY_OVERLOAD_H

#include <Python.h>

#include "state.h"
#include "tenon/module.h"

/* `functions` holds the module's tenon.Function objects in descriptor order. New reference, or NULL with an
 * exception. */
PyObject *tnpy_overloads_new(tnpy_state *state, PyObject *core, PyObject *module_name, const tn_overloads *def,
                             PyObject *const *functions);

/* The type, made from `core`. New reference. */
PyTypeObject *tnpy_overloads_make_type(PyObject *core);

#endif
