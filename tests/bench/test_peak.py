# SPDX-License-Identifier: BSD-3-Clause
"""What a call takes beyond its array is measured. Functions in Python that copy, or don't, are the oracle."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))

from large import CASES, taken
from resident import available, grown

MIB = 1 << 20
SIZE = 64 * MIB  # more than the C library keeps for itself of what was freed
BY_KEY = {case.key: case for case in CASES}


def scale_in_place(a: float, x: Any) -> None:
    x *= a


def scale_a_copy(a: float, x: Any) -> None:
    copy = x.astype(np.float64)
    copy *= a


def scale_and_write_back(a: float, x: Any) -> None:
    copy = x.astype(np.float64)
    copy *= a
    x[...] = copy


def scale_a_half(a: float, x: Any) -> None:
    x[: len(x) // 2] *= a


def refuse_a_copy(a: float, x: Any) -> None:
    x.astype(np.float64)[...] = a
    raise TypeError("too late\nand more")


KINDS = [
    ("contiguous", scale_in_place, "right", 0),
    ("contiguous", scale_a_copy, "lost write", SIZE),
    ("contiguous", scale_and_write_back, "copy", SIZE),
    ("contiguous", scale_a_half, "wrong data", 0),
    ("contiguous", refuse_a_copy, "error", SIZE),
    ("strided", scale_in_place, "right", 0),
    ("strided", scale_and_write_back, "copy", SIZE // 2),
    ("float32", scale_in_place, "right", 0),
    ("float32", scale_a_copy, "lost write", 2 * SIZE),
]


@pytest.mark.parametrize(("key", "function", "outcome", "extra"), KINDS)
def test_copies_and_their_ends_are_told(key: str, function: Callable[..., Any], outcome: str, extra: int) -> None:
    cell = taken(BY_KEY[key], SIZE, {"scale": function}, lambda x: x)
    assert cell["outcome"] == outcome
    assert cell["extra_bytes"] == pytest.approx(extra, abs=4 * MIB)


def test_an_array_that_is_returned_does_not_count() -> None:
    cell = taken(BY_KEY["returned"], SIZE, {"doubled": lambda x: 2 * x}, lambda x: x)
    assert cell["outcome"] == "right" and cell["extra_bytes"] < 4 * MIB
    cell = taken(BY_KEY["returned"], SIZE, {"doubled": lambda x: (np.copy(x) + np.copy(x))[:]}, lambda x: x)
    assert cell["extra_bytes"] > SIZE - 4 * MIB


def test_the_error_stands_in_the_cell() -> None:
    cell = taken(BY_KEY["contiguous"], SIZE, {"scale": refuse_a_copy}, lambda x: x)
    assert cell["detail"] == "TypeError: too late"


def test_what_is_not_bound_is_not_offered() -> None:
    assert taken(BY_KEY["contiguous"], SIZE, {}, lambda x: x)["outcome"] == "not offered"


def test_growth_is_what_one_call_takes_and_not_what_was_taken_before() -> None:
    np.ones(SIZE // 8)
    assert grown(lambda: None) < MIB
    assert grown(lambda: np.ones(SIZE // 16)) == pytest.approx(SIZE // 2, abs=4 * MIB)


def test_the_memory_of_the_machine_is_known_where_the_system_tells_it() -> None:
    there = available()
    assert there is None or there > MIB
