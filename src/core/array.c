/* SPDX-License-Identifier: BSD-3-Clause */
/* Arrays that own.
 *
 * An array that was made here has one of two owners. The first array of some memory has the tni_shared itself, behind
 * which its layout lies, and its elements too if they are new: one block. Every further array has a `holding`, with a
 * layout of its own. All else that a tn_array can be was filled in by hand; its first share takes it over (adopt).
 *
 * libtenon is linked into every module that uses it, so an array made by one copy is to another copy one that was
 * filled in by hand. Nothing here relies on there being one copy only.
 */
#include "tenon/array.h"

#include <string.h>

#include "checked.h"
#include "fail.h"
#include "memory.h"
#include "pages.h"
#include "plain.h"
#include "shared.h"

/* --- layouts ------------------------------------------------------------------------------------------------------ */

static int is_indirect(const tn_span *span)
{
    for (int k = 0; k < span->ndim && span->suboffsets != NULL; k++)
        if (span->suboffsets[k] >= 0)
            return 1;
    return 0;
}

/* Is it certain that nothing lies there? Also of a span that tn_span_check has not passed. */
static int is_empty(const tn_span *span)
{
    for (int k = 0; k < span->ndim && span->ndim <= TN_MAX_NDIM && span->shape != NULL; k++)
        if (span->shape[k] == 0)
            return 1;
    return 0;
}

/* Bytes that the layout of a span takes. */
static size_t layout_size(const tn_span *span)
{
    return (size_t)span->ndim * sizeof(ptrdiff_t) * (is_indirect(span) ? 3 : 2);
}

/* *placed is the span with its layout copied to `room`. Member by member: structures that are copied as a whole right
 * after their members were written wait for the processor's store buffer. */
static void place_layout(const tn_span *span, ptrdiff_t *room, tn_span *placed)
{
    int ndim = span->ndim, indirect = is_indirect(span);
    placed->data = span->data;
    placed->type = span->type;
    placed->ndim = ndim;
    placed->flags = span->flags;
    placed->shape = room;
    placed->strides = room + ndim;
    placed->suboffsets = indirect ? room + 2 * ndim : NULL;
    for (int k = 0; k < ndim; k++) {
        room[k] = span->shape[k];
        room[ndim + k] = span->strides[k];
    }
    for (int k = 0; k < ndim && indirect; k++)
        room[2 * ndim + k] = span->suboffsets[k];
}

tn_status tni_keep_type(const tn_type *type, const tn_type **shown, tn_type **copied, tn_error *err)
{
    *copied = NULL;
    *shown = tni_static_type(type);
    if (*shown != NULL)
        return TN_OK;
    tn_status status = tn_type_copy(type, copied, err);
    *shown = *copied;
    return status;
}

/* --- sharing ------------------------------------------------------------------------------------------------------ */

/* What every array but the first of some memory owns. */
typedef struct holding {
    tni_shared *shared;
    tn_type *copied; /* NULL: its type is the shared one, or static */
    ptrdiff_t layout[];
} holding;

static void release_first(tn_array *self)
{
    tni_shared_drop(self->owner);
}

static void release_share(tn_array *self)
{
    holding *held = self->owner;
    tni_shared_drop(held->shared);
    tn_type_free(held->copied);
    tni_free(held);
}

void tni_shared_drop(tni_shared *shared)
{
    /* Nobody can add a use to the last one but its holder, who is here. */
    if (tni_shared_uses(shared) > 1 && atomic_fetch_sub_explicit(&shared->uses, 1, memory_order_acq_rel) > 1)
        return;
    if (shared->original.release != NULL)
        tn_array_release(&shared->original);
    if (shared->release != NULL)
        shared->release(shared->context);
    tn_type_free(shared->copied);
    tni_free(shared);
}

/* NULL if the array was filled in by hand. */
static tni_shared *shared_by(const tn_array *array)
{
    if (array->release == release_first)
        return array->owner;
    return array->release == release_share ? ((holding *)array->owner)->shared : NULL;
}

tn_status tni_shared_lend(tni_shared *shared, const tn_span *view, tn_array *out, tn_error *err)
{
    const tn_type *type = shared->type;
    tn_type *copied = NULL;
    tn_status status = view->type == type ? TN_OK : tni_keep_type(view->type, &type, &copied, err);
    if (status != TN_OK)
        return status;
    holding *held = tni_alloc(sizeof *held + layout_size(view));
    if (held == NULL) {
        tn_type_free(copied);
        return tni_no_memory(err);
    }
    held->shared = shared;
    held->copied = copied;
    atomic_fetch_add_explicit(&shared->uses, 1, memory_order_relaxed);
    place_layout(view, held->layout, &out->span);
    out->span.type = type;
    out->release = release_share;
    out->owner = held;
    return TN_OK;
}

/* From now on an array that was filled in by hand counts who shares its memory. */
static tni_shared *adopt(tn_array *array)
{
    tni_shared *shared = tni_alloc(sizeof *shared);
    if (shared == NULL)
        return NULL;
    tni_shared_start(shared, array->span.type, NULL, NULL, NULL);
    shared->original = *array;
    array->release = release_first;
    array->owner = shared;
    return shared;
}

static void undo_adopt(tn_array *array)
{
    tni_shared *shared = array->owner;
    *array = shared->original;
    tni_free(shared);
}

tn_status tn_array_share(tn_array *array, const tn_span *view, tn_array *out, tn_error *err)
{
    tn_span shown = view == NULL ? array->span : *view;
    tn_status status = array->span.data == NULL
                           ? tn_fail(err, TN_WRONG_VALUE, "there is no array to share: it is empty or released")
                           : tn_span_check(&shown, err);
    shown.flags = (shown.flags & TN_READONLY) | (array->span.flags & (TN_READONLY | TN_UNOWNED));
    if (status == TN_OK && array->release == NULL)
        return tn_array_wrap(&shown, NULL, NULL, out, err);

    tni_shared *shared = shared_by(array);
    int adopted = status == TN_OK && shared == NULL;
    if (adopted && (shared = adopt(array)) == NULL)
        status = tni_no_memory(err);
    if (status == TN_OK) {
        status = tni_shared_lend(shared, &shown, out, err);
        if (status != TN_OK && adopted)
            undo_adopt(array);
    }
    if (status != TN_OK)
        *out = (tn_array){0};
    return status;
}

void tn_array_release(tn_array *array)
{
    if (array == NULL)
        return;
    tn_array held = tn_array_move(array); /* released already, should releasing come back here */
    if (held.release != NULL)
        held.release(&held);
}

tn_array tn_array_move(tn_array *from)
{
    tn_array moved = *from;
    *from = (tn_array){0};
    return moved;
}

ptrdiff_t tn_array_uses(const tn_array *array)
{
    tni_shared *shared = shared_by(array);
    return shared != NULL ? tni_shared_uses(shared) : array->span.data != NULL;
}

/* --- memory that exists ------------------------------------------------------------------------------------------- */

tn_status tn_array_wrap(const tn_span *span, void (*release)(void *context), void *context, tn_array *out,
                        tn_error *err)
{
    static long double nowhere[4]; /* the address of what is empty and has none; never read or written */
    const tn_type *type = NULL;
    tn_type *copied = NULL;
    tni_shared *shared = NULL;
    tn_span placed = *span;
    if (span->data == NULL && is_empty(span)) {
        placed.data = nowhere;
        span = &placed;
    }
    tn_status status = tn_span_check(span, err);
    if (status == TN_OK)
        status = tni_keep_type(span->type, &type, &copied, err);
    if (status == TN_OK && (shared = tni_alloc(sizeof *shared + layout_size(span))) == NULL) {
        tn_type_free(copied);
        status = tni_no_memory(err);
    }
    if (status != TN_OK) {
        *out = (tn_array){0};
        return status;
    }
    tni_shared_start(shared, type, copied, release, context);
    place_layout(span, (ptrdiff_t *)(shared + 1), &out->span);
    out->span.type = type;
    out->span.flags = (span->flags & TN_READONLY) | (release == NULL ? TN_UNOWNED : 0);
    out->release = release_first;
    out->owner = shared;
    return TN_OK;
}

_Static_assert(_Alignof(tni_shared) % _Alignof(ptrdiff_t) == 0, "a layout can follow");

/* --- new memory --------------------------------------------------------------------------------------------------- */

/* What lies at an aligned address behind the tni_shared and the layout: elements, or tables of pointers, then rows. */
typedef struct plan {
    ptrdiff_t alignment;
    ptrdiff_t tables; /* bytes, a multiple of the alignment */
    ptrdiff_t pitch;  /* bytes from one row to the next, a multiple of the alignment */
    ptrdiff_t size;   /* bytes, all together */
} plan;

static int round_up(ptrdiff_t size, ptrdiff_t alignment, ptrdiff_t *out)
{
    ptrdiff_t padded;
    if (tni_add(size, alignment - 1, &padded))
        return 1;
    *out = padded & -alignment;
    return 0;
}

/* The pointers of axis k stand in one run, for all indices of the axes before it; one run an axis. */
static int plan_rows(int ndim, const ptrdiff_t *shape, ptrdiff_t itemsize, plan *p)
{
    ptrdiff_t bytes = 0, row, rows;
    for (int k = 0; k < ndim - 1; k++)
        if (tni_product(sizeof(void *), k + 1, shape, &rows) || tni_add(bytes, rows, &bytes))
            return 1;
    return round_up(bytes, p->alignment, &p->tables) || tni_mul(shape[ndim - 1], itemsize, &row) ||
           round_up(row, p->alignment, &p->pitch) || tni_product(p->pitch, ndim - 1, shape, &rows) ||
           tni_add(p->tables, rows, &p->size);
}

static void fill_tables(int ndim, const ptrdiff_t *shape, const plan *p, char *data)
{
    char *table = data;
    ptrdiff_t count = 1;
    for (int k = 0; k < ndim - 1; k++) {
        count *= shape[k];
        int last = k == ndim - 2;
        char *next = table + count * (ptrdiff_t)sizeof(void *);
        char *first = last ? data + p->tables : next;
        ptrdiff_t step = last ? p->pitch : shape[k + 1] * (ptrdiff_t)sizeof(void *);
        for (ptrdiff_t i = 0; i < count; i++)
            ((void **)(void *)table)[i] = first + i * step;
        table = next;
    }
}

/* Everything but the data and the layout's place. `layout` is written. */
static tn_status plan_array(const tn_type *type, int ndim, const ptrdiff_t *shape, tn_order order, tn_layout *layout,
                            plan *p, tn_span *span, tn_error *err)
{
    if (order != TN_ORDER_C && order != TN_ORDER_F && order != TN_ORDER_ROWS)
        return tn_fail(err, TN_WRONG_VALUE, "the order is %d; TN_ORDER_C, TN_ORDER_F and TN_ORDER_ROWS exist",
                       (int)order);
    *span = (tn_span){.data = p, .type = type, .ndim = ndim, .shape = shape, .strides = layout->strides};
    tn_order inner = order == TN_ORDER_ROWS ? TN_ORDER_C : order;
    tn_status status = tn_contiguous_strides(ndim, shape, type->itemsize, inner, layout->strides, err);
    if (status == TN_OK)
        status = tn_span_check(span, err);
    if (status != TN_OK)
        return status;
    *p = (plan){.alignment = tni_alignment(type), .size = tn_span_nbytes(span)};
    if (order != TN_ORDER_ROWS || ndim < 2)
        return TN_OK;
    for (int k = 0; k < ndim; k++) {
        layout->strides[k] = k < ndim - 1 ? (ptrdiff_t)sizeof(void *) : type->itemsize;
        layout->suboffsets[k] = k < ndim - 1 ? 0 : -1;
    }
    span->suboffsets = layout->suboffsets;
    if (plan_rows(ndim, shape, type->itemsize, p))
        return tn_fail(err, TN_OUT_OF_RANGE, "the rows take more bytes than an address can count");
    return TN_OK;
}

static tn_status make(const tn_type *type, int ndim, const ptrdiff_t *shape, tn_order order, int zeroed, tn_array *out,
                      tn_error *err)
{
    tn_layout layout;
    tn_span span;
    plan p;
    *out = (tn_array){0};
    tn_status status = plan_array(type, ndim, shape, order, &layout, &p, &span, err);
    if (status != TN_OK)
        return status;
    const tn_type *shown;
    tn_type *copied;
    status = tni_keep_type(type, &shown, &copied, err);
    if (status != TN_OK)
        return status;

    /* One byte at least, so that the address of an array without elements lies in its own block. */
    size_t head = sizeof(tni_shared) + layout_size(&span);
    ptrdiff_t size;
    tni_shared *shared = NULL;
    if (!tni_add((ptrdiff_t)head + p.alignment, p.size, &size))
        shared = zeroed ? tni_alloc_zeroed((size_t)size) : tni_alloc((size_t)size);
    if (shared == NULL) {
        tn_type_free(copied);
        return tni_no_memory(err);
    }
    tni_ask_for_large_pages(shared, (size_t)size);
    tni_shared_start(shared, shown, copied, NULL, NULL);
    span.type = shown;
    span.data = tni_align((char *)shared + head, p.alignment);
    if (span.suboffsets != NULL)
        fill_tables(ndim, shape, &p, span.data);
    place_layout(&span, (ptrdiff_t *)(shared + 1), &out->span);
    out->release = release_first;
    out->owner = shared;
    return TN_OK;
}

tn_status tn_array_new(const tn_type *type, int ndim, const ptrdiff_t *shape, tn_order order, tn_array *out,
                       tn_error *err)
{
    return make(type, ndim, shape, order, 0, out, err);
}

tn_status tn_array_zeros(const tn_type *type, int ndim, const ptrdiff_t *shape, tn_order order, tn_array *out,
                         tn_error *err)
{
    return make(type, ndim, shape, order, 1, out, err);
}
