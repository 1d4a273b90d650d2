# SPDX-License-Identifier: BSD-3-Clause
"""rust-numpy: PyO3 and the crate numpy, built by `maturin build --release`.

Arrays are taken as PyReadonlyArray and PyReadwriteArray, and read through as_slice(): the borrow checking at run time
is what numpy's documentation asks for (module numpy::borrow; the methods of PyArray that go without are unsafe, and
each refers to the "safe alternative"). It is also what finds out that cross()'s c overlaps a, and refuses to write to
what is read-only; rust_numpy_raw does without. From PyO3's guide, chapter "Performance": pyo3_disable_reference_pool,
and cast() where bytes are told from other objects. Classes are frozen, so that nothing is counted when methods borrow
them (chapter "Python classes"). Records implement numpy::Element; memory of C is shown by PyArray::borrow_from_array,
with its owner as the container. The profile optimises all crates as one unit, as the Cargo book has it for speed
("Profiles"); panics unwind, since PyO3 makes exceptions of them. C is compiled by the crate cc, with -O3, and linked
statically.

The crates are downloaded beforehand, once: that is no part of building.
"""

import functools
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from adapters import TEN, Peer
from adapters.native import SUFFIX, run

HERE = Path(__file__).resolve().parent
CARGO_HOME = Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo"))
PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), str(CARGO_HOME / "bin")])
MATURIN = Path(sys.executable).with_name("maturin")


@functools.cache
def missing() -> str | None:
    """Has the crates downloaded, too: both parts need the same."""
    cargo = shutil.which("cargo", path=PATH)
    if cargo is None:
        return "cargo is not installed"
    if not MATURIN.exists():
        return "maturin is not installed"
    fetch = [cargo, "fetch", "--quiet", "--locked"]
    try:
        if _runs([*fetch, "--offline"]) or _runs(fetch):
            return None
    except OSError as error:
        return str(error)
    return "its crates can't be downloaded"


def _runs(command: list[str]) -> bool:
    return subprocess.run(command, cwd=HERE / "functions", env={**os.environ, "PATH": PATH},
                          capture_output=True).returncode == 0  # fmt: skip


def version() -> str:
    lock = tomllib.loads((HERE / "functions" / "Cargo.lock").read_text())
    versions = {package["name"]: package["version"] for package in lock["package"]}
    return f"{versions['numpy']}, PyO3 {versions['pyo3']}"


def build(part: str, folder: Path) -> list[Path]:
    return build_project(HERE / part, part, folder)


def build_project(project: Path, part: str, folder: Path) -> list[Path]:
    """The ten from nothing, PyO3 included; the others with the crates compiled for the ten, where those lie beside."""
    beside = folder.parent / "functions" / "target"
    target = beside if part == "more" and beside.exists() else folder / "target"
    command = [str(MATURIN), "build", "--release", "--locked", "--offline", "--interpreter", sys.executable]
    run([*command, "--out", str(folder)], project, PATH=PATH, CARGO_TARGET_DIR=str(target))
    if part == "more":
        shutil.rmtree(target)
    [wheel] = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        [module] = [name for name in archive.namelist() if name.endswith(SUFFIX)]
        output = folder / f"{part}{SUFFIX}"
        output.write_bytes(archive.read(module))
    return [output]


def functions(modules: Mapping[str, ModuleType]) -> dict[str, Any]:
    ten, more = modules["functions"], modules["more"]
    others = ["sum_strided", "first_pair", "accumulate", "handed", "aligned", "series"]
    bound = {name: getattr(ten, name) for name in TEN} | {name: getattr(more, name) for name in others}
    return bound | {"add_keywords": ten.add}


GLUE = ("functions/Cargo.toml", "functions/pyproject.toml", "functions/.cargo/config.toml", "functions/build.rs",
        "functions/src/lib.rs")
PEER = Peer("rust-numpy", HERE, GLUE, version, build, functions, missing=missing)
