# SPDX-License-Identifier: BSD-3-Clause
"""What the consumers are shown: one Span for each kind of memory, and what must be read from it.

All memory is aligned to 64 bytes, since some consumers copy what is not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import tenon


@dataclass(frozen=True)
class Case:
    name: str
    span: Any
    values: Any  # nested lists, as tolist() says them
    data: bytes  # all elements in C order

    @property
    def address(self) -> int:
        return int(self.span.address)

    @property
    def has_elements(self) -> bool:
        return len(self.data) > 0


def _aligned(shape: tuple[int, ...], dtype: str | list[tuple[str, str]], order: str = "C") -> tuple[Any, np.ndarray]:
    """A Span of new memory, and an ndarray through which it is filled."""
    span = tenon.empty(shape, dtype, order=order)
    return span, span.numpy()


def _filled(name: str, shape: tuple[int, ...], dtype: str, order: str = "C") -> Case:
    span, array = _aligned(shape, dtype, order)
    array[...] = np.arange(array.size).reshape(shape) + (1 if array.dtype.kind != "c" else 1 + 2j)
    return Case(name, span, array.tolist(), array.tobytes("C"))


def _float64() -> Case:
    return _filled("float64 2-D", (3, 4), "float64")


def _fortran() -> Case:
    return _filled("Fortran order", (3, 4), "float64", "F")


def _negative() -> Case:
    whole = _filled("", (3, 4), "float64").span
    span = whole[::-1, ::-1]
    return Case("negative strides", span, span.tolist(), span.numpy().tobytes("C"))


def _readonly() -> Case:
    case = _float64()
    return Case("read-only", case.span.toreadonly(), case.values, case.data)


def _scalar() -> Case:
    return _filled("0-d", (), "float64")


def _empty() -> Case:
    return _filled("empty", (0, 4), "float64")


def _structure() -> Case:
    span, array = _aligned((3,), [("i", "<i4"), ("f", "<f4")])
    array[...] = [(1, 0.5), (2, 1.5), (3, 2.5)]
    return Case("structure", span, array.tolist(), array.tobytes())


def _half() -> Case:
    return _filled("half", (4,), "float16")


def _bfloat16() -> Case:
    return _filled("bfloat16", (4,), "bfloat16")


def _complex() -> Case:
    return _filled("complex", (4,), "complex128")


def _big_endian() -> Case:
    return _filled("big-endian", (4,), ">f8")


def _indirect() -> Case:
    rows = [_filled("", (4,), "float64").span for _ in range(3)]
    span = tenon.rows(rows)
    return Case("indirect", span, span.tolist(), b"".join(row.tobytes() for row in rows))


CASES: tuple[Callable[[], Case], ...] = (
    _float64,
    _fortran,
    _negative,
    _readonly,
    _scalar,
    _empty,
    _structure,
    _half,
    _bfloat16,
    _complex,
    _big_endian,
    _indirect,
)
