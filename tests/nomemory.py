# SPDX-License-Identifier: BSD-3-Clause
"""Make each of Python's allocations fail in turn: the first, the second, … until what is tried no longer notices."""

from collections.abc import Callable

import pytest


def fail_each_allocation(action: Callable[[], object], afterwards: Callable[[bool], None] = lambda failed: None) -> int:
    """Run `action` with one allocation failing, another each time; it must raise MemoryError or nothing.

    `afterwards` is told each time whether it raised. Returns how many allocations made it fail. (What libtenon
    allocates is not Python's: the tests in tests/c make that fail.)
    """
    _testcapi = pytest.importorskip("_testcapi", reason="this Python ships without _testcapi")
    failures = survived = place = 0
    while survived < 20:
        failed = False
        _testcapi.set_nomemory(place, place + 1)
        try:
            action()
        except MemoryError:
            failed = True
        finally:
            _testcapi.remove_mem_hooks()
        afterwards(failed)
        place += 1
        failures += failed
        survived = 0 if failed else survived + 1
    return failures
