# SPDX-License-Identifier: BSD-3-Clause
import numpy as np
from _functions import ffi, lib

BYTES, DOUBLES, FLOATS = ffi.typeof("char[]"), ffi.typeof("double[]"), ffi.typeof("float[]")
from_buffer = ffi.from_buffer


def first(x):
    x = from_buffer(DOUBLES, x)
    return lib.first(len(x), x)


def first_single(x):
    x = from_buffer(FLOATS, x)
    return lib.first_single(len(x), x)


def add(x, y, z):
    x, y, z = from_buffer(DOUBLES, x), from_buffer(DOUBLES, y), from_buffer(DOUBLES, z, True)
    n = len(x)
    if n != len(y) or n != len(z):
        raise ValueError("x, y and z must have one length")
    lib.add(n, x, y, z)


def add_seven(a, b, c, d, e, f, g, z):
    a, b, c, d = from_buffer(DOUBLES, a), from_buffer(DOUBLES, b), from_buffer(DOUBLES, c), from_buffer(DOUBLES, d)
    e, f, g = from_buffer(DOUBLES, e), from_buffer(DOUBLES, f), from_buffer(DOUBLES, g)
    z = from_buffer(DOUBLES, z, True)
    n = len(a)
    if not n == len(b) == len(c) == len(d) == len(e) == len(f) == len(g) == len(z):
        raise ValueError("the arrays must have one length")
    lib.add_seven(n, a, b, c, d, e, f, g, z)


def doubled(x):
    x = from_buffer(DOUBLES, x)
    n = len(x)
    y = np.empty(n)
    lib.doubled(n, x, from_buffer(DOUBLES, y, True))
    return y


def scale(a, x):
    x = from_buffer(DOUBLES, x, True)
    lib.scale(a, len(x), x)


def mean(x):
    m, n = x.shape
    x = from_buffer(DOUBLES, x)
    if m * n != len(x):
        raise ValueError("x must be float64[m, n]")
    return lib.mean(m, n, x)


def cross(a, b, c):
    a, b, c = from_buffer(DOUBLES, a), from_buffer(DOUBLES, b), from_buffer(DOUBLES, c, True)
    if not len(a) == len(b) == len(c) == 3:
        raise ValueError("a, b and c must have three elements")
    lib.cross(a, b, c)


def sum_bytes(b):
    if not isinstance(b, bytes):  # which `const char *` takes as they are
        b = from_buffer(BYTES, b)
    return lib.sum_bytes(len(b), b)


def largest(x):
    x = from_buffer(DOUBLES, x)
    return lib.largest(len(x), x)
