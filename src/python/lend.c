/* SPDX-License-Identifier: BSD-3-Clause */
#include "lend.h"

#include "error.h"
#include "span_type.h"

/* --- lending ------------------------------------------------------------------------------------------------------ */

int tnpy_lend_prepare(tnpy_state *state, tnpy_dtype_key *key)
{
    if (key->dtype != NULL || key->type == NULL)
        return 0;
    int numpy = tnpy_numpy_import(state);
    if (numpy <= 0)
        return numpy;
    return tnpy_numpy_prepare(key);
}

PyObject *tnpy_lend_new(tnpy_state *state, tnpy_dtype_key *key, int ndim, const ptrdiff_t *shape, tn_span *span)
{
    int numpy = tnpy_numpy_import(state);
    if (numpy < 0)
        return NULL;
    if (numpy) {
        PyObject *array = tnpy_numpy_new(key, ndim, shape, NULL, false, NULL);
        if (array != NULL)
            tnpy_numpy_fields(array, span);
        return array;
    }
    tn_array array;
    tn_error err;
    if (tn_array_new(key->type, ndim, shape, TN_ORDER_C, &array, &err) != TN_OK)
        return tnpy_raise(&err);
    PyObject *made = tnpy_span_lend(state, &array, NULL, 0);
    if (made != NULL)
        *span = *tnpy_span_get(made);
    return made;
}

PyObject *tnpy_lend_static(tnpy_state *state, tnpy_dtype_key *key, int ndim, const ptrdiff_t *shape, void *data,
                           bool readonly, PyObject *owner)
{
    int numpy = tnpy_numpy_import(state);
    if (numpy < 0)
        return NULL;
    if (numpy)
        return tnpy_numpy_new(key, ndim, shape, data, readonly, owner);
    ptrdiff_t strides[TN_MAX_NDIM];
    tn_span span = {.data = data, .type = key->type, .ndim = ndim, .flags = readonly ? TN_READONLY : 0, .shape = shape,
                    .strides = strides};
    tn_array array;
    tn_error err;
    if (tn_contiguous_strides(ndim, shape, key->type->itemsize, TN_ORDER_C, strides, &err) != TN_OK ||
        tn_array_wrap(&span, NULL, NULL, &array, &err) != TN_OK)
        return tnpy_raise(&err);
    return tnpy_span_lend(state, &array, owner, 0);
}

/* An ndarray; NULL with an exception, or without one where NumPy cannot say it. */
static PyObject *as_ndarray(tnpy_state *state, tnpy_memory *memory, tnpy_dtype *dtype)
{
    if (memory->array.span.suboffsets != NULL || tnpy_numpy_import(state) <= 0)
        return NULL;
    PyObject *array = tnpy_numpy_view(&dtype->key, &memory->array.span, (PyObject *)memory);
    if (array == NULL && (PyErr_ExceptionMatches(PyExc_TypeError) || PyErr_ExceptionMatches(PyExc_ValueError)))
        PyErr_Clear(); /* a bfloat16 that nobody has taught NumPy, more dimensions than it has */
    return array;
}

PyObject *tnpy_lend_memory_of(tnpy_memory *memory, tnpy_dtype *dtype)
{
    PyObject *result = as_ndarray(dtype->state, memory, dtype);
    if (result == NULL && !PyErr_Occurred())
        result = tnpy_span_new(dtype->state, memory, dtype, &memory->array.span);
    return result;
}

PyObject *tnpy_lend_memory(tnpy_state *state, tnpy_memory *memory)
{
    tnpy_dtype *dtype = tnpy_dtype_for(state, memory->array.span.type);
    PyObject *result = dtype == NULL ? NULL : tnpy_lend_memory_of(memory, dtype);
    Py_XDECREF((PyObject *)dtype);
    return result;
}

PyObject *tnpy_lend_array(tnpy_state *state, tn_array *array, PyObject *keeper, int counts)
{
    tnpy_memory *memory = tnpy_memory_lend(state, array, keeper, counts);
    PyObject *result = memory == NULL ? NULL : tnpy_lend_memory(state, memory);
    Py_XDECREF((PyObject *)memory);
    return result;
}
