# SPDX-License-Identifier: BSD-3-Clause
"""pybind11, as its documentation has it for speed, and a type caster that checks arrays instead of converting them.

The documented ways to take an array cost more: py::array_t lets NumPy convert the argument even where nothing is to be
converted, and buffer::request() describes it anew. array.hpp therefore has a caster ("Custom type casters") that asks
py::isinstance<py::array_t> and takes address and shape from py::array ("Arrays"), and buffer::request() of what is no
ndarray ("Buffer protocol"). Neither converts, so that what is written is the caller's own memory. It raises
py::type_error itself: a caster that declines makes pybind11 describe all arguments by their repr(). New arrays are made
by NumPy, without a pointer ("Vectorizing functions"); structures are registered ("Structured types").
CMAKE_INTERPROCEDURAL_OPTIMIZATION takes the place of the LTO that pybind11_add_module() chooses for C++ alone ("Build
systems"), and -fvisibility=hidden is for C, too.
"""

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

from adapters import TEN, Peer, cmake

HERE = Path(__file__).resolve().parent
MORE = ["add_keywords", "sum_strided", "first_pair", "accumulate", "handed", "aligned", "series"]


def build(part: str, folder: Path) -> list[Path]:
    return cmake.build(HERE / part, folder)


def functions(modules: Mapping[str, ModuleType]) -> dict[str, Any]:
    ten, more = modules["functions"], modules["more"]
    return {name: getattr(ten, name) for name in TEN} | {name: getattr(more, name) for name in MORE}


def defaults(module: ModuleType) -> dict[str, Any]:
    return {name: getattr(module, name) for name in ["first", "add", "scale", "mean", "cross", "largest"]}


GLUE = ("functions/CMakeLists.txt", "functions/functions.cpp", "array.hpp")
PEER = Peer("pybind11", HERE, GLUE, lambda: version("pybind11"), build, functions,
            parts=("functions", "more", "defaults"), defaults=defaults,
            missing=lambda: cmake.missing("pybind11"))  # fmt: skip
