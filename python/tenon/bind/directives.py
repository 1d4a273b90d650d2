# SPDX-License-Identifier: BSD-3-Clause
"""What a comment says about one parameter: direction, shape, fixed value, `or NULL`.

A bracket is a shape only on a pointer (or on `x[]`), only right behind the parameter's name, and only if every name in
it is a parameter or a constant. Whatever does not fit is refused, with words, and never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from . import comment as comments
from . import expression
from .declarations import Array, CType, Declaration, Location, Number, Parameter, Pointer
from .expression import INT64_MAX, INT64_MIN, Expression, ExpressionError
from .model import Note, Throw

# What `or NULL` is written like by those who come from elsewhere.
_NEARLY_NULL = re.compile(r"(?:\[[^\]]*\])*\s*(or (?!NULL\b)(?i:null|nullptr|none|nil)\b)")


class Refused(Exception):
    """The function cannot be bound."""

    def __init__(self, what: str, advice: str = "", location: Location | None = None) -> None:
        super().__init__(what)
        self.what, self.advice, self.location = what, advice, location


@dataclass(frozen=True)
class Extent:
    tree: Expression
    static: bool = False


@dataclass
class Directive:
    direction: str | None = None
    shape: list[Extent] | None = None
    restrict: bool = False
    reference: bool = False  # `[]`: one value by reference
    fixed: Expression | None = None
    optional: bool = False
    description: str = ""

    @property
    def acts(self) -> bool:
        return bool(self.direction or self.shape is not None or self.reference or self.fixed or self.optional)


@dataclass
class FunctionComment:
    """A function's comment with its parameter commands sorted by parameter."""

    directives: dict[str, Directive]
    throws: list[Throw]
    marks: set[str]  # comment.MARKS
    text: str
    returns: str
    notes: list[Note]


def read_comment(function: Declaration, constants: Mapping[str, int]) -> FunctionComment:
    comment = comments.read(function.comment) if function.comment else comments.Comment()
    start = function.comment_location or function.location

    def at(line: int) -> Location:
        return Location(start.file, start.line + line, start.column if line == 0 else 1)

    for line, problem in comment.problems:
        raise Refused(problem, "complete the command, or drop it", at(line))
    reader = _DirectiveReader(function, constants)
    notes = [Note(at(line), f"{function.name}: {doubt}") for line, doubt in comment.doubts]
    for command in comment.params:
        parameter = reader.parameters.get(command.name)
        if parameter is not None:
            reader.add(parameter, command.direction, command.rest, at(command.line))
            if match := _NEARLY_NULL.match(command.rest):
                what = f"{function.name}: @param {command.name}: `{match[1]}` says nothing to Tenon; write `or NULL`"
                notes.append(Note(at(command.line), what))
        elif command.direction or re.match(r"\[|=|or NULL\b", command.rest):
            raise Refused(f"@param {command.name} names no parameter", "correct the name", at(command.line))
        elif command.name != "...":
            notes.append(Note(at(command.line), f"{function.name}: @param {command.name} names no parameter"))
    for parameter in function.parameters:
        if parameter.comment:
            direction, rest = comments.read_trailing(parameter.comment)
            reader.add(parameter, direction, rest, parameter.location)
    throws = _throws(comment.throws, constants, at)
    return FunctionComment(reader.directives, throws, comment.marks, comment.text, comment.returns, notes)


def _throws(
    commands: list[comments.ThrowsCommand], constants: Mapping[str, int], at: Callable[[int], Location]
) -> list[Throw]:
    """Single codes first, since a code that has a text of its own may lie in a range that has one, too."""
    found: list[Throw] = []
    for command in commands:
        location = at(command.line)
        name = command.code.lstrip("<>")
        try:
            code = constants[name] if name in constants else int(name, 0)
        except ValueError:
            raise Refused(f"@throws {command.code}: neither an integer nor a constant", "", location) from None
        first, last = {">": (code + 1, INT64_MAX), "<": (INT64_MIN, code - 1)}.get(command.code[0], (code, code))
        throw = Throw(first, last, command.code, command.text or command.code)
        if first <= 0 <= last:
            raise Refused(f"@throws {command.code}: 0 is success", "use @retval to document it", location)
        if any(throw.is_range == other.is_range and throw.meets(other) for other in found):
            raise Refused(f"@throws {command.code} stands there twice", "", location)
        found.append(throw)
    return sorted(found, key=lambda throw: throw.is_range)


class _DirectiveReader:
    def __init__(self, function: Declaration, constants: Mapping[str, int]) -> None:
        self.parameters = {parameter.name: parameter for parameter in function.parameters if parameter.name}
        self.constants = constants
        self.directives: dict[str, Directive] = {}

    def add(self, parameter: Parameter, direction: str | None, rest: str, location: Location) -> None:
        try:
            new = self.read(parameter, direction, rest)
        except Refused as refused:
            refused.location = refused.location or location
            raise
        old = self.directives.get(parameter.name)
        if old is not None and old.acts and new.acts:
            raise Refused(f"{parameter.name} is described twice", "keep one of the commands", location)
        if old is not None:
            merged, other = (old, new) if old.acts else (new, old)
            merged.description = merged.description or other.description
            new = merged
        self.directives[parameter.name] = new

    def read(self, parameter: Parameter, direction: str | None, rest: str) -> Directive:
        directive = Directive(direction)
        if rest.startswith("=") and _may_be_fixed(parameter):
            directive.fixed, end = self.fixed(parameter, rest[1:])
            rest = rest[1 + end :]
        elif rest.startswith("[") and _may_have_shape(parameter):
            rest = self.shape(parameter, rest, directive)
        elif match := re.match(r"((?:\[[^\]]*\])+)\s*(?=or NULL\b)", rest):
            self.agrees(parameter, match[1])
            rest = rest[match.end() :]
        if match := re.match(r"\s*or NULL\b", rest):
            directive.optional = True
            rest = rest[match.end() :]
        directive.description = rest.strip(" \t,;:")
        return directive

    def fixed(self, parameter: Parameter, text: str) -> tuple[Expression, int]:
        try:
            tree, end = expression.parse_prefix(text)
        except ExpressionError as error:
            raise Refused(f"@param {parameter.name} = {text.strip()}: the expression {error}") from None
        self.check_names(expression.names(tree), f"@param {parameter.name} = {text[:end].strip()}", "")
        return tree, end

    def shape(self, parameter: Parameter, rest: str, directive: Directive) -> str:
        brackets = re.match(r"(?:\[[^\]]*\])+", rest)
        if brackets is None:
            raise Refused(f"@param {parameter.name} {rest}: the bracket is not closed")
        items = re.findall(r"\[([^\]]*)\]", brackets[0])
        if items == [""]:
            directive.reference = True
            return rest[brackets.end() :]
        if _row_pointer(parameter.type) is not None:
            self.agrees_with_table(parameter, items)
        unit = "a shape names parameters and constants only; if this is a unit, write it otherwise"
        said = f"@param {parameter.name} {brackets[0]}"
        if items == ["1"] and isinstance(parameter.type, Pointer):
            raise Refused(
                f"{said} could be a shape or a unit", f"say `{parameter.name}[1]` in the prototype, or drop it"
            )
        directive.shape = []
        for axis, item in enumerate(items):
            words = re.match(r"\s*((?:(?:static|restrict)\s+)*)(.*)", item)
            assert words is not None
            if words[1] and axis:
                raise Refused(f"{said}: `{words[1].strip()}` belongs into the first bracket")
            directive.restrict |= "restrict" in words[1].split()
            try:
                tree = expression.parse(words[2])
            except ExpressionError as error:
                raise Refused(f"{said}: `{item}` {error}", unit) from None
            self.check_names(expression.names(tree), said, unit)
            directive.shape.append(Extent(tree, "static" in words[1].split()))
        return rest[brackets.end() :]

    def check_names(self, found: Collection[str], said: str, advice: str) -> None:
        for name in found:
            if name not in self.parameters and name not in self.constants:
                raise Refused(f"{said}: {name} is neither a parameter nor a constant", advice)

    def agrees(self, parameter: Parameter, brackets: str) -> None:
        """`double x[n]` with `@param x [n] or NULL`: the prototype has said it already."""
        ctype, extents = parameter.type, []
        while isinstance(ctype, Array | Pointer):
            if isinstance(ctype, Pointer):  # the rows of `double (*rows[m])[n]`
                ctype = ctype.to
                continue
            extents.append(ctype.extent if ctype.count is None else str(ctype.count))
            ctype = ctype.element
        given = re.findall(r"\[([^\]]*)\]", brackets)
        if [self.canonical(item) for item in given] != [self.canonical(item) for item in extents]:
            raise Refused(f"@param {parameter.name} {brackets} is not the shape in the prototype", "drop the bracket")

    def agrees_with_table(self, parameter: Parameter, items: list[str]) -> None:
        """`double *rows[m]` with `@param rows [m][n]`: the prototype has said how many rows there are."""
        ctype = parameter.type
        assert isinstance(ctype, Array)
        said = ctype.extent if ctype.count is None else str(ctype.count)
        given = re.sub(r"(?:static|restrict)\s+", "", items[0])
        if said not in ("", "*") and self.canonical(said) != self.canonical(given):
            brackets = "".join(f"[{item}]" for item in items)
            raise Refused(
                f"@param {parameter.name} {brackets} is not the shape in the prototype, which has {said} rows",
                f"begin with [{said}]",
            )

    def canonical(self, item: str) -> str:
        constants = {
            name: expression.Integer(value) for name, value in self.constants.items() if name not in self.parameters
        }
        try:
            return expression.text(expression.fold(expression.substitute(expression.parse(item), constants)))
        except ExpressionError:
            return item


def _may_be_fixed(parameter: Parameter) -> bool:
    ctype = parameter.type.to if isinstance(parameter.type, Pointer) else parameter.type
    return isinstance(ctype, Number) and ctype.kind in "iub"


def _may_have_shape(parameter: Parameter) -> bool:
    ctype = parameter.type
    row = _row_pointer(ctype)
    if row is not None and not isinstance(row.to, Array):
        return True
    return isinstance(ctype, Pointer) or (
        isinstance(ctype, Array) and ctype.count is None and ctype.extent in ("", "*")
    )


def _row_pointer(ctype: CType) -> Pointer | None:
    """What an array of pointers holds."""
    return ctype.element if isinstance(ctype, Array) and isinstance(ctype.element, Pointer) else None
