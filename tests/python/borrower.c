/* SPDX-License-Identifier: BSD-3-Clause */
/* A module that asks for arrays in every way, and lends memory in every way. */
#include <tenon/python.h>
#include <tenon/tenon.h>

#include <string.h>

/* --- borrow ------------------------------------------------------------------------------------------------------- */

static PyObject *numbers(int count, const ptrdiff_t *from)
{
    PyObject *tuple = PyTuple_New(count);
    for (int k = 0; tuple != NULL && k < count; k++)
        PyTuple_SET_ITEM(tuple, k, PyLong_FromSsize_t(from[k]));
    return tuple;
}

/* (address, element type, shape, strides, suboffsets or None, readonly) */
static PyObject *show(const tn_span *span)
{
    char type[128];
    return Py_BuildValue("(nsNNNO)", (Py_ssize_t)(intptr_t)span->data, tn_type_describe(span->type, type, sizeof type),
                         numbers(span->ndim, span->shape), numbers(span->ndim, span->strides),
                         span->suboffsets == NULL ? Py_NewRef(Py_None) : numbers(span->ndim, span->suboffsets),
                         span->flags & TN_READONLY ? Py_True : Py_False);
}

/* want(x, dtype or None, min_ndim, max_ndim, flags[, callable]): what C sees of x; `callable` runs while it is
 * borrowed. */
static PyObject *want(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *obj, *dtype, *meanwhile = NULL;
    tn_want asked = {0};
    tn_loan x;
    if (!PyArg_ParseTuple(args, "OOiiI|O", &obj, &dtype, &asked.min_ndim, &asked.max_ndim, &asked.flags, &meanwhile))
        return NULL;
    if (dtype != Py_None && (asked.type = tn_dtype_type(dtype)) == NULL)
        return NULL;
    if (tn_borrow_argument(obj, &asked, &x, "want", "x") < 0) {
        tn_give_back(&x);
        return NULL;
    }
    PyObject *done = meanwhile == NULL ? Py_NewRef(Py_None) : PyObject_CallNoArgs(meanwhile);
    PyObject *shown = done == NULL ? NULL : show(&x.span);
    Py_XDECREF(done);
    if (shown != NULL && asked.type != NULL && x.span.type != asked.type) {
        Py_CLEAR(shown);
        PyErr_SetString(PyExc_AssertionError, "the type is not the one that was asked for");
    }
    tn_give_back(&x);
    tn_give_back(&x);
    return shown;
}

/* Without tn_want, and without tn_error. */
static PyObject *any(PyObject *module, PyObject *obj)
{
    (void)module;
    tn_loan x;
    tn_status status = tn_borrow(obj, NULL, &x, NULL);
    if (status == TN_RAISED)
        PyErr_Clear();
    if (status != TN_OK)
        return PyUnicode_FromString(tn_status_text(status));
    PyObject *shown = show(&x.span);
    tn_give_back(&x);
    return shown;
}

/* give_back_under([x], exception): x ends as it is given back, while the exception is set. */
static PyObject *give_back_under(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *list, *exception;
    tn_loan x;
    if (!PyArg_ParseTuple(args, "O!O", &PyList_Type, &list, &exception) ||
        tn_borrow_argument(PyList_GET_ITEM(list, 0), NULL, &x, "give_back_under", "x") < 0 ||
        PyList_SetSlice(list, 0, 1, NULL) < 0)
        return NULL;
    PyErr_SetObject((PyObject *)Py_TYPE(exception), exception);
    tn_give_back(&x);
    return NULL;
}

/* raise(status, message, function or None, parameter or None) */
static PyObject *raise_status(PyObject *module, PyObject *args)
{
    (void)module;
    int status;
    const char *message, *function, *parameter;
    tn_error err;
    if (!PyArg_ParseTuple(args, "iszz", &status, &message, &function, &parameter))
        return NULL;
    tn_fail(&err, (tn_status)status, "%s", message);
    return tn_raise(&err, function, parameter);
}

/* --- lend --------------------------------------------------------------------------------------------------------- */

static long released;

static void count_release(void *block)
{
    released++;
    PyMem_RawFree(block);
}

/* lend(dtype, shape, order, how[, readonly]): zeros of C. */
static PyObject *lend(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *dtype, *shape;
    int order, readonly = 0;
    unsigned how;
    ptrdiff_t extents[TN_MAX_NDIM];
    if (!PyArg_ParseTuple(args, "OO!CI|p", &dtype, &PyTuple_Type, &shape, &order, &how, &readonly))
        return NULL;
    for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(shape); k++)
        extents[k] = PyLong_AsSsize_t(PyTuple_GET_ITEM(shape, k));
    tn_array array;
    tn_error err;
    dtype = tn_dtype_from(dtype);
    if (dtype == NULL)
        return NULL;
    int ndim = (int)PyTuple_GET_SIZE(shape);
    tn_status status = tn_array_zeros(tn_dtype_type(dtype), ndim, extents, (tn_order)order, &array, &err);
    Py_DECREF(dtype);
    if (status != TN_OK)
        return tn_raise(&err, "lend", NULL);
    array.span.flags |= readonly ? TN_READONLY : 0;
    return tn_lend(&array, NULL, how);
}

/* lend_block(keeper or None): three doubles that count their release. */
static PyObject *lend_block(PyObject *module, PyObject *keeper)
{
    (void)module;
    double *block = PyMem_RawCalloc(3, sizeof *block);
    ptrdiff_t shape = 3, stride = sizeof *block;
    tn_span span = {.data = block, .type = &tn_type_float64, .ndim = 1, .shape = &shape, .strides = &stride};
    tn_array array;
    tn_error err;
    if (tn_array_wrap(&span, count_release, block, &array, &err) != TN_OK)
        return tn_raise(&err, "lend_block", NULL);
    return tn_lend(&array, keeper == Py_None ? NULL : keeper, 0);
}

static PyObject *released_blocks(PyObject *module, PyObject *ignored)
{
    (void)module, (void)ignored;
    return PyLong_FromLong(released);
}

/* An array that its author filled in wrongly: 0 not at all, 1 negative extent, 2 out of the address space, 3 objects.
 *  */
static PyObject *lend_wrong(PyObject *module, PyObject *arg)
{
    (void)module;
    static double block[3];
    static const tn_type object = {.kind = TN_OBJECT, .byteorder = TN_NO_ORDER, .alignment = 8, .itemsize = 8};
    ptrdiff_t shapes[] = {3, -1, PY_SSIZE_T_MAX / 4, 3}, stride = 8;
    long which = PyLong_AsLong(arg);
    tn_array array = {.span = {.data = which == 0 ? NULL : block, .type = which == 3 ? &object : &tn_type_float64,
                               .ndim = 1, .shape = &shapes[which], .strides = &stride}};
    return tn_lend(&array, NULL, 0);
}

static PyObject *dtype_of(PyObject *module, PyObject *obj)
{
    (void)module;
    tn_loan x;
    if (tn_borrow_argument(obj, NULL, &x, "dtype_of", "x") < 0)
        return NULL;
    PyObject *dtype = tn_dtype_new(x.span.type);
    tn_give_back(&x);
    return dtype;
}

/* --- a type that exports its memory ------------------------------------------------------------------------------- */

/* Doubles that can be resized as long as nobody looks. */
typedef struct vector {
    tn_lender lender;
    double *values;
    ptrdiff_t length;
} vector;

static PyObject *vector_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)args, (void)kwargs;
    vector *self = (vector *)type->tp_alloc(type, 0);
    if (self != NULL && (self->values = PyMem_RawCalloc(8, sizeof(double))) == NULL) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    if (self != NULL)
        self->length = 8;
    return (PyObject *)self;
}

static void vector_dealloc(PyObject *obj)
{
    PyTypeObject *type = Py_TYPE(obj);
    PyMem_RawFree(((vector *)obj)->values);
    type->tp_free(obj);
    Py_DECREF(type);
}

static int vector_getbuffer(PyObject *obj, Py_buffer *view, int flags)
{
    vector *self = (vector *)obj;
    ptrdiff_t stride = sizeof(double);
    tn_span span = {
        .data = self->values, .type = &tn_type_float64, .ndim = 1, .shape = &self->length, .strides = &stride};
    tn_array array;
    tn_error err;
    if (tn_array_wrap(&span, NULL, NULL, &array, &err) != TN_OK) {
        view->obj = NULL;
        tn_raise(&err, "vector", NULL);
        return -1;
    }
    return tn_export(&array, obj, TN_LEND_COUNTED, view, flags);
}

static PyObject *vector_resize(PyObject *obj, PyObject *arg)
{
    vector *self = (vector *)obj;
    if (self->lender.views > 0)
        return PyErr_Format(PyExc_BufferError, "resize(): %zd views are alive", self->lender.views);
    ptrdiff_t length = PyLong_AsSsize_t(arg);
    double *values = length < 0 ? NULL : PyMem_RawRealloc(self->values, (size_t)length * sizeof *values);
    if (values == NULL)
        return PyErr_Occurred() ? NULL : PyErr_NoMemory();
    for (ptrdiff_t k = self->length; k < length; k++)
        values[k] = 0;
    self->values = values;
    self->length = length;
    Py_RETURN_NONE;
}

static PyMethodDef vector_methods[] = {{"resize", vector_resize, METH_O, NULL}, {NULL, NULL, 0, NULL}};

#define SLOT(function) ((void *)(uintptr_t)(function))

static PyType_Slot vector_slots[] = {
    {Py_tp_new, SLOT(vector_new)},          {Py_tp_dealloc, SLOT(vector_dealloc)}, {Py_tp_methods, vector_methods},
    {Py_bf_getbuffer, SLOT(vector_getbuffer)}, {0, NULL},
};

static PyType_Spec vector_spec = {
    .name = "borrower.Vector", .basicsize = sizeof(vector), .flags = Py_TPFLAGS_DEFAULT, .slots = vector_slots};

/* --- the module --------------------------------------------------------------------------------------------------- */

static PyMethodDef methods[] = {
    {"want", want, METH_VARARGS, NULL},
    {"any", any, METH_O, NULL},
    {"give_back_under", give_back_under, METH_VARARGS, NULL},
    {"raise_status", raise_status, METH_VARARGS, NULL},
    {"lend", lend, METH_VARARGS, NULL},
    {"lend_block", lend_block, METH_O, NULL},
    {"lend_wrong", lend_wrong, METH_O, NULL},
    {"released", released_blocks, METH_NOARGS, NULL},
    {"dtype_of", dtype_of, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static int exec(PyObject *module)
{
    if (tn_import_api() == NULL)
        return -1;
    PyObject *type = PyType_FromModuleAndSpec(module, &vector_spec, NULL);
    int status = type == NULL ? -1 : PyModule_AddObjectRef(module, "Vector", type);
    Py_XDECREF(type);
    return status;
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, SLOT(exec)}, TN_SLOT_INTERPRETERS(0) TN_SLOT_GIL(0){0, NULL}};

static PyModuleDef borrower = {PyModuleDef_HEAD_INIT, .m_name = "borrower", .m_methods = methods, .m_slots = slots};

PyMODINIT_FUNC PyInit_borrower(void)
{
    return PyModuleDef_Init(&borrower);
}
