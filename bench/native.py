# SPDX-License-Identifier: BSD-3-Clause
"""Extension modules written by hand, compiled with the optimisation that Tenon uses."""

import importlib.util
import os
import shlex
import subprocess
import sysconfig
import tempfile
from pathlib import Path
from types import ModuleType

import numpy as np

import tenon

HERE = Path(__file__).resolve().parent
FLAGS = ["-O3", "-shared", "-fPIC", "-Wall", "-Wextra"]


def load(name: str) -> ModuleType:
    """The module in NAME.c."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.so"
        includes = [f"-I{sysconfig.get_path('include')}", f"-I{tenon.get_include()}", "-isystem", np.get_include()]
        libraries = [f"-L{tenon.get_library_dir()}", "-ltenon", "-lm"]
        compiler = shlex.split(os.environ.get("CC", "cc"))
        source = str(HERE / f"{name}.c")
        subprocess.run([*compiler, *FLAGS, *includes, source, "-o", str(path), *libraries], check=True)
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return module
