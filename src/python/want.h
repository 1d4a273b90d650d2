/* SPDX-License-Identifier: BSD-3-Clause */
/* What a hand-written extension asks of an array (python.h), checked and refused in words. */
#ifndef TNPY_WANT_H
#define TNPY_WANT_H

#include <Python.h>

#include "tenon/python.h"

/* Does `span` have what is asked for (NULL: nothing but readable elements)? On TN_OK its type is want->type, where that
 * is given. Runs no Python code; err is not NULL. */
tn_status tnpy_want_check(const tn_want *want, tn_span *span, tn_error *err);

/* `obj` is no array at all: TN_WRONG_TYPE. */
tn_status tnpy_want_refuse_object(const tn_want *want, PyObject *obj, tn_error *err);

#endif
