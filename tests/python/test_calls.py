# SPDX-License-Identifier: BSD-3-Clause
"""What a call does: sizes, outputs, optional arguments, text, overlap, empty arrays."""

import ctypes
import sys
from array import array
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

SOURCE = """
#include <tenon/tenon.h>
#include <string.h>

/** @param[out] y a times x */
void scaled(size_t n, double a, const double x[n], double y[n])
{
    for (size_t i = 0; i < n; i++)
        y[i] = a * x[i];
}

/** @param[out] low smallest
 *  @param[out] high largest
 *  @param[out] order indices */
int extremes(size_t n, const double x[n], double *low, double *high, int64_t order[n])
{
    *low = *high = n ? x[0] : 0;
    for (size_t i = 0; i < n; i++) {
        order[i] = (int64_t)i;
        *low = x[i] < *low ? x[i] : *low;
        *high = x[i] > *high ? x[i] : *high;
    }
    return (int)n;
}

/** @param[out] c product */
void matmul(size_t m, size_t k, size_t n, const double a[m][k], const double b[k][n], double c[restrict m][n])
{
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) {
            c[i][j] = 0;
            for (size_t l = 0; l < k; l++)
                c[i][j] += a[i][l] * b[l][j];
        }
}

/** @param[out] x numbers */
void linspace(size_t n, double lo, double hi, double x[n])
{
    for (size_t i = 0; i < n; i++)
        x[i] = n > 1 ? lo + (hi - lo) * (double)i / (double)(n - 1) : lo;
}

/** @param[out] full symmetric matrix */
void unpack(size_t n, const double packed[n * (n + 1) / 2], double full[n][n])
{
    for (size_t i = 0, k = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++, k++)
            full[i][j] = full[j][i] = packed[k];
}

/** @param[out] packed lower triangle */
void pack(size_t n, const double full[n][n], double packed[n * (n + 1) / 2])
{
    for (size_t i = 0, k = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++, k++)
            packed[k] = full[i][j];
}

/** @param[out] y sums, one more than x */
void sums(size_t n, const double x[n], double y[n + 1])
{
    y[0] = 0;
    for (size_t i = 0; i < n; i++)
        y[i + 1] = y[i] + x[i];
}

double poly(size_t n, const double c[static n], const double w[n])
{
    double total = 0;
    for (size_t i = 0; i < n; i++)
        total += c[i] * w[i];
    return total;
}

size_t shortest(size_t n, const double a[static n], const double b[static n]) { (void)a, (void)b; return n; }

typedef double vec3[3];
/** @param[out] c product */
void cross(const vec3 a, const vec3 b, vec3 c)
{
    vec3 r = {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
    memcpy(c, r, sizeof r);
}

/** @param w [n] or NULL
 *  @param k [] or NULL */
double weighted(size_t n, const double x[n], const double *w, const int *k)
{
    double total = 0;
    for (size_t i = 0; i < n; i++)
        total += x[i] * (w ? w[i] : 1);
    return total * (k ? *k : 1);
}

/** @param s or NULL */
size_t bytes_of(const char *s) { return s ? strlen(s) : 999; }
const char *echo(const char *s) { return s; }
const char *nothing(void) { return 0; }
const char *not_utf8(void) { return "\\xff\\xfe"; }

/** @param[in,out] t [] counter
 *  @param k [] step */
void advance(double *t, const int *k) { *t += *k; }

/** @param[out] a [] text
 *  @param[out] p [] pair */
double mixed(double x, int *a, double _Complex *p) { *a = 3; *p = x; return x; }

uintptr_t address(size_t n, const double x[n]) { (void)n; return (uintptr_t)x; }
uintptr_t address_of_pairs(size_t n, const long double x[n]) { (void)n; return (uintptr_t)x; }
uintptr_t address_of_view(tn_const_f64_2 x) { return (uintptr_t)x.data; }
uintptr_t address_of_span(const tn_span x) { return (uintptr_t)x.data; }
void write(size_t n, double x[n]) { for (size_t i = 0; i < n; i++) x[i] = 7; }

size_t count_bytes(size_t n, const char b[n]) { size_t k = 0; for (size_t i = 0; i < n; i++) k += b[i] != 0; return k; }
void set_bytes(size_t n, char b[n], char value) { memset(b, value, n); }

/* Two written arrays and one that is read, of one type, of two types, and of raw bytes. */
void both(size_t n, const double x[n], double y[n]) { for (size_t i = 0; i < n; i++) y[i] = x[i] + 1; }
void restricted(size_t n, const double x[n], double y[restrict n]) { for (size_t i = 0; i < n; i++) y[i] = x[i] + 1; }
void other_type(size_t n, const int64_t x[n], double y[n]) { for (size_t i = 0; i < n; i++) y[i] = (double)x[i]; }
void of_bytes(size_t m, const char b[m], size_t n, double y[n]) { (void)b; for (size_t i = 0; i < n; i++) y[i] = 1; }
void of_signed_bytes(size_t m, const int8_t b[m], size_t n, double y[n]) { of_bytes(m, (const char *)b, n, y); }
double dot(size_t n, const double x[restrict n], const double y[restrict n])
{
    double total = 0;
    for (size_t i = 0; i < n; i++)
        total += x[i] * y[i];
    return total;
}
/* Of two types, so that C assumes that they are disjoint. */
void imaginary(tn_const_f64_1 x, tn_c128_1 z) { (void)x; (void)z; }
void views(tn_const_f64_1 x, tn_f32_1 y) { (void)x; (void)y; }
void spans(tn_const_f64_1 x, tn_i64_1 y) { (void)x; (void)y; }
"""


@pytest.fixture(scope="module")
def c(build: Callable[[str], ModuleType]) -> ModuleType:
    return build(SOURCE)


X = np.array([1.0, 2.0, 3.0])


# --- arguments --------------------------------------------------------------------------------------------------------


def test_arguments_go_by_position_by_keyword_or_both(c: ModuleType) -> None:
    for result in (
        c.scaled(2, X),
        c.scaled(2, x=X),
        c.scaled(x=X, a=2),
        c.scaled(*(2, X)),
        c.scaled(**{"a": 2, "x": X}),
    ):
        assert result.tolist() == [2, 4, 6]


def test_keywords_need_not_be_interned(c: ModuleType) -> None:
    assert c.scaled(x=X, **{str(bytes([97]), "ascii"): 2}).tolist() == [2, 4, 6]


@pytest.mark.parametrize(
    "x",
    [array("d", X), memoryview(X), memoryview(X).cast("B").cast("d"), (ctypes.c_double * 3)(*X)],
    ids=["array", "memoryview", "cast", "ctypes"],
)
def test_whatever_holds_an_array_is_borrowed(c: ModuleType, x: Any) -> None:
    assert c.scaled(2, x).tolist() == [2, 4, 6]
    c.write(x)
    assert list(x) == [7, 7, 7]
    X[:] = 1, 2, 3


def test_a_subclass_of_ndarray_is_an_array(c: ModuleType) -> None:
    class Sub(np.ndarray):
        pass

    assert c.scaled(2, X.view(Sub)).tolist() == [2, 4, 6]
    assert type(c.scaled(2, X.view(Sub))) is np.ndarray


def test_nothing_is_copied_on_the_way_in(c: ModuleType) -> None:
    for x in (np.zeros(5), np.zeros(9)[4:], np.zeros((3, 4))[1]):
        assert c.address(x) == x.ctypes.data
    view = np.zeros((4, 6))[::-1, 1::2]
    assert c.address_of_view(view) == c.address_of_span(view) == view.ctypes.data


# --- outputs ----------------------------------------------------------------------------------------------------------


def test_an_output_is_allocated_owned_and_writable(c: ModuleType) -> None:
    y = c.scaled(2, X)
    assert (type(y), y.dtype, y.shape, y.base) == (np.ndarray, np.float64, (3,), None)
    assert y.flags.owndata and y.flags.writeable and y.flags.c_contiguous
    assert sys.getrefcount(y) == 2


def test_a_given_output_is_filled_and_is_what_is_returned(c: ModuleType) -> None:
    y = np.zeros(3)
    assert c.scaled(2, X, y=y) is y
    assert y.tolist() == [2, 4, 6]
    other = array("d", [0, 0, 0])
    assert c.scaled(2, X, y=other) is other
    assert other.tolist() == [2, 4, 6]


def test_none_for_an_output_allocates_it(c: ModuleType) -> None:
    assert c.scaled(2, X, y=None).tolist() == [2, 4, 6]


def test_several_results_are_a_tuple_the_value_first_then_in_the_order_of_the_prototype(c: ModuleType) -> None:
    count, low, high, order = c.extremes(X)
    assert (count, low, high, order.tolist()) == (3, 1, 3, [0, 1, 2])
    given = np.zeros(3, "i8")
    assert c.extremes(X, order=given)[3] is given
    assert c.mixed(2.0) == (2.0, 3, 2 + 0j)


def test_a_value_out_may_be_written_into_an_array_of_no_dimensions(c: ModuleType) -> None:
    low = np.array(0.0)
    result = c.extremes(X, low=low)
    assert result[1] is low and low[()] == 1
    with pytest.raises(TypeError, match="low must be float, got int64"):
        c.extremes(X, low=np.array(0))
    with pytest.raises(TypeError, match="low must be float, got float64.1."):
        c.extremes(X, low=np.zeros(1))
    frozen = np.array(0.0)
    frozen.setflags(write=False)
    for readonly in (frozen, memoryview(bytes(8)).cast("B").cast("d", ())):
        with pytest.raises(ValueError, match="low is read-only"):
            c.extremes(X, low=readonly)


def test_a_value_in_and_out_is_taken_and_returned(c: ModuleType) -> None:
    assert c.advance(1.5, 2) == 3.5
    assert c.advance(t=1, k=-2) == -1.0


# --- sizes ------------------------------------------------------------------------------------------------------------


def test_sizes_are_taken_from_the_arrays(c: ModuleType) -> None:
    a, b = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(3, 4)
    assert np.array_equal(c.matmul(a, b), a @ b)
    with pytest.raises(ValueError, match="^matmul\\(\\): k is 3 in a but 4 in b$"):
        c.matmul(a, np.ones((4, 3)))


def test_a_size_that_nothing_implies_stays_an_argument(c: ModuleType) -> None:
    assert c.linspace(3, 0, 1).tolist() == [0, 0.5, 1]
    assert c.linspace(np.int8(2), 0, 1).tolist() == [0, 1]
    assert c.linspace(True, 5, 6).tolist() == [5]
    assert c.linspace(0, 0, 1).tolist() == []


def test_expressions_are_verified_on_inputs_and_evaluated_for_outputs(c: ModuleType) -> None:
    full = np.array([[1.0, 2, 4], [2, 3, 5], [4, 5, 6]])
    packed = c.pack(full)
    assert packed.tolist() == [1, 2, 3, 4, 5, 6]
    assert np.array_equal(c.unpack(3, packed), full)
    assert c.sums(X).tolist() == [0, 1, 3, 6]
    assert c.sums(np.zeros(0)).tolist() == [0]


def test_static_takes_longer_arrays(c: ModuleType) -> None:
    assert c.poly(np.arange(9.0), np.ones(3)) == 3
    assert c.poly(np.arange(3.0), np.ones(3)) == 3
    assert c.shortest(np.zeros(3), np.zeros(3)) == 3
    with pytest.raises(ValueError, match="n is 3 in a but 5 in b"):
        c.shortest(np.zeros(3), np.zeros(5))


def test_a_fixed_extent_is_exact(c: ModuleType) -> None:
    assert c.cross(np.array([1.0, 0, 0]), np.array([0.0, 1, 0])).tolist() == [0, 0, 1]
    for wrong in (np.zeros(2), np.zeros(4)):
        with pytest.raises(ValueError, match="a must be float64.3., got float64"):
            c.cross(wrong, np.zeros(3))


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0), (0, 0)])
def test_empty_arrays_arrive_as_aligned_addresses(c: ModuleType, shape: tuple[int, ...]) -> None:
    odd = np.ndarray(shape, "f8", np.zeros(64, "u1")[3:])
    if len(shape) == 1:
        for x in (np.zeros(shape), odd, array("d"), np.zeros(5)[5:], np.zeros(5)[3:2:-1][:0]):
            assert c.address(x) != 0 and c.address(x) % 8 == 0
        assert c.scaled(2, odd).shape == (0,)
        assert c.address_of_pairs(np.zeros(0, "g")) % 16 == 0
        c.write(odd)
    else:
        assert c.address_of_view(odd) % 8 == 0 and c.address_of_view(odd) != 0
        assert c.matmul(np.zeros((2, 0)), np.zeros((0, 4))).tolist() == [[0] * 4] * 2


# --- optional arguments -----------------------------------------------------------------------------------------------


def test_an_optional_argument_may_be_none_or_left_out(c: ModuleType) -> None:
    assert c.weighted(X) == c.weighted(X, None) == c.weighted(X, w=None, k=None) == 6
    assert c.weighted(X, np.array([1.0, 0, 0])) == 1
    assert c.weighted(X, k=2) == 12
    with pytest.raises(ValueError, match="n is 3 in x but 2 in w"):
        c.weighted(X, np.zeros(2))


# --- text -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "count"), [("", 0), ("abc", 3), ("größe", 7), (b"bytes", 5), (b"\xff\xfe", 2), ("𝕏", 4)]
)
def test_text_goes_in_as_utf8_or_bytes(c: ModuleType, text: Any, count: int) -> None:
    assert c.bytes_of(text) == count


def test_text_comes_out_as_str(c: ModuleType) -> None:
    assert c.echo("größe") == "größe"
    assert c.nothing() is None
    with pytest.raises(UnicodeDecodeError, match=r"position \d+: .*, in what not_utf8\(\) returned$"):
        c.not_utf8()
    with pytest.raises(UnicodeDecodeError, match=r": invalid start byte, in what echo\(\) returned$") as caught:
        c.echo(b"\xff")
    assert caught.value.object == b"\xff"


def test_text_that_is_no_utf8_does_not_go_in(c: ModuleType) -> None:
    with pytest.raises(ValueError, match=r"^echo\(\): \w+ has a lone surrogate in it, for which UTF-8 has no bytes$"):
        c.echo("\ud800")


def test_text_may_be_optional(c: ModuleType) -> None:
    assert c.bytes_of(None) == c.bytes_of() == 999


@pytest.mark.parametrize(
    "data",
    [
        b"\1\0\1",
        bytearray(b"\1\0\1"),
        np.array([1, 0, 1], "i1"),
        np.array([1, 0, 1], "u1"),
        np.array([True, False, True]),
        np.array([b"a", b"", b"b"], "S1"),
        array("b", [1, 0, 1]),
    ],
    ids=["bytes", "bytearray", "int8", "uint8", "bool", "S1", "array"],
)
def test_raw_bytes_are_elements_of_one_byte_of_any_type(c: ModuleType, data: Any) -> None:
    assert c.count_bytes(data) == c.count_bytes.coerce(data) == 2


def test_raw_bytes_are_written_in_place(c: ModuleType) -> None:
    owner = bytearray(3)
    c.set_bytes(owner, "x")
    assert owner == b"xxx"
    with pytest.raises(ValueError, match="b is read-only"):
        c.set_bytes(b"abc", "x")


# --- overlap ----------------------------------------------------------------------------------------------------------


def test_the_same_array_twice_is_legal_where_nothing_is_written(c: ModuleType) -> None:
    assert c.dot(X, X) == 14


def test_overlap_of_one_type_is_legal_without_restrict(c: ModuleType) -> None:
    x = np.zeros(4)
    c.both(x, x)
    c.both(x[:3], x[1:])
    assert x.tolist() == [1, 2, 3, 4]


OVERLAPS = [
    ("restrict, the same", "restricted", lambda x: (x, x)),
    ("restrict, by one element", "restricted", lambda x: (x[:3], x[2:5])),
    ("restrict, another object", "restricted", lambda x: (x, np.asarray(memoryview(x)))),
    ("two types", "other_type", lambda x: (x.view("i8"), x)),
    ("a part of complex numbers", "imaginary", lambda x: (x.view("c16").imag, x.view("c16"))),
    ("interleaved with a common element", "views", lambda x: (x[::3], x.view("f4")[::2])),
]
DISJOINT = [
    ("restrict, side by side", "restricted", lambda x: (x[:3], x[3:])),
    ("restrict, empty inside the other", "restricted", lambda x: (x[2:2], x[:0])),
    ("two types, side by side", "other_type", lambda x: (x.view("i8")[:3], x[3:])),
    ("raw bytes and anything", "of_bytes", lambda x: (x.view("i1"), x)),
    ("signed bytes and anything", "of_signed_bytes", lambda x: (x.view("i1"), x)),
    ("interleaved columns", "spans", lambda x: (x[::3], x.view("i8")[1::3])),
    ("interleaved backwards", "spans", lambda x: (x[::-2], x.view("i8")[::2])),
    ("halves of the elements", "views", lambda x: (x[:2], x.view("f4")[5::2])),
]


@pytest.mark.parametrize(("how", "function", "make"), OVERLAPS, ids=[row[0] for row in OVERLAPS])
def test_overlap_that_c_forbids_is_refused(c: ModuleType, how: str, function: str, make: Any) -> None:
    with pytest.raises(ValueError, match="shares memory with"):
        getattr(c, function)(*make(np.arange(6.0)))


@pytest.mark.parametrize(("how", "function", "make"), DISJOINT, ids=[row[0] for row in DISJOINT])
def test_what_shares_no_byte_is_disjoint(c: ModuleType, how: str, function: str, make: Any) -> None:
    getattr(c, function)(*make(np.arange(6.0)))
