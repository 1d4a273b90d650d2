/* SPDX-License-Identifier: BSD-3-Clause */
/* Spans: a plain view of memory with a type, a shape and strides.
 *
 * A tn_span owns nothing: data, type, shape, strides and suboffsets belong to whoever made it and must outlive it. A
 * function that makes a new layout writes it into a caller's tn_layout, which must outlive the span made from it.
 * Spans may be copied as structs. Any number of threads may read one span.
 *
 * The address of element (i0, i1, …) is PEP 3118's: start at data; for each axis k add i_k*strides[k]; where suboffsets
 * is not NULL and suboffsets[k] >= 0, then load the pointer that lies there and add suboffsets[k]. The pointers of axis
 * k are there for every index along it and the axes before it, also where a further axis has the extent 0: consumers
 * load them all the same.
 */
#ifndef TENON_SPAN_H
#define TENON_SPAN_H

#include <stddef.h>
#include <stdint.h>

#include "status.h"
#include "type.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    TN_READONLY = 1,
    TN_UNOWNED = 2  /* of a tn_array: its memory is kept by somebody else (array.h), not by the array */
};

typedef struct tn_span {
    void *data;                   /* address of element (0, …, 0); not NULL, also where there are no elements */
    const tn_type *type;          /* of one element; type->itemsize is in bytes */
    int32_t ndim;                 /* 0 … TN_MAX_NDIM */
    uint32_t flags;               /* TN_READONLY, TN_UNOWNED */
    const ptrdiff_t *shape;       /* ndim extents, each ≥ 0; may be NULL if ndim is 0 */
    const ptrdiff_t *strides;     /* ndim strides in bytes, any sign; may be NULL if ndim is 0 */
    const ptrdiff_t *suboffsets;  /* NULL: all memory is direct */
} tn_span;

typedef struct tn_layout {
    ptrdiff_t shape[TN_MAX_NDIM];
    ptrdiff_t strides[TN_MAX_NDIM];
    ptrdiff_t suboffsets[TN_MAX_NDIM];
} tn_layout;

/* TN_ORDER_ROWS is for arrays that are made (array.h); nothing else takes it. */
typedef enum tn_order { TN_ORDER_C = 'C', TN_ORDER_F = 'F', TN_ORDER_ROWS = 'R' } tn_order;

/* Check a span that somebody else filled in: ndim, extents ≥ 0, element count and byte length representable. */
tn_status tn_span_check(const tn_span *span, tn_error *err);

/* Number of elements, and bytes as if contiguous. The span must have passed tn_span_check. */
ptrdiff_t tn_span_size(const tn_span *span);
ptrdiff_t tn_span_nbytes(const tn_span *span);

/* The half-open range [*low, *high) of bytes, relative to data, that the elements touch; 0, 0 where there are none.
 * TN_OUT_OF_RANGE if it does not fit. Not for spans with suboffsets (TN_UNSUPPORTED). */
tn_status tn_span_extent(const tn_span *span, ptrdiff_t *low, ptrdiff_t *high, tn_error *err);

/* Strides of a contiguous array of this shape; NumPy's rule: an extent of 0 counts as 1. */
tn_status tn_contiguous_strides(int ndim, const ptrdiff_t *shape, ptrdiff_t itemsize, tn_order order,
                                ptrdiff_t *strides, tn_error *err);

/* 1 or 0. As NumPy: strides of extents 0 and 1 do not count, an array without elements is contiguous both ways. */
int tn_is_contiguous(int ndim, const ptrdiff_t *shape, const ptrdiff_t *strides, ptrdiff_t itemsize, tn_order order);

/* 1 if the address and every stride of an extent > 1 are multiples of `alignment` (C's _Alignof), or nothing is
 * there. */
int tn_is_aligned(const void *data, int ndim, const ptrdiff_t *shape, const ptrdiff_t *strides, uint32_t alignment);

/* Element at `index` along `axis` (negative counts from the end): a span of one dimension less. */
tn_status tn_span_index(const tn_span *span, int axis, ptrdiff_t index, tn_span *out, tn_layout *layout, tn_error *err);

/* Python's slice semantics on one axis, start and stop already clipped as PySlice_AdjustIndices does; step ≠ 0. */
tn_status tn_span_slice(const tn_span *span, int axis, ptrdiff_t start, ptrdiff_t stop, ptrdiff_t step, tn_span *out,
                        tn_layout *layout, tn_error *err);

/* Axis k of the result is axis axes[k] of the source; axes NULL reverses. */
tn_status tn_span_transpose(const tn_span *span, const int *axes, tn_span *out, tn_layout *layout, tn_error *err);

/* The same elements in C (or Fortran) order under another shape, without a copy; one extent may be -1. TN_WRONG_VALUE
 * if the counts differ or the layout would need a copy. */
tn_status tn_span_reshape(const tn_span *span, int ndim, const ptrdiff_t *shape, tn_order order, tn_span *out,
                          tn_layout *layout, tn_error *err);

/* NumPy's broadcasting: leading axes added, extents of 1 repeated with stride 0. */
tn_status tn_span_broadcast(const tn_span *span, int ndim, const ptrdiff_t *shape, tn_span *out, tn_layout *layout,
                            tn_error *err);

/* The span of a `T **`: shape[0] pointers at `table`, each to a row that is C-contiguous memory of the further extents;
 * shape has 2 extents at least. `flags` become the span's. The table must live as long as the span; TN_WRONG_VALUE if
 * it or one of its rows is NULL where there are elements. */
tn_status tn_span_rows(void *const *table, const tn_type *type, int ndim, const ptrdiff_t *shape, uint32_t flags,
                       tn_span *out, tn_layout *layout, tn_error *err);

/* --- overlap ------------------------------------------------------------------------------------------------------ */

typedef enum tn_overlap { TN_DISJOINT = 0, TN_OVERLAPS = 1, TN_TOO_HARD = 2 } tn_overlap;

/* Do two spans share a byte? Exact, by solving the bounded linear Diophantine equation of the addresses; the problem is
 * NP-hard, so at most `max_work` nodes are searched, and TN_TOO_HARD (to be treated as an overlap) says that this was
 * not enough. max_work 0 uses the default of 10 000. Empty spans overlap nothing; indirect memory is always too
 * hard. */
tn_overlap tn_spans_overlap(const tn_span *a, const tn_span *b, uint64_t max_work);

/* Do two different elements of one span share a byte (a stride of 0, or strides that interleave)? */
tn_overlap tn_span_overlaps_itself(const tn_span *span, uint64_t max_work);

#ifdef __cplusplus
}
#endif
#endif
