# SPDX-License-Identifier: BSD-3-Clause
"""One value: Python numbers, characters and records to C and back, exactly or not at all."""

import array
import collections
import copy
import ctypes
import decimal
import enum
import fractions
import gc
import math
import pickle
import re
import resource
import struct
import sys
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

INTEGERS = {
    "i8": ("int8_t", -(2**7), 2**7 - 1),
    "i16": ("int16_t", -(2**15), 2**15 - 1),
    "i32": ("int32_t", -(2**31), 2**31 - 1),
    "i64": ("int64_t", -(2**63), 2**63 - 1),
    "u8": ("uint8_t", 0, 2**8 - 1),
    "u16": ("uint16_t", 0, 2**16 - 1),
    "u32": ("uint32_t", 0, 2**32 - 1),
    "u64": ("uint64_t", 0, 2**64 - 1),
}
FLOATS = {"f32": "float", "f64": "double", "ld": "long double"}
COMPLEXES = {"c64": "float _Complex", "c128": "double _Complex", "cld": "long double _Complex"}
OTHERS = {"bool": "bool", "char": "char"}

C_TYPES = {name: ctype for name, (ctype, _, _) in INTEGERS.items()} | FLOATS | COMPLEXES | OTHERS

RECORDS = """
enum colour { RED = 1, GREEN = 2, BLUE = -3 };
enum colour id_enum(enum colour x) { return x; }

typedef struct { int32_t a; float b; } pair;
typedef struct { uint8_t n; pair p; double m[2][3]; char tag[4]; bool ok; } nest;
typedef struct { int32_t def, _x, plain; } odd;

pair id_pair(pair x) { return x; }
nest id_nest(nest x) { return x; }
odd id_odd(odd x) { return x; }
double sum_pair(const pair *x) { return x->a + x->b; }

/** @param[in,out] x [] the pair to turn round */
void turn(pair *x) { pair y = {(int32_t)x->b, (float)x->a}; *x = y; }

/** @param k [] read
 *  @param[in,out] t [] counted up
 *  @param[out] r the old value */
void count(const int *k, double *t, double *r) { *r = *t; *t += *k; }

/** @param x [] or NULL */
int is_null(const double *x) { return x == 0; }

int first_byte(char x) { return (unsigned char)x; }
char as_char(int x) { return (char)x; }
/* Long doubles hold what no double does. */
int is_a_third(long double x) { return x == 1.0L / 3.0L; }
int is_2_64_less_1(long double x) { return x == 18446744073709551615.0L; }
"""

SOURCE = (
    "#include <complex.h>\n#include <stdbool.h>\n#include <stdint.h>\n"
    + "".join(f"{ctype} id_{name}({ctype} x) {{ return x; }}\n" for name, ctype in C_TYPES.items())
    + RECORDS
)

PAIR = np.dtype([("a", "i4"), ("b", "f4")], align=True)


@pytest.fixture(scope="module")
def values(build: Callable[..., types.ModuleType]) -> types.ModuleType:
    return build(SOURCE)


class Indexed:
    def __index__(self) -> int:
        return 7


class Floated:
    def __float__(self) -> float:
        return 2.5


class Complexed:
    def __complex__(self) -> complex:
        return 1 + 2j


class Failing:
    """Speaks every number protocol, and fails in each."""

    def __index__(self) -> int:
        raise LookupError("its own")

    def __float__(self) -> float:
        raise LookupError("its own")

    def __complex__(self) -> complex:
        raise LookupError("its own")


class IntSubclass(int):
    pass


class FloatSubclass(float):
    pass


class Colour(enum.IntEnum):
    GREEN = 2


# What is refused as a number of any kind, and how the message calls it.
NO_NUMBERS = [
    (None, "None"),
    ("3", "str"),
    (b"3", "bytes"),
    (bytearray(b"3"), "bytearray"),
    ([3], "list"),
    ((3,), "tuple"),
    ({}, "dict"),
    (object(), "object"),
    (int, "type"),
    (np.str_("3"), "numpy.str_"),
    (np.bytes_(b"3"), "numpy.bytes_"),
    (np.timedelta64(3, "ns"), "numpy.timedelta64"),
    (np.array(np.timedelta64(3, "ns")), "numpy.ndarray"),
    (np.datetime64("2020-01-01"), "numpy.datetime64"),
    (np.array(None), "object"),
    (np.zeros((), PAIR), "{a: int32, b: float32}"),
    (np.zeros((), PAIR)[()], "numpy.void"),
    (np.array([3]), "int64[1]"),
    (np.ones((2, 3), np.float32), "float32[2, 3]"),
    (np.array(["2020"], "M8[D]"), "an array (numpy.ndarray)"),
    (array.array("d", [3]), "float64[1]"),
    (types.SimpleNamespace(shape=(1,), __float__=0), "an array (types.SimpleNamespace)"),
]
NO_INTEGERS = [
    (1.0, "float"),
    (FloatSubclass(1), "FloatSubclass"),
    (1j, "complex"),
    (np.float64(1), "numpy.float64"),
    (np.float32(1), "numpy.float32"),
    (np.complex64(1), "numpy.complex64"),
    (np.array(1.0), "float64"),
    (np.array(1j), "complex128"),
    (decimal.Decimal(1), "decimal.Decimal"),
    (fractions.Fraction(1), "Fraction"),
    (Floated(), "Floated"),
]
NO_FLOATS = [
    (1 + 0j, "complex"),
    (np.complex64(1), "numpy.complex64"),
    (np.complex128(1), "numpy.complex128"),
    (np.array(1j), "complex128"),
    (Complexed(), "Complexed"),
]

ARRAYS_OF_7 = [np.array(7), np.array(7, ">i2"), memoryview(np.array(7))]
SEVENS = [7, IntSubclass(7), np.int8(7), np.uint64(7), *ARRAYS_OF_7, Indexed()]
INTEGER_WORDS = [(value, 7) for value in SEVENS] + [
    (True, 1),
    (np.True_, 1),
    (np.array(False), 0),
    (Colour.GREEN, 2),
    (ctypes.c_int(5), 5),
]
FLOAT_WORDS = INTEGER_WORDS + [
    (2.5, 2.5),
    (FloatSubclass(2.5), 2.5),
    (np.float16(2.5), 2.5),
    (np.float32(2.5), 2.5),
    (np.float64(2.5), 2.5),
    (np.longdouble(2.5), 2.5),
    (np.array(2.5), 2.5),
    (np.array(2.5, ">f4"), 2.5),
    (decimal.Decimal("2.5"), 2.5),
    (fractions.Fraction(5, 2), 2.5),
    (ctypes.c_double(2.5), 2.5),
    (Floated(), 2.5),
    (math.inf, math.inf),
    (-0.0, -0.0),
]
COMPLEX_WORDS = FLOAT_WORDS + [
    (1 + 2j, 1 + 2j),
    (np.complex64(1 + 2j), 1 + 2j),
    (np.complex128(1 + 2j), 1 + 2j),
    (np.clongdouble(1 + 2j), 1 + 2j),
    (np.array(1 + 2j), 1 + 2j),
    (Complexed(), 1 + 2j),
]


def refused(error: type[Exception], message: str) -> Any:
    return pytest.raises(error, match="^" + re.escape(message))


# --- integers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", INTEGERS)
def test_an_integer_arrives_unchanged_at_both_ends_of_its_range(values: Any, name: str) -> None:
    _, least, largest = INTEGERS[name]
    for value in (least, largest, 0, 1):
        assert getattr(values, f"id_{name}")(value) == value


@pytest.mark.parametrize("name", INTEGERS)
def test_an_integer_outside_the_range_of_its_c_type_is_an_overflow_error_that_names_it(values: Any, name: str) -> None:
    ctype, least, largest = INTEGERS[name]
    function = getattr(values, f"id_{name}")
    for value in (least - 1, largest + 1, 10**30, -(10**30)):
        said = f"x must be in the range of {ctype.removesuffix('_t')} ({least} to {largest}), got {value}"
        with refused(OverflowError, f"id_{name}(): {said}"):
            function(value)


@pytest.mark.parametrize("name", INTEGERS)
@pytest.mark.parametrize("number", [1 << 20000, -(1 << 20000)], ids=["above", "below"])
def test_an_integer_too_long_to_be_printed_is_out_of_range_like_any_other(values: Any, name: str, number: int) -> None:
    with pytest.raises(OverflowError, match="got an int far beyond it$"):
        getattr(values, f"id_{name}")(number)


@pytest.mark.parametrize("name", INTEGERS)
@pytest.mark.parametrize(("given_", "expected"), INTEGER_WORDS)
def test_whatever_has_an_index_is_an_integer(values: Any, name: str, given_: Any, expected: int) -> None:
    assert getattr(values, f"id_{name}")(given_) == expected


@pytest.mark.parametrize("name", INTEGERS)
@pytest.mark.parametrize(("given_", "called"), NO_NUMBERS + NO_INTEGERS)
def test_what_is_no_integer_is_refused_by_name(values: Any, name: str, given_: Any, called: str) -> None:
    with refused(TypeError, f"id_{name}(): x must be int, got {called}"):
        getattr(values, f"id_{name}")(given_)


@given(st.integers(-(2**66), 2**66))
def test_every_integer_arrives_or_is_refused(values: Any, number: int) -> None:
    for name, (_, least, largest) in INTEGERS.items():
        function = getattr(values, f"id_{name}")
        if least <= number <= largest:
            assert function(number) == number
        else:
            with pytest.raises(OverflowError):
                function(number)


def test_an_enum_is_an_int(values: Any) -> None:
    assert values.id_enum(Colour.GREEN) == 2
    assert values.id_enum(-3) == -3
    assert type(values.id_enum(2)) is int
    with pytest.raises(TypeError, match="x must be int, got str"):
        values.id_enum("RED")


# --- bool and char ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        (True, True),
        (False, False),
        (1, True),
        (0, False),
        (np.True_, True),
        (np.array(False), False),
        (np.int8(1), True),
    ],
)
def test_a_bool_is_a_bool_or_0_or_1(values: Any, given_: Any, expected: bool) -> None:
    assert values.id_bool(given_) is expected


@pytest.mark.parametrize("given_", [2, -1, 256, 1 << 64, np.int64(3)])
def test_another_integer_is_no_bool(values: Any, given_: Any) -> None:
    with refused(OverflowError, f"id_bool(): x must be in the range of bool (False or True, 0 or 1), got {given_}"):
        values.id_bool(given_)


@pytest.mark.parametrize(("given_", "called"), NO_NUMBERS + NO_INTEGERS)
def test_what_is_only_true_or_false_is_no_bool(values: Any, given_: Any, called: str) -> None:
    with refused(TypeError, f"id_bool(): x must be bool, got {called}"):
        values.id_bool(given_)


@pytest.mark.parametrize(
    "given_", ["x", b"x", bytearray(b"x"), np.str_("x"), np.bytes_(b"x"), np.array("x"), np.array(b"x")]
)
def test_a_char_is_one_ascii_character(values: Any, given_: Any) -> None:
    assert values.id_char(given_) == "x"


@pytest.mark.parametrize(
    ("given_", "error", "got"),
    [
        ("", ValueError, "got ''"),
        ("xy", ValueError, "got 'xy'"),
        (b"xy", ValueError, "got b'xy'"),
        ("é", ValueError, r"got '\xe9'"),
        (120, TypeError, "got int"),
        (["x"], TypeError, "got list"),
        (np.array(["x"]), TypeError, "got str[1][1]"),
    ],
)
def test_anything_else_is_no_char(values: Any, given_: Any, error: type[Exception], got: str) -> None:
    with refused(error, f"id_char(): x must be one ASCII character, {got}"):
        values.id_char(given_)


def test_a_char_beyond_ascii_goes_back_where_it_came_from(values: Any) -> None:
    for byte in range(256):
        text = values.as_char(byte - 256 if byte > 127 else byte)
        assert len(text) == 1
        assert values.first_byte(text) == byte
        assert values.first_byte(bytes([byte])) == byte


# --- floats -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FLOATS)
@pytest.mark.parametrize(("given_", "expected"), FLOAT_WORDS)
def test_whatever_has_a_float_is_a_float(values: Any, name: str, given_: Any, expected: float) -> None:
    result = getattr(values, f"id_{name}")(given_)
    assert type(result) is float
    assert struct.pack("d", result) == struct.pack("d", expected)


@pytest.mark.parametrize("name", FLOATS)
@pytest.mark.parametrize(("given_", "called"), NO_NUMBERS + NO_FLOATS)
def test_what_is_no_float_is_refused_by_name(values: Any, name: str, given_: Any, called: str) -> None:
    with refused(TypeError, f"id_{name}(): x must be float, got {called}"):
        getattr(values, f"id_{name}")(given_)


@pytest.mark.parametrize("name", FLOATS)
def test_nan_stays_nan(values: Any, name: str) -> None:
    assert math.isnan(getattr(values, f"id_{name}")(math.nan))


def test_a_finite_number_never_becomes_an_infinity(values: Any) -> None:
    largest = float(np.finfo(np.float32).max)
    assert values.id_f32(largest) == largest
    said = "x must be in the range of float32 (at most 3.4028235e+38 in magnitude), got 1e+39"
    with refused(OverflowError, f"id_f32(): {said}"):
        values.id_f32(1e39)
    with pytest.raises(OverflowError, match="got -1e\\+300"):
        values.id_f32(-1e300)
    with pytest.raises(OverflowError, match="range of float64, got an int far beyond it"):
        values.id_f64(10**400)
    with pytest.raises(OverflowError, match="range of longdouble, got an int far beyond it"):
        values.id_ld(10**5000)


@given(st.floats(allow_nan=False))
def test_a_float_is_rounded_as_numpy_rounds_it(values: Any, number: float) -> None:
    with np.errstate(over="ignore"):
        expected = float(np.float32(number))
    assert values.id_f64(number) == number
    if math.isinf(expected) and not math.isinf(number):
        with pytest.raises(OverflowError):
            values.id_f32(number)
    else:
        assert struct.pack("d", values.id_f32(number)) == struct.pack("d", expected)


@pytest.mark.skipif(np.finfo(np.longdouble).nmant < 63, reason="long double is no wider than 64 bits here")
def test_a_long_double_takes_more_than_a_double_holds(values: Any) -> None:
    third = np.longdouble(1) / 3
    assert values.is_a_third(third) and values.is_a_third(np.array(third))
    assert not values.is_a_third(1 / 3)
    assert values.is_2_64_less_1(2**64 - 1) and values.is_2_64_less_1(np.uint64(2**64 - 1))
    assert not values.is_2_64_less_1(2**64)


def test_extension_floats_without_a_buffer_are_floats(values: Any) -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    assert values.id_f64(ml_dtypes.bfloat16(1.5)) == 1.5
    assert values.id_f64(np.array(ml_dtypes.bfloat16(1.5))) == 1.5
    with pytest.raises(TypeError, match="got an array"):
        values.id_f64(np.ones(1, ml_dtypes.bfloat16))
    with pytest.raises(TypeError, match="must be int, got numpy.ndarray"):
        values.id_i32(np.array(ml_dtypes.bfloat16(1.5)))


# --- complex ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", COMPLEXES)
@pytest.mark.parametrize(("given_", "expected"), COMPLEX_WORDS)
def test_whatever_has_a_complex_is_complex(values: Any, name: str, given_: Any, expected: complex) -> None:
    result = getattr(values, f"id_{name}")(given_)
    assert type(result) is complex
    assert result == expected


@pytest.mark.parametrize("name", COMPLEXES)
@pytest.mark.parametrize(("given_", "called"), NO_NUMBERS)
def test_what_is_not_complex_is_refused_by_name(values: Any, name: str, given_: Any, called: str) -> None:
    with refused(TypeError, f"id_{name}(): x must be complex, got {called}"):
        getattr(values, f"id_{name}")(given_)


@pytest.mark.parametrize("given_", [1e39, 1e39j, complex(1, -1e300)])
def test_neither_part_of_a_complex_overflows(values: Any, given_: complex) -> None:
    with pytest.raises(OverflowError, match="x must be in the range of float32"):
        values.id_c64(given_)


# --- the object's own code --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*INTEGERS, *FLOATS, *COMPLEXES, "bool", "enum"])
def test_an_exception_of_the_objects_own_code_passes_through(values: Any, name: str) -> None:
    with refused(LookupError, "its own"):
        getattr(values, f"id_{name}")(Failing())


def test_an_exception_of_the_shape_passes_through(values: Any) -> None:
    class Shapeless(Floated):
        @property
        def shape(self) -> tuple[int, ...]:
            raise LookupError("its own")

    with refused(LookupError, "its own"):
        values.id_f64(Shapeless())


def test_a_one_element_array_is_refused_before_it_is_asked_for_a_float(values: Any) -> None:
    class Tensor:
        shape = (1,)

        def __float__(self) -> float:
            raise AssertionError("asked")

        __index__ = __float__  # type: ignore[assignment]

    for name in ("i32", "f64", "c128", "bool"):
        with pytest.raises(TypeError, match=r"got an array \(.*Tensor\)"):
            getattr(values, f"id_{name}")(Tensor())


def test_the_array_interface_tells_arrays_too(values: Any) -> None:
    class Interface(Floated):
        def __init__(self, shape: tuple[int, ...]) -> None:
            self.__array_interface__ = {"shape": shape, "typestr": "<f8", "version": 3}

    assert values.id_f64(Interface(())) == 2.5
    with pytest.raises(TypeError, match="got an array"):
        values.id_f64(Interface((1,)))


@pytest.mark.parametrize("given_", [np.ma.masked, np.ma.array(3), np.ma.array(3.0, mask=True)])
def test_a_masked_number_is_refused_not_stripped(values: Any, given_: Any) -> None:
    for name in ("i32", "f64", "ld", "c128", "bool"):
        with pytest.raises(TypeError, match="x is a masked array, whose mask C would not see"):
            getattr(values, f"id_{name}")(given_)


# --- structures -------------------------------------------------------------------------------------------------------

Pair = collections.namedtuple("Pair", "a b")
Riap = collections.namedtuple("Riap", "b a")

PAIRS = [
    (3, 2.5),
    Pair(3, 2.5),
    {"a": 3, "b": 2.5},
    {"b": np.float32(2.5), "a": np.int16(3)},
    types.MappingProxyType({"a": 3, "b": 2.5}),
    collections.ChainMap({"a": 3}, {"b": 2.5}),
    np.array((3, 2.5), PAIR),
    np.array((3, 2.5), PAIR)[()],
    np.array([(3, 2.5)], PAIR)[0],
]

NO_PAIRS = [
    ([3, 2.5], TypeError, "x must be pair (a tuple, a mapping or a structured array of no dimensions), got list"),
    (dict, TypeError, "x must be pair (a tuple, a mapping or a structured array of no dimensions), got type"),
    ((3,), TypeError, "x must be pair, a tuple of 2 items, got 1"),
    ((3, 2.5, 1), TypeError, "x must be pair, a tuple of 2 items, got 3"),
    (Riap(2.5, 3), TypeError, "x has a field 'b' in place of 'a'"),
    ({"a": 3}, TypeError, "x's field 'b' is missing"),
    ({"a": 3, "b": 2.5, "c": 1}, TypeError, "x has an unexpected field 'c'"),
    ({"a": 3, 1: 2.5}, TypeError, "x has an unexpected field 1"),
    ({"a": 3, "b": "x"}, TypeError, "x's field 'b' must be float, got str"),
    ((3.5, 2.5), TypeError, "x's field 'a' must be int, got float"),
    ((2**31, 2.5), OverflowError, "x's field 'a' must be in the range of int32"),
    (np.zeros(1, PAIR), TypeError, "x must be one pair, got {a: int32, b: float32}[1]"),
    (np.zeros((), [("a", "i4"), ("b", "f8")]), TypeError, "x must be pair; field 'b' is float64, expected float32"),
    (np.zeros((), [("a", ">i4"), ("b", "f4")]), TypeError, "x must be pair; field 'a' is >int32, expected int32"),
    (np.zeros((), [("a", "i4")]), TypeError, "x must be pair; field 'b' is missing"),
    (np.zeros((), [("b", "f4"), ("a", "i4")]), TypeError, "x must be pair; field 'a' is at offset 4, expected 0"),
    (np.zeros((), [("a", "i4"), ("b", "f4"), ("c", "i4")]), TypeError, "x must be pair; unexpected field 'c'"),
    (np.ma.zeros((), PAIR), TypeError, "x is a masked array"),
    (b"12345678", TypeError, "x must be one pair, got uint8[8]"),
    (3.5, TypeError, "x must be pair (a tuple, a mapping or a structured array of no dimensions), got float"),
]


@pytest.mark.parametrize("given_", PAIRS, ids=lambda value: type(value).__name__)
def test_a_structure_is_a_tuple_a_mapping_or_a_record_of_its_type(values: Any, given_: Any) -> None:
    assert values.id_pair(given_) == (3, 2.5)
    assert values.sum_pair(given_) == 5.5


@pytest.mark.parametrize(("given_", "error", "said"), NO_PAIRS)
def test_another_structure_is_refused_with_the_first_difference(
    values: Any, given_: Any, error: type[Exception], said: str
) -> None:
    with refused(error, f"id_pair(): {said}"):
        values.id_pair(given_)
    with refused(error, f"sum_pair(): {said}"):
        values.sum_pair(given_)


NEST = (7, (3, 2.5), [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], b"tag", True)
MATRIX = np.arange(1.0, 7).reshape(2, 3)


@pytest.mark.parametrize(
    "matrix",
    [
        MATRIX.tolist(),
        tuple(map(tuple, MATRIX)),
        list(MATRIX),
        MATRIX,
        np.asfortranarray(MATRIX),
        np.repeat(MATRIX, 2, 1)[:, ::2],
    ],
)
def test_a_sub_array_is_an_array_of_its_type_or_nested_sequences(values: Any, matrix: Any) -> None:
    assert values.id_nest((7, {"a": 3, "b": 2.5}, matrix, "tag", np.True_)) == NEST


@pytest.mark.parametrize(
    ("position", "value", "error", "said"),
    [
        (0, 256, OverflowError, "field 'n' must be in the range of uint8 (0 to 255), got 256"),
        (1, (3, None), TypeError, "field 'p.b' must be float, got None"),
        (1, {"a": 3}, TypeError, "field 'p.b' is missing"),
        (1, {"a": 3, "b": 1, "z": 0}, TypeError, "field 'p' has an unexpected field 'z'"),
        (2, 3.0, TypeError, "field 'm' must be float64[2, 3], got float"),
        (2, "abc", TypeError, "field 'm' must be float64[2, 3], got str"),
        (2, [[1, 2, 3]], ValueError, "field 'm' must be float64[2, 3], got 1 items in place of 2"),
        (2, [[1, 2, 3], [4, 5]], ValueError, "field 'm[1]' must be float64[2, 3], got 2 items in place of 3"),
        (2, [[1, 2, 3], [4, 5, "x"]], TypeError, "field 'm[1][2]' must be float, got str"),
        (2, MATRIX.T, ValueError, "field 'm' must be float64[2, 3], got float64[3, 2]"),
        (2, MATRIX[0], TypeError, "field 'm' must be float64[2, 3], got float64[3]"),
        (2, MATRIX.astype("f4"), TypeError, "field 'm' must be float64[2, 3]; type is float32, expected float64"),
        (3, "ample", ValueError, "field 'tag' must be at most 4 bytes or ASCII characters, got 5"),
        (3, "é", ValueError, "field 'tag' must be at most 4 bytes or ASCII characters, got other characters"),
        (3, 5, TypeError, "field 'tag' must be at most 4 bytes or ASCII characters, got int"),
        (4, 1.0, TypeError, "field 'ok' must be bool, got float"),
    ],
)
def test_an_error_names_the_innermost_part(
    values: Any, position: int, value: Any, error: type[Exception], said: str
) -> None:
    given_ = list(NEST)
    given_[position] = value
    with refused(error, f"id_nest(): x's {said}"):
        values.id_nest(tuple(given_))


def test_a_structure_comes_back_as_a_named_tuple_called_as_in_c(values: Any) -> None:
    result = values.id_nest(NEST)
    assert type(result).__name__ == "nest"
    assert result._fields == ("n", "p", "m", "tag", "ok")
    assert type(result.p).__name__ == "pair"
    assert result.p.b == 2.5
    assert repr(values.id_pair((3, 2.5))) == "pair(a=3, b=2.5)"
    assert type(values.id_pair((3, 2.5))) is type(result.p)
    assert values.id_nest(result) == result


def test_a_field_whose_name_python_does_not_allow_is_called_by_its_position(values: Any) -> None:
    result = values.id_odd({"def": 1, "_x": 2, "plain": 3})
    assert result._fields == ("_0", "_1", "plain")
    assert values.id_odd(result) == result


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_returned_structure_can_be_pickled(values: Any, protocol: int) -> None:
    result = values.id_nest(NEST)
    again = pickle.loads(pickle.dumps(result, protocol))
    assert again == result
    assert type(again) is type(result)


def test_a_returned_structure_can_be_copied(values: Any) -> None:
    result = values.id_nest(NEST)
    again = copy.deepcopy(result)
    assert again == result and type(again) is type(result) and again.m is not result.m
    assert type(copy.copy(result)) is type(result)


def test_an_exception_of_a_mappings_own_code_passes_through(values: Any) -> None:
    class Locked(collections.UserDict[str, float]):
        def __getitem__(self, key: str) -> float:
            raise LookupError("its own")

    with refused(LookupError, "its own"):
        values.id_pair(Locked(a=1, b=2))
    with refused(LookupError, "its own"):
        values.id_pair({"a": Failing(), "b": 1})


def test_a_list_that_a_number_empties_while_it_is_read_is_read_as_it_was(values: Any) -> None:
    row: list[Any] = []

    class Emptying:
        def __float__(self) -> float:
            row.clear()
            gc.collect()
            return 1.0

    row += [Emptying(), 2.0, 3.0]
    assert values.id_nest((0, (0, 0), [row, (4, 5, 6)], b"", 0)).m == [[1, 2, 3], [4, 5, 6]]


def test_an_exporter_may_be_resized_again_after_it_was_refused(values: Any) -> None:
    row = array.array("d", [1, 2])
    for function, given_ in [
        (values.id_nest, (7, (3, 2.5), row, b"tag", True)),
        (values.id_pair, row),
        (values.id_f64, row),
        (values.id_ld, row),
        (values.id_char, row),
    ]:
        with pytest.raises(TypeError):
            function(given_)
        row.append(3)


# --- by reference -----------------------------------------------------------------------------------------------------


def test_a_value_by_reference_is_passed_and_returned_like_one_by_value(values: Any) -> None:
    t, r = values.count(2, 1.5)
    assert (t, r) == (3.5, 1.5)
    with refused(TypeError, "count(): k must be int, got float"):
        values.count(2.0, 1.5)
    with refused(TypeError, "count(): t must be float, got str"):
        values.count(2, "1.5")


def test_a_structure_that_c_changes_is_returned_and_the_argument_left_alone(values: Any) -> None:
    given_ = np.array((3, 2.0), PAIR)
    assert values.turn(given_) == (2, 3.0)
    assert given_.item() == (3, 2.0)


def test_none_stands_for_null_only_where_null_is_allowed(values: Any) -> None:
    assert values.is_null(None) == 1
    assert values.is_null() == 1
    assert values.is_null(0.0) == 0
    with refused(TypeError, "count(): k must be int, got None"):
        values.count(None, 1.5)
    with refused(TypeError, "id_pair(): x must be pair, got None"):
        values.id_pair(None)
    with refused(TypeError, "id_char(): x must be str, got None"):
        values.id_char(None)


# --- memory -----------------------------------------------------------------------------------------------------------


def test_neither_success_nor_refusal_keeps_a_reference(values: Any) -> None:
    wrong, number, row, record = object(), Floated(), [4.0, 5.0, 6.0], np.zeros((), PAIR)
    nests = [(0, {"a": 1, "b": number}, [row, row], b"", 0), (0, record, [row, row], b"", 0)]
    bad = [(1, wrong), {"a": 1, "b": wrong}, {"a": wrong, "b": number}, wrong]
    watched = [wrong, number, row, record]
    before = [sys.getrefcount(each) for each in watched]
    for _ in range(100):
        for nest in nests:
            values.id_nest(nest)
        for pair in [(1, number), {"a": 2, "b": number}, record]:
            values.id_pair(pair)
        for each in bad:
            with pytest.raises(TypeError):
                values.id_pair(each)
        with pytest.raises(TypeError):
            values.id_nest((0, record, [row, wrong], b"", 0))
    del nest, pair, each
    assert [sys.getrefcount(each) for each in watched] == before


@pytest.mark.unsanitized  # sanitizers keep what is freed
def test_memory_stays_flat_over_successes_and_refusals(values: Any) -> None:
    good = [(values.id_pair, value) for value in PAIRS] + [(values.id_f64, value) for value, _ in FLOAT_WORDS]
    good += [(values.id_nest, NEST), (values.id_nest, (7, PAIRS[-1], MATRIX, b"", True))]
    bad = [(values.id_pair, value) for value, _, _ in NO_PAIRS] + [(values.id_i32, value) for value, _ in NO_NUMBERS]
    bad += [(values.id_nest, (7, (3, 2), [[1, 2, 3], [1, 2, None]], b"", True))]

    def peak_after(rounds: int) -> int:
        for _ in range(rounds):
            for function, value in good:
                function(value)
            for function, value in bad:
                try:
                    function(value)
                except (TypeError, OverflowError, ValueError):
                    continue
                raise AssertionError(f"{value!r} was accepted")
        gc.collect()
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # kilobytes

    before = peak_after(200)
    assert peak_after(4000) - before < 256
