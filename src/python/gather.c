/* SPDX-License-Identifier: BSD-3-Clause */
/* tenon.rows(), in two steps, so that what is read last is still true when it is used:
 *
 *   1. everything that can run Python code: the sequence is read, foreign exporters are asked, the dtype is made;
 *   2. the fields of all ndarrays are read, everything is compared with the first row, and the table is filled.
 *
 * A list of plain ndarrays that are alike, as most are, needs nothing of the first step but its dtype, and is gone
 * through only once: its rows are held and compared in one go, since each look at one of them is a wait for memory.
 *
 * The Span's Memory then owns the table, and keeps a tuple: an ndarray itself, and of every other row the Memory that
 * holds what its exporter lent.
 */
#include "gather.h"

#include <stdarg.h>
#include <string.h>

#include "../core/say.h"
#include "alike.h"
#include "dtype.h"
#include "error.h"
#include "memory.h"
#include "object.h"
#include "protocol/numpy.h"
#include "release.h"
#include "span_type.h"
#include "words.h"

typedef struct gathering {
    tnpy_state *state;
    PyObject *items;     /* tuple: what keeps each row */
    tn_span *lent;       /* of each row, where an exporter lent it; data NULL: an ndarray. NULL: all are ndarrays */
    Py_ssize_t count;
    tnpy_dtype *dtype;   /* of all rows */
    bool dtype_given;
    int readonly;        /* 1 or 0: what is asked for; -1: whatever the rows are */
    bool any_readonly;
    char **table;
    Py_ssize_t alike;    /* so many rows are in the table already */
    int ndim;            /* of one row */
    tn_layout layout;    /* of the whole: axis k of a row is axis k + 1; suboffsets[0] is that of the table */
    bool indirect;       /* the rows are indirect themselves */
    bool contiguous;     /* the first row is C-contiguous, or has no elements */
} gathering;

/* --- words -------------------------------------------------------------------------------------------------------- */

/* "float32[4]"; "float32" of one element. */
static void describe(const tn_type *type, const tn_span *row, char *text, size_t capacity)
{
    text[0] = '\0';
    tnpy_append_type(text, capacity, type);
    if (row->ndim > 0)
        tnpy_append_shape(text, capacity, row);
}

static int refuse(tn_status status, const char *format, ...)
{
    char message[TN_ERROR_CAPACITY];
    tn_error err;
    va_list args;
    va_start(args, format);
    tni_say_list(message, sizeof message, format, args);
    va_end(args);
    tn_fail(&err, status, "rows(): %s", message);
    tnpy_raise(&err);
    return -1;
}

static int no_memory(void)
{
    PyErr_NoMemory();
    return -1;
}

/* --- step 1: asking ----------------------------------------------------------------------------------------------- */

/* What was read of the rows may no longer hold. */
static void forget_rows(gathering *g)
{
    g->alike = 0;
    g->any_readonly = false;
    if (!g->dtype_given)
        Py_CLEAR(g->dtype);
}

/* Row r from a foreign exporter: what keeps it takes its place in `holders`. */
static int borrow_row(gathering *g, PyObject *holders, Py_ssize_t r)
{
    char what[48];
    tni_say(what, sizeof what, "rows(): row %zd", r);
    PyObject *item = PyTuple_GET_ITEM(g->items, r);
    tnpy_memory *memory = tnpy_memory_borrow(g->state, item, g->readonly == 0, what, &g->lent[r]);
    if (memory == NULL)
        return -1;
    PyTuple_SET_ITEM(holders, r, (PyObject *)memory);
    return 0;
}

/* Some rows are no plain ndarrays: a tuple of what keeps each. The collector, and so any Python code, sees it only when
 * it is complete. */
static int borrow_rows(gathering *g)
{
    PyObject *holders = PyTuple_New(g->count);
    g->lent = PyMem_Calloc((size_t)g->count, sizeof *g->lent);
    if (holders == NULL || g->lent == NULL) {
        Py_XDECREF(holders);
        return no_memory();
    }
    PyObject_GC_UnTrack(holders);
    forget_rows(g); /* exporters run any Python code */
    for (Py_ssize_t r = 0; r < g->count; r++) {
        PyObject *item = PyTuple_GET_ITEM(g->items, r);
        if (Py_TYPE(item) == g->state->ndarray) {
            PyTuple_SET_ITEM(holders, r, Py_NewRef(item));
        } else if (borrow_row(g, holders, r) < 0) {
            Py_DECREF(holders);
            return -1;
        }
    }
    PyObject_GC_Track(holders);
    Py_SETREF(g->items, holders);
    return 0;
}

static int take_items(gathering *g, PyObject *sequence)
{
    g->items = tnpy_items_of(sequence);
    if (g->items == NULL)
        return -1;
    g->count = PyTuple_GET_SIZE(g->items);
    if (g->count > 0 && g->state->ndarray == NULL)
        tnpy_numpy_notice(g->state, PyTuple_GET_ITEM(g->items, 0));
    return 0;
}

static bool are_plain_arrays(const gathering *g)
{
    for (Py_ssize_t r = g->alike; r < g->count; r++)
        if (Py_TYPE(PyTuple_GET_ITEM(g->items, r)) != g->state->ndarray)
            return false;
    return true;
}

/* The element type, where none was given: that of the first row, an ndarray. */
static int take_dtype_of(gathering *g, PyObject *first)
{
    const tn_type *type;
    tn_type *owned = NULL;
    tn_error err;
    if (g->dtype != NULL)
        return 0;
    if (tnpy_numpy_type(first, &type, &owned, &err) != TN_OK)
        return refuse(err.status, "row 0 %s", err.message);
    g->dtype = owned != NULL ? tnpy_dtype_take(g->state, owned) : tnpy_dtype_for(g->state, type);
    return g->dtype == NULL ? -1 : 0;
}

/* The same of any first row. */
static int take_dtype(gathering *g)
{
    if (g->dtype != NULL)
        return 0;
    if (g->count == 0)
        return refuse(TN_WRONG_VALUE, "there are no rows that could say what their elements are; say it with dtype=…");
    if (g->lent == NULL || g->lent[0].data == NULL)
        return take_dtype_of(g, PyTuple_GET_ITEM(g->items, 0));
    g->dtype = tnpy_dtype_for(g->state, g->lent[0].type);
    return g->dtype == NULL ? -1 : 0;
}

static int refuse_objects(const gathering *g)
{
    if (!tnpy_holds_objects(g->dtype->type))
        return 0;
    return refuse(TN_WRONG_TYPE, "elements that are Python objects are not shown: their references are counted");
}

/* --- step 2: comparing -------------------------------------------------------------------------------------------- */

/* Fills in all but the type of an ndarray. */
static tn_span span_of(const gathering *g, Py_ssize_t r)
{
    if (g->lent != NULL && g->lent[r].data != NULL)
        return g->lent[r];
    tn_span span = {.type = NULL};
    tnpy_numpy_fields(PyTuple_GET_ITEM(g->items, r), &span);
    return span;
}

static bool has_type(const gathering *g, Py_ssize_t r, const tn_span *span)
{
    if (span->type != NULL)
        return tn_type_equal(g->dtype->type, span->type);
    return tnpy_numpy_has_type(PyTuple_GET_ITEM(g->items, r), &g->dtype->key);
}

static int refuse_row(const gathering *g, tn_status status, Py_ssize_t r, const tn_span *span)
{
    char got[256], wanted[256];
    const tn_type *type = span->type;
    tn_type *owned = NULL;
    if (type == NULL && tnpy_numpy_type(PyTuple_GET_ITEM(g->items, r), &type, &owned, NULL) != TN_OK)
        type = &tn_type_uint8;
    describe(type, span, got, sizeof got);
    tn_type_free(owned);
    if (g->dtype_given && !has_type(g, r, span))
        return refuse(status, "row %zd is %s, but dtype is %s", r, got,
                      tn_type_describe(g->dtype->type, wanted, sizeof wanted));
    tn_span first = {.ndim = g->ndim, .shape = g->layout.shape + 1};
    describe(g->dtype->type, &first, wanted, sizeof wanted);
    return refuse(status, "row %zd is %s, but row 0 is %s", r, got, wanted);
}

static int refuse_layout(const gathering *g, Py_ssize_t r, const tn_span *span, const char *what, const ptrdiff_t *got,
                         const ptrdiff_t *wanted)
{
    char text[2][192] = {"", ""};
    tnpy_append_numbers(text[0], sizeof text[0], got, span->ndim);
    tnpy_append_numbers(text[1], sizeof text[1], wanted, g->ndim);
    return refuse(TN_WRONG_VALUE, "row %zd has %s %s, but row 0 has %s; C-contiguous copies of both are laid out alike",
                  r, what, text[0], text[1]);
}

static bool is_same(int ndim, const ptrdiff_t *a, const ptrdiff_t *b)
{
    for (int k = 0; k < ndim; k++)
        if (a[k] != b[k])
            return false;
    return true;
}

static bool has_suboffsets(const gathering *g, const tn_span *span)
{
    const ptrdiff_t *wanted = g->layout.suboffsets + 1, *got = span->suboffsets;
    for (int k = 0; k < g->ndim && g->indirect; k++)
        if (got[k] != wanted[k] && (got[k] >= 0 || wanted[k] >= 0)) /* all that are negative mean the same */
            return false;
    return true;
}

/* Strides of extents 0 and 1 lead nowhere, and none do where there are no elements. */
static bool has_strides(const gathering *g, const tn_span *span)
{
    for (int k = 0; k < g->ndim; k++)
        if (span->shape[k] == 0)
            return true;
    for (int k = 0; k < g->ndim; k++)
        if (span->shape[k] > 1 && span->strides[k] != g->layout.strides[1 + k])
            return false;
    return true;
}

/* The layout of the whole, from its first row. */
static int take_layout(gathering *g, const tn_span *first)
{
    if (first->ndim >= TN_MAX_NDIM)
        return refuse(TN_WRONG_TYPE, "row 0 has %d dimensions, and no array has more than %d", first->ndim,
                      TN_MAX_NDIM);
    g->ndim = first->ndim;
    g->indirect = first->suboffsets != NULL;
    g->contiguous = tn_is_contiguous(first->ndim, first->shape, first->strides, g->dtype->type->itemsize, TN_ORDER_C);
    for (int k = 0; k < first->ndim; k++) {
        g->layout.shape[1 + k] = first->shape[k];
        g->layout.strides[1 + k] = first->strides[k];
        g->layout.suboffsets[1 + k] = g->indirect ? first->suboffsets[k] : -1;
    }
    if (!g->contiguous || g->indirect || g->ndim == 0)
        return 0;
    tn_error err;
    tn_status status = tn_contiguous_strides(g->ndim, first->shape, g->dtype->type->itemsize, TN_ORDER_C,
                                             g->layout.strides + 1, &err);
    return status == TN_OK ? 0 : refuse(status, "row 0: %s", err.message);
}

static int check_row(gathering *g, Py_ssize_t r)
{
    tn_span span = span_of(g, r);
    if (r == 0 && has_type(g, r, &span) && take_layout(g, &span) < 0)
        return -1;
    if (!has_type(g, r, &span) || span.ndim != g->ndim)
        return refuse_row(g, TN_WRONG_TYPE, r, &span);
    if (!is_same(g->ndim, span.shape, g->layout.shape + 1))
        return refuse_row(g, TN_WRONG_VALUE, r, &span);
    if ((span.suboffsets != NULL) != g->indirect)
        return refuse(TN_WRONG_VALUE, "row %zd is %s, but row 0 is %s", r, g->indirect ? "one block" : "indirect",
                      g->indirect ? "indirect" : "one block");
    if (!has_suboffsets(g, &span))
        return refuse_layout(g, r, &span, "suboffsets", span.suboffsets, g->layout.suboffsets + 1);
    if (!has_strides(g, &span))
        return refuse_layout(g, r, &span, "strides", span.strides, g->layout.strides + 1);
    if (span.flags & TN_READONLY && g->readonly == 0)
        return refuse(TN_WRONG_VALUE, "row %zd is read-only, and readonly=False was asked for", r);
    g->any_readonly |= (span.flags & TN_READONLY) != 0;
    g->table[r] = span.data;
    return 0;
}

/* The first row is in the table. */
static tnpy_likeness likeness_of_first(const gathering *g)
{
    const PyObject *first = PyTuple_GET_ITEM(g->items, 0);
    if (!g->contiguous || g->indirect || Py_TYPE(first) != g->state->ndarray)
        return (tnpy_likeness){.ndarray = NULL};
    return (tnpy_likeness){
        .ndarray = g->state->ndarray,
        .descr = ((const PyArrayObject_fields *)first)->descr,
        .shape = g->layout.shape + 1,
        .ndim = g->ndim,
        .flags = NPY_ARRAY_C_CONTIGUOUS | (g->any_readonly ? 0 : NPY_ARRAY_WRITEABLE),
    };
}

static int check_others(gathering *g)
{
    PyObject *const *items = &PyTuple_GET_ITEM(g->items, 0);
    tnpy_likeness like = likeness_of_first(g);
    for (Py_ssize_t r = g->alike; r < g->count; r++) {
        tnpy_fetch_ahead(items, r, g->count, &like);
        if (tnpy_is_alike(items[r], &like))
            g->table[r] = ((const PyArrayObject_fields *)items[r])->data;
        else if (check_row(g, r) < 0)
            return -1;
    }
    return 0;
}

static int make_table(gathering *g)
{
    g->table = PyMem_RawMalloc((size_t)(g->count > 0 ? g->count : 1) * sizeof *g->table);
    return g->table == NULL ? no_memory() : 0;
}

/* The rows of a list without any: none of them has an element. */
static void take_nothing(gathering *g)
{
    g->ndim = 1;
    g->layout.shape[1] = 0;
    g->layout.strides[1] = g->dtype->type->itemsize;
    g->layout.suboffsets[1] = -1;
}

static int check_first(gathering *g)
{
    if (check_row(g, 0) < 0)
        return -1;
    g->alike = 1;
    return 0;
}

static int fill_table(gathering *g)
{
    if (g->table == NULL && make_table(g) < 0)
        return -1;
    if (g->count == 0) {
        take_nothing(g);
        return 0;
    }
    return g->alike == 0 && check_first(g) < 0 ? -1 : check_others(g);
}

/* --- both at once: a list ----------------------------------------------------------------------------------------- */

/* Holds all rows of `list`, and compares them with the first, which is held and checked, up to one that is not alike.
 * Runs no Python code. */
static void hold_rows(gathering *g, PyObject *list)
{
    PyObject *const *rows = &PyList_GET_ITEM(list, 0);
    PyObject **items = &PyTuple_GET_ITEM(g->items, 0);
    char **table = g->table;
    Py_ssize_t r = 1, count = g->count;
    tnpy_likeness like = likeness_of_first(g);
    for (; r < count && tnpy_is_alike(rows[r], &like); r++) {
        tnpy_fetch_ahead(rows, r, count, &like);
        items[r] = Py_NewRef(rows[r]);
        table[r] = ((const PyArrayObject_fields *)rows[r])->data;
    }
    g->alike = r;
    for (; r < count; r++)
        items[r] = Py_NewRef(rows[r]);
}

/* What can run Python code, if only in the collector. */
static int prepare_list(gathering *g, PyObject *list, PyObject *first)
{
    g->count = PyList_GET_SIZE(list);
    if (take_dtype_of(g, first) < 0 || refuse_objects(g) < 0 || make_table(g) < 0)
        return -1;
    g->items = PyTuple_New(g->count);
    if (g->items == NULL)
        return -1;
    PyObject_GC_UnTrack(g->items); /* the collector, and so any Python code, sees it only when it is complete */
    return 0;
}

/* 0: the list is no longer what it was, and nothing has been taken from it. */
static int take_list_from(gathering *g, PyObject *list, PyObject *first)
{
    if (prepare_list(g, list, first) < 0)
        return -1;
    if (PyList_GET_SIZE(list) != g->count || PyList_GET_ITEM(list, 0) != first) {
        forget_rows(g);
        Py_CLEAR(g->items);
        PyMem_RawFree(g->table);
        g->table = NULL;
        return 0;
    }
    PyTuple_SET_ITEM(g->items, 0, Py_NewRef(first));
    if (check_first(g) < 0)
        return -1;
    hold_rows(g, list);
    PyObject_GC_Track(g->items);
    return 1;
}

/* 1: its rows are held, and as many as are alike are in the table; 0: it is to be taken as any sequence is. */
static int take_list(gathering *g, PyObject *sequence)
{
#ifdef Py_GIL_DISABLED
    return 0; /* another thread may change it meanwhile */
#endif
    if (!PyList_Check(sequence) || PyList_GET_SIZE(sequence) == 0 || g->state->ndarray == NULL ||
        Py_TYPE(PyList_GET_ITEM(sequence, 0)) != g->state->ndarray)
        return 0;
    PyObject *first = Py_NewRef(PyList_GET_ITEM(sequence, 0));
    int taken = take_list_from(g, sequence, first);
    Py_DECREF(first);
    return taken;
}

/* --- one array ---------------------------------------------------------------------------------------------------- */

/* The dtype of a borrowed array, compared with the one that was asked for. */
static int take_array_dtype(gathering *g, tnpy_memory *memory, const tn_span *span)
{
    tn_type *owned = memory->loan.type;
    memory->loan.type = NULL; /* the dtype has it now */
    tnpy_dtype *dtype = owned != NULL ? tnpy_dtype_take(g->state, owned) : tnpy_dtype_for(g->state, span->type);
    if (dtype == NULL)
        return -1;
    tnpy_dtype *asked = g->dtype;
    g->dtype = dtype;
    char got[160], wanted[160];
    int status = 0;
    if (asked != NULL && !tn_type_equal(asked->type, dtype->type))
        status = refuse(TN_WRONG_TYPE, "the array is %s, but dtype is %s",
                        tn_type_describe(dtype->type, got, sizeof got),
                        tn_type_describe(asked->type, wanted, sizeof wanted));
    Py_XDECREF((PyObject *)asked);
    return status < 0 ? -1 : refuse_objects(g);
}

/* The addresses of its rows, whatever their stride; those that it finds through a table are looked up there. */
static int tabulate(gathering *g, const tn_span *span)
{
    if ((size_t)span->shape[0] < PTRDIFF_MAX / sizeof *g->table)
        g->table = PyMem_RawMalloc((size_t)(span->shape[0] + 1) * sizeof *g->table);
    if (g->table == NULL)
        return no_memory();
    bool indirect = span->suboffsets != NULL && span->suboffsets[0] >= 0;
    bool still = span->suboffsets == NULL && tn_span_size(span) == 0; /* strides then lead nowhere */
    g->count = span->shape[0];
    for (Py_ssize_t r = 0; r < g->count; r++) {
        char *address = (char *)span->data + (still ? 0 : r * span->strides[0]);
        g->table[r] = address;
        if (!indirect)
            continue;
        memcpy(&g->table[r], address, sizeof address);
        g->table[r] += span->suboffsets[0];
    }
    return 0;
}

/* The rows of one array: its first axis. */
static int split_array(gathering *g, PyObject *array)
{
    tn_span span;
    tnpy_memory *memory = tnpy_memory_borrow(g->state, array, g->readonly == 0, "rows()", &span);
    g->items = (PyObject *)memory;
    if (memory == NULL || take_array_dtype(g, memory, &span) < 0)
        return -1;
    if (span.ndim == 0)
        return refuse(TN_WRONG_TYPE, "an array with rows is required, got one of no dimensions");
    tn_span row = {.type = g->dtype->type, .ndim = span.ndim - 1, .shape = span.shape + 1, .strides = span.strides + 1};
    row.suboffsets = span.suboffsets == NULL ? NULL : span.suboffsets + 1;
    span.type = g->dtype->type;
    g->any_readonly = (span.flags & TN_READONLY) != 0;
    return take_layout(g, &row) < 0 ? -1 : tabulate(g, &span);
}

/* --- the Span ----------------------------------------------------------------------------------------------------- */

static void free_table(tn_array *self)
{
    PyMem_RawFree(self->owner);
}

/* Takes over the table. */
static PyObject *make_span(gathering *g)
{
    tn_span span = {
        .data = g->table,
        .type = g->dtype->type,
        .ndim = 1 + g->ndim,
        .flags = g->any_readonly || g->readonly == 1 ? TN_READONLY : 0,
        .shape = g->layout.shape,
        .strides = g->layout.strides,
        .suboffsets = g->layout.suboffsets,
    };
    g->layout.shape[0] = g->count;
    g->layout.strides[0] = sizeof *g->table;
    g->layout.suboffsets[0] = 0;
    tn_array table = {.span = {.data = g->table, .type = &tn_type_uint8}, .release = free_table, .owner = g->table};
    g->table = NULL;
    tn_error err;
    if (tn_span_check(&span, &err) != TN_OK) {
        tn_array_release(&table);
        refuse(err.status, "%s", err.message);
        return NULL;
    }
    tnpy_memory *memory = tnpy_memory_lend(g->state, &table, g->items, 0);
    PyObject *made = memory == NULL ? NULL : tnpy_span_new(g->state, memory, g->dtype, &span);
    Py_XDECREF((PyObject *)memory);
    return made;
}

/* What is neither an array nor a sequence is refused as an array. */
static bool is_one_array(PyObject *obj)
{
    if (PyList_Check(obj) || PyTuple_Check(obj))
        return false;
    bool iterable = Py_TYPE(obj)->tp_iter != NULL || PySequence_Check(obj);
    return PyObject_CheckBuffer(obj) || PyUnicode_Check(obj) || !iterable;
}

static int gather(gathering *g, PyObject *sequence)
{
    tnpy_settle(g->state);
    if (is_one_array(sequence))
        return split_array(g, sequence);
    int taken = take_list(g, sequence);
    if (taken < 0 || (taken == 0 && take_items(g, sequence) < 0))
        return -1;
    if (!are_plain_arrays(g) && borrow_rows(g) < 0)
        return -1;
    if (take_dtype(g) < 0 || refuse_objects(g) < 0)
        return -1;
    return fill_table(g);
}

static int read_options(gathering *g, PyObject *dtype, PyObject *readonly)
{
    g->readonly = readonly == Py_None ? -1 : PyObject_IsTrue(readonly);
    if (readonly != Py_None && g->readonly < 0)
        return -1;
    if (dtype == Py_None)
        return 0;
    g->dtype = tnpy_dtype_from_python(g->state, dtype);
    g->dtype_given = true;
    return g->dtype == NULL ? -1 : 0;
}

static PyObject *rows(PyObject *core, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"sequence", "dtype", "readonly", NULL};
    PyObject *sequence, *dtype = Py_None, *readonly = Py_None;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|$OO:rows", names, &sequence, &dtype, &readonly))
        return NULL;
    gathering g = {.state = tnpy_state_of(core)};
    bool done = read_options(&g, dtype, readonly) == 0 && gather(&g, sequence) == 0;
    PyObject *span = done ? make_span(&g) : NULL;
    PyMem_RawFree(g.table);
    PyMem_Free(g.lent);
    Py_XDECREF((PyObject *)g.dtype);
    Py_XDECREF(g.items);
    return span;
}

PyDoc_STRVAR(doc,
"rows($module, /, sequence, *, dtype=None, readonly=None)\n--\n\n"
"Buffers that lie anywhere as one Span, whose first axis leads through a table of pointers: C's `T **`.\n\n"
"`sequence` holds arrays of one element type, shape and layout, none of which is copied; of one array, the rows are\n"
"taken. All are held as long as the Span, or a view of it, lives. It is read-only if any row is; `readonly=True` makes it\n"
"so, and `readonly=False` refuses rows that are. An empty sequence needs `dtype`.");

PyMethodDef tnpy_gather_methods[] = {
    {"rows", (PyCFunction)(void (*)(void))rows, METH_VARARGS | METH_KEYWORDS, doc},
    {NULL, NULL, 0, NULL},
};
