# SPDX-License-Identifier: BSD-3-Clause
"""Numba: the functions written again in Python, and compiled.

Choices, and where Numba's documentation says so:

- @njit with explicit signatures ("Compiling Python code with @jit", eager compilation; "Types and signatures"): what C
  demands, float64 and C-contiguous, is demanded here, and nothing is compiled while calls are made. Lazy compilation,
  which that page recommends to begin with, dispatches no faster; it would take other types, too, and compile for each.
- One signature a function, whose inputs are read-only arrays: writable ones are accepted by it as well. A second
  signature makes every call slower, since the dispatcher compares all of them; so there is none for memoryview and
  array.array, which Numba could take. sum_bytes has one for bytes and one for bytearray.
- cache=True ("Notes on Caching"): compiled code is kept beside the source. Building is to import the module once.
- error_model="numpy" ("Just-in-Time compilation", JIT functions): no tests for divisions by zero. fastmath stays off,
  since it may change results; boundscheck and nogil are off, as by default.
- series is a jitclass, which can't be cached: it is compiled when it is first used. It has no __array__.

C's memory can be looked at (numba.carray), but nothing frees it with the array: handed and aligned are left out.
"""

import shutil
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

from adapters import TEN, Peer
from adapters.native import run

HERE = Path(__file__).resolve().parent


def build(part: str, folder: Path) -> list[Path]:
    source = Path(shutil.copy(HERE / f"{part}.py", folder))
    run([sys.executable, "-B", "-c", f"import {part}"], folder, NUMBA_CACHE_DIR="")
    return [source, *sorted((folder / "__pycache__").iterdir())]


def functions(modules: Mapping[str, ModuleType]) -> dict[str, Any]:
    ten, more = modules["functions"], modules["more"]
    others = ["sum_strided", "first_pair", "accumulate", "series"]
    bound = {name: getattr(ten, name) for name in TEN} | {"add_keywords": ten.add}
    return bound | {name: getattr(more, name) for name in others}


PEER = Peer("numba", HERE, ("functions.py",), lambda: version("numba"), build, functions,
            rewritten=True)  # fmt: skip
