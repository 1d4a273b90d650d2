# SPDX-License-Identifier: BSD-3-Clause
"""What a module is, once the rules are applied: the same shape as include/tenon/module.h, in Python."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from .declarations import Constant, CType, Declaration, Location, Number, Record
from .expression import Expression

MAX_SIZES = MAX_PARAMS = 64  # TN_MAX_SIZES, TN_MAX_PARAMS


class Direction(Enum):
    IN = "TN_IN"
    OUT = "TN_OUT"
    INOUT = "TN_INOUT"


class ParamKind(Enum):
    ARRAY = "TN_PARAM_ARRAY"
    VIEW = "TN_PARAM_VIEW"
    SPAN = "TN_PARAM_SPAN"
    VALUE = "TN_PARAM_VALUE"
    TEXT = "TN_PARAM_TEXT"
    SIZE = "TN_PARAM_SIZE"
    ROWS = "TN_PARAM_ROWS"
    HANDLE = "TN_PARAM_HANDLE"
    OWNED = "TN_PARAM_OWNED"


class MethodKind(Enum):
    METHOD = "TN_METHOD"
    NEW = "TN_NEW"
    STATIC = "TN_STATIC"
    ATTRIBUTE = "TN_ATTRIBUTE"
    SET = "TN_SET"
    BUFFER = "TN_BUFFER"


class SizeKind(Enum):
    IMPLIED = "TN_SIZE_IMPLIED"
    ARGUMENT = "TN_SIZE_ARGUMENT"
    CONSTANT = "TN_SIZE_CONSTANT"
    EXPRESSION = "TN_SIZE_EXPRESSION"


@dataclass(frozen=True)
class Bytes:
    """char[n] inside a structure."""

    size: int


@dataclass(frozen=True)
class Subarray:
    base: Number | Record | Bytes
    shape: tuple[int, ...]


ElementType = Number | Record | Bytes | Subarray


@dataclass
class Size:
    kind: SizeKind
    name: str | None  # as messages say it; None for a view's own extent
    value: int = 0
    tree: Expression | None = None
    param: int = 0
    axis: int = 0
    min: int = 0
    max: int = 2**63 - 1


@dataclass
class Param:
    name: str
    kind: ParamKind
    direction: Direction
    type: Number | Record | None
    annotation: str
    shape: tuple[int, ...] = ()  # indices into the function's sizes
    strides: int = 0
    optional: bool = False
    defaults: bool = False
    restrict: bool = False
    character: bool = False
    at_least: bool = False
    positional: bool = False
    description: str = ""
    argument: int = -1  # which C parameter; -1 for the result
    handle: HandleClass | None = None

    @property
    def is_output(self) -> bool:
        return self.direction is Direction.OUT

    @property
    def is_returned(self) -> bool:
        return self.is_output or (self.kind is ParamKind.VALUE and self.direction is Direction.INOUT)


@dataclass(frozen=True)
class Passed:
    """How the loop makes one C argument.

    `how`: "pointer" to params[index], its "value", a "view", a "span", a "text", the table of its "rows", a "handle" or
    an "owned" array; the "error" that it may fill in; a "size" (sizes[index]) by value, or "size reference" as the
    address of a local copy; "constant" and "constant reference" likewise.
    """

    how: str
    ctype: CType
    index: int = 0
    value: int = 0


@dataclass(frozen=True)
class Throw:
    """What the error codes from first to last mean."""

    first: int
    last: int
    shown: str  # as the comment names them: "3", "E_RANGE", ">0"
    text: str

    @property
    def is_range(self) -> bool:
        return self.first != self.last

    def meets(self, other: Throw) -> bool:
        return self.first <= other.last and other.first <= self.last


@dataclass
class Function:
    name: str  # in C
    python_name: str
    location: Location
    params: list[Param]
    result: Param | None
    sizes: list[Size]
    passed: list[Passed]
    throws: list[Throw]
    returns_status: bool
    raises_status: bool  # the error codes are a tn_status
    threadsafe: bool
    signature: str | None
    no_batch: str | None
    doc: str = ""
    strides: int = 0  # of all views together
    size_index: dict[str, int] = field(default_factory=dict)  # name of a size in C → its index
    function_type: str | None = None  # as libclang read it
    exclusive: bool = False
    method: Method | None = None

    @property
    def says_error(self) -> bool:
        """Has it a tn_error * to say what went wrong?"""
        return any(passed.how == "error" for passed in self.passed)

    @property
    def called_params(self) -> list[Param]:
        """What a caller passes: the parameters without the object whose method it is."""
        return self.params[1:] if self.method is not None and self.method.takes_self else self.params


@dataclass(frozen=True)
class Method:
    """How a function belongs to a class."""

    owner: HandleClass
    name: str  # as Python spells it, without the prefix
    kind: MethodKind
    also_attribute: bool = False  # a buffer that is read like an attribute, too

    @property
    def is_read(self) -> bool:
        """Without a call, as an attribute is."""
        return self.kind is MethodKind.ATTRIBUTE or self.also_attribute

    @property
    def takes_self(self) -> bool:
        return self.kind not in (MethodKind.NEW, MethodKind.STATIC)


@dataclass(eq=False)
class HandleClass:
    """An opaque type of C with the function that frees it."""

    name: str  # in C
    python_name: str
    spelling: str  # of the structure
    location: Location
    free: Declaration
    complete: bool
    doc: str = ""
    methods: list[Function] = field(default_factory=list)

    def find(self, *kinds: MethodKind) -> list[Function]:
        return [function for function in self.methods if function.method and function.method.kind in kinds]


@dataclass(frozen=True)
class Refusal:
    """A function that is not bound: what is missing, and how to say it."""

    location: Location
    function: str
    what: str
    advice: str = ""

    def __str__(self) -> str:
        advice = f"; {self.advice}" if self.advice else ""
        return f"{self.location}: warning: {self.function} is not bound: {self.what}{advice}"


@dataclass(frozen=True)
class Note:
    """Something in a comment that does not stop the function from being bound."""

    location: Location
    text: str

    def __str__(self) -> str:
        return f"{self.location}: warning: {self.text}"


@dataclass
class OverloadSet:
    name: str
    candidates: list[int]
    doc: str = ""


@dataclass
class ModuleVariable:
    name: str
    type: Number | Record
    shape: tuple[int, ...]
    readonly: bool
    character: bool
    annotation: str


@dataclass
class Half:
    """One C half: the file it includes, and whose loops and addresses it defines."""

    include: str
    functions: list[Function] = field(default_factory=list)
    variables: list[ModuleVariable] = field(default_factory=list)
    classes: list[HandleClass] = field(default_factory=list)


@dataclass
class Module:
    name: str
    halves: list[Half]
    overloads: list[OverloadSet]
    constants: list[Constant]
    refusals: list[Refusal]
    notes: list[Note]
    doc: str = ""

    @property
    def functions(self) -> list[Function]:
        return [function for half in self.halves for function in half.functions]

    @property
    def names(self) -> set[str]:
        """The attributes that a module has so far, but for its constants."""
        found = {function.python_name for function in self.functions if function.method is None}
        found |= {item.python_name for item in self.classes} | {variable.name for variable in self.variables}
        return found | {overload.name for overload in self.overloads}

    @property
    def classes(self) -> list[HandleClass]:
        return [item for half in self.halves for item in half.classes]

    @property
    def variables(self) -> list[ModuleVariable]:
        return [variable for half in self.halves for variable in half.variables]
