# SPDX-License-Identifier: BSD-3-Clause
"""Elements read and written, of every type, byte order and alignment: against struct and NumPy."""

import ctypes
import math
import struct
import sys
from dataclasses import dataclass
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenon import Span

LITTLE = sys.byteorder == "little"
CHARACTERS = "?cbBhHiIlLqQnNefdP"


def of_format(format: str, misaligned: int = 0) -> Span:
    """Three zeroed elements of a format or dtype, `misaligned` bytes after an address that suits everything."""
    single = format in CHARACTERS
    size = (struct.calcsize(format) if single else np.dtype(format).itemsize) * 3
    memory = bytearray(size + 64)
    start = -Span(memory).address % 16 + misaligned
    part = Span(memory)[start : start + size]
    return part.cast(format) if single else Span(part.numpy().view(format))


VALUES = {
    "?": [True, False],
    "c": [b"a", b"\0", b"\xff"],
    "b": [-128, 127],
    "B": [0, 255],
    "h": [-(2**15), 2**15 - 1],
    "H": [2**16 - 1],
    "i": [-(2**31), 2**31 - 1],
    "I": [2**32 - 1],
    "q": [-(2**63), 2**63 - 1],
    "Q": [2**64 - 1],
    "e": [1.5, -0.0, math.inf, 65504.0],
    "f": [1.5, -math.inf, 3.4028234663852886e38],
    "d": [1.1, 5e-324, math.nan],
    "P": [0, 2**48, 2 ** (8 * ctypes.sizeof(ctypes.c_void_p)) - 1],
}
for same, like in [("n", "q"), ("N", "Q"), ("l", "q"), ("L", "Q")]:
    if struct.calcsize(same) == 8:
        VALUES[same] = VALUES[like]


@pytest.mark.parametrize("misaligned", [0, 1])
@pytest.mark.parametrize("format", VALUES)
def test_native_elements_are_what_struct_reads_and_writes(format: str, misaligned: int) -> None:
    for value in VALUES[format]:
        span = of_format(format, misaligned=misaligned)
        span[1] = value
        packed = struct.pack(format, value)
        assert span.tobytes() == bytes(len(packed)) + packed + bytes(len(packed))
        assert type(span[1]) is type(struct.unpack(format, packed)[0])
        assert span[1] == value or math.isnan(value)


@dataclass(frozen=True)
class Kind:
    dtype: Any
    value: Any  # written
    read: Any = None  # what comes back, where it is not the same


OTHER = ">" if LITTLE else "<"
KINDS = [
    *[
        Kind(f"{OTHER}{code}", value)
        for code, value in [
            ("i2", -2),
            ("u4", 2**31),
            ("i8", -(2**62)),
            ("f2", 1.5),
            ("f4", -2.25),
            ("f8", 1.1),
            ("c8", 1 - 2j),
            ("c16", 1.1j),
        ]
    ],
    Kind("c8", 1 + 2j),
    Kind("c16", 3, 3 + 0j),
    Kind("g", 1.5),
    Kind("G", 1.5 - 2j),
    Kind(ml_dtypes.bfloat16, 1.5),
    Kind("S5", b"ab"),
    Kind("S5", "ab", b"ab"),
    Kind("S5", b"abcde"),
    Kind("U3", "äö€"),
    Kind(f"{OTHER}U3", "x\U0001f600"),
    Kind("V3", b"a\0\0"),
    Kind("f4", np.float32(1.5), 1.5),
    Kind("i4", np.int64(7), 7),
    Kind("i4", True, 1),
    Kind("f8", 3, 3.0),
    Kind("?", [], False),
    Kind("?", "text", True),
    Kind("i4,f8", (1, 2.5)),
    Kind("i4,f8", {"f0": 1, "f1": 2.5}, (1, 2.5)),
    Kind([("a", "i1"), ("b", [("x", ">f8"), ("y", "S2")])], (1, (2.5, b"z"))),
    Kind([("a", "i1"), ("m", "f4", (2, 2))], (1, [[1.0, 2.0], [3.0, 4.0]])),
    Kind({"names": ["a", "b"], "formats": ["i4", "u1"], "offsets": [4, 1], "itemsize": 16}, (5, 6)),
    Kind(np.dtype([("a", "u1"), ("b", "f8")], align=True), (5, 6.5)),
    Kind("M8[D]", np.datetime64("2024-02-29")),
    Kind(f"{OTHER}M8[25s]", np.datetime64("2024-02-29T00:00:25", "s")),
    Kind("M8[ms]", np.datetime64("2024-02-29"), np.datetime64("2024-02-29", "ms")),
    Kind("m8[us]", np.timedelta64(3, "ms"), np.timedelta64(3000, "us")),
    Kind("m8[us]", 5, np.timedelta64(5, "us")),
]


@pytest.mark.parametrize("misaligned", [0, 1])
@pytest.mark.parametrize("kind", KINDS, ids=lambda k: f"{k.dtype}-{k.value}")
def test_every_type_is_read_and_written_as_numpy_sees_it(kind: Kind, misaligned: int) -> None:
    dtype = np.dtype(kind.dtype)
    memory = np.zeros(dtype.itemsize * 3 + 1, "u1")
    array = memory[misaligned : misaligned + 3 * dtype.itemsize].view(dtype)
    span = Span(array)
    span[1] = kind.value
    wanted = kind.value if kind.read is None else kind.read
    assert span[1] == wanted and isinstance(span[1], type(wanted))
    expected = np.zeros(3, dtype)
    expected[1] = wanted
    # Padding of long double may be anything.
    assert array.tobytes() == expected.tobytes() or (dtype.char in "gG" and np.array_equal(array, expected))


def test_structures_are_named_tuples() -> None:
    span = Span(np.array([(1, 2.5)], [("a", "i4"), ("b", "f8")]))
    assert span[0] == (1, 2.5) and span[0].a == 1 and span[0]._fields == ("a", "b")


def test_a_time_that_is_none_is_kept() -> None:
    x = np.zeros(1, "M8[s]")
    Span(x)[0] = np.datetime64("NaT", "D")
    assert np.isnat(x[0]) and np.isnat(Span(x)[0])
    Span(x)[0] = 0
    assert x[0] == np.datetime64(0, "s")


REFUSED = [
    ("b", 128, ValueError, r"must be in the range of int8 \(-128 to 127\), got 128"),
    ("B", -1, ValueError, "uint8"),
    ("q", 2**63, ValueError, "int64"),
    ("Q", -1, ValueError, "uint64"),
    ("i", 1.0, TypeError, "must be int, got float"),
    ("i", "1", TypeError, "must be int, got str"),
    ("i", None, TypeError, "must be int, got None"),
    ("d", "1", TypeError, "must be float, got str"),
    ("d", [1.0], TypeError, "must be float, got list"),
    ("d", np.zeros(2), TypeError, "must be float"),
    ("f", 1e300, ValueError, "float32"),
    ("e", 1e6, ValueError, "float16"),
    ("c", b"", ValueError, "bytes of length 1, got 0"),
    ("c", b"ab", ValueError, "bytes of length 1, got 2"),
    ("c", "a", TypeError, "bytes of length 1, got str"),
    ("P", 2**64, ValueError, "is an address"),
    ("P", "a", TypeError, "str"),
    ("S2", b"abc", ValueError, "at most 2 bytes"),
    ("U2", "abc", ValueError, "at most 2 characters"),
    ("U2", b"a", TypeError, "str"),
    ("V2", b"a", ValueError, "2 bytes"),
    ("i4,f8", (1,), (TypeError, ValueError), "2"),
    ("i4,f8", (1, "x"), TypeError, "field 'f1' must be float, got str"),
    ("i4,i1", (1, 300), ValueError, "field 'f1' must be in the range of int8"),
    ("M8[D]", np.datetime64("2020-01-01T01"), ValueError, r"must be a time that datetime64\[D\] holds exactly"),
    ("M8[D]", 1.5, (TypeError, ValueError), "convert"),
    ("m8[s]", np.timedelta64(1, "ms"), ValueError, "exactly"),
]


@pytest.mark.parametrize(("format", "value", "error", "message"), REFUSED, ids=lambda x: str(x)[:20])
def test_what_does_not_fit_is_refused_and_nothing_is_written(
    format: str, value: Any, error: type[Exception], message: str
) -> None:
    span = of_format(format)
    with pytest.raises(error, match=message):
        span[1] = value
    assert span.tobytes() == bytes(span.nbytes)


def test_an_exception_of_the_objects_own_code_passes_through() -> None:
    class Odd:
        def __index__(self) -> int:
            raise KeyError("mine")

        __float__ = __bool__ = __index__

    for format in "bdP?":
        with pytest.raises(KeyError, match="mine"):
            of_format(format)[0] = Odd()


def test_characters_that_are_none_are_refused_on_reading() -> None:
    span = Span(np.array([0x110000], "u4").view("U1"))
    with pytest.raises(ValueError, match="not a Unicode character"):
        span[0]


scalars = st.sampled_from(["i1", "<u2", ">i4", "<i8", ">u8", "<f4", ">f8", "S4", "<c16", "<M8[us]"])
dtypes = st.one_of(
    scalars,
    st.lists(scalars, min_size=1, max_size=4).map(lambda codes: [(f"f{k}", code) for k, code in enumerate(codes)]),
    st.tuples(scalars, st.integers(1, 3)).map(lambda pair: [("x", pair[0], (pair[1],)), ("y", "i1")]),
)


def plain(value: Any) -> Any:
    """What compares by its parts, and NaN with NaN."""
    if isinstance(value, (tuple, list, np.void, np.ndarray)):
        return [plain(part) for part in value]
    return repr(np.asarray(value)[()].item())


@given(dtypes, st.binary(min_size=64, max_size=64))
def test_any_bytes_read_as_numpy_reads_them_and_are_written_back(code: Any, data: bytes) -> None:
    dtype = np.dtype(code)
    source, target = np.frombuffer(data, dtype, 1), np.zeros(1, dtype)
    value = Span(source)[0]
    assert plain(value) == plain(source[0])
    Span(target)[0] = value
    assert plain(target[0]) == plain(source[0])
