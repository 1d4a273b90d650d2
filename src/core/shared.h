/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory that several arrays share: how many they are, and how to let go of it after the last.
 *
 *     tn_array (new, wrapped) ── owner ──────────────────▶ tni_shared: uses, type, release
 *     tn_array (a share) ─────── owner ──▶ its layout ───▶     "
 *     tn_growable ────────────────────────────────────────▶     "
 *
 * Whoever has an arrow to it counts as one use. The count is all that several threads may touch at once; what else
 * stands here changes only while there is one use.
 */
#ifndef TNI_SHARED_H
#define TNI_SHARED_H

#include <stdatomic.h>

#include "tenon/array.h"

typedef struct tni_shared {
    atomic_ptrdiff_t uses;
    const tn_type *type;             /* lives as long as this does */
    tn_type *copied;                 /* the same, if it is to be freed; else NULL */
    void (*release)(void *context);  /* NULL: nothing is to be done */
    void *context;
    tn_array original;               /* what its maker filled by hand, to be released; else only release is set: NULL */
} tni_shared;

/* With one use. Members are written one by one: clearing the whole first would cost as much as the rest of wrapping. */
static inline void tni_shared_start(tni_shared *shared, const tn_type *type, tn_type *copied,
                                    void (*release)(void *context), void *context)
{
    atomic_init(&shared->uses, 1);
    shared->type = type;
    shared->copied = copied;
    shared->release = release;
    shared->context = context;
    shared->original.release = NULL;
}

/* A type that lives long enough: *shown is one of libtenon's own, or *copied, which is NULL otherwise. */
tn_status tni_keep_type(const tn_type *type, const tn_type **shown, tn_type **copied, tn_error *err);

/* One use more: an array that shows `view`, which tn_span_check has passed. */
tn_status tni_shared_lend(tni_shared *shared, const tn_span *view, tn_array *out, tn_error *err);

/* One use less. */
void tni_shared_drop(tni_shared *shared);

static inline ptrdiff_t tni_shared_uses(const tni_shared *shared)
{
    /* Whoever reads 1 sees all that the other users did before they let go. */
    return atomic_load_explicit(&shared->uses, memory_order_acquire);
}

/* Where memory starts: at least this, more if the type asks for more. */
enum { TNI_ALIGNMENT = 64 };

static inline ptrdiff_t tni_alignment(const tn_type *type)
{
    return type->alignment > TNI_ALIGNMENT ? (ptrdiff_t)type->alignment : TNI_ALIGNMENT;
}

/* The first multiple of `alignment` (a power of two) in a block that has alignment - 1 bytes to spare. */
static inline char *tni_align(char *at, ptrdiff_t alignment)
{
    return at + (-(uintptr_t)at & ((uintptr_t)alignment - 1));
}

#endif
