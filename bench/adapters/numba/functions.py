# SPDX-License-Identifier: BSD-3-Clause
"""functions.c, written again in Python for Numba."""

import numpy as np
from numba import float32, float64, int64, njit, types, uint8, uint64, void

READ = types.Array(float64, 1, "C", readonly=True)
WRITTEN = float64[::1]


def compiled(*signatures):
    return njit(list(signatures), cache=True, error_model="numpy")


@compiled(float64(READ))
def first(x):
    return x[0] if x.size > 0 else 0.0


@compiled(float32(types.Array(float32, 1, "C", readonly=True)))
def first_single(x):
    return x[0] if x.size > 0 else np.float32(0)


@compiled(void(READ, READ, WRITTEN))
def add(x, y, z):
    if x.size != z.size or y.size != z.size:
        raise ValueError("x, y and z must have the same size")
    if z.size > 0:
        z[0] = x[0] + y[0]


@compiled(void(READ, READ, READ, READ, READ, READ, READ, WRITTEN))
def add_seven(a, b, c, d, e, f, g, z):
    n = z.size
    if a.size != n or b.size != n or c.size != n or d.size != n or e.size != n or f.size != n or g.size != n:
        raise ValueError("all arrays must have the same size")
    if n > 0:
        z[0] = a[0] + b[0] + c[0] + d[0] + e[0] + f[0] + g[0]


@compiled(float64[::1](READ))
def doubled(x):
    y = np.empty(x.size)
    for i in range(x.size):
        y[i] = 2 * x[i]
    return y


@compiled(void(float64, WRITTEN))
def scale(a, x):
    for i in range(x.size):
        x[i] *= a


@compiled(float64(types.Array(float64, 2, "C", readonly=True)))
def mean(x):
    total = 0.0
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            total += x[i, j]
    return total / x.size


@compiled(void(READ, READ, WRITTEN))
def cross(a, b, c):
    if a.size != 3 or b.size != 3 or c.size != 3:
        raise ValueError("vectors must have 3 elements")
    c[0], c[1], c[2] = a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


@compiled(uint64(types.Bytes(uint8, 1, "C", readonly=True)), uint64(types.ByteArray(uint8, 1, "C")))
def sum_bytes(b):
    total = np.uint64(0)
    for i in range(len(b)):
        total += np.uint64(b[i])
    return total


@compiled(int64(READ))
def largest(x):
    best = 0 if x.size > 0 else -1
    for i in range(1, x.size):
        if x[i] > x[best]:
            best = i
    return best
