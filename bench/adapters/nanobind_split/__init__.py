# SPDX-License-Identifier: BSD-3-Clause
"""nanobind in split mode: the glue of the adapter nanobind, against the backend that PyPI has built.

The module has only what its author wrote, in CPython's limited API; what it has in common with others is in the
package nanobind-backend. Little is left to build ("Split mode"). nanobind's documentation calls this opt-in, and the
linked mode the usual one; so it is a second peer rather than the first.
"""

from importlib.metadata import version
from pathlib import Path

from adapters import Peer, cmake
from adapters.nanobind import functions

HERE = Path(__file__).resolve().parent


def build(part: str, folder: Path) -> list[Path]:
    return cmake.build(HERE / part, folder)


def versions() -> str:
    return f"{version('nanobind')}, backend {version('nanobind-backend')}"


def missing() -> str | None:
    return cmake.missing("nanobind") or cmake.missing("nanobind_backend")


GLUE = ("functions/CMakeLists.txt", "../nanobind/functions.cpp")
PEER = Peer("nanobind split", HERE, GLUE, versions, build, functions, missing=missing)
