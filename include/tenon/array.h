/* SPDX-License-Identifier: BSD-3-Clause */
/* Arrays that own: a span, and how to let go of its memory.
 *
 * A tn_array is what C hands to Python (a function that returns one is bound), and what C is given to keep. It is
 * movable: a struct copy, after which the source must not be used (tn_array_move nulls it). Whoever holds a tn_array
 * whose release is not NULL must call tn_array_release once, or hand it on.
 *
 * Memory may be shared by several tn_arrays (tn_array_share); it is freed when the last of them is released. The count
 * is atomic: arrays that share memory may be released by different threads at the same time. One tn_array belongs to
 * one thread at a time.
 *
 * An array whose span.data is NULL is no array: {0}, what is left after a move or a release, and what a function
 * returns by value to say that there was no memory. Where a function below fails, its `out` is {0} (or NULL)
 * afterwards.
 */
#ifndef TENON_ARRAY_H
#define TENON_ARRAY_H

#include "span.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tn_array tn_array;

struct tn_array {
    tn_span span;                    /* its shape, strides, suboffsets and type live as long as the array */
    void (*release)(tn_array *self); /* for tn_array_release alone; NULL: nothing is owned, as with TN_UNOWNED */
    void *owner;                     /* for `release` alone */
};

/* A new array, uninitialised, at an address that is a multiple of 64 (and of the type's alignment). `order`
 * TN_ORDER_ROWS gives every row (the last axis) such an address of its own, found through tables of pointers: the first
 * ndim - 1 axes are indirect, as C's `T **` for two dimensions; ndim 0 and 1 have no table. The type is copied unless
 * it is one of tn_type_<identifier>. Errors: TN_WRONG_VALUE for a negative extent, TN_OUT_OF_RANGE, TN_NO_MEMORY. */
tn_status tn_array_new(const tn_type *type, int ndim, const ptrdiff_t *shape, tn_order order, tn_array *out,
                       tn_error *err);

/* The same, every byte zero. */
tn_status tn_array_zeros(const tn_type *type, int ndim, const ptrdiff_t *shape, tn_order order, tn_array *out,
                         tn_error *err);

/* Memory that exists already; without elements its address may be NULL. What the span points to besides the memory
 * itself (shape, strides, suboffsets, type) is copied. `release(context)` is called once, when the last array that
 * shares the memory is released, by whichever thread does it; NULL: the memory is static, or belongs to an object that
 * outlives every view: the array is TN_UNOWNED then, and so are those that share it. On failure `release` is not
 * called. */
tn_status tn_array_wrap(const tn_span *span, void (*release)(void *context), void *context, tn_array *out,
                        tn_error *err);

/* Let go. NULL, {0} and arrays released already are legal. Afterwards *array is {0}. */
void tn_array_release(tn_array *array);

/* *from without its owner: the source becomes {0}. */
tn_array tn_array_move(tn_array *from);

/* Another array over the same memory. `view` (NULL: all of it) says what it shows, and must lie in the array's memory;
 * it is copied as in tn_array_wrap. *array stays as it is for its holder, and may have been filled by hand. */
tn_status tn_array_share(tn_array *array, const tn_span *view, tn_array *out, tn_error *err);

/* How many arrays share this one's memory, itself included; 1 for one filled by hand; 0 for {0}. Exact at the moment of
 * the question only, where other threads release theirs. */
ptrdiff_t tn_array_uses(const tn_array *array);

/* --- arrays that grow --------------------------------------------------------------------------------------------- */

/* One dimension that grows at its end, by amortised doubling. While any array lent by tn_growable_share lives,
 * everything that would change its length or move its memory is TN_BUSY, with the number of views in the message, and
 * changes nothing. Not safe for several threads at once, but lent arrays may be released by any. */
typedef struct tn_growable tn_growable;

tn_status tn_growable_new(const tn_type *type, tn_growable **out, tn_error *err);

/* Frees the container; its memory as soon as no lent array lives. NULL is legal. */
void tn_growable_free(tn_growable *growable);

/* `count` elements of the type, contiguous at `values`, which may lie in the container itself. */
tn_status tn_growable_append(tn_growable *growable, const void *values, ptrdiff_t count, tn_error *err);

/* Room for `capacity` elements at least, without a change of length. */
tn_status tn_growable_reserve(tn_growable *growable, ptrdiff_t capacity, tn_error *err);

/* New elements are zero. */
tn_status tn_growable_resize(tn_growable *growable, ptrdiff_t length, tn_error *err);

/* Elements that there is room for without moving. */
ptrdiff_t tn_growable_capacity(const tn_growable *growable);

/* Everything that is there now. Valid until the next change of length. */
tn_span tn_growable_span(const tn_growable *growable);

/* The same as an array, which keeps the memory alive and the container from growing. */
tn_status tn_growable_share(tn_growable *growable, tn_array *out, tn_error *err);

/* How many lent arrays live. */
ptrdiff_t tn_growable_views(const tn_growable *growable);

#ifdef __cplusplus
}
#endif
#endif
