# SPDX-License-Identifier: BSD-3-Clause
"""rust-numpy without borrowing: as rust_numpy, but functions take &Bound<PyArray> and hand its pointer to C.

PyArrayMethods::data() is safe, and as long as no Rust slice is made of it, Rust's rules of aliasing are not at stake.
What C needs (contiguous, aligned, writable, no overlap where C says restrict) is then for the glue to check. The
crate's documentation of borrowing has unsafe methods as an "escape hatch" only, while the example in its README
writes to an array of a &Bound by one of them; so this stands beside the floor, in Rust, and is not counted as a peer.
"""

from pathlib import Path

from adapters import Peer
from adapters.rust_numpy import GLUE, build_project, functions, missing, version

HERE = Path(__file__).resolve().parent


def build(part: str, folder: Path) -> list[Path]:
    return build_project(HERE / part, part, folder)


PEER = Peer("floor, Rust", HERE, GLUE, version, build, functions, missing=missing)
