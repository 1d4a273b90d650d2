# SPDX-License-Identifier: BSD-3-Clause
"""nanobind, as its documentation has it for speed, in its usual mode: everything linked into the module.

Arrays come as nb::ndarray with all that is required of them in the type ("Array constraints" in "The nb::ndarray<..>
class"), const where they are only read. noconvert() on each, since otherwise a copy would be written ("Overload
resolution"); unnamed, since functions whose arguments have names are called through a slower dispatcher. bytes have
an overload of their own. New arrays are made by numpy.empty(), which takes less time than a capsule and a view of its
memory, the documented way where memory is C's. Objects are pooled ("Instance pooling") and export their memory through
a slot of their type ("Customizing type creation"), from which numpy.asarray() makes arrays in less time than nanobind.
LTO and NOMINSIZE of nanobind_add_module() make calls faster by a tenth, although the documentation ("CMake API
Reference") does not expect it; LTO does not include nanobind's own sources, as it advises.

Arrays with structured elements have no place in nb::ndarray: first_pair is left out.
"""

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

from adapters import TEN, Peer, cmake

HERE = Path(__file__).resolve().parent
MORE = ["add_keywords", "sum_strided", "accumulate", "handed", "aligned", "series"]


def build(part: str, folder: Path) -> list[Path]:
    return cmake.build(HERE / part, folder)


def functions(modules: Mapping[str, ModuleType]) -> dict[str, Any]:
    ten, more = modules["functions"], modules["more"]
    return {name: getattr(ten, name) for name in TEN} | {name: getattr(more, name) for name in MORE}


def defaults(module: ModuleType) -> dict[str, Any]:
    return {name: getattr(module, name) for name in ["first", "add", "scale", "mean", "cross", "largest"]}


GLUE = ("functions/CMakeLists.txt", "functions.cpp")
PEER = Peer("nanobind", HERE, GLUE, lambda: version("nanobind"), build, functions,
            parts=("functions", "more", "defaults"), defaults=defaults,
            missing=lambda: cmake.missing("nanobind"))  # fmt: skip
