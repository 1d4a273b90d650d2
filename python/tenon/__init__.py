# SPDX-License-Identifier: BSD-3-Clause
"""Call C functions over arrays from Python: the C prototype is the contract.

``tenon build stats.c`` on the command line, or ``tenon.build("stats.c")`` here, turns a file of C functions into a
Python module. Building needs libclang (``pip install tenon[build]``), which is not imported before something is built;
modules that are built already need nothing but this package.
"""

import os
from collections.abc import Sequence

from tenon._core import CallError, DType, Function, Handle, Overloads, Span, empty, growable, lend, rows, zeros
from tenon.build import BuildError, BuildWarning, build

__all__ = [
    "BuildError",
    "BuildWarning",
    "CallError",
    "DType",
    "Function",
    "Handle",
    "Overloads",
    "Span",
    "build",
    "empty",
    "get_include",
    "get_library_dir",
    "growable",
    "lend",
    "rows",
    "zeros",
]

__version__: str

Sequence.register(Span)  # as memoryview is


def get_include() -> str:
    """The folder to pass to the C compiler with ``-I``, so that ``#include <tenon/tenon.h>`` works."""
    return os.path.join(os.path.dirname(os.path.abspath(__file__)), "include")


def get_library_dir() -> str:
    """The folder to pass to the linker with ``-L``, for ``-ltenon -lm``: what is behind the headers, as an archive."""
    return os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib")


def __getattr__(name: str) -> str:
    if name == "__version__":
        from importlib.metadata import version

        return version("tenon")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
