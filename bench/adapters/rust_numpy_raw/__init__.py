# SPDX-License-Identifier: BSD-3-Clause
"""rust-numpy without borrowing: as rust_numpy, but functions take &Bound<PyArray> and hand its pointer to C.

PyArrayMethods::data() is safe, and as long as no Rust slice is made of it, Rust's rules of aliasing are not at stake:
what C needs (contiguous, aligned, writable, no overlap where C says restrict) is then for the glue to check. The crate's
documentation names this for "more involved cases", and its README writes to an array of a `&Bound` in the first example;
so it is a second peer rather than the first.
"""

from pathlib import Path

from adapters import Peer
from adapters.rust_numpy import GLUE, build_project, functions, missing, version

HERE = Path(__file__).resolve().parent


def build(part: str, folder: Path) -> list[Path]:
    return build_project(HERE / part, part, folder)


PEER = Peer("rust-numpy raw", HERE, GLUE, version, build, functions, missing=missing)
