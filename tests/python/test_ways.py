# SPDX-License-Identifier: BSD-3-Clause
"""A call goes one of three ways: the glue's own short one, the planned one, the general one. Nobody can tell which.

The short way serves a parameter only once the planned way has accepted an array for it, and takes no keywords. So the
same call, made three times and once by keyword, goes all ways there are.
"""

import inspect
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

SOURCE = """
#include <stddef.h>
#include <stdint.h>
typedef struct { int32_t a; float b; } pair;
double first(size_t n, const double x[n]) { return n ? x[0] : -1; }
int16_t sum3(int8_t a, uint16_t b, int64_t c) { return (int16_t)(a + b + c); }
uint64_t after(uint64_t a) { return a + 1; }
uint8_t same(uint8_t a) { return a; }
int32_t negative(int32_t a) { return -a; }
/** @threadsafe */
void scale(size_t n, double a, const double x[n], double y[restrict n])
{
    for (size_t i = 0; i < n; i++) y[i] = a * x[i];
}
void widen(size_t n, const float x[n], double y[n]) { for (size_t i = 0; i < n; i++) y[i] = (double)x[i]; }
double corner(size_t m, size_t n, const double x[m][n], const double v[n], const double w[m])
{
    return x[m-1][n-1] + v[0] + w[0];
}
double last(uint8_t n, const double x[n]) { return x[n-1]; }
double fixed(const double y[2][3]) { return y[1][2]; }
/** @throws 3 below zero */
int status(double a) { return a < 0 ? 3 : 0; }
double six(double a, double b, double c, double d, double e, double f) { return a + 10 * b + 100 * c + d + e + f; }
double seven(double a, double b, double c, double d, double e, double f, double g)
{
    return a + b + c + d + e + f + 10 * g;
}
void twice(size_t n, pair p[n]) { for (size_t i = 0; i < n; i++) p[i].a *= 2; }
/** @param[out] y longer by one */
void longer(size_t n, const double x[n], double y[n + 1]) { for (size_t i = 0; i <= n; i++) y[i] = i < n ? x[i] : 7; }
/** @param[out] y a copy @param[out] z its negative */
double both(size_t n, const double x[n], double y[n], double z[n])
{
    for (size_t i = 0; i < n; i++) { y[i] = x[i]; z[i] = -x[i]; }
    return 5;
}
/** @param[out] y n times a */
void filled(size_t n, double a, double y[n]) { for (size_t i = 0; i < n; i++) y[i] = a; }
/** @param[out] y smaller by n */
void shorter(size_t n, const double x[n], double y[3 - n]) { for (size_t i = 0; i + n < 3; i++) y[i] = x[0]; }
"""

VECTOR = np.arange(1.0, 4.0)
READ_ONLY = np.zeros(3)
READ_ONLY.setflags(write=False)
MEMORY = np.zeros(8)
BYTES = np.zeros(64, np.uint8)
MATRIX = np.arange(6.0).reshape(2, 3)

CASES: list[tuple[str, tuple[Any, ...]]] = [
    *[("first", (x,)) for x in (VECTOR, np.array([]), VECTOR[::2], VECTOR.astype(np.float32), VECTOR.astype(">f8"),
                                [1.0], None, 3.0, VECTOR.reshape(1, 3), np.ma.array(VECTOR), memoryview(VECTOR),
                                BYTES[1:25].view(np.float64), VECTOR.view(type("Sub", (np.ndarray,), {})))],
    *[("sum3", (a, 0, 0)) for a in (-129, -128, 127, 128, 2**63, 2**70, True, 1.0, np.int8(5), np.float64(2))],
    *[("sum3", (0, b, 0)) for b in (-1, 0, 65535, 65536)],
    *[("sum3", (0, 0, c)) for c in (-(2**63), 2**63 - 1, 2**63)],
    *[("after", (a,)) for a in (-1, 0, 2**63 - 1, 2**63, 2**64 - 2, 2**64)],
    *[("same", (a,)) for a in (0, 255, 256)],
    *[("negative", (a,)) for a in (2**31 - 1, -(2**31) + 1, -(2**31) - 1)],
    ("scale", (2.0, VECTOR, MEMORY[:3])),
    ("scale", (2, VECTOR, MEMORY[:3])),
    ("scale", (np.float64(2), VECTOR, MEMORY[:3])),
    ("scale", (2.0, MEMORY[:3], MEMORY[2:5])),
    ("scale", (2.0, MEMORY[:3], MEMORY[3:6])),
    ("scale", (2.0, MEMORY, MEMORY)),
    ("scale", (2.0, VECTOR, MEMORY)),
    ("scale", (2.0, VECTOR, READ_ONLY)),
    ("widen", (np.ones(3, np.float32), np.zeros(3))),
    ("widen", (BYTES[:12].view(np.float32), BYTES[8:32].view(np.float64))),
    ("corner", (MATRIX, np.ones(3), np.ones(2))),
    ("corner", (MATRIX, np.ones(2), np.ones(2))),
    ("corner", (MATRIX, np.ones(3), np.ones(3))),
    ("corner", (np.asfortranarray(MATRIX), np.ones(3), np.ones(2))),
    ("last", (np.ones(255),)),
    ("last", (np.ones(256),)),
    ("fixed", (MATRIX,)),
    ("fixed", (np.ones((3, 3)),)),
    ("fixed", (np.ones((2, 4)),)),
    ("status", (1.0,)),
    ("status", (-1.0,)),
    ("six", (0.0, 1.0, 2.0, 3.0, 4.0, 5.0)),
    ("six", (0, 1, 2, 3, 4, 5)),
    ("six", (0.0, 1.0)),
    ("seven", (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0)),
    ("twice", (np.zeros(2, [("a", np.int32), ("c", np.float32)]),)),
    ("longer", (VECTOR,)),
    ("longer", ([1.0],)),
    ("both", (VECTOR,)),
    ("both", (VECTOR[::2],)),
    ("filled", (3, 1.5)),
    ("filled", (0, 1.5)),
    ("filled", (-1, 1.5)),
    ("filled", (2**62, 1.5)),
    ("shorter", (VECTOR[:1],)),
    ("shorter", (VECTOR,)),
    ("shorter", (np.ones(4),)),
]


@pytest.fixture(scope="module")
def module(build: Callable[[str], ModuleType]) -> ModuleType:
    return build(SOURCE)


def outcome(call: Callable[[], Any]) -> str:
    try:
        return repr(call())
    except Exception as error:
        return f"{type(error).__name__}: {error}"


@pytest.mark.parametrize(("name", "args"), CASES, ids=[f"{number}-{name}" for number, (name, _) in enumerate(CASES)])
def test_a_call_has_the_same_outcome_on_every_way(module: ModuleType, name: str, args: tuple[Any, ...]) -> None:
    function = getattr(module, name)
    names = list(inspect.signature(function).parameters)
    outcomes = [outcome(lambda: function(*args)) for _ in range(3)]
    if len(args) > 1 or name in ("longer", "both", "shorter"):
        outcomes.append(outcome(lambda: function(*args[:-1], **{names[len(args) - 1]: args[-1]})))
    assert len(set(outcomes)) == 1, outcomes


def test_the_first_call_and_those_that_follow_write_to_the_array_itself(module: ModuleType) -> None:
    p = np.zeros(2, module.pair)
    p["a"] = 1
    for _ in range(3):
        module.twice(p)
    module.twice(p=p)
    assert p["a"].tolist() == [16, 16]


def test_an_output_that_is_passed_is_filled_and_is_what_is_returned(module: ModuleType) -> None:
    y, z = np.zeros(3), np.zeros(3)
    for _ in range(3):
        result = module.both(VECTOR, z=z, y=y)
        assert result[0] == 5 and result[1] is y and result[2] is z
        assert y.tolist() == [1, 2, 3] and z.tolist() == [-1, -2, -3]
        y[:] = z[:] = 0
    mixed = module.both(VECTOR, z=z)
    assert mixed[2] is z and mixed[1] is not y and mixed[1].tolist() == [1, 2, 3]


def test_new_outputs_are_new_each_time_and_belong_to_the_caller_alone(module: ModuleType) -> None:
    one, other = module.longer(VECTOR), module.longer(VECTOR)
    assert one is not other and not np.shares_memory(one, other)
    assert one.tolist() == [1, 2, 3, 7]
    assert sys.getrefcount(one) == sys.getrefcount(other) == 2


def test_outputs_passed_are_given_back_where_a_call_is_refused(module: ModuleType) -> None:
    y, wrong = np.zeros(3), np.zeros(4)
    before = sys.getrefcount(y), sys.getrefcount(wrong)
    for _ in range(5):
        with pytest.raises(ValueError, match="n is 3 in x but 4 in z"):
            module.both(VECTOR, y=y, z=wrong)
    assert (sys.getrefcount(y), sys.getrefcount(wrong)) == before
