# SPDX-License-Identifier: BSD-3-Clause
"""The sizes of one function: which are implied by an array, which stay parameters, which are constants or computed."""

from __future__ import annotations

from dataclasses import dataclass, field

from . import expression
from .declarations import Number
from .directives import Refused
from .expression import INT64_MAX, INT64_MIN, Expression, ExpressionError, Integer, Name
from .model import Size, SizeKind


def integer_range(number: Number) -> tuple[int, int]:
    """What the C type holds, within int64."""
    bits = 8 * number.size
    if number.kind == "b":
        return 0, 1
    if number.kind == "u":
        return 0, min(2**bits - 1, INT64_MAX)
    return max(-(2 ** (bits - 1)), INT64_MIN), min(2 ** (bits - 1) - 1, INT64_MAX)


@dataclass
class SizeTable:
    """Sizes in the engine's order: what is given first, then expressions over it.

    Trees must be folded and must mention only names that have been added.
    """

    spell: dict[str, str]  # C name → Python name
    entries: list[Size] = field(default_factory=list)
    index: dict[str, int] = field(default_factory=dict)  # name → entry
    by_text: dict[str, int] = field(default_factory=dict)  # text of a constant or an expression → entry

    def add_named(self, name: str, ctype: Number, implied: tuple[int, int] | None, argument: int) -> None:
        low, high = integer_range(ctype)
        self.index[name] = len(self.entries)
        if implied is not None:
            size = Size(
                SizeKind.IMPLIED, self.spell[name], param=implied[0], axis=implied[1], min=max(low, 0), max=high
            )
        else:
            size = Size(SizeKind.ARGUMENT, self.spell[name], param=argument, min=low, max=high)
        self.entries.append(size)

    def add_view_extent(self, param: int, axis: int) -> int:
        self.entries.append(Size(SizeKind.IMPLIED, None, param=param, axis=axis))
        return len(self.entries) - 1

    def number(self, tree: Expression) -> int:
        """The index of a tree's value; a new entry where there is none yet. Constants must come before expressions."""
        if isinstance(tree, Name):
            return self.index[tree.name]
        key = expression.text(tree)
        if key in self.by_text:
            return self.by_text[key]
        if isinstance(tree, Integer):
            size = Size(SizeKind.CONSTANT, key, value=tree.value)
        else:
            shown = expression.text(tree, lambda name: self.spell[name])
            size = Size(SizeKind.EXPRESSION, shown, tree=tree, min=INT64_MIN)
        self.by_text[key] = len(self.entries)
        self.entries.append(size)
        return self.by_text[key]

    def use_as_extent(self, tree: Expression) -> int:
        index = self.number(tree)
        size = self.entries[index]
        size.min = max(size.min, 0)
        return index

    def pass_as(self, tree: Expression, ctype: Number) -> int:
        """`@param lda = n`: the value is passed as this C type and must fit it."""
        index = self.number(tree)
        low, high = integer_range(ctype)
        size = self.entries[index]
        size.min, size.max = max(size.min, low), min(size.max, high)
        return index

    def program(self, size: Size) -> list[tuple[str, int]]:
        assert size.tree is not None
        return expression.program(size.tree, self.index)


def fold(tree: Expression, substitutions: dict[str, Expression], said: str) -> Expression:
    """Constants and fixed parameters put in, and computed."""
    try:
        return expression.fold(expression.substitute(tree, substitutions))
    except ExpressionError as error:
        raise Refused(f"{said}: the size {error}") from None
