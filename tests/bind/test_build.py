# SPDX-License-Identifier: BSD-3-Clause
"""`tenon.build` from Python: builds, caches by content, imports."""

import ctypes
import os
import pickle
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import tenon
from tenon.bind.toolchain import include_dir
from tenon.build import BuildWarning

pytestmark = pytest.mark.unsanitized  # what runs here is Python and the compiler

SOURCE = "int version(void) { return 1; }\n"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("TENON_CACHE", str(folder))
    return folder


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "counted.c"
    path.write_text(SOURCE)
    return path


def modules(cache: Path) -> list[Path]:
    return sorted(cache.rglob("*.so"))


def test_a_file_becomes_a_module(source):
    module = tenon.build(source)
    assert module.__name__ == "counted"
    assert module.version() == 1


def test_a_function_that_takes_and_gives_nothing_is_bound(source):
    source.write_text("static int count;\nvoid tick(void) { count++; }\nint ticks(void) { return count; }\n")
    module = tenon.build(source)
    assert module.tick() is None
    assert module.ticks() == 1


def test_the_stub_lies_beside_the_module(source, cache):
    tenon.build(str(source))
    (module,) = modules(cache)
    assert (module.parent / "counted.pyi").exists()


def test_an_unchanged_file_is_not_built_again(source, cache):
    first = tenon.build(source)
    before = [path.stat().st_mtime_ns for path in modules(cache)]
    assert tenon.build(source) is first
    assert [path.stat().st_mtime_ns for path in modules(cache)] == before


def test_a_changed_file_is_built_again_and_going_back_costs_nothing(source, cache):
    tenon.build(source)
    source.write_text(SOURCE.replace("1", "2"))
    assert tenon.build(source).version() == 2
    assert len(modules(cache)) == 2
    source.write_text(SOURCE)
    assert tenon.build(source).version() == 1
    assert len(modules(cache)) == 2


def test_an_included_header_counts_as_content(source, tmp_path):
    header = tmp_path / "value.h"
    header.write_text("#define VALUE 1\n")
    source.write_text('#include "value.h"\nint version(void) { return VALUE; }\n')
    assert tenon.build(source).version() == 1
    header.write_text("#define VALUE 3\n")
    assert tenon.build(source).version() == 3


def test_flags_count_as_content(source):
    source.write_text("#ifndef VALUE\n#define VALUE 1\n#endif\nint version(void) { return VALUE; }\n")
    assert tenon.build(source).version() == 1
    assert tenon.build(source, cflags="-DVALUE=4").version() == 4
    assert tenon.build(source, cflags=["-DVALUE=5"]).version() == 5


def test_another_name_is_another_module(source):
    assert tenon.build(source, name="renamed").__name__ == "renamed"


def test_what_cannot_be_bound_is_a_python_warning_each_time(source):
    source.write_text(SOURCE + "double first(double *x) { return *x; }\n")
    for _ in range(2):
        with pytest.warns(BuildWarning, match="first is not bound: x is a pointer without a shape"):
            tenon.build(source)


def test_strict_makes_it_an_error(source):
    source.write_text(SOURCE + "double first(double *x) { return *x; }\n")
    with pytest.raises(tenon.BuildError, match="first is not bound"):
        tenon.build(source, strict=True)


def test_errors_carry_the_compilers_text(source):
    source.write_text("int version(void) { return }\n")
    with pytest.raises(tenon.BuildError, match=r"counted\.c:1:\d+: error: expected expression"):
        tenon.build(source)


LIBTENON = """
#include <tenon/tenon.h>

/* Of a matrix in rows that tn_array_zeros made, after writing i * n + k everywhere. */
double corner(int m, int n) {
    const ptrdiff_t shape[] = {m, n};
    tn_array array;
    if (tn_array_zeros(&tn_type_float64, 2, shape, TN_ORDER_ROWS, &array, NULL) != TN_OK)
        return -1;
    double **rows = array.span.data;
    for (int i = 0; i < m; i++)
        for (int k = 0; k < n; k++)
            rows[i][k] += i * n + k;
    double last = rows[m - 1][n - 1];
    tn_array_release(&array);
    return last;
}
"""


def test_a_file_may_call_libtenon(source):
    source.write_text(LIBTENON)
    module = tenon.build(source)
    assert module.corner(3, 4) == 11
    assert module.corner(-1, 4) == -1


def test_a_static_library_may_call_libtenon(tmp_path):
    """The linker takes from libtenon what the libraries before it need."""
    (tmp_path / "inner.c").write_text(LIBTENON)
    (tmp_path / "outer.h").write_text("double corner(int m, int n);\n")
    compiler = [*shlex.split(os.environ.get("CC", "cc")), *shlex.split(os.environ.get("CFLAGS", "")), "-fPIC"]
    subprocess.run([*compiler, f"-I{include_dir()}", "-c", "inner.c"], cwd=tmp_path, check=True)
    subprocess.run(["ar", "rc", "libinner.a", "inner.o"], cwd=tmp_path, check=True)
    module = tenon.build(header=tmp_path / "outer.h", lib=tmp_path / "libinner.a")
    assert module.corner(2, 2) == 3


def test_what_a_module_takes_from_libtenon_does_not_leave_it(source):
    """Another module, or the engine, may have another version of it."""
    source.write_text(LIBTENON)
    module = tenon.build(source)
    with pytest.raises(AttributeError):
        ctypes.CDLL(module.__file__).tn_array_zeros


def test_a_missing_file_is_a_build_error(tmp_path):
    with pytest.raises(tenon.BuildError, match="no such file"):
        tenon.build(tmp_path / "none.c")
    with pytest.raises(tenon.BuildError, match="nothing to build"):
        tenon.build()


def test_headers_and_libraries_are_taken_too(tmp_path):
    header = tmp_path / "mathematics.h"
    header.write_text("double cos(double x);\n")
    assert tenon.build(header=header, lib="m").cos(0) == 1
    assert tenon.build(header=header, lib=["m"]).cos(0) == 1


def test_functions_of_a_built_module_are_pickled_by_name(source):
    module = tenon.build(source, name="pickled_by_name")
    try:
        assert pickle.loads(pickle.dumps(module.version))() == 1
    finally:
        sys.modules.pop("pickled_by_name", None)


def test_a_module_of_the_same_name_is_not_replaced(source, tmp_path):
    sys.modules["counted_elsewhere"] = present = type(sys)("counted_elsewhere")
    try:
        assert tenon.build(source, name="counted_elsewhere") is not present
        assert sys.modules["counted_elsewhere"] is present
    finally:
        del sys.modules["counted_elsewhere"]


BUILD_IT = """
import sys, warnings
import tenon
warnings.simplefilter("error")
print(tenon.build(sys.argv[1]).version())
"""


def test_concurrent_builds_of_one_file_do_not_disturb_each_other(source, cache):
    command = [sys.executable, "-c", BUILD_IT, str(source)]
    running = [subprocess.Popen(command, text=True, stdout=subprocess.PIPE) for _ in range(4)]
    try:
        assert [process.communicate(timeout=120)[0] for process in running] == ["1\n"] * 4
    finally:
        for process in running:
            process.kill()
            process.wait()
    assert len(modules(cache)) == 1
    assert not list(cache.glob("building-*"))
