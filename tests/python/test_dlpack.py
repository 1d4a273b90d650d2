# SPDX-License-Identifier: BSD-3-Clause
"""DLPack: tensors of others passed to C functions."""

import gc
import sys
import weakref
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from exchange import BFLOAT, BOOL, COMPLEX, FLOAT, INT, READ_ONLY, UINT, USED_DLTENSOR, USED_VERSIONED, Tensor, name_of

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
