# SPDX-License-Identifier: BSD-3-Clause
"""Which types become classes, what their methods are called, and what is said where that cannot be."""

import re

import pytest
from tests_bind import Bound

GRID = """
#include <tenon/tenon.h>
typedef struct grid grid;
grid *grid_new(int n);
void grid_free(grid *g);
"""
CELL = """
typedef struct grid_cell grid_cell;
grid_cell *grid_cell_new(const grid *g);
void grid_cell_free(grid_cell *c);
"""


def header(bind, *lines: str, before: str = GRID) -> Bound:
    return bind(before + "\n".join(lines), header=True)


# --- what becomes a class ---------------------------------------------------------------------------------------------

CLASSES = [
    ("a typedef of a structure that is only declared", "typedef struct t t;", "t"),
    ("a structure without a typedef", "struct t;", "struct t"),
    ("a structure with another tag", "typedef struct _t t;", "t"),
    ("a structure without a tag", "typedef struct { int a; } t;", "t"),
    ("a typedef that ends in _t", "typedef struct t t_t;", "t_t"),
    ("a structure that everybody may look into", "typedef struct t { int a; } t;", "t"),
    ("a structure that no array could have",
     "typedef struct t { int a : 3; struct t *next; union { int x; } u; } t;", "t"),
]


@pytest.mark.parametrize(("declared", "c_name"), [row[1:] for row in CLASSES], ids=[row[0] for row in CLASSES])
def test_a_type_with_a_free_is_a_class(bind, declared, c_name):
    bound = header(
        bind, declared, f"{c_name} *t_new(void);", f"void t_free({c_name} *);", f"int t_a(const {c_name} *);", before=""
    )
    assert bound.refused == {}
    assert bound.signatures == {"t_new": "t() -> t", "t_a": "t.a() -> int"}


def test_the_free_of_a_t_may_also_be_called_as_the_type_is(bind):
    bound = header(
        bind, "typedef struct p p_t;", "p_t *p_t_new(void);", "void p_t_free(p_t *p);", "int p_t_n(p_t *p);",
        "typedef struct q q_t;", "void q_free(p_t *other);", before="",
    )  # fmt: skip
    assert bound.signatures == {
        "p_t_new": "p_t() -> p_t", "p_t_n": "p_t.n() -> int", "q_free": "q_free(other: p_t) -> None"
    }  # fmt: skip


def test_the_order_in_a_file_does_not_matter(bind):
    bound = header(bind, "typedef struct t t;", "int t_a(t *);", "void t_free(t *);", "t *t_new(void);", before="")
    assert set(bound.signatures) == {"t_a", "t_new"} and bound.refused == {}


def test_a_structure_that_nothing_makes_stays_a_value(bind):
    bound = header(bind, "typedef struct { double x; } v;", "void v_free(v *);", "double v_x(const v *p);", before="")
    assert bound.signatures == {"v_x": "v_x(p: v) -> float"}
    assert "arg0 is a pointer without a shape" in bound.refused["v_free"]


def test_an_array_of_such_structures_is_an_array(bind):
    bound = header(
        bind, "typedef struct { double x; } p;", "p *p_new(void);", "void p_free(p *);",
        "double sum(int n, const p x[n]);",
        "/** @param x [n] */ double add(int n, const p *x);", before="",
    )  # fmt: skip
    assert bound.signatures["sum"] == "sum(x: p[n]) -> float"
    assert bound.signatures["add"] == "add(x: p[n]) -> float"


# --- which functions are methods --------------------------------------------------------------------------------------

METHODS = [
    ("void grid_fill(grid *g, double value);", "grid.fill(value: float) -> None"),
    ("double grid_sum(const grid *);", "grid.sum() -> float"),
    ("double grid_dot(const grid *a, const grid *b);", "grid.dot(b: grid) -> float"),
    ("/** @param b or NULL */ double grid_f(const grid *a, const grid *b);", "grid.f(b: grid | None = None) -> float"),
    ("grid *grid_load(const char *path);", "grid.load(path: str) -> grid"),
    ("grid *grid_copy(const grid *g);", "grid.copy() -> grid"),
    ("grid *grid_larger(int n, grid *g);", "grid.larger(n: int, g: grid) -> grid"),
    ("void grid_import(grid *g);", "grid.import_() -> None"),
    ("void grid_match(grid *g, int self);", "grid.match_(self_: int) -> None"),
    ("void grid_set(grid *g, int n, const double x[n]);", "grid.set(x: float64[n]) -> None"),
    ("tn_array grid_values(grid *g);", "grid.values() -> array"),
    ("tn_status grid_keep(grid *g, tn_array x);", "grid.keep(x: array) -> None"),
    ("/** @attribute */ double grid_x(const grid *g);", "grid.x: float"),
    ("/** @attribute @param[out] x it @param[out] y it */ void grid_p(const grid *g, double *x, double *y);",
     "grid.p: tuple[float, float]"),
    ("/** @attribute @buffer */ tn_array grid_v(grid *g);", "grid.v: array"),
    ("double grid_2d(const grid *g);", "grid_2d(g: grid) -> float"),
    ("double grid_of(double x);", "grid_of(x: float) -> float"),
    ("double gridlike(const grid *g);", "gridlike(g: grid) -> float"),
    ("double total(int k, const grid *g);", "total(k: int, g: grid) -> float"),
    ("grid *make(void);", "make() -> grid"),
]  # fmt: skip


@pytest.mark.parametrize(("prototype", "signature"), METHODS, ids=[row[1] for row in METHODS])
def test_a_function_belongs_where_its_name_and_types_say(bind, prototype, signature):
    bound = header(bind, prototype)
    assert bound.refused == {}
    assert list(bound.signatures.values()) == ["grid(n: int) -> grid", signature]


def test_the_longest_prefix_that_fits_wins(bind):
    bound = header(
        bind, CELL, "int grid_cell_index(const grid_cell *);", "int grid_cell_count(const grid *);",
        "grid_cell *grid_cell_at(const grid *g, int k);",
    )  # fmt: skip
    assert bound.signatures["grid_cell_new"] == "grid_cell(g: grid) -> grid_cell"
    assert bound.signatures["grid_cell_index"] == "grid_cell.index() -> int"
    assert bound.signatures["grid_cell_count"] == "grid.cell_count() -> int"
    assert bound.signatures["grid_cell_at"] == "grid_cell.at(g: grid, k: int) -> grid_cell"


def test_a_setter_shows_what_it_sets(bind):
    bound = header(
        bind, "/** @attribute */ double grid_x(const grid *);", "/** @attribute */ void grid_set_x(grid *, double);"
    )
    assert bound.signatures["grid_set_x"] == "grid.x = float"
    bound = header(
        bind, "/** @attribute */ void grid_set_x(grid *, double);", "/** @attribute */ double grid_x(const grid *);"
    )
    assert bound.refused == {}


def test_a_setter_without_the_word_is_a_method(bind):
    bound = header(bind, "/** @attribute */ double grid_x(const grid *);", "void grid_set_x(grid *, double);")
    assert bound.signatures["grid_set_x"] == "grid.set_x(arg1: float, /) -> None"


def test_objects_are_no_operands_of_a_batch(bind):
    prototypes = ["double grid_at(const grid *g, double x);", "grid *grid_copy(const grid *g);", "tn_array f(int n);"]
    bound = header(bind, *prototypes)
    assert bound.batches["grid_at"] == "()->()"
    assert bound.batches["grid_copy"] is bound.batches["f"] is bound.batches["grid_new"] is None


def test_the_types_comment_is_the_classs(bind, tenon, tmp_path):
    (tmp_path / "t.c").write_text(
        "/** @file\n * A module. */\n/** A thing. */\ntypedef struct t { int a; } t;\n"
        "static t one;\n/** Makes it.\n * @param a first */\nt *t_new(int a) { one.a = a; return &one; }\n"
        "void t_free(t *x) { (void)x; }\n"
    )
    assert tenon("build", "t.c").status == 0
    assert '    """A thing.\n\n    Makes it.\n\n    Parameters\n' in (tmp_path / "t.pyi").read_text()


# --- mistakes ---------------------------------------------------------------------------------------------------------

OPAQUE = "typedef struct t t;"
MISTAKES = [
    ("no free", [OPAQUE, "t *t_new(void);"], "t_new",
     "it returns a pointer to t, which is only declared, and there is no t_free(); write `void t_free(t *)`, and t "
     "becomes a class"),
    ("no free, as a parameter", [OPAQUE, "int f(const t *x);"], "f",
     "x is a pointer to t, which is only declared, and there is no t_free(); write `void t_free(t *)`, and t becomes "
     "a class"),
    ("a free of another name", [OPAQUE, "t *t_new(void);", "void t_destroy(t *);"], "t_new",
     "call t_destroy `t_free`, or write `void t_free(t *)` that calls it, and t becomes a class"),
    ("a free of another name, of a structure",
     ["typedef struct { int a; } s;", "s *s_new(void);", "void s_delete(s *);"], "s_new",
     "return the structure itself, or call s_delete `s_free`, or write `void s_free(s *)` that calls it"),
    ("free of another type", [OPAQUE, "typedef struct u u;", "void t_free(u *);", "int t_a(t *);"], "t_free",
     "it should free a t, and does not take a t * alone; declare it as `void t_free(t *)`"),
    ("free of a pointer to a pointer", [OPAQUE, "void t_free(t **);", "t *t_new(void);"], "t_free",
     "it should free a t, and does not take a t * alone"),
    ("free with more parameters", [OPAQUE, "void t_free(t *, int);"], "t_free",
     "it should free a t, and does not take a t * alone"),
    ("free that returns something", [OPAQUE, "int t_free(t *);"], "t_free",
     "it frees a t, and what it returns would be lost"),
    ("new without a result",
     ["void grid_cell_new(int n);", CELL.replace("grid_cell *grid_cell_new(const grid *g);", "")], "grid_cell_new",
     "it does not return a new grid_cell; return `grid_cell *`, NULL if there is no memory"),
    ("new with an error code", [OPAQUE, "void t_free(t *);", "int t_new(int n);", "int t_a(const t *);"], "t_new",
     "it does not return a new t"),
    ("new that returns const", [OPAQUE, "void t_free(t *);", "const t *t_new(void);"], "t_new",
     "it does not return a new t"),
    ("new of another type", [OPAQUE, "void t_free(t *);", "grid *t_new(void);", "int t_a(const t *);"], "t_new",
     "it does not return a new t"),
    ("new with an output", [OPAQUE, "void t_free(t *);", "/** @param[out] n count */ t *t_new(int *n);"], "t_new",
     "it makes an object, and cannot return n as well"),
    ("a const result", ["const grid *grid_shared(void);"], "grid_shared",
     "it returns a const grid *, and nothing says whose it is; return a new `grid *`, which Python owns then"),
    ("a pointer to a structure", ["typedef struct { int a; } s;", "s *find(void);"], "find",
     "return the structure itself, or write `void s_free(s *)`, and s becomes a class"),
    ("close", ["void grid_close(grid *);"], "grid_close",
     "class grid has close already, which every class has; grid_free is called by close(); rename what does something "
     "else"),
    ("closed", ["int grid_closed(const grid *);"], "grid_closed", "class grid has closed already"),
    ("a name of Python's", ["int grid___init__(grid *);"], "grid___init__",
     "Python keeps names of this form for itself"),
    ("self that may be NULL", ["/** @param g or NULL */ int grid_f(const grid *g);"], "grid_f",
     "it is a method, and its object is never NULL; drop `or NULL`"),
    ("an object as an output", ["/** @param[out] g a grid */ void f(int n, grid *g);"], "f",
     "g is an object, and cannot be an output; return `grid *`"),
    ("an object with a shape", ["/** @param g [n] */ void f(int n, grid *g);"], "f",
     "g is one grid, and no array; drop the bracket"),
    ("an object by reference", ["/** @param g [] */ void f(int n, grid *g);"], "f", "g is one grid, and no array"),
    ("an object by value", ["typedef struct { int a; } p;", "p *p_new(void);", "void p_free(p *);", "int f(p x);"], "f",
     "x is a p by value, and objects of the class p are not copied; take a `const p *`"),
    ("a pointer to a handle's pointer", ["void f(grid **g);"], "f", "g leads to pointers to grid, an opaque handle"),
    ("an array of handles", ["void f(int n, grid *g[n]);"], "f", "g leads to pointers to grid, an opaque handle"),
    ("@attribute on a function", ["/** @attribute */ double f(double x);"], "f",
     "@attribute belongs on a method, and it is none; drop @attribute"),
    ("@attribute on a maker", ["/** @attribute */ grid *grid_load(int n);"], "grid_load",
     "@attribute belongs on a method, and it is none"),
    ("@attribute with parameters", ["/** @attribute */ double grid_at(const grid *g, int i);"], "grid_at",
     "an attribute takes nothing but its object; drop @attribute; what sets an attribute is `void "
     "grid_set_name(grid *, T)`"),
    ("@attribute without a value", ["/** @attribute */ void grid_touch(grid *g);"], "grid_touch",
     "an attribute has a value, and it returns none; drop @attribute"),
    ("a setter that returns something", ["/** @attribute */ double grid_x(const grid *g);",
     "/** @attribute */ double grid_set_x(grid *g, double x);"], "grid_set_x",
     "an attribute takes nothing but its object"),
    ("a setter without a getter", ["/** @attribute */ void grid_set_x(grid *g, double x);"], "grid_set_x",
     "it sets x, which is no attribute; say @attribute of `grid_x(const grid *)`, too, or drop it here"),
    ("a setter of a method", ["double grid_x(const grid *g);", "/** @attribute */ void grid_set_x(grid *g, double x);"],
     "grid_set_x", "it sets x, which is no attribute"),
    ("@buffer on a function", ["/** @buffer */ tn_array f(int n);"], "f",
     "@buffer belongs on a method, and it is none"),
    ("@buffer with parameters", ["/** @buffer */ tn_array grid_v(grid *g, int n);"], "grid_v",
     "@buffer is for the array that an object is; declare it as `tn_array grid_v(grid *)`"),
    ("@buffer of a number", ["/** @buffer */ double grid_v(grid *g);"], "grid_v",
     "@buffer is for the array that an object is"),
    ("two buffers", ["/** @buffer */ tn_array grid_v(grid *);", "/** @buffer */ tn_array grid_w(grid *);"], "grid_w",
     "grid_v has @buffer already; an object is one array; drop one of them"),
    ("@exclusive without an object", ["/** @exclusive */ double f(double x);"], "f",
     "@exclusive is about an object, and it takes none; drop @exclusive"),
    ("two names that are one", ["int grid_if(grid *);", "int grid_if_(grid *);"], "grid_if_",
     "grid_if at .* has its name already; rename one of them"),
    ("an array to be written into", ["/** @param[out] x it */ void f(tn_array x);"], "f",
     "x is passed by value: C cannot write to it; return the array"),
    ("an array to be filled in", ["/** @param[out] x it */ void f(tn_array *x);"], "f",
     "x is a pointer to tn_array; return the array"),
    ("a pointer to an array", ["void f(tn_array *x);"], "f", "x is a pointer to tn_array; pass it by value"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "function", "message"), [row[1:] for row in MISTAKES], ids=[row[0] for row in MISTAKES]
)
def test_a_mistake_is_reported_with_what_to_do(bind, lines, function, message):
    bound = header(bind, *lines)
    assert function not in bound.signatures
    pattern = message if ".*" in message else re.escape(message)
    assert re.search(pattern, bound.refused[function]), bound.refused[function]


def test_a_function_that_is_called_like_a_class_is_refused(tenon, tmp_path):
    text = "struct t; void t_free(struct t *x) { (void)x; }\nint t_f(struct t *x) { return x != 0; }\n"
    (tmp_path / "a.c").write_text(text)
    (tmp_path / "b.c").write_text("int t(int x) { return x; }\n#define grid 3\n")
    done = tenon("build", "a.c", "b.c", "--name", "both")
    assert done.status == 0, done.err
    assert "t is not bound: the class t at a.c:1:8 has its name already; rename one of them" in done.err


def test_a_constant_gives_way_to_a_class(bind):
    before = "typedef struct t t;\nt *t_new(void);\nvoid t_free(t *);\nint t_a(t *);\n"
    bound = header(bind, "#define t 3", before=before)
    assert "t" not in bound.constants


def test_what_is_wrong_with_one_class_leaves_the_others_alone(bind):
    bound = header(bind, OPAQUE, "int t_free(t *);", "t *t_new(void);", "double grid_sum(const grid *);")
    assert set(bound.signatures) == {"grid_new", "grid_sum"} and set(bound.refused) == {"t_free", "t_new"}


def test_overloads_may_list_methods(bind):
    bound = header(
        bind, "void grid_set_f32(grid *, float);", "void grid_set_f64(grid *, double);",
        "TN_OVERLOAD(set, grid_set_f32, grid_set_f64);",
    )  # fmt: skip
    assert bound.refused == {}


def test_a_class_may_come_from_several_files(tenon, tmp_path):
    (tmp_path / "t.h").write_text("typedef struct t t;\nt *t_new(int a);\nvoid t_free(t *);\nint t_a(const t *);\n")
    (tmp_path / "a.c").write_text(
        '#include "t.h"\n#include <stdlib.h>\nstruct t { int a; };\n'
        "t *t_new(int a) { t *x = malloc(sizeof *x); x->a = a; return x; }\nvoid t_free(t *x) { free(x); }\n"
    )
    (tmp_path / "b.c").write_text('#include "t.h"\nstruct t { int a; };\nint t_a(const t *x) { return x->a; }\n')
    done = tenon("build", "b.c", "a.c", "--name", "both", "--strict")
    assert done.status == 0, done.err
    from tests_bind import load

    assert load(tmp_path, "both").t(5).a() == 5


def test_an_opaque_type_is_bound_through_its_header(tenon, tmp_path):
    (tmp_path / "t.h").write_text("typedef struct t t;\nt *t_new(int a);\nvoid t_free(t *);\nint t_a(const t *);\n")
    (tmp_path / "t.c").write_text(
        '#include "t.h"\n#include <stdlib.h>\nstruct t { int a; };\n'
        "t *t_new(int a) { t *x = malloc(sizeof *x); x->a = a; return x; }\nvoid t_free(t *x) { free(x); }\n"
        "int t_a(const t *x) { return x->a; }\n"
    )
    done = tenon("build", "t.c", "--header", "t.h", "--strict")
    assert done.status == 0, done.err
    assert done.out.splitlines()[:2] == ["  t(a: int) -> t", "  t.a() -> int"]
