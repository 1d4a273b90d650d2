/* SPDX-License-Identifier: BSD-3-Clause */
/* The only place where a tn_status becomes a Python exception. */
#ifndef TNPY_ERROR_H
#define TNPY_ERROR_H

#include <Python.h>

#include "tenon/module.h"
#include "tenon/status.h"

#include "state.h"

/* Set the exception that belongs to err->status, with err->message as its text. TN_RAISED leaves the exception that is
 * already set. Returns NULL, so that a caller can write `return tnpy_raise(&err)`. */
PyObject *tnpy_raise(const tn_error *err);

/* The exception of an error code: tenon.CallError with `code`, `function` and `point` (a tuple of loop indices, or NULL
 * for a single call; borrowed). Returns NULL. */
PyObject *tnpy_raise_call_error(tnpy_state *state, const tn_function *function, int64_t code, PyObject *point);

/* The same for a loop that stopped: with the function's own words, where it had any. */
PyObject *tnpy_raise_stop(tnpy_state *state, const tn_function *function, const tn_stop *stop, PyObject *point);

/* Make tenon.CallError. New reference, or NULL with an exception. */
PyObject *tnpy_new_call_error(void);

#endif
