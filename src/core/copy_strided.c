/* SPDX-License-Identifier: BSD-3-Clause */
/* Kernels for one axis. Nothing is assumed about alignment: loads and stores go through memcpy of a constant size,
 * which is one instruction where the processor does not mind. */
#include <string.h>

#include "copy_stream.h"
#include "copying.h"

enum { FILL_BLOCK = 4096, BUFFER = 4096, AHEAD = 2048 };

/* --- elements ----------------------------------------------------------------------------------------------------- */

/* Elements are loaded four at a time before the first of them is stored. That would be wrong for overlapping sides only
 * where a store is to be loaded again, which tni_safe_direction excludes; the compiler may not load later than it says
 * here. `to_ahead` and `from_ahead` are what to fetch meanwhile, or 0. */
#define DEFINE_ELEMENTS(type, width)                                                                                   \
    static inline void four_##width(char *to, ptrdiff_t to_stride, const char *from, ptrdiff_t from_stride)            \
    {                                                                                                                  \
        type four[4];                                                                                                  \
        for (int k = 0; k < 4; k++)                                                                                    \
            memcpy(&four[k], from + k * from_stride, (width));                                                         \
        for (int k = 0; k < 4; k++)                                                                                    \
            memcpy(to + k * to_stride, &four[k], (width));                                                             \
    }                                                                                                                  \
    static void copy_##width(char *to, ptrdiff_t to_stride, const char *from, ptrdiff_t from_stride, ptrdiff_t n,      \
                             ptrdiff_t to_ahead, ptrdiff_t from_ahead)                                                 \
    {                                                                                                                  \
        ptrdiff_t k = 0;                                                                                               \
        if (to_ahead != 0)                                                                                             \
            for (; k + 4 <= n; k += 4, to += 4 * to_stride, from += 4 * from_stride) {                                 \
                tni_prefetch(to + to_ahead);                                                                           \
                tni_prefetch(from + from_ahead);                                                                       \
                four_##width(to, to_stride, from, from_stride);                                                        \
            }                                                                                                          \
        else if (to_stride == (width))                                                                                 \
            for (; k + 4 <= n; k += 4, to += 4 * (width), from += 4 * from_stride)                                     \
                four_##width(to, (width), from, from_stride);                                                          \
        else                                                                                                           \
            for (; k + 4 <= n; k += 4, to += 4 * to_stride, from += 4 * from_stride)                                   \
                four_##width(to, to_stride, from, from_stride);                                                        \
        for (; k < n; k++, to += to_stride, from += from_stride) {                                                     \
            type one;                                                                                                  \
            memcpy(&one, from, (width));                                                                               \
            memcpy(to, &one, (width));                                                                                 \
        }                                                                                                              \
    }

typedef struct bytes12 { uint32_t parts[3]; } bytes12;
typedef struct bytes16 { uint64_t parts[2]; } bytes16;
typedef struct bytes24 { uint64_t parts[3]; } bytes24;
typedef struct bytes32 { uint64_t parts[4]; } bytes32;

DEFINE_ELEMENTS(uint8_t, 1)
DEFINE_ELEMENTS(uint16_t, 2)
DEFINE_ELEMENTS(uint32_t, 4)
DEFINE_ELEMENTS(uint64_t, 8)
DEFINE_ELEMENTS(bytes12, 12)
DEFINE_ELEMENTS(bytes16, 16)
DEFINE_ELEMENTS(bytes24, 24)
DEFINE_ELEMENTS(bytes32, 32)

static void copy_any(char *to, ptrdiff_t to_stride, const char *from, ptrdiff_t from_stride, ptrdiff_t n,
                     ptrdiff_t width)
{
    for (; n > 0; n--, to += to_stride, from += from_stride)
        memmove(to, from, (size_t)width);
}

#define CASE(width)                                                                                                    \
    case width:                                                                                                        \
        copy_##width(to, to_stride, from, from_stride, n, to_ahead, from_ahead);                                       \
        return;

static inline void copy_elements(char *to, ptrdiff_t to_stride, const char *from, ptrdiff_t from_stride, ptrdiff_t n,
                                 ptrdiff_t width, ptrdiff_t to_ahead, ptrdiff_t from_ahead)
{
    switch (width) {
        CASE(1)
        CASE(2)
        CASE(4)
        CASE(8)
        CASE(12)
        CASE(16)
        CASE(24)
        CASE(32)
    default:
        copy_any(to, to_stride, from, from_stride, n, width);
    }
}

void tni_copy_elements(char *to, ptrdiff_t to_stride, const char *from, ptrdiff_t from_stride, ptrdiff_t n,
                       ptrdiff_t width)
{
    copy_elements(to, to_stride, from, from_stride, n, width, 0, 0);
}

/* --- one axis ----------------------------------------------------------------------------------------------------- */

int tni_copy_line(const tni_job *job, char *to, const char *from)
{
    const tni_axis *axis = &job->axes[job->naxes - 1];
    tni_copy_elements(to, axis->to, from, axis->from, axis->extent, job->width);
    return 0;
}

/* How far ahead memory is to be fetched that is walked in steps of `stride`: some lines, but not less than some
 * elements. */
static ptrdiff_t ahead_of(ptrdiff_t stride)
{
    ptrdiff_t step = stride < 0 ? -stride : stride;
    return step >= AHEAD / 8 ? 8 * stride : stride < 0 ? -AHEAD : AHEAD;
}

int tni_copy_line_ahead(const tni_job *job, char *to, const char *from)
{
    const tni_axis *axis = &job->axes[job->naxes - 1];
    copy_elements(to, axis->to, from, axis->from, axis->extent, job->width, ahead_of(axis->to), ahead_of(axis->from));
    return 0;
}

/* By way of a buffer: gathered there, it leaves as whole lines. */
int tni_copy_line_streaming(const tni_job *job, char *to, const char *from)
{
    char buffer[BUFFER];
    const tni_axis *axis = &job->axes[job->naxes - 1];
    ptrdiff_t left = axis->extent, most = BUFFER / job->width;
    /* The first part ends where a line does, or as near to it as an element can. */
    ptrdiff_t n = most - tni_phase(to) / job->width;
    for (; left > 0; left -= n, to += n * job->width, from += n * axis->from, n = most) {
        if (n > left)
            n = left;
        tni_copy_elements(buffer, job->width, from, axis->from, n, job->width);
        tni_stream(to, buffer, n * job->width);
    }
    return 0;
}

int tni_copy_run(const tni_job *job, char *to, const char *from)
{
    memmove(to, from, (size_t)job->width);
    return 0;
}

int tni_copy_run_streaming(const tni_job *job, char *to, const char *from)
{
    tni_stream(to, from, job->width);
    return 0;
}

/* --- one element again and again ---------------------------------------------------------------------------------- */

/* Repeats the first `length` bytes, a whole number of elements, up to `total`. Returns what is repeated then. */
static ptrdiff_t double_up(char *to, ptrdiff_t length, ptrdiff_t total)
{
    while (length <= total - length) {
        memcpy(to + length, to, (size_t)length);
        length *= 2;
    }
    return length;
}

int tni_fill_line(const tni_job *job, char *to, const char *from)
{
    ptrdiff_t total = job->width * job->axes[job->naxes - 1].extent;
    if (job->width == 1) {
        memset(to, (unsigned char)*from, (size_t)total);
        return 0;
    }
    memcpy(to, from, (size_t)job->width);
    ptrdiff_t most = total < FILL_BLOCK || job->width > FILL_BLOCK / 2 ? total : FILL_BLOCK;
    ptrdiff_t length = double_up(to, job->width, most), at = length;
    for (; length <= total - at; at += length)
        if (job->streams)
            tni_stream(to + at, to, length);
        else
            memcpy(to + at, to, (size_t)length);
    memcpy(to + at, to, (size_t)(total - at));
    return 0;
}
