/* SPDX-License-Identifier: BSD-3-Clause */
/* DLPack 1.x, outward: a Span as a tensor. */
#ifndef TNPY_PROTOCOL_DLPACK_LEND_H
#define TNPY_PROTOCOL_DLPACK_LEND_H

#include "../span_type.h"
#include "dlpack_abi.h"

/* A tensor over the memory of a Span, which counts it as an export until the deleter is called, from any thread.
 * `minor` is the version it may say. NULL with BufferError where DLPack can't say what the Span is. */
tnpy_dl_versioned *tnpy_dlpack_lend(PyObject *self, int minor);

/* What the type has as __dlpack_c_exchange_api__: the same for C. New reference. */
PyObject *tnpy_dlpack_exchange_capsule(void);

/* A tensor that owns *array, and needs no Python. Takes it over, also on failure (NULL: no memory). */
tnpy_dl_versioned *tnpy_dlpack_wrap(tn_array *array, int minor);

#endif
