/* SPDX-License-Identifier: BSD-3-Clause */
/* A module that keeps arrays in C, in numbered places that know nothing of Python, and lets go of them in every way:
 * with and without the GIL, in threads of its own, and after the interpreter's end. */
#include <tenon/python.h>
#include <tenon/tenon.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PLACES = 64 };
static tn_array places[PLACES];

static PyObject *keep(PyObject *module, PyObject *args)
{
    (void)module;
    int place, writable;
    PyObject *obj;
    tn_error err;
    if (!PyArg_ParseTuple(args, "iOp", &place, &obj, &writable))
        return NULL;
    tn_want want = {NULL, 0, TN_MAX_NDIM, TN_TAKE_INDIRECT | TN_TAKE_UNALIGNED | (writable ? TN_WANT_WRITABLE : 0)};
    if (tn_keep(obj, &want, &places[place], &err) != TN_OK)
        return tn_raise(&err, "keep", "x");
    Py_RETURN_NONE;
}

static PyObject *extents(int count, const ptrdiff_t *numbers)
{
    PyObject *tuple = PyTuple_New(count);
    for (int k = 0; tuple != NULL && k < count; k++)
        PyTuple_SET_ITEM(tuple, k, PyLong_FromSsize_t(numbers[k]));
    return tuple;
}

/* (address, element type, shape, strides, suboffsets or None, readonly) */
static PyObject *show(PyObject *module, PyObject *arg)
{
    (void)module;
    const tn_span *span = &places[PyLong_AsLong(arg)].span;
    char type[128];
    if (span->data == NULL)
        Py_RETURN_NONE;
    return Py_BuildValue("(nsNNNO)", (Py_ssize_t)(intptr_t)span->data, tn_type_describe(span->type, type, sizeof type),
                         extents(span->ndim, span->shape), extents(span->ndim, span->strides),
                         span->suboffsets == NULL ? Py_NewRef(Py_None) : extents(span->ndim, span->suboffsets),
                         span->flags & TN_READONLY ? Py_True : Py_False);
}

static PyObject *release(PyObject *module, PyObject *arg)
{
    (void)module;
    tn_array_release(&places[PyLong_AsLong(arg)]);
    Py_RETURN_NONE;
}

/* The same, as a C function would that the engine has called: what is kept must not end before it returns. */
static PyObject *release_and_look(PyObject *module, PyObject *args)
{
    (void)module;
    int place;
    PyObject *weak;
    if (!PyArg_ParseTuple(args, "iO", &place, &weak))
        return NULL;
    tn_array_release(&places[place]);
    return PyObject_CallNoArgs(weak);
}

static void *release_place(void *place)
{
    tn_array_release(place);
    return NULL;
}

/* In a thread that Python does not know; this one waits for it and keeps the GIL. */
static PyObject *release_elsewhere(PyObject *module, PyObject *arg)
{
    (void)module;
    pthread_t thread;
    if (pthread_create(&thread, NULL, release_place, &places[PyLong_AsLong(arg)]) != 0)
        return PyErr_SetFromErrno(PyExc_OSError);
    pthread_join(thread, NULL);
    Py_RETURN_NONE;
}

/* All places, over and over, by threads that never end: what is found in one is let go of. */
static tn_array contended[PLACES];
static atomic_int locks[PLACES];

static void *release_for_ever(void *unused)
{
    (void)unused;
    for (unsigned k = 0;; k++) {
        if (atomic_exchange(&locks[k % PLACES], 1))
            continue;
        tn_array_release(&contended[k % PLACES]);
        atomic_store(&locks[k % PLACES], 0);
        if (k % PLACES == 0)
            usleep(50);
    }
    return NULL;
}

static PyObject *start_releasing(PyObject *module, PyObject *ignored)
{
    (void)module, (void)ignored;
    pthread_t thread;
    if (pthread_create(&thread, NULL, release_for_ever, NULL) != 0)
        return PyErr_SetFromErrno(PyExc_OSError);
    pthread_detach(thread);
    Py_RETURN_NONE;
}

/* Keep `obj` wherever there is a free place, for the threads to let go of. The number of arrays kept. */
static PyObject *offer(PyObject *module, PyObject *obj)
{
    (void)module;
    long kept = 0;
    for (int k = 0; k < PLACES; k++) {
        if (atomic_exchange(&locks[k], 1))
            continue;
        tn_error err;
        tn_status status = contended[k].release != NULL ? TN_BUSY : tn_keep(obj, NULL, &contended[k], &err);
        atomic_store(&locks[k], 0);
        if (status != TN_OK && status != TN_BUSY)
            return tn_raise(&err, "offer", "x");
        kept += status == TN_OK;
    }
    return PyLong_FromLong(kept);
}

static void release_everything(void)
{
    for (int k = 0; k < PLACES; k++)
        tn_array_release(&places[k]);
}

/* Py_AtExit: after the interpreter has been finalized; atexit: as the process ends. */
static PyObject *release_at_the_end(PyObject *module, PyObject *arg)
{
    (void)module;
    if (arg == Py_True ? Py_AtExit(release_everything) != 0 : atexit(release_everything) != 0)
        return PyErr_Format(PyExc_RuntimeError, "no room for another function");
    Py_RETURN_NONE;
}

static PyObject *settle(PyObject *module, PyObject *ignored)
{
    (void)module, (void)ignored;
    tn_settle();
    Py_RETURN_NONE;
}

/* What the collector does to an object on a cycle that is garbage. */
static PyObject *clear(PyObject *module, PyObject *obj)
{
    (void)module;
    if (Py_TYPE(obj)->tp_clear != NULL)
        Py_TYPE(obj)->tp_clear(obj);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"keep", keep, METH_VARARGS, NULL},
    {"show", show, METH_O, NULL},
    {"release", release, METH_O, NULL},
    {"release_and_look", release_and_look, METH_VARARGS, NULL},
    {"release_elsewhere", release_elsewhere, METH_O, NULL},
    {"start_releasing", start_releasing, METH_NOARGS, NULL},
    {"offer", offer, METH_O, NULL},
    {"release_at_the_end", release_at_the_end, METH_O, NULL},
    {"settle", settle, METH_NOARGS, NULL},
    {"clear", clear, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static int exec(PyObject *module)
{
    (void)module;
    return tn_import_api() == NULL ? -1 : 0;
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, (void *)(uintptr_t)exec},
                                   TN_SLOT_INTERPRETERS(1) TN_SLOT_GIL(1){0, NULL}};

static PyModuleDef keeper = {PyModuleDef_HEAD_INIT, .m_name = "keeper", .m_methods = methods, .m_slots = slots};

PyMODINIT_FUNC PyInit_keeper(void)
{
    return PyModuleDef_Init(&keeper);
}
