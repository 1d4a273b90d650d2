/* SPDX-License-Identifier: BSD-3-Clause */
/* Each thread remembers the state it found last, and for which interpreter. What it remembers is good as long as no
 * state has ended since, in any interpreter: `ended` counts them. */
#include "here.h"

#include <stdatomic.h>

static atomic_size_t ended = 1;

static _Thread_local struct {
    PyInterpreterState *interpreter;
    size_t ended;
    tnpy_state *state;
} found;

void tnpy_here_forget(void)
{
    atomic_fetch_add(&ended, 1);
}

static tnpy_state *find(PyInterpreterState *interpreter)
{
    PyObject *core = PyImport_ImportModule("tenon._core");
    if (core == NULL)
        return NULL;
    tnpy_state *state = PyModule_Check(core) && PyModule_GetDef(core) == &tnpy_core_module ? tnpy_state_of(core) : NULL;
    size_t count = atomic_load(&ended); /* while `core` is held */
    Py_DECREF(core);
    if (state == NULL) {
        PyErr_SetString(PyExc_ImportError, "sys.modules['tenon._core'] is not Tenon's engine");
        return NULL;
    }
    found.interpreter = interpreter;
    found.ended = count;
    found.state = state;
    return state;
}

tnpy_state *tnpy_here(void)
{
    PyInterpreterState *interpreter = PyInterpreterState_Get();
    if (found.interpreter == interpreter && found.ended == atomic_load_explicit(&ended, memory_order_relaxed))
        return found.state;
    return find(interpreter);
}
