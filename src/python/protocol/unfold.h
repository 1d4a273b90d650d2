/* SPDX-License-Identifier: BSD-3-Clause */
/* What every protocol needs before it shows a Span. */
#ifndef TNPY_PROTOCOL_UNFOLD_H
#define TNPY_PROTOCOL_UNFOLD_H

#include <Python.h>
#include <stdbool.h>

#include "tenon/span.h"

#include "../state.h"

/* The same memory with elements that are no sub-arrays: the axes of a sub-array follow the array's own, as in NumPy.
 * Valid as long as `span` and `layout`. TN_UNSUPPORTED where there would be more than TN_MAX_NDIM axes. */
tn_status tnpy_unfold(const tn_span *span, tn_span *out, tn_layout *layout, tn_error *err);

/* A new Span over a copy in C order: direct, aligned and without gaps. New reference, or NULL with an exception. */
PyObject *tnpy_direct_copy(tnpy_state *state, const tn_span *span);

/* Is every element in the machine's byte order, or has none? Not for structures and sub-arrays. */
bool tnpy_is_native(const tn_type *type);

/* Is it direct memory without gaps, in this order? */
bool tnpy_is_contiguous(const tn_span *span, tn_order order);

/* Which protocols have a word for this element type: the end of a message. */
const char *tnpy_speakers(const tn_type *type);

#endif
