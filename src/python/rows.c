/* SPDX-License-Identifier: BSD-3-Clause */
#include "rows.h"

#include <stdint.h>
#include <string.h>

#include "../core/say.h"
#include "alike.h"
#include "nowhere.h"
#include "object.h"
#include "refusal.h"

/* --- life --------------------------------------------------------------------------------------------------------- */

size_t tnpy_rows_size(const tn_param *param)
{
    return sizeof(tnpy_rows) + param->ndim * sizeof(ptrdiff_t);
}

tnpy_rows *tnpy_rows_of(const tnpy_frame *frame, int i)
{
    return (tnpy_rows *)(void *)(frame->scratch + frame->function->slots[i].offset);
}

void tnpy_rows_init(tnpy_frame *frame)
{
    for (int i = 0; i < frame->def->nparams; i++) {
        if (frame->def->params[i].kind != TN_PARAM_ROWS)
            continue;
        tnpy_rows *rows = tnpy_rows_of(frame, i);
        rows->items = NULL;
        rows->lent = NULL;
        rows->table = rows->sorted = NULL;
        rows->count = rows->row_bytes = 0;
    }
}

void tnpy_rows_clear(tnpy_frame *frame)
{
    for (int i = 0; i < frame->def->nparams; i++) {
        if (frame->def->params[i].kind != TN_PARAM_ROWS)
            continue;
        tnpy_rows *rows = tnpy_rows_of(frame, i);
        if (rows->sorted != rows->table)
            PyMem_Free(rows->sorted);
        if (rows->table != rows->small)
            PyMem_Free(rows->table);
        PyMem_Free(rows->lent);
        Py_CLEAR(rows->items);
    }
}

static tn_status no_memory(tnpy_frame *frame)
{
    return tn_fail(&frame->error, TN_NO_MEMORY, "out of memory");
}

static tn_status make_table(tnpy_frame *frame, tnpy_rows *rows, ptrdiff_t count)
{
    rows->count = count;
    rows->table = count <= TNPY_SMALL_TABLE ? rows->small : PyMem_New(char *, count);
    return rows->table == NULL ? no_memory(frame) : TN_OK;
}

/* --- a row by itself ---------------------------------------------------------------------------------------------- */

static bool is_written(const tn_param *param)
{
    return param->direction != TN_IN;
}

/* What row r is seen through: the fields of an ndarray as they are now, or what its exporter said. */
static tn_span span_of_row(const tnpy_frame *frame, int i, ptrdiff_t r)
{
    const tnpy_rows *rows = tnpy_rows_of(frame, i);
    if (rows->lent != NULL && rows->lent[r].data != NULL)
        return rows->lent[r];
    tn_span span = {.type = NULL};
    tnpy_numpy_fields(PyTuple_GET_ITEM(rows->items, r), &span);
    return span;
}

/* From here on the frame's argument i is one row of it, so that refusals name that one. The call has failed. */
static void speak_of_row(tnpy_frame *frame, int i, ptrdiff_t r, const tn_span *span)
{
    tnpy_rows *rows = tnpy_rows_of(frame, i);
    bool lent = rows->lent != NULL && rows->lent[r].data != NULL;
    tni_say(frame->row_name, sizeof frame->row_name, "%.70s[%td]", frame->def->params[i].name, r);
    frame->row_of = i;
    frame->objects[i] = PyTuple_GET_ITEM(rows->items, r);
    frame->sources[i] = lent ? TNPY_LOANED : TNPY_NDARRAY;
    if (span != NULL)
        frame->spans[i] = *span;
}

static bool row_has_type(tnpy_frame *frame, int i, ptrdiff_t r, const tn_span *span)
{
    tnpy_dtype_key *key = &frame->function->slots[i].key;
    if (span->type == NULL)
        return tnpy_numpy_has_type(PyTuple_GET_ITEM(tnpy_rows_of(frame, i)->items, r), key);
    return tn_type_equal(key->type, span->type) || (key->any_byte && span->type->itemsize == 1);
}

static bool is_aligned(const void *address, const tn_param *param)
{
    return (uintptr_t)address % param->type->alignment == 0;
}

static bool is_empty(int ndim, const ptrdiff_t *shape)
{
    for (int k = 0; k < ndim; k++)
        if (shape[k] == 0)
            return true;
    return false;
}

/* Bytes of one contiguous block. The array exists, so that its size can be represented. */
static ptrdiff_t block_bytes(int ndim, const ptrdiff_t *shape, const tn_type *type)
{
    ptrdiff_t bytes = is_empty(ndim, shape) ? 0 : type->itemsize;
    for (int k = 0; k < ndim && bytes > 0; k++)
        bytes *= shape[k];
    return bytes;
}

/* --- phase 1: a sequence ------------------------------------------------------------------------------------------ */

static tn_status borrow_row(tnpy_frame *frame, int i, ptrdiff_t r)
{
    tnpy_rows *rows = tnpy_rows_of(frame, i);
    PyObject *item = PyTuple_GET_ITEM(rows->items, r);
    if (rows->lent == NULL)
        rows->lent = PyMem_Calloc((size_t)PyTuple_GET_SIZE(rows->items), sizeof *rows->lent);
    tnpy_loan *loan = rows->lent == NULL ? NULL : PyMem_Malloc(sizeof *loan);
    if (loan == NULL)
        return no_memory(frame);
    bool writable = is_written(&frame->def->params[i]);
    tn_span span;
    tn_status status = tnpy_borrow(frame->state, item, writable, loan, &span, &frame->error);
    if (status == TN_OK) {
        loan->next = frame->loans;
        frame->loans = loan;
        rows->lent[r] = span;
        return TN_OK;
    }
    PyMem_Free(loan);
    if (status == TN_RAISED)
        return status;
    speak_of_row(frame, i, r, NULL);
    if (frame->error.message[0] == '\0')
        return tnpy_refuse_object(frame, i);
    if (status == TN_WRONG_VALUE && strcmp(frame->error.message, "is read-only") == 0)
        return tnpy_refuse_readonly(frame, i);
    return tnpy_refuse_because(frame, i, status, frame->error.message);
}

static tn_status note_row(tnpy_frame *frame, int i, ptrdiff_t r)
{
    PyObject *item = PyTuple_GET_ITEM(tnpy_rows_of(frame, i)->items, r);
    if (item == Py_None) {
        speak_of_row(frame, i, r, NULL);
        return tnpy_refuse_none(frame, i);
    }
    if (!tnpy_numpy_is_array(frame->state, item))
        return borrow_row(frame, i, r);
    if (Py_TYPE(item) != frame->state->ndarray && tnpy_has_base(item, "MaskedArray")) {
        tn_status status = tnpy_refuse_masked(&frame->error);
        speak_of_row(frame, i, r, NULL);
        return tnpy_refuse_because(frame, i, status, frame->error.message);
    }
    return TN_OK;
}

tn_status tnpy_rows_gather(tnpy_frame *frame, int i)
{
    tnpy_rows *rows = tnpy_rows_of(frame, i);
    frame->sources[i] = TNPY_NOTHING;
    rows->items = tnpy_items_of(frame->objects[i]); /* a list may change while its rows' exporters are asked */
    if (rows->items == NULL)
        return tnpy_raised(&frame->error);
    frame->sources[i] = TNPY_GATHERED;
    tn_status status = TN_OK;
    for (ptrdiff_t r = 0; r < PyTuple_GET_SIZE(rows->items) && status == TN_OK; r++)
        if (Py_TYPE(PyTuple_GET_ITEM(rows->items, r)) != frame->state->ndarray)
            status = note_row(frame, i, r);
    return status;
}

/* --- phase 2: a sequence ------------------------------------------------------------------------------------------ */

/* Every row has the shape of the first, and that which the prototype says where it says numbers. */
static tn_status check_extents(tnpy_frame *frame, int i, ptrdiff_t r, const tn_span *span)
{
    const tn_param *param = &frame->def->params[i];
    const ptrdiff_t *shape = tnpy_rows_of(frame, i)->shape;
    for (int axis = 1; axis < param->ndim; axis++) {
        const tn_size *size = &frame->def->sizes[param->shape[axis]];
        ptrdiff_t got = span->shape[axis - 1];
        if (size->kind == TN_SIZE_CONSTANT && got != size->value) {
            speak_of_row(frame, i, r, span);
            tnpy_refuse_type(frame, i);
            return frame->error.status = TN_WRONG_VALUE;
        }
        if (got != shape[axis])
            return tn_fail(&frame->error, TN_WRONG_VALUE, "%s(): %s is %td in %s[0] but %td in %s[%td]",
                           frame->def->name, size->name, shape[axis], param->name, got, param->name, r);
    }
    return TN_OK;
}

/* The whole of what is asked of a row. Its address in the table, if all is well. */
static tn_status check_row(tnpy_frame *frame, int i, ptrdiff_t r)
{
    const tn_param *param = &frame->def->params[i];
    tnpy_rows *rows = tnpy_rows_of(frame, i);
    tn_span span = span_of_row(frame, i, r);
    tn_status (*refuse)(tnpy_frame *, int) = NULL;
    bool empty = is_empty(span.ndim, span.shape);
    if (is_written(param) && span.flags & TN_READONLY)
        refuse = tnpy_refuse_readonly;
    else if (!row_has_type(frame, i, r, &span))
        refuse = tnpy_refuse_type;
    else if (span.ndim != param->ndim - 1)
        refuse = tnpy_refuse_ndim;
    else if (span.suboffsets != NULL)
        refuse = tnpy_refuse_indirect;
    else if (!tn_is_contiguous(span.ndim, span.shape, span.strides, param->type->itemsize, TN_ORDER_C))
        refuse = tnpy_refuse_order;
    else if (!is_aligned(span.data, param) && !empty)
        refuse = tnpy_refuse_alignment;
    if (refuse != NULL) {
        speak_of_row(frame, i, r, &span);
        return refuse(frame, i);
    }
    if (r == 0)
        memcpy(rows->shape + 1, span.shape, (size_t)span.ndim * sizeof *span.shape);
    rows->table[r] = empty ? tnpy_nowhere() : span.data;
    return check_extents(frame, i, r, &span);
}

/* All rows after the first. */
static tn_status check_others(tnpy_frame *frame, int i)
{
    const tn_param *param = &frame->def->params[i];
    tnpy_rows *rows = tnpy_rows_of(frame, i);
    PyObject *const *items = &PyTuple_GET_ITEM(rows->items, 0);
    bool comparable = Py_TYPE(items[0]) == frame->state->ndarray && !is_empty(param->ndim - 1, rows->shape + 1);
    tnpy_likeness like = {
        .ndarray = comparable ? frame->state->ndarray : NULL,
        .descr = comparable ? ((const PyArrayObject_fields *)items[0])->descr : NULL,
        .shape = rows->shape + 1,
        .ndim = param->ndim - 1,
        .flags = NPY_ARRAY_C_CONTIGUOUS | (is_written(param) ? NPY_ARRAY_WRITEABLE : 0),
        .misaligned = param->type->alignment - 1,
    };
    for (ptrdiff_t r = 1; r < rows->count; r++) {
        tnpy_fetch_ahead(items, r, rows->count, &like);
        if (tnpy_is_alike(items[r], &like)) {
            rows->table[r] = ((const PyArrayObject_fields *)items[r])->data;
            continue;
        }
        tn_status status = check_row(frame, i, r);
        if (status != TN_OK)
            return status;
    }
    return TN_OK;
}

tn_status tnpy_rows_check_items(tnpy_frame *frame, int i)
{
    const tn_param *param = &frame->def->params[i];
    tnpy_rows *rows = tnpy_rows_of(frame, i);
    memset(rows->shape, 0, param->ndim * sizeof *rows->shape);
    tn_status status = make_table(frame, rows, PyTuple_GET_SIZE(rows->items));
    if (status == TN_OK && rows->count > 0)
        status = check_row(frame, i, 0);
    if (status == TN_OK && rows->count > 1)
        status = check_others(frame, i);
    if (status != TN_OK)
        return status;
    rows->shape[0] = rows->count;
    rows->row_bytes = block_bytes(param->ndim - 1, rows->shape + 1, param->type);
    frame->spans[i] = (tn_span){.data = rows->table, .type = param->type, .ndim = param->ndim, .shape = rows->shape};
    return TN_OK;
}

/* --- phase 2: one array ------------------------------------------------------------------------------------------- */

tn_status tnpy_rows_tabulate(tnpy_frame *frame, int i)
{
    const tn_param *param = &frame->def->params[i];
    const tn_span *span = &frame->spans[i];
    tnpy_rows *rows = tnpy_rows_of(frame, i);
    tn_status status = make_table(frame, rows, span->shape[0]);
    if (status != TN_OK)
        return status;
    bool empty = is_empty(span->ndim, span->shape);
    for (ptrdiff_t r = 0; r < rows->count; r++)
        rows->table[r] = empty ? tnpy_nowhere() : (char *)span->data + r * span->strides[0];
    rows->row_bytes = block_bytes(param->ndim - 1, span->shape + 1, param->type);
    return TN_OK;
}

static tn_status refuse_row_because(tnpy_frame *frame, int i, ptrdiff_t r, const char *predicate)
{
    return tn_fail(&frame->error, TN_WRONG_VALUE, "%s(): %s[%td] %s", frame->def->name, frame->def->params[i].name, r,
                   predicate);
}

/* The exporter's own table is copied, pointer by pointer: it may lie at any address. */
static tn_status copy_table(tnpy_frame *frame, int i)
{
    const tn_param *param = &frame->def->params[i];
    const tn_span *span = &frame->spans[i];
    tnpy_rows *rows = tnpy_rows_of(frame, i);
    tn_status status = make_table(frame, rows, span->shape[0]);
    if (status != TN_OK)
        return status;
    rows->row_bytes = block_bytes(param->ndim - 1, span->shape + 1, param->type);
    for (ptrdiff_t r = 0; r < rows->count; r++) {
        const char *place = (const char *)span->data + r * span->strides[0];
        char *row;
        if (rows->row_bytes == 0) {
            rows->table[r] = tnpy_nowhere();
            continue;
        }
        memcpy(&row, place, sizeof row);
        if (row == NULL)
            return refuse_row_because(frame, i, r, "is a NULL pointer");
        rows->table[r] = row + span->suboffsets[0];
        if (!is_aligned(rows->table[r], param))
            return refuse_row_because(frame, i, r, "is not aligned as C needs it");
    }
    return TN_OK;
}

tn_status tnpy_rows_check_array(tnpy_frame *frame, int i)
{
    const tn_param *param = &frame->def->params[i];
    const tn_span *span = &frame->spans[i];
    bool indirect = span->suboffsets != NULL;
    for (int k = 1; indirect && k < span->ndim; k++)
        if (span->suboffsets[k] >= 0)
            return tnpy_refuse_indirect(frame, i);
    if (!is_empty(span->ndim, span->shape) &&
        !tn_is_contiguous(span->ndim - 1, span->shape + 1, span->strides + 1, param->type->itemsize, TN_ORDER_C))
        return tnpy_refuse_order(frame, i);
    if (indirect)
        return copy_table(frame, i);
    if (!tn_is_aligned(span->data, span->ndim, span->shape, span->strides, param->type->alignment))
        return tnpy_refuse_alignment(frame, i);
    return tnpy_rows_tabulate(frame, i);
}

/* --- overlap ------------------------------------------------------------------------------------------------------ */

static bool is_ascending(char *const *table, ptrdiff_t count)
{
    for (ptrdiff_t r = 1; r < count; r++)
        if ((uintptr_t)table[r] < (uintptr_t)table[r - 1])
            return false;
    return true;
}

/* One pass of a radix sort: stable, by the byte of (address - base) that `shift` brings down. */
static void sort_by_byte(char *const *from, char **to, ptrdiff_t count, uintptr_t base, int shift)
{
    ptrdiff_t starts[257] = {0};
    for (ptrdiff_t r = 0; r < count; r++)
        starts[1 + (((uintptr_t)from[r] - base) >> shift & 255)]++;
    for (int byte = 0; byte < 256; byte++)
        starts[byte + 1] += starts[byte];
    for (ptrdiff_t r = 0; r < count; r++)
        to[starts[((uintptr_t)from[r] - base) >> shift & 255]++] = from[r];
}

/* rows->sorted. Few passes do: the rows of one call lie near each other, and aligned. */
static tn_status sort_rows(tnpy_frame *frame, tnpy_rows *rows)
{
    ptrdiff_t count = rows->count;
    if (rows->sorted == NULL && is_ascending(rows->table, count))
        rows->sorted = rows->table;
    if (rows->sorted != NULL)
        return TN_OK;
    char **sorted = PyMem_New(char *, count), **other = PyMem_New(char *, count);
    if (sorted == NULL || other == NULL) {
        PyMem_Free(sorted);
        PyMem_Free(other);
        return no_memory(frame);
    }
    uintptr_t base = UINTPTR_MAX, bits = 0;
    for (ptrdiff_t r = 0; r < count; r++)
        base = (uintptr_t)rows->table[r] < base ? (uintptr_t)rows->table[r] : base;
    for (ptrdiff_t r = 0; r < count; r++)
        bits |= (uintptr_t)rows->table[r] - base;
    memcpy(sorted, rows->table, (size_t)count * sizeof *sorted);
    for (int shift = __builtin_ctzll(bits); shift < (int)(8 * sizeof bits) && bits >> shift != 0; shift += 8) {
        sort_by_byte(sorted, other, count, base, shift);
        char **swap = sorted;
        sorted = other;
        other = swap;
    }
    PyMem_Free(other);
    rows->sorted = sorted;
    return TN_OK;
}

static ptrdiff_t place_of(const tnpy_rows *rows, const char *address, ptrdiff_t from)
{
    while (from < rows->count - 1 && rows->table[from] != address)
        from++;
    return from;
}

static tn_status refuse_meeting_rows(tnpy_frame *frame, int i, const char *a, const char *b)
{
    const tnpy_rows *rows = tnpy_rows_of(frame, i);
    ptrdiff_t first = place_of(rows, a, 0), second = place_of(rows, b, a == b ? first + 1 : 0);
    const char *name = frame->def->params[i].name;
    if (first > second) {
        ptrdiff_t other = first;
        first = second;
        second = other;
    }
    return tn_fail(&frame->error, TN_WRONG_VALUE,
                   "%s(): %s[%td] shares memory with %s[%td], and %s() writes to %s; pass a copy of one", frame->def->name,
                   name, first, name, second, frame->def->name, name);
}

tn_status tnpy_rows_check_itself(tnpy_frame *frame, int i)
{
    tnpy_rows *rows = tnpy_rows_of(frame, i);
    if (rows->row_bytes == 0)
        return TN_OK;
    tn_status status = sort_rows(frame, rows);
    if (status != TN_OK)
        return status;
    for (ptrdiff_t r = 1; r < rows->count; r++)
        if ((uintptr_t)rows->sorted[r] - (uintptr_t)rows->sorted[r - 1] < (uintptr_t)rows->row_bytes)
            return refuse_meeting_rows(frame, i, rows->sorted[r - 1], rows->sorted[r]);
    return TN_OK;
}

/* A row of `rows` that meets the bytes from `start`; NULL if none does. */
static const char *row_that_meets(const tnpy_rows *rows, const char *start, ptrdiff_t nbytes)
{
    ptrdiff_t low = 0, high = rows->count; /* the first row that ends behind `start` */
    while (low < high) {
        ptrdiff_t middle = low + (high - low) / 2;
        if ((uintptr_t)rows->sorted[middle] + (uintptr_t)rows->row_bytes > (uintptr_t)start)
            high = middle;
        else
            low = middle + 1;
    }
    bool meets = low < rows->count && (uintptr_t)rows->sorted[low] < (uintptr_t)start + (uintptr_t)nbytes;
    return meets ? rows->sorted[low] : NULL;
}

static tn_status refuse_shared(tnpy_frame *frame, int i, ptrdiff_t r, int j, ptrdiff_t s)
{
    const tn_param *written = &frame->def->params[is_written(&frame->def->params[i]) ? i : j];
    char other[112];
    tni_say(other, sizeof other, s < 0 ? "%.80s" : "%.80s[%td]", frame->def->params[j].name, s);
    return tn_fail(&frame->error, TN_WRONG_VALUE,
                   "%s(): %s[%td] shares memory with %s, and %s() writes to %s; pass a copy of one", frame->def->name,
                   frame->def->params[i].name, r, other, frame->def->name, written->name);
}

static tn_status check_other_rows(tnpy_frame *frame, int i, int j)
{
    tnpy_rows *rows = tnpy_rows_of(frame, i), *others = tnpy_rows_of(frame, j);
    if (rows->row_bytes == 0 || others->row_bytes == 0)
        return TN_OK;
    tn_status status = sort_rows(frame, others);
    for (ptrdiff_t r = 0; r < rows->count && status == TN_OK; r++) {
        const char *met = row_that_meets(others, rows->table[r], rows->row_bytes);
        if (met != NULL)
            return refuse_shared(frame, i, r, j, place_of(others, met, 0));
    }
    return status;
}

/* An argument that is one array: of any strides, so that its bytes may lie between those of the rows. */
static tn_status check_one_array(tnpy_frame *frame, int i, int j)
{
    enum { MANY = 100, LITTLE_WORK = 1000 };
    const tnpy_rows *rows = tnpy_rows_of(frame, i);
    tn_span array = frame->spans[j];
    if (frame->def->params[j].type != NULL)
        array.type = frame->def->params[j].type;
    ptrdiff_t low, high, one = 1;
    if (rows->row_bytes == 0 || tn_span_extent(&array, &low, &high, &frame->error) != TN_OK)
        return rows->row_bytes == 0 ? TN_OK : frame->error.status;
    uintptr_t from = (uintptr_t)array.data + (uintptr_t)low, to = (uintptr_t)array.data + (uintptr_t)high;
    tn_span row = {.type = &tn_type_uint8, .ndim = 1, .shape = &rows->row_bytes, .strides = &one};
    for (ptrdiff_t r = 0; r < rows->count; r++) {
        uintptr_t start = (uintptr_t)rows->table[r];
        if (start >= to || start + (uintptr_t)rows->row_bytes <= from)
            continue;
        row.data = rows->table[r];
        if (tn_spans_overlap(&row, &array, rows->count > MANY ? LITTLE_WORK : 0) != TN_DISJOINT)
            return refuse_shared(frame, i, r, j, -1);
    }
    return TN_OK;
}

tn_status tnpy_rows_check_pair(tnpy_frame *frame, int i, int j)
{
    if (frame->def->params[j].kind == TN_PARAM_ROWS)
        return check_other_rows(frame, i, j);
    return check_one_array(frame, i, j);
}
