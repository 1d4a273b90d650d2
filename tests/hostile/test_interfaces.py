# SPDX-License-Identifier: BSD-3-Clause
"""Objects whose __array_interface__ or __array_struct__ lies, fails or changes while it is read."""

import gc
import re
import sys
import weakref
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np
import pytest

WRONG = "is described wrongly by its exporter: "
NATIVE = "<" if sys.byteorder == "little" else ">"
OTHER = ">" if sys.byteorder == "little" else "<"

MEMORY = np.array([1.0, 2.0, 3.0])
ADDRESS = MEMORY.ctypes.data


@pytest.fixture(autouse=True)
def memory_as_it_was() -> None:
    MEMORY[:] = 1, 2, 3


class Interface:
    def __init__(self, value: Any) -> None:
        self.__array_interface__ = value


class Struct:
    def __init__(self, value: Any) -> None:
        self.__array_struct__ = value


def honest(**changes: Any) -> dict[str, Any]:
    """Three float64, as the array interface says it, but for `changes`; None leaves an entry out."""
    entries: dict[str, Any] = {"version": 3, "shape": (3,), "typestr": NATIVE + "f8", "data": (ADDRESS, False)}
    return {name: value for name, value in (entries | changes).items() if value is not ...}


def test_an_object_with_an_array_interface_is_an_array(c: ModuleType) -> None:
    assert c.sum(Interface(honest())) == 6
    assert c.sum(Interface(honest(strides=(8,)))) == 6
    assert c.view_sum(Interface(honest(strides=(-8,), data=(ADDRESS + 16, True)))) == 6
    assert c.total(Interface(honest())) == 6
    assert c.sum(Interface(honest(mask=None))) == 6


def test_what_it_writes_is_seen_by_the_owner_of_the_memory(c: ModuleType) -> None:
    x = np.array([1.0, 2.0])
    c.negate(Interface(x.__array_interface__))
    assert x.tolist() == [-1, -2]


def test_the_data_may_be_a_buffer_with_an_offset(c: ModuleType) -> None:
    owner = bytearray(8) + MEMORY.tobytes()
    assert c.sum(Interface(honest(data=owner, offset=8))) == 6
    assert c.sum(Interface(honest(data=memoryview(owner), offset=8, shape=(2,)))) == 3
    c.negate(Interface(honest(data=owner, offset=8)))
    assert np.frombuffer(owner, "f8").tolist() == [0, -1, -2, -3]
    owner.extend(b"the buffer was given back")


@dataclass(frozen=True)
class Lie:
    name: str
    changes: dict[str, Any]
    message: str = WRONG
    error: type[Exception] = ValueError


class Odd:
    def __index__(self) -> int:
        raise LookupError("no index")


def nested(depth: int) -> Any:
    return "<i4" if depth == 0 else [("a", nested(depth - 1))]


LIES = [
    Lie("a negative extent", {"shape": (-3,)}, WRONG + "shape[0] is -3"),
    Lie("a shape beyond 64 bits", {"shape": (2**62, 2**62)}),
    Lie("an extent beyond 64 bits", {"shape": (2**70,)}),
    Lie("a shape whose bytes wrap round", {"shape": (2**61,)}),
    Lie("65 dimensions", {"shape": (1,) * 65}),
    Lie("a shape of strings", {"shape": ("3",)}),
    Lie("a shape of floats", {"shape": (3.0,)}),
    Lie("a shape whose number fails", {"shape": (Odd(),)}),
    Lie("a list for a shape", {"shape": [3]}),
    Lie("no shape", {"shape": ...}),
    Lie("None for a shape", {"shape": None}),
    Lie("too many strides", {"strides": (8, 8)}, WRONG + "'strides' is not a tuple of 1 integers"),
    Lie("no strides in the tuple", {"strides": ()}),
    Lie("a number for strides", {"strides": 8}),
    Lie("strides beyond 64 bits", {"strides": (2**63 - 1,)}, ""),
    Lie("strides that overflow downwards", {"strides": (-(2**63),)}, ""),
    Lie("no typestr", {"typestr": ...}, WRONG + "__array_interface__ has no 'typestr'"),
    Lie("a typestr of bytes", {"typestr": b"<f8"}, WRONG + "__array_interface__ has no 'typestr'"),
    Lie("an empty typestr", {"typestr": ""}, WRONG + "typestr ''"),
    Lie("an unknown typestr", {"typestr": "<z8"}, WRONG + "typestr '<z8'"),
    Lie("a typestr of a size that does not exist", {"typestr": "<f7"}, WRONG + "typestr '<f7'"),
    Lie("a typestr of a huge size", {"typestr": "|V" + "9" * 40}),
    Lie("a typestr of a negative size", {"typestr": "|V-8"}),
    Lie("a typestr with a NUL in it", {"typestr": "<f8\0"}, ""),
    Lie("a typestr that is no UTF-8", {"typestr": "\ud800"}),
    Lie("a typestr that goes on", {"typestr": "<f8" * 1000}),
    Lie("NULL data", {"data": (0, False)}, WRONG + "the address is NULL, but there are 24 bytes"),
    Lie("an address that is no number", {"data": ("0", False)}, WRONG + "'data' is not (address, read-only)"),
    Lie("an address without a flag", {"data": (ADDRESS,)}),
    Lie("an address that is negative", {"data": (-(2**70), False)}, "", OverflowError),
    Lie("an address beyond 64 bits", {"data": (2**70, False)}, "", OverflowError),
    Lie("a flag that fails", {"data": (ADDRESS, np.zeros(2))}, ""),
    Lie("a buffer that is too small", {"data": bytes(23)}, WRONG + "shape and strides leave its buffer of 23 bytes"),
    Lie("an offset that leaves too little", {"data": bytes(24), "offset": 1},
        WRONG + "shape and strides leave its buffer"),
    Lie("an offset behind the buffer", {"data": bytes(24), "offset": 25, "shape": (0,)}),
    Lie("a negative offset", {"data": bytes(32), "offset": -8}, WRONG + "shape and strides leave its buffer"),
    Lie("an offset beyond 64 bits", {"data": bytes(32), "offset": 2**64}, "", OverflowError),
    Lie("strides that leave the buffer upwards", {"data": bytes(24), "strides": (16,)}),
    Lie("strides that leave the buffer downwards", {"data": bytes(24), "strides": (-8,)}),
    Lie("a mask", {"mask": MEMORY}, "has a mask, which C would not see"),
    Lie("a descr of another size", {"typestr": "|V8", "descr": [("a", "<i4")]},
        WRONG + "typestr '|V8' has 8 bytes, but descr makes 4"),
    Lie("a descr of nonsense", {"typestr": "|V8", "descr": [1, 2]}, WRONG + "descr"),
    Lie("a descr in itself", {"typestr": "|V8", "descr": (lambda d: d.append(d) or d)([])}, WRONG + "descr"),
    Lie("a descr nested beyond all depth",
        {"typestr": "|V8", "descr": nested(100)},
        WRONG + "descr"),
]  # fmt: skip


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.name)
@pytest.mark.parametrize("function", ["sum", "view_sum", "span_bytes", "negate", "sum_pairs"])
def test_a_lie_in_the_array_interface_is_an_error(c: ModuleType, lie: Lie, function: str) -> None:
    liar = Interface(honest(**lie.changes))
    count = sys.getrefcount(liar)
    with pytest.raises((TypeError, ValueError, OverflowError)) as caught:
        getattr(c, function)(liar)
    if lie.message:
        assert str(caught.value).startswith((f"{function}(): x {lie.message}", f"{function}(): p {lie.message}"))
        assert caught.type is lie.error
    assert sys.getrefcount(liar) == count


@pytest.mark.parametrize("value", [None, 3, [], "text", (ADDRESS, False)], ids=lambda value: type(value).__name__)
def test_an_array_interface_that_is_no_dict_is_named(c: ModuleType, value: Any) -> None:
    with pytest.raises(ValueError, match=f"__array_interface__ is {type(value).__name__}, not a dict"):
        c.sum(Interface(value))


def test_a_class_with_the_property_is_no_array(c: ModuleType) -> None:
    class WithProperty:
        @property
        def __array_interface__(self) -> dict[str, Any]:
            return honest()

    assert c.sum(WithProperty()) == 6
    with pytest.raises(TypeError, match="x must be float64.n., got type"):
        c.sum(WithProperty)


@pytest.mark.parametrize("name", ["__array_interface__", "__array_struct__"])
@pytest.mark.parametrize("error", [LookupError, KeyboardInterrupt, MemoryError, RecursionError])
def test_the_exception_of_a_property_passes_through(c: ModuleType, name: str, error: type[BaseException]) -> None:
    def fail(self: Any) -> None:
        raise error("its own")

    failing = type("Failing", (), {name: property(fail)})()
    for function in (c.sum, c.negate, c.span_bytes):
        with pytest.raises(error, match="its own"):
            function(failing)


def test_an_attribute_error_means_that_there_is_none(c: ModuleType) -> None:
    class Absent:
        @property
        def __array_interface__(self) -> dict[str, Any]:
            raise AttributeError("none today")

    with pytest.raises(TypeError, match="x must be float64.n., got Absent"):
        c.sum(Absent())


# --- interfaces that change while they are read -----------------------------------------------------------------------


class Emptying:
    """A number, a flag and a text that empties the dict it stands in."""

    def __init__(self, value: int = 3) -> None:
        self.value, self.dict = value, {}  # type: ignore[var-annotated]

    def empty(self) -> None:
        self.dict.clear()
        gc.collect()

    def __index__(self) -> int:
        self.empty()
        return self.value

    def __bool__(self) -> bool:
        self.empty()
        return False

    def __repr__(self) -> str:
        self.empty()
        return "'<i4'"


@pytest.mark.parametrize(
    "changes",
    [
        lambda e: {"shape": (e, 1, 1)},
        lambda e: {"shape": (3,), "strides": (Emptying(8), e)},
        lambda e: {"data": (ADDRESS, e)},
        lambda e: {"typestr": "|V8", "descr": [("a", e), ("b", "<f4")]},
        lambda e: {"data": bytearray(24), "offset": e},
    ],
    ids=["shape", "strides", "data", "descr", "offset"],
)
@pytest.mark.parametrize("function", ["sum", "negate", "span_bytes", "sum_pairs"])
def test_an_interface_that_is_emptied_while_it_is_read_is_harmless(c: ModuleType, changes: Any, function: str) -> None:
    emptying = Emptying()
    emptying.dict = honest(**changes(emptying))
    try:
        getattr(c, function)(Interface(emptying.dict))
    except (TypeError, ValueError):
        pass
    assert emptying.dict == {}


def test_the_object_and_what_its_dict_holds_live_until_the_call_ends(c: ModuleType) -> None:
    class Fleeting:
        """Its dict, and the buffer in it, belong to nobody else."""

        @property
        def __array_interface__(self) -> dict[str, Any]:
            return honest(data=bytearray(MEMORY.tobytes()))

    fleeting = Fleeting()
    gone = weakref.ref(fleeting)
    assert c.add(fleeting, fleeting).tolist() == [2, 4, 6]
    del fleeting
    gc.collect()
    assert gone() is None


# --- __array_struct__ -------------------------------------------------------------------------------------------------


def test_an_object_with_an_array_struct_is_an_array(hostile: ModuleType, c: ModuleType) -> None:
    assert c.sum(Struct(MEMORY.__array_struct__)) == 6
    assert c.sum(Struct(hostile.array_struct(ADDRESS, shape=(3,), strides=(8,)))) == 6
    assert c.sum(Struct(hostile.array_struct(ADDRESS, shape=(3,)))) == 6
    assert c.view_sum(Struct(hostile.array_struct(ADDRESS + 16, shape=(3,), strides=(-8,)))) == 6
    assert hostile.capsules() == 0


NOT_SWAPPED, WRITEABLE, HAS_DESCR = 0x200, 0x400, 0x800


@dataclass(frozen=True)
class StructLie:
    name: str
    options: dict[str, Any]
    message: str = WRONG
    error: type[Exception] = ValueError
    address: int = field(default=ADDRESS)


STRUCT_LIES = [
    StructLie("another first number", {"two": 3}, WRONG + "__array_struct__ starts with 3, not 2"),
    StructLie("a negative ndim", {"nd": -2}, WRONG + "ndim is -2"),
    StructLie("an absurd ndim", {"nd": 2**31 - 1}, WRONG + "ndim is 2147483647"),
    StructLie("65 dimensions", {"shape": (1,) * 65}, WRONG + "ndim is 65"),
    StructLie("no shape", {"shape": None, "nd": 1}, WRONG + "1 dimensions, but no shape"),
    StructLie("a negative extent", {"shape": (-3,)}),
    StructLie("a shape beyond 64 bits", {"shape": (2**62, 4)}),
    StructLie("a shape beyond 64 bits, with strides", {"shape": (2**62, 4), "strides": (8, 8)}),
    StructLie("strides beyond 64 bits", {"strides": (2**62,)}, ""),
    StructLie("a kind that does not exist", {"kind": "z"}, WRONG + "kind 'z' of 8 bytes"),
    StructLie("a kind that is no letter", {"kind": "\0"}),
    StructLie("an itemsize that does not exist", {"itemsize": 7}, WRONG + "kind 'f' of 7 bytes"),
    StructLie("a negative itemsize", {"itemsize": -8}),
    StructLie("a huge itemsize of nothing known", {"itemsize": 2**31 - 1, "kind": "V", "shape": (2**40,)}),
    StructLie("NULL data", {}, WRONG + "the address is NULL, but there are 24 bytes", address=0),
    StructLie(
        "a capsule with a name", {"named": True}, WRONG + "__array_struct__ is PyCapsule, not an unnamed capsule"
    ),
    StructLie("a descr of nonsense", {"kind": "V", "flags": 0xF00, "descr": 3}, WRONG + "descr"),
    StructLie("a descr of another size", {"kind": "V", "flags": 0xF00, "descr": [("a", "<i4")]}, ""),
]


@pytest.mark.parametrize("lie", STRUCT_LIES, ids=lambda lie: lie.name)
@pytest.mark.parametrize("function", ["sum", "view_sum", "span_bytes", "negate", "sum_pairs"])
def test_a_lie_in_an_array_struct_is_an_error(
    hostile: ModuleType, c: ModuleType, lie: StructLie, function: str
) -> None:
    options = {"shape": (3,)} | lie.options
    if options.pop("named", False):
        options["name"] = True
    with pytest.raises((TypeError, ValueError)) as caught:
        getattr(c, function)(Struct(hostile.array_struct(lie.address, **options)))
    if lie.message:
        assert str(caught.value).startswith((f"{function}(): x {lie.message}", f"{function}(): p {lie.message}"))
        assert caught.type is lie.error
    del caught
    gc.collect()
    assert hostile.capsules() == 0


def test_an_array_struct_that_is_no_capsule_is_named(c: ModuleType) -> None:
    with pytest.raises(ValueError, match="__array_struct__ is int, not an unnamed capsule"):
        c.sum(Struct(3))


def test_the_flags_of_an_array_struct_are_believed(hostile: ModuleType, c: ModuleType) -> None:
    with pytest.raises(ValueError, match="x is read-only"):
        c.negate(Struct(hostile.array_struct(ADDRESS, shape=(3,), flags=NOT_SWAPPED)))
    with pytest.raises(TypeError, match=re.escape(f"x must be float64[n], got {OTHER}float64[3]")):
        c.sum(Struct(hostile.array_struct(ADDRESS, shape=(3,), flags=WRITEABLE)))


# --- several protocols ------------------------------------------------------------------------------------------------


def test_a_protocol_that_lies_falls_through_to_one_that_does_not(hostile: ModuleType, c: ModuleType) -> None:
    class Both(hostile.Exporter):  # type: ignore[name-defined, misc]
        __array_interface__ = honest()

    both = Both(bytearray(24), format=b"!", shape=(3,))
    assert c.sum(both) == 6
    assert both.gets == both.releases == 1


def test_a_refusal_to_be_written_to_is_final(hostile: ModuleType, c: ModuleType) -> None:
    class Both(hostile.Exporter):  # type: ignore[name-defined, misc]
        __array_interface__ = honest()

    both = Both(bytearray(24), format=b"d", shape=(3,), strides=(8,), readonly=True)
    with pytest.raises(ValueError, match="x is read-only"):
        c.negate(both)
    assert both.gets == both.releases


def test_where_all_protocols_fail_the_first_says_why(hostile: ModuleType, c: ModuleType) -> None:
    class Both(hostile.Exporter):  # type: ignore[name-defined, misc]
        __array_interface__ = honest(shape=(-1,))

    both = Both(bytearray(24), format=b"!", shape=(3,))
    with pytest.raises(ValueError, match="format '!'"):
        c.sum(both)
    assert both.gets == both.releases == 1
