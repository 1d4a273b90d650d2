/* SPDX-License-Identifier: BSD-3-Clause */
#include "unfold.h"

#include <string.h>

#include "tenon/copy.h"

#include "../error.h"
#include "../span_type.h"

static void append_axes(tn_span *span, tn_layout *layout, const tn_type *type)
{
    ptrdiff_t stride = type->base->itemsize;
    for (int i = type->ndim - 1; i >= 0; i--) {
        layout->shape[span->ndim + i] = type->shape[i];
        layout->strides[span->ndim + i] = stride;
        layout->suboffsets[span->ndim + i] = -1;
        stride *= type->shape[i];
    }
    span->ndim += type->ndim;
    span->type = type->base;
}

tn_status tnpy_unfold(const tn_span *span, tn_span *out, tn_layout *layout, tn_error *err)
{
    *out = *span;
    if (span->type->kind != TN_SUBARRAY)
        return TN_OK;
    if (span->ndim + span->type->ndim > TN_MAX_NDIM)
        return tn_fail(err, TN_UNSUPPORTED, "%d dimensions of elements with %d are more than %d", (int)span->ndim,
                       span->type->ndim, TN_MAX_NDIM);
    size_t bytes = (size_t)span->ndim * sizeof *span->shape;
    if (bytes > 0) {
        memcpy(layout->shape, span->shape, bytes);
        memcpy(layout->strides, span->strides, bytes);
    }
    if (bytes > 0 && span->suboffsets != NULL)
        memcpy(layout->suboffsets, span->suboffsets, bytes);
    append_axes(out, layout, span->type);
    out->shape = layout->shape;
    out->strides = layout->strides;
    out->suboffsets = span->suboffsets == NULL ? NULL : layout->suboffsets;
    return TN_OK;
}

PyObject *tnpy_direct_copy(tnpy_state *state, const tn_span *span)
{
    tn_array array;
    tn_error err;
    tn_status status = tn_array_new(span->type, span->ndim, span->shape, TN_ORDER_C, &array, &err);
    if (status != TN_OK)
        return tnpy_raise(&err);
    status = tn_copy(&array.span, span, TN_CAST_NO, &err);
    if (status == TN_OK)
        return tnpy_span_lend(state, &array, NULL, 0);
    tn_array_release(&array);
    return tnpy_raise(&err);
}

bool tnpy_is_native(const tn_type *type)
{
    return type->byteorder == TN_NATIVE || type->byteorder == TN_NO_ORDER || type->itemsize == 1;
}

bool tnpy_is_contiguous(const tn_span *span, tn_order order)
{
    return span->suboffsets == NULL &&
           tn_is_contiguous(span->ndim, span->shape, span->strides, span->type->itemsize, order);
}

const char *tnpy_speakers(const tn_type *type)
{
    bool buffer = tn_type_to_format(type, NULL, 0, NULL, NULL) != TN_UNSUPPORTED;
    bool interface = tn_type_to_typestr(type, NULL, 0, NULL, NULL) != TN_UNSUPPORTED &&
                     tn_type_to_descr(type, NULL, 0, NULL, NULL) != TN_UNSUPPORTED;
    if (buffer)
        return interface ? "the buffer protocol and __array_interface__ have" : "the buffer protocol has";
    if (interface)
        return "__array_interface__ has";
    return type->kind == TN_BFLOAT ? "DLPack has" : "numpy() has";
}
