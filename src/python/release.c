/* SPDX-License-Identifier: BSD-3-Clause */
/* Why debts are put into an inbox, and who empties it.
 *
 * Native code lets go of a Python object wherever it likes: in a thread that Python has never seen, while it holds
 * locks of its own, in a destructor of a thread that is being killed, after Py_Finalize. The usual way,
 * PyGILState_Ensure there and then, is wrong in each of these: it knows the main interpreter only; it waits for the
 * GIL, which deadlocks with whoever holds the GIL and wants the native lock; while the interpreter shuts down it ends
 * the thread (up to 3.13) or hangs it; afterwards it crashes. Attaching a thread state of the stored interpreter has
 * the same faults but the first, and that interpreter may be ended by another thread meanwhile, which Py_EndInterpreter
 * answers with a fatal error.
 *
 * So nobody waits for anybody. What is paid is pushed onto a list without a lock, one for each interpreter, and threads
 * that are attached to that interpreter anyway settle it at safe points of their own:
 *
 *   - tnpy_settle: whenever Tenon begins to keep another array, and when memory it lent ends;
 *   - a pending call (Py_AddPendingCall), which CPython has for the main interpreter's main thread: that thread runs it
 *     between two instructions, the next time it runs Python code at all;
 *   - at exit, and when tenon._core is freed.
 *
 * A thread that is attached to the right interpreter could settle at once, and tnpy_pay does. The release of a tn_array
 * does not: a C function that the engine calls may hold the GIL, and Python code that runs in the middle of it (an
 * exporter's __release_buffer__, a finalizer) could resize the very arrays it works on.
 *
 * The end. An inbox is counted: by the modules and the debts of its interpreter, so that a debt that is paid after the
 * interpreter is gone finds memory that is still there. The interpreter's dictionary (PyInterpreterState_GetDict) holds
 * it in a capsule, whose destructor, in the last steps of the interpreter's life, closes it: what is paid from then on
 * leaks its Python objects. Pending calls must stop earlier, since Py_AddPendingCall may not be called once
 * finalization has got that far: an atexit callback ends them, and waits for threads that are just making one. It lets
 * go of the GIL while it waits, since CPython 3.13 may take it inside Py_AddPendingCall.
 */
#include "release.h"

#include "here.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

struct tnpy_inbox {
    _Atomic(tnpy_debt *) paid;      /* newest first; &closed once nobody will settle any more */
    atomic_size_t uses;             /* modules, debts, the capsule, a pending call */
    atomic_bool waking;             /* pending calls are to be made */
    atomic_bool called;             /* one has been made, and has not run yet */
    atomic_int callers;             /* threads that are about to make one */
    atomic_int depth;               /* settling that goes on in the middle of settling */
    PyInterpreterState *interpreter;
};

static tnpy_debt closed; /* an address, nothing more */

static const char capsule_name[] = "tenon._core.inbox";

static void drop(tnpy_inbox *inbox)
{
    if (atomic_fetch_sub(&inbox->uses, 1) == 1)
        PyMem_RawFree(inbox);
}

static void settle_one(tnpy_debt *debt, int alive)
{
    tnpy_inbox *inbox = debt->inbox;
    debt->settle(debt, alive);
    if (alive && PyErr_Occurred())
        PyErr_WriteUnraisable(NULL);
    drop(inbox);
}

static bool is_open(tnpy_inbox *inbox)
{
    return atomic_load(&inbox->paid) != &closed;
}

/* Is this thread attached to the inbox's interpreter? When in doubt it is not. */
static bool is_attached(const tnpy_inbox *inbox)
{
#if PY_VERSION_HEX >= 0x030D0000
    PyThreadState *here = PyThreadState_GetUnchecked();
#else
    PyThreadState *here = _PyThreadState_UncheckedGet();
#endif
#if PY_VERSION_HEX < 0x030C0000
    /* There it is the thread state of whichever thread holds the GIL. */
    if (here != PyGILState_GetThisThreadState())
        return false;
#endif
    return here != NULL && PyThreadState_GetInterpreter(here) == inbox->interpreter;
}

/* Take everything out, and leave `end` in its place. A closed inbox stays closed. */
static void settle_all(tnpy_inbox *inbox, tnpy_debt *end, int alive)
{
    tnpy_debt *debt = atomic_load(&inbox->paid);
    do {
        if (debt == &closed)
            return;
    } while (!atomic_compare_exchange_weak(&inbox->paid, &debt, end));
    while (debt != NULL) {
        tnpy_debt *next = debt->next;
        settle_one(debt, alive);
        debt = next;
    }
}

/* --- pending calls ------------------------------------------------------------------------------------------------ */

/* What is settled may let go of an array that C handed over, and that of another one which C had kept, and so on: from
 * some depth on the next is left to a later call, so that a chain of any length takes no more of the stack. */
static void settle_here(tnpy_inbox *inbox)
{
    enum { DEEPEST = 50 };
    if (atomic_fetch_add(&inbox->depth, 1) < DEEPEST) {
        PyObject *raised = PyErr_GetRaisedException();
        settle_all(inbox, NULL, 1);
        PyErr_SetRaisedException(raised);
    }
    atomic_fetch_sub(&inbox->depth, 1);
}

static int pending_call(void *arg)
{
    tnpy_inbox *inbox = arg;
    atomic_store(&inbox->called, false);
    /* CPython 3.11 may give the call to the interpreter that ran when it was made. */
    if (is_open(inbox) && is_attached(inbox))
        settle_here(inbox);
    drop(inbox);
    return 0;
}

static void wake(tnpy_inbox *inbox)
{
    atomic_fetch_add(&inbox->callers, 1);
    if (atomic_load(&inbox->waking) && !atomic_exchange(&inbox->called, true)) {
        atomic_fetch_add(&inbox->uses, 1);
        if (Py_AddPendingCall(pending_call, inbox) < 0) {
            /* CPython's queue is full: whoever pays next tries again. */
            atomic_store(&inbox->called, false);
            atomic_fetch_sub(&inbox->uses, 1);
        }
    }
    atomic_fetch_sub(&inbox->callers, 1);
}

/* At exit. A fork may have copied a count of `callers` without its threads: the wait has an end. */
static PyObject *stop_waking(PyObject *capsule, PyObject *ignored)
{
    (void)ignored;
    tnpy_inbox *inbox = PyCapsule_GetPointer(capsule, capsule_name);
    if (inbox == NULL)
        return NULL;
    atomic_store(&inbox->waking, false);
    for (int milliseconds = 0; atomic_load(&inbox->callers) > 0 && milliseconds < 1000; milliseconds++) {
        Py_BEGIN_ALLOW_THREADS
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        Py_END_ALLOW_THREADS
    }
    settle_here(inbox);
    Py_RETURN_NONE;
}

/* --- paying ------------------------------------------------------------------------------------------------------- */

void tnpy_owe(tnpy_state *state, tnpy_debt *debt, void (*settle)(tnpy_debt *self, int alive))
{
    debt->next = NULL;
    debt->inbox = state->inbox;
    debt->settle = settle;
    atomic_fetch_add(&debt->inbox->uses, 1);
}

void tnpy_pay_later(tnpy_debt *debt)
{
    tnpy_inbox *inbox = debt->inbox;
    atomic_fetch_add(&inbox->uses, 1); /* as soon as the debt is in, another thread may settle it and drop its count */
    tnpy_debt *newest = atomic_load(&inbox->paid);
    do {
        if (newest == &closed) {
            settle_one(debt, 0);
            drop(inbox);
            return;
        }
        debt->next = newest;
    } while (!atomic_compare_exchange_weak(&inbox->paid, &newest, debt));
    wake(inbox);
    drop(inbox);
}

void tnpy_pay(tnpy_debt *debt)
{
    if (!is_open(debt->inbox) || !is_attached(debt->inbox)) {
        tnpy_pay_later(debt);
        return;
    }
    PyObject *raised = PyErr_GetRaisedException();
    settle_one(debt, 1);
    PyErr_SetRaisedException(raised);
}

void tnpy_settle(tnpy_state *state)
{
    if (state->inbox == NULL)
        return; /* tenon._core is being freed */
    tnpy_debt *newest = atomic_load_explicit(&state->inbox->paid, memory_order_relaxed);
    if (newest != NULL && newest != &closed)
        settle_here(state->inbox);
}

/* --- the life of an inbox ----------------------------------------------------------------------------------------- */

/* With the interpreter: what is still owed is never settled, but its C memory is freed when it is paid. */
static void close_inbox(PyObject *capsule)
{
    tnpy_inbox *inbox = PyCapsule_GetPointer(capsule, capsule_name);
    atomic_store(&inbox->waking, false);
    settle_all(inbox, &closed, 0);
    tnpy_here_forget();
    drop(inbox);
}

static PyMethodDef stop_method = {"stop_waking", stop_waking, METH_NOARGS, NULL};

/* Only the main interpreter has pending calls for everybody. */
static int begin_waking(tnpy_inbox *inbox, PyObject *capsule)
{
    if (inbox->interpreter != PyInterpreterState_Main())
        return 0;
    PyObject *module = PyImport_ImportModule("atexit");
    PyObject *stop = module == NULL ? NULL : PyCFunction_New(&stop_method, capsule);
    PyObject *done = stop == NULL ? NULL : PyObject_CallMethod(module, "register", "O", stop);
    Py_XDECREF(module);
    Py_XDECREF(stop);
    if (done == NULL)
        return -1;
    Py_DECREF(done);
    atomic_store(&inbox->waking, true);
    return 0;
}

static PyObject *new_capsule(void)
{
    tnpy_inbox *inbox = PyMem_RawCalloc(1, sizeof *inbox);
    if (inbox == NULL)
        return PyErr_NoMemory();
    atomic_init(&inbox->paid, NULL);
    atomic_init(&inbox->uses, 1);
    atomic_init(&inbox->waking, false);
    atomic_init(&inbox->called, false);
    atomic_init(&inbox->callers, 0);
    atomic_init(&inbox->depth, 0);
    inbox->interpreter = PyInterpreterState_Get();
    PyObject *capsule = PyCapsule_New(inbox, capsule_name, close_inbox);
    if (capsule == NULL)
        PyMem_RawFree(inbox);
    else if (begin_waking(inbox, capsule) < 0)
        Py_CLEAR(capsule);
    return capsule;
}

/* The interpreter's one inbox: also a second tenon._core, imported after the first was removed from sys.modules, may be
 * given arrays that the first one lent. New reference. */
static PyObject *capsule_of_interpreter(void)
{
    PyObject *dict = PyInterpreterState_GetDict(PyInterpreterState_Get());
    if (dict == NULL) {
        PyErr_SetString(PyExc_RuntimeError, "this interpreter has no dictionary for extension modules");
        return NULL;
    }
    PyObject *key = PyUnicode_FromString(capsule_name);
    PyObject *found = key == NULL ? NULL : PyDict_GetItemWithError(dict, key);
    if (found != NULL || key == NULL || PyErr_Occurred()) {
        Py_XDECREF(key);
        return Py_XNewRef(found);
    }
    PyObject *made = new_capsule();
    PyObject *kept = made == NULL ? NULL : Py_XNewRef(PyDict_SetDefault(dict, key, made));
    Py_DECREF(key);
    Py_XDECREF(made);
    return kept;
}

int tnpy_inbox_join(tnpy_state *state)
{
    PyObject *capsule = capsule_of_interpreter();
    if (capsule == NULL)
        return -1;
    state->inbox = PyCapsule_GetPointer(capsule, capsule_name);
    if (state->inbox != NULL)
        atomic_fetch_add(&state->inbox->uses, 1);
    Py_DECREF(capsule);
    return state->inbox != NULL ? 0 : -1;
}

void tnpy_inbox_leave(tnpy_state *state)
{
    if (state->inbox == NULL)
        return;
    tnpy_settle(state);
    drop(state->inbox);
    state->inbox = NULL;
}
