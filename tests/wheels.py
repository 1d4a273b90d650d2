# SPDX-License-Identifier: BSD-3-Clause
"""Example projects: each is built as a wheel, with the tools of this environment, and installed in its own folder."""

import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


@dataclass(frozen=True)
class Installed:
    project: str
    files: list[str]
    site: Path

    @property
    def source(self) -> Path:
        return EXAMPLES / self.project

    def run(self, *arguments: str) -> str:
        environment = os.environ | {"PYTHONPATH": str(self.site), "MYPYPATH": str(self.site)}
        return run(sys.executable, *arguments, environment=environment)


def run(*command: str, environment: dict[str, str] | None = None) -> str:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    done = subprocess.run(command, env=(environment or dict(os.environ)) | {"PATH": path}, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip
    assert done.returncode == 0, done.stdout
    return done.stdout


def install(project: str, folder: Path) -> Installed:
    shutil.copytree(EXAMPLES / project, folder / "source")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    run(*pip, "wheel", "--no-build-isolation", "--no-deps", "-w", str(folder / "wheel"), str(folder / "source"))
    (wheel,) = (folder / "wheel").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        files = archive.namelist()
    run(*pip, "install", "--no-deps", "--no-index", "--target", str(folder / "site"), str(wheel))
    return Installed(project, files, folder / "site")
