# SPDX-License-Identifier: BSD-3-Clause
from ctypes import c_double, c_float, c_size_t, c_ssize_t, c_uint64
from pathlib import Path

import numpy as np
from numpy.ctypeslib import load_library, ndpointer

library = load_library("libfunctions", Path(__file__).parent)
DOUBLES = ndpointer(np.float64, 1, flags="C_CONTIGUOUS,ALIGNED")
WRITTEN = ndpointer(np.float64, 1, flags="C_CONTIGUOUS,ALIGNED,WRITEABLE")
THREE = ndpointer(np.float64, shape=(3,), flags="C_CONTIGUOUS,ALIGNED")
THREE_WRITTEN = ndpointer(np.float64, shape=(3,), flags="C_CONTIGUOUS,ALIGNED,WRITEABLE")
FLOATS = ndpointer(np.float32, 1, flags="C_CONTIGUOUS,ALIGNED")
MATRIX = ndpointer(np.float64, 2, flags="C_CONTIGUOUS,ALIGNED")
BYTES = ndpointer(np.uint8, 1, flags="C_CONTIGUOUS")


def declared(name, result, *arguments):
    function = library[name]
    function.argtypes, function.restype = arguments, result
    return function


c_first = declared("first", c_double, c_size_t, DOUBLES)
c_first_single = declared("first_single", c_float, c_size_t, FLOATS)
c_add = declared("add", None, c_size_t, DOUBLES, DOUBLES, WRITTEN)
c_add_seven = declared("add_seven", None, c_size_t, *[DOUBLES] * 7, WRITTEN)
c_doubled = declared("doubled", None, c_size_t, DOUBLES, WRITTEN)
c_scale = declared("scale", None, c_double, c_size_t, WRITTEN)
c_mean = declared("mean", c_double, c_size_t, c_size_t, MATRIX)
cross = declared("cross", None, THREE, THREE, THREE_WRITTEN)
c_sum_bytes = declared("sum_bytes", c_uint64, c_size_t, BYTES)
c_largest = declared("largest", c_ssize_t, c_size_t, DOUBLES)


def first(x):
    return c_first(len(x), x)


def first_single(x):
    return c_first_single(len(x), x)


def add(x, y, z):
    n = len(x)
    if n != len(y) or n != len(z):
        raise ValueError("x, y and z must have one length")
    c_add(n, x, y, z)


def add_seven(a, b, c, d, e, f, g, z):
    n = len(a)
    if not n == len(b) == len(c) == len(d) == len(e) == len(f) == len(g) == len(z):
        raise ValueError("the arrays must have one length")
    c_add_seven(n, a, b, c, d, e, f, g, z)


def doubled(x):
    n = len(x)
    y = np.empty(n)
    c_doubled(n, x, y)
    return y


def scale(a, x):
    c_scale(a, len(x), x)


def mean(x):
    m, n = x.shape
    return c_mean(m, n, x)


def sum_bytes(b):
    b = np.frombuffer(b, np.uint8)
    return c_sum_bytes(len(b), b)


def largest(x):
    return c_largest(len(x), x)
