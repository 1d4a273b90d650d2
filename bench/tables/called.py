# SPDX-License-Identifier: BSD-3-Clause
"""The floor's own C functions, called as objects of a type of their own: what it costs to be no built-in function."""

import tempfile
from pathlib import Path
from typing import Any

from adapters import Peer, imported, native, peer

CALLED = Path(__file__).with_suffix(".c")
NAME = "floor, own type"


def by_objects() -> tuple[str, Peer, dict[str, Any]]:
    """For cases.table(), beside the peers."""
    floor, wrap = peer("floor"), native.load(CALLED).called
    with tempfile.TemporaryDirectory() as folder:
        modules = {}
        for part in floor.parts:
            floor.build(part, Path(folder))
            modules[part] = imported(part, Path(folder))
    functions = floor.functions(modules)
    series = functions.pop("series")
    for name in ("size", "values"):
        setattr(series, name, wrap(vars(series)[name]))
    return NAME, floor, {name: wrap(function) for name, function in functions.items()} | {"series": series}
