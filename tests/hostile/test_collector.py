# SPDX-License-Identifier: BSD-3-Clause
"""The collector runs anybody's finalizer in the middle of a method (until Python 3.11 in any allocation), which
releases the Span at work: what is asked for is right, or the Span refuses to be released, or it says that it is."""

import collections
import gc
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import tenon
from tenon import Span

RECORD = [("a", "i4"), ("b", [("x", "f8"), ("y", "S300")]), ("c", "f8", (2, 2)), ("d", "S5000")]
RECORDS = np.zeros(3, RECORD)
RECORDS["a"] = [5, 6, 7]
RECORDS["d"] = b"end"
NUMBERS = np.arange(12.0).reshape(3, 4)

USES: dict[str, tuple[np.ndarray, Callable[[Span], Any]]] = {
    "an item": (RECORDS, lambda s: s[1].a),
    "the end of an item": (RECORDS, lambda s: s[1].d),
    "iteration": (RECORDS, lambda s: [item.d for item in s]),
    "a time": (np.array(["2020-01-01"], "M8[ns]"), lambda s: s[0]),
    "slices": (NUMBERS, lambda s: [s[1:].tolist() for _ in range(5)]),
    "a slice of two axes": (NUMBERS, lambda s: s[1:, ::2].tolist()),
    "a row": (NUMBERS, lambda s: s[1].tolist()),
    "T": (NUMBERS, lambda s: s.T.tolist()),
    "reshape": (NUMBERS, lambda s: s.reshape(12).tolist()),
    "toreadonly": (NUMBERS, lambda s: s.toreadonly().tolist()),
    "cast": (np.arange(16, dtype="u1"), lambda s: s.cast("H").tolist()),
    "Span": (NUMBERS, lambda s: Span(s).tolist()),
    "numpy": (NUMBERS, lambda s: s.numpy().tolist()),
    "copy": (NUMBERS, lambda s: s.copy("K").tolist()),
    "rows": (NUMBERS, lambda s: tenon.rows(s).tolist()),
    "__array_interface__": (RECORDS, lambda s: s.__array_interface__["shape"]),
    "__array_struct__": (RECORDS, lambda s: str(s.__array_struct__).count("capsule")),
    "repr": (NUMBERS, lambda s: repr(s[::2, 1:]).count("strides")),
    "pickling": (NUMBERS, lambda s: s.__reduce_ex__(4)[1][0]),
    "pickling out of band": (NUMBERS, lambda s: bytes(s.__reduce_ex__(5)[1][0])),
    "DLPack": (NUMBERS, lambda s: np.from_dlpack(s).tolist()),
}


class Garbage:
    """On a cycle, so that the collector finds it."""

    def __init__(self, at_end: Callable[[], Any]) -> None:
        self.at_end, self.cycle = at_end, self

    def __del__(self) -> None:
        try:
            self.at_end()
        except BufferError:
            pass


@pytest.fixture
def thresholds() -> Iterator[None]:
    before = gc.get_threshold()
    gc.collect()
    yield
    gc.set_threshold(*before)


def outcome(use: Callable[[Span], Any], span: Span) -> Any:
    try:
        return use(span)
    except ValueError as error:
        return str(error)


@pytest.mark.usefixtures("thresholds")
@pytest.mark.parametrize("use", USES)
def test_a_span_that_the_collector_releases_half_way_shows_its_memory_or_says_so(use: str) -> None:
    array, what = USES[use]
    expected = what(Span(array).copy())
    for threshold in range(1, 30):
        gc.set_threshold(100_000)
        span = Span(array).copy()
        Garbage(span.release)
        gc.set_threshold(threshold, 1000, 1000)
        got = outcome(what, span)
        gc.set_threshold(100_000)
        assert got == expected or got == "operation forbidden on released Span"
        gc.collect(0)


def test_an_item_is_read_before_its_span_is_released_by_what_makes_its_class(monkeypatch: pytest.MonkeyPatch) -> None:
    namedtuple, tried = collections.namedtuple, []

    def meanwhile(*args: Any, **options: Any) -> Any:
        with pytest.raises(BufferError, match="Span has 1 exported buffer"):
            span.release()
        tried.append(args[1])
        return namedtuple(*args, **options)

    monkeypatch.setattr(collections, "namedtuple", meanwhile)
    for number, read in enumerate((lambda s: s[1], lambda s: next(iter(s)), lambda s: s.__getitem__((1,)))):
        span = tenon.zeros(2, [(f"only_in_collector_{number}", "i4"), ("b", "S2000")])
        span.fill((3, b"x"))
        assert read(span) == (3, b"x")
    assert len(tried) == 3


def test_an_iterator_that_is_exhausted_while_it_makes_an_item_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    namedtuple = collections.namedtuple

    def meanwhile(*args: Any, **options: Any) -> Any:
        monkeypatch.undo()
        rest.extend(iterator)
        return namedtuple(*args, **options)

    rest: list[Any] = []
    iterator = iter(tenon.zeros(3, [("only_in_exhausted", "i4"), ("b", "S2000")]))
    monkeypatch.setattr(collections, "namedtuple", meanwhile)
    assert next(iterator) == (0, b"") and rest == [(0, b"")] * 2 and list(iterator) == []


@pytest.mark.parametrize("other", [list, lambda *args: ()], ids=["another class", "no class"])
def test_items_are_tuples_whatever_stands_in_collections(other: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collections, "namedtuple", lambda *args, **options: other)
    with pytest.raises(TypeError, match="gives no class of tuples"):
        tenon.zeros(1, [("only_in_collections", "i4"), ("b", "i4")])[0]


def test_nobody_sees_a_growable_that_is_not_made_yet() -> None:
    class Late:
        @property
        def dtype(self) -> str:
            found.extend(len(each) for each in gc.get_objects() if type(each) is tenon.growable)
            return "float64"

    others: list[Any] = [tenon.growable("int8", [1, 2])]
    found: list[int] = []
    assert len(tenon.growable(Late())) == 0 and set(found) == {len(others[0])}
