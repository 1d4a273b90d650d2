# SPDX-License-Identifier: BSD-3-Clause
"""What is installed is what the source tree holds, and is usable from C, and imports little."""

import os
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import tenon

ROOT = Path(__file__).parent.parent.parent
PACKAGE = Path(tenon.__file__).parent

USES_LIBTENON = """
#include <stdio.h>
#include <tenon/tenon.h>

int main(void)
{
    return puts(tn_status_text(TN_NO_MEMORY)) < 0;
}
"""


def names(folder: Path, *patterns: str) -> set[str]:
    return {str(path.relative_to(folder)) for pattern in patterns for path in folder.rglob(pattern)}


def run(*command: str, folder: Path | None = None) -> str:
    done = subprocess.run(command, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_every_python_file_of_the_source_is_installed_and_no_other() -> None:
    patterns = ("*.py", "*.pyi", "*.pxd", "py.typed")
    assert names(PACKAGE, *patterns) == names(ROOT / "python" / "tenon", *patterns)


def test_every_public_header_is_installed_and_no_other() -> None:
    source = names(ROOT / "include" / "tenon", "*.h")
    assert names(PACKAGE / "include" / "tenon", "*.h") == source | {"version.h"}
    assert Path(tenon.get_include()) == PACKAGE / "include"


@pytest.mark.parametrize("folder", ["src/core", "src/python", "tests/c"])
def test_every_c_file_is_on_its_build_list(folder: str) -> None:
    lists = (ROOT / folder / "meson.build").read_text()
    files = names(ROOT / folder, "*.c")
    assert files, f"no C file in {folder}"
    # A loop makes test_span.c from 'span'.
    spellings = {name: (f"'{name}'", f"'{name[:-2].removeprefix('test_')}'") for name in sorted(files)}
    assert [name for name, either in spellings.items() if not any(spelling in lists for spelling in either)] == []


def test_the_version_stands_in_meson_build_and_nowhere_else() -> None:
    project = re.search(r"version: '([^']+)'", (ROOT / "meson.build").read_text())
    assert project is not None
    assert tenon.__version__ == version("tenon") == project[1]
    header = (PACKAGE / "include" / "tenon" / "version.h").read_text()
    assert f'"{project[1]}"' in header


def test_importing_tenon_imports_neither_numpy_nor_libclang() -> None:
    code = "import sys, tenon; print([name for name in ('numpy', 'clang', 'clang.cindex') if name in sys.modules])"
    assert run(sys.executable, "-c", code).strip() == "[]"


@pytest.mark.unsanitized
def test_the_stub_of_the_engine_says_what_the_engine_has() -> None:
    pytest.importorskip("mypy")
    assert "Success" in run(sys.executable, "-m", "mypy.stubtest", "tenon._core")


def test_an_unknown_attribute_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="tenon.*nonsense"):
        tenon.nonsense


def flags_of(pc: Path) -> list[str]:
    """What pkg-config would answer: it is not on every machine, and the file is simple."""
    values = {"pcfiledir": str(pc.parent)}
    for line in pc.read_text().splitlines():
        if match := re.match(r"([\w.]+)(=|: )(.*)", line):
            values[match[1]] = re.sub(r"\$\{(\w+)\}", lambda name: values[name[1]], match[3])
    return [*values["Cflags"].split(), *values["Libs"].split(), *values["Libs.private"].split()]


def compile_and_run(pc: Path, folder: Path) -> str:
    (folder / "use.c").write_text(USES_LIBTENON)
    compiler = [*os.environ.get("CC", "cc").split(), "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
    sanitize = os.environ.get("CFLAGS", "").split()
    run(*compiler, *sanitize, "use.c", "-o", "use", *flags_of(pc), folder=folder)
    return run(str(folder / "use")).strip()


def test_a_c_program_links_the_libtenon_of_the_package_with_the_flags_of_its_tenon_pc(tmp_path: Path) -> None:
    assert compile_and_run(PACKAGE / "lib" / "pkgconfig" / "tenon.pc", tmp_path) == "out of memory"


@pytest.mark.unsanitized
def test_meson_installs_libtenon_for_c_programs_without_python(tmp_path: Path) -> None:
    prefix, build = tmp_path / "prefix", tmp_path / "build"
    run("meson", "setup", str(build), str(ROOT), f"--prefix={prefix}")
    run("meson", "install", "-C", str(build))
    (pc,) = prefix.rglob("tenon.pc")
    prefix = prefix.rename(tmp_path / "moved")  # tenon.pc finds its library wherever they are together
    assert compile_and_run(prefix / pc.relative_to(tmp_path / "prefix"), tmp_path) == "out of memory"
    assert names(prefix / "include" / "tenon", "*.h") == names(PACKAGE / "include" / "tenon", "*.h")
    assert names(prefix, "*.py", "*.so") == set()


CODE = {".c", ".h", ".py", ".build", ".toml", ".in"}


def first_lines() -> list[tuple[str, str]]:
    folders = ("include", "src", "python", "tests", "examples", "bench", "fuzz", "tools", "docs")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in CODE]
    files = [path for path in files if "__pycache__" not in path.parts and path.is_file()]
    return [(str(path.relative_to(ROOT)), "\n".join(path.read_text().splitlines()[:2])) for path in sorted(files)]


def test_every_source_file_states_its_licence_first() -> None:
    lines = first_lines()
    assert len(lines) > 50
    assert [name for name, first in lines if "SPDX-License-Identifier: BSD-3-Clause" not in first] == []
