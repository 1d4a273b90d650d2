# SPDX-License-Identifier: BSD-3-Clause
"""Anybody's Python code, where names of fields, finalizers or the collector run it, cannot come between the check of an
argument and C, nor between C's result and the object that holds it."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np
import pytest

SOURCE = """
#include <stdint.h>
#include <stdlib.h>
#include <tenon/tenon.h>

typedef struct rec { int32_t a, b; } rec;

/** The sum of bytes and of records. */
uint64_t sum(size_t n, const uint8_t bytes[n], size_t m, const rec r[m])
{
    uint64_t total = 0;
    for (size_t i = 0; i < n; i++)
        total += bytes[i];
    for (size_t i = 0; i < m; i++)
        total += (uint64_t)r[i].a;
    return total;
}

/** The sum of bytes, and records.
 *
 * @param[out] r  records
 */
uint64_t records(size_t n, const uint8_t bytes[n], rec r[3])
{
    for (int i = 0; i < 3; i++)
        r[i] = (rec){i, i};
    return sum(n, bytes, 3, r);
}

typedef struct grid grid;
struct grid { ptrdiff_t n, stride; double *values; };

grid *grid_new(size_t n)
{
    grid *g = malloc(sizeof *g);
    *g = (grid){(ptrdiff_t)n, sizeof(double), calloc(n + 1, sizeof(double))};
    return g;
}

void grid_free(grid *g)
{
    free(g->values);
    free(g);
}

/** The numbers, and how many.
 *
 * @param[out] count  how many
 */
tn_array grid_all(grid *g, double count[1])
{
    count[0] = (double)g->n;
    return (tn_array){.span = {.data = g->values, .type = &tn_type_float64, .ndim = 1, .shape = &g->n,
                               .strides = &g->stride}};
}

typedef struct single single;
struct single { int x; };
static single *it;

single *single_get(void)
{
    if (it == NULL)
        it = calloc(1, sizeof *it);
    return it;
}

void single_free(single *s)
{
    if (s == it)
        it = NULL;
    free(s);
}
"""


@pytest.fixture(scope="module")
def module(build: Callable[..., ModuleType]) -> ModuleType:
    return build(SOURCE)


@contextmanager
def collecting_often() -> Iterator[None]:
    """The next objects made run the collector: in the allocation itself until Python 3.11, soon after from 3.12 on."""
    thresholds = gc.get_threshold()
    gc.collect()
    gc.disable()
    try:
        gc.set_threshold(1)
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.enable()


def collected(call: Callable[[], Any]) -> Any:
    gc.enable()
    result = call()
    gc.disable()
    return result


class Name(str):
    """A name that does something when it is hashed or dies."""

    do: Callable[[], Any] | None = None

    def __hash__(self) -> int:
        if Name.do is not None:
            Name.do()
        return str.__hash__(self)

    def __eq__(self, other: object) -> bool:
        return str.__eq__(self, other)

    def __del__(self) -> None:
        if Name.do is not None:
            Name.do()


@pytest.fixture
def names() -> Iterator[type[Name]]:
    yield Name
    Name.do = None


@pytest.mark.parametrize("kind", [bytearray, memoryview])
def test_names_of_fields_are_not_hashed_during_a_call(kind: type, module: ModuleType, names: type[Name]) -> None:
    dtype = np.dtype([(names("a"), "i4"), (names("b"), "i4")])
    data, ran = bytearray(b"\1" * 100_000), []
    records, argument = np.ones(3, dtype), data if kind is bytearray else memoryview(data)
    names.do = lambda: ran.append(None)
    assert module.sum(argument, records) == 100_003
    assert ran == []


def test_a_renamed_dtype_of_an_earlier_output_is_not_let_go_of_during_a_call(
    module: ModuleType, names: type[Name]
) -> None:
    data, ran = bytearray(b"\1" * 100_000), []
    _, records = module.records(data)
    records.dtype.names = (names("p"), names("q"))
    del records
    names.do = lambda: ran.append(None)
    total, again = module.records(data)
    assert (total, again.dtype.names, ran) == (100_003, ("a", "b"), [])


def test_a_finalizer_cannot_close_an_object_between_c_and_the_view_of_its_memory(module: ModuleType) -> None:
    grid = module.grid(1000)
    said: list[str] = []

    class Closer:
        def __init__(self) -> None:
            self.me = self

        def __del__(self) -> None:
            try:
                grid.close()
                said.append("closed")
            except BufferError:
                said.append("refused")

    method = grid.all
    method()  # what a first call makes is made
    with collecting_often():
        kept = [(k, k) for k in range(5000)]  # so that no old tuple is used again
        Closer()
        values, count = collected(method)
        assert len(kept) == 5000 and said != ["closed"] and values.sum() == 0 and count.tolist() == [1000]


def test_a_finalizer_that_gets_the_same_pointer_makes_no_second_owner(module: ModuleType) -> None:
    got: list[Any] = []

    class Getter:
        def __init__(self) -> None:
            self.me = self

        def __del__(self) -> None:
            got.append(module.single.get())

    get = module.single.get
    with collecting_often():
        Getter()
        first = collected(get)
        gc.collect()
        assert got == [first]
