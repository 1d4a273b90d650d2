/* SPDX-License-Identifier: BSD-3-Clause */
#include "failing_memory.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

/* Threads may allocate and free while nothing is to fail. */
static long fail_at;
static atomic_long asked, live;
static int has_failed;

void memory_fail_at(long k)
{
    fail_at = k;
    asked = 0;
    has_failed = 0;
}

int memory_has_failed(void)
{
    return has_failed;
}

long memory_live(void)
{
    return live;
}

long memory_asked(void)
{
    return asked;
}

void *tni_alloc(size_t size)
{
    if (atomic_fetch_add(&asked, 1) + 1 == fail_at) {
        has_failed = 1;
        return NULL;
    }
    if (size > (size_t)1 << 40) /* a sanitizer would end the program here */
        return NULL;
    void *block = malloc(size);
    if (block != NULL) {
        memset(block, 0xa5, size); /* nobody may count on zeros */
        live++;
    }
    return block;
}

void *tni_alloc_zeroed(size_t size)
{
    void *block = tni_alloc(size);
    return block == NULL ? NULL : memset(block, 0, size);
}

void tni_free(void *block)
{
    if (block == NULL)
        return;
    live--;
    free(block);
}
