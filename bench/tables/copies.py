# SPDX-License-Identifier: BSD-3-Clause
"""Copies between layouts: what Span.copy_from takes against NumPy, and a contiguous tn_copy against C's memcpy.

Every time is that of the whole statement in Python. tn_copy looks at what it is given, which takes some 30 ns:
contiguous copies are compared from where that is little. Beside them stand the ways that a copy has to choose from,
where they can be had: stores that go past the caches (non-temporal ones), stores that go through them, and the
processor's own instruction. glibc's memcpy takes the third up to some size, which it works out from the caches, and
the first from there on.
"""

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import replace as changed
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from measure import Method, Variant, loop, measure, summary

import tenon

SIDE, QUICK_SIDE = 4096, 128
KIB = 1024
BLOCKS = [size * KIB for size in (256, 1024, 4096, 8192, 16384, 32768, 131072, 262144)]
QUICK_BLOCKS = [256 * KIB]


@dataclass(frozen=True)
class Case:
    key: str
    title: str
    names: dict[str, Any]
    calls: dict[str, str]      # variant: what is timed; the first is Tenon's
    target: np.ndarray | None  # None where the copies are new memory, which they return
    expected: np.ndarray


def _normal(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape)


def _into(key: str, title: str, view: str, source: np.ndarray, target: np.ndarray) -> Case:
    """`view` is that of the source, made in each copy."""
    names = {"span": tenon.Span(target), "source": source, "target": target, "copyto": np.copyto}
    return Case(key, title, names,
                {"tenon": f"span.copy_from({view})", "copyto": f"copyto(target, {view})",
                 "assignment": f"target[...] = {view}"},
                target, eval(view, {"source": source}))  # fmt: skip


def _anew(key: str, title: str, view: str, source: np.ndarray) -> Case:
    """The copy is new memory, which it asks for and gives back."""
    names = {"source": source, "Span": tenon.Span, "contiguous": np.ascontiguousarray, "array": np.array}
    return Case(key, title, names,
                {"tenon": f"Span({view}).copy()", "ascontiguousarray": f"contiguous({view})",
                 "array": f"array({view}, order='C')"},
                None, eval(view, {"source": source}))  # fmt: skip


def transposed(side: int) -> Case:
    return _into("transposed", f"transposed, {side} x {side} float64", "source.T", _normal(side, side),
                 np.zeros((side, side)))  # fmt: skip


def transposed_anew(side: int) -> Case:
    return _anew("transposed new", f"transposed, {side} x {side} float64, new", "source.T", _normal(side, side))


def strided(side: int) -> Case:
    return _into("strided", f"x[::2, ::3] of {side} x {side} float64", "source[::2, ::3]", _normal(side, side),
                 np.zeros((side // 2, -(-side // 3))))  # fmt: skip


def strided_anew(side: int) -> Case:
    return _anew("strided new", f"x[::2, ::3] of {side} x {side} float64, new", "source[::2, ::3]", _normal(side, side))


def scattered(side: int) -> Case:
    target = np.zeros((side, side))
    source = _normal(*target[::2, ::3].shape)
    names = {"target": target, "source": source, "copyto": np.copyto, "Span": tenon.Span}
    return Case("scattered", f"to x[::2, ::3] of {side} x {side} float64", names,
                {"tenon": "Span(target[::2, ::3]).copy_from(source)", "copyto": "copyto(target[::2, ::3], source)",
                 "assignment": "target[::2, ::3] = source"},
                target[::2, ::3], source)  # fmt: skip


@cache
def _from_c() -> ModuleType:
    return tenon.build(Path(__file__).with_suffix(".c"), name="copies")


WAYS = {"tenon": "copy_tenon", "memcpy": "copy_memcpy", "past the caches": "copy_past",
        "through the caches": "copy_through", "rep movsb": "copy_string"}  # fmt: skip


def block(nbytes: int) -> Case:
    source = np.random.default_rng(0).integers(0, 256, nbytes, np.uint8)
    target = np.zeros(nbytes, np.uint8)
    ways = {name: function for name, function in WAYS.items() if hasattr(_from_c(), function)}
    names = {function: getattr(_from_c(), function) for function in ways.values()}
    return Case(f"block {nbytes // KIB}", f"contiguous, {nbytes // KIB:,} KiB, from C",
                {**names, "target": target, "source": source},
                {name: f"{function}(target, source)" for name, function in ways.items()}, target, source)  # fmt: skip


def cases(quick: bool) -> list[Callable[[], Case]]:
    """Made one by one: some are large."""
    layouts = [transposed, strided, scattered, transposed_anew, strided_anew]
    side, blocks = (QUICK_SIDE, QUICK_BLOCKS) if quick else (SIDE, BLOCKS)
    return [
        *(lambda make=make: make(side) for make in layouts),
        *(lambda nbytes=nbytes: block(nbytes) for nbytes in blocks),
    ]  # fmt: skip


def check(case: Case) -> None:
    """That each way copies everything, before it is timed."""
    for name, call in case.calls.items():
        if case.target is None:
            copy = np.asarray(eval(call, dict(case.names)))
        else:
            copy = case.target
            copy[...] = 0
            exec(call, dict(case.names))
        if not np.array_equal(copy, case.expected):
            raise SystemExit(f"bench: {case.title}: {name} copies something else")


def measured(case: Case, method: Method) -> dict[str, Any]:
    check(case)
    variants = [Variant(name, loop(call, case.names)) for name, call in case.calls.items()]
    measure([variants], method)
    return {"key": case.key, "title": case.title, "variants": [summary(variant) for variant in variants]}


def run(method: Method, quick: bool) -> dict[str, Any]:
    method = changed(method, budget_s=method.budget_s / 8)
    return {"rows": [measured(make(), method) for make in cases(quick)]}
