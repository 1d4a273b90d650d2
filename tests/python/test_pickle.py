# SPDX-License-Identifier: BSD-3-Clause
"""Pickled Spans: in the pickle, out of band without a copy, in other processes, and from pickles that lie."""

import copy
import multiprocessing
import pickle
import sys
from typing import Any

import hypothesis.extra.numpy as numpy_strategies
import numpy as np
import pytest
from hypothesis import given

import tenon
from tenon._core import _rebuild_span

OTHER = ">" if sys.byteorder == "little" else "<"
PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)

ARRAYS = {
    "plain": np.arange(12.0).reshape(3, 4),
    "Fortran": np.asfortranarray(np.arange(12.0).reshape(3, 4)),
    "backwards": np.arange(12.0).reshape(3, 4)[::-1, ::-2],
    "no dimensions": np.array(2.5),
    "empty": np.zeros((0, 3)),
    "big-endian": np.arange(3.0).astype(OTHER + "f8"),
    "structure": np.array([(1, 2.5)], np.dtype([("a", "i1"), ("b", "f8")], align=True)),
    "text": np.array(["ab", "c"]),
    "times": np.array(["2026-01-01", "NaT"], "M8[ns]"),
}


def roundtrip(span: tenon.Span, protocol: int) -> tenon.Span:
    back = pickle.loads(pickle.dumps(span, protocol))
    assert isinstance(back, tenon.Span)
    return back


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("name", ARRAYS)
def test_a_span_comes_back_in_every_protocol(name: str, protocol: int) -> None:
    x = ARRAYS[name]
    span = tenon.Span(x)
    back = roundtrip(span, protocol)
    assert back.dtype == span.dtype and back.shape == span.shape
    assert back.numpy().tobytes() == x.tobytes()
    assert back.f_contiguous == x.flags.f_contiguous
    assert not back.readonly
    assert back.address != span.address


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_read_only_stays_read_only_and_writable_writable(protocol: int) -> None:
    span = tenon.Span(np.arange(3.0))
    assert roundtrip(span.toreadonly(), protocol).readonly
    back = roundtrip(span, protocol)
    back[0] = 7.0
    assert back.tolist() == [7, 1, 2]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_bfloat16_needs_no_numpy(protocol: int) -> None:
    span = tenon.Span(bytearray(b"\x80\x3f\x00\x40")).cast("bfloat16")
    back = roundtrip(span, protocol)
    assert back.dtype == tenon.DType("bfloat16") and back.tolist() == [1, 2]


def test_out_of_band_nothing_is_copied() -> None:
    x = np.arange(12.0).reshape(3, 4)
    for y in (x, np.asfortranarray(x)):
        span = tenon.Span(y)
        buffers: list[pickle.PickleBuffer] = []
        data = pickle.dumps(span, 5, buffer_callback=buffers.append)
        assert len(buffers) == 1 and len(data) < 200
        back = pickle.loads(data, buffers=buffers)
        assert back.address == y.ctypes.data and back.strides == y.strides and not back.readonly
        del back, buffers
        span.release()


def test_out_of_band_memory_with_gaps_is_copied_in_c_order() -> None:
    x = np.arange(12.0).reshape(3, 4)[:, ::2]
    buffers: list[pickle.PickleBuffer] = []
    data = pickle.dumps(tenon.Span(x), 5, buffer_callback=buffers.append)
    assert buffers[0].raw().nbytes == x.nbytes
    back = pickle.loads(data, buffers=buffers)
    assert back.tolist() == x.tolist() and back.c_contiguous


def test_what_comes_back_is_as_writable_as_its_buffer() -> None:
    x = np.arange(3.0)
    buffers: list[pickle.PickleBuffer] = []
    data = pickle.dumps(tenon.Span(x), 5, buffer_callback=buffers.append)
    raw = buffers[0].raw()
    for other, readonly in [(bytes(raw), True), (bytearray(raw), False), (np.frombuffer(bytes(raw), "u1"), True)]:
        back = pickle.loads(data, buffers=[other])
        assert back.tolist() == x.tolist() and back.readonly == readonly
    data = pickle.dumps(tenon.Span(x).toreadonly(), 5, buffer_callback=lambda buffer: None)
    assert pickle.loads(data, buffers=[bytearray(raw)]).readonly


def test_indirect_memory_is_copied() -> None:
    testbuffer = pytest.importorskip("_testbuffer")
    span = tenon.Span(testbuffer.ndarray(list(range(6)), shape=[2, 3], format="i", flags=testbuffer.ND_PIL))
    for protocol in PROTOCOLS:
        back = roundtrip(span, protocol)
        assert back.tolist() == [[0, 1, 2], [3, 4, 5]] and back.suboffsets == ()


def test_copy_and_deepcopy_are_copies() -> None:
    x = np.arange(3.0)
    for duplicate in (copy.copy(tenon.Span(x)), copy.deepcopy([tenon.Span(x)])[0]):
        assert duplicate.tolist() == x.tolist() and duplicate.address != x.ctypes.data


def test_addresses_are_not_pickled() -> None:
    for dtype in ("P", "T{i:a:4xP:p:}"):
        with pytest.raises(ValueError, match="addresses mean nothing elsewhere"):
            pickle.dumps(tenon.Span(bytearray(16)).cast(dtype))


def double(span: tenon.Span) -> tenon.Span:
    return tenon.Span(2 * span.numpy())


@pytest.mark.unsanitized
def test_spans_travel_to_other_processes_and_back() -> None:
    spans = [tenon.Span(np.arange(4.0)), tenon.Span(np.arange(6).reshape(2, 3)[:, ::-1])]
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        for span, back in zip(spans, pool.map(double, spans), strict=True):
            assert back.tolist() == (2 * span.numpy()).tolist()


@given(
    numpy_strategies.arrays(
        numpy_strategies.scalar_dtypes(), numpy_strategies.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)
    )
)
def test_any_array_comes_back(x: np.ndarray[Any, Any]) -> None:
    try:
        span = tenon.Span(x)
    except (TypeError, ValueError, BufferError):
        return  # not every dtype of NumPy is one of C
    for protocol in (4, 5):
        back = roundtrip(span.T, protocol)
        assert back.numpy().tobytes() == x.T.tobytes() and back.shape == x.T.shape


# --- pickles that lie -------------------------------------------------------------------------------------------------

F8 = tenon.DType("float64")


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        (bytes(24),),
        (None, F8, (3,), "C", False),
        (3, F8, (3,), "C", False),
        (bytes(24), "float64", (3,), "C", False),
        (bytes(24), F8, [3], "C", False),
        (bytes(24), F8, 3, "C", False),
        (bytes(24), F8, ("3",), "C", False),
        (bytes(24), F8, (3.0,), "C", False),
        (bytes(24), F8, (3,), "CC", False),
        (bytes(24), F8, (3,), 67, False),
        (bytes(24), F8, (4,), "C", False),
        (bytes(24), F8, (2,), "C", False),
        (bytes(24), F8, (-3,), "C", False),
        (bytes(24), F8, (-1, -3), "C", False),
        (bytes(24), F8, (2**62, 2**62), "C", False),
        (bytes(24), F8, (2**70,), "C", False),
        (bytes(24), F8, (2**61 + 3,), "C", False),
        (bytes(24), F8, (1,) * 65, "C", False),
        (np.zeros(6)[::2], F8, (3,), "C", False),
        (np.array([None, None, None]), F8, (3,), "C", False),
        (bytes(24), tenon.DType([("a", "f8"), ("b", "i4")]), (3,), "C", False),
    ],
    ids=lambda arguments: repr(arguments)[:60],
)
def test_a_pickle_that_lies_is_an_error(arguments: tuple[Any, ...]) -> None:
    with pytest.raises((TypeError, ValueError, OverflowError, BufferError)):
        _rebuild_span(*arguments)


def test_read_only_does_not_depend_on_the_buffer() -> None:
    assert _rebuild_span(bytearray(16), F8, (2,), "C", True).readonly
    assert not _rebuild_span(bytearray(16), F8, (2,), "C", False).readonly
    assert _rebuild_span(bytes(16), F8, (2,), "C", False).readonly


def test_an_unknown_order_is_c() -> None:
    assert _rebuild_span(bytes(16), F8, (1, 2), "x", True).c_contiguous
