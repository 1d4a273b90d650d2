# SPDX-License-Identifier: BSD-3-Clause
"""The command `tenon`: what it writes, what it prints, and one clear line for every mistake."""

import re

import pytest
from tests_bind import compiler, compiles, load

pytestmark = pytest.mark.unsanitized  # what runs here is Python and the compiler

SOURCE = """#include <stddef.h>
/** Sum. */
double sum(size_t n, const double x[n])
{
    double s = 0;
    for (size_t i = 0; i < n; i++)
        s += x[i];
    return s;
}
"""
UNBOUND = SOURCE + "double first(const double *x) { return x[0]; }\n"


@pytest.fixture
def write(tmp_path):
    def write(name, text=SOURCE):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    return write


def test_build_puts_module_and_stub_where_one_stands(tenon, write, tmp_path):
    write("sub/stats.c")
    done = tenon("build", "sub/stats.c")
    assert (done.status, done.err) == (0, "")
    assert done.out.splitlines()[0] == "  sum(x: float64[n]) -> float"
    assert load(tmp_path, "stats").sum(memoryview(bytes(16)).cast("d")) == 0
    assert (tmp_path / "stats.pyi").exists()
    assert sorted(path.suffix for path in tmp_path.iterdir() if path.is_file()) == [".pyi", ".so"]


def test_name_and_folder_are_chosen(tenon, write, tmp_path):
    write("stats.c")
    (tmp_path / "out").mkdir()
    assert tenon("build", "stats.c", "--name", "other", "-o", "out").status == 0
    assert load(tmp_path / "out", "other").sum(memoryview(bytes(8)).cast("d")) == 0


def test_what_cannot_be_bound_is_a_warning_and_the_rest_is_built(tenon, write, tmp_path):
    write("stats.c", UNBOUND)
    done = tenon("build", "stats.c")
    assert done.status == 0
    assert re.fullmatch(r"stats\.c:10:28: warning: first is not bound: x is a pointer without a shape; .*\n", done.err)
    assert not hasattr(load(tmp_path, "stats"), "first")


def test_strict_makes_it_an_error_and_writes_nothing(tenon, write, tmp_path):
    write("stats.c", UNBOUND)
    done = tenon("build", "stats.c", "--strict")
    assert done.status == 1
    assert "first is not bound" in done.err
    assert "--strict" in done.err.splitlines()[-1]
    assert [path.name for path in tmp_path.iterdir()] == ["stats.c"]


def test_errors_of_the_c_file_are_the_compilers_own(tenon, write, tmp_path):
    import subprocess

    write("bad.c", "double f(double x)\n{\n    return x +;\n}\n")
    done = tenon("build", "bad.c")
    alone = subprocess.run(
        [*compiler(), "-fsyntax-only", "-Wall", "-Wextra", "bad.c"], cwd=tmp_path, text=True, capture_output=True
    )
    assert done.status == 1
    assert alone.stderr.strip() in done.err
    assert "stdin" not in done.err


def test_warnings_of_the_compiler_are_shown_with_the_users_path(tenon, write):
    write("warn.c", "int f(int x)\n{\n    int unused = 3;\n    return x;\n}\n")
    done = tenon("build", "warn.c")
    assert done.status == 0
    assert [line for line in done.err.splitlines() if "unused variable" in line][0].startswith("warn.c:3:9: warning: ")
    assert "stdin" not in done.err
    write("sub/more.h", "static int unused_too(void)\n{\n    return 1;\n}\n")
    write("sub/warn.c", '#include "more.h"\nint f(int x)\n{\n    return x;\n}\n')
    done = tenon("build", "sub/warn.c")
    named = [line for line in done.err.splitlines() if "warning: " in line]
    assert [line.split(":")[0] for line in named] == ["sub/more.h"]
    assert "./" not in done.err
    assert "stdin" not in done.err


def test_flags_behind_two_dashes_reach_compiler_parser_and_linker(tenon, write, tmp_path):
    text = "#include <math.h>\n#ifndef N\n#error no N\n#endif\ndouble f(const double x[N]) { return cbrt(x[N - 1]); }\n"
    write("flags.c", text)
    assert "no N" in tenon("build", "flags.c").err
    done = tenon("build", "flags.c", "--", "-DN=2", "-lm")
    assert (done.status, done.err) == (0, "")
    assert load(tmp_path, "flags").f(memoryview(bytes(16)).cast("d")) == 0


def test_cflags_of_the_environment_count(tenon, write):
    write("flags.c", "#ifdef N\ndouble f(const double x[N]) { return x[0]; }\n#endif\n")
    assert tenon("build", "flags.c", CFLAGS="-DN=2").status == 0
    assert tenon("build", "flags.c").status == 1


def test_several_files_make_one_module(tenon, write, tmp_path):
    write(
        "a.c",
        "int helper(int x);\nint a(int x) { return helper(x) + 1; }\n#define SHARED 1\n"
        "static int same(void) { return 1; }\nint sa(void) { return same(); }",
    )
    write(
        "b.c",
        "int helper(int x) { return 2 * x; }\n#define SHARED 1\n"
        "static int same(void) { return 2; }\nint sb(void) { return same(); }",
    )
    done = tenon("build", "a.c", "b.c", "--name", "both")
    assert (done.status, done.err) == (0, "")
    both = load(tmp_path, "both")
    assert (both.a(3), both.helper(3), both.SHARED, both.sa(), both.sb()) == (7, 6, 1, 1, 2)


def test_a_header_says_what_of_the_files_is_bound(tenon, write, tmp_path):
    write("lib.h", "int visible(int x);\n")
    write("lib.c", '#include "lib.h"\nint hidden(int x) { return x; }\nint visible(int x) { return hidden(x) + 1; }\n')
    done = tenon("build", "lib.c", "--header", "lib.h")
    assert (done.status, done.err) == (0, "")
    lib = load(tmp_path, "lib")
    assert lib.visible(1) == 2
    assert not hasattr(lib, "hidden")


def test_a_library_is_bound_through_a_header_by_name_or_path(tenon, write, tmp_path):
    import subprocess

    write("own.h", "/** Triple. */ int triple(int x);\n")
    write("impl.c", "int triple(int x) { return 3 * x; }\n")
    (tmp_path / "lib").mkdir()
    library = tmp_path / "lib" / "libown.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, "impl.c"], cwd=tmp_path, check=True)
    assert tenon("build", "--header", "own.h", "--lib", "lib/libown.so").status == 0
    assert load(tmp_path, "own").triple(3) == 9
    rpath = f"-Wl,-rpath,{tmp_path / 'lib'}"
    assert (
        tenon(
            "build", "--header", "own.h", "--lib", "own", "--name", "own2", "--", f"-L{tmp_path / 'lib'}", rpath
        ).status
        == 0
    )
    assert load(tmp_path, "own2").triple(3) == 9


def test_check_compares_a_header_with_the_original(tenon, write):
    write("original.h", "double f(const double *x, int n);\n")
    write("impl.c", "double f(const double *x, int n) { return x[n - 1]; }\n")
    write("good.h", "double f(const double *x, int n); /**< @param x [n] */\n")
    assert tenon("build", "impl.c", "--header", "good.h", "--check", "original.h").status == 0
    write("differs.h", "float f(const double *x, int n);\n")
    done = tenon("build", "impl.c", "--header", "differs.h", "--check", "original.h")
    assert done.status == 1
    assert "conflicting types for" in done.err
    write("more.h", "double f(const double *x, int n);\nint g(int n);\n")
    done = tenon("build", "impl.c", "--header", "more.h", "--check", "original.h")
    assert (done.status, done.err) == (1, "more.h:2:5: error: g is not declared in original.h\n")


MISTAKES = [
    (["build"], 2, r"tenon build: name a C file, or a --header; see tenon build --help"),
    (["bild", "x.c"], 2, r"tenon: argument COMMAND: invalid choice: 'bild' .*"),
    (["build", "--frob", "stats.c"], 2, r"tenon: unrecognized arguments: --frob; see tenon --help"),
    (["build", "none.c"], 1, r"tenon: error: none\.c: no such file"),
    (["build", "folder"], 1, r"tenon: error: folder is a folder"),
    (["build", "lib.h"], 1, r"tenon: error: lib\.h is a header; say --header lib\.h, .*"),
    (["build", "code.cpp"], 1, r"tenon: error: code\.cpp is C\+\+; Tenon reads C"),
    (["build", "notes.txt"], 1, r"tenon: error: notes\.txt is no C file: .*"),
    (["build", "--header", "lib.h"], 1, r"tenon: error: lib\.h declares functions, and nothing defines them: .*"),
    (["build", "stats.c", "./stats.c"], 1, r"tenon: error: a C file is named twice"),
    (["build", "stats.c", "--name", "1st"], 1, r"tenon: error: '1st' is no name for a module"),
    (["build", "stats.c", "--name", "int"], 1, r"tenon: error: 'int' is a keyword, and no name for a module"),
    (["build", "stats.c", "--name", "class"], 1, r"tenon: error: 'class' is a keyword, .*"),
    (["build", "json.c"], 1, r"tenon: error: 'json' is a module of Python's own library; choose a name with --name"),
    (["build", "my-file.c"], 1, r"tenon: error: 'my-file' is no name for a module; choose a name with --name"),
    (["build", "stats.c", "-o", "nowhere"], 1, r"tenon: error: nowhere: no such folder"),
    (["build", "stats.c", "--check", "lib.h"], 1, r"tenon: error: --check compares a --header .*"),
    (["build", "empty.c"], 1, r"tenon: error: empty\.c defines no function that can be bound"),
    (["glue", "none.h", "-o", "x.c"], 1, r"tenon: error: none\.h: no such file"),
    (["glue", "lib.h"], 2, r"tenon glue: the following arguments are required: -o; .*"),
    (["glue", "lib.h", "stats.c", "-o", "x.c"], 1, r"tenon: error: one header, or C files: not both"),
]


@pytest.mark.parametrize(("arguments", "status", "message"), MISTAKES, ids=[" ".join(row[0]) for row in MISTAKES])
def test_a_mistake_gets_one_clear_line(tenon, write, tmp_path, arguments, status, message):
    for name in ("stats.c", "json.c", "my-file.c", "code.cpp", "notes.txt"):
        write(name)
    write("lib.h", "int f(int x);\n")
    write("empty.c", "static int f(void) { return 1; }\nint (*use)(void) = f;\n")
    (tmp_path / "folder").mkdir()
    done = tenon(*arguments)
    assert done.status == status
    assert re.fullmatch(message + r"\n", done.err), done.err
    assert done.out == ""


def test_without_a_compiler_one_line_says_so(tenon, write):
    write("stats.c")
    done = tenon("build", "stats.c", CC="no-such-compiler")
    assert (done.status, done.err.count("\n")) == (1, 1)
    assert "no-such-compiler is not found" in done.err


def test_folders_and_version_are_printed(tenon, tmp_path):
    from pathlib import Path

    assert (Path(tenon("--include-dir").out.strip()) / "tenon" / "tenon.h").exists()
    assert tenon("--pkgconfig-dir").out.strip().endswith("pkgconfig")
    assert tenon("--cflags").out == f"-I{tenon('--include-dir').out.strip()}\n"
    folder, *rest = tenon("--libs").out.split()
    assert (Path(folder.removeprefix("-L")) / "libtenon.a").exists()
    assert rest == ["-ltenon", "-lm"]
    assert tenon("--cflags", "--libs").out == f"{tenon('--cflags').out.strip()} {tenon('--libs').out}"
    assert re.fullmatch(r"tenon \d+\.\d+\.\d+\n", tenon("--version").out)
    assert tenon().status == 2


def test_a_module_in_use_can_be_built_again(tenon, write, tmp_path):
    write("stats.c", "int version(void) { return 1; }")
    tenon("build", "stats.c")
    old = load(tmp_path, "stats")
    write("stats.c", "int version(void) { return 2; }")
    assert tenon("build", "stats.c").status == 0
    assert old.version() == 1


def test_a_path_with_spaces_builds(tenon, write, tmp_path):
    write("a folder/stats.c")
    done = tenon("build", "a folder/stats.c")
    assert (done.status, done.err) == (0, "")


def test_a_path_that_c_cannot_include_is_refused(tenon, write):
    write('a "folder"/stats.c')
    assert "cannot be included from C" in tenon("build", 'a "folder"/stats.c').err


def test_what_the_compiler_accepts_binds_even_where_libclang_does_not(tenon, write, tmp_path):
    if not compiles("_Float128 f(int x) { int inner(int y) { return x + y; } return inner(2); }"):
        pytest.skip("only gcc has nested functions and _Float128")
    write("gnu.c", "typedef _Float128 quad;\nvoid f(int n, quad x[n]) { x[0] = n; }\n"
                   "_Float128 g(_Float128 x) { return x; }\n"
                   "int nested(int x) { int inner(int y) { return x + y; } return inner(2); }\n")  # fmt: skip
    done = tenon("build", "gnu.c", "--name", "gnu")
    assert done.status == 0, done.err
    assert [line.split(" is not bound: ")[0] for line in done.err.splitlines()] == [
        "gnu.c:2:6: warning: f",
        "gnu.c:3:11: warning: g",
    ]
    assert load(tmp_path, "gnu").nested(3) == 5


def test_a_flag_that_the_compiler_does_not_know_is_its_own_error(tenon, write):
    write("stats.c", SOURCE + "/* " + 200_000 * "long " + "*/\n")
    done = tenon("build", "stats.c", "--", "--no-such-flag")
    assert done.status == 1
    assert "--no-such-flag" in done.err
    assert "pipe" not in done.err


@pytest.mark.parametrize("name", ["numpy", "tenon"])
def test_a_module_never_hides_one_that_it_needs(tenon, write, name):
    write(f"{name}.c")
    done = tenon("build", f"{name}.c")
    wanted = f"tenon: error: {name!r} is a module that this one needs; choose a name with --name\n"
    assert (done.status, done.err) == (1, wanted)


def test_of_two_functions_with_one_python_name_the_first_is_bound(tenon, write, tmp_path):
    write("names.c", "int class(int x) { return x; }\nint class_(int x) { return -x; }\n")
    done = tenon("build", "names.c")
    assert done.err == (
        "names.c:2:5: warning: class_ is not bound: class at names.c:1:5 has its name already; rename one of them\n"
    )
    assert load(tmp_path, "names").class_(2) == 2


def test_a_function_defined_in_two_files_is_the_linkers_error(tenon, write):
    write("one.c")
    write("two.c")
    done = tenon("build", "one.c", "two.c")
    assert done.status == 1
    assert "multiple definition of `sum'" in done.err
    assert "tn_" not in done.err


def test_warnings_about_a_prototype_come_once_and_name_the_users_file(tenon, write):
    write(
        "old.c",
        '__attribute__((deprecated("old"))) double old(double x) { return x; }\nconst int k(void) { return 3; }\n',
    )
    done = tenon("build", "old.c")
    assert done.status == 0
    assert "<stdin>" not in done.err


def test_of_two_structures_with_one_name_the_first_is_the_modules(tenon, write, tmp_path):
    first = write("first.c", "typedef struct { float z; } item;\nfloat z_of(item i) { return i.z; }\n")
    second = write(
        "second.c",
        "#include <stddef.h>\ntypedef struct { double z[64]; } item;\n"
        "void fill(size_t n, item x[n]) { for (size_t i = 0; i < n; i++) x[i].z[63] = 1; }\n",
    )
    done = tenon("build", first, second, "--name", "both", "-o", tmp_path)
    assert done.status == 0
    assert "fill is not bound: item is another structure than that of the same name which" in done.err
    assert "z_of(i: item) -> float" in done.out


def test_names_of_types_never_meet_in_the_glue(tenon, write, tmp_path):
    text = """
    typedef struct { double x, y; } vec;
    typedef struct { vec v[2]; } pairs;
    typedef struct { float q; } vec_2;
    typedef struct { double v[3]; } p;
    typedef struct { double q; } float64_3;
    typedef struct { double q; } p_fields;
    double f(pairs a, vec_2 b, p c, float64_3 d, p_fields e) { return a.v[1].y + (double)b.q + c.v[2] + d.q + e.q; }
    """
    done = tenon("build", write("meet.c", text), "-o", tmp_path)
    assert (done.status, done.err) == (0, "")


def test_names_that_python_keeps_for_itself_are_not_bound(tenon, write, tmp_path):
    source = write("own.c", "int __name__(int a) { return a; }\nint id(int a) { return a; }\n")
    done = tenon("build", source, "-o", tmp_path)
    assert done.status == 0
    assert "__name__ is not bound: Python keeps names of this form for itself" in done.err
