/* SPDX-License-Identifier: BSD-3-Clause */
/* libtenon's memory in a test: every block is counted, and any allocation can be made to fail. */
#ifndef FAILING_MEMORY_H
#define FAILING_MEMORY_H

/* The k-th allocation from now on fails, once (k ≥ 1); 0: none. */
void memory_fail_at(long k);

/* Has it failed? */
int memory_has_failed(void);

/* Blocks that are allocated and not freed. */
long memory_live(void);

/* Allocations made since memory_fail_at was last called. */
long memory_asked(void);

#endif
