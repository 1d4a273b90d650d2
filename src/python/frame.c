/* SPDX-License-Identifier: BSD-3-Clause */
#include "frame.h"

#include "handle.h"
#include "owned.h"
#include "rows.h"

tn_status tnpy_frame_init(tnpy_frame *frame, tnpy_function *function, bool batch)
{
    frame->function = function;
    frame->def = function->def;
    frame->state = function->state;
    frame->batch = batch;
    frame->foreign = frame->has_rows = false;
    frame->row_of = -1;
    frame->exclusive = frame->as_span = false;
    frame->nhandles = frame->nkept = 0;
    frame->target = NULL;
    frame->loans = NULL;
    frame->scratch = frame->small;
    for (int i = 0; i < function->nargs; i++)
        frame->made[i] = NULL;
    if (function->scratch_size > sizeof frame->small)
        frame->scratch = PyMem_Malloc(function->scratch_size);
    if (frame->scratch == NULL) {
        frame->scratch = frame->small;
        return tn_fail(&frame->error, TN_NO_MEMORY, "out of memory");
    }
    frame->has_rows = function->any_rows;
    if (frame->has_rows)
        tnpy_rows_init(frame);
    return TN_OK;
}

void tnpy_frame_clear(tnpy_frame *frame)
{
    while (frame->loans != NULL) {
        tnpy_loan *loan = frame->loans;
        frame->loans = loan->next;
        tnpy_give_back(loan);
        PyMem_Free(loan);
    }
    for (int i = 0; i < frame->function->nargs; i++)
        Py_CLEAR(frame->made[i]);
    if (frame->has_rows)
        tnpy_rows_clear(frame);
    if (frame->nkept > 0)
        tnpy_kept_clear(frame);
    if (frame->nhandles > 0)
        tnpy_handles_done(frame);
    if (frame->scratch != frame->small)
        PyMem_Free(frame->scratch);
}
