# SPDX-License-Identifier: BSD-3-Clause
"""Modules in C++ that CMake builds, in release mode and with Ninja: what nanobind and pybind11 document."""

import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

from adapters.native import CXX, run


def _tool(name: str) -> str | None:
    """The one beside this Python, or else any."""
    return shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)


def missing(package: str) -> str | None:
    """Why modules can't be built with this package of Python."""
    if find_spec(package) is None:
        return f"the package {package} is not installed"
    if shutil.which(CXX[0]) is None:
        return f"there is no C++ compiler ({CXX[0]})"
    absent = [name for name in ["cmake", "ninja"] if _tool(name) is None]
    return f"{absent[0]} is not installed" if absent else None


def build(project: Path, folder: Path) -> list[Path]:
    """What the CMakeLists.txt in the folder `project` makes."""
    tree = folder / "build"
    options = {
        "CMAKE_BUILD_TYPE": "Release",
        "CMAKE_LIBRARY_OUTPUT_DIRECTORY": folder,
        "CMAKE_MAKE_PROGRAM": _tool("ninja"),
        "Python_EXECUTABLE": sys.executable,
    }
    cmake = _tool("cmake") or "cmake"
    defined = [f"-D{name}={value}" for name, value in options.items()]
    run([cmake, "-G", "Ninja", "-S", str(project), "-B", str(tree), *defined], folder)
    run([cmake, "--build", str(tree)], folder)
    return list(folder.glob("*.so"))
