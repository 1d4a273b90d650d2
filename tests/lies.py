# SPDX-License-Identifier: BSD-3-Clause
"""What exporters of buffers may say that is wrong, and what is unusual but true, for every way of borrowing."""

import sys
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np

HUGE = 2**62
WRONG = "is described wrongly by its exporter: "


def data(*numbers: float) -> bytearray:
    return bytearray(np.array(numbers, "f8").tobytes())


def honest(hostile: ModuleType, **changes: Any) -> Any:
    """Three float64, as the exporter says it, but for `changes`."""
    options = {"format": b"d", "shape": (3,), "strides": (8,)} | changes
    return hostile.Exporter(data(1, 2, 3), **options)


def is_given_back(exporter: Any) -> bool:
    return bool(exporter.gets == exporter.releases)


@dataclass(frozen=True)
class Lie:
    name: str
    options: dict[str, Any]
    message: str
    error: type[Exception] = ValueError
    after: dict[str, int] = field(default_factory=dict)  # attributes that the constructor does not take


LIES = [
    Lie("a negative extent", {"shape": (-3,)}, WRONG + "shape[0] is -3"),
    Lie("one negative extent among two", {"shape": (-1, 3), "strides": (24, 8)}, WRONG + "shape[0] is -1"),
    Lie(
        "two negative extents, which multiply to the length",
        {"shape": (-1, -3), "strides": (24, 8)},
        WRONG + "shape[0] is -1",
    ),
    Lie(
        "an extent beyond the length", {"shape": (4,)}, WRONG + "the length is 24 bytes, but shape and itemsize make 32"
    ),
    Lie(
        "an extent short of the length",
        {"shape": (2,)},
        WRONG + "the length is 24 bytes, but shape and itemsize make 16",
    ),
    Lie("a length beyond the shape", {"len": 32}, WRONG + "the length is 32 bytes, but shape and itemsize make 24"),
    Lie("a negative length", {}, WRONG + "the length is -24 bytes", after={"len": -24}),
    Lie("a shape beyond 64 bits", {"shape": (HUGE, HUGE, 3), "strides": (8, 8, 8)}, WRONG),
    Lie("a shape whose product wraps to the length", {"shape": (2**61, 8), "strides": (8, 8), "len": 0}, WRONG),
    Lie("NULL data", {"null_buf": True}, WRONG + "the address is NULL, but there are 24 bytes"),
    Lie("no shape", {"shape": None, "ndim": 1}, WRONG + "1 dimensions, but no shape"),
    Lie("no shape in two dimensions", {"shape": None, "ndim": 2}, WRONG + "2 dimensions, but no shape"),
    Lie("a negative ndim", {}, WRONG + "ndim is -1", after={"ndim": -1}),
    Lie("an ndim beyond 64", {"shape": (1,) * 65, "strides": (8,) * 65, "len": 8}, WRONG + "ndim is 65"),
    Lie("an absurd ndim", {}, WRONG + "ndim is 2147483647", after={"ndim": 2**31 - 1}),
    Lie("an itemsize that is not the format's", {"itemsize": 4, "len": 12}, WRONG + "format 'd'"),
    Lie("an itemsize of zero", {"itemsize": 0, "len": 0}, WRONG + "format 'd'"),
    Lie("a negative itemsize", {"itemsize": -8, "len": -24}, WRONG),
    Lie("a negative itemsize and a length to match", {}, WRONG, after={"itemsize": -8, "len": -24}),
    Lie("a huge itemsize", {"itemsize": 2**62, "len": 3 * 2**62 % 2**63}, WRONG),
    Lie("an empty format", {"format": b""}, WRONG + "format ''"),
    Lie("an unknown format", {"format": b"!"}, WRONG + "format '!'"),
    Lie("a format that never ends", {"format": b"T{d:x:"}, WRONG + "format 'T{d:x:'"),
    Lie("a nested format without end", {"format": b"T{" * 5000}, WRONG),
    Lie("a format of a huge count", {"format": b"9" * 400 + b"d"}, WRONG),
    Lie("a format with an overflowing shape", {"format": b"(4611686018427387904,4)d"}, WRONG),
    Lie("a format that is no text", {"format": b"\xff\xfe\x80d"}, WRONG),
    Lie("strides beyond all addresses", {"shape": (2,), "strides": (2**63 - 1,), "len": 16}, ""),
    Lie("strides down to the lowest address", {"shape": (3,), "strides": (-(2**63),)}, ""),
    Lie("a stride that overflows with the extent", {"shape": (3,), "strides": (2**62,)}, ""),
]


@dataclass(frozen=True)
class Truth:
    name: str
    options: dict[str, Any]
    expected: float


TRUTHS = [
    Truth("without strides", {"strides": None}, 6),
    Truth("with a byte order", {"format": b"<d" if sys.byteorder == "little" else b">d"}, 6),
    Truth("with a repeat count of one", {"format": b"1d"}, 6),
    Truth("with whitespace", {"format": b" d "}, 6),
    Truth("with suboffsets that are all negative", {"suboffsets": (-1,)}, 6),
    Truth("read-only", {"readonly": True}, 6),
    Truth("with a stride that does not count", {"shape": (1,), "strides": (12345,), "len": 8}, 1),
    Truth("empty, with NULL data", {"shape": (0,), "len": 0, "null_buf": True}, 0),
    Truth("empty, with an odd stride", {"shape": (0,), "strides": (3,), "len": 0}, 0),
    Truth("empty, at an odd address", {"shape": (0,), "offset": 3, "len": 0}, 0),
    Truth("without an owner", {"null_obj": True}, 6),
]
