/* SPDX-License-Identifier: BSD-3-Clause */
/* What newer Pythons have and the oldest supported one lacks. */
#ifndef TNPY_COMPAT_H
#define TNPY_COMPAT_H

#include <Python.h>

#if PY_VERSION_HEX < 0x030C0000
static inline PyObject *PyErr_GetRaisedException(void)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    if (type == NULL)
        return NULL;
    PyErr_NormalizeException(&type, &value, &traceback);
    if (traceback != NULL)
        PyException_SetTraceback(value, traceback);
    Py_DECREF(type);
    Py_XDECREF(traceback);
    return value;
}

static inline void PyErr_SetRaisedException(PyObject *value)
{
    if (value == NULL)
        PyErr_Clear();
    else
        PyErr_Restore(Py_NewRef(Py_TYPE(value)), value, PyException_GetTraceback(value));
}
#endif

#if PY_VERSION_HEX < 0x030D0000
#define Py_BEGIN_CRITICAL_SECTION(object) {
#define Py_END_CRITICAL_SECTION() }
#endif

/* Counters that several threads change at once where there is no GIL. Returns the new value. */
#ifdef Py_GIL_DISABLED
#define TNPY_COUNT(counter, change) __atomic_add_fetch(&(counter), (change), __ATOMIC_ACQ_REL)
#else
#define TNPY_COUNT(counter, change) ((counter) += (change))
#endif

/* Put a new reference where there is none; where another thread was first, its own stays and `made` is given up. */
static inline void tnpy_fill_once(PyObject **place, PyObject *made)
{
#ifdef Py_GIL_DISABLED
    PyObject *empty = NULL;
    if (!__atomic_compare_exchange_n(place, &empty, made, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        Py_DECREF(made);
#else
    Py_XSETREF(*place, made);
#endif
}

#endif
