/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of tn_copy share: a job is one copy between two pieces of direct memory, planned once, run at any
 * number of places.
 *
 *     copy.c            what may be copied to where; indirect axes; temporaries
 *     copy_overlap.c    does the one lie on the other, and which order is safe then
 *     copy_plan.c       axes dropped, turned, sorted and joined; the kernel that suits what is left
 *     copy_strided.c    kernels for one axis
 *     copy_transpose.c  kernels for two axes that the two sides hold in opposite order
 *     copy_stream.h     stores that go past the caches
 *     cast*.c           elements that change their type on the way */
#ifndef TNI_COPYING_H
#define TNI_COPYING_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "tenon/span.h"

struct tni_cast;

typedef struct tni_axis {
    ptrdiff_t extent;
    ptrdiff_t to, from; /* strides in bytes */
} tni_axis;

typedef struct tni_job tni_job;

/* Does the job's last `ninner` axes at one place. Not 0: stop. */
typedef int tni_kernel(const tni_job *job, char *to, const char *from);

struct tni_job {
    tni_kernel *inner;
    int ninner;
    int naxes;
    ptrdiff_t width;                /* bytes that move together; not used where there is a cast */
    const struct tni_cast *cast;    /* NULL: bytes stay what they are */
    ptrdiff_t to_start, from_start; /* where the first element lies, in bytes from the places the job is run at */
    int streams;                    /* it writes past the caches */
    tni_axis axes[TN_MAX_NDIM];     /* outermost first */
};

/* How many bytes are written in all before they go past the caches: about what outgrows the share that a core has of
 * the last one. Below, whoever reads the copy finds it there. Tests have a small constant, to give bugs a chance. */
#ifdef TNI_TEST_MEMORY
enum { TNI_STREAM_FROM = 2048 };
#else
enum { TNI_STREAM_FROM = 12 << 20 };
#endif

/* What is known of the memory that is written. */
typedef enum tni_target {
    TNI_SHARED_TARGET, /* it may be read as well: no kernel that reads later than it writes */
    TNI_TARGET,
    TNI_FRESH_TARGET   /* just allocated: its pages come into the caches anyway, when the system clears them */
} tni_target;

/* Plan the copy of `ndim` axes; strides as in spans, `total` the bytes that are written by all runs together. No extent
 * is 0. */
void tni_job_plan(tni_job *job, int ndim, const ptrdiff_t *shape, const ptrdiff_t *to_strides,
                  const ptrdiff_t *from_strides, ptrdiff_t width, ptrdiff_t total, tni_target target);

/* The same with a cast. */
void tni_job_plan_cast(tni_job *job, int ndim, const ptrdiff_t *shape, const ptrdiff_t *to_strides,
                       const ptrdiff_t *from_strides, const struct tni_cast *cast);

/* Last element first. Only for jobs whose kernel does one axis or none. */
void tni_job_reverse(tni_job *job);

/* Not 0 where a kernel said so. */
int tni_job_run(const tni_job *job, char *to, const char *from);

/* --- two spans of one shape, either of which may have indirect axes ----------------------------------------------- */

/* The first `outer` axes are walked one by one, since pointers are loaded on the way; the job does the others. */
typedef struct tni_transfer {
    const tn_span *to, *from;
    int outer;
    tni_job job;
} tni_transfer;

/* Not 0 where a kernel said so. */
int tni_transfer_run(const tni_transfer *transfer);

/* How many axes have to be walked one by one: all up to the last indirect one. */
int tni_outer_axes(const tn_span *span);

/* Where a step along an axis leads to. */
static inline char *tni_step(const tn_span *span, int axis, char *place, ptrdiff_t index)
{
    place += index * span->strides[axis];
    if (span->suboffsets == NULL || span->suboffsets[axis] < 0)
        return place;
    char *loaded;
    memcpy(&loaded, place, sizeof loaded);
    return loaded + span->suboffsets[axis];
}

/* --- kernels ------------------------------------------------------------------------------------------------------ */

/* `width` bytes; the two may overlap. */
tni_kernel tni_copy_run;
/* The same, past the caches; the two do not overlap. */
tni_kernel tni_copy_run_streaming;
/* One axis, first element first; every element is read before anything is written over it. */
tni_kernel tni_copy_line;
/* The same for large copies, which ask for their memory ahead of time. */
tni_kernel tni_copy_line_ahead;
/* The same past the caches, where the destination is contiguous; the two do not overlap. */
tni_kernel tni_copy_line_streaming;
/* One axis of one element repeated, where the destination is contiguous. */
tni_kernel tni_fill_line;
/* Two axes: along the last one the destination is denser, along the other one the source. */
tni_kernel tni_copy_transposed;
/* The same past the caches. The destination's rows must be contiguous and at least TNI_STREAM_ROW bytes long, of which
 * `width` is a divisor. */
tni_kernel tni_copy_transposed_streaming;
enum { TNI_STREAM_ROW = 128 };
/* One axis, two axes, with casts. */
tni_kernel tni_cast_axis;
tni_kernel tni_cast_transposed;

/* n elements of `width` bytes each. */
void tni_copy_elements(char *to, ptrdiff_t to_stride, const char *from, ptrdiff_t from_stride, ptrdiff_t n,
                       ptrdiff_t width);

/* --- overlap ------------------------------------------------------------------------------------------------------ */

/* TN_WRONG_VALUE if two elements of the destination share a byte. */
tn_status tni_refuse_self_overlap(const tn_span *to, tn_error *err);

/* Do the two share a byte? What is too hard to say counts as yes. */
tn_status tni_find_overlap(const tn_span *to, const tn_span *from, int *overlaps, tn_error *err);

/* Can the job be run although the two overlap? 1: as it is; -1: reversed; 0: neither is known to be safe. */
int tni_safe_direction(const tni_job *job, const char *to, const char *from);

#endif
