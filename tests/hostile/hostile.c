/* SPDX-License-Identifier: BSD-3-Clause */
/* Exporters that say whatever the test wants.
 *
 * hostile.Exporter answers getbuffer with exactly what it was told, lies included. What it hands out it takes back:
 * every answer has memory of its own for shape, strides, suboffsets and format, which is freed when the buffer is
 * released. So a consumer that keeps a pointer too long is caught by AddressSanitizer, and one that forgets to release
 * by the counters.
 *
 * hostile.array_struct makes the capsule of __array_struct__ from numbers, and hostile.capsules counts those alive.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>

#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_NDIM = 128 };

/* What one answer handed out. */
typedef struct held {
    Py_ssize_t *shape, *strides, *suboffsets;
    char *format;
} held;

typedef struct exporter {
    PyObject_HEAD
    PyObject *data;          /* bytearray that is exported */
    PyObject *format;        /* bytes or None */
    PyObject *shape;         /* tuple of int or None, as all layouts */
    PyObject *strides;
    PyObject *suboffsets;
    PyObject *error;         /* raised by getbuffer; None: nothing */
    PyObject *on_get;        /* called before answering; None: nothing */
    PyObject *on_release;
    Py_ssize_t itemsize, len, offset;
    int ndim, readonly;
    int null_buf, null_obj;  /* say NULL */
    int silent;              /* fail without an exception */
    int error_on_success;    /* succeed with an exception set */
    int refuses;             /* fail with BufferError if all these flags are asked for; 0: never */
    int fails_after;         /* fail from this request on; -1: never */
    held *unowned;           /* what answers without an owner handed out: nobody gives it back */
    int gets, releases;      /* successful requests, and how many were given back */
} exporter;

static int read_numbers(PyObject *tuple, Py_ssize_t *out)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(tuple) && i < MAX_NDIM; i++) {
        out[i] = PyNumber_AsSsize_t(PyTuple_GET_ITEM(tuple, i), PyExc_OverflowError);
        if (out[i] == -1 && PyErr_Occurred())
            return -1;
    }
    return 0;
}

static int call_hook(PyObject *hook)
{
    PyObject *result = hook == Py_None ? Py_NewRef(Py_None) : PyObject_CallNoArgs(hook);
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
}

/* Each layout lies in memory of exactly its size, so that reading beyond its end is seen, too. */
static Py_ssize_t *own(PyObject *tuple, Py_ssize_t *numbers)
{
    if (tuple == Py_None)
        return NULL;
    size_t bytes = (size_t)PyTuple_GET_SIZE(tuple) * sizeof *numbers;
    Py_ssize_t *copy = malloc(bytes > 0 ? bytes : 1);
    if (copy != NULL)
        memcpy(copy, numbers, bytes);
    return copy;
}

static void free_held(held *h)
{
    free(h->shape);
    free(h->strides);
    free(h->suboffsets);
    free(h->format);
    free(h);
}

static held *new_held(exporter *e)
{
    Py_ssize_t numbers[3][MAX_NDIM];
    PyObject *tuples[3] = {e->shape, e->strides, e->suboffsets};
    for (int k = 0; k < 3; k++)
        if (tuples[k] != Py_None && read_numbers(tuples[k], numbers[k]) < 0)
            return NULL;
    held *h = calloc(1, sizeof *h);
    if (h == NULL)
        return (held *)PyErr_NoMemory();
    h->shape = own(e->shape, numbers[0]);
    h->strides = own(e->strides, numbers[1]);
    h->suboffsets = own(e->suboffsets, numbers[2]);
    if (e->format != Py_None) {
        h->format = malloc((size_t)PyBytes_GET_SIZE(e->format) + 1);
        if (h->format != NULL)
            memcpy(h->format, PyBytes_AS_STRING(e->format), (size_t)PyBytes_GET_SIZE(e->format) + 1);
    }
    return h;
}

static int exporter_getbuffer(PyObject *self, Py_buffer *view, int flags)
{
    exporter *e = (exporter *)self;
    view->obj = NULL;
    if (e->silent)
        return -1;
    if (e->error != Py_None || (e->fails_after >= 0 && e->gets >= e->fails_after)) {
        PyErr_SetObject(e->error == Py_None ? PyExc_BufferError : (PyObject *)Py_TYPE(e->error), e->error);
        return -1;
    }
    if (e->refuses != 0 && (flags & e->refuses) == e->refuses) {
        PyErr_SetString(PyExc_BufferError, "refused by its flags");
        return -1;
    }
    if (call_hook(e->on_get) < 0)
        return -1;
    held *h = new_held(e);
    if (h == NULL)
        return -1;
    if (e->null_obj && e->unowned == NULL)
        e->unowned = h;
    else if (e->null_obj) {
        free_held(h);
        h = e->unowned;
    }
    view->buf = e->null_buf ? NULL : PyByteArray_AS_STRING(e->data) + e->offset;
    view->len = e->len;
    view->itemsize = e->itemsize;
    view->readonly = e->readonly;
    view->ndim = e->ndim;
    view->format = h->format;
    view->shape = h->shape;
    view->strides = h->strides;
    view->suboffsets = h->suboffsets;
    view->internal = h;
    view->obj = e->null_obj ? NULL : Py_NewRef(self);
    e->gets++;
    if (e->error_on_success)
        PyErr_SetString(PyExc_RuntimeError, "set by a request that succeeded");
    return 0;
}

static void exporter_releasebuffer(PyObject *self, Py_buffer *view)
{
    exporter *e = (exporter *)self;
    free_held(view->internal);
    e->releases++;
    if (call_hook(e->on_release) < 0)
        PyErr_WriteUnraisable(self);
}

/* --- making ------------------------------------------------------------------------------------------------------- */

static int is_layout(PyObject *obj)
{
    return obj == Py_None || (PyTuple_Check(obj) && PyTuple_GET_SIZE(obj) <= MAX_NDIM);
}

static PyObject *exporter_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"data", "format", "itemsize", "ndim", "shape", "strides", "suboffsets", "len", "offset",
                            "readonly", "null_buf", "null_obj", "silent", "error_on_success", "refuses", "fails_after",
                            "error", "on_get", "on_release", NULL};
    PyObject *data, *format = Py_None, *shape = Py_None, *strides = Py_None, *suboffsets = Py_None, *error = Py_None,
                    *on_get = Py_None, *on_release = Py_None;
    Py_ssize_t itemsize = 8, len = -1, offset = 0;
    int ndim = -1, readonly = 0, null_buf = 0, null_obj = 0, silent = 0, error_on_success = 0, refuses = 0;
    int fails_after = -1;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "Y|$OniOOOnnpppppiiOOO", names, &data, &format, &itemsize, &ndim,
                                     &shape, &strides, &suboffsets, &len, &offset, &readonly, &null_buf, &null_obj,
                                     &silent, &error_on_success, &refuses, &fails_after, &error, &on_get, &on_release))
        return NULL;
    if ((format != Py_None && !PyBytes_Check(format)) || !is_layout(shape) || !is_layout(strides) ||
        !is_layout(suboffsets))
        return PyErr_Format(PyExc_TypeError, "format is bytes; shape, strides and suboffsets are tuples");
    exporter *e = (exporter *)type->tp_alloc(type, 0);
    if (e == NULL)
        return NULL;
    e->data = Py_NewRef(data);
    e->format = Py_NewRef(format);
    e->shape = Py_NewRef(shape);
    e->strides = Py_NewRef(strides);
    e->suboffsets = Py_NewRef(suboffsets);
    e->error = Py_NewRef(error);
    e->on_get = Py_NewRef(on_get);
    e->on_release = Py_NewRef(on_release);
    e->itemsize = itemsize;
    e->len = len >= 0 ? len : PyByteArray_GET_SIZE(data);
    e->offset = offset;
    e->ndim = ndim >= 0 ? ndim : shape == Py_None ? 1 : (int)PyTuple_GET_SIZE(shape);
    e->readonly = readonly;
    e->null_buf = null_buf;
    e->null_obj = null_obj;
    e->silent = silent;
    e->error_on_success = error_on_success;
    e->refuses = refuses;
    e->fails_after = fails_after;
    return (PyObject *)e;
}

static int exporter_traverse(PyObject *self, visitproc visit, void *arg)
{
    exporter *e = (exporter *)self;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(e->error);
    Py_VISIT(e->on_get);
    Py_VISIT(e->on_release);
    return 0;
}

static void exporter_dealloc(PyObject *self)
{
    exporter *e = (exporter *)self;
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    PyObject **members[] = {&e->data, &e->format, &e->shape, &e->strides, &e->suboffsets,
                            &e->error, &e->on_get, &e->on_release};
    for (size_t k = 0; k < sizeof members / sizeof *members; k++)
        Py_CLEAR(*members[k]);
    if (e->unowned != NULL)
        free_held(e->unowned);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMemberDef exporter_members[] = {
    {"ndim", T_INT, offsetof(exporter, ndim), 0, NULL},
    {"len", T_PYSSIZET, offsetof(exporter, len), 0, NULL},
    {"itemsize", T_PYSSIZET, offsetof(exporter, itemsize), 0, NULL},
    {"gets", T_INT, offsetof(exporter, gets), READONLY, "requests that succeeded"},
    {"releases", T_INT, offsetof(exporter, releases), READONLY, "how many of them were given back"},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot exporter_slots[] = {
    {Py_tp_new, exporter_new},
    {Py_tp_dealloc, exporter_dealloc},
    {Py_tp_traverse, exporter_traverse},
    {Py_tp_members, exporter_members},
    {Py_bf_getbuffer, exporter_getbuffer},
    {Py_bf_releasebuffer, exporter_releasebuffer},
    {0, NULL},
};

static PyType_Spec exporter_spec = {
    .name = "hostile.Exporter",
    .basicsize = sizeof(exporter),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .slots = exporter_slots,
};

/* --- __array_struct__ --------------------------------------------------------------------------------------------- */

typedef struct array_struct {
    int two, nd;
    char typekind;
    int itemsize, flags;
    Py_ssize_t *shape, *strides;
    void *data;
    PyObject *descr;
} array_struct;

static int capsules; /* how many are alive; only read and written with the GIL */

static void free_array_struct(PyObject *capsule)
{
    array_struct *s = PyCapsule_GetPointer(capsule, PyCapsule_GetName(capsule));
    free(s->shape);
    free(s->strides);
    Py_XDECREF(s->descr);
    free(s);
    capsules--;
}

static PyObject *make_array_struct(PyObject *module, PyObject *args, PyObject *kwargs)
{
    (void)module;
    static char *names[] = {"address", "shape", "strides", "kind", "itemsize", "flags", "two", "nd", "descr", "name",
                            NULL};
    unsigned long long address;
    PyObject *shape = Py_None, *strides = Py_None, *descr = NULL;
    int kind = 'f', itemsize = 8, flags = 0x700, two = 2, nd = INT_MIN, named = 0;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "K|$OOCiiiiOp", names, &address, &shape, &strides, &kind, &itemsize,
                                     &flags, &two, &nd, &descr, &named))
        return NULL;
    Py_ssize_t numbers[2][MAX_NDIM];
    if (!is_layout(shape) || !is_layout(strides))
        return PyErr_Format(PyExc_TypeError, "shape and strides are tuples");
    if ((shape != Py_None && read_numbers(shape, numbers[0]) < 0) ||
        (strides != Py_None && read_numbers(strides, numbers[1]) < 0))
        return NULL;
    array_struct *s = calloc(1, sizeof *s);
    if (s == NULL)
        return PyErr_NoMemory();
    *s = (array_struct){.two = two, .nd = nd != INT_MIN ? nd : shape == Py_None ? 0 : (int)PyTuple_GET_SIZE(shape),
                        .typekind = (char)kind, .itemsize = itemsize, .flags = flags, .shape = own(shape, numbers[0]),
                        .strides = own(strides, numbers[1]), .data = (void *)(uintptr_t)address,
                        .descr = Py_XNewRef(descr)};
    PyObject *capsule = PyCapsule_New(s, named ? "a name" : NULL, free_array_struct);
    capsules += capsule != NULL;
    return capsule;
}

static PyObject *count_capsules(PyObject *module, PyObject *ignored)
{
    (void)module, (void)ignored;
    return PyLong_FromLong(capsules);
}

/* --- the module --------------------------------------------------------------------------------------------------- */

static PyMethodDef methods[] = {
    {"array_struct", (PyCFunction)(void (*)(void))make_array_struct, METH_VARARGS | METH_KEYWORDS, NULL},
    {"capsules", count_capsules, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef hostile_module = {PyModuleDef_HEAD_INIT, .m_name = "hostile", .m_size = -1, .m_methods = methods};

PyMODINIT_FUNC PyInit_hostile(void)
{
    PyObject *module = PyModule_Create(&hostile_module);
    PyObject *type = module == NULL ? NULL : PyType_FromSpec(&exporter_spec);
    if (type == NULL || PyModule_AddObjectRef(module, "Exporter", type) < 0)
        Py_CLEAR(module);
    Py_XDECREF(type);
    return module;
}
