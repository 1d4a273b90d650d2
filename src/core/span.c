/* SPDX-License-Identifier: BSD-3-Clause */
/* Spans: checks, contiguity, and new layouts of the same memory.
 *
 * Every function that makes a span first makes all of it on the stack, and writes `out` and `layout` at the very end.
 * So `out` may be the span it is made from, and `layout` the one that span points into.
 *
 * Indirect axes. An axis with a suboffset ≥ 0 ends a segment: when its index has been added, a pointer is loaded, and
 * the next segment starts there, at the suboffset. Bytes that a fixed index or the start of a slice adds on an axis
 * must therefore be added within the same segment: to `data` in the first one, to the suboffset that opens it in any
 * other.
 */
#include "tenon/span.h"

#include <string.h>

#include "checked.h"

/* --- measuring ---------------------------------------------------------------------------------------------------- */

tn_status tn_span_check(const tn_span *span, tn_error *err)
{
    if (span->data == NULL)
        return tn_fail(err, TN_WRONG_VALUE, "data is NULL");
    if (span->type == NULL)
        return tn_fail(err, TN_WRONG_VALUE, "there is no element type");
    if (span->type->itemsize < 0)
        return tn_fail(err, TN_WRONG_VALUE, "the itemsize is %td", span->type->itemsize);
    if (span->ndim < 0 || span->ndim > TN_MAX_NDIM)
        return tn_fail(err, TN_WRONG_VALUE, "%ld dimensions; 0 to %d are possible", (long)span->ndim, TN_MAX_NDIM);
    if (span->ndim > 0 && (span->shape == NULL || span->strides == NULL))
        return tn_fail(err, TN_WRONG_VALUE, "there is no %s", span->shape == NULL ? "shape" : "array of strides");
    for (int k = 0; k < span->ndim; k++)
        if (span->shape[k] < 0)
            return tn_fail(err, TN_WRONG_VALUE, "extent %d is %td, and must not be negative", k, span->shape[k]);
    ptrdiff_t unused;
    if (tni_product(1, span->ndim, span->shape, &unused))
        return tn_fail(err, TN_OUT_OF_RANGE, "there are more elements than an address can count");
    if (tni_product(span->type->itemsize, span->ndim, span->shape, &unused))
        return tn_fail(err, TN_OUT_OF_RANGE, "the elements take more bytes than an address can count");
    return TN_OK;
}

ptrdiff_t tn_span_size(const tn_span *span)
{
    ptrdiff_t size = 1;
    return tni_product(1, span->ndim, span->shape, &size) ? PTRDIFF_MAX : size;
}

ptrdiff_t tn_span_nbytes(const tn_span *span)
{
    ptrdiff_t bytes = 0;
    return tni_product(span->type->itemsize, span->ndim, span->shape, &bytes) ? PTRDIFF_MAX : bytes;
}

static int is_indirect(const tn_span *span)
{
    if (span->suboffsets == NULL)
        return 0;
    for (int k = 0; k < span->ndim; k++)
        if (span->suboffsets[k] >= 0)
            return 1;
    return 0;
}

tn_status tn_span_extent(const tn_span *span, ptrdiff_t *low, ptrdiff_t *high, tn_error *err)
{
    if (is_indirect(span))
        return tn_fail(err, TN_UNSUPPORTED, "indirect memory is not one range of bytes");
    ptrdiff_t first = 0, end = span->type->itemsize;
    int too_far = 0;
    for (int k = 0; k < span->ndim; k++) {
        if (span->shape[k] == 0) { /* however far the other strides reach */
            *low = *high = 0;
            return TN_OK;
        }
        ptrdiff_t reach;
        too_far |= tni_mul(span->shape[k] - 1, span->strides[k], &reach) ||
                   (reach < 0 ? tni_add(first, reach, &first) : tni_add(end, reach, &end));
    }
    if (too_far)
        return tn_fail(err, TN_OUT_OF_RANGE, "the strides reach further than an address");
    *low = span->type->itemsize == 0 ? 0 : first;
    *high = span->type->itemsize == 0 ? 0 : end;
    return TN_OK;
}

/* --- contiguity and alignment ------------------------------------------------------------------------------------- */

/* The axis that varies fastest but `k` others. */
static int axis_from_inside(int k, int ndim, tn_order order)
{
    return order == TN_ORDER_C ? ndim - 1 - k : k;
}

tn_status tn_contiguous_strides(int ndim, const ptrdiff_t *shape, ptrdiff_t itemsize, tn_order order,
                                ptrdiff_t *strides, tn_error *err)
{
    if (ndim < 0 || ndim > TN_MAX_NDIM)
        return tn_fail(err, TN_WRONG_VALUE, "%d dimensions; 0 to %d are possible", ndim, TN_MAX_NDIM);
    ptrdiff_t stride = itemsize;
    for (int k = 0; k < ndim; k++) {
        int axis = axis_from_inside(k, ndim, order);
        if (shape[axis] < 0)
            return tn_fail(err, TN_WRONG_VALUE, "extent %d is %td, and must not be negative", axis, shape[axis]);
        if (shape[axis] > 1 && tni_mul(stride, shape[axis], &stride))
            return tn_fail(err, TN_OUT_OF_RANGE, "the elements take more bytes than an address can count");
    }
    stride = itemsize;
    for (int k = 0; k < ndim; k++) { /* in place: `strides` may be `shape` */
        int axis = axis_from_inside(k, ndim, order);
        ptrdiff_t extent = shape[axis];
        strides[axis] = stride;
        stride *= extent > 1 ? extent : 1;
    }
    return TN_OK;
}

int tn_is_contiguous(int ndim, const ptrdiff_t *shape, const ptrdiff_t *strides, ptrdiff_t itemsize, tn_order order)
{
    for (int k = 0; k < ndim; k++)
        if (shape[k] == 0)
            return 1;
    ptrdiff_t stride = itemsize;
    for (int k = 0; k < ndim; k++) {
        int axis = axis_from_inside(k, ndim, order);
        if (shape[axis] == 1)
            continue;
        /* A stride that is too large for an address is not the one that stands there. */
        if (strides[axis] != stride || tni_mul(stride, shape[axis], &stride))
            return 0;
    }
    return 1;
}

int tn_is_aligned(const void *data, int ndim, const ptrdiff_t *shape, const ptrdiff_t *strides, uint32_t alignment)
{
    if (alignment <= 1)
        return 1;
    uintptr_t bits = (uintptr_t)data;
    for (int k = 0; k < ndim; k++) {
        if (shape[k] == 0)
            return 1;
        if (shape[k] > 1)
            bits |= (uintptr_t)strides[k];
    }
    return (bits & (alignment - 1)) == 0;
}

/* --- making spans ------------------------------------------------------------------------------------------------- */

/* A span under construction. */
typedef struct making {
    char *data;
    int ndim;
    tn_layout layout;
} making;

static void begin(const tn_span *span, making *m)
{
    m->data = span->data;
    m->ndim = span->ndim;
    for (int k = 0; k < span->ndim; k++) {
        m->layout.shape[k] = span->shape[k];
        m->layout.strides[k] = span->strides[k];
        m->layout.suboffsets[k] = span->suboffsets == NULL ? -1 : span->suboffsets[k];
    }
}

static tn_status finish(const making *m, const tn_span *span, tn_span *out, tn_layout *layout)
{
    tn_span made = {.data = m->data, .type = span->type, .ndim = m->ndim, .flags = span->flags,
                    .shape = layout->shape, .strides = layout->strides, .suboffsets = layout->suboffsets};
    size_t bytes = (size_t)m->ndim * sizeof *layout->shape;
    memcpy(layout->shape, m->layout.shape, bytes);
    memcpy(layout->strides, m->layout.strides, bytes);
    memcpy(layout->suboffsets, m->layout.suboffsets, bytes);
    if (!is_indirect(&made))
        made.suboffsets = NULL;
    *out = made;
    return TN_OK;
}

/* Does anybody go along `axis`: to elements, or, where there are none, to pointers that it or an axis behind it
 * loads? */
static int leads_somewhere(const making *m, int axis)
{
    for (int k = 0; k < m->ndim && m->layout.shape[k] > 0; k++)
        if (k == m->ndim - 1 || (k >= axis && m->layout.suboffsets[k] >= 0))
            return 1;
    return 0;
}

/* Add `bytes` to the addresses on `axis`: in the segment that the axis is in. */
static tn_status move(making *m, int axis, ptrdiff_t bytes, tn_error *err)
{
    for (int k = axis - 1; k >= 0; k--) {
        ptrdiff_t *suboffset = &m->layout.suboffsets[k];
        if (*suboffset < 0)
            continue;
        ptrdiff_t moved;
        if (tni_add(*suboffset, bytes, &moved))
            return tn_fail(err, TN_OUT_OF_RANGE, "the offset does not fit into an address");
        if (moved < 0)
            return tn_fail(err, TN_UNSUPPORTED, "suboffset %d would be negative", k);
        *suboffset = moved;
        return TN_OK;
    }
    m->data += bytes;
    return TN_OK;
}

static tn_status check_axis(const tn_span *span, int axis, tn_error *err)
{
    if (axis >= 0 && axis < span->ndim)
        return TN_OK;
    return tn_fail(err, TN_WRONG_VALUE, "there is no axis %d in %ld dimensions", axis, (long)span->ndim);
}

/* The pointer that an axis loads, after that axis is gone: loaded here if no axis is before it, else by the axis
 * before. */
static tn_status inherit_load(making *m, int axis, tn_error *err)
{
    ptrdiff_t suboffset = m->layout.suboffsets[axis];
    if (suboffset < 0)
        return TN_OK;
    if (axis > 0) {
        if (m->layout.suboffsets[axis - 1] >= 0)
            return tn_fail(err, TN_UNSUPPORTED, "one axis cannot follow two pointers");
        m->layout.suboffsets[axis - 1] = suboffset;
        return TN_OK;
    }
    if (leads_somewhere(m, 1)) {
        char *loaded;
        memcpy(&loaded, m->data, sizeof loaded);
        m->data = loaded + suboffset;
    }
    return TN_OK;
}

static tn_status refuse_offset(tn_error *err)
{
    return tn_fail(err, TN_OUT_OF_RANGE, "the offset does not fit into an address");
}

tn_status tn_span_index(const tn_span *span, int axis, ptrdiff_t index, tn_span *out, tn_layout *layout, tn_error *err)
{
    tn_status status = check_axis(span, axis, err);
    if (status != TN_OK)
        return status;
    ptrdiff_t extent = span->shape[axis];
    ptrdiff_t position = index < 0 ? index + extent : index;
    if (position < 0 || position >= extent)
        return tn_fail(err, TN_WRONG_VALUE, "index %td is out of range for extent %td of axis %d", index, extent, axis);

    making m;
    begin(span, &m);
    ptrdiff_t bytes;
    int is_too_far = tni_mul(position, span->strides[axis], &bytes);
    if (leads_somewhere(&m, axis)) /* else the stride may be any number */
        status = is_too_far ? refuse_offset(err) : move(&m, axis, bytes, err);
    if (status == TN_OK)
        status = inherit_load(&m, axis, err);
    if (status != TN_OK)
        return status;
    m.ndim--;
    size_t behind = (size_t)(m.ndim - axis) * sizeof(ptrdiff_t);
    memmove(m.layout.shape + axis, m.layout.shape + axis + 1, behind);
    memmove(m.layout.strides + axis, m.layout.strides + axis + 1, behind);
    memmove(m.layout.suboffsets + axis, m.layout.suboffsets + axis + 1, behind);
    return finish(&m, span, out, layout);
}

/* How many indices start, start + step, … lie before stop. */
static ptrdiff_t count_steps(ptrdiff_t start, ptrdiff_t stop, ptrdiff_t step)
{
    if (step > 0)
        return start < stop ? (stop - start - 1) / step + 1 : 0;
    return start > stop ? (stop - start + 1) / step + 1 : 0;
}

tn_status tn_span_slice(const tn_span *span, int axis, ptrdiff_t start, ptrdiff_t stop, ptrdiff_t step, tn_span *out,
                        tn_layout *layout, tn_error *err)
{
    tn_status status = check_axis(span, axis, err);
    if (status != TN_OK)
        return status;
    ptrdiff_t extent = span->shape[axis];
    ptrdiff_t least = step < 0 ? -1 : 0, most = step < 0 ? extent - 1 : extent;
    if (step == 0)
        return tn_fail(err, TN_WRONG_VALUE, "the step of a slice is 0");
    if (start < least || start > most || stop < least || stop > most)
        return tn_fail(err, TN_WRONG_VALUE, "slice from %td to %td is not clipped to extent %td", start, stop, extent);

    making m;
    begin(span, &m);
    ptrdiff_t count = count_steps(start, stop, step), bytes, stride = span->strides[axis];
    int is_too_far = tni_mul(start, stride, &bytes), is_too_long = tni_mul(stride, step, &stride);
    m.layout.shape[axis] = count;
    m.layout.strides[axis] = stride;
    if (leads_somewhere(&m, axis)) /* else the stride may be any number */
        status = is_too_far || (is_too_long && count > 1) ? refuse_offset(err) : move(&m, axis, bytes, err);
    return status != TN_OK ? status : finish(&m, span, out, layout);
}

/* The number of pointers loaded before the index of an axis counts. */
static int segment_of(const tn_span *span, int axis)
{
    int segment = 0;
    for (int k = 0; k < axis && span->suboffsets != NULL; k++)
        segment += span->suboffsets[k] >= 0;
    return segment;
}

tn_status tn_span_transpose(const tn_span *span, const int *axes, tn_span *out, tn_layout *layout, tn_error *err)
{
    making m;
    uint64_t seen = 0;
    begin(span, &m);
    for (int k = 0; k < span->ndim; k++) {
        int axis = axes == NULL ? span->ndim - 1 - k : axes[k];
        tn_status status = check_axis(span, axis, err);
        if (status != TN_OK)
            return status;
        if (seen >> axis & 1)
            return tn_fail(err, TN_WRONG_VALUE, "axis %d appears twice", axis);
        if (segment_of(span, axis) != segment_of(span, k))
            return tn_fail(err, TN_UNSUPPORTED, "an axis cannot move past an indirect one");
        seen |= (uint64_t)1 << axis;
        m.layout.shape[k] = span->shape[axis];
        m.layout.strides[k] = span->strides[axis];
    }
    return finish(&m, span, out, layout);
}

tn_status tn_span_broadcast(const tn_span *span, int ndim, const ptrdiff_t *shape, tn_span *out, tn_layout *layout,
                            tn_error *err)
{
    if (ndim < span->ndim || ndim > TN_MAX_NDIM)
        return tn_fail(err, TN_WRONG_VALUE, "%ld dimensions cannot be broadcast to %d", (long)span->ndim, ndim);
    making m = {.data = span->data, .ndim = ndim};
    int added = ndim - span->ndim;
    for (int k = 0; k < ndim; k++) {
        if (shape[k] < 0)
            return tn_fail(err, TN_WRONG_VALUE, "extent %d is %td, and must not be negative", k, shape[k]);
        m.layout.shape[k] = shape[k];
        m.layout.strides[k] = 0;
        m.layout.suboffsets[k] = -1;
        if (k < added)
            continue;
        ptrdiff_t extent = span->shape[k - added];
        if (extent != shape[k] && extent != 1)
            return tn_fail(err, TN_WRONG_VALUE, "extent %td cannot be broadcast to %td on axis %d", extent, shape[k],
                           k);
        if (extent == shape[k])
            m.layout.strides[k] = span->strides[k - added];
        if (span->suboffsets != NULL)
            m.layout.suboffsets[k] = span->suboffsets[k - added];
    }
    ptrdiff_t unused;
    if (tni_product(1, ndim, shape, &unused) || tni_product(span->type->itemsize, ndim, shape, &unused))
        return tn_fail(err, TN_OUT_OF_RANGE, "there are more elements than an address can count");
    return finish(&m, span, out, layout);
}

tn_status tn_span_rows(void *const *table, const tn_type *type, int ndim, const ptrdiff_t *shape, uint32_t flags,
                       tn_span *out, tn_layout *layout, tn_error *err)
{
    if (ndim < 2)
        return tn_fail(err, TN_WRONG_VALUE, "%d dimensions; memory in rows has 2 at least", ndim);
    if (table == NULL)
        return tn_fail(err, TN_WRONG_VALUE, "the table of rows is NULL");
    if (type == NULL)
        return tn_fail(err, TN_WRONG_VALUE, "there is no element type");
    making m = {.ndim = ndim};
    tn_status status = tn_contiguous_strides(ndim, shape, type->itemsize, TN_ORDER_C, m.layout.strides, err);
    if (status != TN_OK)
        return status;
    memcpy(&m.data, &table, sizeof table);
    memcpy(m.layout.shape, shape, (size_t)ndim * sizeof *shape);
    m.layout.strides[0] = sizeof *table;
    for (int k = 0; k < ndim; k++)
        m.layout.suboffsets[k] = k == 0 ? 0 : -1;
    tn_span rows = {.data = m.data, .type = type, .ndim = ndim, .flags = flags, .shape = m.layout.shape,
                    .strides = m.layout.strides, .suboffsets = m.layout.suboffsets};
    status = tn_span_check(&rows, err);
    for (ptrdiff_t i = 0; status == TN_OK && tn_span_size(&rows) > 0 && i < shape[0]; i++)
        if (table[i] == NULL)
            status = tn_fail(err, TN_WRONG_VALUE, "row %td is NULL", i);
    return status != TN_OK ? status : finish(&m, &rows, out, layout);
}

/* --- reshaping ---------------------------------------------------------------------------------------------------- */

/* Fill in an extent of -1, and check that the counts agree. */
static tn_status resolve_shape(const tn_span *span, int ndim, const ptrdiff_t *shape, ptrdiff_t *resolved,
                               tn_error *err)
{
    int open = -1;
    for (int k = 0; k < ndim; k++) {
        resolved[k] = shape[k];
        if (shape[k] == -1 && open < 0) {
            open = k;
            resolved[k] = 1;
        } else if (shape[k] < 0)
            return tn_fail(err, TN_WRONG_VALUE,
                           shape[k] == -1 ? "more than one extent is -1" : "an extent is negative");
    }
    ptrdiff_t size = tn_span_size(span), others;
    if (tni_product(1, ndim, resolved, &others))
        return tn_fail(err, TN_WRONG_VALUE, "%td elements do not fill this shape", size);
    if (open >= 0 && others > 0 && size % others == 0)
        resolved[open] = size / others;
    else if (open >= 0 || others != size)
        return tn_fail(err, TN_WRONG_VALUE, "%td elements do not fill this shape", size);
    return TN_OK;
}

static void reverse(int ndim, ptrdiff_t *list)
{
    for (int k = 0; k < ndim / 2; k++) {
        ptrdiff_t other = list[ndim - 1 - k];
        list[ndim - 1 - k] = list[k];
        list[k] = other;
    }
}

/* The strides of the new shape over the same elements in C order. Both shapes are cut into the smallest groups of axes
 * that count equally many elements; within a group the old axes must be one run of memory, which the new axes divide.
 * Returns 1 if they are not. All extents are > 0 and the counts agree. */
static int divide(int old_ndim, const ptrdiff_t *old_shape, const ptrdiff_t *old_strides, int ndim,
                  const ptrdiff_t *shape, ptrdiff_t *strides)
{
    int old = 0, new = 0;
    while (old < old_ndim && new < ndim) {
        int old_end = old + 1, new_end = new + 1;
        ptrdiff_t old_count = old_shape[old], new_count = shape[new];
        while (old_count != new_count) {
            if (old_count < new_count)
                old_count *= old_shape[old_end++];
            else
                new_count *= shape[new_end++];
        }
        ptrdiff_t stride = old_strides[old_end - 1];
        for (int k = old_end - 2; k >= old; k--)
            if (tni_mul(stride, old_shape[k + 1], &stride) || old_strides[k] != stride)
                return 1;
        strides[new_end - 1] = old_strides[old_end - 1];
        for (int k = new_end - 2; k >= new; k--)
            if (tni_mul(strides[k + 1], shape[k + 1], &strides[k]))
                return 1;
        old = old_end;
        new = new_end;
    }
    return 0;
}

/* The extents that are not 1. */
static int without_ones(int ndim, const ptrdiff_t *shape, const ptrdiff_t *strides, ptrdiff_t *kept_shape,
                        ptrdiff_t *kept_strides)
{
    int kept = 0;
    for (int k = 0; k < ndim; k++) {
        if (shape[k] == 1)
            continue;
        kept_shape[kept] = shape[k];
        if (strides != NULL)
            kept_strides[kept] = strides[k];
        kept++;
    }
    return kept;
}

static int is_divisible(const tn_span *span, int ndim, const ptrdiff_t *shape, tn_order order, ptrdiff_t *strides)
{
    ptrdiff_t old_shape[TN_MAX_NDIM], old_strides[TN_MAX_NDIM], new_shape[TN_MAX_NDIM], new_strides[TN_MAX_NDIM];
    int old_ndim = without_ones(span->ndim, span->shape, span->strides, old_shape, old_strides);
    int new_ndim = without_ones(ndim, shape, NULL, new_shape, NULL);
    if (order == TN_ORDER_F) {
        reverse(old_ndim, old_shape);
        reverse(old_ndim, old_strides);
        reverse(new_ndim, new_shape);
    }
    if (divide(old_ndim, old_shape, old_strides, new_ndim, new_shape, new_strides))
        return 0;
    if (order == TN_ORDER_F)
        reverse(new_ndim, new_strides);
    int kept = 0;
    for (int k = 0; k < ndim; k++)
        if (shape[k] != 1)
            strides[k] = new_strides[kept++];
    return 1;
}

tn_status tn_span_reshape(const tn_span *span, int ndim, const ptrdiff_t *shape, tn_order order, tn_span *out,
                          tn_layout *layout, tn_error *err)
{
    if (ndim < 0 || ndim > TN_MAX_NDIM)
        return tn_fail(err, TN_WRONG_VALUE, "%d dimensions; 0 to %d are possible", ndim, TN_MAX_NDIM);
    if (is_indirect(span))
        return tn_fail(err, TN_UNSUPPORTED, "indirect memory cannot be reshaped");
    making m = {.data = span->data, .ndim = ndim};
    tn_status status = resolve_shape(span, ndim, shape, m.layout.shape, err);
    /* Axes of extent 1, and all axes where there is nothing, get the strides of contiguous memory. */
    if (status == TN_OK)
        status = tn_contiguous_strides(ndim, m.layout.shape, span->type->itemsize, order, m.layout.strides, err);
    if (status != TN_OK)
        return status;
    for (int k = 0; k < ndim; k++)
        m.layout.suboffsets[k] = -1;
    if (tn_span_size(span) > 0 && !is_divisible(span, ndim, m.layout.shape, order, m.layout.strides))
        return tn_fail(err, TN_WRONG_VALUE, "this shape would need a copy");
    return finish(&m, span, out, layout);
}
