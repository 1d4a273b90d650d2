# SPDX-License-Identifier: BSD-3-Clause
"""`f.coerce(…)`: the one, explicit way to ask for conversion of what a function only reads."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._core import Function


def convert(function: str, name: str, value: Any, dtype: np.dtype[Any]) -> Any:
    """`value` as a C-ordered, aligned array of `dtype`; a copy only where it must be, by a cast of the same kind.

    Python's own integers are of no size: they convert to any integer type that holds them all.
    """
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{function}.coerce(): {name} is a masked array, whose mask C would not see")
    try:
        array = np.asarray(value)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{function}.coerce(): {name} cannot be made an array: {error}") from None
    from_python = not hasattr(value, "dtype")
    if from_python and array.dtype.kind in "iu" and dtype.kind in "iu":
        converted = array.astype(dtype)
        if not np.array_equal(converted, array):
            raise OverflowError(f"{function}.coerce(): {name} has integers that {dtype} cannot hold")
        return converted
    empty = from_python and array.size == 0  # [] says nothing about its type
    if not empty and not np.can_cast(array.dtype, dtype, "same_kind"):
        raise TypeError(
            f"{function}.coerce(): {name} is {array.dtype}, and {dtype} is another kind; "
            f"if you mean it, np.asarray({name}).astype(…) converts"
        )
    return np.require(array.astype(dtype, copy=False), requirements=["C", "A"])


def convert_rows(function: str, name: str, value: Any, dtype: np.dtype[Any]) -> Any:
    """Rows that need not lie together: each is converted by itself, and those that fit stay where they are."""
    if isinstance(value, list | tuple):
        return [convert(function, f"{name}[{number}]", row, dtype) for number, row in enumerate(value)]
    return value if _is_indirect(value) else convert(function, name, value, dtype)


def _is_indirect(value: Any) -> bool:
    """Memory that NumPy cannot see, but C can."""
    try:
        with memoryview(value) as view:
            return bool(view.suboffsets)
    except (TypeError, ValueError, BufferError):
        return False


def call(function: Function, args: tuple[Any, ...], kwargs: dict[str, Any] | None) -> Any:
    """Call `function` with the arrays it only reads converted to what it needs."""
    inputs = {name: (dtype, rows) for name, dtype, rows in function._inputs}
    names = list(inputs)

    def fit(name: str, value: Any) -> Any:
        dtype, rows = inputs.get(name, (None, False))
        if dtype is None or value is None:
            return value
        return (convert_rows if rows else convert)(function.__name__, name, value, dtype)

    positional = [fit(name, value) for name, value in zip(names, args, strict=False)] + list(args[len(names) :])
    return function(*positional, **{name: fit(name, value) for name, value in (kwargs or {}).items()})
