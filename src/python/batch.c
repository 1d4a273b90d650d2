/* SPDX-License-Identifier: BSD-3-Clause */
/* f.batch(): the function at every point of the leading axes, broadcast against each other; no Python inside the loop.
 *
 * The points run in C order of the loop's axes, in chunks (chunks.h). Axes that lie behind each other in memory for all
 * arguments are run as one. What is as planned takes a short way (fast_batch.c).
 */
#include "call.h"

#include "chunks.h"
#include "error.h"
#include "fast.h"
#include "few.h"
#include "frame.h"
#include "object.h"

/* The loop's axes, and the distance along each for every argument. */
typedef struct axes {
    int ndim;
    ptrdiff_t shape[TN_MAX_NDIM];                          /* as people see it: for outputs and for messages */
    int nmerged;
    ptrdiff_t merged[TN_MAX_NDIM];                         /* as it is run: no extents of 1, neighbours merged */
    ptrdiff_t strides[TN_MAX_NDIM][TN_MAX_PARAMS + 1];     /* of the merged axes */
} axes;

/* --- the loop's shape --------------------------------------------------------------------------------------------- */

static tn_status refuse_shapes(tnpy_frame *frame, int i, int axis, ptrdiff_t have, ptrdiff_t got)
{
    return tn_fail(&frame->error, TN_WRONG_VALUE,
                   "%s.batch(): loop axis %d of %s is %td, but %td elsewhere; leading axes must broadcast",
                   frame->def->name, axis, frame->def->params[i].name, got, have);
}

static bool is_broadcast(const tnpy_frame *frame, int i)
{
    return tnpy_in_memory(frame, i) && frame->def->params[i].direction != TN_OUT;
}

static bool has_points(const axes *loop)
{
    for (int k = 0; k < loop->ndim; k++)
        if (loop->shape[k] == 0)
            return false;
    return true;
}

/* Arrays that fit into memory may broadcast to a loop that does not end. */
static tn_status check_count(tnpy_frame *frame, const axes *loop)
{
    ptrdiff_t points = 1;
    for (int k = 0; k < loop->ndim && has_points(loop); k++)
        if (__builtin_mul_overflow(points, loop->shape[k], &points))
            return tn_fail(&frame->error, TN_WRONG_VALUE, "%s.batch(): the loop has more points than can be counted",
                           frame->def->name);
    return TN_OK;
}

static tn_status broadcast(tnpy_frame *frame, axes *loop)
{
    loop->ndim = 0;
    for (int i = 0; i < frame->def->nparams; i++)
        if (is_broadcast(frame, i) && tnpy_lead(frame, i) > loop->ndim)
            loop->ndim = tnpy_lead(frame, i);
    for (int k = 0; k < loop->ndim; k++)
        loop->shape[k] = 1;
    for (int i = 0; i < frame->def->nparams; i++) {
        if (!is_broadcast(frame, i))
            continue;
        int lead = tnpy_lead(frame, i);
        for (int k = 0; k < lead; k++) {
            ptrdiff_t *have = &loop->shape[loop->ndim - lead + k];
            ptrdiff_t got = frame->spans[i].shape[k];
            if (got == *have || got == 1)
                continue;
            if (*have != 1)
                return refuse_shapes(frame, i, k, *have, got);
            *have = got;
        }
    }
    return check_count(frame, loop);
}

/* What is written stands still for no point: it has the loop's full shape. */
static tn_status check_written(tnpy_frame *frame, const axes *loop)
{
    for (int i = 0; i < frame->def->nparams; i++) {
        const tn_param *param = &frame->def->params[i];
        bool written = param->direction == TN_OUT || (param->direction == TN_INOUT && param->kind != TN_PARAM_VALUE);
        if (!written || !tnpy_in_memory(frame, i))
            continue;
        int lead = tnpy_lead(frame, i);
        bool full = lead == loop->ndim;
        for (int k = 0; k < lead && full; k++)
            full = frame->spans[i].shape[k] == loop->shape[k];
        if (full)
            continue;
        PyObject *shape = tnpy_extents_tuple(loop->ndim, loop->shape);
        if (shape != NULL)
            PyErr_Format(PyExc_ValueError,
                         "%s.batch(): %s is written, so its leading axes must be the full loop shape %R",
                         frame->def->name, param->name, shape);
        Py_XDECREF(shape);
        return tnpy_raised(&frame->error);
    }
    return TN_OK;
}

/* --- how it is run ------------------------------------------------------------------------------------------------ */

static ptrdiff_t stride_of(const tnpy_frame *frame, int i, const axes *loop, int axis)
{
    if (!tnpy_in_memory(frame, i))
        return 0;
    const tn_span *span = &frame->spans[i];
    int own = i < frame->def->nparams ? frame->def->params[i].ndim : 0;
    int k = axis - (loop->ndim - (span->ndim - own));
    return k < 0 || span->shape[k] == 1 ? 0 : span->strides[k];
}

static void merge(const tnpy_frame *frame, axes *loop)
{
    int nargs = frame->function->nargs, last = -1;
    for (int axis = 0; axis < loop->ndim; axis++) {
        if (loop->shape[axis] == 1)
            continue;
        ptrdiff_t strides[TN_MAX_PARAMS + 1];
        bool follows = last >= 0;
        for (int i = 0; i < nargs; i++) {
            strides[i] = stride_of(frame, i, loop, axis);
            follows = follows && loop->strides[last][i] == strides[i] * loop->shape[axis];
        }
        if (follows)
            loop->merged[last] *= loop->shape[axis];
        else
            loop->merged[++last] = loop->shape[axis];
        tnpy_copy_few(loop->strides[last], strides, nargs);
    }
    loop->nmerged = last + 1;
}

/* --- running ------------------------------------------------------------------------------------------------------ */

typedef struct runner {
    tnpy_chunks chunks;
    const axes *loop;
    ptrdiff_t index[TN_MAX_NDIM];
} runner;

/* Back to the start of the innermost axis, and one further along the outer ones. 0 when all is done. */
static int advance(runner *r)
{
    const axes *loop = r->loop;
    int nargs = r->chunks.nargs;
    for (int k = loop->nmerged - 1; k >= 0; k--) {
        ptrdiff_t back = k == loop->nmerged - 1 ? loop->merged[k] : loop->merged[k] - 1;
        if (k < loop->nmerged - 1 && ++r->index[k] < loop->merged[k]) {
            for (int i = 0; i < nargs; i++)
                if (loop->strides[k][i] != 0)
                    r->chunks.args[i] += loop->strides[k][i];
            return 1;
        }
        r->index[k] = 0;
        for (int i = 0; i < nargs; i++)
            if (loop->strides[k][i] != 0)
                r->chunks.args[i] -= loop->strides[k][i] * back;
    }
    return 0;
}

/* 0 all points ran; 1 a point returned an error code (in *stop); -1 an exception is set. */
static int run_all(runner *r, tn_stop *stop)
{
    const axes *loop = r->loop;
    ptrdiff_t inner = loop->nmerged == 0 ? 1 : loop->merged[loop->nmerged - 1];
    do {
        int outcome = tnpy_chunks_run(&r->chunks, inner, stop);
        if (outcome != 0)
            return outcome;
    } while (r->chunks.done < r->chunks.points && advance(r));
    return 0;
}

static ptrdiff_t count_points(const axes *loop)
{
    ptrdiff_t points = 1;
    for (int k = 0; k < loop->nmerged; k++)
        points *= loop->merged[k]; /* which is no more than check_count() has counted */
    return points;
}

static void begin(runner *r, tnpy_frame *frame, const axes *loop)
{
    r->chunks.def = frame->def;
    r->chunks.nargs = frame->function->nargs;
    r->chunks.args = frame->args;
    r->chunks.dims = frame->dims;
    r->chunks.steps = frame->steps;
    r->loop = loop;
    for (int k = 0; k < loop->nmerged; k++) /* not all there is room for: that would take longer than a point */
        r->index[k] = 0;
    tnpy_chunks_begin(&r->chunks, count_points(loop));
}

static PyObject *point_tuple(const axes *loop, ptrdiff_t point)
{
    PyObject *tuple = PyTuple_New(loop->ndim);
    for (int k = loop->ndim - 1; tuple != NULL && k >= 0; k--) {
        PyObject *index = PyLong_FromSsize_t(point % loop->shape[k]);
        point /= loop->shape[k];
        if (index == NULL)
            Py_CLEAR(tuple);
        else
            PyTuple_SET_ITEM(tuple, k, index);
    }
    return tuple;
}

static PyObject *raise_at(tnpy_frame *frame, const axes *loop, const tn_stop *stop)
{
    PyObject *point = point_tuple(loop, stop->point);
    if (point != NULL)
        tnpy_raise_stop(frame->state, frame->def, stop, point);
    Py_XDECREF(point);
    return NULL;
}

static PyObject *run(tnpy_frame *frame, axes *loop)
{
    if (!has_points(loop))
        return tnpy_results(frame);
    merge(frame, loop);
    tnpy_point_at(frame);
    if (loop->nmerged > 0)
        tnpy_copy_few(frame->steps, loop->strides[loop->nmerged - 1], frame->function->nargs);
    runner r;
    tn_stop stop;
    stop.text[0] = '\0';
    begin(&r, frame, loop);
    int outcome = run_all(&r, &stop);
    tnpy_chunks_end(&r.chunks);
    if (outcome < 0)
        return NULL;
    return outcome > 0 ? raise_at(frame, loop, &stop) : tnpy_results(frame);
}

static tn_status prepare(tnpy_frame *frame, axes *loop, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    if (frame->def->signature == NULL)
        return tn_fail(&frame->error, TN_WRONG_TYPE, "%s() has no batch(): %s", frame->def->name, frame->def->no_batch);
    tn_status status = tnpy_bind(frame, args, nargs, kwnames);
    if (status == TN_OK)
        status = tnpy_convert(frame);
    if (status == TN_OK)
        status = tnpy_check(frame);
    if (status == TN_OK)
        status = broadcast(frame, loop);
    if (status == TN_OK)
        status = check_written(frame, loop);
    if (status == TN_OK)
        status = tnpy_solve(frame);
    if (status == TN_OK && frame->function->any_written)
        status = tnpy_check_overlap(frame);
    if (status == TN_OK && frame->function->noutputs > 0)
        status = tnpy_allocate(frame, loop->ndim, loop->shape);
    return status;
}

/* Apart, so that the short way does without the room on the stack. */
static __attribute__((noinline)) PyObject *batch_generally(tnpy_function *f, PyObject *const *args, Py_ssize_t nargs,
                                                           PyObject *kwnames)
{
    tnpy_frame frame;
    axes loop;
    tn_status status = tnpy_frame_init(&frame, f, true);
    if (status == TN_OK)
        status = prepare(&frame, &loop, args, nargs, kwnames);
    PyObject *result = status == TN_OK ? run(&frame, &loop) : tnpy_raise(&frame.error);
    tnpy_frame_clear(&frame);
    return result;
}

PyObject *tnpy_batch(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    PyObject *result;
    tnpy_function *f = (tnpy_function *)self;
    return tnpy_batch_planned(f, args, nargs, kwnames, &result) ? result : batch_generally(f, args, nargs, kwnames);
}
