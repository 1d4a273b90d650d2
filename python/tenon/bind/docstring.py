# SPDX-License-Identifier: BSD-3-Clause
"""Docstrings: the comment's text, and the sections numpydoc knows, with the shapes in them."""

from __future__ import annotations

from .model import Direction, Function, Param, ParamKind


def function_doc(function: Function, text: str, returns: str) -> str:
    parts = [text] if text else []
    inputs = [param for param in function.params if not param.is_output]
    if inputs:
        parts.append(_section("Parameters", [_input(param) for param in inputs]))
    outputs = _outputs(function, returns)
    if outputs:
        parts.append(_section("Returns", outputs))
    if function.throws:
        codes = (f"    {throw.shown}: {_indent(throw.text)}" for throw in function.throws)
        parts.append(_section("Raises", ["\n".join(["tenon.CallError", *codes])]))
    return "\n\n".join(parts)


def python_signature(function: Function) -> str:
    """`scale(a: float, x: float64[n], *, y: float64[n] = None) -> float64[n]`."""
    inputs = [param for param in function.params if not param.is_output]
    outputs = [param for param in function.params if param.is_output]
    parts: list[str] = []
    for number, param in enumerate(inputs):
        parts.append(f"{param.name}: {param.annotation}{' = None' if param.defaults else ''}")
        if param.positional and not (number + 1 < len(inputs) and inputs[number + 1].positional):
            parts.append("/")
    if outputs:
        parts += ["*", *(f"{param.name}: {param.annotation} = None" for param in outputs)]
    results = [entry.split("\n")[0].split(" : ")[-1] for entry in _outputs(function, "")]
    returned = "None" if not results else results[0] if len(results) == 1 else f"tuple[{', '.join(results)}]"
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
