# SPDX-License-Identifier: BSD-3-Clause
"""Exporters of the buffer protocol that lie, fail, or change their mind: always an error that says so, never a crash.

Whatever was borrowed is given back on every path; each test looks at the exporter's own counters.
"""

import re
import sys
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from lies import LIES, TRUTHS, Lie, Truth, data, honest, is_given_back

FULL_RO, WRITABLE, STRIDES, FORMAT, INDIRECT = 0x11C, 1, 0x18, 4, 0x100


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.name)
@pytest.mark.parametrize("function", ["sum", "view_sum", "span_bytes", "negate", "sum_pairs"])
def test_a_lie_is_an_error_and_the_buffer_is_given_back(
    hostile: ModuleType, c: ModuleType, lie: Lie, function: str
) -> None:
    exporter = honest(hostile, **lie.options)
    for name, value in lie.after.items():
        setattr(exporter, name, value)
    with pytest.raises((TypeError, ValueError)) as caught:
        getattr(c, function)(exporter)
    if lie.message:
        assert str(caught.value).startswith((f"{function}(): x {lie.message}", f"{function}(): p {lie.message}"))
        assert caught.type is lie.error
    assert is_given_back(exporter)


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.name)
def test_a_lie_is_no_candidate_of_an_overload_and_no_point_of_a_batch(
    hostile: ModuleType, c: ModuleType, lie: Lie
) -> None:
    exporter = honest(hostile, **lie.options)
    for name, value in lie.after.items():
        setattr(exporter, name, value)
    for call in (c.total, c.total.batch, c.sum.batch, c.scale.batch, c.pick.batch):
        with pytest.raises((TypeError, ValueError)):
            call(exporter)
        with pytest.raises((TypeError, ValueError)):
            call(exporter, 1)
        with pytest.raises((TypeError, ValueError)):
            call(np.zeros(3), exporter)
    assert is_given_back(exporter)


@pytest.mark.parametrize("truth", TRUTHS, ids=lambda truth: truth.name)
def test_what_is_unusual_but_true_is_taken(hostile: ModuleType, c: ModuleType, truth: Truth) -> None:
    exporter = honest(hostile, **truth.options)
    assert c.sum(exporter) == truth.expected
    assert c.view_sum(exporter) == truth.expected
    assert "null_obj" in truth.options or (exporter.gets, exporter.releases) == (2, 2)


@dataclass(frozen=True)
class Misfit:
    """An exporter that tells the truth about memory that does not fit."""

    name: str
    options: dict[str, Any]
    error: type[Exception]
    message: str


OPPOSITE = b">d" if sys.byteorder == "little" else b"<d"
MISFITS = [
    Misfit(
        "two dimensions", {"shape": (3, 1), "strides": (8, 8)}, TypeError, "x must be float64[n], got float64[3, 1]"
    ),
    Misfit(
        "no dimension",
        {"shape": (), "strides": (), "len": 8},
        TypeError,
        "x must be float64[n], got float64 of no dimensions",
    ),
    Misfit("another element type", {"format": b"q"}, TypeError, "x must be float64[n], got int64[3]"),
    Misfit(
        "no format, which is bytes",
        {"format": None, "itemsize": 1, "shape": (24,), "strides": (1,)},
        TypeError,
        "x must be float64[n], got uint8[24]",
    ),
    Misfit(
        "the other byte order",
        {"format": OPPOSITE},
        TypeError,
        f"x must be float64[n], got {chr(OPPOSITE[0])}float64[3]",
    ),
    Misfit("Python objects", {"format": b"O"}, TypeError, "x must be float64[n], got object[3]"),
    Misfit(
        "negative strides",
        {"strides": (-8,), "offset": 16},
        ValueError,
        "x must be C-contiguous, got strides (-8,) for shape (3,)",
    ),
    Misfit("an odd address", {"shape": (2,), "len": 16, "offset": 1}, ValueError, "x must be aligned to 8 bytes"),
    Misfit("suboffsets", {"suboffsets": (0,)}, ValueError, "x is indirect (it has suboffsets)"),
]


@pytest.mark.parametrize("misfit", MISFITS, ids=lambda misfit: misfit.name)
def test_memory_that_does_not_fit_is_refused_as_an_array_would_be(
    hostile: ModuleType, c: ModuleType, misfit: Misfit
) -> None:
    exporter = honest(hostile, **misfit.options)
    with pytest.raises(misfit.error, match="^" + re.escape(f"sum(): {misfit.message}")):
        c.sum(exporter)
    assert is_given_back(exporter)


@pytest.mark.parametrize("offset", range(1, 8))
def test_a_view_at_an_odd_address_is_refused_too(hostile: ModuleType, c: ModuleType, offset: int) -> None:
    exporter = honest(hostile, shape=(2,), len=16, offset=offset)
    with pytest.raises(ValueError, match=rf"x must be aligned to 8 bytes, its address is {offset} past that"):
        c.view_sum(exporter)


def test_an_odd_stride_of_a_view_is_refused(hostile: ModuleType, c: ModuleType) -> None:
    exporter = honest(hostile, shape=(2,), strides=(12,), len=16)
    with pytest.raises(ValueError, match=r"x must be aligned to 8 bytes, got strides \(12,\)"):
        c.view_sum(exporter)


# --- exporters that fail ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "error",
    [BufferError("mine"), LookupError("mine"), MemoryError("mine"), KeyboardInterrupt("mine")],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize("function", ["sum", "negate", "view_sum", "span_bytes", "total"])
def test_the_exception_of_an_exporter_passes_through(
    hostile: ModuleType, c: ModuleType, error: BaseException, function: str
) -> None:
    with pytest.raises(type(error), match="mine") as caught:
        getattr(c, function)(honest(hostile, error=error))
    assert caught.value is error


def test_an_exporter_that_fails_without_an_exception_is_no_array(hostile: ModuleType, c: ModuleType) -> None:
    for function in (c.sum, c.negate, c.view_sum, c.span_bytes, c.total, c.sum.batch):
        with pytest.raises(TypeError, match="got hostile.Exporter|no candidate"):
            function(honest(hostile, silent=True))


def test_an_exception_that_is_set_by_a_request_that_succeeds_is_raised(hostile: ModuleType, c: ModuleType) -> None:
    for function in (c.sum, c.negate, c.view_sum, c.total, c.sum.batch):
        exporter = honest(hostile, error_on_success=True)
        with pytest.raises(RuntimeError, match="set by a request that succeeded"):
            function(exporter)
        assert is_given_back(exporter)


def test_an_exporter_that_refuses_to_be_written_to_is_read_only(hostile: ModuleType, c: ModuleType) -> None:
    exporter = honest(hostile, refuses=WRITABLE)
    assert c.sum(exporter) == 6
    with pytest.raises(ValueError, match=r"^negate\(\): x is read-only, and negate\(\) writes to it$"):
        c.negate(exporter)
    assert is_given_back(exporter)


def test_an_exporter_that_grants_writing_and_says_read_only_is_read_only(hostile: ModuleType, c: ModuleType) -> None:
    exporter = honest(hostile, readonly=True)
    with pytest.raises(ValueError, match=r"^negate\(\): x is read-only, and negate\(\) writes to it$"):
        c.negate(exporter)
    assert is_given_back(exporter)


@pytest.mark.parametrize("flags", [STRIDES, FORMAT, INDIRECT, FULL_RO])
def test_an_exporter_that_cannot_say_what_is_asked_keeps_its_own_error(
    hostile: ModuleType, c: ModuleType, flags: int
) -> None:
    exporter = honest(hostile, refuses=flags)
    for function in (c.sum, c.negate):
        with pytest.raises(BufferError, match="refused by its flags"):
            function(exporter)
    assert exporter.gets == 0


def test_an_exporter_that_answers_only_once_is_asked_only_once(hostile: ModuleType, c: ModuleType) -> None:
    for function in (c.sum, c.view_sum, c.negate):
        exporter = honest(hostile, fails_after=1)
        function(exporter)
        assert (exporter.gets, exporter.releases) == (1, 1)


# --- giving back ------------------------------------------------------------------------------------------------------

FAILURES = [
    ("another argument has the wrong type", lambda c, x: c.add(x, np.zeros(3, "f4")), TypeError),
    ("another argument is no array", lambda c, x: c.add(x, [1, 2, 3]), TypeError),
    ("another argument has another size", lambda c, x: c.add(x, np.zeros(4)), ValueError),
    ("another argument's exporter fails", lambda c, x: c.add(x, object()), TypeError),
    ("a value after it is refused", lambda c, x: c.scale(x, "a"), TypeError),
    ("the output overlaps nothing but is too short", lambda c, x: c.add(x, x, y=np.zeros(2)), ValueError),
    ("the output is read-only", lambda c, x: c.add(x, x, y=memoryview(bytes(24)).cast("d")), ValueError),
    ("an argument is missing", lambda c, x: c.add(x), TypeError),
    ("an argument is unexpected", lambda c, x: c.add(x, x, z=1), TypeError),
    ("no candidate takes it", lambda c, x: c.total(x, x), TypeError),
    ("loop axes do not broadcast", lambda c, x: c.add.batch(x, np.zeros((2, 3)), y=np.zeros((3, 3))), ValueError),
]


@pytest.mark.parametrize(("reason", "call", "error"), FAILURES, ids=[reason for reason, _, _ in FAILURES])
def test_what_was_borrowed_is_given_back_when(
    hostile: ModuleType, c: ModuleType, reason: str, call: Any, error: type[Exception]
) -> None:
    exporter = honest(hostile)
    count = sys.getrefcount(exporter)
    with pytest.raises(error):
        call(c, exporter)
    assert is_given_back(exporter)
    assert sys.getrefcount(exporter) == count


@pytest.mark.parametrize(("reason", "call", "error"), FAILURES, ids=[reason for reason, _, _ in FAILURES])
def test_a_bytearray_can_be_resized_again_after(c: ModuleType, reason: str, call: Any, error: type[Exception]) -> None:
    owner = data(1, 2, 3)
    x = memoryview(owner).cast("d")
    with pytest.raises(error):
        call(c, x)
    x.release()
    owner.extend(b"more")


def test_what_was_borrowed_is_given_back_after_success(hostile: ModuleType, c: ModuleType) -> None:
    exporter = honest(hostile)
    c.add(exporter, exporter)
    assert (exporter.gets, exporter.releases) == (2, 2)
    c.add.batch(exporter, exporter)
    c.total(exporter)
    c.scale(exporter, 2)
    c.scale.batch(exporter, 2)
    assert is_given_back(exporter)
    assert exporter.gets > 2


def test_an_exception_in_giving_back_does_not_hide_the_result(hostile: ModuleType, c: ModuleType) -> None:
    def fail() -> None:
        raise LookupError("in release")

    unraisable = []
    hook, sys.unraisablehook = sys.unraisablehook, unraisable.append
    try:
        exporter = honest(hostile, on_release=fail)
        assert c.sum(exporter) == 6
        with pytest.raises(TypeError, match="b must be"):
            c.add(exporter, None)
        assert is_given_back(exporter)
    finally:
        sys.unraisablehook = hook
    assert [type(item.exc_value) for item in unraisable] == [LookupError] * exporter.gets


def test_a_request_may_call_back_into_the_same_function(hostile: ModuleType, c: ModuleType) -> None:
    inner = []
    exporter = honest(hostile, on_get=lambda: inner.append(c.sum(np.ones(5))))
    assert c.sum(exporter) == 6
    assert inner == [5]


def test_a_release_may_call_back_into_the_same_function(hostile: ModuleType, c: ModuleType) -> None:
    inner = []
    exporter = honest(hostile, on_release=lambda: inner.append(c.sum(np.ones(5))))
    assert c.add(exporter, exporter).tolist() == [2, 4, 6]
    assert inner == [5, 5]


def test_a_released_memoryview_is_its_own_error(c: ModuleType) -> None:
    view = memoryview(data(1, 2, 3)).cast("d")
    view.release()
    for function in (c.sum, c.negate, c.total, c.span_bytes):
        with pytest.raises(ValueError, match="released memoryview"):
            function(view)


# --- the buffer protocol from Python (3.12) ---------------------------------------------------------------------------

needs_pep_688 = pytest.mark.skipif(sys.version_info < (3, 12), reason="Python classes export buffers from 3.12 on")


class Exporting:
    def __init__(self, answer: Any, on_release: Any = None) -> None:
        self.answer, self.on_release = answer, on_release
        self.gets = self.releases = 0

    def __buffer__(self, flags: int) -> memoryview:
        self.gets += 1
        answer = self.answer(flags) if callable(self.answer) else self.answer
        return answer  # type: ignore[no-any-return]

    def __release_buffer__(self, view: memoryview) -> None:
        self.releases += 1
        if self.on_release is not None:
            self.on_release()
        view.release()


@needs_pep_688
def test_a_python_class_that_exports_a_buffer_is_an_array(c: ModuleType) -> None:
    x = Exporting(lambda flags: memoryview(np.array([1.0, 2.0, 3.0])))
    assert c.sum(x) == 6
    c.negate(x)
    assert (x.gets, x.releases) == (2, 2)


@needs_pep_688
@pytest.mark.parametrize("answer", [None, 3, b"bytes", np.zeros(3)], ids=["None", "int", "bytes", "ndarray"])
def test_a_python_class_that_returns_no_memoryview_is_its_own_error(c: ModuleType, answer: Any) -> None:
    with pytest.raises(TypeError):
        c.sum(Exporting(answer))


@needs_pep_688
def test_a_python_class_that_raises_keeps_its_exception(c: ModuleType) -> None:
    def fail(flags: int) -> memoryview:
        raise LookupError("its own")

    for function in (c.sum, c.negate, c.total, c.pick.batch):
        with pytest.raises(LookupError, match="its own"):
            function(Exporting(fail), *([0] if function == c.pick.batch else []))


@needs_pep_688
def test_a_python_class_that_answers_by_flags_is_read_only_where_it_says_so(c: ModuleType) -> None:
    def answer(flags: int) -> memoryview:
        if flags & WRITABLE:
            raise BufferError("not for writing")
        return memoryview(np.array([1.0, 2.0]))

    x = Exporting(answer)
    assert c.sum(x) == 3
    with pytest.raises(ValueError, match="x is read-only"):
        c.negate(x)
    assert x.releases == 2


@needs_pep_688
def test_a_release_in_python_may_resize_what_was_borrowed_before_it(c: ModuleType) -> None:
    a = np.ones(100_000)
    x = Exporting(memoryview(np.ones(100_000)), on_release=lambda: a.resize(1, refcheck=False))
    assert c.add(a, x).sum() == 200_000
