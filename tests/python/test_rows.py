# SPDX-License-Identifier: BSD-3-Clause
"""tenon.rows(): buffers that lie anywhere, seen as one array. The oracles: NumPy's arrays, memoryview's tolist()."""

import ctypes
import gc
import sys
import tracemalloc
import weakref
from array import array
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nomemory import fail_each_allocation

import tenon


class Subclass(np.ndarray[Any, Any]):
    pass


def values(span: tenon.Span) -> Any:
    return memoryview(span).tolist()


# --- what it shows ----------------------------------------------------------------------------------------------------


def test_rows_become_one_array_that_finds_them_through_a_table() -> None:
    a, b = np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6.0])
    span = tenon.rows([a, b])
    assert isinstance(span, tenon.Span)
    assert (span.shape, span.strides, span.suboffsets) == ((2, 3), (8, 8), (0, -1))
    assert (span.dtype, span.readonly, span.ndim) == ("float64", False, 2)
    assert span.owner[0] is a
    assert values(span) == [[1, 2, 3], [4, 5, 6]]
    memoryview(span)[1, 0] = 9
    assert b[0] == 9
    table = (ctypes.c_void_p * 2).from_address(span.address)
    assert list(table) == [a.ctypes.data, b.ctypes.data]


@pytest.mark.parametrize(
    "rows",
    [
        [array("i", [1, 2]), np.array([3, 4], np.int32), memoryview(array("i", [5, 6])), (ctypes.c_int * 2)(7, 8)],
        (b"ab", bytearray(b"cd")),
        [np.array([1, 2], np.int64), array("l", [3, 4]), array("q", [5, 6])],
        iter([np.zeros(2), np.ones(2)]),
        [tenon.Span(np.zeros(2)), np.ones(2)],
        [np.float64(3), np.array(4.0)],
        [np.zeros((0, 3))] * 2,
        [np.zeros(1)],
    ],
    ids=["several exporters", "bytes", "spellings of one type", "an iterator", "Spans", "numbers", "nothing", "one"],
)
def test_rows_of_any_kind_are_taken(rows: Any) -> None:
    rows = list(rows)
    assert values(tenon.rows(rows)) == [np.asarray(memoryview(row)).tolist() for row in rows]


@st.composite
def layouts(draw: st.DrawFn) -> list[np.ndarray[Any, Any]]:
    """Rows of one layout: parts of arrays in any order, sliced and transposed alike."""
    count, ndim = draw(st.integers(1, 6)), draw(st.integers(0, 3))
    shape = draw(st.lists(st.integers(0, 4), min_size=ndim, max_size=ndim))
    dtype = draw(st.sampled_from(["u1", "<i2", ">i4", "f8", "c16", "?", [("a", "i4"), ("b", "f4")]]))
    steps = draw(st.lists(st.sampled_from([-2, -1, 1, 2]), min_size=ndim, max_size=ndim))
    axes = draw(st.permutations(range(ndim)))
    generator = np.random.default_rng(draw(st.integers(0, 99)))
    cut = tuple(slice(None, None, step) for step in steps)
    rows = []
    for _ in range(count):
        size = [extent * abs(step) for extent, step in zip(shape, steps, strict=True)]
        whole = generator.integers(0, 99, size).astype(dtype) if isinstance(dtype, str) else np.zeros(size, dtype)
        rows.append(whole[cut].transpose(axes))
    return rows


@given(layouts())
@settings(max_examples=200)
def test_any_layout_keeps_its_logical_order(rows: list[np.ndarray[Any, Any]]) -> None:
    span = tenon.rows(rows)
    assert span.shape == (len(rows), *rows[0].shape)
    assert span.tolist() == np.array(rows).tolist()
    again = tenon.rows([span, span])
    assert again.suboffsets[:2] == (0, 0)
    assert again.tolist() == [np.array(rows).tolist()] * 2


@given(layouts(), st.sampled_from([-3, -1, 1, 2]))
def test_the_rows_of_one_array_are_taken_at_any_stride(rows: list[np.ndarray[Any, Any]], step: int) -> None:
    whole = np.array(rows)[::step]
    span = tenon.rows(whole)
    assert span.suboffsets[0] == 0
    assert span.tolist() == whole.tolist()
    assert tenon.rows(span).tolist() == whole.tolist()


@given(st.integers(1, 6), st.integers(0, 5), st.integers(0, 3), st.sampled_from([-1, 1, 2]))
def test_slices_of_a_span_can_be_gathered_again(m: int, n: int, start: int, step: int) -> None:
    """Their suboffsets are not 0."""
    whole = np.arange(float(m * n)).reshape(m, n)
    cut = tenon.rows(list(whole))[::step, start:]
    expected = whole[::step, start:].tolist()
    assert tenon.rows(cut).tolist() == expected
    assert tenon.rows([cut, cut]).tolist() == [expected] * 2


@pytest.mark.parametrize("cut", [np.s_[::-1], np.s_[1:], np.s_[:, ::-1], np.s_[0], np.s_[1, 1:]], ids=str)
def test_tables_of_rows_without_elements_are_still_walked(cut: Any) -> None:
    """As memoryview does, which loads the pointers before it sees that nothing is there."""
    planes = tenon.zeros((2, 3, 0), "float64", order="rows")
    expected = np.zeros((2, 3, 0))[cut]
    for span in (planes[cut], tenon.rows(planes)[cut], tenon.rows([planes, planes])[1][cut]):
        assert span.tolist() == expected.tolist()
        assert memoryview(span).tolist() == expected.tolist()
        assert tenon.rows(span).tolist() == expected.tolist()
        assert tenon.rows([span] * 2).tolist() == [expected.tolist()] * 2


def test_rows_that_are_indirect_must_have_the_same_suboffsets() -> None:
    span = tenon.rows([np.arange(4.0)] * 2)
    with pytest.raises(ValueError, match=r"row 1 has suboffsets \(8, -1\), but row 0 has \(0, -1\)"):
        tenon.rows([span[:, :3], span[:, 1:]])


def test_nothing_is_copied() -> None:
    x = np.arange(12.0).reshape(3, 4)
    for span in (tenon.rows(list(x)), tenon.rows(x[::-1]), tenon.rows(x.T), tenon.rows(list(x.T))):
        before = values(span)
        x += 1
        assert values(span) == (np.array(before) + 1).tolist()


@pytest.mark.parametrize("at", [1, 2, 40, 98, 99])
@pytest.mark.parametrize("kind", ["foreign", "subclass", "read-only"])
def test_one_row_of_another_kind_among_many_is_taken_like_the_others(at: int, kind: str) -> None:
    arrays = [np.array([r, r + 1], "f8") for r in range(100)]
    rows: list[Any] = list(arrays)
    if kind == "foreign":
        rows[at] = array("d", arrays[at])
    elif kind == "subclass":
        rows[at] = arrays[at].view(Subclass)
    else:
        rows[at].flags.writeable = False
    for sequence in (rows, tuple(rows)):
        gathered = tenon.rows(sequence)
        assert values(gathered) == [[r, r + 1] for r in range(100)]
        assert gathered.readonly == (kind == "read-only")


@pytest.mark.parametrize("at", [1, 2, 40, 98, 99])
@pytest.mark.parametrize(
    ("odd", "kind"), [(3, TypeError), (None, TypeError), (np.zeros(3), ValueError), (np.zeros(2, "f4"), TypeError)]
)
def test_one_row_among_many_that_cannot_be_taken_is_named(at: int, odd: Any, kind: type[Exception]) -> None:
    rows: list[Any] = [np.zeros(2) for _ in range(100)]
    rows[at] = odd
    references = [sys.getrefcount(row) for row in rows[:at]]
    for sequence in (rows, tuple(rows)):
        with pytest.raises(kind, match=rf"rows\(\): row {at}\b"):
            tenon.rows(sequence)
    del sequence
    assert [sys.getrefcount(row) for row in rows[:at]] == references


def test_rows_in_fortran_order_keep_their_logical_order() -> None:
    rows = [np.asfortranarray(np.arange(6.0).reshape(2, 3)) + 10 * i for i in range(2)]
    assert values(tenon.rows(rows)) == np.array(rows).tolist()


def test_an_empty_list_has_the_type_that_is_said_and_no_rows() -> None:
    span = tenon.rows([], dtype="f4")
    assert (span.shape, span.dtype, span.readonly, values(span)) == ((0, 0), "float32", False, [])
    with pytest.raises(ValueError, match="there are no rows that could say what their elements are; say it with d"):
        tenon.rows([])


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (2, 0, 4)])
def test_an_array_without_elements_keeps_its_shape(shape: tuple[int, ...]) -> None:
    assert tenon.rows(np.zeros(shape)).shape == shape


# --- types and writability --------------------------------------------------------------------------------------------


def frozen(n: int) -> Any:
    x = np.zeros(n)
    x.flags.writeable = False
    return x


def test_types_are_compared_by_meaning() -> None:
    assert tenon.rows([array("l", [1]), array("q", [2])]).dtype == "int64"
    assert tenon.rows([np.zeros(1, "<i4")], dtype="i4").dtype == tenon.DType("int32")
    assert tenon.rows([(ctypes.c_int * 1)(3), array("i", [4])]).format == "i"
    pair = [("a", "i4"), ("b", "f4")]
    assert tenon.rows([np.zeros(1, pair), np.zeros(1, pair)]).dtype.names == ("a", "b")


def test_it_is_read_only_if_any_row_is_or_if_asked_for() -> None:
    assert tenon.rows([np.zeros(2), frozen(2)]).readonly
    assert tenon.rows([frozen(2), np.zeros(2)]).readonly
    assert tenon.rows([bytearray(2), b"ab"]).readonly
    assert tenon.rows(frozen(4).reshape(2, 2)).readonly
    assert tenon.rows([np.zeros(2)], readonly=True).readonly
    assert tenon.rows(np.zeros((2, 2)), readonly=True).readonly
    assert not tenon.rows([np.zeros(2)], readonly=False).readonly
    with pytest.raises(TypeError, match="read-only"):
        memoryview(tenon.rows([np.zeros(2), frozen(2)]))[0, 0] = 1


# --- errors -----------------------------------------------------------------------------------------------------------

A = np.zeros(4)
F = np.asfortranarray(np.zeros((2, 3)))
REFUSED: list[tuple[Any, dict[str, Any], Any, str]] = [
    ([A, A, np.zeros(4, "f4")], {}, TypeError, "rows(): row 2 is float32[4], but row 0 is float64[4]"),
    ([A, array("f", [0] * 4)], {}, TypeError, "rows(): row 1 is float32[4], but row 0 is float64[4]"),
    ([A, A, np.zeros(5)], {}, ValueError, "rows(): row 2 is float64[5], but row 0 is float64[4]"),
    ([A, np.zeros((2, 2))], {}, TypeError, "rows(): row 1 is float64[2, 2], but row 0 is float64[4]"),
    ([A, np.zeros(())], {}, TypeError, "rows(): row 1 is float64, but row 0 is float64[4]"),
    ([A, np.zeros(8)[::2]], {}, ValueError, "rows(): row 1 has strides (16,), but row 0 has (8,); C-contiguous copies"),
    ([F, F.copy()], {}, ValueError, "rows(): row 1 has strides (24, 8), but row 0 has (8, 16)"),
    ([tenon.rows([A]), A.reshape(1, 4)], {}, ValueError, "rows(): row 1 is one block, but row 0 is indirect"),
    ([A.reshape(1, 4), tenon.rows([A])], {}, ValueError, "rows(): row 1 is indirect, but row 0 is one block"),
    ([A], {"dtype": "f4"}, TypeError, "rows(): row 0 is float64[4], but dtype is float32"),
    (A.reshape(2, 2), {"dtype": "f4"}, TypeError, "rows(): the array is float64, but dtype is float32"),
    ([A, frozen(4)], {"readonly": False}, ValueError, "rows(): row 1 is read-only, and readonly=False was asked for"),
    ([bytearray(2), b"ab"], {"readonly": False}, ValueError, "rows(): row 1: bytes is read-only"),
    (b"ab", {"readonly": False}, ValueError, "rows(): bytes is read-only"),
    ([A, 3], {}, TypeError, "rows(): row 1: a bytes-like object or an array is required, got int"),
    ([A, None], {}, TypeError, "rows(): row 1: a bytes-like object or an array is required, got None"),
    ("text", {}, TypeError, "rows(): a bytes-like object or an array is required, got str"),
    (3, {}, TypeError, "rows(): a bytes-like object or an array is required, got int"),
    (np.float64(3), {}, TypeError, "rows(): an array with rows is required, got one of no dimensions"),
    ([np.zeros(2, object)], {}, TypeError, "rows(): elements that are Python objects"),
    (np.zeros((2, 2), object), {}, TypeError, "rows(): elements that are Python objects"),
    ([A, np.ma.masked_array(A)], {}, TypeError, "rows(): row 1: MaskedArray is a masked array"),
    ([np.zeros((1,) * 64)], {}, TypeError, "rows(): row 0 has 64 dimensions, and no array has more than 64"),
    ([A], {"dtype": "nonsense"}, (TypeError, ValueError), "nonsense"),
]


@pytest.mark.parametrize(("rows", "options", "kind", "said"), REFUSED, ids=[row[3] for row in REFUSED])
def test_an_error_names_the_row_and_what_was_expected(rows: Any, options: Any, kind: Any, said: str) -> None:
    with pytest.raises(kind) as caught:
        tenon.rows(rows, **options)
    assert said in str(caught.value)


# --- who holds what ---------------------------------------------------------------------------------------------------


def test_each_row_is_held_once_until_the_last_view_is_gone() -> None:
    x, y = np.zeros(4), array("d", [0] * 4)
    counts = sys.getrefcount(x), sys.getrefcount(y)
    span = tenon.rows([x, y])
    assert (sys.getrefcount(x), sys.getrefcount(y)) == (counts[0] + 1, counts[1] + 1)
    view = memoryview(span)
    del span
    with pytest.raises(BufferError, match="exporting buffers"):
        y.append(1)
    with pytest.raises(ValueError, match="resize"):
        x.resize(100)
    view.release()
    assert (sys.getrefcount(x), sys.getrefcount(y)) == counts
    y.append(1)
    x.resize(100)


def test_release_gives_everything_back_at_once() -> None:
    y = array("d", [0] * 4)
    with tenon.rows([y, y]) as span, pytest.raises(BufferError):
        y.append(1)
    y.append(1)
    with pytest.raises(ValueError, match="released"):
        memoryview(span)
    span = tenon.rows([y])
    view = memoryview(span)
    with pytest.raises(BufferError, match="1 exported buffer"):
        span.release()
    view.release()
    span.release()


def test_nothing_is_held_after_a_failure() -> None:
    y = array("d", [0] * 4)
    x = np.zeros(4)
    count = sys.getrefcount(x)
    for bad in (3, np.zeros(5), np.zeros(4, "f4"), np.zeros(8)[::2], "text"):
        with pytest.raises((TypeError, ValueError)):
            tenon.rows([y, x, bad])
    assert sys.getrefcount(x) == count
    y.append(1)


def test_a_cycle_through_a_row_is_collected() -> None:
    class Row(np.ndarray):  # type: ignore[type-arg]
        pass

    row: Any = np.zeros(3).view(Row)
    row.span = tenon.rows([row])
    gone = weakref.ref(row)
    del row
    gc.collect()
    assert gone() is None


def test_a_list_that_changes_afterwards_does_not_matter() -> None:
    rows = [np.ones(1000) for _ in range(100)]
    span = tenon.rows(rows)
    rows.clear()
    gc.collect()
    assert values(span) == [[1.0] * 1000] * 100


def test_the_table_lives_no_longer_than_the_span() -> None:
    rows = [np.zeros(1)] * 10_000
    tenon.rows(rows)
    tracemalloc.start()
    try:
        span = tenon.rows(rows)
        assert tracemalloc.get_traced_memory()[0] >= 80_000
        del span
        for _ in range(100):
            tenon.rows(rows)
            with pytest.raises(ValueError, match="row 10000"):
                tenon.rows([*rows, np.zeros(2)])
        assert tracemalloc.get_traced_memory()[0] < 80_000
    finally:
        tracemalloc.stop()


def test_where_memory_runs_out_nothing_is_kept() -> None:
    x, y = np.zeros(4), array("d", [0] * 4)
    count = sys.getrefcount(x)

    def afterwards(failed: bool) -> None:
        assert sys.getrefcount(x) == count
        y.append(y.pop())

    assert fail_each_allocation(lambda: tenon.rows([x] * 20 + [y]), afterwards) > 3
    assert fail_each_allocation(lambda: tenon.rows([x] * 20), afterwards) > 2
    assert fail_each_allocation(lambda: tenon.rows(y), afterwards) > 1
