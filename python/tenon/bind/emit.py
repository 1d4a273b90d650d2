# SPDX-License-Identifier: BSD-3-Clause
"""The Python half: the module as constant descriptors (include/tenon/module.h). Knows nothing of the user's types."""

from __future__ import annotations

from collections.abc import Sequence

from . import expression, types
from .declarations import Constant, Number, Record
from .model import (
    Bytes,
    ElementType,
    Function,
    MethodKind,
    Module,
    Param,
    ParamKind,
    Size,
    SizeKind,
    Subarray,
    Throw,
)
from .short import is_short, short_call


def python_half(module: Module) -> str:
    return _Emitter(module).run()


def c_string(text: str) -> str:
    """A C string literal; long text is broken into one piece a line."""
    pieces = text.split("\n")
    lines = [piece + "\n" for piece in pieces[:-1]] + ([pieces[-1]] if pieces[-1] or len(pieces) == 1 else [])
    return "\n        ".join(f'"{_escape(line)}"' for line in lines)


def _escape(text: str) -> str:
    out = []
    for byte in text.encode("utf-8"):
        character = chr(byte)
        if character in '"\\':
            out.append("\\" + character)
        elif character == "\n":
            out.append("\\n")
        elif character == "?":
            out.append("\\?")  # no trigraphs
        elif 32 <= byte < 127:
            out.append(character)
        else:
            out.append(f"\\{byte:03o}")
    return "".join(out)


def _int64(value: int) -> str:
    if value == expression.INT64_MIN:
        return "INT64_MIN"
    if value == expression.INT64_MAX:
        return "INT64_MAX"
    return f"INT64_C({value})" if abs(value) >= 2**31 else str(value)


def _throw(throw: Throw) -> str:
    return f"{{{_int64(throw.first)}, {_int64(throw.last)}, {c_string(throw.text)}}}"


def _optional_string(text: str) -> str:
    return c_string(text) if text else "NULL"


class _Emitter:
    def __init__(self, module: Module) -> None:
        self.module = module
        self.lines: list[str] = []
        self.type_names: dict[object, str] = {}
        self.records: dict[str, Record] = {}

    def run(self) -> str:
        functions = self.module.functions
        body = self.lines
        for function in functions:
            self._function_parts(function)
        for variable in self.module.variables:
            self.type_name(variable.type)
        self._variables()
        self._short_calls()
        self._array("tn_function", "functions", [self._function(function) for function in functions])
        self._overloads()
        self._classes()
        self._array("tn_constant", "constants", [_constant(constant) for constant in self.module.constants])
        taken = self.module.names | {constant.name for constant in self.module.constants}
        records = [(name, record) for name, record in self.records.items() if name not in taken]
        self._array("tn_record", "records", [f'{{"{name}", &{self.type_name(record)}}}' for name, record in records])
        self._module(len(records))
        threadsafe = int(all(function.threadsafe for function in functions))
        head = ["#include <tenon/python.h>", ""]
        head += [f'extern __attribute__((visibility("hidden"))) tn_loop tn_loop_{f.name};' for f in functions]
        head += [
            f'extern __attribute__((visibility("hidden"))) void *const tn_address_{v.name};'
            for v in self.module.variables
        ]
        head += [
            f'extern __attribute__((visibility("hidden"))) void tn_free_{item.name}(void *);'
            for item in self.module.classes
        ]
        tail = ["", f"TN_PYTHON_MODULE({self.module.name}, tn_its_module, {threadsafe})"]
        return "\n".join([*head, "", *body, *tail]) + "\n"

    def _array(self, ctype: str, name: str, items: Sequence[str]) -> None:
        if items:
            self.lines.append(f"static const {ctype} tn_its_{name}[] = {{")
            self.lines += [f"    {item}," for item in items]
            self.lines += ["};", ""]

    # --- types --------------------------------------------------------------------------------------------------------

    def type_name(self, element: ElementType) -> str:
        """The name of the static tn_type that describes `element`, emitted before its first use."""
        key = _type_key(element)
        if key not in self.type_names:
            if isinstance(element, Record):
                self._record_type(key, element)
            elif isinstance(element, Subarray):
                self._subarray_type(key, element)
            else:
                self._scalar_type(key, element)
        return self.type_names[key]

    def _fresh(self, hint: str) -> str:
        """A name that no user's type can bring about a second time."""
        return f"tn_its_type{len(self.type_names)}_{hint}"

    def _scalar_type(self, key: object, element: Number | Bytes) -> None:
        if isinstance(element, Bytes):
            kind, alignment, size = "TN_BYTES", 1, element.size
            name = self._fresh(f"bytes{size}")
        else:
            kind = {
                "b": "TN_BOOL",
                "i": "TN_INT",
                "u": "TN_UINT",
                "f": "TN_FLOAT",
                "B": "TN_BFLOAT",
                "c": "TN_COMPLEX",
            }[element.kind]
            if element.character:
                kind = "TN_UINT"
            alignment, size = element.alignment, element.size
            name = self._fresh("byte" if element.character else types.scalar_name(element))
        order = "TN_NATIVE" if size > 1 and not isinstance(element, Bytes) else "TN_NO_ORDER"
        self.type_names[key] = name
        self.lines.append(
            f"static const tn_type {name} = {{.kind = {kind}, .byteorder = {order}, .alignment = {alignment}, "
            f".itemsize = {size}}};"
        )

    def _record_type(self, key: object, record: Record) -> None:
        fields = []
        for member in record.members:
            fields.append(f'{{"{member.name}", &{self.type_name(types.member_type(member.type))}, {member.offset}}}')
        name = self._fresh(record.name)
        self.type_names[key] = name
        self.records.setdefault(record.name, record)
        self.lines += [
            f"static const tn_field {name}_fields[] = {{{', '.join(fields)}}};",
            f"static const tn_type {name} = {{.kind = TN_STRUCT, .byteorder = TN_NO_ORDER,",
            f"    .alignment = {record.alignment}, .itemsize = {record.size},",
            f'    .nfields = {len(fields)}, .fields = {name}_fields, .name = "{record.name}"}};',
        ]

    def _subarray_type(self, key: object, element: Subarray) -> None:
        base = self.type_name(element.base)
        extents = [str(extent) for extent in element.shape]
        name = self._fresh("x".join(extents))
        size = _size_of(element.base)
        for extent in element.shape:
            size *= extent
        self.type_names[key] = name
        self.lines += [
            f"static const ptrdiff_t {name}_shape[] = {{{', '.join(extents)}}};",
            f"static const tn_type {name} = {{.kind = TN_SUBARRAY, .byteorder = TN_NO_ORDER, .ndim = {len(extents)},",
            f"    .alignment = {_alignment_of(element.base)}, .itemsize = {size},",
            f"    .base = &{base}, .shape = {name}_shape}};",
        ]

    # --- functions ----------------------------------------------------------------------------------------------------

    def _function_parts(self, function: Function) -> None:
        name = function.name
        programs = self._programs(function)
        if function.sizes:
            sizes = [_size(size, programs.get(index)) for index, size in enumerate(function.sizes)]
            self._array("tn_size", f"sizes_{name}", sizes)
        params = [self._param(function, param) for param in function.params]
        result = self._param(function, function.result) if function.result else None
        self._array("tn_param", f"params_{name}", params)
        if result:
            self.lines += [f"static const tn_param tn_its_result_{name} = {result};", ""]
        if function.throws:
            self._array("tn_throw", f"throws_{name}", [_throw(throw) for throw in function.throws])
        elif function.raises_status and "tn_its_status_throws" not in self.type_names:
            self.type_names["tn_its_status_throws"] = "tn_its_status_throws"
            self.lines += [
                "#define TN_THROW_(name, value, text, exception) {value, value, text},",
                "static const tn_throw tn_its_status_throws[] = {TN_STATUS_LIST(TN_THROW_)};",
                "#undef TN_THROW_",
                "",
            ]

    def _programs(self, function: Function) -> dict[int, str]:
        programs: dict[int, str] = {}
        for index, size in enumerate(function.sizes):
            if size.tree is None:
                continue
            operations = expression.program(size.tree, function.size_index)
            items = ", ".join(f"{{{_int64(operand)}, {code}}}" for code, operand in operations)
            programs[index] = f"tn_its_program_{function.name}_{index}"
            self.lines.append(f"static const tn_op {programs[index]}[] = {{{items}}};")
        return programs

    def _param(self, function: Function, param: Param) -> str:
        fields = [f'.name = "{param.name}"', f'.annotation = "{_escape(param.annotation)}"']
        if param.type is not None:
            fields.append(f".type = &{self.type_name(param.type)}")
        if param.shape:
            name = f"tn_its_shape_{function.name}_{param.name}"
            self.lines.append(f"static const uint16_t {name}[] = {{{', '.join(map(str, param.shape))}}};")
            fields.append(f".shape = {name}")
        if param.kind is ParamKind.VIEW:
            fields.append(f".strides = {param.strides}")
        fields += [f".kind = {param.kind.value}", f".direction = {param.direction.value}"]
        if param.shape and param.kind is not ParamKind.SIZE:
            fields.append(f".ndim = {len(param.shape)}")
        if param.handle is not None:
            fields.append(f".handle = {self.module.classes.index(param.handle)}")
        flags = _flags(param)
        if flags:
            fields.append(f".flags = {flags}")
        return "{" + ", ".join(fields) + "}"

    def _function(self, function: Function) -> str:
        name = function.name
        fields = [
            f'.name = "{function.python_name}"',
            f".doc = {_optional_string(function.doc)}",
            f'.signature = "{function.signature}"'
            if function.signature
            else f".no_batch = {c_string(function.no_batch or '')}",
            f".source = {c_string(str(function.location))}",
        ]
        if function.params:
            fields.append(f".params = tn_its_params_{name}")
        if function.result:
            fields.append(f".result = &tn_its_result_{name}")
        if function.sizes:
            fields.append(f".sizes = tn_its_sizes_{name}")
        nthrows = str(len(function.throws))
        if function.throws:
            fields.append(f".throws = tn_its_throws_{name}")
        elif function.raises_status:
            fields.append(".throws = tn_its_status_throws")
            nthrows = "sizeof tn_its_status_throws / sizeof *tn_its_status_throws"
        fields += [
            f".loop = tn_loop_{name}",
            f".nparams = {len(function.params)}, .nsizes = {len(function.sizes)}, .nthrows = {nthrows}, "
            f".nstrides = {function.strides}",
        ]
        flags = " | ".join(
            flag
            for flag, on in (
                ("TN_THREADSAFE", function.threadsafe),
                ("TN_RETURNS_STATUS", function.returns_status),
                ("TN_EXCLUSIVE", function.exclusive),
                ("TN_RAISES_STATUS", function.raises_status),
            )
            if on
        )
        if flags:
            fields.append(f".flags = {flags}")
        if is_short(function):
            fields.append(f".call = (void (*)(void))tn_its_call_{name}")
        return "{" + ",\n     ".join(fields) + "}"

    def _short_calls(self) -> None:
        """The calls that are inlined here (include/tenon/fast.h); they read the table that follows them."""
        short = [(index, f) for index, f in enumerate(self.module.functions) if is_short(f)]
        if not short:
            return
        self.lines += [f"static const tn_function tn_its_functions[{len(self.module.functions)}];", ""]
        for index, function in short:
            self.lines += short_call(function, index, self.type_name)

    # --- classes ------------------------------------------------------------------------------------------------------

    def _classes(self) -> None:
        items = []
        numbers = {function.name: number for number, function in enumerate(self.module.functions)}
        for item in self.module.classes:
            methods = [method for function in item.methods for method in _methods(function, numbers[function.name])]
            self._array("tn_method", f"methods_{item.name}", methods)
            fields = [
                f'.name = "{item.python_name}"',
                f".doc = {_optional_string(item.doc)}",
                f".source = {c_string(str(item.location))}",
                f".free = tn_free_{item.name}",
            ]
            if methods:
                fields.append(f".methods = tn_its_methods_{item.name}, .nmethods = {len(methods)}")
            items.append("{" + ",\n     ".join(fields) + "}")
        self._array("tn_class", "classes", items)

    # --- the rest -----------------------------------------------------------------------------------------------------

    def _variables(self) -> None:
        items = []
        for variable in self.module.variables:
            shape = "NULL"
            if variable.shape:
                shape = f"tn_its_extents_{variable.name}"
                self.lines.append(f"static const ptrdiff_t {shape}[] = {{{', '.join(map(str, variable.shape))}}};")
            items.append(
                f'{{.name = "{variable.name}", .annotation = "{variable.annotation}", '
                f".address = &tn_address_{variable.name}, "
                f".type = &{self.type_name(variable.type)}, .shape = {shape}, .ndim = {len(variable.shape)}, "
                f".readonly = {int(variable.readonly)}, .character = {int(variable.character)}}}"
            )
        self._array("tn_variable", "variables", items)

    def _overloads(self) -> None:
        items = []
        for number, overload in enumerate(self.module.overloads):
            candidates = ", ".join(map(str, overload.candidates))
            self.lines.append(f"static const uint16_t tn_its_candidates_{number}[] = {{{candidates}}};")
            items.append(
                f'{{.name = "{overload.name}", .doc = {_optional_string(overload.doc)}, '
                f".candidates = tn_its_candidates_{number}, .ncandidates = {len(overload.candidates)}}}"
            )
        self._array("tn_overloads", "overloads", items)

    def _module(self, nrecords: int) -> None:
        module = self.module
        fields = [
            ".abi = TN_MODULE_ABI, .size = sizeof(tn_module)",
            f'.name = "{module.name}"',
            f".doc = {_optional_string(module.doc)}",
        ]
        counts = [
            ("functions", len(module.functions)),
            ("overloads", len(module.overloads)),
            ("constants", len(module.constants)),
            ("variables", len(module.variables)),
            ("records", nrecords),
            ("classes", len(module.classes)),
        ]
        fields += [f".{name} = tn_its_{name}, .n{name} = {count}" for name, count in counts if count]
        self.lines.append("static const tn_module tn_its_module = {")
        self.lines += [f"    {field}," for field in fields]
        self.lines.append("};")


def _methods(function: Function, number: int) -> list[str]:
    assert function.method is not None
    method, kinds = function.method, [function.method.kind]
    if method.also_attribute:
        kinds.insert(0, MethodKind.ATTRIBUTE)
    return [f'{{"{method.name}", {number}, {kind.value}}}' for kind in kinds]


def _type_key(element: ElementType) -> object:
    if isinstance(element, Record):
        return ("record", element.name, element.layout)
    if isinstance(element, Subarray):
        return ("subarray", _type_key(element.base), element.shape)
    if isinstance(element, Bytes):
        return element
    return ("scalar", types.scalar_name(element), element.alignment, element.character)


def _size_of(element: Number | Record | Bytes) -> int:
    return element.size


def _alignment_of(element: Number | Record | Bytes) -> int:
    return 1 if isinstance(element, Bytes) else element.alignment


def _size(size: Size, program: str | None) -> str:
    fields = [
        f".name = {c_string(size.name)}" if size.name is not None else ".name = NULL",
        f".kind = {size.kind.value}",
    ]
    match size.kind:
        case SizeKind.IMPLIED:
            fields.append(f".param = {size.param}, .axis = {size.axis}")
        case SizeKind.ARGUMENT:
            fields.append(f".param = {size.param}")
        case SizeKind.CONSTANT:
            fields.append(f".value = {_int64(size.value)}")
        case SizeKind.EXPRESSION:
            fields.append(f".program = {program}")
    fields.append(f".min = {_int64(size.min)}, .max = {_int64(size.max)}")
    return "{" + ", ".join(fields) + "}"


def _flags(param: Param) -> str:
    flags = [
        ("TN_OPTIONAL", param.optional),
        ("TN_DEFAULTS", param.defaults),
        ("TN_RESTRICT", param.restrict),
        ("TN_CHARACTER", param.character),
        ("TN_AT_LEAST", param.at_least),
        ("TN_POSITIONAL", param.positional),
    ]
    return " | ".join(name for name, on in flags if on)


def _constant(constant: Constant) -> str:
    name, value = constant.name, constant.value
    if isinstance(value, str):
        return f'{{.name = "{name}", .text = {c_string(value)}, .kind = TN_CONSTANT_TEXT}}'
    if isinstance(value, float):
        return f'{{.name = "{name}", .number = {_double(value)}, .kind = TN_CONSTANT_FLOAT}}'
    if not expression.INT64_MIN <= value <= expression.INT64_MAX:
        return f'{{.name = "{name}", .text = "{value}", .kind = TN_CONSTANT_INT}}'
    return f'{{.name = "{name}", .integer = {_int64(value)}, .kind = TN_CONSTANT_INT}}'


def _double(value: float) -> str:
    if value != value:
        return '__builtin_nan("")'
    if value in (float("inf"), float("-inf")):
        return "__builtin_inf()" if value > 0 else "-__builtin_inf()"
    return value.hex()
