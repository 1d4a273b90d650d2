# SPDX-License-Identifier: BSD-3-Clause
"""The floor: C written by hand against the NumPy C API, with the checks that Tenon makes."""

from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from adapters import TEN, Peer
from adapters.native import extension

HERE = Path(__file__).resolve().parent


def build(part: str, folder: Path) -> list[Path]:
    return [extension([HERE / f"{part}.c"], folder, part, "-isystem", np.get_include())]


def functions(modules: Mapping[str, ModuleType]) -> dict[str, Any]:
    ten, more = modules["functions"], modules["more"]
    others = ["sum_strided", "first_pair", "accumulate", "handed", "aligned", "series"]
    bound = {name: getattr(ten, name) for name in [*TEN, "add_keywords"]}
    return bound | {name: getattr(more, name) for name in others}


PEER = Peer("floor", HERE, ("borrow.h", "functions.c"), lambda: np.__version__, build, functions)
