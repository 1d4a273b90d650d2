# SPDX-License-Identifier: BSD-3-Clause
"""How long a Span's memory lives: exports, release, the collector, and what keeps an address without saying so."""

import array
import ctypes
import gc
import subprocess
import sys
import weakref
from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from tenon import Span

EXPORTERS: dict[str, Callable[[], Any]] = {
    "bytes": lambda: bytes(bytearray(b"abc")),
    "bytearray": lambda: bytearray(b"abc"),
    "array.array": lambda: array.array("d", [1, 2]),
    "memoryview": lambda: memoryview(bytearray(6))[::2],
    "ctypes": lambda: (ctypes.c_int * 3)(),
    "ndarray": lambda: np.arange(6.0).reshape(2, 3).T,
    "ndarray of datetimes": lambda: np.array(["2020-01-01"], "M8[D]"),
    "ndarray of bfloat16": lambda: np.ones(3, ml_dtypes.bfloat16),
    "ndarray of no dimension": lambda: np.array(3.5),
    "empty ndarray": lambda: np.zeros((0, 3)),
}


@pytest.mark.parametrize("make", EXPORTERS.values(), ids=EXPORTERS)
def test_a_span_of_anything_keeps_it_and_lets_go_when_it_dies(make: Callable[[], Any]) -> None:
    exporter = make()
    before = sys.getrefcount(exporter)
    span = Span(exporter)
    assert span.obj is exporter and span.owner is exporter
    assert Span(object=exporter).obj is exporter
    del span
    gc.collect()
    assert sys.getrefcount(exporter) == before


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (3, "Span\\(\\): a bytes-like object or an array is required, got int"),
        ([1, 2], "got list"),
        (None, "got None"),
        (np.array([None]), "Python objects"),
        (np.zeros(1, [("a", "O")]), "Python objects"),
        (np.ma.masked_array([1, 2], [0, 1]), "masked"),
    ],
    ids=str,
)
def test_what_is_no_array_is_refused(given: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        Span(given)


def test_span_takes_one_argument() -> None:
    for arguments, keywords in [((), {}), ((b"", b""), {}), ((), {"obj": b""}), ((b"",), {"object": b""})]:
        with pytest.raises(TypeError):
            Span(*arguments, **keywords)  # type: ignore[arg-type, call-arg]


def test_span_is_final_and_has_no_dict() -> None:
    with pytest.raises(TypeError):
        type("S", (Span,), {})  # type: ignore[misc]
    with pytest.raises(AttributeError):
        Span(b"").anything = 1  # type: ignore[attr-defined]
    with pytest.raises(AttributeError):
        Span(b"").shape = (1,)  # type: ignore[misc]


def test_an_exporter_is_locked_until_the_last_view_is_released() -> None:
    data = bytearray(8)
    span = Span(data)
    part, again, whole = span[2:], Span(span), memoryview(span)
    with pytest.raises(BufferError):
        data.append(1)
    whole.release()
    span.release()
    part.release()
    with pytest.raises(BufferError):
        data.append(1)
    again.release()
    data.append(1)


def test_a_span_of_a_span_shares_its_memory_and_names_its_exporter() -> None:
    data = bytearray(4)
    first = Span(data)
    second = Span(first)
    first.release()
    second[0] = 7
    assert data[0] == 7 and second.obj is data


def test_release_is_refused_while_a_buffer_is_taken_and_says_how_many() -> None:
    span = Span(bytearray(4))
    one = memoryview(span)
    with pytest.raises(BufferError, match="Span has 1 exported buffer$"):
        span.release()
    two = np.asarray(span)
    with pytest.raises(BufferError, match="Span has 2 exported buffers$"):
        span.release()
    del two
    one.release()
    span.release()
    span.release()  # twice is once


USES: dict[str, Callable[[Span], Any]] = {
    **{
        name: (lambda s, name=name: getattr(s, name))
        for name in (
            "obj owner nbytes readonly dtype format itemsize ndim shape strides suboffsets address c_contiguous "
            "f_contiguous contiguous T"
        ).split()
    },
    "memoryview": memoryview,
    "Span": Span,
    "len": len,
    "index": lambda s: s[0],
    "slice": lambda s: s[:],
    "ellipsis": lambda s: s[...],
    "assign": lambda s: s.__setitem__(0, 1),
    "assign a slice": lambda s: s.__setitem__(slice(2), b"ab"),
    "transpose": lambda s: s.transpose(),
    "reshape": lambda s: s.reshape(2, 2),
    "toreadonly": lambda s: s.toreadonly(),
    "numpy": lambda s: s.numpy(),
    "with": lambda s: s.__enter__(),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_a_released_span_refuses_everything(use: Callable[[Span], Any]) -> None:
    span = Span(bytearray(4))
    span.release()
    with pytest.raises(ValueError, match="operation forbidden on released Span"):
        use(span)
    assert repr(span) == "<tenon.Span of released memory>"


def test_with_releases_at_the_end() -> None:
    data = bytearray(4)
    with Span(data) as span:
        assert span[0] == 0
        with pytest.raises(BufferError):
            data.append(1)
    data.append(1)
    with pytest.raises(ValueError, match="released"), span:
        pass
    with pytest.raises(KeyError), Span(data) as span:
        raise KeyError
    data.append(1)
    with pytest.raises(BufferError, match="1 exported buffer"), Span(data) as span:
        view = memoryview(span)
    view.release()


def test_what_index_code_releases_is_not_read_nor_written() -> None:
    class Releasing:
        def __init__(self, span: Span) -> None:
            self.span = span

        def __index__(self) -> int:
            self.span.release()
            return 0

    for use in [
        lambda s: s[Releasing(s)],
        lambda s: s.__setitem__(Releasing(s), 1),
        lambda s: s.__setitem__(0, Releasing(s)),
        lambda s: s.reshape(Releasing(s)),
        lambda s: s.transpose(Releasing(s)),
    ]:
        data = bytearray(b"xyz")
        with pytest.raises(ValueError, match="released"):
            use(Span(data))
        assert data == b"xyz"
        data.append(0)


def test_a_slice_shows_what_was_there_before_its_bounds_were_read() -> None:
    class Releasing:
        def __index__(self) -> int:
            span.release()
            return 2

    exporter = bytearray(b"xyz")
    span = Span(exporter)
    part = span[: Releasing()]
    assert part.tobytes() == b"xy"
    with pytest.raises(BufferError):
        exporter.append(0)
    part.release()
    exporter.append(0)


def test_a_shape_that_was_handed_out_lives_as_long_as_the_buffer() -> None:
    view = memoryview(Span(np.arange(24.0).reshape(2, 3, 4))[:, ::-1, 1])
    gc.collect()
    spans = [Span(np.zeros((5, 6))) for _ in range(100)]  # whatever could be put in its place
    assert (view.shape, view.strides) == ((2, 3), (96, -32)) and len(spans) == 100


def test_a_numpy_array_holds_the_span_and_every_view_of_it_does() -> None:
    exporter = bytearray(32)
    span = Span(exporter)
    part = span.numpy()[1:][::2]
    with pytest.raises(BufferError, match="1 exported buffer"):
        span.release()
    del span
    gc.collect()
    with pytest.raises(BufferError):
        exporter.append(0)
    del part
    gc.collect()
    exporter.append(0)


def test_an_address_that_is_kept_without_a_buffer_pins_the_memory() -> None:
    exporter = bytearray(b"abcd")
    span = Span(exporter)
    kept: Any = np.ndarray((4,), "u1", buffer=span)  # takes a buffer, gives it back, keeps the object and the address
    span.release()
    assert repr(span) == "<tenon.Span of released memory>"
    with pytest.raises(BufferError):
        exporter.append(0)
    assert bytes(kept) == b"abcd"
    del span, kept
    gc.collect()
    exporter.append(0)


def test_spans_have_weak_references() -> None:
    span = Span(b"abc")
    seen: list[object] = []
    reference = weakref.ref(span, seen.append)
    assert reference() is span
    del span
    assert reference() is None and seen == [reference]


class Holder(bytearray):
    """An exporter that refers to others."""

    view: Any


@pytest.mark.parametrize(
    "close",
    [
        lambda h: Span(h),
        lambda h: Span(h)[1:],
        lambda h: Span(Span(h)),
        lambda h: Span(memoryview(h)),
        lambda h: memoryview(Span(h)),
        lambda h: (Span(h), memoryview(Span(h)), memoryview(h)),
        lambda h: memoryview(Span(memoryview(h))),
        lambda h: Span(memoryview(Span(memoryview(h))[1:])),
    ],
)
def test_cycles_through_spans_are_collected(close: Callable[[Holder], Any]) -> None:
    holder = Holder(8)
    holder.view = close(holder)
    gone = weakref.ref(holder)
    del holder
    for _ in range(3):
        gc.collect()
    assert gone() is None


MEMORYVIEWS_FIRST = """
import gc
from tenon import Span

def closed():
    view = memoryview(bytearray(8))
    span = Span(view)
    def function(view=view, span=span, function=None):
        pass
    function.__defaults__ = view, span, function

def listed():
    view = memoryview(bytearray(8))
    items = [view]
    items += [Span(view), items]

for make in (closed, listed):
    make()
    gc.collect()
"""


def test_a_memoryview_that_the_collector_clears_has_its_buffer_back() -> None:
    """CPython complains otherwise, and 3.11 then reads a NULL pointer."""
    done = subprocess.run([sys.executable, "-c", MEMORYVIEWS_FIRST], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_cycle_that_somebody_outside_reads_is_not_collected() -> None:
    holder = Holder(b"abcd")
    holder.view = Span(holder)
    array = np.asarray(holder.view)
    gone = weakref.ref(holder)
    del holder
    gc.collect()
    assert bytes(array) == b"abcd" and gone() is not None
    del array
    gc.collect()
    assert gone() is None


def test_memory_that_refers_to_nothing_costs_the_collector_nothing() -> None:
    assert not gc.is_tracked(Span(b"abc")) and not gc.is_tracked(Span(np.ones(3)))
    assert gc.is_tracked(Span(Holder(3)))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_layout_of_an_array_that_changes_shape_is_that_of_when_the_span_was_made() -> None:
    x = np.arange(6.0)
    span = Span(x)
    x.shape = (2, 3)
    assert (span.shape, span.strides) == ((6,), (8,))


@pytest.mark.parametrize(
    ("obj", "text"),
    [
        (np.zeros((3, 4)), "<tenon.Span float64[3, 4] of numpy.ndarray>"),
        (np.zeros((4, 3)).T, "<tenon.Span float64[3, 4] strides (8, 24) of numpy.ndarray>"),
        (b"abc", "<tenon.Span uint8[3] read-only of bytes>"),
        (np.array(1, ">i2"), "<tenon.Span >int16[] of numpy.ndarray>"),
        (np.zeros(2, "i4,f4"), "<tenon.Span {f0: int32, f1: float32}[2] of numpy.ndarray>"),
    ],
    ids=str,
)
def test_repr_shows_type_layout_and_owner(obj: Any, text: str) -> None:
    assert repr(Span(obj)) == text
