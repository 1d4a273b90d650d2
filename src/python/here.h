/* SPDX-License-Identifier: BSD-3-Clause */
/* The tenon._core of the interpreter that runs, for functions that are given no object of it. */
#ifndef TNPY_HERE_H
#define TNPY_HERE_H

#include "state.h"

/* Its state, valid as long as nothing runs that could unload it; imports it where that has not been done. NULL with an
 * exception. Cheap after the first time in a thread. */
tnpy_state *tnpy_here(void);

/* A state ends, or an interpreter: forget what every thread remembers. */
void tnpy_here_forget(void);

#endif
