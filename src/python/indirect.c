/* SPDX-License-Identifier: BSD-3-Clause */
#include "indirect.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <structmember.h>

#include "error.h"
#include "memory.h"
#include "object.h"
#include "slot.h"
#include "span_type.h"
#include "tenon/copy.h"

/* --- Exporter ----------------------------------------------------------------------------------------------------- */

/* A base for Python classes, which can't export buffers by themselves before 3.12. Its buffers are those of a Span, but
 * keep the object, which counts them; while there are any, what it shows cannot be changed. Whatever reads or changes
 * both does so in a critical section, which is what the GIL is otherwise. */
typedef struct exporter {
    PyObject_HEAD
    PyObject *span;      /* a tenon.Span; NULL until something is shown */
    Py_ssize_t exports;
} exporter;

static int export(exporter *self, Py_buffer *view, int flags)
{
    if (self->span == NULL) {
        PyErr_Format(PyExc_BufferError, "%.100s shows no memory", Py_TYPE(self)->tp_name);
        return -1;
    }
    if (PyObject_GetBuffer(self->span, view, flags) < 0)
        return -1;
    Py_SETREF(view->obj, Py_NewRef((PyObject *)self)); /* the Span stays held until release_buffer */
    self->exports++;
    return 0;
}

static int get_buffer(PyObject *obj, Py_buffer *view, int flags)
{
    int status;
    view->obj = NULL;
    Py_BEGIN_CRITICAL_SECTION(obj);
    status = export((exporter *)obj, view, flags);
    Py_END_CRITICAL_SECTION();
    return status;
}

static void release_buffer(PyObject *obj, Py_buffer *view)
{
    (void)view;
    exporter *self = (exporter *)obj;
    Py_BEGIN_CRITICAL_SECTION(obj);
    self->exports--;
    tnpy_span_let_go(self->span);
    Py_END_CRITICAL_SECTION();
}

/* 0, or -1 with an exception. */
static int exchange(exporter *self, PyObject *span)
{
    if (self->exports > 0) {
        PyErr_Format(PyExc_BufferError, "buffer is locked: %zd view%s of it %s alive", self->exports,
                     self->exports == 1 ? "" : "s", self->exports == 1 ? "is" : "are");
        return -1;
    }
    Py_XSETREF(self->span, Py_NewRef(span));
    return 0;
}

static PyObject *show(PyObject *obj, PyTypeObject *type, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    int status;
    tnpy_state *state = PyType_GetModuleState(type);
    if (nargs != 1 || kwnames != NULL || !tnpy_span_check(state, args[0])) {
        PyErr_SetString(PyExc_TypeError, "_show() takes one Span");
        return NULL;
    }
    Py_BEGIN_CRITICAL_SECTION(obj);
    status = exchange((exporter *)obj, args[0]);
    Py_END_CRITICAL_SECTION();
    if (status < 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *get_span(PyObject *obj, void *closure)
{
    (void)closure;
    PyObject *span;
    Py_BEGIN_CRITICAL_SECTION(obj);
    span = ((exporter *)obj)->span;
    span = Py_NewRef(span != NULL ? span : Py_None);
    Py_END_CRITICAL_SECTION();
    return span;
}

static int traverse(PyObject *obj, visitproc visit, void *arg)
{
    Py_VISIT(((exporter *)obj)->span);
    Py_VISIT(Py_TYPE(obj));
    return 0;
}

/* A buffer that is still out needs the Span; whoever has it breaks the cycle. */
static int clear(PyObject *obj)
{
    exporter *self = (exporter *)obj;
    if (self->exports == 0)
        Py_CLEAR(self->span);
    return 0;
}

static void dealloc(PyObject *obj)
{
    PyTypeObject *type = Py_TYPE(obj);
    PyObject_GC_UnTrack(obj);
    Py_CLEAR(((exporter *)obj)->span);
    type->tp_free(obj);
    Py_DECREF(type);
}

static PyMethodDef methods[] = {
    {"_show", (PyCFunction)(void (*)(void))show, METH_METHOD | METH_FASTCALL | METH_KEYWORDS,
     "From now on, show this Span; BufferError while a view of the present one is alive."},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef members[] = {
    {"_views", T_PYSSIZET, offsetof(exporter, exports), READONLY, "how many of its buffers are alive"},
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef attributes[] = {
    {"_span", get_span, NULL, "the Span it shows, or None", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, "An object that shows a Span as its buffer."},
    {Py_tp_new, TNPY_SLOT(PyType_GenericNew)},
    {Py_tp_dealloc, TNPY_SLOT(dealloc)},
    {Py_tp_traverse, TNPY_SLOT(traverse)},
    {Py_tp_clear, TNPY_SLOT(clear)},
    {Py_bf_getbuffer, TNPY_SLOT(get_buffer)},
    {Py_bf_releasebuffer, TNPY_SLOT(release_buffer)},
    {Py_tp_methods, methods},
    {Py_tp_members, members},
    {Py_tp_getset, attributes},
    {0, NULL},
};

static PyType_Spec spec = {
    .name = "tenon._core.Exporter",
    .basicsize = sizeof(exporter),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};

PyTypeObject *tnpy_exporter_make_type(PyObject *core)
{
    return (PyTypeObject *)PyType_FromModuleAndSpec(core, &spec, NULL);
}

/* --- the steps that need C ---------------------------------------------------------------------------------------- */

static PyObject *format_dtype(PyObject *core, PyObject *arg)
{
    tn_error err;
    tn_type *type = NULL;
    const char *format = PyUnicode_AsUTF8(arg);
    if (format == NULL)
        return NULL;
    tn_status status = tn_type_from_format(format, -1, &type, &err);
    if (status == TN_OK && type->itemsize == 0)
        status = tn_fail(&err, TN_BAD_FORMAT, "the format '%.80s' has no bytes", format);
    if (status == TN_OK && tnpy_holds_objects(type))
        status = tn_fail(&err, TN_BAD_FORMAT, "elements that are Python objects are not shown");
    if (status == TN_OK)
        return (PyObject *)tnpy_dtype_spelled(tnpy_state_of(core), format, type, type);
    tn_type_free(type);
    return tnpy_raise(&err);
}

/* Rows of `row_bytes` bytes through the table at `address`, which consumers read also where rows are empty: none
 * NULL. */
static tn_status check_table(const char *address, Py_ssize_t rows, Py_ssize_t row_bytes, tn_error *err)
{
    if (rows > 0 && address == NULL)
        return tn_fail(err, TN_UNSUPPORTED, "the pointer is NULL");
    for (Py_ssize_t r = 0; r < rows && row_bytes > 0; r++) {
        const char *row;
        memcpy(&row, address + r * (Py_ssize_t)sizeof row, sizeof row);
        if (row == NULL)
            return tn_fail(err, TN_UNSUPPORTED, "row %zd is a NULL pointer", r);
    }
    return TN_OK;
}

static PyObject *table_at(PyObject *core, PyObject *args)
{
    static char nowhere[1];
    PyObject *address, *keeper;
    Py_ssize_t rows, columns;
    tnpy_dtype *dtype;
    int readonly;
    tnpy_state *state = tnpy_state_of(core);
    if (!PyArg_ParseTuple(args, "OnnO!pO:_table_at", &address, &rows, &columns, state->dtype_type, &dtype, &readonly,
                          &keeper))
        return NULL;
    char *table = PyLong_AsVoidPtr(address);
    if (table == NULL && PyErr_Occurred())
        return NULL;
    ptrdiff_t shape[] = {rows, columns}, strides[] = {sizeof(void *), dtype->type->itemsize}, suboffsets[] = {0, -1};
    tn_span span = {.data = table != NULL ? table : nowhere, .type = dtype->type, .ndim = 2, .shape = shape,
                    .strides = strides, .suboffsets = suboffsets, .flags = readonly ? TN_READONLY : 0};
    tn_error err;
    if (tn_span_check(&span, &err) != TN_OK || check_table(table, rows, tn_span_nbytes(&span), &err) != TN_OK)
        return tnpy_raise(&err);
    tn_array array = {.span = {.data = span.data, .type = &tn_type_uint8}};
    tnpy_memory *memory = tnpy_memory_lend(state, &array, keeper, 0);
    PyObject *made = memory == NULL ? NULL : tnpy_span_new(state, memory, dtype, &span);
    Py_XDECREF((PyObject *)memory);
    return made;
}

/* The same memory as elements of another type, as many as its contiguous last axis holds. */
static PyObject *reinterpreted(PyObject *core, PyObject *args)
{
    PyObject *obj;
    tnpy_dtype *dtype;
    tnpy_state *state = tnpy_state_of(core);
    if (!PyArg_ParseTuple(args, "O!O!:_reinterpreted", state->span_type, &obj, state->dtype_type, &dtype))
        return NULL;
    const tn_span *shown = tnpy_span_get(obj);
    if (shown == NULL)
        return NULL;
    ptrdiff_t shape[TN_MAX_NDIM], strides[TN_MAX_NDIM], itemsize = dtype->type->itemsize;
    int last = shown->ndim - 1;
    ptrdiff_t bytes = last < 0 ? -1 : shown->shape[last] * shown->type->itemsize;
    if (tnpy_holds_objects(dtype->type) || itemsize == 0 ||
        (last >= 0 && shown->shape[last] > 1 && shown->strides[last] != shown->type->itemsize)) {
        PyErr_SetString(PyExc_BufferError, "only contiguous rows of bytes become other elements");
        return NULL;
    }
    if (bytes < 0 || bytes % itemsize != 0) {
        PyErr_Format(PyExc_BufferError, "a row of %zd bytes is not made of elements of %zd bytes", bytes, itemsize);
        return NULL;
    }
    memcpy(shape, shown->shape, (size_t)shown->ndim * sizeof *shape);
    memcpy(strides, shown->strides, (size_t)shown->ndim * sizeof *strides);
    shape[last] = bytes / itemsize;
    strides[last] = itemsize;
    tn_span span = *shown;
    span.shape = shape;
    span.strides = strides;
    return tnpy_span_new(state, ((tnpy_span *)obj)->memory, dtype, &span);
}

/* Element for element, whatever they mean: the types need the same size only. */
static PyObject *copy_bytes(PyObject *core, PyObject *args)
{
    PyObject *to, *from;
    tnpy_state *state = tnpy_state_of(core);
    if (!PyArg_ParseTuple(args, "O!O!:_copy_bytes", state->span_type, &to, state->span_type, &from))
        return NULL;
    const tn_span *target = tnpy_span_get(to), *source = target == NULL ? NULL : tnpy_span_get(from);
    if (source == NULL)
        return NULL;
    tn_error err;
    tn_span punned = *source;
    if (source->type->itemsize != target->type->itemsize) {
        tn_fail(&err, TN_UNSUPPORTED, "different itemsizes");
        return tnpy_raise(&err);
    }
    punned.type = target->type;
    if (tn_copy(target, &punned, TN_CAST_NO, &err) != TN_OK)
        return tnpy_raise(&err);
    Py_RETURN_NONE;
}

PyMethodDef tnpy_indirect_methods[] = {
    {"_format_dtype", format_dtype, METH_O, "The DType of a format of the struct module, or of PEP 3118."},
    {"_table_at", table_at, METH_VARARGS, "(address, rows, columns, dtype, readonly, keeper): memory that C made."},
    {"_reinterpreted", reinterpreted, METH_VARARGS, "(span, dtype): its rows as elements of another type."},
    {"_copy_bytes", copy_bytes, METH_VARARGS, "(to, source): two Spans of one shape, and of elements of one size."},
    {NULL, NULL, 0, NULL},
};
