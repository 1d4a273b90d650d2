# SPDX-License-Identifier: BSD-3-Clause
"""The prototype is the contract: declarations → model. The rule table is applied here, function by function."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from . import batch, docstring, expression, sizes
from .declarations import (
    MAX_NDIM,
    Array,
    CType,
    Declaration,
    Number,
    Other,
    Parameter,
    Pointer,
    Record,
    Void,
    is_const,
)
from .directives import Directive, Extent, FunctionComment, Refused, read_comment
from .expression import Expression, ExpressionError, Integer, Name
from .handles import Handles, settle_method
from .model import (
    MAX_PARAMS,
    MAX_SIZES,
    Direction,
    Function,
    HandleClass,
    MethodKind,
    Note,
    Param,
    ParamKind,
    Passed,
    Throw,
)
from .names import python_name
from .types import annotation_of_array, annotation_of_rows, describe, value_annotation, view_of

MAX_ALIGNMENT = 16  # of what malloc, NumPy and the engine give out
_DIRECTIONS = {"in": Direction.IN, "out": Direction.OUT, "in,out": Direction.INOUT}


def bind_function(
    declaration: Declaration, constants: Mapping[str, int], handles: Handles | None = None
) -> tuple[Function, list[Note]]:
    """Raises Refused where the prototype and its comment do not say enough."""
    _refuse_unusable(declaration)
    comment = read_comment(declaration, constants)
    return _Binder(declaration, comment, constants, handles or Handles()).bind(), comment.notes


def _refuse_unusable(declaration: Declaration) -> None:
    if declaration.unreadable:
        raise Refused(f"libclang cannot read it: {declaration.unreadable}", "declare it in standard C")
    if declaration.variadic:
        raise Refused("it takes a variable number of arguments", "write a function with a fixed list that calls it")
    if not declaration.prototype:
        raise Refused("it has no prototype", f"write `{declaration.name}(void)` if it takes nothing")
    if declaration.inline_only:
        raise Refused("it is `inline` without an external definition", "drop `inline`, or add an `extern` declaration")
    if "$" in declaration.name:
        raise Refused(f"{declaration.name} is no Python name")


# --- one parameter ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _ExtentsAtHand:
    """What advice may name as an extent: the function's own integers, those first that bound no array yet."""

    integers: tuple[str, ...]
    taken: frozenset[str]  # names of parameters

    @classmethod
    def of(cls, declaration: Declaration, comment: FunctionComment) -> _ExtentsAtHand:
        parameters = declaration.parameters
        used = {name for parameter in parameters for name in _names_in_brackets(parameter.type)}
        for directive in comment.directives.values():
            used |= {name for extent in directive.shape or [] for name in expression.names(extent.tree)}
        fixed = {name for name, directive in comment.directives.items() if directive.fixed is not None}
        integers = [p.name for p in parameters if p.name not in fixed and _may_be_extent(p)]
        return cls(
            tuple(sorted(integers, key=lambda name: name in used)),
            frozenset(parameter.name for parameter in parameters),
        )

    def best(self, besides: frozenset[str] = frozenset()) -> str | None:
        return next((name for name in self.integers if name not in besides), None)

    def new(self) -> str:
        """A name for a parameter that is not there yet."""
        return next(name for name in ("n", "m", "count", "length", "extent") if name not in self.taken)


def _may_be_extent(parameter: Parameter) -> bool:
    ctype = parameter.type
    if not parameter.name or not isinstance(ctype, Number):
        return False
    return ctype.kind in "iu" and not ctype.character and not ctype.enum


def _names_in_brackets(ctype: CType) -> set[str]:
    found: set[str] = set()
    while isinstance(ctype, Array | Pointer):
        if isinstance(ctype, Array):
            found |= set(re.findall(r"[A-Za-z_]\w*", ctype.extent))
        ctype = ctype.element if isinstance(ctype, Array) else ctype.to
    return found


@dataclass
class _Draft:
    """One C parameter as classified; sizes are not known yet."""

    parameter: Parameter
    directive: Directive
    extents_at_hand: _ExtentsAtHand
    handles: Handles
    name: str  # in C; "" if unnamed
    python_name: str
    kind: ParamKind
    direction: Direction = Direction.IN
    element: Number | Record | None = None
    extents: list[Extent] = field(default_factory=list)
    reference: bool = False
    restrict: bool = False
    fixed: bool = False
    view_ndim: int = 0
    position: int = -1  # among the Python parameters and outputs; -1: not one of them
    is_size: bool = False
    handle: HandleClass | None = None
    says_error: bool = False  # a tn_error * that C fills in: an exception

    @property
    def optional(self) -> bool:
        return self.directive.optional and self.direction is not Direction.OUT

    @property
    def implies(self) -> bool:
        in_memory = self.kind in (ParamKind.ARRAY, ParamKind.ROWS)
        return in_memory and self.direction is not Direction.OUT and not self.optional


def _classify(
    parameter: Parameter, directive: Directive, shown: str, at_hand: _ExtentsAtHand, handles: Handles
) -> _Draft:
    draft = _Draft(parameter, directive, at_hand, handles, parameter.name, shown, ParamKind.VALUE)
    match parameter.type:
        case Number():
            _classify_number(draft, parameter.type)
        case Record():
            _classify_record(draft, parameter.type)
        case Array():
            _classify_array(draft, parameter.type)
        case Pointer():
            _classify_pointer(draft, parameter.type)
        case Other(what="a function"):
            raise _callback(shown)
        case Other(what=what):
            raise Refused(f"{shown} is {what}")
        case Void():
            raise Refused(f"{shown} is void")
    if draft.fixed and (directive.direction in ("out", "in,out") or directive.optional):
        raise Refused(f"{shown} is fixed by its comment, and cannot be an output or NULL", "drop one of the two")
    if directive.optional and not _may_be_null(draft):
        raise Refused(f"{shown} cannot be NULL: it is passed by value", "drop `or NULL`")
    output = draft.kind in (ParamKind.ARRAY, ParamKind.ROWS) and draft.direction is Direction.OUT
    ours = draft.kind is ParamKind.VALUE or output
    if ours and draft.element is not None and not draft.fixed:
        _check_alignment(shown, draft.element)
    return draft


def _check_alignment(name: str, element: Number | Record) -> None:
    """For values, results and outputs, whose memory is Tenon's own."""
    if element.alignment > MAX_ALIGNMENT:
        raise Refused(
            f"{name} must be aligned to {element.alignment} bytes, and new memory is to {MAX_ALIGNMENT}",
            "let C take an array, which the caller aligns: `x[1]`",
        )


def _callback(name: str) -> Refused:
    return Refused(f"{name} is a callback", "write a C function that needs none, or passes one of its own")


def _may_be_null(draft: _Draft) -> bool:
    by_address = (ParamKind.ARRAY, ParamKind.ROWS, ParamKind.TEXT, ParamKind.HANDLE, ParamKind.OWNED)
    return draft.kind in by_address or (draft.kind is ParamKind.VALUE and draft.reference)


def _classify_number(draft: _Draft, ctype: Number) -> None:
    if draft.directive.direction in ("out", "in,out"):
        raise Refused(
            f"{draft.python_name} is passed by value: C cannot write to it", "drop the direction, or pass a pointer"
        )
    draft.element = ctype
    draft.fixed = draft.directive.fixed is not None


def _classify_record(draft: _Draft, ctype: Record) -> None:
    view = view_of(ctype.name)
    wanted = _DIRECTIONS.get(draft.directive.direction or "")
    if view is not None:
        readonly, number, ndim = view
        if wanted is Direction.OUT:
            raise Refused(
                f"{draft.python_name} is a view, which has no shape to allocate",
                f"declare the output as an array with a shape: `{number.spelling} {draft.python_name}[n]`",
            )
        draft.kind, draft.element, draft.view_ndim = ParamKind.VIEW, number, ndim
        draft.direction = _written_direction(draft, readonly or ctype.const, Direction.INOUT)
        return
    if ctype.name == "tn_span":
        if wanted is Direction.OUT:
            raise Refused(
                f"{draft.python_name} is a tn_span, which has no shape to allocate", "declare an array with a shape"
            )
        draft.kind, draft.direction = ParamKind.SPAN, _written_direction(draft, ctype.const, Direction.INOUT)
        return
    if ctype.name == "tn_array":
        if wanted not in (None, Direction.IN):
            raise Refused(f"{draft.python_name} is passed by value: C cannot write to it", "return the array")
        draft.kind = ParamKind.OWNED
        return
    if wanted in (Direction.OUT, Direction.INOUT):
        raise Refused(f"{draft.python_name} is passed by value: C cannot write to it", "pass a pointer")
    if ctype.spelling in draft.handles.by_spelling:
        raise Refused(
            f"{draft.python_name} is a {ctype.name} by value, and objects of the class {ctype.name} are not copied",
            f"take a `const {ctype.name} *`",
        )
    draft.element = _described(ctype)


def _described(ctype: Record) -> Record:
    if not ctype.named:
        raise Refused("it takes a structure that has no name", "give it one with typedef")
    if ctype.problem:
        raise Refused(f"the structure {ctype.name} cannot be described: {ctype.problem}")
    return ctype


def _classify_array(draft: _Draft, ctype: Array) -> None:
    if isinstance(ctype.element, Pointer):
        _classify_rows(draft, ctype, ctype.element)
        return
    name = draft.python_name
    extents: list[Extent] = []
    element: CType = ctype
    while isinstance(element, Array):
        if element.count is not None:
            extents.append(Extent(Integer(element.count), element.static))
        elif element.extent in ("", "*"):
            if extents or draft.directive.shape is None:
                if draft.directive.reference:
                    raise Refused(
                        f"{name} is declared as an array, and said to be one value", f"declare it as `*{name}`"
                    )
                raise Refused(f"{name} has no extent in [{element.extent}]", f"write the extent, as in `{name}[n]`")
            extents.extend(draft.directive.shape)
        else:
            extents.append(Extent(_extent_tree(name, element.extent), element.static))
        element = element.element
    _make_array(draft, element, extents, ctype.restrict or draft.directive.restrict)


def _extent_tree(name: str, text: str) -> Expression:
    try:
        return expression.parse(text)
    except ExpressionError as error:
        raise Refused(
            f"{name}: the extent `{text}` {error}", "use names, integers, + - * / % and parentheses"
        ) from None


def _make_array(draft: _Draft, element: CType, extents: list[Extent], restrict: bool) -> None:
    name = draft.python_name
    match element:
        case Pointer(to=Other(what="a function")):
            raise Refused(f"{name} is an array of callbacks", "write a C function that needs none")
        case Pointer():
            what = f"{name} is an array of pointers with more axes than one"
            raise Refused(what, "give each row's address in one table: `*x[m]`")
        case Other(what=what):
            raise Refused(
                f"{name} holds elements that are {what}" if not what.startswith("of ") else f"{name} is {what}"
            )
        case Void():
            raise Refused(f"{name} is a void pointer: the element type is not said", "declare the element type")
        case Record():
            if element.name.startswith("tn_") and (view_of(element.name) or element.name in ("tn_span", "tn_array")):
                raise Refused(f"{name} is an array of {element.name}", "pass one by value")
            draft.element = _described(element)
        case Number():
            draft.element = element
        case Array():
            raise AssertionError("arrays are unwrapped")
    if len(extents) > MAX_NDIM:
        raise Refused(f"{name} has more than {MAX_NDIM} dimensions, which no array in Python has", "join some of them")
    draft.kind, draft.extents, draft.restrict = ParamKind.ARRAY, extents, restrict
    draft.direction = _written_direction(draft, is_const(element), Direction.INOUT)


def _written_direction(draft: _Draft, const: bool, default: Direction) -> Direction:
    wanted = _DIRECTIONS.get(draft.directive.direction or "")
    if const:
        if wanted in (Direction.OUT, Direction.INOUT):
            raise Refused(
                f"{draft.python_name} is const, and @param[{draft.directive.direction}] says that it is written",
                "drop const or the direction",
            )
        return Direction.IN
    return wanted or default


def _classify_pointer(draft: _Draft, ctype: Pointer) -> None:
    name, target, directive = draft.python_name, ctype.to, draft.directive
    if isinstance(target, Other) and target.what == "a function":
        raise _callback(name)
    if isinstance(target, Void):
        raise Refused(f"{name} is a void pointer: the element type is not said", "declare the element type")
    if isinstance(target, Pointer):
        _classify_rows(draft, ctype, target)
        return
    if isinstance(target, Record) and target.name == "tn_error":
        _classify_error(draft, target)
        return
    if isinstance(target, Record) and (view_of(target.name) or target.name in ("tn_span", "tn_array")):
        returned = target.name == "tn_array" and directive.direction == "out"
        advice = "return the array" if returned else "pass it by value"
        raise Refused(f"{name} is a pointer to {target.name}", advice)
    if isinstance(target, Record) and not target.named:
        raise Refused(f"{name} is a pointer to a structure that has no name", "give it one with typedef")
    if isinstance(target, Record) and _is_handle(draft, target):
        _classify_handle(draft, target)
        return
    if directive.fixed is not None and isinstance(target, Number):
        draft.element, draft.fixed, draft.reference = target, True, True
        return
    if directive.shape is not None:
        extents = list(directive.shape)
        element, further = _extents_of_target(name, target)
        _make_array(draft, element, extents + further, ctype.restrict or directive.restrict)
        return
    if isinstance(target, Number | Record) and (directive.reference or _is_one_value(draft, target)):
        _classify_reference(draft, target)
        return
    if isinstance(target, Number) and target.character and target.const and directive.direction in (None, "in"):
        draft.kind = ParamKind.TEXT
        return
    raise _no_shape(draft, ctype)


def _extents_of_target(name: str, target: CType) -> tuple[CType, list[Extent]]:
    """What a pointer leads to: the element, and the extents of the array where it is one."""
    extents: list[Extent] = []
    while isinstance(target, Array):
        if target.count is None and target.extent in ("", "*"):
            raise Refused(f"{name} has no extent in [{target.extent}]", "write the extent")
        tree = Integer(target.count) if target.count is not None else _extent_tree(name, target.extent)
        extents.append(Extent(tree))
        target = target.element
    return target, extents


def _classify_rows(draft: _Draft, ctype: Array | Pointer, row: Pointer) -> None:
    """A table of pointers to rows: `T (*x[m])[n]` says its shape; the comment says that of `T *x[m]` and `T **x`."""
    name, directive = draft.python_name, draft.directive
    element, further = _extents_of_target(name, row.to)
    _refuse_as_rows(draft, ctype, element)
    extents = list(directive.shape or [])
    if isinstance(ctype, Array) and not extents and (ctype.count is not None or ctype.extent not in ("", "*")):
        tree = Integer(ctype.count) if ctype.count is not None else _extent_tree(name, ctype.extent)
        extents = [Extent(tree)]
    if isinstance(ctype, Array) and extents and ctype.static:
        extents[0] = Extent(extents[0].tree, True)
    if (further and len(extents) > 1) or not extents or len(extents) + len(further) < 2:
        raise _rows_without_shape(draft, ctype, row)
    restrict = row.restrict or ctype.restrict or directive.restrict
    _make_array(draft, element, extents + further, restrict)
    draft.kind = ParamKind.ROWS


def _refuse_as_rows(draft: _Draft, ctype: Array | Pointer, element: CType) -> None:
    name = draft.python_name
    if isinstance(element, Other) and element.what == "a function" and isinstance(ctype, Pointer):
        raise _callback(name)
    if isinstance(element, Other) and element.what == "a function":
        raise Refused(f"{name} is an array of callbacks", "write a C function that needs none")
    if isinstance(element, Void):
        raise Refused(f"{name} leads to void: the element type is not said", "declare the element type")
    if isinstance(element, Pointer):
        what = f"{name} leads to its elements through several tables of pointers"
        raise Refused(what, "write a C function that takes one: `**x`")
    if isinstance(element, Record) and not element.complete:
        raise Refused(f"{name} leads to pointers to {element.name}, an opaque handle", "pass one handle by its pointer")


def _rows_without_shape(draft: _Draft, ctype: Array | Pointer, row: Pointer) -> Refused:
    name, target = draft.python_name, row.to
    said = ctype.extent if isinstance(ctype, Array) and ctype.count is None else ""
    said = str(ctype.count) if isinstance(ctype, Array) and ctype.count is not None else said
    used = frozenset(_names_in_brackets(target)) | {said}
    rows = said if said not in ("", "*") else draft.extents_at_hand.best(used) or draft.extents_at_hand.new()
    what = f"{name} is an array of pointers to rows, and its shape is not said"
    if isinstance(target, Array):
        return Refused(what, f"say `@param {name} [{rows}]` in the comment")
    columns = draft.extents_at_hand.best(used | {rows}) or ("n" if rows != "n" else "k")
    written, said = f"{describe(target)} (*{name}[{rows}])[{columns}]", f"@param {name} [{rows}][{columns}]"
    return Refused(what, f"write `{written}`, or say `{said}` in the comment")


def _classify_error(draft: _Draft, target: Record) -> None:
    """Where C says in words what went wrong: no parameter of Python's."""
    if target.const or draft.directive.acts:
        what = f"{draft.python_name} is where C says what went wrong"
        raise Refused(what, "declare it as `tn_error *`, without more")
    draft.says_error = True


def _is_handle(draft: _Draft, target: Record) -> bool:
    """A shape makes it an array of structures, which C must know, then."""
    if not target.complete and target.problem and "only declared" in target.problem:
        return True
    return target.spelling in draft.handles.by_spelling and draft.directive.shape is None


def _classify_handle(draft: _Draft, target: Record) -> None:
    owner = draft.handles.by_spelling.get(target.spelling)
    if owner is None:
        raise draft.handles.unknown(target, f"{draft.python_name} is")
    if draft.directive.shape is not None or draft.directive.reference:
        raise Refused(f"{draft.python_name} is one {target.name}, and no array", "drop the bracket")
    if draft.directive.direction == "out":
        raise Refused(f"{draft.python_name} is an object, and cannot be an output", f"return `{target.name} *`")
    draft.kind, draft.handle = ParamKind.HANDLE, owner


def _is_one_value(draft: _Draft, target: Number | Record) -> bool:
    if isinstance(target, Record):
        return target.const or draft.directive.direction is not None
    return draft.directive.direction == "out" and not target.character


def _classify_reference(draft: _Draft, target: Number | Record) -> None:
    name, const = draft.python_name, target.const
    if isinstance(target, Record):
        _described(target)
    if not const and draft.directive.direction is None:
        raise Refused(
            f"{name}: nothing says whether C reads or writes the value",
            f"say `@param[in] {name} []`, `@param[out] {name}` or `@param[in,out] {name} []`",
        )
    draft.element, draft.reference = target, True
    draft.direction = _written_direction(draft, const, Direction.INOUT)


def _no_shape(draft: _Draft, ctype: Pointer) -> Refused:
    name, target = draft.python_name, ctype.to
    rest = ""
    element: CType = target
    while isinstance(element, Array):
        rest += f"[{element.extent if element.count is None else element.count}]"
        element = element.element
    advice = _extent_advice(draft, describe(element), rest, frozenset(_names_in_brackets(target)))
    if isinstance(target, Array):
        return Refused(f"{name} is a pointer without a shape", advice)
    if isinstance(target, Number) and target.character:
        advice += f"; if it is one character, `@param[out] {name} []`"
    elif not is_const(target):
        advice += f"; if it is one value, say `@param[out] {name}` or `@param[in,out] {name} []`"
    else:
        advice += f"; if it is one value, `@param {name} []`"
    return Refused(f"{name} is a pointer without a shape", advice)


def _extent_advice(draft: _Draft, element: str, rest: str, in_rest: frozenset[str]) -> str:
    """With an integer of the function as extent, or, where there is none, a number and a parameter to be added."""
    name, at_hand = draft.python_name, draft.extents_at_hand
    extent = at_hand.best(besides=in_rest)
    if extent is not None:
        return f"write `{element} {name}[{extent}]{rest}`, or say `@param {name} [{extent}]` in the comment"
    new = at_hand.new()
    return (
        f"write `{element} {name}[3]{rest}`, or `{element} {name}[{new}]{rest}` with a parameter {new}, "
        f"or say `@param {name} [3]` in the comment"
    )


# --- one function -----------------------------------------------------------------------------------------------------


class _Binder:
    def __init__(
        self, declaration: Declaration, comment: FunctionComment, constants: Mapping[str, int], handles: Handles
    ) -> None:
        self.declaration = declaration
        self.comment = comment
        self.handles = handles
        self.method = handles.method(declaration)
        names = {parameter.name for parameter in declaration.parameters}
        self.substitutions: dict[str, Expression] = {
            name: Integer(value) for name, value in constants.items() if name not in names
        }
        self.drafts: list[_Draft] = []

    def bind(self) -> Function:
        self.drafts = self._classify_all()
        if sum(draft.says_error for draft in self.drafts) > 1:
            raise Refused("it has two places to say what went wrong", "drop one `tn_error *`")
        self._resolve_fixed()
        self._mark_sizes()
        implied, loose = self._find_implied()
        self._number_params(implied)
        table = self._size_table(implied)
        params = self._params(table, loose)
        result, status, throws = self._result()
        self._make_first_self(params)
        signature, no_batch = batch.signature(params, result, table.entries)
        function = Function(
            name=self.declaration.name,
            python_name=python_name(self.declaration.name, set()),
            location=self.declaration.location,
            params=params,
            result=result,
            sizes=table.entries,
            passed=[self._passed(draft, table) for draft in self.drafts],
            throws=throws,
            returns_status=status,
            raises_status=self.declaration.status
            or (not status and any(draft.says_error for draft in self.drafts)),
            threadsafe="threadsafe" in self.comment.marks,
            signature=signature,
            no_batch=no_batch,
            strides=sum(draft.view_ndim for draft in self.drafts),
            size_index=table.index,
            function_type=self.declaration.function_type,
            exclusive="exclusive" in self.comment.marks,
        )
        _check_programs(table)
        self._belong(function)
        function.doc = docstring.function_doc(function, self.comment.text, self.comment.returns)
        return function

    def _make_first_self(self, params: list[Param]) -> None:
        if self.method is None or not self.method.takes_self:
            return
        if params[0].optional:
            raise Refused("it is a method, and its object is never NULL", "drop `or NULL`")
        params[0].positional = True

    def _belong(self, function: Function) -> None:
        function.method = settle_method(function, self.comment.marks, self.method)
        if function.method is not None:
            name = python_name(function.method.name, set())
            function.method = replace(function.method, name=name)
            owner = function.method.owner.python_name
            function.python_name = owner if function.method.kind is MethodKind.NEW else f"{owner}.{name}"

    def _classify_all(self) -> list[_Draft]:
        drafts: list[_Draft] = []
        taken: set[str] = set()
        takes_self = self.method is not None and self.method.takes_self
        at_hand = _ExtentsAtHand.of(self.declaration, self.comment)
        for number, parameter in enumerate(self.declaration.parameters):
            said = "self" if takes_self and number == 0 else parameter.name or f"arg{number}"
            shown = python_name(said, taken)
            taken.add(shown)
            directive = self.comment.directives.get(parameter.name, Directive()) if parameter.name else Directive()
            try:
                draft = _classify(parameter, directive, shown, at_hand, self.handles)
            except Refused as refused:
                refused.location = refused.location or parameter.location
                raise
            if directive.optional and draft.direction is Direction.OUT:
                what = f"{self.declaration.name}: the output {shown} is always allocated, and never NULL"
                self.comment.notes.append(Note(parameter.location, what))
            drafts.append(draft)
        return drafts

    # --- sizes --------------------------------------------------------------------------------------------------------

    def _resolve_fixed(self) -> None:
        """Parameters fixed by an expression stand for it in every other expression, and in each other."""
        pending = {draft.name: draft for draft in self.drafts if draft.fixed}
        while pending:
            ready = [draft for draft in pending.values() if not set(expression.names(_tree(draft))) & set(pending)]
            if not ready:
                draft = next(iter(pending.values()))
                raise Refused(f"{draft.python_name} is fixed in terms of itself", "", draft.parameter.location)
            for draft in ready:
                self.substitutions[draft.name] = self._fold(_tree(draft), draft)
                del pending[draft.name]

    def _fold(self, tree: Expression, draft: _Draft) -> Expression:
        try:
            return sizes.fold(tree, self.substitutions, draft.python_name)
        except Refused as refused:
            refused.location = draft.parameter.location
            raise

    def _mark_sizes(self) -> None:
        by_name = {draft.name: draft for draft in self.drafts if draft.name}
        for draft in self.drafts:
            draft.extents = [Extent(self._fold(extent.tree, draft), extent.static) for extent in draft.extents]
            for extent in draft.extents:
                if isinstance(extent.tree, Integer) and extent.tree.value < 0:
                    raise Refused(
                        f"{draft.python_name} has the extent {extent.tree.value}", "", draft.parameter.location
                    )
            trees = [extent.tree for extent in draft.extents]
            if draft.fixed:
                trees.append(self.substitutions[draft.name])
            for name in (name for tree in trees for name in expression.names(tree)):
                self._mark_size(by_name.get(name), name, draft)

    def _mark_size(self, size: _Draft | None, name: str, user: _Draft) -> None:
        where = user.parameter.location
        if size is None:
            raise Refused(f"{user.python_name}: {name} is neither a parameter nor a constant", "", where)
        if size.is_size:
            return
        element = size.element
        if (
            size.kind is not ParamKind.VALUE
            or not isinstance(element, Number)
            or element.kind not in "iu"
            or element.character
        ):
            raise Refused(
                f"{user.python_name}: the size {name} is no integer parameter", "give the size as an integer", where
            )
        if size.direction is not Direction.IN or size.optional:
            raise Refused(f"{user.python_name}: the size {name} is not known before the call", "", where)
        size.is_size = True

    def _find_implied(self) -> tuple[dict[str, tuple[_Draft, int]], set[str]]:
        """Where each size stands alone as an extent of a required input; and the names that only `static n` implies."""
        exact: dict[str, tuple[_Draft, int]] = {}
        loose: dict[str, tuple[_Draft, int]] = {}
        for draft in self.drafts:
            if not draft.implies:
                continue
            for axis, extent in enumerate(draft.extents):
                if isinstance(extent.tree, Name):
                    (loose if extent.static else exact).setdefault(extent.tree.name, (draft, axis))
        return {**loose, **exact}, set(loose) - set(exact)

    def _number_params(self, implied: Mapping[str, object]) -> None:
        position = 0
        for draft in self.drafts:
            if draft.fixed or draft.says_error or (draft.is_size and draft.name in implied):
                continue
            draft.position = position
            position += 1
        if position > MAX_PARAMS:
            raise Refused(f"it has more than {MAX_PARAMS} parameters", "put them into structures")

    def _size_table(self, implied: Mapping[str, tuple[_Draft, int]]) -> sizes.SizeTable:
        table = sizes.SizeTable({draft.name: draft.python_name for draft in self.drafts})
        for draft in self.drafts:
            if draft.is_size:
                assert isinstance(draft.element, Number)
                where = implied.get(draft.name)
                table.add_named(
                    draft.name, draft.element, (where[0].position, where[1]) if where else None, draft.position
                )
            for axis in range(draft.view_ndim):
                table.index[f"{draft.python_name}.shape[{axis}]"] = table.add_view_extent(draft.position, axis)
        trees = [extent.tree for draft in self.drafts for extent in draft.extents]
        for tree in sorted(trees, key=lambda tree: not isinstance(tree, Integer)):  # constants first
            table.use_as_extent(tree)
        for draft in self.drafts:
            if draft.fixed:
                self._pass_fixed(table, draft)
        if len(table.entries) > MAX_SIZES:
            raise Refused(f"it has more than {MAX_SIZES} sizes", "split it into several functions")
        return table

    def _pass_fixed(self, table: sizes.SizeTable, draft: _Draft) -> None:
        tree, element = self.substitutions[draft.name], draft.element
        assert isinstance(element, Number)
        if not isinstance(tree, Integer):
            table.pass_as(tree, element)
            return
        low, high = sizes.integer_range(element)
        if not low <= tree.value <= high:
            raise Refused(f"{draft.python_name} = {tree.value} does not fit its type", "", draft.parameter.location)

    # --- parameters ---------------------------------------------------------------------------------------------------

    def _params(self, table: sizes.SizeTable, loose: set[str]) -> list[Param]:
        params: list[Param] = []
        stride = 0
        for draft in self.drafts:
            if draft.position >= 0:
                params.append(self._param(draft, table, loose, stride))
                stride += draft.view_ndim
        last_unnamed = max(
            (p.position for p in self.drafts if not p.name and p.direction is not Direction.OUT), default=-1
        )
        for param in params[: last_unnamed + 1]:
            param.positional = not param.is_output
        may_default = True
        for param in reversed(params):
            if param.is_output:
                continue
            may_default = may_default and param.optional
            param.defaults = may_default
        return params

    def _param(self, draft: _Draft, table: sizes.SizeTable, loose: set[str], stride: int) -> Param:
        param = Param(
            name=draft.python_name,
            kind=ParamKind.SIZE if draft.is_size else draft.kind,
            direction=draft.direction,
            type=draft.element,
            annotation="",
            optional=draft.optional,
            restrict=draft.restrict,
            character=isinstance(draft.element, Number) and draft.element.character,
            description=draft.directive.description,
            argument=self.drafts.index(draft),
            handle=draft.handle,
        )
        match param.kind:
            case ParamKind.ARRAY | ParamKind.ROWS:
                assert draft.element is not None
                param.shape = tuple(table.number(extent.tree) for extent in draft.extents)
                first = draft.extents[0]
                only_implied = isinstance(first.tree, Name) and first.tree.name in loose
                param.at_least = first.static and draft.direction is not Direction.OUT and not only_implied
                named = [table.entries[index].name or "" for index in param.shape]
                annotated = annotation_of_rows if param.kind is ParamKind.ROWS else annotation_of_array
                param.annotation = annotated(draft.element, named, param.at_least)
            case ParamKind.VIEW:
                assert draft.element is not None
                param.strides = stride
                param.shape = tuple(
                    table.index[f"{draft.python_name}.shape[{axis}]"] for axis in range(draft.view_ndim)
                )
                param.annotation = annotation_of_array(draft.element, [":"] * draft.view_ndim, False)
            case ParamKind.SPAN | ParamKind.OWNED:
                param.annotation = "array"
            case ParamKind.TEXT:
                param.annotation = "str"
            case ParamKind.HANDLE:
                assert draft.handle is not None
                param.annotation = draft.handle.python_name
            case ParamKind.SIZE:
                param.shape, param.annotation = (table.index[draft.name],), "int"
            case ParamKind.VALUE:
                assert draft.element is not None
                param.annotation = value_annotation(draft.element)
        if param.optional:
            param.annotation += " | None"
        return param

    def _passed(self, draft: _Draft, table: sizes.SizeTable) -> Passed:
        ctype = draft.parameter.type
        if draft.fixed and isinstance(tree := self.substitutions[draft.name], Integer):
            return Passed("constant reference" if draft.reference else "constant", ctype, value=tree.value)
        if draft.fixed:
            return Passed(
                "size reference" if draft.reference else "size", ctype, table.number(self.substitutions[draft.name])
            )
        if draft.says_error:
            return Passed("error", ctype)
        if draft.is_size:
            return Passed("size reference" if draft.reference else "size", ctype, table.index[draft.name])
        if draft.kind is ParamKind.ARRAY or draft.reference:
            return Passed("pointer", ctype, draft.position)
        hows = {ParamKind.HANDLE: "handle", ParamKind.OWNED: "owned", ParamKind.ROWS: "rows"}
        hows |= {ParamKind.VIEW: "view", ParamKind.SPAN: "span", ParamKind.TEXT: "text"}
        how = hows.get(draft.kind, "value")
        return Passed(how, ctype, draft.position)

    # --- result -------------------------------------------------------------------------------------------------------

    def _result(self) -> tuple[Param | None, bool, list[Throw]]:
        ctype, throws = self.declaration.result, self.comment.throws
        if self.declaration.status or throws:
            if not isinstance(ctype, Number) or ctype.kind not in "iu" or ctype.character:
                raise Refused("@throws needs a function that returns an integer", "return the error code as an int")
            return None, True, throws
        if isinstance(ctype, Void):
            return None, False, []
        kind = ParamKind.VALUE
        element: Number | Record | None = None
        handle = self.handles.pointed(ctype)
        match ctype:
            case Number():
                element, annotation = ctype, value_annotation(ctype)
            case Record(name="tn_array"):
                kind, annotation = ParamKind.OWNED, "array"
            case Record(name=name):
                if name == "tn_span" or view_of(name):
                    raise Refused(f"it returns {name}, which owns nothing", "write into an array that the caller gives")
                element, annotation = _described(ctype), ctype.name
            case Pointer(to=Number(character=True, const=True)):
                kind, annotation = ParamKind.TEXT, "str | None"  # C may return NULL
            case Pointer(to=Record() as record) if handle is not None or not record.complete:
                if handle is None:
                    raise self.handles.unknown(record, "it returns")
                if record.const:
                    raise Refused(
                        f"it returns a const {record.name} *, and nothing says whose it is",
                        f"return a new `{record.name} *`, which Python owns then",
                    )
                kind, annotation = ParamKind.HANDLE, handle.python_name
            case Pointer():
                advice = (
                    "write into an array that the caller gives: `double y[n]` with `@param[out] y`; "
                    "or return a tn_array (tenon/array.h), which says how much there is and what frees it"
                )
                if isinstance(ctype.to, Record) and ctype.to.name == "tn_array":
                    advice = "return the tn_array itself"
                elif isinstance(ctype.to, Record) and ctype.to.named:
                    advice = f"return the structure itself, or {self.handles.how_to_free(ctype.to.name)}"
                raise Refused("it returns a pointer: nothing says how much memory lies there, or whose it is", advice)
            case Other(what=what):
                raise Refused(f"its result is {what}")
            case _:
                raise Refused("its result cannot be described")
        if element is not None:
            _check_alignment("its result", element)
        character = isinstance(element, Number) and element.character
        result = Param("return", kind, Direction.OUT, element, annotation, character=character, handle=handle)
        return result, False, []


def _tree(draft: _Draft) -> Expression:
    assert draft.directive.fixed is not None
    return draft.directive.fixed


def _check_programs(table: sizes.SizeTable) -> None:
    for size in table.entries:
        if size.tree is not None:
            try:
                table.program(size)
            except ExpressionError as error:
                raise Refused(f"the size {size.name} {error}", "compute it in C and pass it as a parameter") from None
