# SPDX-License-Identifier: BSD-3-Clause
"""ctypes of the standard library: a shared library, opened at run time, and Python that describes what is in it.

Choices made:

- argtypes and restype are declared once. Pointers are POINTER(c_double), and what is passed is
  `c_double.from_buffer(x)`: where a pointer is declared, an object of the type it points to can be passed, and ctypes
  passes its address (ctypes, "Type conversions"). With one array that took 0.5 µs, `(c_double * n).from_buffer(x)`
  0.9 µs, `x.ctypes.data` 1.2 µs, `x.ctypes.data_as()` and `x.ctypes` itself 2 µs.
- from_buffer() takes writable, contiguous memory. For read-only arrays it is from_address(x.ctypes.data), without the
  cycle of references that data_as() leaves to the collector.
- Nothing looks at element types. Lengths are compared; what stands behind them is the caller's business, as with
  ctypes in general.
- Memory of C belongs to an object of Python with NumPy's array interface, the base of the array.
"""

import platform
import shutil
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from adapters import BENCH, TEN, Peer
from adapters.native import shared

HERE = Path(__file__).resolve().parent
OTHERS = ["sum_strided", "first_pair", "accumulate", "handed", "aligned", "series"]


def build(part: str, folder: Path) -> list[Path]:
    shutil.copy(HERE / f"{part}.py", folder)
    library = shared([BENCH / f"{part}.c"], folder / f"lib{part}.so", "-fvisibility=default")
    return [folder / f"{part}.py", library]


def functions(modules: Mapping[str, ModuleType]) -> dict[str, Any]:
    ten, more = modules["functions"], modules["more"]
    bound = {name: getattr(ten, name) for name in TEN} | {name: getattr(more, name) for name in OTHERS}
    return bound | {"add_keywords": ten.add}


PEER = Peer("ctypes", HERE, ("functions.py",), platform.python_version, build, functions)
