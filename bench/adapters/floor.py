# SPDX-License-Identifier: BSD-3-Clause
"""The floor: floor.c, written by hand against the NumPy C API, compiled with the optimisation that Tenon uses."""

import importlib.util
import os
import shlex
import subprocess
import sysconfig
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent.parent
NAME = "floor"
FLAGS = ["-O3", "-shared", "-fPIC", "-Wall", "-Wextra"]


def load() -> dict[str, Callable]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "floor.so"
        includes = [f"-I{sysconfig.get_path('include')}", "-isystem", np.get_include()]
        compiler = shlex.split(os.environ.get("CC", "cc"))
        subprocess.run([*compiler, *FLAGS, *includes, str(HERE / "floor.c"), "-o", str(path)], check=True)
        spec = importlib.util.spec_from_file_location("floor", path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return {
        "first": module.first,
        "add": module.add,
        "doubled": module.doubled,
        "scaled": module.scaled,
        "keyword": module.add_keywords,
        "refused": module.first,
    }
