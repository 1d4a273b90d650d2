/* SPDX-License-Identifier: BSD-3-Clause */
/* The buffer protocol, PEP 3118. */
#ifndef TNPY_PROTOCOL_BUFFER_H
#define TNPY_PROTOCOL_BUFFER_H

#include "../borrow.h"

/* As tnpy_borrow, for this protocol alone. TN_BUSY: the memory is there but must not be written. TN_RAISED: the
 * exporter's own exception. */
tn_status tnpy_buffer_borrow(tnpy_state *state, PyObject *obj, bool writable, tnpy_loan *loan, tn_span *span,
                             tn_error *err);

/* What most exporters give, in one pass: elements of one native character, direct memory, a length that agrees. False
 * where there is more to be said. */
bool tnpy_buffer_read_plain(const Py_buffer *buffer, tn_span *span);

#endif
