/* SPDX-License-Identifier: BSD-3-Clause */
#include "draft.h"

#include <stdint.h>
#include <string.h>

#include "checked.h"
#include "fail.h"
#include "memory.h"
#include "plain.h"
#include "text.h"

/* --- the arena ---------------------------------------------------------------------------------------------------- */

enum { CHUNK = 2048, PIECE = _Alignof(tn_type) };

struct tni_chunk {
    tni_chunk *older;
    size_t capacity;
};

_Static_assert(sizeof(tni_chunk) % PIECE == 0, "what follows a chunk's head is aligned");
_Static_assert(PIECE % _Alignof(tn_field) == 0 && PIECE % _Alignof(tni_draft_field) == 0, "an arena holds these");

void *tni_arena_alloc(tni_arena *arena, size_t size)
{
    if (size > SIZE_MAX - sizeof(tni_chunk) - PIECE)
        return NULL;
    size = (size + PIECE - 1) / PIECE * PIECE;
    if (arena->chunk == NULL || arena->chunk->capacity - arena->used < size) {
        size_t capacity = size > CHUNK ? size : CHUNK;
        tni_chunk *chunk = tni_alloc(sizeof *chunk + capacity);
        if (chunk == NULL)
            return NULL;
        *chunk = (tni_chunk){arena->chunk, capacity};
        arena->chunk = chunk;
        arena->used = 0;
    }
    char *piece = (char *)(arena->chunk + 1) + arena->used;
    arena->used += size;
    return piece;
}

void tni_arena_free(tni_arena *arena)
{
    while (arena->chunk != NULL) {
        tni_chunk *older = arena->chunk->older;
        tni_free(arena->chunk);
        arena->chunk = older;
    }
}

/* --- drafts ------------------------------------------------------------------------------------------------------- */

tn_type *tni_add_type(tni_arena *arena, const tn_type *type)
{
    tn_type *copy = tni_arena_alloc(arena, sizeof *copy);
    if (copy != NULL)
        *copy = *type;
    return copy;
}

tni_draft_field *tni_add_field(tni_arena *arena, tni_fields *fields)
{
    tni_draft_field *field = tni_arena_alloc(arena, sizeof *field);
    if (field == NULL)
        return NULL;
    *field = (tni_draft_field){0};
    if (fields->last == NULL)
        fields->first = field;
    else
        fields->last->next = field;
    fields->last = field;
    fields->count++;
    return field;
}

/* The k of "fk", or -1 if the name is not of that form or k ≥ limit. */
static ptrdiff_t number_in(const char *name, ptrdiff_t limit)
{
    if (name == NULL || name[0] != 'f' || name[1] == '\0' || (name[1] == '0' && name[2] != '\0'))
        return -1;
    ptrdiff_t number = 0;
    for (const char *c = name + 1; *c != '\0'; c++) {
        if (*c < '0' || *c > '9')
            return -1;
        number = number * 10 + (*c - '0');
        if (number >= limit)
            return -1;
    }
    return number;
}

static const char *make_name(tni_arena *arena, ptrdiff_t number)
{
    enum { LONGEST = 24 };
    char *name = tni_arena_alloc(arena, LONGEST);
    if (name == NULL)
        return NULL;
    tni_text out = {name, LONGEST, 0};
    tni_put_char(&out, 'f');
    tni_put_number(&out, number);
    tni_put_char(&out, '\0');
    return name;
}

static tn_status name_fields(tni_arena *arena, const tni_fields *fields, tni_naming naming, tn_field *out,
                             tn_error *err)
{
    char *taken = tni_arena_alloc(arena, (size_t)fields->count);
    if (taken == NULL)
        return tni_no_memory(err);
    memset(taken, 0, (size_t)fields->count);
    for (const tni_draft_field *field = fields->first; field != NULL; field = field->next) {
        ptrdiff_t number = number_in(field->name, fields->count);
        if (number >= 0 && naming == TNI_NEXT_FREE)
            taken[number] = 1;
    }
    ptrdiff_t next = 0, k = 0;
    for (const tni_draft_field *field = fields->first; field != NULL; field = field->next, k++) {
        out[k].name = field->name;
        if (field->name != NULL)
            continue;
        /* There are as many numbers as fields, so a free one is always left. */
        while (taken[next])
            next++;
        out[k].name = make_name(arena, naming == TNI_BY_INDEX ? k : next++);
        if (out[k].name == NULL)
            return tni_no_memory(err);
    }
    return TN_OK;
}

tn_status tni_draft_struct(tni_arena *arena, const tni_fields *fields, ptrdiff_t itemsize, tni_naming naming,
                           tni_draft *out, ptrdiff_t *at, tn_error *err)
{
    *at = 0;
    if (fields->depth >= TN_MAX_TYPE_DEPTH)
        return tn_fail(err, TN_BAD_FORMAT, "the type is nested deeper than %d", TN_MAX_TYPE_DEPTH);
    tn_type type = {.kind = TN_STRUCT, .byteorder = TN_NO_ORDER, .alignment = 1, .itemsize = itemsize};
    if (fields->count > 0) {
        tn_field *list = tni_arena_alloc(arena, (size_t)fields->count * sizeof *list);
        if (list == NULL)
            return tni_no_memory(err);
        ptrdiff_t k = 0;
        for (const tni_draft_field *field = fields->first; field != NULL; field = field->next)
            list[k++] = (tn_field){NULL, field->value.type, field->offset};
        tn_status status = name_fields(arena, fields, naming, list, err);
        if (status != TN_OK)
            return status;
        ptrdiff_t duplicate;
        status = tni_find_duplicate(list, fields->count, &duplicate, err);
        if (status != TN_OK)
            return status;
        if (duplicate >= 0) {
            const tni_draft_field *field = fields->first;
            for (k = 0; k < duplicate; k++)
                field = field->next;
            *at = field->position;
            return tn_fail(err, TN_BAD_FORMAT, "two fields are named '%s'", list[duplicate].name);
        }
        type.fields = list;
        type.nfields = fields->count;
        type.alignment = tni_struct_alignment(list, fields->count, itemsize);
    }
    *out = (tni_draft){tni_add_type(arena, &type), fields->depth + 1};
    return out->type == NULL ? tni_no_memory(err) : TN_OK;
}

tn_status tni_draft_subarray(tni_arena *arena, const tni_draft *element, int ndim, const ptrdiff_t *shape,
                             tni_draft *out, tn_error *err)
{
    const tn_type *inner = element->type;
    int joins = inner->kind == TN_SUBARRAY;
    tn_type type = {.kind = TN_SUBARRAY, .byteorder = TN_NO_ORDER, .ndim = (uint8_t)(ndim + inner->ndim),
                    .alignment = inner->alignment, .base = joins ? inner->base : inner};
    if (ndim + inner->ndim > TN_MAX_NDIM)
        return tn_fail(err, TN_BAD_FORMAT, "the sub-array has more than %d dimensions", TN_MAX_NDIM);
    int depth = element->depth + !joins;
    if (depth > TN_MAX_TYPE_DEPTH)
        return tn_fail(err, TN_BAD_FORMAT, "the type is nested deeper than %d", TN_MAX_TYPE_DEPTH);
    if (tni_product(inner->itemsize, ndim, shape, &type.itemsize))
        return tn_fail(err, TN_BAD_FORMAT, "the sub-array is larger than any memory");
    ptrdiff_t *joined = tni_arena_alloc(arena, type.ndim * sizeof *joined);
    if (joined == NULL)
        return tni_no_memory(err);
    memcpy(joined, shape, (size_t)ndim * sizeof *joined);
    if (joins)
        memcpy(joined + ndim, inner->shape, inner->ndim * sizeof *joined);
    type.shape = joined;
    *out = (tni_draft){tni_add_type(arena, &type), depth};
    return out->type == NULL ? tni_no_memory(err) : TN_OK;
}
