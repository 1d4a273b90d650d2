# SPDX-License-Identifier: BSD-3-Clause
"""Every public header is usable alone, in C and in C++, by every compiler that is there."""

import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

import tenon

HEADERS = sorted(path.name for path in Path(tenon.get_include(), "tenon").glob("*.h*"))
LANGUAGES = {
    "gcc": ["-xc", "-std=c11"],
    "clang": ["-xc", "-std=c11"],
    "g++": ["-xc++", "-std=c++17"],
    "clang++": ["-xc++", "-std=c++17"],
}
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
INCLUDES = ["-I", tenon.get_include(), "-I", sysconfig.get_paths()["include"]]

VIEWS = """
#include <tenon/view.h>

static double sum(const tn_const_f64_2 &x)
{
    double total = 0;
    for (ptrdiff_t i = 0; i < x.shape[0]; i++)
        for (ptrdiff_t j = 0; j < x.shape[1]; j++)
            total += TN_AT(x, i, j);
    return total;
}

static void turn(tn_c128_1 z)
{
    TN_AT(z, 1) *= std::complex<double>(0, 1);
}

static void flip(tn_bool_1 b)
{
    TN_AT(b, 0) = !TN_AT(b, 0);
}

int main()
{
    double numbers[6] = {1, 2, 3, 4, 5, 6};
    std::complex<double> z[2] = {1, 2};
    bool b = false;
    turn({z, {2}, {sizeof *z}});
    flip({&b, {1}, {1}});
    return !(sum({numbers + 2, {2, 2}, {24, -16}}) == 3 + 1 + 6 + 4 && z[1] == std::complex<double>(0, 2) && b);
}
"""


def compile_text(compiler: str, text: str, *options: str) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"there is no {compiler}")
    command = [compiler, *LANGUAGES[compiler], *STRICT, *INCLUDES, *options, "-"]
    done = subprocess.run(command, input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("compiler", LANGUAGES)
@pytest.mark.parametrize("header", HEADERS)
def test_a_header_compiles_alone_and_twice(header: str, compiler: str) -> None:
    if header.endswith(".hpp") and not compiler.endswith("++"):
        return
    include = f"#include <tenon/{header}>\n"
    compile_text(compiler, f"{include}{include}int unit;\n", "-fsyntax-only")


@pytest.mark.parametrize("compiler", ["g++", "clang++"])
@pytest.mark.parametrize("header", [name for name in HEADERS if name.endswith(".h")])
def test_a_c_header_may_stand_inside_extern_c(header: str, compiler: str) -> None:
    text = f'#include <Python.h>\nextern "C" {{\n#include <tenon/{header}>\n}}\nint unit;\n'
    compile_text(compiler, text, "-fsyntax-only")


@pytest.mark.parametrize("compiler", ["g++", "clang++"])
def test_views_read_and_write_in_cpp_as_in_c(compiler: str, tmp_path: Path) -> None:
    compile_text(compiler, VIEWS, "-o", str(tmp_path / "views"))
    assert subprocess.run([tmp_path / "views"]).returncode == 0
