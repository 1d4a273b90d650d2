/* SPDX-License-Identifier: BSD-3-Clause */
/* What NumPy's documentation of the array interface, version 3, fixes for __array_struct__: a capsule without a
 * name. */
#ifndef TNPY_PROTOCOL_INTERFACE_ABI_H
#define TNPY_PROTOCOL_INTERFACE_ABI_H

#include <Python.h>

typedef struct tnpy_array_struct {
    int two;              /* 2, so that it can be recognised */
    int nd;
    char typekind;        /* NumPy's letter, as in a typestr */
    int itemsize;
    int flags;
    Py_intptr_t *shape;
    Py_intptr_t *strides; /* in bytes */
    void *data;
    PyObject *descr;      /* as in __array_interface__, where flags say so */
} tnpy_array_struct;

enum {
    TNPY_STRUCT_C_CONTIGUOUS = 0x1,
    TNPY_STRUCT_F_CONTIGUOUS = 0x2,
    TNPY_STRUCT_ALIGNED = 0x100,
    TNPY_STRUCT_NOT_SWAPPED = 0x200,
    TNPY_STRUCT_WRITEABLE = 0x400,
    TNPY_STRUCT_HAS_DESCR = 0x800
};

#endif
