# SPDX-License-Identifier: BSD-3-Clause
"""Transposing and reshaping: views of the same memory wherever NumPy finds one, and errors where it copies."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tenon
from tenon import Span


@st.composite
def arrays(draw: st.DrawFn) -> np.ndarray:
    shape = draw(st.lists(st.integers(0, 4), min_size=0, max_size=4))
    steps = [draw(st.sampled_from([1, 1, 1, 2, -1])) for _ in shape]
    big = [n * abs(s) for n, s in zip(shape, steps, strict=True)]
    whole = np.arange(np.prod(big, dtype=int), dtype="i2").reshape(big)
    axes = draw(st.permutations(range(len(shape))))
    return whole[(*(slice(None, None, s) for s in steps), ...)].transpose(axes)


@given(arrays(), st.data())
def test_transposing_is_numpys(array: np.ndarray, data: st.DataObject) -> None:
    axes = data.draw(st.permutations(range(array.ndim)))
    signed = [a - array.ndim if data.draw(st.booleans()) else a for a in axes]
    for got, wanted in [
        (Span(array).transpose(*signed) if signed else Span(array).transpose(()), array.transpose(axes)),
        (Span(array).transpose(signed), array.transpose(axes)),
        (Span(array).T, array.T),
        (Span(array).transpose(), array.T),
        (Span(array).transpose(None), array.T),
    ]:
        assert np.array_equal(got.numpy(), wanted) and got.shape == wanted.shape
        if array.size:
            assert got.strides == wanted.strides and got.address == wanted.ctypes.data


def splits(draw: st.DrawFn, size: int) -> list[int]:
    """Extents that multiply to `size`."""
    shape = []
    while size > 1:
        factor = draw(st.sampled_from([n for n in range(2, size + 1) if size % n == 0]))
        shape.append(factor)
        size //= factor
    for _ in range(draw(st.integers(0, 2))):
        shape.insert(draw(st.integers(0, len(shape))), 1)
    return shape if size else [*shape, 0, 3]


@given(arrays(), st.sampled_from("CF"), st.data())
def test_reshaping_is_a_view_exactly_where_numpy_needs_no_copy(
    array: np.ndarray, order: Any, data: st.DataObject
) -> None:
    shape = data.draw(st.composite(splits)(array.size))
    wanted = array.reshape(shape, order=order)
    span = Span(array)
    if array.size and not np.shares_memory(wanted, array):
        with pytest.raises(ValueError, match="need a copy"):
            span.reshape(shape, order)
        return
    got = span.reshape(shape, order=order)
    assert np.array_equal(got.numpy(), wanted) and got.shape == wanted.shape
    if shape:
        again = list(shape)
        again[data.draw(st.integers(0, len(shape) - 1))] = -1
        if array.size:
            assert span.reshape(again, order).shape == wanted.shape


def test_a_shape_is_written_in_several_ways() -> None:
    span = Span(np.arange(6))
    for got in [
        span.reshape(2, 3),
        span.reshape((2, 3)),
        span.reshape([2, -1]),
        span.reshape(shape=(2, 3)),
        span.reshape((np.int8(2), 3), "C"),
        span.reshape(2, 3, order="C"),
    ]:
        assert got.shape == (2, 3) and got.strides == (24, 8)
    assert span.reshape((2, 3), "F").strides == (8, 16)
    assert span.reshape(6).shape == span.reshape(-1).shape == (6,)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda s: s.reshape(5), ValueError, r"reshape\(\): 6 elements do not fill this shape"),
        (lambda s: s.reshape(-1, -1), ValueError, "more than one extent is -1"),
        (lambda s: s.reshape(-2, 3), ValueError, "negative"),
        (lambda s: s.reshape(4, -1), ValueError, "do not fill"),
        (lambda s: s.reshape((1,) * 65), ValueError, "65 dimensions; 0 to 64"),
        (lambda s: s.reshape(2.0), TypeError, "float"),
        (lambda s: s.reshape("a"), TypeError, "str"),
        (lambda s: s.reshape(2**80), OverflowError, "fit"),
        (lambda s: s.reshape((2, 3), "A"), ValueError, "order must be 'C' or 'F', got 'A'"),
        (lambda s: s.reshape((2, 3), None), TypeError, "order must be 'C' or 'F', got None"),
        (lambda s: s.reshape(), TypeError, "reshape"),
        (lambda s: s.reshape(2, 3, shape=6), TypeError, ""),
        (lambda s: s.T.reshape(6), ValueError, "this shape would need a copy"),
        (lambda s: s.transpose(0), ValueError, "1 axes for 2 dimensions"),
        (lambda s: s.transpose(0, 0), ValueError, "axis 0 appears twice"),
        (lambda s: s.transpose(0, 2), ValueError, "there is no axis 2 in 2 dimensions"),
        (lambda s: s.transpose(0, -3), ValueError, "there is no axis -3"),
        (lambda s: s.transpose(1.0, 0), TypeError, "float"),
        (lambda s: s.transpose(*range(65)), ValueError, "65 dimensions"),
    ],
)
def test_what_makes_no_view_is_refused(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message or "."):
        call(Span(np.arange(6).reshape(2, 3)))


def test_views_write_where_they_look() -> None:
    x = np.zeros((2, 3))
    Span(x).T[2, 1] = 5
    Span(x).reshape(6)[0] = 7
    assert x.tolist() == [[7, 0, 0], [0, 0, 5]]


def test_a_read_only_view_does_not_lock_the_memory() -> None:
    data = bytearray(3)
    span = Span(data)
    locked = span.toreadonly()
    span[0] = 9
    assert locked[0] == 9 and locked.readonly and not span.readonly
    assert Span(locked).readonly and locked[1:].readonly and locked.T.readonly and locked.reshape(3, 1).readonly


def test_strides_that_lead_nowhere_may_be_any_number() -> None:
    empty = Span(np.lib.stride_tricks.as_strided(np.zeros(1), (3, 0), (2**62, 8)))
    assert empty.tolist() == [[], [], []] == [list(row) for row in empty] and empty == empty[::-1]
    for part in (empty[1:], empty[2], empty[-1:], empty[::-2, ...], empty.T, empty[None, 2, None]):
        assert part.tobytes() == b"" and part.copy("K").shape == part.shape
    for stride in (-(2**63), 2**63 - 1):
        span = Span(np.lib.stride_tricks.as_strided(np.arange(1.0, 2.0), (1,), (stride,)))
        for same in (span, span[::-1], span[:1], span.T, span.copy("K"), span.reshape(1, 1)[0], tenon.rows(span)):
            assert same.tolist() == [1.0]
