/* SPDX-License-Identifier: BSD-3-Clause */
/* NumPy's array interface, outward: __array_interface__ and __array_struct__ of a Span.
 *
 * Readers keep the object and use its address for as long as they like, without a word when they are done: showing it
 * pins the memory. Where the interface has no word for what the Span is, the attribute is not there: AttributeError,
 * which says why, so that consumers go on to the next protocol.
 */
#include <limits.h>

#include "../error.h"
#include "../object.h"
#include "../span_room.h"
#include "interface_abi.h"
#include "unfold.h"

/* Memory and element type as both attributes show them. */
typedef struct shown {
    tn_span span;
    tn_layout layout;
    tnpy_dtype *dtype;
} shown;

static int refuse(const char *attribute, const char *why)
{
    PyErr_Format(PyExc_AttributeError, "Span.%s: %s", attribute, why);
    return -1;
}

static int refuse_type(const char *attribute, const tn_type *type)
{
    char text[160], why[320];
    snprintf(why, sizeof why, "the array interface has no type for %s; %s one",
             tn_type_describe(type, text, sizeof text), tnpy_speakers(type));
    return refuse(attribute, why);
}

/* An attribute of the DType that may be None: 1 with a new reference, 0 where it is None, -1 with an exception. */
static int attribute_of(const shown *s, const char *name, PyObject **out)
{
    *out = PyObject_GetAttrString((PyObject *)s->dtype, name);
    if (*out == NULL)
        return -1;
    if (*out != Py_None)
        return 1;
    Py_CLEAR(*out);
    return 0;
}

/* On success s->dtype is a new reference, and the Span is held: what is made of it may run any code. */
static int open(PyObject *self, const char *attribute, shown *s)
{
    const tn_span *span = tnpy_span_get(self);
    tn_error err;
    if (span == NULL)
        return -1;
    if (span->suboffsets != NULL)
        return refuse(attribute, "the array interface cannot say that memory is indirect; the buffer protocol can, and "
                                 "copy() makes it direct");
    if (tnpy_unfold(span, &s->span, &s->layout, &err) != TN_OK)
        return refuse(attribute, err.message);
    tnpy_span_hold(self);
    s->dtype = tnpy_dtype_for(((tnpy_span *)self)->dtype->state, s->span.type);
    if (s->dtype == NULL)
        tnpy_span_let_go(self);
    return s->dtype == NULL ? -1 : 0;
}

static void end(PyObject *self, shown *s, bool is_shown)
{
    if (is_shown)
        tnpy_span_pin(self);
    tnpy_span_let_go(self);
    Py_DECREF((PyObject *)s->dtype);
}

/* --- __array_interface__ ------------------------------------------------------------------------------------------ */

static PyObject *strides_of(const shown *s)
{
    if (tnpy_is_contiguous(&s->span, TN_ORDER_C))
        Py_RETURN_NONE;
    return tnpy_extents_tuple(s->span.ndim, s->span.strides);
}

/* As attribute_of. A type without fields is one field without a name. */
static int descr_of(const shown *s, PyObject *typestr, PyObject **out)
{
    if (s->span.type->kind == TN_STRUCT)
        return attribute_of(s, "descr", out);
    *out = Py_BuildValue("[(sO)]", "", typestr);
    return *out == NULL ? -1 : 1;
}

static PyObject *interface_of(const shown *s, const char *attribute)
{
    PyObject *typestr, *descr;
    int found = attribute_of(s, "typestr", &typestr);
    if (found == 0)
        refuse_type(attribute, s->span.type);
    if (found <= 0)
        return NULL;
    found = descr_of(s, typestr, &descr);
    if (found <= 0) {
        Py_DECREF(typestr);
        if (found == 0)
            refuse_type(attribute, s->span.type);
        return NULL;
    }
    return Py_BuildValue("{s:i,s:N,s:N,s:N,s:(NN),s:N}", "version", 3, "typestr", typestr, "descr", descr, "shape",
                         tnpy_extents_tuple(s->span.ndim, s->span.shape), "data", PyLong_FromVoidPtr(s->span.data),
                         PyBool_FromLong(s->span.flags & TN_READONLY), "strides", strides_of(s));
}

static PyObject *get_interface(PyObject *self, void *unused)
{
    (void)unused;
    const char *attribute = "__array_interface__";
    shown s;
    if (open(self, attribute, &s) < 0)
        return NULL;
    PyObject *interface = interface_of(&s, attribute);
    end(self, &s, interface != NULL);
    return interface;
}

/* --- __array_struct__ --------------------------------------------------------------------------------------------- */

typedef struct block {
    tnpy_array_struct as;
    Py_intptr_t extents[]; /* shape, strides */
} block;

static void destroy(PyObject *capsule)
{
    block *b = PyCapsule_GetPointer(capsule, NULL);
    Py_XDECREF(b->as.descr);
    PyMem_Free(b);
}

static int flags_of(const tn_span *span)
{
    int flags = 0;
    if (tnpy_is_contiguous(span, TN_ORDER_C))
        flags |= TNPY_STRUCT_C_CONTIGUOUS;
    if (tnpy_is_contiguous(span, TN_ORDER_F))
        flags |= TNPY_STRUCT_F_CONTIGUOUS;
    if (tn_is_aligned(span->data, span->ndim, span->shape, span->strides, span->type->alignment))
        flags |= TNPY_STRUCT_ALIGNED;
    if (tnpy_is_native(span->type))
        flags |= TNPY_STRUCT_NOT_SWAPPED;
    if (!(span->flags & TN_READONLY))
        flags |= TNPY_STRUCT_WRITEABLE;
    return flags;
}

static int check_kind(const tn_type *type, const char *attribute)
{
    switch (type->kind) {
    case TN_BFLOAT:
    case TN_POINTER:
        return refuse_type(attribute, type);
    case TN_DATETIME:
    case TN_TIMEDELTA:
        return refuse(attribute, "the C structure has no place for a unit of time; __array_interface__ has");
    case TN_UCS4: /* NumPy takes the size in bytes for characters, and reads beyond the end */
        return refuse(attribute, "readers of the C structure disagree on the size of text; __array_interface__ has it");
    }
    if (type->itemsize > INT_MAX)
        return refuse(attribute, "the C structure has no place for the size of an element; the buffer protocol has");
    return 0;
}

static block *new_block(const shown *s)
{
    const tn_span *span = &s->span;
    block *b = PyMem_Calloc(1, sizeof *b + 2 * (size_t)span->ndim * sizeof *b->extents);
    if (b == NULL)
        return (block *)PyErr_NoMemory();
    for (int i = 0; i < span->ndim; i++) {
        b->extents[i] = span->shape[i];
        b->extents[span->ndim + i] = span->strides[i];
    }
    b->as = (tnpy_array_struct){.two = 2, .nd = span->ndim,
                                .typekind = (char)(span->type->kind == TN_STRUCT ? TN_VOID : span->type->kind),
                                .itemsize = (int)span->type->itemsize, .flags = flags_of(span), .shape = b->extents,
                                .strides = b->extents + span->ndim, .data = span->data};
    return b;
}

static PyObject *struct_of(const shown *s, const char *attribute)
{
    PyObject *descr = NULL;
    if (check_kind(s->span.type, attribute) < 0)
        return NULL;
    if (s->span.type->kind == TN_STRUCT) {
        int found = attribute_of(s, "descr", &descr);
        if (found == 0)
            refuse_type(attribute, s->span.type);
        if (found <= 0)
            return NULL;
    }
    block *b = new_block(s);
    if (b == NULL) {
        Py_XDECREF(descr);
        return NULL;
    }
    b->as.descr = descr;
    b->as.flags |= descr != NULL ? TNPY_STRUCT_HAS_DESCR : 0;
    PyObject *capsule = PyCapsule_New(b, NULL, destroy);
    if (capsule == NULL) {
        Py_XDECREF(descr);
        PyMem_Free(b);
    }
    return capsule;
}

static PyObject *get_struct(PyObject *self, void *unused)
{
    (void)unused;
    const char *attribute = "__array_struct__";
    shown s;
    if (open(self, attribute, &s) < 0)
        return NULL;
    PyObject *capsule = struct_of(&s, attribute);
    end(self, &s, capsule != NULL);
    return capsule;
}

/* --- the room ----------------------------------------------------------------------------------------------------- */

static PyGetSetDef getset[] = {
    {"__array_interface__", get_interface, NULL, "The memory as NumPy's array interface, version 3: a dict.", NULL},
    {"__array_struct__", get_struct, NULL, "The same as a C structure in a capsule.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

const tnpy_span_room tnpy_span_interfaces = {.getset = getset};
