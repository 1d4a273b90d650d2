# SPDX-License-Identifier: BSD-3-Clause
"""A call goes one of three ways: the glue's own short one, the planned one, the general one. Nobody can tell which.

The short way serves a parameter only once the planned way has accepted an array for it, and takes no keywords. So the
same call, made three times and once by keyword, goes all ways there are.
"""

import array
import contextlib
import ctypes
import inspect
import sys
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from nomemory import fail_each_allocation

import tenon

SOURCE = """
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <tenon/tenon.h>
typedef struct { int32_t a; float b; } pair;
double first(size_t n, const double x[n]) { return n ? x[0] : -1; }
int16_t sum3(int8_t a, uint16_t b, int64_t c) { return (int16_t)(a + b + c); }
uint64_t after(uint64_t a) { return a + 1; }
uint8_t same(uint8_t a) { return a; }
int32_t negative(int32_t a) { return -a; }
/** @threadsafe */
void scale(size_t n, double a, const double x[n], double y[restrict n])
{
    for (size_t i = 0; i < n; i++) y[i] = a * x[i];
}
void widen(size_t n, const float x[n], double y[n]) { for (size_t i = 0; i < n; i++) y[i] = (double)x[i]; }
double corner(size_t m, size_t n, const double x[m][n], const double v[n], const double w[m])
{
    return x[m-1][n-1] + v[0] + w[0];
}
double last(uint8_t n, const double x[n]) { return x[n-1]; }
void zero_few(uint8_t n, double x[n]) { for (size_t i = 0; i < n; i++) x[i] = 0; }
double fixed(const double y[2][3]) { return y[1][2]; }
/** @throws 3 below zero */
int status(double a) { return a < 0 ? 3 : 0; }
double six(double a, double b, double c, double d, double e, double f) { return a + 10 * b + 100 * c + d + e + f; }
double seven(double a, double b, double c, double d, double e, double f, double g)
{
    return a + b + c + d + e + f + 10 * g;
}
void twice(size_t n, pair p[n]) { for (size_t i = 0; i < n; i++) p[i].a *= 2; }
/** @param[out] y longer by one */
void longer(size_t n, const double x[n], double y[n + 1]) { for (size_t i = 0; i <= n; i++) y[i] = i < n ? x[i] : 7; }
/** @param[out] y a copy @param[out] z its negative */
double both(size_t n, const double x[n], double y[n], double z[n])
{
    for (size_t i = 0; i < n; i++) { y[i] = x[i]; z[i] = -x[i]; }
    return 5;
}
/** @param[out] y n times a */
void filled(size_t n, double a, double y[n]) { for (size_t i = 0; i < n; i++) y[i] = a; }
/** @param[out] z of each pair */
void outer(size_t m, size_t n, const double x[m], double z[m][n], const double y[n], int64_t k)
{
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) z[i][j] = (double)k * x[i] * y[j];
}
/** @param[out] p with a = k @threadsafe */
void paired(size_t n, const int32_t k[n], pair p[n]) { for (size_t i = 0; i < n; i++) p[i] = (pair){k[i], 0.5f}; }
/** @param[out] y the first of x, and zeros */
void padded(size_t n, const double x[n], int16_t y[2][3])
{
    for (size_t k = 0; k < 6; k++) y[k / 3][k % 3] = (int16_t)(k < n ? x[k] : 0);
}
/** @param[out] y the roots @throws 4 x is below zero */
int rooted(size_t n, const double x[n], double y[n])
{
    for (size_t i = 0; i < n; i++) { if (x[i] < 0) return 4; y[i] = x[i] / 2; }
    return 0;
}
float single(size_t n, const float x[n]) { return n ? x[0] : -1; }
double total(tn_const_f64_2 x)
{
    double sum = 0;
    for (ptrdiff_t i = 0; i < x.shape[0]; i++)
        for (ptrdiff_t j = 0; j < x.shape[1]; j++) sum = 3 * sum + TN_AT(x, i, j);
    return sum;
}
void fill(double a, tn_f64_1 x) { for (ptrdiff_t i = 0; i < x.shape[0]; i++) TN_AT(x, i) = a; }
void fill2(double a, tn_f64_2 x)
{
    for (ptrdiff_t i = 0; i < x.shape[0]; i++)
        for (ptrdiff_t j = 0; j < x.shape[1]; j++) TN_AT(x, i, j) = a;
}
void narrow(tn_const_f64_1 x, tn_f32_1 y, size_t n, const double w[n])
{
    for (ptrdiff_t i = 0; i < y.shape[0]; i++) TN_AT(y, i) = i < x.shape[0] && n ? (float)(w[0] * TN_AT(x, i)) : 0;
}
uint64_t sum_bytes(size_t n, const uint8_t b[n]) { uint64_t s = 0; for (size_t i = 0; i < n; i++) s += b[i]; return s; }
uint64_t sum_chars(size_t n, const char b[n]) { return sum_bytes(n, (const uint8_t *)b); }
/** @threadsafe */
uint64_t sum_freely(size_t n, const uint8_t b[n]) { return sum_bytes(n, b); }
static void (*hook)(void);
void set_hook(uintptr_t address) { hook = (void (*)(void))address; }
/** @threadsafe */
uint64_t sum_after_hook(size_t n, const uint8_t b[n]) { hook(); return sum_bytes(n, b); }
/** @threadsafe */
uint64_t wait(size_t n, uint8_t b[n])
{
    for (uint64_t k = 1; k < UINT64_C(1) << 33; k++)
        if (__atomic_load_n(&b[n - 1], __ATOMIC_ACQUIRE) != 0) return k;
    return 0;
}
void shift(size_t n, const uint8_t a[n], uint8_t b[restrict n]) { for (size_t i = 0; i < n; i++) b[i] = a[i] << 1; }
void invert(size_t n, const uint8_t a[n], uint8_t b[n]) { for (size_t i = 0; i < n; i++) b[i] = (uint8_t)~a[i]; }
void clear(size_t n, uint8_t b[n]) { for (size_t i = 0; i < n; i++) b[i] = 0; }
double three(const double x[3]) { return x[0] + 10 * x[1] + 100 * x[2]; }
typedef struct box { double x[4]; } box;
box *box_new(int64_t first, int n)
{
    box *b = n < 0 ? NULL : calloc(1, sizeof *b);
    if (b != NULL) b->x[0] = (double)first + n;
    return b;
}
void box_free(box *b) { free(b); }
double box_get(const box *b, int k) { return b->x[k & 3]; }
void box_set_all(box *b, size_t n, const double x[n]) { for (size_t i = 0; i < n && i < 4; i++) b->x[i] = x[i]; }
double box_dot(const box *b, const box *c) { return b->x[0] * c->x[0]; }
/** @param[out] y smaller by n */
void shorter(size_t n, const double x[n], double y[3 - n]) { for (size_t i = 0; i + n < 3; i++) y[i] = x[0]; }
"""

VECTOR = np.arange(1.0, 4.0)
READ_ONLY = np.zeros(3)
READ_ONLY.setflags(write=False)
MEMORY = np.zeros(8)
BYTES = np.zeros(64, np.uint8)
MATRIX = np.arange(6.0).reshape(2, 3)

CASES: list[tuple[str, tuple[Any, ...]]] = [
    *[("first", (x,)) for x in (VECTOR, np.array([]), VECTOR[::2], VECTOR.astype(np.float32), VECTOR.astype(">f8"),
                                [1.0], None, 3.0, VECTOR.reshape(1, 3), np.ma.array(VECTOR), memoryview(VECTOR),
                                BYTES[1:25].view(np.float64), VECTOR.view(type("Sub", (np.ndarray,), {})))],
    *[("sum3", (a, 0, 0)) for a in (-129, -128, 127, 128, 2**63, 2**70, True, 1.0, np.int8(5), np.float64(2))],
    *[("sum3", (0, b, 0)) for b in (-1, 0, 65535, 65536)],
    *[("sum3", (0, 0, c)) for c in (-(2**63), 2**63 - 1, 2**63)],
    *[("after", (a,)) for a in (-1, 0, 2**63 - 1, 2**63, 2**64 - 2, 2**64)],
    *[("same", (a,)) for a in (0, 255, 256)],
    *[("negative", (a,)) for a in (2**31 - 1, -(2**31) + 1, -(2**31) - 1)],
    ("scale", (2.0, VECTOR, MEMORY[:3])),
    ("scale", (2, VECTOR, MEMORY[:3])),
    ("scale", (np.float64(2), VECTOR, MEMORY[:3])),
    ("scale", (2.0, MEMORY[:3], MEMORY[2:5])),
    ("scale", (2.0, MEMORY[:3], MEMORY[3:6])),
    ("scale", (2.0, MEMORY, MEMORY)),
    ("scale", (2.0, VECTOR, MEMORY)),
    ("scale", (2.0, VECTOR, READ_ONLY)),
    ("widen", (np.ones(3, np.float32), np.zeros(3))),
    ("widen", (BYTES[:12].view(np.float32), BYTES[8:32].view(np.float64))),
    ("corner", (MATRIX, np.ones(3), np.ones(2))),
    ("corner", (MATRIX, np.ones(2), np.ones(2))),
    ("corner", (MATRIX, np.ones(3), np.ones(3))),
    ("corner", (np.asfortranarray(MATRIX), np.ones(3), np.ones(2))),
    ("last", (np.ones(255),)),
    ("last", (np.ones(256),)),
    ("fixed", (MATRIX,)),
    ("fixed", (np.ones((3, 3)),)),
    ("fixed", (np.ones((2, 4)),)),
    ("status", (1.0,)),
    ("status", (-1.0,)),
    ("six", (0.0, 1.0, 2.0, 3.0, 4.0, 5.0)),
    ("six", (0, 1, 2, 3, 4, 5)),
    ("six", (0.0, 1.0)),
    ("seven", (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0)),
    ("twice", (np.zeros(2, [("a", np.int32), ("c", np.float32)]),)),
    ("longer", (VECTOR,)),
    ("longer", ([1.0],)),
    ("both", (VECTOR,)),
    ("both", (VECTOR[::2],)),
    ("filled", (3, 1.5)),
    ("filled", (0, 1.5)),
    ("filled", (-1, 1.5)),
    ("filled", (2**62, 1.5)),
    ("outer", (VECTOR, VECTOR[:2], 2)),
    ("outer", (VECTOR, VECTOR[:0], 2)),
    ("outer", (VECTOR, VECTOR[::2], 2)),
    ("outer", (VECTOR, VECTOR, 2.0)),
    ("outer", (VECTOR, VECTOR)),
    *[("paired", (k,)) for k in (np.arange(3, dtype=np.int32), np.zeros(0, np.int32), VECTOR, [1])],
    *[("padded", (x,)) for x in (VECTOR, np.array([]), np.arange(9.0), READ_ONLY)],
    *[("rooted", (x,)) for x in (VECTOR, -VECTOR, np.array([]))],
    ("shorter", (VECTOR[:1],)),
    ("shorter", (VECTOR,)),
    ("shorter", (np.ones(4),)),
]


@pytest.fixture(scope="module")
def module(build: Callable[[str], ModuleType]) -> ModuleType:
    return build(SOURCE)


def outcome(call: Callable[[], Any]) -> str:
    try:
        return repr(call())
    except Exception as error:
        return f"{type(error).__name__}: {error}"


@pytest.mark.parametrize(("name", "args"), CASES, ids=[f"{number}-{name}" for number, (name, _) in enumerate(CASES)])
def test_a_call_has_the_same_outcome_on_every_way(module: ModuleType, name: str, args: tuple[Any, ...]) -> None:
    function = getattr(module, name)
    names = list(inspect.signature(function).parameters)
    outcomes = [outcome(lambda: function(*args)) for _ in range(3)]
    if len(args) > 1 or name in ("longer", "both", "shorter"):
        outcomes.append(outcome(lambda: function(*args[:-1], **{names[len(args) - 1]: args[-1]})))
    assert len(set(outcomes)) == 1, outcomes


def test_more_elements_than_a_size_can_count_are_refused_by_position_by_keyword_and_in_a_batch(
    module: ModuleType,
) -> None:
    x = np.ones((2, 256))
    module.zero_few(np.ones(255))
    for call in (lambda: module.zero_few(x[0]), lambda: module.zero_few(x=x[0]), lambda: module.zero_few.batch(x)):
        with pytest.raises(OverflowError, match="n is 256, but its C type holds 0 to 255"):
            call()
    assert x.all()


def test_the_first_call_and_those_that_follow_write_to_the_array_itself(module: ModuleType) -> None:
    p = np.zeros(2, module.pair)
    p["a"] = 1
    for _ in range(3):
        module.twice(p)
    module.twice(p=p)
    assert p["a"].tolist() == [16, 16]


def test_an_output_that_is_passed_is_filled_and_is_what_is_returned(module: ModuleType) -> None:
    y, z = np.zeros(3), np.zeros(3)
    for _ in range(3):
        result = module.both(VECTOR, z=z, y=y)
        assert result[0] == 5 and result[1] is y and result[2] is z
        assert y.tolist() == [1, 2, 3] and z.tolist() == [-1, -2, -3]
        y[:] = z[:] = 0
    mixed = module.both(VECTOR, z=z)
    assert mixed[2] is z and mixed[1] is not y and mixed[1].tolist() == [1, 2, 3]


def test_new_outputs_are_new_each_time_and_belong_to_the_caller_alone(module: ModuleType) -> None:
    one, other = module.longer(VECTOR), module.longer(VECTOR)
    assert one is not other and not np.shares_memory(one, other)
    assert one.tolist() == [1, 2, 3, 7]
    assert sys.getrefcount(one) == sys.getrefcount(other) == 2


@pytest.mark.parametrize(("name", "args", "dtype", "shape"), [
    ("outer", (VECTOR, VECTOR[:2], 2), np.float64, (3, 2)), ("padded", (VECTOR,), np.int16, (2, 3)),
    ("filled", (4, 1.5), np.float64, (4,)), ("rooted", (np.array([]),), np.float64, (0,)),
    ("paired", (np.zeros(2, np.int32),), np.dtype([("a", np.int32), ("b", np.float32)]), (2,)),
], ids=lambda value: value if isinstance(value, str) else "")  # fmt: skip
def test_a_new_array_is_one_that_numpy_made(
    module: ModuleType, name: str, args: tuple[Any, ...], dtype: Any, shape: tuple[int, ...]
) -> None:
    results = [getattr(module, name)(*args) for _ in range(4)]
    for result in results:
        assert type(result) is np.ndarray and result.dtype == dtype and result.shape == shape
        assert result.flags.owndata and result.flags.writeable and result.flags.c_contiguous and result.base is None
        assert sys.getrefcount(result) == 3  # the list, the loop, and the argument
    assert len({result.ctypes.data for result in results}) == len(results) or 0 in shape


def test_a_new_array_is_let_go_of_where_c_returns_an_error(module: ModuleType) -> None:
    negative = np.full(100, -1.0)

    def fail(times: int) -> None:
        for _ in range(times):
            with contextlib.suppress(tenon.CallError):
                module.rooted(negative)

    module.rooted(VECTOR)
    with pytest.raises(tenon.CallError, match="x is below zero"):
        module.rooted(negative)
    fail(10)
    before = sys.getallocatedblocks()
    fail(1000)
    assert sys.getallocatedblocks() - before < 50


def test_memory_for_a_new_array_that_is_not_there_is_a_memory_error(module: ModuleType) -> None:
    def use() -> None:
        module.outer(VECTOR, VECTOR, 1)
        module.paired(np.zeros(2, np.int32))

    use()
    assert fail_each_allocation(use) > 0


def test_outputs_passed_are_given_back_where_a_call_is_refused(module: ModuleType) -> None:
    y, wrong = np.zeros(3), np.zeros(4)
    before = sys.getrefcount(y), sys.getrefcount(wrong)
    for _ in range(5):
        with pytest.raises(ValueError, match="n is 3 in x but 4 in z"):
            module.both(VECTOR, y=y, z=wrong)
    assert (sys.getrefcount(y), sys.getrefcount(wrong)) == before


# --- strides, other memory than ndarrays', objects --------------------------------------------------------------------


class Sub(np.ndarray):
    """Only the general way takes it."""


def doubles() -> np.ndarray:
    return np.arange(24.0).reshape(4, 6)


def elsewhere() -> np.ndarray:
    return np.zeros(64, np.uint8)[4:60].view(np.float32)


def bent(memory: np.ndarray, dtype: Any, *where: int) -> np.ndarray:
    """Some of the bytes of an array as another one."""
    return memory.reshape(-1).view(np.uint8)[slice(*where)].view(dtype)


MADE: list[tuple[str, Callable[[], tuple[Any, ...]]]] = [
    ("single", lambda: (np.arange(3, dtype=np.float32) + 1.5,)),
    ("total", lambda: (doubles(),)),
    ("total", lambda: (doubles().T,)),
    ("total", lambda: (doubles()[::-1, ::2],)),
    ("total", lambda: (doubles()[:0],)),
    ("total", lambda: (np.broadcast_to(np.arange(3.0), (2, 3)),)),
    ("total", lambda: (doubles()[0],)),
    ("total", lambda: (bent(doubles(), [("a", "f4"), ("x", "f8")], 0, 96)["x"].reshape(2, 4),)),
    ("total", lambda: (doubles().astype(np.float32),)),
    ("total", lambda: (memoryview(doubles()),)),
    ("total", lambda: (tenon.Span(doubles())[:, ::-2],)),
    ("fill", lambda: (2.0, np.zeros(6)[::-2])),
    ("fill", lambda: (2.0, np.zeros(6))),
    ("fill", lambda: (2.0, READ_ONLY)),
    ("fill", lambda: (2.0, np.lib.stride_tricks.as_strided(np.zeros(6), (3,), (0,)))),
    ("fill", lambda: (2.0, np.lib.stride_tricks.as_strided(np.zeros(6), (0,), (0,)))),
    ("fill", lambda: (2.0, array.array("d", [1, 2]))),
    ("fill", lambda: (2.0, memoryview(np.zeros(6))[::2])),
    ("fill2", lambda: (2.0, doubles())),
    ("fill2", lambda: (2.0, doubles().T)),
    ("fill2", lambda: (2.0, doubles()[:, ::2])),
    ("fill2", lambda: (2.0, np.lib.stride_tricks.as_strided(np.zeros(8), (3, 3), (8, 8)))),
    ("narrow", lambda: (np.arange(6.0)[::-1], elsewhere()[::2], np.ones(2))),
    ("narrow", lambda: (np.arange(6.0)[::-1], elsewhere(), np.ones(0))),
    *[("narrow", lambda where=where: (lambda x: (x[::2], bent(x, "f4", *where)[::2], np.ones(1)))(np.arange(6.0)))
      for where in ((0, 16), (4, 20), (40, 48), (44, 48))],
    *[("narrow", lambda where=where: (lambda x: (x[1:], bent(x, "f4", *where), x[:1]))(np.arange(6.0)))
      for where in ((0, 8), (8, 16), (40, 48))],
    *[(name, lambda data=data: (data(),))
      for name in ("sum_bytes", "sum_chars", "sum_freely", "clear")
      for data in (lambda: b"", lambda: b"\1\2\xff", lambda: bytearray(b"\1\2"), lambda: bytearray(), lambda: "text",
                   lambda: memoryview(b"\1\2"), lambda: memoryview(bytearray(8))[::2],
                   lambda: array.array("b", [1, -1]), lambda: array.array("B", [1, 255]),
                   lambda: array.array("d", [1]), lambda: np.ones(3, np.uint8), lambda: np.ones(3, np.int8),
                   lambda: np.ones(3, bool), lambda: type("Bytes", (bytes,), {})(b"\7"),
                   lambda: type("Bytearray", (bytearray,), {})(b"\7\7"))],
    *[(name, pair)
      for name in ("shift", "invert")
      for pair in (lambda: (b"\1\2", bytearray(2)), lambda: (bytearray(b"\1\2"), bytearray(2)),
                   lambda: (bytearray(b"\1\2"), np.zeros(2, np.uint8)), lambda: (np.ones(2, np.uint8), bytearray(2)),
                   lambda: (bytearray(b"\1\2"), bytearray(3)), lambda: (bytearray(b"\1"), b"\2"),
                   lambda: (bytearray(), bytearray()), lambda: (b"", bytearray()),
                   lambda: (lambda both: (both, both))(bytearray(b"\1\2")),
                   lambda: (lambda both: (memoryview(both)[1:], both))(bytearray(b"\1\2")),
                   lambda: (lambda both: (both, np.frombuffer(both, np.uint8)))(bytearray(b"\1\2")),
                   lambda: (lambda both: (both, both))(bytearray()))],
    *[("three", lambda data=data: (data(),))
      for data in (lambda: array.array("d", [1, 2, 3]), lambda: array.array("d", [1, 2]),
                   lambda: array.array("f", [1, 2, 3]), lambda: memoryview(np.arange(3.0)),
                   lambda: memoryview(np.arange(6.0))[::2],
                   lambda: memoryview(bytes(24)), lambda: memoryview(bytes(24)).cast("d"), lambda: tenon.zeros(3))],
]


def general(arg: Any) -> Any:
    return arg.view(Sub) if isinstance(arg, np.ndarray) else arg


def seen(arg: Any) -> Any:
    return arg if isinstance(arg, str | float | bytes) else np.asarray(arg).tobytes()


@pytest.mark.parametrize(("name", "make"), MADE, ids=[f"{number}-{name}" for number, (name, _) in enumerate(MADE)])
def test_any_memory_is_taken_or_refused_alike_and_written_to(
    module: ModuleType, name: str, make: Callable[[], tuple[Any, ...]]
) -> None:
    function = getattr(module, name)
    last = list(inspect.signature(function).parameters)[-1]

    def tell(call: Callable[..., Any]) -> tuple[str, list[Any]]:
        args = make()
        return outcome(lambda: call(*args)), [seen(arg) for arg in args]

    told = [tell(function) for _ in range(3)]
    told.append(tell(lambda *args: function(*args[:-1], **{last: args[-1]})))
    told.append(tell(lambda *args: function(*map(general, args))))
    assert all(one == told[0] for one in told), told


def test_a_released_memoryview_is_refused(module: ModuleType) -> None:
    view = memoryview(np.arange(3.0))
    assert module.three(view) == 210
    view.release()
    for _ in range(3):
        with pytest.raises(ValueError, match="released"):
            module.three(view)


def test_a_buffer_is_given_back(module: ModuleType) -> None:
    numbers = array.array("d", [1, 2, 3])
    owner = bytearray(numbers.tobytes())
    for _ in range(3):
        assert module.three(numbers) == module.three(memoryview(owner).cast("d")) == 321
    numbers.append(4)
    owner.append(4)


def test_what_c_writes_into_a_bytearray_is_there(module: ModuleType) -> None:
    for _ in range(3):
        data = bytearray(2)
        module.invert(b"\1\2", data)
        assert data == b"\xfe\xfd"
        module.invert(data, data)
        assert data == b"\1\2"
        with pytest.raises(ValueError, match=r"^shift\(\): a shares memory with b"):
            module.shift(data, data)
        module.clear(data)
        data += b"\3"  # no buffer is left behind
        assert data == b"\0\0\3"


def test_a_bytearray_cannot_be_resized_while_c_runs_without_the_gil(module: ModuleType) -> None:
    for _ in range(3):
        data, waited = bytearray(8), []
        waiting = threading.Thread(target=lambda data=data, waited=waited: waited.append(module.wait(data)))
        waiting.start()
        while waiting.is_alive():
            try:
                data.append(0)  # until C has it; then C still waits for the last byte
            except BufferError:
                data[-1] = 1
                waiting.join()
        assert waited[0] > 0
        data.clear()


@pytest.mark.parametrize(
    "lend",
    [bytearray, lambda data: memoryview(bytearray(data)), lambda data: tenon.Span(bytearray(data))],
    ids=["bytearray", "memoryview", "Span"],
)
@pytest.mark.parametrize(
    "call",
    [lambda f, b: f(b), lambda f, b: f(b=b), lambda f, b: int(f.batch(b))],
    ids=["position", "name", "batch"],
)
def test_what_a_thread_safe_function_is_given_is_held_while_it_runs_python_code(
    module: ModuleType, lend: Callable[[bytes], Any], call: Callable[[Any, Any], int]
) -> None:
    lent, refused = lend(bytes([1]) * 5000), []

    def take_away() -> None:
        try:
            lent.clear() if isinstance(lent, bytearray) else lent.release()
        except BufferError as error:
            refused.append(error)

    callback = ctypes.CFUNCTYPE(None)(take_away)
    module.set_hook(ctypes.cast(callback, ctypes.c_void_p).value)
    assert call(module.sum_after_hook, lent) == 5000
    assert len(refused) == 1
    assert len(lent) == 5000


def test_a_bytearray_that_others_resize_is_seen_as_it_is_at_one_time(module: ModuleType) -> None:
    data, stop = bytearray(), threading.Event()

    def resize() -> None:
        while not stop.is_set():
            data.extend(b"\1" * 5000)
            data.clear()

    other = threading.Thread(target=resize)
    other.start()
    try:
        for _ in range(20_000):
            assert module.sum_bytes(data) in (0, 5000)
            assert module.sum_freely(bytearray(data)) in (0, 5000)
    finally:
        stop.set()
        other.join()


@pytest.mark.parametrize("wrong", ["ndim", "order", "read-only", "extent"])
def test_an_array_that_is_refused_is_refused_alike_before_and_after_others_are_taken(
    module: ModuleType, wrong: str
) -> None:
    good, bad = np.zeros(3, np.uint8), np.zeros(6, np.uint8)[::2]
    if wrong == "ndim":
        bad = np.zeros((1, 3), np.uint8)
    elif wrong == "read-only":
        bad = np.frombuffer(b"\0\0\0", np.uint8)
    elif wrong == "extent":
        bad = np.zeros(4, np.uint8)
    told = []
    for _ in range(3):
        told += [outcome(lambda: module.invert(good, bad)), outcome(lambda: module.invert(good, b=bad))]
        module.invert(good, good)
    assert "Error" in told[0] and all(one == told[0] for one in told), told


def test_objects_are_made_and_used_alike_on_every_way(module: ModuleType) -> None:
    box = module.box
    for _ in range(3):
        one, other, third = box(1, 1), box(1, n=1), box.__new__(box)
        third.__init__(1, 1)
        assert one.get(0) == other.get(k=0) == third.get(0) == 2
        one.set_all(VECTOR)
        other.set_all(x=VECTOR)
        assert one.dot(other) == 1 and one.get(2) == other.get(2) == 3
        with pytest.raises(MemoryError, match=r"^box\(\): C returned no box"):
            box(0, -1)
        for wrong in ((), (1,), (1, "x"), (1, 2**31), (2**63, 0), (1, 2, 3)):
            with pytest.raises((TypeError, OverflowError)) as caught:
                box(*wrong)
            with pytest.raises(caught.type) as other_way:
                box.__new__(box).__init__(*wrong)
            assert str(caught.value) == str(other_way.value)
        one.close()
        for call in (one.get, one.set_all, third.dot):
            with pytest.raises(ValueError, match="closed"):
                call(one if call == third.dot else 0 if call == one.get else VECTOR)
        with pytest.raises(TypeError, match="c must be box, got float"):
            third.dot(1.0)


def test_objects_of_a_derived_class_are_no_less_objects(module: ModuleType) -> None:
    class Named(module.box):
        def __init__(self, name: str) -> None:
            super().__init__(3, 0)
            self.name = name

    class Same(module.box):
        pass

    for _ in range(3):
        named, same = Named("a"), Same(2, 0)
        assert type(same) is Same and named.dot(same) == 6 and module.box(5, 0).dot(named) == 15
