# SPDX-License-Identifier: BSD-3-Clause
"""Element types: what C calls them, what messages call them, and the views of view.h."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from .declarations import Array, CType, Number, Pointer, Record, Void
from .model import Bytes, ElementType, Subarray

# The short names of view.h's TN_VIEW_LIST: kind, size, alignment, C type.
VIEWS = {
    "bool": ("b", 1, 1, "_Bool"),
    "i8": ("i", 1, 1, "signed char"),
    "i16": ("i", 2, 2, "short"),
    "i32": ("i", 4, 4, "int"),
    "i64": ("i", 8, 8, "long long"),
    "u8": ("u", 1, 1, "unsigned char"),
    "u16": ("u", 2, 2, "unsigned short"),
    "u32": ("u", 4, 4, "unsigned int"),
    "u64": ("u", 8, 8, "unsigned long long"),
    "f32": ("f", 4, 4, "float"),
    "f64": ("f", 8, 8, "double"),
    "c64": ("c", 8, 4, "float _Complex"),
    "c128": ("c", 16, 8, "double _Complex"),
}


def view_of(name: str) -> tuple[bool, Number, int] | None:
    """tn_const_f64_2 → read-only, float64, 2 dimensions."""
    match = re.fullmatch(r"tn_(const_)?([a-z]+\d*)_([1-4])", name)
    if match is None or match[2] not in VIEWS:
        return None
    kind, size, alignment, spelling = VIEWS[match[2]]
    return bool(match[1]), Number(kind, size, alignment, spelling), int(match[3])


def scalar_name(number: Number | Bytes) -> str:
    """NumPy's name: "float64", "int8", "bfloat16". Plain char is a byte."""
    if isinstance(number, Bytes):
        return f"bytes[{number.size}]"
    bits = 8 * number.size
    match number.kind:
        case "b":
            return "bool"
        case "i":
            return f"int{bits}"
        case "u":
            return f"uint{bits}"
        case "B":
            return "bfloat16"
        case "f":
            return "longdouble" if "long double" in number.spelling else f"float{bits}"
    return "clongdouble" if "long double" in number.spelling else f"complex{bits}"


def annotation_of_array(element: Number | Record, extents: Sequence[str], at_least: bool) -> str:
    if isinstance(element, Record):
        name = element.name
    else:
        name = "bytes" if element.character else scalar_name(element)
    shown = list(extents)
    if at_least:
        shown[0] = f">= {shown[0]}"
    return f"{name}[{', '.join(shown)}]"


def annotation_of_rows(element: Number | Record, extents: Sequence[str], at_least: bool) -> str:
    """float64[m][n]: a table of m addresses, at each of which n elements lie."""
    name, _, table = annotation_of_array(element, extents[:1], at_least).partition("[")
    return f"{name}[{table}[{', '.join(extents[1:])}]"


def value_annotation(element: Number | Record) -> str:
    if isinstance(element, Record):
        return element.name
    if element.character:
        return "str"
    return {"b": "bool", "i": "int", "u": "int", "f": "float", "B": "float", "c": "complex"}[element.kind]


def describe(ctype: CType) -> str:
    """A C type in advice: "const double"."""
    match ctype:
        case Number(const=const, spelling=spelling) | Record(const=const, spelling=spelling):
            return f"{'const ' if const else ''}{spelling}"
        case Void():
            return "void"
        case Pointer(to=to):
            return f"{describe(to)} *"
    return "T"


def member_type(ctype: CType) -> ElementType:
    """The type of a structure's field; char arrays become bytes."""
    shape: list[int] = []
    while isinstance(ctype, Array):
        assert ctype.count is not None
        shape.append(ctype.count)
        ctype = ctype.element
    assert isinstance(ctype, Number | Record)
    base: Number | Record | Bytes = ctype
    if isinstance(ctype, Number) and ctype.character:
        base = Bytes(shape.pop() if shape else 1)
    return Subarray(base, tuple(shape)) if shape else base


def records_in(element: ElementType) -> Iterator[Record]:
    """The structures that a type is made of, itself included."""
    if isinstance(element, Subarray):
        yield from records_in(element.base)
    if isinstance(element, Record):
        yield element
        for member in element.members:
            yield from records_in(member_type(member.type))
