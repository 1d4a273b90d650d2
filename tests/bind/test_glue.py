# SPDX-License-Identifier: BSD-3-Clause
"""`tenon glue`: what build systems compile. The wheels of examples/ are built in tests/examples."""

import subprocess
import sysconfig

import pytest
from tests_bind import load

pytestmark = pytest.mark.unsanitized  # what runs here is Python and the compiler

HEADER = "#include <stddef.h>\n/** Sum. */\ndouble sum(size_t n, const double x[n]);\n"
SOURCE = (
    '#include "sums.h"\ndouble sum(size_t n, const double x[n])\n{\n    return n ? x[0] + sum(n - 1, x + 1) : 0;\n}\n'
)
STRICT = ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror", "-fPIC"]


@pytest.fixture
def project(tmp_path):
    (tmp_path / "sums.h").write_text(HEADER)
    (tmp_path / "sums.c").write_text(SOURCE)
    return tmp_path


def compile_and_link(folder, tenon, sources, name):
    include = tenon("--include-dir").out.strip()
    flags = [*STRICT, "-I", include, "-isystem", sysconfig.get_paths()["include"]]
    subprocess.run(["cc", *flags, "-shared", "-o", f"{name}.test.so", *sources], cwd=folder, check=True)
    return load(folder, name)


def test_one_file_holds_both_halves_and_compiles_without_a_warning(tenon, project):
    done = tenon("glue", "sums.h", "-o", "glue.c", "--stub", "sums.pyi")
    assert (done.status, done.err, done.out) == (0, "", "")
    module = compile_and_link(project, tenon, ["glue.c", "sums.c"], "sums")
    assert module.sum(memoryview(bytes(16)).cast("d")) == 0
    assert "def sum(" in (project / "sums.pyi").read_text()


def test_the_halves_can_be_apart(tenon, project):
    assert tenon("glue", "sums.h", "-o", "python.c", "--loops", "loops.c", "--name", "apart").status == 0
    assert "Python.h" not in (project / "loops.c").read_text()
    assert '/sums.h"' not in (project / "python.c").read_text()
    assert (
        compile_and_link(project, tenon, ["python.c", "loops.c", "sums.c"], "apart").sum(memoryview(b"").cast("d")) == 0
    )


def test_the_name_is_that_of_the_stub_or_given(tenon, project):
    tenon("glue", "sums.h", "-o", "glue.c", "--stub", "_inner.pyi")
    assert "PYTHON_MODULE(_inner," in (project / "glue.c").read_text()
    tenon("glue", "sums.h", "-o", "glue.c", "--stub", "_inner.pyi", "--name", "outer")
    assert "PYTHON_MODULE(outer," in (project / "glue.c").read_text()
    tenon("glue", "sums.h", "-o", "glue.c")
    assert "PYTHON_MODULE(sums," in (project / "glue.c").read_text()


def test_a_c_file_is_included_by_its_glue(tenon, project):
    assert tenon("glue", "sums.c", "-o", "glue.c").status == 0
    assert compile_and_link(project, tenon, ["glue.c"], "sums").sum(memoryview(bytes(8)).cast("d")) == 0


def test_the_depfile_lists_what_was_read(tenon, project):
    (project / "inner.h").write_text("typedef int whole;\n")
    (project / "sums.h").write_text('#include "inner.h"\nwhole f(whole x);\n')
    tenon("glue", "sums.h", "-o", "glue.c", "--stub", "sums.pyi", "--depfile", "glue.d")
    targets, inputs = (project / "glue.d").read_text().split(": ")
    assert targets == "glue.c sums.pyi"
    assert {str(project / "sums.h"), str(project / "inner.h")} <= set(inputs.split())


def test_strict_glue_is_not_written(tenon, project):
    (project / "sums.h").write_text("double f(double *x);\nint g(int x);\n")
    assert tenon("glue", "sums.h", "-o", "glue.c", "--strict").status == 1
    assert not (project / "glue.c").exists()
    assert tenon("glue", "sums.h", "-o", "glue.c").status == 0


def test_the_compiler_refuses_glue_for_other_types_than_libclang_read(tenon, project):
    (project / "sums.h").write_text(
        "#ifdef WIDE\ntypedef long number;\n#else\ntypedef int number;\n#endif\n"
        "typedef struct { number a; } holder;\nint f(const holder *h);\n"
    )
    assert tenon("glue", "sums.h", "-o", "glue.c").status == 0
    include = ["-I", tenon("--include-dir").out.strip(), "-isystem", sysconfig.get_paths()["include"]]
    command = ["cc", "-fsyntax-only", *include, "glue.c"]
    assert subprocess.run(command, cwd=project, capture_output=True).returncode == 0
    failed = subprocess.run([*command, "-DWIDE"], cwd=project, capture_output=True, text=True)
    assert "libclang and the compiler do not see the same types" in failed.stderr
