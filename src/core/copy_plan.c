/* SPDX-License-Identifier: BSD-3-Clause */
/* Planning: most copies look harder than they are. Axes of extent 1 are dropped; axes along which the destination runs
 * backwards are turned; what is left is sorted, so that the destination is written as densely as it can be; neighbours
 * that are one axis on both sides are joined; and the innermost axis, where both sides are dense, becomes the width of
 * what moves together. A contiguous copy has no axis left then. */
#include "cast.h"
#include "checked.h"
#include "copy_stream.h"
#include "copying.h"

enum {
    STREAM_RUN = 1024, /* bytes of a run that are worth the partial lines at its ends */
    SHORT = 16,        /* extents that are not worth a loop of their own */
    TILED_WIDTH = 64   /* wider elements fill their lines, in whatever order they are taken */
};

static ptrdiff_t magnitude(ptrdiff_t stride)
{
    return stride < 0 ? -stride : stride;
}

/* Axes of extent > 1, the destination's strides ≥ 0. */
static void take_axes(tni_job *job, int ndim, const ptrdiff_t *shape, const ptrdiff_t *to_strides,
                      const ptrdiff_t *from_strides)
{
    job->naxes = 0;
    job->to_start = job->from_start = 0;
    for (int k = 0; k < ndim; k++) {
        if (shape[k] == 1)
            continue;
        tni_axis axis = {shape[k], to_strides[k], from_strides[k]};
        if (axis.to < 0) {
            job->to_start += (axis.extent - 1) * axis.to;
            job->from_start += (axis.extent - 1) * axis.from;
            axis.to = -axis.to;
            axis.from = -axis.from;
        }
        job->axes[job->naxes++] = axis;
    }
}

static int is_outside(const tni_axis *a, const tni_axis *b)
{
    return a->to != b->to ? a->to > b->to : magnitude(a->from) > magnitude(b->from);
}

static void sort_axes(tni_job *job)
{
    for (int k = 1; k < job->naxes; k++) {
        tni_axis moving = job->axes[k];
        int at = k;
        for (; at > 0 && is_outside(&moving, &job->axes[at - 1]); at--)
            job->axes[at] = job->axes[at - 1];
        job->axes[at] = moving;
    }
}

/* Is a step along `outer` as long as all of `inner`, on both sides? */
static int is_one_axis(const tni_axis *outer, const tni_axis *inner)
{
    ptrdiff_t to, from;
    return !tni_mul(inner->to, inner->extent, &to) && to == outer->to &&
           !tni_mul(inner->from, inner->extent, &from) && from == outer->from;
}

static void join_axes(tni_job *job)
{
    int joined = 0;
    for (int k = 1; k < job->naxes; k++) {
        tni_axis *outer = &job->axes[joined], *inner = &job->axes[k];
        if (is_one_axis(outer, inner))
            *outer = (tni_axis){outer->extent * inner->extent, inner->to, inner->from};
        else
            job->axes[++joined] = *inner;
    }
    if (job->naxes > 0)
        job->naxes = joined + 1;
}

/* Where the source is denser along another axis than along the last one, that becomes the last but one: 1. */
static int pair_up(tni_job *job)
{
    int last = job->naxes - 1, densest = last;
    for (int k = last - 1; k >= 0; k--) {
        ptrdiff_t stride = magnitude(job->axes[k].from);
        if (stride != 0 && stride < magnitude(job->axes[densest].from))
            densest = k;
    }
    if (densest >= last)
        return 0;
    tni_axis moving = job->axes[densest];
    for (int k = densest; k < last - 1; k++)
        job->axes[k] = job->axes[k + 1];
    job->axes[last - 1] = moving;
    return 1;
}

/* The destination's rows must be long enough for whole lines. Short ones that lie side by side stay in the first cache
 * until their neighbours are written, and do as well without; those that lie pages apart do not. */
static int can_stream_transposed(const tni_job *job)
{
    const tni_axis *last = &job->axes[job->naxes - 1], *other = last - 1;
    ptrdiff_t row = last->extent * job->width;
    return last->to == job->width && TNI_STREAM_ROW % job->width == 0 && row >= TNI_STREAM_ROW &&
           (row >= 4 * TNI_STREAM_ROW || other->to >= TNI_PAGE);
}

static void set_kernel(tni_job *job, tni_kernel *inner, int ninner)
{
    job->inner = inner;
    job->ninner = ninner;
}

/* What both sides hold densely along the innermost axis moves as one. */
static void widen(tni_job *job)
{
    const tni_axis *last = &job->axes[job->naxes - 1];
    if (last->to != job->width || last->from != job->width)
        return;
    job->width *= last->extent;
    job->naxes--;
}

static void choose_kernel(tni_job *job, ptrdiff_t total, tni_target target)
{
    int is_large = total >= TNI_STREAM_FROM && target != TNI_SHARED_TARGET;
    int streams = TNI_STREAMS && is_large && target != TNI_FRESH_TARGET;
    if (streams && job->width >= STREAM_RUN) {
        set_kernel(job, tni_copy_run_streaming, 0);
        job->streams = 1;
        return;
    }
    if (job->naxes == 0) {
        set_kernel(job, tni_copy_run, 0);
        return;
    }
    const tni_axis *last = &job->axes[job->naxes - 1];
    int is_dense = last->to == job->width, is_run = is_dense && last->extent * job->width >= STREAM_RUN;
    if (last->from == 0 && is_dense && last->extent >= SHORT) {
        set_kernel(job, tni_fill_line, 1);
        job->streams = streams && is_run;
        return;
    }
    if (target != TNI_SHARED_TARGET && job->width <= TILED_WIDTH &&
        (pair_up(job) || (job->naxes > 1 && last->extent < SHORT))) {
        job->streams = is_large && can_stream_transposed(job);
        set_kernel(job, job->streams ? tni_copy_transposed_streaming : tni_copy_transposed, 2);
        return;
    }
    /* Where the source has gaps, most of the traffic is its own, and there is little to be gained by streaming. */
    job->streams = streams && is_run && magnitude(last->from) <= job->width;
    set_kernel(job, job->streams ? tni_copy_line_streaming : is_large ? tni_copy_line_ahead : tni_copy_line, 1);
}

void tni_job_plan(tni_job *job, int ndim, const ptrdiff_t *shape, const ptrdiff_t *to_strides,
                  const ptrdiff_t *from_strides, ptrdiff_t width, ptrdiff_t total, tni_target target)
{
    job->cast = NULL;
    job->width = width;
    job->streams = 0;
    take_axes(job, ndim, shape, to_strides, from_strides);
    sort_axes(job);
    join_axes(job);
    if (job->naxes > 0)
        widen(job);
    choose_kernel(job, total, target);
}

void tni_job_plan_cast(tni_job *job, int ndim, const ptrdiff_t *shape, const ptrdiff_t *to_strides,
                       const ptrdiff_t *from_strides, const tni_cast *cast)
{
    job->cast = cast;
    job->width = 0;
    job->streams = 0;
    take_axes(job, ndim, shape, to_strides, from_strides);
    sort_axes(job);
    join_axes(job);
    if (job->naxes == 0)
        job->axes[job->naxes++] = (tni_axis){1, 0, 0};
    if (pair_up(job) || (job->naxes > 1 && job->axes[job->naxes - 1].extent < SHORT))
        set_kernel(job, tni_cast_transposed, 2);
    else
        set_kernel(job, tni_cast_axis, 1);
}

void tni_job_reverse(tni_job *job)
{
    for (int k = 0; k < job->naxes; k++) {
        tni_axis *axis = &job->axes[k];
        job->to_start += (axis->extent - 1) * axis->to;
        job->from_start += (axis->extent - 1) * axis->from;
        axis->to = -axis->to;
        axis->from = -axis->from;
    }
}

/* --- running ------------------------------------------------------------------------------------------------------ */

static int run_axes(const tni_job *job, int axis, char *to, const char *from)
{
    if (axis == job->naxes - job->ninner)
        return job->inner(job, to, from);
    const tni_axis *a = &job->axes[axis];
    for (ptrdiff_t k = 0; k < a->extent; k++) {
        int stopped = run_axes(job, axis + 1, to + k * a->to, from + k * a->from);
        if (stopped)
            return stopped;
    }
    return 0;
}

int tni_job_run(const tni_job *job, char *to, const char *from)
{
    return run_axes(job, 0, to + job->to_start, from + job->from_start);
}

int tni_outer_axes(const tn_span *span)
{
    int outer = 0;
    for (int k = 0; k < span->ndim && span->suboffsets != NULL; k++)
        if (span->suboffsets[k] >= 0)
            outer = k + 1;
    return outer;
}

/* Rows that a table of pointers leads to, to places that steps lead to. So few values that the compiler can keep all of
 * them in registers: amid a stream of stores, a load from the stack waits for those that lie as far behind the start of
 * a page as it does. That has been seen to take a sixth of the time, or none, as the stack happened to lie. */
static void copy_tabled(char *to, ptrdiff_t stride, const char *table, ptrdiff_t count, ptrdiff_t offset, size_t width)
{
    char *row;
    for (const char *end = table + count * (ptrdiff_t)sizeof row; table < end; table += sizeof row, to += stride) {
        memcpy(&row, table, sizeof row);
        memmove(to, row + offset, width);
    }
}

static int is_walked_directly(const tn_span *span, int axis)
{
    return span->suboffsets == NULL || span->suboffsets[axis] < 0;
}

/* Rows that move as they are. */
static void copy_rows(const tni_transfer *t, int axis, char *to, char *from)
{
    const tni_job *job = &t->job;
    const tn_span *a = t->to, *b = t->from;
    if (is_walked_directly(a, axis) && !is_walked_directly(b, axis) && b->strides[axis] == sizeof(char *)) {
        copy_tabled(to + job->to_start, a->strides[axis], from, a->shape[axis], b->suboffsets[axis] + job->from_start,
                    (size_t)job->width);
        return;
    }
    for (ptrdiff_t k = 0; k < a->shape[axis]; k++)
        memmove(tni_step(a, axis, to, k) + job->to_start, tni_step(b, axis, from, k) + job->from_start,
                (size_t)job->width);
}

/* The last axis that is walked. */
static int walk_last(const tni_transfer *t, int axis, char *to, char *from)
{
    if (t->job.inner == tni_copy_run && t->job.naxes == 0) {
        copy_rows(t, axis, to, from);
        return 0;
    }
    for (ptrdiff_t k = 0; k < t->to->shape[axis]; k++) {
        int stopped = tni_job_run(&t->job, tni_step(t->to, axis, to, k), tni_step(t->from, axis, from, k));
        if (stopped)
            return stopped;
    }
    return 0;
}

static int walk(const tni_transfer *t, int axis, char *to, char *from)
{
    if (axis + 1 == t->outer)
        return walk_last(t, axis, to, from);
    for (ptrdiff_t k = 0; k < t->to->shape[axis]; k++) {
        int stopped = walk(t, axis + 1, tni_step(t->to, axis, to, k), tni_step(t->from, axis, from, k));
        if (stopped)
            return stopped;
    }
    return 0;
}

int tni_transfer_run(const tni_transfer *transfer)
{
    char *to = transfer->to->data, *from = transfer->from->data;
    return transfer->outer == 0 ? tni_job_run(&transfer->job, to, from) : walk(transfer, 0, to, from);
}
