# SPDX-License-Identifier: BSD-3-Clause
"""`f.coerce(…)`: the one, explicit way to ask for conversion of what a function only reads."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._core import Function


def convert(function: str, name: str, value: Any, dtype: np.dtype[Any]) -> Any:
    """`value` as a C-ordered, aligned array of `dtype`; a copy only where it must be, by a cast of the same kind."""
    try:
        array = np.asarray(value)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{function}.coerce(): {name} cannot be made an array: {error}") from None
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{function}.coerce(): {name} is a masked array, whose mask C would not see")
    empty = array.size == 0 and not hasattr(value, "dtype")  # [] says nothing about its type
    if not empty and not np.can_cast(array.dtype, dtype, "same_kind"):
        raise TypeError(f"{function}.coerce(): {name} is {array.dtype}, which does not convert to {dtype} in kind")
    return np.require(array.astype(dtype, copy=False), requirements=["C", "A"])


def call(function: Function, args: tuple[Any, ...], kwargs: dict[str, Any] | None) -> Any:
    """Call `function` with the arrays it only reads converted to what it needs."""
    inputs = dict(function._inputs)
    names = list(inputs)

    def fit(name: str, value: Any) -> Any:
        dtype = inputs.get(name)
        return value if dtype is None or value is None else convert(function.__name__, name, value, dtype)

    positional = [fit(name, value) for name, value in zip(names, args, strict=False)] + list(args[len(names) :])
    return function(*positional, **{name: fit(name, value) for name, value in (kwargs or {}).items()})
