/* SPDX-License-Identifier: BSD-3-Clause */
#include "failing_memory.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

static long fail_at, asked, live;
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
    if (++asked == fail_at) {
        has_failed = 1;
        return NULL;
    }
    void *block = malloc(size);
    if (block != NULL) {
        memset(block, 0xa5, size); /* nobody may count on zeros */
        live++;
    }
    return block;
}

void tni_free(void *block)
{
    if (block == NULL)
        return;
    live--;
    free(block);
}
