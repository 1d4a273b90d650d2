# SPDX-License-Identifier: BSD-3-Clause
"""Bound functions behave as functions, modules as modules: names, docs, signatures, pickles, methods, memory."""

import copy
import gc
import inspect
import pickle
import pydoc
import sys
import threading
import types
import weakref
from array import array
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tenon

SOURCE = """
#include <tenon/tenon.h>

/** Scale a vector.
 *
 * Every element is multiplied.
 * @param a factor
 * @param x vector
 * @param[out] y a times x */
void scale(size_t n, double a, const double x[n], double y[n])
{
    for (size_t i = 0; i < n; i++)
        y[i] = a * x[i];
}

double norm(size_t n, const double x[n])
{
    double total = 0;
    for (size_t i = 0; i < n; i++)
        total += x[i] * x[i];
    return total;
}

/** @param w [n] or NULL weights
 *  @param[out] low smallest
 *  @param[out] high largest */
long extremes(size_t n, const double x[n], const double *w, double *low, double *high)
{
    (void)w;
    *low = *high = n ? x[0] : 0;
    return (long)n;
}

double two(double, double);
double two(double first, double second) { return first - second; }
double lambda(double in, double is) { return in + is; }

float sum_f32(size_t n, const float x[n]) { float t = 0; for (size_t i = 0; i < n; i++) t += x[i]; return t; }
double sum_f64(size_t n, const double x[n]) { double t = 0; for (size_t i = 0; i < n; i++) t += x[i]; return t; }
double sum_scalar(double x) { return x; }
long sum_int(long x) { return -x; }
TN_OVERLOAD(sum, sum_f32, sum_f64, sum_int, sum_scalar);
TN_OVERLOAD(any_sum, sum_f64, sum_f32);

typedef struct { int32_t a; float b; } pair;
double weigh(size_t n, const pair p[n])
{
    double t = 0;
    for (size_t i = 0; i < n; i++)
        t += p[i].a + (double)p[i].b;
    return t;
}

double table[4] = {1, 2, 3, 4};
const int32_t squares[2][3] = {{0, 1, 4}, {9, 16, 25}};
pair pairs[2] = {{1, 2}, {3, 4}};
double table_sum(void) { return table[0] + table[1] + table[2] + table[3]; }
void table_set(int k, double value) { table[k & 3] = value; }

enum colour { RED = 1, GREEN = 2, BLUE = -3 };
#define LIMIT 10
#define RATIO 0.25
#define NAME "tenon"
#define MASK 0xffffffffffffffffULL

/** @throws 3 did not converge
 *  @throws -1 bad input */
int solve(int outcome) { return outcome; }
tn_status check(int outcome) { return (tn_status)outcome; }
/** @param[out] y result
 *  @throws 1 failed */
int fill(size_t n, const double x[n], double y[n]) { for (size_t i = 0; i < n; i++) y[i] = x[i]; return n == 3; }
"""


@pytest.fixture(scope="module")
def c(build: Callable[[str], types.ModuleType]) -> types.ModuleType:
    return build(SOURCE)


X = np.array([1.0, 2.0, 3.0])


# --- functions --------------------------------------------------------------------------------------------------------

SIGNATURES = [
    ("scale", "(a: float, x: float64[n], *, y: float64[n] = None) -> float64[n]"),
    ("norm", "(x: float64[n]) -> float"),
    ("extremes", "(x: float64[n], w: float64[n] | None = None, *, low: float = None, high: float = None)"
     " -> tuple[int, float, float]"),
    ("table_sum", "() -> float"),
    ("table_set", "(k: int, value: float) -> None"),
    ("weigh", "(p: pair[n]) -> float"),
    ("solve", "(outcome: int) -> None"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "expected"), SIGNATURES, ids=[row[0] for row in SIGNATURES])
def test_the_signature_is_the_prototypes(c: types.ModuleType, name: str, expected: str) -> None:
    assert str(inspect.signature(getattr(c, name))) == expected


def test_keywords_of_python_get_an_underscore(c: types.ModuleType) -> None:
    function = c.lambda_
    assert str(inspect.signature(function)) == "(in_: float, is_: float) -> float"
    assert function(in_=1, is_=2) == 3


def test_a_function_has_a_name_a_module_and_documentation(c: types.ModuleType) -> None:
    assert (c.scale.__name__, c.scale.__qualname__, c.scale.__module__) == ("scale", "scale", c.__name__)
    assert c.scale.__doc__.startswith("Scale a vector.")
    assert "@param" not in c.scale.__doc__
    assert ".c:" in c.scale.source
    assert repr(c.norm) == f"<function {c.__name__}.norm(x: float64[n]) -> float>"
    assert callable(c.scale) and isinstance(c.scale, tenon.Function)


def test_help_shows_the_signature_and_the_comment(c: types.ModuleType) -> None:
    text = pydoc.render_doc(c.scale, renderer=pydoc.plaintext)
    assert "scale(a: float, x: float64[n], *, y: float64[n] = None) -> float64[n]" in text
    assert "Every element is multiplied." in text
    whole = pydoc.render_doc(c, renderer=pydoc.plaintext)
    assert "scale(" in whole and "LIMIT = 10" in whole


def test_functions_are_pickled_and_copied_by_name(c: types.ModuleType) -> None:
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(c.scale, protocol)) is c.scale
        assert pickle.loads(pickle.dumps(c.sum, protocol)) is c.sum
    assert copy.copy(c.scale) is c.scale and copy.deepcopy(c.scale) is c.scale


def test_functions_in_a_class_are_methods(c: types.ModuleType) -> None:
    class Vector(np.ndarray):
        norm = c.norm
        total = c.sum

    vector = X.view(Vector)
    assert vector.norm() == 14
    assert vector.total() == 6
    assert Vector.norm(X) == 14
    with pytest.raises(TypeError, match=r"norm\(\) takes 1 argument"):
        vector.norm(X)


def test_functions_can_be_referenced_weakly_hashed_and_compared(c: types.ModuleType) -> None:
    assert weakref.ref(c.norm)() is c.norm
    assert weakref.ref(c.sum)() is c.sum
    assert len({c.norm, c.norm, c.scale, c.sum}) == 3


def test_nothing_about_a_function_can_be_set_by_mistake(c: types.ModuleType) -> None:
    for name in ("__name__", "__doc__", "ufunc", "signature", "anything"):
        with pytest.raises((AttributeError, TypeError)):
            setattr(c.norm, name, 1)
    with pytest.raises(TypeError):
        tenon.Function()
    with pytest.raises(TypeError):
        type("Sub", (tenon.Function,), {})


def test_modules_and_their_functions_are_collected(tmp_path: Any) -> None:
    path = tmp_path / "fleeting.c"
    path.write_text(
        "double fleeting_table[3];\ntypedef struct { int a; } rec;\ndouble one(const rec *r) { return r->a; }\n"
    )
    module = tenon.build(path)
    sys.modules.pop("fleeting")
    function, table = weakref.ref(module.one), module.fleeting_table
    assert module.one((1,)) == 1 and module.rec.itemsize == 4
    module = weakref.ref(module)
    gc.collect()
    assert function() is None and module() is None
    table[0] = 1  # static memory is there as long as the process
    assert table.tolist() == [1, 0, 0]


# --- overloads --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        (X, 6.0),
        (X.astype("f4"), 6.0),
        (array("f", [1, 2]), 3.0),
        (memoryview(X), 6.0),
        (2, -2),
        (2.5, 2.5),
        (True, -1),
        (np.float64(2.5), 2.5),
        (np.int64(2), -2),
        (np.array(2.5), 2.5),
        (np.zeros(0), 0.0),
    ],
    ids=repr,
)
def test_the_first_candidate_that_fits_is_called(c: types.ModuleType, argument: Any, expected: Any) -> None:
    assert c.sum(argument) == expected


def test_sizes_order_and_writability_never_decide(c: types.ModuleType) -> None:
    with pytest.raises(ValueError, match=r"sum_f64\(\): x must be C-contiguous"):
        c.any_sum(X[::2])
    frozen = X.copy()
    frozen.setflags(write=False)
    assert c.any_sum(frozen) == 6


def test_an_overload_lists_its_candidates(c: types.ModuleType) -> None:
    assert c.sum.candidates == (c.sum_f32, c.sum_f64, c.sum_int, c.sum_scalar)
    assert isinstance(c.sum, tenon.Overloads) and c.sum.__name__ == "sum"
    assert "sum_f64(x: float64[n]) -> float" in c.sum.__doc__
    assert "sum" in repr(c.sum)


# --- modules ----------------------------------------------------------------------------------------------------------


def test_static_memory_is_a_view_that_c_and_python_share(c: types.ModuleType) -> None:
    assert c.table.tolist() == [1, 2, 3, 4]
    c.table[0] = 10
    assert c.table_sum() == 19
    c.table_set(1, 20)
    assert c.table[1] == 20
    c.table[:] = 1, 2, 3, 4
    assert c.table is c.table


def test_const_memory_is_read_only(c: types.ModuleType) -> None:
    assert c.squares.tolist() == [[0, 1, 4], [9, 16, 25]] and c.squares.dtype == np.int32
    with pytest.raises(ValueError, match="read-only"):
        c.squares[0, 0] = 1
    with pytest.raises(ValueError):
        c.squares.setflags(write=True)


def test_structures_are_dtypes_of_the_module(c: types.ModuleType) -> None:
    assert c.pair == np.dtype([("a", "i4"), ("b", "f4")], align=True)
    assert c.pairs.dtype == c.pair and c.pairs["a"].tolist() == [1, 3]
    assert c.weigh(c.pairs) == 10
    assert c.weigh(np.zeros(0, c.pair)) == 0


def test_enumerators_and_macros_are_constants(c: types.ModuleType) -> None:
    assert (c.RED, c.GREEN, c.BLUE, c.LIMIT, c.RATIO, c.NAME) == (1, 2, -3, 10, 0.25, "tenon")
    assert c.MASK == 2**64 - 1


def test_dir_and_all_know_everything(c: types.ModuleType) -> None:
    names = {"scale", "sum", "table", "pair", "RED", "LIMIT"}
    assert names <= set(dir(c)) and names <= set(c.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'tabel'"):
        c.tabel


# --- error codes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (3, "solve(): did not converge (code 3)"),
        (-1, "solve(): bad input (code -1)"),
        (9, "solve(): failed with code 9"),
    ],
)
def test_an_error_code_is_a_call_error(c: types.ModuleType, code: int, message: str) -> None:
    with pytest.raises(tenon.CallError) as caught:
        c.solve(code)
    error = caught.value
    assert (str(error), error.code, error.function, error.point) == (message, code, "solve", None)
    assert isinstance(error, RuntimeError)


def test_success_is_not_returned(c: types.ModuleType) -> None:
    assert c.solve(0) is None
    assert c.check(0) is None
    assert c.fill(np.zeros(2)).tolist() == [0, 0]


STATUSES = [
    (1, MemoryError, "out of memory"),
    (2, TypeError, "wrong kind of object"),
    (3, ValueError, "extent, order"),
    (4, OverflowError, "integer out of range"),
    (5, BufferError, "memory is in use by a view"),
    (8, tenon.CallError, "a Python exception is set"),  # which C cannot have done
    (9, tenon.CallError, "failed with code 9"),
]


@pytest.mark.parametrize(("status", "error", "text"), STATUSES, ids=[str(row[0]) for row in STATUSES])
def test_a_status_raises_the_exception_that_status_h_gives_it(
    c: types.ModuleType, status: int, error: type[BaseException], text: str
) -> None:
    assert c.check(0) is None
    with pytest.raises(error, match=rf"^check\(\): {text}") as caught:
        c.check(status)
    assert type(caught.value) is error
    assert (caught.value.code, caught.value.function, caught.value.point) == (status, "check", None)


# --- coerce -----------------------------------------------------------------------------------------------------------


def test_coerce_converts_what_is_only_read(c: types.ModuleType) -> None:
    for x in (
        [1, 2, 3],
        (1, 2, 3),
        range(1, 4),
        X[::-1],
        X.astype("f4"),
        X.astype(">f8"),
        X.astype(int),
        np.asfortranarray(X),
    ):
        assert c.norm.coerce(x) == 14
    assert c.scale.coerce(2, [1, 2]).tolist() == [2, 4]
    assert c.scale.coerce(2, x=[1, 2]).tolist() == [2, 4]
    assert c.norm.coerce([]) == 0
    misaligned = np.zeros(25, "u1")[1:].view("f8")
    assert c.norm.coerce(misaligned) == 0


class Dlpack:
    """An array that speaks DLPack, and nothing else."""

    def __init__(self, owner: np.ndarray[Any, Any]) -> None:
        self.owner = owner

    def __dlpack__(self, **options: Any) -> Any:
        return self.owner.__dlpack__(**options)

    def __dlpack_device__(self) -> Any:
        return self.owner.__dlpack_device__()


def test_coerce_takes_what_a_call_takes(c: types.ModuleType) -> None:
    for x in (memoryview(X), array("d", X), tenon.Span(X), Dlpack(X)):
        assert c.norm(x) == c.norm.coerce(x) == c.norm.coerce(x=x) == 14
    assert c.norm.coerce(Dlpack(X.astype("f4"))) == 14


@pytest.mark.filterwarnings("error")
def test_what_coerce_is_given_without_elements_is_of_any_type(c: types.ModuleType) -> None:
    assert c.norm.coerce([]) == c.norm.coerce(memoryview(np.zeros(0, complex))) == 0


def test_coerce_does_not_copy_what_fits(c: types.ModuleType) -> None:
    y = np.zeros(3)
    assert c.scale.coerce(2, X, y=y) is y


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda c: c.norm.coerce([1j]), "norm.coerce(): x is complex128, and float64 is another kind"),
        (lambda c: c.sum_f32.coerce(["a"]), "sum_f32.coerce(): x is <U1, and float32 is another kind"),
        (lambda c: c.norm.coerce(np.ma.masked_array(X, [1, 0, 0])),
         "norm.coerce(): x is a masked array, whose mask C would not see"),
        (lambda c: c.norm.coerce([object()]), "norm.coerce(): x is object, and float64 is another kind"),
        (lambda c: c.scale.coerce(2, X, y=[0, 0, 0]),
         "scale(): y must be float64[n], got list; scale() writes to it, so it must be"),
        (lambda c: c.norm.coerce([[1, 2], [3, 4]]), "norm(): x must be float64[n], got float64[2, 2]"),
        (lambda c: c.norm.coerce(X, X), "norm() takes 1 argument (x), got 2"),
    ],
)  # fmt: skip
def test_coerce_refuses_what_changes_the_kind_or_is_written(c: types.ModuleType, call: Any, message: str) -> None:
    with pytest.raises(TypeError) as caught:
        call(c)
    assert str(caught.value).startswith(message)


def test_coerce_takes_integers_of_python_for_any_integer_type_that_holds_them(
    build: Callable[..., types.ModuleType],
) -> None:
    c = build("""
        #include <stddef.h>
        #include <stdint.h>
        int64_t sum_u8(size_t n, const uint8_t x[n])
        {
            int64_t sum = 0;
            for (size_t i = 0; i < n; i++)
                sum += x[i];
            return sum;
        }
    """)
    assert c.sum_u8.coerce([1, 2, 255]) == 258
    for too_large in ([256], [-1]):
        with pytest.raises(OverflowError, match=r"sum_u8.coerce\(\): x has integers that uint8 cannot hold"):
            c.sum_u8.coerce(too_large)
    with pytest.raises(TypeError, match="another kind"):
        c.sum_u8.coerce([1.5])


def test_error_codes_may_be_told_by_range(build: Callable[..., types.ModuleType]) -> None:
    c = build("""
        enum { LIMIT = 100 };
        /** @throws >0 not converged
         *  @throws 7 seven
         *  @throws <-1 out of memory */
        int fail(int code) { return code; }
        /** @throws >LIMIT too large
         *  @throws <0 negative */
        int named(int code) { return code; }
    """)
    assert c.named(0) is None
    for function, code, text in (
        (c.fail, 1, "not converged"), (c.fail, 7, "seven"), (c.fail, -2, "out of memory"), (c.fail, -1, "failed with"),
        (c.named, 101, "too large"), (c.named, 100, "failed with"), (c.named, -1, "negative"),
    ):
        with pytest.raises(tenon.CallError, match=text) as caught:
            function(code)
        assert caught.value.code == code


# --- references -------------------------------------------------------------------------------------------------------

CALLS: list[tuple[str, Callable[[types.ModuleType, Any], Any]]] = [
    ("a call", lambda c, x: c.norm(x)),
    ("a call with an output", lambda c, x: c.scale(2, x)),
    ("a call with a given output", lambda c, x: c.scale(2, x, y=np.arange(3.0))),
    ("an overload", lambda c, x: c.sum(x)),
    ("an overload that fits nothing", lambda c, x: c.sum(x, x)),
    ("a batch", lambda c, x: c.scale.batch(2, x)),
    ("a batch of many", lambda c, x: c.scale.batch(np.arange(5.0), x)),
    ("a batch that fails", lambda c, x: c.fill.batch(x)),
    ("a ufunc", lambda c, x: c.scale.ufunc(2, x)),
    ("coerce", lambda c, x: c.norm.coerce(x)),
    ("an error code", lambda c, x: c.fill(x)),
    ("a wrong element type", lambda c, x: c.norm(x.astype("f4"))),
    ("a missing argument", lambda c, x: c.scale(x=x)),
    ("an unexpected one", lambda c, x: c.norm(x, k=x)),
    ("an overlap", lambda c, x: c.scale(2, x, y=x[::-1])),
    ("foreign memory", lambda c, x: c.norm(memoryview(x))),
    ("foreign memory of a wrong type", lambda c, x: c.norm(memoryview(x.view("i8")))),
    ("several results", lambda c, x: c.extremes(x)),
    ("an optional argument", lambda c, x: c.extremes(x, x)),
]


@pytest.mark.parametrize(("what", "call"), CALLS, ids=[row[0] for row in CALLS])
def test_no_reference_is_kept_or_dropped(
    c: types.ModuleType, what: str, call: Callable[[types.ModuleType, Any], Any]
) -> None:
    x, dtype = np.array([1.0, 2.0, 3.0]), np.dtype("f8")
    objects = (x, dtype, c.norm, c.scale, c.fill, c.sum, c)

    def counts() -> list[int]:
        gc.collect()
        return [sys.getrefcount(item) for item in objects]

    def attempt() -> None:
        try:
            call(c, x)
        except (TypeError, ValueError, tenon.CallError):
            pass

    attempt()
    before = counts()
    for _ in range(20):
        attempt()
    assert counts() == before


def test_an_output_is_the_callers_alone(c: types.ModuleType) -> None:
    one, many, several = c.scale(2, X), c.scale.batch(np.zeros(2), X), c.extremes(X)
    assert [sys.getrefcount(one), sys.getrefcount(many), sys.getrefcount(several)] == [2, 2, 2]


def test_calls_from_many_threads_do_not_disturb_each_other(c: types.ModuleType) -> None:
    problems: list[BaseException] = []

    def work(seed: int) -> None:
        try:
            x = np.full(100, float(seed))
            for _ in range(500):
                assert c.norm(x) == 100 * seed**2
                assert c.scale(2, x).sum() == 200 * seed
                assert c.sum(x) == 100 * seed
                with pytest.raises(TypeError):
                    c.norm([1])
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
