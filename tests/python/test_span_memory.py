# SPDX-License-Identifier: BSD-3-Clause
"""Memory stays flat over many Spans, and each allocation may fail: MemoryError then, and nothing is kept or lost."""

import gc
import importlib.util
import resource
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tenon import Span

# One use of each kind. Each is run again and again with a new exporter, whose references are counted.
USES = """
import ctypes, pickle
import numpy as np
import tenon
from tenon import DType, Span

class Pixel(ctypes.Structure):
    _fields_ = [("a", ctypes.c_int8), ("b", ctypes.c_double)]

class Interface:
    "Speaks the array interface alone."
    def __init__(self, data):
        self.__array_interface__ = {"version": 3, "shape": (2,), "typestr": "<f8", "data": data}

def data():
    return bytearray(range(48))

def array(dtype="u1", shape=-1):
    return np.frombuffer(data(), dtype).reshape(shape)

record = [("a", "<i4"), ("b", "<f4", (2,))]
USES = {
    "made of a buffer": (data, Span),
    "made of an array": (lambda: array("f8"), Span),
    "made of structures": (lambda: array(record), Span),
    "made of a buffer of structures": (lambda: memoryview(array(record)), Span),
    "made of datetimes": (lambda: array("M8[ns]"), Span),
    "made of many dimensions": (lambda: array(shape=(1, 2, 3, 2, 2, 2)), Span),
    "made of the array interface": (lambda: Interface(data()), Span),
    "made of ctypes": (lambda: (Pixel * 3).from_buffer(data()), Span),
    "made of a Span": (data, lambda x: Span(Span(x))),
    "sliced": (lambda: array(shape=(6, 8)), lambda x: Span(x)[1:, ::2]),
    "sliced in many dimensions": (lambda: array(shape=(1, 2, 3, 2, 2, 2)), lambda x: Span(x)[..., 1, None]),
    "an element": (lambda: array(record), lambda x: Span(x)[1]),
    "an element of a datetime": (lambda: array("M8[ns]"), lambda x: Span(x)[1]),
    "an element written": (lambda: array(record).copy(), lambda x: Span(x).__setitem__(0, (1, [2.0, 3.0]))),
    "a datetime written": (lambda: array("M8[ns]").copy(), lambda x: Span(x).__setitem__(0, np.datetime64(5, "s"))),
    "a long element written": (lambda: array("S24").copy(), lambda x: Span(x).__setitem__(0, b"x" * 20)),
    "a slice assigned": (data, lambda x: Span(x).__setitem__(slice(3), b"abc")),
    "a slice assigned to itself": (data, lambda x: Span(x).__setitem__(slice(3), Span(x)[1:4])),
    "transposed": (lambda: array(shape=(6, 8)), lambda x: Span(x).T.transpose(1, 0)),
    "reshaped": (data, lambda x: Span(x).reshape(6, 8).reshape((48,), "F")),
    "read-only": (data, lambda x: Span(x).toreadonly()),
    "an ndarray": (lambda: array("f8"), lambda x: Span(x).numpy()),
    "an ndarray of structures": (lambda: array(record), lambda x: Span(x).numpy()),
    "an ndarray of datetimes": (lambda: array("M8[ns]"), lambda x: Span(x).numpy()),
    "exported": (data, lambda x: memoryview(Span(x))),
    "exported and read by NumPy": (data, lambda x: np.asarray(Span(x))),
    "pinned": (data, lambda x: np.ndarray((4,), "u1", buffer=Span(x))),
    "printed": (lambda: array(record), lambda x: repr(Span(x)[::-1])),
    "properties": (lambda: Span(array(record)), lambda x: (x.shape, x.strides, x.suboffsets, x.format, x.obj, x.T)),
    "released": (data, lambda x: Span(x).release()),
    "in a with": (data, lambda x: Span(x).__enter__().__exit__(None, None, None)),
    "refused": (object, Span),
    "refused as a buffer": (lambda: array("M8[ns]"), lambda x: memoryview(Span(x))),
    "refused an assignment": (data, lambda x: Span(x).__setitem__(slice(3), b"ab")),
    "refused an element": (data, lambda x: Span(x).__setitem__(0, 300)),
    "an element type by name": (object, lambda x: DType("datetime64[ns]")),
    "an element type by format": (object, lambda x: DType("T{i:a:(2,3)f:b:}")),
    "an element type that is none": (object, lambda x: DType("flaot64")),
    "an element type from parts": (object, lambda x: DType([("a", "i4"), ("b", [("c", float, (2,))])])),
    "an element type from a dict": (object, lambda x: DType({"names": "ab", "formats": ["i4", "f8"]})),
    "an element type of ctypes": (object, lambda x: DType(Pixel * 2)),
    "an element type of NumPy": (lambda: np.dtype(record), DType),
    "an element type for NumPy": (lambda: DType(record), lambda x: x.dtype),
    "an element type described": (lambda: DType(record), lambda x: (x.fields, x.descr, x.names, x.format, x.typestr)),
    "an element type pickled": (object, lambda x: pickle.loads(pickle.dumps(DType(record)))),
    "element types compared": (object, lambda x: (DType(record) == record, DType("f8") == 3)),
}
EXPECTED = (MemoryError, TypeError, ValueError, BufferError)

# NumPy 2.4 gives away references of its own, or says ValueError, where it finds no memory for a dtype of its own.
NUMPYS_OWN = {"an element of a datetime", "a datetime written", "an ndarray of datetimes", "an ndarray of structures",
              "an element type for NumPy"}
"""

namespace: dict[str, Any] = {}
exec(USES, namespace)


def attempt(make: Callable[[], Any], use: Callable[[Any], Any]) -> None:
    try:
        use(make())
    except namespace["EXPECTED"]:
        pass


@pytest.mark.parametrize("name", namespace["USES"])
def test_nothing_is_left_of_any_use(name: str) -> None:
    make, use = namespace["USES"][name]
    for _ in range(300):
        attempt(make, use)
    gc.collect()
    before = sys.getallocatedblocks()
    for _ in range(3000):
        attempt(make, use)
    gc.collect()
    assert sys.getallocatedblocks() - before < 1500


@pytest.mark.unsanitized
def test_memory_is_flat_over_many_spans() -> None:
    arrays = [np.zeros(20_000), np.zeros((3, 4), "i4,f8"), bytearray(10_000)]
    before = 0
    for k in range(300_000):
        for array in arrays[k % 3 : k % 3 + 1]:
            Span(array)[1:][::2]
        if k == 10_000:
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 4096


FAIL_IN_TURN = """
import gc, sys, _testcapi

def is_pythons_own(error):
    "CPython 3.11 has no exception for a frame that finds no memory: the function is never entered."
    return type(error) is SystemError and error.__traceback__.tb_next is None

def outcome(use, exporter, k):
    "None where it succeeded, although or because the k-th allocation failed."
    _testcapi.set_nomemory(k, k + 1)
    try:
        use(exporter)
    except BaseException as error:
        return MemoryError() if is_pythons_own(error) else error
    finally:
        _testcapi.remove_mem_hooks()

def usual(make, use):
    try:
        use(make())
    except EXPECTED as error:
        return type(error)

gc.disable()
failures = []
for name, (make, use) in USES.items():
    if name in NUMPYS_OWN:
        continue
    refused = usual(make, use)
    usual(make, use)
    succeeded = failed = 0
    for k in range(1, 400):
        exporter = make()
        references = sys.getrefcount(exporter)
        error = outcome(use, exporter, k)
        kind = type(error)
        del error
        failed += kind is MemoryError
        if kind is not MemoryError and kind not in (refused, type(None)):
            failures.append(f"{name}: allocation {k} failed: {kind.__name__}")
        if sys.getrefcount(exporter) != references:
            failures.append(f"{name}: allocation {k} failed: {sys.getrefcount(exporter) - references} references kept")
        if type(exporter) is bytearray:
            exporter.append(1)  # not locked
        succeeded = succeeded + 1 if kind is not MemoryError else 0
        if succeeded == 30:  # no allocation is left to fail
            break
    else:
        failures.append(f"{name}: still fails")
    if usual(make, use) != refused:
        failures.append(f"{name}: does not work afterwards")
print(*failures, sep="\\n")
"""


@pytest.mark.skipif(importlib.util.find_spec("_testcapi") is None, reason="this Python ships without its test modules")
def test_any_allocation_may_fail() -> None:
    code = USES + FAIL_IN_TURN
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=300)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")
