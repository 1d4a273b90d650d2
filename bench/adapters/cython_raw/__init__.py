# SPDX-License-Identifier: BSD-3-Clause
"""Cython without its buffers: as cython, but functions take ndarrays, and the glue looks at their fields itself.

Cython's documentation names NumPy's C API for what buffers don't offer ("Working with NumPy"); with it, who writes
the checks, too, writes what the floor is, in Cython's language. So it is a second peer rather than the first.
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


PEER = Peer("cython raw", HERE, ("../cython/cfunctions.pxd", "functions.pyx"), version, build, functions)
