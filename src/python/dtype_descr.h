/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TNPY_DTYPE_DESCR_H
#define TNPY_DTYPE_DESCR_H

#include <Python.h>

#include "tenon/type.h"

/* NumPy's descr, as tn_type_to_descr writes it, as a list. None where there is none. New reference, or NULL with an
 * exception. */
PyObject *tnpy_dtype_descr(const tn_type *type);

#endif
