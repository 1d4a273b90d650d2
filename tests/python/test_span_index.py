# SPDX-License-Identifier: BSD-3-Clause
"""Indices, slices, `...` and None of Spans against NumPy's, and of indirect memory against nested lists."""

import itertools
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenon import Span

testbuffer = pytest.importorskip("_testbuffer", reason="this Python ships without its test modules")


def layouts(draw: st.DrawFn) -> np.ndarray:
    """An array of any order, with gaps and negative strides, of 0 to 4 dimensions."""
    shape = draw(st.lists(st.integers(0, 4), max_size=4))
    steps = [draw(st.sampled_from([1, 2, -1, -3])) for _ in shape]
    whole = np.arange(np.prod([n * abs(s) for n, s in zip(shape, steps, strict=True)], dtype=int), dtype="i4")
    whole = whole.reshape([n * abs(s) for n, s in zip(shape, steps, strict=True)])
    axes = draw(st.permutations(range(len(shape))))
    return whole[(*(slice(None, None, s) for s in steps), ...)].transpose(axes)


def parts(draw: st.DrawFn, shape: tuple[int, ...]) -> tuple[Any, ...]:
    """A key for an array of this shape, out of bounds now and then."""
    key: list[Any] = []
    for n in shape[: draw(st.integers(0, len(shape)))]:
        bound = st.none() | st.integers(-n - 2, n + 2)
        step = st.none() | st.sampled_from([1, 2, 3, -1, -2, 5])
        key.append(draw(st.integers(-n - 1, n) | st.builds(slice, bound, bound, step)))
    if draw(st.booleans()):
        key.insert(draw(st.integers(0, len(key))), ...)
    for _ in range(draw(st.integers(0, 2))):
        key.insert(draw(st.integers(0, len(key))), None)
    return tuple(key)


@st.composite
def cases(draw: st.DrawFn) -> tuple[np.ndarray, tuple[Any, ...]]:
    array = layouts(draw)
    return array, parts(draw, array.shape)


def same(span: Span, array: np.ndarray) -> bool:
    got = span.numpy()
    strides = [(a, b) for a, b, n in zip(span.strides, array.strides, array.shape, strict=True) if n > 1]
    return got.shape == array.shape and all(a == b for a, b in strides) and np.array_equal(got, array)


@given(cases())
def test_any_key_shows_what_numpy_shows(case: tuple[np.ndarray, tuple[Any, ...]]) -> None:
    array, key = case
    span = Span(array)
    try:
        wanted = array[key]
    except IndexError:
        with pytest.raises(IndexError):
            span[key]
        return
    got = span[key]
    if isinstance(got, Span):
        assert same(got, np.asarray(wanted)) and got.obj is array
    else:
        assert got == wanted
    if len(key) == 1:
        single = span[key[0]]
        assert same(single, np.asarray(wanted)) if isinstance(single, Span) else single == wanted


@given(cases())
def test_any_assignment_writes_what_numpy_writes(case: tuple[np.ndarray, tuple[Any, ...]]) -> None:
    array, key = case
    expected, actual = array.copy(), array.copy()
    try:
        target = expected[key]
    except IndexError:
        return
    new = np.arange(100, 100 + target.size, dtype="i4").reshape(target.shape)
    expected[key] = new
    full = [part for part in key if isinstance(part, int)]
    element = len(full) == array.ndim == len(key) or (array.ndim == 0 and key in [(), (...,)])
    Span(actual)[key] = int(new) if element else new
    assert np.array_equal(actual, expected)


@pytest.mark.parametrize(
    ("key", "error", "message"),
    [
        (2, IndexError, "index out of bounds on dimension 1"),
        (-3, IndexError, "index out of bounds on dimension 1"),
        ((0, 3), IndexError, "index out of bounds on dimension 2"),
        ((slice(None), 3), IndexError, "index out of bounds on dimension 2"),
        ((..., 3), IndexError, "index out of bounds on dimension 2"),
        ((0, 0, 0), TypeError, "cannot index 2-dimension view with 3-element tuple"),
        ((..., ...), IndexError, "one ... at most"),
        ((None,) * 63, IndexError, "more than 64 dimensions"),
        ((None,) * 200, IndexError, "too many items"),
        (slice(None, None, 0), ValueError, "slice step cannot be zero"),
        ("a", TypeError, "must be an integer, a slice, ..., None or a tuple of them, got str"),
        (1.0, TypeError, "got float"),
        ([0], TypeError, "got list"),
        ((0, "a"), TypeError, "got str"),
        (2**70, IndexError, "cannot fit"),
        (slice("a"), TypeError, "slice indices"),
    ],
)
def test_a_wrong_key_is_refused_alike_for_reading_and_writing(key: Any, error: type[Exception], message: str) -> None:
    span = Span(np.zeros((2, 3)))
    with pytest.raises(error, match=message):
        span[key]
    with pytest.raises(error, match=message):
        span[key] = 1.0 if not isinstance(key, slice) else np.zeros(2)


def test_memory_of_no_dimension_has_one_element_and_no_length() -> None:
    x = np.array(5.0)
    span = Span(x)
    assert span[()] == 5 and span[...] is span and span[None].shape == (1,)
    span[()] = 6
    span[...] = 7
    assert x == 7
    if sys.version_info >= (3, 12):
        with pytest.raises(TypeError, match="0-dim memory has no length"):
            len(span)
    else:
        assert len(span) == len(memoryview(x)) == 1
    for key in [0, slice(None)]:
        with pytest.raises(TypeError, match="invalid indexing of 0-dim memory"):
            span[key]


def test_the_length_is_that_of_the_first_dimension() -> None:
    assert [len(Span(np.zeros(shape))) for shape in [(3,), (2, 5), (0, 4)]] == [3, 2, 0]


def test_read_only_memory_is_not_written_and_no_memory_is_deleted() -> None:
    with pytest.raises(TypeError, match="cannot modify read-only memory"):
        Span(b"abc")[0] = 1
    with pytest.raises(TypeError, match="cannot modify read-only memory"):
        Span(bytearray(3)).toreadonly()[:] = b"abc"
    with pytest.raises(TypeError, match="cannot delete memory"):
        del Span(bytearray(3))[0]
    assert Span(bytearray(3)).toreadonly().readonly


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (np.zeros(3), ValueError, r"different structures: int32 of shape \(3,\), got float64 of shape \(3,\)"),
        (np.zeros(2, "i4"), ValueError, r"got int32 of shape \(2,\)"),
        (np.zeros((3, 1), "i4"), ValueError, r"got int32 of shape \(3, 1\)"),
        (np.zeros(3, ">i4" if np.little_endian else "<i4"), ValueError, "got [<>]int32"),
        (b"abc", ValueError, "uint8"),
        (5, TypeError, "a bytes-like object or an array is required, got int"),
        ([1, 2, 3], TypeError, "got list"),
    ],
    ids=str,
)
def test_a_slice_takes_elements_of_its_own_type_and_shape_alone(
    value: Any, error: type[Exception], message: str
) -> None:
    x = np.arange(6, dtype="i4")
    with pytest.raises(error, match=message):
        Span(x)[1:4] = value
    assert x.tolist() == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(("to", "source"), list(itertools.permutations([slice(0, 6), slice(2, 8), slice(7, 1, -1)], 2)))
def test_overlapping_slices_are_assigned_as_if_copied_first(to: slice, source: slice) -> None:
    expected, actual = bytearray(range(10)), bytearray(range(10))
    expected[to] = bytes(expected[source])
    span = Span(actual)
    span[to] = span[source]
    assert actual == expected


def test_a_transposed_matrix_is_assigned_to_itself() -> None:
    x = np.arange(9).reshape(3, 3)
    wanted = x.T.copy()
    span = Span(x)
    span[:] = span.T
    assert np.array_equal(x, wanted)


# --- indirect memory --------------------------------------------------------------------------------------------------


def nested(shape: list[int], items: Any) -> Any:
    return next(items) if not shape else [nested(shape[1:], items) for _ in range(shape[0])]


def pick(lists: Any, key: tuple[Any, ...]) -> Any:
    """What the key picks of nested lists."""
    if not key:
        return lists
    if isinstance(key[0], slice):
        return [pick(inner, key[1:]) for inner in lists[key[0]]]
    return pick(lists[key[0]], key[1:])


def listed(obj: Any) -> Any:
    return [listed(obj[i]) for i in range(len(obj))] if isinstance(obj, Span) else obj


INDIRECT = [[3], [3, 4], [2, 3, 4]]
KEYS = [0, -1, slice(None), slice(1, None), slice(None, None, -1), slice(None, None, 2), slice(3, 0, -2), slice(5, 9)]


def indirect(shape: list[int]) -> tuple[Span, Any]:
    """A Span over rows found through pointers, as _testbuffer makes them, and the same as nested lists."""
    count = int(np.prod(shape))
    exporter = testbuffer.ndarray(list(range(count)), shape=shape, format="i", flags=testbuffer.ND_PIL)
    return Span(exporter), nested(shape, iter(range(count)))


@pytest.mark.parametrize("shape", INDIRECT, ids=str)
def test_indirect_memory_is_sliced_and_indexed_like_other(shape: list[int]) -> None:
    span, lists = indirect(shape)
    assert span.suboffsets != ()
    for length in range(1, len(shape) + 1):
        for key in itertools.product(KEYS, repeat=length):
            try:
                got = listed(span[key])
            except NotImplementedError:
                # An axis between two pointers can't be left out: there is no place for the second.
                assert "two pointers" in str(pytest.raises(NotImplementedError, lambda k=key: span[k]).value)
                continue
            assert got == pick(lists, key)


def test_one_axis_of_indirect_memory_after_the_other_reaches_every_element() -> None:
    span, lists = indirect([2, 3, 4])
    for i, j, k in itertools.product(range(2), range(3), range(4)):
        assert span[i][j][k] == span[i, j][k] == span[i][j, k] == span[i, j, k] == lists[i][j][k]


def test_indirect_memory_is_written_and_assigned() -> None:
    exporter = testbuffer.ndarray(
        list(range(12)), shape=[3, 4], format="i", flags=testbuffer.ND_PIL | testbuffer.ND_WRITABLE
    )
    span = Span(exporter)
    span[1, 2] = 100
    span[0] = np.array([7, 8, 9, 10], "i4")
    span[:, ::3] = span[::-1, ::-3]
    assert listed(span) == [[11, 8, 9, 8], [7, 5, 100, 4], [10, 9, 10, 7]]


def test_what_indirect_memory_cannot_show_is_said() -> None:
    span, _ = indirect([3, 4])
    with pytest.raises(BufferError, match="NumPy has no indirect arrays"):
        span.numpy()
    with pytest.raises(BufferError, match="axis cannot move past an indirect one"):
        span.T  # noqa: B018
    with pytest.raises(BufferError, match="indirect memory cannot be reshaped"):
        span.reshape(12)
    assert (span.c_contiguous, span.f_contiguous, span.contiguous) == (False, False, False)
    assert "suboffsets (0, -1)" in repr(span)
