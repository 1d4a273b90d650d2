# SPDX-License-Identifier: BSD-3-Clause
"""DLPack tensors and Arrow arrays that lie or fail: an error that says so, and everything is given back once."""

import sys
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from exchange import BFLOAT, BOOL, COMPLEX, FLOAT, INT, IS_COPIED, OPAQUE, USED_VERSIONED, Node, Tensor, name_of

WRONG = "is described wrongly by its exporter: "
MEMORY = np.array([1.0, 2.0, 3.0, 4.0])
ADDRESS = MEMORY.ctypes.data
FUNCTIONS = ["sum", "view_sum", "span_bytes", "negate", "sum_pairs"]


@pytest.fixture(autouse=True)
def memory_as_it_was() -> None:
    MEMORY[:] = 1, 2, 3, 4


class Giving:
    """Its __dlpack__ gives what it was told to, whatever it is asked."""

    def __init__(self, given: Any) -> None:
        self.given = given

    def __dlpack__(self, **options: Any) -> Any:
        return self.given


def refusal(c: ModuleType, function: str, liar: Any) -> pytest.ExceptionInfo[Exception]:
    count = sys.getrefcount(liar)
    with pytest.raises((TypeError, ValueError, BufferError)) as caught:
        getattr(c, function)(liar)
    assert sys.getrefcount(liar) == count
    return caught


def check(caught: pytest.ExceptionInfo[Exception], function: str, message: str) -> None:
    assert str(caught.value).startswith((f"{function}(): x {message}", f"{function}(): p {message}")), caught.value


# --- DLPack -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Lie:
    name: str
    changes: dict[str, Any]
    message: str = WRONG
    address: int = field(default=ADDRESS)


OTHER_TYPE = "has elements that no C type is for: "
LIES = [
    Lie("a negative ndim", {"ndim": -1}, WRONG + "ndim is -1"),
    Lie("65 dimensions", {"shape": (1,) * 65, "strides": (1,) * 65}, WRONG + "ndim is 65"),
    Lie("an absurd ndim", {"ndim": 2**31 - 1}, WRONG + "ndim is 2147483647"),
    Lie("no shape", {"shape": None, "ndim": 1}, WRONG + "1 dimensions, but no shape"),
    Lie("a negative extent", {"shape": (-3,)}, WRONG + "shape[0] is -3"),
    Lie("extents beyond 64 bits", {"shape": (2**62, 4), "strides": (0, 0)}),
    Lie("extents beyond 64 bits without strides", {"shape": (2**62, 4), "strides": None}),
    Lie("bytes beyond 64 bits", {"shape": (2**61,)}),
    Lie("a stride beyond 64 bits", {"strides": (2**62,)}, WRONG + "strides[0] is 4611686018427387904"),
    Lie("a stride that reaches beyond 64 bits", {"strides": (2**59,), "shape": (2**5,)}),
    Lie("the least stride", {"strides": (-(2**63),)}, WRONG + "strides[0] is -9223372036854775808"),
    Lie("NULL data", {}, WRONG + "the address is NULL, but there are elements", address=0),
    Lie("NULL data and an offset", {"byte_offset": 8}, WRONG + "the address is NULL", address=0),
    Lie("an offset beyond 63 bits", {"byte_offset": 2**63}, WRONG + "byte_offset is 9223372036854775808"),
    Lie("four lanes", {"dtype": (FLOAT, 32, 4)}, OTHER_TYPE + "float32 in 4 lanes"),
    Lie("no lanes", {"dtype": (FLOAT, 64, 0)}, OTHER_TYPE + "float64 in 0 lanes"),
    Lie("half a byte", {"dtype": (INT, 4, 1)}, OTHER_TYPE + "int4"),
    Lie("no bits", {"dtype": (INT, 0, 1)}, OTHER_TYPE + "int0"),
    Lie("a float of no machine", {"dtype": (FLOAT, 128, 1)}, OTHER_TYPE + "float128"),
    Lie("a bool of two bytes", {"dtype": (BOOL, 16, 1)}, OTHER_TYPE + "bool"),
    Lie("a bfloat of four bytes", {"dtype": (BFLOAT, 32, 1)}, OTHER_TYPE + "bfloat32"),
    Lie("complex halves", {"dtype": (COMPLEX, 32, 1)}, OTHER_TYPE + "complex32"),
    Lie("handles", {"dtype": (OPAQUE, 64, 1)}, OTHER_TYPE + "opaque"),
    Lie("an eight bit float", {"dtype": (10, 8, 1)}, OTHER_TYPE + "float8_e4m3fn"),
    Lie("a type of the future", {"dtype": (200, 64, 1)}, OTHER_TYPE + "an unknown type"),
    Lie("another device", {"device": (2, 1)}, "is in the memory of CUDA device 1, which C cannot read; copy it"),
    Lie("a device of the future", {"device": (99, 0)}, "is in the memory of an unknown device 0"),
    Lie("a version of the future", {"version": (2, 0)}, "is a tensor of DLPack 2.0, where 1.3 was asked for"),
    Lie("a versioned tensor of before versions", {"version": (0, 8)}, "is a tensor of DLPack 0.8"),
    Lie("a copy", {"flags": IS_COPIED}, "gives a copy of itself, though it was asked for its own memory"),
]  # fmt: skip


def lying(lie: Lie, **more: Any) -> Tensor:
    return Tensor(lie.address, **({"shape": (3,), "strides": (1,)} | lie.changes | more))


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.name)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_lie_in_a_tensor_is_an_error(c: ModuleType, lie: Lie, function: str) -> None:
    tensor = lying(lie)
    check(refusal(c, function, Giving(tensor.capsule)), function, lie.message)
    assert tensor.returned == 1
    assert name_of(tensor.capsule) == USED_VERSIONED


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.name)
def test_a_lie_in_a_tensor_without_a_deleter_is_an_error(c: ModuleType, lie: Lie) -> None:
    tensor = lying(lie, deleter=False)
    check(refusal(c, "sum", Giving(tensor.capsule)), "sum", lie.message)


@pytest.mark.parametrize(
    "lie", [lie for lie in LIES if not {"version", "flags"} & set(lie.changes)], ids=lambda lie: lie.name
)
def test_a_lie_in_a_tensor_without_a_version_is_an_error(c: ModuleType, lie: Lie) -> None:
    tensor = lying(lie, version=None)
    check(refusal(c, "sum", Giving(tensor.capsule)), "sum", lie.message)
    assert tensor.returned == 1


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.name)
def test_what_a_tensor_of_another_device_or_type_says_is_not_asked_of_other_protocols_in_vain(
    c: ModuleType, lie: Lie
) -> None:
    """A protocol that fails falls through to the next, but another device's memory stays another device's."""

    class Both(Giving):
        __array_interface__ = MEMORY.__array_interface__

    tensor = lying(lie)
    both = Both(tensor.capsule)
    if "device" in lie.changes:
        check(refusal(c, "sum", both), "sum", lie.message)
    else:
        assert c.sum(both) == 10
    assert tensor.returned == 1


@pytest.mark.parametrize("name", [b"tensor", b"", b"used_dltensor", b"used_dltensor_versioned", b"dltensor_versioned2"])
def test_a_capsule_of_another_name_is_not_touched(c: ModuleType, name: bytes) -> None:
    tensor = Tensor(ADDRESS, (3,), (1,), name=name)
    check(refusal(c, "sum", Giving(tensor.capsule)), "sum", WRONG + "__dlpack__() gives PyCapsule, not a capsule")
    assert tensor.returned == 0
    assert name_of(tensor.capsule) == (name or None)


@pytest.mark.parametrize("given", [None, 3, (), "dltensor", object()], ids=lambda given: type(given).__name__)
def test_what_is_no_capsule_is_named(c: ModuleType, given: Any) -> None:
    kind = "None" if given is None else type(given).__name__
    check(refusal(c, "sum", Giving(given)), "sum", WRONG + f"__dlpack__() gives {kind}, not a capsule")


def test_a_capsule_is_taken_once(c: ModuleType) -> None:
    tensor = Tensor(ADDRESS, (3,), (1,))
    giving = Giving(tensor.capsule)
    assert c.sum(giving) == 6
    assert tensor.returned == 1
    check(refusal(c, "sum", giving), "sum", WRONG + "__dlpack__() gives PyCapsule")
    assert tensor.returned == 1


def test_one_capsule_for_two_arguments_is_taken_once(c: ModuleType) -> None:
    tensor = Tensor(ADDRESS, (3,), (1,))
    giving = Giving(tensor.capsule)
    with pytest.raises(ValueError, match="add\\(\\): b is described wrongly"):
        c.add(giving, giving)
    assert tensor.returned == 1


@pytest.mark.parametrize("error", [LookupError, KeyboardInterrupt, MemoryError, BufferError, TypeError])
@pytest.mark.parametrize("method", ["__dlpack__", "__arrow_c_array__"])
def test_the_exception_of_an_exporter_passes_through(c: ModuleType, error: type[BaseException], method: str) -> None:
    def fail(self: Any, **options: Any) -> Any:
        raise error("its own")

    for attribute in (fail, property(fail)):
        failing = type("Failing", (), {method: attribute})()
        for function in (c.sum, c.negate, c.span_bytes):
            with pytest.raises(error, match="its own"):
                function(failing)


@pytest.mark.parametrize("method", ["__dlpack__", "__arrow_c_array__"])
def test_a_method_that_is_none_is_an_error_and_a_class_is_no_array(c: ModuleType, method: str) -> None:
    with pytest.raises(TypeError):
        c.sum(type("Odd", (), {method: None})())
    with pytest.raises(TypeError, match="x must be float64.n., got type"):
        c.sum(type("Odd", (), {method: lambda self: None}))


def test_a_deleter_runs_after_the_call_and_while_an_exception_passes(c: ModuleType) -> None:
    tensor = Tensor(ADDRESS, (3,), (1,))
    with pytest.raises(ZeroDivisionError):
        c.add(Giving(tensor.capsule), type("Failing", (), {"__dlpack__": lambda self: 1 // 0})())
    assert tensor.returned == 1


# --- Arrow ------------------------------------------------------------------------------------------------------------


class Columns:
    def __init__(self, given: Any) -> None:
        self.given = given

    def __arrow_c_array__(self, requested_schema: Any = None) -> Any:
        return self.given


BITS = np.array([0b1101], "u1")
NULLS = BITS.ctypes.data


@dataclass(frozen=True)
class ArrowLie:
    name: str
    node: Any
    message: str = WRONG


def values(format: bytes = b"g", length: int = 3, **changes: Any) -> Node:
    return Node(format, length, **({"buffers": (None, ADDRESS)} | changes))


def lists(size: bytes, length: int, child: Node | None, **changes: Any) -> Node:
    return Node(b"+w:" + size, length, **({"buffers": (None,), "children": (child,)} | changes))


def deep(levels: int) -> Node:
    node = values(length=1)
    for _ in range(levels):
        node = lists(b"1", 1, node)
    return node


OTHER = "is an Arrow array of type "
ARROW_LIES = [
    ArrowLie("a negative length", lambda: values(length=-1), WRONG + "an Arrow array of length -1"),
    ArrowLie("a length beyond memory", lambda: values(length=2**61)),
    ArrowLie("a negative offset", lambda: values(offset=-1), WRONG + "an Arrow array of length 3, offset -1"),
    ArrowLie("an offset beyond 64 bits", lambda: values(offset=2**63 - 1), WRONG),
    ArrowLie("an offset beyond memory", lambda: values(offset=2**61), WRONG),
    ArrowLie("no buffers", lambda: values(buffers=None), WRONG + "an Arrow array of 'g' with 0 buffers"),
    ArrowLie("buffers that are not there", lambda: values(buffers=None, n_buffers=2), WRONG),
    ArrowLie("one buffer", lambda: values(buffers=(None,)), WRONG + "an Arrow array of 'g' with 1 buffers"),
    ArrowLie("a NULL buffer", lambda: values(buffers=(None, None)), WRONG + "the address is NULL, but there are"),
    ArrowLie("a negative number of buffers", lambda: values(n_buffers=-2), WRONG),
    ArrowLie("a null", lambda: values(buffers=(NULLS, ADDRESS), null_count=1), "has 1 null, which C would"),
    ArrowLie("uncounted nulls", lambda: values(length=8, buffers=(NULLS, ADDRESS), null_count=-1), "has 5 nulls"),
    ArrowLie("nulls without a bitmap", lambda: values(null_count=2), WRONG + "2 nulls, but no bitmap of them"),
    ArrowLie("no format", lambda: values(None), WRONG + "an Arrow schema without a format"),
    ArrowLie("an empty format", lambda: values(b""), OTHER + "''"),
    ArrowLie("bits", lambda: values(b"b"), "is an Arrow array of bool, eight values in a byte"),
    ArrowLie("text", lambda: values(b"u"), OTHER + "'u'"),
    ArrowLie("a decimal", lambda: values(b"d:19,10"), OTHER + "'d:19,10'"),
    ArrowLie("days of four bytes", lambda: values(b"tdD"), OTHER + "'tdD'"),
    ArrowLie("a unit that does not exist", lambda: values(b"tsx:"), OTHER + "'tsx:'"),
    ArrowLie("a timestamp cut short", lambda: values(b"tsn"), OTHER + "'tsn'"),
    ArrowLie("a duration that goes on", lambda: values(b"tDnn"), OTHER + "'tDnn'"),
    ArrowLie("bytes of no size", lambda: values(b"w:0"), OTHER + "'w:0'"),
    ArrowLie("bytes of a negative size", lambda: values(b"w:-8"), OTHER + "'w:-8'"),
    ArrowLie("bytes of a huge size", lambda: values(b"w:" + b"9" * 40), OTHER),
    ArrowLie("bytes of no number", lambda: values(b"w:8x"), OTHER + "'w:8x'"),
    ArrowLie("a structure", lambda: Node(b"+s", 3, (None,), children=(values(),)), OTHER + "'+s'"),
    ArrowLie("lists of any size", lambda: Node(b"+l", 3, (None, ADDRESS), children=(values(),)), OTHER + "'+l'"),
    ArrowLie("a format that goes on", lambda: values(b"g" * 5000), OTHER + "'" + "g" * 40 + "'"),
    ArrowLie("a dictionary", lambda: values(b"i", dictionary=values()), "is a dictionary-encoded Arrow array"),
    ArrowLie("a list without its child", lambda: Node(b"+w:2", 1, (None,)), WRONG + "an Arrow list of a fixed size"),
    ArrowLie("a list with NULL for a child", lambda: lists(b"2", 1, None), WRONG + "an Arrow list of a fixed size"),
    ArrowLie("a list that counts NULL", lambda: Node(b"+w:2", 1, (None,), n_children=1), WRONG),
    ArrowLie("a list of no size", lambda: lists(b"", 1, values()), WRONG),
    ArrowLie("a list of a negative size", lambda: lists(b"-1", 1, values()), WRONG),
    ArrowLie("a list of a huge size", lambda: lists(b"99999999999999999999", 1, values()), WRONG),
    ArrowLie("a list whose child is too short", lambda: lists(b"2", 2, values()), WRONG + "4 values in an Arrow array"),
    ArrowLie("a list whose offset leaves its child", lambda: lists(b"1", 3, values(), offset=1), WRONG + "4 values"),
    ArrowLie("lists beyond 64 bits", lambda: lists(b"2147483647", 2**40, values()), WRONG + "more values"),
    ArrowLie("a null in a list", lambda: lists(b"1", 2, values(buffers=(NULLS, ADDRESS), null_count=1)), "has 1 null"),
    ArrowLie("a null list", lambda: lists(b"1", 2, values(), buffers=(NULLS,), null_count=1), "has 1 null"),
    ArrowLie("65 dimensions", lambda: deep(64), WRONG + "more than 64 dimensions"),
    ArrowLie("released before", lambda: values(released=True), WRONG + "__arrow_c_array__() gives what was released"),
]  # fmt: skip


@pytest.mark.parametrize("lie", ARROW_LIES, ids=lambda lie: lie.name)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_lie_in_an_arrow_array_is_an_error(c: ModuleType, lie: ArrowLie, function: str) -> None:
    node = lie.node()
    check(refusal(c, function, Columns(node.capsules())), function, lie.message)
    assert node.returned == (0 if lie.name == "released before" else 1)
    assert not node.array.release


HONEST = values()


@pytest.mark.parametrize(
    "pair",
    [None, (), (None, None), [1, 2], "ab", HONEST.capsules()[::-1], HONEST.capsules()[:1], list(HONEST.capsules())],
    ids=["None", "nothing", "two Nones", "two numbers", "text", "swapped", "one", "a list"],
)
def test_what_is_no_schema_and_array_is_an_error(c: ModuleType, pair: Any) -> None:
    check(refusal(c, "sum", Columns(pair)), "sum", WRONG + "__arrow_c_array__() gives ")


def test_the_same_arrow_capsules_can_be_taken_once(c: ModuleType) -> None:
    node = values()
    columns = Columns(node.capsules())
    assert c.sum(columns) == 6
    assert node.returned == 1
    check(refusal(c, "sum", columns), "sum", WRONG + "__arrow_c_array__() gives what was released or taken before")
    assert node.returned == 1
