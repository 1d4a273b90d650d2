# SPDX-License-Identifier: BSD-3-Clause
"""Each C file of cases/ is built; its stub and its warnings must be those that lie beside it.

TENON_UPDATE_GOLDEN=1 writes them anew; read the difference before it is committed.
"""

import os
from pathlib import Path

import pytest
from tests_bind import CASES, Done, compiles, load, run_tenon

OPTIONS = {"declared.h": ["--header", "declared.h", "--lib", "m"]}
NAMES = sorted(path.name for path in CASES.iterdir() if path.suffix in {".c", ".h"})


@pytest.fixture(scope="module", params=NAMES)
def built(request, tmp_path_factory) -> tuple[Path, Path, Done]:
    if request.param == "half.c" and not compiles("_Float16 x;"):
        pytest.skip("the compiler has no _Float16 here")
    folder = tmp_path_factory.mktemp("case")
    done = run_tenon("build", *OPTIONS.get(request.param, [request.param]), "-o", folder, cwd=CASES)
    return CASES / request.param, folder, done


def compare(path: Path, text: str) -> None:
    if os.environ.get("TENON_UPDATE_GOLDEN"):
        if text:
            path.write_text(text)
        else:
            path.unlink(missing_ok=True)
    assert text == (path.read_text() if path.exists() else "")


def test_there_are_cases():
    assert len(NAMES) >= 3


def test_it_builds_and_imports(built):
    path, folder, done = built
    assert done.status == 0, done.err
    assert load(folder, path.stem).__name__ == path.stem


def test_the_stub_is_the_golden_one(built):
    path, folder, done = built
    assert done.status == 0, done.err
    compare(path.with_suffix(".pyi"), (folder / path.with_suffix(".pyi").name).read_text())


def test_what_is_not_bound_is_reported_as_in_the_golden_file(built):
    path, _, done = built
    assert done.status == 0, done.err
    compare(path.with_suffix(".refused.txt"), done.err)


def test_nothing_but_the_init_function_leaves_the_module(built):
    import subprocess

    path, folder, _ = built
    (module,) = folder.glob("*.so")
    listed = subprocess.run(["nm", "-D", "--defined-only", module], text=True, capture_output=True, check=True).stdout
    names = {line.split()[-1] for line in listed.splitlines()}
    assert names == {f"PyInit_{path.stem}"}
