# SPDX-License-Identifier: BSD-3-Clause
"""What the tests of the binder share: running the command `tenon`, loading what it built."""

import importlib.machinery
import importlib.util
import os
import shlex
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

CASES = Path(__file__).parent / "cases"


@dataclass(frozen=True)
class Done:
    status: int
    out: str
    err: str


def run_tenon(*arguments: str | Path, cwd: Path, **environment: str) -> Done:
    command = [sys.executable, "-m", "tenon", *map(str, arguments)]
    done = subprocess.run(command, cwd=cwd, env=os.environ | environment, text=True, capture_output=True)
    return Done(done.returncode, done.stdout, done.stderr)


def compiler() -> list[str]:
    """The compiler that Tenon uses, too."""
    return shlex.split(os.environ.get("CC", "")) or ["cc"]


def compiles(text: str) -> bool:
    """Whether that compiler accepts some C text."""
    command = [*compiler(), "-fsyntax-only", "-xc", "-"]
    return subprocess.run(command, input=text, text=True, capture_output=True).returncode == 0


def load(folder: Path, name: str) -> ModuleType:
    """Import a built module from a folder."""
    (path,) = folder.glob(f"{name}.*.so")
    loader = importlib.machinery.ExtensionFileLoader(name, str(path))
    spec = importlib.util.spec_from_loader(name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


@dataclass(frozen=True)
class Bound:
    """What the rules make of some C text."""

    signatures: dict[str, str]  # function → Python signature
    refused: dict[str, str]  # function → what is missing, and how to say it
    notes: list[str]
    batches: dict[str, str | None] = field(default_factory=dict)
    docs: dict[str, str] = field(default_factory=dict)
    constants: dict[str, object] = field(default_factory=dict)
