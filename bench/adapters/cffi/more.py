# SPDX-License-Identifier: BSD-3-Clause
from functools import cached_property

import numpy as np
from _more import ffi, lib

ADDRESS, CONST_DOUBLE = ffi.typeof("uintptr_t"), ffi.typeof("const double *")
DOUBLES, PAIRS = ffi.typeof("double[]"), ffi.typeof("pair[]")
from_buffer = ffi.from_buffer


def sum_strided(x):
    (n,), (stride,) = x.shape, x.strides
    if x.itemsize != 8:
        raise ValueError("x must be float64[n]")
    return lib.sum_strided(n, stride, ffi.cast(CONST_DOUBLE, x.ctypes.data))  # from_buffer() takes no strides


def first_pair(p):
    p = from_buffer(PAIRS, p)
    return lib.first_pair(len(p), p)


def accumulate(x, y):
    x, y = from_buffer(DOUBLES, x), from_buffer(DOUBLES, y, True)
    n = len(x)
    if n != len(y):
        raise ValueError("x and y must have one length")
    lib.accumulate(n, x, y)


def owning(memory, n):
    if not memory:
        raise MemoryError
    return np.ndarray(n, np.float64, ffi.buffer(ffi.gc(memory, lib.free), 8 * n))  # the buffer keeps what it shows


def handed(n):
    return owning(lib.handed(n), n)


def aligned(n):
    return owning(lib.aligned(n), n)


class series:
    def __init__(self, n):
        s = lib.series_new(n)
        if not s:
            raise MemoryError
        self.s = ffi.gc(s, lib.series_free)

    @cached_property
    def __array_interface__(self):
        address = int(ffi.cast(ADDRESS, lib.series_data(self.s)))
        return {"version": 3, "typestr": "<f8", "shape": (self.size(),), "data": (address, False)}

    def size(self):
        return lib.series_size(self.s)

    def values(self):
        return np.asarray(self)  # keeps self, whose __array_interface__ is asked
