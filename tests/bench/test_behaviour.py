# SPDX-License-Identifier: BSD-3-Clause
"""What peers do is told as what it is. Functions in Python that do each wrong thing on purpose are the oracle."""

import ctypes
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))

import trial
from probes import PROBES, Probe
from trial import Cell, apart, cells

BY_KEY = {probe.key: probe for probe in PROBES}


def held(argument: Any) -> Any:
    return argument


def outcome(key: str, function: Callable[..., Any]) -> str:
    return apart(BY_KEY[key], function, held).outcome


def pointer(x: np.ndarray) -> Any:
    """As C sees memory: contiguous doubles from the first element on, whatever x is."""
    n = x.shape[0] if x.ndim else 1
    return np.frombuffer((ctypes.c_double * n).from_address(x.ctypes.data))


def scale_blindly(a: float, x: Any) -> None:
    pointer(x)[:] *= a


def scale_a_copy(a: float, x: Any) -> None:
    np.array(x, np.float64)[...] *= a


def scale_and_write_back(a: float, x: Any) -> None:
    copy = np.array(x, np.float64)
    copy *= a
    x[...] = copy


def scale_in_place(a: float, x: Any) -> None:
    x *= a


def scale_half_then_raise(a: float, x: Any) -> None:
    x[1] *= a
    raise ValueError("too late")


def refuse(*arguments: Any) -> Any:
    raise TypeError("no\nand that is why")


def do_nothing(*arguments: Any) -> None:
    pass


def crash(*arguments: Any) -> None:
    ctypes.string_at(1)


def abort(*arguments: Any) -> None:
    os.abort()


WRITTEN = [
    ("read-only", scale_blindly, "wrong data"),
    ("read-only", scale_a_copy, "lost write"),
    ("read-only", refuse, "error"),
    ("read-only", scale_half_then_raise, "error"),  # NumPy's own, before anything is written
    ("strided", scale_blindly, "wrong data"),
    ("strided", scale_a_copy, "lost write"),
    ("strided", scale_in_place, "right"),
    ("strided", scale_and_write_back, "copy"),
    ("strided", scale_half_then_raise, "wrong data"),
    ("strided", refuse, "error"),
    ("misaligned", scale_blindly, "unchecked"),
    ("misaligned", scale_and_write_back, "copy"),
    ("float32 written", scale_a_copy, "lost write"),
    ("float32 written", scale_in_place, "right"),
    ("float32 written", scale_blindly, "wrong data"),
    ("list written", scale_a_copy, "lost write"),
    ("stride 0", scale_blindly, "wrong data"),
    ("matrix written", scale_blindly, "wrong data"),
    ("matrix written", scale_in_place, "right"),
    ("None written", do_nothing, "lost write"),
    ("empty written", do_nothing, "right"),
    ("strided", crash, "crash"),
    ("strided", abort, "crash"),
]


@pytest.mark.parametrize(("key", "function", "expected"), WRITTEN)
def test_what_happens_to_written_memory_is_told(key: str, function: Callable[..., Any], expected: str) -> None:
    assert outcome(key, function) == expected


def largest_without_copy(x: Any) -> int:
    return int((x == x.max()).argmax()) if len(x) else -1  # np.argmax(x) copies what is read-only


def largest_of_a_copy(x: Any) -> int:
    return int(np.array(x, np.float64).argmax())


def largest_blindly(x: Any) -> int:
    return int(pointer(x).argmax())


READ = [
    ("read-only read", largest_without_copy, "right"),
    ("read-only read", largest_of_a_copy, "copy"),
    ("reversed read", largest_without_copy, "right"),
    ("reversed read", largest_of_a_copy, "copy"),
    ("reversed read", largest_blindly, "wrong data"),
    ("stride 0 read", largest_blindly, "wrong data"),
    ("misaligned read", largest_without_copy, "unchecked"),
    ("misaligned read", largest_of_a_copy, "copy"),
    ("float32 read", largest_of_a_copy, "copy"),
    ("list read", largest_of_a_copy, "copy"),
    ("masked read", largest_of_a_copy, "wrong data"),
    ("matrix read", largest_blindly, "wrong data"),
    ("empty read", largest_without_copy, "right"),
    ("None read", lambda x: 0.0, "wrong data"),
    ("complex read", lambda x: x[0].real, "wrong data"),
    ("pair trailing", lambda p: float(p["a"][0] + p["b"][0]), "unchecked"),
    ("transposed read", lambda x: float(pointer(x.T.reshape(-1)).mean()), "unchecked"),
]


@pytest.mark.parametrize(("key", "function", "expected"), READ)
def test_what_is_read_is_told(key: str, function: Callable[..., Any], expected: str) -> None:
    assert outcome(key, function) == expected


def accumulate_blindly(x: Any, y: Any) -> None:
    total = 0.0
    out = np.frombuffer((ctypes.c_double * len(x)).from_address(y.ctypes.data))
    for k in range(len(x)):
        total += float(x[k])
        out[k] = total


def cross_blindly(a: Any, b: Any, c: Any) -> None:
    a, b, c = (np.frombuffer((ctypes.c_double * 3).from_address(v.ctypes.data)) for v in (a, b, c))
    c[:] = np.cross(a, b)


def add_blindly(x: Any, y: Any, z: Any) -> None:
    z[0] = x[0] + y[0]


SEVERAL = [
    ("overlapping", accumulate_blindly, "wrong data"),
    ("overlapping vectors", cross_blindly, "unchecked"),
    ("written past", accumulate_blindly, "wrong data"),
    ("short vector read", cross_blindly, "wrong data"),
    ("short vector written", cross_blindly, "wrong data"),
    ("long vector", cross_blindly, "unchecked"),
    ("longer", add_blindly, "unchecked"),
    ("same array", add_blindly, "right"),
]


@pytest.mark.parametrize(("key", "function", "expected"), SEVERAL)
def test_what_happens_to_several_arrays_is_told(key: str, function: Callable[..., Any], expected: str) -> None:
    assert outcome(key, function) == expected


def test_a_view_of_memory_that_is_gone_is_wrong_data_or_a_crash() -> None:
    class Dangling:
        def __init__(self, n: int) -> None:
            self.memory = np.zeros(n)

        def values(self) -> Any:
            return pointer(self.memory)

        def __del__(self) -> None:
            self.memory[:] = np.nan  # what a poisoned allocator would do

    class Living(Dangling):
        def values(self) -> Any:
            return self.memory

        def __del__(self) -> None:
            pass

    assert outcome("view outlives", Dangling) == "wrong data"
    assert outcome("view outlives", Living) == "right"


def test_an_error_is_told_with_its_type_and_its_first_line() -> None:
    assert apart(BY_KEY["strided"], refuse, held) == Cell("error", "TypeError: no")


def test_a_crash_is_told_with_its_signal() -> None:
    assert apart(BY_KEY["strided"], crash, held) == Cell("crash", "SIGSEGV")
    assert apart(BY_KEY["strided"], abort, held) == Cell("crash", "SIGABRT")


def test_a_call_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "LIMIT_S", 0.2)
    assert apart(BY_KEY["strided"], lambda a, x: time.sleep(60), held) == Cell("crash", "no end within 0.2 s")


def test_a_write_beside_an_array_is_shown() -> None:
    assert "-1" in apart(BY_KEY["short vector written"], cross_blindly, held).detail


def test_what_is_not_bound_is_not_offered() -> None:
    found = cells([BY_KEY["strided"], BY_KEY["longer"]], {"scale": refuse}, held)
    assert {key: cell.outcome for key, cell in found.items()} == {"strided": "error", "longer": "not offered"}


def test_a_peer_gets_what_its_callers_hold() -> None:
    assert apart(BY_KEY["strided"], lambda a, x: scale_in_place(a, x[0]), lambda x: [x]).outcome == "right"
    assert apart(BY_KEY["strided"], scale_in_place, refuse) == Cell("error", "TypeError: no")


@pytest.mark.parametrize("probe", [probe for probe in PROBES if probe.given], ids=lambda probe: probe.key)
def test_what_was_meant_can_be_told_from_nothing_done(probe: Probe) -> None:
    """No probe may find right what does nothing, unless nothing is to be done."""
    found = apart(probe, do_nothing, held).outcome
    if probe.writes and probe.meant != "pass":
        assert found == "lost write"
    else:
        assert found == ("right" if probe.meant == "pass" else "wrong data")


def test_keys_and_titles_name_one_probe_each() -> None:
    assert len(BY_KEY) == len(PROBES) == len({probe.title for probe in PROBES})
