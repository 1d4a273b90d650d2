/* SPDX-License-Identifier: BSD-3-Clause */
#include "handle_table.h"

#include <stdint.h>

#include "handle.h"

enum { FIRST_CHAINS = 8 };

/* Pointers are multiples of 16 at least; the multiplication spreads what distinguishes them (Knuth, TAOCP 3, 6.4). */
static size_t chain_of(const tnpy_handle_table *table, const void *pointer)
{
    return (size_t)(((uint64_t)(uintptr_t)pointer >> 4) * UINT64_C(0x9E3779B97F4A7C15) >> 32) & (table->nchains - 1);
}

tnpy_handle *tnpy_handle_table_find(const tnpy_handle_table *table, const void *pointer)
{
    tnpy_handle *handle = table->nchains == 0 ? NULL : table->chains[chain_of(table, pointer)];
    while (handle != NULL && handle->pointer != pointer)
        handle = handle->next;
    return handle;
}

static void put(tnpy_handle_table *table, tnpy_handle *handle)
{
    tnpy_handle **chain = &table->chains[chain_of(table, handle->pointer)];
    handle->next = *chain;
    *chain = handle;
}

/* A table that can't grow for want of memory serves all the same. */
static int grow(tnpy_handle_table *table)
{
    size_t nchains = table->nchains == 0 ? FIRST_CHAINS : 2 * table->nchains;
    tnpy_handle **chains = PyMem_Calloc(nchains, sizeof *chains);
    if (chains == NULL)
        return table->nchains == 0 ? -1 : 0;
    tnpy_handle_table old = *table;
    table->chains = chains;
    table->nchains = nchains;
    for (size_t i = 0; i < old.nchains; i++) {
        for (tnpy_handle *handle = old.chains[i], *next; handle != NULL; handle = next) {
            next = handle->next;
            put(table, handle);
        }
    }
    PyMem_Free(old.chains);
    return 0;
}

int tnpy_handle_table_enter(tnpy_handle_table *table, tnpy_handle *handle)
{
    if (table->count >= table->nchains && grow(table) < 0)
        return -1;
    put(table, handle);
    table->count++;
    return 0;
}

void tnpy_handle_table_leave(tnpy_handle_table *table, tnpy_handle *handle)
{
    tnpy_handle **link = &table->chains[chain_of(table, handle->pointer)];
    while (*link != handle)
        link = &(*link)->next;
    *link = handle->next;
    table->count--;
}

void tnpy_handle_table_clear(tnpy_handle_table *table)
{
    PyMem_Free(table->chains);
    *table = (tnpy_handle_table){.chains = NULL};
}
