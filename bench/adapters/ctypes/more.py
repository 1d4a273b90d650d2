# SPDX-License-Identifier: BSD-3-Clause
from ctypes import CDLL, POINTER, Structure, c_double, c_float, c_int32, c_size_t, c_ssize_t, c_void_p
from functools import cached_property
from pathlib import Path

import numpy as np

library = CDLL(str(Path(__file__).with_name("libmore.so")))


class Pair(Structure):
    _fields_ = (("a", c_int32), ("b", c_float))


def declared(name, result, *arguments, source=library):
    function = source[name]
    function.argtypes, function.restype = arguments, result
    return function


c_sum_strided = declared("sum_strided", c_double, c_size_t, c_ssize_t, c_void_p)
c_first_pair = declared("first_pair", c_double, c_size_t, POINTER(Pair))
c_accumulate = declared("accumulate", None, c_size_t, POINTER(c_double), POINTER(c_double))
c_handed = declared("handed", c_void_p, c_size_t)
c_aligned = declared("aligned", c_void_p, c_size_t)
c_free = declared("free", None, c_void_p, source=CDLL(None))
series_new = declared("series_new", c_void_p, c_size_t)
series_free = declared("series_free", None, c_void_p)
series_size = declared("series_size", c_size_t, c_void_p)
series_data = declared("series_data", c_void_p, c_void_p)


def readable(x, element=c_double):
    try:
        return element.from_buffer(x)
    except (TypeError, ValueError):
        if not x.flags.c_contiguous:
            raise
        return element.from_address(x.ctypes.data)


def sum_strided(x):
    (n,), (stride,) = x.shape, x.strides
    return c_sum_strided(n, stride, x.ctypes.data)


def first_pair(p):
    return c_first_pair(len(p), readable(p, Pair))


def accumulate(x, y):
    n = len(x)
    if n != len(y):
        raise ValueError("x and y must have one length")
    c_accumulate(n, readable(x), c_double.from_buffer(y) if n else None)


def doubles(address, n):
    return {"version": 3, "typestr": "<f8", "shape": (n,), "data": (address, False)}


class Block:
    """Memory of malloc. It is the base of the array that shows it."""

    def __init__(self, address, n):
        self.__array_interface__ = doubles(address, n)

    def __del__(self, free=c_free):
        free(self.__array_interface__["data"][0])


def owning(address, n):
    if not address:
        raise MemoryError
    return np.asarray(Block(address, n))


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
        return doubles(series_data(self.s), self.size())

    def size(self):
        return series_size(self.s)

    def values(self):
        return np.asarray(self)  # keeps self, whose __array_interface__ is asked
