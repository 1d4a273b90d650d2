/* SPDX-License-Identifier: BSD-3-Clause */
/* Parameters that are arrays of pointers to rows: C's `T **` and `T (*rows[m])[n]`.
 *
 * What stands for one is an array whose rows may lie anywhere: an ordinary array of any row stride, memory that is
 * indirect along its first axis, or a sequence of m buffers, one a row. C sees a table of pointers that is made for the
 * call, so that nothing it does to the table lasts; no row is copied.
 */
#ifndef TNPY_ROWS_H
#define TNPY_ROWS_H

#include "frame.h"

enum { TNPY_SMALL_TABLE = 16 };

/* In the call's scratch memory, one for each such parameter. */
typedef struct tnpy_rows {
    PyObject *items;      /* a tuple of the rows, if they were passed as a sequence; otherwise NULL */
    tn_span *lent;        /* of each, where its exporter keeps it; data NULL: an ndarray. NULL: all are ndarrays */
    char **table;         /* what C sees: `count` addresses, in `small` or allocated; NULL until it is made */
    char **sorted;        /* the same in ascending order, where overlap was looked at; `table` itself, or allocated */
    ptrdiff_t count;
    ptrdiff_t row_bytes;  /* each row is contiguous */
    char *small[TNPY_SMALL_TABLE];
    ptrdiff_t shape[];    /* of all rows together, where they were passed as a sequence */
} tnpy_rows;

size_t tnpy_rows_size(const tn_param *param);
tnpy_rows *tnpy_rows_of(const tnpy_frame *frame, int i);
void tnpy_rows_init(tnpy_frame *frame);
void tnpy_rows_clear(tnpy_frame *frame);

/* Phase 1: argument i as a sequence. Its rows are noted if they are ndarrays, and borrowed if not. */
tn_status tnpy_rows_gather(tnpy_frame *frame, int i);

/* Phase 2: a sequence against what its parameter asks for; or one array, whose element type, dimensions and writability
 * are right. Makes the table. */
tn_status tnpy_rows_check_items(tnpy_frame *frame, int i);
tn_status tnpy_rows_check_array(tnpy_frame *frame, int i);

/* The table of one array without suboffsets: of an output, too, once it is allocated. */
tn_status tnpy_rows_tabulate(tnpy_frame *frame, int i);

/* Phase 2: rows that C writes to must not meet; nor may any of them meet argument j. */
tn_status tnpy_rows_check_itself(tnpy_frame *frame, int i);
tn_status tnpy_rows_check_pair(tnpy_frame *frame, int i, int j);

#endif
