/* SPDX-License-Identifier: BSD-3-Clause */
/* Rows that are plain ndarrays like the first one, which was checked as a whole: nearly all are, and to see that takes
 * little but waiting for memory, since they lie apart. */
#ifndef TNPY_ALIKE_H
#define TNPY_ALIKE_H

#include <stdint.h>

#include "protocol/numpy.h"

/* What each row has in common with the first, as long as no Python code runs. */
typedef struct tnpy_likeness {
    const PyTypeObject *ndarray; /* NULL: none is to be taken for alike */
    const PyArray_Descr *descr;
    const ptrdiff_t *shape;
    int ndim;
    int flags;                   /* NumPy's, that must be set */
    uintptr_t misaligned;        /* bits of the address that must be 0 */
} tnpy_likeness;

static inline bool tnpy_is_alike(const PyObject *item, const tnpy_likeness *like)
{
    const PyArrayObject_fields *array = (const PyArrayObject_fields *)item;
    if (Py_TYPE(item) != like->ndarray || array->descr != like->descr || array->nd != like->ndim ||
        (~array->flags & like->flags) != 0 || array->data == NULL || (uintptr_t)array->data & like->misaligned)
        return false;
    for (int k = 0; k < like->ndim; k++)
        if (array->dimensions[k] != like->shape[k])
            return false;
    return true;
}

/* While items[r] is looked at, asks for what will be read of others: of one far ahead the object, of one nearer, which
 * has come by then, the shape. */
static inline void tnpy_fetch_ahead(PyObject *const *items, Py_ssize_t r, Py_ssize_t count, const tnpy_likeness *like)
{
    enum { NEAR = 8, FAR = 32 };
    if (r + FAR < count)
        __builtin_prefetch(items[r + FAR]);
    if (r + NEAR < count && Py_TYPE(items[r + NEAR]) == like->ndarray)
        __builtin_prefetch(((const PyArrayObject_fields *)items[r + NEAR])->dimensions);
}

#endif
