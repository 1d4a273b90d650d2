/* SPDX-License-Identifier: BSD-3-Clause */
/* NumPy's array interface, version 3: the C form (__array_struct__) and the Python form (__array_interface__). */
#ifndef TNPY_PROTOCOL_INTERFACE_H
#define TNPY_PROTOCOL_INTERFACE_H

#include "../borrow.h"

/* As tnpy_borrow, for one protocol alone. TN_BUSY: the memory is there but must not be written. TN_RAISED: the
 * exporter's own exception. The interface promises nothing but that the object keeps its memory: the loan holds the
 * object. */
tn_status tnpy_array_struct_borrow(tnpy_state *state, PyObject *obj, bool writable, tnpy_loan *loan, tn_span *span,
                                   tn_error *err);
tn_status tnpy_array_interface_borrow(tnpy_state *state, PyObject *obj, bool writable, tnpy_loan *loan, tn_span *span,
                                      tn_error *err);

#endif
