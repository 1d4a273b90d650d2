# SPDX-License-Identifier: BSD-3-Clause
"""Rows whose exporters lie, fail, or change other rows and the list they stand in while they are asked."""

import contextlib
import gc
import sys
from array import array
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import tenon

LARGE = 1 << 16  # large enough for memory to be given back to the system when it is resized

SOURCE = """
#include <stddef.h>

double sum(size_t m, size_t n, const double (*rows[m])[n])
{
    double total = 0;
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++)
            total += (*rows[i])[j];
    return total;
}

/** @param rows [m][n] */
void scale(size_t m, size_t n, double **rows, double by)
{
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++)
            rows[i][j] *= by;
}
"""


def honest(hostile: ModuleType, **changes: Any) -> Any:
    """The row 1, 2, 3, as its exporter says it, but for `changes`."""
    options = {"format": b"d", "shape": (3,), "strides": (8,)} | changes
    return hostile.Exporter(bytearray(np.array([1, 2, 3], "f8").tobytes()), **options)


def is_given_back(exporter: Any) -> bool:
    return bool(exporter.gets == exporter.releases)


class Acting:
    """A number that does something before it says what it is."""

    def __init__(self, action: Callable[[], object], value: float) -> None:
        self.action, self.value = action, value

    def __float__(self) -> float:
        self.action()
        return float(self.value)


LIES: dict[str, dict[str, Any]] = {
    "a negative extent": {"shape": (-3,)},
    "an extent beyond the length": {"shape": (4,)},
    "a length beyond the shape": {"len": 32},
    "a shape whose product wraps to the length": {"shape": (2**61, 8), "strides": (8, 8), "len": 0},
    "NULL data": {"null_buf": True},
    "no shape": {"shape": None, "ndim": 1},
    "an ndim beyond 64": {"shape": (1,) * 65, "strides": (8,) * 65, "len": 8},
    "an itemsize that is not the format's": {"itemsize": 4, "len": 12},
    "an unknown format": {"format": b"!"},
    "a nested format without end": {"format": b"T{" * 5000},
}


@pytest.fixture(scope="module")
def r(build: Callable[[str], ModuleType]) -> ModuleType:
    return build(SOURCE)


GATHERING = ["sum", "rows"]


def gather(name: str, r: ModuleType) -> Callable[[Any], Any]:
    return tenon.rows if name == "rows" else r.sum


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
@pytest.mark.parametrize("name", GATHERING)
def test_a_row_that_lies_is_an_error_and_all_rows_are_given_back(
    hostile: ModuleType, r: ModuleType, name: str, lie: dict[str, Any]
) -> None:
    first, liar = honest(hostile), honest(hostile, **lie)
    said = r"rows\[2\] is described wrongly" if name == "sum" else "row 2: .*Exporter is described wrongly"
    with pytest.raises(ValueError, match=said):
        gather(name, r)([first, np.zeros(3), liar])
    assert is_given_back(first)
    assert is_given_back(liar)


@pytest.mark.parametrize("name", GATHERING)
def test_an_exporters_own_exception_passes_through(hostile: ModuleType, r: ModuleType, name: str) -> None:
    first, failing = honest(hostile), honest(hostile, error=KeyError("mine"))
    with pytest.raises(KeyError, match="mine"):
        gather(name, r)([first, failing, first])
    assert is_given_back(first)
    silent = honest(hostile, silent=True)
    with pytest.raises(Exception, match=r"."):
        gather(name, r)([first, silent])
    assert is_given_back(first)


@pytest.mark.parametrize("size", [2, 8 * LARGE], ids=["shrunk", "grown"])
@pytest.mark.parametrize("name", GATHERING)
def test_a_row_resized_by_the_exporter_after_it_is_seen_at_its_new_place(
    hostile: ModuleType, r: ModuleType, name: str, size: int
) -> None:
    x = np.ones(LARGE)
    exporter = honest(hostile, on_get=lambda: x.resize(size, refcheck=False))
    with pytest.raises(ValueError, match=rf"{size}.*3|3.*{size}"):
        gather(name, r)([x, exporter])
    y = np.ones(LARGE)
    exporter = honest(hostile, on_get=lambda: y.resize(3, refcheck=False))
    result = gather(name, r)([y, exporter, y])
    if name == "sum":
        assert result == 3 + 6 + 3
    else:
        assert result.tolist() == [[1, 1, 1], [1, 2, 3], [1, 1, 1]]


@pytest.mark.parametrize("name", GATHERING)
def test_a_list_emptied_by_a_row_is_taken_as_it_was(hostile: ModuleType, r: ModuleType, name: str) -> None:
    rows: list[Any] = []

    def empty() -> None:
        rows.clear()
        gc.collect()

    rows += [np.ones(3), honest(hostile, on_get=empty), np.full(3, 2.0), array("d", [1, 1, 1])]
    result = gather(name, r)(rows)
    assert rows == []
    expected = [[1, 1, 1], [1, 2, 3], [2, 2, 2], [1, 1, 1]]
    assert result == 18 if name == "sum" else result.tolist() == expected


def test_rows_resized_by_a_value_are_seen_at_their_new_place(r: ModuleType) -> None:
    x, y = np.ones(LARGE), np.ones(2)
    r.scale([x, y], Acting(lambda: x.resize(2, refcheck=False), 3))
    assert x.tolist() == y.tolist() == [3, 3]
    rows = [np.ones(2), np.ones(2)]
    r.scale(rows, Acting(lambda: rows.append(np.ones(2)), 3))
    assert np.array_equal(rows, [[3, 3], [3, 3], [3, 3]])
    with pytest.raises(ValueError, match=r"rows\[1\] is read-only"):
        r.scale(rows, Acting(lambda: rows[1].setflags(write=False), 3))


class Sequence:
    """Every step of it runs Python code."""

    def __init__(self, rows: list[Any], action: Callable[[], object]) -> None:
        self.rows, self.action = rows, action

    def __len__(self) -> int:
        self.action()
        return len(self.rows)

    def __getitem__(self, index: int) -> Any:
        self.action()
        return self.rows[index]


@pytest.mark.parametrize("name", GATHERING)
def test_a_sequence_may_do_anything_while_it_is_read(r: ModuleType, name: str) -> None:
    x = [np.ones(1000) for _ in range(5)]

    def act() -> None:
        for row in x:
            row.resize(3, refcheck=False)
        gc.collect()

    result = gather(name, r)(Sequence(x, act))
    assert result == 15 if name == "sum" else result.tolist() == [[1.0] * 3] * 5

    def fail() -> None:
        raise LookupError("no more")

    with pytest.raises(LookupError, match="no more"):
        gather(name, r)(Sequence(x, fail))


def test_a_sequence_that_says_it_is_longer_than_it_is_ends_where_it_ends(r: ModuleType) -> None:
    class Boasting:
        def __len__(self) -> int:
            return 10**9

    for base in (list, tuple):
        boaster = type("Boaster", (Boasting, base), {})
        assert r.sum(boaster([np.ones(3)])) == 3
        assert tenon.rows(boaster([np.ones(3)])).shape == (1, 3)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="Python classes export buffers from 3.12 on")
@pytest.mark.parametrize("name", GATHERING)
def test_a_buffer_method_that_resizes_another_row_is_survived(r: ModuleType, name: str) -> None:
    x = np.ones(LARGE)

    class Row:
        def __buffer__(self, flags: int) -> memoryview:
            x.resize(2, refcheck=False)
            return memoryview(array("d", [5, 6]))

    result = gather(name, r)([x, Row(), x])
    assert result == 2 + 11 + 2 if name == "sum" else result.tolist() == [[1, 1], [5, 6], [1, 1]]


def test_an_indirect_array_that_only_seems_so_is_an_ordinary_one(hostile: ModuleType, r: ModuleType) -> None:
    exporter = hostile.Exporter(
        bytearray(np.arange(6.0).tobytes()), format=b"d", shape=(2, 3), strides=(24, 8), suboffsets=(-1, -7)
    )
    assert r.sum(exporter) == 15
    assert tenon.rows(exporter).tolist() == [[0, 1, 2], [3, 4, 5]]
    assert tenon.rows([exporter]).tolist() == [[[0, 1, 2], [3, 4, 5]]]


@contextlib.contextmanager
def collecting_all_the_time() -> Iterator[None]:
    threshold = gc.get_threshold()
    gc.freeze()  # so that a collection is quick
    gc.set_threshold(1, 1, 1)
    try:
        yield
    finally:
        gc.set_threshold(*threshold)
        gc.unfreeze()


def test_gathering_while_the_collector_runs_anything(r: ModuleType) -> None:
    """A finalizer that changes rows, at every allocation; what shows them afterwards is not read, as refcheck=False
    asks for."""
    x = [np.ones(100) for _ in range(20)]

    class Cycle:
        def __init__(self) -> None:
            self.me = self

        def __del__(self) -> None:
            for row in x:
                row.resize(100 + len(made) % 7, refcheck=False)
            made.append(1)

    made: list[int] = []
    with collecting_all_the_time():
        for _ in range(200):
            Cycle()
            try:
                assert tenon.rows(x).ndim == 2
                assert tenon.rows([*x, array("d", [1.0] * len(x[0]))]).ndim == 2
                r.sum(x)
            except ValueError:  # rows of several lengths
                pass
    assert made


def test_a_list_may_become_another_one_whenever_the_collector_runs() -> None:
    """A finalizer puts other rows into it: more, fewer or none, of another type and length."""
    rows: list[Any] = []

    class Cycle:
        def __init__(self) -> None:
            self.me = self

        def __del__(self) -> None:
            made.append(1)
            rows[:] = [np.ones(3 + len(made) % 2, "f8" if len(made) % 3 else "i4") for _ in range(len(made) % 5)]

    made: list[int] = []
    seen: set[tuple[int, ...]] = set()
    with collecting_all_the_time():
        for _ in range(300):
            Cycle()
            try:
                gathered = tenon.rows(rows)
            except ValueError:  # no row, when it was looked at
                continue
            assert all(set(row) == {1} for row in gathered.tolist())
            seen.add(gathered.shape)
    assert made
    assert seen
