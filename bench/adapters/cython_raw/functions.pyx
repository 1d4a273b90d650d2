# SPDX-License-Identifier: BSD-3-Clause
# cython: language_level=3, binding=False, always_allow_keywords=False
# distutils: sources = src/functions.c
# distutils: include_dirs = src
# distutils: extra_compile_args = -O3 -g0 -fvisibility=hidden
cimport numpy as cnp
from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from libc.stdint cimport uint64_t

cimport cfunctions as lib

cnp.import_array()


cdef inline void *readable(cnp.ndarray x, int ndim, int element) except? NULL:
    if cnp.PyArray_TYPE(x) != element or cnp.PyArray_NDIM(x) != ndim:
        raise TypeError("the array has another element type or another number of dimensions")
    if not cnp.PyArray_ISCARRAY_RO(x):
        raise ValueError("the array must be C-contiguous, aligned and of native byte order")
    return cnp.PyArray_DATA(x)


cdef inline double *doubles(cnp.ndarray x) except? NULL:
    return <double *>readable(x, 1, cnp.NPY_DOUBLE)


cdef inline double *written(cnp.ndarray x) except? NULL:
    if not cnp.PyArray_ISWRITEABLE(x):
        raise ValueError("the array is read-only, and it would be written")
    return doubles(x)


# To be asked after the number of dimensions was looked at.
cdef inline int must_have(Py_ssize_t n, cnp.ndarray x) except -1:
    if cnp.PyArray_DIM(x, 0) != n:
        raise ValueError("the arrays must have one length")
    return 0


cdef inline double *doubles_of(Py_ssize_t n, cnp.ndarray x) except? NULL:
    cdef double *data = doubles(x)
    must_have(n, x)
    return data


cdef inline double *written_of(Py_ssize_t n, cnp.ndarray x) except? NULL:
    cdef double *data = written(x)
    must_have(n, x)
    return data


cdef inline int must_be_apart(Py_ssize_t n, double *a, double *b) except -1:
    if -n < a - b < n:
        raise ValueError("the arrays may not overlap")
    return 0


def first(cnp.ndarray x not None):
    cdef double *data = doubles(x)
    return lib.first(cnp.PyArray_DIM(x, 0), data)


def first_single(cnp.ndarray x not None):
    cdef float *data = <float *>readable(x, 1, cnp.NPY_FLOAT)
    return lib.first_single(cnp.PyArray_DIM(x, 0), data)


def add(cnp.ndarray x not None, cnp.ndarray y not None, cnp.ndarray z not None):
    cdef double *data = doubles(x)
    cdef Py_ssize_t n = cnp.PyArray_DIM(x, 0)
    lib.add(n, data, doubles_of(n, y), written_of(n, z))


def add_seven(cnp.ndarray a not None, cnp.ndarray b not None, cnp.ndarray c not None, cnp.ndarray d not None,
              cnp.ndarray e not None, cnp.ndarray f not None, cnp.ndarray g not None, cnp.ndarray z not None):
    cdef double *data = doubles(a)
    cdef Py_ssize_t n = cnp.PyArray_DIM(a, 0)
    lib.add_seven(n, data, doubles_of(n, b), doubles_of(n, c), doubles_of(n, d), doubles_of(n, e), doubles_of(n, f),
                  doubles_of(n, g), written_of(n, z))


def doubled(cnp.ndarray x not None):
    cdef double *data = doubles(x)
    cdef cnp.npy_intp n = cnp.PyArray_DIM(x, 0)
    cdef cnp.ndarray y = cnp.PyArray_SimpleNew(1, &n, cnp.NPY_DOUBLE)
    lib.doubled(n, data, <double *>cnp.PyArray_DATA(y))
    return y


def scale(double a, cnp.ndarray x not None):
    cdef double *data = written(x)
    lib.scale(a, cnp.PyArray_DIM(x, 0), data)


def mean(cnp.ndarray x not None):
    cdef double *data = <double *>readable(x, 2, cnp.NPY_DOUBLE)
    return lib.mean(cnp.PyArray_DIM(x, 0), cnp.PyArray_DIM(x, 1), data)


def cross(cnp.ndarray a not None, cnp.ndarray b not None, cnp.ndarray c not None):
    cdef double *left = doubles_of(3, a)
    cdef double *right = doubles_of(3, b)
    cdef double *product = written_of(3, c)
    must_be_apart(3, left, product)
    must_be_apart(3, right, product)
    lib.cross(left, right, product)


def sum_bytes(b):
    cdef Py_buffer view
    PyObject_GetBuffer(b, &view, PyBUF_SIMPLE)
    cdef uint64_t total = lib.sum_bytes(view.len, <const char *>view.buf)
    PyBuffer_Release(&view)
    return total


def largest(cnp.ndarray x not None):
    cdef double *data = doubles(x)
    return lib.largest(cnp.PyArray_DIM(x, 0), data)
