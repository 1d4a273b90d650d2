# SPDX-License-Identifier: BSD-3-Clause
"""What is refused, by which exception, in which words: one row for each way to call a function wrongly.

A message names the function, the parameter, what it needs, what it got and, where there is one, the remedy.
"""

import re
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

SOURCE = """
#include <tenon/tenon.h>

double mean(size_t m, size_t n, const double x[m][n])
{
    double total = 0;
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++)
            total += x[i][j];
    return total / (double)(m * n);
}

double dot(size_t n, const double x[n], const double y[n])
{
    double total = 0;
    for (size_t i = 0; i < n; i++)
        total += x[i] * y[i];
    return total;
}

void scale(size_t n, double a, double x[n])
{
    for (size_t i = 0; i < n; i++)
        x[i] *= a;
}

double trace(size_t n, const double a[n][n])
{
    double total = 0;
    for (size_t i = 0; i < n; i++)
        total += a[i][i];
    return total;
}

/** @param[out] y copy of x */
void copy(size_t n, const double x[n], double y[restrict n])
{
    for (size_t i = 0; i < n; i++)
        y[i] = x[i];
}

/** @param[out] y rounded */
void narrow(size_t n, const double x[n], float y[n])
{
    for (size_t i = 0; i < n; i++)
        y[i] = (float)x[i];
}

double norm(const double v[3]) { return v[0] + v[1] + v[2]; }
double det(const double a[2][2]) { return a[0][0] * a[1][1] - a[0][1] * a[1][0]; }

double last(size_t n, const double x[static n], const double w[n]) { return n ? x[n - 1] + w[n - 1] : 0; }

/** @param[out] d differences */
void diff(size_t n, const double x[n], double d[n - 1])
{
    for (size_t i = 0; i + 1 < n; i++)
        d[i] = x[i + 1] - x[i];
}

double unpack(size_t n, const double packed[n * (n + 1) / 2]) { return n ? packed[0] : 0; }

/** @param[out] y every k-th */
void every(size_t n, size_t k, const double x[n], double y[n / k])
{
    for (size_t i = 0; i < n / k; i++)
        y[i] = x[i * k];
}

/** @param[out] y n ** 3 of them */
void cube(size_t n, double y[n * n * n]) { if (n) y[0] = 0; }

double small(int8_t n, const double x[n]) { return n > 0 ? x[0] : 0; }
double tiny(uint8_t n, const double x[n]) { return n > 0 ? x[0] : 0; }
int8_t byte(int8_t k) { return k; }
unsigned natural(unsigned k) { return k; }
void linspace(int n, double lo, double hi, const double x[n]) { (void)lo, (void)hi, (void)x; }

typedef struct { int32_t a; float b; } pair;
void doubler(size_t n, pair p[n])
{
    for (size_t i = 0; i < n; i++)
        p[i].a *= 2, p[i].b *= 2;
}
double weight(const pair *p) { return p->a; }

double view_sum(tn_const_f64_2 x) { return x.shape[0] && x.shape[1] ? TN_AT(x, 0, 0) : 0; }
void view_fill(tn_f64_2 x, double value)
{
    for (ptrdiff_t i = 0; i < x.shape[0]; i++)
        for (ptrdiff_t j = 0; j < x.shape[1]; j++)
            TN_AT(x, i, j) = value;
}
int span_ndim(const tn_span x) { return x.ndim; }

size_t length(const char *s) { size_t k = 0; while (s[k]) k++; return k; }
size_t raw(size_t n, const char b[n]) { (void)b; return n; }
size_t octets(size_t n, const uint8_t b[n]) { (void)b; return n; }
size_t signeds(size_t n, const signed char b[n]) { (void)b; return n; }

/** @param x [n] or NULL
 *  @param w [n] or NULL */
double optional(size_t n, const double v[n], const double *x, const double *w)
{
    return n ? v[0] + (x ? x[0] : 0) + (w ? w[0] : 0) : 0;
}

double two(double, double);
double two(double first, double second) { return first - second; }
double nothing(void) { return 1; }

float sum_f32(size_t n, const float x[n]) { return n ? x[0] : 0; }
double sum_f64(size_t n, const double x[n]) { return n ? x[0] : 0; }
TN_OVERLOAD(sum, sum_f32, sum_f64);
"""

OTHER = ">" if sys.byteorder == "little" else "<"
PAIR = np.dtype([("a", "i4"), ("b", "f4")])


def readonly(x: Any) -> Any:
    x.setflags(write=False)
    return x


def unaligned(count: int = 3) -> Any:
    return np.zeros(8 * count + 1, "u1")[1:].view("f8")


def offset_pairs() -> Any:
    return np.zeros(3, np.dtype({"names": ["a", "b"], "formats": ["i4", "f4"], "offsets": [0, 8], "itemsize": 12}))


Call = Callable[[Any], Any]
X = np.arange(12.0).reshape(3, 4)
V = np.arange(3.0)

CUT = " …"  # ends a message of which the rest is said elsewhere

# (what is wrong, the call, the exception, the message)
WRONG: list[tuple[str, Call, type[Exception], str]] = [
    # the examples of the design
    ("element type", lambda c: c.mean(X.astype("f4")), TypeError, "mean(): x must be float64[m, n], got float32[3, 4]"),
    ("sizes disagree", lambda c: c.dot(np.zeros(3), np.zeros(4)), ValueError, "dot(): n is 3 in x but 4 in y"),
    ("read-only", lambda c: c.scale(2, readonly(np.zeros(3))), ValueError,
     "scale(): x is read-only, and scale() writes to it"),
    ("order", lambda c: c.mean(np.ndarray((3, 4), "f8", bytes(96), strides=(8, 24))), ValueError,
     "mean(): x must be C-contiguous, got strides (8, 24) for shape (3, 4); np.ascontiguousarray(x) makes such a copy"),
    # element types
    ("an integer array", lambda c: c.mean(np.zeros((3, 4), int)), TypeError,
     "mean(): x must be float64[m, n], got int64[3, 4]"),
    ("booleans", lambda c: c.dot(np.zeros(3, bool), V), TypeError, "dot(): x must be float64[n], got bool[3]"),
    ("complex numbers", lambda c: c.dot(V, V + 0j), TypeError, "dot(): y must be float64[n], got complex128[3]"),
    ("long doubles", lambda c: c.dot(V, V.astype("g")), TypeError, "dot(): y must be float64[n], got longdouble[3]"),
    ("half floats", lambda c: c.dot(V, V.astype("f2")), TypeError, "dot(): y must be float64[n], got float16[3]"),
    ("dates", lambda c: c.dot(V, np.zeros(3, "M8[s]")), TypeError, "dot(): y must be float64[n], got datetime64[s][3]"),
    ("text", lambda c: c.dot(V, np.array(["a"])), TypeError, "dot(): y must be float64[n], got str[1][1]"),
    ("Python objects", lambda c: c.dot(V.astype(object), V), TypeError,
     "dot(): x must be float64[n], got object[3]; its elements are Python objects, x.astype(…) converts them"),
    ("byte order", lambda c: c.dot(V.astype(OTHER + "f8"), V), TypeError,
     f"dot(): x must be float64[n], got {OTHER}float64[3]; its bytes are in the other order, "
     "x.astype(x.dtype.newbyteorder('=')) makes a copy in this one"),
    ("byte order and element type", lambda c: c.dot(V.astype(OTHER + "f4"), V), TypeError,
     f"dot(): x must be float64[n], got {OTHER}float32[3]"),
    ("unsigned for signed bytes", lambda c: c.signeds(np.zeros(3, "u1")), TypeError,
     "signeds(): b must be int8[n], got uint8[3]"),
    ("signed for unsigned bytes", lambda c: c.octets(np.zeros(3, "i1")), TypeError,
     "octets(): b must be uint8[n], got int8[3]"),
    ("booleans for unsigned bytes", lambda c: c.octets(np.zeros(3, "?")), TypeError,
     "octets(): b must be uint8[n], got bool[3]"),
    ("wider elements for raw bytes", lambda c: c.raw(np.zeros(3, "i2")), TypeError,
     "raw(): b must be bytes[n], got int16[3]"),
    # Python objects, which no layout makes readable for C
    ("objects as any array", lambda c: c.span_ndim(np.zeros(1, object)), TypeError,
     "span_ndim(): x must be array, got object[1]; its elements are Python objects, which C cannot read"),
    ("objects inside structures", lambda c: c.span_ndim(np.zeros(1, [("a", "i4"), ("b", object)])), TypeError,
     "span_ndim(): x must be array, got {a: int32, b: object}[1]; its elements are Python objects, "
     "which C cannot read"),
    ("objects in a buffer", lambda c: c.span_ndim(memoryview(np.zeros(1, object))), TypeError,
     "span_ndim(): x must be array, got object[1]; its elements are Python objects, which C cannot read"),
    ("text of any length", lambda c: c.span_ndim(np.zeros(1, np.dtypes.StringDType())), TypeError,
     "span_ndim(): x has elements that only NumPy can read"),
    # dimensions
    ("too many dimensions", lambda c: c.dot(X, V), TypeError, "dot(): x must be float64[n], got float64[3, 4]"),
    ("too few dimensions", lambda c: c.mean(V), TypeError, "mean(): x must be float64[m, n], got float64[3]"),
    ("no dimensions", lambda c: c.dot(np.array(1.0), V), TypeError,
     "dot(): x must be float64[n], got float64 of no dimensions"),
    ("too few dimensions of a view", lambda c: c.view_sum(V), TypeError,
     "view_sum(): x must be float64[:, :], got float64[3]"),
    ("another element type of a view", lambda c: c.view_sum(X.astype(int)), TypeError,
     "view_sum(): x must be float64[:, :], got int64[3, 4]"),
    # extents
    ("a fixed extent", lambda c: c.norm(np.zeros(4)), ValueError, "norm(): v must be float64[3], got float64[4]"),
    ("a fixed extent in the second place", lambda c: c.det(np.zeros((2, 3))), ValueError,
     "det(): a must be float64[2, 2], got float64[2, 3]"),
    ("one array disagrees with itself", lambda c: c.trace(X), ValueError,
     "trace(): n is 3 along axis 0 of a but 4 along axis 1"),
    ("too short for [static n]", lambda c: c.last(V, np.zeros(4)), ValueError,
     "last(): n is 4 in w, so x must have at least as many, got 3"),
    ("an expression", lambda c: c.unpack(3, np.zeros(5)), ValueError,
     "unpack(): axis 0 of packed must be n * (n + 1) / 2 = 6, got 5"),
    ("an output of the wrong size", lambda c: c.copy(V, y=np.zeros(4)), ValueError, "copy(): n is 3 in x but 4 in y"),
    ("an output that is an expression", lambda c: c.diff(V, d=np.zeros(3)), ValueError,
     "diff(): axis 0 of d must be n - 1 = 2, got 3"),
    ("a negative extent", lambda c: c.diff(np.zeros(0)), ValueError,
     "diff(): n - 1 is -1, and a size must not be negative"),
    ("an optional array of another size", lambda c: c.optional(V, np.zeros(2)), ValueError,
     "optional(): n is 3 in v but 2 in x"),
    # sizes that are arguments
    ("a negative size", lambda c: c.unpack(-1, V), ValueError,
     "unpack(): n is the size of an array and must not be negative, got -1"),
    ("a float for a size", lambda c: c.unpack(3.0, V), TypeError, "unpack(): n must be int, got float"),
    ("a size that no integer of C holds", lambda c: c.unpack(2**70, V), OverflowError,
     f"unpack(): n must be in the range of int64 ({-(2**63)} to {2**63 - 1}), got {2**70}"),
    ("division by zero", lambda c: c.every(0, V), ValueError, "every(): n / k divides by zero"),
    ("an expression beyond 64 bits", lambda c: c.unpack(2**62, V), OverflowError,
     "unpack(): n * (n + 1) / 2 is too large for 64 bits"),
    ("an output beyond all memory", lambda c: c.cube(2**20), ValueError,
     "cube(): y would have more bytes than can be addressed"),
    ("more elements than the size's type holds", lambda c: c.small(np.zeros(128)), OverflowError,
     "small(): n is 128, but its C type holds 0 to 127"),
    ("more elements than an unsigned byte holds", lambda c: c.tiny(np.zeros(256)), OverflowError,
     "tiny(): n is 256, but its C type holds 0 to 255"),
    # order and alignment
    ("a step", lambda c: c.dot(np.zeros(6)[::2], V), ValueError,
     "dot(): x must be C-contiguous, got strides (16,) for shape (3,); np.ascontiguousarray(x) makes such a copy"),
    ("backwards", lambda c: c.dot(V[::-1], V), ValueError,
     "dot(): x must be C-contiguous, got strides (-8,) for shape (3,); np.ascontiguousarray(x) makes such a copy"),
    ("broadcast", lambda c: c.dot(np.broadcast_to(1.0, 3), V), ValueError,
     "dot(): x must be C-contiguous, got strides (0,) for shape (3,); np.ascontiguousarray(x) makes such a copy"),
    ("Fortran order", lambda c: c.mean(np.asfortranarray(X)), ValueError,
     "mean(): x must be C-contiguous, got strides (8, 24) for shape (3, 4); np.ascontiguousarray(x) makes such a copy"),
    ("order of what is written", lambda c: c.scale(2, np.zeros(6)[::2]), ValueError,
     "scale(): x must be C-contiguous, got strides (16,) for shape (3,); scale() writes to it, so no copy would do"),
    ("misaligned", lambda c: c.dot(unaligned(), V), ValueError,
     "dot(): x must be aligned to 8 bytes, its address is …"),
    ("a misaligned view", lambda c: c.view_sum(unaligned(6).reshape(2, 3)), ValueError,
     "view_sum(): x must be aligned to 8 bytes, its address is …"),
    ("a misaligned stride", lambda c: c.view_sum(np.ndarray((2, 2), "f8", bytearray(64), strides=(20, 8))), ValueError,
     "view_sum(): x must be aligned to 8 bytes, got strides (20, 8); a copy of it is aligned"),
    # writing
    ("a read-only output", lambda c: c.copy(V, y=readonly(np.zeros(3))), ValueError,
     "copy(): y is read-only, and copy() writes to it"),
    ("a read-only view", lambda c: c.view_fill(readonly(np.zeros((2, 2))), 1), ValueError,
     "view_fill(): x is read-only, and view_fill() writes to it"),
    ("bytes to be written", lambda c: c.scale(2, memoryview(bytes(24)).cast("d")), ValueError,
     "scale(): x is read-only, and scale() writes to it"),
    ("an output that overlaps", lambda c: c.copy(X[0], y=X[0]), ValueError,
     "copy(): x shares memory with y, and copy() writes to y; pass a copy of one"),
    ("an output that overlaps in part", lambda c: c.copy(X.reshape(-1)[:6], y=X.reshape(-1)[5:11]), ValueError,
     "copy(): x shares memory with y, and copy() writes to y; pass a copy of one"),
    ("an output of another type that overlaps", lambda c: c.narrow(V, y=V.view("f4")[:3]), ValueError,
     "narrow(): x shares memory with y, and narrow() writes to y; pass a copy of one"),
    ("a view that overlaps itself",
     lambda c: c.view_fill(np.lib.stride_tricks.as_strided(V, (2, 2), (8, 8)), 1), ValueError,
     "view_fill(): several elements of x are the same memory (strides (8, 8)), and view_fill() writes to it"),
    # what is no array
    ("None", lambda c: c.dot(None, V), TypeError, "dot(): x must be float64[n], got None"),
    ("a list", lambda c: c.dot([1.0, 2.0], V), TypeError,
     "dot(): x must be float64[n], got list; np.asarray(x) or dot.coerce(…) makes an array of it"),
    ("a list to be written", lambda c: c.scale(2, [1.0, 2.0]), TypeError,
     "scale(): x must be float64[n], got list; scale() writes to it, so it must be an array of your own"),
    ("a number", lambda c: c.dot(1.0, V), TypeError, "dot(): x must be float64[n], got float"),
    ("a str", lambda c: c.dot("abc", V), TypeError, "dot(): x must be float64[n], got str"),
    ("the class itself", lambda c: c.dot(np.ndarray, V), TypeError, "dot(): x must be float64[n], got type"),
    ("a NumPy scalar", lambda c: c.dot(np.float64(1), V), TypeError,
     "dot(): x must be float64[n], got float64 of no dimensions"),
    ("a masked array", lambda c: c.dot(np.ma.masked_array(V, [0, 1, 0]), V), TypeError,
     "dot(): x is a masked array, whose mask C would not see; pass its .data, or .filled(…)"),
    ("a masked array without a mask", lambda c: c.dot(np.ma.masked_array(V), V), TypeError,
     "dot(): x is a masked array, whose mask C would not see; pass its .data, or .filled(…)"),
    ("a masked array of any type", lambda c: c.span_ndim(np.ma.masked_array(V)), TypeError,
     "span_ndim(): x is a masked array, …"),
    ("no array for any type", lambda c: c.span_ndim([1]), TypeError,
     "span_ndim(): x must be array, got list; np.asarray(x) makes an array of it"),
    ("None for an output by keyword is no array left out", lambda c: c.optional(None), TypeError,
     "optional(): v must be float64[n], got None"),
    # structures
    ("a field missing", lambda c: c.doubler(np.zeros(3, [("a", "i4")])), TypeError,
     "doubler(): p must be pair[n], got {a: int32}[3]: field 'b' is missing"),
    ("a field too many", lambda c: c.doubler(np.zeros(3, [("a", "i4"), ("b", "f4"), ("c", "i4")])), TypeError,
     "doubler(): p must be pair[n], got {a: int32, b: float32, c: int32}[3]: unexpected field 'c'"),
    ("a field renamed", lambda c: c.doubler(np.zeros(3, [("a", "i4"), ("c", "f4")])), TypeError,
     "doubler(): p must be pair[n], got {a: int32, c: float32}[3]: field 'b' is missing; 'c' is in its place"),
    ("fields exchanged", lambda c: c.doubler(np.zeros(3, [("b", "f4"), ("a", "i4")])), TypeError,
     "doubler(): p must be pair[n], got {b: float32, a: int32}[3]: field 'a' is at offset 4, expected 0"),
    ("a field moved", lambda c: c.doubler(offset_pairs()), TypeError,
     "doubler(): p must be pair[n], got {a: int32, b: float32}[3]: field 'b' is at offset 8, expected 4"),
    ("a field of another type", lambda c: c.doubler(np.zeros(3, [("a", "i4"), ("b", "i4")])), TypeError,
     "doubler(): p must be pair[n], got {a: int32, b: int32}[3]: field 'b' is int32, expected float32"),
    ("a field of the other byte order", lambda c: c.doubler(np.zeros(3, [("a", "i4"), ("b", OTHER + "f4")])), TypeError,
     f"doubler(): p must be pair[n], got {{a: int32, b: {OTHER}float32}}[3]: "
     f"field 'b' is {OTHER}float32, expected float32"),
    ("padding at the end", lambda c: c.doubler(np.zeros(3, np.dtype({"names": ["a", "b"], "formats": ["i4", "f4"],
     "offsets": [0, 4], "itemsize": 16}))), TypeError,
     "doubler(): p must be pair[n], got {a: int32, b: float32}[3]: itemsize is 16, expected 8"),
    ("no structure", lambda c: c.doubler(np.zeros(3)), TypeError, "doubler(): p must be pair[n], got float64[3]"),
    ("a structure for a number", lambda c: c.dot(np.zeros(3, PAIR), V), TypeError,
     "dot(): x must be float64[n], got {a: int32, b: float32}[3]"),
    # arguments
    ("an argument missing", lambda c: c.dot(V), TypeError, "dot(): missing argument y: float64[n]"),
    ("all arguments missing", lambda c: c.dot(), TypeError, "dot(): missing argument x: float64[n]"),
    ("the first missing", lambda c: c.dot(y=V), TypeError, "dot(): missing argument x: float64[n]"),
    ("one too many", lambda c: c.dot(V, V, V), TypeError, "dot() takes 2 arguments (x, y), got 3"),
    ("one for a function of one", lambda c: c.norm(V, V), TypeError, "norm() takes 1 argument (v), got 2"),
    ("one for a function of none", lambda c: c.nothing(1), TypeError, "nothing() takes no arguments, got 1"),
    ("an output by position", lambda c: c.copy(V, np.zeros(3)), TypeError,
     "copy() takes 1 argument (x), got 2; the output y is keyword-only: y=…"),
    ("a keyword that does not exist", lambda c: c.dot(V, V, weights=V), TypeError,
     "dot(): unexpected keyword argument 'weights'; it takes x, y"),
    ("a keyword for a function of none", lambda c: c.nothing(x=1), TypeError,
     "nothing(): unexpected keyword argument 'x'; it takes no arguments"),
    ("a keyword misspelt", lambda c: c.unpack(3, packd=V), TypeError,
     "unpack(): unexpected keyword argument 'packd'; did you mean 'packed'?"),
    ("an implied size", lambda c: c.dot(V, V, n=3), TypeError,
     "dot(): n is not an argument: it is taken from the shape of x"),
    ("given twice", lambda c: c.dot(V, V, x=V), TypeError, "dot(): two values for x"),
    ("a keyword for a parameter without a name", lambda c: c.optional(x=V), TypeError,
     "optional(): missing argument v: float64[n]"),
    # values
    ("an integer out of range", lambda c: c.byte(128), OverflowError,
     "byte(): k must be in the range of int8 (-128 to 127), got 128"),
    ("a negative natural number", lambda c: c.natural(-1), OverflowError,
     "natural(): k must be in the range of uint32 (0 to 4294967295), got -1"),
    ("a float for an integer", lambda c: c.byte(1.0), TypeError, "byte(): k must be int, got float"),
    ("an array for a number", lambda c: c.scale(V, V), TypeError, "scale(): a must be float, got float64[3]"),
    ("text for a number", lambda c: c.scale("2", V), TypeError, "scale(): a must be float, got str"),
    ("a record with a key too few", lambda c: c.weight({"a": 1}), TypeError, "weight(): p's field 'b' is missing"),
    ("a record with a wrong value", lambda c: c.weight((1, "b")), TypeError,
     "weight(): p's field 'b' must be float, got str"),
    ("a NUL in text", lambda c: c.length("a\0b"), ValueError,
     "length(): s has a NUL character in it, where C would see its end"),
    ("a NUL in bytes", lambda c: c.length(b"a\0"), ValueError,
     "length(): s has a NUL character in it, where C would see its end"),
    ("a bytearray for text", lambda c: c.length(bytearray(b"a")), TypeError,
     "length(): s must be str or bytes, got bytearray"),
    ("a number for text", lambda c: c.length(3), TypeError, "length(): s must be str or bytes, got int"),
    ("None for text", lambda c: c.length(None), TypeError, "length(): s must be str, got None"),
    # overloads
    ("no candidate", lambda c: c.sum(np.zeros(3, int)), TypeError,
     "sum(): no candidate takes (int64[3]); the candidates are\n    sum_f32(x: float32[n]) -> float"
     "\n    sum_f64(x: float64[n]) -> float"),
    ("no candidate for two", lambda c: c.sum(V, V), TypeError, "sum(): no candidate takes (float64[3], float64[3]); …"),
    ("no candidate for a keyword", lambda c: c.sum(y=V), TypeError, "sum(): no candidate takes (y=float64[3]); …"),
    ("no candidate for a list", lambda c: c.sum([1.0]), TypeError, "sum(): no candidate takes (list); …"),
    ("no candidate for none", lambda c: c.sum(), TypeError, "sum(): no candidate takes (); …"),
    ("no candidate for a matrix", lambda c: c.sum(X), TypeError, "sum(): no candidate takes (float64[3, 4]); …"),
]  # fmt: skip


@pytest.fixture(scope="module")
def c(build: Callable[[str], ModuleType]) -> ModuleType:
    return build(SOURCE)


@pytest.mark.parametrize(("wrong", "call", "error", "message"), WRONG, ids=[row[0] for row in WRONG])
def test_a_wrong_call_says_what_is_wrong(
    c: ModuleType, wrong: str, call: Call, error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as caught:
        call(c)
    assert caught.type is error
    said = str(caught.value)
    assert said == message or (message.endswith(CUT) and said.startswith(message.removesuffix(CUT)))


@pytest.mark.parametrize("past", range(1, 8))
def test_misalignment_says_by_how_much(c: ModuleType, past: int) -> None:
    memory = np.zeros(64, "u1")
    start = -memory.ctypes.data % 8 + past
    with pytest.raises(
        ValueError, match=f"^dot\\(\\): x must be aligned to 8 bytes, its address is {past} past that; a copy"
    ):
        c.dot(memory[start : start + 24].view("f8"), V)


def test_a_failed_call_changes_nothing(c: ModuleType) -> None:
    x, y = np.ones(3), np.zeros(4)
    for call in (
        lambda: c.scale("2", x),
        lambda: c.copy(x, y=y),
        lambda: c.scale(2, x, x),
        lambda: c.scale(2, x=x, n=3),
    ):
        with pytest.raises((TypeError, ValueError)):
            call()
    assert x.tolist() == [1, 1, 1] and y.tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize(("wrong", "call", "error", "message"), WRONG, ids=[row[0] for row in WRONG])
def test_a_wrong_call_keeps_no_reference(
    c: ModuleType, wrong: str, call: Call, error: type[Exception], message: str
) -> None:
    counts = [sys.getrefcount(item) for item in (V, X, PAIR, np.ndarray)]
    for _ in range(3):
        with pytest.raises(error):
            call(c)
    assert [sys.getrefcount(item) for item in (V, X, PAIR, np.ndarray)] == counts


def test_an_error_is_an_exception_like_any_other(c: ModuleType) -> None:
    first = KeyError("first")
    try:
        raise first
    except KeyError:
        with pytest.raises(TypeError) as caught:
            c.dot([1.0], V)
    error = caught.value
    assert error.args == (str(error),) and error.__context__ is first and error.__cause__ is None
    assert repr(error) == f"TypeError({str(error)!r})" and error.__traceback__ is not None
    error.args = ("other",)
    with pytest.raises(TypeError, match=r"^dot\(\): x must be float64\[n\], got list; .*…\)"):
        c.dot([1.0], V)


@pytest.mark.parametrize("kind", [list, tuple, dict, int, float, str])
def test_what_is_derived_from_a_plain_class_may_be_an_array(c: ModuleType, kind: type) -> None:
    derived = type("Derived", (kind,), {"__array_interface__": V.__array_interface__})
    assert c.dot(derived(), V) == c.dot(V, V)
    with pytest.raises(TypeError, match=f"^dot\\(\\): x must be float64\\[n\\], got {kind.__name__}(;|$)"):
        c.dot(kind(), V)


def test_names_of_any_length_are_cut_and_not_overrun(c: ModuleType) -> None:
    endless = type("Ä" * 5000, (), {})()
    fields = np.zeros(1, [(f"field_{k}", "i4") for k in range(200)])
    for call in (
        lambda: c.dot(endless, V),
        lambda: c.length(endless),
        lambda: c.byte(endless),
        lambda: c.sum(endless),
        lambda: c.dot(V, V, **{"ü" * 5000: V}),
        lambda: c.doubler(fields),
        lambda: c.sum(fields),
        lambda: c.doubler(np.zeros((1,) * 60)),
        lambda: c.mean(np.zeros((1,) * 64)),
    ):
        with pytest.raises(TypeError) as caught:
            call()
        assert len(str(caught.value)) < 6000


def test_what_was_passed_is_said_however_long_it_takes_to_say_what_is_needed(build: Callable[..., ModuleType]) -> None:
    size = "n" * 600
    first = build(f"double first(int {size}, const double x[{size}]) {{ return {size} ? x[0] : 0; }}").first
    for passed, told in (([1.0], "list; np.asarray(x) or "), (np.zeros(3, int), "int64[3]"), (None, "None")):
        with pytest.raises(TypeError, match=f"^first\\(\\): x must be float64\\[n+, got {re.escape(told)}"):
            first(passed)
        with pytest.raises(TypeError, match=f"^first\\(\\): x must be float64\\[\\.\\.\\., n+, got {re.escape(told)}"):
            first.batch(passed)


@pytest.mark.parametrize("past", range(4))
@pytest.mark.parametrize("character", ["Ä", "€", "🌍"])
def test_the_name_of_a_class_is_cut_between_characters(c: ModuleType, past: int, character: str) -> None:
    for longest, call in ((100, lambda obj: c.dot(obj, V)), (200, c.byte), (100, c.length)):
        told = "x" * (longest - past)
        whole = told + character if len(character.encode()) <= past else told
        with pytest.raises(TypeError, match=f" got {whole}$"):
            call(type(told + character * 50, (), {})())


def test_a_keyword_that_is_no_utf8_is_an_error(c: ModuleType) -> None:
    with pytest.raises(TypeError, match=r"^dot\(\): unexpected keyword argument '\\ud800'$"):
        c.dot(V, V, **{"\ud800": V})
