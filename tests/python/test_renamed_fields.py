# SPDX-License-Identifier: BSD-3-Clause
"""A dtype's fields can be renamed in place after a function has accepted it."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

SOURCE = """
#include <stddef.h>
typedef struct { double a, b; } pair;
typedef struct { pair first; double weight; } nested;

double sum_a(size_t n, const pair p[n])
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += p[i].a;
    return sum;
}

double sum_first_a(size_t n, const nested p[n])
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += p[i].first.a;
    return sum;
}

double a_of(pair p)
{
    return p.a;
}
"""


@pytest.fixture(scope="module")
def m(build: Callable[..., ModuleType]) -> ModuleType:
    return build(SOURCE)


def test_fields_renamed_after_a_call_are_seen_by_the_next(m: ModuleType) -> None:
    p = np.ones(3, [("a", "f8"), ("b", "f8")])
    for _ in range(3):
        assert m.sum_a(p) == 3.0
    p.dtype.names = ("b", "a")
    with pytest.raises(TypeError, match="field"):
        m.sum_a(p)
    p.dtype.names = ("a", "b")
    assert m.sum_a(p) == 3.0


def test_fields_of_a_nested_structure_renamed_after_a_call_are_seen_by_the_next(m: ModuleType) -> None:
    p = np.ones(3, [("first", [("a", "f8"), ("b", "f8")]), ("weight", "f8")])
    for _ in range(3):
        assert m.sum_first_a(p) == 3.0
    p.dtype["first"].names = ("b", "a")
    with pytest.raises(TypeError, match="field"):
        m.sum_first_a(p)


def test_fields_of_a_record_renamed_after_a_call_are_seen_by_the_next(m: ModuleType) -> None:
    p = np.ones((), [("a", "f8"), ("b", "f8")])
    for _ in range(3):
        assert m.a_of(p) == 1.0
    p.dtype.names = ("b", "a")
    with pytest.raises(TypeError, match="field"):
        m.a_of(p)
