/* SPDX-License-Identifier: BSD-3-Clause */
/* Borrow: any object that holds an array becomes a span, for as long as a loan lives.
 *
 * A call does not borrow ndarrays here: it reads their fields where they are needed (protocol/numpy.h), since they may
 * change until the last moment before it. Whoever borrows one here gets its fields as they are now. All others are
 * asked once, hold still while the loan lives where their protocol can promise it, and get everything back from
 * tnpy_give_back.
 *
 * What an exporter says is checked before it is believed: number of dimensions, extents, itemsize, length, format and
 * NULL pointers. Strides can't be checked against memory that only the exporter knows.
 */
#ifndef TNPY_BORROW_H
#define TNPY_BORROW_H

#include <Python.h>
#include <stdbool.h>

#include "tenon/span.h"

#include "state.h"

typedef struct tnpy_loan {
    struct tnpy_loan *next;
    Py_buffer buffer;        /* buffer.obj NULL: not held */
    PyObject *owner;         /* the exporter, where no buffer keeps it; may be NULL */
    PyObject *token;         /* what it gave, and what keeps the memory: a capsule, a dict; may be NULL */
    PyObject *span;          /* a tenon.Span that is held; may be NULL */
    PyObject *dtype;         /* a tenon.DType that owns the span's type; may be NULL */
    tn_type *type;           /* owned; NULL where the span's type is static */
    void *held;              /* what the exporter handed over; let_go NULL: nothing */
    void (*let_go)(void *held);
    tn_layout *layout;       /* shape and strides, where the exporter has none that last; NULL until needed.
                                PyMem_RawFree frees it, as it does without the GIL */
} tnpy_loan;

/* A loan of nothing. */
static inline void tnpy_loan_init(tnpy_loan *loan)
{
    loan->next = NULL;
    loan->buffer.obj = NULL;
    loan->owner = loan->token = loan->span = loan->dtype = NULL;
    loan->type = NULL;
    loan->held = NULL;
    loan->let_go = NULL;
    loan->layout = NULL;
}

/* A Span and an ndarray are read directly. Others are asked for the protocols they speak: the buffer protocol,
 * __array_struct__, Arrow, DLPack, __array_interface__. Cheapest first, but for Arrow: its arrays may speak the DLPack
 * of before 1.0, too, which does not say that they must not be written. One that fails falls through to the next,
 * unless what it refused is writability, or the memory is another device's. On TN_OK `span` is valid until
 * tnpy_give_back(loan). On failure nothing is held and `err->message` continues the parameter's name; its text is empty
 * where `obj` speaks no protocol at all (TN_WRONG_TYPE). The caller holds the GIL. */
tn_status tnpy_borrow(tnpy_state *state, PyObject *obj, bool writable, tnpy_loan *loan, tn_span *span, tn_error *err);

/* Give back what a loan holds. Any exception that is set stays set. */
void tnpy_give_back(tnpy_loan *loan);

/* Where the interpreter that lent is gone: free what is C's, from any thread, and leak the rest. */
void tnpy_abandon(tnpy_loan *loan);

/* For protocols: everything an exporter may have got wrong that can be seen without touching its memory. Where there
 * are no elements, NULL becomes an address. */
tn_status tnpy_check_exporter(tn_span *span, tn_error *err);

/* For protocols: room for a layout that lives as long as the loan. NULL, with `err` filled, where there is no
 * memory. */
tn_layout *tnpy_loan_layout(tnpy_loan *loan, tn_error *err);

/* Let the span's shape and strides be copies that live as long as the loan. */
tn_status tnpy_loan_copy_layout(tnpy_loan *loan, tn_span *span, tn_error *err);

#endif
