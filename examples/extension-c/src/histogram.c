/* SPDX-License-Identifier: BSD-3-Clause */
/* A Python module in plain C, whose arrays are borrowed, kept and lent by Tenon.
 *
 *     mean(x)            borrows an array for a call
 *     edges(n, lo, hi)   makes one, and hands its memory over
 *     Histogram(edges)   keeps an array of its caller's, and lends its own memory for as long as anybody looks
 */
#include <tenon/python.h>
#include <tenon/tenon.h>

#define SLOT(function) ((void *)(uintptr_t)(function))

/* One dimension of doubles, any stride. */
static const tn_want vector = {&tn_type_float64, 1, 1, 0};

static double element(const tn_span *x, ptrdiff_t i)
{
    return *(const double *)((const char *)x->data + i * x->strides[0]);
}

/* --- borrow ------------------------------------------------------------------------------------------------------- */

static double mean_of(const tn_span *x)
{
    double total = 0;
    for (ptrdiff_t i = 0; i < x->shape[0]; i++)
        total += element(x, i);
    return total / (double)x->shape[0];
}

static PyObject *mean(PyObject *module, PyObject *arg)
{
    (void)module;
    tn_loan x;
    if (tn_borrow_argument(arg, &vector, &x, "mean", "x") < 0)
        return NULL;
    double result = mean_of(&x.span);
    tn_give_back(&x);
    return PyFloat_FromDouble(result);
}

/* --- lend a new array --------------------------------------------------------------------------------------------- */

static PyObject *edges(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    (void)module;
    if (nargs != 3)
        return PyErr_Format(PyExc_TypeError, "edges() takes n, lo and hi");
    ptrdiff_t n = PyNumber_AsSsize_t(args[0], PyExc_OverflowError);
    double lo = PyFloat_AsDouble(args[1]), hi = PyFloat_AsDouble(args[2]);
    if (PyErr_Occurred())
        return NULL;
    if (n < 2)
        return PyErr_Format(PyExc_ValueError, "edges(): n must be at least 2, got %zd", n);
    tn_array made;
    tn_error err;
    if (tn_array_new(&tn_type_float64, 1, &n, TN_ORDER_C, &made, &err) != TN_OK)
        return tn_raise(&err, "edges", NULL);
    double *values = made.span.data;
    for (ptrdiff_t i = 0; i < n; i++)
        values[i] = lo + (hi - lo) * (double)i / (double)(n - 1);
    return tn_lend(&made, NULL, TN_LEND_NDARRAY);
}

/* --- keep one array, lend another --------------------------------------------------------------------------------- */

typedef struct histogram {
    tn_lender lender;  /* counts the views of `counts` */
    tn_array edges;    /* the caller's array, kept: increasing */
    tn_array counts;   /* ours: one less */
} histogram;

static tn_status check_edges(const tn_span *x, tn_error *err)
{
    if (x->shape[0] < 2)
        return tn_fail(err, TN_WRONG_VALUE, "must have at least 2 elements, got %td", x->shape[0]);
    for (ptrdiff_t i = 1; i < x->shape[0]; i++)
        if (!(element(x, i - 1) < element(x, i)))
            return tn_fail(err, TN_WRONG_VALUE, "must increase, but element %td does not", i);
    return TN_OK;
}

static PyObject *histogram_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"edges", NULL};
    PyObject *given;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O:Histogram", names, &given))
        return NULL;
    histogram *self = (histogram *)type->tp_alloc(type, 0); /* all zero: two arrays that hold nothing */
    if (self == NULL)
        return NULL;
    tn_error err;
    tn_status status = tn_keep(given, &vector, &self->edges, &err);
    if (status == TN_OK)
        status = check_edges(&self->edges.span, &err);
    if (status == TN_OK) {
        ptrdiff_t bins = self->edges.span.shape[0] - 1;
        status = tn_array_zeros(&tn_type_int64, 1, &bins, TN_ORDER_C, &self->counts, &err);
    }
    if (status == TN_OK)
        return (PyObject *)self;
    Py_DECREF(self);
    return tn_raise(&err, "Histogram", "edges");
}

/* The edges may belong to another thread's array by now, or to nobody: releasing them needs nothing of Python. */
static void histogram_dealloc(PyObject *obj)
{
    histogram *self = (histogram *)obj;
    PyTypeObject *type = Py_TYPE(obj);
    tn_array_release(&self->edges);
    tn_array_release(&self->counts);
    type->tp_free(obj);
    Py_DECREF(type);
}

static ptrdiff_t bin_of(const histogram *self, double value)
{
    const tn_span *edges = &self->edges.span;
    ptrdiff_t low = 0, high = edges->shape[0] - 1;
    if (!(element(edges, low) <= value && value < element(edges, high)))
        return -1;
    while (high - low > 1) {
        ptrdiff_t middle = low + (high - low) / 2;
        if (element(edges, middle) <= value)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static PyObject *histogram_fill(PyObject *obj, PyObject *arg)
{
    histogram *self = (histogram *)obj;
    tn_loan x;
    if (tn_borrow_argument(arg, &vector, &x, "fill", "x") < 0)
        return NULL;
    int64_t *counts = self->counts.span.data;
    for (ptrdiff_t i = 0; i < x.span.shape[0]; i++) {
        ptrdiff_t bin = bin_of(self, element(&x.span, i));
        if (bin >= 0)
            counts[bin]++;
    }
    tn_give_back(&x);
    Py_RETURN_NONE;
}

/* Halve the resolution: the memory of the counts moves, and so nobody may be looking at it. */
static PyObject *histogram_merge(PyObject *obj, PyObject *ignored)
{
    (void)ignored;
    histogram *self = (histogram *)obj;
    if (self->lender.views > 0)
        return PyErr_Format(PyExc_BufferError, "merge(): the counts are being viewed (%zd)", self->lender.views);
    ptrdiff_t bins = self->counts.span.shape[0] / 2;
    if (bins == 0 || self->counts.span.shape[0] % 2 != 0)
        return PyErr_Format(PyExc_ValueError, "merge(): there are %zd bins", self->counts.span.shape[0]);
    tn_array edges, counts;
    tn_error err;
    tn_span every_second = self->edges.span;
    ptrdiff_t shape = bins + 1, stride = 2 * every_second.strides[0];
    every_second.shape = &shape;
    every_second.strides = &stride;
    if (tn_array_share(&self->edges, &every_second, &edges, &err) != TN_OK)
        return tn_raise(&err, "merge", NULL);
    if (tn_array_new(&tn_type_int64, 1, &bins, TN_ORDER_C, &counts, &err) != TN_OK) {
        tn_array_release(&edges);
        return tn_raise(&err, "merge", NULL);
    }
    const int64_t *fine = self->counts.span.data;
    int64_t *coarse = counts.span.data;
    for (ptrdiff_t i = 0; i < bins; i++)
        coarse[i] = fine[2 * i] + fine[2 * i + 1];
    tn_array_release(&self->edges);
    tn_array_release(&self->counts);
    self->edges = edges;
    self->counts = counts;
    Py_RETURN_NONE;
}

/* What is lent belongs to the object, which every view keeps alive and which counts it; nothing is to be released. */
static tn_status borrow_counts(histogram *self, tn_array *out, tn_error *err)
{
    tn_span span = self->counts.span;
    span.flags |= TN_READONLY;
    return tn_array_wrap(&span, NULL, NULL, out, err);
}

static int histogram_getbuffer(PyObject *obj, Py_buffer *view, int flags)
{
    tn_array counts;
    tn_error err;
    if (borrow_counts((histogram *)obj, &counts, &err) == TN_OK)
        return tn_export(&counts, obj, TN_LEND_COUNTED, view, flags);
    view->obj = NULL;
    tn_raise(&err, "Histogram", NULL);
    return -1;
}

/* The same as an object that speaks every protocol, and not only the buffer protocol. */
static PyObject *histogram_counts(PyObject *obj, void *closure)
{
    (void)closure;
    tn_array counts;
    tn_error err;
    if (borrow_counts((histogram *)obj, &counts, &err) != TN_OK)
        return tn_raise(&err, "counts", NULL);
    return tn_lend(&counts, obj, TN_LEND_COUNTED);
}

static PyMethodDef histogram_methods[] = {
    {"fill", histogram_fill, METH_O, "fill($self, x, /)\n--\n\nCount the elements of x."},
    {"merge", histogram_merge, METH_NOARGS,
     "merge($self, /)\n--\n\nMake one bin of two, unless anybody views the counts."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef histogram_properties[] = {
    {"counts", histogram_counts, NULL, "The counts as a tenon.Span: read-only, not a copy.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot histogram_slots[] = {
    {Py_tp_doc, "Histogram(edges)\n--\n\nCounts of values between edges, which are kept and not copied."},
    {Py_tp_new, SLOT(histogram_new)},
    {Py_tp_dealloc, SLOT(histogram_dealloc)},
    {Py_tp_methods, histogram_methods},
    {Py_tp_getset, histogram_properties},
    {Py_bf_getbuffer, SLOT(histogram_getbuffer)},
    {0, NULL},
};

static PyType_Spec histogram_spec = {
    .name = "histogram.Histogram",
    .basicsize = sizeof(histogram),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = histogram_slots,
};

/* --- the module --------------------------------------------------------------------------------------------------- */

static PyMethodDef methods[] = {
    {"mean", mean, METH_O, "mean($module, x, /)\n--\n\nThe mean of x: float64, one dimension, any stride."},
    {"edges", (PyCFunction)(void (*)(void))edges, METH_FASTCALL,
     "edges($module, n, lo, hi, /)\n--\n\nn numbers from lo to hi."},
    {NULL, NULL, 0, NULL},
};

/* Importing the table here, and not at the first call, says at once that Tenon is missing or too old. */
static int exec(PyObject *module)
{
    if (tn_import_api() == NULL)
        return -1;
    PyObject *type = PyType_FromModuleAndSpec(module, &histogram_spec, NULL);
    int status = type == NULL ? -1 : PyModule_AddObjectRef(module, "Histogram", type);
    Py_XDECREF(type);
    return status;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, SLOT(exec)},
    TN_SLOT_INTERPRETERS(1) /* there is no state but that of objects */
    TN_SLOT_GIL(0)          /* but two threads must not fill one histogram at the same time */
    {0, NULL},
};

static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "histogram",
    .m_doc = "Histograms: a module in plain C over Tenon.",
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC PyInit_histogram(void)
{
    return PyModuleDef_Init(&definition);
}
