# SPDX-License-Identifier: BSD-3-Clause
"""tenon.indirect: what users of indirect_buffer rely on, and what is corrected here."""

import array
import ctypes
import gc
import struct
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tenon
from tenon.indirect import BufferCollection2D, IndirectMemory2D


def values(memory: Any) -> Any:
    return memoryview(memory).tolist()


def table_of(*rows: list[int], ctype: Any = ctypes.c_int) -> Any:
    """A ctypes array of pointers to rows."""
    return (ctypes.POINTER(ctype) * len(rows))(*((ctype * len(row))(*row) for row in rows))


# --- memory made from Python ------------------------------------------------------------------------------------------


def test_new_memory_is_zero_and_shared_by_its_views() -> None:
    memory = IndirectMemory2D.create_memory(rows=2, cols=3, format="i", readonly=False)
    first, second = memoryview(memory), memoryview(memory)
    assert values(memory) == [[0, 0, 0], [0, 0, 0]]
    first[1, 2] = 42
    assert second[1, 2] == 42
    assert first.obj is memory
    assert (first.shape, first.format, first.suboffsets) == ((2, 3), "i", (0, -1))


def test_every_element_is_its_own() -> None:
    memory = IndirectMemory2D.create_memory(22, 33, "i")
    view = memoryview(memory)
    for row in range(22):
        for column in range(33):
            view[row, column] = 33 * row + column
    assert values(memory) == np.arange(22 * 33).reshape(22, 33).tolist()


@pytest.mark.parametrize("format", ["b", b"b", "d", "<i", "q", "T{i:a:f:b:}", "3s"])
def test_format_and_shape_are_those_that_were_asked_for(format: Any) -> None:
    memory = IndirectMemory2D.create_memory(rows=42, cols=21, format=format)
    assert memory.get_format() == (format if isinstance(format, bytes) else format.encode())
    assert len(memory.shape) == 2
    assert (memory.shape[0], memory.shape[1]) == (42, 21)


def test_what_is_read_only_is_not_written() -> None:
    memory = IndirectMemory2D.create_memory(22, 33, "i", readonly=True)
    assert memory.readonly
    with pytest.raises(TypeError, match="read-only"):
        memoryview(memory)[0, 0] = 1
    assert not IndirectMemory2D.create(5, 6, b"i", False).readonly


def test_memory_without_rows_or_columns_has_a_shape() -> None:
    assert IndirectMemory2D.create_memory(0, 3, "d").shape == (0, 3)
    assert values(IndirectMemory2D.create_memory(3, 0, "d")) == [[], [], []]


@pytest.mark.parametrize("format", ["", "!", "nonsense", "O", "0s", b"\xff", "i" * 3 + "?!"])
def test_a_format_that_says_nothing_is_an_error_at_once(format: Any) -> None:
    with pytest.raises(struct.error) as caught:
        IndirectMemory2D.create_memory(1, 1, format)
    assert isinstance(caught.value, ValueError)
    with pytest.raises(struct.error):
        BufferCollection2D([b"a"], format=format)


@pytest.mark.parametrize("shape", [(-1, 2), (2, -1)])
def test_a_negative_size_is_an_error(shape: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="negative|-1"):
        IndirectMemory2D.create_memory(*shape, "i")


def test_too_much_memory_is_a_memory_error() -> None:
    with pytest.raises((MemoryError, OverflowError)):
        IndirectMemory2D.create_memory(2**40, 2**20, "d")


def test_it_is_made_by_its_functions_only() -> None:
    empty = IndirectMemory2D()
    with pytest.raises(BufferError, match="shows no memory"):
        memoryview(empty)
    with pytest.raises(TypeError, match="create_memory"):
        empty.get_format()


def test_consumers_that_know_no_suboffsets_are_refused() -> None:
    memory = IndirectMemory2D.create_memory(2, 3, "i")
    with pytest.raises((BufferError, ValueError)):
        np.asarray(memory)
    with pytest.raises(TypeError, match="contiguous"):
        ctypes.c_char.from_buffer(memory)
    assert memory._views == 0


# --- memory that is there already -------------------------------------------------------------------------------------


def test_ctypes_pointers_are_wrapped_and_kept() -> None:
    data = table_of([42], [1], [1])
    count = sys.getrefcount(data)
    memory = IndirectMemory2D.from_ctype_ptr(data, 2, 1)
    assert sys.getrefcount(data) == count + 1
    memory.reinterpret_data("i")
    view = memoryview(memory)
    assert view[0, 0] == 42
    view[0, 0] = 21
    assert data[0][0] == 21
    del memory
    assert sys.getrefcount(data) == count + 1
    del view
    assert sys.getrefcount(data) == count


def test_their_elements_can_be_read_without_being_reinterpreted() -> None:
    assert values(IndirectMemory2D.from_ctype_ptr(table_of([0], [42]), 2, 1)) == [[0], [42]]
    assert values(IndirectMemory2D.from_ctype_ptr(table_of([1, 2], ctype=ctypes.c_double), 1, 2)) == [[1, 2]]


def test_a_pointer_to_pointers_is_wrapped_like_an_array_of_them() -> None:
    data = table_of([1, 2], [3, 4])
    pointer = ctypes.cast(data, ctypes.POINTER(ctypes.POINTER(ctypes.c_int)))
    assert values(IndirectMemory2D.from_ctype_ptr(pointer, 2, 2)) == [[1, 2], [3, 4]]
    assert values(IndirectMemory2D.from_ptr(pointer, 2, 2, "i")) == [[1, 2], [3, 4]]
    assert values(IndirectMemory2D.from_ptr(ctypes.addressof(data), 2, 2, "i", True)) == [[1, 2], [3, 4]]
    assert values(IndirectMemory2D.from_ptr(ctypes.c_void_p(ctypes.addressof(data)), 1, 1, "i")) == [[1]]


@pytest.mark.parametrize(
    "data",
    [
        (ctypes.c_double * 2)(1.0, 2.0),
        (ctypes.POINTER(ctypes.POINTER(ctypes.c_int)) * 3)(),
        ctypes.pointer(ctypes.c_int(3)),
        np.zeros(3),
    ],
    ids=["numbers", "pointers to pointers", "a pointer to a number", "no ctypes"],
)
def test_what_is_no_pointer_to_pointers_is_refused(data: Any) -> None:
    with pytest.raises(BufferError, match="wrong format: b'"):
        IndirectMemory2D.from_ctype_ptr(data, 2, 0)


def test_more_rows_than_there_are_are_refused() -> None:
    with pytest.raises(BufferError, match="less rows than expected: 2 vs. 3"):
        IndirectMemory2D.from_ctype_ptr(table_of([1], [1]), 3, 1)


def test_null_pointers_are_refused() -> None:
    data = (ctypes.POINTER(ctypes.c_int) * 2)((ctypes.c_int * 1)(1))
    with pytest.raises(BufferError, match="row 1 is a NULL pointer"):
        IndirectMemory2D.from_ctype_ptr(data, 2, 1)
    with pytest.raises(BufferError, match="the pointer is NULL"):
        IndirectMemory2D.from_ptr(0, 1, 1, "i")
    with pytest.raises(BufferError, match="the pointer is NULL"):
        IndirectMemory2D.from_ptr(0, 1, 0, "i")
    assert IndirectMemory2D.from_ptr(0, 0, 1, "i").shape == (0, 1)
    assert IndirectMemory2D.from_ctype_ptr(data, 2, 0).shape == (2, 0)
    with pytest.raises(TypeError, match="the address of a table of pointers is required, got float"):
        IndirectMemory2D.from_ptr(1.5, 1, 1, "i")


def test_a_pointer_that_became_null_is_not_followed_by_c(build: Callable[[str], ModuleType]) -> None:
    c = build("double sum(int m, int n, const int (*rows[m])[n]) { return (*rows[m - 1])[n - 1]; }")
    data = table_of([1, 2], [3, 4])
    memory = IndirectMemory2D.from_ctype_ptr(data, 2, 2)
    assert c.sum(memory) == 4
    ctypes.memset(ctypes.addressof(data) + ctypes.sizeof(ctypes.c_void_p), 0, ctypes.sizeof(ctypes.c_void_p))
    with pytest.raises(ValueError, match=r"sum\(\): rows\[1\] is a NULL pointer"):
        c.sum(memory)


class Nanny:
    """Notes when it goes."""

    def __init__(self, gone: list[str]) -> None:
        self.gone = gone

    def __del__(self) -> None:
        self.gone.append("gone")


def test_a_memory_nanny_goes_after_the_last_view() -> None:
    gone: list[str] = []
    data = table_of([1, 2])
    memory = IndirectMemory2D.from_ptr_with_memory_nanny(ctypes.addressof(data), 1, 2, "i", False, Nanny(gone))
    view = memoryview(memory)
    del memory
    assert gone == []
    span = tenon.Span(view)
    del view
    assert span.tolist() == [[1, 2]]
    assert gone == []
    del span
    gc.collect()
    assert gone == ["gone"]


def test_a_nanny_that_refers_to_the_memory_is_collected() -> None:
    gone: list[str] = []
    nanny = Nanny(gone)
    memory = IndirectMemory2D.from_ptr_with_memory_nanny(0, 0, 0, "i", False, nanny)
    nanny.memory = memory  # type: ignore[attr-defined]
    del nanny, memory
    gc.collect()
    assert gone == ["gone"]


# --- locks ------------------------------------------------------------------------------------------------------------


def test_the_format_stays_while_somebody_looks() -> None:
    memory = IndirectMemory2D.create_memory(1, 1, "b")
    view = memoryview(memory)
    memory.reinterpret_data("b")
    with pytest.raises(BufferError, match="buffer is locked: 1 view of it is alive"):
        memory.reinterpret_data("B")
    second = memoryview(memory)
    with pytest.raises(BufferError, match="buffer is locked: 2 views of it are alive"):
        memory.reinterpret_data("B")
    assert memory.get_format() == b"b"
    view[0, 0] = -1
    view.release()
    second.release()
    memory.reinterpret_data("B")
    assert values(memory) == [[255]]


def test_formats_of_one_meaning_need_no_lock() -> None:
    memory = IndirectMemory2D.create_memory(1, 1, "<i")
    with memoryview(memory):
        memory.reinterpret_data("i")
    memory.reinterpret_data("i")
    assert memory.get_format() == b"i"
    assert values(memory) == [[0]]


def test_reinterpreting_needs_rows_of_whole_elements() -> None:
    memory = IndirectMemory2D.create_memory(2, 3, "i")
    memoryview(memory)[1, 0] = 0x01020304
    memory.reinterpret_data("B")
    assert memory.shape == (2, 12)
    assert bytes(values(memory)[1][:4]) == struct.pack("i", 0x01020304)
    with pytest.raises(BufferError, match="a row of 12 bytes is not made of elements of 8 bytes"):
        memory.reinterpret_data("d")
    assert (memory.shape, memory.get_format()) == ((2, 12), b"B")
    memory.reinterpret_data("i")
    assert memory.shape == (2, 3)


def test_a_collection_becomes_read_only_while_nobody_looks() -> None:
    rows = [bytearray(b"aa")]
    memory = BufferCollection2D(rows)
    with memoryview(memory) as view:
        assert not view.readonly
        with pytest.raises(BufferError, match="buffer is locked: 1 view of it is alive"):
            memory.make_read_only()
    memory.make_read_only()
    with memoryview(memory) as view:
        assert view.readonly
        memory.make_read_only()


# --- collections ------------------------------------------------------------------------------------------------------


def test_buffers_are_seen_as_the_rows_of_one_array() -> None:
    memory = BufferCollection2D([bytearray(b"ab"), b"cd"])
    assert memoryview(memory)[1, 1] == ord("d")
    assert memoryview(memory).readonly
    assert isinstance(memory, IndirectMemory2D)
    rows = [np.arange(3.0), array.array("d", [3, 4, 5]), memoryview(np.arange(6.0, 9.0))]
    assert values(BufferCollection2D(rows)) == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
    assert values(BufferCollection2D(iter(rows))) == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
    writable = BufferCollection2D(rows)
    memoryview(writable)[1, 2] = 50
    assert rows[1][2] == 50


AA, BBC = bytearray(b"aa"), bytearray(b"bbc")
WRONG_ROWS: list[tuple[list[Any], dict[str, Any], str]] = [
    ([AA, BBC], {}, "1. object, expected column count: 2, found column count: 3"),
    ([AA, BBC], {"column_count": 3}, "0. object, expected column count: 3, found column count: 2"),
    ([AA, array.array("i", [1, 2])], {}, "1. object, expected format: [b'B'], found format: [b'i']"),
    ([AA], {"format": "i"}, "0. object, expected format: [b'i'], found format: [b'B']"),
    ([AA, np.zeros((1, 2), "B")], {"unravel": False},
     "1. object has dimensionality: 2, but only one-dimensional objects are accepted"),
    ([np.zeros((2, 2), "B"), np.zeros((2, 2), "B", order="F")], {}, "1. object is not C-contiguous"),
    ([np.zeros(2), np.zeros(4)[::2]], {}, "1. object is not C-contiguous"),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "options", "said"), WRONG_ROWS, ids=[row[2] for row in WRONG_ROWS])
def test_an_error_names_the_row(rows: list[Any], options: dict[str, Any], said: str) -> None:
    with pytest.raises(BufferError) as caught:
        BufferCollection2D(rows, **options)
    assert str(caught.value).startswith(said)


def test_rows_of_the_right_size_and_format_are_taken() -> None:
    assert values(BufferCollection2D([AA, bytearray(b"bb")], column_count=2)) == [[97, 97], [98, 98]]
    assert BufferCollection2D([AA], format="B").get_format() == b"B"
    assert BufferCollection2D([AA], 2, b"B", False).shape == (1, 2)
    with pytest.raises(TypeError, match="bytes-like"):
        BufferCollection2D([AA, 3])
    with pytest.raises(TypeError):
        BufferCollection2D(3)  # type: ignore[arg-type]


def test_formats_compare_by_meaning() -> None:
    rows = [np.array([1], np.int64), array.array("l", [2]), array.array("q", [3])]
    assert values(BufferCollection2D(rows)) == [[1], [2], [3]]
    assert values(BufferCollection2D(rows, format="<q")) if sys.byteorder == "big" else True
    assert values(BufferCollection2D([(ctypes.c_int * 2)(1, 2), array.array("i", [3, 4])])) == [[1, 2], [3, 4]]
    assert values(BufferCollection2D([np.zeros(1, "<i4")], format="i")) == [[0]]
    with pytest.raises(BufferError, match=r"expected format: \[b'i'\], found format"):
        BufferCollection2D([np.zeros(1, ">i4")], format="i")


def test_rows_of_several_dimensions_are_unravelled_in_the_order_of_their_elements() -> None:
    a = np.arange(6.0).reshape(2, 3)
    assert values(BufferCollection2D([a, a.reshape(3, 2), a.ravel()])) == [list(range(6))] * 3


def test_a_collection_without_rows_has_a_shape() -> None:
    for memory, shape in (
        (BufferCollection2D([]), (0, 0)),
        (BufferCollection2D([], 3), (0, 3)),
        (BufferCollection2D([], 3, "d"), (0, 3)),
    ):
        assert memory.shape == shape
        assert values(memory) == []
    assert BufferCollection2D([], format="d").get_format() == b"d"


def test_sources_stay_locked_as_long_as_the_collection_or_a_view_lives() -> None:
    rows = [array.array("i", [2, 3]), array.array("i", [2, 3])]
    counts = [sys.getrefcount(row) for row in rows]
    memory = BufferCollection2D(rows)
    assert [sys.getrefcount(row) for row in rows] == [count + 1 for count in counts]
    view = memoryview(memory)
    del memory
    for row in rows:
        with pytest.raises(BufferError, match="cannot resize an array that is exporting buffers"):
            row.pop()
    del row
    view.release()
    assert [row.pop() for row in rows] == [3, 3]
    assert [sys.getrefcount(row) for row in rows] == counts


def test_sources_are_released_if_making_fails() -> None:
    row = array.array("i", [2, 3])
    for bad in (array.array("i", [2]), 3, np.zeros(2)):
        with pytest.raises((BufferError, TypeError)):
            BufferCollection2D([row, bad])
    row.append(1)


# --- views of arrays --------------------------------------------------------------------------------------------------

WAYS = [("view_from_rows", "C"), ("view_from_columns", "F")]


@pytest.mark.parametrize(("way", "order"), WAYS)
class TestViews:
    """Of an array's rows, and of a Fortran array's columns: the same with the axes exchanged."""

    def view(self, way: str, x: Any, *readonly: bool) -> IndirectMemory2D:
        return getattr(IndirectMemory2D, way)(x, *readonly)  # type: ignore[no-any-return]

    def array(self, order: str, *shape: int) -> Any:
        x = np.arange(float(np.prod(shape))).reshape(shape)
        return x if order == "C" else np.asfortranarray(x)

    def rows(self, order: str, x: Any) -> Any:
        return (x if order == "C" else x.T).tolist()

    def test_elements_are_shared(self, way: str, order: str) -> None:
        x = self.array(order, 4, 7)
        memory = self.view(way, x)
        assert memory.shape == ((4, 7) if order == "C" else (7, 4))
        assert values(memory) == self.rows(order, x)
        memoryview(memory)[1, 3] = 99
        assert (x if order == "C" else x.T)[1, 3] == 99

    def test_one_dimension_is_one_row(self, way: str, order: str) -> None:
        a = array.array("i", [1, 2, 3, 4])
        memory = self.view(way, a)
        assert memory.shape == (1, 4)
        memoryview(memory)[0, 2] = 42
        assert a[2] == 42

    def test_an_array_of_one_row_is_one(self, way: str, order: str) -> None:
        x = self.array(order, *((1, 4) if order == "C" else (4, 1)))
        assert values(self.view(way, x)) == [[0, 1, 2, 3]]

    def test_the_array_is_held(self, way: str, order: str) -> None:
        x = np.zeros((3, 4), order=order)  # type: ignore[call-overload]
        count = sys.getrefcount(x)
        memory = self.view(way, x)
        assert sys.getrefcount(x) == count + 1
        with pytest.raises(ValueError, match="cannot resize"):
            x.resize((55, 1))
        del memory
        assert sys.getrefcount(x) == count
        x.resize((55, 1))

    def test_rows_must_be_contiguous(self, way: str, order: str) -> None:
        name = "rows" if order == "C" else "columns"
        wrong = self.array("F" if order == "C" else "C", 3, 4)
        for x in (wrong, self.array(order, 4, 6)[::2, ::2], np.arange(8)[::2]):
            with pytest.raises(BufferError, match=f"{name} of the buffer-object aren't contiguous"):
                self.view(way, x)

    def test_any_row_stride_will_do(self, way: str, order: str) -> None:
        x = self.array(order, 6, 6)
        cut = x[::2] if order == "C" else x[:, ::2]
        back = x[::-1] if order == "C" else x[:, ::-1]
        assert values(self.view(way, cut)) == self.rows(order, cut)
        assert values(self.view(way, back)) == self.rows(order, back)

    def test_more_dimensions_are_refused(self, way: str, order: str) -> None:
        with pytest.raises(BufferError, match="expected at most 2 but found 3 dimensions"):
            self.view(way, np.zeros((3, 4, 3)))
        with pytest.raises(BufferError, match="found 0 dimensions"):
            self.view(way, np.zeros(()))

    def test_writability_is_asked_for(self, way: str, order: str) -> None:
        x = self.array(order, 4, 7)
        assert self.view(way, x, True).readonly
        with pytest.raises(TypeError, match="cannot modify read-only memory"):
            memoryview(self.view(way, x, True))[1, 3] = 5
        x.flags.writeable = False
        with pytest.raises(ValueError, match="buffer source array is read-only"):
            self.view(way, x, False)
        assert values(self.view(way, x, True)) == self.rows(order, x)
        with pytest.raises(BufferError, match="read-only"):
            self.view(way, b"abc")


# --- copying ----------------------------------------------------------------------------------------------------------


def refusals(rows: int, cols: int, format: str) -> Any:
    return IndirectMemory2D.create_memory(rows, cols, format)


@pytest.mark.parametrize("forwards", [True, False], ids=["copy_to", "copy_from"])
class TestCopying:
    def copy(self, forwards: bool, to: Any, source: Any, **options: bool) -> None:
        if forwards:
            source.copy_to(to, **options)
        else:
            to.copy_from(source, **options)

    def test_elements_arrive(self, forwards: bool) -> None:
        to, source = refusals(42, 21, "i"), refusals(42, 21, "i")
        memoryview(source)[15, 2] = 42
        self.copy(forwards, to, source)
        assert values(to) == values(source)
        assert memoryview(to)[15, 2] == 42

    def test_read_only_memory_is_not_copied_to(self, forwards: bool) -> None:
        to = IndirectMemory2D.create_memory(1, 2, "B", readonly=True)
        with pytest.raises(BufferError, match="copying to readonly buffer"):
            self.copy(forwards, to, refusals(1, 2, "B"))

    @pytest.mark.parametrize(("rows", "cols"), [(1, 3), (2, 2)])
    def test_shapes_must_agree(self, forwards: bool, rows: int, cols: int) -> None:
        with pytest.raises(BufferError, match="different shapes"):
            self.copy(forwards, refusals(1, 2, "B"), refusals(rows, cols, "B"))

    def test_formats_must_agree_unless_bytes_are_copied(self, forwards: bool) -> None:
        to, source = refusals(1, 2, "B"), refusals(1, 2, "b")
        memoryview(source)[0, 1] = -1
        with pytest.raises(BufferError, match="different formats"):
            self.copy(forwards, to, source)
        self.copy(forwards, to, source, cast=True)
        assert values(to) == [[0, 255]]
        with pytest.raises(BufferError, match="different itemsizes"):
            self.copy(forwards, to, refusals(1, 2, "i"), cast=True)

    def test_spellings_of_one_format_agree(self, forwards: bool) -> None:
        source = refusals(1, 2, "l")
        memoryview(source)[0, 1] = 7
        to = refusals(1, 2, "q")
        self.copy(forwards, to, source)
        assert values(to) == [[0, 7]]


def test_other_numbers_of_dimensions_are_not_copied() -> None:
    memory = refusals(1, 2, "B")
    for method in (memory.copy_from, memory.copy_to):
        with pytest.raises(BufferError, match="wrong number of dimensions: expected 2, received 1"):
            method(bytearray(b"ab"))
        with pytest.raises(TypeError):
            method(3)


@pytest.mark.parametrize("to", "CF")
@pytest.mark.parametrize("source", "CF")
def test_any_layout_is_copied(source: Any, to: Any) -> None:
    x = np.asarray(np.arange(42 * 32, dtype="i").reshape(42, 32), order=source)
    memory = refusals(42, 32, "i")
    memory.copy_from(x)
    assert values(memory) == x.tolist()
    y = np.zeros((42, 32), "i", order=to)
    memory.copy_to(y)
    assert (y == x).all()
    memory.copy_to(y[::-1])
    assert (y[::-1] == x).all()
    wide = np.zeros((84, 64), "I")
    memory.copy_to(wide[::2, ::-2], cast=True)
    assert (wide[::2, ::-2] == x).all()
    assert wide.sum() == x.sum()


def test_a_view_of_rows_can_be_copied_over_its_own_array() -> None:
    x = np.arange(12.0).reshape(4, 3)
    memory = IndirectMemory2D.view_from_rows(x[::-1])
    memory.copy_to(x)
    assert x.tolist() == [[9, 10, 11], [6, 7, 8], [3, 4, 5], [0, 1, 2]]


# --- any rows ---------------------------------------------------------------------------------------------------------


@given(st.integers(0, 6), st.integers(0, 5), st.sampled_from("bBhHiIlLqQfd"), st.data())
def test_a_collection_is_the_nested_list_of_its_rows(m: int, n: int, format: str, data: st.DataObject) -> None:
    numbers = data.draw(st.lists(st.lists(st.integers(0, 99), min_size=n, max_size=n), min_size=m, max_size=m))
    rows: list[Any] = []
    for row in numbers:
        made = array.array(format, row)
        kind = data.draw(st.sampled_from(["array", "memoryview", "numpy", "span", "part"]))
        if kind == "part":
            rows.append(np.array([0, *row, 0], format)[1:-1])
        else:
            rows.append({"array": made, "memoryview": memoryview(made), "numpy": np.array(made, format),
                         "span": tenon.Span(made)}[kind])  # fmt: skip
    memory = BufferCollection2D(rows, n, format)
    assert (memory.shape, memory.get_format()) == ((m, n), format.encode())
    assert values(memory) == numbers
    if m > 0:
        assert values(BufferCollection2D(rows)) == numbers
        copied = IndirectMemory2D.create_memory(m, n, format)
        copied.copy_from(memory)
        assert values(copied) == numbers


def test_it_is_what_c_takes_where_it_wants_rows(build: Callable[[str], ModuleType]) -> None:
    c = build(
        "/** @param rows [m][n] */\n"
        "void number(int m, int n, int **rows)\n"
        "{ for (int i = 0; i < m; i++) for (int j = 0; j < n; j++) rows[i][j] = n * i + j; }"
    )
    memory = IndirectMemory2D.create_memory(3, 4, "i")
    c.number(memory)
    assert values(memory) == np.arange(12).reshape(3, 4).tolist()
    x = np.zeros((4, 3), "i", order="F")
    c.number(IndirectMemory2D.view_from_columns(x))
    assert x.T.tolist() == np.arange(12).reshape(3, 4).tolist()


@pytest.mark.parametrize("type", ["S0", "V0"])
def test_rows_do_not_become_elements_without_bytes(type: str) -> None:
    with pytest.raises(BufferError, match="only contiguous rows"):
        tenon._core._reinterpreted(tenon.Span(bytearray(8)), tenon.DType(type))  # type: ignore[attr-defined]


def test_rows_that_run_backwards_do_not_become_other_elements() -> None:
    with pytest.raises(BufferError, match="only contiguous rows"):
        tenon._core._reinterpreted(tenon.Span(bytearray(8))[::-1], tenon.DType("int64"))  # type: ignore[attr-defined]
