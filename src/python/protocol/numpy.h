/* SPDX-License-Identifier: BSD-3-Clause */
/* NumPy's own fields: the cheapest way to an array, and the only file pair that knows NumPy's C API.
 *
 * NumPy is optional: nothing here imports it until an ndarray can exist, or until the engine has to make one.
 */
#ifndef TNPY_PROTOCOL_NUMPY_H
#define TNPY_PROTOCOL_NUMPY_H

#include <Python.h>
#include <stdbool.h>

#define NPY_NO_DEPRECATED_API NPY_2_0_API_VERSION
#include <numpy/ndarraytypes.h>

#include "tenon/span.h"

#include "../state.h"

/* What to compare an ndarray's dtype with. Made once per parameter; the cache holds a reference. */
typedef struct tnpy_dtype_key {
    const tn_type *type;
    uint32_t numbers;  /* bit k: NumPy's type number k, in native order, means the same. 0: compare the whole type */
    bool any_byte;     /* plain char: every element type of one byte does */
    PyObject *seen;    /* the first dtype that compared equal; NULL until then and always without the GIL */
    PyObject *names;   /* the names that `seen` had then: a dtype's fields can be renamed in place */
    PyObject *dtype;   /* the dtype to make arrays with; NULL until needed */
    PyObject *lent;    /* the copy of a structured one that arrays get; NULL until needed and always without the GIL */
} tnpy_dtype_key;

/* Fill a key for `type` (NULL: any type will do). */
void tnpy_dtype_key_init(tnpy_dtype_key *key, const tn_type *type, bool any_byte);
void tnpy_dtype_key_clear(tnpy_dtype_key *key);

/* Find numpy.ndarray if NumPy has been imported by anybody. Never imports it. */
void tnpy_numpy_notice(tnpy_state *state, PyObject *obj);

/* 1: NumPy is there and its C API is loaded; 0: it can't be imported; -1: an exception is set. */
int tnpy_numpy_import(tnpy_state *state);

/* Is it NumPy 2 or newer? Only after tnpy_numpy_import() == 1. */
bool tnpy_numpy_is_2(void);

/* The type numpy.ndarray, which is one for all interpreters that NumPy serves; NULL until the first of them has loaded
 * it. */
extern PyTypeObject *tnpy_numpy_ndarray;

/* Is `obj` an ndarray, or of a subclass? */
static inline bool tnpy_numpy_is_array(tnpy_state *state, PyObject *obj)
{
    const PyTypeObject *type = Py_TYPE(obj);
    if (type == state->ndarray)
        return true;
    if (type->tp_base == &PyBaseObject_Type && type->tp_name[0] != 'n')
        return false; /* what most foreign objects show at once: no class of NumPy's, and none derived from one */
    if (state->ndarray == NULL)
        tnpy_numpy_notice(state, obj);
    return state->ndarray != NULL && PyType_IsSubtype(Py_TYPE(obj), state->ndarray);
}

/* Its fields as they are now: all but span->type, which is left alone. Runs no Python code. */
static inline void tnpy_numpy_fields(PyObject *array, tn_span *span)
{
    const PyArrayObject_fields *fields = (const PyArrayObject_fields *)array;
    span->data = fields->data;
    span->ndim = fields->nd;
    span->flags = fields->flags & NPY_ARRAY_WRITEABLE ? 0 : TN_READONLY;
    span->shape = fields->dimensions;
    span->strides = fields->strides;
    span->suboffsets = NULL;
}

/* NumPy keeps this flag right under every change of shape or strides, extents of 0 and 1 included. */
static inline bool tnpy_numpy_is_c_contiguous(PyObject *array)
{
    return (((const PyArrayObject_fields *)array)->flags & NPY_ARRAY_C_CONTIGUOUS) != 0;
}

/* The slow half of tnpy_numpy_is_type. Runs no Python code. Out of memory counts as different. */
bool tnpy_numpy_compare_type(PyArray_Descr *descr, tnpy_dtype_key *key);

static inline bool tnpy_numpy_is_type(PyArray_Descr *descr, tnpy_dtype_key *key)
{
    unsigned number = (unsigned)descr->type_num;
    if (number < 32 && (key->numbers >> number & 1) && descr->byteorder != NPY_OPPBYTE)
        return true;
    return tnpy_numpy_compare_type(descr, key);
}

static inline bool tnpy_numpy_has_type(PyObject *array, tnpy_dtype_key *key)
{
    return tnpy_numpy_is_type(((const PyArrayObject_fields *)array)->descr, key);
}

/* The element type of an ndarray where it is a number of C's own, in native order: static. NULL where it is none. */
const tn_type *tnpy_numpy_plain_type(PyObject *array);

/* The element type of an ndarray of native numbers, which is static; NULL for all others. */
const tn_type *tnpy_numpy_builtin_type(PyObject *array);

/* Its numpy.dtype and the tuple of its fields' names, NULL where it has none. Borrowed. */
void tnpy_numpy_dtype_of(PyObject *array, PyObject **dtype, PyObject **names);

/* Is nothing inside the type a structure, whose fields could be renamed without its own tuple of names being another
 * one? */
bool tnpy_numpy_is_flat(const tn_type *type);

/* The element type of an ndarray. *owned must be given to tn_type_free (NULL where *type is static). */
tn_status tnpy_numpy_type(PyObject *array, const tn_type **type, tn_type **owned, tn_error *err);

/* The element type that a numpy.dtype, or what NumPy makes one of, stands for; to be given to tn_type_free. TN_RAISED
 * with NumPy's own exception. Needs tnpy_numpy_import() == 1. */
tn_status tnpy_numpy_dtype_type(PyObject *obj, tn_type **type, tn_error *err);

/* The memory of one structure of exactly the key's type: an element of a structured array (numpy.void) or a 0-d array.
 * NULL where `obj` is neither, or of another type; the general way then says why. Runs no Python code. */
const void *tnpy_numpy_record(tnpy_state *state, PyObject *obj, tnpy_dtype_key *key);

/* A new C-contiguous array, uninitialised; needs tnpy_numpy_import() == 1. Runs no Python code once key->dtype is made.
 * `data` not NULL: a view of that memory, kept alive by `owner` (a new reference is taken). New reference or NULL. */
PyObject *tnpy_numpy_new(tnpy_dtype_key *key, int ndim, const ptrdiff_t *shape, void *data, bool readonly,
                         PyObject *owner);

/* One element as NumPy's scalar: what reads datetimes. `data` may be unaligned and of either byte order. New reference,
 * or NULL with an exception. Needs tnpy_numpy_import() == 1, as what follows. */
PyObject *tnpy_numpy_scalar(tnpy_dtype_key *key, const void *data);

/* The datetime or timedelta that `obj` is, as an element of `type` at `out`, which may be unaligned. What would lose
 * part of a numpy.datetime64 is TN_WRONG_VALUE; TN_RAISED with NumPy's own refusal. */
tn_status tnpy_numpy_read_time(PyObject *obj, const tn_type *type, void *out, tn_error *err);

/* Make key->dtype where it is not made yet; runs any Python code. 0, or -1 with an exception. */
int tnpy_numpy_prepare(tnpy_dtype_key *key);

/* A new ndarray over a span without suboffsets, of any strides; as tnpy_numpy_new. */
PyObject *tnpy_numpy_view(tnpy_dtype_key *key, const tn_span *span, PyObject *owner);

/* Does a span without suboffsets, of that type, have the strides that NumPy would choose itself, and an address that it
 * would call aligned; and can addresses count its bytes? Not for structures, whose dtypes are made anew, nor where
 * there are no elements. */
static inline bool tnpy_numpy_is_plain(const tn_span *span, const tn_type *type)
{
    bool aligns = type->kind != TN_STRUCT && type->kind != TN_SUBARRAY && (type->alignment > 1 || type->itemsize == 1);
    if (!aligns || (uintptr_t)span->data & (type->alignment - 1))
        return false;
    ptrdiff_t stride = type->itemsize;
    for (int k = span->ndim - 1; k >= 0; k--)
        if (span->strides[k] != stride || span->shape[k] <= 0 ||
            __builtin_mul_overflow(stride, span->shape[k], &stride))
            return false;
    return true;
}

/* A new ndarray over such a span, of a key whose dtype is made. Runs no Python code. Takes over `base`, also on
 * failure. */
PyObject *tnpy_numpy_view_plain(const tnpy_dtype_key *key, const tn_span *span, PyObject *base);

/* The numpy.dtype of a type. New reference, or NULL with an exception. Needs tnpy_numpy_import() == 1. */
PyObject *tnpy_numpy_dtype(const tn_type *type);

#endif
