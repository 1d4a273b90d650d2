# SPDX-License-Identifier: BSD-3-Clause
# cython: language_level=3, boundscheck=False, wraparound=False, binding=False, auto_pickle=False
# distutils: sources = src/more.c
# distutils: include_dirs = src
# distutils: extra_compile_args = -O3 -g0 -fvisibility=hidden
cimport cython
cimport numpy as cnp
from cpython.buffer cimport PyBUF_FORMAT, PyBUF_ND, PyBUF_STRIDES
from libc.stdint cimport int32_t
from libc.stdlib cimport free

cnp.import_array()

cdef extern from "more.h" nogil:
    ctypedef struct pair:
        int32_t a
        float b

    ctypedef struct c_series "series":
        pass

    double c_sum_strided "sum_strided"(size_t n, Py_ssize_t stride, const double *x)
    double c_first_pair "first_pair"(size_t n, const pair *p)
    void c_accumulate "accumulate"(size_t n, const double *x, double *y)
    double *c_handed "handed"(size_t n)
    double *c_aligned "aligned"(size_t n)
    c_series *series_new(size_t n)
    void series_free(c_series *s)
    size_t series_size(const c_series *s)
    double *series_data(c_series *s)


def sum_strided(cnp.ndarray[const double] x):
    return c_sum_strided(x.shape[0], x.strides[0], &x[0])


def first_pair(cnp.ndarray[const pair, mode="c"] p):
    return c_first_pair(p.shape[0], &p[0])


def accumulate(cnp.ndarray[const double, mode="c"] x, cnp.ndarray[double, mode="c"] y):
    if x.shape[0] != y.shape[0]:
        raise ValueError("x and y must have one length")
    if not cnp.PyArray_ISWRITEABLE(y):
        raise ValueError("y is read-only, and it would be written")
    c_accumulate(x.shape[0], &x[0], &y[0])


cdef cnp.ndarray array_over(double *memory, cnp.npy_intp n, owner):
    cdef cnp.ndarray array = cnp.PyArray_SimpleNewFromData(1, &n, cnp.NPY_DOUBLE, memory)
    cnp.set_array_base(array, owner)
    return array


@cython.final
@cython.freelist(8)
cdef class Block:
    """Frees memory of malloc."""
    cdef double *memory

    def __dealloc__(self):
        free(self.memory)


cdef cnp.ndarray owning(double *memory, cnp.npy_intp n):
    if memory == NULL:
        raise MemoryError
    cdef Block block = Block.__new__(Block)
    block.memory = memory
    return array_over(memory, n, block)


def handed(size_t n):
    return owning(c_handed(n), n)


def aligned(size_t n):
    return owning(c_aligned(n), n)


@cython.final
@cython.freelist(8)
cdef class series:
    cdef c_series *s
    cdef Py_ssize_t shape, stride  # what buffers point to

    def __cinit__(self, size_t n):
        self.s = series_new(n)
        if self.s == NULL:
            raise MemoryError
        self.shape, self.stride = n, sizeof(double)

    def __dealloc__(self):
        if self.s != NULL:
            series_free(self.s)

    def __getbuffer__(self, Py_buffer *view, int flags):
        view.buf = series_data(self.s)
        view.obj = self
        view.len = self.shape * self.stride
        view.itemsize = self.stride
        view.readonly = 0
        view.ndim = 1
        view.format = <char *>"d" if flags & PyBUF_FORMAT else NULL
        view.shape = &self.shape if flags & PyBUF_ND else NULL
        view.strides = &self.stride if (flags & PyBUF_STRIDES) == PyBUF_STRIDES else NULL
        view.suboffsets = NULL
        view.internal = NULL

    def size(self):
        return series_size(self.s)

    def values(self):
        return array_over(series_data(self.s), self.shape, self)
