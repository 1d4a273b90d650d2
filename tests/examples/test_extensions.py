# SPDX-License-Identifier: BSD-3-Clause
"""Each example of a hand-written extension is a project of its own: its wheel is built, installed, and used."""

import re

import pytest
from wheels import Installed, install

# project → the module it installs
PROJECTS = {"extension-c": "histogram", "extension-cpp": "convolution", "extension-cython": "rod"}


@pytest.fixture(scope="module", params=PROJECTS)
def installed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return install(request.param, tmp_path_factory.mktemp(request.param))


def test_a_user_of_the_installed_module_gets_right_results(installed: Installed) -> None:
    """use.py asserts what it finds, and prints how things are refused, as the README shows."""
    shown = re.search(r"^```text\n(.*?)^```$", (installed.source / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    assert shown is not None
    assert installed.run("-X", "dev", str(installed.source / "use.py")) == shown[1]


def test_a_type_checker_reads_the_stub(installed: Installed) -> None:
    assert "Success" in installed.run("-m", "mypy", "--strict", str(installed.source / "use.py"))


def test_the_stub_says_what_the_module_has(installed: Installed) -> None:
    """What Cython adds of its own is not in the stub."""
    options = ("--ignore-missing-stub",) if installed.project == "extension-cython" else ()
    assert "Success" in installed.run("-m", "mypy.stubtest", PROJECTS[installed.project], *options)
