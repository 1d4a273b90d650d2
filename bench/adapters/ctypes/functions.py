# SPDX-License-Identifier: BSD-3-Clause
from ctypes import CDLL, POINTER, byref, c_char, c_char_p, c_double, c_float, c_size_t, c_ssize_t, c_uint64
from pathlib import Path

import numpy as np

library = CDLL(str(Path(__file__).with_name("libfunctions.so")))
DOUBLES, FLOATS = POINTER(c_double), POINTER(c_float)


def declared(name, result, *arguments):
    function = library[name]
    function.argtypes, function.restype = arguments, result
    return function


c_first = declared("first", c_double, c_size_t, DOUBLES)
c_first_single = declared("first_single", c_float, c_size_t, FLOATS)
c_add = declared("add", None, c_size_t, DOUBLES, DOUBLES, DOUBLES)
c_add_seven = declared("add_seven", None, c_size_t, *[DOUBLES] * 8)
c_doubled = declared("doubled", None, c_size_t, DOUBLES, DOUBLES)
c_scale = declared("scale", None, c_double, c_size_t, DOUBLES)
c_mean = declared("mean", c_double, c_size_t, c_size_t, DOUBLES)
c_cross = declared("cross", None, DOUBLES, DOUBLES, DOUBLES)
c_sum_bytes = declared("sum_bytes", c_uint64, c_size_t, c_char_p)
c_largest = declared("largest", c_ssize_t, c_size_t, DOUBLES)


# The first element, shared: where a pointer is declared, ctypes passes its address. from_buffer() doesn't take
# read-only memory, nor none at all.
def readable(x, element=c_double):
    try:
        return element.from_buffer(x)
    except (TypeError, ValueError):
        if not x.flags.c_contiguous:
            raise
        return element.from_address(x.ctypes.data)


def writable(x):
    return c_double.from_buffer(x) if len(x) else None


def first(x):
    return c_first(len(x), readable(x))


def first_single(x):
    return c_first_single(len(x), readable(x, c_float))


def add(x, y, z):
    n = len(x)
    if n != len(y) or n != len(z):
        raise ValueError("x, y and z must have one length")
    c_add(n, readable(x), readable(y), writable(z))


def add_seven(a, b, c, d, e, f, g, z):
    n = len(a)
    if not n == len(b) == len(c) == len(d) == len(e) == len(f) == len(g) == len(z):
        raise ValueError("the arrays must have one length")
    c_add_seven(
        n, readable(a), readable(b), readable(c), readable(d), readable(e), readable(f), readable(g), writable(z)
    )


def doubled(x):
    n = len(x)
    y = np.empty(n)
    c_doubled(n, readable(x), writable(y))
    return y


def scale(a, x):
    c_scale(a, len(x), writable(x))


def mean(x):
    m, n = x.shape
    return c_mean(m, n, readable(x))


def cross(a, b, c):
    if not len(a) == len(b) == len(c) == 3:
        raise ValueError("a, b and c must have three elements")
    c_cross(readable(a), readable(b), writable(c))


def sum_bytes(b):
    if isinstance(b, bytes):
        return c_sum_bytes(len(b), b)
    return c_sum_bytes(memoryview(b).nbytes, byref(c_char.from_buffer(b)))


def largest(x):
    return c_largest(len(x), readable(x))
