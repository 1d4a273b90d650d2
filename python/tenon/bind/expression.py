# SPDX-License-Identifier: BSD-3-Clause
"""Sizes as C writes them: `n * (n + 1) / 2`. Text → tree → folded tree → postfix program for the engine, or text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1
MAX_STACK = 32  # TN_MAX_STACK

_TOKEN = re.compile(
    r"\s*(?:(?P<number>0[xX][0-9a-fA-F]+|0[bB][01]+|\d+)(?P<suffix>[uUlL]*)(?![\w.])"
    r"|(?P<name>[A-Za-z_]\w*)|(?P<char>'(?:[^'\\]|\\.)')|(?P<op>[-+*/%()]))"
)
_ESCAPES = {"n": "\n", "t": "\t", "0": "\0", "r": "\r", "\\": "\\", "'": "'", '"': '"'}
_PRECEDENCE = {"+": 1, "-": 1, "*": 2, "/": 2, "%": 2}
_OPCODES = {"+": "TN_OP_ADD", "-": "TN_OP_SUB", "*": "TN_OP_MUL", "/": "TN_OP_DIV", "%": "TN_OP_MOD"}


class ExpressionError(ValueError):
    """The text is no size expression; the message continues "`text` "."""


@dataclass(frozen=True)
class Integer:
    value: int


@dataclass(frozen=True)
class Name:
    name: str


@dataclass(frozen=True)
class Negation:
    operand: Expression


@dataclass(frozen=True)
class Binary:
    operator: str
    left: Expression
    right: Expression


Expression = Integer | Name | Negation | Binary


# --- reading ----------------------------------------------------------------------------------------------------------


class _Reader:
    """Recursive descent over one text; stops at the first thing that cannot continue the expression."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    def peek(self) -> re.Match[str] | None:
        return _TOKEN.match(self.text, self.position)

    def operator(self) -> str | None:
        token = self.peek()
        return token["op"] if token else None

    def take(self, token: re.Match[str]) -> None:
        self.position = token.end()

    def expression(self, precedence: int = 1) -> Expression:
        left = self.operand()
        while (operator := self.operator()) in _PRECEDENCE and _PRECEDENCE[operator] >= precedence:
            token = self.peek()
            assert token is not None
            self.take(token)
            left = Binary(operator, left, self.expression(_PRECEDENCE[operator] + 1))
        return left

    def operand(self) -> Expression:
        token = self.peek()
        if token is None:
            rest = self.text[self.position :].strip()
            raise ExpressionError(f"cannot be read at '{rest}'" if rest else "ends too early")
        self.take(token)
        if token["number"]:
            return Integer(_integer(token["number"]))
        if token["name"]:
            return Name(token["name"])
        if token["char"]:
            body = token["char"][1:-1]
            return Integer(ord(_ESCAPES.get(body[1], body[1]) if body[0] == "\\" else body))
        if token["op"] == "(":
            inner = self.expression()
            closing = self.peek()
            if closing is None or closing["op"] != ")":
                raise ExpressionError("has an unmatched parenthesis")
            self.take(closing)
            return inner
        if token["op"] == "-":
            return Negation(self.operand())
        if token["op"] == "+":
            return self.operand()
        raise ExpressionError(f"cannot be read at '{token['op']}'")


def _integer(text: str) -> int:
    if text[:2].lower() in ("0x", "0b"):
        return int(text, 0)
    return int(text, 8) if text.startswith("0") and text.isdigit() and set(text) <= set("01234567") else int(text)


def parse(text: str) -> Expression:
    """The whole text as one expression."""
    tree, end = parse_prefix(text)
    if text[end:].strip():
        raise ExpressionError(f"cannot be read at '{text[end:].strip()}'")
    return tree


def parse_prefix(text: str) -> tuple[Expression, int]:
    """The longest expression the text begins with, and where it ends."""
    reader = _Reader(text)
    return reader.expression(), reader.position


# --- working with trees -----------------------------------------------------------------------------------------------


def names(tree: Expression) -> list[str]:
    """Every name in the tree, in order of first appearance."""
    found: dict[str, None] = {}

    def visit(node: Expression) -> None:
        match node:
            case Name(name):
                found[name] = None
            case Negation(operand):
                visit(operand)
            case Binary(_, left, right):
                visit(left)
                visit(right)

    visit(tree)
    return list(found)


def substitute(tree: Expression, values: Mapping[str, Expression]) -> Expression:
    match tree:
        case Name(name):
            return values.get(name, tree)
        case Negation(operand):
            return Negation(substitute(operand, values))
        case Binary(operator, left, right):
            return Binary(operator, substitute(left, values), substitute(right, values))
    return tree


def fold(tree: Expression) -> Expression:
    """Constants computed as the engine would: truncating division, int64."""
    match tree:
        case Negation(operand):
            inner = fold(operand)
            return _checked(-inner.value) if isinstance(inner, Integer) else Negation(inner)
        case Binary(operator, left, right):
            a, b = fold(left), fold(right)
            if isinstance(b, Integer) and b.value == 0 and operator in "/%":
                raise ExpressionError("divides by zero")
            if isinstance(a, Integer) and isinstance(b, Integer):
                return _checked(_compute(operator, a.value, b.value))
            return Binary(operator, a, b)
        case Integer(value):
            return _checked(value)
    return tree


def _compute(operator: str, a: int, b: int) -> int:
    if operator == "+":
        return a + b
    if operator == "-":
        return a - b
    if operator == "*":
        return a * b
    quotient = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
    return quotient if operator == "/" else a - b * quotient


def _checked(value: int) -> Integer:
    if not INT64_MIN <= value <= INT64_MAX:
        raise ExpressionError("does not fit into 64 bits")
    return Integer(value)


def text(tree: Expression, spell: Callable[[str], str] = str) -> str:
    """As a person would write it."""
    return _text(tree, spell)[0]


def _text(tree: Expression, spell: Callable[[str], str]) -> tuple[str, int]:
    match tree:
        case Integer(value):
            return str(value), 3 if value >= 0 else 1
        case Name(name):
            return spell(name), 3
        case Negation(operand):
            inner, level = _text(operand, spell)
            return f"-{inner}" if level == 3 else f"-({inner})", 2
        case Binary(operator, left, right):
            level = _PRECEDENCE[operator]
            a, level_a = _text(left, spell)
            b, level_b = _text(right, spell)
            a = a if level_a >= level else f"({a})"
            b = b if level_b > level else f"({b})"
            return f"{a} {operator} {b}", level
    raise AssertionError(tree)


def program(tree: Expression, index: Mapping[str, int]) -> list[tuple[str, int]]:
    """Postfix operations (opcode, operand); `index` numbers the sizes. ExpressionError if too deep for the engine."""
    operations: list[tuple[str, int]] = []
    if _emit(tree, index, operations) > MAX_STACK:
        raise ExpressionError("is nested too deeply")
    return [*operations, ("TN_OP_END", 0)]


def _emit(tree: Expression, index: Mapping[str, int], out: list[tuple[str, int]]) -> int:
    """Appends the operations of `tree` and returns the stack they need."""
    match tree:
        case Integer(value):
            out.append(("TN_OP_CONSTANT", value))
            return 1
        case Name(name):
            out.append(("TN_OP_SIZE", index[name]))
            return 1
        case Negation(operand):
            depth = _emit(operand, index, out)
            out.append(("TN_OP_NEG", 0))
            return depth
        case Binary(operator, left, right):
            depth = max(_emit(left, index, out), 1 + _emit(right, index, out))
            out.append((_OPCODES[operator], 0))
            return depth
    raise AssertionError(tree)
