/* SPDX-License-Identifier: BSD-3-Clause */
/* The only way libtenon allocates. A test build (TNI_TEST_MEMORY) brings its own three, which count blocks and fail on
 * demand: tests/c/failing_memory.c. */
#ifndef TNI_MEMORY_H
#define TNI_MEMORY_H

#include <stddef.h>
#include <stdlib.h>

#ifdef TNI_TEST_MEMORY

void *tni_alloc(size_t size);
void *tni_alloc_zeroed(size_t size);
void tni_free(void *block);

#else

/* NULL if there is no memory. `size` > 0. */
static inline void *tni_alloc(size_t size)
{
    return malloc(size);
}

/* The same, every byte zero; large blocks cost nothing until they are touched. */
static inline void *tni_alloc_zeroed(size_t size)
{
    return calloc(1, size);
}

/* NULL is legal. */
static inline void tni_free(void *block)
{
    free(block);
}

#endif

#endif
