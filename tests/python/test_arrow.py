# SPDX-License-Identifier: BSD-3-Clause
"""Arrow's PyCapsule interface: arrays of others passed to C functions, and Spans as Arrow arrays."""

import ctypes
import sys
import threading
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from exchange import ARRAY, SCHEMA, Array, Node, Schema, name_of, pointer

import tenon

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


# --- outward ----------------------------------------------------------------------------------------------------------


def read_formats(schema: Any) -> list[str]:
    """The formats from the outermost list to the values."""
    formats = [schema.format.decode()]
    assert schema.flags == 2, "as other libraries make it, whether there are nulls or not"
    while schema.n_children:
        assert schema.n_children == 1 and schema.children[0].contents.flags == 2
        schema = schema.children[0].contents
        formats.append(schema.format.decode())
    return formats


def read_array(array: Any) -> tuple[list[int], int]:
    """The lengths from the outermost list to the values, and where the values lie."""
    lengths = [array.length]
    while array.n_children:
        assert (array.n_buffers, array.buffers[0], array.offset, array.null_count) == (1, None, 0, 0)
        array = array.children[0].contents
        lengths.append(array.length)
    assert (array.n_buffers, array.buffers[0], array.offset, array.null_count) == (2, None, 0, 0)
    return lengths, array.buffers[1]


@pytest.mark.parametrize(
    ("dtype", "format"),
    [
        ("i1", "c"),
        ("u1", "C"),
        ("i2", "s"),
        ("u2", "S"),
        ("i4", "i"),
        ("u4", "I"),
        ("i8", "l"),
        ("u8", "L"),
        ("f2", "e"),
        ("f4", "f"),
        ("f8", "g"),
        ("S5", "w:5"),
        ("V3", "w:3"),
        ("M8[s]", "tss:"),
        ("M8[ms]", "tsm:"),
        ("M8[us]", "tsu:"),
        ("M8[ns]", "tsn:"),
        ("m8[s]", "tDs"),
        ("m8[ns]", "tDn"),
    ],
)
def test_element_types_are_said_exactly(dtype: str, format: str) -> None:
    x = np.zeros(3, dtype)
    span = tenon.Span(x)
    schema = span.__arrow_c_schema__()
    assert name_of(schema) == SCHEMA
    assert read_formats(pointer(schema, Schema)) == [format]
    schema, array = span.__arrow_c_array__()
    assert (name_of(schema), name_of(array)) == (SCHEMA, ARRAY)
    assert read_formats(pointer(schema, Schema)) == [format]
    assert read_array(pointer(array, Array)) == ([3], x.ctypes.data)


def test_further_axes_are_lists_of_a_fixed_size() -> None:
    x = np.zeros((2, 3, 4))
    schema, array = tenon.Span(x).__arrow_c_array__()
    assert read_formats(pointer(schema, Schema)) == ["+w:3", "+w:4", "g"]
    assert read_array(pointer(array, Array)) == ([2, 6, 24], x.ctypes.data)


def test_axes_without_extent_are_lists_of_nothing() -> None:
    schema, array = tenon.Span(np.zeros((2, 0, 3), "i4")).__arrow_c_array__(None)
    assert read_formats(pointer(schema, Schema)) == ["+w:0", "+w:3", "i"]
    lengths, address = read_array(pointer(array, Array))
    assert lengths == [2, 0, 0] and address


def test_what_goes_out_comes_back(c: ModuleType) -> None:
    x = X.reshape(2, 3, 4)
    span = tenon.Span(x)

    class Column:
        def __arrow_c_array__(self, requested_schema: Any = None) -> Any:
            return span.__arrow_c_array__(requested_schema)

    count = sys.getrefcount(span)
    assert c.weighed3(Column()) == c.weighed3(x)
    assert sys.getrefcount(span) == count


@pytest.mark.parametrize(
    ("x", "reason"),
    [
        (np.zeros(3, "?"), "eight bools in a byte"),
        (np.zeros(3, "c16"), "no type for complex128"),
        (np.zeros(3, [("a", "i4")]), "no type for {a: int32}"),
        (np.zeros(3, "M8[D]"), r"no type for datetime64\[D\]"),
        (np.zeros(3, "M8[25s]"), r"no type for datetime64\[25s\]"),
        (np.zeros(3, "f8").astype(np.dtype("f8").newbyteorder()), "the machine's byte order only"),
        (np.array(1.0), r"reshape\(1\) makes one"),
        (np.zeros((3, 4)).T, "no strides"),
        (np.zeros(6)[::2], "no strides"),
        (np.frombuffer(bytes(25), "f8", 3, 1), "not to the 8 bytes of C"),
        (np.array([0, "NaT"], "M8[ns]"), "element 1 is NaT"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.parametrize("method", ["__arrow_c_array__", "__arrow_c_schema__"])
def test_what_arrow_cannot_say_is_an_error(x: Any, reason: str, method: str) -> None:
    span = tenon.Span(x)
    with pytest.raises(BufferError, match=rf"^Span\.{method}\(\): .*{reason}"):
        getattr(span, method)()
    span.release()


# --- who holds what ---------------------------------------------------------------------------------------------------

Release = ctypes.PYFUNCTYPE(None, ctypes.c_void_p)


def moved(structure: Any) -> Any:
    """As consumers take it: a copy, and nothing left to release."""
    copy = type(structure).from_buffer_copy(structure)
    structure.release = None
    return copy


def release(structure: Any) -> None:
    Release(structure.release)(ctypes.addressof(structure))
    assert not structure.release


def test_what_nobody_takes_is_released_with_its_capsules() -> None:
    span = tenon.Span(np.zeros((2, 3)))
    count = sys.getrefcount(span)
    pair = span.__arrow_c_array__()
    with pytest.raises(BufferError, match="1 exported buffer"):
        span.release()
    del pair
    assert sys.getrefcount(span) == count
    span.release()


def test_what_is_taken_lives_until_it_is_released() -> None:
    span = tenon.Span(np.zeros((2, 3, 4)))
    count = sys.getrefcount(span)
    schema, array = span.__arrow_c_array__()
    own_schema, own_array = moved(pointer(schema, Schema)), moved(pointer(array, Array))
    del schema, array
    assert read_formats(own_schema) == ["+w:3", "+w:4", "g"]
    assert read_array(own_array) == ([2, 6, 24], span.address)
    assert sys.getrefcount(span) > count
    release(own_schema)
    release(own_array)
    assert sys.getrefcount(span) == count
    span.release()


def test_a_child_may_be_taken_out_and_outlive_its_parent() -> None:
    span = tenon.Span(np.zeros((2, 3)))
    count = sys.getrefcount(span)
    schema, array = span.__arrow_c_array__()
    parent, parent_schema = moved(pointer(array, Array)), moved(pointer(schema, Schema))
    child, child_schema = moved(parent.children[0].contents), moved(parent_schema.children[0].contents)
    release(parent)
    release(parent_schema)
    assert read_array(child) == ([6], span.address)
    assert child_schema.format == b"g"
    with pytest.raises(BufferError):
        span.release()
    release(child)
    release(child_schema)
    assert sys.getrefcount(span) == count
    span.release()


def test_a_thread_without_the_gil_may_release() -> None:
    owner = bytearray(24)
    schema, array = tenon.Span(owner).cast("d").__arrow_c_array__()
    own_array, own_schema = moved(pointer(array, Array)), moved(pointer(schema, Schema))
    del schema, array
    with pytest.raises(BufferError):
        owner.append(0)
    for structure in (own_array, own_schema):
        call = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(structure.release)  # lets go of the GIL
        thread = threading.Thread(target=call, args=(ctypes.addressof(structure),))
        thread.start()
        thread.join()
        assert not structure.release
    end = time.monotonic() + 10
    while time.monotonic() < end:  # this thread settles it, as soon as it runs Python code
        try:
            owner.append(0)
            break
        except BufferError:
            time.sleep(0.001)
    assert len(owner) == 25


def test_a_span_gives_an_arrow_array_back_when_its_last_view_dies() -> None:
    node = lists(2, 3, column(6))
    span = tenon.Span(Column(node))
    view = span[1:, 0]
    span.release()
    assert node.returned == 0 and view.tolist() == [3, 5] and view.readonly
    view.release()
    assert node.returned == 1
