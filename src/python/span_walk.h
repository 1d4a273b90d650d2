/* SPDX-License-Identifier: BSD-3-Clause */
/* Walking a span's elements, axis by axis: shape, strides and suboffsets of any kind. */
#ifndef TNPY_SPAN_WALK_H
#define TNPY_SPAN_WALK_H

#include <string.h>

#include "tenon/span.h"

/* Where position `index` on `axis` lies, from the address to which the axes before it lead: at first span->data. */
static inline const char *tnpy_along(const tn_span *span, int axis, const char *at, ptrdiff_t index)
{
    /* Where there are no elements, strides may be any numbers: the address is computed, but means nothing. */
    at = (const char *)((uintptr_t)at + (uintptr_t)index * (uintptr_t)span->strides[axis]);
    if (span->suboffsets == NULL || span->suboffsets[axis] < 0)
        return at;
    const char *loaded;
    memcpy(&loaded, at, sizeof loaded);
    return loaded + span->suboffsets[axis];
}

/* Are the elements along this axis one run of strides, without pointers between them? */
static inline int tnpy_is_direct(const tn_span *span, int axis)
{
    return span->suboffsets == NULL || span->suboffsets[axis] < 0;
}

static inline int tnpy_is_indirect(const tn_span *span)
{
    for (int k = 0; k < span->ndim; k++)
        if (!tnpy_is_direct(span, k))
            return 1;
    return 0;
}

/* tn_span_nbytes, of a span that is known to fit. Where there are no elements, the other extents may be any numbers. */
static inline ptrdiff_t tnpy_nbytes(const tn_span *span)
{
    size_t bytes = (size_t)span->type->itemsize;
    for (int k = 0; k < span->ndim; k++)
        bytes *= (size_t)span->shape[k];
    return (ptrdiff_t)bytes;
}

/* Contiguous without pointers: the whole is one block of memory. */
static inline int tnpy_is_block(const tn_span *span, tn_order order)
{
    return !tnpy_is_indirect(span) &&
           tn_is_contiguous(span->ndim, span->shape, span->strides, span->type->itemsize, order);
}

#endif
