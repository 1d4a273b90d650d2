# SPDX-License-Identifier: BSD-3-Clause
"""Cython without its buffers: as cython, but functions take ndarrays, and the glue looks at their fields itself.

Cython's documentation names NumPy's C API for what buffers don't offer ("Working with NumPy"); with it, who writes
the checks, too, writes the floor in Cython's language. So it stands beside the floor and is not counted as a peer.
always_allow_keywords is off: functions of one argument then take it by position only, as functions written by hand
do.
"""

from pathlib import Path

from adapters import Peer
from adapters.cython import HERE as CYTHON
from adapters.cython import build_project, functions, version

HERE = Path(__file__).resolve().parent


def build(part: str, folder: Path) -> list[Path]:
    return build_project([HERE / f"{part}.pyx", CYTHON / "memory.pxi"], part, folder)


PEER = Peer("floor, Cython", HERE, ("../cython/cfunctions.pxd", "functions.pyx"), version, build, functions)
