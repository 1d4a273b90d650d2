/* SPDX-License-Identifier: BSD-3-Clause */
/* Large blocks are touched for the first time page by page, and each page costs more than copying it does. Where the
 * system has larger pages for those who ask, large blocks ask. */
#ifndef TNI_PAGES_H
#define TNI_PAGES_H

#include <stddef.h>

/* `block` is `size` bytes that were allocated just now. */
void tni_ask_for_large_pages(void *block, size_t size);

#endif
