/* SPDX-License-Identifier: BSD-3-Clause */
/* Letting go of Python objects from anywhere: any thread, with or without the GIL, attached to any interpreter or to
 * none, while the interpreter shuts down and after it is gone.
 *
 * Whoever hands something to native code that must be let go of in Python afterwards (a borrowed array that C keeps, a
 * tensor that DLPack's deleter gives back, the memory behind an Arrow array) puts a tnpy_debt at the start of the block
 * that native code holds. Paying the debt allocates nothing, takes no lock, waits for nothing and can't fail. How it is
 * done, and why: release.c.
 */
#ifndef TNPY_RELEASE_H
#define TNPY_RELEASE_H

#include <Python.h>

#include "state.h"

typedef struct tnpy_inbox tnpy_inbox;
typedef struct tnpy_debt tnpy_debt;

/* Allocate what holds it with PyMem_RawMalloc: its end may come without the GIL, and after Py_Finalize. */
struct tnpy_debt {
    tnpy_debt *next;
    tnpy_inbox *inbox;
    /* Called exactly once. `alive` not 0: by a thread attached to the interpreter that tnpy_owe was called in; any
     * Python code may run, an exception that was set stays set, and one that is set here is reported as unraisable.
     * `alive` 0: that interpreter is gone: no Python object must be touched, and what they keep is leaked; only memory
     * of C (this block, a tn_type) is to be freed, and from any thread. */
    void (*settle)(tnpy_debt *self, int alive);
};

/* Fill in a debt of the current interpreter. From here on it must be paid once, also where handing it out fails. */
void tnpy_owe(tnpy_state *state, tnpy_debt *debt, void (*settle)(tnpy_debt *self, int alive));

/* Pay, for callbacks that consumers of Python objects call (DLPack's deleter, Arrow's release): at once where the
 * thread is attached to the debt's interpreter, otherwise as tnpy_pay_later. */
void tnpy_pay(tnpy_debt *debt);

/* Pay, for callbacks that C functions call while the engine has arrays in hand (the release of a tn_array): never runs
 * Python code. The debt is settled at the next safe point of its interpreter: tnpy_settle, or (main interpreter only)
 * as soon as its main thread runs Python code. */
void tnpy_pay_later(tnpy_debt *debt);

/* A safe point: settle what was paid later. One atomic read where there is nothing. Runs any Python code; an exception
 * that is set stays set. For places where borrowing starts or memory ends, never between the checks and the end of a
 * call. */
void tnpy_settle(tnpy_state *state);

/* For module.c: join the interpreter's inbox, making it where this is the first tenon._core there. 0, or -1 with an
 * exception. And leave it, also after a failure, settling what is in it. */
int tnpy_inbox_join(tnpy_state *state);
void tnpy_inbox_leave(tnpy_state *state);

#endif
