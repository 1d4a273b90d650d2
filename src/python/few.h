/* SPDX-License-Identifier: BSD-3-Clause */
/* A few words, without the C library.
 *
 * Its memset() and memcpy() use the widest vectors that the machine has. Where a program has used them for its own
 * work, the first such instruction after some microseconds without any has been seen to take 300 ns and more, as long
 * as ten calls: what runs between two loops of C does without. The barrier keeps compilers from putting the library's
 * function here again.
 */
#ifndef TNPY_FEW_H
#define TNPY_FEW_H

#include <stddef.h>

static inline void tnpy_clear_few(ptrdiff_t *words, int count)
{
    for (int i = 0; i < count; i++) {
        words[i] = 0;
        __asm__ volatile("");
    }
}

static inline void tnpy_copy_few(ptrdiff_t *to, const ptrdiff_t *from, int count)
{
    for (int i = 0; i < count; i++) {
        to[i] = from[i];
        __asm__ volatile("");
    }
}

#endif
