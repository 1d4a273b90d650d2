/* SPDX-License-Identifier: BSD-3-Clause */
#include "refusal.h"

#include <stdint.h>
#include <string.h>

#include "../core/fail.h"
#include "../core/say.h"
#include "words.h"

/* --- words -------------------------------------------------------------------------------------------------------- */

static char *describe_numbers(const ptrdiff_t *numbers, int count, char *buffer, size_t capacity)
{
    buffer[0] = '\0';
    tnpy_append_numbers(buffer, capacity, numbers, count);
    return buffer;
}

/* The element type of argument i as the array in hand says it; NULL if that is not to be had. */
static const tn_type *type_in_hand(tnpy_frame *frame, int i, tn_type **owned)
{
    *owned = NULL;
    if (frame->sources[i] == TNPY_LOANED || frame->sources[i] == TNPY_GATHERED)
        return frame->spans[i].type;
    const tn_type *type = NULL;
    if (tnpy_numpy_type(frame->objects[i], &type, owned, NULL) != TN_OK)
        return NULL;
    return type;
}

/* "float32[3, 4]": element type and shape of argument i as it is. */
static void put_argument(tnpy_frame *frame, int i, tni_text *text)
{
    tn_type *owned;
    tnpy_put_type(text, type_in_hand(frame, i, &owned));
    tnpy_put_shape(text, &frame->spans[i]);
    tn_type_free(owned);
}

static const tn_param *param_of(const tnpy_frame *frame, int i)
{
    return &frame->def->params[i];
}

/* What messages call argument i: the parameter, or the one row of it that is looked at. */
static const char *name_of(const tnpy_frame *frame, int i)
{
    return frame->row_of == i ? frame->row_name : param_of(frame, i)->name;
}

/* "float64[n]" of "float64[m][n]", and of "float64[m][n] | None". */
static void put_row_needed(const char *annotation, tni_text *text)
{
    const char *table = strchr(annotation, '['), *row = strchr(table + 1, '[');
    tni_put_bytes(text, annotation, (size_t)(table - annotation));
    tni_put_bytes(text, row, (size_t)(strchr(row, ']') + 1 - row));
}

static void put_needed_by_batch(const tn_param *param, tni_text *text)
{
    const char *bracket = strchr(param->annotation, '[');
    if (param->ndim > 0 && bracket != NULL) {
        tni_put_bytes(text, param->annotation, (size_t)(bracket - param->annotation));
        tni_put(text, "[..., ");
        tni_put(text, bracket + 1);
        return;
    }
    tni_put(text, param->annotation);
    if (param->ndim > 0)
        return;
    tni_put(text, " or an array of ");
    if (param->type->name != NULL)
        tni_put(text, param->type->name);
    else
        tnpy_put_type(text, param->type);
}

/* "float64[n]"; in a batch "float64[..., n]", since the loop's axes come first. Cut where it leaves no room for what
 * was passed. */
static void put_needed(const tnpy_frame *frame, int i, tni_text *text)
{
    enum { LONGEST = 127 };
    const tn_param *param = param_of(frame, i);
    size_t start = text->length;
    if (frame->row_of == i)
        put_row_needed(param->annotation, text);
    else if (frame->batch)
        put_needed_by_batch(param, text);
    else
        tni_put(text, param->annotation);
    tnpy_cut_piece(text, start, LONGEST);
}

/* "scale(): x", which refusals begin with. */
static tni_text begin(tnpy_frame *frame, int i)
{
    tni_text text = tni_begin_message(&frame->error);
    tni_put(&text, frame->def->name);
    tni_put(&text, "(): ");
    tni_put(&text, name_of(frame, i));
    return text;
}

/* "scale(): x must be float64[n], got " */
static tni_text begin_with_need(tnpy_frame *frame, int i)
{
    tni_text text = begin(frame, i);
    tni_put(&text, " must be ");
    put_needed(frame, i, &text);
    tni_put(&text, ", got ");
    return text;
}

/* "; scale() writes to it", which no copy mends. */
static void put_writes(const tnpy_frame *frame, tni_text *text, const char *conclusion)
{
    tni_put(text, "; ");
    tni_put(text, frame->def->name);
    tni_put(text, "() writes to it");
    tni_put(text, conclusion);
}

tn_status tnpy_refuse_because(tnpy_frame *frame, int i, tn_status status, const char *predicate)
{
    char kept[TN_ERROR_CAPACITY];
    tni_say(kept, sizeof kept, "%s", predicate); /* it may lie in frame->error */
    const char *of = strncmp(kept, "field ", strlen("field ")) == 0 ? "'s" : "";
    return tn_fail(&frame->error, status, "%s(): %s%s %s", frame->def->name, name_of(frame, i), of, kept);
}

/* --- refusals ----------------------------------------------------------------------------------------------------- */

/* What to do about an object that is no array: nothing helps an argument that C writes to but an array. */
static void put_remedy(const tnpy_frame *frame, int i, tni_text *text)
{
    const tn_param *param = param_of(frame, i);
    PyObject *obj = frame->objects[i];
    if (param->direction != TN_IN) {
        put_writes(frame, text, ", so it must be an array of your own");
        return;
    }
    if (!PySequence_Check(obj) || PyUnicode_Check(obj))
        return;
    tni_put(text, "; np.asarray(");
    tni_put(text, name_of(frame, i));
    if (param->kind != TN_PARAM_SPAN && param->kind != TN_PARAM_OWNED) {
        tni_put(text, ") or ");
        tni_put(text, frame->def->name);
        tni_put(text, tnpy_is_self(&frame->def->params[0]) ? ".coerce(self, …" : ".coerce(…");
    }
    tni_put(text, ") makes an array of it");
}

tn_status tnpy_refuse_object(tnpy_frame *frame, int i)
{
    tni_text text = begin_with_need(frame, i);
    tni_put_most(&text, Py_TYPE(frame->objects[i])->tp_name, 100);
    put_remedy(frame, i, &text);
    return tni_end_message(&frame->error, TN_WRONG_TYPE, &text);
}

tn_status tnpy_refuse_none(tnpy_frame *frame, int i)
{
    tni_text text = begin_with_need(frame, i);
    tni_put(&text, "None");
    return tni_end_message(&frame->error, TN_WRONG_TYPE, &text);
}

/* Where both are structures, the first difference; where only the byte order differs, what to do. */
static void put_reason(const tn_param *param, const char *name, const tn_type *got, tni_text *text)
{
    if (got == NULL)
        return;
    if (param->type == NULL) {
        tni_put(text, "; its elements are Python objects, which C cannot read");
        return;
    }
    tn_error reason;
    if (param->type->kind == TN_STRUCT && got->kind == TN_STRUCT) {
        if (tn_type_difference(param->type, got, &reason) == TN_OK)
            return;
        tni_put(text, ": ");
        tni_put(text, reason.message);
        return;
    }
    if (got->kind == TN_OBJECT) {
        tni_put(text, "; its elements are Python objects, ");
        tni_put(text, name);
        tni_put(text, ".astype(…) converts them");
        return;
    }
    if (got->kind != param->type->kind || got->itemsize != param->type->itemsize ||
        got->byteorder == param->type->byteorder)
        return;
    tni_put(text, "; its bytes are in the other order, ");
    tni_put(text, name);
    tni_put(text, ".astype(");
    tni_put(text, name);
    tni_put(text, ".dtype.newbyteorder('=')) makes a copy in this one");
}

tn_status tnpy_refuse_type(tnpy_frame *frame, int i)
{
    tn_type *owned;
    tni_text text = begin_with_need(frame, i);
    const tn_type *got = type_in_hand(frame, i, &owned);
    tnpy_put_type(&text, got);
    tnpy_put_shape(&text, &frame->spans[i]);
    put_reason(param_of(frame, i), name_of(frame, i), got, &text);
    tn_type_free(owned);
    return tni_end_message(&frame->error, TN_WRONG_TYPE, &text);
}

tn_status tnpy_refuse_ndim(tnpy_frame *frame, int i)
{
    tni_text text = begin_with_need(frame, i);
    put_argument(frame, i, &text);
    return tni_end_message(&frame->error, TN_WRONG_TYPE, &text);
}

tn_status tnpy_refuse_order(tnpy_frame *frame, int i)
{
    const tn_param *param = param_of(frame, i);
    const tn_span *span = &frame->spans[i];
    bool rows = param->kind == TN_PARAM_ROWS && frame->row_of != i;
    tni_text text = begin(frame, i);
    tni_put(&text, " must be C-contiguous");
    if (frame->batch || rows)
        tni_put(&text, frame->batch ? " in its last axes" : " in each row");
    tni_put(&text, ", got strides ");
    tnpy_put_numbers(&text, span->strides, span->ndim);
    tni_put(&text, " for shape ");
    tnpy_put_numbers(&text, span->shape, span->ndim);
    if (param->direction == TN_IN) {
        tni_put(&text, "; np.ascontiguousarray(");
        tni_put(&text, name_of(frame, i));
        tni_put(&text, ") makes such a copy");
    } else {
        put_writes(frame, &text, ", so no copy would do");
    }
    return tni_end_message(&frame->error, TN_WRONG_VALUE, &text);
}

tn_status tnpy_refuse_alignment(tnpy_frame *frame, int i)
{
    const tn_param *param = param_of(frame, i);
    const tn_span *span = &frame->spans[i];
    char strides[256];
    unsigned alignment = param->type->alignment;
    const char *advice = param->direction == TN_IN ? "; a copy of it is aligned" : "";
    if ((uintptr_t)span->data % alignment != 0)
        return tn_fail(&frame->error, TN_WRONG_VALUE,
                       "%s(): %s must be aligned to %u bytes, its address is %u past that%s", frame->def->name,
                       name_of(frame, i), alignment, (unsigned)((uintptr_t)span->data % alignment), advice);
    return tn_fail(&frame->error, TN_WRONG_VALUE, "%s(): %s must be aligned to %u bytes, got strides %s%s",
                   frame->def->name, name_of(frame, i), alignment,
                   describe_numbers(span->strides, span->ndim, strides, sizeof strides), advice);
}

tn_status tnpy_refuse_readonly(tnpy_frame *frame, int i)
{
    tni_text text = begin(frame, i);
    tni_put(&text, " is read-only, and ");
    tni_put(&text, frame->def->name);
    tni_put(&text, "() writes to it");
    return tni_end_message(&frame->error, TN_WRONG_VALUE, &text);
}

tn_status tnpy_refuse_indirect(tnpy_frame *frame, int i)
{
    return tn_fail(&frame->error, TN_WRONG_VALUE,
                   "%s(): %s is indirect (it has suboffsets), but its rows must lie in one block; a copy of it does",
                   frame->def->name, name_of(frame, i));
}

/* "add(): n is 3 in x but 4 in y" */
static tn_status refuse_disagreement(tnpy_frame *frame, int i, int giver, const char *size, ptrdiff_t want,
                                     ptrdiff_t got)
{
    tni_text text = tni_begin_message(&frame->error);
    tni_put(&text, frame->def->name);
    tni_put(&text, "(): ");
    tni_put(&text, size);
    tni_put(&text, " is ");
    tni_put_number(&text, want);
    tni_put(&text, " in ");
    tni_put(&text, param_of(frame, giver)->name);
    tni_put(&text, " but ");
    tni_put_number(&text, got);
    tni_put(&text, " in ");
    tni_put(&text, param_of(frame, i)->name);
    return tni_end_message(&frame->error, TN_WRONG_VALUE, &text);
}

static tn_status refuse_constant(tnpy_frame *frame, int i)
{
    tni_text text = begin_with_need(frame, i);
    put_argument(frame, i, &text);
    return tni_end_message(&frame->error, TN_WRONG_VALUE, &text);
}

tn_status tnpy_refuse_extent(tnpy_frame *frame, int i, int axis)
{
    const tn_param *param = param_of(frame, i);
    int k = param->shape[axis], its_axis;
    const tn_size *size = &frame->def->sizes[k];
    ptrdiff_t want = frame->dims[1 + k];
    ptrdiff_t got = frame->spans[i].shape[tnpy_lead(frame, i) + axis];
    const char *function = frame->def->name;
    if (want < 0)
        return tn_fail(&frame->error, TN_WRONG_VALUE, "%s(): %s is %td, but it is the extent of %s", function,
                       size->name, want, param->name);
    if (size->kind == TN_SIZE_CONSTANT)
        return refuse_constant(frame, i);
    int giver = tnpy_size_giver(frame, k, &its_axis); /* whose extent gave the size its value; -1 if none did */
    if (giver == i)
        return tn_fail(&frame->error, TN_WRONG_VALUE, "%s(): %s is %td along axis %d of %s but %td along axis %d",
                       function, size->name, want, size->axis, param->name, got, axis);
    bool at_least = param->flags & TN_AT_LEAST && axis == 0;
    if (giver >= 0 && at_least && !(param_of(frame, giver)->flags & TN_AT_LEAST))
        return tn_fail(&frame->error, TN_WRONG_VALUE,
                       "%s(): %s is %td in %s, so %s must have at least as many, got %td", function, size->name, want,
                       param_of(frame, giver)->name, param->name, got);
    if (giver >= 0)
        return refuse_disagreement(frame, i, giver, size->name, want, got);
    return tn_fail(&frame->error, TN_WRONG_VALUE, "%s(): axis %d of %s must be %s%s = %td, got %td", function, axis,
                   param->name, at_least ? "at least " : "", size->name, want, got);
}

tn_status tnpy_refuse_overlap(tnpy_frame *frame, int i, int j)
{
    const tn_param *written = param_of(frame, i)->direction != TN_IN ? param_of(frame, i) : param_of(frame, j);
    const tn_param *other = written == param_of(frame, i) ? param_of(frame, j) : param_of(frame, i);
    return tn_fail(&frame->error, TN_WRONG_VALUE,
                   "%s(): %s shares memory with %s, and %s() writes to %s; pass a copy of one", frame->def->name,
                   other->name, written->name, frame->def->name, written->name);
}

tn_status tnpy_refuse_self_overlap(tnpy_frame *frame, int i)
{
    char strides[256];
    const tn_span *span = &frame->spans[i];
    return tn_fail(&frame->error, TN_WRONG_VALUE,
                   "%s(): several elements of %s are the same memory (strides %s), and %s() writes to it", frame->def->name,
                   param_of(frame, i)->name, describe_numbers(span->strides, span->ndim, strides, sizeof strides),
                   frame->def->name);
}
