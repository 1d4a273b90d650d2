/* SPDX-License-Identifier: BSD-3-Clause */
/* tn_copy, tn_array_copy and tn_fill: what may be copied to where. How it is done is told in copying.h. */
#include "tenon/copy.h"

#include <string.h>

#include "cast.h"
#include "copy_stream.h"
#include "copying.h"
#include "fail.h"
#include "memory.h"
#include "pages.h"
#include "text.h"

enum { SMALL_VALUE = 256 };

/* --- what may be copied ------------------------------------------------------------------------------------------- */

static int has_objects(const tn_type *type)
{
    if (type->kind == TN_OBJECT)
        return 1;
    if (type->kind == TN_SUBARRAY)
        return has_objects(type->base);
    for (ptrdiff_t k = 0; type->kind == TN_STRUCT && k < type->nfields; k++)
        if (has_objects(type->fields[k].type))
            return 1;
    return 0;
}

static tn_status check_type(const tn_type *type, tn_error *err)
{
    return has_objects(type) ? tn_fail(err, TN_WRONG_TYPE, "Python objects cannot be copied as bytes") : TN_OK;
}

static tn_status check_destination(const tn_span *to, tn_error *err)
{
    tn_status status = tn_span_check(to, err);
    if (status != TN_OK)
        return status;
    if (to->flags & TN_READONLY)
        return tn_fail(err, TN_WRONG_VALUE, "the destination is read-only");
    return check_type(to->type, err);
}

static tn_status refuse_types(const tn_type *to, const tn_type *from, tn_casting casting, tn_error *err)
{
    if (to->kind == TN_STRUCT && from->kind == TN_STRUCT)
        return tn_type_difference(to, from, err);
    char to_text[128], from_text[128];
    tn_type_describe(to, to_text, sizeof to_text);
    tn_type_describe(from, from_text, sizeof from_text);
    if (casting == TN_CAST_NO)
        return tn_fail(err, TN_WRONG_TYPE, "the source is %s, the destination %s, and no cast was asked for", from_text,
                       to_text);
    return tn_fail(err, TN_WRONG_TYPE, "the source is %s, the destination %s; only numbers can be cast", from_text,
                   to_text);
}

/* *cast is filled where the types differ; else *casts is 0. */
static tn_status choose_cast(const tn_type *to, const tn_type *from, tn_casting casting, tni_cast *cast, int *casts,
                             tn_error *err)
{
    *casts = !tn_type_equal(to, from);
    if (*casts && (casting == TN_CAST_NO || tni_cast_init(cast, to, from)))
        return refuse_types(to, from, casting, err);
    return TN_OK;
}

static tn_status refuse_shape(const tn_span *to, const tn_span *from, tn_error *err)
{
    char text[TN_ERROR_CAPACITY];
    tni_text out = {text, sizeof text - 1, 0};
    tni_put(&out, "shape (");
    tni_put_shape(&out, from->ndim, from->shape, ", ");
    tni_put(&out, from->ndim == 1 ? ",) cannot be broadcast to (" : ") cannot be broadcast to (");
    tni_put_shape(&out, to->ndim, to->shape, ", ");
    tni_put(&out, to->ndim == 1 ? ",)" : ")");
    text[out.length < out.capacity ? out.length : out.capacity] = '\0';
    return tn_fail(err, TN_WRONG_VALUE, "%s", text);
}

/* Sets *source to `from` in the shape of `to`. Mostly it has that already. */
static tn_status match_shape(const tn_span *to, const tn_span *from, tn_span *source, tn_layout *layout, tn_error *err)
{
    *source = *from;
    if (to->ndim == from->ndim &&
        (to->ndim == 0 || memcmp(to->shape, from->shape, (size_t)to->ndim * sizeof *to->shape) == 0))
        return TN_OK;
    tn_status status = tn_span_broadcast(from, to->ndim, to->shape, source, layout, err);
    return status == TN_WRONG_VALUE ? refuse_shape(to, from, err) : status;
}

/* --- doing it ----------------------------------------------------------------------------------------------------- */

static int outer_of_both(const tn_span *to, const tn_span *from)
{
    int a = tni_outer_axes(to), b = tni_outer_axes(from);
    return a > b ? a : b;
}

/* The two have one shape and share no memory. */
static void copy_apart(const tn_span *to, const tn_span *from, const tni_cast *cast, tni_target target)
{
    tni_transfer t = {.to = to, .from = from, .outer = outer_of_both(to, from)};
    int ndim = to->ndim - t.outer;
    const ptrdiff_t *shape = to->shape + t.outer, *to_strides = to->strides + t.outer,
                    *from_strides = from->strides + t.outer;
    if (cast != NULL)
        tni_job_plan_cast(&t.job, ndim, shape, to_strides, from_strides, cast);
    else
        tni_job_plan(&t.job, ndim, shape, to_strides, from_strides, to->type->itemsize, tn_span_nbytes(to), target);
    tni_transfer_run(&t);
    if (t.job.streams)
        tni_stream_end();
}

/* Is there an order in which the copy is right although the two overlap? Then it is done. */
static int copy_in_place(const tn_span *to, const tn_span *from)
{
    tni_job job;
    if (outer_of_both(to, from) > 0)
        return 0;
    tni_job_plan(&job, to->ndim, to->shape, to->strides, from->strides, to->type->itemsize, tn_span_nbytes(to),
                 TNI_SHARED_TARGET);
    int direction = tni_safe_direction(&job, to->data, from->data);
    if (direction < 0)
        tni_job_reverse(&job);
    if (direction != 0)
        tni_job_run(&job, to->data, from->data);
    return direction != 0;
}

/* By way of a copy elsewhere; of what is repeated along an axis only once. */
static tn_status copy_by_way(const tn_span *to, const tn_span *from, const tni_cast *cast, tn_error *err)
{
    tn_layout layout, spread_layout;
    tn_span source = *from, copy = *from, spread;
    for (int k = 0; k < from->ndim; k++)
        layout.shape[k] = from->strides[k] == 0 ? 1 : from->shape[k];
    source.shape = copy.shape = layout.shape;
    copy.strides = layout.strides;
    copy.suboffsets = NULL;
    tn_status status =
        tn_contiguous_strides(copy.ndim, copy.shape, copy.type->itemsize, TN_ORDER_C, layout.strides, err);
    if (status != TN_OK)
        return status;
    copy.data = tni_alloc((size_t)tn_span_nbytes(&copy));
    if (copy.data == NULL)
        return tni_no_memory(err);
    tni_ask_for_large_pages(copy.data, (size_t)tn_span_nbytes(&copy));
    copy_apart(&copy, &source, NULL, TNI_FRESH_TARGET);
    status = tn_span_broadcast(&copy, to->ndim, to->shape, &spread, &spread_layout, err);
    if (status == TN_OK)
        copy_apart(to, &spread, cast, TNI_TARGET);
    tni_free(copy.data);
    return status;
}

/* Most copies are of one block to another. */
static int copy_block(const tn_span *to, const tn_span *from)
{
    ptrdiff_t itemsize = to->type->itemsize, nbytes = tn_span_nbytes(to);
    if (to->suboffsets != NULL || from->suboffsets != NULL || nbytes >= TNI_STREAM_FROM ||
        !tn_is_contiguous(to->ndim, to->shape, to->strides, itemsize, TN_ORDER_C) ||
        !tn_is_contiguous(from->ndim, from->shape, from->strides, itemsize, TN_ORDER_C))
        return 0;
    memmove(to->data, from->data, (size_t)nbytes);
    return 1;
}

/* The two have one shape. */
static tn_status copy_over(const tn_span *to, const tn_span *from, const tni_cast *cast, tn_error *err)
{
    int overlaps;
    tn_status status = tni_find_overlap(to, from, &overlaps, err);
    if (status != TN_OK)
        return status;
    if (!overlaps) {
        copy_apart(to, from, cast, TNI_TARGET);
        return TN_OK;
    }
    if (cast == NULL && copy_in_place(to, from))
        return TN_OK;
    return copy_by_way(to, from, cast, err);
}

tn_status tn_copy(const tn_span *to, const tn_span *from, tn_casting casting, tn_error *err)
{
    tn_layout layout;
    tn_span source;
    tni_cast cast;
    int casts;
    tn_status status = check_destination(to, err);
    if (status == TN_OK)
        status = tn_span_check(from, err);
    if (status == TN_OK)
        status = choose_cast(to->type, from->type, casting, &cast, &casts, err);
    if (status == TN_OK)
        status = match_shape(to, from, &source, &layout, err);
    if (status != TN_OK || tn_span_nbytes(to) == 0 || (!casts && copy_block(to, &source)))
        return status;
    status = tni_refuse_self_overlap(to, err);
    if (status == TN_OK && casts && casting == TN_CAST_EXACT && !cast.is_exact)
        status = tni_cast_check(&cast, from, to->type, err);
    return status != TN_OK ? status : copy_over(to, &source, casts ? &cast : NULL, err);
}

tn_status tn_array_copy(const tn_span *from, tn_order order, tn_array *out, tn_error *err)
{
    *out = (tn_array){.owner = NULL};
    tn_status status = tn_span_check(from, err);
    if (status == TN_OK)
        status = check_type(from->type, err);
    if (status == TN_OK)
        status = tn_array_new(from->type, from->ndim, from->shape, order, out, err);
    if (status == TN_OK && tn_span_nbytes(from) > 0)
        copy_apart(&out->span, from, NULL, TNI_FRESH_TARGET);
    return status;
}

/* --- filling ------------------------------------------------------------------------------------------------------ */

static void fill_with(const tn_span *to, const char *value)
{
    ptrdiff_t still[TN_MAX_NDIM] = {0};
    tn_span source = {.data = (void *)value, .type = to->type, .ndim = to->ndim, .shape = to->shape, .strides = still};
    copy_apart(to, &source, NULL, TNI_TARGET);
}

tn_status tn_fill(const tn_span *to, const void *value, tn_error *err)
{
    tn_status status = check_destination(to, err);
    if (status != TN_OK || tn_span_nbytes(to) == 0)
        return status;
    size_t size = (size_t)to->type->itemsize;
    char small[SMALL_VALUE];
    if (size <= sizeof small) {
        fill_with(to, memcpy(small, value, size));
        return TN_OK;
    }
    int overlaps;
    tn_span single = {.data = (void *)value, .type = to->type};
    status = tni_find_overlap(to, &single, &overlaps, err);
    if (status != TN_OK)
        return status;
    char *copy = overlaps ? tni_alloc(size) : NULL;
    if (overlaps && copy == NULL)
        return tni_no_memory(err);
    fill_with(to, overlaps ? memcpy(copy, value, size) : value);
    tni_free(copy);
    return TN_OK;
}
