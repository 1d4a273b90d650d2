# SPDX-License-Identifier: BSD-3-Clause
"""Malformed exporters in the place of a number, a character or a structure: an error of its own, never SystemError."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

SOURCE = """
#include <tenon/tenon.h>

typedef struct { int32_t a; float b; } pair;
typedef struct { double v[3]; } vector;

double of_float(double x) { return x; }
int of_int(int x) { return x; }
long double of_wide(long double x) { return x; }
double _Complex of_complex(double _Complex x) { return x; }
char of_character(char x) { return x; }
pair of_pair(pair x) { return x; }
vector of_vector(vector x) { return x; }
"""
NUMBERS = ["of_float", "of_int", "of_wide", "of_complex", "of_character"]


@pytest.fixture(scope="module")
def m(build: Callable[..., ModuleType]) -> ModuleType:
    return build(SOURCE)


def scalar(hostile: ModuleType, **options: Any) -> Any:
    return hostile.Exporter(bytearray(8), format=b"d", shape=(), strides=(), **options)


def vector(hostile: ModuleType, **options: Any) -> Any:
    return hostile.Exporter(bytearray(24), format=b"d", shape=(3,), strides=(8,), **options)


@pytest.fixture(params=["call", "batch"])
def way(request: pytest.FixtureRequest) -> Any:
    return lambda function: function if request.param == "call" else function.batch


@pytest.mark.parametrize("name", [*NUMBERS, "of_pair"])
def test_a_request_that_fails_without_a_word_is_refused_with_some(
    m: ModuleType, hostile: ModuleType, name: str, way: Any
) -> None:
    with pytest.raises((TypeError, BufferError)):
        way(getattr(m, name))(scalar(hostile, silent=True))


def test_a_part_that_fails_without_a_word_is_refused_with_some(m: ModuleType, hostile: ModuleType, way: Any) -> None:
    with pytest.raises((TypeError, BufferError)):
        way(m.of_vector)((vector(hostile, silent=True),))
    with pytest.raises((TypeError, BufferError)):
        way(m.of_pair)({"a": scalar(hostile, silent=True), "b": 1})


@pytest.mark.parametrize("name", NUMBERS)
def test_an_exception_set_by_a_request_that_succeeds_is_no_result(
    m: ModuleType, hostile: ModuleType, name: str, way: Any
) -> None:
    exporter = scalar(hostile, error_on_success=True)
    with pytest.raises((TypeError, RuntimeError)):
        way(getattr(m, name))(exporter)
    assert exporter.gets == exporter.releases


def test_an_interrupt_inside_a_request_passes_through(m: ModuleType, hostile: ModuleType, way: Any) -> None:
    with pytest.raises(KeyboardInterrupt):
        way(m.of_float)(scalar(hostile, error=KeyboardInterrupt()))
