/* SPDX-License-Identifier: BSD-3-Clause */
/* Types while a parser builds them: everything lies in one arena, and only the finished type is copied out of it. So no
 * parser has anything to free but the arena, on any path. */
#ifndef TNI_DRAFT_H
#define TNI_DRAFT_H

#include <stddef.h>

#include "tenon/status.h"
#include "tenon/type.h"

typedef struct tni_chunk tni_chunk;

/* Starts as {0}. */
typedef struct tni_arena {
    tni_chunk *chunk;
    size_t used; /* of the newest chunk */
} tni_arena;

/* NULL if there is no memory. Aligned for any tn_type. */
void *tni_arena_alloc(tni_arena *arena, size_t size);

void tni_arena_free(tni_arena *arena);

/* A type and what the parsers need to know about it. */
typedef struct tni_draft {
    tn_type *type;
    int depth; /* of nesting: 0 for a plain type */
} tni_draft;

typedef struct tni_draft_field {
    struct tni_draft_field *next;
    const char *name;   /* NULL: the source gives none */
    ptrdiff_t offset;
    ptrdiff_t position; /* in the source, for messages */
    tni_draft value;
} tni_draft_field;

/* The fields of a structure, as they come. Starts as {0}. */
typedef struct tni_fields {
    tni_draft_field *first, *last;
    ptrdiff_t count;
    int depth; /* of the deepest field */
} tni_fields;

/* Each of these returns NULL if there is no memory. */
tni_draft_field *tni_add_field(tni_arena *arena, tni_fields *fields);
tn_type *tni_add_type(tni_arena *arena, const tn_type *type);

typedef enum tni_naming {
    TNI_NEXT_FREE, /* fields without a name are f0, f1, … in turn, less the names that are taken (PEP 3118 formats) */
    TNI_BY_INDEX   /* field k without a name is fk (descr) */
} tni_naming;

/* A structure of these fields. *at is the position to blame if the status is TN_BAD_FORMAT. */
tn_status tni_draft_struct(tni_arena *arena, const tni_fields *fields, ptrdiff_t itemsize, tni_naming naming,
                           tni_draft *out, ptrdiff_t *at, tn_error *err);

/* `element` repeated over `shape`; a sub-array's shape is joined. Refuses, with TN_BAD_FORMAT, what
 * tn_type_new_subarray refuses. */
tn_status tni_draft_subarray(tni_arena *arena, const tni_draft *element, int ndim, const ptrdiff_t *shape,
                             tni_draft *out, tn_error *err);

#endif
