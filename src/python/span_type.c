/* SPDX-License-Identifier: BSD-3-Clause */
/* tenon.Span: how it is made, shown as a buffer, released and collected. */
#include "span_type.h"

#include <stddef.h>
#include <string.h>
#include <structmember.h>

#include "error.h"
#include "object.h"
#include "protocol/unfold.h"
#include "slot.h"
#include "span_room.h"
#include "span_walk.h"
#include "spare.h"

/* Whatever belongs to the type beyond its life. */
static const tnpy_span_room *const rooms[] = {
    &tnpy_span_properties,
    &tnpy_span_indexing,
    &tnpy_span_layouts,
    &tnpy_span_arrays,
    &tnpy_span_printing,
    &tnpy_span_listing,
    &tnpy_span_bytes,
    &tnpy_span_comparison,
    &tnpy_span_searching,
    &tnpy_span_iteration,
    &tnpy_span_casting,
    &tnpy_span_copying,
    &tnpy_span_tensors,
    &tnpy_span_columns,
    &tnpy_span_interfaces,
    &tnpy_span_conversion,
    &tnpy_span_pickling,
};

enum { ROOMS = sizeof rooms / sizeof *rooms };

/* --- making ------------------------------------------------------------------------------------------------------- */

static tnpy_span *span_of(PyObject *self)
{
    return (tnpy_span *)self;
}

/* Room for shape, strides and suboffsets of `ndim` dimensions. NULL with an exception. */
static ptrdiff_t *room_for(tnpy_span *self, int ndim)
{
    self->large = NULL;
    if (ndim <= TNPY_SMALL_NDIM)
        return self->small;
    self->large = PyMem_Malloc(3 * (size_t)ndim * sizeof *self->large);
    if (self->large == NULL)
        PyErr_NoMemory();
    return self->large;
}

static void copy_layout(tnpy_span *self, const tn_span *span, ptrdiff_t *room)
{
    int ndim = span->ndim;
    self->span = *span;
    self->span.shape = room;
    self->span.strides = room + ndim;
    for (int i = 0; i < ndim; i++) {
        room[i] = span->shape[i];
        room[ndim + i] = span->strides[i];
    }
    if (span->suboffsets == NULL)
        return;
    self->span.suboffsets = room + 2 * ndim;
    memcpy(room + 2 * ndim, span->suboffsets, (size_t)ndim * sizeof *room);
}

PyObject *tnpy_span_new(tnpy_state *state, tnpy_memory *memory, tnpy_dtype *dtype, const tn_span *span)
{
    /* The collector may run now, and anybody's code, which may release the Span that has it. */
    Py_INCREF((PyObject *)memory);
    tnpy_span *self = (tnpy_span *)tnpy_spare_take(&state->spare_span, state->span_type);
    if (self == NULL) {
        Py_DECREF((PyObject *)memory);
        return NULL;
    }
    self->memory = memory;
    self->pinned = NULL;
    self->dtype = NULL;
    self->tracked = self->released = 0;
    self->exports = 0;
    self->hash = -1;
    self->weakrefs = NULL;
    ptrdiff_t *room = room_for(self, span->ndim);
    if (room == NULL) {
        Py_DECREF(self);
        return NULL;
    }
    copy_layout(self, span, room);
    self->span.type = dtype->type;
    self->dtype = (tnpy_dtype *)Py_NewRef((PyObject *)dtype);
    self->tracked = memory->tracked;
    if (self->tracked)
        PyObject_GC_Track(self);
    return (PyObject *)self;
}

PyObject *tnpy_span_view(tnpy_span *self, const tn_span *span)
{
    return tnpy_span_new(self->dtype->state, self->memory, self->dtype, span);
}

/* The element type of what was borrowed just now. */
static tnpy_dtype *borrowed_dtype(tnpy_state *state, tnpy_loan *loan, const tn_span *span)
{
    if (tnpy_holds_objects(span->type)) {
        PyErr_SetString(PyExc_TypeError,
                        "Span(): elements that are Python objects are not shown: their references are counted");
        return NULL;
    }
    if (loan->dtype != NULL)
        return (tnpy_dtype *)Py_NewRef(loan->dtype);
    tn_type *owned = loan->type;
    loan->type = NULL;
    if (loan->buffer.obj != NULL)
        return tnpy_dtype_spelled(state, loan->buffer.format, span->type, owned);
    return owned != NULL ? tnpy_dtype_take(state, owned) : tnpy_dtype_for(state, span->type);
}

PyObject *tnpy_span_from_object(tnpy_state *state, PyObject *obj)
{
    if (tnpy_span_check(state, obj)) {
        const tn_span *shown = tnpy_span_get(obj);
        return shown == NULL ? NULL : tnpy_span_view(span_of(obj), shown);
    }
    tn_span span;
    tnpy_memory *memory = tnpy_memory_borrow(state, obj, 0, "Span()", &span);
    if (memory == NULL)
        return NULL;
    tnpy_dtype *dtype = borrowed_dtype(state, &memory->loan, &span);
    PyObject *self = dtype == NULL ? NULL : tnpy_span_new(state, memory, dtype, &span);
    Py_XDECREF((PyObject *)dtype);
    Py_DECREF((PyObject *)memory);
    return self;
}

PyObject *tnpy_span_lend(tnpy_state *state, tn_array *array, PyObject *keeper, int counts)
{
    tnpy_dtype *dtype = tnpy_dtype_for(state, array->span.type);
    tnpy_memory *memory = tnpy_memory_lend(state, array, keeper, counts);
    PyObject *self = dtype == NULL || memory == NULL ? NULL : tnpy_span_new(state, memory, dtype, &memory->array.span);
    Py_XDECREF((PyObject *)dtype);
    Py_XDECREF((PyObject *)memory);
    return self;
}

static PyObject *new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"object", NULL};
    PyObject *obj;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O:Span", names, &obj))
        return NULL;
    tnpy_state *state = PyType_GetModuleState(type);
    return state == NULL ? NULL : tnpy_span_from_object(state, obj);
}

/* Span(obj) without a tuple of arguments. */
static PyObject *call_type(PyObject *type, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);
    if (nargs == 1 && (kwnames == NULL || PyTuple_GET_SIZE(kwnames) == 0)) {
        tnpy_state *state = tnpy_state_of_type((PyTypeObject *)type);
        return state == NULL ? PyErr_Format(PyExc_RuntimeError, "tenon is being unloaded")
                             : tnpy_span_from_object(state, args[0]);
    }
    PyObject *positional = PyTuple_New(nargs), *keywords = kwnames == NULL ? NULL : PyDict_New();
    int status = positional == NULL || (kwnames != NULL && keywords == NULL) ? -1 : 0;
    for (Py_ssize_t i = 0; i < nargs && status == 0; i++)
        PyTuple_SET_ITEM(positional, i, Py_NewRef(args[i]));
    for (Py_ssize_t i = 0; kwnames != NULL && i < PyTuple_GET_SIZE(kwnames) && status == 0; i++)
        status = PyDict_SetItem(keywords, PyTuple_GET_ITEM(kwnames, i), args[nargs + i]);
    PyObject *self = status < 0 ? NULL : new((PyTypeObject *)type, positional, keywords);
    Py_XDECREF(positional);
    Py_XDECREF(keywords);
    return self;
}

/* --- its memory --------------------------------------------------------------------------------------------------- */

const tn_span *tnpy_span_get(PyObject *self)
{
    const tnpy_span *span = span_of(self);
    if (tnpy_span_is_live(span))
        return &span->span;
    PyErr_SetString(PyExc_ValueError, "operation forbidden on released Span");
    return NULL;
}

void tnpy_span_hold(PyObject *self)
{
    TNPY_COUNT(span_of(self)->exports, 1);
    TNPY_COUNT(span_of(self)->memory->exports, 1);
}

/* A Span can't be released while it is held: its memory is still there. */
void tnpy_span_let_go(PyObject *self)
{
    TNPY_COUNT(span_of(self)->memory->exports, -1);
    TNPY_COUNT(span_of(self)->exports, -1);
}

void tnpy_span_pin(PyObject *self)
{
    span_of(self)->memory->pinned = 1;
}

/* The Span lets go of its memory, which ends with the last one. */
static void let_go(tnpy_span *self)
{
    tnpy_memory *memory = self->memory;
    self->memory = NULL;
    if (memory != NULL && memory->pinned)
        self->pinned = memory;
    else
        Py_XDECREF((PyObject *)memory);
}

static int release(tnpy_span *self)
{
    if (self->exports > 0) {
        PyErr_Format(PyExc_BufferError, "Span has %zd exported buffer%s", self->exports, self->exports == 1 ? "" : "s");
        return -1;
    }
#ifdef Py_GIL_DISABLED
    __atomic_store_n(&self->released, 1, __ATOMIC_RELEASE);
#else
    let_go(self);
#endif
    return 0;
}

static PyObject *release_method(PyObject *self, PyObject *unused)
{
    (void)unused;
    if (release(span_of(self)) < 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *enter(PyObject *self, PyObject *unused)
{
    (void)unused;
    return tnpy_span_get(self) == NULL ? NULL : Py_NewRef(self);
}

static PyObject *leave(PyObject *self, PyObject *args)
{
    (void)args;
    return release_method(self, NULL);
}

/* --- as a buffer -------------------------------------------------------------------------------------------------- */

static int refuse(const char *why)
{
    PyErr_Format(PyExc_BufferError, "Span: %s", why);
    return -1;
}

static bool asks(int flags, int request)
{
    return (flags & request) == request;
}

static bool is_contiguous(const tn_span *span, tn_order order)
{
    return span->suboffsets == NULL &&
           tn_is_contiguous(span->ndim, span->shape, span->strides, span->type->itemsize, order);
}

static int refuse_type(const tnpy_span *self)
{
    char text[128];
    PyErr_Format(PyExc_BufferError,
                 "Span: the buffer protocol has no format for %s; %s one",
                 tn_type_describe(self->span.type, text, sizeof text), tnpy_speakers(self->span.type));
    return -1;
}

/* What the request needs, in the order in which memoryview refuses it. */
static int check_request(const tnpy_span *self, int flags)
{
    const tn_span *span = &self->span;
    bool plain = !asks(flags, PyBUF_STRIDES);
    if (asks(flags, PyBUF_WRITABLE) && span->flags & TN_READONLY)
        return refuse("underlying buffer is not writable");
    if (asks(flags, PyBUF_FORMAT) && self->dtype->format == NULL)
        return refuse_type(self);
    bool wants_c = asks(flags, PyBUF_C_CONTIGUOUS), wants_f = asks(flags, PyBUF_F_CONTIGUOUS);
    bool wants_any = asks(flags, PyBUF_ANY_CONTIGUOUS);
    if (!wants_c && !wants_f && !wants_any && !plain && span->suboffsets == NULL)
        return 0;
    bool c = is_contiguous(span, TN_ORDER_C);
    if (wants_c && !c)
        return refuse("underlying buffer is not C-contiguous");
    if (wants_f && !is_contiguous(span, TN_ORDER_F))
        return refuse("underlying buffer is not Fortran contiguous");
    if (wants_any && !c && !is_contiguous(span, TN_ORDER_F))
        return refuse("underlying buffer is not contiguous");
    if (!asks(flags, PyBUF_INDIRECT) && span->suboffsets != NULL)
        return refuse("underlying buffer requires suboffsets; Span.copy() makes it direct");
    if (plain && !c)
        return refuse("underlying buffer is not C-contiguous");
    if (!asks(flags, PyBUF_ND) && asks(flags, PyBUF_FORMAT))
        return refuse("cannot cast to unsigned bytes if the format flag is present");
    return 0;
}

static int get_buffer(PyObject *obj, Py_buffer *view, int flags)
{
    tnpy_span *self = span_of(obj);
    view->obj = NULL;
    const tn_span *span = tnpy_span_get(obj);
    if (span == NULL)
        return -1;
    bool everything = flags == PyBUF_FULL_RO && self->dtype->format != NULL; /* what memoryview and NumPy ask for */
    if (!everything && check_request(self, flags) < 0)
        return -1;
    bool with_shape = asks(flags, PyBUF_ND), with_strides = asks(flags, PyBUF_STRIDES);
    view->buf = span->data;
    view->len = tnpy_nbytes(span);
    view->itemsize = span->type->itemsize;
    view->readonly = (span->flags & TN_READONLY) != 0;
    view->ndim = with_shape ? span->ndim : 1;
    view->format = asks(flags, PyBUF_FORMAT) ? (char *)self->dtype->format : NULL;
    view->shape = with_shape && span->ndim > 0 ? (Py_ssize_t *)span->shape : NULL;
    view->strides = with_strides && span->ndim > 0 ? (Py_ssize_t *)span->strides : NULL;
    view->suboffsets = asks(flags, PyBUF_INDIRECT) ? (Py_ssize_t *)span->suboffsets : NULL;
    view->internal = NULL;
    view->obj = Py_NewRef(obj);
    tnpy_span_hold(obj);
    /* np.ndarray(buffer=…) alone asks so; it gives the buffer back at once, and keeps the address. */
    if ((flags & ~PyBUF_WRITABLE) == PyBUF_ANY_CONTIGUOUS)
        tnpy_span_pin(obj);
    return 0;
}

static void release_buffer(PyObject *self, Py_buffer *view)
{
    (void)view;
    tnpy_span_let_go(self);
}

/* --- collecting --------------------------------------------------------------------------------------------------- */

static void end(PyObject *obj)
{
    tnpy_span *self = span_of(obj);
    PyTypeObject *type = Py_TYPE(obj);
    tnpy_dtype *dtype = self->dtype; /* keeps the state to the end; NULL where making it failed */
    if (self->weakrefs != NULL)
        PyObject_ClearWeakRefs(obj);
    let_go(self);
    Py_CLEAR(self->pinned);
    if (self->large != NULL)
        PyMem_Free(self->large);
    tnpy_spare_keep(dtype == NULL ? NULL : &dtype->state->spare_span, obj, self->tracked);
    Py_DECREF(type);
    Py_XDECREF((PyObject *)dtype);
}

/* What it lets go of may end another Span, and so on: a chain of any length, which the trash can takes apart without
 * taking the stack for each link. */
static void dealloc(PyObject *obj)
{
    const tnpy_span *self = span_of(obj);
    const tnpy_memory *memory = self->memory != NULL ? self->memory : self->pinned;
    if (!self->tracked && (memory == NULL || !memory->links)) {
        end(obj);
        return;
    }
    if (self->tracked)
        PyObject_GC_UnTrack(obj);
    Py_TRASHCAN_BEGIN(obj, dealloc)
    end(obj);
    Py_TRASHCAN_END
}

static int traverse(PyObject *obj, visitproc visit, void *arg)
{
    const tnpy_span *self = span_of(obj);
    Py_VISIT((PyObject *)self->memory);
    Py_VISIT((PyObject *)self->pinned);
    Py_VISIT((PyObject *)self->dtype);
    Py_VISIT(Py_TYPE(obj));
    return 0;
}

/* Whoever holds a buffer of it may still read it; it is let go when they are. */
static int clear(PyObject *obj)
{
    tnpy_span *self = span_of(obj);
    if (self->exports == 0)
        let_go(self);
    return 0;
}

/* --- the type ----------------------------------------------------------------------------------------------------- */

/* No class derives from it. */
int tnpy_is_a_span(PyObject *obj)
{
    return Py_TYPE(obj)->tp_dealloc == dealloc;
}

PyDoc_STRVAR(doc,
"Span(object)\n--\n\n"
"Memory of any layout, not copied: a memoryview that does everything.\n\n"
"`object` is anything that holds an array: through the buffer protocol, the array interface, DLPack or Arrow.");

static PyMethodDef methods[] = {
    {"release", release_method, METH_NOARGS,
     "release($self, /)\n--\n\nLet go of the memory now; BufferError while somebody has a buffer of it."},
    {"__enter__", enter, METH_NOARGS, NULL},
    {"__exit__", leave, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(tnpy_span, weakrefs), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static const PyType_Slot own_slots[] = {
    {Py_tp_doc, (void *)doc},
    {Py_tp_new, TNPY_SLOT(new)},
    {Py_tp_dealloc, TNPY_SLOT(dealloc)},
    {Py_tp_traverse, TNPY_SLOT(traverse)},
    {Py_tp_clear, TNPY_SLOT(clear)},
    {Py_bf_getbuffer, TNPY_SLOT(get_buffer)},
    {Py_bf_releasebuffer, TNPY_SLOT(release_buffer)},
    {Py_tp_members, members},
    {Py_tp_methods, methods},
};

enum { OWN_SLOTS = sizeof own_slots / sizeof *own_slots, MOST_SLOTS = 64 };

static int count_slots(void)
{
    int count = OWN_SLOTS;
    for (int i = 0; i < ROOMS; i++)
        for (const PyType_Slot *slot = rooms[i]->slots; slot != NULL && slot->slot != 0; slot++)
            count++;
    return count;
}

static PyTypeObject *make_bare_type(PyObject *core)
{
    PyType_Slot slots[MOST_SLOTS];
    int count = OWN_SLOTS;
    if (count_slots() >= MOST_SLOTS) {
        PyErr_SetString(PyExc_SystemError, "tenon.Span has too many slots");
        return NULL;
    }
    memcpy(slots, own_slots, sizeof own_slots);
    for (int i = 0; i < ROOMS; i++)
        for (const PyType_Slot *slot = rooms[i]->slots; slot != NULL && slot->slot != 0; slot++)
            slots[count++] = *slot;
    slots[count] = (PyType_Slot){0, NULL};
    PyType_Spec spec = {
        .name = "tenon.Span",
        .basicsize = sizeof(tnpy_span),
        .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_SEQUENCE,
        .slots = slots,
    };
    return (PyTypeObject *)PyType_FromModuleAndSpec(core, &spec, NULL);
}

static int add(PyTypeObject *type, const char *name, PyObject *descriptor)
{
    int status = descriptor == NULL ? -1 : PyDict_SetItemString(type->tp_dict, name, descriptor);
    Py_XDECREF(descriptor);
    return status;
}

static PyObject *method_descriptor(PyTypeObject *type, PyMethodDef *method)
{
    if (method->ml_flags & METH_CLASS)
        return PyDescr_NewClassMethod(type, method);
    return PyDescr_NewMethod(type, method);
}

/* The type is not in use yet: its dict may still be filled. */
static int add_room(PyTypeObject *type, const tnpy_span_room *room)
{
    for (PyMethodDef *method = room->methods; method != NULL && method->ml_name != NULL; method++)
        if (add(type, method->ml_name, method_descriptor(type, method)) < 0)
            return -1;
    for (PyGetSetDef *property = room->getset; property != NULL && property->name != NULL; property++)
        if (add(type, property->name, PyDescr_NewGetSet(type, property)) < 0)
            return -1;
    return room->complete == NULL ? 0 : room->complete(type);
}

PyTypeObject *tnpy_span_make_type(PyObject *core)
{
    PyTypeObject *type = make_bare_type(core);
    for (int i = 0; type != NULL && i < ROOMS; i++)
        if (add_room(type, rooms[i]) < 0)
            Py_CLEAR(type);
    if (type == NULL)
        return NULL;
    type->tp_vectorcall = call_type;
    PyType_Modified(type);
    return type;
}
