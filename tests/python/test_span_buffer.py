# SPDX-License-Identifier: BSD-3-Clause
"""A Span as an exporter: every request, on every layout, answered or refused as memoryview does it.

_testbuffer.ndarray takes a buffer with any flags and shows every field of what it got.
"""

import itertools
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from tenon import Span

tb = pytest.importorskip("_testbuffer", reason="this Python ships without its test modules")

SIMPLE, WRITABLE, FORMAT = tb.PyBUF_SIMPLE, tb.PyBUF_WRITABLE, tb.PyBUF_FORMAT
LAYOUT_FLAGS = {
    "SIMPLE": SIMPLE,
    "ND": tb.PyBUF_ND,
    "STRIDES": tb.PyBUF_STRIDES,
    "C": tb.PyBUF_C_CONTIGUOUS,
    "F": tb.PyBUF_F_CONTIGUOUS,
    "ANY": tb.PyBUF_ANY_CONTIGUOUS,
    "INDIRECT": tb.PyBUF_INDIRECT,
}
REQUESTS = {
    "|".join([name, *(["WRITABLE"] if w else []), *(["FORMAT"] if f else [])]): flags | w | f
    for (name, flags), w, f in itertools.product(LAYOUT_FLAGS.items(), [0, WRITABLE], [0, FORMAT])
}


def numbered(shape: list[int], format: str = "i", flags: int = 0, **more: Any) -> Any:
    count = int(np.prod(shape))
    items = list(range(count)) if len(format) == 1 else [(k, k) for k in range(count)]
    return tb.ndarray(items if shape else items[0], shape=shape, format=format, flags=flags, **more)


EXPORTERS = {
    "C order": lambda: numbered([2, 3], flags=tb.ND_WRITABLE),
    "read-only": lambda: numbered([2, 3]),
    "Fortran order": lambda: numbered([2, 3], flags=tb.ND_FORTRAN | tb.ND_WRITABLE),
    "one dimension": lambda: numbered([5], flags=tb.ND_WRITABLE),
    "steps": lambda: numbered([10], flags=tb.ND_WRITABLE)[::2],
    "backwards": lambda: numbered([10], flags=tb.ND_WRITABLE)[::-1],
    "no dimension": lambda: numbered([], flags=tb.ND_WRITABLE),
    "empty": lambda: numbered([10], flags=tb.ND_WRITABLE)[5:5],
    "no bytes": lambda: b"",
    "one element": lambda: numbered([1, 1], flags=tb.ND_WRITABLE),
    "bytes": lambda: b"abcdef",
    "doubles": lambda: numbered([2, 2], "d", tb.ND_WRITABLE),
    "structures": lambda: numbered([3], "<id", tb.ND_WRITABLE),
    "indirect": lambda: numbered([2, 3], flags=tb.ND_PIL | tb.ND_WRITABLE),
    "indirect, three dimensions": lambda: numbered([2, 3, 2], flags=tb.ND_PIL),
    "indirect, one element": lambda: numbered([1], flags=tb.ND_PIL),
}


def answer(exporter: Any, flags: int) -> Any:
    """The fields that the request gets, or that it is refused."""
    try:
        got = tb.ndarray(exporter, getbuf=flags)
    except BufferError:
        return BufferError
    return (
        got.nbytes,
        got.readonly,
        got.itemsize,
        got.ndim,
        got.format,
        got.shape,
        got.strides,
        got.suboffsets,
        got.tobytes(),
    )


@pytest.mark.parametrize("make", EXPORTERS.values(), ids=EXPORTERS)
@pytest.mark.parametrize("flags", REQUESTS.values(), ids=REQUESTS)
def test_every_request_is_answered_as_memoryview_answers_it(make: Any, flags: int) -> None:
    exporter = make()
    assert answer(Span(exporter), flags) == answer(memoryview(exporter), flags)


@pytest.mark.parametrize("make", EXPORTERS.values(), ids=EXPORTERS)
def test_properties_are_memoryviews(make: Any) -> None:
    exporter = make()
    span, view = Span(exporter), memoryview(exporter)
    for (
        name
    ) in "nbytes readonly itemsize ndim shape strides suboffsets c_contiguous f_contiguous contiguous format".split():
        assert getattr(span, name) == getattr(view, name), name
    assert span.obj is view.obj


def test_the_exporters_spelling_of_the_format_is_handed_on() -> None:
    for format in ["l", "q", "@i", "<i", "=q", "n", "N", "L", "c", "?", "@d", "3s", "<ii", ">hhl"]:
        item = {"c": b"a", "3s": b"abc", "?": True, "<ii": (1, 1), ">hhl": (1, 1, 1)}.get(format, 1)
        exporter = tb.ndarray([item], shape=[1], format=format)
        assert Span(exporter).format == memoryview(Span(exporter)).format == format


def test_padding_that_the_exporter_left_out_is_said() -> None:
    x = np.zeros(2, np.dtype("i4,i1", align=True))
    assert np.asarray(Span(x)).dtype.itemsize == 8
    assert memoryview(Span(x)).format == "T{<i:f0:b:f1:3x}"
    assert np.asarray(Span(memoryview(x))).dtype == np.dtype(
        {"names": ["f0", "f1"], "formats": ["<i4", "i1"], "itemsize": 8}
    )


@pytest.mark.parametrize(
    ("array", "name", "taker"),
    [
        (np.zeros(2, "M8[ns]"), r"datetime64\[ns\]", "__array_interface__"),
        (np.zeros(2, ml_dtypes.bfloat16), "bfloat16", "DLPack"),
        (np.zeros(2, [("t", "m8[s]")]), r"{t: timedelta64\[s\]}", "__array_interface__"),
    ],
)
def test_what_has_no_format_is_refused_with_what_can_take_it(array: np.ndarray, name: str, taker: str) -> None:
    span = Span(array)
    with pytest.raises(BufferError, match=f"no format for {name}; {taker} has one"):
        memoryview(span)
    assert span.format is None
    # Bytes are bytes, where nobody asks what they mean.
    assert bytes(tb.ndarray(span, getbuf=SIMPLE).tobytes()) == array.tobytes()


def test_a_refused_request_leaves_nothing_behind() -> None:
    span = Span(b"abc")
    for _ in range(3):
        with pytest.raises(BufferError):
            tb.ndarray(span, getbuf=WRITABLE)
    span.release()


def test_the_messages_are_memoryviews() -> None:
    fortran = Span(np.zeros((2, 3), order="F"))
    for flags, message in [
        (WRITABLE, "underlying buffer is not writable"),
        (tb.PyBUF_C_CONTIGUOUS, "underlying buffer is not C-contiguous"),
        (SIMPLE, "underlying buffer is not C-contiguous"),
    ]:
        with pytest.raises(BufferError, match=message):
            tb.ndarray(fortran.toreadonly(), getbuf=flags)
    with pytest.raises(BufferError, match="underlying buffer is not Fortran contiguous"):
        tb.ndarray(Span(np.zeros((2, 3))), getbuf=tb.PyBUF_F_CONTIGUOUS)
    with pytest.raises(BufferError, match="underlying buffer is not contiguous"):
        tb.ndarray(Span(np.zeros((4, 6))[::2, ::2]), getbuf=tb.PyBUF_ANY_CONTIGUOUS)
    with pytest.raises(BufferError, match=r"underlying buffer requires suboffsets; Span.copy\(\) makes it direct"):
        tb.ndarray(Span(numbered([2, 3], flags=tb.ND_PIL)), getbuf=tb.PyBUF_STRIDES)
    with pytest.raises(BufferError, match="cannot cast to unsigned bytes if the format flag is present"):
        tb.ndarray(Span(b"abc"), getbuf=FORMAT)


def test_numpy_sees_the_same_memory_through_every_protocol_of_buffers() -> None:
    x = np.arange(24.0).reshape(2, 3, 4)[:, ::-1, ::2]
    span = Span(x)
    for array in [np.asarray(span), np.asarray(memoryview(span)), span.numpy()]:
        assert array.ctypes.data == x.ctypes.data == span.address
        assert (array.shape, array.strides, array.dtype) == (x.shape, x.strides, x.dtype)
        assert array.flags.writeable
    assert not np.asarray(span.toreadonly()).flags.writeable and not span.toreadonly().numpy().flags.writeable


@pytest.mark.parametrize("make", [lambda b: memoryview(b), lambda b: Span(b)[:], lambda b: np.asarray(Span(b))])
def test_sixty_four_dimensions_are_enough(make: Any) -> None:
    wide = np.zeros((1,) * 32).reshape((1,) * 32)
    span = Span(wide)[(None,) * 32]
    assert (span.ndim, memoryview(span).ndim, span.nbytes) == (64, 64, 8)
    assert make(span.reshape((1,) * 30)) is not None
    assert span.reshape(()).numpy() == 0
