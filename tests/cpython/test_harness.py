# SPDX-License-Identifier: BSD-3-Clause
"""The runner of CPython's suites finds what differs, what is listed wrongly, and what was not run."""

from pathlib import Path

import pytest
from cpython_suites import Outcome, Statement, Suite, load, run

SUITE = """
import unittest

class Case(unittest.TestCase):
    def check(self, m):
        self.assertEqual(m[0], 97)

    def test_view(self):
        m = memoryview(b"abc")
        self.assertRaises(NotImplementedError, m.tolist)
        with self.assertRaises(TypeError):
            m.hex()
        self.check(m)
        m.nothing
        self.assertEqual(m.seen, [1])
        m.seen.append(2)

    def test_buffer(self):
        class Exporter:
            def __buffer__(self, flags):
                return memoryview(b"abc")
        self.assertEqual(type(Exporter().__buffer__(0)).__name__, "memoryview")
        self.assertEqual(type(memoryview(b"abc")).__name__, "View")

    @unittest.skip("no reason")
    def test_skipped(self):
        pass
"""

TEST = "suite.Case.test_view"
DIFFERENCES = {
    Statement(TEST, "self.assertRaises(NotImplementedError, m.tolist)", "returns"),
    Statement(TEST, "with self.assertRaises(TypeError): m.hex()", "raises KeyError"),
    Statement(TEST, "self.assertEqual(m[0], 97)", "differs"),
    Statement(TEST, "m.nothing", "raises AttributeError"),
}


class View:
    """Does nothing as memoryview does it."""

    def __init__(self, source: bytes) -> None:
        self.seen = [1]

    def tolist(self) -> None:
        pass

    def hex(self) -> None:
        raise KeyError

    def __getitem__(self, index: int) -> int:
        return 98


def suite_with(folder: Path, allowed: set[Statement], text: str = SUITE) -> Suite:
    path = folder / "suite.py"
    path.write_text(text)
    return load(path, View, False, allowed)


def outcome_of(suite: Suite, name: str = "test_view") -> Outcome:
    return run(suite, next(case for case in suite.cases if case.id().endswith(name)))


def test_what_is_listed_ends_no_test_and_what_comes_after_it_is_run(tmp_path: Path) -> None:
    suite = suite_with(tmp_path, DIFFERENCES)
    outcome = outcome_of(suite)
    assert outcome == Outcome([], None, DIFFERENCES, set())
    last = suite_with(tmp_path, DIFFERENCES, SUITE.replace("m.seen, [1]", "m.seen, [2]"))
    assert "m.seen" in outcome_of(last).failures[0]


@pytest.mark.parametrize("statement", sorted(DIFFERENCES, key=str), ids=str)
def test_each_difference_that_is_not_listed_fails_the_test_and_says_how_it_would_be(
    statement: Statement, tmp_path: Path
) -> None:
    (failure,) = outcome_of(suite_with(tmp_path, DIFFERENCES - {statement})).failures
    assert failure.startswith("not listed: ")
    assert statement.text.partition(": ")[2] in failure or str(statement) in failure


def test_another_failure_than_the_listed_one_is_no_excuse(tmp_path: Path) -> None:
    other = {Statement(TEST, s.text, "raises OSError") for s in DIFFERENCES}
    assert outcome_of(suite_with(tmp_path, other)).failures


def test_a_listed_statement_that_holds_is_stale(tmp_path: Path) -> None:
    holds = Statement(TEST, "self.assertEqual(m.seen, [1])", "differs")
    assert outcome_of(suite_with(tmp_path, DIFFERENCES | {holds})).stale == {holds}
    elsewhere = Statement("suite.Case.test_buffer", "self.assertEqual(m[0], 97)", "differs")
    assert outcome_of(suite_with(tmp_path, DIFFERENCES | {elsewhere}), "test_buffer").stale == {elsewhere}


def test_a_class_exports_what_python_wants_of_it(tmp_path: Path) -> None:
    assert outcome_of(suite_with(tmp_path, set()), "test_buffer") == Outcome()


def test_what_is_skipped_is_said(tmp_path: Path) -> None:
    assert outcome_of(suite_with(tmp_path, set()), "test_skipped").skipped == "no reason"


def test_random_choices_are_the_same_in_every_run(tmp_path: Path) -> None:
    suite = suite_with(tmp_path, DIFFERENCES, SUITE.replace("m.seen, [1]", "m.seen, __import__('random').random()"))
    first, second = (outcome_of(suite).failures for _ in range(2))
    assert first == second and first != []
