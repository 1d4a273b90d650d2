# SPDX-License-Identifier: BSD-3-Clause
"""tenon.Span in memoryview's place: CPython's own test_memoryview and test_buffer pass, but for what is listed.

A test is run as it stands. A statement of it may do what memoryview does not, if differences.toml lists it; one that is
listed and does what memoryview does fails the test, too.
"""

import importlib.util

import pytest
from cpython_suites import SUITES, Suite, listed, load, missing, path_of, read_differences, run

import tenon

MISSING = missing()
NUMPY = [False, True] if importlib.util.find_spec("numpy") is not None else [False]


def suites() -> list[tuple[str, Suite]]:
    """Each twice, since test_buffer compares with NumPy where there is one, and then leaves out formats NumPy lacks."""
    if MISSING is not None:
        return []
    return [
        (f"{name}{'-numpy' * numpy}", load(path_of(name), tenon.Span, numpy, listed()))
        for name in SUITES
        for numpy in NUMPY
    ]


LOADED = dict(suites())
TESTS = [
    pytest.param(suite, position, id=f"{name}-{case.id().partition('.')[2]}")
    for name, suite in LOADED.items()
    for position, case in enumerate(suite.cases)
]


def fails_with_memoryview_too(suite: Suite, test: str) -> str | None:
    """Of CPython's tests some do not hold where they run: NumPy has moved on, or the platform lacks something."""
    original = load(suite.path, memoryview, suite.numpy, allowed=set())
    failures = run(original, next(case for case in original.cases if case.id() == test)).failures
    return failures[-1].strip().splitlines()[-1] if failures else None


@pytest.mark.parametrize(("suite", "position"), TESTS)
def test_span_does_what_memoryview_does(suite: Suite, position: int) -> None:
    case = suite.cases[position]
    outcome = run(suite, case)
    if outcome.skipped is not None:
        pytest.skip(f"by CPython: {outcome.skipped}")
    if outcome.failures and (why := fails_with_memoryview_too(suite, case.id())):
        pytest.skip(f"fails with memoryview, too: {why}")
    assert not outcome.failures, "\n".join(outcome.failures)
    assert not outcome.stale, "listed, but does what memoryview does:\n" + "\n".join(map(str, outcome.stale))


def test_the_suites_are_there() -> None:
    if MISSING is not None:
        pytest.skip(f"NOT RUN: {MISSING}")
    counts = {name: len(suite.cases) for name, suite in LOADED.items()}
    assert all(count > 50 for count in counts.values()), counts


def test_every_listed_test_exists() -> None:
    if MISSING is not None:
        pytest.skip(f"NOT RUN: {MISSING}")
    there = {case.id() for suite in LOADED.values() for case in suite.cases}
    assert {statement.test for statement in listed()} <= there


def test_every_difference_has_a_name_a_reason_and_statements() -> None:
    differences = read_differences()
    assert len({difference.name for difference in differences}) == len(differences)
    for difference in differences:
        assert difference.reason.endswith(".") and difference.statements, difference.name
