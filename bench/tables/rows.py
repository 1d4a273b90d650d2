# SPDX-License-Identifier: BSD-3-Clause
"""Rows that lie anywhere gathered into one array: through a Span of pointers to them, against NumPy.

The rows are given as a list, so that borrowing them counts: `rows` is made anew for each copy. "rows kept" shows what
is left if it is made once.
"""

from collections.abc import Callable
from dataclasses import replace as changed
from typing import Any

import numpy as np
from measure import Method
from tables.copies import Case, measured

import tenon

COUNT, QUICK_COUNT = 4096, 64
LENGTHS, QUICK_LENGTHS = [8, 128, 4096], [8]


def _arrays(count: int, length: int) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.normal(size=length) for _ in range(count)]


def _title(count: int, length: int) -> str:
    return f"{count:,} rows of {length:,} float64 gathered"


def gathered(count: int, length: int) -> Case:
    arrays, target = _arrays(count, length), np.zeros((count, length))
    names = {"span": tenon.Span(target), "rows": tenon.rows, "kept": tenon.rows(arrays), "arrays": arrays,
             "target": target, "flat": target.reshape(-1), "stack": np.stack, "concatenate": np.concatenate,
             "copyto": np.copyto}  # fmt: skip
    return Case(f"gathered {length}", _title(count, length), names,
                {"tenon": "span.copy_from(rows(arrays))", "stack": "stack(arrays, out=target)",
                 "concatenate": "concatenate(arrays, out=flat)", "copyto": "copyto(target, arrays)",
                 "copyto each": "for row, array in zip(target, arrays):\n    copyto(row, array)",
                 "rows kept": "span.copy_from(kept)"},
                target, np.stack(arrays))  # fmt: skip


def gathered_anew(count: int, length: int) -> Case:
    arrays = _arrays(count, length)
    names = {"rows": tenon.rows, "kept": tenon.rows(arrays), "arrays": arrays, "stack": np.stack, "array": np.array,
             "concatenate": np.concatenate, "contiguous": np.ascontiguousarray, "count": count}  # fmt: skip
    return Case(f"gathered new {length}", f"{_title(count, length)}, new", names,
                {"tenon": "rows(arrays).copy()", "stack": "stack(arrays)",
                 "concatenate": "concatenate(arrays).reshape(count, -1)", "array": "array(arrays)",
                 "ascontiguousarray": "contiguous(arrays)", "rows kept": "kept.copy()"},
                None, np.stack(arrays))  # fmt: skip


def cases(quick: bool) -> list[Callable[[], Case]]:
    count, lengths = (QUICK_COUNT, QUICK_LENGTHS) if quick else (COUNT, LENGTHS)
    return [lambda make=make, length=length: make(count, length)
            for make in (gathered, gathered_anew) for length in lengths]  # fmt: skip


def run(method: Method, quick: bool) -> dict[str, Any]:
    method = changed(method, budget_s=method.budget_s / 8)
    return {"rows": [measured(make(), method) for make in cases(quick)]}
