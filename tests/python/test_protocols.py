# SPDX-License-Identifier: BSD-3-Clause
"""What each protocol says of each kind of memory: the same address, or an error that names a protocol that can."""

import importlib.util
import pickle
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from exchange import Array, Managed, ManagedVersioned, pointer
from nomemory import fail_each_allocation

import tenon

OTHER = ">" if sys.byteorder == "little" else "<"
PAIR = np.dtype([("a", "i4"), ("b", "f4")])
OVERLAPPING = np.dtype({"names": ["a", "b"], "formats": ["i4", "i2"], "offsets": [0, 2], "itemsize": 8})


def indirect() -> tenon.Span:
    testbuffer = pytest.importorskip("_testbuffer", reason="this Python ships without CPython's own test exporter")
    return tenon.Span(
        testbuffer.ndarray(list(range(6)), shape=[2, 3], format="d", flags=testbuffer.ND_PIL | testbuffer.ND_WRITABLE)
    )


def read_only() -> tenon.Span:
    return tenon.Span(np.ones((2, 3))).toreadonly()


def of(dtype: Any) -> Callable[[], tenon.Span]:
    return lambda: tenon.Span(np.zeros((2, 3), dtype))


def cast(dtype: str, itemsize: int) -> Callable[[], tenon.Span]:
    return lambda: tenon.Span(bytearray(itemsize * 6)).cast(dtype)


SUBJECTS: dict[str, Callable[[], tenon.Span]] = {
    "float64": of("f8"),
    "Fortran order": lambda: tenon.Span(np.ones((2, 3), order="F")),
    "backwards": lambda: tenon.Span(np.ones((2, 3)))[::-1, ::-2],
    "read-only": read_only,
    "no dimensions": lambda: tenon.Span(np.array(1.5)),
    "empty": lambda: tenon.Span(np.ones((2, 0))),
    "int8": of("i1"),
    "uint64": of("u8"),
    "float16": of("f2"),
    "bfloat16": cast("bfloat16", 2),
    "longdouble": of("g"),
    "complex64": of("c8"),
    "bool": of("?"),
    "big-endian": of(OTHER + "f8"),
    "bytes": of("S5"),
    "text": of("U3"),
    "raw": of("V6"),
    "a structure": of(PAIR),
    "overlapping fields": of(OVERLAPPING),
    "a sub-array": cast("(2,3)d", 48),
    "datetime64[ns]": of("M8[ns]"),
    "datetime64[D]": of("M8[D]"),
    "timedelta64[s]": of("m8[s]"),
    "NaT": lambda: tenon.Span(np.array(["NaT"], "M8[ns]")),
    "pointers": cast("P", 8),
    "misaligned": lambda: tenon.Span(np.frombuffer(bytearray(49), np.float64, 6, 1).reshape(2, 3)),
    "with gaps": lambda: tenon.Span(np.zeros(6, np.dtype([("x", "f8"), ("y", "i4")]))["x"]),
    "steps of one and a half": lambda: tenon.Span(np.zeros(6, np.dtype([("x", "c8"), ("y", "i4")]))["x"]),
    "indirect": indirect,
}


class Interface:
    def __init__(self, name: str, span: tenon.Span) -> None:
        setattr(self, name, getattr(span, name))


def through_buffer(span: tenon.Span) -> int:
    view = memoryview(span)
    return tenon.Span(view).address


def through_interface(span: tenon.Span) -> int:
    return int(np.asarray(Interface("__array_interface__", span)).__array_interface__["data"][0])


def through_struct(span: tenon.Span) -> int:
    return int(np.asarray(Interface("__array_struct__", span)).__array_interface__["data"][0])


def through_tensor(span: tenon.Span) -> int:
    tensor = pointer(span.__dlpack__(max_version=(1, 0)), ManagedVersioned).tensor
    return int(tensor.data or span.address)


def through_old_tensor(span: tenon.Span) -> int:
    return int(pointer(span.__dlpack__(), Managed).tensor.data or span.address)


def through_arrow(span: tenon.Span) -> int:
    _, capsule = span.__arrow_c_array__()
    node = pointer(capsule, Array)
    while node.n_children:
        node = node.children[0].contents
    return int(node.buffers[1])


def through_numpy(span: tenon.Span) -> int:
    return int(span.numpy().__array_interface__["data"][0])


def through_pickle(span: tenon.Span) -> int:
    buffers: list[Any] = []
    data = pickle.dumps(span, 5, buffer_callback=buffers.append)
    back: tenon.Span = pickle.loads(data, buffers=buffers)
    assert back.dtype == span.dtype and back.shape == span.shape
    return back.address


# What a message calls a protocol, and its letter in the table.
PROTOCOLS: dict[str, tuple[str, Callable[[tenon.Span], int]]] = {
    "B": ("the buffer protocol", through_buffer),
    "I": ("__array_interface__", through_interface),
    "S": ("__array_struct__", through_struct),
    "D": ("DLPack", through_tensor),
    "d": ("max_version=", through_old_tensor),
    "A": ("Arrow", through_arrow),
    "N": ("numpy()", through_numpy),
    "P": ("pickle", through_pickle),
}

# The letters of the protocols that share the memory.
SHARED = {
    "float64": "BISDdANP",
    "Fortran order": "BISDdNP",
    "backwards": "BISDN",
    "read-only": "BISDANP",
    "no dimensions": "BISDdNP",
    "empty": "BISDdANP",
    "int8": "BISDdANP",
    "uint64": "BISDdANP",
    "float16": "BISDdANP",
    "bfloat16": "DdP",
    "longdouble": "BISNP",
    "complex64": "BISDdNP",
    "bool": "BISDdNP",
    "big-endian": "BISNP",
    "bytes": "BISANP",
    "text": "BINP",
    "raw": "BISANP",
    "a structure": "BISNP",
    "overlapping fields": "NP",
    "a sub-array": "BISDdANP",
    "datetime64[ns]": "IANP",
    "datetime64[D]": "INP",
    "timedelta64[s]": "IANP",
    "NaT": "INP",
    "pointers": "B",
    "misaligned": "BISNP",
    "with gaps": "BISN",
    "steps of one and a half": "BISN",
    "indirect": "B",
}

if importlib.util.find_spec("ml_dtypes") is not None:
    SHARED["bfloat16"] += "N"

# What a message says of its own protocol is no advice.
ITSELF = {letter: {letter} for letter in PROTOCOLS} | {"d": {"D", "d"}}

COPIES = {
    ("backwards", "P"),
    ("with gaps", "P"),
    ("steps of one and a half", "P"),
    ("indirect", "P"),
}  # a pickle has no strides


@pytest.mark.parametrize("letter", PROTOCOLS)
@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_protocol_shares_the_memory_or_names_one_that_does(subject: str, letter: str) -> None:
    span = SUBJECTS[subject]()
    _, share = PROTOCOLS[letter]
    if (subject, letter) in COPIES:
        assert share(span) != span.address
    elif letter in SHARED[subject]:
        assert share(span) == span.address
    else:
        with pytest.raises((BufferError, AttributeError, TypeError, ValueError)) as caught:
            share(span)
        named = {other for other, (text, _) in PROTOCOLS.items() if text in str(caught.value)} - ITSELF[letter]
        assert named or letter in "NP", caught.value
        assert named <= set(SHARED[subject]), caught.value


def test_every_kind_of_memory_is_in_the_table() -> None:
    assert list(SUBJECTS) == list(SHARED)


def test_the_guide_shows_this_table() -> None:
    def mark(subject: str, letter: str) -> str:
        if (subject, letter) in COPIES:
            return "c"
        return "✓" if letter in SHARED[subject] or (subject, letter) == ("bfloat16", "N") else "–"

    guide = (Path(__file__).parents[2] / "docs/guide/protocols.md").read_text(encoding="utf-8")
    for subject in SUBJECTS:
        assert f"\n| {subject} | {' | '.join(mark(subject, letter) for letter in PROTOCOLS)} |\n" in guide


@pytest.mark.parametrize("subject", SUBJECTS)
def test_nothing_is_held_when_the_consumer_is_done_or_was_refused(subject: str) -> None:
    span = SUBJECTS[subject]()
    count = sys.getrefcount(span)
    for _, share in PROTOCOLS.values():
        try:
            share(span)
        except (BufferError, AttributeError, TypeError, ValueError):
            pass
    assert sys.getrefcount(span) == count
    span.release()


def test_a_released_span_is_shown_to_nobody() -> None:
    span = tenon.Span(bytearray(8))
    span.release()
    for _, share in PROTOCOLS.values():
        with pytest.raises(ValueError, match="released"):
            share(span)


# --- without memory ---------------------------------------------------------------------------------------------------


class Foreign:
    """A Span of another library: one method of it, and nothing else."""

    def __init__(self, name: str, span: tenon.Span) -> None:
        setattr(self, name, getattr(span, name))


ACTIONS: dict[str, Callable[[tenon.Span], object]] = {
    "a tensor": lambda span: span.__dlpack__(max_version=(1, 0)),
    "a tensor of before versions": lambda span: span.__dlpack__(),
    "a copied tensor": lambda span: span.__dlpack__(copy=True),
    "an Arrow array": lambda span: span.__arrow_c_array__(),
    "an Arrow schema": lambda span: span.__arrow_c_schema__(),
    "the array interface": lambda span: span.__array_interface__,
    "the array structure": lambda span: span.__array_struct__,
    "a pickle": lambda span: span.__reduce_ex__(5),
    "an old pickle": lambda span: span.__reduce_ex__(2),
    "a tensor of others": lambda span: tenon.Span(Foreign("__dlpack__", span)),
    "an Arrow array of others": lambda span: tenon.Span(Foreign("__arrow_c_array__", span)),
}


@pytest.mark.parametrize("action", ACTIONS)
def test_each_allocation_may_fail(action: str) -> None:
    span = tenon.Span(np.zeros((2, 3, 4)))
    act = ACTIONS[action]
    act(span)  # what is made once is made
    count = sys.getrefcount(span)
    references: list[int] = []
    assert fail_each_allocation(lambda: act(span), lambda failed: references.append(sys.getrefcount(span))) > 0
    assert set(references) == {count}
    span.release()


@pytest.mark.unsanitized
@pytest.mark.parametrize("action", ACTIONS)
def test_memory_stays_flat(action: str) -> None:
    def peak() -> int:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    span, act = tenon.Span(np.zeros((2, 3, 4))), ACTIONS[action]
    for _ in range(2_000):
        act(span)
    before = peak()
    for _ in range(20_000):
        act(span)
    assert peak() - before < 256, "KiB, of at least 40 bytes times 20,000"
