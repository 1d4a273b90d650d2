# SPDX-License-Identifier: BSD-3-Clause
"""Spans as NumPy sees them without a buffer: __array_interface__, __array_struct__ and __array__."""

import gc
import sys
import weakref

import numpy as np
import pytest

import tenon

OTHER = ">" if sys.byteorder == "little" else "<"


class Reader:
    """An object that has nothing but one of the two attributes, and keeps the span."""

    def __init__(self, name: str, span: tenon.Span) -> None:
        self.span = span
        setattr(self, name, getattr(span, name))


VIEWS = {
    "plain": np.arange(12.0).reshape(3, 4),
    "Fortran": np.asfortranarray(np.arange(12.0).reshape(3, 4)),
    "backwards": np.arange(12.0).reshape(3, 4)[::-1, ::-2],
    "no dimensions": np.array(2.5),
    "empty": np.zeros((0, 3)),
    "broadcast": np.broadcast_to(np.arange(3.0), (2, 3)),
    "int8": np.arange(3, dtype="i1"),
    "big-endian": np.arange(3.0).astype(OTHER + "f8"),
    "half": np.arange(3, dtype="f2"),
    "complex": np.arange(3, dtype="c16"),
    "long double": np.arange(3, dtype="g"),
    "bool": np.array([True, False]),
    "bytes": np.array([b"ab", b"c"]),
    "structure": np.array([(1, 2.5)], [("a", "i4"), ("b", "f8")]),
    "aligned structure": np.array([(1, 2.5)], np.dtype([("a", "i1"), ("b", "f8")], align=True)),
    "nested structure": np.zeros(2, [("a", [("b", "i2"), ("c", OTHER + "f4", (2, 3))])]),
    "misaligned": np.frombuffer(bytearray(25), "f8", 3, 1),
}


@pytest.mark.parametrize("name", ["__array_interface__", "__array_struct__"])
@pytest.mark.parametrize("view", VIEWS)
def test_numpy_sees_the_same_array(view: str, name: str) -> None:
    x = VIEWS[view]
    y = np.asarray(Reader(name, tenon.Span(x)))
    assert y.dtype == (np.dtype(x.dtype.descr) if x.dtype.names else x.dtype)
    assert y.shape == x.shape
    if x.size:
        assert y.strides == x.strides
        assert y.__array_interface__["data"] == x.__array_interface__["data"]
    assert y.flags.writeable == x.flags.writeable
    assert y.flags.aligned == x.flags.aligned or x.dtype.names  # NumPy's own flag forgets what padding is for
    assert (y.flags.c_contiguous, y.flags.f_contiguous) == (x.flags.c_contiguous, x.flags.f_contiguous)


@pytest.mark.parametrize("dtype", ["M8[ns]", "M8[25s]", "m8[us]", OTHER + "M8[D]", "M8"])
def test_times_have_their_unit_in_the_dict(dtype: str) -> None:
    x = np.zeros(3, dtype)
    assert np.asarray(Reader("__array_interface__", tenon.Span(x))).dtype == x.dtype
    with pytest.raises(AttributeError, match="no place for a unit of time; __array_interface__ has"):
        tenon.Span(x).__array_struct__  # noqa: B018


@pytest.mark.parametrize("dtype", ["M8[ns]", "m8[25s]"])
def test_times_of_others_have_the_unit_that_their_dict_says(dtype: str) -> None:
    x = np.zeros(3, dtype)

    class Both:
        __array_struct__ = x.__array_struct__  # it only says that there is a unit
        __array_interface__ = x.__array_interface__

    assert tenon.Span(Both()).dtype == x.dtype


@pytest.mark.parametrize("dtype", ["U2", OTHER + "U2"])
def test_text_is_in_the_dict_alone(dtype: str) -> None:
    """NumPy takes the structure's size of text for a number of characters, and reads beyond the end."""
    x = np.array(["ab", "c"], dtype)
    y = np.asarray(Reader("__array_interface__", tenon.Span(x)))
    assert y.dtype == x.dtype and y.tolist() == ["ab", "c"]
    with pytest.raises(AttributeError, match="disagree on the size of text; __array_interface__ has it"):
        tenon.Span(x).__array_struct__  # noqa: B018


def test_the_dict_is_what_the_document_says() -> None:
    x = np.zeros((2, 3))
    assert tenon.Span(x).__array_interface__ == {
        "version": 3,
        "shape": (2, 3),
        "typestr": x.dtype.str,
        "descr": [("", x.dtype.str)],
        "data": (x.ctypes.data, False),
        "strides": None,
    }
    assert tenon.Span(x.T).toreadonly().__array_interface__["strides"] == (8, 24)
    assert tenon.Span(x).toreadonly().__array_interface__["data"][1] is True


def test_empty_arrays_have_an_address() -> None:
    assert tenon.Span(np.zeros((0, 3))).__array_interface__["data"][0] != 0


def test_sub_arrays_are_further_axes() -> None:
    span = tenon.Span(bytearray(96)).cast("(2,3)d")
    for name in ("__array_interface__", "__array_struct__"):
        assert np.asarray(Reader(name, span)).shape == (2, 2, 3)


@pytest.mark.parametrize("name", ["__array_interface__", "__array_struct__"])
def test_what_the_interface_cannot_say_is_not_there(name: str) -> None:
    span = tenon.Span(bytearray(4)).cast("bfloat16")
    assert not hasattr(span, name)
    with pytest.raises(
        AttributeError, match=rf"^Span\.{name}: the array interface has no type for bfloat16; DLPack has"
    ):
        getattr(span, name)


@pytest.mark.parametrize("name", ["__array_interface__", "__array_struct__"])
def test_indirect_memory_is_refused(name: str) -> None:
    testbuffer = pytest.importorskip("_testbuffer")
    span = tenon.Span(testbuffer.ndarray(list(range(6)), shape=[2, 3], format="d", flags=testbuffer.ND_PIL))
    with pytest.raises(
        AttributeError, match=r"cannot say that memory is indirect; the buffer protocol can, and copy\(\)"
    ):
        getattr(span, name)


@pytest.mark.parametrize("name", ["__array_interface__", "__array_struct__"])
def test_the_address_is_good_as_long_as_the_span_lives(name: str) -> None:
    class Owner:
        def __init__(self) -> None:
            self.memory = np.arange(3.0)
            self.__array_interface__ = self.memory.__array_interface__

    owner = Owner()
    gone = weakref.ref(owner)
    span = tenon.Span(owner)
    y = np.asarray(Reader(name, span))
    span.release()
    del owner
    gc.collect()
    assert gone() is not None and y.tolist() == [0, 1, 2]
    del y, span
    gc.collect()
    assert gone() is None


def test_a_capsule_may_be_made_and_dropped() -> None:
    span = tenon.Span(np.zeros(3, [("a", "i4"), ("b", "f8")]))
    count = sys.getrefcount(span)
    for _ in range(1000):
        span.__array_struct__, span.__array_interface__  # noqa: B018
    assert sys.getrefcount(span) == count


# --- __array__ --------------------------------------------------------------------------------------------------------


def test_array_is_a_view() -> None:
    x = np.arange(6.0).reshape(2, 3)
    span = tenon.Span(x)
    for y in (span.__array__(), span.__array__(None), span.__array__(x.dtype), span.__array__(copy=False)):
        assert y.tolist() == x.tolist() and np.shares_memory(x, y)
    assert np.shares_memory(span.__array__("f8", copy=False), x)
    assert np.shares_memory(span.__array__(tenon.DType("float64")), x)


def test_array_copies_where_it_is_told_to() -> None:
    x = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    y = tenon.Span(x).toreadonly().__array__(copy=True)
    assert y.tolist() == x.tolist() and not np.shares_memory(x, y)
    assert y.flags.writeable and y.flags.f_contiguous and y.flags.owndata


def test_array_converts_where_a_dtype_asks_for_it() -> None:
    x = np.arange(6.0)
    for copy in (None, True):
        y = tenon.Span(x).__array__("i4", copy=copy)
        assert y.dtype == np.int32 and y.tolist() == [0, 1, 2, 3, 4, 5]
    with pytest.raises(
        ValueError, match=r"^Span\.__array__\(\): int32 needs a conversion, and copy=False forbids the copy"
    ):
        tenon.Span(x).__array__("i4", copy=False)
    with pytest.raises(TypeError):
        tenon.Span(x).__array__("no such type")
    with pytest.raises(TypeError):
        tenon.Span(x).__array__(None, None, None)


@pytest.mark.parametrize("dtype", ["f8", "M8[ns]", OTHER + "i2", "U3"])
def test_numpys_own_functions_share_and_copy(dtype: str) -> None:
    x = np.zeros((2, 3), dtype)
    span = tenon.Span(x)
    assert np.shares_memory(np.asarray(span), x)
    assert np.shares_memory(np.array(span, copy=False), x)
    assert not np.shares_memory(np.array(span, copy=True), x)
    assert not np.shares_memory(np.array(span), x)
    assert np.asarray(span).dtype == x.dtype


def test_bfloat16_is_an_array_of_ml_dtypes() -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    span = tenon.Span(bytearray(b"\x80\x3f\x00\x40")).cast("bfloat16")
    y = np.asarray(span)
    assert y.dtype == ml_dtypes.bfloat16 and y.tolist() == [1, 2]
    assert y.__array_interface__["data"][0] == span.address


def test_indirect_memory_is_copied_only_where_it_is_told_to() -> None:
    testbuffer = pytest.importorskip("_testbuffer")
    span = tenon.Span(testbuffer.ndarray(list(range(6)), shape=[2, 3], format="i", flags=testbuffer.ND_PIL))
    for copy in (None, False):
        with pytest.raises(BufferError, match="indirect"):
            span.__array__(copy=copy)
    assert span.__array__(copy=True).tolist() == [[0, 1, 2], [3, 4, 5]]
