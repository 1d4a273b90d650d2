/* SPDX-License-Identifier: BSD-3-Clause */
/* span[key], span[key] = value and len(span).
 *
 * A key of one integer for every axis is an element; any other is a view: integers, slices, `...` and None in any mix.
 * Slices and views are assigned from whatever holds elements of the same type and shape.
 */
#include <string.h>

#include "../core/checked.h"
#include "error.h"
#include "object.h"
#include "slot.h"
#include "span_item.h"
#include "span_room.h"
#include "span_store.h"
#include "span_walk.h"
#include "tenon/copy.h"
#include "value.h"

/* --- keys --------------------------------------------------------------------------------------------------------- */

typedef struct part {
    enum { INTEGER, SLICE, NEW_AXIS } kind;
    Py_ssize_t start, stop, step; /* INTEGER: start alone */
} part;

/* A key, read: what it says of each axis, in order. */
typedef struct key {
    part parts[2 * TN_MAX_NDIM];
    int count;
    int axes;        /* how many axes it uses up */
    int integers;    /* how many parts are integers */
    int ellipsis;    /* the part before which the axes that it does not name stand; -1: at the end */
} key;

static int refuse_key(PyObject *obj)
{
    PyErr_Format(PyExc_TypeError,
                 "Span: an index must be an integer, a slice, ..., None or a tuple of them, got %.100s",
                 tnpy_type_name(obj));
    return -1;
}

static int read_part(PyObject *obj, part *p)
{
    *p = (part){.kind = INTEGER};
    if (obj == Py_None) {
        p->kind = NEW_AXIS;
        return 0;
    }
    if (PySlice_Check(obj)) {
        p->kind = SLICE;
        return PySlice_Unpack(obj, &p->start, &p->stop, &p->step);
    }
    if (!PyIndex_Check(obj))
        return refuse_key(obj);
    p->start = PyNumber_AsSsize_t(obj, PyExc_IndexError);
    return p->start == -1 && PyErr_Occurred() ? -1 : 0;
}

static int add_part(key *k, PyObject *obj)
{
    if (obj == Py_Ellipsis) {
        if (k->ellipsis >= 0) {
            PyErr_SetString(PyExc_IndexError, "Span: an index has one ... at most");
            return -1;
        }
        k->ellipsis = k->count;
        return 0;
    }
    part *p = &k->parts[k->count];
    if (k->count == 2 * TN_MAX_NDIM) {
        PyErr_SetString(PyExc_IndexError, "Span: the index has too many items");
        return -1;
    }
    if (read_part(obj, p) < 0)
        return -1;
    k->count++;
    k->axes += p->kind != NEW_AXIS;
    k->integers += p->kind == INTEGER;
    return 0;
}

/* Reads all of it before any of it counts: __index__ may run any Python code, which may release the Span. */
static int read_key(PyObject *self, PyObject *obj, key *k)
{
    k->count = k->axes = k->integers = 0;
    k->ellipsis = -1;
    if (tnpy_span_get(self) == NULL)
        return -1;
    if (!PyTuple_Check(obj) && add_part(k, obj) < 0)
        return -1;
    for (Py_ssize_t i = 0; PyTuple_Check(obj) && i < PyTuple_GET_SIZE(obj); i++)
        if (add_part(k, PyTuple_GET_ITEM(obj, i)) < 0)
            return -1;
    const tn_span *span = tnpy_span_get(self);
    if (span == NULL)
        return -1;
    if (span->ndim == 0 && k->axes > 0) {
        PyErr_SetString(PyExc_TypeError, "invalid indexing of 0-dim memory");
        return -1;
    }
    if (k->axes > span->ndim) {
        PyErr_Format(PyExc_TypeError, "cannot index %d-dimension view with %d-element tuple", (int)span->ndim, k->axes);
        return -1;
    }
    return 0;
}

/* -1 with IndexError. `axis` is the one that is meant, counted in the Span that was indexed. */
static int find_position(ptrdiff_t extent, int axis, Py_ssize_t index, ptrdiff_t *position)
{
    *position = index < 0 ? index + extent : index;
    if (*position >= 0 && *position < extent)
        return 0;
    PyErr_Format(PyExc_IndexError, "index out of bounds on dimension %d", axis + 1);
    return -1;
}

/* --- elements ----------------------------------------------------------------------------------------------------- */

/* As memoryview, `...` alone is the element where there are no axes. */
static bool is_element(const tn_span *span, const key *k)
{
    return k->integers == span->ndim && k->count == span->ndim && (k->ellipsis < 0 || span->ndim == 0);
}

/* The address of the element that the key names. NULL with IndexError. */
static char *find_element(const tn_span *span, const key *k)
{
    ptrdiff_t positions[TN_MAX_NDIM];
    for (int i = 0; i < span->ndim; i++)
        if (find_position(span->shape[i], i, k->parts[i].start, &positions[i]) < 0)
            return NULL;
    const char *at = span->data;
    for (int i = 0; i < span->ndim; i++)
        at = tnpy_along(span, i, at, positions[i]);
    return (char *)at;
}

static PyObject *read_element(tnpy_span *self, const char *at)
{
    return tnpy_span_read(self, tnpy_item_reader_of(self->dtype), at);
}

/* The address of the element that an int, or a tuple of ints, names, where there is nothing to refuse and no code to
 * run. NULL without an exception where there is more to be said. */
static char *find_at_once(PyObject *obj, PyObject *index)
{
    const tnpy_span *self = (const tnpy_span *)obj;
    const tn_span *span = &self->span;
    bool is_tuple = PyTuple_CheckExact(index);
    if (!tnpy_span_is_live(self) || span->ndim != (is_tuple ? PyTuple_GET_SIZE(index) : 1))
        return NULL;
    const char *at = span->data;
    for (int i = 0; i < span->ndim; i++) {
        int64_t position;
        if (!tn_short_small_int(is_tuple ? PyTuple_GET_ITEM(index, i) : index, &position))
            return NULL;
        position += position < 0 ? span->shape[i] : 0;
        if (position < 0 || position >= span->shape[i])
            return NULL;
        at = tnpy_along(span, i, at, (ptrdiff_t)position);
    }
    return (char *)at;
}

/* --- views -------------------------------------------------------------------------------------------------------- */

/* A view that a key makes part by part. */
typedef struct making {
    tn_span span;
    tn_layout layout;
    int axis;      /* the axes before it are done */
    int source;    /* how many axes of the Span that is indexed are done */
} making;

static int failed(const tn_error *err)
{
    if (err->status == TN_UNSUPPORTED)
        PyErr_Format(PyExc_NotImplementedError, "Span: %s", err->message);
    else
        tnpy_raise(err);
    return -1;
}

static int apply_integer(making *m, const part *p)
{
    ptrdiff_t position;
    tn_error err;
    if (find_position(m->span.shape[m->axis], m->source++, p->start, &position) < 0)
        return -1;
    return tn_span_index(&m->span, m->axis, position, &m->span, &m->layout, &err) == TN_OK ? 0 : failed(&err);
}

static int apply_slice(making *m, const part *p)
{
    Py_ssize_t start = p->start, stop = p->stop;
    tn_error err;
    PySlice_AdjustIndices(m->span.shape[m->axis], &start, &stop, p->step);
    if (tn_span_slice(&m->span, m->axis, start, stop, p->step, &m->span, &m->layout, &err) != TN_OK)
        return failed(&err);
    m->axis++;
    m->source++;
    return 0;
}

static void insert(ptrdiff_t *list, int count, int at, ptrdiff_t value)
{
    memmove(list + at + 1, list + at, (size_t)(count - at) * sizeof *list);
    list[at] = value;
}

static int apply_new_axis(making *m)
{
    int ndim = m->span.ndim;
    if (ndim == TN_MAX_NDIM) {
        PyErr_Format(PyExc_IndexError, "Span: more than %d dimensions", TN_MAX_NDIM);
        return -1;
    }
    insert(m->layout.shape, ndim, m->axis, 1);
    insert(m->layout.strides, ndim, m->axis, 0);
    if (m->span.suboffsets != NULL)
        insert(m->layout.suboffsets, ndim, m->axis, -1);
    m->span.ndim++;
    m->axis++;
    return 0;
}

static int apply(making *m, const part *p)
{
    switch (p->kind) {
    case INTEGER:
        return apply_integer(m, p);
    case SLICE:
        return apply_slice(m, p);
    default:
        return apply_new_axis(m);
    }
}

static void begin(making *m, const tn_span *span)
{
    size_t size = (size_t)span->ndim * sizeof(ptrdiff_t);
    m->span = *span;
    m->axis = m->source = 0;
    if (size > 0) {
        memcpy(m->layout.shape, span->shape, size);
        memcpy(m->layout.strides, span->strides, size);
    }
    if (size > 0 && span->suboffsets != NULL)
        memcpy(m->layout.suboffsets, span->suboffsets, size);
    m->span.shape = m->layout.shape;
    m->span.strides = m->layout.strides;
    m->span.suboffsets = span->suboffsets == NULL ? NULL : m->layout.suboffsets;
}

/* What the key shows of `span`. */
static int make_view(making *m, const tn_span *span, const key *k)
{
    begin(m, span);
    int unnamed = span->ndim - k->axes;
    for (int i = 0; i < k->count; i++) {
        if (i == k->ellipsis) {
            m->axis += unnamed;
            m->source += unnamed;
        }
        if (apply(m, &k->parts[i]) < 0)
            return -1;
    }
    return 0;
}

static PyObject *read_view(tnpy_span *self, const key *k)
{
    making m;
    return make_view(&m, &self->span, k) < 0 ? NULL : tnpy_span_view(self, &m.span);
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

static PyObject *read_at(PyObject *obj, PyObject *index)
{
    tnpy_span *self = (tnpy_span *)obj;
    key k;
    if (read_key(obj, index, &k) < 0)
        return NULL;
    if (k.ellipsis >= 0 && k.count == 0 && self->span.ndim == 0)
        return Py_NewRef(obj);
    if (!is_element(&self->span, &k))
        return read_view(self, &k);
    const char *at = find_element(&self->span, &k);
    return at == NULL ? NULL : read_element(self, at);
}

/* Can the bounds of this slice be read without running Python code? */
static bool is_quiet(PyObject *index)
{
    const PySliceObject *slice = (const PySliceObject *)index;
    PyObject *const bounds[] = {slice->start, slice->stop, slice->step};
    for (int i = 0; i < 3; i++)
        if (bounds[i] != Py_None && !PyLong_CheckExact(bounds[i]))
            return false;
    return true;
}

/* A slice along the first axis of few, of direct memory: what make_view does, at once. */
static PyObject *slice_first(tnpy_span *self, PyObject *index)
{
    const tn_span *span = &self->span;
    ptrdiff_t shape[TNPY_SMALL_NDIM], strides[TNPY_SMALL_NDIM];
    tn_span made = *span;
    Py_ssize_t start, stop, step;
    if (PySlice_Unpack(index, &start, &stop, &step) < 0)
        return NULL;
    memcpy(shape, span->shape, (size_t)span->ndim * sizeof *shape);
    memcpy(strides, span->strides, (size_t)span->ndim * sizeof *strides);
    shape[0] = PySlice_AdjustIndices(span->shape[0], &start, &stop, step);
    /* As tn_span_slice: what is no further than the elements that are there fits; of one element the stride means
     * nothing. */
    if (tni_mul(strides[0], step, &strides[0]))
        strides[0] = span->strides[0];
    bool empty = false; /* then the stride may be any number, and leads nowhere */
    for (int k = 0; k < span->ndim; k++)
        empty |= shape[k] == 0;
    if (!empty)
        made.data = (char *)span->data + start * span->strides[0];
    made.shape = shape;
    made.strides = strides;
    return tnpy_span_view(self, &made);
}

static PyObject *subscript(PyObject *obj, PyObject *index)
{
    const char *at = find_at_once(obj, index);
    if (at != NULL)
        return read_element((tnpy_span *)obj, at);
    const tn_span *span = tnpy_span_get(obj);
    bool quiet = PySlice_Check(index) && is_quiet(index);
    if (span != NULL && quiet && span->ndim > 0 && span->ndim <= TNPY_SMALL_NDIM && span->suboffsets == NULL)
        return slice_first((tnpy_span *)obj, index);
    if (!PySlice_Check(index) || quiet || span == NULL)
        return read_at(obj, index);
    /* As memoryview: a slice shows what was there before its bounds were read, also if they release the Span. */
    PyObject *all = tnpy_span_view((tnpy_span *)obj, &((tnpy_span *)obj)->span);
    PyObject *view = all == NULL ? NULL : read_at(all, index);
    Py_XDECREF(all);
    return view;
}

/* For PySequence_GetItem, which has added the length to what was negative. */
static PyObject *item(PyObject *obj, Py_ssize_t index)
{
    tnpy_span *self = (tnpy_span *)obj;
    ptrdiff_t position;
    if (tnpy_span_get(obj) == NULL)
        return NULL;
    if (self->span.ndim == 0) {
        PyErr_SetString(PyExc_TypeError, "invalid indexing of 0-dim memory");
        return NULL;
    }
    if (index < 0) {
        PyErr_SetString(PyExc_IndexError, "index out of bounds on dimension 1");
        return NULL;
    }
    if (find_position(self->span.shape[0], 0, index, &position) < 0)
        return NULL;
    if (self->span.ndim == 1)
        return read_element(self, tnpy_along(&self->span, 0, self->span.data, position));
    making m;
    const part p = {.kind = INTEGER, .start = position};
    begin(&m, &self->span);
    return apply(&m, &p) < 0 ? NULL : tnpy_span_view(self, &m.span);
}

static Py_ssize_t length(PyObject *self)
{
    const tn_span *span = tnpy_span_get(self);
    if (span == NULL)
        return -1;
    if (span->ndim > 0)
        return span->shape[0];
#if PY_VERSION_HEX < 0x030C0000
    return 1; /* as this Python's memoryview */
#else
    PyErr_SetString(PyExc_TypeError, "0-dim memory has no length");
    return -1;
#endif
}

/* --- writing ------------------------------------------------------------------------------------------------------ */

static int refuse_difference(const tn_span *to, const tn_span *from)
{
    char wanted[128], got[128];
    PyObject *wanted_shape = tnpy_extents_tuple(to->ndim, to->shape);
    PyObject *got_shape = tnpy_extents_tuple(from->ndim, from->shape);
    if (wanted_shape != NULL && got_shape != NULL)
        PyErr_Format(PyExc_ValueError,
                     "Span assignment: lvalue and rvalue have different structures: %s of shape %R, got %s of shape "
                     "%R; copy_from() broadcasts, and casts if told to",
                     tn_type_describe(to->type, wanted, sizeof wanted), wanted_shape,
                     tn_type_describe(from->type, got, sizeof got), got_shape);
    Py_XDECREF(wanted_shape);
    Py_XDECREF(got_shape);
    return -1;
}

static bool is_like(const tn_span *to, const tn_span *from)
{
    for (int i = 0; i < to->ndim && to->ndim == from->ndim; i++)
        if (to->shape[i] != from->shape[i])
            return false;
    return to->ndim == from->ndim && tn_type_equal(to->type, from->type);
}

static int copy(const tn_span *to, const tn_span *from)
{
    tn_error err;
    if (!is_like(to, from))
        return refuse_difference(to, from);
    if (tn_copy(to, from, TN_CAST_NO, &err) == TN_OK)
        return 0;
    tnpy_raise(&err);
    return -1;
}

/* Asking `value` for its memory runs its code, which must find the Span held. */
static int write_view(tnpy_span *self, const key *k, PyObject *value)
{
    making m;
    tn_span from;
    if (make_view(&m, &self->span, k) < 0)
        return -1;
    tnpy_span_hold((PyObject *)self);
    tnpy_memory *memory = tnpy_memory_borrow(self->dtype->state, value, 0, "Span assignment", &from);
    int status = memory == NULL ? -1 : copy(&m.span, &from);
    Py_XDECREF((PyObject *)memory);
    tnpy_span_let_go((PyObject *)self);
    return status;
}

static int assign(PyObject *obj, PyObject *index, PyObject *value)
{
    tnpy_span *self = (tnpy_span *)obj;
    key k;
    const tn_span *span = tnpy_span_get(obj);
    if (span == NULL)
        return -1;
    if (span->flags & TN_READONLY || value == NULL) {
        PyErr_SetString(PyExc_TypeError, value == NULL ? "cannot delete memory" : "cannot modify read-only memory");
        return -1;
    }
    char *at = find_at_once(obj, index);
    if (at != NULL)
        return tnpy_span_store(self, at, value);
    if (read_key(obj, index, &k) < 0)
        return -1;
    if (!is_element(span, &k))
        return write_view(self, &k, value);
    at = find_element(span, &k);
    return at == NULL ? -1 : tnpy_span_store(self, at, value);
}

static const PyType_Slot slots[] = {
    {Py_mp_subscript, TNPY_SLOT(subscript)},
    {Py_mp_ass_subscript, TNPY_SLOT(assign)},
    {Py_mp_length, TNPY_SLOT(length)},
    {Py_sq_item, TNPY_SLOT(item)},
    {Py_sq_length, TNPY_SLOT(length)},
    {0, NULL},
};

const tnpy_span_room tnpy_span_indexing = {.slots = slots};
