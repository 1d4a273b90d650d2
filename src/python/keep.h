/* SPDX-License-Identifier: BSD-3-Clause */
/* Keep: native code holds a borrowed Python array beyond the call. */
#ifndef TNPY_KEEP_H
#define TNPY_KEEP_H

#include <Python.h>
#include <stdbool.h>

#include "tenon/array.h"

#include "state.h"

/* *out shows the memory of `obj` as it is (shape, strides, suboffsets, element type with its byte order, TN_READONLY)
 * and keeps it until it is released: by any thread, with or without the GIL, at any time, also after the interpreter's
 * end (release.h). What C sees besides the memory is copied. An exporter stays exported, so that it refuses to be
 * resized; of an ndarray a reference is held, which makes its resize() refuse, too (but for refcheck=False, which asks
 * for it).
 *
 * Asks what tnpy_borrow asks, ndarrays and Spans first. Refuses masked arrays and elements that are Python objects. On
 * failure nothing is held and *out is untouched; `err` as tnpy_borrow has it: the message continues the parameter's
 * name, and is empty where `obj` speaks no protocol at all (TN_WRONG_TYPE); err is not NULL. The caller holds the GIL.
 * A safe point in the sense of release.h: runs any Python code. */
tn_status tnpy_keep(tnpy_state *state, PyObject *obj, bool writable, tn_array *out, tn_error *err);

#endif
