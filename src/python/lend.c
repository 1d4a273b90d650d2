/* SPDX-License-Identifier: BSD-3-Clause */
#include "lend.h"
#include "slot.h"

#include <stdlib.h>
#include <string.h>

/* --- tenon.Memory ------------------------------------------------------------------------------------------------- */

/* A block of memory that speaks the buffer protocol. Its layout never changes, so exports need no count: each holds a
 * reference to the object. */
typedef struct memory {
    PyObject_HEAD
    void *data;
    void *block;        /* what to free; NULL where `owner` keeps the memory */
    PyObject *owner;    /* may be NULL */
    char *format;
    ptrdiff_t itemsize;
    ptrdiff_t length;   /* bytes */
    int ndim;
    int readonly;
    tn_layout layout;
} memory;

static void memory_dealloc(PyObject *self)
{
    memory *m = (memory *)self;
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    free(m->block);
    PyMem_Free(m->format);
    Py_CLEAR(m->owner);
    type->tp_free(self);
    Py_DECREF(type);
}

/* There is no tp_clear: memory that an owner keeps needs it to the end. Cycles are broken at the owner, a module. */
static int memory_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(((memory *)self)->owner);
    Py_VISIT(Py_TYPE(self));
    return 0;
}

static int memory_getbuffer(PyObject *self, Py_buffer *view, int flags)
{
    memory *m = (memory *)self;
    view->obj = NULL;
    if (flags & PyBUF_WRITABLE && m->readonly) {
        PyErr_SetString(PyExc_BufferError, "this memory is read-only");
        return -1;
    }
    bool fortran_only = (flags & PyBUF_F_CONTIGUOUS) == PyBUF_F_CONTIGUOUS &&
                        !tn_is_contiguous(m->ndim, m->layout.shape, m->layout.strides, m->itemsize, TN_ORDER_F);
    if (fortran_only) {
        PyErr_SetString(PyExc_BufferError, "this memory is C-contiguous, not Fortran-contiguous");
        return -1;
    }
    bool with_shape = (flags & PyBUF_ND) == PyBUF_ND;
    view->buf = m->data;
    view->len = m->length;
    view->itemsize = m->itemsize;
    view->readonly = m->readonly;
    view->ndim = with_shape || m->ndim == 0 ? m->ndim : 1;
    view->format = flags & PyBUF_FORMAT ? m->format : NULL;
    view->shape = with_shape && m->ndim > 0 ? m->layout.shape : NULL;
    view->strides = (flags & PyBUF_STRIDES) == PyBUF_STRIDES && m->ndim > 0 ? m->layout.strides : NULL;
    view->suboffsets = NULL;
    view->internal = NULL;
    view->obj = Py_NewRef(self);
    return 0;
}

static PyType_Slot memory_slots[] = {
    {Py_tp_doc, "Memory that the engine allocated, or that a C module keeps; read it through a memoryview."},
    {Py_tp_dealloc, TNPY_SLOT(memory_dealloc)},
    {Py_tp_traverse, TNPY_SLOT(memory_traverse)},
    {Py_bf_getbuffer, TNPY_SLOT(memory_getbuffer)},
    {0, NULL},
};

static PyType_Spec memory_spec = {
    .name = "tenon.Memory",
    .basicsize = sizeof(memory),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = memory_slots,
};

PyTypeObject *tnpy_memory_make_type(PyObject *core)
{
    return (PyTypeObject *)PyType_FromModuleAndSpec(core, &memory_spec, NULL);
}

/* The format memoryview can index: one native character where there is one, the full grammar elsewhere. */
static const char *native_character(const tn_type *type)
{
    if (type->byteorder != TN_NATIVE && type->itemsize != 1)
        return NULL;
    switch (type->kind) {
    case TN_BOOL:
        return "?";
    case TN_INT:
        return type->itemsize == 1 ? "b" : type->itemsize == 2 ? "h" : type->itemsize == 4 ? "i" : "q";
    case TN_UINT:
        return type->itemsize == 1 ? "B" : type->itemsize == 2 ? "H" : type->itemsize == 4 ? "I" : "Q";
    case TN_FLOAT:
        return type->itemsize == 2 ? "e" : type->itemsize == 4 ? "f" : type->itemsize == 8 ? "d" : "g";
    default:
        return NULL;
    }
}

static char *new_format(const tn_type *type)
{
    const char *simple = native_character(type);
    size_t length = 0;
    tn_error err;
    if (simple == NULL && tn_type_to_format(type, NULL, 0, &length, &err) == TN_UNSUPPORTED) {
        PyErr_Format(PyExc_TypeError, "%s; NumPy is needed for such arrays", err.message);
        return NULL;
    }
    if (simple != NULL)
        length = strlen(simple);
    char *format = PyMem_Malloc(length + 1);
    if (format == NULL)
        return (char *)PyErr_NoMemory();
    if (simple != NULL)
        memcpy(format, simple, length + 1);
    else
        tn_type_to_format(type, format, length + 1, NULL, NULL);
    return format;
}

static memory *new_memory(tnpy_state *state, const tn_type *type, int ndim, const ptrdiff_t *shape)
{
    memory *m = (memory *)state->memory_type->tp_alloc(state->memory_type, 0);
    if (m == NULL)
        return NULL;
    m->itemsize = type->itemsize;
    m->ndim = ndim;
    memcpy(m->layout.shape, shape, (size_t)ndim * sizeof *shape);
    tn_error err;
    tn_span span = {.data = m, .type = type, .ndim = ndim, .shape = m->layout.shape, .strides = m->layout.strides};
    tn_status status = tn_contiguous_strides(ndim, shape, type->itemsize, TN_ORDER_C, m->layout.strides, &err);
    if (status == TN_OK)
        status = tn_span_check(&span, &err);
    if (status != TN_OK)
        PyErr_SetString(PyExc_ValueError, err.message);
    else
        m->format = new_format(type);
    if (m->format == NULL) {
        Py_DECREF(m);
        return NULL;
    }
    m->length = tn_span_nbytes(&span);
    return m;
}

static PyObject *view_of(memory *m)
{
    PyObject *view = PyMemoryView_FromObject((PyObject *)m);
    Py_DECREF(m);
    return view;
}

/* --- lending ------------------------------------------------------------------------------------------------------ */

int tnpy_lend_prepare(tnpy_state *state, tnpy_dtype_key *key)
{
    if (key->dtype != NULL || key->type == NULL)
        return 0;
    int numpy = tnpy_numpy_import(state);
    if (numpy <= 0)
        return numpy;
    PyObject *dtype = tnpy_numpy_dtype(key->type);
    if (dtype == NULL)
        return -1;
    Py_XSETREF(key->dtype, dtype); /* making it may have run this very code for the same key */
    return 0;
}

PyObject *tnpy_lend_new(tnpy_state *state, tnpy_dtype_key *key, int ndim, const ptrdiff_t *shape, tn_span *span)
{
    int numpy = tnpy_numpy_import(state);
    if (numpy < 0)
        return NULL;
    if (numpy) {
        PyObject *array = tnpy_numpy_new(key, ndim, shape, NULL, false, NULL);
        if (array != NULL)
            tnpy_numpy_fields(array, span);
        return array;
    }
    memory *m = new_memory(state, key->type, ndim, shape);
    if (m == NULL)
        return NULL;
    m->block = m->data = malloc(m->length > 0 ? (size_t)m->length : 1); /* aligned for every C type */
    if (m->block == NULL) {
        Py_DECREF(m);
        return PyErr_NoMemory();
    }
    *span = (tn_span){.data = m->data, .ndim = ndim, .shape = m->layout.shape, .strides = m->layout.strides};
    return view_of(m);
}

PyObject *tnpy_lend_static(tnpy_state *state, tnpy_dtype_key *key, int ndim, const ptrdiff_t *shape, void *data,
                           bool readonly, PyObject *owner)
{
    int numpy = tnpy_numpy_import(state);
    if (numpy < 0)
        return NULL;
    if (numpy)
        return tnpy_numpy_new(key, ndim, shape, data, readonly, owner);
    memory *m = new_memory(state, key->type, ndim, shape);
    if (m == NULL)
        return NULL;
    m->data = data;
    m->readonly = readonly;
    m->owner = Py_NewRef(owner);
    return view_of(m);
}
