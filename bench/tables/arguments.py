# SPDX-License-Identifier: BSD-3-Clause
"""What an argument costs that is something else than a contiguous float64 ndarray made before."""

import array
from typing import Any

import numpy as np
from cases import Case, Names, table
from measure import Method

VALUES = [1.0, 2.0, 3.0]
PAIR = np.dtype([("a", "i4"), ("b", "f4")])


def read_only() -> Names:
    x = np.array(VALUES)
    x.setflags(write=False)
    return {"x": x}


def fresh(n: int) -> np.ndarray:
    x: np.ndarray = np.empty(n)
    x[0] = 1.0
    return x


def is_one(result: Any, _: Names) -> bool:
    return bool(result == 1.0)


CASES = [
    Case("contiguous", "contiguous float64", "first", "f(x)", lambda: {"x": np.array(VALUES)}, is_one),
    Case("fresh", "a fresh array each call: f(fresh(3))", "first", "f(fresh(3))", lambda: {},
         is_one, must=False, native=lambda f: {"fresh": fresh}),
    Case("read-only", "read-only", "first", "f(x)", read_only, is_one, must=False),
    Case("strided", "strided: x[::2]", "sum_strided", "f(x)", lambda: {"x": np.arange(6.0)[::2]},
         lambda result, _: result == 6.0, must=False),
    Case("float32", "float32", "first_single", "f(x)", lambda: {"x": np.array(VALUES, np.float32)}, is_one, must=False),
    Case("structured", "structured: {int32 a; float32 b}", "first_pair", "f(p)",
         lambda: {"p": np.array([(1, 0.5), (2, 0.5)], PAIR)}, lambda result, _: result == 1.5, must=False),
    Case("bytes", "bytes", "sum_bytes", "f(b)", lambda: {"b": b"\1\2\xff"},
         lambda result, _: result == 258, must=False),
    Case("bytearray", "bytearray", "sum_bytes", "f(b)", lambda: {"b": bytearray(b"\1\2\xff")},
         lambda result, _: result == 258, must=False),
    Case("memoryview", "memoryview of an ndarray", "first", "f(x)", lambda: {"x": memoryview(np.array(VALUES))}, is_one,
         must=False),
    Case("array.array", "array.array", "first", "f(x)", lambda: {"x": array.array("d", VALUES)}, is_one, must=False),
]


def run(method: Method, quick: bool) -> dict[str, Any]:
    return table(CASES, method)
