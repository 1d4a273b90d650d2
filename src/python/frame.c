/* SPDX-License-Identifier: BSD-3-Clause */
#include "frame.h"

tn_status tnpy_frame_init(tnpy_frame *frame, tnpy_function *function, bool batch)
{
    frame->function = function;
    frame->def = function->def;
    frame->state = function->state;
    frame->batch = batch;
    frame->foreign = false;
    frame->loans = NULL;
    frame->scratch = frame->small;
    for (int i = 0; i < function->nargs; i++)
        frame->made[i] = NULL;
    if (function->scratch_size <= sizeof frame->small)
        return TN_OK;
    frame->scratch = PyMem_Malloc(function->scratch_size);
    if (frame->scratch != NULL)
        return TN_OK;
    frame->scratch = frame->small;
    return tn_fail(&frame->error, TN_NO_MEMORY, "out of memory");
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
    if (frame->scratch != frame->small)
        PyMem_Free(frame->scratch);
}
