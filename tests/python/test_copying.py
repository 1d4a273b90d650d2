# SPDX-License-Identifier: BSD-3-Clause
"""Span.copy, copy_from, copy_to and fill: layouts against NumPy, casts against exact arithmetic in Python."""

import array
import gc
import math
import sys
import threading
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import tenon
from tenon import Span

# --- layouts ---------------------------------------------------------------------------------------------------------

PAIR = np.dtype([("a", "<i4"), ("b", "<f8"), ("c", "u1")], align=True)
DTYPES = [np.dtype(text) for text in ("u1", "i2", "f4", "f8", "c16", ">i4", "S3", "V5", "M8[ns]", "U2", "g")] + [PAIR]


def counted(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """An array whose elements are all different as far as their size allows."""
    size = math.prod(shape)
    noise = np.random.default_rng(size).integers(0, 256, size * dtype.itemsize, np.uint8)
    if dtype.kind == "U":
        noise[:] = 0
        noise[:: 4] = np.arange(len(noise) // 4) % 90 + 33
    return noise.view(dtype).reshape(shape)


@st.composite
def layouts(draw: st.DrawFn, dtype: np.dtype, shape: tuple[int, ...]) -> np.ndarray:
    """A view of `shape`: axes in any order, with steps of any sign, at any alignment."""
    order = draw(st.permutations(range(len(shape))))
    steps = [draw(st.sampled_from([1, 1, 1, 2, 3, -1, -2])) for _ in shape]
    whole = tuple(abs(steps[axis]) * shape[axis] for axis in order)
    offset = draw(st.sampled_from([0, 0, 1, 8]))
    memory = np.zeros(math.prod(whole) * dtype.itemsize + offset, np.uint8)
    base = memory[offset:].view(dtype).reshape(whole)
    base[...] = counted(whole, dtype)
    view = base.transpose([order.index(axis) for axis in range(len(shape))])
    view = view[(*(slice(None, None, step) for step in steps), ...)]
    assert view.shape == shape and view.base is memory
    return view


def opaque(view: np.ndarray) -> np.ndarray:
    """The same elements as raw bytes, which NumPy copies whole, padding included."""
    return view.view(f"V{view.dtype.itemsize}")


def in_copy(view: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A copy of the memory that a view lies in, and the same view, opaque, of that."""
    memory = view.base.copy()
    if view.size == 0:
        return memory, opaque(view)
    offset = view.ctypes.data - view.base.ctypes.data
    return memory, np.ndarray(view.shape, f"V{view.dtype.itemsize}", memory, offset, view.strides)


shapes = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=9)
planes = st.tuples(st.integers(1, 90), st.integers(1, 90))


def raw(array: Any) -> bytes:
    return opaque(np.asarray(array)).tobytes()


def same(one: Any, other: Any) -> bool:
    """Equal element for element, as bytes."""
    return raw(one) == raw(other)


@given(st.data(), st.sampled_from(DTYPES), shapes | planes)
@settings(max_examples=300)
def test_any_layout_is_copied_to_any_other(data: st.DataObject, dtype: np.dtype, shape: tuple[int, ...]) -> None:
    target, source = data.draw(layouts(dtype, shape)), data.draw(layouts(dtype, shape))
    expected, view = in_copy(target)
    view[...] = opaque(source)
    Span(target).copy_from(source)
    assert same(target.base, expected)

    opaque(target)[...] = np.void(bytes(dtype.itemsize))
    Span(source).copy_to(target)
    assert same(target.base, expected)


@given(st.data(), st.sampled_from(DTYPES), shapes)
def test_the_source_is_broadcast(data: st.DataObject, dtype: np.dtype, shape: tuple[int, ...]) -> None:
    fewer = data.draw(st.integers(0, len(shape)))
    smaller = tuple(1 if data.draw(st.booleans()) else extent for extent in shape[fewer:])
    target, source = data.draw(layouts(dtype, shape)), data.draw(layouts(dtype, smaller))
    Span(target).copy_from(source)
    assert same(target, np.broadcast_to(source, shape))


@st.composite
def slices(draw: st.DrawFn, extent: int, length: int) -> slice:
    """A slice of `length` elements of an axis."""
    step = draw(st.integers(1, max(1, (extent - 1) // max(1, length - 1))))
    start = draw(st.integers(0, extent - 1 - step * (length - 1)))
    indices = slice(start, start + step * (length - 1) + 1, step)
    if draw(st.booleans()):
        end = indices.start - step
        return slice(start + step * (length - 1), None if end < 0 else end, -step)
    return indices


@given(st.data(), st.sampled_from(DTYPES), st.integers(1, 3))
@settings(max_examples=200)
def test_two_views_of_one_array_may_overlap_in_any_way(data: st.DataObject, dtype: np.dtype, ndim: int) -> None:
    extents = tuple(data.draw(st.integers(1, 12)) for _ in range(ndim))
    shape = tuple(data.draw(st.integers(1, extent)) for extent in extents)
    base = counted(extents, dtype).copy()
    to = tuple(data.draw(slices(*pair)) for pair in zip(extents, shape, strict=True))
    of = tuple(data.draw(slices(*pair)) for pair in zip(extents, shape, strict=True))
    expected = opaque(base).copy()
    expected[to] = expected[of].copy()
    Span(base[to]).copy_from(base[of])
    assert same(base, expected)


def test_a_matrix_is_transposed_in_place() -> None:
    matrix = np.random.default_rng(0).normal(size=(100, 100))
    expected = matrix.T.copy()
    Span(matrix).copy_from(matrix.T)
    assert same(matrix, expected)


def test_what_overlaps_itself_is_refused_as_target() -> None:
    target = np.lib.stride_tricks.as_strided(np.zeros(5), (3, 3), (8, 8))
    with pytest.raises(ValueError, match=r"^copy_from\(\): the destination overlaps itself$"):
        Span(target).copy_from(np.ones((3, 3)))
    repeated = Span(np.lib.stride_tricks.as_strided(np.zeros(1), (3,), (0,)))
    with pytest.raises(ValueError, match="overlaps itself"):
        repeated.copy_from(np.ones(3))


# --- indirect memory -------------------------------------------------------------------------------------------------


@given(st.data(), st.sampled_from(DTYPES), st.integers(1, 30), st.integers(0, 30), st.booleans())
def test_rows_are_gathered_and_scattered(
    data: st.DataObject, dtype: np.dtype, m: int, n: int, backwards: bool
) -> None:
    memory = [counted((n,), dtype) for _ in range(m)]
    rows = tenon.rows(data.draw(st.permutations(memory)))
    if backwards:
        rows = rows[::-1, ::-1]
    direct = data.draw(layouts(dtype, (m, n)))
    Span(direct).copy_from(rows)
    assert raw(direct) == b"".join(map(raw, rows))

    fresh = data.draw(layouts(dtype, (m, n)))
    rows.copy_from(fresh)
    assert all(same(row, part) for row, part in zip(rows, fresh, strict=True))


def test_rows_are_copied_to_rows() -> None:
    source = tenon.rows([np.arange(5.0) + k for k in range(9)])
    target = tenon.empty((9, 5), order="rows")
    target.copy_from(source)
    assert target.tolist() == source.tolist()
    target.copy_from(source[::-1])
    assert target.tolist() == source.tolist()[::-1]


def test_rows_that_lie_between_each_other_are_copied() -> None:
    """The columns of one array, half of them written from the other half."""
    matrix = np.arange(40.0).reshape(5, 8)
    columns = list(matrix.T)
    expected = matrix.copy()
    expected[:, ::2] = matrix[:, 1::2]
    tenon.rows(columns[::2]).copy_from(tenon.rows(columns[1::2]))
    assert same(matrix, expected)


def test_rows_may_overlap_what_is_copied_to_them() -> None:
    matrix = np.arange(40.0).reshape(8, 5)
    expected = matrix[::-1].copy()
    tenon.rows(list(matrix)).copy_from(matrix[::-1])
    assert same(matrix, expected)


def test_rows_of_which_two_are_the_same_are_refused_as_target() -> None:
    row = np.zeros(4)
    with pytest.raises(ValueError, match="the destination overlaps itself"):
        tenon.rows([row, np.zeros(4), row]).copy_from(np.ones((3, 4)))
    assert not row.any()


def test_several_axes_may_be_indirect() -> None:
    source = np.arange(60.0).reshape(3, 4, 5)
    target = tenon.empty((3, 4, 5), order="rows")
    target.copy_from(source.T.copy().T)
    assert target.tolist() == source.tolist()
    back = np.zeros((3, 5, 4)).transpose(0, 2, 1)
    target.copy_to(back)
    assert same(back, source)


# --- large arrays ----------------------------------------------------------------------------------------------------

LARGE = (1500, 1303)  # beyond 12 MiB, from where copies go past the caches


VIEWS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "straight": lambda x: x,
    "transposed": lambda x: x.T,
    "reversed": lambda x: x[::-1, ::-1],
    "rows reversed": lambda x: x[:, ::-1],
    "gaps": lambda x: x.repeat(2, axis=1)[:, ::2],
    "gaps, transposed": lambda x: x.repeat(2, axis=1)[:, ::2].T,
    "rows repeated": lambda x: np.broadcast_to(x[0], (x.shape[1], x.shape[1])),
    "elements repeated": lambda x: np.broadcast_to(x[:1300, :1], (1300, 1301)),
}


def noise(shape: tuple[int, ...], dtype: str) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 2**63, (*shape, np.dtype(dtype).itemsize // 8)).view(dtype)[..., 0]


@pytest.mark.parametrize(
    ("view", "dtype"), [(view, "f8") for view in VIEWS] + [("transposed", "V24"), ("gaps", "c16"), ("gaps", "V40")]
)
def test_large_copies_are_as_exact_as_small_ones(view: str, dtype: str) -> None:
    source = VIEWS[view](noise(LARGE, dtype))
    for offset in (0, 1):  # a destination that begins at a line, and one whose rows begin anywhere
        target = np.zeros((source.shape[0], source.shape[1] + offset), source.dtype)[:, offset:]
        Span(target).copy_from(source)
        assert same(target, source)
    assert same(Span(source).copy(), source)
    strided = np.zeros((source.shape[0], 2 * source.shape[1]), source.dtype)[:, ::2]
    Span(strided).copy_from(source)
    assert same(strided, source)


@pytest.mark.parametrize("dtype", ["u1", "i2", "f4", "f8", "c16"])
def test_large_planes_are_transposed(dtype: str) -> None:
    extent = math.isqrt((14 << 20) // np.dtype(dtype).itemsize)
    for shape in ((extent, extent), (extent - 3, extent + 5), (4096, (14 << 20) // np.dtype(dtype).itemsize // 4096)):
        source = counted(shape, np.dtype(dtype))
        target = np.zeros(shape[::-1], dtype)
        Span(target).copy_from(source.T)
        assert same(target, source.T)


def test_large_arrays_move_by_a_little() -> None:
    for distance in (-3, 3):
        base = np.random.default_rng(0).normal(size=2_000_000)
        expected = base.copy()
        expected[3 + distance : -3 + distance or None] = base[3:-3]
        Span(base[3 + distance : -3 + distance or None]).copy_from(base[3:-3])
        assert same(base, expected)


# --- copy ------------------------------------------------------------------------------------------------------------


@given(st.data(), st.sampled_from(DTYPES), shapes)
def test_a_copy_has_the_elements_the_type_and_the_order_asked_for(
    data: st.DataObject, dtype: np.dtype, shape: tuple[int, ...]
) -> None:
    source = data.draw(layouts(dtype, shape))
    source.flags.writeable = data.draw(st.booleans())
    span = Span(source)
    c, f, k, rows = (span.copy(order) for order in ("C", "F", "K", "rows"))
    for copy in (c, f, k, rows):
        assert copy.shape == span.shape and copy.dtype == span.dtype and not copy.readonly
        assert copy.tobytes() == span.tobytes()
    assert c.c_contiguous and f.f_contiguous
    assert np.asarray(k).strides == source.copy("K").strides or source.size <= 1 or 1 in shape or 0 in shape
    assert rows.suboffsets == (() if len(shape) < 2 else (0,) * (len(shape) - 1) + (-1,))


def test_a_copy_is_in_c_order_unless_something_else_is_asked_for() -> None:
    span = Span(np.arange(6.0).reshape(2, 3)).T
    assert span.copy().strides == (16, 8) == span.copy(order="C").strides


def test_a_copy_outlives_its_source() -> None:
    source = bytearray(b"abc")
    span = Span(source)
    copy = span.copy()
    span.release()
    source.clear()
    assert bytes(copy) == b"abc"


def test_a_copy_of_rows_is_direct() -> None:
    rows = tenon.rows([b"abc", b"def"])
    for order in ("C", "F", "K"):
        assert rows.copy(order).suboffsets == ()
        assert rows.copy(order).tobytes() == b"abcdef"


# --- fill ------------------------------------------------------------------------------------------------------------


@given(st.data(), st.sampled_from(["u1", "i2", ">i4", "f4", "f8", "c16", "S3", "?", "e"]), shapes | planes)
def test_fill_writes_every_element_and_nothing_else(
    data: st.DataObject, code: str, shape: tuple[int, ...]
) -> None:
    target = data.draw(layouts(np.dtype(code), shape))
    value = b"ab" if code == "S3" else True if code == "?" else 7
    expected, view = in_copy(target)
    view[...] = opaque(np.array(value, code))
    Span(target).fill(value)
    assert same(target.base, expected)


@pytest.mark.parametrize("width", [1, 2, 3, 4, 5, 7, 8, 12, 16, 24, 100, 1000, 3000])
def test_fill_repeats_elements_of_any_size(width: int) -> None:
    element = np.random.default_rng(width).integers(0, 256, width, np.uint8).tobytes()
    for count in (1, 2, 3, 100, 15 * 2**20 // width):
        memory = np.zeros(count * width + 2, np.uint8)
        Span(memory[1:-1].view(f"V{width}")).fill(element)
        assert memory[0] == memory[-1] == 0
        assert memory[1:-1].tobytes() == element * count


def test_fill_takes_what_an_assignment_takes() -> None:
    span = Span(np.zeros(3, [("a", "i4"), ("b", "f4")]))
    span.fill((1, 2.5))
    assert span.tolist() == [(1, 2.5)] * 3
    span.fill({"a": 3, "b": 0})
    assert span[1] == (3, 0)
    with pytest.raises(ValueError, match="int8 must be in the range of int8"):
        Span(np.zeros(3, np.int8)).fill(300)
    with pytest.raises(TypeError):
        Span(np.zeros(3)).fill("text")


def test_fill_goes_along_pointers() -> None:
    rows = [np.zeros(3), np.zeros(3)]
    tenon.rows(rows).fill(2)
    assert np.array_equal(rows, np.full((2, 3), 2))


# --- casts -----------------------------------------------------------------------------------------------------------

Number = Fraction | float  # a float only for what is not finite, and for -0.0


class Kind:
    """A type of real numbers, as Python sees it: how its values are read, and what becomes of a number."""

    def __init__(self, code: str, digits: int = 0, most: int = 0) -> None:
        self.code = code
        self.dtype = np.dtype(ml_dtypes.bfloat16 if code == "bfloat16" else code)
        self.is_float = digits > 0
        self.digits, self.most = digits, most  # of a float: of its significand, and the exponent of what is too large

    def value(self, element: Any) -> Number:
        if not self.is_float:
            return Fraction(int(element))
        number = float(element)
        return Fraction(number) if math.isfinite(number) and number != 0 else number

    def rounded(self, value: Fraction) -> Number:
        """To nearest, ties to even, with the exponents that this float has."""
        exponent = 0
        size = abs(value)
        while size >= Fraction(2) ** (exponent + 1):
            exponent += 1
        while size < Fraction(2) ** exponent:
            exponent -= 1
        unit = Fraction(2) ** (max(exponent, 2 - self.most) - self.digits + 1)
        result = round(size / unit) * unit
        sign = -1 if value < 0 else 1
        if result >= Fraction(2) ** self.most:
            return sign * math.inf
        return sign * result if result != 0 else sign * 0.0

    def cast(self, value: Number, whole: bool) -> Number:
        """What C makes of it; `whole` says that it comes from an integer."""
        if self.code == "?":
            return Fraction(int(value != 0))
        if self.is_float:
            return self.rounded(value) if isinstance(value, Fraction) and value != 0 else float(value)
        bounds = np.iinfo(self.dtype)
        if whole:
            assert isinstance(value, Fraction)
            return Fraction((int(value) - bounds.min) % 2 ** (8 * self.dtype.itemsize) + bounds.min)
        if value != value:
            return Fraction(0)
        return Fraction(min(max(value, bounds.min), bounds.max).__trunc__())


KINDS = [Kind(code) for code in ("?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8")] + [
    Kind("e", 11, 16), Kind("bfloat16", 8, 128), Kind("f", 24, 128), Kind("d", 53, 1024)
]
SPECIAL = [0, 1, 2, 3, 127, 128, 255, 256, 2049, 4097, 32767, 65504, 65519, 65520, 65536, 2**31 - 1, 2**31, 2**32 - 1,
           2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1, 2**24 + 1, 2**62 + 2**54 + 1]


@st.composite
def elements(draw: st.DrawFn, kind: Kind) -> Any:
    if kind.code == "?":
        return draw(st.booleans())
    if kind.is_float:
        bits = draw(st.integers(0, 2 ** (8 * kind.dtype.itemsize) - 1))
        anything = np.array(bits, f"u{kind.dtype.itemsize}").view(kind.dtype)[()]
        near = draw(st.sampled_from(SPECIAL)) * draw(st.sampled_from([1, -1, 0.5, -1.5, 1e-8, 2.0**-24]))
        with np.errstate(over="ignore"):
            return draw(st.sampled_from([anything, np.array(near, "d").astype(kind.dtype)[()]]))
    bounds = np.iinfo(kind.dtype)
    value = draw(st.sampled_from(SPECIAL)) * draw(st.sampled_from([1, -1])) + draw(st.integers(-1, 1))
    return kind.dtype.type(min(max(value, bounds.min), bounds.max))


@st.composite
def casts(draw: st.DrawFn) -> tuple[Kind, Kind, np.ndarray, np.ndarray]:
    """Two types, a source in either byte order, and a target of its shape."""
    of, to = draw(st.sampled_from(KINDS)), draw(st.sampled_from(KINDS))
    values = draw(st.lists(elements(of), min_size=1, max_size=20))
    step = draw(st.sampled_from([1, 1, 2, -1]))
    source = np.array(values, of.dtype).repeat(abs(step))[::step]
    target = np.zeros(2 * len(values), to.dtype)[:: draw(st.sampled_from([1, 2]))][: len(values)]
    if draw(st.booleans()) and of.code != "bfloat16":
        source = source.astype(of.dtype.newbyteorder())
    if draw(st.booleans()) and to.code != "bfloat16":
        target = target.astype(to.dtype.newbyteorder())
    return of, to, source, target


def equal(one: Number, other: Number) -> bool:
    return one == other or (one != one and other != other)


def identical(one: Number, other: Number) -> bool:
    """The sign of a zero counts."""
    return equal(one, other) and (one != 0 or math.copysign(1, one) == math.copysign(1, other))


def of_bfloat16(array: np.ndarray) -> Any:
    """NumPy has no name for it that tenon could read: the same memory, lent with a type."""
    if array.dtype != ml_dtypes.bfloat16:
        return array
    return tenon.lend(array.ctypes.data, array.shape, "bfloat16", strides=array.strides, owner=array)


@given(casts())
@settings(max_examples=500)
def test_casts_do_what_c_does(case: tuple[Kind, Kind, np.ndarray, np.ndarray]) -> None:
    of, to, source, target = case
    Span(of_bfloat16(target)).copy_from(of_bfloat16(source), casting="c")
    for element, result in zip(source, target, strict=True):
        value = of.value(element)
        assert identical(to.value(result), to.cast(value, not of.is_float)), (element, of.code, to.code)


@given(casts())
@settings(max_examples=500)
def test_exact_casts_do_all_or_nothing(case: tuple[Kind, Kind, np.ndarray, np.ndarray]) -> None:
    of, to, source, target = case
    values = [of.value(element) for element in source]
    changed = [k for k, value in enumerate(values) if not equal(value, to.cast(value, not of.is_float))]
    before = target.tobytes()
    span = Span(of_bfloat16(target))
    if changed:
        message = rf"^copy_from\(\): the value .* at index \({changed[0]},\) is not exact as"
        with pytest.raises(ValueError, match=message):
            span.copy_from(of_bfloat16(source), casting="exact")
        assert target.tobytes() == before
        return
    span.copy_from(of_bfloat16(source), casting="exact")
    assert all(equal(value, to.value(result)) for value, result in zip(values, target, strict=True))


def test_complex_numbers_lose_their_imaginary_part_only_where_c_is_asked_to_drop_it() -> None:
    source = np.array([1 + 0j, 2 - 3j])
    target = np.zeros(2, np.float32)
    with pytest.raises(ValueError, match=r"the value 2-3j at index \(1,\) is not exact as float32"):
        Span(target).copy_from(source, casting="exact")
    Span(target).copy_from(source[:1], casting="exact")
    assert target.tolist() == [1, 1]
    Span(target).copy_from(source, casting="c")
    assert target.tolist() == [1, 2]
    truths = np.zeros(2, bool)
    Span(truths).copy_from(np.array([0 + 1j, 0]), casting="c")
    assert truths.tolist() == [True, False]


def test_real_numbers_become_complex() -> None:
    target = np.full((2, 2), 9j, np.complex64)
    Span(target.T).copy_from(np.array([[1, 2], [3, 4]], np.int8), casting="exact")
    assert target.tolist() == [[1, 3], [2, 4]]


def test_casts_go_along_pointers_and_across_axes() -> None:
    rows = tenon.rows([np.arange(40, dtype=np.int16) + k for k in range(50)])
    target = np.zeros((40, 50), ">f4")
    Span(target.T).copy_from(rows, casting="exact")
    assert same(target.T, np.array(rows.tolist(), ">f4"))


def test_a_cast_may_write_over_its_source() -> None:
    memory = np.arange(100, dtype=np.int32)
    Span(memory.view(np.float32)[::-1]).copy_from(memory, casting="exact")
    assert memory.view(np.float32).tolist() == list(range(99, -1, -1))


def test_the_index_in_the_message_is_the_first_in_c_order() -> None:
    source = np.zeros((3, 4), order="F")
    source[2, 0] = source[1, 3] = 0.5
    with pytest.raises(ValueError, match=r"the value 0\.5 at index \(1, 3\) is not exact as int64"):
        Span(np.zeros((3, 4), np.int64)).copy_from(source, casting="exact")


@pytest.mark.parametrize("casting", ["no", "exact", "c"])
def test_large_casts_are_as_exact_as_small_ones(casting: str) -> None:
    source = np.random.default_rng(0).integers(-1000, 1000, (700, 900)).astype(np.int16)
    target = np.zeros((900, 700))
    if casting == "no":
        with pytest.raises(TypeError):
            Span(target).copy_from(source.T)
        return
    Span(target).copy_from(source.T, casting=casting)
    assert np.array_equal(target, source.T)


# --- what is refused -------------------------------------------------------------------------------------------------

REFUSALS: list[tuple[str, Callable[[Span], object], type[Exception], str]] = [
    ("another type", lambda s: s.copy_from(np.zeros((2, 3), "f4")), TypeError,
     "copy_from(): the source is float32, the destination float64, and no cast was asked for; "
     "ask for it with casting='exact' or 'c'"),
    ("another byte order", lambda s: s.copy_from(np.zeros((2, 3), ">f8")), TypeError,
     "copy_from(): the source is >float64, the destination float64, and no cast was asked for; "
     "ask for it with casting='exact' or 'c'"),
    ("bytes", lambda s: s.copy_from(np.zeros((2, 3), "S8"), "c"), TypeError,
     "copy_from(): the source is bytes[8], the destination float64; only numbers can be cast"),
    ("a number", lambda s: s.copy_from(1.5), TypeError,
     "copy_from(): source must hold an array, got float; fill() takes one value, tenon.rows() a sequence of arrays"),
    ("a list", lambda s: s.copy_from([1.5]), TypeError,
     "copy_from(): source must hold an array, got list; fill() takes one value, tenon.rows() a sequence of arrays"),
    ("another shape", lambda s: s.copy_from(np.zeros((3, 2))), ValueError,
     "copy_from(): shape (3, 2) cannot be broadcast to (2, 3)"),
    ("more axes", lambda s: s.copy_from(np.zeros((1, 2, 3))), ValueError,
     "copy_from(): shape (1, 2, 3) cannot be broadcast to (2, 3)"),
    ("a masked array", lambda s: s.copy_from(np.ma.masked_array([1.0], [True])), TypeError,
     "copy_from(): source is a masked array, whose mask C would not see; pass its .data, or .filled(…)"),
    ("a read-only target", lambda s: s.copy_to(bytes(48)), ValueError, "copy_to(): target is read-only"),
    ("no target", lambda s: s.copy_to(None), TypeError, "copy_to(): target must hold an array, got None"),
    ("a read-only Span", lambda s: s.toreadonly().copy_from(s), ValueError,
     "copy_from(): the destination is read-only"),
    ("filling a read-only Span", lambda s: s.toreadonly().fill(0), ValueError, "fill(): the destination is read-only"),
    ("an unknown casting", lambda s: s.copy_from(s, casting="safe"), ValueError,
     "copy_from(): casting must be 'no', 'exact' or 'c', got 'safe'"),
    ("a casting that is no text", lambda s: s.copy_to(s, casting=1), TypeError,
     "copy_to(): casting must be 'no', 'exact' or 'c', got 1"),
    ("an unknown order", lambda s: s.copy("A"), ValueError,
     "copy(): order must be 'C', 'F', 'rows' or 'K', got 'A'"),
]


@pytest.mark.parametrize(("attempt", "exception", "message"), [case[1:] for case in REFUSALS],
                         ids=[case[0] for case in REFUSALS])
def test_refusals_say_what_and_why(
    attempt: Callable[[Span], object], exception: type[Exception], message: str
) -> None:
    memory = np.ones((2, 3))
    with pytest.raises(exception) as caught:
        attempt(Span(memory))
    assert str(caught.value) == message
    assert (memory == 1).all()


def test_structures_are_equal_by_meaning() -> None:
    source = np.array([(1, 2.0), (3, 4.0)], [("a", "i4"), ("b", "f8")])
    target = np.zeros(2, np.dtype({"names": ["a", "b"], "formats": ["<i4", "<f8"], "offsets": [0, 4], "itemsize": 12}))
    Span(target).copy_from(source)
    assert target.tolist() == source.tolist()
    with pytest.raises(TypeError, match=r"^copy_from\(\): field 'b' is at offset 4, expected 8$"):
        Span(np.zeros(2, np.dtype([("a", "i4"), ("b", "f8")], align=True))).copy_from(source)


def test_a_released_span_is_refused() -> None:
    span = Span(bytearray(8))
    span.release()
    other = bytearray(8)
    for attempt in (span.copy, lambda: span.copy_from(other), lambda: span.copy_to(other), lambda: span.fill(0)):
        with pytest.raises(ValueError, match="released"):
            attempt()


# --- sources, and letting go of them ---------------------------------------------------------------------------------


class Interface:
    """Speaks the array interface alone, and does something when it is asked."""

    def __init__(self, memory: np.ndarray, when_asked: Callable[[], object] = lambda: None) -> None:
        self.memory, self.when_asked = memory, when_asked

    @property
    def __array_interface__(self) -> dict[str, Any]:
        self.when_asked()
        return self.memory.__array_interface__


class Tensor:
    def __init__(self, memory: np.ndarray) -> None:
        self.memory = memory

    def __dlpack__(self, **keywords: Any) -> Any:
        return self.memory.__dlpack__(**keywords)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.memory.__dlpack_device__()


def exporters() -> Iterator[tuple[Any, Any]]:
    values = np.arange(6, dtype=np.uint8)
    yield "bytes", bytes(values)
    yield "bytearray", bytearray(values)
    yield "memoryview", memoryview(bytes(values))
    yield "array.array", array.array("B", bytes(values))
    yield "ndarray", values
    yield "array interface", Interface(values)
    yield "DLPack", Tensor(values)
    yield "Span", Span(values)


@pytest.mark.parametrize("source", [source for _, source in exporters()], ids=[name for name, _ in exporters()])
def test_any_exporter_is_a_source_and_is_let_go_of(source: Any) -> None:
    target = np.zeros(6, np.uint8)
    before = sys.getrefcount(source)
    for _ in range(3):
        Span(target).copy_from(source)
        with pytest.raises(TypeError):
            Span(np.zeros(6)).copy_from(source)
    assert target.tolist() == [0, 1, 2, 3, 4, 5]
    gc.collect()
    assert sys.getrefcount(source) == before
    if isinstance(source, bytearray):
        source.append(0)  # refused while a buffer is held


def test_a_target_is_let_go_of() -> None:
    target = bytearray(3)
    Span(b"abc").copy_to(target)
    assert target == b"abc"
    target.append(0)


def test_a_span_is_held_while_its_source_is_asked() -> None:
    span = Span(bytearray(6))
    outcomes: list[object] = []

    def release() -> None:
        try:
            span.release()
        except BufferError as error:
            outcomes.append(str(error))

    span.copy_from(Interface(np.arange(6, dtype=np.uint8), release))
    assert outcomes == ["Span has 1 exported buffer"]
    assert bytes(span) == bytes(range(6))
    span.release()


class Index:
    def __init__(self, span: Span) -> None:
        self.span, self.refused = span, False

    def __index__(self) -> int:
        try:
            self.span.release()
        except BufferError:
            self.refused = True
        return 7


def test_a_span_is_held_while_the_value_to_fill_it_with_is_asked() -> None:
    span = Span(bytearray(6))
    value = Index(span)
    span.fill(value)
    assert value.refused and bytes(span) == b"\7" * 6


def test_an_exporter_s_own_exception_passes_through() -> None:
    def fail() -> None:
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        Span(bytearray(6)).copy_from(Interface(np.zeros(6, np.uint8), fail))


@pytest.mark.filterwarnings("ignore:Setting the shape")  # NumPy 2.5 would have it go away
def test_large_copies_run_beside_other_threads() -> None:
    """They let go of the GIL, and what they copy stays where it is, whatever others do to its objects."""
    source = np.arange(4_000_000.0)
    spans = [tenon.empty(source.shape) for _ in range(3)]
    refused = []

    def disturb() -> None:
        for _ in range(200):
            source.shape = (2000, 2000)
            source.shape = (4_000_000,)
            for span in spans:
                try:
                    span.release()
                except BufferError:
                    refused.append(span)
                except ValueError:
                    pass

    def copy(target: Span) -> None:
        try:
            for _ in range(5):
                target.copy_from(source[::-1])
                target.fill(1.0)
        except ValueError as error:
            assert "released" in str(error)

    threads = [threading.Thread(target=copy, args=(span,)) for span in spans] + [threading.Thread(target=disturb)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
