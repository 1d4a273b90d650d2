/* SPDX-License-Identifier: BSD-3-Clause */
#define PY_ARRAY_UNIQUE_SYMBOL tnpy_array_api
#include "numpy.h"

#include <numpy/arrayobject.h>
#include <numpy/arrayscalars.h>
#include <stddef.h>
#include <string.h>

#include "tenon/fast.h"

#include "../object.h"

/* NumPy's function table, PyArray_API, is a static pointer of this file: it is set once, to a constant that NumPy
 * itself keeps for the life of the process. So is its type, tnpy_numpy_ndarray. */

/* What include/tenon/fast.h reads must be what NumPy writes. */
_Static_assert(offsetof(tn_ndarray, data) == offsetof(PyArrayObject_fields, data), "numpy.ndarray: data");
_Static_assert(offsetof(tn_ndarray, ndim) == offsetof(PyArrayObject_fields, nd), "numpy.ndarray: ndim");
_Static_assert(offsetof(tn_ndarray, shape) == offsetof(PyArrayObject_fields, dimensions), "numpy.ndarray: shape");
_Static_assert(offsetof(tn_ndarray, dtype) == offsetof(PyArrayObject_fields, descr), "numpy.ndarray: dtype");
_Static_assert(offsetof(tn_ndarray, flags) == offsetof(PyArrayObject_fields, flags), "numpy.ndarray: flags");
_Static_assert(TN_NDARRAY_C_CONTIGUOUS == NPY_ARRAY_C_CONTIGUOUS, "numpy.ndarray: flags");
_Static_assert(TN_NDARRAY_WRITEABLE == NPY_ARRAY_WRITEABLE, "numpy.ndarray: flags");

/* --- finding NumPy ------------------------------------------------------------------------------------------------ */

PyTypeObject *tnpy_numpy_ndarray;

/* NumPy's own way, PyArray_ImportNumPyAPI, prints what is raised, and takes a table that another interpreter has loaded
 * for granted. Whether NumPy can live in this one, only an import tells. */
static bool load_api(tnpy_state *state)
{
    PyObject *module = PyImport_ImportModule("numpy");
    if (module == NULL)
        return false;
    Py_DECREF(module);
    if (PyArray_API == NULL && _import_array() < 0)
        return false;
    tnpy_numpy_ndarray = state->ndarray = &PyArray_Type;
    return true;
}

void tnpy_numpy_notice(tnpy_state *state, PyObject *obj)
{
    bool found = tnpy_has_base(obj, "numpy.ndarray");
    if (found && !load_api(state))
        PyErr_Clear(); /* an array of a NumPy that can't be loaded is a foreign object like any other */
}

bool tnpy_numpy_is_2(void)
{
    return PyArray_GetNDArrayCFeatureVersion() >= NPY_2_0_API_VERSION;
}

int tnpy_numpy_import(tnpy_state *state)
{
    if (state->ndarray != NULL)
        return 1;
    if (state->numpy_missing)
        return 0;
    if (load_api(state))
        return 1;
    if (!PyErr_ExceptionMatches(PyExc_ImportError))
        return -1;
    PyErr_Clear();
    state->numpy_missing = 1;
    return 0;
}

/* --- element types ------------------------------------------------------------------------------------------------ */

static const tn_type *integer_type(char kind, npy_intp size)
{
    switch (size) {
    case 1:
        return kind == 'i' ? &tn_type_int8 : &tn_type_uint8;
    case 2:
        return kind == 'i' ? &tn_type_int16 : &tn_type_uint16;
    case 4:
        return kind == 'i' ? &tn_type_int32 : &tn_type_uint32;
    case 8:
        return kind == 'i' ? &tn_type_int64 : &tn_type_uint64;
    }
    return NULL;
}

/* The static type of a built-in dtype in native order, by number; NULL for all others. */
static const tn_type *builtin_type(const PyArray_Descr *descr)
{
    if (descr->byteorder == NPY_OPPBYTE)
        return NULL;
    switch (descr->type_num) {
    case NPY_BOOL:
        return &tn_type_bool;
    case NPY_HALF:
        return &tn_type_float16;
    case NPY_FLOAT:
        return &tn_type_float32;
    case NPY_DOUBLE:
        return &tn_type_float64;
    case NPY_LONGDOUBLE:
        return &tn_type_longdouble;
    case NPY_CFLOAT:
        return &tn_type_complex64;
    case NPY_CDOUBLE:
        return &tn_type_complex128;
    case NPY_CLONGDOUBLE:
        return &tn_type_clongdouble;
    }
    if (descr->kind != 'i' && descr->kind != 'u')
        return NULL;
    return integer_type(descr->kind, PyDataType_ELSIZE(descr));
}

static char order_of(const PyArray_Descr *descr)
{
    if (descr->byteorder == '=')
        return TN_NATIVE;
    return descr->byteorder;
}

static tn_status type_of(PyArray_Descr *descr, int depth, tn_type **out, tn_error *err);

/* Borrowed. Names may be of a class derived from str, whose __hash__ and __eq__ are Python code: a dict is not
 * asked. */
static PyObject *find_field(PyObject *table, PyObject *name)
{
    PyObject *key, *entry;
    for (Py_ssize_t at = 0; PyDict_Next(table, &at, &key, &entry);)
        if (key == name)
            return entry;
    for (Py_ssize_t at = 0; PyDict_Next(table, &at, &key, &entry);)
        if (PyUnicode_Check(key) && PyUnicode_Compare(key, name) == 0)
            return entry;
    return NULL;
}

static tn_status struct_of(PyArray_Descr *descr, int depth, tn_type **out, tn_error *err)
{
    PyObject *names = PyDataType_NAMES(descr);
    PyObject *table = PyDataType_FIELDS(descr);
    Py_ssize_t count = PyTuple_GET_SIZE(names);
    tn_field *fields = PyMem_Calloc(count > 0 ? (size_t)count : 1, sizeof(tn_field));
    if (fields == NULL)
        return tn_fail(err, TN_NO_MEMORY, "out of memory");
    tn_status status = TN_OK;
    for (Py_ssize_t i = 0; i < count && status == TN_OK; i++) {
        PyObject *name = PyTuple_GET_ITEM(names, i);
        tn_type *type = NULL;
        fields[i].name = PyUnicode_AsUTF8(name);
        PyObject *entry = fields[i].name == NULL ? NULL : find_field(table, name);
        if (entry == NULL || fields[i].name == NULL) {
            PyErr_Clear();
            status = tn_fail(err, TN_WRONG_TYPE, "a field of the dtype has no readable name");
            break;
        }
        fields[i].offset = PyLong_AsSsize_t(PyTuple_GET_ITEM(entry, 1));
        status = type_of((PyArray_Descr *)PyTuple_GET_ITEM(entry, 0), depth + 1, &type, err);
        fields[i].type = type;
    }
    if (status == TN_OK)
        status = tn_type_new_struct(fields, count, PyDataType_ELSIZE(descr), 1, NULL, out, err);
    for (Py_ssize_t i = 0; i < count; i++)
        tn_type_free((tn_type *)fields[i].type);
    PyMem_Free(fields);
    return status;
}

static tn_status subarray_of(PyArray_Descr *descr, int depth, tn_type **out, tn_error *err)
{
    const PyArray_ArrayDescr *sub = PyDataType_SUBARRAY(descr);
    ptrdiff_t shape[TN_MAX_NDIM];
    Py_ssize_t ndim = PyTuple_GET_SIZE(sub->shape);
    if (ndim > TN_MAX_NDIM)
        return tn_fail(err, TN_WRONG_TYPE, "a sub-array of %zd dimensions", ndim);
    for (Py_ssize_t i = 0; i < ndim; i++)
        shape[i] = PyLong_AsSsize_t(PyTuple_GET_ITEM(sub->shape, i));
    tn_type *base = NULL;
    tn_status status = type_of(sub->base, depth + 1, &base, err);
    if (status == TN_OK)
        status = tn_type_new_subarray(base, (int)ndim, shape, out, err);
    tn_type_free(base);
    return status;
}

static tn_status datetime_of(PyArray_Descr *descr, tn_type **out, tn_error *err)
{
    const PyArray_DatetimeMetaData *meta =
        &((const PyArray_DatetimeDTypeMetaData *)PyDataType_C_METADATA(descr))->meta;
    static const char *const names[] = {"Y", "M", "W", "B", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as"};
    char unit[32] = "generic";
    if (meta->base >= 0 && meta->base < (int)(sizeof names / sizeof *names)) {
        if (meta->num == 1)
            snprintf(unit, sizeof unit, "%s", names[meta->base]);
        else
            snprintf(unit, sizeof unit, "%d%s", meta->num, names[meta->base]);
    }
    return tn_type_new_plain(descr->type_num == NPY_DATETIME ? TN_DATETIME : TN_TIMEDELTA, order_of(descr), 8, unit,
                             out, err);
}

static tn_status type_of(PyArray_Descr *descr, int depth, tn_type **out, tn_error *err)
{
    if (depth > TN_MAX_TYPE_DEPTH)
        return tn_fail(err, TN_WRONG_TYPE, "the dtype is nested too deeply");
    npy_intp size = PyDataType_ELSIZE(descr);
    const tn_type *builtin = builtin_type(descr);
    if (builtin != NULL)
        return tn_type_copy(builtin, out, err);
    if (PyTypeNum_ISUSERDEF(descr->type_num)) {
        if (strstr(descr->typeobj->tp_name, "bfloat16") != NULL && size == 2)
            return tn_type_new_plain(TN_BFLOAT, TN_NATIVE, 2, NULL, out, err);
        return tn_type_new_plain(TN_VOID, TN_NO_ORDER, size, NULL, out, err);
    }
    switch (descr->type_num) {
    case NPY_DATETIME:
    case NPY_TIMEDELTA:
        return datetime_of(descr, out, err);
    case NPY_STRING:
        return tn_type_new_plain(TN_BYTES, TN_NO_ORDER, size, NULL, out, err);
    case NPY_UNICODE:
        return tn_type_new_plain(TN_UCS4, order_of(descr), size, NULL, out, err);
    case NPY_OBJECT:
        return tn_type_new_plain(TN_OBJECT, TN_NO_ORDER, size, NULL, out, err);
    case NPY_VOID:
        if (PyDataType_HASFIELDS(descr))
            return struct_of(descr, depth, out, err);
        if (PyDataType_HASSUBARRAY(descr))
            return subarray_of(descr, depth, out, err);
        return tn_type_new_plain(TN_VOID, TN_NO_ORDER, size, NULL, out, err);
    }
    if (strchr("biufc", descr->kind) != NULL)
        return tn_type_new_plain((tn_kind)descr->kind, order_of(descr), size, NULL, out, err);
    if (PyDataType_REFCHK(descr)) /* StringDType */
        return tn_fail(err, TN_WRONG_TYPE, "has elements that only NumPy can read");
    return tn_type_new_plain(TN_VOID, TN_NO_ORDER, size, NULL, out, err);
}

static PyArray_Descr *descr_of(PyObject *array)
{
    return ((PyArrayObject_fields *)array)->descr;
}

static tn_status describe(PyArray_Descr *descr, const tn_type **type, tn_type **owned, tn_error *err)
{
    *owned = NULL;
    *type = builtin_type(descr);
    if (*type != NULL)
        return TN_OK;
    tn_status status = type_of(descr, 0, owned, err);
    *type = *owned;
    return status;
}

const tn_type *tnpy_numpy_plain_type(PyObject *array)
{
    return builtin_type(descr_of(array));
}

tn_status tnpy_numpy_type(PyObject *array, const tn_type **type, tn_type **owned, tn_error *err)
{
    return describe(descr_of(array), type, owned, err);
}

const tn_type *tnpy_numpy_builtin_type(PyObject *array)
{
    return builtin_type(descr_of(array));
}

void tnpy_numpy_dtype_of(PyObject *array, PyObject **dtype, PyObject **names)
{
    PyArray_Descr *descr = descr_of(array);
    *dtype = (PyObject *)descr;
    *names = PyDataType_HASFIELDS(descr) ? PyDataType_NAMES(descr) : NULL;
}

tn_status tnpy_numpy_dtype_type(PyObject *obj, tn_type **type, tn_error *err)
{
    PyArray_Descr *descr = NULL;
    if (!PyArray_DescrConverter(obj, &descr))
        return tnpy_raised(err);
    tn_status status = type_of(descr, 0, type, err);
    Py_DECREF(descr);
    return status;
}

/* --- comparing ---------------------------------------------------------------------------------------------------- */

static const int plain_numbers[] = {NPY_BOOL,  NPY_BYTE,     NPY_UBYTE,     NPY_SHORT, NPY_USHORT, NPY_INT,
                                    NPY_UINT,  NPY_LONG,     NPY_ULONG,     NPY_LONGLONG, NPY_ULONGLONG, NPY_HALF,
                                    NPY_FLOAT, NPY_DOUBLE,   NPY_LONGDOUBLE, NPY_CFLOAT, NPY_CDOUBLE, NPY_CLONGDOUBLE};

typedef struct number_facts {
    char kind;
    size_t size;
} number_facts;

/* What a type number means in C: known without NumPy. `long` and `long long` are two numbers with one meaning. */
static number_facts facts_of(int number)
{
    switch (number) {
    case NPY_BOOL:
        return (number_facts){TN_BOOL, sizeof(npy_bool)};
    case NPY_BYTE:
        return (number_facts){TN_INT, 1};
    case NPY_UBYTE:
        return (number_facts){TN_UINT, 1};
    case NPY_SHORT:
        return (number_facts){TN_INT, sizeof(short)};
    case NPY_USHORT:
        return (number_facts){TN_UINT, sizeof(short)};
    case NPY_INT:
        return (number_facts){TN_INT, sizeof(int)};
    case NPY_UINT:
        return (number_facts){TN_UINT, sizeof(int)};
    case NPY_LONG:
        return (number_facts){TN_INT, sizeof(long)};
    case NPY_ULONG:
        return (number_facts){TN_UINT, sizeof(long)};
    case NPY_LONGLONG:
        return (number_facts){TN_INT, sizeof(long long)};
    case NPY_ULONGLONG:
        return (number_facts){TN_UINT, sizeof(long long)};
    case NPY_HALF:
        return (number_facts){TN_FLOAT, 2};
    case NPY_FLOAT:
        return (number_facts){TN_FLOAT, sizeof(float)};
    case NPY_DOUBLE:
        return (number_facts){TN_FLOAT, sizeof(double)};
    case NPY_LONGDOUBLE:
        return (number_facts){TN_FLOAT, sizeof(long double)};
    case NPY_CFLOAT:
        return (number_facts){TN_COMPLEX, 2 * sizeof(float)};
    case NPY_CDOUBLE:
        return (number_facts){TN_COMPLEX, 2 * sizeof(double)};
    default:
        return (number_facts){TN_COMPLEX, 2 * sizeof(long double)};
    }
}

void tnpy_dtype_key_init(tnpy_dtype_key *key, const tn_type *type, bool any_byte)
{
    *key = (tnpy_dtype_key){.type = type, .any_byte = any_byte};
    if (type == NULL || (type->byteorder != TN_NATIVE && type->itemsize > 1))
        return;
    for (size_t i = 0; i < sizeof plain_numbers / sizeof *plain_numbers; i++) {
        number_facts facts = facts_of(plain_numbers[i]);
        bool same = facts.kind == type->kind && (ptrdiff_t)facts.size == type->itemsize;
        if (same || (any_byte && facts.size == 1))
            key->numbers |= 1u << plain_numbers[i];
    }
}

void tnpy_dtype_key_clear(tnpy_dtype_key *key)
{
    Py_CLEAR(key->seen);
    Py_CLEAR(key->names);
    Py_CLEAR(key->dtype);
    Py_CLEAR(key->lent);
}

bool tnpy_numpy_is_flat(const tn_type *type)
{
    for (ptrdiff_t i = 0; i < type->nfields; i++) {
        const tn_type *field = type->fields[i].type;
        if (field->kind == TN_STRUCT || (field->kind == TN_SUBARRAY && field->base->kind == TN_STRUCT))
            return false;
    }
    return type->kind != TN_SUBARRAY || type->base->kind != TN_STRUCT;
}

/* Remember a dtype that compared equal, so that the next array of it costs two comparisons. Holding the references
 * keeps the addresses from being given to others. Only the first is kept: letting go of one may run its metadata's
 * finalizers. */
static void remember(tnpy_dtype_key *key, PyArray_Descr *descr)
{
#ifndef Py_GIL_DISABLED
    if (key->seen != NULL || !tnpy_numpy_is_flat(key->type))
        return;
    key->seen = Py_NewRef((PyObject *)descr);
    if (PyDataType_HASFIELDS(descr))
        key->names = Py_NewRef(PyDataType_NAMES(descr));
#else
    (void)key, (void)descr;
#endif
}

static bool is_remembered(PyArray_Descr *descr, const tnpy_dtype_key *key)
{
    return (PyObject *)descr == key->seen && (key->names == NULL || PyDataType_NAMES(descr) == key->names);
}

bool tnpy_numpy_compare_type(PyArray_Descr *descr, tnpy_dtype_key *key)
{
    if (key->type == NULL || is_remembered(descr, key))
        return true;
    const tn_type *type;
    tn_type *owned;
    if (describe(descr, &type, &owned, NULL) != TN_OK)
        return false;
    bool same = tn_type_equal(key->type, type) || (key->any_byte && type->itemsize == 1);
    tn_type_free(owned);
    if (same)
        remember(key, descr);
    return same;
}

const void *tnpy_numpy_record(tnpy_state *state, PyObject *obj, tnpy_dtype_key *key)
{
    if (state->ndarray == NULL)
        return NULL;
    if (Py_TYPE(obj) == state->ndarray) {
        const PyArrayObject_fields *array = (const PyArrayObject_fields *)obj;
        return array->nd == 0 && tnpy_numpy_is_type(array->descr, key) ? array->data : NULL;
    }
    if (!PyArray_IsScalar(obj, Void))
        return NULL;
    const PyVoidScalarObject *scalar = (const PyVoidScalarObject *)obj;
    return tnpy_numpy_is_type(scalar->descr, key) ? scalar->obval : NULL;
}

/* --- making arrays ------------------------------------------------------------------------------------------------ */

static PyObject *dtype_from_argument(PyObject *argument)
{
    if (argument == NULL)
        return NULL;
    PyArray_Descr *descr = NULL;
    int ok = PyArray_DescrConverter(argument, &descr);
    Py_DECREF(argument);
    return ok ? (PyObject *)descr : NULL;
}

static PyObject *struct_dtype(const tn_type *type)
{
    PyObject *names = PyList_New(type->nfields);
    PyObject *formats = PyList_New(type->nfields);
    PyObject *offsets = PyList_New(type->nfields);
    bool ok = names != NULL && formats != NULL && offsets != NULL;
    for (ptrdiff_t i = 0; i < type->nfields && ok; i++) {
        PyObject *name = PyUnicode_FromString(type->fields[i].name);
        PyObject *format = tnpy_numpy_dtype(type->fields[i].type);
        PyObject *offset = PyLong_FromSsize_t(type->fields[i].offset);
        ok = name != NULL && format != NULL && offset != NULL;
        PyList_SET_ITEM(names, i, name);
        PyList_SET_ITEM(formats, i, format);
        PyList_SET_ITEM(offsets, i, offset);
    }
    PyObject *argument = !ok ? NULL
                             : Py_BuildValue("{s:O,s:O,s:O,s:n}", "names", names, "formats", formats, "offsets",
                                             offsets, "itemsize", (Py_ssize_t)type->itemsize);
    Py_XDECREF(names);
    Py_XDECREF(formats);
    Py_XDECREF(offsets);
    return dtype_from_argument(argument);
}

static PyObject *subarray_dtype(const tn_type *type)
{
    PyObject *shape = tnpy_extents_tuple(type->ndim, type->shape);
    PyObject *base = shape == NULL ? NULL : tnpy_numpy_dtype(type->base);
    PyObject *argument = base == NULL ? NULL : PyTuple_Pack(2, base, shape);
    Py_XDECREF(shape);
    Py_XDECREF(base);
    return dtype_from_argument(argument);
}

/* bfloat16 lives in a package of its own, which registers it with NumPy. */
static PyObject *bfloat16_dtype(void)
{
    PyObject *module = PyImport_ImportModule("ml_dtypes");
    if (module == NULL) {
        if (PyErr_ExceptionMatches(PyExc_ImportError))
            PyErr_SetString(PyExc_TypeError, "NumPy has no bfloat16 of its own: pip install ml_dtypes");
        return NULL;
    }
    PyObject *scalar = PyObject_GetAttrString(module, "bfloat16");
    Py_DECREF(module);
    return dtype_from_argument(scalar);
}

PyObject *tnpy_numpy_dtype(const tn_type *type)
{
    if (type->kind == TN_STRUCT)
        return struct_dtype(type);
    if (type->kind == TN_SUBARRAY)
        return subarray_dtype(type);
    if (type->kind == TN_BFLOAT && type->byteorder == TN_NATIVE)
        return bfloat16_dtype();
    char typestr[64];
    tn_error err;
    if (tn_type_to_typestr(type, typestr, sizeof typestr, NULL, &err) != TN_OK) {
        PyErr_SetString(PyExc_TypeError, err.message);
        return NULL;
    }
    return dtype_from_argument(PyUnicode_FromString(typestr));
}

/* The dtype for one more array. Whoever has an array may rename the fields of its dtype, in place, which must not
 * change what the arrays after it are made of. New reference, or NULL with an exception; runs no Python code. */
static PyArray_Descr *dtype_to_lend(tnpy_dtype_key *key)
{
    PyArray_Descr *dtype = (PyArray_Descr *)key->dtype;
    if (key->type->kind != TN_STRUCT)
        return (PyArray_Descr *)Py_NewRef(key->dtype);
#ifdef Py_GIL_DISABLED
    return PyArray_DescrNew(dtype);
#else
    PyArray_Descr *lent = (PyArray_Descr *)key->lent;
    if (lent != NULL && PyDataType_NAMES(lent) != PyDataType_NAMES(dtype))
        return PyArray_DescrNew(dtype); /* ever after: to let go of it and its new names may run Python code */
    if (lent == NULL) {
        lent = PyArray_DescrNew(dtype);
        if (lent == NULL)
            return NULL;
        key->lent = (PyObject *)lent;
    }
    return (PyArray_Descr *)Py_NewRef((PyObject *)lent);
#endif
}

int tnpy_numpy_prepare(tnpy_dtype_key *key)
{
    if (key->dtype != NULL || key->type == NULL)
        return 0;
    PyObject *dtype = tnpy_numpy_dtype(key->type);
    if (dtype == NULL)
        return -1;
    tnpy_fill_once(&key->dtype, dtype); /* making it may have run this very code for the same key */
    return 0;
}

static PyObject *new_array(tnpy_dtype_key *key, int ndim, const ptrdiff_t *shape, const ptrdiff_t *strides, void *data,
                           bool readonly, PyObject *owner)
{
    if (tnpy_numpy_prepare(key) < 0)
        return NULL;
    PyArray_Descr *dtype = dtype_to_lend(key);
    if (dtype == NULL)
        return NULL;
    PyObject *array = PyArray_NewFromDescr(&PyArray_Type, dtype, ndim, shape, strides, data,
                                           data == NULL || readonly ? 0 : NPY_ARRAY_WRITEABLE, NULL);
    if (array == NULL || owner == NULL)
        return array;
    if (PyArray_SetBaseObject((PyArrayObject *)array, Py_NewRef(owner)) < 0)
        Py_CLEAR(array);
    return array;
}

PyObject *tnpy_numpy_new(tnpy_dtype_key *key, int ndim, const ptrdiff_t *shape, void *data, bool readonly,
                         PyObject *owner)
{
    return new_array(key, ndim, shape, NULL, data, readonly, owner);
}

/* Takes over both. `base` is never an array, so that there is no chain to shorten. */
static PyObject *over(PyArray_Descr *dtype, const tn_span *span, const ptrdiff_t *strides, int flags, PyObject *base)
{
    if (!(span->flags & TN_READONLY))
        flags |= NPY_ARRAY_WRITEABLE;
    PyObject *array = PyArray_NewFromDescr(&PyArray_Type, dtype, span->ndim, span->shape, strides, span->data, flags,
                                           NULL);
    if (array != NULL)
        ((PyArrayObject_fields *)array)->base = base;
    else
        Py_DECREF(base);
    return array;
}

PyObject *tnpy_numpy_view_plain(const tnpy_dtype_key *key, const tn_span *span, PyObject *base)
{
    /* Without strides NumPy is spared the look at them. */
    return over((PyArray_Descr *)Py_NewRef(key->dtype), span, NULL, NPY_ARRAY_ALIGNED, base);
}

PyObject *tnpy_numpy_view(tnpy_dtype_key *key, const tn_span *span, PyObject *owner)
{
    if (key->dtype == NULL && tnpy_numpy_prepare(key) < 0)
        return NULL;
    if (tnpy_numpy_is_plain(span, key->type))
        return tnpy_numpy_view_plain(key, span, Py_NewRef(owner));
    PyArray_Descr *dtype = dtype_to_lend(key);
    return dtype == NULL ? NULL : over(dtype, span, span->strides, 0, Py_NewRef(owner));
}

/* --- times -------------------------------------------------------------------------------------------------------- */

PyObject *tnpy_numpy_scalar(tnpy_dtype_key *key, const void *data)
{
    if (tnpy_numpy_prepare(key) < 0)
        return NULL;
    return PyArray_Scalar((void *)data, (PyArray_Descr *)key->dtype, NULL);
}

static bool is_nat(PyObject *scalar)
{
    return PyArray_IsScalar(scalar, Datetime) ? ((PyDatetimeScalarObject *)scalar)->obval == NPY_DATETIME_NAT
                                              : ((PyTimedeltaScalarObject *)scalar)->obval == NPY_DATETIME_NAT;
}

/* Is the array, of no dimension, what `obj` was? NumPy cuts what is finer than the unit. 1, 0, or -1 with an
 * exception. */
static int says_the_same(PyObject *array, PyObject *obj)
{
    if (!PyArray_IsScalar(obj, Datetime) && !PyArray_IsScalar(obj, Timedelta))
        return 1;
    PyObject *scalar = PyArray_ToScalar(PyArray_DATA((PyArrayObject *)array), (PyArrayObject *)array);
    if (scalar == NULL)
        return -1;
    int same = is_nat(obj) || is_nat(scalar) ? is_nat(obj) && is_nat(scalar)
                                             : PyObject_RichCompareBool(scalar, obj, Py_EQ);
    Py_DECREF(scalar);
    return same;
}

tn_status tnpy_numpy_read_time(PyObject *obj, const tn_type *type, void *out, tn_error *err)
{
    char text[64];
    PyArray_Descr *descr = (PyArray_Descr *)tnpy_numpy_dtype(type);
    PyObject *array = descr == NULL ? NULL : PyArray_FromAny(obj, descr, 0, 0, NPY_ARRAY_FORCECAST, NULL);
    int same = array == NULL ? -1 : says_the_same(array, obj);
    tn_status status = TN_OK;
    if (same < 0)
        status = tnpy_raised(err);
    else if (same == 0)
        status = tn_fail(err, TN_WRONG_VALUE, "must be a time that %s holds exactly",
                         tn_type_describe(type, text, sizeof text));
    else
        memcpy(out, PyArray_DATA((PyArrayObject *)array), (size_t)type->itemsize);
    Py_XDECREF(array);
    return status;
}
