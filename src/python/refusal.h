/* SPDX-License-Identifier: BSD-3-Clause */
/* What is said when an argument is refused: the function, the parameter, what it needs, what it got, what to do. */
#ifndef TNPY_REFUSAL_H
#define TNPY_REFUSAL_H

#include "frame.h"

/* All fill frame->error and return its status. `i` is the parameter. */
tn_status tnpy_refuse_object(tnpy_frame *frame, int i);      /* speaks no array protocol */
tn_status tnpy_refuse_none(tnpy_frame *frame, int i);        /* None where NULL is not allowed */
tn_status tnpy_refuse_type(tnpy_frame *frame, int i);        /* element type, from the array in hand */
tn_status tnpy_refuse_ndim(tnpy_frame *frame, int i);
tn_status tnpy_refuse_order(tnpy_frame *frame, int i);
tn_status tnpy_refuse_alignment(tnpy_frame *frame, int i);
tn_status tnpy_refuse_readonly(tnpy_frame *frame, int i);
tn_status tnpy_refuse_indirect(tnpy_frame *frame, int i);
tn_status tnpy_refuse_extent(tnpy_frame *frame, int i, int axis);
tn_status tnpy_refuse_overlap(tnpy_frame *frame, int i, int j);
tn_status tnpy_refuse_self_overlap(tnpy_frame *frame, int i);

/* A message that continues the parameter's name, made by a lower layer. */
tn_status tnpy_refuse_because(tnpy_frame *frame, int i, tn_status status, const char *predicate);

#endif
