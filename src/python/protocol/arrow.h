/* SPDX-License-Identifier: BSD-3-Clause */
/* Arrow's PyCapsule interface, inward: arrays of pyarrow, nanoarrow, polars and others become spans. */
#ifndef TNPY_PROTOCOL_ARROW_H
#define TNPY_PROTOCOL_ARROW_H

#include "../borrow.h"
#include "arrow_abi.h"

/* As tnpy_borrow, for this protocol alone: numbers, timestamps, durations and bytes of a fixed size, and lists of a
 * fixed size of these, which make further axes. Arrow's memory is never written (TN_BUSY). TN_RAISED: the exporter's
 * own exception. */
tn_status tnpy_arrow_borrow(tnpy_state *state, PyObject *obj, bool writable, tnpy_loan *loan, tn_span *span,
                            tn_error *err);

#endif
