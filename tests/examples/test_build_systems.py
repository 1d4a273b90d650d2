# SPDX-License-Identifier: BSD-3-Clause
"""Each example of a build system is a project of its own: its wheel is built, installed on its own, and used."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"

# project → the package it installs
PROJECTS = {"meson-python": "polygon", "scikit-build-core": "filters"}


@dataclass(frozen=True)
class Installed:
    project: str
    package: str
    files: list[str]
    site: Path

    def run(self, *arguments: str) -> str:
        environment = os.environ | {"PYTHONPATH": str(self.site), "MYPYPATH": str(self.site)}
        return run(sys.executable, *arguments, environment=environment)


def run(*command: str, environment: dict[str, str] | None = None) -> str:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    done = subprocess.run(command, env=(environment or dict(os.environ)) | {"PATH": path}, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module", params=PROJECTS)
def installed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    project = request.param
    folder = tmp_path_factory.mktemp(project)
    shutil.copytree(EXAMPLES / project, folder / "source")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    run(*pip, "wheel", "--no-build-isolation", "--no-deps", "-w", str(folder / "wheel"), str(folder / "source"))
    (wheel,) = (folder / "wheel").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        files = archive.namelist()
    run(*pip, "install", "--no-deps", "--no-index", "--target", str(folder / "site"), str(wheel))
    return Installed(project, PROJECTS[project], files, folder / "site")


def test_the_wheel_holds_one_extension_module_its_stub_and_the_mark_of_typed_packages(installed: Installed) -> None:
    files = [name for name in installed.files if ".dist-info/" not in name]
    package = installed.package
    assert {re.sub(r"\.c(python|py)[^/]*\.so$", ".so", name) for name in files} == {
        f"{package}/__init__.py", f"{package}/py.typed", f"{package}/_{package}.pyi", f"{package}/_{package}.so",
    }  # fmt: skip


def test_a_user_of_the_installed_package_gets_right_results(installed: Installed) -> None:
    printed = installed.run(str(EXAMPLES / installed.project / "use.py"))
    assert printed.strip(), "use.py prints a docstring"


def test_a_type_checker_reads_the_stub(installed: Installed) -> None:
    script = EXAMPLES / installed.project / "use.py"
    assert "Success" in installed.run("-m", "mypy", "--strict", str(script))
