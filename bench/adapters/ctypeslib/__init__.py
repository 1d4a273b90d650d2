# SPDX-License-Identifier: BSD-3-Clause
"""numpy.ctypeslib: ctypes with arguments that are arrays.

Choices made:

- load_library() and argtypes by ndpointer() with dtype, ndim and flags, as NumPy's reference, "ctypes foreign
  function interface", shows. So element type, dimensions, order, alignment and writability are checked. The flags are
  one number, and asking for three costs what asking for one does.
- Where C takes a length, a function of Python passes len(x) and compares lengths. Where it takes none, what ctypes
  gives is used as it is: ndpointer() knows shapes.
- Bytes become an array by np.frombuffer(), as does memory of C: what is shown there is an array of ctypes, whose end
  frees the memory. as_array() would be slower, and its dtype is one that memoryview doesn't read. An object shows its
  memory through NumPy's array interface.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

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


PEER = Peer("ctypeslib", HERE, ("functions.py",), lambda: np.__version__, build, functions)
