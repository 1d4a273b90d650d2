# SPDX-License-Identifier: BSD-3-Clause
"""What a call costs: functions of contiguous float64 that do next to nothing."""

from typing import Any

import numpy as np
from cases import Case, Names, array_of, table
from measure import Method
from tables.called import by_objects

LETTERS = "abcdegh"  # f is the function


def one() -> Names:
    return {"x": np.array([1.0, 2.0, 3.0])}


def three() -> Names:
    return {"x": np.array([1.0, 2.0, 3.0]), "y": np.ones(3), "z": np.zeros(3)}


def eight() -> Names:
    return {name: np.array([k, 0.0, 0.0]) for k, name in enumerate(LETTERS)} | {"z": np.zeros(3)}


def written(name: str, *values: float) -> Any:
    """Whether the caller's own array was written."""
    return lambda result, names: result is None and array_of(names[name]).tolist() == list(values)


CASES = [
    Case("first", "1 array, float returned", "first", "f(x)", one, lambda result, _: result == 1.0),
    Case("add", "3 arrays, one written", "add", "f(x, y, z)", three, written("z", 2, 0, 0)),
    Case("add_seven", "8 arrays, one written", "add_seven", f"f({', '.join(LETTERS)}, z)", eight,
         written("z", 21, 0, 0)),
    Case("scale", "number and array, which is written", "scale", "f(1.0, x)", one, written("x", 1, 2, 3)),
    Case("mean", "1 matrix, float returned", "mean", "f(x)", lambda: {"x": np.arange(6.0).reshape(2, 3)},
         lambda result, _: result == 2.5),
    Case("keyword", "3 arrays, one by keyword", "add_keywords", "f(x, y, z=z)", three, written("z", 2, 0, 0),
         must=False),
]


def run(method: Method, quick: bool) -> dict[str, Any]:
    return table(CASES, method, [by_objects()])
