# SPDX-License-Identifier: BSD-3-Clause
"""NumPy is used in an interpreter only if it can be imported there, and is silently done without where it cannot."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

SOURCE = """
#include <stddef.h>

/** @threadsafe
 *  @param[out] y */
void doubled(size_t n, const double x[n], double y[n])
{
    for (size_t i = 0; i < n; i++)
        y[i] = 2 * x[i];
}
"""

CALL = """
import array, importlib.util
spec = importlib.util.spec_from_file_location(NAME, FILE)
m = importlib.util.module_from_spec(spec)
spec.loader.exec_module(m)
y = m.doubled(array.array("d", [1, 2]))
assert memoryview(y).tolist() == [2, 4]
"""

WITHOUT_NUMPY = """
import sys
sys.modules["numpy"] = None
exec(CALL)
assert type(y).__name__ == "Span"
"""

SECOND = """
exec(CALL)
try:
    import numpy
    assert type(y) is numpy.ndarray
except ImportError:
    assert type(y).__name__ == "Span", type(y)
"""

IN_BOTH = """
exec(CALL)
import numpy
assert type(y) is numpy.ndarray
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
second = interpreters.create()
failed = interpreters.run_string(second, HEAD + SECOND)
assert not failed, failed
interpreters.destroy(second)
"""


def run(module: ModuleType, code: str) -> None:
    """In a process of its own, which must say nothing."""
    assert module.__file__ is not None
    head = f"NAME, FILE = {module.__name__!r}, {str(Path(module.__file__))!r}\nCALL = {CALL!r}\n"
    code = f"{head}HEAD, SECOND = {head!r}, {SECOND!r}\n{code}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "")


def test_that_numpy_is_missing_is_not_printed(build: Callable[..., ModuleType]) -> None:
    run(build(SOURCE), WITHOUT_NUMPY)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="one GIL for all interpreters before 3.12")
def test_an_interpreter_that_numpy_refuses_gets_no_arrays_of_another_one(build: Callable[..., ModuleType]) -> None:
    run(build(SOURCE), IN_BOTH)
