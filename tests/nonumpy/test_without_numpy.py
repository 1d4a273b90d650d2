# SPDX-License-Identifier: BSD-3-Clause
"""The engine where NumPy is not installed: arrays come and go through the buffer protocol.

`make test-nonumpy` runs these in an environment without NumPy; elsewhere they have nothing to say.
"""

import importlib.util
import sys
from array import array
from types import ModuleType

import pytest

SOURCE = """
#include <stddef.h>

double sum(size_t n, const double x[n])
{
    double total = 0;
    for (size_t i = 0; i < n; i++)
        total += x[i];
    return total;
}

void negate(size_t n, double x[n])
{
    for (size_t i = 0; i < n; i++)
        x[i] = -x[i];
}

/** @param[out] y  a times x */
void scale(size_t n, double a, const double x[n], double y[n])
{
    for (size_t i = 0; i < n; i++)
        y[i] = a * x[i];
}

/** @param[out] p  products of all pairs */
void outer(size_t m, size_t n, const double x[m], const double y[n], double p[m][n])
{
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++)
            p[i][j] = x[i] * y[j];
}
"""

pytestmark = pytest.mark.skipif(importlib.util.find_spec("numpy") is not None, reason="NumPy is installed here")


@pytest.fixture(scope="module")
def module(build) -> ModuleType:
    return build(SOURCE)


def test_a_buffer_is_read_in_place(module: ModuleType) -> None:
    assert module.sum(array("d", [1, 2, 3])) == 6


def test_a_buffer_is_written_in_place(module: ModuleType) -> None:
    x = array("d", [1, 2])
    module.negate(x)
    assert x.tolist() == [-1, -2]


def test_a_read_only_buffer_is_not_written(module: ModuleType) -> None:
    with pytest.raises(ValueError, match="read-only"):
        module.negate(memoryview(array("d", [1, 2])).toreadonly())


def test_an_output_is_memory_that_the_buffer_protocol_offers(module: ModuleType) -> None:
    y = memoryview(module.scale(2, array("d", [1, 2])))
    assert (y.format, y.shape, y.readonly, y.tolist()) == ("d", (2,), False, [2, 4])


def test_an_output_of_two_dimensions_has_its_shape(module: ModuleType) -> None:
    p = memoryview(module.outer(array("d", [1, 2]), array("d", [1, 10, 100])))
    assert p.tolist() == [[1, 10, 100], [2, 20, 200]]


def test_an_output_outlives_everything_it_came_from(module: ModuleType) -> None:
    view = memoryview(module.scale(2, array("d", range(1000))))
    assert view[999] == 1998


def test_a_given_output_is_filled_and_returned(module: ModuleType) -> None:
    y = array("d", [0, 0])
    assert module.scale(3, array("d", [1, 2]), y=y) is y
    assert y.tolist() == [3, 6]


def test_an_element_type_that_does_not_fit_is_refused(module: ModuleType) -> None:
    with pytest.raises(TypeError, match=r"sum\(\): x must be float64\[n\], got float32\[1\]"):
        module.sum(array("f", [1]))


def test_a_ufunc_asks_for_numpy(module: ModuleType) -> None:
    with pytest.raises(ImportError, match="[Nn]um[Pp]y"):
        module.sum.ufunc


def test_numpy_was_never_imported(module: ModuleType) -> None:
    assert "numpy" not in sys.modules
