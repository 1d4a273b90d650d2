/* SPDX-License-Identifier: BSD-3-Clause */
/* tenon.lend: memory at an address, shown by a Span.
 *
 *     Span ──▶ Memory ──keeper──▶ lent ──▶ source, owner, release
 *
 * `lent` ends with the Memory: with the last view, and with nothing else, since only the Memory refers to it. Then it
 * calls `release` and lets go of the rest.
 *
 * The collector sees source and owner, but not release: it may clear all that it sees of a dead cycle, in any order,
 * and a cleared function can't be called. So a release that refers to a view keeps it alive, as a callback of
 * weakref.finalize does.
 */
#include "making.h"

#include "tenon/array.h"

#include "address.h"
#include "error.h"
#include "memory.h"
#include "nowhere.h"
#include "object.h"
#include "slot.h"
#include "span_type.h"

typedef struct lent {
    PyObject_HEAD
    PyObject *source;  /* NULL where it was an int */
    PyObject *owner;   /* NULL: none was given */
    PyObject *release; /* NULL: none was given, or not taken over yet */
} lent;

/* Nothing that runs here may lose an exception that is on its way. */
static void call_release(PyObject *release)
{
    PyObject *raised = PyErr_GetRaisedException();
    PyObject *result = PyObject_CallNoArgs(release);
    if (result == NULL)
        PyErr_WriteUnraisable(release);
    Py_XDECREF(result);
    PyErr_SetRaisedException(raised);
}

static void lent_dealloc(PyObject *obj)
{
    lent *self = (lent *)obj;
    PyTypeObject *type = Py_TYPE(obj);
    PyObject_GC_UnTrack(obj);
    if (self->release != NULL)
        call_release(self->release);
    Py_CLEAR(self->release);
    Py_CLEAR(self->owner);
    Py_CLEAR(self->source);
    PyObject_GC_Del(obj);
    Py_DECREF(type);
}

/* There is no tp_clear: the memory needs all this to its end. Cycles are broken at the Span. */
static int lent_traverse(PyObject *obj, visitproc visit, void *arg)
{
    Py_VISIT(((lent *)obj)->source);
    Py_VISIT(((lent *)obj)->owner);
    Py_VISIT(Py_TYPE(obj));
    return 0;
}

static PyType_Slot slots[] = {
    {Py_tp_doc, "What keeps memory that tenon.lend was given."},
    {Py_tp_dealloc, TNPY_SLOT(lent_dealloc)},
    {Py_tp_traverse, TNPY_SLOT(lent_traverse)},
    {0, NULL},
};

static PyType_Spec spec = {
    .name = "tenon._core.Lent",
    .basicsize = sizeof(lent),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = slots,
};

PyTypeObject *tnpy_lent_make_type(PyObject *core)
{
    return (PyTypeObject *)PyType_FromModuleAndSpec(core, &spec, NULL);
}

PyObject *tnpy_lent_owner(PyObject *keeper)
{
    if (keeper == NULL || Py_TYPE(keeper)->tp_dealloc != lent_dealloc)
        return keeper;
    const lent *self = (const lent *)keeper;
    return self->owner != NULL ? self->owner : self->source;
}

/* `source` may be NULL. */
static lent *new_lent(tnpy_state *state, PyObject *source, PyObject *owner)
{
    lent *self = PyObject_GC_New(lent, state->lent_type);
    if (self == NULL)
        return NULL;
    self->source = Py_XNewRef(source);
    self->owner = Py_XNewRef(owner);
    self->release = NULL;
    PyObject_GC_Track(self);
    return self;
}

/* --- what is said of the memory ----------------------------------------------------------------------------------- */

typedef struct description {
    tn_span span;
    tn_layout layout;
    tnpy_dtype *dtype; /* owned */
} description;

/* The shape and the strides; those of C order if none are given. 0, or -1 with an exception. */
static int read_layout(PyObject *shape, PyObject *strides, description *d)
{
    d->span.ndim = tnpy_read_extents(shape, "lend", "shape", d->layout.shape);
    if (d->span.ndim < 0)
        return -1;
    d->span.shape = d->layout.shape;
    d->span.strides = d->layout.strides;
    if (strides == Py_None) {
        tn_error err;
        if (tn_contiguous_strides(d->span.ndim, d->layout.shape, d->dtype->type->itemsize, TN_ORDER_C,
                                  d->layout.strides, &err) == TN_OK)
            return 0;
        tnpy_raise_from("lend", &err);
        return -1;
    }
    int count = tnpy_read_extents(strides, "lend", "strides", d->layout.strides);
    if (count >= 0 && count != d->span.ndim)
        PyErr_Format(PyExc_ValueError, "lend(): shape has %d entries, but strides has %d", (int)d->span.ndim, count);
    return count == d->span.ndim ? 0 : -1;
}

/* Do the elements lie in the memory, as far as that is known: within the object it belongs to, or at least within what
 * can be addressed? */
static tn_status check_reach(const tnpy_address *address, const tn_span *span, tn_error *err)
{
    ptrdiff_t low, high;
    tn_status status = tn_span_extent(span, &low, &high, err);
    if (status != TN_OK)
        return status;
    uintptr_t start = (uintptr_t)address->data;
    if (address->bytes >= 0 && (low < 0 || high > address->bytes))
        return tn_fail(err, TN_WRONG_VALUE, "the elements reach from byte %td to byte %td, but source has %td bytes",
                       low, high, address->bytes);
    if ((low < 0 && start < -(uintptr_t)low) || (high > 0 && start > UINTPTR_MAX - (uintptr_t)high))
        return tn_fail(err, TN_OUT_OF_RANGE, "the elements reach further than an address");
    return TN_OK;
}

static tn_status check(const tnpy_address *address, tn_span *span, tn_error *err)
{
    span->data = address->data == NULL ? tnpy_nowhere() : address->data;
    tn_status status = tn_span_check(span, err);
    if (status == TN_OK && address->data == NULL && tn_span_size(span) > 0)
        return tn_fail(err, TN_WRONG_VALUE, "the address is NULL, but there %s %td element%s",
                       tn_span_size(span) == 1 ? "is" : "are", tn_span_size(span), tn_span_size(span) == 1 ? "" : "s");
    return status == TN_OK ? check_reach(address, span, err) : status;
}

/* --- lending ------------------------------------------------------------------------------------------------------ */

/* A Span kept by `keeper`. New reference, or NULL with an exception. */
static PyObject *show(tnpy_state *state, const description *d, PyObject *keeper)
{
    tn_array array;
    tn_error err;
    if (tn_array_wrap(&d->span, NULL, NULL, &array, &err) != TN_OK)
        return tnpy_raise_from("lend", &err);
    tnpy_memory *memory = tnpy_memory_lend(state, &array, keeper, 0);
    PyObject *span = memory == NULL ? NULL : tnpy_span_new(state, memory, d->dtype, &d->span);
    Py_XDECREF((PyObject *)memory);
    return span;
}

/* From the moment the Span exists, `release` is owed. */
static PyObject *lend_memory(tnpy_state *state, const description *d, PyObject *source, PyObject *owner,
                             PyObject *release)
{
    lent *keeper = new_lent(state, source, owner);
    PyObject *span = keeper == NULL ? NULL : show(state, d, (PyObject *)keeper);
    if (span != NULL)
        keeper->release = Py_XNewRef(release);
    Py_XDECREF((PyObject *)keeper);
    return span;
}

static PyObject *none_to_null(PyObject *obj)
{
    return obj == Py_None ? NULL : obj;
}

static PyObject *lend(PyObject *core, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"source", "shape", "dtype", "strides", "readonly", "owner", "release", NULL};
    PyObject *source, *shape, *type, *strides = Py_None, *owner = Py_None, *release = Py_None;
    int readonly = 0;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OOO|$OpOO:lend", names, &source, &shape, &type, &strides, &readonly,
                                     &owner, &release))
        return NULL;
    if (release != Py_None && !PyCallable_Check(release))
        return PyErr_Format(PyExc_TypeError, "lend(): release must be callable without arguments, or None, got %.100s",
                            tnpy_type_name(release));
    tnpy_state *state = tnpy_state_of(core);
    tnpy_address address;
    tn_error err;
    description d = {.dtype = tnpy_read_dtype(state, type, "lend")};
    if (d.dtype == NULL)
        return NULL;
    d.span.type = d.dtype->type;
    d.span.flags = readonly ? TN_READONLY : 0;
    PyObject *span = NULL;
    /* The address last: reading the others may run any Python code. */
    if (read_layout(shape, strides, &d) == 0 && tnpy_address_of(source, "lend", &address) == 0) {
        if (check(&address, &d.span, &err) == TN_OK)
            span = lend_memory(state, &d, address.is_number ? NULL : source, none_to_null(owner),
                               none_to_null(release));
        else
            tnpy_raise_from("lend", &err);
    }
    Py_DECREF((PyObject *)d.dtype);
    return span;
}

PyDoc_STRVAR(lend_doc,
"lend(source, shape, dtype, *, strides=None, readonly=False, owner=None, release=None)\n--\n\n"
"A Span of memory that lies at an address.\n\n"
"``source`` is the address as an int, a ctypes or cffi pointer or array, or a PyCapsule. ``strides`` are in bytes;\n"
"None: those of C order. ``source`` and ``owner`` are kept alive as long as anything shows the memory; then\n"
"``release()`` is called, once, and then they are let go. What it raises goes to sys.unraisablehook. If lend() itself\n"
"fails, release is not called. A release that refers to the Span keeps it alive for ever.\n\n"
"Nobody can check an address. If there is no such memory, or less of it, or if it is freed while a view is alive,\n"
"the process reads and writes what isn't its own. Only the size of ctypes and cffi arrays is known, and checked.");

PyMethodDef tnpy_lending_methods[] = {
    {"lend", (PyCFunction)(void (*)(void))lend, METH_VARARGS | METH_KEYWORDS, lend_doc},
    {NULL, NULL, 0, NULL},
};
