# SPDX-License-Identifier: BSD-3-Clause
"""Doxygen comments: every form of them, the commands Tenon acts on, and the text that remains."""

import pytest

from tenon.bind import comment
from tenon.bind.comment import ParamCommand, ThrowsCommand


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("/** Brief. */", "Brief."),
        ("/*! Brief. */", "Brief."),
        ("/// Brief.", "Brief."),
        ("//! Brief.", "Brief."),
        ("///< Behind.", "Behind."),
        ("/**< Behind. */", "Behind."),
        ("/// One\n/// two.", "One\ntwo."),
        ("/**\n * One\n *\n * two.\n */", "One\n\ntwo."),
        ("/** One\n    two. */", "One\ntwo."),
        ("/**\n * List:\n *   - a\n *     b\n */", "List:\n  - a\n    b"),
        ("/**\r\n * One\r\n */", "One"),
        ("/****\n * Stars.\n ****/", "Stars."),
        ("/** @brief Brief. */", "Brief."),
        ("/** Uses @p x, \\c y and @ref mean(). */", "Uses x, y and mean()."),
        ("/** mail@param.org is no command */", "mail@param.org is no command"),
        ("/** The formula @f$x^2@f$ stays. */", "The formula x^2 stays."),
        ("/** @note Careful. */", "Note: Careful."),
        ("/** Unknown @thing stays. */", "Unknown @thing stays."),
        ("/** @code\n * a = b; // @param x\n * @endcode */", "a = b; // @param x"),
        ("/** é – ü */", "é – ü"),
    ],
)
def test_text_is_kept_without_delimiters_and_commands(raw, text):
    assert comment.read(raw).text == text


@pytest.mark.parametrize(
    ("raw", "name", "direction", "rest"),
    [
        ("/** @param x the values */", "x", None, "the values"),
        ("/** \\param x the values */", "x", None, "the values"),
        ("/** @param[in] x */", "x", "in", ""),
        ("/** @param[out] x y */", "x", "out", "y"),
        ("/** @param[in,out] x */", "x", "in,out", ""),
        ("/** @param[out, in] x */", "x", "in,out", ""),
        ("/** @param[inout] x */", "x", "in,out", ""),
        ("/** @param [out] x */", "x", "out", ""),
        ("/** @param x [n][m] values */", "x", None, "[n][m] values"),
        ("/** @param lda = n + 1 */", "lda", None, "= n + 1"),
        ("/** Text. @param[out] x in the middle */", "x", "out", "in the middle"),
        ("/** @param x over\n *         two lines */", "x", None, "over two lines"),
        ("/** @param x one paragraph\n *\n * not this */", "x", None, "one paragraph"),
        ("/// @param x first\n/// @return nothing", "x", None, "first"),
    ],
)
def test_param_commands_are_read_in_every_form(raw, name, direction, rest):
    (command,) = comment.read(raw).params
    assert (command.name, command.direction, command.rest) == (name, direction, rest)


def test_one_command_may_name_several_parameters():
    assert comment.read("/** @param[out] x,y both */").params == [
        ParamCommand("x", "out", "both", 0),
        ParamCommand("y", "out", "both", 0),
    ]


def test_a_paragraph_ends_at_a_blank_line_or_the_next_command():
    read = comment.read("/** Before.\n * @param x first\n * @return second\n *\n * After. */")
    assert (read.params[0].rest, read.returns, read.text) == ("first", "second", "Before.\n\nAfter.")


@pytest.mark.parametrize("command", ["throws", "throw", "exception"])
def test_throws_has_a_code_and_a_text(command):
    assert comment.read(f"/** @{command} -3 did not converge */").throws == [ThrowsCommand("-3", "did not converge", 0)]


def test_retval_is_documentation_only():
    read = comment.read("/** @retval 0 fine\n * @retval 1 not */")
    assert read.throws == []
    assert read.returns == "0 fine\n1 not"


def test_threadsafe_is_a_flag_and_leaves_no_text():
    read = comment.read("/** Fast. @threadsafe */")
    assert "threadsafe" in read.marks
    assert read.text == "Fast."
    assert not comment.read("/** It is threadsafe. */").marks


def test_commands_know_their_line():
    read = comment.read("/**\n * Text.\n *\n * @param x a\n * @throws 1 b\n */")
    assert (read.params[0].line, read.throws[0].line) == (3, 4)


@pytest.mark.parametrize(
    "raw", ["/** @param */", "/** @param[out] */", "/** @param[inn] x */", "/** @param[] x */", "/** @throws */"]
)
def test_a_command_that_cannot_be_read_is_a_problem(raw):
    assert comment.read(raw).problems


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("///< [in] the values", ("in", "the values")),
        ("/**< [in,out] t */", ("in,out", "t")),
        ("/**< [n] or NULL */", (None, "[n] or NULL")),
        ("///< plain", (None, "plain")),
    ],
)
def test_trailing_comments_may_begin_with_a_direction(raw, expected):
    assert comment.read_trailing(raw) == expected
