/* SPDX-License-Identifier: BSD-3-Clause */
/* Objects of one type that are made and dropped in turn, in the same place: saves the allocator's and the collector's
 * work.
 *
 * Not where threads run at once, nor under a sanitizer, which could not tell a dead object from a new one.
 */
#ifndef TNPY_SPARE_H
#define TNPY_SPARE_H

#include <Python.h>
#include <stdbool.h>

#include "state.h"

#if defined(Py_GIL_DISABLED) || defined(__SANITIZE_ADDRESS__)
#define TNPY_NO_SPARES
#endif

/* A new object, of a type with a collector's head, that is not tracked; what follows PyObject_HEAD is not filled in.
 * NULL with an exception. */
static inline PyObject *tnpy_spare_take(PyObject **spare, PyTypeObject *type)
{
    PyObject *obj = *spare;
    *spare = NULL;
    if (obj != NULL && type != NULL)
        return PyObject_Init(obj, type);
    if (type != NULL)
        return (PyObject *)_PyObject_GC_New(type);
    PyErr_SetString(PyExc_RuntimeError, "tenon is being unloaded");
    return NULL;
}

/* The state that an object's type leads to; NULL where the collector has cleared the type. */
static inline tnpy_state *tnpy_state_of_type(PyTypeObject *type)
{
    PyObject *core = ((PyHeapTypeObject *)type)->ht_module;
    return core == NULL ? NULL : tnpy_state_of(core);
}

/* The end of a tp_dealloc, which has given back everything but the type. `spare` may be NULL. What the collector has
 * finalized it would not finalize again: such an object, which has been tracked, is not kept. */
static inline void tnpy_spare_keep(PyObject **spare, PyObject *obj, bool tracked)
{
#ifndef TNPY_NO_SPARES
    if (spare != NULL && *spare == NULL && !(tracked && PyObject_GC_IsFinalized(obj))) {
        *spare = obj;
        return;
    }
#endif
    (void)spare, (void)tracked;
    PyObject_GC_Del(obj);
}

static inline void tnpy_spare_free(PyObject **spare)
{
    if (*spare != NULL)
        PyObject_GC_Del(*spare);
    *spare = NULL;
}

/* The same for types that the collector does not see: memory of PyObject_Malloc, which is no object. */
static inline void *tnpy_spare_take_plain(void **spare, size_t size)
{
    void *memory = *spare;
    *spare = NULL;
    return memory != NULL ? memory : PyObject_Malloc(size);
}

static inline void tnpy_spare_keep_plain(void **spare, void *memory)
{
#ifndef TNPY_NO_SPARES
    if (spare != NULL && *spare == NULL) {
        *spare = memory;
        return;
    }
#endif
    (void)spare;
    PyObject_Free(memory);
}

static inline void tnpy_spare_free_plain(void **spare)
{
    PyObject_Free(*spare);
    *spare = NULL;
}

#endif
