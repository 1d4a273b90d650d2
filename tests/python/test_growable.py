# SPDX-License-Identifier: BSD-3-Clause
"""tenon.growable. The truth is a list that the same things are done to."""

import array
import contextlib
import copy
import gc
import itertools
import pickle
import sys
import threading
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nomemory import fail_each_allocation

import tenon


def pickled(protocol):
    return lambda numbers: pickle.loads(pickle.dumps(numbers, protocol))


def test_it_holds_what_it_is_made_of():
    numbers = tenon.growable("int32", [1, 2, 3])
    assert (list(numbers), len(numbers), numbers.dtype) == ([1, 2, 3], 3, tenon.DType("int32"))
    assert list(tenon.growable("float64")) == []
    assert list(tenon.growable(dtype="uint8", values=b"abc")) == [97, 98, 99]
    assert list(tenon.growable("float32", (x / 2 for x in range(3)))) == [0, 0.5, 1]


def test_its_elements_are_indexed_from_both_ends():
    numbers = tenon.growable("int16", [10, 20, 30])
    assert [numbers[i] for i in (0, 2, -1, -3, np.int8(1))] == [10, 30, 30, 10, 20]
    numbers[-1] = 31
    numbers[0] = 11
    assert list(numbers) == [11, 20, 31]
    for index in (3, -4, 2**62, -(2**63)):
        with pytest.raises(IndexError, match=r"growable: index -?\d+ is out of range for 3 elements"):
            numbers[index]
        with pytest.raises(IndexError):
            numbers[index] = 1
    with pytest.raises(IndexError):
        numbers[2**64]
    with pytest.raises(TypeError, match="an index must be"):
        numbers["0"]


def test_elements_cannot_be_deleted():
    numbers = tenon.growable("int16", [10, 20, 30])
    for key in (0, slice(1), -7):
        with pytest.raises(TypeError, match=r"elements can't be deleted; resize\(\) shortens it"):
            del numbers[key]
    assert list(numbers) == [10, 20, 30]


def test_slices_are_views():
    numbers = tenon.growable("float64", range(10))
    part = numbers[2:8:2]
    assert type(part) is tenon.Span and part.tolist() == [2, 4, 6]
    part[0] = 20
    assert numbers[2] == 20
    assert part.owner is numbers


def test_slices_can_be_assigned():
    numbers = tenon.growable("float64", range(5))
    numbers[1:3] = np.array([10.0, 20.0])
    assert list(numbers) == [0, 10, 20, 3, 4]


def test_numpy_takes_it_without_a_copy():
    numbers = tenon.growable("float64", range(5))
    values = np.asarray(numbers)
    assert values.ctypes.data == numbers.view().address
    values *= 2
    assert list(numbers) == [0, 2, 4, 6, 8]
    assert values.ctypes.data % 64 == 0


def test_its_repr_shows_type_length_and_room():
    numbers = tenon.growable("float64", [1])
    assert repr(numbers) == f"<tenon.growable float64[1] with room for {numbers.capacity}>"


@pytest.mark.parametrize(
    ("dtype", "values"),
    [
        ("bool", [True, False]),
        (">i2", [-2, 515]),
        ("float16", [0.5, -2.0]),
        ("bfloat16", [0.5, -2.0]),
        ("complex64", [1j, 2 + 1j]),
        ("longdouble", [1.5, 2.5]),
        ("bytes[5]", [b"ab", b"abcde"]),
        ("str[3]", ["ab", "äöü"]),
        ([("a", "<i4"), ("b", "<f8", (2,))], [(1, [2.0, 3.0]), (4, [5.0, 6.0])]),
        ("V300", [bytes(300), bytes(range(100)) * 3]),
    ],
)
def test_elements_may_have_any_type(dtype, values):
    elements = tenon.growable(dtype, values)
    elements.append(values[0])
    elements.extend(elements)
    assert [tuple(x) if isinstance(x, tuple) else x for x in elements] == [*values, values[0]] * 2


def test_padding_is_zero():
    elements = tenon.growable(np.dtype([("a", "i1"), ("b", "f8")], align=True), [(1, 2.0)])
    assert bytes(memoryview(elements).cast("B"))[1:8] == bytes(7)


# --- as a list --------------------------------------------------------------------------------------------------------


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("append"), st.integers(-9, 9)),
            st.tuples(st.just("extend"), st.lists(st.integers(-9, 9), max_size=20)),
            st.tuples(st.just("extend by an array"), st.lists(st.integers(-9, 9), max_size=20)),
            st.tuples(st.just("extend by itself"), st.none()),
            st.tuples(st.just("resize"), st.integers(0, 50)),
            st.tuples(st.just("reserve"), st.integers(-5, 100)),
        ),
        max_size=12,
    )
)
def test_what_happens_to_it_happens_to_a_list(steps):
    numbers, expected = tenon.growable("int64"), []
    for what, value in steps:
        if what == "append":
            numbers.append(value)
            expected.append(value)
        elif what == "extend":
            numbers.extend(value)
            expected.extend(value)
        elif what == "extend by an array":
            numbers.extend(np.array(value, "int64"))
            expected.extend(value)
        elif what == "extend by itself" and len(expected) < 1000:
            numbers.extend(numbers)
            expected.extend(expected[:])
        elif what == "resize":
            numbers.resize(value)
            expected = expected[:value] + [0] * (value - len(expected))
        elif what == "reserve":
            numbers.reserve(value)
            assert numbers.capacity >= value
        assert list(numbers) == expected
        assert numbers.capacity >= len(numbers)


def test_appending_moves_the_elements_rarely():
    numbers = tenon.growable("float64")
    capacities = set()
    for i in range(10_000):
        numbers.append(i)
        capacities.add(numbers.capacity)
    assert len(capacities) <= 12
    assert list(numbers) == list(range(10_000))


def test_what_is_reserved_is_there():
    numbers = tenon.growable("float64")
    numbers.reserve(1000)
    capacity = numbers.capacity
    numbers.resize(1000)
    assert numbers.capacity == capacity


# --- extending by arrays ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "values",
    [
        np.arange(6.0),
        np.arange(12.0)[::2],
        np.arange(6.0)[::-1],
        np.arange(6.0, dtype=">f8"),
        np.arange(6.0, dtype="f4"),
        np.arange(6),
        array.array("d", range(6)),
        memoryview(array.array("h", range(12)))[::2],
        bytes(range(6)),
        range(6),
        iter(range(6)),
        np.zeros(0),
    ],
    ids=lambda values: type(values).__name__,
)
def test_arrays_of_any_layout_and_numeric_type_are_added(values):
    numbers = tenon.growable("float64", [7])
    expected = [7.0, *values] if not isinstance(values, type(iter(range(1)))) else [7, 0, 1, 2, 3, 4, 5]
    numbers.extend(values)
    assert list(numbers) == [float(x) for x in expected]


def test_a_column_of_rows_is_added():
    rows = tenon.zeros((4, 3), "float32", "rows")
    rows[2, 1] = 5
    numbers = tenon.growable("float64", rows[:, 1])
    numbers.extend(rows[::-1, 1])
    assert list(numbers) == [0, 0, 5, 0, 0, 5, 0, 0]


@pytest.mark.parametrize(
    ("dtype", "values", "error", "message"),
    [
        ("int32", [1, 2, "3"], TypeError, r"growable\.extend\(\): value must be int, got str"),
        ("int32", [1, 2.0], TypeError, r"growable\.extend\(\): value must be int, got float"),
        ("int8", [1, 300], OverflowError, r"growable\.extend\(\): value must be in the range of int8"),
        ("float64", np.array([1, 2**53 + 1]), OverflowError, r"growable\.extend\(\): .*9007199254740993"),
        ("int32", np.array([1, 1.5]), OverflowError, r"growable\.extend\(\): .*1\.5"),
        ([("a", "<i4")], np.zeros(2, [("b", "<i4")]), TypeError, r"growable\.extend\(\): field 'a' is missing"),
        ("float64", np.array(["1"]), TypeError, r"growable\.extend\(\): .*str\[1\]"),
        ("int32", 5, TypeError, "iterable"),
        ("int32", None, TypeError, r"growable\.extend\(\): values must be an array or an iterable, got None"),
        ("int8", np.array([1, 300]), OverflowError, r"growable\.extend\(\): .*300"),
        ("int32", np.zeros((2, 2), "int32"), TypeError, r"growable\.extend\(\): values must have 1 dimension, got 2"),
        ("int32", np.array(5, "int32"), TypeError, r"growable\.extend\(\): values must have 1 dimension, got 0"),
        ("int32", np.ma.array([1, 2], mask=[0, 1], dtype="int32"), TypeError, "masked array"),
    ],
)
def test_values_that_do_not_fit_are_refused_and_none_is_added(dtype, values, error, message):
    numbers = tenon.growable(dtype)
    numbers.resize(1)
    before = list(numbers)
    with pytest.raises(error, match=message):
        numbers.extend(values)
    assert list(numbers) == before
    with pytest.raises(error):
        tenon.growable(dtype, values)


def test_what_an_iterable_raises_passes_through_and_nothing_is_added():
    def values():
        yield 1
        raise ZeroDivisionError

    numbers = tenon.growable("int32", [9])
    with pytest.raises(ZeroDivisionError):
        numbers.extend(values())
    assert list(numbers) == [9]


def test_an_iterable_may_change_the_container_meanwhile():
    numbers = tenon.growable("int32", [9])

    def values():
        for i in range(3):
            numbers.append(100 + i)
            yield i

    numbers.extend(values())
    assert list(numbers) == [9, 100, 101, 102, 0, 1, 2]


def test_a_value_may_change_the_container_meanwhile():
    class Value:
        def __index__(self):
            numbers.resize(0)
            return 5

    numbers = tenon.growable("int32", [1, 2, 3])
    numbers.append(Value())
    assert list(numbers) == [5]
    numbers.extend([6, 7])
    with pytest.raises(IndexError):
        numbers[2] = Value()
    assert list(numbers) == []


def test_a_value_may_take_a_view_meanwhile():
    class Value:
        def __index__(self):
            views.append(numbers.view())
            return 5

    views = []
    numbers = tenon.growable("int32", [1, 2, 3])
    with pytest.raises(BufferError, match="1 view is alive"):
        numbers.append(Value())
    assert list(numbers) == [1, 2, 3]


# --- growth and views -------------------------------------------------------------------------------------------------

DISTURB = {
    "append": lambda numbers: numbers.append(1),
    "extend": lambda numbers: numbers.extend([1, 2]),
    "extend by an array": lambda numbers: numbers.extend(np.ones(3)),
    "extend by itself": lambda numbers: numbers.extend(numbers),
    "resize": lambda numbers: numbers.resize(100),
    "shorten": lambda numbers: numbers.resize(1),
    "empty": lambda numbers: numbers.resize(0),
    "reserve": lambda numbers: numbers.reserve(1000),
}

VIEWS = {
    "view": lambda numbers: numbers.view(),
    "slice": lambda numbers: numbers[1:2],
    "slice of a slice": lambda numbers: numbers[1:][::2],
    "asarray": np.asarray,
    "slice of an array": lambda numbers: np.asarray(numbers)[1:],
    "array of a view": lambda numbers: np.asarray(numbers.view()[1:]),
    "memoryview": memoryview,
    "Span": tenon.Span,
    "iterator of a view": lambda numbers: itertools.chain([numbers.view()]),
}


@pytest.mark.parametrize("disturb", DISTURB)
@pytest.mark.parametrize("look", VIEWS)
def test_growth_is_refused_while_a_view_is_alive(disturb, look):
    numbers = tenon.growable("float64", [1, 2, 3])
    view = VIEWS[look](numbers)
    capacity = numbers.capacity
    with pytest.raises(BufferError, match=r"growable\.\w+\(\): 1 view is alive, so the memory can't change"):
        DISTURB[disturb](numbers)
    assert (list(numbers), numbers.capacity) == ([1, 2, 3], capacity)
    del view
    DISTURB[disturb](numbers)


def test_the_refusal_counts_the_views():
    numbers = tenon.growable("float64", [1, 2, 3])
    views = [np.asarray(numbers), numbers.view(), numbers[1:]]
    with pytest.raises(BufferError, match="3 views are alive"):
        numbers.append(1)
    with views.pop(1):
        pass
    with pytest.raises(BufferError, match="2 views are alive"):
        numbers.resize(10)
    views.pop()
    with pytest.raises(BufferError, match="1 view is alive"):
        numbers.reserve(100)
    views.pop()
    numbers.append(4)
    assert list(numbers) == [1, 2, 3, 4]


def test_what_changes_nothing_is_not_refused():
    numbers = tenon.growable("float64", [1, 2, 3])
    view = numbers.view()
    numbers.resize(3)
    numbers.reserve(2)
    numbers.reserve(-1)
    numbers.extend([])
    numbers.extend(np.zeros(0))
    numbers[0] = 5
    assert view.tolist() == [5, 2, 3]


def test_a_view_keeps_the_container_and_its_memory():
    numbers = tenon.growable("float64", range(100))
    watched = weakref.ref(numbers)
    values = np.asarray(numbers[10:20])
    del numbers
    gc.collect()
    assert watched() is not None
    assert values.tolist() == list(range(10, 20))
    del values
    assert watched() is None


def test_a_container_that_ndarray_took_by_address_refuses_growth_for_ever():
    numbers = tenon.growable("float64", [1, 2, 3])
    values = np.ndarray(3, "float64", buffer=numbers)
    refusal = r"np\.ndarray\(buffer=\.\.\.\) took the memory, and does not say when it is done"
    for disturb in DISTURB.values():
        with pytest.raises(BufferError, match=refusal):
            disturb(numbers)
    values[0] = 5
    assert list(numbers) == [5, 2, 3]
    del values
    with pytest.raises(BufferError):
        numbers.append(1)


def test_a_bound_function_holds_the_container_for_the_call_only(build):
    module = build("void twice(int n, double x[n]) { for (int i = 0; i < n; i++) x[i] *= 2; }\n")
    numbers = tenon.growable("float64", [1, 2, 3])
    module.twice(numbers)
    numbers.append(4)
    assert list(numbers) == [2, 4, 6, 4]


def test_views_may_die_in_other_threads():
    numbers = tenon.growable("float64", [1, 2, 3])
    views = [numbers[:] for _ in range(200)]
    threads = [threading.Thread(target=lambda: [views.pop() for _ in range(50)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    numbers.append(4)
    assert len(numbers) == 4


# --- the buffer protocol ----------------------------------------------------------------------------------------------


def test_it_exports_as_an_ndarray_of_its_type_does():
    testbuffer = pytest.importorskip("_testbuffer", reason="this Python ships without _testbuffer")
    names = ["SIMPLE", "WRITABLE", "FORMAT", "ND", "STRIDES", "C_CONTIGUOUS", "F_CONTIGUOUS", "ANY_CONTIGUOUS"]
    names += ["INDIRECT", "FULL", "FULL_RO", "CONTIG", "CONTIG_RO", "STRIDED", "STRIDED_RO", "RECORDS", "RECORDS_RO"]
    for dtype, length in (("d", 4), ("h", 0), ("B", 7)):
        values, shape = list(range(length)) or [0], [length or 1]
        oracle = testbuffer.ndarray(values, shape=shape, format=dtype, flags=testbuffer.ND_WRITABLE)
        numbers = tenon.growable(dtype, range(length))
        for name, writable in itertools.product(names, (0, testbuffer.PyBUF_WRITABLE)):
            flags = getattr(testbuffer, "PyBUF_" + name) | writable
            try:
                expected = testbuffer.ndarray(oracle, getbuf=flags)
            except BufferError:
                with pytest.raises(BufferError):
                    testbuffer.ndarray(numbers, getbuf=flags)
                continue
            got = testbuffer.ndarray(numbers, getbuf=flags)
            for attribute in ("format", "itemsize", "ndim", "strides", "suboffsets", "readonly"):
                assert getattr(got, attribute) == getattr(expected, attribute), (dtype, name, attribute)
            assert got.nbytes == length * numbers.dtype.itemsize
            assert got.tobytes() == np.arange(length).astype(dtype).tobytes()


@pytest.mark.parametrize(("method", "what"), [("resize", "length"), ("reserve", "capacity")])
def test_a_length_that_is_no_integer_is_refused_by_name(method, what):
    numbers = tenon.growable("int32", [1])
    with pytest.raises(TypeError, match=rf"^growable\.{method}\(\): {what} must be int, got float$"):
        getattr(numbers, method)(2.0)
    assert list(numbers) == [1]


def test_types_without_a_format_say_so():
    numbers = tenon.growable("bfloat16", [1, 2])
    with pytest.raises(BufferError, match=r"no format for bfloat16; view\(\) speaks other protocols"):
        memoryview(numbers)
    numbers.append(3)


def test_numpy_takes_types_without_a_format_without_a_copy_too():
    times = tenon.growable("datetime64[s]", np.array([1, 2], "datetime64[s]"))
    values = np.asarray(times)
    assert values.dtype == "datetime64[s]" and values.ctypes.data == times.view().address
    with pytest.raises(BufferError, match="1 view is alive"):
        times.resize(5)
    del values
    times.resize(3)
    assert np.array(times, copy=True).astype(int).tolist() == [1, 2, 0]


# --- what cannot be ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((), TypeError, "dtype"),
        (("float65",), (TypeError, ValueError), "float65"),
        (("O",), TypeError, r"growable\(\): dtype must not be a Python object's"),
        (("f8", 3), TypeError, "iterable"),
        (("f8", [], 3), TypeError, "argument"),
    ],
)
def test_containers_that_cannot_be_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        tenon.growable(*arguments)


@pytest.mark.parametrize("method", ["resize", "reserve"])
def test_lengths_that_cannot_be_are_refused(method):
    numbers = tenon.growable("float64", [1, 2])
    change = getattr(numbers, method)
    for length, error in ((2**60, OverflowError), (2**64, OverflowError), (1.5, TypeError), ("1", TypeError)):
        with pytest.raises(error):
            change(length)
    if method == "resize":
        with pytest.raises(ValueError, match=r"growable\.resize\(\): the length would be -1"):
            change(-1)
    assert list(numbers) == [1, 2]


@pytest.mark.unsanitized  # AddressSanitizer ends the program where malloc is asked for too much
def test_more_than_there_is_is_a_memory_error():
    numbers = tenon.growable("float64", [1, 2])
    with pytest.raises(MemoryError):
        numbers.reserve(2**58)
    assert list(numbers) == [1, 2]


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, *[pickled(protocol) for protocol in range(6)]])
def test_it_can_be_pickled_and_copied(duplicate):
    numbers = tenon.growable([("a", "<i4"), ("b", ">f8")], [(1, 2.0), (3, 4.0)])
    twin = duplicate(numbers)
    assert (list(twin), twin.dtype) == (list(numbers), numbers.dtype)
    twin.append((5, 6.0))
    numbers.resize(1)
    assert (len(twin), len(numbers)) == (3, 1)


def test_it_has_no_subclasses():
    with pytest.raises(TypeError):
        type("Sub", (tenon.growable,), {})


def test_it_survives_every_failed_allocation():
    numbers = tenon.growable("float64", [1, 2, 3])
    values = iter(())

    def use():
        made = tenon.growable([("a", "<i4"), ("b", "<f8")], [(1, 2.0)])
        made.append((3, 4.0))
        made.extend(made)
        made.resize(9)
        with made.view(), contextlib.suppress(BufferError):
            made.append((5, 6.0))
        numbers.view()
        memoryview(numbers)
        numbers.extend(values)
        repr(numbers)

    def afterwards(failed):
        gc.collect()
        assert list(numbers) == [1, 2, 3]
        numbers.append(4)
        numbers.resize(3)

    assert fail_each_allocation(use, afterwards) > 0


def test_memory_stays_flat_over_many_views():
    numbers = tenon.growable("float64", range(100))

    def cycle(times):
        for _ in range(times):
            numbers.view()
            np.asarray(numbers)
            tenon.growable("int32", [1]).append(2)

    cycle(1000)
    gc.collect()
    before = sys.getallocatedblocks()
    cycle(20_000)
    gc.collect()
    assert sys.getallocatedblocks() - before < 50
