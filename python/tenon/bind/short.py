# SPDX-License-Identifier: BSD-3-Clause
"""Calls that the glue serves itself (include/tenon/fast.h): of few parameters, which are arrays, numbers, sizes or
objects and are passed by position. Each is spelled out, so that the compiler inlines what the function needs, and
nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations

from .declarations import Number
from .model import Direction, ElementType, Function, Param, ParamKind, SizeKind

MAX_PARAMS, MAX_SIZES, MAX_NDIM, MAX_STRIDES = 8, 8, 4, 8  # TN_SHORT_…


def is_short(function: Function) -> bool:
    """Worth a call of its own?"""
    params, result = function.params, function.result
    if not 1 <= len(params) <= MAX_PARAMS or len(function.sizes) > MAX_SIZES or function.strides > MAX_STRIDES:
        return False
    if function.says_error or (result is not None and not _is_short_result(result)):
        return False
    if any(size.kind is SizeKind.EXPRESSION for size in function.sizes):
        return False
    counted = function.threadsafe or function.exclusive  # the calls that use an object are
    if any(counted and param.kind is ParamKind.HANDLE for param in params):
        return False
    made = _made(function)
    return all(_is_short(param) for i, param in enumerate(params) if i != made)


def _made(function: Function) -> int | None:
    """Which parameter is the output, where a new array is all that the call returns."""
    outputs = [i for i, param in enumerate(function.params) if param.direction is Direction.OUT]
    if len(outputs) != 1 or len(function.params) == 1 or function.result is not None:
        return None
    (i,) = outputs
    if any(size.kind is SizeKind.IMPLIED and size.param == i for size in function.sizes):
        return None
    param = function.params[i]
    is_plain = param.kind is ParamKind.ARRAY and not param.optional and not param.at_least
    return i if is_plain and 1 <= len(param.shape) <= MAX_NDIM else None


def short_call(function: Function, index: int, type_name: Callable[[ElementType], str]) -> list[str]:
    """The vectorcall of the module's function `index`. `type_name`: how the descriptor of an element type is called."""
    made = _made(function)
    taken = [i for i in range(len(function.params)) if i != made]
    steps = [f"PyVectorcall_NARGS(nargsf) == {len(taken)}"]
    steps += [_taken(i, place, function.params[i]) for place, i in enumerate(taken)]
    steps += [f"tn_short_apart(def, {i}, {j}, &call)" for i, j in _pairs(function, type_name) if made not in (i, j)]
    run, fill = "tn_short_run(self, args, def, &call)", f"tn_short_fill(self, args, nargsf, def, {made}, &call)"
    constants = [(k, size.value) for k, size in enumerate(function.sizes) if size.kind is SizeKind.CONSTANT]
    return [
        f"static PyObject *tn_its_call_{function.name}(PyObject *self, PyObject *const *args, size_t nargsf,",
        "    PyObject *names)",
        "{",
        f"    const tn_function *def = &tn_its_functions[{index}];",
        "    tn_short_call call;",
        "    call.hopeless = false;",
        *(f"    call.dims[{1 + k}] = {value};" for k, value in constants),
        "    if (names != NULL || !(" + " &&\n          ".join(steps) + "))",
        "        return tn_short_general(self, args, nargsf, names, &call);",
        f"    return {run if made is None else fill};",
        "}",
        "",
    ]


def _is_short(param: Param) -> bool:
    if param.optional or param.at_least:
        return False
    if param.kind is ParamKind.VALUE:
        return param.direction is Direction.IN and not param.character and (_is_integer(param) or _is_float(param, 8))
    if param.kind in (ParamKind.ARRAY, ParamKind.VIEW):
        return param.direction is not Direction.OUT and len(param.shape) <= MAX_NDIM
    return param.kind in (ParamKind.HANDLE, ParamKind.SIZE)


def _is_short_result(result: Param) -> bool:
    if result.kind is ParamKind.VALUE:
        return not result.character and (_is_integer(result) or _is_float(result, 4) or _is_float(result, 8))
    return result.kind in (ParamKind.HANDLE, ParamKind.OWNED)


def _is_integer(param: Param) -> bool:
    return isinstance(param.type, Number) and param.type.kind in "iu" and param.type.size <= 8


def _is_float(param: Param, size: int) -> bool:
    return isinstance(param.type, Number) and param.type.kind == "f" and param.type.size == size


def _taken(i: int, place: int, param: Param) -> str:
    """What takes the argument of parameter i, which is passed at a place."""
    match param.kind:
        case ParamKind.HANDLE:
            return f"tn_short_object((const tn_callable *)self, {i}, args[{place}], &call)"
        case ParamKind.SIZE:
            return f"tn_short_size(def, {i}, args[{place}], &call)"
        case ParamKind.VALUE if _is_integer(param):
            return f"tn_short_integer(def, {i}, args[{place}], &call)"
        case ParamKind.VALUE:
            return f"tn_short_double({i}, args[{place}], &call)"
    return f"tn_short_array((const tn_callable *)self, def, {i}, args[{place}], &call)"


def _pairs(function: Function, type_name: Callable[[ElementType], str]) -> Iterator[tuple[int, int]]:
    """Arrays, one of them written, that C's own rules let the compiler take for disjoint (tnpy_must_be_disjoint)."""
    memory = [(i, param) for i, param in enumerate(function.params) if param.kind in (ParamKind.ARRAY, ParamKind.VIEW)]
    for (i, a), (j, b) in combinations(memory, 2):
        assert a.type is not None and b.type is not None
        written = a.direction is not Direction.IN or b.direction is not Direction.IN
        alike = _is_character(a) or _is_character(b) or type_name(a.type) == type_name(b.type)
        if written and (a.restrict or b.restrict or not alike):
            yield i, j


def _is_character(param: Param) -> bool:
    """Through which C lets any memory be seen."""
    return isinstance(param.type, Number) and param.type.kind in "iu" and param.type.size == 1
