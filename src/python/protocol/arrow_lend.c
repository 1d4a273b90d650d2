/* SPDX-License-Identifier: BSD-3-Clause */
/* Arrow's PyCapsule interface, outward: a Span as an Arrow array.
 *
 * One axis is an array of numbers; each further one makes it a list of a fixed size of what lies below. The numbers
 * hold an export of the Span, the lists hold nothing: consumers may take a child out and release the rest.
 */
#include <stdio.h>
#include <string.h>

#include "../error.h"
#include "../release.h"
#include "../span_room.h"
#include "arrow_abi.h"
#include "unfold.h"

enum { FORMAT_CAPACITY = 32 };

typedef struct schema_node {
    tnpy_arrow_schema child;
    tnpy_arrow_schema *children[1];
    char format[FORMAT_CAPACITY];
} schema_node;

typedef struct list_node {
    tnpy_arrow_array child;
    tnpy_arrow_array *children[1];
    const void *buffers[1]; /* NULL: no nulls */
} list_node;

typedef struct number_node {
    tnpy_debt debt;         /* to the Span */
    PyObject *span;         /* held */
    const void *buffers[2]; /* NULL: no nulls; the memory */
} number_node;

/* --- what Arrow can't say ----------------------------------------------------------------------------------------- */

static char unit_letter(const char *unit)
{
    static const char *const units[] = {"s", "ms", "us", "ns"};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(unit, units[i]) == 0)
            return units[i][0];
    return '\0';
}

static char number_letter(const tn_type *type)
{
    switch (type->kind) {
    case TN_INT:
        return type->itemsize == 1 ? 'c' : type->itemsize == 2 ? 's' : type->itemsize == 4 ? 'i' : 'l';
    case TN_UINT:
        return type->itemsize == 1 ? 'C' : type->itemsize == 2 ? 'S' : type->itemsize == 4 ? 'I' : 'L';
    case TN_FLOAT:
        return type->itemsize == 2 ? 'e' : type->itemsize == 4 ? 'f' : type->itemsize == 8 ? 'g' : '\0';
    }
    return '\0';
}

/* Arrow's letters for an element; "" where it has none. */
static void write_format(const tn_type *type, char format[FORMAT_CAPACITY])
{
    char letter = number_letter(type);
    format[0] = letter;
    format[1] = '\0';
    if (type->kind == TN_DATETIME && (letter = unit_letter(type->name)) != '\0')
        snprintf(format, FORMAT_CAPACITY, "ts%c:", letter);
    else if (type->kind == TN_TIMEDELTA && (letter = unit_letter(type->name)) != '\0')
        snprintf(format, FORMAT_CAPACITY, "tD%c", letter);
    else if ((type->kind == TN_BYTES || type->kind == TN_VOID) && type->itemsize > 0 && type->itemsize <= INT32_MAX)
        snprintf(format, FORMAT_CAPACITY, "w:%td", type->itemsize);
}

static tn_status check_type(const tn_type *type, tn_error *err)
{
    char text[160], format[FORMAT_CAPACITY];
    write_format(type, format);
    if (type->kind == TN_BOOL)
        return tn_fail(err, TN_UNSUPPORTED, "Arrow keeps eight bools in a byte, and these have one each; %s it",
                       tnpy_speakers(type));
    if (format[0] == '\0')
        return tn_fail(err, TN_UNSUPPORTED, "Arrow has no type for %s; %s one",
                       tn_type_describe(type, text, sizeof text), tnpy_speakers(type));
    if (!tnpy_is_native(type))
        return tn_fail(err, TN_UNSUPPORTED, "Arrow knows the machine's byte order only, and this is %s; %s the other",
                       tn_type_describe(type, text, sizeof text), tnpy_speakers(type));
    return TN_OK;
}

static tn_status check_layout(const tn_span *span, tn_error *err)
{
    if (span->suboffsets != NULL)
        return tn_fail(err, TN_UNSUPPORTED,
                       "Arrow cannot say that memory is indirect; the buffer protocol can, and copy() makes it direct");
    if (span->ndim == 0)
        return tn_fail(err, TN_UNSUPPORTED, "Arrow has no arrays without dimensions; %s them, and reshape(1) makes one",
                       tnpy_speakers(span->type));
    if (!tnpy_is_contiguous(span, TN_ORDER_C))
        return tn_fail(err, TN_UNSUPPORTED,
                       "Arrow has no strides, and this memory is not C-contiguous; %s them, and copy() closes the gaps",
                       tnpy_speakers(span->type));
    if (!tn_is_aligned(span->data, span->ndim, span->shape, span->strides, span->type->alignment))
        return tn_fail(err, TN_UNSUPPORTED,
                       "Arrow's values are aligned, and these are not to the %u bytes of C; %s a word for that, and copy() "
                       "aligns them",
                       (unsigned)span->type->alignment, tnpy_speakers(span->type));
    for (int i = 1; i < span->ndim; i++)
        if (span->shape[i] > INT32_MAX)
            return tn_fail(err, TN_UNSUPPORTED,
                           "Arrow's lists of a fixed size have at most %d values, and shape[%d] is %td; %s longer ones",
                           INT32_MAX, i, span->shape[i], tnpy_speakers(span->type));
    return TN_OK;
}

/* What NumPy marks as no time, Arrow says in a bitmap, and would take for a time. */
static tn_status check_times(const tn_span *span, tn_error *err)
{
    if (span->type->kind != TN_DATETIME && span->type->kind != TN_TIMEDELTA)
        return TN_OK;
    const int64_t *values = span->data;
    ptrdiff_t count = tn_span_size(span);
    for (ptrdiff_t i = 0; i < count; i++)
        if (values[i] == INT64_MIN)
            return tn_fail(err, TN_UNSUPPORTED,
                           "element %td is NaT, which Arrow says in a bitmap of nulls, where the memory has none; %s it", i,
                           tnpy_speakers(span->type));
    return TN_OK;
}

/* --- schemas ------------------------------------------------------------------------------------------------------ */

static void release_schema(tnpy_arrow_schema *self)
{
    schema_node *node = self->context;
    if (node->child.release != NULL)
        node->child.release(&node->child);
    PyMem_RawFree(node);
    self->release = NULL;
}

static tn_status write_schema(const tn_span *span, int axis, tnpy_arrow_schema *out, tn_error *err)
{
    schema_node *node = PyMem_RawCalloc(1, sizeof *node);
    if (node == NULL)
        return tn_fail(err, TN_NO_MEMORY, "out of memory");
    /* There are no nulls, but a type without them is another type to Arrow, and no one else's. */
    *out = (tnpy_arrow_schema){.format = node->format, .name = axis == 0 ? "" : "item", .flags = TNPY_ARROW_NULLABLE,
                               .release = release_schema, .context = node};
    if (axis == span->ndim - 1) {
        write_format(span->type, node->format);
        return TN_OK;
    }
    snprintf(node->format, FORMAT_CAPACITY, "+w:%td", span->shape[axis + 1]);
    node->children[0] = &node->child;
    out->nchildren = 1;
    out->children = node->children;
    tn_status status = write_schema(span, axis + 1, &node->child, err);
    if (status != TN_OK)
        release_schema(out);
    return status;
}

/* --- arrays ------------------------------------------------------------------------------------------------------- */

static void settle(tnpy_debt *debt, int alive)
{
    number_node *node = (number_node *)debt;
    if (alive) {
        tnpy_span_let_go(node->span);
        Py_DECREF(node->span);
    }
    PyMem_RawFree(node);
}

static void release_numbers(tnpy_arrow_array *self)
{
    number_node *node = self->context;
    self->release = NULL;
    tnpy_pay(&node->debt);
}

static tn_status write_numbers(PyObject *obj, const tn_span *span, int64_t length, tnpy_arrow_array *out, tn_error *err)
{
    number_node *node = PyMem_RawCalloc(1, sizeof *node);
    if (node == NULL)
        return tn_fail(err, TN_NO_MEMORY, "out of memory");
    tnpy_owe(((tnpy_span *)obj)->dtype->state, &node->debt, settle);
    tnpy_span_hold(obj);
    node->span = Py_NewRef(obj);
    node->buffers[1] = span->data;
    *out = (tnpy_arrow_array){.length = length, .nbuffers = 2, .buffers = node->buffers, .release = release_numbers,
                              .context = node};
    return TN_OK;
}

static void release_lists(tnpy_arrow_array *self)
{
    list_node *node = self->context;
    if (node->child.release != NULL)
        node->child.release(&node->child);
    PyMem_RawFree(node);
    self->release = NULL;
}

static tn_status write_array(PyObject *obj, const tn_span *span, int axis, int64_t length, tnpy_arrow_array *out,
                             tn_error *err)
{
    if (axis == span->ndim - 1)
        return write_numbers(obj, span, length, out, err);
    list_node *node = PyMem_RawCalloc(1, sizeof *node);
    if (node == NULL)
        return tn_fail(err, TN_NO_MEMORY, "out of memory");
    node->children[0] = &node->child;
    *out = (tnpy_arrow_array){.length = length, .nbuffers = 1, .nchildren = 1, .buffers = node->buffers,
                              .children = node->children, .release = release_lists, .context = node};
    tn_status status = write_array(obj, span, axis + 1, length * span->shape[axis + 1], &node->child, err);
    if (status != TN_OK)
        release_lists(out);
    return status;
}

/* --- capsules ----------------------------------------------------------------------------------------------------- */

static void destroy_schema(PyObject *capsule)
{
    tnpy_arrow_schema *schema = PyCapsule_GetPointer(capsule, TNPY_ARROW_SCHEMA);
    if (schema->release != NULL)
        schema->release(schema);
    PyMem_RawFree(schema);
}

static void destroy_array(PyObject *capsule)
{
    tnpy_arrow_array *array = PyCapsule_GetPointer(capsule, TNPY_ARROW_ARRAY);
    if (array->release != NULL)
        array->release(array);
    PyMem_RawFree(array);
}

/* A capsule of `size` zeros, for a structure that is not released yet. */
static void *new_capsule(size_t size, const char *name, void (*destroy)(PyObject *), PyObject **capsule)
{
    void *structure = PyMem_RawCalloc(1, size);
    if (structure == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    *capsule = PyCapsule_New(structure, name, destroy);
    if (*capsule != NULL)
        return structure;
    PyMem_RawFree(structure);
    return NULL;
}

static PyObject *finish(PyObject *capsule, tn_status status, const tn_error *reason, const char *what)
{
    tn_error err;
    if (status == TN_OK)
        return capsule;
    Py_DECREF(capsule);
    tn_fail(&err, status, "Span.%s(): %s", what, reason->message);
    return tnpy_raise(&err);
}

static PyObject *schema_capsule(const tn_span *span, const char *what)
{
    PyObject *capsule;
    tn_error reason;
    tnpy_arrow_schema *schema = new_capsule(sizeof *schema, TNPY_ARROW_SCHEMA, destroy_schema, &capsule);
    return schema == NULL ? NULL : finish(capsule, write_schema(span, 0, schema, &reason), &reason, what);
}

static PyObject *array_capsule(PyObject *self, const tn_span *span, const char *what)
{
    PyObject *capsule;
    tn_error reason;
    tnpy_arrow_array *array = new_capsule(sizeof *array, TNPY_ARROW_ARRAY, destroy_array, &capsule);
    if (array == NULL)
        return NULL;
    return finish(capsule, write_array(self, span, 0, span->shape[0], array, &reason), &reason, what);
}

/* What is shown, where Arrow can say it; -1 with an exception where it can't. */
static int open(PyObject *self, const char *what, tn_span *span, tn_layout *layout)
{
    const tn_span *shown = tnpy_span_get(self);
    if (shown == NULL)
        return -1;
    tn_error reason, err;
    tn_status status = tnpy_unfold(shown, span, layout, &reason);
    if (status == TN_OK)
        status = check_type(span->type, &reason);
    if (status == TN_OK)
        status = check_layout(span, &reason);
    if (status == TN_OK)
        status = check_times(span, &reason);
    if (status == TN_OK)
        return 0;
    tn_fail(&err, status, "Span.%s(): %s", what, reason.message);
    tnpy_raise(&err);
    return -1;
}

/* --- the room ----------------------------------------------------------------------------------------------------- */

static PyObject *arrow_schema(PyObject *self, PyObject *unused)
{
    (void)unused;
    const char *what = "__arrow_c_schema__";
    tn_span span;
    tn_layout layout;
    return open(self, what, &span, &layout) < 0 ? NULL : schema_capsule(&span, what);
}

static PyObject *arrow_array(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"requested_schema", NULL};
    const char *what = "__arrow_c_array__";
    PyObject *requested = Py_None;
    tn_span span;
    tn_layout layout;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O:__arrow_c_array__", names, &requested) ||
        open(self, what, &span, &layout) < 0)
        return NULL;
    PyObject *schema = schema_capsule(&span, what);
    PyObject *array = schema == NULL ? NULL : array_capsule(self, &span, what);
    PyObject *pair = array == NULL ? NULL : PyTuple_Pack(2, schema, array);
    Py_XDECREF(schema);
    Py_XDECREF(array);
    return pair;
}

static PyMethodDef methods[] = {
    {"__arrow_c_schema__", arrow_schema, METH_NOARGS,
     "__arrow_c_schema__($self, /)\n--\n\n"
     "The element type and the axes behind the first, as Arrow's schema in a capsule."},
    {"__arrow_c_array__", (PyCFunction)(void (*)(void))arrow_array, METH_VARARGS | METH_KEYWORDS,
     "__arrow_c_array__($self, /, requested_schema=None)\n--\n\n"
     "The memory as an Arrow array, in two capsules; the axes behind the first are lists of a fixed size.\n\n"
     "It is never converted to another schema. BufferError where Arrow has no word for what the Span is."},
    {NULL, NULL, 0, NULL},
};

const tnpy_span_room tnpy_span_columns = {.methods = methods};
