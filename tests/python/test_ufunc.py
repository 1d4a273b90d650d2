# SPDX-License-Identifier: BSD-3-Clause
"""f.ufunc: a real numpy.ufunc over the same loop."""

import gc
import pickle
import threading
import weakref
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import tenon

SOURCE = """
#include <tenon/tenon.h>

double add(double a, double b) { return a + b; }

/** @param[out] c product */
void cross(const double a[3], const double b[3], double c[3])
{
    c[0] = a[1] * b[2] - a[2] * b[1];
    c[1] = a[2] * b[0] - a[0] * b[2];
    c[2] = a[0] * b[1] - a[1] * b[0];
}

double dot(size_t n, const double x[n], const double y[n])
{
    double total = 0;
    for (size_t i = 0; i < n; i++)
        total += x[i] * y[i];
    return total;
}

/** @param[out] c product */
void matmul(size_t m, size_t k, size_t n, const double a[m][k], const double b[k][n], double c[m][n])
{
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) {
            c[i][j] = 0;
            for (size_t l = 0; l < k; l++)
                c[i][j] += a[i][l] * b[l][j];
        }
}

/** @param[out] low smallest
 *  @param[out] high largest */
long extremes(size_t n, const double x[n], double *low, double *high)
{
    *low = *high = n ? x[0] : 0;
    for (size_t i = 0; i < n; i++) {
        *low = x[i] < *low ? x[i] : *low;
        *high = x[i] > *high ? x[i] : *high;
    }
    return (long)n;
}

/** @param[out] y 1 / x
 *  @throws 4 division by zero */
int invert(double x, double *y) { if (x == 0) return 4; *y = 1 / x; return 0; }

/** @param[out] y 1 / x
 *  @throws 4 division by zero
 *  @threadsafe */
int invert_free(double x, double *y) { if (x == 0) return 4; *y = 1 / x; return 0; }

/** @param[out] y smoothed
 *  @threadsafe */
void smooth(size_t n, const double x[n], double y[n])
{
    for (size_t i = 0; i < n; i++)
        y[i] = (x[i ? i - 1 : 0] + x[i] + x[i + 1 < n ? i + 1 : i]) / 3;
}

float half(float x) { return x / 2; }
int8_t small(int8_t x) { return x; }
double _Complex conjugate(double _Complex z) { return __builtin_conj(z); }
double view_sum(tn_const_f64_2 x)
{
    double total = 0;
    for (ptrdiff_t i = 0; i < x.shape[0]; i++)
        for (ptrdiff_t j = 0; j < x.shape[1]; j++)
            total += TN_AT(x, i, j);
    return total;
}
double last(size_t n, const double x[static n], const double w[n]) { return n ? x[n - 1] * w[n - 1] : 0; }
double sum8(int8_t n, const double x[n]) { double t = 0; for (int i = 0; i < n; i++) t += x[i]; return t; }

/* What has no ufunc. */
void shift(size_t n, double by, double x[n]) { for (size_t i = 0; i < n; i++) x[i] += by; }
/** @param[out] x numbers */
void fill(size_t n, double value, double x[n]) { for (size_t i = 0; i < n; i++) x[i] = value; }
/** @param[out] y differences */
void diff(size_t n, const double x[n], double y[n - 1]) { for (size_t i = 0; i + 1 < n; i++) y[i] = x[i + 1] - x[i]; }
void nothing(double x) { (void)x; }
size_t length(const char *s) { return s[0] != 0; }
const char *name(int k) { return k ? "one" : "none"; }
int ndim(const tn_span x) { return x.ndim; }
double constant(void) { return 1; }
typedef struct { double a, b; } pair;
double weight(const pair *p) { return p->a; }
pair make(double a) { return (pair){a, a}; }
/** @param[in,out] t [] counter */
void advance(double *t) { *t += 1; }
"""


@pytest.fixture(scope="module")
def c(build: Callable[[str], ModuleType]) -> ModuleType:
    return build(SOURCE)


RANDOM = np.random.default_rng(2)


def test_it_is_a_numpy_ufunc_made_once(c: ModuleType) -> None:
    ufunc = c.cross.ufunc
    assert type(ufunc) is np.ufunc
    assert ufunc is c.cross.ufunc
    assert (ufunc.__name__, ufunc.signature, ufunc.nin, ufunc.nout) == ("cross.ufunc", "(3),(3)->(3)", 2, 1)
    assert c.add.ufunc.signature in (None, "(),()->()")


def test_it_is_pickled_by_name(c: ModuleType) -> None:
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(c.dot.ufunc, protocol)) is c.dot.ufunc


def test_it_broadcasts(c: ModuleType) -> None:
    a, b = RANDOM.random((4, 1, 3)), RANDOM.random((5, 3))
    assert np.allclose(c.cross.ufunc(a, b), np.cross(a, b))
    assert np.allclose(c.dot.ufunc(a, b), (a * b).sum(-1))
    assert np.allclose(c.matmul.ufunc(RANDOM.random((2, 3, 4)) * 0 + 1, np.ones((4, 5))), 4)
    assert c.add.ufunc(1, 2) == 3.0


def test_out_where_and_axes_work(c: ModuleType) -> None:
    x, out = np.arange(4.0), np.full(4, -1.0)
    assert c.add.ufunc(x, 1, out=out) is out
    assert out.tolist() == [1, 2, 3, 4]
    if c.add.ufunc.signature is None:
        c.add.ufunc(x, 10, out=out, where=[True, False, True, False])
        assert out.tolist() == [10, 2, 12, 4]
    a, b = RANDOM.random((3, 6)), RANDOM.random(3)
    assert np.allclose(c.cross.ufunc(a, b, axes=[0, 0, 0]), np.cross(a.T, b).T)
    assert np.allclose(c.dot.ufunc(a, b, axes=[0, 0]), a.T @ b)


@pytest.mark.parametrize("layout", ["C", "F", "reversed", "strided", "transposed"])
def test_core_axes_of_any_layout_are_gathered_and_scattered(c: ModuleType, layout: str) -> None:
    a = RANDOM.random((4, 6, 8))
    make = {
        "C": lambda x: x,
        "F": np.asfortranarray,
        "reversed": lambda x: x[..., ::-1, ::-1],
        "strided": lambda x: x[..., ::2, ::2],
        "transposed": lambda x: x.transpose(2, 1, 0),
    }[layout]
    x = make(a)
    y = make(a.copy()).swapaxes(-1, -2)
    assert np.allclose(c.matmul.ufunc(x, y), x @ y)
    assert np.allclose(c.view_sum.ufunc(x), x.sum((-1, -2)))
    out = np.zeros((x.shape[0], x.shape[1], x.shape[1])).swapaxes(-1, -2)
    assert c.matmul.ufunc(x, y, out=out) is out
    assert np.allclose(out, x @ y)
    smooth = c.smooth.ufunc(x)
    assert np.allclose(smooth, c.smooth.batch(np.ascontiguousarray(x)))


def test_several_outputs_are_a_tuple(c: ModuleType) -> None:
    count, low, high = c.extremes.ufunc(RANDOM.random((5, 7)))
    assert count.tolist() == [7] * 5 and (low <= high).all()


def test_inputs_are_cast_as_casting_allows(c: ModuleType) -> None:
    assert c.add.ufunc(np.arange(3), np.float32(1)).tolist() == [1, 2, 3]
    assert c.add.ufunc([1, 2], [[3], [4]]).tolist() == [[4, 5], [5, 6]]
    assert c.half.ufunc(np.arange(3, dtype="f4")).dtype == np.float32
    assert c.conjugate.ufunc(np.array([1 + 2j])).tolist() == [1 - 2j]
    assert c.conjugate.ufunc([1.0]).tolist() == [1 + 0j]
    with pytest.raises(TypeError, match="Cannot cast"):
        c.add.ufunc(np.array([1j]), 1)
    with pytest.raises(TypeError, match="Cannot cast"):
        c.small.ufunc(np.array([1.5]))
    assert c.half.ufunc(np.arange(3.0), casting="same_kind").dtype == np.float32
    assert c.small.ufunc(np.array([10]), casting="unsafe").tolist() == [10]
    assert c.add.ufunc(np.arange(3.0).astype(">f8"), np.arange(3.0).astype("<f8")).tolist() == [0, 2, 4]


def test_misaligned_and_overlapping_arrays_are_numpys_to_handle(c: ModuleType) -> None:
    x = np.zeros(8 * 30 + 1, "u1")[1:].view("f8").reshape(10, 3)
    x[:] = RANDOM.random((10, 3))
    assert np.allclose(c.cross.ufunc(x, [1.0, 2, 3]), np.cross(x, [1.0, 2, 3]))
    y = RANDOM.random((6, 3))
    expected = np.cross(y[:-1], y[1:])
    c.cross.ufunc(y[:-1], y[1:], out=y[1:])
    assert np.allclose(y[1:], expected)


@pytest.mark.parametrize("function", ["invert", "invert_free"])
def test_an_error_code_is_a_call_error(c: ModuleType, function: str) -> None:
    for x in (np.array([1.0, 0.0]), np.zeros((3, 3)), 0.0):
        with pytest.raises(tenon.CallError, match=f"^{function}\\(\\): division by zero \\(code 4\\)") as caught:
            getattr(c, function).ufunc(x)
        assert (caught.value.code, caught.value.function, caught.value.point) == (4, function, None)
    assert getattr(c, function).ufunc(np.array([1.0, 2.0])).tolist() == [1, 0.5]


def test_sizes_that_disagree_are_errors(c: ModuleType) -> None:
    with pytest.raises(ValueError, match="mismatch in its core dimension"):
        c.dot.ufunc(np.zeros(3), np.zeros(4))
    with pytest.raises(ValueError, match="core dimension"):
        c.cross.ufunc(np.zeros(4), np.zeros(4))
    assert c.last.ufunc(np.arange(5.0), np.ones(3)) == 2
    with pytest.raises(ValueError, match=r"last\(\): axis 0 of x must be"):
        c.last.ufunc(np.arange(2.0), np.ones(3))
    with pytest.raises(OverflowError, match=r"sum8\(\): n is 200, but its C type holds 0 to 127"):
        c.sum8.ufunc(np.zeros(200))


def test_empty_arrays_are_legal(c: ModuleType) -> None:
    assert c.cross.ufunc(np.zeros((0, 3)), np.zeros(3)).shape == (0, 3)
    assert c.dot.ufunc(np.zeros((4, 0)), np.zeros(0)).tolist() == [0] * 4
    assert c.matmul.ufunc(np.zeros((2, 0)), np.zeros((0, 3))).tolist() == [[0] * 3] * 2


WITHOUT = [
    ("shift", "shift() has no ufunc: x is modified in place"),
    ("advance", "advance() has no ufunc: t is modified in place"),
    ("fill", "fill() has no ufunc: n is a size that must be passed, which a ufunc cannot take"),
    ("diff", "diff() has no ufunc: y has an extent that NumPy cannot work out from the inputs"),
    ("nothing", "nothing() has no ufunc: it returns nothing"),
    ("length", "length() has no ufunc: s is text"),
    ("name", "name() has no ufunc: it returns text"),
    ("ndim", "ndim() has no ufunc: x takes any layout"),
    ("constant", "constant() has no ufunc: it takes no arrays or values"),
    ("weight", "weight() has no ufunc: p has structured elements"),
    ("make", "make() has no ufunc: return has structured elements"),
]


@pytest.mark.parametrize(("name", "message"), WITHOUT, ids=[row[0] for row in WITHOUT])
def test_a_function_without_a_ufunc_says_why(c: ModuleType, name: str, message: str) -> None:
    with pytest.raises(TypeError) as caught:
        getattr(c, name).ufunc
    assert str(caught.value) == message


@pytest.mark.parametrize("function", ["smooth", "dot"])
def test_threads_may_run_it_at_once(c: ModuleType, function: str) -> None:
    x = RANDOM.random((200, 50))
    call = (
        (lambda: c.smooth.ufunc(x[:, ::2])) if function == "smooth" else (lambda: c.dot.ufunc(x[:, ::2], x[::-1, 1::2]))
    )
    expected = call()
    problems: list[Any] = []

    def work() -> None:
        try:
            for _ in range(50):
                assert np.array_equal(call(), expected)
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []


def test_a_ufunc_outlives_its_module(build: Callable[[str], ModuleType]) -> None:
    module = build("double outlives(double x) { return x + 1; }")
    ufunc = module.outlives.ufunc
    del module
    gc.collect()
    assert ufunc(np.arange(3.0)).tolist() == [1, 2, 3]


def test_a_function_and_its_ufunc_are_collected_together(build: Callable[[str], ModuleType]) -> None:
    module = build("double collected(double x) { return x + 2; }")
    assert module.collected.ufunc(1.0) == 3
    function = weakref.ref(module.collected)
    del module.collected
    gc.collect()
    assert function() is None
