# SPDX-License-Identifier: BSD-3-Clause
"""Spans as arguments of bound functions, on every way that a call can take: what holds of arrays holds of them."""

import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from tenon import Span

SOURCE = """
#include <tenon/tenon.h>
#include <unistd.h>

double sum(size_t n, const double x[n])
{
    double total = 0;
    for (size_t i = 0; i < n; i++)
        total += x[i];
    return total;
}

/** @threadsafe */
double sum_apart(size_t n, const double x[n])
{
    usleep(20000);
    return sum(n, x);
}

float sum_f32(size_t n, const float x[n]) { return n ? x[0] : 0; }
TN_OVERLOAD(total, sum_f32, sum);

double sum2(size_t m, size_t n, const double x[m][n]) { return sum(m * n, x[0]); }

double view_sum(tn_const_f64_1 x)
{
    double total = 0;
    for (ptrdiff_t i = 0; i < x.shape[0]; i++)
        total += TN_AT(x, i);
    return total;
}

void negate(size_t n, double x[n])
{
    for (size_t i = 0; i < n; i++)
        x[i] = -x[i];
}

/** @param[out] y */
void scale(size_t n, double a, const double x[n], double y[n])
{
    for (size_t i = 0; i < n; i++)
        y[i] = a * x[i];
}

void shift(size_t n, const double x[restrict n], double y[restrict n])
{
    for (size_t i = 0; i < n; i++)
        y[i] = x[i];
}

long bytes(size_t n, const char s[n]) { return (long)n + (n ? s[0] : 0); }
int dims(tn_span x) { return x.ndim * 100 + (int)x.type->itemsize; }

typedef struct { int32_t a; float b; } pair;
float second(size_t n, const pair p[n]) { return p[n - 1].b; }
double row_sum(size_t m, size_t n, const double (*rows[m])[n]) { return sum(n, *rows[m - 1]); }
double value(double x) { return x; }
"""


@pytest.fixture(scope="module")
def c(build: Callable[..., ModuleType]) -> ModuleType:
    return build(SOURCE)


def span(*numbers: float, dtype: Any = "f8") -> Span:
    return Span(np.array(numbers, dtype))


def test_a_span_is_an_array_on_every_way(c: ModuleType) -> None:
    x = span(1, 2, 3)
    assert c.sum(x) == c.sum(x=x) == c.sum_apart(x) == c.view_sum(x) == c.total(x) == 6
    assert c.total(span(5, dtype="f4")) == 5
    assert c.sum2(Span(np.ones((2, 3)))) == 6
    assert c.row_sum(Span(np.ones((2, 3)))) == 3
    assert c.view_sum(Span(np.arange(6.0))[::-2]) == 9
    assert c.bytes(Span(b"\x01ab")) == 4 and c.bytes(span(1, dtype="i1")) == 2
    assert c.dims(Span(np.zeros((2, 2), "i2"))) == 202
    assert c.second(Span(np.array([(1, 2), (3, 4.5)], "i4,f4").view([("a", "i4"), ("b", "f4")]))) == 4.5
    assert c.value(Span(np.array(2.5))) == 2.5


def test_what_is_written_is_the_spans_memory(c: ModuleType) -> None:
    x = np.array([1.0, 2])
    c.negate(Span(x))
    assert x.tolist() == [-1, -2]
    y = span(0, 0)
    assert c.scale(3, Span(x), y=y) is y and y.tolist() == [-3, -6]
    assert type(c.scale(3, Span(x))) is np.ndarray


def test_batches_take_spans(c: ModuleType) -> None:
    x = Span(np.arange(6.0).reshape(3, 2))
    assert c.sum.batch(x).tolist() == [1, 5, 9]
    assert c.value.batch(Span(np.arange(3.0))).tolist() == [0, 1, 2]
    assert c.scale.batch(Span(np.array([1.0, 2])), x[0]).tolist() == [[0, 1], [0, 2]]
    c.negate.batch(x)
    assert x.tolist() == [[0, -1], [-2, -3], [-4, -5]]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda c: c.sum(span(1, dtype="f4")), TypeError, r"sum\(\): x must be float64\[n\], got float32\[1\]"),
        (lambda c: c.sum(span(1, dtype=">f8")), TypeError, r"got >float64\[1\]"),
        (lambda c: c.sum(span(1, dtype=ml_dtypes.bfloat16)), TypeError, r"got bfloat16\[1\]"),
        (lambda c: c.sum(Span(np.zeros(1, "M8[s]"))), TypeError, r"got datetime64\[s\]\[1\]"),
        (lambda c: c.sum(Span(np.zeros((1, 1)))), TypeError, r"got float64\[1, 1\]"),
        (lambda c: c.sum(span(1, 2, 3)[::2]), ValueError, r"must be C-contiguous, got strides \(16,\)"),
        (lambda c: c.sum(Span(bytearray(9))[1:].cast("d")), ValueError, "must be aligned to 8 bytes"),
        (lambda c: c.negate(span(1).toreadonly()), ValueError, "x is read-only"),
        (lambda c: c.scale(1, span(1, 2), y=span(1)), ValueError, "n is 2 in x but 1 in y"),
        (lambda c: c.total(span(1, dtype="i2")), TypeError, r"no candidate takes \(int16\[1\]\)"),
        (lambda c: c.view_sum(span(1, dtype="f4")), TypeError, r"got float32\[1\]"),
        (lambda c: c.second(span(1)), TypeError, r"got float64\[1\]"),
        (lambda c: c.sum.batch(Span(np.array(1.0))), (TypeError, ValueError), "x"),
    ],
)
def test_what_does_not_fit_is_refused_as_an_array_is(
    c: ModuleType, call: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        call(c)


def test_overlap_is_seen_through_spans(c: ModuleType) -> None:
    x = np.arange(4.0)
    with pytest.raises(ValueError, match="x shares memory with y"):
        c.shift(Span(x)[:3], Span(x)[1:])
    with pytest.raises(ValueError, match="x shares memory with y"):
        c.shift(x[:3], Span(x)[1:])
    c.shift(Span(x)[:2], Span(x)[2:])
    assert x.tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize("name", ["sum", "sum_apart", "view_sum", "total", "negate", "dims"])
def test_a_released_span_is_refused(c: ModuleType, name: str) -> None:
    x = span(1)
    x.release()
    with pytest.raises(ValueError, match="operation forbidden on released Span"):
        getattr(c, name)(x)


def test_what_is_borrowed_is_given_back(c: ModuleType) -> None:
    for call in (c.sum, c.sum_apart, c.view_sum, c.dims, c.sum.batch, lambda x: c.scale(1, x, y=x)):
        x = span(1, 2)
        call(x)
        x.release()
    x = span(1, 2)
    with pytest.raises(TypeError):
        c.scale("a", x)
    x.release()


def test_a_span_is_not_released_while_c_reads_it_without_the_gil(c: ModuleType) -> None:
    x = span(1, 2, 3)
    refused = []
    thread = threading.Thread(target=lambda: refused.append(c.sum_apart(x)))
    thread.start()
    released = 0
    while thread.is_alive():
        try:
            x.release()
            released += 1
            break
        except BufferError as error:
            assert "1 exported buffer" in str(error)
    thread.join()
    assert refused == [6] if not released else True
