/* SPDX-License-Identifier: BSD-3-Clause */
/* What other libraries' objects point to. */
#ifndef TNPY_ADDRESS_H
#define TNPY_ADDRESS_H

#include <Python.h>
#include <stddef.h>

typedef struct tnpy_address {
    void *data;
    ptrdiff_t bytes; /* how many are known to lie there; -1: nobody says */
    int is_number;   /* no object stands behind it that could keep the memory */
} tnpy_address;

/* An int; a ctypes pointer (also c_void_p, c_char_p, c_wchar_p), or a ctypes array, structure or union; a cffi pointer
 * or array; a PyCapsule. Neither ctypes nor cffi is imported. `function` is for messages. 0, or -1 with an
 * exception. */
int tnpy_address_of(PyObject *obj, const char *function, tnpy_address *out);

#endif
