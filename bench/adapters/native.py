# SPDX-License-Identifier: BSD-3-Clause
"""C compiled by hand, where no build tool does it."""

import os
import shlex
import subprocess
import sysconfig
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import numpy as np

import tenon
from adapters import BENCH, imported

CC = shlex.split(os.environ.get("CC", "cc"))
CXX = shlex.split(os.environ.get("CXX", "c++"))
# Hidden, since otherwise a function of the same module is called through a table that another library might change.
FLAGS = ["-O3", "-DNDEBUG", "-fPIC", "-fvisibility=hidden", "-Wall", "-Wextra"]
SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")
PYTHON = ["-isystem", sysconfig.get_path("include")]


def run(command: Sequence[str], folder: Path | None = None, **environment: str) -> str:
    """Its output; CalledProcessError bears what it said."""
    outcome = subprocess.run([*command], cwd=folder, env={**os.environ, **environment}, check=True, text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip
    return outcome.stdout


def shared(sources: Sequence[Path], output: Path, *flags: str) -> Path:
    """A shared library of C sources."""
    run([*CC, *FLAGS, f"-I{BENCH}", "-shared", *map(str, sources), *flags, "-o", str(output)])
    return output


def extension(sources: Sequence[Path], folder: Path, part: str, *flags: str) -> Path:
    """An extension module of C sources that include Python.h."""
    return shared(sources, folder / f"{part}{SUFFIX}", *PYTHON, *flags)


def load(source: Path) -> ModuleType:
    """The extension module in one C file that includes what tables measure: Python.h, NumPy's and Tenon's headers."""
    part = source.stem
    with tempfile.TemporaryDirectory() as folder:
        libraries = [f"-L{tenon.get_library_dir()}", "-ltenon", "-lm"]
        includes = ["-isystem", np.get_include(), f"-I{tenon.get_include()}"]
        extension([source], Path(folder), part, *includes, *libraries)
        return imported(part, Path(folder))
