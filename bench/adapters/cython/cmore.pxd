# SPDX-License-Identifier: BSD-3-Clause
from libc.stdint cimport int32_t

cdef extern from "more.h" nogil:
    ctypedef struct pair:
        int32_t a
        float b

    ctypedef struct series:
        pass

    double sum_strided(size_t n, Py_ssize_t stride, const double *x)
    double first_pair(size_t n, const pair *p)
    void accumulate(size_t n, const double *x, double *y)
    double *handed(size_t n)
    double *aligned(size_t n)
    series *series_new(size_t n)
    void series_free(series *s)
    size_t series_size(const series *s)
    double *series_data(series *s)
