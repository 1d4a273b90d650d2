# SPDX-License-Identifier: BSD-3-Clause
"""Arrow's PyCapsule interface: arrays of others passed to C functions."""

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from exchange import Node

FUNCTIONS = """
#include <stdbool.h>
#include <tenon/tenon.h>

double sum(size_t n, const double x[n])
{
    double total = 0;
    for (size_t i = 0; i < n; i++)
        total += x[i];
    return total;
}

double weighed(size_t m, size_t n, const double x[m][n])
{
    double total = 0;
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++)
            total += (double)(1 + i * n + j) * x[i][j];
    return total;
}

double weighed3(size_t k, size_t m, size_t n, const double x[k][m][n])
{
    return weighed(k * m, n, x[0]);
}

void negate(size_t n, double x[n])
{
    for (size_t i = 0; i < n; i++)
        x[i] = -x[i];
}

int kind(const tn_span x) { return x.type->kind; }
long itemsize(const tn_span x) { return (long)x.type->itemsize; }
bool readonly(const tn_span x) { return x.flags & TN_READONLY; }
bool has_unit(const tn_span x, const char *unit)
{
    return x.type->name != NULL && x.type->name[0] == unit[0] && x.type->name[1] == unit[1];
}
"""


@pytest.fixture(scope="module")
def c(build: Callable[[str], ModuleType]) -> ModuleType:
    return build(FUNCTIONS)


class Column:
    """An array of another library, which speaks Arrow alone."""

    def __init__(self, node: Node) -> None:
        self.node = node

    def __arrow_c_array__(self, requested_schema: Any = None) -> Any:
        return self.node.capsules()


X = np.arange(1.0, 25.0)
ADDRESS = X.ctypes.data


def column(length: int, offset: int = 0, format: bytes = b"g", **changes: Any) -> Node:
    return Node(format, length, (None, ADDRESS), offset=offset, **changes)


def lists(size: int, length: int, child: Node, offset: int = 0, **changes: Any) -> Node:
    return Node(b"+w:%d" % size, length, (None,), children=(child,), offset=offset, **changes)


# --- inward -----------------------------------------------------------------------------------------------------------


def test_an_arrow_array_is_passed_to_c_and_given_back_once(c: ModuleType) -> None:
    given = Column(column(5))
    count = sys.getrefcount(given)
    assert c.sum(given) == X[:5].sum()
    assert given.node.returned == 1
    assert sys.getrefcount(given) == count


def test_an_offset_counts_elements(c: ModuleType) -> None:
    assert c.sum(Column(column(5, offset=3))) == X[3:8].sum()


def test_lists_of_a_fixed_size_are_an_axis(c: ModuleType) -> None:
    assert c.weighed(Column(lists(4, 3, column(12)))) == c.weighed(X[:12].reshape(3, 4))
    assert c.weighed3(Column(lists(3, 2, lists(2, 6, column(12))))) == c.weighed3(X[:12].reshape(2, 3, 2))


def test_offsets_add_up_through_lists(c: ModuleType) -> None:
    """Each level counts its own offset in elements of its own."""
    inner = column(16, offset=5)
    middle = lists(2, 6, inner, offset=1)
    outer = lists(2, 2, middle, offset=1)
    start = 5 + 2 * (1 + 2 * 1)
    assert c.weighed3(Column(outer)) == c.weighed3(X[start : start + 8].reshape(2, 2, 2))


def test_children_may_be_longer_than_what_is_shown_of_them(c: ModuleType) -> None:
    assert c.weighed(Column(lists(4, 2, column(24)))) == c.weighed(X[:8].reshape(2, 4))


def test_empty_arrays_may_have_no_memory(c: ModuleType) -> None:
    assert c.sum(Column(Node(b"g", 0, (None, None)))) == 0
    assert c.weighed(Column(lists(0, 3, Node(b"g", 0, (None, None))))) == 0


VALID = np.array([0b11110111, 0b11111111], "u1")


def test_nulls_count_only_where_they_are_shown(c: ModuleType) -> None:
    """The bitmap says that the fourth value is null; whoever shows the values behind it shows no null."""
    bitmap = VALID.ctypes.data
    assert c.sum(Column(Node(b"g", 3, (bitmap, ADDRESS), null_count=-1))) == X[:3].sum()
    assert c.sum(Column(Node(b"g", 8, (bitmap, ADDRESS), null_count=0, offset=4))) == X[4:12].sum()
    assert c.sum(Column(Node(b"g", 8, (bitmap, ADDRESS), null_count=-1, offset=4))) == X[4:12].sum()
    with pytest.raises(ValueError, match=r"^sum\(\): x has 1 null, which C would not see; fill or drop it first"):
        c.sum(Column(Node(b"g", 8, (bitmap, ADDRESS), null_count=-1, offset=2)))


def test_nulls_of_a_child_count_only_where_they_are_shown(c: ModuleType) -> None:
    child = Node(b"g", 12, (VALID.ctypes.data, ADDRESS), null_count=1)
    assert c.weighed(Column(lists(4, 2, child, offset=1))) == c.weighed(X[4:12].reshape(2, 4))
    with pytest.raises(ValueError, match=r"^weighed\(\): x has 1 null"):
        c.weighed(Column(lists(4, 3, child)))


def test_arrow_memory_is_never_written(c: ModuleType) -> None:
    assert c.readonly(Column(column(3)))
    given = Column(column(3))
    with pytest.raises(ValueError, match=r"^negate\(\): x is read-only, and negate\(\) writes to it"):
        c.negate(given)
    assert given.node.returned == 1


def test_arrow_comes_before_tensors_that_cannot_say_that_they_are_read_only(c: ModuleType) -> None:
    """As pyarrow's arrays, which give tensors of before DLPack 1.0, as well."""

    class Both(Column):
        def __dlpack__(self, *, stream: Any = None) -> Any:
            raise AssertionError("not to be asked")

    assert c.sum(Both(column(3))) == 6
    with pytest.raises(ValueError, match="is read-only"):
        c.negate(Both(column(3)))


@pytest.mark.parametrize(
    ("format", "kind", "itemsize"),
    [
        (b"c", "i", 1),
        (b"C", "u", 1),
        (b"s", "i", 2),
        (b"S", "u", 2),
        (b"i", "i", 4),
        (b"I", "u", 4),
        (b"l", "i", 8),
        (b"L", "u", 8),
        (b"e", "f", 2),
        (b"f", "f", 4),
        (b"g", "f", 8),
        (b"w:5", "S", 5),
        (b"tss:", "M", 8),
        (b"tsm:", "M", 8),
        (b"tsu:", "M", 8),
        (b"tsn:", "M", 8),
        (b"tsn:Europe/Berlin", "M", 8),
        (b"tdm", "M", 8),
        (b"tDs", "m", 8),
        (b"tDn", "m", 8),
    ],
)
def test_element_types_are_taken_exactly(c: ModuleType, format: bytes, kind: str, itemsize: int) -> None:
    assert c.kind(Column(column(1, format=format))) == ord(kind)
    assert c.itemsize(Column(column(1, format=format))) == itemsize


def test_units_of_time_are_named(c: ModuleType) -> None:
    for format, unit in [(b"tsm:", "ms"), (b"tsu:UTC", "us"), (b"tDn", "ns"), (b"tdm", "ms"), (b"tDs", "s")]:
        assert c.has_unit(Column(column(1, format=format)), unit)


def test_a_type_that_does_not_fit_is_refused_by_name(c: ModuleType) -> None:
    with pytest.raises(TypeError, match=r"^sum\(\): x must be float64\[n\], got int64\[3\]"):
        c.sum(Column(column(3, format=b"l")))
