# SPDX-License-Identifier: BSD-3-Clause
"""What a Span answers to every request of the buffer protocol: what memoryview answers, seen through _testbuffer,
CPython's own exporter and consumer."""

import itertools
from typing import Any

import pytest

import tenon

_testbuffer = pytest.importorskip("_testbuffer", reason="NOT RUN: this Python has no _testbuffer")
ndarray, ND_WRITABLE = _testbuffer.ndarray, _testbuffer.ND_WRITABLE
ND_FORTRAN, ND_PIL = _testbuffer.ND_FORTRAN, _testbuffer.ND_PIL

# Each bit by itself, also where PEP 3118 knows it only together with others: an exporter must test for all of them.
BITS = [0x1, 0x4, 0x8, 0x10, 0x20, 0x40, 0x80, 0x100]
REQUESTS = [sum(chosen) for n in range(len(BITS) + 1) for chosen in itertools.combinations(BITS, n)]

NAMED = {name: value for name, value in vars(_testbuffer).items() if name.startswith("PyBUF_")}

ITEMS = list(range(24))
EXPORTERS = {
    "C-contiguous": lambda flags: ndarray(ITEMS, shape=[4, 6], format="l", flags=flags),
    "Fortran-contiguous": lambda flags: ndarray(ITEMS, shape=[4, 6], format="l", flags=flags | ND_FORTRAN),
    "contiguous both ways": lambda flags: ndarray(ITEMS, shape=[1, 24, 1], format="l", flags=flags),
    "one dimension": lambda flags: ndarray(ITEMS, shape=[24], format="B", flags=flags),
    "strided": lambda flags: ndarray(ITEMS, shape=[4, 6], format="h", flags=flags)[::2, ::3],
    "backwards": lambda flags: ndarray(ITEMS, shape=[24], format="i", flags=flags)[::-1],
    "repeated": lambda flags: ndarray([7], shape=[5], strides=[0], format="d", flags=flags),
    "no dimension": lambda flags: ndarray(7, shape=[], format="d", flags=flags),
    "empty": lambda flags: ndarray(ITEMS, shape=[0], format="d", flags=flags),
    "empty in the middle": lambda flags: ndarray(ITEMS, shape=[3, 0, 2], format="d", flags=flags),
    "indirect": lambda flags: ndarray(ITEMS, shape=[4, 6], format="l", flags=flags | ND_PIL),
    "indirect rows of one": lambda flags: ndarray(ITEMS, shape=[24], format="l", flags=flags | ND_PIL),
    "indirect and sliced": lambda flags: ndarray(ITEMS, shape=[4, 3, 2], format="l", flags=flags | ND_PIL)[1:, ::-1],
    "structures": lambda flags: ndarray([(i, i / 2) for i in ITEMS], shape=[24], format="ld", flags=flags),
}


def outcome(view: Any, request: int) -> Any:
    """Everything a consumer can see, or the exception."""
    try:
        consumer = ndarray(view, getbuf=request)
    except Exception as error:
        return type(error)
    assert consumer.obj is view
    names = (
        "nbytes",
        "readonly",
        "itemsize",
        "format",
        "ndim",
        "shape",
        "strides",
        "suboffsets",
        "c_contiguous",
        "f_contiguous",
    )
    return {name: getattr(consumer, name) for name in names} | {"bytes": consumer.tobytes()}


@pytest.mark.parametrize("writable", [0, ND_WRITABLE], ids=["read-only", "writable"])
@pytest.mark.parametrize("layout", EXPORTERS)
def test_every_request_is_answered_as_memoryview_answers_it(layout: str, writable: int) -> None:
    exporter = EXPORTERS[layout](writable)
    span, view = tenon.Span(exporter), memoryview(exporter)
    answers = {request: (outcome(span, request), outcome(view, request)) for request in REQUESTS}
    assert {hex(request): pair for request, pair in answers.items() if pair[0] != pair[1]} == {}
    granted = [request for request, (answer, _) in answers.items() if isinstance(answer, dict)]
    assert NAMED["PyBUF_FULL_RO"] in granted
    assert any(request & 1 for request in granted) == bool(writable)


@pytest.mark.parametrize("layout", EXPORTERS)
def test_a_slice_of_a_span_answers_as_a_slice_of_memoryview(layout: str) -> None:
    exporter = EXPORTERS[layout](ND_WRITABLE)
    if exporter.ndim == 0:
        pytest.skip("there is nothing to slice")
    for key in (slice(None), slice(None, None, -1), slice(1, None), slice(0, 0), slice(None, None, 3)):
        span, view = tenon.Span(exporter)[key], memoryview(exporter)[key]
        if view.nbytes == 0:  # contiguous in any order for everybody, but for a slice of memoryview
            assert span.suboffsets or span.c_contiguous and span.f_contiguous
            continue
        for request in REQUESTS:
            assert outcome(span, request) == outcome(view, request), (key, hex(request))


def test_a_read_only_view_of_writable_memory_is_not_written_through_any_request() -> None:
    span = tenon.Span(ndarray(ITEMS, shape=[4, 6], format="l", flags=ND_WRITABLE)).toreadonly()
    for request in REQUESTS:
        answer = outcome(span, request)
        assert answer is BufferError if request & 1 else isinstance(answer, type) or answer["readonly"], hex(request)


@pytest.mark.parametrize("layout", EXPORTERS)
def test_all_buffers_are_given_back(layout: str) -> None:
    span = tenon.Span(EXPORTERS[layout](ND_WRITABLE))
    for request in REQUESTS:
        outcome(span, request)
    span.release()
