/* SPDX-License-Identifier: BSD-3-Clause */
#include "refusal.h"

#include <stdint.h>
#include <string.h>

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

/* "float32[3, 4]": element type and shape of argument i as it is. Returns buffer. */
static char *describe_argument(tnpy_frame *frame, int i, char *buffer, size_t capacity)
{
    tn_type *owned;
    buffer[0] = '\0';
    tnpy_append_type(buffer, capacity, type_in_hand(frame, i, &owned));
    tnpy_append_shape(buffer, capacity, &frame->spans[i]);
    tn_type_free(owned);
    return buffer;
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
static void append_row_needed(char *buffer, size_t capacity, const char *annotation)
{
    const char *table = strchr(annotation, '['), *row = strchr(table + 1, '[');
    int name = (int)(table - annotation), shape = (int)(strchr(row, ']') + 1 - row);
    tnpy_append(buffer, capacity, "%.*s%.*s", name, annotation, shape, row);
}

/* "float64[n]"; in a batch "float64[..., n]", since the loop's axes come first. */
static const char *needed(const tnpy_frame *frame, int i, char *buffer, size_t capacity)
{
    const tn_param *param = param_of(frame, i);
    const char *bracket = strchr(param->annotation, '[');
    char name[96];
    buffer[0] = '\0';
    if (frame->row_of == i)
        append_row_needed(buffer, capacity, param->annotation);
    else if (!frame->batch)
        tnpy_append(buffer, capacity, "%s", param->annotation);
    else if (param->ndim == 0)
        tnpy_append(buffer, capacity, "%s or an array of %s", param->annotation,
               param->type->name != NULL ? param->type->name : tn_type_describe(param->type, name, sizeof name));
    else if (bracket == NULL)
        tnpy_append(buffer, capacity, "%s", param->annotation);
    else
        tnpy_append(buffer, capacity, "%.*s[..., %s", (int)(bracket - param->annotation), param->annotation, bracket + 1);
    return buffer;
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
static const char *remedy(const tnpy_frame *frame, int i, char *buffer, size_t capacity)
{
    const tn_param *param = param_of(frame, i);
    PyObject *obj = frame->objects[i];
    buffer[0] = '\0';
    if (param->direction != TN_IN)
        tnpy_append(buffer, capacity, "; %s() writes to it, so it must be an array of your own", frame->def->name);
    else if (!PySequence_Check(obj) || PyUnicode_Check(obj))
        return buffer;
    else if (param->kind == TN_PARAM_SPAN || param->kind == TN_PARAM_OWNED)
        tnpy_append(buffer, capacity, "; np.asarray(%s) makes an array of it", name_of(frame, i));
    else
        tnpy_append(buffer, capacity, "; np.asarray(%s) or %s.coerce(%s…) makes an array of it", name_of(frame, i),
                    frame->def->name, tnpy_is_self(&frame->def->params[0]) ? "self, " : "");
    return buffer;
}

tn_status tnpy_refuse_object(tnpy_frame *frame, int i)
{
    char need[128], advice[160];
    return tn_fail(&frame->error, TN_WRONG_TYPE, "%s(): %s must be %s, got %.100s%s", frame->def->name,
                   name_of(frame, i), needed(frame, i, need, sizeof need), Py_TYPE(frame->objects[i])->tp_name,
                   remedy(frame, i, advice, sizeof advice));
}

tn_status tnpy_refuse_none(tnpy_frame *frame, int i)
{
    char need[128];
    return tn_fail(&frame->error, TN_WRONG_TYPE, "%s(): %s must be %s, got None", frame->def->name,
                   name_of(frame, i), needed(frame, i, need, sizeof need));
}

/* Where both are structures, the first difference; where only the byte order differs, what to do. */
static void append_reason(const tn_param *param, const char *name, const tn_type *got, char *buffer, size_t capacity)
{
    if (got == NULL)
        return;
    if (param->type == NULL) {
        tnpy_append(buffer, capacity, "; its elements are Python objects, which C cannot read");
        return;
    }
    tn_error reason;
    if (param->type->kind == TN_STRUCT && got->kind == TN_STRUCT) {
        if (tn_type_difference(param->type, got, &reason) != TN_OK)
            tnpy_append(buffer, capacity, ": %s", reason.message);
        return;
    }
    if (got->kind == TN_OBJECT) {
        tnpy_append(buffer, capacity, "; its elements are Python objects, %s.astype(…) converts them", name);
        return;
    }
    bool swapped = got->kind == param->type->kind && got->itemsize == param->type->itemsize &&
                   got->byteorder != param->type->byteorder;
    if (swapped)
        tnpy_append(buffer, capacity, "; its bytes are in the other order, %s.astype(%s.dtype.newbyteorder('=')) makes a copy in this one",
               name, name);
}

tn_status tnpy_refuse_type(tnpy_frame *frame, int i)
{
    const tn_param *param = param_of(frame, i);
    char need[128], got[256], reason[320] = "";
    tn_type *owned;
    append_reason(param, name_of(frame, i), type_in_hand(frame, i, &owned), reason, sizeof reason);
    tn_type_free(owned);
    return tn_fail(&frame->error, TN_WRONG_TYPE, "%s(): %s must be %s, got %s%s", frame->def->name, name_of(frame, i),
                   needed(frame, i, need, sizeof need), describe_argument(frame, i, got, sizeof got), reason);
}

tn_status tnpy_refuse_ndim(tnpy_frame *frame, int i)
{
    char need[128], got[256];
    return tn_fail(&frame->error, TN_WRONG_TYPE, "%s(): %s must be %s, got %s", frame->def->name,
                   name_of(frame, i), needed(frame, i, need, sizeof need),
                   describe_argument(frame, i, got, sizeof got));
}

tn_status tnpy_refuse_order(tnpy_frame *frame, int i)
{
    const tn_param *param = param_of(frame, i);
    const tn_span *span = &frame->spans[i];
    bool rows = param->kind == TN_PARAM_ROWS && frame->row_of != i;
    const char *where = frame->batch ? " in its last axes" : rows ? " in each row" : "";
    char strides[256], shape[256], advice[160] = "";
    if (param->direction == TN_IN)
        tni_say(advice, sizeof advice, "; np.ascontiguousarray(%s) makes such a copy", name_of(frame, i));
    else
        tni_say(advice, sizeof advice, "; %s() writes to it, so no copy would do", frame->def->name);
    return tn_fail(&frame->error, TN_WRONG_VALUE, "%s(): %s must be C-contiguous%s, got strides %s for shape %s%s",
                   frame->def->name, name_of(frame, i), where,
                   describe_numbers(span->strides, span->ndim, strides, sizeof strides),
                   describe_numbers(span->shape, span->ndim, shape, sizeof shape), advice);
}

tn_status tnpy_refuse_alignment(tnpy_frame *frame, int i)
{
    const tn_param *param = param_of(frame, i);
    const tn_span *span = &frame->spans[i];
    char strides[256];
    unsigned alignment = param->type->alignment;
    const char *advice = param->direction == TN_IN ? "; a copy of it is aligned" : "";
    if ((uintptr_t)span->data % alignment != 0)
        return tn_fail(&frame->error, TN_WRONG_VALUE, "%s(): %s must be aligned to %u bytes, its address is %u past that%s",
                       frame->def->name, name_of(frame, i), alignment, (unsigned)((uintptr_t)span->data % alignment), advice);
    return tn_fail(&frame->error, TN_WRONG_VALUE, "%s(): %s must be aligned to %u bytes, got strides %s%s", frame->def->name,
                   name_of(frame, i), alignment, describe_numbers(span->strides, span->ndim, strides, sizeof strides), advice);
}

tn_status tnpy_refuse_readonly(tnpy_frame *frame, int i)
{
    return tn_fail(&frame->error, TN_WRONG_VALUE, "%s(): %s is read-only, and %s() writes to it", frame->def->name,
                   name_of(frame, i), frame->def->name);
}

tn_status tnpy_refuse_indirect(tnpy_frame *frame, int i)
{
    return tn_fail(&frame->error, TN_WRONG_VALUE,
                   "%s(): %s is indirect (it has suboffsets), but its rows must lie in one block; a copy of it does",
                   frame->def->name, name_of(frame, i));
}

/* The parameter, other than `i`, whose extent gave size k its value; -1 if none did. */
static int giver(const tnpy_frame *frame, int k)
{
    int axis;
    return tnpy_size_giver(frame, k, &axis);
}

tn_status tnpy_refuse_extent(tnpy_frame *frame, int i, int axis)
{
    const tn_param *param = param_of(frame, i);
    int k = param->shape[axis];
    const tn_size *size = &frame->def->sizes[k];
    ptrdiff_t want = frame->dims[1 + k];
    ptrdiff_t got = frame->spans[i].shape[tnpy_lead(frame, i) + axis];
    const char *function = frame->def->name;
    if (want < 0)
        return tn_fail(&frame->error, TN_WRONG_VALUE, "%s(): %s is %td, but it is the extent of %s", function, size->name,
                       want, param->name);
    if (size->kind == TN_SIZE_CONSTANT) {
        char need[128], text[256];
        return tn_fail(&frame->error, TN_WRONG_VALUE, "%s(): %s must be %s, got %s", function, param->name,
                       needed(frame, i, need, sizeof need), describe_argument(frame, i, text, sizeof text));
    }
    if (giver(frame, k) == i)
        return tn_fail(&frame->error, TN_WRONG_VALUE, "%s(): %s is %td along axis %d of %s but %td along axis %d", function,
                       size->name, want, size->axis, param->name, got, axis);
    bool at_least = param->flags & TN_AT_LEAST && axis == 0;
    if (giver(frame, k) >= 0 && at_least && !(param_of(frame, giver(frame, k))->flags & TN_AT_LEAST))
        return tn_fail(&frame->error, TN_WRONG_VALUE, "%s(): %s is %td in %s, so %s must have at least as many, got %td", function,
                       size->name, want, param_of(frame, giver(frame, k))->name, param->name, got);
    if (giver(frame, k) >= 0)
        return tn_fail(&frame->error, TN_WRONG_VALUE, "%s(): %s is %td in %s but %td in %s", function, size->name, want,
                       param_of(frame, giver(frame, k))->name, got, param->name);
    return tn_fail(&frame->error, TN_WRONG_VALUE, "%s(): axis %d of %s must be %s%s = %td, got %td", function, axis,
                   param->name, at_least ? "at least " : "", size->name, want, got);
}

tn_status tnpy_refuse_overlap(tnpy_frame *frame, int i, int j)
{
    const tn_param *written = param_of(frame, i)->direction != TN_IN ? param_of(frame, i) : param_of(frame, j);
    const tn_param *other = written == param_of(frame, i) ? param_of(frame, j) : param_of(frame, i);
    return tn_fail(&frame->error, TN_WRONG_VALUE, "%s(): %s shares memory with %s, and %s() writes to %s; pass a copy of one",
                   frame->def->name, other->name, written->name, frame->def->name, written->name);
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
