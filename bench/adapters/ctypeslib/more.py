# SPDX-License-Identifier: BSD-3-Clause
from ctypes import CDLL, c_double, c_size_t, c_ssize_t, c_void_p
from functools import cached_property
from pathlib import Path
from weakref import finalize

import numpy as np
from numpy.ctypeslib import load_library, ndpointer

library = load_library("libmore", Path(__file__).parent)
PAIR = np.dtype([("a", "i4"), ("b", "f4")], align=True)
PAIRS = ndpointer(PAIR, 1, flags="C_CONTIGUOUS,ALIGNED")
STRIDED = ndpointer(np.float64, 1, flags="ALIGNED")
DOUBLES = ndpointer(np.float64, 1, flags="C_CONTIGUOUS,ALIGNED")
WRITTEN = ndpointer(np.float64, 1, flags="C_CONTIGUOUS,ALIGNED,WRITEABLE")


def declared(name, result, *arguments, source=library):
    function = source[name]
    function.argtypes, function.restype = arguments, result
    return function


c_sum_strided = declared("sum_strided", c_double, c_size_t, c_ssize_t, STRIDED)
c_first_pair = declared("first_pair", c_double, c_size_t, PAIRS)
c_accumulate = declared("accumulate", None, c_size_t, DOUBLES, WRITTEN)
c_handed = declared("handed", c_void_p, c_size_t)
c_aligned = declared("aligned", c_void_p, c_size_t)
c_free = declared("free", None, c_void_p, source=CDLL(None))
series_new = declared("series_new", c_void_p, c_size_t)
series_free = declared("series_free", None, c_void_p)
series_size = declared("series_size", c_size_t, c_void_p)
series_data = declared("series_data", c_void_p, c_void_p)


def sum_strided(x):
    return c_sum_strided(len(x), x.strides[0], x)


def first_pair(p):
    return c_first_pair(len(p), p)


def accumulate(x, y):
    n = len(x)
    if n != len(y):
        raise ValueError("x and y must have one length")
    c_accumulate(n, x, y)


def owning(address, n):
    if not address:
        raise MemoryError
    block = (c_double * n).from_address(address)
    finalize(block, c_free, address)
    return np.frombuffer(block)  # every view keeps the block


def handed(n):
    return owning(c_handed(n), n)


def aligned(n):
    return owning(c_aligned(n), n)


class series:
    def __init__(self, n):
        self.s = series_new(n)
        if not self.s:
            raise MemoryError

    def __del__(self, free=series_free):
        if self.s:
            free(self.s)

    @cached_property
    def __array_interface__(self):
        return {"version": 3, "typestr": "<f8", "shape": (self.size(),), "data": (series_data(self.s), False)}

    def size(self):
        return series_size(self.s)

    def values(self):
        return np.asarray(self)  # keeps self, whose __array_interface__ is asked
