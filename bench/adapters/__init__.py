# SPDX-License-Identifier: BSD-3-Clause
"""One package a peer: the glue that its users write, how it is built, and what comes out.

Each has a PEER (below). The glue is written as the peer's own documentation recommends for speed, and built with its
optimisation on: -O3, link-time optimisation where that is offered, no conversions where those cost. What is bound is
the same everywhere: functions.c, and of more.c what the peer can do. A peer that is not on this machine says why.
"""

import importlib
import importlib.util
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

BENCH = Path(__file__).resolve().parent.parent

# In the order in which tables show them: what others are held against first.
NAMES = [
    "floor",
    "cython_raw",
    "rust_numpy_raw",
    "tenon",
    "nanobind",
    "nanobind_split",
    "pybind11",
    "cython",
    "rust_numpy",
    "f2py",
    "numba",
    "tvm_ffi",
    "tvm_ffi_tensors",
    "cffi",
    "ctypeslib",
    "ctypes",
]


def _as_it_is(argument: Any) -> Any:
    return argument


def _nothing_missing() -> str | None:
    return None


@dataclass(frozen=True)
class Peer:
    """How one peer binds functions.c ("functions") and more.c ("more").

    name       as tables show it; "floor, LANGUAGE" is no peer but the floor in another language: it reads
               the fields of ndarrays by hand, where the peer has a way of its own to take arrays
    folder     of the adapter
    glue       files in it that a user writes to bind the ten of functions.c: their lines are counted
    version    of the peer, as the record names it
    build      build(part, folder) builds "functions" or "more" from nothing into an empty folder, by the commands that
               a user would type; returns the files that are needed to import it. What it makes is a module of the name
               of the part: `import functions` with the folder on the path. OSError or CalledProcessError if it can't
    functions  functions(modules) gives the callables by the names of functions.h and more.h, of the modules built,
               {"functions": module, "more": module}. They take and return what FUNCTIONS says. What the peer can't do
               is left out
    parts      what build() knows
    missing    why this peer can't be used on this machine, in a line; None if it can
    held       what this peer's callers hold instead of an ndarray or another argument, if they don't hold that
    developed  whether what builds it is developed here, so that it is built anew each time
    defaults   defaults(module) gives callables of the part "defaults": glue as the first examples of the peer's
               documentation have it, where that accepts other arguments than the glue for speed. Not timed
    rewritten  whether the functions are written again in the peer's language, so that no promise to C's compiler binds
    """

    name: str
    folder: Path
    glue: tuple[str, ...]
    version: Callable[[], str]
    build: Callable[[str, Path], list[Path]]
    functions: Callable[[Mapping[str, ModuleType]], dict[str, Any]]
    parts: tuple[str, ...] = ("functions", "more")
    missing: Callable[[], str | None] = _nothing_missing
    held: Callable[[Any], Any] = _as_it_is
    developed: bool = False
    defaults: Callable[[ModuleType], dict[str, Any]] | None = None
    rewritten: bool = False


# Those of functions.c.
TEN = ["first", "first_single", "add", "add_seven", "doubled", "scale", "mean", "cross", "sum_bytes", "largest"]

# What the callables are called with, and what comes back. x, y … are float64[n] where nothing else is said.
FUNCTIONS = {
    "first": "first(x) -> float",
    "first_single": "first_single(x: float32[n]) -> float",
    "add": "add(x, y, z) -> None; z is written; also add(x, y, z=z) where keywords are offered at no cost for others",
    "add_keywords": "add(x, y, z=z), where that is another function than add",
    "add_seven": "add_seven(a, b, c, d, e, f, g, z) -> None; z is written",
    "doubled": "doubled(x) -> a new float64[n]",
    "scale": "scale(a, x) -> None; x is written",
    "mean": "mean(x: float64[m, n]) -> float",
    "cross": "cross(a: float64[3], b: float64[3], c: float64[3]) -> None; c is written",
    "sum_bytes": "sum_bytes(b: bytes or any other memory of bytes) -> int",
    "largest": "largest(x) -> int",
    "sum_strided": "sum_strided(x: any strides) -> float, without a copy",
    "first_pair": "first_pair(p: [n] of {int32 a; float32 b}) -> float",
    "accumulate": "accumulate(x, y) -> None; y is written",
    "handed": "handed(n) -> float64[n] over the memory that handed() of more.c returns, freed with the array",
    "aligned": "aligned(n) -> likewise of aligned()",
    "series": "series(n) -> an object; np.asarray(object) is its memory, not copied, freed after the last view. Where "
              "there are methods, object.size() -> int, and object.values() -> ndarray of its memory, kept alive by it",
}


def peer(name: str) -> Peer:
    made: Peer = importlib.import_module(f"adapters.{name}").PEER
    return made


def imported(part: str, folder: Path) -> ModuleType:
    """The module `part` in `folder`, without a trace among the modules: every peer's has the same name."""
    kept = {name: sys.modules.pop(name) for name in (part, f"_{part}") if name in sys.modules}
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        return importlib.import_module(part)
    finally:
        sys.path.remove(str(folder))
        for name in (part, f"_{part}"):
            sys.modules.pop(name, None)
        sys.modules.update(kept)
