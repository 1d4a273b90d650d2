# SPDX-License-Identifier: BSD-3-Clause
"""Each example of a build system is a project of its own: its wheel is built, installed on its own, and used."""

import re

import pytest
from wheels import Installed, install

# project → the package it installs
PROJECTS = {"meson-python": "polygon", "scikit-build-core": "filters"}


@pytest.fixture(scope="module", params=PROJECTS)
def installed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return install(request.param, tmp_path_factory.mktemp(request.param))


def test_the_wheel_holds_one_extension_module_its_stub_and_the_mark_of_typed_packages(installed: Installed) -> None:
    files = [name for name in installed.files if ".dist-info/" not in name]
    package = PROJECTS[installed.project]
    assert {re.sub(r"\.c(python|py)[^/]*\.so$", ".so", name) for name in files} == {
        f"{package}/__init__.py", f"{package}/py.typed", f"{package}/_{package}.pyi", f"{package}/_{package}.so",
    }  # fmt: skip


def test_a_user_of_the_installed_package_gets_right_results(installed: Installed) -> None:
    printed = installed.run(str(installed.source / "use.py"))
    assert printed.strip(), "use.py prints a docstring"


def test_a_type_checker_reads_the_stub(installed: Installed) -> None:
    assert "Success" in installed.run("-m", "mypy", "--strict", str(installed.source / "use.py"))
