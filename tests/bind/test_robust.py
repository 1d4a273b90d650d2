# SPDX-License-Identifier: BSD-3-Clause
"""Whatever stands in a comment or a bracket: it is read or refused with words, and never a crash."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenon.bind import comment, expression

WORDS = [
    "@param", "\\param", "[in]", "[out]", "[in,out]", "x", "y", "n", "k", "nobody", "[n]", "[]", "[n][3]",
    "[n + 1]", "[", "]", "= n", "= n + 1", "= 1 / 0", "=", "or NULL", "@throws", "3", "-1", "N", "@threadsafe",
    "@return", "@retval", "@code", "@endcode", "@brief", "text", "\n", "\n *", "\n *\n *", "@", "\\", "é",
    "[static n]", "[restrict n]", "'", "\"", "@f$", "@note", "%", "*",
]  # fmt: skip


@given(st.text())
def test_any_text_is_read_as_a_comment(text):
    comment.read(f"/** {text} */")
    comment.read_trailing(f"///< {text}")


@given(st.text(alphabet="nmk0123456789+-*/%() \t'xuUlL._,[]"))
def test_any_text_is_an_expression_or_an_error(text):
    try:
        tree = expression.parse(text)
        again = expression.text(expression.fold(tree))
    except expression.ExpressionError:
        return
    assert expression.text(expression.fold(expression.parse(again))) == again


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.lists(st.sampled_from(WORDS), max_size=14))
def test_any_comment_binds_the_function_or_refuses_it(bind, words):
    prototype = "int f(int n, int k, const double *x, double *y);"
    bound = bind(f"#define N 2\n/** {' '.join(words)} */\n{prototype}", header=True)
    assert set(bound.signatures) | set(bound.refused) == {"f"}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(extent=st.text(alphabet="nk01239+-*/%() ", max_size=12))
def test_any_extent_that_compiles_binds_or_is_refused(bind, extent):
    bound = bind(f"void f(int n, int k, double x[{extent}]);", header=True)
    assert len(bound.signatures) + len(bound.refused) <= 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "int",
        "{",
        "}",
        "double f(",
        "/** @param",
        '"',
        '#include "nowhere.h"\ndouble f(double x);',
        "\0",
        "\ufeffint f(int x);",
    ],
)
def test_a_broken_file_is_read_without_a_crash(bind, text):
    bind(text, header=True)
