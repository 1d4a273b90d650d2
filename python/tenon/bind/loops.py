# SPDX-License-Identifier: BSD-3-Clause
"""The C half: includes the user's own file, asserts what libclang read, and defines one inner loop a function.

Behind the include the user's macros are alive, so only keywords, names that begin with tn_, ptrdiff_t, and the user's
own names are written.
"""

from __future__ import annotations

from collections.abc import Iterable

from .declarations import Array, CType, Number, Pointer, Record
from .model import Direction, Function, Half, HandleClass, Param, ParamKind, Passed, Size, SizeKind

MAX_STILL_INPUTS = 3  # a loop of its own for each of them; more would be too much code


def c_half(half: Half, include: str, *, inlinable: bool) -> str:
    """`include`: the user's file, as the C half finds it. `inlinable`: the bodies are in it, so that a loop of constant
    steps can be worth its code."""
    parts = [f'#include "{c_path(include)}"', "#include <tenon/loop.h>", ""]
    parts += ["#pragma GCC diagnostic push", '#pragma GCC diagnostic ignored "-Wdeprecated-declarations"']
    parts += ['#pragma GCC diagnostic ignored "-Wignored-qualifiers"']  # the user's own line was warned about
    parts += _assertions(half)
    if any(function.says_error for function in half.functions):
        parts += ["", *_SAYING]
    if any(_hands_over(function) for function in half.functions):
        parts += ["", *_HANDING_OVER]
    for function in half.functions:
        parts += ["", _loop(function, inlinable)]
    for item in half.classes:
        parts += ["", *_free(item)]
    for variable in half.variables:
        name = variable.name
        parts += ["", f'extern __attribute__((visibility("hidden"))) void *const tn_address_{name};']
        parts.append(f"void *const tn_address_{name} = (void *)&{name};")
    parts += ["", "#pragma GCC diagnostic pop"]
    return "\n".join(parts) + "\n"


def _hands_over(function: Function) -> bool:
    return function.result is not None and function.result.kind is ParamKind.OWNED


def _without_macros(names: Iterable[str], lines: list[str]) -> list[str]:
    """Lines with members of our structures, which the user's macros may hide."""
    hidden = [f'#pragma push_macro("{name}")\n#undef {name}' for name in names]
    return [*hidden, *lines, *(f'#pragma pop_macro("{name}")' for name in names)]


# What a function says of its error, in the user's own tn_error.
_SAYING = _without_macros(("status", "message", "text"), [
    "static inline void tn_say_nothing(tn_error *tn_e)",
    "{",
    "    tn_e->status = (__typeof__(tn_e->status))0;",
    "    tn_e->message[0] = 0;",
    "}",
    "static inline int tn_has_said(const tn_error *tn_e)",
    "{",
    "    return (int)tn_e->status;",
    "}",
    "static inline void tn_say(const tn_error *tn_e, tn_stop *tn_at)",
    "{",
    '    _Static_assert(sizeof tn_at->text >= sizeof tn_e->message, "tn_error has grown");',
    "    if (tn_has_said(tn_e) != 0)",
    "        __builtin_memcpy(tn_at->text, tn_e->message, sizeof tn_e->message);",
    "}",
])  # fmt: skip

# What a function hands over, member by member: copied as a whole it would be put together in memory first, and read
# back before the machine has written it.
_SPAN = ("data", "type", "ndim", "flags", "shape", "strides", "suboffsets")
_HANDING_OVER = _without_macros(("span", *_SPAN, "release", "owner"), [
    "static inline void tn_hand_over(tn_array *tn_to, tn_array tn_from)",
    "{",
    *(f"    tn_to->span.{name} = tn_from.span.{name};" for name in _SPAN),
    "    tn_to->release = tn_from.release;",
    "    tn_to->owner = tn_from.owner;",
    "}",
])  # fmt: skip


def c_path(path: str) -> str:
    return path.replace("\\", "/")


# --- what libclang read and the compiler must agree with --------------------------------------------------------------


_DISAGREE = "libclang and the compiler do not see the same types"


def _assertions(half: Half) -> list[str]:
    facts: dict[str, None] = {}
    for declaration in (item.free for item in half.classes):
        if declaration.function_type is not None:
            facts[same_type(declaration.name, declaration.function_type)] = None
    for function in half.functions:
        if function.function_type is not None:
            facts[same_type(function.name, function.function_type)] = None
        for passed in (passed for passed in function.passed if passed.how not in ("handle", "error")):
            _assert_type(passed.ctype, facts)
        if function.result is not None and function.result.type is not None:
            _assert_type(function.result.type, facts)
    for variable in half.variables:
        _assert_type(variable.type, facts)
    return list(facts)


def same_type(name: str, function_type: str) -> str:
    """An assertion that the compiler read the same prototype."""
    return f'_Static_assert(__builtin_types_compatible_p(__typeof__({name}), {function_type}), "{_DISAGREE}");'


def _assert_type(ctype: CType, facts: dict[str, None]) -> None:
    match ctype:
        case Array(element=inner) | Pointer(to=inner):
            _assert_type(inner, facts)
        case Record():
            _assert_equal(f"sizeof({ctype.spelling})", ctype.size, facts)
            _assert_equal(f"_Alignof({ctype.spelling})", ctype.alignment, facts)
            _assert_members(ctype.spelling, "", 0, ctype, facts)
        case Number():
            _assert_equal(f"sizeof({ctype.spelling})", ctype.size, facts)
            _assert_equal(f"_Alignof({ctype.spelling})", ctype.alignment, facts)


def _assert_members(root: str, path: str, base: int, record: Record, facts: dict[str, None]) -> None:
    """Offsets and sizes by their path from the outermost structure, since inner ones may have no name."""
    for member in record.members:
        place, inner = path + member.name, member.type
        _assert_equal(f"__builtin_offsetof({root}, {place})", base + member.offset, facts)
        while isinstance(inner, Array):
            place, inner = place + "[0]", inner.element
        assert isinstance(inner, Number | Record)
        _assert_equal(f"sizeof((({root} *)0)->{place})", inner.size, facts)
        if isinstance(inner, Record):
            _assert_members(root, place + ".", base + member.offset, inner, facts)


def _assert_equal(what: str, value: int, facts: dict[str, None]) -> None:
    facts[f'_Static_assert({what} == {value}, "{_DISAGREE}");'] = None


def _free(item: HandleClass) -> list[str]:
    return [
        f'extern __attribute__((visibility("hidden"))) void tn_free_{item.name}(void *);',
        f"void tn_free_{item.name}(void *tn_handle)",
        "{",
        f"    ({item.free.name})(tn_handle);",
        "}",
    ]


# --- loops ------------------------------------------------------------------------------------------------------------


def _loop(function: Function, inlinable: bool) -> str:
    operands = _operands(function)
    body = [
        f'extern __attribute__((visibility("hidden"))) tn_loop tn_loop_{function.name};',
        f"int tn_loop_{function.name}"
        "(char **tn_args, const ptrdiff_t *tn_dims, const ptrdiff_t *tn_steps, tn_stop *tn_at)",
        "{",
        *_unused(function, operands),
        "    const ptrdiff_t tn_points = tn_dims[0];",
    ]
    body += [f"    char *const tn_a{index} = tn_args[{index}];" for index, _ in operands]
    body += [
        f"    const ptrdiff_t tn_s{index} = tn_steps[{index}];"
        for index, _ in operands
        if not _is_fixed(function, index)
    ]
    body += _locals(function)
    for steps in _known_steps(function, operands) if inlinable else []:
        test = " && ".join(f"tn_s{index} == {step}" for index, step in steps.items())
        body += [f"    if ({test}) {{"]
        body += ["    " + line for line in _points(function, {i: str(step) for i, step in steps.items()})]
        body += ["        return 0;", "    }"]
    body += _points(function, {index: f"tn_s{index}" for index, _ in operands})
    body += ["    return 0;", "}"]
    return "\n".join(body)


def _operands(function: Function) -> list[tuple[int, Param]]:
    """Arguments of the loop that have an address, with their index in args."""
    all_params = [*function.params, *([function.result] if function.result else [])]
    return [(index, param) for index, param in enumerate(all_params) if param.kind is not ParamKind.SIZE]


def _is_fixed(function: Function, index: int) -> bool:
    """Text, spans, rows, objects and what is kept are the same for all points."""
    params = [*function.params, *([function.result] if function.result else [])]
    fixed = (ParamKind.TEXT, ParamKind.SPAN, ParamKind.ROWS, ParamKind.HANDLE, ParamKind.OWNED)
    return params[index].kind in fixed


def _unused(function: Function, operands: Iterable[tuple[int, Param]]) -> list[str]:
    out = []
    if not any(True for _ in operands):
        out.append("    (void)tn_args;")
    if all(_is_fixed(function, index) for index, _ in operands):
        out.append("    (void)tn_steps;")
    if not function.returns_status and not function.says_error:
        out.append("    (void)tn_at;")
    return out


def _locals(function: Function) -> list[str]:
    """Views are filled once, all but their address; sizes passed by reference need one."""
    lines = []
    nargs = len(function.params) + (1 if function.result else 0)
    for number, passed in enumerate(function.passed):
        if passed.how == "view":
            param = function.params[passed.index]
            assert isinstance(passed.ctype, Record)
            shape = ", ".join(f"tn_dims[{1 + index}]" for index in param.shape)
            strides = ", ".join(f"tn_steps[{nargs + param.strides + axis}]" for axis in range(len(param.shape)))
            lines.append(f"    {passed.ctype.spelling} tn_v{number} = {{(void *)0, {{{shape}}}, {{{strides}}}}};")
    return lines


def _known_steps(function: Function, operands: list[tuple[int, Param]]) -> list[dict[int, int]]:
    """The steps worth a loop of their own: all operands densely packed, or all but one input that stands still."""
    dense = _dense_steps(function, operands)
    if not dense:
        return []
    inputs = [index for index, param in operands if param.direction is Direction.IN]
    if len(inputs) == len(operands) or not 2 <= len(inputs) <= MAX_STILL_INPUTS:
        return [dense]
    return [dense, *({**dense, index: 0} for index in inputs)]


def _dense_steps(function: Function, operands: list[tuple[int, Param]]) -> dict[int, int] | None:
    """The steps of densely packed operands, where all of them are known now."""
    steps: dict[int, int] = {}
    for index, param in operands:
        if param.kind not in (ParamKind.ARRAY, ParamKind.VALUE) or param.type is None or param.optional:
            return None
        step = param.type.size
        for size in (function.sizes[number] for number in param.shape):
            if size.kind is not SizeKind.CONSTANT:
                return None
            step *= size.value
        steps[index] = step
    return steps


def _points(function: Function, steps: dict[int, str]) -> list[str]:
    lines = ["    for (ptrdiff_t tn_p = 0; tn_p < tn_points; tn_p++) {"]
    arguments = []
    for number, passed in enumerate(function.passed):
        before, argument = _argument(function, number, passed, steps)
        lines += [f"        {line}" for line in before]
        arguments.append(argument)
    call = f"({function.name})({', '.join(arguments)})"
    if function.returns_status:
        lines.append(f"        const long long tn_code = (long long){call};")
        lines += _stop("tn_code", function)
    elif function.result is None:
        lines.append(f"        {call};")
    elif isinstance(function.result.type, Record):  # which may have const fields, and so no assignment
        lines.append(f"        const {function.result.type.spelling} tn_r = {call};")
        address = _address(len(function.params), steps)
        lines.append(f"        __builtin_memcpy({address}, &tn_r, sizeof tn_r);")
    elif _hands_over(function):
        lines.append(f"        tn_hand_over((tn_array *)(void *)tn_a{len(function.params)}, {call});")
    else:
        lines.append(f"        {_result(function, steps)} = {call};")
    if function.says_error and not function.returns_status:
        lines += _stop("tn_has_said(&tn_e)", function)
    lines.append("    }")
    return lines


def _stop(code: str, function: Function) -> list[str]:
    return [
        f"        if ({code} != 0) {{",
        f"            *tn_at = (tn_stop){{tn_p, {code}, {{0}}}};",
        *(["            tn_say(&tn_e, tn_at);"] if function.says_error else []),
        "            return 1;",
        "        }",
    ]


def _result(function: Function, steps: dict[int, str]) -> str:
    index, result = len(function.params), function.result
    assert result is not None
    if result.kind is ParamKind.TEXT:
        return f"*(const char **)(void *)tn_a{index}"
    if result.kind is ParamKind.HANDLE:
        return f"*(void **)(void *)tn_a{index}"
    assert result.type is not None
    return f"*({result.type.spelling} *)(void *)({_address(index, steps)})"


def _address(index: int, steps: dict[int, str]) -> str:
    return f"tn_a{index} + tn_p * {steps[index]}"


def _argument(function: Function, number: int, passed: Passed, steps: dict[int, str]) -> tuple[list[str], str]:
    """Statements before the call, and the argument itself."""
    index, ctype = passed.index, passed.ctype
    match passed.how:
        case "pointer":
            address = f"(void *)({_address(index, steps)})"  # becomes a pointer to const where C wants one
            if function.params[index].optional:
                return [], f"(tn_a{index} ? {address} : (void *)0)"
            return [], address
        case "rows":
            return [], f"(void *)tn_a{index}"
        case "value":
            assert isinstance(ctype, Number | Record)
            return [], f"*(const {ctype.spelling} *)(const void *)({_address(index, steps)})"
        case "view":
            assert isinstance(ctype, Record)
            return [f"tn_v{number}.data = (void *)({_address(index, steps)});"], f"tn_v{number}"
        case "span":
            assert isinstance(ctype, Record)
            return [], f"*(const {ctype.spelling} *)(const void *)tn_a{index}"
        case "owned":
            return [], f"*(tn_array *)(void *)tn_a{index}"
        case "error":
            return ["tn_error tn_e;", "tn_say_nothing(&tn_e);"], "&tn_e"
        case "handle":
            return [], f"*(void *const *)(const void *)tn_a{index}"
        case "text":
            return [], f"*(const char *const *)(const void *)tn_a{index}"
        case "size":
            return [], _size(function.sizes[index], index, ctype)
        case "constant":
            return [], _constant(passed.value, ctype)
    assert isinstance(ctype, Pointer)
    value = (
        _constant(passed.value, ctype.to)
        if passed.how == "constant reference"
        else _size(function.sizes[index], index, ctype.to)
    )
    return [f"{_spelling(ctype.to)} tn_n{number} = {value};"], f"&tn_n{number}"


def _size(size: Size, index: int, ctype: CType) -> str:
    return f"({_spelling(ctype)})tn_dims[{1 + index}]"


def _constant(value: int, ctype: CType) -> str:
    if value == -(2**63):
        return f"({_spelling(ctype)})(-9223372036854775807ll - 1)"
    return f"({_spelling(ctype)}){value}{'ll' if abs(value) >= 2**31 else ''}"


def _spelling(ctype: CType) -> str:
    assert isinstance(ctype, Number)
    return ctype.spelling
