# SPDX-License-Identifier: BSD-3-Clause
"""f.batch: the function at every point of the leading axes."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tenon

SOURCE = """
#include <tenon/tenon.h>
#include <stdbool.h>
#include <time.h>

/** @param[out] c product */
void cross(const double a[3], const double b[3], double c[3])
{
    double r[3] = {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
    for (int k = 0; k < 3; k++)
        c[k] = r[k];
}

double dot(size_t n, const double x[n], const double y[n])
{
    double total = 0;
    for (size_t i = 0; i < n; i++)
        total += x[i] * y[i];
    return total;
}

void shift(size_t n, double by, double x[n])
{
    for (size_t i = 0; i < n; i++)
        x[i] += by;
}

/** @param[out] y 1 / x
 *  @throws 1 division by zero */
int invert(double x, double *y) { if (x == 0) return 1; *y = 1 / x; return 0; }

/** @throws 7 negative
 *  @threadsafe */
int root(size_t n, double x[n])
{
    for (size_t i = 0; i < n; i++)
        if (x[i] < 0)
            return 7;
    return 0;
}

double add(double a, double b) { return a + b; }
long power(long base, unsigned exponent) { long r = 1; while (exponent--) r *= base; return r; }
bool both(bool a, bool b) { return a && b; }

typedef struct { int32_t a; double b; } pair;
/** @param[out] q twice */
void twice(const pair *p, pair *q) { q->a = 2 * p->a; q->b = 2 * p->b; }
double total(size_t n, const pair p[n]) { double t = 0; for (size_t i = 0; i < n; i++) t += p[i].a + p[i].b; return t; }
pair make(int a, double b) { return (pair){a, b}; }

/** @param[in,out] t [] counter
 *  @param k [] step */
void advance(double *t, const int *k) { *t += *k; }

/** @param[out] x numbers */
void linspace(size_t n, double lo, double hi, double x[n])
{
    for (size_t i = 0; i < n; i++)
        x[i] = lo + (hi - lo) * (double)i / (double)(n - 1);
}

/** @param w [n] or NULL */
double weighted(size_t n, const double x[n], const double *w)
{
    double t = 0;
    for (size_t i = 0; i < n; i++)
        t += x[i] * (w ? w[i] : 1);
    return t;
}

double view_sum(tn_const_f64_2 x)
{
    double t = 0;
    for (ptrdiff_t i = 0; i < x.shape[0]; i++)
        for (ptrdiff_t j = 0; j < x.shape[1]; j++)
            t += TN_AT(x, i, j);
    return t;
}

/** @param[out] y differences */
void diff(size_t n, const double x[n], double y[n - 1])
{
    for (size_t i = 0; i + 1 < n; i++)
        y[i] = x[i + 1] - x[i];
}

/** @param[out] y copy */
void copy(size_t n, const double x[n], double y[restrict n])
{
    for (size_t i = 0; i < n; i++)
        y[i] = x[i];
}

size_t length(const char *s) { return s != 0; }
int span_ndim(const tn_span x) { return x.ndim; }

static void spin(double seconds)
{
    struct timespec a, b;
    timespec_get(&a, TIME_UTC);
    do
        timespec_get(&b, TIME_UTC);
    while ((double)(b.tv_sec - a.tv_sec) + 1e-9 * (double)(b.tv_nsec - a.tv_nsec) < seconds);
}

void wait(double seconds) { if (seconds > 0) spin(seconds); }
/** @threadsafe */
void wait_free(double seconds) { if (seconds > 0) spin(seconds); }
void wait_row(const double seconds[1]) { wait(seconds[0]); }
/** @threadsafe */
void wait_row_free(const double seconds[1]) { wait(seconds[0]); }

static int64_t points;
void count(const uint8_t x[1]) { (void)x; points++; }
int64_t counted(void) { return points; }

double mean_f32(size_t n, const float x[n])
{
    double t = 0;
    for (size_t i = 0; i < n; i++)
        t += (double)x[i];
    return t / (double)n;
}

double mean_f64(size_t n, const double x[n])
{
    double t = 0;
    for (size_t i = 0; i < n; i++)
        t += x[i];
    return t / (double)n;
}

TN_OVERLOAD(mean, mean_f32, mean_f64);
"""


@pytest.fixture(scope="module")
def c(build: Callable[[str], ModuleType]) -> ModuleType:
    return build(SOURCE)


RANDOM = np.random.default_rng(1)


# --- shapes -----------------------------------------------------------------------------------------------------------

SHAPES = [
    ((), ()),
    ((5,), ()),
    ((), (5,)),
    ((5,), (5,)),
    ((2, 5), (5,)),
    ((2, 1), (1, 5)),
    ((1, 1), (3, 4)),
    ((0,), ()),
    ((2, 0), (1,)),
    ((3, 1, 2), (4, 1)),
]


@pytest.mark.parametrize(("one", "other"), SHAPES)
def test_leading_axes_broadcast_as_numpys_do(c: ModuleType, one: Any, other: Any) -> None:
    a, b = RANDOM.random((*one, 3)), RANDOM.random((*other, 3))
    result = c.cross.batch(a, b)
    expected = np.cross(a, b)
    assert np.shape(result) == expected.shape
    assert np.allclose(result, expected)


@pytest.mark.parametrize(("one", "other"), SHAPES)
def test_values_broadcast_and_are_returned_as_an_array(c: ModuleType, one: Any, other: Any) -> None:
    a, b = RANDOM.random(one), RANDOM.random(other)
    result = c.add.batch(a, b)
    assert np.shape(result) == np.broadcast_shapes(one, other)
    assert np.array_equal(result, a + b)
    assert isinstance(result, float) == (one == other == ())


def test_numbers_stay_numbers_beside_arrays(c: ModuleType) -> None:
    assert c.add.batch(np.arange(3.0), 1).tolist() == [1, 2, 3]
    assert c.add.batch(1, 2.5) == 3.5
    assert c.power.batch(np.arange(4), 2).tolist() == [0, 1, 4, 9]
    assert c.power.batch(2, np.arange(4, dtype="u4")).tolist() == [1, 2, 4, 8]
    assert c.both.batch(np.array([True, False]), True).tolist() == [True, False]
    assert c.add.batch(memoryview(np.arange(3.0)), np.float32(1)).tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda c: c.cross.batch(np.zeros((2, 3)), np.zeros((4, 3))),
            ValueError,
            "cross.batch(): loop axis 0 of b is 4, but 2 elsewhere; leading axes must broadcast",
        ),
        (
            lambda c: c.cross.batch(np.zeros((2, 4)), np.zeros(3)),
            ValueError,
            "cross(): a must be float64[..., 3], got float64[2, 4]",
        ),
        (
            lambda c: c.cross.batch(np.zeros((2, 3), "f4"), np.zeros(3)),
            TypeError,
            "cross(): a must be float64[..., 3], got float32[2, 3]",
        ),
        (
            lambda c: c.cross.batch(np.array(1.0), np.zeros(3)),
            TypeError,
            "cross(): a must be float64[..., 3], got float64 of no dimensions",
        ),
        (
            lambda c: c.cross.batch(np.zeros((2, 6))[:, ::2], np.zeros(3)),
            ValueError,
            "cross(): a must be C-contiguous in its last axes, got strides (48, 16) for shape (2, 3)",
        ),
        (lambda c: c.dot.batch(np.zeros((2, 3)), np.zeros((2, 4))), ValueError, "dot(): n is 3 in x but 4 in y"),
        (
            lambda c: c.shift.batch(np.zeros(2), np.zeros(3)),
            ValueError,
            "shift.batch(): x is written, so its leading axes must be the full loop shape (2,)",
        ),
        (
            lambda c: c.shift.batch(np.zeros((2, 2)), np.zeros((2, 1, 3))),
            ValueError,
            "shift.batch(): x is written, so its leading axes must be the full loop shape (2, 2)",
        ),
        (
            lambda c: c.cross.batch(np.zeros((2, 3)), np.zeros(3), c=np.zeros(3)),
            ValueError,
            "cross.batch(): c is written, so its leading axes must be the full loop shape (2,)",
        ),
        (
            lambda c: c.cross.batch(np.zeros(3), np.zeros(3), c=np.zeros((2, 3))),
            ValueError,
            "cross.batch(): c is written, so its leading axes must be the full loop shape ()",
        ),
        (
            lambda c: c.add.batch(np.zeros(2, "f4"), 1),
            TypeError,
            "add(): a must be float or an array of float64, got float32[2]",
        ),
        (lambda c: c.add.batch([1.0, 2.0], 1), TypeError, "add(): a must be float, got list"),
        (lambda c: c.linspace.batch(np.array([2, 3]), 0, 1), TypeError, "linspace(): n must be int, got int64[2]"),
        (lambda c: c.length.batch("abc"), TypeError, "length() has no batch(): s is text"),
        (lambda c: c.span_ndim.batch(np.zeros(3)), TypeError, "span_ndim() has no batch(): x takes any layout"),
        (lambda c: c.mean.batch(np.zeros((2, 3), int)), TypeError, "mean(): no candidate takes (int64[2, 3])"),
        (lambda c: c.diff.batch(np.zeros((2, 0))), ValueError, "diff(): n - 1 is -1, and a size must not be negative"),
    ],
)
def test_a_wrong_batch_says_what_is_wrong(c: ModuleType, call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        call(c)
    assert str(caught.value).startswith(message)


# --- what is written --------------------------------------------------------------------------------------------------


def test_what_is_written_in_place_is_written_at_every_point(c: ModuleType) -> None:
    x = np.zeros((2, 3, 4))
    c.shift.batch(np.arange(6.0).reshape(2, 3), x)
    assert np.array_equal(x, np.arange(6.0).reshape(2, 3, 1) + np.zeros(4))


def test_the_loop_may_have_any_strides(c: ModuleType) -> None:
    whole = RANDOM.random((6, 8, 3))
    for a in (
        whole[::2],
        whole[::-1],
        whole[:, ::-2],
        whole.transpose(1, 0, 2),
        np.asfortranarray(whole[..., 0])[..., None] + np.zeros(3),
    ):
        assert np.allclose(c.cross.batch(a, whole[0, 0]), np.cross(a, whole[0, 0]))
    x = np.zeros((4, 6, 3))
    c.shift.batch(1, x[::-2, 1::2])
    assert x.sum() == 18 and x[3, 1].tolist() == [1, 1, 1] and x[0].sum() == 0


def test_given_outputs_are_filled_and_returned(c: ModuleType) -> None:
    a, b = RANDOM.random((4, 3)), RANDOM.random(3)
    out = np.zeros((8, 3))[::2]
    assert c.cross.batch(a, b, c=out) is out
    assert np.allclose(out, np.cross(a, b))
    y = np.zeros((2, 2))[:, 0]
    assert c.invert.batch(np.array([1.0, 4.0]), y=y) is y
    assert y.tolist() == [1, 0.25]


def test_values_taken_and_returned_are_new_arrays(c: ModuleType) -> None:
    t = np.array([1.0, 2.0])
    assert c.advance.batch(t, 1).tolist() == [2, 3]
    assert c.advance.batch(0, np.arange(3, dtype="i4")).tolist() == [0, 1, 2]
    assert c.advance.batch(t[:, None], np.arange(3, dtype="i4")).tolist() == [[1, 2, 3], [2, 3, 4]]
    assert t.tolist() == [1, 2]
    assert c.advance.batch(1, 1) == 2.0


def test_structures_are_elements_of_a_batch(c: ModuleType) -> None:
    p = np.zeros((2, 3), c.pair)
    p["a"], p["b"] = np.arange(6).reshape(2, 3), 0.5
    assert c.total.batch(p).tolist() == [4.5, 13.5]
    q = c.twice.batch(p)
    assert q.dtype == c.pair and q["a"].tolist() == (2 * p["a"]).tolist()
    assert c.twice.batch((1, 2.0)) == (2, 4.0)
    made = c.make.batch(np.arange(3, dtype="i4"), 1.5)
    assert made.dtype == c.pair and made["a"].tolist() == [0, 1, 2] and made["b"].tolist() == [1.5] * 3


def test_sizes_that_are_arguments_are_the_same_for_all_points(c: ModuleType) -> None:
    assert c.linspace.batch(3, 0, np.array([1.0, 2.0])).tolist() == [[0, 0.5, 1], [0, 1, 2]]


def test_an_optional_array_is_none_for_all_points_or_broadcast(c: ModuleType) -> None:
    x = np.ones((2, 3))
    assert c.weighted.batch(x).tolist() == [3, 3]
    assert c.weighted.batch(x, np.array([1.0, 0, 0])).tolist() == [1, 1]


def test_views_have_any_strides_in_a_batch_too(c: ModuleType) -> None:
    x = RANDOM.random((4, 5, 6))
    for view in (x, x[:, ::-1, ::2], x.transpose(2, 1, 0), x[::2].transpose(0, 2, 1)):
        assert np.allclose(c.view_sum.batch(view), view.sum(axis=(1, 2)))


def test_expressions_of_sizes_are_the_same_for_all_points(c: ModuleType) -> None:
    x = RANDOM.random((3, 5))
    assert np.allclose(c.diff.batch(x), np.diff(x))


def test_overloads_are_chosen_by_the_element_type(c: ModuleType) -> None:
    assert c.mean.batch(np.ones((2, 3), "f4")).tolist() == c.mean.batch(np.ones((2, 3))).tolist() == [1, 1]
    assert c.mean.batch(np.ones(3)) == 1.0


def test_an_empty_loop_calls_nothing_but_checks_everything(c: ModuleType) -> None:
    assert c.cross.batch(np.zeros((0, 3)), np.zeros(3)).shape == (0, 3)
    assert c.invert.batch(np.zeros(0)).shape == (0,)
    c.shift.batch(np.zeros(0), np.zeros((0, 3)))
    with pytest.raises(TypeError):
        c.cross.batch(np.zeros((0, 3), "f4"), np.zeros(3))


def test_no_core_elements_at_every_point(c: ModuleType) -> None:
    assert c.dot.batch(np.zeros((4, 0)), np.zeros(0)).tolist() == [0] * 4


# --- overlap ----------------------------------------------------------------------------------------------------------


def test_each_point_may_work_in_place(c: ModuleType) -> None:
    a = RANDOM.random((4, 3))
    expected = np.cross(a, [1.0, 2, 3])
    assert np.allclose(c.cross.batch(a, np.array([1.0, 2, 3]), c=a), expected)


@pytest.mark.parametrize(
    ("how", "make"),
    [
        ("shifted by a point", lambda x: (x[:-1], x[1:])),
        ("an input repeated", lambda x: (x[0], x)),
        ("backwards", lambda x: (x[::-1], x)),
    ],
)
def test_one_point_must_not_write_what_another_reads(c: ModuleType, how: str, make: Any) -> None:
    a, out = make(np.zeros((4, 3)))
    with pytest.raises(ValueError, match="a shares memory with c, and cross.. writes to c"):
        c.cross.batch(a, np.zeros(out.shape), c=out)


def test_two_points_must_not_write_the_same_memory(c: ModuleType) -> None:
    x = np.lib.stride_tricks.as_strided(np.zeros(12), (4, 3), (8, 8))
    with pytest.raises(ValueError, match="several elements of x are the same memory"):
        c.shift.batch(1, x)
    with pytest.raises(ValueError, match="several elements of x are the same memory|read-only"):
        c.shift.batch(1, np.lib.stride_tricks.as_strided(np.zeros(3), (4, 3), (0, 8)))


def test_restrict_holds_in_a_batch(c: ModuleType) -> None:
    x = np.zeros((4, 3))
    with pytest.raises(ValueError, match="shares memory"):
        c.copy.batch(x, y=x)
    columns = np.arange(24.0).reshape(4, 6)
    c.copy.batch(columns[:, :3], y=columns[:, 3:])
    assert np.array_equal(columns[:, :3], columns[:, 3:])


# --- errors -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("point", [(0, 0), (0, 1), (1, 2), (3, 4)])
def test_an_error_code_names_the_point_and_the_points_before_it_have_run(c: ModuleType, point: tuple[int, int]) -> None:
    x = np.ones((4, 5))
    x[point] = 0
    y = np.full((4, 5), -1.0)
    with pytest.raises(tenon.CallError) as caught:
        c.invert.batch(x, y=y)
    assert (caught.value.code, caught.value.function, caught.value.point) == (1, "invert", point)
    assert str(caught.value) == f"invert(): division by zero (code 1) at point {point}"
    ran = point[0] * 5 + point[1]
    assert (y.reshape(-1)[:ran] == 1).all() and (y.reshape(-1)[ran:] == -1).all()


@pytest.mark.parametrize("order", ["C", "F", "reversed", "broadcast"])
def test_the_point_is_counted_in_the_loops_own_axes_whatever_the_layout(c: ModuleType, order: str) -> None:
    x = np.ones((3, 4, 2))
    x[2, 1, 1] = -1
    layouts = {
        "C": x,
        "F": np.asfortranarray(x[..., 0])[..., None] * x,
        "reversed": x[::-1].copy()[::-1],
        "broadcast": x,
    }
    with pytest.raises(tenon.CallError) as caught:
        c.root.batch(layouts[order])
    assert caught.value.point == (2, 1)
    assert caught.value.code == 7


def test_one_axis_of_points_is_counted_from_its_begin_however_many_there_are(c: ModuleType) -> None:
    x = np.ones((100_000, 2))
    x[76_543, 1] = -1
    with pytest.raises(tenon.CallError) as caught:
        c.root.batch(x)
    assert caught.value.point == (76_543,)


def test_a_batch_of_one_point_names_the_empty_index(c: ModuleType) -> None:
    with pytest.raises(tenon.CallError) as caught:
        c.invert.batch(0.0)
    assert caught.value.point == ()


# --- signals ----------------------------------------------------------------------------------------------------------


class Interrupted(Exception):
    pass


@pytest.fixture
def alarm() -> Any:
    """alarm(seconds): raises Interrupted in the main thread after that time."""

    def interrupt(number: int, frame: Any) -> None:
        raise Interrupted

    previous = signal.signal(signal.SIGALRM, interrupt)
    yield lambda seconds: signal.setitimer(signal.ITIMER_REAL, seconds)
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, previous)


@pytest.mark.parametrize("function", ["wait", "wait_free"])
@pytest.mark.parametrize(
    ("kind", "seconds"),
    [
        ("many points that take nothing", np.broadcast_to(0.0, (200_000, 100_000))),
        ("points of a microsecond", np.broadcast_to(1e-6, 10_000_000)),
        ("points of ten milliseconds", np.full(1000, 0.01)),
        ("points of nothing, then of a fiftieth of a millisecond", np.r_[np.zeros(3_000_000), np.full(500_000, 2e-5)]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_signal_stops_a_batch_soon(c: ModuleType, alarm: Any, function: str, kind: str, seconds: Any) -> None:
    start = time.perf_counter()
    alarm(0.2)
    with pytest.raises(Interrupted):
        getattr(c, function).batch(seconds)
    assert time.perf_counter() - start < 5, "the whole batch would take ten seconds and more"


@pytest.mark.parametrize("function", ["wait_row", "wait_row_free"])
@pytest.mark.parametrize(
    ("kind", "seconds"),
    [
        ("points of a microsecond", np.full((10_000_000, 1), 1e-6)),
        ("points of ten milliseconds", np.full((1000, 1), 0.01)),
        ("points of nothing, then of a fiftieth of a millisecond", np.r_[np.zeros(3_000_000), np.full(500_000, 2e-5)]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_signal_stops_a_batch_of_contiguous_rows_soon(
    c: ModuleType, alarm: Any, function: str, kind: str, seconds: Any
) -> None:
    start = time.perf_counter()
    alarm(0.2)
    with pytest.raises(Interrupted):
        getattr(c, function).batch(seconds.reshape(-1, 1))
    assert time.perf_counter() - start < 5, "the whole batch would take ten seconds and more"


@pytest.mark.unsanitized  # a compiler that optimises makes one addition of the loop; without, it would take years
def test_more_points_than_anybody_could_wait_for_are_run_to_the_last_one(c: ModuleType, alarm: Any) -> None:
    before = c.counted()
    alarm(30)
    c.count.batch(np.broadcast_to(np.uint8(0), (2**62, 1)))
    assert c.counted() - before == 2**62


def test_an_error_of_a_signal_handler_gives_back_what_was_borrowed(c: ModuleType, alarm: Any) -> None:
    owner = bytearray(8 * 1000)
    x = memoryview(owner).cast("d")
    np.asarray(x)[:] = 0.01
    alarm(0.05)
    with pytest.raises(Interrupted):
        c.wait.batch(x)
    x.release()
    owner.extend(b"more")


INTERRUPT = """
import signal, sys
import numpy as np
signal.signal(signal.SIGINT, signal.default_int_handler)  # it is ignored by what a shell started in the background
sys.path.insert(0, {folder!r})
import importlib.machinery, importlib.util
spec = importlib.util.spec_from_file_location({name!r}, {file!r})
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
print("ready", flush=True)
try:
    module.{function}.batch(np.full(100_000, 0.001))
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@pytest.mark.parametrize("function", ["wait", "wait_free"])
def test_ctrl_c_stops_a_batch(c: ModuleType, function: str) -> None:
    assert c.__file__ is not None
    script = INTERRUPT.format(folder=".", name=c.__name__, file=c.__file__, function=function)
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.3)
        start = time.perf_counter()
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "interrupted\n"
        assert time.perf_counter() - start < 20, "the whole batch would take a hundred seconds"
    assert process.returncode == 0


def test_a_handler_that_does_not_raise_lets_the_batch_go_on(c: ModuleType) -> None:
    seen = []
    previous = signal.signal(signal.SIGALRM, lambda number, frame: seen.append(number))
    signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
    try:
        c.wait.batch(np.full(300, 0.001))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    assert len(seen) >= 3


# --- threads ----------------------------------------------------------------------------------------------------------


def progress_during(call: Callable[[], Any]) -> int:
    """How often another thread gets its turn while `call` runs."""
    done, turns = threading.Event(), [0]

    def count() -> None:
        while not done.is_set():
            turns[0] += 1
            time.sleep(0.001)

    thread = threading.Thread(target=count)
    thread.start()
    before = turns[0]
    call()
    after = turns[0]
    done.set()
    thread.join()
    return after - before


def test_a_threadsafe_function_lets_other_threads_run(c: ModuleType) -> None:
    assert progress_during(lambda: c.wait_free(0.3)) > 20
    assert progress_during(lambda: c.wait(0.3)) < 5
    assert progress_during(lambda: c.wait_free.batch(np.full(100, 0.003))) > 20


# --- against NumPy ----------------------------------------------------------------------------------------------------


def layouts(shape: tuple[int, ...], draw: Any) -> Any:
    """An array of this shape and core (3,), in a random layout."""
    base = RANDOM.random((*shape, 3))
    order = draw(st.permutations(range(len(shape))))
    stored = np.ascontiguousarray(base.transpose(*order, len(shape)))
    array = stored.transpose(*np.argsort(order), len(shape)) if shape else stored
    for axis in range(len(shape)):
        step = draw(st.sampled_from([1, -1]))
        array = np.flip(array, axis) if step < 0 else array
    return array


@st.composite
def operands(draw: Any) -> tuple[Any, Any]:
    shape = draw(st.lists(st.integers(0, 4), max_size=4))
    pair = []
    for _ in range(2):
        own = [1 if draw(st.booleans()) else extent for extent in shape]
        pair.append(layouts(tuple(own[draw(st.integers(0, len(own))) :]), draw))
    return pair[0], pair[1]


@given(operands())
def test_a_batch_is_what_numpy_computes(c: ModuleType, pair: tuple[Any, Any]) -> None:
    a, b = pair
    assert np.allclose(c.cross.batch(a, b), np.cross(a, b))
    assert np.allclose(c.dot.batch(a, b), (a * b).sum(-1))
    assert np.shape(c.dot.batch(a, b)) == np.broadcast_shapes(a.shape[:-1], b.shape[:-1])


@given(st.lists(st.integers(1, 4), max_size=3), st.lists(st.integers(1, 4), max_size=3))
def test_shapes_that_numpy_cannot_broadcast_are_refused(c: ModuleType, one: list[int], other: list[int]) -> None:
    a, b = np.zeros((*one, 3)), np.zeros((*other, 3))
    try:
        expected = np.broadcast_shapes(tuple(one), tuple(other))
    except ValueError:
        with pytest.raises(ValueError, match="leading axes must broadcast"):
            c.cross.batch(a, b)
    else:
        assert c.cross.batch(a, b).shape == (*expected, 3)


class Derived(np.ndarray):
    """What the planned way does not take."""


# (where it starts, how many points or None, elements of a point, forwards or backwards)
WINDOWS = st.tuples(
    st.integers(0, 12),
    st.sampled_from([None, 0, 1, 2, 3, 4]),
    st.sampled_from([3, 3, 3, 3, 3, 2]),
    st.sampled_from([1, 1, 1, 1, 1, -1]),
)


def window(memory: Any, where: tuple[int, int | None, int, int]) -> Any:
    start, points, extent, step = where
    shape = (extent,) if points is None else (points, extent)
    return memory[start : start + int(np.prod(shape))].reshape(shape)[::step]


@settings(max_examples=500)
@given(st.sampled_from(["cross", "cross", "copy", "root"]), WINDOWS, WINDOWS, st.none() | WINDOWS)
def test_plain_arrays_are_taken_and_refused_as_any_others(
    c: ModuleType, name: str, first: Any, second: Any, output: Any
) -> None:
    told = []
    for kind in (np.ndarray, Derived):
        memory = np.arange(30.0) - 5
        arrays = [window(memory, where).view(kind) for where in (first, second)][: 2 if name == "cross" else 1]
        outputs = {"cross": "c", "copy": "y"}
        given = {outputs[name]: window(memory, output).view(kind)} if output and name in outputs else {}
        try:
            result = getattr(c, name).batch(*arrays, **given)
            said = None if result is None else result.tolist()
        except (ValueError, tenon.CallError) as error:
            said = f"{error!r} {getattr(error, 'point', None)}"
        told.append((said, memory.tolist()))
    assert told[0] == told[1]
