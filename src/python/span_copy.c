/* SPDX-License-Identifier: BSD-3-Clause */
/* Copies of a Span's elements: into new memory, from and to whatever holds an array, and one value everywhere.
 *
 * Large copies run without the GIL. Nothing can be freed meanwhile: Spans are held, so that they can't be released,
 * and what was borrowed is not given back before. Layouts are copied, because an ndarray's may be replaced at any
 * time. Somebody else may write to the elements, as with every view. */
#include "span_room.h"

#include <string.h>

#include "tenon/copy.h"

#include "error.h"
#include "making.h"
#include "object.h"
#include "span_store.h"
#include "span_walk.h"

enum { WITHOUT_GIL_FROM = 1 << 20, SMALL_ELEMENT = 128 };

static tnpy_span *span_of(PyObject *self)
{
    return (tnpy_span *)self;
}

/* --- doing it ----------------------------------------------------------------------------------------------------- */

/* The span with a layout that nobody changes. */
static tn_span with_layout(const tn_span *span, tn_layout *layout)
{
    size_t size = (size_t)span->ndim * sizeof *layout->shape;
    tn_span kept = *span;
    if (size == 0)
        return kept;
    kept.shape = memcpy(layout->shape, span->shape, size);
    kept.strides = memcpy(layout->strides, span->strides, size);
    if (span->suboffsets != NULL)
        kept.suboffsets = memcpy(layout->suboffsets, span->suboffsets, size);
    return kept;
}

static tn_status copy_large(const tn_span *to, const tn_span *from, tn_casting casting, tn_error *err)
{
    tn_layout layouts[2];
    tn_span target = with_layout(to, &layouts[0]), source = with_layout(from, &layouts[1]);
    tn_status status;
    Py_BEGIN_ALLOW_THREADS
    status = tn_copy(&target, &source, casting, err);
    Py_END_ALLOW_THREADS
    return status;
}

static tn_status copy_elements(const tn_span *to, const tn_span *from, tn_casting casting, tn_error *err)
{
    return tn_span_nbytes(to) < WITHOUT_GIL_FROM ? tn_copy(to, from, casting, err) : copy_large(to, from, casting, err);
}

static bool is_number(const tn_type *type)
{
    return type->kind != '\0' && strchr("biufBc", type->kind) != NULL;
}

/* What is wrong, and what to do about it. An inexact value is a wrong one, not only where it is out of range. */
static PyObject *raise_refusal(const char *function, const tn_span *to, const tn_span *from, tn_casting casting,
                               const tn_error *reason)
{
    tn_error err = *reason;
    if (reason->status == TN_WRONG_TYPE && casting == TN_CAST_NO && is_number(to->type) && is_number(from->type))
        tn_fail(&err, TN_WRONG_TYPE, "%s; ask for it with casting='exact' or 'c'", reason->message);
    if (reason->status == TN_OUT_OF_RANGE && casting == TN_CAST_EXACT)
        tn_fail(&err, TN_WRONG_VALUE, "%s; casting='c' converts as C does", reason->message);
    return tnpy_raise_from(function, &err);
}

/* --- arguments ---------------------------------------------------------------------------------------------------- */

typedef struct choice {
    const char *name;
    int value;
} choice;

/* One of `choices`, which an entry of NULL ends; `expected` lists them. -1 with an exception. */
static int read_choice(PyObject *given, const choice *choices, const char *argument, const char *expected, int *value)
{
    for (; PyUnicode_Check(given) && choices->name != NULL; choices++)
        if (PyUnicode_CompareWithASCIIString(given, choices->name) == 0) {
            *value = choices->value;
            return 0;
        }
    PyErr_Format(PyUnicode_Check(given) ? PyExc_ValueError : PyExc_TypeError, "%s must be %s, got %R", argument,
                 expected, given);
    return -1;
}

static int read_casting(PyObject *given, const char *argument, tn_casting *casting)
{
    static const choice choices[] = {
        {"no", TN_CAST_NO}, {"exact", TN_CAST_EXACT}, {"c", TN_CAST_C}, {NULL, 0}};
    int value = TN_CAST_NO, status = 0;
    if (given != NULL)
        status = read_choice(given, choices, argument, "'no', 'exact' or 'c'", &value);
    *casting = (tn_casting)value;
    return status;
}

/* --- copy --------------------------------------------------------------------------------------------------------- */

enum { ORDER_KEPT = 'K' };

/* Of any stride: those of extents 0 and 1 may be any number. */
static size_t magnitude(ptrdiff_t stride)
{
    return stride < 0 ? -(size_t)stride : (size_t)stride;
}

/* The axes, longest strides first. */
static void sort_axes(const tn_span *span, int *axes)
{
    for (int k = 0; k < span->ndim; k++) {
        int at = k;
        for (; at > 0 && magnitude(span->strides[axes[at - 1]]) < magnitude(span->strides[k]); at--)
            axes[at] = axes[at - 1];
        axes[at] = k;
    }
}

/* A Span's layout does not change. */
static tn_status copy_array(const tn_span *span, tn_order order, tn_array *array, tn_error *err)
{
    tn_status status;
    if (tn_span_nbytes(span) < WITHOUT_GIL_FROM)
        return tn_array_copy(span, order, array, err);
    Py_BEGIN_ALLOW_THREADS
    status = tn_array_copy(span, order, array, err);
    Py_END_ALLOW_THREADS
    return status;
}

/* The axes of the copy follow each other as the span's do; *made shows it in the span's shape. */
static tn_status copy_kept(const tn_span *span, tn_array *array, tn_span *made, tn_layout *layout, tn_error *err)
{
    int axes[TN_MAX_NDIM], places[TN_MAX_NDIM];
    tn_span sorted;
    sort_axes(span, axes);
    for (int k = 0; k < span->ndim; k++)
        places[axes[k]] = k;
    tn_status status = tn_span_transpose(span, axes, &sorted, layout, err);
    if (status == TN_OK)
        status = copy_array(&sorted, TN_ORDER_C, array, err);
    return status != TN_OK ? status : tn_span_transpose(&array->span, places, made, layout, err);
}

static tn_status copy_ordered(const tn_span *span, int order, tn_array *array, tn_span *made, tn_layout *layout,
                              tn_error *err)
{
    if (order == ORDER_KEPT && !tnpy_is_indirect(span))
        return copy_kept(span, array, made, layout, err);
    tn_status status = copy_array(span, order == ORDER_KEPT ? TN_ORDER_C : (tn_order)order, array, err);
    if (status == TN_OK)
        *made = array->span;
    return status;
}

static PyObject *copy_of(PyObject *self, const tn_span *span, int order)
{
    tn_array array = {.owner = NULL};
    tn_span made;
    tn_layout layout;
    tn_error err;
    tnpy_state *state = span_of(self)->dtype->state;
    if (copy_ordered(span, order, &array, &made, &layout, &err) != TN_OK) {
        tn_array_release(&array);
        return tnpy_raise_from("copy", &err);
    }
    tnpy_memory *memory = tnpy_memory_lend(state, &array, NULL, 0);
    PyObject *copy = memory == NULL ? NULL : tnpy_span_new(state, memory, span_of(self)->dtype, &made);
    Py_XDECREF((PyObject *)memory);
    return copy;
}

static PyObject *copy(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"order", NULL};
    static const choice orders[] = {
        {"C", TN_ORDER_C}, {"F", TN_ORDER_F}, {"rows", TN_ORDER_ROWS}, {"K", ORDER_KEPT}, {NULL, 0}};
    PyObject *given = NULL;
    int order = TN_ORDER_C;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O:copy", names, &given))
        return NULL;
    if (given != NULL && read_choice(given, orders, "copy(): order", "'C', 'F', 'rows' or 'K'", &order) < 0)
        return NULL;
    const tn_span *span = tnpy_span_get(self);
    if (span == NULL)
        return NULL;
    tnpy_span_hold(self);
    PyObject *made = copy_of(self, span, order);
    tnpy_span_let_go(self);
    return made;
}

/* --- from and to other arrays ------------------------------------------------------------------------------------- */

static PyObject *raise_not_borrowed(const char *function, const char *argument, PyObject *other, const tn_error *reason)
{
    tn_error err = *reason;
    if (reason->status == TN_RAISED)
        return NULL;
    if (reason->message[0] == '\0')
        tn_fail(&err, TN_WRONG_TYPE, "%s must hold an array, got %.100s%s", argument, tnpy_type_name(other),
                argument[0] == 's' ? "; fill() takes one value, tenon.rows() a sequence of arrays" : "");
    else
        tn_fail(&err, reason->status, "%s %s", argument, reason->message);
    return tnpy_raise_from(function, &err);
}

/* Between the Span and `other`, which is borrowed for the time. */
static PyObject *transfer(PyObject *self, PyObject *other, tn_casting casting, bool to_other)
{
    const char *function = to_other ? "copy_to" : "copy_from";
    const tn_span *span = tnpy_span_get(self);
    if (span == NULL)
        return NULL;
    tnpy_loan loan;
    tn_span borrowed;
    tn_error err;
    tnpy_loan_init(&loan);
    tnpy_span_hold(self); /* from here on: asking runs any Python code */
    tn_status status = tnpy_borrow(span_of(self)->dtype->state, other, to_other, &loan, &borrowed, &err);
    if (status != TN_OK) {
        tnpy_span_let_go(self);
        return raise_not_borrowed(function, to_other ? "target" : "source", other, &err);
    }
    const tn_span *to = to_other ? &borrowed : span, *from = to_other ? span : &borrowed;
    status = copy_elements(to, from, casting, &err);
    if (status != TN_OK)
        raise_refusal(function, to, from, casting, &err);
    tnpy_give_back(&loan);
    tnpy_span_let_go(self);
    return status == TN_OK ? Py_NewRef(Py_None) : NULL;
}

static PyObject *copy_from(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"source", "casting", NULL};
    PyObject *source, *given = NULL;
    tn_casting casting;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|O:copy_from", names, &source, &given) ||
        read_casting(given, "copy_from(): casting", &casting) < 0)
        return NULL;
    return transfer(self, source, casting, false);
}

static PyObject *copy_to(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"target", "casting", NULL};
    PyObject *target, *given = NULL;
    tn_casting casting;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|O:copy_to", names, &target, &given) ||
        read_casting(given, "copy_to(): casting", &casting) < 0)
        return NULL;
    return transfer(self, target, casting, true);
}

/* --- fill --------------------------------------------------------------------------------------------------------- */

static tn_status fill_elements(const tn_span *span, const void *element, tn_error *err)
{
    tn_status status;
    if (tn_span_nbytes(span) < WITHOUT_GIL_FROM)
        return tn_fill(span, element, err);
    Py_BEGIN_ALLOW_THREADS
    status = tn_fill(span, element, err);
    Py_END_ALLOW_THREADS
    return status;
}

/* The Span is held: reading `value` may run any Python code. */
static PyObject *fill_held(PyObject *self, const tn_span *span, PyObject *value)
{
    long double small[SMALL_ELEMENT / sizeof(long double)];
    size_t size = (size_t)span->type->itemsize;
    void *element = size <= sizeof small ? small : PyMem_Malloc(size);
    tn_error err;
    if (element == NULL)
        return PyErr_NoMemory();
    memset(element, 0, size); /* the padding of structures */
    int status = tnpy_element_of(span_of(self)->dtype, value, element);
    if (status == 0 && fill_elements(span, element, &err) != TN_OK) {
        tnpy_raise_from("fill", &err);
        status = -1;
    }
    if (element != small)
        PyMem_Free(element);
    return status < 0 ? NULL : Py_NewRef(Py_None);
}

static PyObject *fill(PyObject *self, PyObject *value)
{
    const tn_span *span = tnpy_span_get(self);
    if (span == NULL)
        return NULL;
    tnpy_span_hold(self);
    PyObject *result = fill_held(self, span, value);
    tnpy_span_let_go(self);
    return result;
}

/* --- the room ----------------------------------------------------------------------------------------------------- */

PyDoc_STRVAR(copy_doc,
"copy($self, /, order='C')\n--\n\n"
"The same elements in new memory, writable.\n\n"
"`order` is 'C', 'F', 'K' (the axes follow each other in memory as they do here), or 'rows': as C's ``T **``.");

PyDoc_STRVAR(copy_from_doc,
"copy_from($self, /, source, casting='no')\n--\n\n"
"Write the elements of `source`, anything that holds an array, broadcast to this shape, into this memory.\n\n"
"The two may overlap. `casting` says what may become of numbers of another type: 'no', they are refused; 'exact',\n"
"every value must arrive unchanged, or none is written; 'c', they are converted as C does.");

PyDoc_STRVAR(copy_to_doc,
"copy_to($self, /, target, casting='no')\n--\n\n"
"Write these elements into the memory of `target`: Span(target).copy_from(self, casting).");

PyDoc_STRVAR(fill_doc,
"fill($self, value, /)\n--\n\n"
"Write `value` to every element.");

static PyMethodDef methods[] = {
    {"copy", (PyCFunction)(void (*)(void))copy, METH_VARARGS | METH_KEYWORDS, copy_doc},
    {"copy_from", (PyCFunction)(void (*)(void))copy_from, METH_VARARGS | METH_KEYWORDS, copy_from_doc},
    {"copy_to", (PyCFunction)(void (*)(void))copy_to, METH_VARARGS | METH_KEYWORDS, copy_to_doc},
    {"fill", fill, METH_O, fill_doc},
    {NULL, NULL, 0, NULL},
};

const tnpy_span_room tnpy_span_copying = {.methods = methods};
