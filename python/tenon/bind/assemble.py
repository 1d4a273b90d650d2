# SPDX-License-Identifier: BSD-3-Clause
"""Translations of one or several files → one module."""

from __future__ import annotations

from collections.abc import Sequence

from . import comment
from .declarations import (
    MAX_NDIM,
    Array,
    Constant,
    CType,
    Declaration,
    Location,
    Number,
    Overload,
    Record,
    Translation,
    is_const,
)
from .directives import Refused
from .docstring import class_doc
from .handles import Handles, find_handles, settle_classes
from .model import Function, Half, Module, ModuleVariable, OverloadSet, Refusal
from .names import python_name
from .rules import bind_function
from .types import annotation_of_array, records_in, value_annotation, view_of


def assemble(name: str, translations: Sequence[Translation]) -> Module:
    module = Module(name, [], [], [], [], [])
    handles, module.refusals = find_handles(translations)
    unusable = {refusal.function for refusal in module.refusals}
    records: dict[str, tuple[Record, Location]] = {}
    for translation in translations:
        half = Half(translation.path)
        module.halves.append(half)
        for declaration in translation.functions:
            if handles.is_free(declaration):
                half.classes += [item for item in handles.by_spelling.values() if item.free is declaration]
            elif declaration.name not in unusable:
                _add_function(module, half, declaration, translation, handles, records)
        half.variables = _variables(translation)
        module.doc = module.doc or (comment.read(translation.comment).text if translation.comment else "")
    module.refusals += settle_classes(module.halves)
    for item in module.classes:
        item.doc = class_doc(item)
    files = [translation.path for translation in translations]
    module.refusals.sort(key=lambda refusal: _place(refusal.location, files))
    _add_constants(module, translations)
    for translation in translations:
        for overload in translation.overloads:
            _add_overload(module, overload)
    return module


def _place(location: Location, files: Sequence[str]) -> tuple[int, int, int]:
    """Where people look for it: file by file as they named them, from top to bottom."""
    file = files.index(location.file) if location.file in files else len(files)
    return file, location.line, location.column


def _add_function(
    module: Module,
    half: Half,
    declaration: Declaration,
    translation: Translation,
    handles: Handles,
    records: dict[str, tuple[Record, Location]],
) -> None:
    try:
        function, notes = bind_function(declaration, translation.names, handles)
        _keep_records(function, records)
    except Refused as refused:
        location = refused.location or declaration.location
        refusal = Refusal(location, declaration.name, refused.what, refused.advice)
        module.refusals.append(refusal)
        return
    if function.python_name.startswith("__") and function.python_name.endswith("__"):
        what = "Python keeps names of this form for itself"
        module.refusals.append(Refusal(declaration.location, declaration.name, what, "rename it"))
        return
    others: list[tuple[str, str, Location]] = []
    if function.method is None:  # names within a class are looked at when all of them are known
        others += [(other.python_name, other.name, other.location) for other in module.functions]
        others += [(item.python_name, f"the class {item.name}", item.location) for item in handles.by_spelling.values()]
    for name, what, location in others:
        if name == function.python_name:
            what = f"{what} at {location} has its name already"
            module.refusals.append(Refusal(declaration.location, declaration.name, what, "rename one of them"))
            return
    half.functions.append(function)
    module.notes.extend(notes)


def _keep_records(function: Function, records: dict[str, tuple[Record, Location]]) -> None:
    """A module has one structure of a name: what another file, or a tag, calls the same is refused."""
    params = [param for param in (*function.params, function.result) if param is not None]
    for record in (record for param in params if param.type is not None for record in records_in(param.type)):
        first, where = records.setdefault(record.name, (record, function.location))
        if first.layout != record.layout:
            what = f"{record.name} is another structure than that of the same name which {where} uses"
            raise Refused(what, "rename one of them")


def _variables(translation: Translation) -> list[ModuleVariable]:
    """Numbers, structures and arrays of them; other variables are not for Python."""
    found = []
    for variable in translation.variables:
        shape: list[int] = []
        element: CType = variable.type
        while isinstance(element, Array) and element.count is not None:
            shape.append(element.count)
            element = element.element
        if not isinstance(element, Number | Record) or (
            isinstance(element, Record) and (element.problem or view_of(element.name))
        ):
            continue
        if len(shape) > MAX_NDIM:
            continue
        character = isinstance(element, Number) and element.character
        annotation = (
            annotation_of_array(element, [str(extent) for extent in shape], False)
            if shape
            else value_annotation(element)
        )
        found.append(
            ModuleVariable(variable.name, element, tuple(shape), is_const(variable.type), character, annotation)
        )
    return found


def _add_constants(module: Module, translations: Sequence[Translation]) -> None:
    """The first of a name counts; functions and variables come before constants."""
    taken = module.names
    for translation in translations:
        for constant in translation.constants:
            name = python_name(constant.name, set())
            if name not in taken:
                taken.add(name)
                module.constants.append(Constant(name, constant.value))


def _add_overload(module: Module, overload: Overload) -> None:
    by_name = {function.name: number for number, function in enumerate(module.functions)}
    if overload.name in by_name or python_name(overload.name, set()) in module.names:
        what = f"TN_OVERLOAD: {overload.name} is defined already"
        module.refusals.append(Refusal(overload.location, overload.name, what, "choose another name for the overloads"))
        return
    missing = [name for name in overload.candidates if name not in by_name]
    if missing:
        what = f"TN_OVERLOAD: {missing[0]} is not a bound function"
        module.refusals.append(Refusal(overload.location, overload.name, what, "list only functions that are bound"))
        return
    candidates = [by_name[name] for name in overload.candidates]
    docs = [module.functions[number].doc for number in candidates if module.functions[number].doc]
    head = f"One of {', '.join(overload.candidates)}, by element type and number of dimensions; the first that fits."
    doc = head + ("\n\n" + docs[0] if docs else "")
    module.overloads.append(OverloadSet(python_name(overload.name, set()), candidates, doc))
