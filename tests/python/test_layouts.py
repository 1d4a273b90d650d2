# SPDX-License-Identifier: BSD-3-Clause
"""Arrays of random type, shape and layout: what is accepted and what is refused, against rules written in Python."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

SOURCE = """
#include <tenon/tenon.h>

double sum1(size_t n, const double x[n])
{
    double total = 0;
    for (size_t i = 0; i < n; i++)
        total += x[i];
    return total;
}

double sum2(size_t m, size_t n, const double x[m][n])
{
    double total = 0;
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++)
            total += x[i][j];
    return total;
}

void negate(size_t m, size_t n, double x[m][n])
{
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++)
            x[i][j] = -x[i][j];
}

double view_sum(tn_const_f64_2 x)
{
    double total = 0;
    for (ptrdiff_t i = 0; i < x.shape[0]; i++)
        for (ptrdiff_t j = 0; j < x.shape[1]; j++)
            total += TN_AT(x, i, j);
    return total;
}

void view_negate(tn_f64_2 x)
{
    for (ptrdiff_t i = 0; i < x.shape[0]; i++)
        for (ptrdiff_t j = 0; j < x.shape[1]; j++)
            TN_AT(x, i, j) = -TN_AT(x, i, j);
}

int span_sum(const tn_span x) { return x.ndim * 1000 + (int)x.type->itemsize; }
"""


@pytest.fixture(scope="module")
def c(build: Callable[[str], ModuleType]) -> ModuleType:
    return build(SOURCE)


@dataclass(frozen=True)
class Parameter:
    """What a function asks of its array."""

    name: str
    ndim: int
    any_strides: bool = False
    written: bool = False
    any_type: bool = False


PARAMETERS = [
    Parameter("sum1", 1),
    Parameter("sum2", 2),
    Parameter("negate", 2, written=True),
    Parameter("view_sum", 2, any_strides=True),
    Parameter("view_negate", 2, any_strides=True, written=True),
    Parameter("span_sum", 0, any_strides=True, any_type=True),
]

DTYPES = ["f8", "<f8", ">f8", "=f8", "f4", "i8", "u8", "c16", "?", "M8[s]", "S8", "V8", [("a", "f8")], "g", "O"]


def is_contiguous(x: Any) -> bool:
    """NumPy's rule, from shape and strides alone."""
    expected = x.itemsize
    for extent, stride in zip(reversed(x.shape), reversed(x.strides), strict=True):
        if extent == 0:
            return True
        if extent != 1:
            if stride != expected:
                return False
            expected *= extent
    return x.size > 0 or 0 in x.shape


def is_aligned(x: Any) -> bool:
    if x.size == 0:
        return True
    strides = [stride for extent, stride in zip(x.shape, x.strides, strict=True) if extent > 1]
    return all(number % 8 == 0 for number in (x.ctypes.data, *strides))


def overlaps_itself(x: Any) -> bool:
    """By enumeration: does any byte belong to two elements?"""
    if x.size == 0:
        return False
    offsets = np.zeros(1, int)
    for extent, stride in zip(x.shape, x.strides, strict=True):
        offsets = (offsets[:, None] + np.arange(extent) * stride).reshape(-1)
    taken = (offsets[:, None] + np.arange(x.itemsize)).reshape(-1)
    return bool(len(np.unique(taken)) != len(taken))


def verdict(parameter: Parameter, x: Any) -> type[Exception] | None:
    """The exception that this array is refused with; None if it is accepted."""
    if parameter.any_type:
        return TypeError if x.dtype.hasobject else None
    if parameter.written and not x.flags.writeable:
        return ValueError
    if x.dtype != np.dtype("f8"):
        return TypeError
    if x.ndim != parameter.ndim:
        return TypeError
    if not parameter.any_strides and not is_contiguous(x):
        return ValueError
    if not is_aligned(x):
        return ValueError
    if parameter.written and overlaps_itself(x):
        return ValueError
    return None


@st.composite
def arrays(draw: Any, dtypes: Any = DTYPES) -> Any:
    """An array in a random layout: sliced, transposed, broadcast, moved off its alignment, given odd strides."""
    dtype = np.dtype(draw(st.sampled_from(dtypes)))
    shape = tuple(draw(st.lists(st.integers(0, 4), max_size=3)))
    if dtype.hasobject:
        return np.zeros(shape, dtype)
    shift = draw(st.sampled_from([0, 0, 0, 1, 4, 8]))
    size = int(np.prod(shape)) * dtype.itemsize
    x = np.ndarray(shape, dtype, np.zeros(size + 64, "u1"), shift)
    for _ in range(draw(st.integers(0, 3))):
        how = draw(st.sampled_from(["slice", "transpose", "broadcast", "newaxis", "index", "odd", "readonly", "f"]))
        if how == "slice" and x.ndim:
            axis = draw(st.integers(0, x.ndim - 1))
            part = slice(
                draw(st.none() | st.integers(-4, 4)),
                draw(st.none() | st.integers(-4, 4)),
                draw(st.sampled_from([1, 2, -1, -2])),
            )
            x = x[(slice(None),) * axis + (part,)]
        elif how == "transpose":
            x = x.transpose(draw(st.permutations(range(x.ndim))))
        elif how == "broadcast" and x.ndim < 3:
            x = np.lib.stride_tricks.as_strided(x, (draw(st.integers(0, 3)), *x.shape), (0, *x.strides))
        elif how == "newaxis" and x.ndim < 3:
            x = x[np.newaxis]
        elif how == "index" and x.ndim and x.shape[0]:
            x = x[0, ...]
        elif how == "odd":
            memory = np.zeros(4096, "u1")
            strides = tuple(draw(st.integers(0, 5)) * draw(st.sampled_from([4, 8, 8, 12])) for _ in x.shape)
            x = np.ndarray(x.shape, dtype, memory[draw(st.sampled_from([0, 0, 4])) :], 0, strides)
        elif how == "f" and x.ndim:
            x = np.asfortranarray(x)
        elif how == "readonly":
            x = x.view()
            x.setflags(write=False)
    return x


@settings(max_examples=500)
@given(arrays())
def test_every_array_is_accepted_or_refused_as_the_rules_say(c: ModuleType, x: Any) -> None:
    for parameter in PARAMETERS:
        function, expected = getattr(c, parameter.name), verdict(parameter, x)
        if expected is None:
            function(x)
            continue
        with pytest.raises(expected) as caught:
            function(x)
        assert caught.type is expected
        assert str(caught.value).startswith(f"{parameter.name}(): ")


@settings(max_examples=300)
@given(arrays(["f8"]))
def test_what_is_accepted_is_read_and_written_where_it_lies(c: ModuleType, x: Any) -> None:
    if x.flags.writeable and not overlaps_itself(x):
        x[...] = np.arange(x.size).reshape(x.shape)
    before = x.copy()
    for parameter in PARAMETERS:
        if parameter.any_type or verdict(parameter, x) is not None:
            continue
        result = getattr(c, parameter.name)(x)
        if parameter.written:
            assert np.array_equal(x, -before)
            getattr(c, parameter.name)(x)
            assert np.array_equal(x, before)
        else:
            assert result == before.sum()


@settings(max_examples=300)
@given(arrays(["f8", "<f8", ">f8", "f4", "i8", "c16", "?"]))
def test_a_memoryview_of_an_array_is_judged_as_the_array(c: ModuleType, x: Any) -> None:
    try:
        view = memoryview(x)
    except (BufferError, ValueError):
        return
    for parameter in PARAMETERS:
        expected = verdict(parameter, x)
        if expected is None:
            getattr(c, parameter.name)(view)
        else:
            with pytest.raises(expected):
                getattr(c, parameter.name)(view)


class AsInterface:
    def __init__(self, x: Any) -> None:
        self.x, self.__array_interface__ = x, x.__array_interface__


class AsStruct:
    def __init__(self, x: Any) -> None:
        self.x, self.__array_struct__ = x, x.__array_struct__


@settings(max_examples=300)
@given(
    arrays(["f8", "<f8", ">f8", "f4", "i8", "c16", "?", [("a", "f8")], "S8"]), st.sampled_from([AsInterface, AsStruct])
)
def test_an_array_interface_is_judged_as_the_array(c: ModuleType, x: Any, wrap: Any) -> None:
    if wrap is AsStruct and x.dtype.names:
        return  # NumPy drops all flags there, so that nothing is writable
    for parameter in PARAMETERS:
        expected = verdict(parameter, x)
        if expected is None:
            getattr(c, parameter.name)(wrap(x))
        else:
            with pytest.raises(expected):
                getattr(c, parameter.name)(wrap(x))


# --- overlap ----------------------------------------------------------------------------------------------------------

OVERLAP = """
#include <tenon/tenon.h>
void pair_of_views(tn_const_i64_2 x, tn_f64_2 y)
{
    (void)x;
    for (ptrdiff_t i = 0; i < y.shape[0]; i++)
        for (ptrdiff_t j = 0; j < y.shape[1]; j++)
            TN_AT(y, i, j) = 1;
}
"""


def bytes_of(x: Any) -> set[int]:
    if x.size == 0:
        return set()
    offsets = np.full(1, x.ctypes.data)
    for extent, stride in zip(x.shape, x.strides, strict=True):
        offsets = (offsets[:, None] + np.arange(extent) * stride).reshape(-1)
    return set((offsets[:, None] + np.arange(x.itemsize)).reshape(-1).tolist())


SLICES = st.builds(
    slice, st.none() | st.integers(-6, 6), st.none() | st.integers(-6, 6), st.sampled_from([1, 2, 3, -1, -2, -3])
)


@settings(max_examples=400)
@given(st.tuples(SLICES, SLICES), st.tuples(SLICES, SLICES), st.booleans())
def test_overlap_is_decided_byte_by_byte(
    build: Callable[[str], ModuleType], one: Any, other: Any, transposed: bool
) -> None:
    function = build(OVERLAP).pair_of_views
    memory = np.zeros((6, 7))
    x, y = memory.view("i8")[one], memory[other]
    if transposed:
        y = y.T
    if bytes_of(x) & bytes_of(y):
        with pytest.raises(ValueError, match="shares memory"):
            function(x, y)
    else:
        function(x, y)
        assert (y == 1).all()


def test_the_rules_refuse_and_accept_in_good_measure(c: ModuleType) -> None:
    """The properties above are worth something only if random arrays fall on both sides of every rule."""
    seen: dict[tuple[str, str], int] = {}

    @settings(max_examples=500, database=None)
    @given(arrays(["f8", "f8", "f8", "f4", ">f8" if sys.byteorder == "little" else "<f8"]))
    def count(x: Any) -> None:
        for parameter in PARAMETERS:
            expected = verdict(parameter, x)
            key = (parameter.name, expected.__name__ if expected else "accepted")
            seen[key] = seen.get(key, 0) + 1

    count()
    for parameter in PARAMETERS[:-1]:
        for outcome in ("accepted", "TypeError", "ValueError"):
            assert seen.get((parameter.name, outcome), 0) >= 5, (parameter.name, outcome)
