# SPDX-License-Identifier: BSD-3-Clause
"""Cython: what is compiled is Python with the types of C.

Choices made:

- Arrays are arguments of the type `cnp.ndarray[const double, mode="c"]`, the buffer syntax of Cython's tutorial
  "Working with NumPy". The tutorial prefers typed memoryviews, `const double[::1]`, within Cython. As arguments,
  which are taken once and handed to C, they cost more: 1.5 times as much with one array, 1.8 times with three, since
  each makes an object. The modules would be three times as large. In return they would accept memoryview and
  array.array.
- Cython doesn't ask a buffer for writable memory if it sees no assignment to an element: the glue asks, for what C
  writes. It also compares lengths. Bytes are taken by PyObject_GetBuffer, from cpython.buffer.
- boundscheck and wraparound are off, as the tutorial says for speed. binding is off: it makes plain built-in
  functions, which cost the same and are smaller. always_allow_keywords is off: functions of one argument take it by
  position only, as the fastest convention has it. -O3, no debug information, hidden symbols, by `# distutils:` lines
  of the sources (user's guide, "Source Files and Compilation"). Link-time optimisation changes nothing that can be
  measured.
- New arrays are made by NumPy's C API. Memory of C belongs to an extension type with a free list, the array's base.
- It is built by `cythonize -i`, which the user's guide names first.
"""

import importlib.metadata
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from adapters import BENCH, TEN, Peer
from adapters.native import SUFFIX, run

HERE = Path(__file__).resolve().parent
TOOLS = Path(sys.executable).parent
OTHERS = ["sum_strided", "first_pair", "accumulate", "handed", "aligned", "series"]


def build_project(sources: Sequence[Path], part: str, folder: Path) -> list[Path]:
    """CFLAGS=$(numpy-config --cflags) cythonize -i PART.pyx; the C sources are in src/."""
    (folder / "src").mkdir()
    for source in [*sources, HERE / f"c{part}.pxd"]:
        shutil.copy(source, folder)
    for suffix in ("c", "h"):
        shutil.copy(BENCH / f"{part}.{suffix}", folder / "src")
    flags = run([str(TOOLS / "numpy-config"), "--cflags"]).strip()
    run([str(TOOLS / "cythonize"), "-i", f"{part}.pyx"], folder, CFLAGS=flags)
    return [folder / f"{part}{SUFFIX}"]


def build(part: str, folder: Path) -> list[Path]:
    return build_project([HERE / f"{part}.pyx", HERE / "memory.pxi"], part, folder)


def functions(modules: Mapping[str, ModuleType]) -> dict[str, Any]:
    ten, more = modules["functions"], modules["more"]
    bound = {name: getattr(ten, name) for name in TEN} | {name: getattr(more, name) for name in OTHERS}
    return bound | {"add_keywords": ten.add}


def version() -> str:
    return importlib.metadata.version("cython")


PEER = Peer("cython", HERE, ("cfunctions.pxd", "functions.pyx"), version, build, functions)
