# SPDX-License-Identifier: BSD-3-Clause
"""Opaque handles: which types of C become classes, and which functions are their methods.

A type T is a class where `void T_free(T *)` exists; where T is called `foo_t`, the names may also begin with `foo_`,
and then the class is foo. The longest T that a function's name begins with decides where the function belongs;
what takes or returns a T * otherwise stays a function of the module.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from . import comment as comments
from .declarations import CType, Declaration, Pointer, Record, Translation, TypeName, Void
from .directives import Refused
from .model import Function, Half, HandleClass, Method, MethodKind, ParamKind, Refusal
from .names import python_name

FREE, NEW, SET = "_free", "new", "set_"
OTHER_ENDS = ("_destroy", "_delete", "_close", "_dispose", "_release", "_finish")
OWN_NAMES = {"close", "closed"}  # what every class has


def stem(name: str) -> str:
    """What the functions of a type are usually called after: foo for foo_t."""
    return name.removesuffix("_t") or name


@dataclass
class Handles:
    """The classes of a module, by the spelling of their structure; empty where there are none."""

    by_spelling: dict[str, HandleClass] = field(default_factory=dict)
    declared: frozenset[str] = frozenset()  # every function that the module could bind

    def pointed(self, ctype: CType) -> HandleClass | None:
        """The class whose objects a pointer points to."""
        if isinstance(ctype, Pointer) and isinstance(ctype.to, Record):
            return self.by_spelling.get(ctype.to.spelling)
        return None

    def is_free(self, declaration: Declaration) -> bool:
        return any(declaration.name == item.free.name for item in self.by_spelling.values())

    def method(self, declaration: Declaration) -> Method | None:
        """How a function belongs to a class; None for a function of the module. Raises Refused."""
        owners = [owner for owner in self.by_spelling.values() if self._rest(declaration, owner)]
        found = [method for owner in owners if (method := self._method_of(declaration, owner)) is not None]
        return max(found, key=lambda method: len(method.owner.name), default=None)

    @staticmethod
    def _rest(declaration: Declaration, owner: HandleClass) -> str:
        rest = declaration.name.removeprefix(f"{owner.name}_")
        return rest if rest != declaration.name and rest.isidentifier() else ""

    def _method_of(self, declaration: Declaration, owner: HandleClass) -> Method | None:
        name = self._rest(declaration, owner)
        takes = bool(declaration.parameters) and self.pointed(declaration.parameters[0].type) is owner
        if name == NEW:
            _check_new(declaration, owner, self)
            return Method(owner, owner.python_name, MethodKind.NEW)
        if takes:
            kind = MethodKind.METHOD
        elif self.pointed(declaration.result) is owner:
            kind = MethodKind.STATIC
        else:
            return None
        _check_name(name, owner)
        return Method(owner, name, kind)

    def unknown(self, record: Record, what: str) -> Refused:
        """A pointer to a structure of which nothing but its name is known, and which nothing frees."""
        name = record.name
        if name == "tn_growable":
            advice = "keep it in a type of your own, and return what tn_growable_share() gives: a tn_array"
            return Refused(f"{what} a tn_growable *, which belongs to C", advice)
        what = f"{what} a pointer to {name}, which is only declared, and there is no {stem(name)}{FREE}()"
        return Refused(what, self.how_to_free(name))

    def how_to_free(self, name: str) -> str:
        """What would make a type a class."""
        free = f"{stem(name)}{FREE}"
        starts = dict.fromkeys((name, stem(name)))
        other = next((start + end for start in starts for end in OTHER_ENDS if start + end in self.declared), None)
        becomes = f"and {stem(name)} becomes a class"
        if other is not None:
            return f"call {other} `{free}`, or write `void {free}({name} *)` that calls it, {becomes}"
        return f"write `void {free}({name} *)`, {becomes}"


def _check_new(declaration: Declaration, owner: HandleClass, handles: Handles) -> None:
    result = declaration.result
    if handles.pointed(result) is owner and isinstance(result, Pointer) and not _is_const(result):
        return
    raise Refused(f"it does not return a new {owner.name}", f"return `{owner.name} *`, NULL if there is no memory")


def _check_name(name: str, owner: HandleClass) -> None:
    if name in OWN_NAMES:
        what = f"class {owner.python_name} has {name} already, which every class has"
        raise Refused(what, f"{owner.name}{FREE} is called by close(); rename what does something else")
    if name.startswith("__") and name.endswith("__"):
        raise Refused("Python keeps names of this form for itself", "rename it")


def _is_const(pointer: Pointer) -> bool:
    return isinstance(pointer.to, Record) and pointer.to.const


# --- which types are classes ------------------------------------------------------------------------------------------


def find_handles(translations: Sequence[Translation]) -> tuple[Handles, list[Refusal]]:
    """The classes, and the functions that should free something and cannot."""
    declared = frozenset(function.name for translation in translations for function in translation.functions)
    handles, refusals = Handles({}, declared), []
    makers = list(_makers(translations))
    for translation in translations:
        for declaration in translation.functions:
            for spelling, type_name in translation.types.items():
                if not _is_free_of(declaration, type_name, spelling) or spelling in handles.by_spelling:
                    continue
                if not _is_meant(declaration, type_name, spelling, makers):
                    continue
                problem = _why_not_free(declaration, type_name, spelling)
                if problem is not None:
                    refusals.append(problem)
                else:
                    handles.by_spelling[spelling] = _new_class(declaration, type_name, spelling)
    return handles, refusals


def _is_free_of(declaration: Declaration, type_name: TypeName, spelling: str) -> bool:
    """By its name; that of foo_t may be foo_free, if it takes one."""
    if declaration.name == f"{type_name.name}{FREE}":
        return True
    first = declaration.parameters[0].type if declaration.parameters else None
    return declaration.name == f"{stem(type_name.name)}{FREE}" and first is not None and _points_to(first, spelling)


def _makers(translations: Iterable[Translation]) -> Iterator[str]:
    """The spellings of what functions return pointers to."""
    for translation in translations:
        for declaration in translation.functions:
            result = declaration.result
            if isinstance(result, Pointer) and isinstance(result.to, Record) and not result.to.const:
                yield result.to.spelling


def _is_meant(declaration: Declaration, type_name: TypeName, spelling: str, makers: Sequence[str]) -> bool:
    """A structure that Python can look into is an object only where C makes some and this frees them; otherwise it
    stays a value, whatever the function does to it."""
    if not type_name.complete:
        return True
    one = len(declaration.parameters) == 1 and _points_to(declaration.parameters[0].type, spelling)
    return one and spelling in makers


def _points_to(ctype: CType, spelling: str) -> bool:
    return isinstance(ctype, Pointer) and isinstance(ctype.to, Record) and ctype.to.spelling == spelling


def _why_not_free(declaration: Declaration, type_name: TypeName, spelling: str) -> Refusal | None:
    name, parameters = type_name.name, declaration.parameters
    advice = f"declare it as `void {declaration.name}({name} *)`"
    if len(parameters) != 1 or not _points_to(parameters[0].type, spelling) or declaration.variadic:
        what = f"it should free a {name}, and does not take a {name} * alone"
    elif not isinstance(declaration.result, Void):
        what = f"it frees a {name}, and what it returns would be lost"
    elif declaration.unreadable or declaration.inline_only:
        what, advice = "it frees objects, and cannot be called", "define it as an ordinary function"
    else:
        return None
    return Refusal(declaration.location, declaration.name, what, advice)


def _new_class(declaration: Declaration, type_name: TypeName, spelling: str) -> HandleClass:
    doc = comments.read(type_name.comment).text if type_name.comment else ""
    name = declaration.name.removesuffix(FREE)
    return HandleClass(
        name, python_name(name, set()), spelling, type_name.location, declaration, type_name.complete, doc
    )


# --- what a comment says of a method ----------------------------------------------------------------------------------


def settle_method(function: Function, marks: set[str], method: Method | None) -> Method | None:
    """What @attribute, @buffer and @exclusive make of a function that is bound. Raises Refused."""
    if "exclusive" in marks and not any(param.kind is ParamKind.HANDLE for param in function.params):
        raise Refused("@exclusive is about an object, and it takes none", "drop @exclusive")
    for mark in ("attribute", "buffer"):
        if mark in marks and (method is None or method.kind is not MethodKind.METHOD):
            raise Refused(f"@{mark} belongs on a method, and it is none", f"drop @{mark}")
    if method is None:
        return None
    if method.kind is MethodKind.NEW:
        _check_maker(function)
    inputs = [param for param in function.params[1:] if not param.is_output]
    if "buffer" in marks:
        _check_buffer(function, method)
        return Method(method.owner, method.name, MethodKind.BUFFER, "attribute" in marks)
    if "attribute" in marks:
        return _attribute(function, method, len(inputs))
    return method


def _check_maker(function: Function) -> None:
    for param in function.params:
        if param.is_returned:
            raise Refused(
                f"it makes an object, and cannot return {param.name} as well", "drop the output, or rename the function"
            )


def _check_buffer(function: Function, method: Method) -> None:
    result = function.result
    if result is None or result.kind is not ParamKind.OWNED or len(function.params) > 1:
        wanted = f"`tn_array {function.name}({method.owner.name} *)`"
        raise Refused("@buffer is for the array that an object is", f"declare it as {wanted}")


def _attribute(function: Function, method: Method, ninputs: int) -> Method:
    returns = function.result is not None or any(param.is_returned for param in function.params)
    owner = method.owner.name
    if ninputs == 1 and not returns and method.name.startswith(SET) and method.name != SET:
        return Method(method.owner, method.name.removeprefix(SET), MethodKind.SET)
    if ninputs:
        raise Refused(
            "an attribute takes nothing but its object",
            f"drop @attribute; what sets an attribute is `void {owner}_{SET}name({owner} *, T)`",
        )
    if not returns:
        raise Refused("an attribute has a value, and it returns none", "drop @attribute")
    return Method(method.owner, method.name, MethodKind.ATTRIBUTE)


# --- the whole --------------------------------------------------------------------------------------------------------


def settle_classes(halves: Sequence[Half]) -> list[Refusal]:
    """Gives each class its methods; what has no place in it is taken out of its half, and returned with the reason."""
    refusals = []
    functions = [function for half in halves for function in half.functions if function.method is not None]
    functions.sort(key=lambda function: function.method is not None and function.method.kind is MethodKind.SET)
    for function in functions:
        assert function.method is not None
        problem = _misfit(function, function.method)
        if problem is None:
            function.method.owner.methods.append(function)
            continue
        refusals.append(Refusal(function.location, function.name, *problem))
        for half in halves:
            half.functions = [other for other in half.functions if other is not function]
    return refusals


def _misfit(function: Function, method: Method) -> tuple[str, str] | None:
    owner = method.owner
    if method.kind is MethodKind.SET:
        getters = owner.find(MethodKind.ATTRIBUTE, MethodKind.BUFFER)
        if any(other.method and other.method.name == method.name for other in getters):
            return None
        wanted = f"{owner.name}_{method.name}(const {owner.name} *)"
        return f"it sets {method.name}, which is no attribute", f"say @attribute of `{wanted}`, too, or drop it here"
    if method.kind is MethodKind.BUFFER and owner.find(MethodKind.BUFFER):
        other = owner.find(MethodKind.BUFFER)[0]
        return f"{other.name} has @buffer already", "an object is one array; drop one of them"
    for other in owner.methods:
        if other.method and other.method.name == method.name:
            return f"{other.name} at {other.location} has its name already", "rename one of them"
    return None
