# SPDX-License-Identifier: BSD-3-Clause
"""DLPack: tensors of others passed to C functions, and Spans as tensors."""

import ctypes
import gc
import os
import shlex
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from exchange import (
    BFLOAT,
    BOOL,
    COMPLEX,
    DLTENSOR,
    EXCHANGE,
    FLOAT,
    INT,
    IS_COPIED,
    READ_ONLY,
    UINT,
    USED_DLTENSOR,
    USED_VERSIONED,
    VERSIONED,
    DLTensor,
    ExchangeAPI,
    Managed,
    ManagedVersioned,
    Tensor,
    name_of,
    pointer,
    rename,
)

import tenon

FUNCTIONS = """
#include <stdbool.h>
#include <tenon/tenon.h>

double sum(size_t m, size_t n, const double x[m][n])
{
    double total = 0;
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++)
            total += x[i][j];
    return total;
}

double view_sum(tn_const_f64_2 x)
{
    double total = 0;
    for (ptrdiff_t i = 0; i < x.shape[0]; i++)
        for (ptrdiff_t j = 0; j < x.shape[1]; j++)
            total += (double)(1 + i * x.shape[1] + j) * TN_AT(x, i, j);
    return total;
}

void negate(size_t n, double x[n])
{
    for (size_t i = 0; i < n; i++)
        x[i] = -x[i];
}

float first_f32(size_t n, const float x[n]) { return x[0]; }
double first_f64(size_t n, const double x[n]) { return x[0]; }
TN_OVERLOAD(first, first_f32, first_f64);

/** What a span says of itself: kind, bytes of an element, dimensions. */
int kind(const tn_span x) { return x.type->kind; }
long itemsize(const tn_span x) { return (long)x.type->itemsize; }
int ndim(const tn_span x) { return x.ndim; }
bool readonly(const tn_span x) { return x.flags & TN_READONLY; }
"""


@pytest.fixture(scope="module")
def c(build: Callable[[str], ModuleType]) -> ModuleType:
    return build(FUNCTIONS)


class Foreign:
    """An array of another library, which speaks DLPack alone, as the array says it."""

    def __init__(self, array: np.ndarray[Any, Any]) -> None:
        self.array = array
        self.asked: list[dict[str, Any]] = []

    def __dlpack__(self, **options: Any) -> Any:
        self.asked.append(options)
        return self.array.__dlpack__(**options)


class Giving:
    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor

    def __dlpack__(self) -> Any:
        return self.tensor.capsule


X = np.arange(12.0).reshape(3, 4)

# --- inward -----------------------------------------------------------------------------------------------------------


def test_a_tensor_is_passed_to_c_without_a_copy(c: ModuleType) -> None:
    x = X.copy()
    assert c.sum(Foreign(x)) == x.sum()
    c.negate(Foreign(x[1]))
    assert x[1].tolist() == [-4, -5, -6, -7]


@pytest.mark.parametrize(
    "view",
    [X, X[::-1], X[:, ::-2], X.T, X[1:, 2:], X[:0], X[:1, ::3], np.broadcast_to(X[0], (5, 4))],
    ids=["plain", "reversed", "steps backwards", "transposed", "a part", "empty", "one row", "one row many times"],
)
def test_strides_count_elements(c: ModuleType, view: Any) -> None:
    expected = float((np.arange(1, view.size + 1).reshape(view.shape) * view).sum())
    assert c.view_sum(Foreign(view)) == expected


def test_the_newest_version_and_no_copy_are_asked_for(c: ModuleType) -> None:
    foreign = Foreign(X)
    c.sum(foreign)
    assert foreign.asked == [{"max_version": (1, 3), "copy": False}]


def test_exporters_of_every_year_are_understood(c: ModuleType) -> None:
    class Of2024:
        def __dlpack__(self, *, stream: Any = None, max_version: Any = None) -> Any:
            return X.__dlpack__(max_version=max_version)

    class Of2021:
        def __dlpack__(self, stream: Any = None) -> Any:
            return X.__dlpack__()

    assert c.sum(Of2024()) == c.sum(Of2021()) == X.sum()


def test_exporters_that_know_versions_but_no_copies_are_asked_for_a_version(c: ModuleType) -> None:
    """Without one they could not say that they are read-only."""
    x = X.copy()
    x.flags.writeable = False

    class Of2024:
        def __dlpack__(self, *, stream: Any = None, max_version: Any = None) -> Any:
            return x.__dlpack__(max_version=max_version)

    assert c.readonly(Of2024())


@pytest.mark.parametrize("version", [(1, 0), None], ids=["versioned", "of before versions"])
def test_a_tensor_is_given_back_once_when_the_call_has_ended(c: ModuleType, version: Any) -> None:
    tensor = Tensor(X.ctypes.data, (3, 4), (4, 1), version=version)
    giving = Giving(tensor)
    count = sys.getrefcount(giving)
    assert c.sum(giving) == X.sum()
    assert tensor.returned == 1
    assert name_of(tensor.capsule) == (USED_DLTENSOR if version is None else USED_VERSIONED)
    assert sys.getrefcount(giving) == count


def test_a_tensor_need_not_have_a_deleter(c: ModuleType) -> None:
    tensor = Tensor(X.ctypes.data, (3, 4), (4, 1), deleter=False)
    assert c.sum(Giving(tensor)) == X.sum()


def test_without_strides_a_tensor_is_contiguous(c: ModuleType) -> None:
    for version in ((1, 0), None):
        tensor = Tensor(X.ctypes.data, (3, 4), version=version)
        assert c.view_sum(Giving(tensor)) == c.view_sum(X)


def test_the_first_element_may_lie_behind_the_address(c: ModuleType) -> None:
    tensor = Tensor(X.ctypes.data, (2, 4), (4, 1), byte_offset=32)
    assert c.sum(Giving(tensor)) == X[1:].sum()


def test_a_tensor_without_elements_may_have_no_address(c: ModuleType) -> None:
    assert c.sum(Giving(Tensor(0, (0, 4), (4, 1)))) == 0
    assert c.sum(Giving(Tensor(0, (3, 0)))) == 0


@pytest.mark.parametrize("device", [1, 3, 11], ids=["CPU", "pinned for CUDA", "pinned for ROCm"])
def test_memory_of_the_host_is_read(c: ModuleType, device: int) -> None:
    assert c.sum(Giving(Tensor(X.ctypes.data, (3, 4), (4, 1), device=(device, 0)))) == X.sum()


@pytest.mark.parametrize(
    ("dtype", "kind"),
    [((BOOL, 8, 1), "b")]
    + [((INT, bits, 1), "i") for bits in (8, 16, 32, 64)]
    + [((UINT, bits, 1), "u") for bits in (8, 16, 32, 64)]
    + [((FLOAT, bits, 1), "f") for bits in (16, 32, 64)]
    + [((BFLOAT, 16, 1), "B"), ((COMPLEX, 64, 1), "c"), ((COMPLEX, 128, 1), "c")],
)
def test_element_types_are_taken_exactly(c: ModuleType, dtype: tuple[int, int, int], kind: str) -> None:
    memory = (c_type := np.zeros(16, "u1")).ctypes.data
    tensors = [Giving(Tensor(memory, (), dtype=dtype)) for _ in range(3)]
    assert c.kind(tensors[0]) == ord(kind)
    assert c.itemsize(tensors[1]) == dtype[1] // 8
    assert c.ndim(tensors[2]) == 0
    del c_type


def test_overloads_see_the_element_type(c: ModuleType) -> None:
    assert c.first(Foreign(np.array([1.5], "f4"))) == c.first(Foreign(np.array([1.5]))) == 1.5
    with pytest.raises(TypeError, match="first"):
        c.first(Foreign(np.array([1])))


def test_a_tensor_of_another_type_is_refused_by_name(c: ModuleType) -> None:
    with pytest.raises(TypeError, match=r"^sum\(\): x must be float64\[m, n\], got int64\[2, 2\]$"):
        c.sum(Foreign(np.eye(2, dtype="i8")))


def test_read_only_is_honoured(c: ModuleType) -> None:
    x = X[0].copy()
    x.flags.writeable = False
    assert c.readonly(Foreign(x)) and not c.readonly(Foreign(X))
    for exporter in (Foreign(x), Giving(Tensor(x.ctypes.data, (4,), (1,), flags=READ_ONLY))):
        with pytest.raises(ValueError, match=r"^negate\(\): x is read-only, and negate\(\) writes to it"):
            c.negate(exporter)


def test_a_refusal_to_be_written_is_not_circumvented(c: ModuleType) -> None:
    x = X[0].copy()
    tensor = Tensor(x.ctypes.data, (4,), (1,), flags=READ_ONLY)

    class Both(Giving):
        __array_interface__ = x.__array_interface__

    with pytest.raises(ValueError, match="is read-only"):
        c.negate(Both(tensor))
    assert tensor.returned == 1
    assert x.tolist() == X[0].tolist()


def test_what_no_tensor_can_say_falls_through_to_the_next_protocol(c: ModuleType) -> None:
    class Both:
        __array_interface__ = X.__array_interface__

        def __dlpack__(self, **options: Any) -> Any:
            raise BufferError("no tensor of this")

    assert c.sum(Both()) == X.sum()


class Cyclic(Giving):
    """A tensor whose exporter looks at the Span of it."""

    seen: Any = None


def test_a_cycle_through_a_borrowed_tensor_is_collected_and_gives_it_back_once() -> None:
    tensor = Tensor(X.ctypes.data, (3, 4), (4, 1))
    cyclic = Cyclic(tensor)
    cyclic.seen = tenon.Span(cyclic)
    assert cyclic.seen.owner is cyclic and cyclic.seen.tolist() == X.tolist()
    gone = weakref.ref(cyclic)
    del cyclic
    gc.collect()
    assert gone() is None and tensor.returned == 1


def test_a_span_gives_a_tensor_back_when_its_last_view_dies() -> None:
    tensor = Tensor(X.ctypes.data, (3, 4), (4, 1))
    span = tenon.Span(Giving(tensor))
    view = np.asarray(span[1:])
    span.release()
    del span
    assert tensor.returned == 0 and view.tolist() == X[1:].tolist()
    del view
    assert tensor.returned == 1


def test_memory_is_kept_until_the_call_has_ended(c: ModuleType) -> None:
    x = X.copy()
    gone = weakref.ref(x)

    class Fleeting:
        def __dlpack__(self, **options: Any) -> Any:
            nonlocal x
            capsule = x.__dlpack__(**options)
            del x
            gc.collect()
            return capsule

    assert c.sum(Fleeting()) == X.sum()
    gc.collect()
    assert gone() is None


# --- outward ----------------------------------------------------------------------------------------------------------


def tensor_of(capsule: Any) -> Any:
    """The tensor in a capsule, as its document says it."""
    return pointer(capsule, Managed if name_of(capsule) == DLTENSOR else ManagedVersioned).tensor


def numbers(values: Any, count: int) -> tuple[int, ...]:
    return tuple(values[:count])


def element_type(tensor: Any) -> tuple[int, int, int]:
    return tensor.code, tensor.bits, tensor.lanes


@pytest.mark.parametrize(
    "index", [np.s_[:], np.s_[::-1], np.s_[:, ::-2], np.s_[1:, 2:], np.s_[:0], np.s_[1, 2, ...]], ids=str
)
def test_numpy_sees_the_same_memory(index: Any) -> None:
    x = X.copy()
    span = tenon.Span(x[index])
    y = np.from_dlpack(span)
    assert np.array_equal(y, x[index]) and y.shape == x[index].shape
    y[...] = 7
    assert (x[index] == 7).all()


@pytest.mark.parametrize(
    "dtype", ["?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"]
)  # fmt: skip
def test_numpy_sees_the_same_element_type(dtype: str) -> None:
    x = np.arange(6).astype(dtype).reshape(2, 3)
    y = np.from_dlpack(tenon.Span(x))
    assert y.dtype == x.dtype and np.array_equal(x, y)
    assert np.shares_memory(x, y)


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        (None, None),
        ((0, 8), None),
        ((1, 0), (1, 0)),
        ((1, 2), (1, 2)),
        ((1, 3), (1, 3)),
        ((1, 9), (1, 3)),
        ((2, 0), (1, 3)),
    ],
)
def test_a_consumer_gets_the_newest_version_it_knows(asked: Any, given: Any) -> None:
    x = X.copy()
    capsule = tenon.Span(x).__dlpack__(max_version=asked)
    assert name_of(capsule) == (DLTENSOR if given is None else VERSIONED)
    tensor = tensor_of(capsule)
    if given is not None:
        managed = pointer(capsule, ManagedVersioned)
        assert (managed.major, managed.minor, managed.flags) == (*given, 0)
    assert tensor.data == x.ctypes.data
    assert (tensor.device_type, tensor.device_id, tensor.ndim, tensor.byte_offset) == (1, 0, 2, 0)
    assert element_type(tensor) == (FLOAT, 64, 1)
    assert numbers(tensor.shape, 2) == (3, 4)
    assert numbers(tensor.strides, 2) == (4, 1)


def test_bfloat16_is_said_and_read_back(c: ModuleType) -> None:
    span = tenon.Span(bytearray(12)).cast("bfloat16")
    tensor = tensor_of(capsule := span.__dlpack__(max_version=(1, 0)))
    assert element_type(tensor) == (BFLOAT, 16, 1)
    assert c.kind(type("Foreign", (), {"__dlpack__": lambda self: capsule})()) == ord("B")


def test_no_dimensions_and_no_elements() -> None:
    capsule = tenon.Span(np.array(2.5)).__dlpack__(max_version=(1, 0))
    assert tensor_of(capsule).ndim == 0
    capsule = tenon.Span(np.ones((0, 3))).__dlpack__(max_version=(1, 0))
    tensor = tensor_of(capsule)
    assert tensor.data is None, "DLPack wants NULL where there are no elements"
    assert numbers(tensor.shape, 2) == (0, 3) and tensor.strides


def test_strides_of_single_elements_need_not_be_multiples_of_one() -> None:
    table = np.zeros(1, np.dtype([("x", "f8"), ("y", "i4")]))
    assert tenon.Span(table["x"]).strides == (12,)
    assert np.from_dlpack(tenon.Span(table["x"])).shape == (1,)


def test_read_only_is_said_or_refused() -> None:
    span = tenon.Span(X.copy()).toreadonly()
    capsule = span.__dlpack__(max_version=(1, 0))
    assert pointer(capsule, ManagedVersioned).flags == READ_ONLY
    assert not np.from_dlpack(span).flags.writeable
    with pytest.raises(
        BufferError, match=r"read-only, which DLPack can say since 1\.0: max_version=\(1, 0\) asks for it"
    ):
        span.__dlpack__()


def test_negative_strides_need_a_tensor_of_version_1() -> None:
    x = X.copy()
    span = tenon.Span(x[:, ::-1])
    assert name_of(span.__dlpack__(max_version=(1, 0))) != DLTENSOR
    with pytest.raises(BufferError, match=r"strides\[1\] is negative.*max_version=\(1, 0\)"):
        span.__dlpack__()
    assert name_of(tenon.Span(x[:0, ::-1]).__dlpack__()) == DLTENSOR  # nothing is there to be reached backwards



def test_only_the_cpu_is_a_device() -> None:
    span = tenon.Span(X)
    assert span.__dlpack_device__() == (1, 0)
    span.__dlpack__(dl_device=(1, 0))
    for device in [(2, 0), (1, 1), (3, 0)]:
        with pytest.raises(BufferError, match=r"is not copied to device"):
            span.__dlpack__(dl_device=device)
    with pytest.raises(BufferError, match="has no streams"):
        span.__dlpack__(stream=1)


@pytest.mark.parametrize("name", ["max_version", "dl_device"])
@pytest.mark.parametrize("value", [1, (1,), (1, 0, 0), "10", [1, 0], ("1", "0")], ids=repr)
def test_a_version_and_a_device_are_two_integers(name: str, value: Any) -> None:
    with pytest.raises(TypeError):
        tenon.Span(X).__dlpack__(**{name: value})
    with pytest.raises(TypeError):
        tenon.Span(X).__dlpack__((1, 0))


# --- copies -----------------------------------------------------------------------------------------------------------


def copied(span: tenon.Span) -> Any:
    """An ndarray over the tensor of a copy, which it keeps."""
    return np.from_dlpack(type("Copy", (), {
        "__dlpack__": lambda self, **options: span.__dlpack__(**(options | {"copy": True})),
        "__dlpack_device__": lambda self: (1, 0),
    })())  # fmt: skip


def test_a_copy_is_the_consumers_own() -> None:
    x = X.copy()
    span = tenon.Span(x).toreadonly()
    capsule = span.__dlpack__(max_version=(1, 0), copy=True)
    managed = pointer(capsule, ManagedVersioned)
    assert managed.flags == IS_COPIED
    assert managed.tensor.data != x.ctypes.data and managed.tensor.data % 64 == 0
    assert name_of(span.__dlpack__(copy=True)) == DLTENSOR
    span.release()  # nothing of it is held
    y = np.from_dlpack(tenon.Span(x), copy=True)
    assert np.array_equal(x, y) and not np.shares_memory(x, y)
    with pytest.raises(BufferError):
        tenon.Span(x.astype(x.dtype.newbyteorder())).__dlpack__(copy=False)


def test_a_copy_has_what_a_tensor_needs() -> None:
    swapped = X.astype(X.dtype.newbyteorder())
    assert copied(tenon.Span(swapped)).tolist() == X.tolist()
    crooked = np.frombuffer(bytearray(97), "f8", 12, 1).reshape(3, 4)
    crooked[...] = X
    assert copied(tenon.Span(crooked)).tolist() == X.tolist()
    gaps = np.zeros(4, np.dtype([("x", "f8"), ("y", "i4")]))
    gaps["x"] = X[0]
    assert copied(tenon.Span(gaps["x"])).tolist() == X[0].tolist()
    assert copied(tenon.Span(np.asfortranarray(X))).flags.f_contiguous


def test_a_copy_makes_indirect_memory_direct() -> None:
    testbuffer = pytest.importorskip("_testbuffer")
    rows = testbuffer.ndarray(list(range(6)), shape=[2, 3], format="i", flags=testbuffer.ND_PIL)
    assert copied(tenon.Span(rows)).tolist() == [[0, 1, 2], [3, 4, 5]]


# --- who holds what ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [None, (1, 0)], ids=["of before versions", "versioned"])
def test_a_tensor_is_an_export_until_it_is_deleted(version: Any) -> None:
    span = tenon.Span(bytearray(8))
    count = sys.getrefcount(span)
    capsule = span.__dlpack__(max_version=version)
    assert sys.getrefcount(span) == count + 1
    with pytest.raises(BufferError, match="1 exported buffer"):
        span.release()
    del capsule  # nobody took it
    assert sys.getrefcount(span) == count
    span.release()


@pytest.mark.parametrize("version", [None, (1, 0)], ids=["of before versions", "versioned"])
def test_a_tensor_that_was_taken_lives_until_its_deleter_is_called(version: Any) -> None:
    span = tenon.Span(bytearray(8))
    count = sys.getrefcount(span)
    capsule = span.__dlpack__(max_version=version)
    managed = pointer(capsule, Managed if version is None else ManagedVersioned)
    rename(capsule, USED_DLTENSOR if version is None else USED_VERSIONED)
    del capsule
    assert sys.getrefcount(span) == count + 1
    ctypes.PYFUNCTYPE(None, ctypes.c_void_p)(managed.deleter)(ctypes.addressof(managed))
    assert sys.getrefcount(span) == count
    span.release()


def test_numpy_gives_tensors_back() -> None:
    owner = bytearray(16)
    span = tenon.Span(owner)
    y = np.from_dlpack(span)[3:]
    del span
    with pytest.raises(BufferError):
        owner.append(0)
    del y
    owner.append(0)


class Owner:
    """Memory that can be watched, and be part of a cycle."""

    def __init__(self) -> None:
        self.__array_interface__ = X.copy().__array_interface__ | {"data": (X.ctypes.data, False)}
        self.seen: Any = None


def test_a_cycle_through_a_span_that_was_a_tensor_is_collected() -> None:
    owner = Owner()
    gone = weakref.ref(owner)
    owner.seen = tenon.Span(owner)
    owner.seen.__dlpack__(max_version=(1, 0))
    del owner
    gc.collect()
    assert gone() is None


DROP = """
#include <pthread.h>
#include <stdlib.h>

/* Call deleters in a thread that Python has never seen, and after Python is gone. */
typedef struct { void (*deleter)(void *); void *tensor; } job;

static void *work(void *argument)
{
    job *j = argument;
    j->deleter(j->tensor);
    return NULL;
}

int drop_in_thread(void (*deleter)(void *), void *tensor)
{
    job j = {deleter, tensor};
    pthread_t thread;
    return pthread_create(&thread, NULL, work, &j) != 0 || pthread_join(thread, NULL) != 0;
}

static job last;

static void at_exit(void)
{
    work(&last);
}

int drop_at_exit(void (*deleter)(void *), void *tensor)
{
    last = (job){deleter, tensor};
    return atexit(at_exit);
}
"""


@pytest.fixture(scope="module")
def drop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drop")
    (folder / "drop.c").write_text(DROP)
    command = [*shlex.split(os.environ.get("CC", "cc")), "-shared", "-fPIC", "-pthread", "drop.c", "-o", "drop.so"]
    flags = shlex.split(os.environ.get("CFLAGS", "")) + shlex.split(os.environ.get("LDFLAGS", ""))
    subprocess.run(command + flags, cwd=folder, check=True)
    return folder / "drop.so"


def taken(capsule: Any) -> Any:
    managed = pointer(capsule, ManagedVersioned)
    rename(capsule, USED_VERSIONED)
    return managed


def wait_until(condition: Callable[[], bool]) -> None:
    """What other threads let go of is settled by this one, as soon as it runs Python code."""
    end = time.monotonic() + 10
    while not condition() and time.monotonic() < end:
        time.sleep(0.001)
    assert condition()


@pytest.mark.parametrize(
    "library", [ctypes.CDLL, ctypes.PyDLL], ids=["without the GIL", "while this thread has the GIL"]
)
def test_a_thread_that_python_does_not_know_may_drop_a_tensor(drop: Path, library: Any) -> None:
    owner = bytearray(8)
    managed = taken(tenon.Span(owner).__dlpack__(max_version=(1, 0)))
    call = library(str(drop)).drop_in_thread
    call.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
    assert call(managed.deleter, ctypes.addressof(managed)) == 0

    def is_free() -> bool:
        try:
            owner.append(0)
        except BufferError:
            return False
        return True

    wait_until(is_free)


def test_many_threads_may_drop_tensors_of_one_span(drop: Path) -> None:
    call = ctypes.CDLL(str(drop)).drop_in_thread
    call.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
    span = tenon.Span(bytearray(8))
    count = sys.getrefcount(span)
    tensors = [taken(span.__dlpack__(max_version=(1, 0))) for _ in range(200)]

    def work(part: list[Any]) -> None:
        for managed in part:
            call(managed.deleter, ctypes.addressof(managed))

    threads = [threading.Thread(target=work, args=(tensors[k::4],)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait_until(lambda: sys.getrefcount(span) == count)
    span.release()


@pytest.mark.parametrize("copy", [False, True], ids=["of a Span", "a copy"])
def test_a_tensor_may_outlive_the_interpreter(drop: Path, copy: bool) -> None:
    program = f"""
import ctypes, sys
sys.path[:0] = [{str(Path(__file__).parents[1])!r}]
from exchange import ManagedVersioned, USED_VERSIONED, pointer, rename
import tenon
capsule = tenon.Span(bytearray(8)).__dlpack__(max_version=(1, 0), copy={copy})
managed = pointer(capsule, ManagedVersioned)
rename(capsule, USED_VERSIONED)
call = ctypes.CDLL({str(drop)!r}).drop_at_exit
call.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
assert call(managed.deleter, ctypes.addressof(managed)) == 0
print("done")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr


# --- for C ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def table() -> ExchangeAPI:
    capsule = tenon.Span.__dlpack_c_exchange_api__
    assert name_of(capsule) == EXCHANGE
    api: ExchangeAPI = pointer(capsule, ExchangeAPI)
    return api


def function(address: int, *arguments: Any) -> Any:
    return ctypes.PYFUNCTYPE(ctypes.c_int, *arguments)(address)


Out = ctypes.POINTER(ctypes.c_void_p)


def test_the_table_for_c_is_on_the_type(table: ExchangeAPI) -> None:
    assert (table.major, table.minor, table.prev_api) == (1, 3, None)
    assert table.managed_tensor_allocator and table.managed_tensor_from_py_object_no_sync
    assert table.managed_tensor_to_py_object_no_sync and table.current_work_stream
    assert tenon.Span(X).__dlpack_c_exchange_api__ is tenon.Span.__dlpack_c_exchange_api__


def test_the_cpu_has_no_stream(table: ExchangeAPI) -> None:
    stream = ctypes.c_void_p(1)
    assert function(table.current_work_stream, ctypes.c_int32, ctypes.c_int32, Out)(1, 0, stream) == 0
    assert stream.value is None


def test_c_takes_a_span_and_gives_a_tensor(table: ExchangeAPI) -> None:
    from_object = function(table.managed_tensor_from_py_object_no_sync, ctypes.py_object, Out)
    to_object = function(table.managed_tensor_to_py_object_no_sync, ctypes.c_void_p, ctypes.POINTER(ctypes.py_object))
    owner = bytearray(X.tobytes())
    span = tenon.Span(owner).cast("d", (3, 4)).toreadonly()
    address = ctypes.c_void_p()
    assert from_object(span, address) == 0
    managed = ManagedVersioned.from_address(address.value or 0)
    assert (managed.major, managed.minor, managed.flags) == (1, 3, READ_ONLY)
    back = ctypes.py_object()
    assert to_object(address, back) == 0
    twin = back.value
    ctypes.pythonapi.Py_DecRef(back)  # the reference that was handed over, of which ctypes knows nothing
    del back
    assert twin.tolist() == X.tolist() and twin.readonly and twin.address == span.address
    del span
    with pytest.raises(BufferError):
        owner.append(0)
    del twin
    owner.append(0)


def test_c_is_refused_as_python_is(table: ExchangeAPI) -> None:
    from_object = function(table.managed_tensor_from_py_object_no_sync, ctypes.py_object, Out)
    address = ctypes.c_void_p(1)
    with pytest.raises(BufferError, match="byte order"):
        from_object(tenon.Span(X.astype(X.dtype.newbyteorder())), address)
    with pytest.raises(TypeError, match="tenon.Span that the table belongs to, got bytes"):
        from_object(b"", address)
    with pytest.raises(TypeError, match="got tenon.Span"):
        from_object(type("tenon.Span", (), {})(), address)
    assert address.value is None


@pytest.mark.parametrize(
    "changes",
    [{"device": (2, 0)}, {"dtype": (FLOAT, 128, 1)}, {"ndim": 70}, {"version": (2, 0)}, {"shape": (2**62, 4)}],
    ids=str,
)
def test_a_tensor_that_is_refused_stays_the_callers(table: ExchangeAPI, changes: Any) -> None:
    to_object = function(table.managed_tensor_to_py_object_no_sync, ctypes.c_void_p, ctypes.POINTER(ctypes.py_object))
    tensor = Tensor(X.ctypes.data, **({"shape": (3, 4), "strides": (4, 1)} | changes))
    with pytest.raises((BufferError, TypeError, ValueError, OverflowError)):
        to_object(ctypes.addressof(tensor.structure), ctypes.py_object())
    assert tensor.returned == 0


def test_c_has_tensors_made(table: ExchangeAPI) -> None:
    Fail = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p)
    failures: list[tuple[bytes, bytes]] = []
    fail = Fail(lambda context, kind, message: failures.append((kind, message)))
    allocate = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, Out, ctypes.c_void_p, Fail)(
        table.managed_tensor_allocator
    )

    def prototype(**changes: Any) -> DLTensor:
        made: DLTensor = Tensor(1, **({"shape": (5, 3), "dtype": (INT, 32, 1)} | changes)).structure.tensor
        return made

    address = ctypes.c_void_p()
    wanted = prototype()
    assert allocate(ctypes.addressof(wanted), address, None, fail) == 0
    managed = ManagedVersioned.from_address(address.value or 0)
    assert managed.tensor.data % 64 == 0 and numbers(managed.tensor.strides, 2) == (3, 1)
    ctypes.memset(managed.tensor.data, 0, 60)
    ctypes.CFUNCTYPE(None, ctypes.c_void_p)(managed.deleter)(address)
    for wanted in (
        prototype(device=(2, 0)),
        prototype(dtype=(FLOAT, 7, 1)),
        prototype(ndim=-1),
        prototype(shape=(2**62, 8)),
    ):
        assert allocate(ctypes.addressof(wanted), address, None, fail) == -1
        assert address.value is None
    assert [kind for kind, _ in failures] == [b"BufferError"] * 4
