# SPDX-License-Identifier: BSD-3-Clause
"""What a call costs: functions that do next to nothing, bound by each adapter."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from measure import Method, Variant, loop, measure, summary

ADAPTERS = ["floor", "tenon"]


@dataclass(frozen=True)
class Case:
    key: str    # of the function in an adapter
    title: str
    call: str   # what is timed; f is the function

    def variant(self, name: str, f: Callable) -> Variant:
        return Variant(name, loop(self.call, {"f": f, **arguments()}))


CASES = [
    Case("first", "one array, float returned", "f(x)"),
    Case("add", "three arrays, one written", "f(x, y, z)"),
    Case("doubled", "one array, new array returned", "f(x)"),
    Case("scaled", "number and array, float returned", "f(2.5, x)"),
    Case("keyword", "three arrays, one by keyword", "f(x, y, z=z)"),
    Case("owned", "new memory of C, aligned to 64, returned", "f(128)"),
    Case("handed", "new memory of malloc, returned", "f(100)"),
    Case("object", "object of C made and freed", "f()"),
    Case("method", "method of an object, int returned", "f()"),
    Case("refused", "refused: float32, caught", "try:\n    f(single)\nexcept TypeError:\n    pass"),
]


def arguments() -> dict[str, Any]:
    return {"x": np.array([1.0, 2.0, 3.0]), "y": np.ones(3), "z": np.zeros(3), "single": np.ones(3, np.float32)}


def _refuses(f: Callable, x: Any) -> bool:
    try:
        f(x)
    except TypeError:
        return True
    return False


def _is_new(array: Any) -> bool:
    return type(array) is np.ndarray and array.shape[0] >= 100 and array[0] == 1 and not array.flags.owndata


def check(name: str, functions: dict[str, Callable]) -> None:
    """That each function does what it should, and refuses what it should, before it is timed."""
    a = arguments()
    x, y, z = a["x"], a["y"], a["z"]
    outcomes: dict[str, Callable[[Callable], bool]] = {
        "first": lambda f: f(x) == 1.0 and type(f(x)) is float,
        "add": lambda f: f(x, y, z) is None and z.tolist() == [2, 0, 0],
        "doubled": lambda f: f(x).tolist() == [2, 4, 6] and f(x) is not f(x),
        "scaled": lambda f: f(2.5, x) == 2.5,
        "keyword": lambda f: f(x, y, z=z) is None and z.tolist() == [2, 0, 0],
        "owned": lambda f: _is_new(f(128)) and f(128).ctypes.data % 64 == 0,
        "handed": lambda f: _is_new(f(100)),
        "object": lambda f: (f().next(), f().next()) == (1, 1),
        "method": lambda f: f() + 1 == f(),
        "refused": lambda f: _refuses(f, a["single"]) and _refuses(f, [1.0]) and _refuses(f, np.ones((2, 2))),
    }
    for key, f in functions.items():
        z[:] = 0
        if not outcomes[key](f):
            raise SystemExit(f"bench: {name} gives a wrong result in {key!r}")


def run(method: Method, quick: bool) -> dict[str, Any]:
    adapters = [importlib.import_module(f"adapters.{name}") for name in ADAPTERS]
    bound = {adapter.NAME: adapter.load() for adapter in adapters}
    for name, functions in bound.items():
        check(name, functions)
    groups = [
        [case.variant(name, functions[case.key]) for name, functions in bound.items() if case.key in functions]
        for case in CASES
    ]
    empty = Variant("loop alone", loop("pass", {}))
    measure([*groups, [empty]], method)
    rows = [
        {"key": case.key, "title": case.title, "call": case.call, "variants": [summary(variant) for variant in group]}
        for case, group in zip(CASES, groups, strict=True)
    ]
    return {"base": "floor", "rows": rows, "loop": summary(empty)}
