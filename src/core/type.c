/* SPDX-License-Identifier: BSD-3-Clause */
/* Making, freeing and comparing element types.
 *
 * Every type made at run time is one block of memory: the type itself, then all it points to, sub-types and names
 * included. There is one place that allocates (tn_type_copy), and freeing is freeing the block. The constructors fill a
 * tn_type on the stack that points into the caller's data, check it, and copy it.
 */
#include "tenon/type.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "checked.h"
#include "fail.h"
#include "memory.h"
#include "plain.h"
#include "text.h"
#include "utf8.h"

#define TNI_DEFINE(identifier, tag, ctype, text)            \
    const tn_type tn_type_##identifier = {                  \
        .kind = tag,                                        \
        .byteorder = sizeof(ctype) == 1 ? TN_NO_ORDER : TN_NATIVE, \
        .alignment = _Alignof(ctype),                       \
        .itemsize = sizeof(ctype),                          \
    };
TN_SCALAR_LIST(TNI_DEFINE)
#undef TNI_DEFINE

_Static_assert(sizeof(_Bool) == 1, "bool is one byte");
_Static_assert(sizeof(float) == 4 && sizeof(double) == 8, "IEEE 754 single and double");

/* --- plain types -------------------------------------------------------------------------------------------------- */

/* What C says of a scalar of this kind and size: its alignment, or 0 where C has none. */
static uint32_t scalar_alignment(tn_kind kind, ptrdiff_t itemsize)
{
#define TNI_MATCH(identifier, tag, ctype, text)                \
    if (kind == tag && itemsize == (ptrdiff_t)sizeof(ctype)) \
        return _Alignof(ctype);
    TN_SCALAR_LIST(TNI_MATCH)
#undef TNI_MATCH
    return 0;
}

static int is_ordered(tn_kind kind, ptrdiff_t itemsize)
{
    switch (kind) {
    case TN_BYTES:
    case TN_VOID:
    case TN_OBJECT:
    case TN_STRUCT:
    case TN_SUBARRAY:
        return 0;
    default:
        return itemsize != 1;
    }
}

int tni_plain(tn_kind kind, char order, ptrdiff_t itemsize, const char *unit, tn_type *out)
{
    uint32_t alignment = 1;
    switch (kind) {
    case TN_BOOL:
    case TN_INT:
    case TN_UINT:
    case TN_FLOAT:
    case TN_BFLOAT:
    case TN_COMPLEX:
        alignment = scalar_alignment(kind, itemsize);
        if (alignment == 0)
            return 1;
        break;
    case TN_BYTES:
    case TN_VOID:
        if (itemsize < 0)
            return 1;
        break;
    case TN_UCS4:
        if (itemsize < 0 || itemsize % 4 != 0)
            return 1;
        alignment = _Alignof(uint32_t);
        break;
    case TN_DATETIME:
    case TN_TIMEDELTA:
        if (itemsize != 8)
            return 1;
        alignment = _Alignof(int64_t);
        break;
    case TN_OBJECT:
    case TN_POINTER:
        if (itemsize != (ptrdiff_t)sizeof(void *))
            return 1;
        alignment = _Alignof(void *);
        break;
    default:
        return 1;
    }

    if (!is_ordered(kind, itemsize))
        order = TN_NO_ORDER;
    else if (order == '=')
        order = TN_NATIVE;
    else if (order != '<' && order != '>')
        return 1;
    if (order != TN_NATIVE && order != TN_NO_ORDER)
        alignment = 1;
    *out = (tn_type){
        .kind = (uint8_t)kind, .byteorder = (uint8_t)order, .alignment = alignment, .itemsize = itemsize, .name = unit};
    return 0;
}

char tni_order(const tn_type *type)
{
    return is_ordered((tn_kind)type->kind, type->itemsize) ? (char)type->byteorder : TN_NO_ORDER;
}

const tn_type *tni_static_type(const tn_type *type)
{
#define TNI_MATCH(identifier, tag, ctype, text)                                                  \
    if (type->kind == tag && type->itemsize == tn_type_##identifier.itemsize &&                  \
        tni_order(type) == tni_order(&tn_type_##identifier) &&                                   \
        type->alignment == tn_type_##identifier.alignment)                                       \
        return &tn_type_##identifier;
    TN_SCALAR_LIST(TNI_MATCH)
#undef TNI_MATCH
    return NULL;
}

const char *tni_unit(const tn_type *type)
{
    return type->name == NULL ? "generic" : type->name;
}

/* --- one block ---------------------------------------------------------------------------------------------------- */

/* Every piece starts at a multiple of this. */
enum { PIECE = _Alignof(tn_type) };
_Static_assert(PIECE % _Alignof(tn_field) == 0 && PIECE % _Alignof(ptrdiff_t) == 0,
               "pieces are aligned for all they hold");

static int add_piece(size_t *total, size_t size)
{
    if (size > SIZE_MAX - PIECE - *total)
        return 1;
    *total += (size + PIECE - 1) / PIECE * PIECE;
    return 0;
}

static int add_array(size_t *total, ptrdiff_t count, size_t size)
{
    return (size_t)count > (SIZE_MAX - PIECE) / size || add_piece(total, (size_t)count * size);
}

static tn_status measure(const tn_type *type, int depth, size_t *total, tn_error *err)
{
    if (depth > TN_MAX_TYPE_DEPTH)
        return tn_fail(err, TN_BAD_FORMAT, "the type is nested deeper than %d", TN_MAX_TYPE_DEPTH);
    int overflow = add_piece(total, sizeof *type);
    if (type->name != NULL)
        overflow |= add_piece(total, strlen(type->name) + 1);
    if (type->kind == TN_SUBARRAY) {
        overflow |= add_array(total, type->ndim, sizeof *type->shape);
        tn_status status = overflow ? tni_no_memory(err) : measure(type->base, depth + 1, total, err);
        if (status != TN_OK)
            return status;
    }
    if (type->kind == TN_STRUCT) {
        overflow |= add_array(total, type->nfields, sizeof *type->fields);
        for (ptrdiff_t k = 0; k < type->nfields; k++) {
            overflow |= add_piece(total, strlen(type->fields[k].name) + 1);
            tn_status status = overflow ? tni_no_memory(err) : measure(type->fields[k].type, depth + 1, total, err);
            if (status != TN_OK)
                return status;
        }
    }
    return overflow ? tni_no_memory(err) : TN_OK;
}

static void *take(char **next, size_t size)
{
    void *piece = *next;
    *next += (size + PIECE - 1) / PIECE * PIECE;
    return piece;
}

static const char *place_text(char **next, const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(take(next, size), text, size);
}

static tn_type *place(char **next, const tn_type *type)
{
    tn_type *copy = take(next, sizeof *copy);
    *copy = *type;
    copy->fields = NULL;
    copy->base = NULL;
    copy->shape = NULL;
    if (type->name != NULL)
        copy->name = place_text(next, type->name);
    if (type->kind == TN_SUBARRAY) {
        size_t size = type->ndim * sizeof *type->shape;
        copy->shape = memcpy(take(next, size), type->shape, size);
        copy->base = place(next, type->base);
    }
    if (type->kind == TN_STRUCT && type->nfields > 0) {
        tn_field *fields = take(next, (size_t)type->nfields * sizeof *fields);
        for (ptrdiff_t k = 0; k < type->nfields; k++) {
            fields[k].name = place_text(next, type->fields[k].name);
            fields[k].offset = type->fields[k].offset;
            fields[k].type = place(next, type->fields[k].type);
        }
        copy->fields = fields;
    }
    return copy;
}

tn_status tn_type_copy(const tn_type *type, tn_type **out, tn_error *err)
{
    size_t total = 0;
    tn_status status = measure(type, 0, &total, err);
    if (status != TN_OK)
        return status;
    char *next = tni_alloc(total);
    if (next == NULL)
        return tni_no_memory(err);
    *out = place(&next, type);
    return TN_OK;
}

void tn_type_free(tn_type *type)
{
    tni_free(type);
}

/* --- making ------------------------------------------------------------------------------------------------------- */

uint32_t tni_struct_alignment(const tn_field *fields, ptrdiff_t nfields, ptrdiff_t itemsize)
{
    uint32_t alignment = 1;
    for (ptrdiff_t k = 0; k < nfields; k++) {
        uint32_t of_field = fields[k].type->alignment;
        if (fields[k].offset % (ptrdiff_t)of_field != 0)
            return 1;
        if (of_field > alignment)
            alignment = of_field;
    }
    return itemsize % (ptrdiff_t)alignment == 0 ? alignment : 1;
}

typedef struct entry {
    const char *name;
    ptrdiff_t index;
} entry;

static int compare_entries(const void *left, const void *right)
{
    const entry *a = left, *b = right;
    int order = strcmp(a->name, b->name);
    return order != 0 ? order : (a->index > b->index) - (a->index < b->index);
}

tn_status tni_find_duplicate(const tn_field *fields, ptrdiff_t nfields, ptrdiff_t *index, tn_error *err)
{
    *index = -1;
    if (nfields < 2)
        return TN_OK;
    if ((size_t)nfields > SIZE_MAX / sizeof(entry))
        return tni_no_memory(err);
    entry *entries = tni_alloc((size_t)nfields * sizeof *entries);
    if (entries == NULL)
        return tni_no_memory(err);
    for (ptrdiff_t k = 0; k < nfields; k++)
        entries[k] = (entry){fields[k].name, k};
    qsort(entries, (size_t)nfields, sizeof *entries, compare_entries);
    for (ptrdiff_t k = 1; k < nfields; k++)
        if (strcmp(entries[k - 1].name, entries[k].name) == 0 && (*index < 0 || entries[k].index < *index))
            *index = entries[k].index;
    tni_free(entries);
    return TN_OK;
}

static tn_status check_field(const tn_field *field, ptrdiff_t index, ptrdiff_t itemsize, tn_error *err)
{
    if (field->name == NULL || field->name[0] == '\0')
        return tn_fail(err, TN_BAD_FORMAT, "field %td has no name", index);
    if (!tni_utf8_valid(field->name, strlen(field->name)))
        return tn_fail(err, TN_BAD_FORMAT, "the name of field %td is not UTF-8", index);
    if (field->offset < 0)
        return tn_fail(err, TN_BAD_FORMAT, "field '%s' has the negative offset %td", field->name, field->offset);
    ptrdiff_t end;
    if (tni_add(field->offset, field->type->itemsize, &end) || end > itemsize)
        return tn_fail(err, TN_BAD_FORMAT, "field '%s' ends beyond the itemsize of %td", field->name, itemsize);
    return TN_OK;
}

tn_status tn_type_new_struct(const tn_field *fields, ptrdiff_t nfields, ptrdiff_t itemsize, uint32_t alignment,
                             const char *name, tn_type **out, tn_error *err)
{
    if (nfields < 0)
        return tn_fail(err, TN_BAD_FORMAT, "the number of fields is negative");
    if (itemsize < 0)
        return tn_fail(err, TN_BAD_FORMAT, "the itemsize %td is negative", itemsize);
    if (alignment == 0 || (alignment & (alignment - 1)) != 0)
        return tn_fail(err, TN_BAD_FORMAT, "the alignment %lu is not a power of two", (unsigned long)alignment);
    for (ptrdiff_t k = 0; k < nfields; k++) {
        tn_status status = check_field(&fields[k], k, itemsize, err);
        if (status != TN_OK)
            return status;
    }
    ptrdiff_t duplicate;
    tn_status status = tni_find_duplicate(fields, nfields, &duplicate, err);
    if (status != TN_OK)
        return status;
    if (duplicate >= 0)
        return tn_fail(err, TN_BAD_FORMAT, "two fields are named '%s'", fields[duplicate].name);
    tn_type type = {.kind = TN_STRUCT, .byteorder = TN_NO_ORDER, .alignment = alignment, .itemsize = itemsize,
                    .nfields = nfields, .fields = fields, .name = name};
    return tn_type_copy(&type, out, err);
}

tn_status tn_type_new_subarray(const tn_type *base, int ndim, const ptrdiff_t *shape, tn_type **out, tn_error *err)
{
    if (ndim < 1)
        return tn_fail(err, TN_BAD_FORMAT, "a sub-array has at least one dimension");
    const tn_type *element = base->kind == TN_SUBARRAY ? base->base : base;
    int inner = base->kind == TN_SUBARRAY ? base->ndim : 0;
    if (ndim > TN_MAX_NDIM - inner)
        return tn_fail(err, TN_BAD_FORMAT, "the sub-array has more than %d dimensions", TN_MAX_NDIM);
    ptrdiff_t joined[TN_MAX_NDIM];
    for (int k = 0; k < ndim; k++) {
        if (shape[k] < 0)
            return tn_fail(err, TN_BAD_FORMAT, "the sub-array has the negative extent %td", shape[k]);
        joined[k] = shape[k];
    }
    for (int k = 0; k < inner; k++)
        joined[ndim + k] = base->shape[k];
    tn_type type = {.kind = TN_SUBARRAY, .byteorder = TN_NO_ORDER, .ndim = (uint8_t)(ndim + inner),
                    .alignment = element->alignment, .base = element, .shape = joined};
    if (tni_product(element->itemsize, type.ndim, joined, &type.itemsize))
        return tn_fail(err, TN_BAD_FORMAT, "the sub-array is larger than any memory");
    return tn_type_copy(&type, out, err);
}

tn_status tn_type_new_plain(tn_kind kind, char byteorder, ptrdiff_t itemsize, const char *unit, tn_type **out,
                            tn_error *err)
{
    int timed = kind == TN_DATETIME || kind == TN_TIMEDELTA;
    if (timed != (unit != NULL))
        return tn_fail(err, TN_BAD_FORMAT, timed ? "a time needs a unit" : "only times have a unit");
    tn_type type;
    if (tni_plain(kind, byteorder, itemsize, unit, &type))
        return tn_fail(err, TN_BAD_FORMAT, "there is no type of kind '%c', byte order '%c' and %td bytes", (char)kind,
                       byteorder, itemsize);
    return tn_type_copy(&type, out, err);
}

int tni_fields_in_sequence(const tn_type *type)
{
    ptrdiff_t end = 0;
    for (ptrdiff_t k = 0; k < type->nfields; k++) {
        if (type->fields[k].offset < end)
            return 0;
        end = type->fields[k].offset + type->fields[k].type->itemsize;
    }
    return end <= type->itemsize;
}

/* --- describing --------------------------------------------------------------------------------------------------- */

static const char *scalar_text(tn_kind kind, ptrdiff_t itemsize)
{
#define TNI_MATCH(identifier, tag, ctype, text)                \
    if (kind == tag && itemsize == (ptrdiff_t)sizeof(ctype)) \
        return text;
    TN_SCALAR_LIST(TNI_MATCH)
#undef TNI_MATCH
    return "unknown";
}

static void put_type(tni_text *out, const tn_type *type);

static void put_counted(tni_text *out, const char *word, ptrdiff_t count)
{
    tni_put(out, word);
    tni_put_char(out, '[');
    tni_put_number(out, count);
    tni_put_char(out, ']');
}

static void put_time(tni_text *out, const char *word, const tn_type *type)
{
    tni_put(out, word);
    if (strcmp(tni_unit(type), "generic") == 0)
        return;
    tni_put_char(out, '[');
    tni_put(out, tni_unit(type));
    tni_put_char(out, ']');
}

static void put_fields(tni_text *out, const tn_type *type)
{
    tni_put_char(out, '{');
    for (ptrdiff_t k = 0; k < type->nfields; k++) {
        if (k > 0)
            tni_put(out, ", ");
        tni_put(out, type->fields[k].name);
        tni_put(out, ": ");
        put_type(out, type->fields[k].type);
    }
    tni_put_char(out, '}');
}

static void put_type(tni_text *out, const tn_type *type)
{
    char order = tni_order(type);
    if (order != TN_NO_ORDER && order != TN_NATIVE)
        tni_put_char(out, order);
    switch ((tn_kind)type->kind) {
    case TN_BYTES:
        put_counted(out, "bytes", type->itemsize);
        return;
    case TN_UCS4:
        put_counted(out, "str", type->itemsize / 4);
        return;
    case TN_VOID:
        put_counted(out, "void", type->itemsize);
        return;
    case TN_DATETIME:
        put_time(out, "datetime64", type);
        return;
    case TN_TIMEDELTA:
        put_time(out, "timedelta64", type);
        return;
    case TN_OBJECT:
        tni_put(out, "object");
        return;
    case TN_POINTER:
        tni_put(out, "pointer");
        return;
    case TN_STRUCT:
        put_fields(out, type);
        return;
    case TN_SUBARRAY:
        put_type(out, type->base);
        tni_put_char(out, '[');
        tni_put_shape(out, type->ndim, type->shape, ", ");
        tni_put_char(out, ']');
        return;
    default:
        tni_put(out, scalar_text((tn_kind)type->kind, type->itemsize));
        return;
    }
}

/* Ends the text, cut with "…" if it did not fit. capacity ≥ 1. */
static void end_cut(tni_text *out)
{
    static const char ellipsis[] = "\xe2\x80\xa6";
    size_t room = out->capacity - 1;
    if (out->length <= room) {
        out->buffer[out->length] = '\0';
        return;
    }
    size_t mark = sizeof ellipsis - 1;
    if (room < mark) {
        out->buffer[0] = '\0';
        return;
    }
    size_t end = tni_utf8_cut(out->buffer, room - mark);
    memcpy(out->buffer + end, ellipsis, sizeof ellipsis);
}

char *tn_type_describe(const tn_type *type, char *buffer, size_t capacity)
{
    if (capacity == 0)
        return buffer;
    tni_text out = {buffer, capacity, 0};
    put_type(&out, type);
    end_cut(&out);
    return buffer;
}

/* --- comparing ---------------------------------------------------------------------------------------------------- */

static int same_shape(const tn_type *a, const tn_type *b)
{
    if (a->ndim != b->ndim)
        return 0;
    for (int k = 0; k < a->ndim; k++)
        if (a->shape[k] != b->shape[k])
            return 0;
    return 1;
}

static int same_fields(const tn_type *a, const tn_type *b)
{
    if (a->nfields != b->nfields)
        return 0;
    for (ptrdiff_t k = 0; k < a->nfields; k++) {
        const tn_field *f = &a->fields[k], *g = &b->fields[k];
        if (f->offset != g->offset || strcmp(f->name, g->name) != 0 || !tn_type_equal(f->type, g->type))
            return 0;
    }
    return 1;
}

int tn_type_equal(const tn_type *a, const tn_type *b)
{
    if (a == b)
        return 1;
    if (a->kind != b->kind || a->itemsize != b->itemsize || tni_order(a) != tni_order(b))
        return 0;
    switch ((tn_kind)a->kind) {
    case TN_STRUCT:
        return same_fields(a, b);
    case TN_SUBARRAY:
        return same_shape(a, b) && tn_type_equal(a->base, b->base);
    case TN_DATETIME:
    case TN_TIMEDELTA:
        return strcmp(tni_unit(a), tni_unit(b)) == 0;
    default:
        return 1;
    }
}

/* Where in a nested structure a difference lies, innermost first. */
typedef struct place_in_type {
    const struct place_in_type *outer;
    const char *name;
} place_in_type;

enum { SHORT = 160 };

static void put_place(tni_text *out, const place_in_type *at)
{
    if (at->outer != NULL) {
        put_place(out, at->outer);
        tni_put_char(out, '.');
    }
    tni_put(out, at->name);
}

static const char *show_place(const place_in_type *at, char buffer[SHORT])
{
    tni_text out = {buffer, SHORT, 0};
    put_place(&out, at);
    end_cut(&out);
    return buffer;
}

static const tn_field *find_field(const tn_type *type, const char *name)
{
    for (ptrdiff_t k = 0; k < type->nfields; k++)
        if (strcmp(type->fields[k].name, name) == 0)
            return &type->fields[k];
    return NULL;
}

static tn_status explain(const tn_type *expected, const tn_type *got, const place_in_type *at, tn_error *err);

/* `field` of the expected structure is not in the other one by that name: has it another, or is it not there? */
static tn_status explain_missing(const tn_field *field, const tn_type *expected, const tn_type *got,
                                 const place_in_type *at, tn_error *err)
{
    char where[SHORT], there[SHORT];
    show_place(at, where);
    for (ptrdiff_t k = 0; k < got->nfields; k++) {
        const tn_field *other = &got->fields[k];
        place_in_type instead = {at->outer, other->name};
        if (other->offset == field->offset && tn_type_equal(other->type, field->type) &&
            find_field(expected, other->name) == NULL)
            return tn_fail(err, TN_WRONG_TYPE, "field '%s' is missing; '%s' is in its place", where,
                           show_place(&instead, there));
    }
    return tn_fail(err, TN_WRONG_TYPE, "field '%s' is missing", where);
}

static tn_status explain_fields(const tn_type *expected, const tn_type *got, const place_in_type *outer, tn_error *err)
{
    char where[SHORT];
    for (ptrdiff_t k = 0; k < expected->nfields; k++) {
        const tn_field *want = &expected->fields[k];
        const tn_field *have = find_field(got, want->name);
        place_in_type at = {outer, want->name};
        if (have == NULL)
            return explain_missing(want, expected, got, &at, err);
        tn_status status = explain(want->type, have->type, &at, err);
        if (status != TN_OK)
            return status;
        if (have->offset != want->offset)
            return tn_fail(err, TN_WRONG_TYPE, "field '%s' is at offset %td, expected %td", show_place(&at, where),
                           have->offset, want->offset);
    }
    for (ptrdiff_t k = 0; k < got->nfields; k++) {
        place_in_type at = {outer, got->fields[k].name};
        if (find_field(expected, got->fields[k].name) == NULL)
            return tn_fail(err, TN_WRONG_TYPE, "unexpected field '%s'", show_place(&at, where));
    }
    for (ptrdiff_t k = 0; k < expected->nfields; k++) {
        place_in_type at = {outer, expected->fields[k].name};
        if (strcmp(expected->fields[k].name, got->fields[k].name) != 0)
            return tn_fail(err, TN_WRONG_TYPE, "field '%s' is declared in another order", show_place(&at, where));
    }
    if (got->itemsize == expected->itemsize)
        return TN_OK;
    if (outer == NULL)
        return tn_fail(err, TN_WRONG_TYPE, "itemsize is %td, expected %td", got->itemsize, expected->itemsize);
    return tn_fail(err, TN_WRONG_TYPE, "itemsize of field '%s' is %td, expected %td", show_place(outer, where),
                   got->itemsize, expected->itemsize);
}

static tn_status explain(const tn_type *expected, const tn_type *got, const place_in_type *at, tn_error *err)
{
    if (tn_type_equal(expected, got))
        return TN_OK;
    if (expected->kind == TN_STRUCT && got->kind == TN_STRUCT)
        return explain_fields(expected, got, at, err);
    if (expected->kind == TN_SUBARRAY && got->kind == TN_SUBARRAY && same_shape(expected, got))
        return explain(expected->base, got->base, at, err);
    char is[SHORT], wanted[SHORT], where[SHORT];
    tn_type_describe(got, is, sizeof is);
    tn_type_describe(expected, wanted, sizeof wanted);
    if (at == NULL)
        return tn_fail(err, TN_WRONG_TYPE, "type is %s, expected %s", is, wanted);
    return tn_fail(err, TN_WRONG_TYPE, "field '%s' is %s, expected %s", show_place(at, where), is, wanted);
}

tn_status tn_type_difference(const tn_type *expected, const tn_type *got, tn_error *err)
{
    return explain(expected, got, NULL, err);
}
