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
