# SPDX-License-Identifier: BSD-3-Clause
"""What parse.py reads from C: plain declarations, without any rule about what they mean to Python."""

from __future__ import annotations

from dataclasses import dataclass, field


class ParseError(Exception):
    """libclang cannot be used, or could not read a file at all."""


@dataclass(frozen=True)
class Location:
    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


# --- types ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Number:
    """An arithmetic type. `kind` is tn_kind's letter: b i u f B c."""

    kind: str
    size: int
    alignment: int
    spelling: str
    const: bool = False
    character: bool = False  # plain char
    enum: bool = False


@dataclass(frozen=True)
class Void:
    const: bool = False


@dataclass(frozen=True)
class Pointer:
    to: CType
    restrict: bool = False


MAX_NDIM = 64  # TN_MAX_NDIM


@dataclass(frozen=True)
class Array:
    """One dimension. `count` is None unless the extent is constant; `extent` is its text, "" for [] and "*" for [*]."""

    element: CType
    count: int | None
    extent: str
    static: bool = False
    restrict: bool = False

    @property
    def ndim(self) -> int:
        return 1 + (self.element.ndim if isinstance(self.element, Array) else 0)


@dataclass(frozen=True)
class Member:
    name: str
    type: CType
    offset: int


@dataclass(frozen=True)
class Record:
    """A structure. `problem` says why its memory cannot be described, naming the field."""

    name: str
    spelling: str
    size: int
    alignment: int
    members: tuple[Member, ...] = ()
    problem: str | None = None
    complete: bool = True
    const: bool = False

    @property
    def layout(self) -> tuple[int, int, tuple[Member, ...]]:
        """What two structures of one name must have in common to be the same."""
        return self.size, self.alignment, self.members

    @property
    def named(self) -> bool:
        """Can C say its name? clang spells others with the place of their declaration."""
        return "(" not in self.spelling


@dataclass(frozen=True)
class Other:
    """Anything else; `what` completes "is …"."""

    what: str
    const: bool = False


CType = Number | Void | Pointer | Array | Record | Other


def is_const(ctype: CType) -> bool:
    """Is the memory of this type read-only? For arrays the element decides."""
    if isinstance(ctype, Array):
        return is_const(ctype.element)
    return not isinstance(ctype, Pointer) and ctype.const


# --- declarations -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Parameter:
    name: str  # "" if unnamed
    type: CType
    location: Location
    comment: str = ""  # a trailing ///< or /**< comment


@dataclass(frozen=True)
class Declaration:
    """A function."""

    name: str
    location: Location
    parameters: tuple[Parameter, ...]
    result: CType
    status: bool = False  # returns tn_status
    variadic: bool = False
    prototype: bool = True
    inline_only: bool = False
    comment: str = ""
    comment_location: Location | None = None  # of its first line
    unreadable: str | None = None  # an error of the parser inside it
    function_type: str | None = None  # in C, without typedefs, variable extents as 1; None where C cannot spell it


@dataclass(frozen=True)
class TypeName:
    """What a structure is called, and where: the typedef, or the structure itself."""

    name: str
    location: Location
    comment: str = ""
    complete: bool = True


@dataclass(frozen=True)
class Overload:
    name: str
    candidates: tuple[str, ...]
    location: Location


@dataclass(frozen=True)
class Variable:
    name: str
    type: CType
    location: Location


@dataclass(frozen=True)
class Constant:
    name: str
    value: int | float | str


@dataclass
class Translation:
    """One file as read."""

    path: str
    functions: list[Declaration] = field(default_factory=list)
    overloads: list[Overload] = field(default_factory=list)
    variables: list[Variable] = field(default_factory=list)
    constants: list[Constant] = field(default_factory=list)
    names: dict[str, int] = field(default_factory=dict)  # integer constants that sizes may mention
    includes: list[str] = field(default_factory=list)  # absolute paths of all files read
    comment: str = ""  # the comment of the file itself
    types: dict[str, TypeName] = field(default_factory=dict)  # spelling of what functions mention → its name
    declared: frozenset[str] = frozenset()  # every function visible, included files too
