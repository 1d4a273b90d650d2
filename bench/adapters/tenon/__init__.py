# SPDX-License-Identifier: BSD-3-Clause
"""Tenon itself: `tenon build`, and nothing else."""

import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import tenon
from adapters import BENCH, TEN, Peer
from adapters.native import SUFFIX, run

HERE = Path(__file__).resolve().parent
SOURCES = {"functions": [BENCH / "functions.c"], "more": [HERE / "more.c"]}


def build(part: str, folder: Path) -> list[Path]:
    command = [str(Path(sys.executable).with_name("tenon")), "build", "--name", part, "-o", str(folder)]
    run([*command, *map(str, SOURCES[part])], folder)
    return [folder / f"{part}{SUFFIX}"]


def functions(modules: Mapping[str, ModuleType]) -> dict[str, Any]:
    ten, more = modules["functions"], modules["more"]
    others = ["sum_strided", "first_pair", "accumulate", "handed", "aligned", "series"]
    bound = {name: getattr(ten, name) for name in TEN} | {name: getattr(more, name) for name in others}
    return bound | {"add_keywords": ten.add}



PEER = Peer("tenon", HERE, (), lambda: tenon.__version__, build, functions, developed=True)
