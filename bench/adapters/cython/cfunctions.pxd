# SPDX-License-Identifier: BSD-3-Clause
from libc.stdint cimport uint64_t

cdef extern from "functions.h" nogil:
    double first(size_t n, const double *x)
    float first_single(size_t n, const float *x)
    void add(size_t n, const double *x, const double *y, double *z)
    void add_seven(size_t n, const double *a, const double *b, const double *c, const double *d,
                   const double *e, const double *f, const double *g, double *z)
    void doubled(size_t n, const double *x, double *y)
    void scale(double a, size_t n, double *x)
    double mean(size_t m, size_t n, const double *x)
    void cross(const double *a, const double *b, double *c)
    uint64_t sum_bytes(size_t n, const char *b)
    Py_ssize_t largest(size_t n, const double *x)
