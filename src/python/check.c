/* SPDX-License-Identifier: BSD-3-Clause */
/* Phase 2: every array against what its parameter asks for. Runs no Python code.
 *
 * A call's arrays have exactly their parameter's dimensions; in a batch they have the loop's axes in front.
 */
#include "frame.h"

#include <stdint.h>
#include <string.h>

#include "nowhere.h"
#include "object.h"
#include "handle.h"
#include "refusal.h"
#include "rows.h"

/* --- one array ---------------------------------------------------------------------------------------------------- */

static bool has_type(tnpy_frame *frame, int i)
{
    tnpy_dtype_key *key = &frame->function->slots[i].key;
    if (frame->sources[i] == TNPY_NDARRAY)
        return tnpy_numpy_has_type(frame->objects[i], key);
    const tn_type *type = frame->spans[i].type;
    return tn_type_equal(key->type, type) || (key->any_byte && type->itemsize == 1);
}

static bool has_ndim(const tnpy_frame *frame, int i)
{
    int extra = tnpy_lead(frame, i);
    return extra == 0 || (extra > 0 && frame->batch);
}

/* Is it an ndarray that says that it is C-contiguous, loop axes included? Another may be so, too. */
static bool is_dense(const tnpy_frame *frame, int i)
{
    return frame->sources[i] == TNPY_NDARRAY && tnpy_numpy_is_c_contiguous(frame->objects[i]);
}

static bool is_contiguous(const tnpy_frame *frame, int i)
{
    if (is_dense(frame, i))
        return true;
    const tn_span *span = &frame->spans[i];
    int lead = tnpy_lead(frame, i);
    for (int k = 0; k < lead; k++)
        if (span->shape[k] == 0)
            return true; /* no point will look at it */
    return tn_is_contiguous(span->ndim - lead, span->shape + lead, span->strides + lead,
                            frame->def->params[i].type->itemsize, TN_ORDER_C);
}

/* Where nothing is there, C gets an address that is aligned for anything. */
static bool has_no_elements(tn_span *span)
{
    for (int k = 0; k < span->ndim; k++)
        if (span->shape[k] == 0) {
            span->data = tnpy_nowhere();
            return true;
        }
    return false;
}

static bool is_aligned(const tnpy_frame *frame, int i)
{
    const tn_span *span = &frame->spans[i];
    uint32_t alignment = frame->def->params[i].type->alignment;
    if ((uintptr_t)span->data & (alignment - 1))
        return false;
    if ((frame->def->params[i].kind == TN_PARAM_ARRAY && !frame->batch) || is_dense(frame, i))
        return true; /* contiguous: every stride is a multiple of the itemsize */
    return tn_is_aligned(span->data, span->ndim, span->shape, span->strides, alignment);
}

/* tn_span parameters take every type that C can read. C sees shape and strides themselves, and may run
 * without the GIL while `array.shape = …` frees those of the array: the loan keeps copies. */
static tn_status complete_span(tnpy_frame *frame, int i)
{
    tn_span *span = &frame->spans[i];
    if (frame->sources[i] != TNPY_NDARRAY)
        return tnpy_holds_objects(span->type) ? tnpy_refuse_type(frame, i) : TN_OK;
    tnpy_loan *loan = PyMem_Calloc(1, sizeof *loan);
    if (loan == NULL)
        return tn_fail(&frame->error, TN_NO_MEMORY, "out of memory");
    loan->next = frame->loans;
    frame->loans = loan;
    if (tnpy_loan_copy_layout(loan, span, &frame->error) != TN_OK)
        return TN_NO_MEMORY;
    tn_error reason;
    tn_status status = tnpy_numpy_type(frame->objects[i], &span->type, &loan->type, &reason);
    if (status != TN_OK)
        return tnpy_refuse_because(frame, i, status, reason.message);
    return tnpy_holds_objects(span->type) ? tnpy_refuse_type(frame, i) : TN_OK;
}

static tn_status check_one(tnpy_frame *frame, int i)
{
    const tn_param *param = &frame->def->params[i];
    tn_span *span = &frame->spans[i];
    if (frame->sources[i] == TNPY_GATHERED)
        return tnpy_rows_check_items(frame, i);
    if (frame->sources[i] == TNPY_NDARRAY)
        tnpy_numpy_fields(frame->objects[i], span);
    if (param->direction != TN_IN && param->kind != TN_PARAM_VALUE && span->flags & TN_READONLY)
        return tnpy_refuse_readonly(frame, i);
    if (param->kind == TN_PARAM_SPAN)
        return complete_span(frame, i);
    if (!has_type(frame, i))
        return tnpy_refuse_type(frame, i);
    if (!has_ndim(frame, i))
        return tnpy_refuse_ndim(frame, i);
    if (param->direction == TN_OUT && span->flags & TN_READONLY)
        return tnpy_refuse_readonly(frame, i);
    if (param->kind == TN_PARAM_ROWS)
        return tnpy_rows_check_array(frame, i);
    if (span->suboffsets != NULL)
        return tnpy_refuse_indirect(frame, i);
    if (param->kind == TN_PARAM_ARRAY && !is_contiguous(frame, i))
        return tnpy_refuse_order(frame, i);
    if (!is_aligned(frame, i) && !has_no_elements(span))
        return tnpy_refuse_alignment(frame, i);
    if (span->data == NULL)
        has_no_elements(span);
    return TN_OK;
}

tn_status tnpy_check(tnpy_frame *frame)
{
    for (int i = 0; i < frame->def->nparams; i++) {
        if (!tnpy_in_memory(frame, i))
            continue;
        tn_status status = check_one(frame, i);
        if (status != TN_OK)
            return status;
    }
    return tnpy_check_exclusive(frame);
}

/* --- overlap ------------------------------------------------------------------------------------------------------ */

static bool is_written(const tnpy_frame *frame, int i)
{
    const tn_param *param = &frame->def->params[i];
    return param->kind == TN_PARAM_VALUE ? param->direction == TN_OUT : param->direction != TN_IN;
}

/* Of a tn_span, the element type is that of what was passed. */
static const tn_type *element_type(const tnpy_frame *frame, int i)
{
    const tn_type *type = frame->def->params[i].type;
    return type != NULL ? type : frame->spans[i].type;
}

static bool must_be_disjoint(const tnpy_frame *frame, int i, int j)
{
    unsigned flags = frame->def->params[i].flags | frame->def->params[j].flags;
    return tnpy_must_be_disjoint(flags, element_type(frame, i), element_type(frame, j));
}

/* Does each point see the same elements in both? */
static bool same_layout(const tnpy_frame *frame, int i, int j)
{
    const tn_span *a = &frame->spans[i], *b = &frame->spans[j];
    if (a->data != b->data || a->ndim != b->ndim || tnpy_lead(frame, i) != tnpy_lead(frame, j))
        return false;
    for (int k = 0; k < a->ndim; k++)
        if (a->shape[k] != b->shape[k] || (a->shape[k] > 1 && a->strides[k] != b->strides[k]))
            return false;
    return true;
}

/* The span with the type that the overlap arithmetic needs; ndarrays' spans carry none. */
static tn_span typed(const tnpy_frame *frame, int i)
{
    tn_span span = frame->spans[i];
    span.type = element_type(frame, i);
    return span;
}

/* Where the rows lie is not known before their pointers are followed. */
static tn_status refuse_unknown(tnpy_frame *frame, int i)
{
    return tnpy_refuse_because(frame, i, TN_WRONG_VALUE,
                               "is indirect (it has suboffsets), so that it cannot be told whether what C writes to "
                               "overlaps; pass a copy of it");
}

static tn_status check_pair(tnpy_frame *frame, int i, int j)
{
    bool disjoint = must_be_disjoint(frame, i, j);
    if (!disjoint && !frame->batch)
        return TN_OK;
    /* Between the points of a batch, memory may be shared only in place: each point with itself. */
    if (!disjoint && same_layout(frame, i, j))
        return TN_OK;
    bool rows_i = frame->def->params[i].kind == TN_PARAM_ROWS, rows_j = frame->def->params[j].kind == TN_PARAM_ROWS;
    tn_span a = typed(frame, i), b = typed(frame, j);
    a.suboffsets = rows_i ? NULL : a.suboffsets; /* their pointers have been followed */
    b.suboffsets = rows_j ? NULL : b.suboffsets;
    if (a.suboffsets != NULL || b.suboffsets != NULL)
        return refuse_unknown(frame, a.suboffsets != NULL ? i : j);
    if (rows_i || rows_j)
        return rows_i ? tnpy_rows_check_pair(frame, i, j) : tnpy_rows_check_pair(frame, j, i);
    return tn_spans_overlap(&a, &b, 0) == TN_DISJOINT ? TN_OK : tnpy_refuse_overlap(frame, i, j);
}

static tn_status check_itself(tnpy_frame *frame, int i)
{
    if ((frame->def->params[i].kind == TN_PARAM_ARRAY && !frame->batch) || is_dense(frame, i))
        return TN_OK; /* contiguous */
    if (frame->def->params[i].kind == TN_PARAM_ROWS)
        return tnpy_rows_check_itself(frame, i);
    tn_span span = typed(frame, i);
    if (span.suboffsets != NULL)
        return refuse_unknown(frame, i);
    return tn_span_overlaps_itself(&span, 0) == TN_DISJOINT ? TN_OK : tnpy_refuse_self_overlap(frame, i);
}

tn_status tnpy_check_overlap(tnpy_frame *frame)
{
    int nparams = frame->def->nparams;
    for (int i = 0; i < nparams; i++) {
        if (!is_written(frame, i) || !tnpy_in_memory(frame, i))
            continue;
        tn_status status = check_itself(frame, i);
        for (int j = 0; j < nparams && status == TN_OK; j++) {
            bool seen = j < i && is_written(frame, j);
            if (j != i && !seen && tnpy_in_memory(frame, j))
                status = check_pair(frame, i, j);
        }
        if (status != TN_OK)
            return status;
    }
    return TN_OK;
}
