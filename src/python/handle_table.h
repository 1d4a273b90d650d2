/* SPDX-License-Identifier: BSD-3-Clause */
/* The objects of one class by their pointers: a pointer that C returns again is the object that owns it already, so
 * that it is freed once. Guarded by the GIL. The table owns no reference: an object enters when it gets its pointer and
 * leaves before the pointer is freed. */
#ifndef TNPY_HANDLE_TABLE_H
#define TNPY_HANDLE_TABLE_H

#include <stddef.h>

typedef struct tnpy_handle tnpy_handle;

typedef struct tnpy_handle_table {
    tnpy_handle **chains; /* NULL while nothing has entered */
    size_t nchains;       /* a power of two, or 0 */
    size_t count;
} tnpy_handle_table;

/* The object that owns `pointer`, borrowed, or NULL. */
tnpy_handle *tnpy_handle_table_find(const tnpy_handle_table *table, const void *pointer);

/* Enter an object, whose pointer is set and in nobody's possession. 0, or -1 without an exception if there is no
 * memory. */
int tnpy_handle_table_enter(tnpy_handle_table *table, tnpy_handle *handle);

/* Take out an object that has entered. */
void tnpy_handle_table_leave(tnpy_handle_table *table, tnpy_handle *handle);

/* Free what an empty table keeps. */
void tnpy_handle_table_clear(tnpy_handle_table *table);

#endif
