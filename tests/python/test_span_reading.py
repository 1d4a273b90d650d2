# SPDX-License-Identifier: BSD-3-Clause
"""Whole Spans as Python values, as bytes and as other types: tolist, tobytes, hex, hash, ==, in, index, count, cast."""

import array
import ctypes
import gc
import struct
import sys
import weakref
from collections.abc import Sequence
from typing import Any

import pytest

import tenon


def span_of(values: list[Any], format: str, shape: list[int] | None = None) -> Any:
    memory = bytearray(b"".join(struct.pack("=" + format, *(v if isinstance(v, tuple) else (v,))) for v in values))
    return tenon.Span(memory).cast("=" + format if len(format) > 1 else format, shape)


class Pair(ctypes.Structure):
    _fields_ = [("i", ctypes.c_int8), ("x", ctypes.c_double)]


class Swapped(ctypes.BigEndianStructure):
    _fields_ = [("i", ctypes.c_int32), ("x", ctypes.c_double)]


# --- tolist -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("format", "memory", "expected"),
    [
        ("?", b"\0\1\2", [False, True, True]),
        ("c", b"a\0", [b"a", b"\0"]),
        ("b", b"\xff\x7f", [-1, 127]),
        ("B", b"\xff\x7f", [255, 127]),
        ("<h", b"\1\2", [0x201]),
        (">h", b"\1\2", [0x102]),
        (">Q", bytes(7) + b"\1", [1]),
        ("e", struct.pack("e", 1.5), [1.5]),
        (">e", struct.pack(">e", 1.5), [1.5]),
        ("bfloat16", b"\xc0\x3f", [1.5]),
        (">f", struct.pack(">f", 1.5), [1.5]),
        ("d", struct.pack("d", 1.5), [1.5]),
        ("Zd", struct.pack("dd", 1.5, -2), [1.5 - 2j]),
        (">Zf", struct.pack(">ff", 1.5, -2), [1.5 - 2j]),
        ("3s", b"ab\0xyz", [b"ab", b"xyz"]),
        ("2w", "añ".encode("utf-32-le" if sys.byteorder == "little" else "utf-32-be"), ["añ"]),
        ("P", (77).to_bytes(struct.calcsize("P"), sys.byteorder), [77]),
        ("T{<i:a:<f:b:}", struct.pack("<if", 1, 1.5), [(1, 1.5)]),
        ("(2)B", b"\1\2\3\4", [[1, 2], [3, 4]]),
        ("T{B:a:T{(2)B:x:b:y:}:b:}", b"\1\2\3\xff", [(1, ([2, 3], -1))]),
    ],
)
def test_every_element_type_is_listed(format: str, memory: bytes, expected: list[Any]) -> None:
    listed = tenon.Span(memory).cast(format).tolist()
    assert listed == expected
    assert [type(item) for item in listed] == [
        type(item) if type(item) is not tuple else type(listed[0]) for item in expected
    ]


def test_structures_are_named_tuples() -> None:
    (pair,) = tenon.Span((Pair * 1)(Pair(3, 1.5))).tolist()
    assert pair == (3, 1.5) and pair.i == 3 and pair.x == 1.5


def test_lists_nest_as_deep_as_there_are_dimensions() -> None:
    assert span_of([7], "B", []).tolist() == 7
    assert span_of([1, 2], "B").tolist() == [1, 2]
    assert span_of([1, 2, 3, 4, 5, 6], "H", [2, 1, 3]).tolist() == [[[1, 2, 3]], [[4, 5, 6]]]
    assert tenon.Span(array.array("d")).tolist() == []


# --- bytes ------------------------------------------------------------------------------------------------------------


def test_bytes_of_a_transpose_are_those_of_fortran_order() -> None:
    span = span_of(list(range(6)), "B", [2, 3])
    assert span.tobytes() == span.T.tobytes("F") == bytes(range(6))
    assert span.tobytes("F") == span.T.tobytes() == bytes([0, 3, 1, 4, 2, 5])
    assert span.tobytes("A") == span.T.tobytes("A") == bytes(range(6))


@pytest.mark.parametrize(
    ("order", "error"), [("K", ValueError), ("c", ValueError), ("", ValueError), (3, TypeError), (b"C", TypeError)]
)
def test_an_order_that_is_none_is_refused(order: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"tobytes\(\): order must be 'C', 'F', 'A' or None"):
        tenon.Span(b"abc").tobytes(order)


def test_hex_takes_separators_as_bytes_does() -> None:
    span = tenon.Span(b"\x12\x34\x56")
    assert span.hex() == "123456"
    assert span[::-1].hex(":") == "56:34:12"
    assert span.hex(sep="-", bytes_per_sep=-2) == b"\x12\x34\x56".hex("-", -2)
    with pytest.raises(ValueError, match="sep must be length 1"):
        span.hex("ab")


# --- the hash ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["B", "b", "c"])
def test_a_span_of_constant_bytes_hashes_as_the_bytes(format: str) -> None:
    memory = bytes(range(24))
    for span in (
        tenon.Span(memory).cast(format),
        tenon.Span(memory).cast(format, [2, 3, 4]),
        tenon.Span(memory).cast(format)[::-2],
    ):
        assert hash(span) == hash(span.tobytes())
    assert {tenon.Span(memory).cast(format): 1}[tenon.Span(memory).cast(format)] == 1


def test_a_hash_outlives_the_memory() -> None:
    span = tenon.Span(b"abc")
    before = hash(span)
    span.release()
    assert hash(span) == before == hash(b"abc")
    other = tenon.Span(b"abc")
    other.release()
    with pytest.raises(ValueError, match="released"):
        hash(other)


@pytest.mark.parametrize(
    ("span", "error", "reason"),
    [
        (tenon.Span(bytearray(b"abc")), ValueError, "a writable Span has no hash"),
        (tenon.Span(bytearray(b"abc")).toreadonly(), TypeError, "unhashable type: 'bytearray'"),
        (tenon.zeros(3, "B").toreadonly(), ValueError, "its memory is writable"),
        (tenon.Span(bytes(8)).cast("d"), ValueError, "only formats 'B', 'b' and 'c' have one, not float64"),
        (tenon.Span(bytes(8)).cast("?"), ValueError, "not bool"),
    ],
)
def test_what_may_change_or_has_two_patterns_for_a_value_has_no_hash(
    span: Any, error: type[Exception], reason: str
) -> None:
    with pytest.raises(error, match=reason):
        hash(span)


# --- equality ---------------------------------------------------------------------------------------------------------

NAN = float("nan")


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        (span_of([1, 2], "i"), array.array("q", [1, 2]), True),
        (span_of([1, 2], "i"), array.array("d", [1, 2]), True),
        (span_of([1, 2], "i"), array.array("d", [1, 2.5]), False),
        (span_of([-1], "b"), array.array("B", [255]), False),
        (span_of([-1], "q"), array.array("Q", [2**64 - 1]), False),
        (span_of([2**53 + 1], "q"), array.array("d", [2.0**53]), False),
        (span_of([1, 0], "?"), b"\1\0", True),
        (span_of([0.0], "d"), array.array("f", [-0.0]), True),
        (span_of([NAN], "d"), array.array("d", [NAN]), False),
        (span_of([NAN], "f"), array.array("f", [NAN]), False),
        (span_of([NAN], "e"), array.array("f", [NAN]), False),
        (span_of([1.5], "e"), array.array("d", [1.5]), True),
        (tenon.Span(b"\1\2").cast(">h"), array.array("h", [0x102]), True),
        (tenon.Span(b"\xc0\x3f").cast("bfloat16"), array.array("d", [1.5]), True),
        (span_of([1, 2], "d").cast("Zd"), span_of([1, 2], "f").cast("Zf"), True),
        (span_of([1, NAN], "d").cast("Zd"), span_of([1, NAN], "d").cast("Zd"), False),
        (tenon.Span(b"ab").cast("c"), b"ab", False),
        (tenon.Span(b"ab\0").cast("3s"), tenon.Span(b"ab\0\0").cast("4s"), True),
        (tenon.Span(b"ab").cast("2s"), tenon.Span(b"ab").cast("(2)c"), False),
        (tenon.Span(b""), array.array("d"), True),
        (tenon.empty((0, 3), "d"), tenon.empty((0, 4), "d"), True),
        (tenon.empty((3, 0), "d"), tenon.empty((4, 0), "d"), False),
        (tenon.empty((0,), "d"), tenon.empty((0, 4), "d"), False),
        (tenon.Span(b"abc"), "abc", False),
        (tenon.Span(b"abc"), [97, 98, 99], False),
        (tenon.Span(b"abc"), None, False),
        (tenon.Span(b"abcd").cast("B", [2, 2]), b"abcd", False),
        (tenon.Span(b"abcd").cast("B", [2, 2]), memoryview(b"abcd").cast("B", [2, 2]), True),
        (tenon.Span(Pair(1, 1.5)), tenon.Span(Swapped(1, 1.5)), True),
        (tenon.Span(Pair(1, 1.5)), tenon.Span(Swapped(1, NAN)), False),
        (tenon.Span(Pair(1, NAN)), tenon.Span(Pair(1, NAN)), False),
        (tenon.Span(Pair(1, 1.5)), tenon.Span(struct.pack("=bd", 1, 1.5)).cast("=bd", []), True),
        (tenon.Span(Pair(1, 1.5)), tenon.Span(struct.pack("=bdb", 1, 1.5, 0)).cast("=bdb", []), False),
        (tenon.Span(b"\1\2").cast("(2)B"), tenon.Span(b"\1\0\2\0").cast("(2)<H"), True),
        (tenon.Span(b"\1\2\3\4").cast("(4)B"), tenon.Span(b"\1\2\3\4").cast("(2,2)B"), False),
        (tenon.Span(bytes(8)).cast("M8[s]"), tenon.Span(bytes(8)).cast("M8[s]"), True),
        (tenon.Span(bytes(8)).cast("M8[s]"), tenon.Span(bytes(8)).cast("M8[ms]"), False),
        (tenon.Span(bytes(8)).cast("M8[s]"), tenon.Span(bytes(8)).cast("m8[s]"), False),
        (tenon.Span(bytes(8)).cast("M8[s]"), tenon.Span(bytes(8)).cast("q"), False),
    ],
)  # fmt: skip
def test_arrays_are_equal_if_their_values_are(left: Any, right: Any, equal: bool) -> None:
    assert (left == right) is equal
    assert (left != right) is not equal
    assert (right == left) is equal or not isinstance(right, (tenon.Span, bytes))


def test_padding_does_not_count() -> None:
    a, b = bytearray(bytes(Pair(1, 1.5))), bytearray(bytes(Pair(1, 1.5)))
    a[3] = 77
    assert tenon.Span(Pair.from_buffer(a)) == tenon.Span(Pair.from_buffer(b))


def test_a_wide_number_is_compared_to_its_last_bit() -> None:
    one, next_to_it = (ctypes.c_longdouble * 1)(1.0), (ctypes.c_longdouble * 1)(1.0)
    assert tenon.Span(one) == tenon.Span(next_to_it)
    if ctypes.sizeof(ctypes.c_longdouble) > 8:
        ctypes.memset(next_to_it, 1, 1)
        assert tenon.Span(one).tolist() == tenon.Span(next_to_it).tolist()
        assert tenon.Span(one) != tenon.Span(next_to_it)


def test_a_released_span_equals_itself_alone() -> None:
    span, other = tenon.Span(b"abc"), tenon.Span(b"abc")
    span.release()
    assert span == span
    assert span != other and other != span and span != b"abc" and b"abc" != span


def test_spans_have_no_order() -> None:
    for compare in ("__lt__", "__le__", "__gt__", "__ge__"):
        assert getattr(tenon.Span(b"a"), compare)(tenon.Span(b"b")) is NotImplemented


# --- searching --------------------------------------------------------------------------------------------------------


def test_rows_are_found_by_the_arrays_they_equal() -> None:
    span = span_of([1, 2, 3, 4, 1, 2], "i", [3, 2])
    row = array.array("q", [1, 2])
    assert row in span and span.count(row) == 2 and span.index(row, 1) == 2
    assert [1, 2] not in span
    assert [r.tolist() for r in span] == [[1, 2], [3, 4], [1, 2]]


def test_a_span_that_is_released_while_it_is_iterated_ends_that() -> None:
    span = tenon.Span(b"abc")
    items = iter(span)
    assert next(items) == 97
    span.release()
    with pytest.raises(ValueError, match="released"):
        next(items)


def test_an_iterator_at_its_end_stays_there_and_lets_go() -> None:
    memory = bytearray(b"a")
    items = iter(tenon.Span(memory))
    assert list(items) == [97] and list(items) == [] and next(items, None) is None
    memory.append(0)


def test_a_cycle_through_an_iterator_is_collected() -> None:
    class Memory(bytearray):
        pass

    memory = Memory(b"abc")
    memory.items = iter(tenon.Span(memory))  # type: ignore[attr-defined]
    gone = weakref.ref(memory)
    del memory
    gc.collect()
    assert gone() is None


def test_a_span_is_a_sequence_and_matches_as_one() -> None:
    assert isinstance(tenon.Span(b"abc"), Sequence) and isinstance(memoryview(b"abc"), Sequence)
    match tenon.Span(b"abc"):
        case [first, *rest]:
            assert (first, rest) == (97, [98, 99])
        case _:
            pytest.fail("a Span is not matched as a sequence")


def test_a_value_of_no_dimension_is_no_sequence() -> None:
    span = span_of([7], "i", [])
    for use in (iter, list, lambda s: 7 in s, lambda s: s.index(7), lambda s: s.count(7)):
        with pytest.raises(TypeError, match="0 dimensions"):
            use(span)


def test_a_search_holds_the_memory_that_it_reads() -> None:
    span = tenon.Span(bytearray(b"abc"))

    class Releasing:
        def __eq__(self, other: object) -> bool:
            with pytest.raises(BufferError):
                span.release()
            return False

    assert Releasing() not in span
    assert span.count(Releasing()) == 0
    span.release()


def test_an_exception_of_the_value_passes_through() -> None:
    class Broken:
        def __eq__(self, other: object) -> bool:
            raise ZeroDivisionError

    span = tenon.Span(b"abc")
    for use in (lambda: Broken() in span, lambda: span.count(Broken()), lambda: span.index(Broken())):
        with pytest.raises(ZeroDivisionError):
            use()
    span.release()


@pytest.mark.parametrize("arguments", [(), (1, 2, 3, 4), (1, "a"), (1, 0, None)])
def test_index_takes_a_value_and_two_positions(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(TypeError):
        tenon.Span(b"abc").index(*arguments)
    assert tenon.Span(b"abc").index(97, -(10**30), 10**30) == 0


# --- cast -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("format", "expected"),
    [
        ("H", [0x201, 0x403]),
        ("<I", [0x4030201]),
        (">I", [0x1020304]),
        ("(2)B", [[1, 2], [3, 4]]),
        ("T{B:a:(3)b:b:}", [(1, [2, 3, 4])]),
        ("uint16", [0x201, 0x403]),
        ("<u2", [0x201, 0x403]),
        (tenon.DType("u1"), [1, 2, 3, 4]),
        ([("a", "<u2"), ("b", "<u2")], [(0x201, 0x403)]),
    ],
)
@pytest.mark.skipif(sys.byteorder == "big", reason="the values are those of little-endian machines")
def test_bytes_become_any_type(format: Any, expected: list[Any]) -> None:
    assert tenon.Span(b"\1\2\3\4").cast(format).tolist() == expected


def test_types_whose_sizes_divide_need_no_detour_over_bytes() -> None:
    span = span_of([1.0, 2.0], "d")
    assert span.cast("q").tolist() == [0x3FF0000000000000, 0x4000000000000000]
    assert span.cast("T{d:re:d:im:}").tolist() == [(1.0, 2.0)]
    assert span.cast("T{d:re:d:im:}").cast("d") == span
    assert span.cast("Zd", []).tolist() == 1 + 2j


def test_any_shape_becomes_any_other() -> None:
    span = span_of(list(range(12)), "h", [2, 6])
    assert span.cast("h", (3, 4)).tolist() == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]
    assert span.cast("h").shape == (12,)
    assert span.cast("B", [2, 2, 6]).shape == (2, 2, 6)


def test_a_cast_shows_the_same_memory_with_the_same_rights() -> None:
    memory = bytearray(8)
    cast = tenon.Span(memory).cast("I")
    cast[1] = 0x01010101
    assert memory == bytes(4) + b"\1\1\1\1"
    assert not cast.readonly and tenon.Span(bytes(8)).cast("I").readonly
    assert cast.obj is memory


@pytest.mark.parametrize(
    ("span", "arguments", "error", "reason"),
    [
        (tenon.Span(b"abc"), ("H",), TypeError, "3 bytes are no multiple of the 2"),
        (tenon.Span(b"abcd"), ("H", [3]), TypeError, "the shape takes 6 bytes, the Span has 4"),
        (tenon.Span(b"abcd"), ("H", [-1]), ValueError, "extents must be positive, got -1"),
        (tenon.Span(b"abcd"), ("H", [0]), ValueError, "extents must be positive, got 0"),
        (tenon.Span(b"abcd"), ("H", 2), TypeError, "shape must be a list or a tuple, got int"),
        (tenon.Span(b"abcd"), ("B", [1] * 65), ValueError, "65 dimensions; 0 to 64 are possible"),
        (tenon.Span(b"abcd"), ("B", [2**40, 2**40]), ValueError, "more bytes than an address can count"),
        (tenon.Span(b"abcd"), ("B", [2**64]), OverflowError, "index-sized integer"),
        (tenon.Span(b"abcd")[::2], ("B",), TypeError, r"must be C-contiguous; span.copy\(\) is"),
        (tenon.Span(bytes(6)).cast("B", [2, 3]).T, ("B",), TypeError, "must be C-contiguous"),
        (tenon.Span(b""), ("B", [0]), TypeError, "no elements"),
        (tenon.Span(b"abcd"), ("nothing",), ValueError, "nothing"),
        (tenon.Span(b"abcd"), (object(),), TypeError, "got object"),
        (tenon.Span(bytes(8)), ("O",), TypeError, "bytes cannot become Python objects"),
        (tenon.Span(bytes(8)), ("T{O:a:}",), TypeError, "bytes cannot become Python objects"),
        (tenon.Span(b""), ("0s",), ValueError, "has no bytes"),
    ],
)  # fmt: skip
def test_a_cast_that_cannot_be_is_refused(span: Any, arguments: Any, error: type[Exception], reason: str) -> None:
    with pytest.raises(error, match=reason):
        span.cast(*arguments)


def test_empty_memory_is_cast_to_no_elements() -> None:
    assert tenon.Span(b"").cast("d").shape == (0,)
