/* SPDX-License-Identifier: BSD-3-Clause */
/* tn_array as a parameter, which C keeps, and as a result, which C hands over. */
#ifndef TNPY_OWNED_H
#define TNPY_OWNED_H

#include <Python.h>

#include "frame.h"
#include "handle.h"
#include "tenon/array.h"

/* Phase 1: argument i becomes a tn_array in scratch that holds what was passed until C releases it; {0} for None. Until
 * tnpy_hand_over the frame releases it. */
tn_status tnpy_keep_argument(tnpy_frame *frame, int i);
void tnpy_keep_nothing(tnpy_frame *frame, int i);
void tnpy_kept_clear(tnpy_frame *frame);

/* Phase 3 begins: from now on they are C's. */
static inline void tnpy_hand_over(tnpy_frame *frame)
{
    frame->nkept = 0;
}

/* What a function returned, checked and lent: an ndarray, or a Span where NumPy is not to be had, or cannot say its
 * layout or element type, or where `as_span` says so. Memory that C does not hand over (TN_UNOWNED, or no release) is
 * that of the objects passed to the call: the result keeps them, and they count it. Takes over *array. New reference,
 * or NULL with an exception. */
PyObject *tnpy_owned_result(tnpy_function *f, tn_array *array, tnpy_handles handles, bool as_span);

/* The format of what a function returned, where a buffer can show it with nothing but its layout copied: nobody has to
 * release it, its elements are numbers that lie in strides of at most TNPY_SHOWN_NDIM dimensions, and nothing is wrong
 * with it. Static; NULL, without an exception, where tnpy_owned_result is to say what it is. Runs no Python code. */
const char *tnpy_owned_format(const tnpy_function *f, tn_array *array);

#endif
