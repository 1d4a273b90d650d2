/* SPDX-License-Identifier: BSD-3-Clause */
/* The address of arrays that have no elements and whose owner gives none. */
#ifndef TNPY_NOWHERE_H
#define TNPY_NOWHERE_H

/* Aligned for every type; never read or written. */
static inline void *tnpy_nowhere(void)
{
    static _Alignas(64) char nowhere[64];
    return nowhere;
}

#endif
