# SPDX-License-Identifier: BSD-3-Clause
"""What the consumers are shown: one Span for each kind of memory, and what must be read from it.

All memory is aligned to 64 bytes, since some consumers copy what is not.
"""

from __future__ import annotations

import functools
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
    first: int = 0  # address of the first element, where the Span's own is that of a table of pointers

    @property
    def addresses(self) -> set[int]:
        return {self.span.address, self.first}

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


def _float64(name: str) -> Case:
    return _filled(name, (3, 4), "float64")


def _fortran(name: str) -> Case:
    return _filled(name, (3, 4), "float64", "F")


def _negative(name: str) -> Case:
    span = _filled(name, (3, 4), "float64").span[::-1, ::-1]
    return Case(name, span, span.tolist(), span.numpy().tobytes("C"))


def _readonly(name: str) -> Case:
    case = _float64(name)
    return Case(name, case.span.toreadonly(), case.values, case.data)


def _scalar(name: str) -> Case:
    return _filled(name, (), "float64")


def _empty(name: str) -> Case:
    return _filled(name, (0, 4), "float64")


def _structure(name: str) -> Case:
    span, array = _aligned((3,), [("i", "<i4"), ("f", "<f4")])
    array[...] = [(1, 0.5), (2, 1.5), (3, 2.5)]
    return Case(name, span, array.tolist(), array.tobytes())


def _half(name: str) -> Case:
    return _filled(name, (4,), "float16")


def _bfloat16(name: str) -> Case:
    return _filled(name, (4,), "bfloat16")


def _complex(name: str) -> Case:
    return _filled(name, (4,), "complex128")


def _big_endian(name: str) -> Case:
    return _filled(name, (4,), ">f8")


def _indirect(name: str) -> Case:
    rows = [_filled(name, (4,), "float64").span for _ in range(3)]
    span = tenon.rows(rows)
    return Case(name, span, span.tolist(), b"".join(row.tobytes() for row in rows), rows[0].address)


_MAKERS: dict[str, Callable[[str], Case]] = {
    "float64 2-D": _float64,
    "Fortran order": _fortran,
    "negative strides": _negative,
    "read-only": _readonly,
    "0-d": _scalar,
    "empty": _empty,
    "structure": _structure,
    "half": _half,
    "bfloat16": _bfloat16,
    "complex": _complex,
    "big-endian": _big_endian,
    "indirect": _indirect,
}

NAMES = tuple(_MAKERS)
CASES: tuple[Callable[[], Case], ...] = tuple(functools.partial(make, name) for name, make in _MAKERS.items())
