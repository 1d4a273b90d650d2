# SPDX-License-Identifier: BSD-3-Clause
"""Span against a model in pure Python, which knows memory as bytes, and an axis as the positions it visits."""

import itertools
import struct
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tenon

FORMATS = ["b", "B", "<h", ">h", "<i", ">I", "<q", ">Q", "<f", ">d", "<d"]
TYPESTRS = {"b": "|i1", "B": "|u1"} | {
    order + code: order + text
    for order in "<>"
    for code, text in {"h": "i2", "i": "i4", "I": "u4", "q": "i8", "Q": "u8", "f": "f4", "d": "f8"}.items()
}


@dataclass(frozen=True)
class Model:
    """Elements at `offset` plus, for every axis, one of its positions in bytes."""

    memory: bytes
    format: str
    offset: int
    axes: tuple[tuple[int, ...], ...]

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(map(len, self.axes))

    def tolist(self) -> Any:
        if not self.axes:
            return struct.unpack_from(self.format, self.memory, self.offset)[0]
        first, *rest = self.axes
        return [Model(self.memory, self.format, self.offset + at, tuple(rest)).tolist() for at in first]

    def __getitem__(self, key: tuple[Any, ...]) -> "Model":
        missing = len(self.axes) - sum(k is not None and k is not Ellipsis for k in key)
        full: list[Any] = []
        for k in key if Ellipsis in key else (*key, Ellipsis):
            full += [slice(None)] * missing if k is Ellipsis else [k]
        offset, axes, left = self.offset, [], list(self.axes)
        for k in full:
            if k is None:
                axes.append((0,))
            elif isinstance(k, slice):
                axes.append(left.pop(0)[k])
            else:
                offset += left.pop(0)[k]
        return Model(self.memory, self.format, offset, tuple(axes))

    def transposed(self, order: list[int]) -> "Model":
        return Model(self.memory, self.format, self.offset, tuple(self.axes[k] for k in order))


class Exporter:
    """Bytes at any strides, through the array interface: no NumPy is needed."""

    def __init__(
        self, memory: bytes, format: str, shape: tuple[int, ...], strides: tuple[int, ...], offset: int
    ) -> None:
        self.layout = format, shape, strides, offset
        self.__array_interface__ = {
            "version": 3,
            "data": memory,
            "offset": offset,
            "typestr": TYPESTRS[format],
            "shape": shape,
            "strides": strides,
        }


def offset_of(shape: tuple[int, ...], strides: tuple[int, ...]) -> int:
    """Where element 0 lies, if the lowest element is to lie at 0."""
    return sum(
        -stride * (extent - 1) for extent, stride in zip(shape, strides, strict=True) if stride < 0 and extent > 0
    )


@st.composite
def arrays(draw: st.DrawFn) -> tuple[Exporter, Model]:
    format = draw(st.sampled_from(FORMATS))
    itemsize = struct.calcsize(format)
    shape = tuple(draw(st.lists(st.integers(0, 5), max_size=4)))
    strides = tuple(draw(st.integers(-40, 40)) for _ in shape)
    offset = offset_of(shape, strides)
    reach = offset + sum(
        stride * (extent - 1) for extent, stride in zip(shape, strides, strict=True) if stride > 0 and extent
    )
    memory = draw(st.binary(min_size=reach + itemsize, max_size=reach + itemsize))
    if format[-1] in "fd":  # a NaN equals nothing, itself included
        memory = bytes(byte & 0x3F for byte in memory)
    model = Model(
        memory,
        format,
        offset,
        tuple(tuple(stride * i for i in range(extent)) for extent, stride in zip(shape, strides, strict=True)),
    )
    return Exporter(memory, format, shape, strides, offset), model


@st.composite
def keys(draw: st.DrawFn, shape: tuple[int, ...]) -> tuple[Any, ...]:
    axes = draw(st.integers(0, len(shape)))
    key: list[Any] = []
    for extent in shape[:axes]:
        slices = st.builds(slice, *[st.none() | st.integers(-7, 7)] * 2, st.none() | st.integers(-3, 3).filter(bool))
        key.append(draw(st.one_of(slices, st.integers(-extent, extent - 1)) if extent else slices))
        if draw(st.integers(0, 9)) == 0:
            key.append(None)
    if draw(st.booleans()) and axes == len(shape):
        key.insert(draw(st.integers(0, len(key))), Ellipsis)
    return tuple(key)


@given(arrays())
def test_a_span_lists_what_the_model_lists(pair: tuple[Exporter, Model]) -> None:
    exporter, model = pair
    span = tenon.Span(exporter)
    assert span.shape == model.shape
    assert span.tolist() == model.tolist()


@given(st.data(), arrays())
def test_indices_and_slices_select_what_the_model_selects(data: st.DataObject, pair: tuple[Exporter, Model]) -> None:
    exporter, model = pair
    key = data.draw(keys(model.shape))
    got, expected = tenon.Span(exporter)[key], model[key]
    if expected.axes or Ellipsis in key:
        assert got.shape == expected.shape
        assert got.tolist() == expected.tolist()
    else:
        assert got == expected.tolist()


@given(st.data(), arrays())
def test_slices_of_slices_and_transposes_compose(data: st.DataObject, pair: tuple[Exporter, Model]) -> None:
    exporter, model = pair
    span = tenon.Span(exporter)
    for _ in range(3):
        key = data.draw(keys(model.shape))
        if not model[key].axes:
            break
        order = data.draw(st.permutations(range(len(model[key].axes))))
        span, model = span[key].transpose(*order), model[key].transposed(order)
    assert span.shape == model.shape
    assert span.tolist() == model.tolist()


def packed(model: Model, fortran: bool) -> bytes:
    """Elements in C order, or in Fortran order: C order of the transpose."""
    if fortran:
        return packed(model.transposed(list(range(len(model.axes)))[::-1]), False)
    if not model.axes:
        return model.memory[model.offset : model.offset + struct.calcsize(model.format)]
    return b"".join(
        packed(Model(model.memory, model.format, model.offset + at, model.axes[1:]), False) for at in model.axes[0]
    )


@given(arrays())
def test_bytes_come_in_the_order_asked_for(pair: tuple[Exporter, Model]) -> None:
    exporter, model = pair
    span = tenon.Span(exporter)
    assert span.tobytes() == span.tobytes(order=None) == span.tobytes("C") == packed(model, False)
    assert span.tobytes("F") == packed(model, True)
    assert span.tobytes("A") == packed(model, span.f_contiguous)
    assert span.hex() == packed(model, False).hex()


@given(arrays(), st.data())
def test_equality_is_that_of_the_lists(pair: tuple[Exporter, Model], data: st.DataObject) -> None:
    exporter, model = pair
    other_exporter, other_model = data.draw(arrays())
    again = contiguous(packed(model, False), model)
    span = tenon.Span(exporter)
    assert span == tenon.Span(again) and not span != tenon.Span(again)
    assert span == again
    same = same_shape_and_values(model, other_model)
    assert (span == tenon.Span(other_exporter)) is same
    assert (span != tenon.Span(other_exporter)) is not same


def contiguous(memory: bytes, model: Model) -> Exporter:
    """Other memory for the elements of the model, in C order."""
    stride, strides = struct.calcsize(model.format), []
    for extent in reversed(model.shape):
        strides.insert(0, stride)
        stride *= max(extent, 1)
    return Exporter(memory or bytes(8), model.format, model.shape, tuple(strides), 0)


def same_shape_and_values(a: Model, b: Model) -> bool:
    return len(a.axes) == len(b.axes) and a.tolist() == b.tolist()


@given(arrays(), st.data())
def test_searching_agrees_with_lists(pair: tuple[Exporter, Model], data: st.DataObject) -> None:
    exporter, model = pair
    span, items = tenon.Span(exporter), model.tolist()
    if span.ndim != 1:
        return
    value = data.draw(st.sampled_from(items) | st.integers(-3, 300) if items else st.integers(-3, 3))
    assert list(span) == items
    assert list(reversed(span)) == items[::-1]
    assert (value in span) is (value in items)
    assert span.count(value) == items.count(value)
    start, stop = data.draw(st.integers(-7, 7)), data.draw(st.integers(-7, 7))
    if value in items[slice(start, stop)]:
        assert span.index(value, start, stop) == items.index(value, start, stop)
    else:
        with pytest.raises(ValueError, match="is not there"):
            span.index(value, start, stop)


@given(st.data(), arrays())
def test_an_element_is_written_where_the_model_has_it_and_nowhere_else(
    data: st.DataObject, pair: tuple[Exporter, Model]
) -> None:
    model = pair[1]
    if 0 in model.shape:
        return
    memory = bytearray(model.memory)
    span = tenon.Span(Exporter(memory, *pair[0].layout))
    index = tuple(data.draw(st.integers(-extent, extent - 1)) for extent in model.shape)
    value = data.draw(st.integers(0, 100))
    span[index] = value
    expected = bytearray(model.memory)
    struct.pack_into(model.format, expected, model[index].offset, value)
    assert memory == expected and span[index] == value


@given(st.data(), arrays())
def test_a_view_is_assigned_element_by_element(data: st.DataObject, pair: tuple[Exporter, Model]) -> None:
    model = pair[1]
    key = data.draw(keys(model.shape))
    places = [element.offset for element in elements(model[key])]
    itemsize = struct.calcsize(model.format)
    if not model.axes or any(abs(a - b) < itemsize for a, b in itertools.combinations(places, 2)):
        return  # one value is assigned a value; elements that lie on each other have no order of their own
    memory = bytearray(model.memory)
    span = tenon.Span(Exporter(memory, *pair[0].layout))
    source = data.draw(st.binary(min_size=itemsize * len(places), max_size=itemsize * len(places)))
    span[key if Ellipsis in key else (*key, ...)] = contiguous(source, model[key])
    expected = bytearray(model.memory)
    for number, place in enumerate(places):
        expected[place : place + itemsize] = source[number * itemsize : (number + 1) * itemsize]
    assert memory == expected


def elements(model: Model) -> list[Model]:
    """In C order, each as a model without axes."""
    if not model.axes:
        return [model]
    first, *rest = model.axes
    inner = (Model(model.memory, model.format, model.offset + at, tuple(rest)) for at in first)
    return [element for part in inner for element in elements(part)]
