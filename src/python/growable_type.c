/* SPDX-License-Identifier: BSD-3-Clause */
/* How Python code that runs in the middle of things is survived: every method first does all that can run any
 * (converting values, reading iterables, asking exporters), into memory of its own, and only then looks at the
 * container and changes it, in a critical section, which is what the GIL is otherwise.
 */
#include "growable_type.h"

#include <stdbool.h>
#include <stddef.h>
#include <structmember.h>

#include "tenon/array.h"
#include "tenon/copy.h"

#include "../core/checked.h"
#include "borrow.h"
#include "error.h"
#include "making.h"
#include "memory.h"
#include "object.h"
#include "release.h"
#include "slot.h"
#include "span_item.h"
#include "span_type.h"
#include "value.h"

typedef struct growable {
    tnpy_lender lender;     /* counts the Memory objects of view() */
    tnpy_state *state;
    tnpy_dtype *dtype;
    tn_growable *elements;
    Py_ssize_t exports;     /* buffers taken from it */
    bool pinned;            /* np.ndarray(buffer=…) has its address, and does not say until when */
    PyObject *weakrefs;
} growable;

static growable *growable_of(PyObject *self)
{
    return (growable *)self;
}

/* NULL, with the exception of the status. */
static PyObject *raise(const char *method, const tn_error *reason)
{
    char function[32];
    snprintf(function, sizeof function, "growable.%s", method);
    return tnpy_raise_from(function, reason);
}

static Py_ssize_t length_of(PyObject *self)
{
    return tn_growable_span(growable_of(self)->elements).shape[0];
}

/* Nobody looks at the memory. Otherwise a BufferError that says how many do. */
static bool is_idle(growable *self, const char *method)
{
    tnpy_settle(self->state); /* what other threads have let go of */
    Py_ssize_t views = self->lender.views + self->exports;
    if (views > 0)
        PyErr_Format(PyExc_BufferError,
                     "growable.%s(): %zd view%s alive, so the memory can't change; let go of %s first", method, views,
                     views == 1 ? " is" : "s are", views == 1 ? "it" : "them");
    else if (self->pinned)
        PyErr_Format(PyExc_BufferError,
                     "growable.%s(): np.ndarray(buffer=...) took the memory, and does not say when it is done with it, so "
                     "it can't change any more; np.asarray() is counted", method);
    return views == 0 && !self->pinned;
}

/* --- one element -------------------------------------------------------------------------------------------------- */

enum { SMALL_ITEM = 128 };

/* Room for one element, aligned. */
typedef struct item {
    max_align_t small[SMALL_ITEM / sizeof(max_align_t)];
    void *large; /* NULL: `small` is enough */
    void *at;
} item;

static int item_begin(item *room, const tnpy_dtype *dtype)
{
    room->large = dtype->type->itemsize <= SMALL_ITEM ? NULL : PyMem_Malloc((size_t)dtype->type->itemsize);
    room->at = room->large != NULL ? room->large : room->small;
    if (dtype->type->itemsize > SMALL_ITEM && room->large == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    return 0;
}

static void item_end(item *room)
{
    PyMem_Free(room->large);
}

/* 0, or -1 with an exception; item_end is due afterwards in the first case only. */
static int item_read(item *room, growable *self, PyObject *value, const char *method)
{
    tn_error err, reason;
    if (item_begin(room, self->dtype) < 0)
        return -1;
    if (tnpy_value_read_quick(self->state, value, self->dtype->type, 0, room->at, &reason) == TN_OK)
        return 0;
    err = reason;
    if (reason.status != TN_RAISED)
        tn_fail(&err, reason.status, "value %s", reason.message);
    raise(method, &err);
    item_end(room);
    return -1;
}

static char *address_of(growable *self, Py_ssize_t index)
{
    tn_span span = tn_growable_span(self->elements);
    return (char *)span.data + index * span.strides[0];
}

/* The first element may be at 0 or at -length. False with an IndexError. */
static bool find_index(PyObject *self, Py_ssize_t *index)
{
    Py_ssize_t length = length_of(self), given = *index;
    if (*index < 0)
        *index += length;
    if (*index >= 0 && *index < length)
        return true;
    PyErr_Format(PyExc_IndexError, "growable: index %zd is out of range for %zd element%s", given, length,
                 length == 1 ? "" : "s");
    return false;
}

static PyObject *get_item(PyObject *obj, Py_ssize_t index)
{
    growable *self = growable_of(obj);
    item copy; /* making a named tuple may run any code */
    bool found;
    if (item_begin(&copy, self->dtype) < 0)
        return NULL;
    Py_BEGIN_CRITICAL_SECTION(obj);
    found = find_index(obj, &index);
    if (found)
        memcpy(copy.at, address_of(self, index), (size_t)self->dtype->type->itemsize);
    Py_END_CRITICAL_SECTION();
    PyObject *value = found ? tnpy_item_reader_of(self->dtype)(self->dtype, copy.at) : NULL;
    item_end(&copy);
    return value;
}

static int set_item(PyObject *obj, Py_ssize_t index, PyObject *value)
{
    growable *self = growable_of(obj);
    item read;
    if (value == NULL) {
        PyErr_SetString(PyExc_TypeError, "growable: elements can't be deleted; resize() shortens it");
        return -1;
    }
    bool found;
    if (item_read(&read, self, value, "__setitem__") < 0)
        return -1;
    Py_BEGIN_CRITICAL_SECTION(obj);
    found = find_index(obj, &index);
    if (found)
        memcpy(address_of(self, index), read.at, (size_t)self->dtype->type->itemsize);
    Py_END_CRITICAL_SECTION();
    item_end(&read);
    return found ? 0 : -1;
}

/* For the sequence protocol, which has added the length to what was negative. */
static PyObject *get_sequence_item(PyObject *obj, Py_ssize_t index)
{
    if (index >= 0)
        return get_item(obj, index);
    PyErr_SetString(PyExc_IndexError, "growable: index out of range");
    return NULL;
}

/* --- views -------------------------------------------------------------------------------------------------------- */

static PyObject *view(PyObject *obj, PyObject *unused)
{
    (void)unused;
    growable *self = growable_of(obj);
    tn_array array;
    tn_error err;
    tn_status status;
    tnpy_memory *memory = NULL;
    Py_BEGIN_CRITICAL_SECTION(obj);
    status = tn_growable_share(self->elements, &array, &err);
    if (status == TN_OK)
        memory = tnpy_memory_lend(self->state, &array, obj, 1);
    Py_END_CRITICAL_SECTION();
    if (status != TN_OK)
        return raise("view", &err);
    PyObject *span = memory == NULL ? NULL : tnpy_span_new(self->state, memory, self->dtype, &memory->array.span);
    Py_XDECREF((PyObject *)memory);
    return span;
}

/* For types that the buffer protocol has no format for: otherwise NumPy would take it for a sequence, and copy it. */
static PyObject *array(PyObject *self, PyObject *args, PyObject *kwargs)
{
    PyObject *span = view(self, NULL);
    PyObject *method = span == NULL ? NULL : PyObject_GetAttrString(span, "__array__");
    PyObject *made = method == NULL ? NULL : PyObject_Call(method, args, kwargs);
    Py_XDECREF(method);
    Py_XDECREF(span);
    return made;
}

/* One item, or whatever a Span makes of the key. */
static PyObject *get(PyObject *self, PyObject *key)
{
    if (PyIndex_Check(key)) {
        Py_ssize_t index = PyNumber_AsSsize_t(key, PyExc_IndexError);
        return index == -1 && PyErr_Occurred() ? NULL : get_item(self, index);
    }
    PyObject *span = view(self, NULL);
    PyObject *part = span == NULL ? NULL : PyObject_GetItem(span, key);
    Py_XDECREF(span);
    return part;
}

static int set(PyObject *self, PyObject *key, PyObject *value)
{
    if (PyIndex_Check(key) || value == NULL) {
        Py_ssize_t index = value == NULL ? 0 : PyNumber_AsSsize_t(key, PyExc_IndexError);
        return index == -1 && PyErr_Occurred() ? -1 : set_item(self, index, value);
    }
    PyObject *span = view(self, NULL);
    int status = span == NULL ? -1 : PyObject_SetItem(span, key, value);
    Py_XDECREF(span);
    return status;
}

static bool asks(int flags, int request)
{
    return (flags & request) == request;
}

static void fill_buffer(growable *self, Py_buffer *buffer, int flags)
{
    tn_span span = tn_growable_span(self->elements);
    *buffer = (Py_buffer){
        .buf = span.data,
        .len = tn_span_nbytes(&span),
        .itemsize = span.type->itemsize,
        .ndim = 1,
        .format = asks(flags, PyBUF_FORMAT) ? (char *)self->dtype->format : NULL,
        .shape = asks(flags, PyBUF_ND) ? (Py_ssize_t *)span.shape : NULL,
        .strides = asks(flags, PyBUF_STRIDES) ? (Py_ssize_t *)span.strides : NULL,
        .obj = Py_NewRef((PyObject *)self),
    };
    self->exports++;
    /* np.ndarray(buffer=…) alone asks so: span_type.h. */
    if ((flags & ~PyBUF_WRITABLE) == PyBUF_ANY_CONTIGUOUS)
        self->pinned = true;
}

static int get_buffer(PyObject *obj, Py_buffer *buffer, int flags)
{
    growable *self = growable_of(obj);
    char text[128];
    buffer->obj = NULL;
    if (asks(flags, PyBUF_FORMAT) && self->dtype->format == NULL) {
        PyErr_Format(PyExc_BufferError,
                     "growable: the buffer protocol has no format for %s; view() speaks other protocols",
                     tn_type_describe(self->dtype->type, text, sizeof text));
        return -1;
    }
    if (asks(flags, PyBUF_FORMAT) && !asks(flags, PyBUF_ND)) {
        PyErr_SetString(PyExc_BufferError, "growable: cannot cast to unsigned bytes if the format flag is present");
        return -1;
    }
    Py_BEGIN_CRITICAL_SECTION(obj);
    fill_buffer(self, buffer, flags);
    Py_END_CRITICAL_SECTION();
    return 0;
}

static void release_buffer(PyObject *self, Py_buffer *buffer)
{
    (void)buffer;
    Py_BEGIN_CRITICAL_SECTION(self);
    growable_of(self)->exports--;
    Py_END_CRITICAL_SECTION();
}

/* --- growing ------------------------------------------------------------------------------------------------------ */

/* `count` elements at `from`. 0, or -1 with an exception. */
static int append_elements(growable *self, const void *from, ptrdiff_t count, const char *method)
{
    tn_error err;
    tn_status status = TN_RAISED;
    Py_BEGIN_CRITICAL_SECTION(self);
    if (is_idle(self, method))
        status = tn_growable_append(self->elements, from, count, &err);
    Py_END_CRITICAL_SECTION();
    if (status != TN_OK && status != TN_RAISED)
        raise(method, &err);
    return status == TN_OK ? 0 : -1;
}

static PyObject *append(PyObject *obj, PyObject *value)
{
    growable *self = growable_of(obj);
    item read;
    if (item_read(&read, self, value, "append") < 0)
        return NULL;
    int status = append_elements(self, read.at, 1, "append");
    item_end(&read);
    return status < 0 ? NULL : Py_NewRef(Py_None);
}

/* Behind the last element: all of a span of one dimension, whose numbers may have another type. On failure nothing has
 * changed. */
static tn_status append_copy(tn_growable *elements, const tn_span *from, tn_error *err)
{
    tn_span all = tn_growable_span(elements);
    ptrdiff_t before = all.shape[0], length = 0;
    tn_status status = TN_OK;
    if (tni_add(before, from->shape[0], &length))
        status = tn_fail(err, TN_OUT_OF_RANGE, "there are more elements than an address can count");
    if (status == TN_OK)
        status = tn_growable_resize(elements, length, err);
    if (status != TN_OK)
        return status;
    tn_span added = tn_growable_span(elements);
    added.data = (char *)added.data + before * added.strides[0];
    added.shape = from->shape;
    status = tn_copy(&added, from, tn_type_equal(added.type, from->type) ? TN_CAST_NO : TN_CAST_EXACT, err);
    if (status != TN_OK)
        tn_growable_resize(elements, before, NULL); /* shorter: that can't fail */
    return status;
}

static int append_span(growable *self, const tn_span *from)
{
    tn_error err;
    tn_status status = TN_RAISED;
    if (from->shape[0] == 0)
        return 0;
    Py_BEGIN_CRITICAL_SECTION(self);
    if (is_idle(self, "extend"))
        status = append_copy(self->elements, from, &err);
    Py_END_CRITICAL_SECTION();
    if (status != TN_OK && status != TN_RAISED)
        raise("extend", &err);
    return status == TN_OK ? 0 : -1;
}

/* An array: 1 if `values` was one and is appended, 0 if it speaks no protocol, -1 with an exception. */
static int extend_by_array(growable *self, PyObject *values)
{
    tnpy_loan loan;
    tn_span span;
    tn_error err = {.status = TN_WRONG_TYPE}, reason;
    tn_status status = tnpy_borrow(self->state, values, false, &loan, &span, &err);
    if (status == TN_WRONG_TYPE && err.message[0] == '\0')
        return 0;
    if (status != TN_OK) {
        reason = err;
        if (status != TN_RAISED)
            tn_fail(&err, status, "values %s", reason.message);
        raise("extend", &err);
        return -1;
    }
    int done = 0;
    if (span.ndim != 1) {
        PyErr_Format(PyExc_TypeError, "growable.extend(): values must have 1 dimension, got %d", (int)span.ndim);
        done = -1;
    } else {
        done = append_span(self, &span) == 0 ? 1 : -1;
    }
    tnpy_give_back(&loan);
    return done;
}

/* Every value of an iterable, into `collected`. 0, or -1 with an exception. */
static int collect(growable *self, PyObject *values, tn_growable *collected)
{
    PyObject *iterator = PyObject_GetIter(values), *value;
    if (iterator == NULL && PyErr_ExceptionMatches(PyExc_TypeError) && Py_TYPE(values)->tp_iter == NULL)
        PyErr_Format(PyExc_TypeError, "growable.extend(): values must be an array or an iterable, got %.100s",
                     tnpy_type_name(values));
    int status = iterator == NULL ? -1 : 0;
    while (status == 0 && (value = PyIter_Next(iterator)) != NULL) {
        tn_error err;
        item read;
        status = item_read(&read, self, value, "extend");
        Py_DECREF(value);
        if (status < 0)
            break;
        if (tn_growable_append(collected, read.at, 1, &err) != TN_OK) {
            raise("extend", &err);
            status = -1;
        }
        item_end(&read);
    }
    Py_XDECREF(iterator);
    return status < 0 || PyErr_Occurred() ? -1 : 0;
}

static int extend_by_values(growable *self, PyObject *values)
{
    tn_growable *collected;
    tn_error err;
    if (tn_growable_new(self->dtype->type, &collected, &err) != TN_OK) {
        raise("extend", &err);
        return -1;
    }
    int status = collect(self, values, collected);
    tn_span span = tn_growable_span(collected);
    if (status == 0 && span.shape[0] > 0)
        status = append_elements(self, span.data, span.shape[0], "extend");
    tn_growable_free(collected);
    return status;
}

/* Itself, without a view that would forbid it. */
static int extend_by_itself(growable *self)
{
    tn_error err;
    tn_status status = TN_OK;
    Py_BEGIN_CRITICAL_SECTION(self);
    if (length_of((PyObject *)self) > 0) {
        status = TN_RAISED;
        if (is_idle(self, "extend")) {
            tn_span span = tn_growable_span(self->elements);
            status = tn_growable_append(self->elements, span.data, span.shape[0], &err);
        }
    }
    Py_END_CRITICAL_SECTION();
    if (status != TN_OK && status != TN_RAISED)
        raise("extend", &err);
    return status == TN_OK ? 0 : -1;
}

static int extend_by(growable *self, PyObject *values)
{
    if (values == (PyObject *)self)
        return extend_by_itself(self);
    int status = extend_by_array(self, values);
    return status == 0 ? extend_by_values(self, values) : status < 0 ? -1 : 0;
}

static PyObject *extend(PyObject *self, PyObject *values)
{
    return extend_by(growable_of(self), values) < 0 ? NULL : Py_NewRef(Py_None);
}

typedef tn_status changer(tn_growable *growable, ptrdiff_t number, tn_error *err);

/* resize or reserve. What changes nothing is never refused, and what can't be is the container's own to refuse. */
static PyObject *change(PyObject *obj, PyObject *number, changer *how, const char *method, bool reserves)
{
    growable *self = growable_of(obj);
    tn_error err;
    tn_status status = TN_RAISED;
    if (!PyIndex_Check(number))
        return PyErr_Format(PyExc_TypeError, "growable.%s(): %s must be int, got %.100s", method,
                            reserves ? "capacity" : "length", tnpy_type_name(number));
    Py_ssize_t wanted = PyNumber_AsSsize_t(number, PyExc_OverflowError);
    if (wanted == -1 && PyErr_Occurred())
        return NULL;
    Py_BEGIN_CRITICAL_SECTION(obj);
    bool changes = reserves ? wanted > tn_growable_capacity(self->elements) : wanted >= 0 && wanted != length_of(obj);
    if (!changes || is_idle(self, method))
        status = how(self->elements, wanted, &err);
    Py_END_CRITICAL_SECTION();
    if (status == TN_OK)
        Py_RETURN_NONE;
    return status == TN_RAISED ? NULL : raise(method, &err);
}

static PyObject *resize(PyObject *self, PyObject *number)
{
    return change(self, number, tn_growable_resize, "resize", false);
}

static PyObject *reserve(PyObject *self, PyObject *number)
{
    return change(self, number, tn_growable_reserve, "reserve", true);
}

/* --- life cycle --------------------------------------------------------------------------------------------------- */

/* Empty. The collector shows objects to everybody: it sees this one complete. */
static growable *new_growable(PyTypeObject *type, tnpy_state *state, tnpy_dtype *dtype)
{
    tn_growable *elements;
    tn_error err;
    if (tn_growable_new(dtype->type, &elements, &err) != TN_OK) {
        tnpy_raise_from("growable", &err);
        return NULL;
    }
    growable *self = (growable *)type->tp_alloc(type, 0);
    if (self == NULL) {
        tn_growable_free(elements);
        return NULL;
    }
    self->state = state;
    self->dtype = (tnpy_dtype *)Py_NewRef((PyObject *)dtype);
    self->elements = elements;
    return self;
}

static PyObject *new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"dtype", "values", NULL};
    PyObject *dtype, *values = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|O:growable", names, &dtype, &values))
        return NULL;
    tnpy_state *state = PyType_GetModuleState(type);
    tnpy_dtype *read = state == NULL ? NULL : tnpy_read_dtype(state, dtype, "growable");
    growable *self = read == NULL ? NULL : new_growable(type, state, read);
    Py_XDECREF((PyObject *)read);
    if (self == NULL || values == NULL || extend_by(self, values) == 0)
        return (PyObject *)self;
    Py_DECREF((PyObject *)self);
    return NULL;
}

static void dealloc(PyObject *obj)
{
    growable *self = growable_of(obj);
    PyTypeObject *type = Py_TYPE(obj);
    PyObject_GC_UnTrack(obj);
    if (self->weakrefs != NULL)
        PyObject_ClearWeakRefs(obj);
    tn_growable_free(self->elements);
    Py_CLEAR(self->dtype);
    type->tp_free(obj);
    Py_DECREF(type);
}

/* No tp_clear: it needs its element type to the end, and no cycle goes through that. */
static int traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT((PyObject *)growable_of(self)->dtype);
    Py_VISIT(Py_TYPE(self));
    return 0;
}

/* A new container, made of a view: what pickles and copies it. */
static PyObject *reduce(PyObject *self, PyObject *unused)
{
    (void)unused;
    return Py_BuildValue("O(ON)", Py_TYPE(self), growable_of(self)->dtype, view(self, NULL));
}

static PyObject *repr(PyObject *obj)
{
    growable *self = growable_of(obj);
    return PyUnicode_FromFormat("<tenon.growable %S[%zd] with room for %zd>", self->dtype, length_of(obj),
                                (Py_ssize_t)tn_growable_capacity(self->elements));
}

static PyObject *get_dtype(PyObject *self, void *unused)
{
    (void)unused;
    return Py_NewRef((PyObject *)growable_of(self)->dtype);
}

static PyObject *get_capacity(PyObject *self, void *unused)
{
    (void)unused;
    return PyLong_FromSsize_t(tn_growable_capacity(growable_of(self)->elements));
}

/* --- the type ----------------------------------------------------------------------------------------------------- */

PyDoc_STRVAR(doc,
"growable(dtype, values=())\n--\n\n"
"A container of C elements that grows at its end, by amortised doubling.\n\n"
"Its memory is shown without a copy: by view() and slices as a Span, by np.asarray(). While such a view is alive,\n"
"whatever would change the length or move the memory raises BufferError, with the number of views, and changes\n"
"nothing; elements can be written.");

static PyMethodDef methods[] = {
    {"append", append, METH_O, "append($self, value, /)\n--\n\nAdd one element."},
    {"extend", extend, METH_O,
     "extend($self, values, /)\n--\n\n"
     "Add the elements of an array, or of any iterable: all, or none if one does not fit.\n\n"
     "An array may have another type of numbers as long as every value arrives unchanged."},
    {"resize", resize, METH_O,
     "resize($self, length, /)\n--\n\nCut it, or add elements that are zero, so that there are `length`."},
    {"reserve", reserve, METH_O,
     "reserve($self, capacity, /)\n--\n\nMake room for `capacity` elements: growing up to there moves nothing."},
    {"view", view, METH_NOARGS,
     "view($self, /)\n--\n\nA Span of all elements. Until it is released or dies, the container can't grow."},
    {"__reduce__", reduce, METH_NOARGS, NULL},
    {"__array__", (PyCFunction)(void (*)(void))array, METH_VARARGS | METH_KEYWORDS,
     "__array__($self, /, dtype=None, copy=None)\n--\n\nAs Span.__array__ of view()."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef getset[] = {
    {"dtype", get_dtype, NULL, "The element type, a tenon.DType.", NULL},
    {"capacity", get_capacity, NULL, "How many elements there is room for without moving any.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(growable, weakrefs), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, (void *)doc},
    {Py_tp_new, TNPY_SLOT(new)},
    {Py_tp_dealloc, TNPY_SLOT(dealloc)},
    {Py_tp_traverse, TNPY_SLOT(traverse)},
    {Py_tp_repr, TNPY_SLOT(repr)},
    {Py_tp_iter, TNPY_SLOT(PySeqIter_New)},
    {Py_tp_methods, methods},
    {Py_tp_getset, getset},
    {Py_tp_members, members},
    {Py_sq_length, TNPY_SLOT(length_of)},
    {Py_sq_item, TNPY_SLOT(get_sequence_item)},
    {Py_mp_length, TNPY_SLOT(length_of)},
    {Py_mp_subscript, TNPY_SLOT(get)},
    {Py_mp_ass_subscript, TNPY_SLOT(set)},
    {Py_bf_getbuffer, TNPY_SLOT(get_buffer)},
    {Py_bf_releasebuffer, TNPY_SLOT(release_buffer)},
    {0, NULL},
};

static PyType_Spec spec = {
    .name = "tenon.growable",
    .basicsize = sizeof(growable),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_SEQUENCE,
    .slots = slots,
};

PyTypeObject *tnpy_growable_make_type(PyObject *core)
{
    return (PyTypeObject *)PyType_FromModuleAndSpec(core, &spec, NULL);
}
