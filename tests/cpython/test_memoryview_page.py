# SPDX-License-Identifier: BSD-3-Clause
"""docs/reference/memoryview.md says what the suites say."""

import platform

import pytest
from cpython_suites import missing
from memoryview_page import count, generated, read_counts, written


def test_the_page_is_the_list_in_words() -> None:
    assert written() == generated().lstrip("\n"), "run python tests/cpython/memoryview_page.py"


def test_the_page_gives_the_counts_of_this_python() -> None:
    if (why := missing()) is not None:
        pytest.skip(f"NOT RUN: {why}")
    version, counts = platform.python_version(), count()
    if version not in read_counts():
        pytest.skip(f"the page has no counts of Python {version}; they are {counts}")
    assert counts == read_counts()[version]
