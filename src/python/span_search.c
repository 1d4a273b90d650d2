/* SPDX-License-Identifier: BSD-3-Clause */
/* Span as a sequence of what lies along its first axis: `in`, index() and count(); span_iter.c iterates.
 *
 * Along one axis these are Python values; with more they are Spans of one dimension less, which equal other arrays, not
 * lists. Memory of no dimension is no sequence.
 */
#include "span_room.h"

#include "slot.h"
#include "span_item.h"
#include "span_walk.h"

const tn_span *tnpy_span_sequence(PyObject *self, const char *what)
{
    const tn_span *span = tnpy_span_get(self);
    if (span == NULL || span->ndim > 0)
        return span;
    PyErr_Format(PyExc_TypeError, "%s: a Span of 0 dimensions is one value, span[()], not a sequence", what);
    return NULL;
}

typedef struct search {
    PyObject *self, *value;
    const tn_span *span;
    const tnpy_dtype *dtype;
    tnpy_item_reader read; /* NULL: the items are Spans */
} search;

/* 1, 0, or -1 with an exception. */
static int matches(const search *s, ptrdiff_t i)
{
    PyObject *item = s->read != NULL ? s->read(s->dtype, tnpy_along(s->span, 0, s->span->data, i))
                                     : PySequence_GetItem(s->self, i);
    int equal = item == NULL ? -1 : PyObject_RichCompareBool(item, s->value, Py_EQ);
    Py_XDECREF(item);
    return equal;
}

/* The first position from `start` on, before `stop`, whose item equals the value: `stop` if there is none, -1 with an
 * exception. */
static ptrdiff_t find(const search *s, ptrdiff_t start, ptrdiff_t stop)
{
    for (ptrdiff_t i = start; i < stop; i++) {
        int equal = matches(s, i);
        if (equal != 0)
            return equal < 0 ? -1 : i;
    }
    return stop;
}

static int begin(search *s, PyObject *self, PyObject *value, const char *what)
{
    s->span = tnpy_span_sequence(self, what);
    if (s->span == NULL)
        return -1;
    s->self = self;
    s->value = value;
    s->dtype = ((tnpy_span *)self)->dtype;
    s->read = s->span->ndim == 1 ? tnpy_item_reader_of(s->dtype) : NULL;
    tnpy_span_hold(self); /* the value's __eq__ is anybody's code */
    return 0;
}

static int contains(PyObject *self, PyObject *value)
{
    search s;
    if (begin(&s, self, value, "in") < 0)
        return -1;
    ptrdiff_t extent = s.span->shape[0], found = find(&s, 0, extent);
    tnpy_span_let_go(self);
    return found < 0 ? -1 : found < extent;
}

static PyObject *count(PyObject *self, PyObject *value)
{
    search s;
    if (begin(&s, self, value, "count()") < 0)
        return NULL;
    ptrdiff_t extent = s.span->shape[0], times = 0, at = find(&s, 0, extent);
    while (at >= 0 && at < extent) {
        times++;
        at = find(&s, at + 1, extent);
    }
    tnpy_span_let_go(self);
    return at < 0 ? NULL : PyLong_FromSsize_t(times);
}

static ptrdiff_t clip(ptrdiff_t position, ptrdiff_t extent)
{
    if (position < 0)
        position = position + extent < 0 ? 0 : position + extent;
    return position > extent ? extent : position;
}

/* A position as list.index takes it: what is too large counts as the end. */
static int read_position(PyObject *obj, Py_ssize_t *position)
{
    if (obj == NULL)
        return 0;
    PyObject *number = PyNumber_Index(obj);
    if (number == NULL)
        return -1;
    *position = PyNumber_AsSsize_t(number, NULL);
    Py_DECREF(number);
    return 0;
}

static PyObject *find_index(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    search s;
    Py_ssize_t start = 0, stop = PY_SSIZE_T_MAX;
    if (nargs < 1 || nargs > 3)
        return PyErr_Format(PyExc_TypeError, "index() takes a value, start and stop; got %zd arguments", nargs);
    if (read_position(nargs > 1 ? args[1] : NULL, &start) < 0 || read_position(nargs > 2 ? args[2] : NULL, &stop) < 0)
        return NULL;
    if (begin(&s, self, args[0], "index()") < 0)
        return NULL;
    ptrdiff_t end = clip(stop, s.span->shape[0]);
    ptrdiff_t found = find(&s, clip(start, s.span->shape[0]), end);
    tnpy_span_let_go(self);
    if (found >= 0 && found < end)
        return PyLong_FromSsize_t(found);
    if (found >= 0)
        PyErr_SetString(PyExc_ValueError, "index(): the value is not there");
    return NULL;
}

/* --- the room ----------------------------------------------------------------------------------------------------- */

static PyMethodDef methods[] = {
    {"count", count, METH_O, "count($self, value, /)\n--\n\nHow many items along the first axis equal the value."},
    {"index", (PyCFunction)(void (*)(void))find_index, METH_FASTCALL,
     "index($self, value, start=0, stop=sys.maxsize, /)\n--\n\n"
     "The position of the first item along the first axis that equals the value; ValueError if there is none."},
    {NULL, NULL, 0, NULL},
};

static const PyType_Slot slots[] = {
    {Py_sq_contains, TNPY_SLOT(contains)},
    {0, NULL},
};

const tnpy_span_room tnpy_span_searching = {.slots = slots, .methods = methods};
