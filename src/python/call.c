/* SPDX-License-Identifier: BSD-3-Clause */
#include "call.h"

#include "error.h"
#include "frame.h"
#include "rows.h"

void tnpy_point_at(tnpy_frame *frame)
{
    const tn_function *def = frame->def;
    int nargs = frame->function->nargs;
    frame->dims[0] = 1;
    for (int i = 0; i < nargs; i++) {
        frame->steps[i] = 0;
        if (tnpy_in_memory(frame, i))
            frame->args[i] = frame->spans[i].data;
        else
            frame->args[i] = frame->sources[i] == TNPY_SCRATCH ? frame->scratch + frame->function->slots[i].offset : NULL;
    }
    for (int i = 0; frame->function->any_strided && i < def->nparams; i++) {
        const tn_param *param = &def->params[i];
        if (!tnpy_in_memory(frame, i))
            continue;
        if (param->kind == TN_PARAM_SPAN)
            frame->args[i] = (char *)&frame->spans[i];
        if (param->kind == TN_PARAM_ROWS)
            frame->args[i] = (char *)tnpy_rows_of(frame, i)->table;
        if (param->kind == TN_PARAM_VIEW)
            for (int k = 0; k < param->ndim; k++)
                frame->steps[nargs + param->strides + k] = frame->spans[i].strides[tnpy_lead(frame, i) + k];
    }
}

static PyObject *run(tnpy_frame *frame)
{
    tn_stop stop;
    int stopped;
    tnpy_point_at(frame);
    if (frame->def->flags & TN_THREADSAFE) {
        Py_BEGIN_ALLOW_THREADS
        stopped = frame->def->loop(frame->args, frame->dims, frame->steps, &stop);
        Py_END_ALLOW_THREADS
    } else {
        stopped = frame->def->loop(frame->args, frame->dims, frame->steps, &stop);
    }
    if (stopped)
        return tnpy_raise_call_error(frame->state, frame->def, stop.code, NULL);
    return tnpy_results(frame);
}

PyObject *tnpy_call(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    tnpy_frame frame;
    PyObject *result = NULL;
    tn_status status = tnpy_frame_init(&frame, (tnpy_function *)self, false);
    if (status == TN_OK)
        status = tnpy_bind(&frame, args, PyVectorcall_NARGS(nargsf), kwnames);
    if (status == TN_OK)
        status = tnpy_convert(&frame);
    if (status == TN_OK)
        status = tnpy_check(&frame);
    if (status == TN_OK)
        status = tnpy_solve(&frame);
    if (status == TN_OK && frame.function->any_written)
        status = tnpy_check_overlap(&frame);
    if (status == TN_OK && frame.function->noutputs > 0)
        status = tnpy_allocate(&frame, 0, NULL);
    result = status == TN_OK ? run(&frame) : tnpy_raise(&frame.error);
    tnpy_frame_clear(&frame);
    return result;
}
