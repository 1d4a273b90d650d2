# SPDX-License-Identifier: BSD-3-Clause
# cython: language_level=3, binding=False, always_allow_keywords=False, auto_pickle=False
# distutils: sources = src/more.c
# distutils: include_dirs = src
# distutils: extra_compile_args = -O3 -g0 -fvisibility=hidden
cimport cython
cimport numpy as cnp
from cpython.buffer cimport PyBUF_FORMAT, PyBUF_ND, PyBUF_STRIDES
from libc.stdlib cimport free

import numpy as np

cimport cmore as lib

cnp.import_array()

cdef cnp.dtype PAIR = np.dtype([("a", np.int32), ("b", np.float32)])


cdef inline double *doubles(cnp.ndarray x) except? NULL:
    if cnp.PyArray_TYPE(x) != cnp.NPY_DOUBLE or cnp.PyArray_NDIM(x) != 1:
        raise TypeError("the array must be float64[n]")
    if not cnp.PyArray_ISBEHAVED_RO(x):
        raise ValueError("the array must be aligned and of native byte order")
    return <double *>cnp.PyArray_DATA(x)


def sum_strided(cnp.ndarray x not None):
    cdef double *data = doubles(x)
    return lib.sum_strided(cnp.PyArray_DIM(x, 0), cnp.PyArray_STRIDE(x, 0), data)


def first_pair(cnp.ndarray p not None):
    if not cnp.PyArray_EquivTypes(p.descr, PAIR) or cnp.PyArray_NDIM(p) != 1:
        raise TypeError("p must be pair[n]")
    if not cnp.PyArray_ISCARRAY_RO(p):
        raise ValueError("p must be C-contiguous and aligned")
    return lib.first_pair(cnp.PyArray_DIM(p, 0), <lib.pair *>cnp.PyArray_DATA(p))


def accumulate(cnp.ndarray x not None, cnp.ndarray y not None):
    cdef double *read = doubles(x)
    cdef double *written = doubles(y)
    if cnp.PyArray_DIM(x, 0) != cnp.PyArray_DIM(y, 0):
        raise ValueError("x and y must have one length")
    if not cnp.PyArray_ISCARRAY_RO(x) or not cnp.PyArray_ISCARRAY(y):
        raise ValueError("x and y must be C-contiguous, and y writable")
    if -cnp.PyArray_DIM(x, 0) < written - read < cnp.PyArray_DIM(x, 0):
        raise ValueError("x and y may not overlap")
    lib.accumulate(cnp.PyArray_DIM(x, 0), read, written)


include "memory.pxi"
