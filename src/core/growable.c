/* SPDX-License-Identifier: BSD-3-Clause */
/* Arrays that grow at their end.
 *
 * The elements lie in a block of their own, which is replaced as they become more; the tni_shared that counts the lent
 * arrays stays the same, with the container as one of its users. So the memory of a container that is freed lives on
 * until the last lent array is released.
 */
#include <string.h>

#include "tenon/array.h"

#include "checked.h"
#include "fail.h"
#include "memory.h"
#include "shared.h"

struct tn_growable {
    tni_shared *shared; /* its context is the block that holds the elements, or NULL */
    char *data;         /* an aligned address in it */
    ptrdiff_t length, capacity;
    ptrdiff_t itemsize;
};

/* Where the elements of a container are that never had any. Never written. */
static _Alignas(TNI_ALIGNMENT) char nowhere[1];

enum { FIRST_CAPACITY = 8 };

static void free_block(void *block)
{
    tni_free(block);
}

tn_status tn_growable_new(const tn_type *type, tn_growable **out, tn_error *err)
{
    const tn_type *shown;
    tn_type *copied;
    *out = NULL;
    if (type->itemsize < 0)
        return tn_fail(err, TN_WRONG_VALUE, "the itemsize is %td", type->itemsize);
    tn_status status = tni_keep_type(type, &shown, &copied, err);
    if (status != TN_OK)
        return status;
    tn_growable *growable = tni_alloc(sizeof *growable);
    tni_shared *shared = growable == NULL ? NULL : tni_alloc(sizeof *shared);
    if (shared == NULL) {
        tni_free(growable);
        tn_type_free(copied);
        return tni_no_memory(err);
    }
    tni_shared_start(shared, shown, copied, free_block, NULL);
    *growable = (tn_growable){.shared = shared, .data = nowhere, .itemsize = type->itemsize};
    *out = growable;
    return TN_OK;
}

void tn_growable_free(tn_growable *growable)
{
    if (growable == NULL)
        return;
    tni_shared_drop(growable->shared);
    tni_free(growable);
}

ptrdiff_t tn_growable_views(const tn_growable *growable)
{
    return tni_shared_uses(growable->shared) - 1;
}

ptrdiff_t tn_growable_capacity(const tn_growable *growable)
{
    return growable->capacity;
}

/* --- growing ------------------------------------------------------------------------------------------------------ */

static tn_status check_idle(const tn_growable *growable, const char *what, tn_error *err)
{
    ptrdiff_t views = tn_growable_views(growable);
    if (views == 0)
        return TN_OK;
    return tn_fail(err, TN_BUSY, "cannot %s: %td %s alive", what, views, views == 1 ? "view is" : "views are");
}

/* Move the elements to a block for `capacity` of them, more than now. *old is the block they were in, for the caller
 * to free. */
static tn_status move_elements(tn_growable *growable, ptrdiff_t capacity, void **old, tn_error *err)
{
    ptrdiff_t alignment = tni_alignment(growable->shared->type), size;
    if (tni_mul(capacity, growable->itemsize, &size) || tni_add(size, alignment, &size))
        return tn_fail(err, TN_OUT_OF_RANGE, "the elements take more bytes than an address can count");
    char *block = tni_alloc((size_t)size);
    if (block == NULL)
        return tni_no_memory(err);
    char *data = tni_align(block, alignment);
    memcpy(data, growable->data, (size_t)(growable->length * growable->itemsize));
    *old = growable->shared->context;
    growable->shared->context = block;
    growable->data = data;
    growable->capacity = capacity;
    return TN_OK;
}

/* Room for `length` elements, and for twice as many as now at least: n appends then move n elements or so, all
 * together. *old is NULL if nothing moved. */
static tn_status make_room(tn_growable *growable, ptrdiff_t length, void **old, tn_error *err)
{
    *old = NULL;
    if (length <= growable->capacity)
        return TN_OK;
    ptrdiff_t doubled, bytes;
    if (tni_mul(growable->capacity, 2, &doubled) || tni_mul(doubled, growable->itemsize, &bytes) || doubled < length)
        doubled = length;
    return move_elements(growable, doubled < FIRST_CAPACITY ? FIRST_CAPACITY : doubled, old, err);
}

tn_status tn_growable_append(tn_growable *growable, const void *values, ptrdiff_t count, tn_error *err)
{
    if (count < 0)
        return tn_fail(err, TN_WRONG_VALUE, "%td elements cannot be appended", count);
    if (count == 0)
        return TN_OK;
    if (values == NULL)
        return tn_fail(err, TN_WRONG_VALUE, "the values to append are NULL");
    ptrdiff_t length = 0;
    void *old;
    tn_status status = check_idle(growable, "append", err);
    if (status == TN_OK && tni_add(growable->length, count, &length))
        status = tn_fail(err, TN_OUT_OF_RANGE, "there are more elements than an address can count");
    if (status == TN_OK)
        status = make_room(growable, length, &old, err);
    if (status != TN_OK)
        return status;
    memmove(growable->data + growable->length * growable->itemsize, values, (size_t)(count * growable->itemsize));
    growable->length = length;
    tni_free(old); /* only now: the values may have lain there */
    return TN_OK;
}

tn_status tn_growable_reserve(tn_growable *growable, ptrdiff_t capacity, tn_error *err)
{
    if (capacity <= growable->capacity)
        return TN_OK;
    void *old;
    tn_status status = check_idle(growable, "reserve", err);
    if (status == TN_OK)
        status = move_elements(growable, capacity, &old, err);
    if (status == TN_OK)
        tni_free(old);
    return status;
}

tn_status tn_growable_resize(tn_growable *growable, ptrdiff_t length, tn_error *err)
{
    if (length < 0)
        return tn_fail(err, TN_WRONG_VALUE, "the length would be %td", length);
    if (length == growable->length)
        return TN_OK;
    void *old;
    tn_status status = check_idle(growable, "resize", err);
    if (status == TN_OK)
        status = make_room(growable, length, &old, err);
    if (status != TN_OK)
        return status;
    if (length > growable->length)
        memset(growable->data + growable->length * growable->itemsize, 0,
               (size_t)((length - growable->length) * growable->itemsize));
    growable->length = length;
    tni_free(old);
    return TN_OK;
}

/* --- lending ------------------------------------------------------------------------------------------------------ */

tn_span tn_growable_span(const tn_growable *growable)
{
    return (tn_span){.data = growable->data, .type = growable->shared->type, .ndim = 1, .shape = &growable->length,
                     .strides = &growable->itemsize};
}

tn_status tn_growable_share(tn_growable *growable, tn_array *out, tn_error *err)
{
    tn_span span = tn_growable_span(growable);
    tn_status status = tni_shared_lend(growable->shared, &span, out, err);
    if (status != TN_OK)
        *out = (tn_array){0};
    return status;
}
