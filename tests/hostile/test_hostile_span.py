# SPDX-License-Identifier: BSD-3-Clause
"""Spans of exporters that lie, fail, or let their code loose on the Span: an error or the truth, never a crash."""

import gc
import sys
import weakref
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from lies import LIES, TRUTHS, Lie, Truth, honest, is_given_back

from tenon import DType, Span


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.name)
def test_a_lie_is_an_error_and_the_buffer_is_given_back(hostile: ModuleType, lie: Lie) -> None:
    exporter = honest(hostile, **lie.options)
    for name, value in lie.after.items():
        setattr(exporter, name, value)
    references = sys.getrefcount(exporter)
    for make in (Span, lambda x: Span(bytearray(24)).__setitem__(slice(None), x)):
        with pytest.raises((TypeError, ValueError)) as caught:
            make(exporter)
        if lie.message:
            assert f"hostile.Exporter {lie.message}" in str(caught.value)
            assert caught.type is lie.error
    del caught
    assert is_given_back(exporter) and sys.getrefcount(exporter) == references


@pytest.mark.parametrize("truth", TRUTHS, ids=lambda truth: truth.name)
def test_what_is_unusual_but_true_is_shown(hostile: ModuleType, truth: Truth) -> None:
    exporter = honest(hostile, **truth.options)
    span = Span(exporter)
    assert sum(span.tolist()) == truth.expected and sum(span.numpy().tolist()) == truth.expected
    assert memoryview(span).nbytes == span.nbytes
    del span
    assert "null_obj" in truth.options or is_given_back(exporter)


@pytest.mark.parametrize("error", [BufferError("mine"), LookupError("mine"), KeyboardInterrupt("mine")])
def test_the_exception_of_an_exporter_passes_through(hostile: ModuleType, error: BaseException) -> None:
    with pytest.raises(type(error), match="mine") as caught:
        Span(honest(hostile, error=error))
    assert caught.value is error
    with pytest.raises(TypeError, match="got hostile.Exporter"):
        Span(honest(hostile, silent=True))
    exporter = honest(hostile, error_on_success=True)
    with pytest.raises(RuntimeError, match="set by a request that succeeded"):
        Span(exporter)
    assert is_given_back(exporter)


def test_an_exporter_is_asked_once_and_given_back_once(hostile: ModuleType) -> None:
    exporter = honest(hostile, fails_after=1)
    span = Span(exporter)
    views = [span[1:], span.T, Span(span), span.numpy(), memoryview(span), span.reshape(3, 1), span[None]]
    assert (exporter.gets, exporter.releases) == (1, 0)
    del views
    span.release()
    assert (exporter.gets, exporter.releases) == (1, 1)
    del span
    gc.collect()
    assert exporter.releases == 1


def test_layout_and_format_outlive_what_the_exporter_handed_out(hostile: ModuleType) -> None:
    """The exporter frees its shape and format when it gets them back; views taken from a view still have theirs."""
    exporter = honest(hostile, format=b"<d", shape=(3, 1), strides=(8, 8))
    view = memoryview(Span(exporter)[::2])
    gc.collect()
    assert (view.format, view.shape, view.strides) == ("<d", (2, 1), (16, 8))
    dtype = Span(exporter).dtype
    gc.collect()
    assert dtype.format == "<d" and dtype == "f8"


def test_code_that_runs_while_the_buffer_is_taken_or_given_back_finds_things_whole(hostile: ModuleType) -> None:
    found: list[Any] = []
    spans: list[Span] = []

    def look() -> None:
        found.extend(repr(s) for s in spans)
        for span in spans:
            span.release()
        gc.collect()

    exporter = honest(hostile, on_get=look, on_release=look)
    for _ in range(3):
        spans.append(Span(exporter))
        spans[-1].release()
    assert is_given_back(exporter) and set(found) == {"<tenon.Span of released memory>"}


def test_an_assignments_source_cannot_take_the_target_away(hostile: ModuleType) -> None:
    target = bytearray(24)
    span = Span(target).cast("d")

    def take_away() -> None:
        with pytest.raises(BufferError, match="exported"):
            span.release()
        with pytest.raises(BufferError):
            target.clear()

    span[:] = honest(hostile, on_get=take_away)
    assert span.tolist() == [1, 2, 3]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_release_that_raises_does_not_replace_an_exception(hostile: ModuleType) -> None:
    def fail() -> None:
        raise RuntimeError("on release")

    exporter = honest(hostile, shape=(4,), on_release=fail)
    with pytest.raises(ValueError, match="described wrongly"):
        Span(exporter)
    assert is_given_back(exporter)


class Everything:
    """Speaks every protocol, and all of them fail."""

    def _fail(self, *args: Any, **kwargs: Any) -> Any:
        raise LookupError("mine")

    __array_struct__ = property(_fail)
    __array_interface__ = property(_fail)
    __arrow_c_array__ = __dlpack__ = __dlpack_device__ = _fail


def test_an_object_all_of_whose_protocols_fail_says_so_itself() -> None:
    with pytest.raises(LookupError, match="mine"):
        Span(Everything())


def test_a_span_among_its_own_memory_is_collected(hostile: ModuleType) -> None:
    class Node:
        pass

    node = Node()
    exporter = honest(hostile, on_release=lambda n=node: None)
    node.span = Span(exporter)  # type: ignore[attr-defined]
    node.exporter = exporter  # type: ignore[attr-defined]
    gone = weakref.ref(node)
    del node, exporter
    gc.collect()
    # hostile.Exporter takes no part in collections: the cycle through its hook stays, and what is shown stays whole.
    if gone() is not None:
        assert gone().span.tolist() == [1, 2, 3]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="Python classes export buffers from 3.12 on")
def test_python_code_that_gives_memory_is_told_when_it_ends() -> None:
    events: list[str] = []

    class Exporter:
        def __init__(self) -> None:
            self.data = bytearray(b"abcd")

        def __buffer__(self, flags: int) -> memoryview:
            events.append("got")
            return memoryview(self.data)

        def __release_buffer__(self, view: memoryview) -> None:
            events.append("released")
            view.release()

    exporter = Exporter()
    span = Span(exporter)
    part = span[1:3]
    span.release()
    assert part.tobytes() == b"bc" and events == ["got"]
    part.release()
    assert events == ["got", "released"]
    exporter.data.append(1)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="Python classes export buffers from 3.12 on")
def test_release_code_that_looks_at_its_span_on_a_dying_cycle_sees_no_memory() -> None:
    seen: list[Any] = []

    class Exporter:
        def __buffer__(self, flags: int) -> memoryview:
            return memoryview(bytearray(b"abcd"))

        def __release_buffer__(self, view: memoryview) -> None:
            for use in (repr, len, lambda s: s[0], lambda s: s[1:], memoryview, lambda s: s.numpy()):
                try:
                    seen.append(use(self.span))  # type: ignore[attr-defined]
                except (ValueError, AttributeError) as error:
                    seen.append(type(error))

    exporter = Exporter()
    exporter.span = Span(exporter)  # type: ignore[attr-defined]
    del exporter
    gc.collect()
    assert seen
    for thing in seen:
        assert thing in (ValueError, AttributeError, "<tenon.Span of released memory>"), thing


HOSTILE_KEYS: list[Callable[[Span], Any]] = [
    lambda s: s[Index(lambda: s.release())],
    lambda s: s[Index(lambda: s.release()), 0],
    lambda s: s[Index(lambda: s.release()) :, 0],
    lambda s: s.__setitem__(slice(Index(lambda: s.release()), None), s[1:]),
    lambda s: s[0, Index(lambda: s.release())],
    lambda s: s.__setitem__((0, 0), Index(lambda: s.release())),
    lambda s: s.reshape(Index(lambda: s.release()), 1),
    lambda s: s.transpose(Index(lambda: s.release()), 0),
    lambda s: s.transpose((Index(lambda: s.release()), 0)),
]


class Index:
    def __init__(self, run: Callable[[], Any]) -> None:
        self.run = run

    def __index__(self) -> int:
        self.run()
        return 1

    def __float__(self) -> float:
        return float(self.__index__())


@pytest.mark.parametrize("use", HOSTILE_KEYS)
def test_an_index_that_releases_the_span_reads_and_writes_nothing(
    hostile: ModuleType, use: Callable[[Span], Any]
) -> None:
    exporter = honest(hostile, shape=(3, 1), strides=(8, 8))
    with pytest.raises(ValueError, match="operation forbidden on released Span"):
        use(Span(exporter))
    assert is_given_back(exporter)


def test_a_slice_whose_bounds_release_the_span_shows_what_was_there(hostile: ModuleType) -> None:
    exporter = honest(hostile)
    span = Span(exporter)
    part = span[Index(span.release) :]
    assert part.tolist() == [2, 3] and "released" in repr(span)
    del part
    assert is_given_back(exporter)


def test_a_dtype_attribute_may_do_anything() -> None:
    class Odd:
        def __init__(self, dtype: Any) -> None:
            self._dtype = dtype

        @property
        def dtype(self) -> Any:
            return self._dtype() if callable(self._dtype) else self._dtype

    fields: list[Any] = [("a", "i4"), ("b", Odd(lambda: fields.clear() or "f8"))]
    assert DType(fields) == [("a", "i4"), ("b", "f8")]
    assert fields == []
    with pytest.raises(LookupError):
        DType([("a", Odd(lambda: {}[1]))])
    with pytest.raises(TypeError):
        DType(Odd(None))
    assert (DType("d") == Odd(lambda: np.dtype("f8"))) is True
    with pytest.raises(LookupError):
        DType("d") == Odd(lambda: {}[1])  # noqa: B015
