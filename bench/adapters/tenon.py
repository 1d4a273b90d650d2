# SPDX-License-Identifier: BSD-3-Clause
"""Tenon itself: `tenon.build`, and nothing else."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import tenon

HERE = Path(__file__).resolve().parent.parent
MATERIAL = HERE.parent / "examples" / "material"
NAME = "tenon"


def load() -> dict[str, Callable]:
    module = tenon.build(HERE / "functions.c", name="functions")
    return {
        "first": module.first,
        "add": module.add,
        "doubled": module.doubled,
        "scaled": module.scaled,
        "keyword": module.add,
        "refused": module.first,
        "owned": module.owned,
        "handed": module.handed,
        "object": module.counter,
        "method": module.counter().next,
    }


def load_copies() -> ModuleType:
    """tn_copy and memcpy as functions of two arrays."""
    return tenon.build(HERE / "copies.c", name="copies")


def load_loops() -> ModuleType:
    """Functions with .batch, and the plain C loops over them."""
    return tenon.build(MATERIAL / "cross.c", MATERIAL / "material.c", HERE / "loops.c", name="loops")
