/* SPDX-License-Identifier: BSD-3-Clause */
#include "arrow.h"

#include "../object.h"
#include "names.h"

#include <stdlib.h>
#include <string.h>

static const char wrong[] = "is described wrongly by its exporter";

/* --- element types ------------------------------------------------------------------------------------------------ */

static const tn_type *type_of_character(char c)
{
    switch (c) {
    case 'c':
        return &tn_type_int8;
    case 'C':
        return &tn_type_uint8;
    case 's':
        return &tn_type_int16;
    case 'S':
        return &tn_type_uint16;
    case 'i':
        return &tn_type_int32;
    case 'I':
        return &tn_type_uint32;
    case 'l':
        return &tn_type_int64;
    case 'L':
        return &tn_type_uint64;
    case 'e':
        return &tn_type_float16;
    case 'f':
        return &tn_type_float32;
    case 'g':
        return &tn_type_float64;
    }
    return NULL;
}

static const char *unit_of(char c)
{
    switch (c) {
    case 's':
        return "s";
    case 'm':
        return "ms";
    case 'u':
        return "us";
    case 'n':
        return "ns";
    }
    return NULL;
}

/* A number after a colon, to the end of the text; -1 for anything else. */
static ptrdiff_t number_after_colon(const char *text)
{
    char *end;
    if (text[0] != ':' || text[1] < '0' || text[1] > '9')
        return -1;
    long long number = strtoll(text + 1, &end, 10);
    return *end == '\0' && number <= INT32_MAX ? (ptrdiff_t)number : -1;
}

static tn_status refuse_type(const char *format, tn_error *err)
{
    if (strcmp(format, "b") == 0)
        return tn_fail(err, TN_WRONG_TYPE,
                       "is an Arrow array of bool, eight values in a byte, which C would not see; cast it to uint8");
    return tn_fail(err, TN_WRONG_TYPE,
                   "is an Arrow array of type '%.40s', whose values are not one number after another in memory",
                   format);
}

/* Static, or owned by *owned. */
static tn_status type_of_format(const char *format, const tn_type **type, tn_type **owned, tn_error *err)
{
    size_t length = strlen(format);
    const char *unit = NULL;
    tn_kind kind = TN_DATETIME;
    *type = length == 1 ? type_of_character(format[0]) : NULL;
    if (*type != NULL)
        return TN_OK;
    tn_status status = TN_WRONG_TYPE;
    if (format[0] == 'w') {
        ptrdiff_t size = number_after_colon(format + 1);
        if (size > 0)
            status = tn_type_new_plain(TN_BYTES, TN_NO_ORDER, size, NULL, owned, err);
    } else if (strncmp(format, "ts", 2) == 0 && length >= 4 && format[3] == ':') {
        unit = unit_of(format[2]); /* what follows names the time zone to show it in; the values are UTC */
    } else if (strcmp(format, "tdm") == 0) {
        unit = "ms";
    } else if (strncmp(format, "tD", 2) == 0 && length == 3) {
        unit = unit_of(format[2]);
        kind = TN_TIMEDELTA;
    }
    if (unit != NULL)
        status = tn_type_new_plain(kind, TN_NATIVE, 8, unit, owned, err);
    *type = *owned;
    return status == TN_WRONG_TYPE ? refuse_type(format, err) : status;
}

/* --- nulls -------------------------------------------------------------------------------------------------------- */

static int64_t count_nulls(const uint8_t *valid, int64_t first, int64_t count)
{
    int64_t nulls = 0;
    for (int64_t i = first; i < first + count; i++)
        nulls += !(valid[i >> 3] >> (i & 7) & 1);
    return nulls;
}

static tn_status refuse_nulls(const tnpy_arrow_array *array, int64_t first, int64_t count, tn_error *err)
{
    const uint8_t *valid = array->nbuffers > 0 && array->buffers != NULL ? array->buffers[0] : NULL;
    if (valid == NULL && array->nulls > 0)
        return tn_fail(err, TN_WRONG_VALUE, "%s: %lld nulls, but no bitmap of them", wrong, (long long)array->nulls);
    if (valid == NULL || array->nulls == 0)
        return TN_OK;
    int64_t nulls = count_nulls(valid, first, count);
    if (nulls == 0)
        return TN_OK;
    return tn_fail(err, TN_WRONG_VALUE, "has %lld null%s, which C would not see; fill or drop %s first",
                   (long long)nulls, nulls == 1 ? "" : "s", nulls == 1 ? "it" : "them");
}

/* --- walking down the tree ---------------------------------------------------------------------------------------- */

/* Where in a node the elements lie that are shown: `count` of them, from `from` on. */
typedef struct node {
    const tnpy_arrow_schema *schema;
    const tnpy_arrow_array *array;
    int64_t from;   /* counted from the array's own offset */
    int64_t count;
} node;

static tn_status check_node(const node *n, tn_error *err)
{
    const tnpy_arrow_array *a = n->array;
    int64_t end;
    if (n->schema->format == NULL)
        return tn_fail(err, TN_WRONG_VALUE, "%s: an Arrow schema without a format", wrong);
    if (n->schema->dictionary != NULL)
        return tn_fail(err, TN_WRONG_TYPE,
                       "is a dictionary-encoded Arrow array, whose values lie elsewhere; decode it first");
    if (a->length < 0 || a->offset < 0 || __builtin_add_overflow(a->length, a->offset, &end))
        return tn_fail(err, TN_WRONG_VALUE, "%s: an Arrow array of length %lld, offset %lld", wrong,
                       (long long)a->length, (long long)a->offset);
    if (n->count > a->length || n->from > a->length - n->count)
        return tn_fail(err, TN_WRONG_VALUE, "%s: %lld values in an Arrow array of %lld", wrong,
                       (long long)(n->from + n->count), (long long)a->length);
    return refuse_nulls(a, a->offset + n->from, n->count, err);
}

/* From lists of `size` to what they are lists of. */
static tn_status descend(node *n, int64_t size, tn_error *err)
{
    const tnpy_arrow_schema *s = n->schema;
    const tnpy_arrow_array *a = n->array;
    if (size < 0 || s->nchildren != 1 || a->nchildren != 1 || s->children == NULL || a->children == NULL ||
        s->children[0] == NULL || a->children[0] == NULL)
        return tn_fail(err, TN_WRONG_VALUE, "%s: an Arrow list of a fixed size without its one child", wrong);
    int64_t from, count;
    if (__builtin_mul_overflow(a->offset + n->from, size, &from) || __builtin_mul_overflow(n->count, size, &count))
        return tn_fail(err, TN_WRONG_VALUE, "%s: more values than can be counted", wrong);
    *n = (node){.schema = s->children[0], .array = a->children[0], .from = from, .count = count};
    return TN_OK;
}

static tn_status read_values(const node *n, tnpy_loan *loan, tn_span *span, tn_error *err)
{
    const tnpy_arrow_array *a = n->array;
    tn_status status = type_of_format(n->schema->format, &span->type, &loan->type, err);
    if (status != TN_OK)
        return status;
    if (a->nbuffers != 2 || a->buffers == NULL)
        return tn_fail(err, TN_WRONG_VALUE, "%s: an Arrow array of '%.20s' with %lld buffers", wrong, n->schema->format,
                       (long long)a->nbuffers);
    tn_error reason;
    if (tn_contiguous_strides(span->ndim, span->shape, span->type->itemsize, TN_ORDER_C, loan->layout->strides,
                              &reason) != TN_OK)
        return tn_fail(err, TN_WRONG_VALUE, "%s: %s", wrong, reason.message);
    ptrdiff_t offset;
    if (__builtin_mul_overflow(a->offset + n->from, span->type->itemsize, &offset))
        return tn_fail(err, TN_WRONG_VALUE, "%s: offset %lld", wrong, (long long)a->offset);
    span->data = (void *)a->buffers[1];
    if (span->data == NULL && n->count > 0)
        return tn_fail(err, TN_WRONG_VALUE, "%s: the address is NULL, but there are values", wrong);
    if (span->data != NULL)
        span->data = (char *)span->data + offset;
    return TN_OK;
}

static tn_status read_tree(const tnpy_arrow_schema *schema, const tnpy_arrow_array *array, tnpy_loan *loan,
                           tn_span *span, tn_error *err)
{
    node n = {.schema = schema, .array = array, .from = 0, .count = array->length};
    if (tnpy_loan_layout(loan, err) == NULL)
        return TN_NO_MEMORY;
    *span = (tn_span){.ndim = 1, .flags = TN_READONLY, .shape = loan->layout->shape, .strides = loan->layout->strides};
    tn_status status = check_node(&n, err);
    loan->layout->shape[0] = (ptrdiff_t)array->length;
    while (status == TN_OK && strncmp(n.schema->format, "+w", 2) == 0) {
        ptrdiff_t size = number_after_colon(n.schema->format + 2);
        if (span->ndim == TN_MAX_NDIM)
            return tn_fail(err, TN_WRONG_VALUE, "%s: more than %d dimensions", wrong, TN_MAX_NDIM);
        status = descend(&n, size, err);
        if (status == TN_OK)
            status = check_node(&n, err);
        loan->layout->shape[span->ndim++] = size;
    }
    return status == TN_OK ? read_values(&n, loan, span, err) : status;
}

/* --- asking ------------------------------------------------------------------------------------------------------- */

static void give_back(void *held)
{
    tnpy_arrow_array *array = held;
    if (array->release != NULL)
        array->release(array);
    PyMem_RawFree(array);
}

static tn_status take(PyObject *pair, tnpy_loan *loan, const tnpy_arrow_schema **schema, tn_error *err)
{
    bool fits = PyTuple_Check(pair) && PyTuple_GET_SIZE(pair) == 2 &&
                PyCapsule_IsValid(PyTuple_GET_ITEM(pair, 0), TNPY_ARROW_SCHEMA) &&
                PyCapsule_IsValid(PyTuple_GET_ITEM(pair, 1), TNPY_ARROW_ARRAY);
    if (!fits)
        return tn_fail(err, TN_WRONG_VALUE,
                       "%s: __arrow_c_array__() gives %.100s, not two capsules with a schema and an array", wrong,
                       tnpy_type_name(pair));
    *schema = PyCapsule_GetPointer(PyTuple_GET_ITEM(pair, 0), TNPY_ARROW_SCHEMA);
    tnpy_arrow_array *array = PyCapsule_GetPointer(PyTuple_GET_ITEM(pair, 1), TNPY_ARROW_ARRAY);
    if ((*schema)->release == NULL || array->release == NULL)
        return tn_fail(err, TN_WRONG_VALUE, "%s: __arrow_c_array__() gives what was released or taken before", wrong);
    tnpy_arrow_array *moved = PyMem_RawMalloc(sizeof *moved);
    if (moved == NULL)
        return tn_fail(err, TN_NO_MEMORY, "out of memory");
    *moved = *array;
    array->release = NULL;
    loan->held = moved;
    loan->let_go = give_back;
    return TN_OK;
}

tn_status tnpy_arrow_borrow(tnpy_state *state, PyObject *obj, bool writable, tnpy_loan *loan, tn_span *span,
                            tn_error *err)
{
    PyObject *method;
    int found = tnpy_protocol_attribute(state, obj, TNPY_ARROW_C_ARRAY, &method);
    if (found <= 0)
        return found == 0 ? TN_WRONG_TYPE : tnpy_raised(err);
    PyObject *pair = PyObject_CallNoArgs(method);
    Py_DECREF(method);
    if (pair == NULL)
        return tnpy_raised(err);
    loan->owner = Py_NewRef(obj);
    const tnpy_arrow_schema *schema = NULL;
    tn_status status = take(pair, loan, &schema, err);
    if (status == TN_OK)
        status = read_tree(schema, loan->held, loan, span, err);
    Py_DECREF(pair); /* and the schema with it, unless it is kept elsewhere */
    if (status == TN_OK && writable)
        return tn_fail(err, TN_BUSY, "is read-only");
    return status;
}
