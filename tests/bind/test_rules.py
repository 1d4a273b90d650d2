# SPDX-License-Identifier: BSD-3-Clause
"""The rule table, row by row: a prototype and its comment, and the Python signature or the refusal."""

import re

import pytest

HEAD = """
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <tenon/tenon.h>
#define SIX 6
enum { THREE = 3, E_SECOND = -2 };
typedef enum { RED, GREEN } colour;
typedef double vec3[3];
typedef double *pointer;
typedef struct { int32_t a; float b; } pair;
typedef struct { _Alignas(64) double v[8]; } line;
typedef struct grid grid;
typedef union { int a; float b; } either;
"""

# comment, prototype, Python signature, signature of a batch
BOUND = [
    ("", "double f(size_t m, size_t n, const double x[m][n])", "f(x: float64[m, n]) -> float", "(m,n)->()"),
    ("", "void f(size_t n, double x[n])", "f(x: float64[n]) -> None", "(n)->(n)"),
    ("@param[in] x", "void f(size_t n, double x[n])", "f(x: float64[n]) -> None", "(n)->"),
    ("@param[out] y", "void f(size_t n, const float x[n], float y[n])",
     "f(x: float32[n], *, y: float32[n] = None) -> float32[n]", "(n)->(n)"),
    ("@param[out] y @param[out] z", "double f(size_t n, const double x[n], double y[n], double z[n][2])",
     "f(x: float64[n], *, y: float64[n] = None, z: float64[n, 2] = None) -> tuple[float, float64[n], float64[n, 2]]",
     "(n)->(),(n),(n,2)"),
    ("@param[out] y", "void f(int n, double lo, double y[n])",
     "f(n: int, lo: float, *, y: float64[n] = None) -> float64[n]",
     "()->(n)"),
    ("", "void f(size_t n, const double x[n + 1])", "f(n: int, x: float64[n + 1]) -> None", "(d0)->"),
    ("", "void f(int n, const double x[n], const double y[n * (n + 1) / 2])",
     "f(x: float64[n], y: float64[n * (n + 1) / 2]) -> None", "(n),(d0)->"),
    ("", "void f(int d0, const double x[d0], const double y[d0 + 1], const double z[d0 + 1])",
     "f(x: float64[d0], y: float64[d0 + 1], z: float64[d0 + 1]) -> None", "(d0),(d1),(d1)->"),
    ("", "void f(const double x[3], double pv[2][SIX])", "f(x: float64[3], pv: float64[2, 6]) -> None",
     "(3),(2,6)->(2,6)"),
    ("", "void f(const double x[THREE + 1])", "f(x: float64[4]) -> None", "(4)->"),
    ("", "void f(int n, const double x[n + THREE])", "f(n: int, x: float64[n + 3]) -> None", "(d0)->"),
    ("", "double f(size_t n, const double x[static n])", "f(x: float64[n]) -> float", "(n)->()"),
    ("", "double f(size_t n, const double x[static n], const double y[static n])",
     "f(x: float64[n], y: float64[n]) -> float", "(n),(n)->()"),
    ("", "double f(size_t n, const double x[static n], const double y[n])",
     "f(x: float64[>= n], y: float64[n]) -> float", "(d0),(n)->()"),
    ("", "double f(const double x[static 3])", "f(x: float64[>= 3]) -> float", "(d0)->()"),
    ("", "double f(size_t m, size_t n, const double (*x[m])[n])", "f(x: float64[m][n]) -> float", None),
    ("", "void f(size_t m, size_t n, int k, float (*x[m])[n][k + 1])", "f(k: int, x: float32[m][n, k + 1]) -> None",
     None),
    ("", "void f(double (*x[THREE])[SIX])", "f(x: float64[3][6]) -> None", None),
    ("", "void f(int m, const vec3 *x[m])", "f(x: float64[m][3]) -> None", None),
    ("", "void f(int m, int n, double (*x[static m])[n], const double y[m])",
     "f(x: float64[>= m][n], y: float64[m]) -> None", None),
    ("@param x [m][n]", "void f(int m, int n, const double *const *x)", "f(x: float64[m][n]) -> None", None),
    ("@param x [m][n]", "void f(int m, int n, double *x[m])", "f(x: float64[m][n]) -> None", None),
    ("@param x [SIX][n]", "void f(int n, const double *const x[6])", "f(x: float64[6][n]) -> None", None),
    ("@param x [static m][n]", "void f(int m, int n, const double *x[], const double y[m])",
     "f(x: float64[>= m][n], y: float64[m]) -> None", None),
    ("@param x [m][n][2]", "void f(int m, int n, pair **x)", "f(x: pair[m][n, 2]) -> None", None),
    ("@param x [m]", "void f(int m, int n, double (**x)[n])", "f(x: float64[m][n]) -> None", None),
    ("@param x [m]", "void f(int m, int n, double (*x[])[n])", "f(x: float64[m][n]) -> None", None),
    ("@param x [m][n] the names", "void f(int m, int n, const char **x)", "f(x: bytes[m][n]) -> None", None),
    ("@param[out] x [m][n]", "void f(int m, int n, double **x)",
     "f(m: int, n: int, *, x: float64[m][n] = None) -> float64[m][n]", None),
    ("@param x [m][n] or NULL", "double f(int m, int n, const double y[m][n], const double **x)",
     "f(y: float64[m, n], x: float64[m][n] | None = None) -> float", None),
    ("@param x [m][n] or NULL", "double f(int m, int n, const double y[m][n], const double (*x[m])[n])",
     "f(y: float64[m, n], x: float64[m][n] | None = None) -> float", None),
    ("@param lda = n", "double f(int m, int n, double (*x[m])[n], int lda)", "f(x: float64[m][n]) -> float", None),
    ("", "double f(const vec3 a, size_t n, const vec3 b[n])", "f(a: float64[3], b: float64[n, 3]) -> float",
     "(3),(n,3)->()"),
    ("", "void f(vec3 a)", "f(a: float64[3]) -> None", "(3)->(3)"),
    ("", "void f(size_t n, line x[n])", "f(x: line[n]) -> None", "(n)->(n)"),
    ("", "void f(size_t n, pair p[n])", "f(p: pair[n]) -> None", "(n)->(n)"),
    ("", "double f(const pair *p, pair q)", "f(p: pair, q: pair) -> float", "(),()->()"),
    ("@param[out] p @param[in,out] q", "void f(pair *p, pair *q)", "f(q: pair, *, p: pair = None) -> tuple[pair, pair]",
     "()->(),()"),
    ("", "pair f(int a)", "f(a: int) -> pair", "()->()"),
    ("", "double f(tn_const_f64_2 x)", "f(x: float64[:, :]) -> float", "(d0,d1)->()"),
    ("", "void f(tn_i8_1 x, tn_c128_3 y)", "f(x: int8[:], y: complex128[:, :, :]) -> None",
     "(d0),(d1,d2,d3)->(d0),(d1,d2,d3)"),
    ("@param[in] x", "void f(tn_bool_1 x)", "f(x: bool[:]) -> None", "(d0)->"),
    ("", "void f(const tn_f64_2 x)", "f(x: float64[:, :]) -> None", "(d0,d1)->"),
    ("", "void f(tn_span x)", "f(x: array) -> None", None),
    ("@param x [n]", "double f(const double *x, size_t n)", "f(x: float64[n]) -> float", "(n)->()"),
    ("@param x [SIX][n + THREE]", "double f(int n, const double *x)", "f(n: int, x: float64[6, n + 3]) -> float",
     "(6,d0)->()"),
    ("@param x [n]", "double f(int n, const pointer x)", "f(x: float64[n]) -> float", "(n)->(),(n)"),
    ("@param x [n]", "double f(int n, double (*x)[3])", "f(x: float64[n, 3]) -> float", "(n,3)->(),(n,3)"),
    ("@param x [n]", "double f(int n, double (*x)[n + THREE])", "f(x: float64[n, n + 3]) -> float",
     "(n,d0)->(),(n,d0)"),
    ("@param x [n]", "double f(int n, const double x[])", "f(x: float64[n]) -> float", "(n)->()"),
    ("@param x [static n]", "double f(int n, const double *x, const double w[n])",
     "f(x: float64[>= n], w: float64[n]) -> float", "(d0),(n)->()"),
    ("@param[out] r", "void f(double *r)", "f(*, r: float = None) -> float", None),
    ("@param k []\n@param[in,out] t []", "void f(const int *k, double *t)", "f(k: int, t: float) -> float",
     "(),()->()"),
    ("@param[in] k []", "void f(int *k)", "f(k: int) -> None", "()->"),
    ("@param lda = n", "double f(int n, const double a[n][n], int lda)", "f(a: float64[n, n]) -> float", "(n,n)->()"),
    ("@param lda = n the leading dimension", "double f(int n, const double a[n], short lda)",
     "f(a: float64[n]) -> float", "(n)->()"),
    ("@param b = a * 2 @param a = n", "double f(int n, const double x[n], int a, int b)",
     "f(x: float64[n]) -> float", "(n)->()"),
    ("@param[in] k = 1", "void f(int k, double x)", "f(x: float) -> None", "()->"),
    ("@param order = 'C' @param flag = THREE", "double f(char order, const int *flag, double x)",
     "f(x: float) -> float", "()->()"),
    ("@param n [] @param x [n]", "double f(const int *n, const double *x)", "f(x: float64[n]) -> float", "(n)->()"),
    ("@param w [n] or NULL", "double f(size_t n, const double x[n], const double *w)",
     "f(x: float64[n], w: float64[n] | None = None) -> float", "(n),(n)->()"),
    ("@param w or NULL", "double f(size_t n, const double w[n], const double x[n])",
     "f(w: float64[n] | None, x: float64[n]) -> float", "(n),(n)->()"),
    ("@param w [n] or NULL", "double f(size_t n, const double w[n])",
     "f(n: int, w: float64[n] | None = None) -> float", "(n)->()"),
    ("@param k [] or NULL", "double f(const int *k)", "f(k: int | None = None) -> float", "()->()"),
    ("@param p or NULL", "double f(const pair *p)", "f(p: pair | None = None) -> float", "()->()"),
    ("@param[out] y [n] or NULL", "void f(int n, double *y)", "f(n: int, *, y: float64[n] = None) -> float64[n]", None),
    ("", "void f(size_t n, double _Complex z[n], bool b[n], _Float16 h[n], long double l[n])",
     "f(z: complex128[n], b: bool[n], h: float16[n], l: longdouble[n]) -> None", "(n),(n),(n),(n)->(n),(n),(n),(n)"),
    ("", "void f(int n, const int8_t a[n], const uint16_t b[n], const long c[n], const colour d[n])",
     "f(a: int8[n], b: uint16[n], c: int64[n], d: uint32[n]) -> None", "(n),(n),(n),(n)->"),
    ("", "colour f(colour c, bool b, char d, float x, float _Complex z, uint8_t i)",
     "f(c: int, b: bool, d: str, x: float, z: complex, i: int) -> int", "(),(),(),(),(),()->()"),
    ("", "unsigned f(size_t n, const char b[n], signed char c[n])", "f(b: bytes[n], c: int8[n]) -> int",
     "(n),(n)->(),(n)"),
    ("", "const char *f(const char *s)", "f(s: str) -> str | None", None),
    ("@param s or NULL", "int f(const char *s)", "f(s: str | None = None) -> int", None),
    ("@param s [n]", "int f(const char *s, int n)", "f(s: bytes[n]) -> int", "(n)->()"),
    ("@throws 3 did not converge", "int f(size_t n, double x[n])", "f(x: float64[n]) -> None", "(n)->(n)"),
    ("@throws E_SECOND was second", "int f(double x)", "f(x: float) -> None", "()->"),
    ("@retval 0 fine", "int f(double x)", "f(x: float) -> int", "()->()"),
    ("", "tn_status f(double x)", "f(x: float) -> None", "()->"),
    ("", "void f(void)", "f() -> None", None),
    ("", "double f(double, double b)", "f(arg0: float, /, b: float) -> float", "(),()->()"),
    ("", "double f(double a, double, double c)", "f(a: float, arg1: float, /, c: float) -> float", "(),(),()->()"),
    ("", "double lambda(double from, double None, int n, const double def[n])",
     "lambda_(from_: float, None_: float, def_: float64[n]) -> float", "(),(),(n)->()"),
    ("", "void f(size_t in, const double x[in])", "f(x: float64[in_]) -> None", "(in_)->"),
]  # fmt: skip


def declare(comment: str, prototype: str) -> str:
    lines = "\n".join(f" * {line}" for line in comment.split("\n"))
    return f"{HEAD}\n/**\n{lines}\n */\n{prototype};\n"


@pytest.mark.parametrize(("comment", "prototype", "expected", "batch"), BOUND, ids=[row[1] for row in BOUND])
def test_a_prototype_becomes_this_signature(bind, comment, prototype, expected, batch):
    bound = bind(declare(comment, prototype), header=True)
    assert bound.refused == {}
    (name,) = bound.signatures
    assert bound.signatures[name] == expected
    assert bound.batches[name] == batch


# comment, prototype, what the refusal says
REFUSED = [
    ("", "void f(double x" + "[1]" * 65 + ")", "x has more than 64 dimensions, which no array in Python has"),
    ("", "typedef struct { int k" + "[1]" * 65 + "; } deep; int f(deep x)", "its field k has more than 64 dimensions"),
    ("", "double f(line x)", "x must be aligned to 64 bytes, and new memory is to 16; let C take an array"),
    ("", "double f(const line *x)", "x must be aligned to 64 bytes"),
    ("@param[out] x", "void f(size_t n, line x[n])", "x must be aligned to 64 bytes"),
    ("", "line f(void)", "its result must be aligned to 64 bytes"),
    ("", "double f(const double *x, int k)",
     r"x is a pointer without a shape; write `const double x\[k\]`, or say `@param x \[k\]` in the comment; if it"),
    ("", "double f(const double *x)",
     r"x is a pointer without a shape; write `const double x\[3\]`, or `const double x\[n\]` with a parameter n, "
     r"or say `@param x \[3\]` in the comment; if it is one value, `@param x \[\]`"),
    ("", "double f(const double *x, double n)", r"or `const double x\[m\]` with a parameter m, "),
    ("", "double f(const double *x, colour c, char d, int)", r"or `const double x\[n\]` with a parameter n, "),
    ("@param k = 3", "double f(const double *x, int k)", r"or `const double x\[n\]` with a parameter n, "),
    ("", "double f(int n, int k, const double w[n], const double *x)", r"; write `const double x\[k\]`, "),
    ("@param w [n]", "double f(int n, int k, const double *w, const double *x)", r"; write `const double x\[k\]`, "),
    ("", "double f(int n, const double w[n], const double *x)", r"; write `const double x\[n\]`, "),
    ("", "void f(int n, int m, double (*x)[n])",
     r"; write `double x\[m\]\[n\]`, or say `@param x \[m\]` in the comment$"),
    ("", "void f(int n, double (*x)[n])",
     r"; write `double x\[3\]\[n\]`, or `double x\[m\]\[n\]` with a parameter m, "
     r"or say `@param x \[3\]` in the comment$"),
    ("", "void f(double *x)", r"pointer without a shape; .*`@param\[out\] x`"),
    ("", "void f(char *c)", r"pointer without a shape; .*`@param\[out\] c \[\]`"),
    ("", "void f(pair *p)", "pointer without a shape"),
    ("@param k []", "void f(int *k)", r"nothing says whether C reads or writes"),
    ("", "double f(const double x[])", r"x has no extent in \[\]; write the extent, as in `x\[n\]`"),
    ("", "double f(const double x[*])", r"x has no extent in \[\*\]"),
    ("", "void f(void *p)", "void pointer: the element type is not said"),
    ("", "void f(const void *p)", "void pointer"),
    ("", "void f(int n, ...)", "variable number of arguments; write a function with a fixed list"),
    ("", "double f(double (*g)(double))", "g is a callback"),
    ("", "double f(double g(double))", "g is a callback"),
    ("", "double f(void (*g[2])(void))", "g is an array of callbacks"),
    ("", "int f()", r"no prototype; write `f\(void\)`"),
    ("", "double *f(void)", "it returns a pointer: nothing says how much memory"),
    ("", "char *f(void)", "it returns a pointer"),
    ("", "void f(either u)", "the structure either cannot be described: it is a union"),
    ("", "double f(__int128 x)", "__int128"),
    ("@param[out] x", "void f(int n, const double x[n])",
     r"x is const, and @param\[out\] says that it is written; drop const"),
    ("@param[in,out] x", "void f(int n, const double x[n])", "x is const"),
    ("@param[out] n", "void f(int n)", "passed by value: C cannot write to it"),
    ("@param[out] x", "void f(tn_f64_1 x)",
     r"x is a view, which has no shape to allocate; declare the output as an array"),
    ("@param[in,out] x", "void f(tn_const_f64_1 x)", r"x is const, and @param\[in,out\] says that it is written; drop"),
    ("@param[in,out] x", "void f(const tn_f64_1 x)", r"x is const, and @param\[in,out\] says that it is written; drop"),
    ("@param[in,out] x", "void f(const tn_span x)", r"x is const, and @param\[in,out\] says that it is written; drop"),
    ("@param[out] x [n]", "void f(int m, double *x)", r"@param x \[n\]: n is neither a parameter nor a constant"),
    ("@param x [mm] length", "double f(const double *x)",
     r"mm is neither a parameter nor a constant; .*if this is a unit"),
    ("@param x [m/s]", "double f(const double *x, double m)", "s is neither"),
    ("@param x [%]", "double f(const double *x)", r"`%` cannot be read"),
    ("@param[out] r [1] ratio", "void f(double *r)", "could be a shape or a unit"),
    ("@param x [n", "double f(int n, const double *x)", "the bracket is not closed"),
    ("@param x [n][static 3]", "double f(int n, const double *x)", "`static` belongs into the first bracket"),
    ("@param[out] nope", "void f(int n)", "@param nope names no parameter; correct the name"),
    ("@param nope [n]", "void f(int n)", "@param nope names no parameter"),
    ("@param nope = n", "void f(int n)", "@param nope names no parameter"),
    ("@param", "void f(int n)", "@param names no parameter"),
    ("@param[inn] x", "void f(int n, double x[n])", r"say \[in\], \[out\] or \[in,out\]"),
    ("@param[in] x @param[out] x", "void f(int n, double x[n])", "x is described twice"),
    ("@param k = m", "void f(int k)", "m is neither a parameter nor a constant"),
    ("@param k = k + 1", "void f(int k)", "fixed in terms of itself"),
    ("@param k = m @param m = k", "void f(int k, int m)", "fixed in terms of itself"),
    ("@param k = 300", "void f(unsigned char k)", "k = 300 does not fit its type"),
    ("@param[out] k = 1", "void f(int *k)", "k is fixed by its comment"),
    ("", f"void f({', '.join(f'int a{k}' for k in range(65))})", "more than 64 parameters"),
    ("", f"void f({', '.join(f'const double a{k}[{k + 1}][{k + 101}]' for k in range(40))})", "more than 64 sizes"),
    ("@param y or NULL", "void f(double y)", "y cannot be NULL: it is passed by value"),
    ("@param y [m] or NULL", "void f(int n, int m, const double y[n])", "is not the shape in the prototype"),
    ("@param[in] x []", "void f(double x[])", "declared as an array, and said to be one value"),
    ("", "void f(float n, const double x[(int)n])", r"the extent `\(int\)n` cannot be read"),
    ("", "void f(int n, const double x[sizeof(int) * n])", "cannot be read"),
    ("", "void f(int n, const double x[n / 0])", "divides by zero"),
    ("@param[out] n @param x [n]", "void f(int *n, const double *x)", "the size n is not known before the call"),
    ("@param x [n]", "void f(double n, const double *x)", "the size n is no integer parameter"),
    ("@throws 3 bad", "double f(void)", "@throws needs a function that returns an integer"),
    ("@throws NOPE bad", "int f(void)", "neither an integer nor a constant"),
    ("@throws 0 fine", "int f(void)", "0 is success"),
    ("@throws 3 a\n@throws 3 b", "int f(void)", "stands there twice"),
    ("@throws >0 a\n@throws >5 b", "int f(void)", "stands there twice"),
    ("@throws >-1 bad", "int f(void)", "0 is success"),
    ("", "double f(int m, int n, double **x)",
     r"x is an array of pointers to rows, and its shape is not said; "
     r"write `double \(\*x\[m\]\)\[n\]`, or say `@param x \[m\]\[n\]` in the comment"),
    ("", "double f(const float **x)",
     r"write `const float \(\*x\[n\]\)\[k\]`, or say `@param x \[n\]\[k\]` in the comment"),
    ("", "double f(int m, double *x[m])", r"write `double \(\*x\[m\]\)\[n\]`, or say `@param x \[m\]\[n\]`"),
    ("", "double f(int n, const char *names[n])", r"say `@param names \[n\]\[k\]` in the comment"),
    ("", "double f(int k, int n, double (**x)[n])", r"its shape is not said; say `@param x \[k\]` in the comment"),
    ("@param x [m]", "double f(int m, int n, double **x)", "its shape is not said"),
    ("@param x []", "double f(int m, double *x[m])", "its shape is not said"),
    ("@param x [m][n]", "double f(int m, int n, double (**x)[n])", "its shape is not said; say `@param x"),
    ("@param x [k][n]", "double f(int m, int k, int n, double *x[m])",
     r"@param x \[k\]\[n\] is not the shape in the prototype, which has m rows; begin with \[m\]"),
    ("@param x [k][n] or NULL", "double f(int m, int k, int n, double (*x[m])[n])", "not the shape in the prototype"),
    ("", "double f(int m, double (*x[m])[])", r"x has no extent in \[\]"),
    ("@param x [m][n][k]", "double f(int m, int n, int k, double ***x)", "through several tables of pointers"),
    ("", "double f(int m, int k, int n, double (*x[m][k])[n])", "pointers with more axes than one"),
    ("@param x [m][n]", "double f(int m, int n, void **x)", "x leads to void: the element type is not said"),
    ("@param[out] x [m][n]", "double f(int m, int n, const double **x)", "x is const"),
    ("@param[out] x [m][n]", "double f(int m, int n, line **x)", "x must be aligned to 64 bytes"),
    ("@param x [m][n]", "double f(int m, int n, grid **x)", "x leads to pointers to grid, an opaque handle"),
    ("@param x [m][n]", "double f(int m, int n, tn_f64_2 **x)", "x is an array of tn_f64_2"),
    ("", "double f(int m, double (*x[m])(double))", "x is an array of callbacks"),
    ("", "double f(double (**x)(double))", "x is a callback"),
    ("", "void f(const tn_error *err)", "err is where C says what went wrong; declare it as `tn_error \\*`, without "),
    ("@param[out] err it", "void f(tn_error *err)", "err is where C says what went wrong"),
    ("", "void f(tn_error *a, tn_error *b)", "it has two places to say what went wrong; drop one `tn_error \\*`"),
    ("", "void f(grid *g)", "g is a pointer to grid, which is only declared, and there is no grid_free"),
    ("", "grid *f(void)", "it returns a pointer to grid, which is only declared, and there is no grid_free"),
]  # fmt: skip


@pytest.mark.parametrize(("comment", "prototype", "expected"), REFUSED, ids=[f"{row[0]} {row[1]}" for row in REFUSED])
def test_a_prototype_that_says_too_little_is_refused_with_words(bind, comment, prototype, expected):
    import re

    bound = bind(declare(comment, prototype), header=True)
    assert bound.signatures == {}
    assert re.search(expected, bound.refused["f"]), bound.refused["f"]


@pytest.mark.parametrize(
    ("prototype", "expected"),
    [
        ("double f(int n, ///< how many\n  const double *x, /**< [n] values */\n  double *y /**< [out] their sum */)",
         "f(x: float64[n], *, y: float = None) -> tuple[float, float]"),
        ("double f(const double *x, //!< [n]\n  int n) //!< count", "f(x: float64[n]) -> float"),
        ("double f(double *x /*!< [in] [n] */, int n)", "f(x: float64[n]) -> float"),
    ],
)  # fmt: skip
def test_trailing_comments_behind_parameters_count(bind, prototype, expected):
    bound = bind(prototype + "\n;", header=True)
    assert bound.refused == {}
    assert bound.signatures["f"] == expected


def test_a_trailing_comment_behind_the_prototype_is_the_functions(bind):
    assert bind("double f(double x); ///< Doubles.", header=True).docs["f"].startswith("Doubles.")


def test_a_definition_takes_its_comment_from_an_earlier_prototype(bind):
    bound = bind(
        "/** Reads. @param x [n] */\ndouble f(int n, const double *x);\n"
        "double f(int n, const double *x) { return x[n - 1]; }"
    )
    assert bound.signatures["f"] == "f(x: float64[n]) -> float"


# comment, prototype, direction of x
DIRECTIONS = [
    ("", "void f(tn_span x)", "INOUT"),
    ("", "void f(const tn_span x)", "IN"),
    ("@param[in] x", "void f(tn_span x)", "IN"),
    ("@param[in,out] x", "void f(tn_span x)", "INOUT"),
    ("", "typedef const tn_span readable; void f(readable x)", "IN"),
    ("", "void f(tn_f64_2 x)", "INOUT"),
    ("", "void f(const tn_f64_2 x)", "IN"),
    ("", "void f(tn_const_f64_2 x)", "IN"),
    ("@param[in] x", "void f(tn_f64_2 x)", "IN"),
]


@pytest.mark.parametrize(("comment", "prototype", "direction"), DIRECTIONS)
def test_views_and_spans_are_written_in_place_unless_const_or_in_says_otherwise(bind, comment, prototype, direction):
    docs = bind(declare(comment, prototype), header=True).docs["f"]
    assert ("modified in place" in docs) == (direction == "INOUT")


def test_an_output_or_null_is_noted(bind):
    bound = bind("/** @param[out] y [n] or NULL */ void f(int n, double *y);", header=True)
    assert bound.notes == ["f: the output y is always allocated, and never NULL"]


def test_a_plain_param_for_nobody_is_only_noted(bind):
    bound = bind("/** @param nope text */ void f(int n);", header=True)
    assert bound.signatures["f"] == "f(n: int) -> None"
    assert bound.notes == ["f: @param nope names no parameter"]


@pytest.mark.parametrize(
    ("comment", "doubt"),
    [
        ("@thows 1 it failed", "@thows says nothing to Tenon; did you mean @throws?"),
        ("@threadsave", "@threadsave says nothing to Tenon; did you mean @threadsafe?"),
        ("@Exclusive", "@Exclusive says nothing to Tenon; did you mean @exclusive?"),
        ("@parm x [n]", "@parm says nothing to Tenon; did you mean @param?"),
        ("@param x or None", "@param x: `or None` says nothing to Tenon; write `or NULL`"),
        ("@param x [n] or null", "@param x: `or null` says nothing to Tenon; write `or NULL`"),
    ],
)
def test_what_is_nearly_a_command_is_noted(bind, comment, doubt):
    bound = bind(f"/** {comment} */ int f(int n, const double x[n]);", header=True)
    assert bound.notes == [f"f: {doubt}"]


@pytest.mark.parametrize(
    "comment",
    ["@tparam T", "@par Title", "@brief Text", "@param x or nothing", "@param x [n] or NULL", "mail@parma.it"],
)
def test_what_is_another_command_is_not(bind, comment):
    assert bind(f"/** {comment} */ int f(int n, const double x[n]);", header=True).notes == []


@pytest.mark.parametrize(
    ("prototype", "what"),
    [
        ("tn_growable *f(void)", "it returns a tn_growable ., which belongs to C; .*tn_growable_share"),
        ("tn_array *f(void)", "return the tn_array itself"),
        ("double **f(void)", "or return a tn_array"),
    ],
)
def test_memory_that_is_returned_by_a_bare_pointer_is_refused_with_what_would_do(bind, prototype, what):
    bound = bind(f"#include <tenon/tenon.h>\n{prototype};", header=True)
    assert re.search(what, bound.refused["f"])


def test_a_bracket_on_what_is_no_pointer_is_text(bind):
    bound = bind(
        "/** @param x [m] a length\n * @param v [m/s] speeds */ void f(double x, const double v[3]);", header=True
    )
    assert bound.signatures["f"] == "f(x: float, v: float64[3]) -> None"
    assert "[m/s] speeds" in bound.docs["f"]


def test_only_definitions_of_a_c_file_are_bound(bind):
    text = "double other(double);\nstatic double mine(double x) { return x; }\nint main(void) { return 0; }\n"
    bound = bind(text + "double f(double x)\n/* a comment */ { return mine(x) + other(x); }")
    assert list(bound.signatures) == ["f"]
    assert bound.refused == {}


def test_functions_made_by_macros_are_bound(bind):
    text = "#define DEFINE(T) T sum_##T(int n, const T x[n]) { T s = 0; while (n-- > 0) s += x[n]; return s; }\n"
    bound = bind(text + "DEFINE(float)\nDEFINE(double)\n#define DECLARE(T) T other_##T(T);\nDECLARE(int)")
    assert bound.signatures == {
        "sum_float": "sum_float(x: float32[n]) -> float",
        "sum_double": "sum_double(x: float64[n]) -> float",
    }


def test_a_comment_behind_a_macro_is_not_a_parameters(bind):
    text = "#define DEFINE(T) T sum_##T(const T *x)\nDEFINE(int); ///< [n] of them\n"
    assert "pointer without a shape" in bind(text, header=True).refused["sum_int"]


def test_old_style_definitions_are_bound(bind):
    bound = bind("double f(a, b) double a; int b; { return a + b; }\ndouble g() { return 1; }")
    assert bound.signatures == {"f": "f(a: float, b: int) -> float", "g": "g() -> float"}


def test_inline_without_external_definition_is_refused(bind):
    bound = bind(
        "inline double f(double x) { return x; }\nextern inline double g(double x);\n"
        "inline double g(double x) { return x; }"
    )
    assert list(bound.signatures) == ["g"]
    assert "without an external definition" in bound.refused["f"]


def test_constants_are_what_the_compiler_says(bind):
    text = """
    #define N 10
    #define TWICE (2 * N)
    #define PI 3.25
    #define TEXT "a\\"b" "c\\n"
    #define BIG 0xFFFFFFFFFFFFFFFFull
    #define UNSIGNED (~0U)
    #define LETTER 'A'
    #define OTHER N
    #define TYPE double
    #define ATTRIBUTE __attribute__((unused))
    #define CALL(x) x
    #define OPEN {
    #define CLOSE }
    #define LOOP do
    #define EMPTY
    #define _PRIVATE 1
    #define GONE 1
    #undef GONE
    #if 0
    #define NEVER 1
    #endif
    #define LONG \\
        12
    #define WITH_COMMENT 7 /* seven */ // 7
    #define ADDRESS (&N)
    enum { A, B = 5, C };
    typedef enum { NEGATIVE = -1 } negative;
    double f(double x) { return x; }
    """
    assert bind(text).constants == {
        "A": 0, "B": 5, "C": 6, "NEGATIVE": -1, "N": 10, "TWICE": 20, "PI": 3.25, "TEXT": 'a"bc\n', "BIG": 2**64 - 1,
        "UNSIGNED": 2**32 - 1, "LETTER": 65, "OTHER": 10, "LONG": 12, "WITH_COMMENT": 7,
    }  # fmt: skip


def test_constants_of_included_headers_count_in_comments_but_are_not_offered(bind):
    bound = bind(
        "#include <limits.h>\n/** @param k = INT_MAX\n * @param x [CHAR_BIT] */ void f(int k, const double *x);",
        header=True,
    )
    assert bound.signatures["f"] == "f(x: float64[8]) -> None"
    assert bound.constants == {}


def test_overloads_name_bound_functions_only(bind):
    text = HEAD + "double a(double x);\nvoid b(double *x);\nTN_OVERLOAD(c, a, b);\nTN_OVERLOAD(a, a, a);\n"
    bound = bind(text, header=True)
    assert "b is not a bound function" in bound.refused["c"]
    assert "a is defined already" in bound.refused["a"]


def test_docstrings_have_the_text_the_shapes_and_the_errors(bind):
    text = """
    /** Scale.
     *
     * At length.
     *
     * @param x       what is scaled
     * @param[out] y  the products
     * @param w       [n] or NULL: weights
     * @throws 3      did not converge
     */
    int f(int n, const double x[n], double y[n], const double *w);
    """
    assert bind(text, header=True).docs["f"] == (
        "Scale.\n\nAt length.\n\n"
        "Parameters\n----------\n"
        "x : float64[n]\n    what is scaled\n"
        "w : float64[n] | None, optional\n    weights\n\n"
        "Returns\n-------\n"
        "y : float64[n]\n    the products\n\n"
        "Raises\n------\n"
        "tenon.CallError\n    3: did not converge"
    )


def test_every_view_of_the_header_has_the_element_type_that_c_gives_it(bind):
    import re
    from pathlib import Path

    from tenon.bind.toolchain import include_dir

    text = (Path(include_dir()) / "tenon" / "view.h").read_text()
    listed = re.findall(r"^    X\((\w+), ([\w ]+?)\) *\\?$", text, re.MULTILINE)
    assert len(listed) > 10
    prototypes = [f"void {s}_f(tn_const_{s}_1 x);\nvoid {s}_g(const {ctype} x[2]);" for s, ctype in listed]
    bound = bind(HEAD + "\n".join(prototypes), header=True)
    assert bound.refused == {}
    for name, _ in listed:
        view, array = bound.signatures[f"{name}_f"], bound.signatures[f"{name}_g"]
        assert view.replace("_f", "").replace("[:]", "") == array.replace("_g", "").replace("[2]", "")
