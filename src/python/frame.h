/* SPDX-License-Identifier: BSD-3-Clause */
/* One call under way: what the engine's steps hand to each other.
 *
 * A call has three phases, and the order is what keeps pointers true:
 *
 *   1. tnpy_bind, tnpy_convert   everything that can run Python code: arguments sorted, scalars converted, foreign
 *                                exporters asked. ndarrays are only noted, since any of this may resize them.
 *   2. tnpy_check, tnpy_solve,   the fields of ndarrays read and all checks made; outputs allocated, which runs no
 *      tnpy_check_overlap,       Python code either.
 *      tnpy_allocate
 *   3. the loop, with no Python in between.
 *
 * Then tnpy_frame_clear gives everything back, on every path. A batch takes the same steps; its arrays have further axes
 * in front, the loop's, and its values may be arrays.
 */
#ifndef TNPY_FRAME_H
#define TNPY_FRAME_H

#include <Python.h>
#include <stdbool.h>

#include "borrow.h"
#include "function.h"

enum { TNPY_MAX_STEPS = TN_MAX_PARAMS + 1 + 4 * TN_MAX_PARAMS, TNPY_SMALL_SCRATCH = 512 };

/* Where the memory of an argument comes from. */
typedef enum tnpy_source {
    TNPY_NOTHING,  /* NULL for C: optional and None; or an output before it is allocated */
    TNPY_SCRATCH,  /* a value, converted into the frame */
    TNPY_NDARRAY,  /* fields to be read in phase 2 */
    TNPY_LOANED,   /* borrowed from a foreign exporter: the span is final */
    TNPY_MADE,     /* an output that the engine allocated */
    TNPY_GATHERED  /* a sequence of rows, each an ndarray or borrowed (rows.h) */
} tnpy_source;

typedef struct tnpy_frame {
    tnpy_function *function;
    const tn_function *def;
    tnpy_state *state;
    bool batch;
    bool foreign;                          /* some argument is neither a value nor an ndarray */
    bool has_rows;                         /* there are rows in `scratch` (rows.h) */
    int row_of;                            /* the argument of which refusals name one row; -1: none */
    bool exclusive;                        /* handles[0] is reserved for this call */
    bool as_span;                          /* an array that C returns becomes a Span, not an ndarray */
    uint8_t nhandles, nkept;
    PyObject *target;                      /* the object that takes the handle C makes; NULL: a new one. Borrowed */
    tnpy_loan *loans;
    char *scratch;
    PyObject *objects[TN_MAX_PARAMS + 1];  /* as passed, borrowed; NULL: left out or None */
    PyObject *made[TN_MAX_PARAMS + 1];     /* outputs allocated; new references; only the outputs' places are used */
    uint8_t sources[TN_MAX_PARAMS + 1];    /* tnpy_source */
    tn_span spans[TN_MAX_PARAMS + 1];      /* of what lies in memory; leading loop axes included */
    char *args[TN_MAX_PARAMS + 1];
    ptrdiff_t dims[1 + TN_MAX_SIZES];
    ptrdiff_t steps[TNPY_MAX_STEPS];
    PyObject *handles[TN_MAX_PARAMS];      /* nhandles objects, in use until the call has ended (handle.h); borrowed */
    uint8_t kept[TN_MAX_PARAMS];           /* nkept arguments that C will keep, and has not got yet (owned.h) */
    char row_name[96];                     /* "rows[3]", if row_of is not -1 */
    tn_error error;
    _Alignas(long double) char small[TNPY_SMALL_SCRATCH];
} tnpy_frame;

/* Start a call. TN_NO_MEMORY if scratch can't be had. tnpy_frame_clear must follow on every path. */
tn_status tnpy_frame_init(tnpy_frame *frame, tnpy_function *function, bool batch);
void tnpy_frame_clear(tnpy_frame *frame);

/* Every step below returns TN_OK, or a status with frame->error filled (TN_RAISED: an exception is set). */

/* Phase 1. Sort positional and keyword arguments into frame->objects. */
tn_status tnpy_bind(tnpy_frame *frame, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
tn_status tnpy_convert(tnpy_frame *frame);

/* Phase 2. */
tn_status tnpy_check(tnpy_frame *frame);
tn_status tnpy_solve(tnpy_frame *frame);
tn_status tnpy_check_overlap(tnpy_frame *frame);

/* Give size k its value in `dims` where it is a constant or an expression, and check its range in any case. */
tn_status tnpy_complete_size(const tn_function *def, int k, ptrdiff_t *dims, tn_error *err);

/* The array whose shape says what size k is; -1 if none does. *axis is set. */
int tnpy_size_giver(const tnpy_frame *frame, int k, int *axis);

/* Make the outputs that were left out: shape `loop_shape` (nloop axes), then their own. */
tn_status tnpy_allocate(tnpy_frame *frame, int nloop, const ptrdiff_t *loop_shape);

/* Phase 3 begins: args, dims and steps for one point. Arguments stand still; views and spans show their strides. */
void tnpy_point_at(tnpy_frame *frame);

/* What the call returns: the C result, then the outputs in prototype order; None, one object or a tuple. */
PyObject *tnpy_results(tnpy_frame *frame);

/* Loop axes of argument i, in front of its own. */
static inline int tnpy_lead(const tnpy_frame *frame, int i)
{
    return frame->spans[i].ndim - frame->def->params[i].ndim;
}

static inline bool tnpy_in_memory(const tnpy_frame *frame, int i)
{
    return frame->sources[i] >= TNPY_NDARRAY;
}

#endif
