# SPDX-License-Identifier: BSD-3-Clause
"""`f.coerce(…)`: the one, explicit way to ask for conversion of what a function only reads."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._core import Function, Span


def see(value: Any, dtype: np.dtype[Any], any_byte: bool) -> np.ndarray[Any, Any]:
    """`value` as an array, of the elements that C would be given if it fitted: what needs no conversion gets none."""
    if isinstance(value, bytes) and dtype == np.uint8:
        value = memoryview(value)  # of itself NumPy sees one text
    array = np.asarray(value)
    if array.dtype.kind == "O" and array.ndim == 0 and not isinstance(value, np.ndarray):
        array = _through_other_protocols(value, array)
    return array.view(np.uint8) if any_byte and array.dtype.itemsize == 1 else array


def _through_other_protocols(value: Any, otherwise: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """DLPack's and Arrow's arrays, which NumPy sees as one Python object."""
    try:
        return np.asarray(Span(value))
    except (TypeError, ValueError, BufferError):
        return otherwise


def convert(function: str, name: str, value: Any, dtype: np.dtype[Any], any_byte: bool) -> Any:
    """`value` as a C-ordered, aligned array of `dtype`; a copy only where it must be, by a cast of the same kind.

    Python's own integers are of no size: they convert to any integer type that holds them all.
    """
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{function}.coerce(): {name} is a masked array, whose mask C would not see")
    try:
        array = see(value, dtype, any_byte)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{function}.coerce(): {name} cannot be made an array: {error}") from None
    from_python = not hasattr(value, "dtype")
    if from_python and array.dtype.kind in "iu" and dtype.kind in "iu":
        converted = array.astype(dtype)
        if not np.array_equal(converted, array):
            raise OverflowError(f"{function}.coerce(): {name} has integers that {dtype} cannot hold")
        return converted
    if from_python and array.size == 0:  # [] says nothing about its type
        return np.zeros(array.shape, dtype)
    if not np.can_cast(array.dtype, dtype, "same_kind"):
        raise TypeError(
            f"{function}.coerce(): {name} is {array.dtype}, and {dtype} is another kind; "
            f"if you mean it, np.asarray({name}).astype(…) converts"
        )
    return np.require(array.astype(dtype, copy=False), requirements=["C", "A"])


def convert_rows(function: str, name: str, value: Any, dtype: np.dtype[Any], any_byte: bool) -> Any:
    """Rows that need not lie together: each is converted by itself, and those that fit stay where they are."""
    if isinstance(value, list | tuple):
        return [convert(function, f"{name}[{number}]", row, dtype, any_byte) for number, row in enumerate(value)]
    return value if _is_indirect(value) else convert(function, name, value, dtype, any_byte)


def _is_indirect(value: Any) -> bool:
    """Memory that NumPy cannot see, but C can."""
    try:
        with memoryview(value) as view:
            return bool(view.suboffsets)
    except (TypeError, ValueError, BufferError):
        return False


def call(function: Function, args: tuple[Any, ...], kwargs: dict[str, Any] | None) -> Any:
    """Call `function` with the arrays it only reads converted to what it needs."""
    inputs = {name: how for name, *how in function._inputs}
    names = list(inputs)

    def fit(name: str, value: Any) -> Any:
        dtype, rows, any_byte = inputs.get(name, (None, False, False))
        if dtype is None or value is None:
            return value
        return (convert_rows if rows else convert)(function.__name__, name, value, dtype, any_byte)

    positional = [fit(name, value) for name, value in zip(names, args, strict=False)] + list(args[len(names) :])
    return function(*positional, **{name: fit(name, value) for name, value in (kwargs or {}).items()})
