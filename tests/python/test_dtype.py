# SPDX-License-Identifier: BSD-3-Clause
"""tenon.DType: what names an element type, what it says of itself, and how it goes to NumPy and back."""

import copy
import ctypes
import gc
import pickle
import sys
import weakref
from dataclasses import dataclass
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenon import DType, Span

NATIVE, OTHER = ("<", ">") if sys.byteorder == "little" else (">", "<")


@dataclass(frozen=True)
class Spelling:
    written: Any
    name: str
    itemsize: int


SPELLINGS = [
    *[
        Spelling(n, n, np.dtype(n).itemsize)
        for n in ["bool", "int8", "uint16", "int32", "uint64", "float16", "float64"]
    ],
    *[Spelling(n, n, np.dtype(n).itemsize) for n in ["complex64", "complex128", "longdouble", "clongdouble"]],
    Spelling("bfloat16", "bfloat16", 2),
    Spelling("f8", "float64", 8),
    Spelling("<f8", "float64" if NATIVE == "<" else "<float64", 8),
    Spelling("=i4", "int32", 4),
    Spelling(f"{OTHER}i4", f"{OTHER}int32", 4),
    Spelling(f"{OTHER}bfloat16", f"{OTHER}bfloat16", 2),
    Spelling(f"{OTHER}int8", "int8", 1),
    Spelling("|S5", "bytes[5]", 5),
    Spelling("bytes[5]", "bytes[5]", 5),
    Spelling("U3", "str[3]", 12),
    Spelling("str[3]", "str[3]", 12),
    Spelling(f"{OTHER}str[3]", f"{OTHER}str[3]", 12),
    Spelling("V7", "void[7]", 7),
    Spelling("void[7]", "void[7]", 7),
    Spelling("M8[25s]", "datetime64[25s]", 8),
    Spelling("datetime64[ns]", "datetime64[ns]", 8),
    Spelling(f"{OTHER}timedelta64[us]", f"{OTHER}timedelta64[us]", 8),
    Spelling("pointer", "pointer", ctypes.sizeof(ctypes.c_void_p)),
    Spelling("P", "pointer", ctypes.sizeof(ctypes.c_void_p)),
    Spelling("d", "float64", 8),
    Spelling("q", "int64", 8),
    Spelling("Zd", "complex128", 16),
    Spelling("c", "bytes[1]", 1),
    Spelling("5s", "bytes[5]", 5),
    Spelling("T{i:a:f:b:}", "{a: int32, b: float32}", 8),
    Spelling("(2,3)d", "float64[2, 3]", 48),
    Spelling("float64[2, 3]", "float64[2, 3]", 48),
    Spelling("bytes[5][2]", "bytes[5][2]", 10),
    Spelling(bool, "bool", 1),
    Spelling(int, "int64", 8),
    Spelling(float, "float64", 8),
    Spelling(complex, "complex128", 16),
    Spelling(np.float32, "float32", 4),
    Spelling(np.dtype("i2"), "int16", 2),
    Spelling(np.zeros(1, "u1"), "uint8", 1),
    Spelling(ml_dtypes.bfloat16, "bfloat16", 2),
    Spelling(("f4", (2, 3)), "float32[2, 3]", 24),
    Spelling(("f4", 5), "float32[5]", 20),
    Spelling((float, ()), "float64", 8),
    Spelling([("a", "i4"), ("b", float, (2,))], "{a: int32, b: float64[2]}", 20),
    Spelling([("a", "i1"), ("", "V3"), (("title", "b"), "i4")], "{a: int8, b: int32}", 8),
    Spelling(
        {"names": ["a", "b"], "formats": ["i4", "f8"], "offsets": [0, 8], "itemsize": 24}, "{a: int32, b: float64}", 24
    ),
    Spelling({"names": "ab", "formats": ("i4", "f8")}, "{a: int32, b: float64}", 12),
    Spelling(ctypes.c_double, "float64", 8),
    Spelling(ctypes.c_int16 * 3, "int16[3]", 6),
]


@pytest.mark.parametrize("case", SPELLINGS, ids=lambda case: repr(case.written)[:40])
def test_a_type_is_named_in_many_ways(case: Spelling) -> None:
    dtype = DType(case.written)
    assert (str(dtype), dtype.itemsize) == (case.name, case.itemsize)
    assert DType(dtype) is dtype
    assert dtype == case.written and not dtype != case.written
    assert hash(dtype) == hash(DType(case.written))


@pytest.mark.parametrize("case", SPELLINGS, ids=lambda case: repr(case.written)[:40])
def test_a_type_survives_pickling_and_copying(case: Spelling) -> None:
    dtype = DType(case.written)
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        again = pickle.loads(pickle.dumps(dtype, protocol))
        assert (again, str(again), again.fields, again.format) == (dtype, str(dtype), dtype.fields, dtype.format)
    assert copy.deepcopy(dtype) == dtype


@pytest.mark.parametrize(
    ("written", "error", "message"),
    [
        ("number", ValueError, "'number' is no element type: neither a name such as 'float64'"),
        ("flaot64", ValueError, "'flaot64' is no element type; did you mean 'float64'\\?"),
        ("Float64", ValueError, "did you mean 'float64'"),
        ("float 64", ValueError, "did you mean 'float64'"),
        ("flot64", ValueError, "did you mean 'float64'"),
        ("uint23", ValueError, "did you mean 'uint32'"),
        ("complex129", ValueError, "did you mean 'complex128'"),
        ("double", ValueError, "'double' is no element type; write 'float64'$"),
        ("single", ValueError, "write 'float32'$"),
        ("int", ValueError, "write 'int64', or 'int32' for C's"),
        ("f7", ValueError, "there is no element type of kind 'f' and 7 bytes"),
        ("T{i:a:", ValueError, "'T{' has no closing '}'"),
        ("", ValueError, "'' is no element type"),
        ("f8\0", ValueError, "is no element type"),
        ("float64[]", ValueError, "is no element type"),
        ("float64[-1]", ValueError, "is no element type"),
        ("\udc80", UnicodeEncodeError, "surrogates"),
        ("datetime64[parsec]", ValueError, "unit of time"),
        ("bytes[99999999999999999999]", ValueError, "is no element type"),
        (1, TypeError, "takes a name such as 'float64'.* got int"),
        (None, TypeError, "got None"),
        (object, TypeError, "got object"),
        (list, TypeError, "got list"),
        (object(), TypeError, "got object"),
        ([1], TypeError, "fields as tuples"),
        ([("a",)], TypeError, "fields as tuples"),
        ([(1, "i4")], TypeError, "the name of a field must be str, got int"),
        ([("a", "i4"), ("a", "i4")], ValueError, "'a'"),
        ({}, TypeError, "'names' and 'formats'"),
        ({"names": ["a"], "formats": []}, ValueError, "one length"),
        ({"names": ["a"], "formats": ["i4"], "ofsets": [4]}, ValueError, "a dict has .* not 'ofsets'"),
        ({"names": ["a"], "formats": ["i4"], 3: 4}, ValueError, "not 3"),
        ({"names": ["a"], "formats": ["i4"], "offsets": [-1]}, ValueError, "offset"),
        ({"names": ["a"], "formats": ["i4"], "itemsize": 2}, ValueError, "a"),
        ({"names": ["a"], "formats": ["i4"], "offsets": [2**63 - 1]}, OverflowError, "offset"),
        (("i4",), TypeError, r"\(type, shape\), got 1 items"),
        (("i4", "x"), TypeError, "the shape of a sub-array holds ints, got str"),
        (("i4", (-1,)), ValueError, "extent"),
        (("i4", [2] * 65), ValueError, "at most 64 dimensions, got 65"),
        (("i4", (2**62, 2**62)), ValueError, "fit|large|bytes"),
        (
            np.dtypes.StringDType() if hasattr(np.dtypes, "StringDType") else object,
            TypeError,
            "only NumPy can read|got",
        ),
    ],
)
def test_what_names_no_type_is_refused_with_the_reason(written: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        DType(written)


def test_a_type_that_contains_itself_is_refused() -> None:
    fields: list[Any] = []
    fields.append(("a", fields))
    with pytest.raises(RecursionError):
        DType(fields)

    class Loop:
        @property
        def dtype(self) -> Any:
            return self

    with pytest.raises(RecursionError):
        DType(Loop())


def test_a_type_says_what_it_is() -> None:
    d = DType({"names": ["a", "b"], "formats": ["i2", ">f8"], "offsets": [0, 8], "itemsize": 24})
    assert (d.kind, d.byteorder, d.alignment, d.shape, d.base is d) == ("struct", "|", 1, (), True)
    assert d.names == ("a", "b")
    assert d.fields == {"a": (DType("i2"), 0), "b": (DType(">f8"), 8)}
    with pytest.raises(TypeError):
        d.fields["c"] = 1  # type: ignore[index]
    assert DType("d").names is None and DType("d").fields is None
    s = DType(("<i4", (2, 3)))
    assert (s.kind, s.shape, s.base, s.itemsize) == ("subarray", (2, 3), DType("<i4"), 24)
    assert repr(DType("f8")) == "tenon.DType('float64')"
    assert (DType("f8").alignment, DType(f"{OTHER}f8").alignment) == (np.dtype("f8").alignment, 1)


def test_each_language_has_its_own_words_for_a_type() -> None:
    d = DType([("a", f"{OTHER}i4"), ("b", "S3")])
    assert DType(d.format) == d
    assert (d.typestr, d.descr) == ("|V7", [("a", f"{OTHER}i4"), ("b", "|S3")])
    assert DType(d.descr) == d
    assert (DType("M8[ns]").format, DType("M8[ns]").typestr) == (None, f"{NATIVE}M8[ns]")
    b = DType("bfloat16")
    assert (b.format, b.typestr, b.descr) == (None, None, None)


def test_a_spelling_is_kept_but_types_compare_by_meaning() -> None:
    long = DType("l")
    assert long.format == "l" and DType("q").format == "q"
    assert (long == DType("q")) is (long.itemsize == 8)
    assert DType(f"{NATIVE}i") == DType("i") != DType(f"{OTHER}i")
    assert DType("i4") != DType("f4") and DType("i4") != DType("u4")
    assert DType([("a", "i4")]) != DType([("b", "i4")])
    assert DType("d") != 1 and DType("d") != None and not DType("d") == "nonsense"  # noqa: E711
    with pytest.raises(TypeError):
        DType("d") < DType("f")  # type: ignore[operator]  # noqa: B015


@pytest.mark.parametrize(
    "numpy",
    [
        *["?", "i1", "u8", "f2", "f4", "g", "F", "G", "S4", "U2", "V3", ">i4", "<M8[25s]", ">m8[D]"],
        [("a", "i4"), ("b", ">f8", (2, 2)), ("c", [("x", "S1"), ("y", "M8[ns]")])],
        {"names": ["a", "b"], "formats": ["i4", "u1"], "offsets": [4, 0], "itemsize": 16},
        {"names": ["a", "b"], "formats": ["i4", "u1"], "offsets": [0, 0]},
        ml_dtypes.bfloat16,
    ],
    ids=str,
)
def test_numpys_types_come_and_go_unchanged(numpy: Any) -> None:
    numpy = np.dtype(numpy)
    assert DType(numpy).dtype == numpy
    assert np.dtype(DType(numpy)) == numpy
    assert np.zeros(2, DType(numpy)).dtype == numpy
    assert pickle.loads(pickle.dumps(DType(numpy))).dtype == numpy


def test_what_numpy_has_not_is_no_attribute() -> None:
    with pytest.raises((AttributeError, TypeError), match="bfloat16"):
        DType(f"{OTHER}bfloat16").dtype


def test_a_dtype_is_immutable_and_final() -> None:
    with pytest.raises((AttributeError, TypeError)):
        DType("d").itemsize = 3  # type: ignore[misc]
    with pytest.raises(TypeError):
        DType.itemsize = 3  # type: ignore[misc, assignment]
    with pytest.raises(TypeError):
        type("D", (DType,), {})  # type: ignore[misc]
    with pytest.raises(TypeError):
        DType()  # type: ignore[call-arg]


class Pixel(ctypes.Structure):
    """With padding, which some versions of ctypes leave out of the format."""

    _fields_ = [("a", ctypes.c_int8), ("b", ctypes.c_double), ("c", ctypes.c_int16 * 3)]


class Swapped(ctypes.BigEndianStructure if sys.byteorder == "little" else ctypes.LittleEndianStructure):  # type: ignore[misc]
    _fields_ = [("a", ctypes.c_int32), ("b", ctypes.c_uint8)]


class Either(ctypes.Union):
    _fields_ = [("f", ctypes.c_float), ("u", ctypes.c_uint32)]


class Nested(ctypes.Structure):
    _pack_ = 1
    _fields_ = [
        ("flag", ctypes.c_bool),
        ("p", ctypes.c_void_p),
        ("f", ctypes.CFUNCTYPE(None)),
        ("pixels", Pixel * 2),
        ("either", Either),
        ("text", ctypes.c_char * 4),
    ]


class Derived(Pixel):
    _fields_ = [("z", ctypes.c_long)]


@pytest.mark.parametrize("cls", [Pixel, Swapped, Either, Nested, Derived], ids=lambda cls: cls.__name__)
def test_a_ctypes_structure_lies_where_ctypes_puts_it(cls: Any) -> None:
    d = DType(cls)
    assert d.itemsize == ctypes.sizeof(cls)
    names = [name for base in reversed(cls.__mro__) for name, *_ in vars(base).get("_fields_", [])]
    assert d.names == tuple(names)
    assert {name: offset for name, (_, offset) in d.fields.items()} == {n: getattr(cls, n).offset for n in names}  # type: ignore[union-attr]
    assert Span((cls * 3)()).dtype == d == Span(cls()).dtype
    assert Span(memoryview((cls * 3)())).dtype == d
    assert d.format is None or DType(Span(cls()).format) == d


def test_fields_of_a_ctypes_structure_are_read_and_written_in_place() -> None:
    array = (Pixel * 2)()
    array[1].a, array[1].b, array[1].c[2] = 5, 2.5, -3
    span = Span(array)
    assert span[1] == (5, 2.5, [0, 0, -3])
    span[0] = span[1:][0:1][0]
    assert (array[0].a, array[0].b, list(array[0].c)) == (5, 2.5, [0, 0, -3])
    swapped = Swapped(3, 4)
    assert Span(swapped)[()] == (3, 4)


def test_ctypes_without_a_meaning_here_is_refused() -> None:
    class Bits(ctypes.Structure):
        _fields_ = [("a", ctypes.c_int, 3), ("b", ctypes.c_int, 5)]

    with pytest.raises((TypeError, ValueError), match="bit"):
        DType(Bits)
    with pytest.raises(TypeError, match="object"):
        Span((ctypes.py_object * 2)())


def test_wide_characters_of_ctypes_are_text() -> None:
    text = ctypes.create_unicode_buffer("héllo")
    size = ctypes.sizeof(ctypes.c_wchar)
    if size != 4:
        pytest.skip("wchar_t has 2 bytes here, which no element type of text has")
    assert str(DType(ctypes.c_wchar)) == "str[1]"
    assert "".join(Span(text).tolist()) == "héllo"


shapes = st.lists(st.integers(1, 3), min_size=1, max_size=2).map(tuple)
def test_types_met_before_are_told_apart() -> None:
    """The last few are remembered: by dtype and field names, by format and itemsize."""
    x = np.zeros(2, [("a", "i4"), ("b", "f4")])
    assert Span(x).dtype.names == ("a", "b")
    x.dtype.names = ("c", "d")
    assert Span(x).dtype.names == ("c", "d") and Span(x)[0]._fields == ("c", "d")
    x.dtype.names = ("a", "b")
    assert Span(x).dtype.names == ("a", "b")
    outer = np.zeros(2, [("x", [("a", "i4"), ("b", "f4")])])
    assert Span(outer).dtype.fields["x"][0].names == ("a", "b")  # type: ignore[index]
    outer.dtype["x"].names = ("c", "d")
    assert Span(outer).dtype.fields["x"][0].names == ("c", "d")  # type: ignore[index]
    kinds = [np.zeros(2, code) for code in ("M8[s]", "M8[ns]", ">i4", "S3", "S4", "i4,f4", "f4,i4", ">f8", "U2")]
    for _ in range(3):
        for array in kinds:
            assert Span(array).dtype.dtype == array.dtype
            if array.dtype.kind != "M":
                assert Span(memoryview(array)).dtype == array.dtype
    tight, loose = np.zeros(2, "i4,i1"), np.zeros(2, np.dtype("i4,i1", align=True))
    for array in (tight, loose, tight, loose):
        assert Span(memoryview(array)).itemsize == Span(array).itemsize == array.itemsize


def test_types_met_before_are_given_up_in_turn() -> None:
    class Marker:
        pass

    marker = Marker()
    gone = weakref.ref(marker)
    Span(np.zeros(1, np.dtype([("a", "i4")], metadata={"marker": marker})))
    del marker
    for k in range(8):
        Span(np.zeros(1, [(f"field{k}", "i4")]))
    gc.collect()
    assert gone() is None


formats = st.sampled_from(["i1", "<u2", ">i4", "f8", ">c8", "?", "S3", "U2", "V5", "<M8[ms]"])
names = st.text(st.characters(codec="utf-8", exclude_characters="\0:"), min_size=1, max_size=6)
types = st.recursive(
    formats,
    lambda inner: st.one_of(
        st.tuples(inner.filter(lambda base: not isinstance(base, tuple)), shapes),
        st.lists(st.tuples(names, inner), min_size=1, max_size=4, unique_by=lambda field: field[0]),
    ),
    max_leaves=6,
)


@given(types)
def test_any_type_is_the_same_for_numpy_and_after_pickling(written: Any) -> None:
    dtype = DType(written)
    assert dtype.dtype == np.dtype(written)
    assert DType(np.dtype(written)) == dtype == pickle.loads(pickle.dumps(dtype))
    assert hash(DType(np.dtype(written))) == hash(dtype)


@given(st.text(max_size=12) | st.text("[](){}<>=|@!^:, 0123456789xcbBhHilqQefdsSuUVMmnTZ", max_size=12))
def test_any_text_is_a_type_or_an_error(text: str) -> None:
    try:
        dtype = DType(text)
    except (ValueError, MemoryError):
        return
    assert dtype == DType(text) and dtype.itemsize >= 0
