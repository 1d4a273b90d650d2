/* SPDX-License-Identifier: BSD-3-Clause */
#define _DEFAULT_SOURCE /* madvise */

#include "pages.h"

#if defined(__linux__)

#include <stdint.h>
#include <sys/mman.h>

enum { PAGE = 4096, LARGE_FROM = 4 << 20 };

/* The part that consists of whole pages. It is only advice: what comes of it does not matter. */
void tni_ask_for_large_pages(void *block, size_t size)
{
#ifdef MADV_HUGEPAGE
    if (size < LARGE_FROM)
        return;
    size_t skipped = (size_t)(-(uintptr_t)block % PAGE);
    madvise((char *)block + skipped, (size - skipped) / PAGE * PAGE, MADV_HUGEPAGE);
#else
    (void)block, (void)size;
#endif
}

#else

void tni_ask_for_large_pages(void *block, size_t size)
{
    (void)block, (void)size;
}

#endif
