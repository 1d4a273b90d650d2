/* SPDX-License-Identifier: BSD-3-Clause */
/* Functions in the slot tables of CPython and NumPy. */
#ifndef TNPY_SLOT_H
#define TNPY_SLOT_H

#include <stdint.h>

/* A function as those tables take it, in a void *, which ISO C has no conversion for. POSIX and every platform of
 * CPython do. */
#define TNPY_SLOT(function) ((void *)(uintptr_t)(function))

#endif
