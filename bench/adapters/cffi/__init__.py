# SPDX-License-Identifier: BSD-3-Clause
"""cffi: prototypes are given again, and Python is written that calls C.

Choices made:

- The API mode, out of line, which cffi's overview calls the main mode of usage and the fast one: `python
  functions_build.py` compiles a module of C, with -O3.
- Arrays become pointers through ffi.from_buffer("double[]", x), the documented way for NumPy arrays. Types are made
  once by ffi.typeof(), and `require_writable`, for what C writes, is passed by position, which saves 100 ns.
- from_buffer() looks at contiguity, writability and the number of bytes. Element types and dimensions are not checked
  by cffi, and not by this glue, which adds only the comparison of lengths without which C would leave the memory.
- Memory of C is owned by ffi.gc(), and ffi.buffer() keeps it. An object shows its memory through NumPy's array
  interface.
"""

import importlib.metadata
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from adapters import BENCH, TEN, Peer
from adapters.native import run

HERE = Path(__file__).resolve().parent
OTHERS = ["sum_strided", "first_pair", "accumulate", "handed", "aligned", "series"]


def build(part: str, folder: Path) -> list[Path]:
    """python PART_build.py"""
    for source in (HERE / f"{part}.py", HERE / f"{part}_build.py", BENCH / f"{part}.c", BENCH / f"{part}.h"):
        shutil.copy(source, folder)
    run([sys.executable, f"{part}_build.py"], folder)
    return [folder / f"{part}.py", *folder.glob(f"_{part}.*so")]


def functions(modules: Mapping[str, ModuleType]) -> dict[str, Any]:
    ten, more = modules["functions"], modules["more"]
    bound = {name: getattr(ten, name) for name in TEN} | {name: getattr(more, name) for name in OTHERS}
    return bound | {"add_keywords": ten.add}


PEER = Peer("cffi", HERE, ("functions_build.py", "functions.py"), lambda: importlib.metadata.version("cffi"), build,
            functions)  # fmt: skip
