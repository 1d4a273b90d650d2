# SPDX-License-Identifier: BSD-3-Clause
"""Copies between layouts: what Span.copy_from takes against NumPy, and a contiguous tn_copy against C's memcpy.

Every time is that of the whole statement in Python. Where arrays are gathered, they are given as a list, so that
borrowing them counts: `rows` is made anew for each copy. "rows kept" shows what is left if it is made once. tn_copy
looks at what it is given, which takes some 30 ns: contiguous copies are compared from where that is little.
"""

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import replace as changed
from pathlib import Path
from typing import Any

import numpy as np
from measure import Method, Variant, loop, measure, summary

import tenon

SIDE, QUICK_SIDE = 4096, 128
KIB = 1024
BLOCKS = [256 * KIB, 1024 * KIB, 8 * 1024 * KIB, 32 * 1024 * KIB, 128 * 1024 * KIB]
QUICK_BLOCKS = [256 * KIB]


@dataclass(frozen=True)
class Case:
    key: str
    title: str
    names: dict[str, Any]
    calls: dict[str, str]             # variant: what is timed; the first is Tenon's
    outcome: Callable[[], np.ndarray]  # what the copy wrote
    expected: np.ndarray


def transposed(side: int) -> Case:
    source, target = np.random.default_rng(0).normal(size=(side, side)), np.zeros((side, side))
    names = {"span": tenon.Span(target), "source": source, "target": target, "copyto": np.copyto}
    return Case("transposed", f"transposed, {side} x {side} float64", names,
                {"tenon": "span.copy_from(source.T)", "copyto": "copyto(target, source.T)"},
                lambda: target, source.T.copy())


def strided(side: int) -> Case:
    source = np.random.default_rng(0).normal(size=(side, side))
    target = np.zeros(source[::2, ::3].shape)
    names = {"span": tenon.Span(target), "source": source, "target": target, "copyto": np.copyto}
    return Case("strided", f"x[::2, ::3] of {side} x {side} float64", names,
                {"tenon": "span.copy_from(source[::2, ::3])", "copyto": "copyto(target, source[::2, ::3])"},
                lambda: target, source[::2, ::3].copy())


def scattered(side: int) -> Case:
    target = np.zeros((side, side))
    source = np.random.default_rng(0).normal(size=target[::2, ::3].shape)
    names = {"target": target, "source": source, "copyto": np.copyto, "Span": tenon.Span}
    return Case("scattered", f"to x[::2, ::3] of {side} x {side} float64", names,
                {"tenon": "Span(target[::2, ::3]).copy_from(source)", "copyto": "copyto(target[::2, ::3], source)"},
                lambda: target[::2, ::3], source)


def gathered(count: int, length: int) -> Case:
    rng = np.random.default_rng(0)
    rows = [rng.normal(size=length) for _ in range(count)]
    target = np.zeros((count, length))
    names = {"span": tenon.Span(target), "rows": tenon.rows, "kept": tenon.rows(rows), "arrays": rows, "target": target,
             "flat": target.reshape(-1), "stack": np.stack, "concatenate": np.concatenate}
    return Case(f"gathered {length}", f"{count:,} rows of {length:,} float64 gathered", names,
                {"tenon": "span.copy_from(rows(arrays))", "stack": "stack(arrays, out=target)",
                 "concatenate": "concatenate(arrays, out=flat)", "rows kept": "span.copy_from(kept)"},
                lambda: target, np.stack(rows))


def block(nbytes: int) -> Case:
    source = np.random.default_rng(0).integers(0, 256, nbytes, np.uint8)
    target = np.zeros(nbytes, np.uint8)
    module = tenon.build(Path(__file__).with_suffix(".c"), name="copies")
    names = {"ours": module.copy_tenon, "theirs": module.copy_memcpy, "target": target, "source": source}
    return Case(f"block {nbytes // KIB}", f"contiguous, {nbytes // KIB:,} KiB, from C", names,
                {"tenon": "ours(target, source)", "memcpy": "theirs(target, source)"}, lambda: target, source)


def cases(quick: bool) -> list[Callable[[], Case]]:
    """Made one by one: some are large."""
    side, count = (QUICK_SIDE, 64) if quick else (SIDE, SIDE)
    lengths, blocks = ([8], QUICK_BLOCKS) if quick else ([8, 128, 4096], BLOCKS)
    return [
        lambda: transposed(side),
        lambda: strided(side),
        lambda: scattered(side),
        *(lambda length=length: gathered(count, length) for length in lengths),
        *(lambda nbytes=nbytes: block(nbytes) for nbytes in blocks),
    ]


def check(case: Case, variants: list[Variant]) -> None:
    """That each way copies everything, before it is timed."""
    for variant in variants:
        case.outcome()[...] = 0
        variant.run(1)
        if not np.array_equal(case.outcome(), case.expected):
            raise SystemExit(f"bench: {case.title}: {variant.name} copies something else")


def run(method: Method, quick: bool) -> dict[str, Any]:
    method = changed(method, budget_s=method.budget_s / 2)
    rows = []
    for make in cases(quick):
        case = make()
        variants = [Variant(name, loop(call, case.names)) for name, call in case.calls.items()]
        check(case, variants)
        measure([variants], method)
        rows.append({"key": case.key, "title": case.title, "variants": [summary(variant) for variant in variants]})
    return {"rows": rows}
