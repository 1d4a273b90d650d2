# SPDX-License-Identifier: BSD-3-Clause
"""python more_build.py makes the extension module _more."""

from cffi import FFI

ffibuilder = FFI()
ffibuilder.cdef("""
    typedef struct {
        int32_t a;
        float b;
    } pair;
    typedef struct series series;

    double sum_strided(size_t n, ptrdiff_t stride, const double *x);
    double first_pair(size_t n, const pair *p);
    void accumulate(size_t n, const double *x, double *y);
    double *handed(size_t n);
    double *aligned(size_t n);
    void free(void *memory);
    series *series_new(size_t n);
    void series_free(series *s);
    size_t series_size(const series *s);
    double *series_data(series *s);
""")
ffibuilder.set_source("_more", '#include <stdlib.h>\n#include "more.h"', sources=["more.c"],
                      extra_compile_args=["-O3", "-g0", "-fvisibility=hidden"])  # fmt: skip

if __name__ == "__main__":
    ffibuilder.compile(verbose=True)
