# SPDX-License-Identifier: BSD-3-Clause
"""Docstrings: the comment's text, and the sections numpydoc knows, with the shapes in them."""

from __future__ import annotations

from .model import Direction, Function, HandleClass, MethodKind, Param, ParamKind


def function_doc(function: Function, text: str, returns: str) -> str:
    if function.method is not None and function.method.is_read:
        return text or returns
    parts = [text] if text else []
    inputs = [param for param in function.called_params if not param.is_output]
    if inputs:
        parts.append(_section("Parameters", [_input(param) for param in inputs]))
    makes = function.method is not None and function.method.kind is MethodKind.NEW
    outputs = _outputs(function, returns)
    if outputs and not makes:
        parts.append(_section("Returns", outputs))
    if function.throws:
        codes = (f"    {throw.shown}: {_indent(throw.text)}" for throw in function.throws)
        parts.append(_section("Raises", ["\n".join(["tenon.CallError", *codes])]))
    return "\n\n".join(parts)


def class_doc(item: HandleClass) -> str:
    """What the type's own comment says, and how an object is made."""
    made = item.find(MethodKind.NEW)
    return "\n\n".join(part for part in (item.doc, *(function.doc for function in made)) if part)


def python_signature(function: Function) -> str:
    """`scale(a: float, x: float64[n], *, y: float64[n] = None) -> float64[n]`; an attribute: `grid.spacing: float`."""
    results = [entry.split("\n")[0].split(" : ")[-1] for entry in _outputs(function, "")]
    returned = "None" if not results else results[0] if len(results) == 1 else f"tuple[{', '.join(results)}]"
    if function.method is not None and function.method.is_read:
        return f"{function.python_name}: {returned}"
    if function.method is not None and function.method.kind is MethodKind.SET:
        return f"{function.python_name} = {function.called_params[0].annotation}"
    inputs = [param for param in function.called_params if not param.is_output]
    outputs = [param for param in function.params if param.is_output]
    parts: list[str] = []
    for number, param in enumerate(inputs):
        parts.append(f"{param.name}: {param.annotation}{' = None' if param.defaults else ''}")
        if param.positional and not (number + 1 < len(inputs) and inputs[number + 1].positional):
            parts.append("/")
    if outputs:
        parts += ["*", *(f"{param.name}: {param.annotation} = None" for param in outputs)]
    return f"{function.python_name}({', '.join(parts)}) -> {returned}"


def _section(title: str, entries: list[str]) -> str:
    return "\n".join([title, "-" * len(title), *entries])


def _indent(text: str) -> str:
    return text.replace("\n", "\n    ")


def _input(param: Param) -> str:
    remarks = ""
    if param.defaults:
        remarks += ", optional"
    if param.direction is Direction.INOUT:
        remarks += ", returned as well" if param.kind is ParamKind.VALUE else ", modified in place"
    return _entry(f"{param.name} : {param.annotation}{remarks}", param.description)


def _entry(head: str, description: str) -> str:
    return f"{head}\n    {_indent(description)}" if description else head


def _outputs(function: Function, returns: str) -> list[str]:
    entries = []
    if function.result is not None:
        entries.append(_entry(function.result.annotation, returns))
    for param in function.params:
        if param.is_output:
            entries.append(_entry(f"{param.name} : {param.annotation}", param.description))
        elif param.kind is ParamKind.VALUE and param.direction is Direction.INOUT:
            entries.append(f"{param.name} : {param.annotation}")
    return entries
