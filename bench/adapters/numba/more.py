# SPDX-License-Identifier: BSD-3-Clause
"""Of more.c what Numba can do, written again in Python."""

import numpy as np
from numba import float64, from_dtype, int64, njit, types, void
from numba.experimental import jitclass

PAIR = from_dtype(np.dtype([("a", "i4"), ("b", "f4")]))


def compiled(signature):
    return njit(signature, cache=True, error_model="numpy")


@compiled(float64(types.Array(float64, 1, "A", readonly=True)))
def sum_strided(x):
    total = 0.0
    for i in range(x.size):
        total += x[i]
    return total


@compiled(float64(types.Array(PAIR, 1, "C", readonly=True)))
def first_pair(p):
    return p[0].a + float64(p[0].b) if p.size > 0 else 0.0


@compiled(void(types.Array(float64, 1, "C", readonly=True), float64[::1]))
def accumulate(x, y):
    if x.size != y.size:
        raise ValueError("x and y must have the same size")
    total = 0.0
    for i in range(x.size):
        total += x[i]
        y[i] = total


@jitclass([("n", int64), ("data", float64[::1])])
class series:
    def __init__(self, n):
        self.n = n
        self.data = np.empty(n)
        if n > 0:
            self.data[0] = 1

    def size(self):
        return self.n

    def values(self):
        return self.data
