/* SPDX-License-Identifier: BSD-3-Clause */
/* DLPack 1.x, inward: tensors of PyTorch, JAX, CuPy, TVM and others become spans. */
#ifndef TNPY_PROTOCOL_DLPACK_H
#define TNPY_PROTOCOL_DLPACK_H

#include "../borrow.h"
#include "dlpack_abi.h"

/* As tnpy_borrow, for this protocol alone. TN_BUSY: the memory must not be written, or is not the CPU's. TN_RAISED: the
 * exporter's own exception.
 *
 * type(obj).__dlpack_c_exchange_api__ would be faster, and is not asked: PyTorch's table skips what its __dlpack__
 * checks, and gives tensors that need gradients, or are yet to be conjugated, as if they were plain memory. */
tn_status tnpy_dlpack_borrow(tnpy_state *state, PyObject *obj, bool writable, tnpy_loan *loan, tn_span *span,
                             tn_error *err);

/* What a tensor shows, checked as far as it can be without touching its memory; valid as long as tensor and `layout`.
 * The message on failure continues the name of what the tensor came from. */
tn_status tnpy_dlpack_read(const tnpy_dl_tensor *tensor, tn_layout *layout, tn_span *span, tn_error *err);

/* The element type as a static tn_type, or NULL where C has none for it. */
const tn_type *tnpy_dlpack_type(tnpy_dl_type type);

/* Can C read this kind of memory? */
bool tnpy_dlpack_is_host(int32_t device);

#endif
