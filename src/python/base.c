/* SPDX-License-Identifier: BSD-3-Clause */
#include "base.h"

#include <stddef.h>

#include "handle.h"
#include "release.h"
#include "slot.h"
#include "spare.h"

/* --- the views of an object --------------------------------------------------------------------------------------- */

PyObject *tnpy_views_add(const tnpy_state *state, tnpy_handle *object)
{
    PyObject *views = (PyObject *)&object->shown;
#ifdef Py_GIL_DISABLED
    return NULL;
#endif
    if (Py_TYPE((PyObject *)object) != object->cls->type)
        return NULL;
    if (Py_REFCNT(views) > 0)
        return Py_NewRef(views);
    Py_INCREF((PyObject *)object);
    return PyObject_Init(views, state->views_type);
}

static PyObject *object_of(PyObject *views)
{
    return (PyObject *)((char *)views - offsetof(tnpy_handle, shown));
}

PyObject *tnpy_views_object(const tnpy_state *state, PyObject *obj)
{
    return Py_TYPE(obj) == state->views_type ? object_of(obj) : NULL;
}

/* A PickleBuffer keeps no more of a buffer than whose it is, and asks that for another one. Not to write, as NumPy asks
 * the base of an array that is to become writable: the object may show some of its memory to be written, and some
 * not. */
static int views_buffer(PyObject *self, Py_buffer *view, int flags)
{
    if (!(flags & PyBUF_WRITABLE))
        return PyObject_GetBuffer(object_of(self), view, flags);
    view->obj = NULL;
    PyErr_SetString(PyExc_BufferError, "tenon.Views: the object itself has a buffer to write to, where it has one");
    return -1;
}

static void views_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    Py_DECREF(object_of(self)); /* with which it may be gone */
    Py_DECREF(type);
}

static PyType_Slot views_slots[] = {
    {Py_tp_doc, "What keeps an object of C alive while arrays show its memory; held by them."},
    {Py_tp_dealloc, TNPY_SLOT(views_dealloc)},
    {Py_bf_getbuffer, TNPY_SLOT(views_buffer)},
    {0, NULL},
};

static PyType_Spec views_spec = {
    .name = "tenon.Views",
    .basicsize = sizeof(tnpy_views),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = views_slots,
};

PyTypeObject *tnpy_views_make_type(PyObject *core)
{
    return (PyTypeObject *)PyType_FromModuleAndSpec(core, &views_spec, NULL);
}

/* --- what C handed over ------------------------------------------------------------------------------------------- */

typedef struct block {
    PyObject_HEAD
    tn_array array;
} block;

PyObject *tnpy_block_new(tnpy_state *state, const tn_array *array)
{
    block *self = tnpy_spare_take_plain(&state->spare_block, sizeof *self);
    if (self == NULL)
        return NULL;
    self->array = *array;
    return PyObject_Init((PyObject *)self, state->block_type);
}

static void block_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    tnpy_state *state = tnpy_state_of_type(type);
    tn_array *array = &((block *)self)->array;
    array->release(array);
    tnpy_spare_keep_plain(state == NULL ? NULL : &state->spare_block, self);
    if (state != NULL)
        tnpy_settle(state); /* an array that C had kept may have been lent again */
    Py_DECREF(type);
}

static PyType_Slot block_slots[] = {
    {Py_tp_doc, "What C has handed over, for the array that shows it; held by that."},
    {Py_tp_dealloc, TNPY_SLOT(block_dealloc)},
    {0, NULL},
};

static PyType_Spec block_spec = {
    .name = "tenon.Block",
    .basicsize = sizeof(block),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = block_slots,
};

PyTypeObject *tnpy_block_make_type(PyObject *core)
{
    return (PyTypeObject *)PyType_FromModuleAndSpec(core, &block_spec, NULL);
}
