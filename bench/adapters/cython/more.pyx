# SPDX-License-Identifier: BSD-3-Clause
# cython: language_level=3, boundscheck=False, wraparound=False, binding=False, always_allow_keywords=False, auto_pickle=False
# distutils: sources = src/more.c
# distutils: include_dirs = src
# distutils: extra_compile_args = -O3 -g0 -fvisibility=hidden
cimport cython
cimport numpy as cnp
from cpython.buffer cimport PyBUF_FORMAT, PyBUF_ND, PyBUF_STRIDES
from libc.stdlib cimport free

cimport cmore as lib

cnp.import_array()


def sum_strided(cnp.ndarray[const double] x not None):
    return lib.sum_strided(x.shape[0], x.strides[0], &x[0])


def first_pair(cnp.ndarray[const lib.pair, mode="c"] p not None):
    return lib.first_pair(p.shape[0], &p[0])


def accumulate(cnp.ndarray[const double, mode="c"] x not None, cnp.ndarray[double, mode="c"] y not None):
    if x.shape[0] != y.shape[0]:
        raise ValueError("x and y must have one length")
    if not cnp.PyArray_ISWRITEABLE(y):
        raise ValueError("y is read-only, and it would be written")
    lib.accumulate(x.shape[0], &x[0], &y[0])


include "memory.pxi"
