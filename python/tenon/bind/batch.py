# SPDX-License-Identifier: BSD-3-Clause
"""The signature of a generalised ufunc, in NumPy's notation: `(),(n),(n)->(n)`.

Inputs stand on the left in prototype order; on the right stands the result, then whatever is written, in prototype
order. Arguments written in place stand on both sides. Sizes that are arguments, and handles, are no operands.
"""

from __future__ import annotations

from collections.abc import Sequence

from .model import Direction, Param, ParamKind, Size, SizeKind


def signature(params: Sequence[Param], result: Param | None, sizes: Sequence[Size]) -> tuple[str | None, str | None]:
    """The signature, or None and why there is none."""
    for param in params:
        if param.kind is ParamKind.TEXT:
            return None, f"{param.name} is text"
        if param.kind is ParamKind.SPAN:
            return None, f"{param.name} takes any layout"
        if param.kind is ParamKind.ROWS:
            return None, f"{param.name} is an array of pointers to rows"
        if param.kind is ParamKind.OWNED:
            return None, f"{param.name} is kept"
    if result is not None and result.kind is ParamKind.TEXT:
        return None, "it returns text"
    if result is not None and result.kind is ParamKind.OWNED:
        return None, "it returns memory of its own"
    if result is not None and result.kind is ParamKind.HANDLE:
        return None, "it makes an object"
    operands = [param for param in params if param.kind not in (ParamKind.SIZE, ParamKind.HANDLE)]
    if all(param.is_output for param in operands):
        return None, "it takes no arrays or values"
    names = _Names(sizes)
    left = [names.operand(param) for param in operands if not param.is_output]
    right = ["()"] if result is not None else []
    right += [names.operand(param) for param in operands if param.direction is not Direction.IN]
    return f"{','.join(left)}->{','.join(right)}", None


class _Names:
    """A name for each core dimension: sizes that have one keep it, expressions and views get fresh ones."""

    def __init__(self, sizes: Sequence[Size]) -> None:
        self.sizes = sizes
        self.taken = {size.name for size in sizes if size.name}
        self.given: dict[int, str] = {}
        self.operands: dict[str, str] = {}

    def operand(self, param: Param) -> str:
        if param.name not in self.operands:
            dims = [
                self.fresh() if param.at_least and axis == 0 else self.dim(index)
                for axis, index in enumerate(param.shape)
            ]
            self.operands[param.name] = f"({','.join(dims)})"
        return self.operands[param.name]

    def dim(self, index: int) -> str:
        size = self.sizes[index]
        if size.name is not None and size.kind is not SizeKind.EXPRESSION:
            return size.name
        if index not in self.given:
            self.given[index] = self.fresh()
        return self.given[index]

    def fresh(self) -> str:
        number = 0
        while f"d{number}" in self.taken:
            number += 1
        self.taken.add(f"d{number}")
        return f"d{number}"
