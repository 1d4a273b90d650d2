# SPDX-License-Identifier: BSD-3-Clause
"""C's `T **` and `T (*rows[m])[n]`: from lists of arrays, arrays of any row stride and indirect memory."""

import gc
import random
import sys
from array import array
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nomemory import fail_each_allocation

import tenon

SOURCE = """
#include <stdint.h>
#include <tenon/tenon.h>

typedef struct { int32_t a; float b; } pair;

double sum(size_t m, size_t n, const double (*rows[m])[n])
{
    double total = 0;
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++)
            total += (double)(i + 1) * (*rows[i])[j];
    return total;
}

/** @param rows [m][n] */
float sum_f32(int m, int n, const float *const *rows)
{
    float total = 0;
    for (int i = 0; i < m; i++)
        for (int j = 0; j < n; j++)
            total += rows[i][j];
    return total;
}

TN_OVERLOAD(total, sum, sum_f32);

/** @param rows [m][n] */
void number(int m, int n, double **rows)
{
    for (int i = 0; i < m; i++)
        for (int j = 0; j < n; j++)
            rows[i][j] = i * n + j;
}

/** Changes the table, and nothing else.
 *  @param rows [m][n] */
void reverse_table(size_t m, size_t n, double **rows)
{
    (void)n;
    for (size_t i = 0; i < m / 2; i++) {
        double *other = rows[m - 1 - i];
        rows[m - 1 - i] = rows[i];
        rows[i] = other;
    }
}

double third_axis(size_t m, size_t n, size_t k, const double (*rows[m])[n][k])
{
    double total = 0;
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++)
            for (size_t l = 0; l < k; l++)
                total += (double)(l + 1) * (*rows[i])[j][l];
    return total;
}

/** @param[out] y [m][n + 1] */
void steps(size_t m, size_t n, const double x[m], double **y, const double w[n])
{
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j <= n; j++)
            y[i][j] = x[i] * (j ? w[j - 1] : 1);
}

/** @param rows [m][n] or NULL */
double perhaps(size_t m, size_t n, const double x[m][n], const double **rows)
{
    return rows ? rows[m - 1][n - 1] : -x[m - 1][n - 1];
}

/** @param[in] x
 *  @param rows [m][n] */
void add(size_t m, size_t n, double x[n], double **rows)
{
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++)
            rows[i][j] += x[j];
}

/** @param rows [m][n] */
void add_apart(size_t m, size_t n, const double x[n], double *restrict *rows)
{
    add(m, n, (double *)x, (double **)rows);
}

/** @param rows [m][n] */
void add_view(size_t m, size_t n, tn_const_f32_1 x, double **rows)
{
    (void)m, (void)n, (void)x, (void)rows;
}

/** @param wide [m][k]
 *  @param to   [m][n] */
void narrow(size_t m, size_t n, size_t k, const double **wide, float **to)
{
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n && j < k; j++)
            to[i][j] = (float)wide[i][j];
}

/** @param p [m][n] */
int32_t pairs(size_t m, size_t n, const pair **p)
{
    return m && n ? p[m - 1][n - 1].a : 0;
}

/** @param names [m][n] */
int longest(size_t m, size_t n, const char **names)
{
    return m && n ? names[m - 1][n - 1] : 0;
}

int two(size_t n, const double (*rows[2])[n]) { return rows[0] < rows[1] ? (int)n : -(int)n; }
int threes(size_t m, const double (*rows[m])[3]) { return (int)m + 0 * (rows != NULL); }

double at_least(size_t m, size_t n, const double (*rows[static m])[n], const double x[m])
{
    return m && n ? (*rows[m - 1])[n - 1] + x[m - 1] : 0;
}

/** @param rows [m][n] */
int few(int8_t m, size_t n, const double **rows) { (void)m, (void)n; return rows != NULL; }
"""


@pytest.fixture(scope="module")
def c(build: Callable[[str], ModuleType]) -> ModuleType:
    return build(SOURCE)


def weighted(x: Any) -> float:
    """What sum() computes."""
    return float(sum((i + 1) * np.asarray(row).sum() for i, row in enumerate(x)))


X = np.arange(12.0).reshape(3, 4)


# --- what is accepted -------------------------------------------------------------------------------------------------

WAYS = {
    "an array": X,
    "a list of its rows": list(X),
    "a tuple": tuple(X),
    "reversed": X[::-1],
    "every other row": np.arange(24.0).reshape(6, 4)[::2],
    "columns left out at the end": np.arange(24.0).reshape(4, 6)[:, :4],
    "one row again and again": np.broadcast_to(X[1], (5, 4)),
    "a memoryview": memoryview(X),
    "rows of several kinds": [array("d", [1, 2]), np.array([3.0, 4.0]), memoryview(array("d", [5, 6]))],
    "a Span": tenon.Span(X),
    "an indirect Span": tenon.rows(list(X)),
    "an indirect Span, reversed": tenon.rows(list(X[::-1])),
    "a slice of an indirect Span": tenon.rows(list(X))[::-1, 1:],
    "every other row of an indirect Span": tenon.rows(list(X))[::2],
    "memory in rows": tenon.zeros((3, 4), "float64", order="rows"),
    "a list of rows of Spans": [tenon.Span(row) for row in X],
    "more rows than fit into the frame": list(np.arange(400.0).reshape(100, 4)),
    "one row": [X[0]],
    "one row of one": [X[0, :1]],
    "no columns": np.empty((3, 0)),
    "no rows": np.empty((0, 3)),
    "an empty list": [],
    "empty rows": [np.empty(0)] * 3,
    "a subclass": X.view(type("Sub", (np.ndarray,), {})),
    "rows of a subclass": [X[0].view(type("Sub", (np.ndarray,), {}))],
    "a read-only array": np.frombuffer(X.tobytes()).reshape(3, 4),
}


@pytest.mark.parametrize("x", WAYS.values(), ids=WAYS)
def test_rows_that_lie_anywhere_are_read_where_they_are(c: ModuleType, x: Any) -> None:
    shown = memoryview(x).tolist() if isinstance(x, tenon.Span | memoryview) else x
    assert c.sum(x) == weighted(shown)


class Many:
    """A sequence that is neither a list nor a tuple."""

    def __init__(self, rows: Sequence[Any]) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> Any:
        return self.rows[index]


def test_any_sequence_of_rows_will_do(c: ModuleType) -> None:
    assert c.sum(Many(list(X))) == weighted(X)
    assert c.sum(Many([])) == 0


def test_rows_are_written_in_place(c: ModuleType) -> None:
    rows = [np.zeros(3) for _ in range(20)]
    assert c.number(rows) is None
    assert np.array_equal(rows, np.arange(60.0).reshape(20, 3))
    whole = np.zeros((6, 3))
    c.number(whole[::-2])
    assert whole.tolist() == [[0, 0, 0], [6, 7, 8], [0, 0, 0], [3, 4, 5], [0, 0, 0], [0, 1, 2]]
    span = tenon.rows([np.zeros(2), np.zeros(2)])
    c.number(span)
    assert memoryview(span).tolist() == [[0, 1], [2, 3]]


def test_what_c_does_to_the_table_is_forgotten(c: ModuleType) -> None:
    rows = [np.full(2, float(i)) for i in range(40)]
    span = tenon.rows(rows)
    before = memoryview(span).tolist()
    c.reverse_table(rows)
    c.reverse_table(span)
    assert memoryview(span).tolist() == before
    assert [row[0] for row in rows] == list(range(40))


def test_rows_of_several_dimensions_are_blocks(c: ModuleType) -> None:
    x = np.arange(24.0).reshape(2, 3, 4)
    expected = float((x * [1, 2, 3, 4]).sum())
    for way in (x, list(x), x[::-1], tenon.rows(list(x)), np.arange(48.0).reshape(4, 3, 4)[:2]):
        assert c.third_axis(way) == expected
    with pytest.raises(ValueError, match=r"rows\[1\] must be C-contiguous, got strides \(8, 24\) for shape \(3, 4\)"):
        c.third_axis([x[0], np.asfortranarray(x[1])])
    with pytest.raises(ValueError, match="rows must be C-contiguous in each row, got strides"):
        c.third_axis(x.transpose(0, 2, 1))


def test_an_output_is_an_ordinary_array(c: ModuleType) -> None:
    x, w = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    y = c.steps(x, w)
    assert type(y) is np.ndarray
    assert y.flags.c_contiguous
    assert y.tolist() == [[1, 3, 4], [2, 6, 8]]
    assert c.steps(np.empty(0), w).shape == (0, 3)


def test_an_output_may_be_rows_of_ones_own(c: ModuleType) -> None:
    x, w = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    y = [np.zeros(3), np.zeros(3)]
    assert c.steps(x, w, y=y) is y
    assert np.array_equal(y, [[1, 3, 4], [2, 6, 8]])
    with pytest.raises(ValueError, match=r"n \+ 1 is|axis 1 of y must be n \+ 1 = 3, got 4"):
        c.steps(x, w, y=[np.zeros(4), np.zeros(4)])


def test_rows_may_be_left_out_where_c_takes_null(c: ModuleType) -> None:
    assert c.perhaps(X) == c.perhaps(X, None) == -11
    assert c.perhaps(X, X[::-1]) == 3
    with pytest.raises(ValueError, match="m is 3 in x but 0 in rows"):
        c.perhaps(X, [])
    with pytest.raises(TypeError, match=r"rows must be float64\[m\]\[n\] \| None, got int"):
        c.perhaps(X, 3)
    with pytest.raises(TypeError, match=r"rows\[0\] must be float64\[n\], got int64"):
        c.perhaps(X, [np.zeros(4, np.int64)] * 3)


def test_structures_and_bytes_lie_in_rows_too(c: ModuleType) -> None:
    rows = [np.array([(1, 2.0)], c.pair), np.array([(7, 2.0)], c.pair)]
    assert c.pairs(rows) == 7
    assert c.longest([b"abc", bytearray(b"xyz"), np.array([1, 2, 3], np.int8)]) == 3
    with pytest.raises(TypeError, match=r"p\[1\] must be pair\[n\], got \{a: int32\}\[1\]"):
        c.pairs([rows[0], np.array([(1,)], [("a", "i4")])])


def test_an_empty_list_has_the_extents_that_other_arguments_say(c: ModuleType) -> None:
    c.add(np.zeros(7), [])
    assert c.sum([]) == 0
    assert c.threes([]) == 0
    with pytest.raises(ValueError, match=r"two\(\): rows must be float64\[2\]\[n\], got float64\[0, 0\]"):
        c.two([])


def test_at_least_so_many_rows_are_asked_for(c: ModuleType) -> None:
    assert c.at_least(list(X), np.ones(2)) == 8
    with pytest.raises(ValueError, match="m is 4 in x, so rows must have at least as many, got 3"):
        c.at_least(list(X), np.ones(4))


def test_overloads_look_at_the_first_row(c: ModuleType) -> None:
    assert c.total(list(X)) == weighted(X)
    assert c.total([np.ones(3, np.float32)]) == 3
    assert c.total(X.astype(np.float32)) == 66
    assert c.total([]) == 0
    assert c.total([array("f", [1, 2])]) == 3
    with pytest.raises(TypeError, match="takes none of these|no candidate|int64"):
        c.total([np.ones(3, np.int64)])


def test_coerce_converts_row_by_row(c: ModuleType) -> None:
    assert c.sum.coerce([[1, 2], (3, 4)]) == 3 + 14
    assert c.sum.coerce([np.ones(2, np.float32), np.ones(4)[::2]]) == 6
    assert c.sum.coerce(X.T) == weighted(X.T)
    assert c.sum.coerce(tenon.rows(list(X))) == weighted(X)
    with pytest.raises(ValueError, match=r"n is 1 in rows\[0\] but 2 in rows\[1\]"):
        c.sum.coerce([[1], [1, 2]])
    with pytest.raises(TypeError, match=r"rows\[1\] is complex128"):
        c.sum.coerce([[1.0], [1j]])


def test_there_is_no_batch_over_rows(c: ModuleType) -> None:
    with pytest.raises(TypeError, match=r"sum\(\) has no batch\(\): rows is an array of pointers to rows"):
        c.sum.batch(X)
    assert c.sum.signature is None


# --- what is refused --------------------------------------------------------------------------------------------------


def frozen(n: int) -> Any:
    x = np.zeros(n)
    x.flags.writeable = False
    return x


def unaligned(n: int) -> Any:
    return np.frombuffer(bytearray(8 * n + 8), np.uint8)[1 : 8 * n + 1].view(np.float64)


Z = np.zeros
REFUSED = [
    ("sum", [Z(4), Z(4), Z(4), Z(4, "f4")], TypeError, r"rows[3] must be float64[n], got float32[4]"),
    ("sum", [Z(4), Z(4), Z(4), Z(5)], ValueError, r"n is 4 in rows[0] but 5 in rows[3]"),
    ("sum", [Z(4), Z((2, 2))], TypeError, r"rows[1] must be float64[n], got float64[2, 2]"),
    ("sum", [Z(())], TypeError, r"rows[0] must be float64[n], got float64 of no dimensions"),
    ("sum", [Z(4), Z(8)[::2]], ValueError,
     r"rows[1] must be C-contiguous, got strides (16,) for shape (4,); np.ascontiguousarray(rows[1]) makes such"),
    ("sum", [Z(4), Z(4)[::-1]], ValueError, r"rows[1] must be C-contiguous, got strides (-8,)"),
    ("sum", [unaligned(2)], ValueError, r"rows[0] must be aligned to 8 bytes, its address is 1 past that"),
    ("sum", [Z(2), unaligned(2)], ValueError, r"rows[1] must be aligned to 8 bytes, its address is 1 past that"),
    ("sum", [Z(3, ">f8")], TypeError, r"got >float64[3]; its bytes are in the other order, rows[0].astype("),
    ("sum", [Z(3, object)], TypeError, r"its elements are Python objects, rows[0].astype(…) converts them"),
    ("sum", [Z(4), None], TypeError, r"rows[1] must be float64[n], got None"),
    ("sum", [Z(4), 3], TypeError, r"rows[1] must be float64[n], got int"),
    ("sum", [Z(4), [1.0, 2.0]], TypeError,
     r"rows[1] must be float64[n], got list; np.asarray(rows[1]) or sum.coerce(…) makes an array of it"),
    ("sum", [Z(4), "text"], TypeError, r"rows[1] must be float64[n], got str"),
    ("sum", [np.ma.masked_array(Z(4))], TypeError, r"rows[0] is a masked array"),
    ("sum", [tenon.rows([Z(4)])], TypeError, r"rows[0] must be float64[n], got float64[1, 4]"),
    ("sum", [array("f", [1])], TypeError, r"rows[0] must be float64[n], got float32[1]"),
    ("sum", 3, TypeError, r"rows must be float64[m][n], got int"),
    ("sum", None, TypeError, r"rows must be float64[m][n], got None"),
    ("sum", "text", TypeError, r"rows must be float64[m][n], got str"),
    ("sum", b"text", TypeError, r"rows must be float64[m][n], got uint8[4]"),
    ("sum", {}, TypeError, r"rows must be float64[m][n], got dict"),
    ("sum", Z(3), TypeError, r"rows must be float64[m][n], got float64[3]"),
    ("sum", Z((2, 2, 2)), TypeError, r"rows must be float64[m][n], got float64[2, 2, 2]"),
    ("sum", Z((2, 2), "f4"), TypeError, r"rows must be float64[m][n], got float32[2, 2]"),
    ("sum", Z((2, 4))[:, ::2], ValueError, r"rows must be C-contiguous in each row, got strides (32, 16)"),
    ("sum", Z((3, 4)).T, ValueError, r"rows must be C-contiguous in each row, got strides (8, 32)"),
    ("sum", tenon.rows([Z((2, 2))]), TypeError, r"rows must be float64[m][n], got float64[1, 2, 2]"),
    ("third_axis", tenon.rows([tenon.rows([Z(3)])]), ValueError, r"rows is indirect"),
    ("third_axis", tenon.zeros((2, 2, 2), "f8", order="rows"), ValueError, r"rows is indirect"),
    ("sum", tenon.rows([Z(4)[::2]]), ValueError, r"rows must be C-contiguous in each row"),
    ("sum", tenon.rows([unaligned(2)]), ValueError, r"rows[0] is not aligned as C needs it"),
    ("number", [Z(3), frozen(3)], ValueError, r"rows[1] is read-only, and number() writes to it"),
    ("number", [frozen(3), Z(3)], ValueError, r"rows[0] is read-only, and number() writes to it"),
    ("number", [Z(3), memoryview(bytes(24)).cast("d")], ValueError, r"rows[1] is read-only, and number() writes to it"),
    ("number", tenon.rows([Z(3), frozen(3)]), ValueError, r"rows is read-only, and number() writes to it"),
    ("number", [[1.0]], TypeError, r"rows[0] must be float64[n], got list; number() writes to it"),
    ("number", [Z(8)[::2]], ValueError, r"number() writes to it, so no copy would do"),
    ("two", [Z(3)], ValueError, r"rows must be float64[2][n], got float64[1, 3]"),
    ("two", Z((3, 3)), ValueError, r"rows must be float64[2][n], got float64[3, 3]"),
    ("threes", [Z(3), Z(4)], ValueError, r"rows[1] must be float64[3], got float64[4]"),
    ("threes", [Z(4)], ValueError, r"rows[0] must be float64[3], got float64[4]"),
    ("threes", Z((2, 4)), ValueError, r"rows must be float64[m][3], got float64[2, 4]"),
    ("few", [Z(0)] * 128, OverflowError, r"m is 128, but its C type holds 0 to 127"),
]  # fmt: skip


@pytest.mark.parametrize(("function", "x", "kind", "said"), REFUSED, ids=[f"{row[0]}: {row[3]}" for row in REFUSED])
def test_an_error_names_the_row(c: ModuleType, function: str, x: Any, kind: Any, said: str) -> None:
    with pytest.raises(kind) as caught:
        getattr(c, function)(x)
    assert str(caught.value).startswith(f"{function}(): ")
    assert said in str(caught.value)


# --- overlap ----------------------------------------------------------------------------------------------------------


def test_rows_that_are_written_must_not_meet(c: ModuleType) -> None:
    x = np.zeros(20)
    c.number([x[:5], x[5:10], x[10:15]])
    c.number([x[10:15], x[:5], x[5:10]])
    with pytest.raises(ValueError, match=r"rows\[0\] shares memory with rows\[2\], and number\(\) writes to rows"):
        c.number([x[4:9], x[10:15], x[:5]])
    with pytest.raises(ValueError, match=r"rows\[1\] shares memory with rows\[3\]"):
        c.number([x[:5], x[5:10], x[10:15], x[5:10]])
    with pytest.raises(ValueError, match=r"rows\[0\] shares memory with rows\[1\]"):
        c.number(np.lib.stride_tricks.as_strided(x, (4, 3), (16, 8)))
    assert c.sum([x[:5], x[:5], x[1:6]]) == weighted([x[:5], x[:5], x[1:6]])


def test_rows_must_not_meet_what_else_is_written(c: ModuleType) -> None:
    x = np.zeros((4, 3))
    c.add(x[1], x)  # C takes pointers of one type for what may be anywhere
    c.add_apart(x[1], x[::2])
    c.add_apart(x[1], [x[3], x[0]])
    with pytest.raises(ValueError, match=r"rows\[1\] shares memory with x, and add_apart\(\) writes to rows"):
        c.add_apart(x[1], x)
    with pytest.raises(ValueError, match=r"rows\[1\] shares memory with x"):
        c.add_apart(x[1], tenon.rows([x[0], x[1]]))


def test_a_strided_argument_may_lie_between_the_rows(c: ModuleType) -> None:
    x = np.zeros((4, 3))
    halves = x.view(np.float32)
    c.add_view(halves[::2, 0][:1], [x[1], x[3]])
    c.add_view(halves[:, 0][::2], [x[1], x[3]])
    with pytest.raises(ValueError, match=r"rows\[1\] shares memory with x"):
        c.add_view(halves[:, 0][::3], [x[1], x[3]])


def test_rows_of_two_arguments_are_told_apart(c: ModuleType) -> None:
    x = np.zeros((6, 4))
    c.narrow(x[::2], [row.view(np.float32) for row in x[1::2]])
    with pytest.raises(ValueError, match=r"to\[1\] shares memory with wide\[1\], and narrow\(\) writes to to"):
        c.narrow(x[:2], [x[3].view(np.float32), x[1].view(np.float32)])


@given(st.data())
@settings(max_examples=150)
def test_overlap_of_rows_is_exact(c: ModuleType, data: st.DataObject) -> None:
    """Against the bytes themselves."""
    memory = np.zeros(64)
    length = data.draw(st.integers(1, 5))
    starts = data.draw(st.lists(st.integers(0, 64 - length), min_size=1, max_size=20))
    rows = [memory[start : start + length] for start in starts]
    touched = [set(range(start, start + length)) for start in starts]
    meet = sum(map(len, touched)) != len(set().union(*touched))
    other = data.draw(st.integers(0, 64 - length))
    meets_other = bool(set(range(other, other + length)) & set().union(*touched))
    for way in (rows, tenon.rows(rows)):
        if meet:
            with pytest.raises(ValueError, match="shares memory"):
                c.number(way)
        else:
            c.number(way)
        if meet or meets_other:
            with pytest.raises(ValueError, match="shares memory"):
                c.add_apart(memory[other : other + length], way)
        else:
            c.add_apart(memory[other : other + length], way)


# --- any layout -------------------------------------------------------------------------------------------------------


@given(st.data())
@settings(max_examples=100)
def test_any_rows_give_what_numpy_gives(c: ModuleType, data: st.DataObject) -> None:
    m, n = data.draw(st.integers(0, 20)), data.draw(st.integers(0, 4))
    whole = np.arange(float(40 * 5)).reshape(40, 5)
    chosen = [whole[data.draw(st.integers(0, 39)), :n] for _ in range(m)]
    expected = weighted(chosen)
    assert c.sum(chosen) == expected
    assert c.sum(tuple(chosen)) == expected
    assert c.sum(np.array(chosen).reshape(m, n)) == expected
    assert c.sum([memoryview(row) for row in chosen]) == expected
    if m > 0:
        assert c.sum(tenon.rows(chosen)) == expected
    step = data.draw(st.sampled_from([-7, -2, -1, 1, 2, 5]))
    assert c.sum(whole[::step, :n]) == weighted(whole[::step, :n])


# --- memory -----------------------------------------------------------------------------------------------------------


def test_a_call_keeps_nothing(c: ModuleType) -> None:
    x, y, locked = np.zeros(4), array("d", [0] * 4), bytearray(32)
    rows = [x, y, memoryview(locked).cast("d")]
    counts = [sys.getrefcount(item) for item in (x, y, rows)]
    for _ in range(3):
        c.sum(rows)
        c.number(rows)
        with pytest.raises(ValueError, match="C-contiguous"):
            c.sum([*rows, np.zeros(8)[::2]])
        with pytest.raises(TypeError):
            c.sum([*rows, 3])
    del rows[2]
    gc.collect()
    assert [sys.getrefcount(item) for item in (x, y, rows)] == counts
    y.append(1)
    locked.append(1)


def test_many_rows_in_random_order_are_sorted_only_to_be_compared(c: ModuleType) -> None:
    generator = random.Random(1)
    rows = [np.zeros(3) for _ in range(5000)]
    generator.shuffle(rows)
    c.number(rows)
    assert np.array_equal(rows, np.arange(15000.0).reshape(5000, 3))
    with pytest.raises(ValueError, match=r"rows\[17\] shares memory with rows\[5000\]"):
        c.number([*rows, rows[17]])


def test_where_memory_runs_out_nothing_is_kept(c: ModuleType) -> None:
    rows = [np.zeros(3) for _ in range(30)]
    random.Random(1).shuffle(rows)
    y = array("d", [0] * 3)
    counts = [sys.getrefcount(row) for row in rows]

    def afterwards(failed: bool) -> None:
        assert [sys.getrefcount(row) for row in rows] == counts
        y.append(y.pop())

    assert fail_each_allocation(lambda: c.number([*rows, y]), afterwards) > 4  # the table, and two to sort it
    assert fail_each_allocation(lambda: c.sum(np.zeros((30, 3))), afterwards) > 0
    assert fail_each_allocation(lambda: c.steps(np.zeros(30), np.zeros(2)), afterwards) > 1
