# SPDX-License-Identifier: BSD-3-Clause
"""The .pyi of a module. `@bound` (tenon.typing) turns a signature into a callable with batch, coerce and ufunc."""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Sequence

from . import types
from .declarations import Array, Constant, CType, Number, Record
from .model import Direction, Function, Module, OverloadSet, Param, ParamKind

_SCALARS = {"b": "Bool", "i": "Int", "u": "Int", "f": "Float", "B": "Float", "c": "Complex"}
_RESULTS = {"b": "bool", "i": "int", "u": "int", "f": "float", "B": "float", "c": "complex"}


def stub(module: Module) -> str:
    return _Stub(module).text()


class _Stub:
    def __init__(self, module: Module) -> None:
        self.module = module
        self.typing: set[str] = set()  # names used from typing
        self.tenon: set[str] = set()  # names used from tenon.typing
        self.numpy = False
        self.tuples: dict[str, Record] = {}  # structures that are returned
        self.records: dict[str, Record] = {}

    def text(self) -> str:
        body: list[str] = []
        for function in self.module.functions:
            body += ["", *self._function(function)]
        for overload in self.module.overloads:
            body += ["", *self._overload(overload)]
        values = [self._constant(constant) for constant in self.module.constants]
        for variable in self.module.variables:
            values.append(f"{variable.name}: {self._ndarray(variable.type, variable.character)}")
            self._note(variable.type)
        taken = {f.python_name for f in self.module.functions} | {v.name for v in self.module.variables}
        taken |= {o.name for o in self.module.overloads} | {c.name for c in self.module.constants}
        for name in self.records:
            if name not in taken:
                self.numpy = True
                self.typing.add("Any")
                values.append(f"{name}: np.dtype[Any]")
        tuples: list[str] = []
        done: set[str] = set()
        while pending := [name for name in self.tuples if name not in done]:  # a field may need another one
            done.update(pending)
            for name in pending:
                tuples += ["", *self._named_tuple(name, self.tuples[name])]
        return "\n".join([*self._head(), *([""] + values if values else []), *tuples, *body]) + "\n"

    def _head(self) -> list[str]:
        lines = ["# Made by tenon; do not edit."]
        if self.typing:
            lines.append(f"from typing import {', '.join(sorted(self.typing))}")
        if self.numpy:
            lines += ["", "import numpy as np", "from numpy.typing import NDArray"]
        if self.tenon:
            names = sorted(self.tenon, key=lambda name: (name.islower(), name))  # classes first, as sorted imports are
            lines += ["", f"from tenon.typing import {', '.join(names)}"]
        return lines

    # --- types --------------------------------------------------------------------------------------------------------

    def _note(self, element: CType | None) -> None:
        if isinstance(element, Array):
            self._note(element.element)
        elif isinstance(element, Record) and element.name not in self.records:
            self.records[element.name] = element
            for member in element.members:
                self._note(member.type)

    def _ndarray(self, element: Number | Record | None, character: bool) -> str:
        self.numpy = True
        if isinstance(element, Record):
            return "NDArray[np.void]"
        assert isinstance(element, Number)
        if character:
            return "NDArray[np.uint8]"
        name = types.scalar_name(element)
        if name == "bfloat16":
            self.typing.add("Any")
            return "NDArray[Any]"
        return f"NDArray[np.{'bool_' if name == 'bool' else name}]"

    def _input(self, param: Param) -> str:
        self._note(param.type)
        match param.kind:
            case ParamKind.ARRAY | ParamKind.VIEW:
                self.tenon.add("Buffer")
                text = f"{self._ndarray(param.type, param.character)} | Buffer"
                if param.character:
                    text = f"NDArray[np.int8] | NDArray[np.bytes_] | {text}"
            case ParamKind.SPAN:
                self.numpy = True
                self.typing.add("Any")
                self.tenon.add("Buffer")
                text = "NDArray[Any] | Buffer"
            case ParamKind.TEXT:
                text = "str | bytes"
            case ParamKind.SIZE:
                self.tenon.add("Int")
                text = "Int"
            case _:
                text = self._scalar(param)
        return text + (" | None" if param.optional else "")

    def _scalar(self, param: Param) -> str:
        if isinstance(param.type, Record):
            self.tenon.add("Structure")
            return "Structure"
        assert isinstance(param.type, Number)
        if param.character:
            return "str"
        name = _SCALARS[param.type.kind]
        self.tenon.add(name)
        return name

    def _output(self, param: Param) -> str:
        self._note(param.type)
        if param.kind is ParamKind.TEXT:
            return "str"
        if param.kind is ParamKind.ARRAY:
            return self._ndarray(param.type, param.character)
        return self._value(param.type)

    def _value(self, element: CType | None) -> str:
        """A C value as Python gets it."""
        match element:
            case Record(name=name) if not any(keyword.iskeyword(member.name) for member in element.members):
                self.tuples[name] = element
                return f"_{name}"
            case Number(character=True):
                return "str"
            case Number(kind=kind):
                return _RESULTS[kind]
        self.typing.add("Any")
        return "Any"

    def _named_tuple(self, name: str, record: Record) -> list[str]:
        self.typing.add("NamedTuple")
        lines = [f"class _{name}(NamedTuple):"]
        for member in record.members:
            if isinstance(member.type, Array):
                self.typing.add("Any")
                text = "Any"
            elif isinstance(member.type, Number) and member.type.character:
                text = "bytes"
            else:
                text = self._value(member.type)
            lines.append(f"    {member.name}: {text}")
        return lines

    # --- functions ----------------------------------------------------------------------------------------------------

    def _parameters(self, function: Function) -> list[str]:
        inputs = [param for param in function.params if not param.is_output]
        outputs = [param for param in function.params if param.is_output]
        parts = []
        for number, param in enumerate(inputs):
            parts.append(f"{param.name}: {self._input(param)}{' = None' if param.defaults else ''}")
            following = inputs[number + 1] if number + 1 < len(inputs) else None
            if param.positional and not (following and following.positional):
                parts.append("/")
        if outputs:
            parts.append("*")
            for param in outputs:
                self.tenon.add("Buffer")
                parts.append(f"{param.name}: {self._ndarray(param.type, param.character)} | Buffer | None = None")
        return parts

    def _returns(self, function: Function) -> str:
        results = [function.result] if function.result else []
        for param in function.params:
            if param.is_output or (param.kind is ParamKind.VALUE and param.direction is Direction.INOUT):
                results.append(param)
        shown = [self._output(param) for param in results]
        if not shown:
            return "None"
        return shown[0] if len(shown) == 1 else f"tuple[{', '.join(shown)}]"

    def _function(self, function: Function) -> list[str]:
        self.tenon.add("bound")
        definition = _definition(function.python_name, self._parameters(function), self._returns(function))
        return ["@bound", *definition, *_docstring(function.doc)]

    def _overload(self, overload: OverloadSet) -> list[str]:
        """One signature with unions: type checkers cannot tell the candidates apart where any buffer is accepted."""
        functions = [self.module.functions[number] for number in overload.candidates]
        returns = _union(self._returns(function) for function in functions)
        self.tenon.add("overloaded")
        return [
            "@overloaded",
            *_definition(overload.name, self._joint_parameters(functions), returns),
            *_docstring(overload.doc),
        ]

    def _joint_parameters(self, functions: Sequence[Function]) -> list[str]:
        lists = [self._parameters(function) for function in functions]
        names = [[part.partition(":")[0] for part in parts] for parts in lists]
        if any(other != names[0] for other in names):
            self.typing.add("Any")
            return ["*args: Any", "**kwargs: Any"]
        joint = []
        for parts in zip(*lists, strict=True):
            name, colon, _ = parts[0].partition(": ")
            default = " = None" if all(part.endswith(" = None") for part in parts) else ""
            texts = (item for part in parts for item in part.partition(": ")[2].removesuffix(" = None").split(" | "))
            joint.append(f"{name}: {_union(texts)}{default}" if colon else name)
        return joint

    def _constant(self, constant: Constant) -> str:
        self.typing.add("Final")
        if isinstance(constant.value, float):
            return f"{constant.name}: Final[float]"
        return f"{constant.name}: Final = {constant.value!r}"


def _definition(name: str, parameters: Sequence[str], returns: str) -> list[str]:
    line = f"def {name}({', '.join(parameters)}) -> {returns}:"
    if len(line) <= 120:
        return [line]
    return [f"def {name}(", *(f"    {part}," for part in parameters), f") -> {returns}:"]


def _union(items: Iterable[str]) -> str:
    return " | ".join(dict.fromkeys(items))


def _docstring(text: str) -> list[str]:
    indent = "    "
    if not text:
        return [f"{indent}..."]
    escaped = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    lines = escaped.split("\n")
    if len(lines) == 1 and not escaped.endswith('"'):
        return [f'{indent}"""{escaped}"""']
    return [f'{indent}"""{lines[0]}', *(f"{indent}{line}".rstrip() for line in lines[1:]), f'{indent}"""']
