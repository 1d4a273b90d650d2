# SPDX-License-Identifier: BSD-3-Clause
"""Each example is copied to a folder of its own and set up by the very commands its README gives."""

import doctest
import importlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Example:
    """A copy of an example after the commands of its README have run."""

    folder: Path
    readme: str
    output: str

    def blocks(self, language: str) -> list[str]:
        return [body for tag, body in BLOCK.findall(self.readme) if tag == language]

    def load(self, name: str) -> ModuleType:
        """Import a module from the folder: one that was built, or one of the example's own."""
        with self._on_path():
            return importlib.import_module(name)

    @contextmanager
    def _on_path(self) -> Iterator[None]:
        sys.path.insert(0, str(self.folder))
        try:
            yield
        finally:
            sys.path.remove(str(self.folder))

    def run_sessions(self) -> int:
        """Run the interactive sessions of the README as one; the number of lines run. Failures are printed."""
        names: dict[str, object] = {}
        runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
        for k, block in enumerate(self.blocks("python")):
            test = doctest.DocTestParser().get_doctest(block, names, f"{self.folder.name} session {k}", "README.md", 0)
            with self._on_path():
                runner.run(test, clear_globs=False)
            names = test.globs
        assert runner.failures == 0
        return runner.tries


def prepare(name: str, folder: Path) -> Example:
    shutil.copytree(EXAMPLES / name, folder, ignore=shutil.ignore_patterns("*.so", "*.pyi", "output", "__pycache__"))
    readme = (folder / "README.md").read_text()
    commands = [body for tag, body in BLOCK.findall(readme) if tag == "sh"]
    assert commands, f"the README of {name} gives no commands"
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    done = subprocess.run(["sh", "-e"], input="\n".join(commands), cwd=folder, env=os.environ | {"PATH": path},
                          text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, f"the commands of the README of {name} failed:\n{done.stdout}"
    return Example(folder, readme, done.stdout)


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Example]]:
    """example("stats") prepares an example once a session."""
    prepared: dict[str, Example] = {}

    def get(name: str) -> Example:
        if name not in prepared:
            prepared[name] = prepare(name, tmp_path_factory.mktemp("examples") / name)
        return prepared[name]

    yield get
