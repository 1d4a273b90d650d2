# SPDX-License-Identifier: BSD-3-Clause
# cython: language_level=3, boundscheck=False, wraparound=False, binding=False, always_allow_keywords=False
# distutils: sources = src/functions.c
# distutils: include_dirs = src
# distutils: extra_compile_args = -O3 -g0 -fvisibility=hidden
cimport numpy as cnp
from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from libc.stdint cimport uint64_t

cimport cfunctions as lib

cnp.import_array()


# `not None`, since a buffer would let it pass, and C would read at no address.
#
# A buffer that is declared as an argument is asked for writable memory only where an element is assigned to, and here
# C is what writes.
cdef inline int must_be_writable(cnp.ndarray x) except -1:
    if not cnp.PyArray_ISWRITEABLE(x):
        raise ValueError("the array is read-only, and it would be written")
    return 0


cdef inline int must_agree(bint agree) except -1:
    if not agree:
        raise ValueError("the arrays must have one length")
    return 0


def first(cnp.ndarray[const double, mode="c"] x not None):
    return lib.first(x.shape[0], &x[0])


def first_single(cnp.ndarray[const float, mode="c"] x not None):
    return lib.first_single(x.shape[0], &x[0])


def add(cnp.ndarray[const double, mode="c"] x not None, cnp.ndarray[const double, mode="c"] y not None,
        cnp.ndarray[double, mode="c"] z not None):
    cdef Py_ssize_t n = x.shape[0]
    must_agree(y.shape[0] == n and z.shape[0] == n)
    must_be_writable(z)
    lib.add(n, &x[0], &y[0], &z[0])


def add_seven(cnp.ndarray[const double, mode="c"] a not None, cnp.ndarray[const double, mode="c"] b not None,
              cnp.ndarray[const double, mode="c"] c not None, cnp.ndarray[const double, mode="c"] d not None,
              cnp.ndarray[const double, mode="c"] e not None, cnp.ndarray[const double, mode="c"] f not None,
              cnp.ndarray[const double, mode="c"] g not None, cnp.ndarray[double, mode="c"] z not None):
    cdef Py_ssize_t n = a.shape[0]
    must_agree(b.shape[0] == n and c.shape[0] == n and d.shape[0] == n and e.shape[0] == n and f.shape[0] == n
               and g.shape[0] == n and z.shape[0] == n)
    must_be_writable(z)
    lib.add_seven(n, &a[0], &b[0], &c[0], &d[0], &e[0], &f[0], &g[0], &z[0])


def doubled(cnp.ndarray[const double, mode="c"] x not None):
    cdef cnp.npy_intp n = x.shape[0]
    cdef cnp.ndarray y = cnp.PyArray_SimpleNew(1, &n, cnp.NPY_DOUBLE)
    lib.doubled(n, &x[0], <double *>cnp.PyArray_DATA(y))
    return y


def scale(double a, cnp.ndarray[double, mode="c"] x not None):
    must_be_writable(x)
    lib.scale(a, x.shape[0], &x[0])


def mean(cnp.ndarray[const double, ndim=2, mode="c"] x not None):
    return lib.mean(x.shape[0], x.shape[1], &x[0, 0])


def cross(cnp.ndarray[const double, mode="c"] a not None, cnp.ndarray[const double, mode="c"] b not None,
          cnp.ndarray[double, mode="c"] c not None):
    must_agree(a.shape[0] == 3 and b.shape[0] == 3 and c.shape[0] == 3)
    must_be_writable(c)
    lib.cross(&a[0], &b[0], &c[0])


def sum_bytes(b):
    cdef Py_buffer view
    PyObject_GetBuffer(b, &view, PyBUF_SIMPLE)
    cdef uint64_t total = lib.sum_bytes(view.len, <const char *>view.buf)
    PyBuffer_Release(&view)
    return total


def largest(cnp.ndarray[const double, mode="c"] x not None):
    return lib.largest(x.shape[0], &x[0])
