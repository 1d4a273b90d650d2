# SPDX-License-Identifier: BSD-3-Clause
"""The .pyi of a module. `@bound` (tenon.typing) turns a signature into a callable with batch, coerce and ufunc."""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Sequence

from . import types
from .declarations import Array, Constant, CType, Number, Record
from .model import Direction, Function, HandleClass, MethodKind, Module, OverloadSet, Param, ParamKind

_SCALARS = {"b": "Bool", "i": "Int", "u": "Int", "f": "Float", "B": "Float", "c": "Complex"}
_RESULTS = {"b": "bool", "i": "int", "u": "int", "f": "float", "B": "float", "c": "complex"}


def stub(module: Module) -> str:
    return _Stub(module).text()


class _Stub:
    def __init__(self, module: Module) -> None:
        self.module = module
        self.imports: dict[str, set[str]] = {}  # module → names used from it
        self.tuples: dict[str, Record] = {}  # structures that are returned
        self.records: dict[str, Record] = {}
        self.taken = module.names | {item.name for item in module.constants}
        for item in module.classes:  # in a class's body, its methods hide what is outside
            self.taken |= {function.method.name for function in item.methods if function.method}

    def text(self) -> str:
        body: list[str] = []
        for item in self.module.classes:
            body += ["", *self._class(item)]
        for function in self.module.functions:
            if function.method is None:
                body += ["", *self._function(function)]
        for overload in self.module.overloads:
            body += ["", *self._overload(overload)]
        values = [self._constant(constant) for constant in self.module.constants]
        for variable in self.module.variables:
            values.append(f"{variable.name}: {self._ndarray(variable.type, variable.character)}")
            self._note(variable.type)
        for name in self.records:
            if name not in self.taken:
                values.append(f"{name}: {self._numpy('dtype')}[{self._use('typing', 'Any')}]")
        tuples: list[str] = []
        done: set[str] = set()
        while pending := [name for name in self.tuples if name not in done]:  # a field may need another one
            done.update(pending)
            for name in pending:
                tuples += ["", *self._named_tuple(name, self.tuples[name])]
        return "\n".join([*self._head(), *([""] + values if values else []), *tuples, *body]) + "\n"

    # --- names that are imported --------------------------------------------------------------------------------------

    def _use(self, origin: str, name: str) -> str:
        """How a name of another module is said here: under another one where this module has its own of that name."""
        self.imports.setdefault(origin, set()).add(name)
        return f"_tenon_{name}" if name in self.taken else name

    def _tenon(self, name: str) -> str:
        return self._use("tenon.typing", name)

    def _numpy(self, name: str) -> str:
        return f"{self._use('numpy', 'np')}.{name}"

    def _builtin(self, name: str) -> str:
        return self._use("builtins", name) if name in self.taken else name

    def _head(self) -> list[str]:
        lines = ["# Made by tenon; do not edit."]
        for number, group in enumerate((("builtins", "typing"), ("numpy", "numpy.typing"), ("tenon", "tenon.typing"))):
            imports = [line for origin in group if origin in self.imports for line in self._import(origin)]
            lines += ["", *imports] if number and imports else imports
        return lines

    def _import(self, origin: str) -> list[str]:
        if origin == "numpy":
            return [f"import numpy as {self._use('numpy', 'np')}"]
        names = sorted(self.imports[origin], key=lambda name: (name.islower(), name))  # classes come first
        renamed = [f"from {origin} import {name} as {self._use(origin, name)}" for name in names if name in self.taken]
        plain = [name for name in names if name not in self.taken]
        return renamed + ([f"from {origin} import {', '.join(plain)}"] if plain else [])

    # --- types --------------------------------------------------------------------------------------------------------

    def _note(self, element: CType | None) -> None:
        if isinstance(element, Array):
            self._note(element.element)
        elif isinstance(element, Record) and element.name not in self.records:
            self.records[element.name] = element
            for member in element.members:
                self._note(member.type)

    def _array_of(self, element: str) -> str:
        return f"{self._use('numpy.typing', 'NDArray')}[{element}]"

    def _ndarray(self, element: Number | Record | None, character: bool) -> str:
        if isinstance(element, Record):
            return self._array_of(self._numpy("void"))
        assert isinstance(element, Number)
        name = "uint8" if character else types.scalar_name(element)
        if name == "bfloat16":
            return self._array_of(self._use("typing", "Any"))
        return self._array_of(self._numpy("bool_" if name == "bool" else name))

    def _input(self, param: Param) -> str:
        self._note(param.type)
        match param.kind:
            case ParamKind.ARRAY | ParamKind.VIEW:
                parts = [self._ndarray(param.type, param.character), self._tenon("Buffer")]
                if param.character:
                    parts[:0] = [self._array_of(self._numpy("int8")), self._array_of(self._numpy("bytes_"))]
            case ParamKind.ROWS:
                parts = self._rows(param)
            case ParamKind.SPAN | ParamKind.OWNED:
                parts = [self._array_of(self._use("typing", "Any")), self._tenon("Buffer")]
            case ParamKind.HANDLE:
                parts = [param.annotation.removesuffix(" | None")]
            case ParamKind.TEXT:
                parts = [self._builtin("str"), self._builtin("bytes")]
            case ParamKind.SIZE:
                parts = [self._tenon("Int")]
            case _:
                parts = [self._scalar(param)]
        return " | ".join([*parts, *(["None"] if param.optional else [])])

    def _rows(self, param: Param) -> list[str]:
        """One array, or one for each row."""
        array = self._ndarray(param.type, param.character)
        return [array, self._tenon("Buffer"), f"{self._tenon('Rows')}[{array}]"]

    def _scalar(self, param: Param) -> str:
        if isinstance(param.type, Record):
            return self._tenon("Structure")
        assert isinstance(param.type, Number)
        return self._builtin("str") if param.character else self._tenon(_SCALARS[param.type.kind])

    def _output(self, param: Param) -> str:
        self._note(param.type)
        if param.kind is ParamKind.TEXT:
            return f"{self._builtin('str')} | None"
        if param.kind in (ParamKind.ARRAY, ParamKind.ROWS):
            return self._ndarray(param.type, param.character)
        if param.kind is ParamKind.HANDLE:
            return param.annotation
        if param.kind is ParamKind.OWNED:
            return self._array_of(self._use("typing", "Any"))
        return self._value(param.type)

    def _value(self, element: CType | None) -> str:
        """A C value as Python gets it."""
        match element:
            case Record(name=name) if not _has_awkward_fields(element):
                self.tuples[name] = element
                return f"_{name}"
            case Number(character=True):
                return self._builtin("str")
            case Number(kind=kind):
                return self._builtin(_RESULTS[kind])
        return self._use("typing", "Any")

    def _named_tuple(self, name: str, record: Record) -> list[str]:
        lines = [f"class _{name}({self._use('typing', 'NamedTuple')}):"]
        for member in record.members:
            if isinstance(member.type, Array):
                text = self._use("typing", "Any")
            elif isinstance(member.type, Number) and member.type.character:
                text = self._builtin("bytes")
            else:
                text = self._value(member.type)
            lines.append(f"    {member.name}: {text}")
        return lines

    # --- functions ----------------------------------------------------------------------------------------------------

    def _parameters(self, function: Function) -> list[str]:
        inputs = [param for param in function.called_params if not param.is_output]
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
                array = self._ndarray(param.type, param.character)
                accepted = [array, self._tenon("Buffer")]
                if param.kind is ParamKind.ROWS:
                    accepted = self._rows(param)
                parts.append(f"{param.name}: {' | '.join(accepted)} | None = None")
        return parts

    def _returns(self, function: Function) -> str:
        results = [function.result] if function.result else []
        for param in function.params:
            if param.is_output or (param.kind is ParamKind.VALUE and param.direction is Direction.INOUT):
                results.append(param)
        shown = [self._output(param) for param in results]
        if not shown:
            return "None"
        return shown[0] if len(shown) == 1 else f"{self._builtin('tuple')}[{', '.join(shown)}]"

    def _function(self, function: Function) -> list[str]:
        definition = _definition(function.python_name, self._parameters(function), self._returns(function))
        return [f"@{self._tenon('bound')}", *definition, *_docstring(function.doc)]

    # --- classes ------------------------------------------------------------------------------------------------------

    def _class(self, item: HandleClass) -> list[str]:
        lines = [f"class {item.python_name}({self._use('tenon', 'Handle')}):", *_class_docstring(item.doc)]
        made = item.find(MethodKind.NEW)

        def gap() -> list[str]:
            return [""] if len(lines) > 1 else []

        if not made:
            never = self._use("typing", "Never")
            lines += [*gap(), f"    def __init__(self, made_by_c_alone: {never}, /) -> None: ..."]
        setters = {function.method.name: function for function in item.find(MethodKind.SET) if function.method}
        shown = [function for function in item.methods if function not in made]
        for function in (*made, *shown):
            assert function.method is not None
            if function.method.kind is not MethodKind.SET:
                lines += [*gap(), *self._method(function, setters.get(function.method.name))]
        if item.find(MethodKind.BUFFER):
            memoryview, integer = self._builtin("memoryview"), self._builtin("int")
            anything, pair = self._use("typing", "Any"), f"{self._builtin('tuple')}[{integer}, {integer}]"
            lines += [
                *gap(),
                f"    def __buffer__(self, flags: {integer}, /) -> {memoryview}: ...",
                f"    def __array__(self, dtype: {anything} = None, copy: {anything} = None) -> {anything}: ...",
                f"    def __dlpack__(self, **options: {anything}) -> {anything}: ...",
                f"    def __dlpack_device__(self) -> {pair}: ...",
            ]
        return lines

    def _method(self, function: Function, setter: Function | None) -> list[str]:
        method = function.method
        assert method is not None
        name, head, returns = method.name, ["self"], self._returns(function)
        decorators: list[str] = []
        if method.kind is MethodKind.NEW:
            name, returns = "__init__", "None"
        elif method.kind is MethodKind.STATIC:
            decorators, head = [f"@{self._builtin('staticmethod')}"], []
        parameters = [*head, *self._parameters(function)]
        if method.is_read:
            decorators, parameters = [f"@{self._builtin('property')}"], head
        doc = "" if method.kind is MethodKind.NEW else function.doc
        lines = [*decorators, *_definition(name, parameters, returns), *_docstring(doc)]
        if setter is not None:
            lines += ["", f"@{name}.setter", *_definition(name, [*head, *self._parameters(setter)], "None"), "    ..."]
        return [f"    {line}" if line else "" for line in lines]

    # --- overloads and constants --------------------------------------------------------------------------------------

    def _overload(self, overload: OverloadSet) -> list[str]:
        """One signature with unions: type checkers cannot tell the candidates apart where any buffer is accepted."""
        functions = [self.module.functions[number] for number in overload.candidates]
        returns = _union(self._returns(function) for function in functions)
        return [
            f"@{self._tenon('overloaded')}",
            *_definition(overload.name, self._joint_parameters(functions), returns),
            *_docstring(overload.doc),
        ]

    def _joint_parameters(self, functions: Sequence[Function]) -> list[str]:
        lists = [self._parameters(function) for function in functions]
        names = [[part.partition(":")[0] for part in parts] for parts in lists]
        if any(other != names[0] for other in names):
            anything = self._use("typing", "Any")
            return [f"*args: {anything}", f"**kwargs: {anything}"]
        joint = []
        for parts in zip(*lists, strict=True):
            name, colon, _ = parts[0].partition(": ")
            default = " = None" if all(part.endswith(" = None") for part in parts) else ""
            texts = (item for part in parts for item in part.partition(": ")[2].removesuffix(" = None").split(" | "))
            joint.append(f"{name}: {_union(texts)}{default}" if colon else name)
        return joint

    def _constant(self, constant: Constant) -> str:
        final = self._use("typing", "Final")
        if isinstance(constant.value, float):
            return f"{constant.name}: {final}[{self._builtin('float')}]"
        return f"{constant.name}: {final} = {constant.value!r}"


def _definition(name: str, parameters: Sequence[str], returns: str) -> list[str]:
    line = f"def {name}({', '.join(parameters)}) -> {returns}:"
    if len(line) <= 120:
        return [line]
    return [f"def {name}(", *(f"    {part}," for part in parameters), f") -> {returns}:"]


def _has_awkward_fields(record: Record) -> bool:
    """Names that a class body cannot have, or that would hide a type in it."""
    hidden = {*_RESULTS.values(), "str", "bytes", "Any"}
    return any(keyword.iskeyword(member.name) or member.name in hidden for member in record.members)


def _union(items: Iterable[str]) -> str:
    return " | ".join(dict.fromkeys(items))


def _class_docstring(text: str) -> list[str]:
    return _docstring(text) if text else []


def _docstring(text: str) -> list[str]:
    indent = "    "
    if not text:
        return [f"{indent}..."]
    escaped = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    lines = escaped.split("\n")
    if len(lines) == 1 and not escaped.endswith('"'):
        return [f'{indent}"""{escaped}"""']
    return [f'{indent}"""{lines[0]}', *(f"{indent}{line}".rstrip() for line in lines[1:]), f'{indent}"""']
