/* SPDX-License-Identifier: BSD-3-Clause */
/* What Arrow's C data interface fixes. https://arrow.apache.org/docs/format/CDataInterface.html
 *
 * Two trees of the same form: a schema says what the values are, an array where they lie. Each node has a release
 * callback, which its holder calls once; it releases the children that were not taken out, frees what the node points
 * to, and sets itself to NULL. A node is moved by copying it and setting the release of the source to NULL.
 */
#ifndef TNPY_PROTOCOL_ARROW_ABI_H
#define TNPY_PROTOCOL_ARROW_ABI_H

#include <stddef.h>
#include <stdint.h>

#define TNPY_ARROW_SCHEMA "arrow_schema"
#define TNPY_ARROW_ARRAY "arrow_array"

enum { TNPY_ARROW_NULLABLE = 2 }; /* the type allows nulls; not: there are some */

typedef struct tnpy_arrow_schema {
    const char *format;                  /* the type: "g" is float64, "+w:3" lists of three, … */
    const char *name;                    /* of the column; may be NULL */
    const char *metadata;                /* NULL: none */
    int64_t flags;                       /* TNPY_ARROW_NULLABLE */
    int64_t nchildren;
    struct tnpy_arrow_schema **children;
    struct tnpy_arrow_schema *dictionary; /* not NULL: the values are numbers of entries in it */
    void (*release)(struct tnpy_arrow_schema *self); /* NULL: released, or moved away */
    void *context;                       /* the producer's */
} tnpy_arrow_schema;

typedef struct tnpy_arrow_array {
    int64_t length;                      /* elements, from `offset` on */
    int64_t nulls;                       /* how many of them are null; -1: not counted */
    int64_t offset;                      /* elements before the first */
    int64_t nbuffers;
    int64_t nchildren;
    const void **buffers;                /* [0]: a bit each, 0 where it is null; NULL: there are none. [1]: values */
    struct tnpy_arrow_array **children;
    struct tnpy_arrow_array *dictionary;
    void (*release)(struct tnpy_arrow_array *self);
    void *context;
} tnpy_arrow_array;

_Static_assert(sizeof(tnpy_arrow_schema) == 16 + 7 * sizeof(void *), "Arrow: schema");
_Static_assert(sizeof(tnpy_arrow_array) == 40 + 5 * sizeof(void *), "Arrow: array");
_Static_assert(offsetof(tnpy_arrow_array, buffers) == 40, "Arrow: array");

#endif
