# SPDX-License-Identifier: BSD-3-Clause
"""Size expressions: reading, folding, spelling, and the engine's postfix."""

import pytest

from tenon.bind import expression
from tenon.bind.expression import ExpressionError, Integer


def canonical(text: str) -> str:
    return expression.text(expression.fold(expression.parse(text)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("n", "n"),
        ("n+1", "n + 1"),
        ("n + (10 + 1)", "n + 11"),
        ("n*(n+1)/2", "n * (n + 1) / 2"),
        ("(n)", "n"),
        ("((n))*(m)", "n * m"),
        ("a-(b-c)", "a - (b - c)"),
        ("a-b-c", "a - b - c"),
        ("a/(b*c)", "a / (b * c)"),
        ("a%b*c", "a % b * c"),
        ("-n", "-n"),
        ("-(n + 1)", "-(n + 1)"),
        ("3 - -2", "5"),
        ("2 * 3 + 4", "10"),
        ("7 / -2", "-3"),
        ("-7 % 3", "-1"),
        ("0x10", "16"),
        ("010", "8"),
        ("0b101", "5"),
        ("10UL", "10"),
        ("10ull + 1", "11"),
        ("'A'", "65"),
        ("'\\n'", "10"),
        ("+n", "n"),
    ],
)
def test_expressions_are_folded_and_spelled_as_a_person_would(text, expected):
    assert canonical(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "n +", "(n", "n)", "n n", "sizeof(int)", "(int)n", "n ? 1 : 2", "n << 1", "f(n)", "1.5", "n, m", "*n", "x[0]"],
)
def test_what_is_no_size_expression_is_an_error(text):
    with pytest.raises(ExpressionError):
        expression.parse(text)


@pytest.mark.parametrize(
    "text", ["1 / 0", "n % 0", "9223372036854775807 + 1", "9223372036854775808", "0 - 9223372036854775807 - 2"]
)
def test_constants_that_cannot_be_computed_are_errors(text):
    with pytest.raises(ExpressionError):
        canonical(text)


def test_a_prefix_ends_where_the_expression_cannot_go_on():
    tree, end = expression.parse_prefix(" n + 1 leading dimension")
    assert expression.text(tree) == "n + 1"
    assert " n + 1 leading dimension"[end:] == " leading dimension"


def test_names_come_in_order_of_appearance():
    assert expression.names(expression.parse("n * m + n - k")) == ["n", "m", "k"]


def test_names_are_substituted_everywhere():
    tree = expression.substitute(expression.parse("n * (m + n)"), {"n": Integer(2)})
    assert expression.text(expression.fold(tree)) == "2 * (m + 2)"


def run(program, sizes):
    """What the engine does with a program, in Python."""
    operations = {
        "TN_OP_ADD": lambda a, b: a + b,
        "TN_OP_SUB": lambda a, b: a - b,
        "TN_OP_MUL": lambda a, b: a * b,
        "TN_OP_DIV": lambda a, b: int(a / b),
        "TN_OP_MOD": lambda a, b: a - b * int(a / b),
    }
    stack = []
    for code, operand in program:
        if code == "TN_OP_CONSTANT":
            stack.append(operand)
        elif code == "TN_OP_SIZE":
            stack.append(sizes[operand])
        elif code == "TN_OP_NEG":
            stack.append(-stack.pop())
        elif code == "TN_OP_END":
            break
        else:
            b, a = stack.pop(), stack.pop()
            stack.append(operations[code](a, b))
    (result,) = stack
    return result


@pytest.mark.parametrize(
    ("text", "expected"),
    [("n", 7), ("n * (n + 1) / 2", 28), ("-n + m", -4), ("n % m - (m - n)", 5), ("n / (m + -5)", -3)],
)
def test_programs_compute_what_the_expression_says(text, expected):
    assert run(expression.program(expression.parse(text), {"n": 0, "m": 1}), [7, 3]) == expected


def test_an_expression_too_deep_for_the_engine_is_an_error():
    text = "n + (" * 40 + "n" + ")" * 40
    with pytest.raises(ExpressionError, match="nested"):
        expression.program(expression.parse(text), {"n": 0})
