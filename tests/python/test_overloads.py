# SPDX-License-Identifier: BSD-3-Clause
"""Which candidate of an overload takes a value: the first of exactly its type, else the first that can hold it."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

SOURCE = """
#include <tenon/tenon.h>

typedef struct { int a; double b; } pair;

int64_t of_int(int64_t a) { return a; }
double of_double(double a) { return a + 0.5; }
double of_float(float a) { return (double)a + 0.25; }
int of_pair(const pair *p) { return p->a; }
double _Complex of_complex(double _Complex a) { return a; }
TN_OVERLOAD(number, of_int, of_double, of_float);
TN_OVERLOAD(inexact, of_float, of_double);
TN_OVERLOAD(either, of_double, of_pair);
TN_OVERLOAD(any, of_complex, of_double, of_int);

void fill_double(double a, size_t n, double x[n]) { for (size_t i = 0; i < n; i++) x[i] = a; }
void fill_float(float a, size_t n, float x[n]) { for (size_t i = 0; i < n; i++) x[i] = a; }
TN_OVERLOAD(fill, fill_double, fill_float);
"""


@pytest.fixture(scope="module")
def c(build: Callable[..., ModuleType]) -> ModuleType:
    return build(SOURCE)


@pytest.mark.parametrize(
    ("name", "value", "result"),
    [
        ("number", 1, 1),
        ("number", True, 1),
        ("number", 1.0, 1.5),
        ("number", np.int64(1), 1),
        ("number", np.int8(1), 1),
        ("number", np.float64(1), 1.5),
        ("number", np.float32(1), 1.25),
        ("number", np.float16(1), 1.5),
        ("number", np.array(1.0, np.float32), 1.25),
        ("inexact", 1, 1.25),
        ("inexact", np.float64(1), 1.5),
        ("inexact", np.int64(1), 1.25),
        ("either", 1.0, 1.5),
        ("either", (3, 1.0), 3),
        ("either", {"a": 3, "b": 1.0}, 3),
        ("any", 1, 1 + 0j),
        ("any", True, 1 + 0j),
        ("any", np.float64(1), 1.5),
    ],
)
def test_a_value_goes_to_the_first_that_is_its_type_or_else_can_hold_it(
    c: ModuleType, name: str, value: Any, result: Any
) -> None:
    assert getattr(c, name)(value) == result


@pytest.mark.parametrize("value", [2, True, 2.0, np.int64(2), np.array(2), np.float32(2), np.float64(2)])
def test_arrays_decide_where_values_would_fit_either(c: ModuleType, value: Any) -> None:
    for dtype in ("f8", "f4"):
        x = np.zeros(2, dtype)
        c.fill(value, x)
        assert x.tolist() == [value, value]


@pytest.mark.parametrize("value", ["a", np.zeros(2), np.zeros((1, 1)), object(), 1j])
def test_what_no_candidate_takes_is_refused_with_the_list_of_them(c: ModuleType, value: Any) -> None:
    with pytest.raises(TypeError, match=r"either\(\): no candidate takes \((.|\n)*of_double(.|\n)*of_pair"):
        c.either(value)
