/* SPDX-License-Identifier: BSD-3-Clause */
#include "want.h"

#include <stdint.h>

#include "object.h"
#include "words.h"

/* --- words -------------------------------------------------------------------------------------------------------- */

enum { WORDS = 256 };

/* "float64 with 2 dimensions", "an array with at most 3 dimensions" */
static void append_need(char *text, const tn_want *want)
{
    if (want == NULL || want->type == NULL)
        tnpy_append(text, WORDS, "an array");
    else
        tnpy_append_type(text, WORDS, want->type);
    if (want == NULL || (want->min_ndim <= 0 && want->max_ndim >= TN_MAX_NDIM))
        return;
    if (want->min_ndim == want->max_ndim)
        tnpy_append(text, WORDS, " with %d dimension%s", (int)want->max_ndim, want->max_ndim == 1 ? "" : "s");
    else if (want->max_ndim >= TN_MAX_NDIM)
        tnpy_append(text, WORDS, " with at least %d dimension%s", (int)want->min_ndim, want->min_ndim == 1 ? "" : "s");
    else
        tnpy_append(text, WORDS, " with %d to %d dimensions", (int)want->min_ndim, (int)want->max_ndim);
}

/* Why a type is not the one that was asked for, where it is not plain to see. */
static void append_reason(char *text, const tn_want *want, const tn_type *got)
{
    tn_error reason;
    if (want->type->kind == TN_STRUCT && got->kind == TN_STRUCT) {
        if (tn_type_difference(want->type, got, &reason) != TN_OK)
            tnpy_append(text, WORDS, ": %s", reason.message);
    } else if (got->kind == want->type->kind && got->itemsize == want->type->itemsize &&
               got->byteorder != want->type->byteorder) {
        tnpy_append(text, WORDS, "; its bytes are in the other order");
    }
}

/* --- refusals ----------------------------------------------------------------------------------------------------- */

static tn_status refuse_kind(const tn_want *want, const tn_span *span, tn_error *err)
{
    char need[WORDS] = "", got[WORDS] = "", reason[WORDS] = "";
    append_need(need, want);
    tnpy_append_type(got, WORDS, span->type);
    tnpy_append_shape(got, WORDS, span);
    if (tnpy_holds_objects(span->type))
        tnpy_append(reason, WORDS, "; its elements are Python objects, which C cannot read");
    else if (want->type != NULL)
        append_reason(reason, want, span->type);
    return tn_fail(err, TN_WRONG_TYPE, "must be %s, got %s%s", need, got, reason);
}

static tn_status refuse_order(const tn_want *want, const tn_span *span, tn_error *err)
{
    char strides[WORDS] = "", shape[WORDS] = "";
    int either = (want->flags & TN_WANT_C_ORDER) && (want->flags & TN_WANT_F_ORDER);
    const char *order = either ? "C- or Fortran" : want->flags & TN_WANT_C_ORDER ? "C" : "Fortran";
    const char *maker = want->flags & TN_WANT_C_ORDER ? "np.ascontiguousarray" : "np.asfortranarray";
    tnpy_append_numbers(strides, WORDS, span->strides, span->ndim);
    tnpy_append_numbers(shape, WORDS, span->shape, span->ndim);
    if (want->flags & TN_WANT_WRITABLE)
        return tn_fail(err, TN_WRONG_VALUE,
                       "must be %s-contiguous, got strides %s for shape %s; it is written to, so no copy would do",
                       order, strides, shape);
    return tn_fail(err, TN_WRONG_VALUE, "must be %s-contiguous, got strides %s for shape %s; %s makes such a copy",
                   order, strides, shape, maker);
}

static tn_status refuse_alignment(const tn_span *span, tn_error *err)
{
    char strides[WORDS] = "";
    unsigned alignment = span->type->alignment, past = (unsigned)((uintptr_t)span->data % alignment);
    if (past != 0)
        return tn_fail(err, TN_WRONG_VALUE, "must be aligned to %u bytes, its address is %u past that", alignment,
                       past);
    tnpy_append_numbers(strides, WORDS, span->strides, span->ndim);
    return tn_fail(err, TN_WRONG_VALUE, "must be aligned to %u bytes, got strides %s", alignment, strides);
}

static tn_status refuse_self_overlap(const tn_span *span, tn_error *err)
{
    char strides[WORDS] = "";
    tnpy_append_numbers(strides, WORDS, span->strides, span->ndim);
    return tn_fail(err, TN_WRONG_VALUE, "has several elements in the same memory (strides %s), and is written to",
                   strides);
}

tn_status tnpy_want_refuse_object(const tn_want *want, PyObject *obj, tn_error *err)
{
    char need[WORDS] = "";
    append_need(need, want);
    int writable = want != NULL && want->flags & TN_WANT_WRITABLE;
    int helps = PySequence_Check(obj) && !PyUnicode_Check(obj) && !writable;
    return tn_fail(err, TN_WRONG_TYPE, "must be %s, got %.100s%s", need, tnpy_type_name(obj),
                   helps ? "; np.asarray makes an array of it" : "");
}

/* --- checking ----------------------------------------------------------------------------------------------------- */

static int is_contiguous(const tn_span *span, tn_order order)
{
    return span->suboffsets == NULL &&
           tn_is_contiguous(span->ndim, span->shape, span->strides, span->type->itemsize, order);
}

static tn_status check_layout(const tn_want *want, const tn_span *span, tn_error *err)
{
    uint32_t flags = want->flags;
    if (span->suboffsets != NULL && !(flags & TN_TAKE_INDIRECT))
        return tn_fail(err, TN_WRONG_VALUE,
                       "is indirect (it has suboffsets), but must lie in one block; a copy of it does");
    int is_c = is_contiguous(span, TN_ORDER_C);
    if (flags & (TN_WANT_C_ORDER | TN_WANT_F_ORDER) && !(flags & TN_WANT_C_ORDER && is_c) &&
        !(flags & TN_WANT_F_ORDER && is_contiguous(span, TN_ORDER_F)))
        return refuse_order(want, span, err);
    /* Indirect memory has its elements behind pointers, where only whoever follows them sees their addresses. */
    if (!(flags & TN_TAKE_UNALIGNED) && span->suboffsets == NULL &&
        !tn_is_aligned(span->data, span->ndim, span->shape, span->strides, span->type->alignment))
        return refuse_alignment(span, err);
    if (flags & TN_WANT_WRITABLE && !is_c && span->suboffsets == NULL &&
        tn_span_overlaps_itself(span, 0) != TN_DISJOINT)
        return refuse_self_overlap(span, err);
    return TN_OK;
}

tn_status tnpy_want_check(const tn_want *want, tn_span *span, tn_error *err)
{
    static const tn_want anything = {NULL, 0, TN_MAX_NDIM, 0};
    if (want == NULL)
        want = &anything;
    if (want->flags & TN_WANT_WRITABLE && span->flags & TN_READONLY)
        return tn_fail(err, TN_WRONG_VALUE, "is read-only, and is written to");
    if (span->ndim < want->min_ndim || span->ndim > want->max_ndim)
        return refuse_kind(want, span, err);
    if ((want->type != NULL && !tn_type_equal(want->type, span->type)) || tnpy_holds_objects(span->type))
        return refuse_kind(want, span, err);
    if (want->type != NULL)
        span->type = want->type;
    return check_layout(want, span, err);
}
