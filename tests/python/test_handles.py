# SPDX-License-Identifier: BSD-3-Clause
"""Opaque handles of C as classes: how objects are made, used, viewed, closed and collected."""

import contextlib
import copy
import ctypes
import gc
import inspect
import pickle
import pydoc
import subprocess
import sys
import threading
import types
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from nomemory import fail_each_allocation

import tenon

SOURCE = """
#include <stdlib.h>
#include <string.h>
#include <tenon/tenon.h>

static long grids, cells, freed;
long live_grids(void) { return grids; }
long live_cells(void) { return cells; }
long freed_grids(void) { return freed; }

/** Values at equal distances. */
typedef struct grid grid;
struct grid { ptrdiff_t n; double spacing; double *values; };

/** @param n how many values
 *  @param spacing their distance */
grid *grid_new(size_t n, double spacing)
{
    if (n > 1000000)
        return NULL;
    grid *g = malloc(sizeof *g);
    *g = (grid){(ptrdiff_t)n, spacing, calloc(n + 1, sizeof(double))};
    grids++;
    return g;
}

void grid_free(grid *g)
{
    grids--;
    freed++;
    memset(g->values, 0x55, (size_t)g->n * sizeof(double));
    free(g->values);
    memset(g, 0x55, sizeof *g);
    free(g);
}

/** A grid with these values. */
grid *grid_of(size_t n, const double x[n])
{
    grid *g = grid_new(n, 1);
    memcpy(g->values, x, n * sizeof *x);
    return g;
}

/** Set every value.
 *
 * @param value the value */
void grid_fill(grid *g, double value) { for (ptrdiff_t i = 0; i < g->n; i++) g->values[i] = value; }

/** The distance of two values.
 * @attribute */
double grid_spacing(const grid *g) { return g->spacing; }

/** @attribute */
void grid_set_spacing(grid *g, double spacing) { g->spacing = spacing; }

/** How many values. @attribute */
size_t grid_size(const grid *g) { return (size_t)g->n; }

/** @attribute
 *  @param[out] first the first
 *  @param[out] last the last */
void grid_ends(const grid *g, double *first, double *last) { *first = g->values[0]; *last = g->values[g->n - 1]; }

/** @attribute
 *  @throws 1 must be 0 or more */
int grid_set_level(grid *g, double level) { if (level < 0) return 1; g->values[0] = level; return 0; }
/** @attribute */
double grid_level(const grid *g) { return g->values[0]; }

double grid_dot(const grid *a, const grid *b)
{
    double sum = 0;
    for (ptrdiff_t i = 0; i < a->n; i++)
        sum += a->values[i] * b->values[i];
    return sum;
}

/** @param other or NULL */
double grid_norm(const grid *g, const grid *other) { return grid_dot(g, g) + (other ? grid_dot(other, other) : 0); }

/** The value at x, a line between two of them. @threadsafe */
double grid_at(const grid *g, double x)
{
    ptrdiff_t i = (ptrdiff_t)(x / g->spacing);
    return i < 0 || i >= g->n ? 0 : g->values[i];
}

grid *grid_copy(const grid *g) { return grid_of((size_t)g->n, g->values); }
grid *grid_same(grid *g) { return g; }
grid *grid_none(const grid *g) { (void)g; return NULL; }
void grid_import(grid *g, size_t n, const double x[n]) { for (size_t i = 0; i < n && (ptrdiff_t)i < g->n;
    i++) g->values[i] = x[i]; }
/** @buffer */
tn_array grid_values(grid *g)
{
    static const ptrdiff_t stride[] = {sizeof(double)};
    return (tn_array){.span = {.data = g->values, .type = &tn_type_float64, .ndim = 1, .shape = &g->n,
        .strides = stride}};
}
/** Read-only. */
tn_array grid_peek(const grid *g)
{
    static const ptrdiff_t stride[] = {sizeof(double)};
    return (tn_array){.span = {.data = g->values, .type = &tn_type_float64, .ndim = 1, .flags = TN_READONLY,
                               .shape = &g->n, .strides = stride}};
}
/** One that is no longer the grid's. */
tn_array grid_snapshot(const grid *g)
{
    tn_array out;
    if (tn_array_new(&tn_type_float64, 1, &g->n, TN_ORDER_C, &out, NULL) == TN_OK)
        memcpy(out.span.data, g->values, (size_t)g->n * sizeof(double));
    return out;
}
/** The larger of two, as a view: both keep it. */
tn_array grid_larger(grid *g, grid *other) { return grid_values(g->n >= other->n ? g : other); }
/** @exclusive */
void grid_resize(grid *g, size_t n)
{
    g->values = realloc(g->values, (n + 1) * sizeof(double));
    for (size_t i = (size_t)g->n; i < n; i++)
        g->values[i] = 0;
    g->n = (ptrdiff_t)n;
}
static volatile int entered, leave;
/** @threadsafe */
void grid_wait(const grid *g) { (void)g; entered = 1; while (!leave) {} }
/** @threadsafe @exclusive */
void grid_wait_alone(grid *g) { grid_wait(g); }
int has_entered(void) { return entered; }
void let_leave(int go) { if (!go) entered = 0; leave = go; }

double total(const grid *g, double scale) { double t = 0; for (ptrdiff_t i = 0; i < g->n; i++) t += g->values[i];
    return t * scale; }

typedef struct grid_cell { double width; int number; } grid_cell;
grid_cell *grid_cell_new(const grid *g) { grid_cell *c = malloc(sizeof *c); *c = (grid_cell){g->spacing, 7}; cells++;
    return c; }
void grid_cell_free(grid_cell *c) { cells--; free(c); }
double grid_cell_width(const grid_cell *c) { return c->width; }
double grid_cell_count(const grid *g) { return (double)g->n; }

typedef struct token token;
struct token { int value; };
/** Only load() makes one. */
token *token_load(int value) { token *t = malloc(sizeof *t); t->value = value; return t; }
token *any_token(void) { return token_load(0); }
void token_free(token *t) { free(t); }
int token_value(const token *t) { return t->value; }

/* What names of C can do to a class. */
typedef struct class class;
struct class { int import; };
class *class_new(void) { return calloc(1, sizeof(class)); }
void class_free(class *c) { free(c); }
/** @attribute */
int class_lambda(const class *c) { return c->import; }
/** @attribute */
void class_set_lambda(class *c, int self) { c->import = self; }
int class_def(const class *c, int self) { return c->import + self; }
"""


@pytest.fixture(scope="module")
def c(build: Callable[[str], types.ModuleType]) -> types.ModuleType:
    return build(SOURCE)


@pytest.fixture(autouse=True)
def nothing_leaks(c: types.ModuleType) -> Iterator[None]:
    gc.collect()
    before = c.live_grids(), c.live_cells()
    yield
    gc.collect()
    assert (c.live_grids(), c.live_cells()) == before


# --- making -----------------------------------------------------------------------------------------------------------


def test_calling_the_class_calls_new(c: types.ModuleType) -> None:
    g = c.grid(3, spacing=0.5)
    assert type(g) is c.grid and isinstance(g, tenon.Handle)
    assert (g.size, g.spacing) == (3, 0.5)
    assert c.live_grids() == 1


def test_other_functions_that_make_one_are_static_methods(c: types.ModuleType) -> None:
    g = c.grid.of(np.array([1.0, 2.0]))
    assert type(g) is c.grid and g.values().tolist() == [1, 2]


def test_a_method_may_make_a_new_object(c: types.ModuleType) -> None:
    g = c.grid(2, 1)
    other = g.copy()
    g.fill(3)
    assert other is not g and other.values().tolist() == [0, 0]
    assert c.live_grids() == 2


def test_what_returns_its_own_object_makes_no_other(c: types.ModuleType) -> None:
    g = c.grid(2, 1)
    assert g.same() is g
    assert c.live_grids() == 1


def test_a_pointer_that_comes_again_is_the_same_object(build: Callable[..., types.ModuleType]) -> None:
    c = build("""
        #include <stdlib.h>
        typedef struct part { struct part *left; int frees; } part;
        static part *kept[100];
        static int frees;
        part *part_new(void) { return calloc(1, sizeof(part)); }
        void part_free(part *p) { for (int k = 0; k < 100; k++) if (kept[k] == p) kept[k] = NULL; frees++; free(p); }
        part *part_at(int k) { return kept[k] ? kept[k] : (kept[k] = part_new()); }
        int freed(void) { return frees; }
    """)
    parts = [c.part.at(k) for k in range(100)]
    assert all(c.part.at(k) is parts[k] for k in range(100))
    assert len(set(map(id, parts))) == 100
    parts[3].close()
    assert c.freed() == 1
    again = c.part.at(3)
    assert again is not parts[3] and parts[3].closed and not again.closed
    del parts, again
    gc.collect()
    assert c.freed() == 101


def test_a_constructor_that_returns_what_python_has_is_refused(build: Callable[..., types.ModuleType]) -> None:
    c = build("""
        typedef struct single single;
        struct single { int frees; };
        static single only;
        single *single_new(void) { return &only; }
        void single_free(single *s) { s->frees++; }
        int frees(void) { return only.frees; }
    """)
    first = c.single()
    with pytest.raises(RuntimeError, match=r"^single\(\): C returned a single that Python has already"):
        c.single()
    assert c.frees() == 0
    del first
    assert c.frees() == 1


NO_MEMORY = [
    (lambda c: c.grid(2_000_000, 1), "grid(): C returned no grid (out of memory)"),
    (lambda c: c.grid(2, 1).none(), "grid.none(): C returned no grid (out of memory)"),
]


@pytest.mark.parametrize(("call", "message"), NO_MEMORY, ids=["new", "method"])
def test_null_is_a_memory_error(c: types.ModuleType, call: Callable[[types.ModuleType], object], message: str) -> None:
    with pytest.raises(MemoryError) as caught:
        call(c)
    assert str(caught.value) == message


def test_a_class_without_new_says_what_makes_one(c: types.ModuleType) -> None:
    with pytest.raises(TypeError) as caught:
        c.token(1)
    assert str(caught.value) == (
        "token() makes nothing: C has no token_new(); token.load() or any_token() gives a token"
    )
    assert c.token.load(4).value() == 4 and type(c.any_token()) is c.token


ARGUMENTS = [
    ((), TypeError, "grid(): missing argument n: int"),
    ((3,), TypeError, "grid(): missing argument spacing: float"),
    ((3, "x"), TypeError, "grid(): spacing must be float, got str"),
    ((-1, 1), OverflowError, "grid(): n must be in the range of uint64"),
    ((3, 1, 2), TypeError, "grid() takes 2 arguments (n, spacing), got 3"),
]


@pytest.mark.parametrize(("args", "error", "message"), ARGUMENTS, ids=[row[2] for row in ARGUMENTS])
def test_wrong_arguments_of_new_are_refused(
    c: types.ModuleType, args: tuple[Any, ...], error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as caught:
        c.grid(*args)
    assert str(caught.value).startswith(message)


def test_an_object_that_was_never_made_is_closed(c: types.ModuleType) -> None:
    g = c.grid.__new__(c.grid)
    assert g.closed and repr(g) == "<closed grid>"
    g.close()
    with pytest.raises(ValueError, match=r"^grid.fill\(\): the grid is closed$"):
        g.fill(1)
    g.__init__(2, 1.0)
    assert not g.closed and g.size == 2


def test_init_makes_an_object_once(c: types.ModuleType) -> None:
    g = c.grid(2, 1)
    with pytest.raises(TypeError, match=r"grid.__init__\(\) was called already"):
        g.__init__(3, 1)
    assert g.size == 2


def test_init_keeps_keywords_that_are_dropped_half_way(c: types.ModuleType) -> None:
    class Spacing(float):
        def __float__(self) -> float:
            return 0.25

    class Count:
        def __index__(self) -> int:
            for found in gc.get_objects():
                if type(found) is dict and found.get("spacing") is not None and found.get("n") is self:
                    found.clear()
            return 3

    given = {"n": Count(), "spacing": Spacing(0.25)}
    assert c.grid(**given).spacing == 0.25 and given == {}


def test_init_that_calls_itself_leaks_nothing(c: types.ModuleType) -> None:
    g = c.grid.__new__(c.grid)

    class Number:
        def __float__(self) -> float:
            g.__init__(5, 1.0)
            return 1.0

    with pytest.raises(TypeError, match="while it was under way"):
        g.__init__(2, Number())
    assert g.size == 5


# --- methods ----------------------------------------------------------------------------------------------------------


def test_the_prefix_is_no_part_of_a_methods_name(c: types.ModuleType) -> None:
    g = c.grid(2, 1)
    g.fill(2)
    assert g.dot(g) == 8 and c.grid.dot(g, g) == 8
    assert not hasattr(c, "grid_fill") and not hasattr(c, "grid_new") and not hasattr(c, "grid_free")


def test_the_longest_prefix_that_fits_wins(c: types.ModuleType) -> None:
    cell = c.grid_cell(c.grid(2, 0.25))
    assert cell.width() == 0.25
    assert not hasattr(cell, "count") and c.grid(3, 1).cell_count() == 3


def test_functions_with_another_name_stay_in_the_module(c: types.ModuleType) -> None:
    g = c.grid.of(np.array([1.0, 2.0]))
    assert c.total(g, 2) == 6
    assert "total" in c.__all__ and "grid" in c.__all__ and "grid.fill" not in c.__all__


REFUSED = [
    ("fill", (1.0, 2.0), "grid.fill(): self must be grid, got float"),
    ("dot", (1, 2), "grid.dot() takes 1 argument (b), got 2"),
    ("dot", (), "grid.dot(): missing argument b: grid"),
    ("dot", (1,), "grid.dot(): b must be grid, got int"),
    ("dot", (None,), "grid.dot(): b must be grid, got None"),
    ("norm", (1,), "grid.norm(): other must be grid | None, got int"),
]


@pytest.mark.parametrize(("method", "args", "message"), REFUSED, ids=[row[2] for row in REFUSED])
def test_what_is_no_object_of_the_class_is_refused(
    c: types.ModuleType, method: str, args: tuple[Any, ...], message: str
) -> None:
    first = () if method == "fill" else (c.grid(2, 1),)
    with pytest.raises(TypeError) as caught:
        getattr(c.grid, method)(*first, *args)
    assert str(caught.value) == message


def test_an_object_of_another_class_is_refused(c: types.ModuleType) -> None:
    cell = c.grid_cell(c.grid(2, 1))
    with pytest.raises(TypeError, match=r"^total\(\): g must be grid, got .*grid_cell$"):
        c.total(cell, 1)
    with pytest.raises(TypeError, match=r"^grid.fill\(\): self must be grid"):
        c.grid.fill(cell, 1)


def test_an_optional_object_may_be_none_or_left_out(c: types.ModuleType) -> None:
    g = c.grid(2, 1)
    g.fill(1)
    assert g.norm() == g.norm(None) == 2 and g.norm(g) == g.norm(other=g) == 4


def test_closed_objects_are_refused_as_arguments(c: types.ModuleType) -> None:
    g, other = c.grid(2, 1), c.grid(2, 1)
    other.close()
    with pytest.raises(ValueError, match=r"^grid.dot\(\): b is a closed grid$"):
        g.dot(other)
    with pytest.raises(ValueError, match=r"^total\(\): g is a closed grid$"):
        c.total(other, 1)


def test_methods_are_functions(c: types.ModuleType) -> None:
    fill = c.grid.fill
    assert isinstance(fill, tenon.Function)
    assert (fill.__name__, fill.__qualname__, fill.__module__) == ("fill", "grid.fill", c.__name__)
    assert str(inspect.signature(fill)) == "(self, /, value: float) -> None"
    assert str(inspect.signature(c.grid(1, 1).fill)) == "(value: float) -> None"
    assert fill.__doc__ == "Set every value.\n\nParameters\n----------\nvalue : float\n    the value"
    sys.modules[c.__name__] = c
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(fill, protocol)) is fill


def test_a_method_runs_in_a_batch_with_one_object(c: types.ModuleType) -> None:
    g = c.grid.of(np.array([10.0, 20.0, 30.0]))
    assert c.grid.at.batch(g, np.array([[0.0, 1.0], [2.0, 9.0]])).tolist() == [[10, 20], [30, 0]]
    with pytest.raises(TypeError, match=r"grid.at\(\) has no ufunc: self is an object of C"):
        c.grid.at.ufunc  # noqa: B018


def test_a_method_converts_its_arrays_on_request(c: types.ModuleType) -> None:
    g = c.grid(3, 1)
    with pytest.raises(TypeError, match=r"^grid.import_\(\): x must be .*, got list; .*grid.import_.coerce\(self, …\)"):
        g.import_([1, 2])
    with pytest.raises(TypeError, match=r"missing argument x: .*; coerce\(\) and batch\(\) .* take the object first"):
        g.import_.coerce([1, 2])
    with pytest.raises(TypeError, match=r"missing argument x: float64\[n\]$"):
        g.import_()
    c.grid.import_.coerce(g, [1, 2])
    assert g.values().tolist() == [1, 2, 0]


def test_keywords_of_python_get_an_underscore(c: types.ModuleType) -> None:
    k = c.class_()
    k.lambda_ = 4
    assert k.lambda_ == 4 and k.def_(self_=3) == 7
    assert c.class_.__name__ == "class_"


# --- attributes -------------------------------------------------------------------------------------------------------


def test_an_attribute_is_read_and_set(c: types.ModuleType) -> None:
    g = c.grid(2, 0.5)
    g.spacing = 2
    assert g.spacing == 2.0 and type(g.spacing) is float


def test_an_attribute_may_be_several_values(c: types.ModuleType) -> None:
    assert c.grid.of(np.array([1.0, 2.0, 3.0])).ends == (1, 3)


ATTRIBUTES = [
    (lambda g: setattr(g, "spacing", "wide"), TypeError, "grid.spacing must be float, got str"),
    (lambda g: setattr(g, "spacing", None), TypeError, "grid.spacing must be float, got None"),
    (lambda g: setattr(g, "size", 3), AttributeError, "property 'size' of 'grid' object has no setter"),
    (lambda g: delattr(g, "spacing"), AttributeError, "property 'spacing' of 'grid' object has no deleter"),
    (lambda g: setattr(g, "level", -1), tenon.CallError, "grid.level(): must be 0 or more (code 1)"),
    (lambda g: setattr(g, "width", 1), AttributeError, None),
    (lambda g: (g.close(), g.spacing), ValueError, "grid.spacing: the grid is closed"),
    (lambda g: (g.close(), setattr(g, "spacing", 1)), ValueError, "grid.spacing: the grid is closed"),
]


@pytest.mark.parametrize(("do", "error", "message"), ATTRIBUTES, ids=[str(row[2]) for row in ATTRIBUTES])
def test_what_an_attribute_cannot_be_is_refused(
    c: types.ModuleType, do: Callable[[Any], object], error: type[Exception], message: str | None
) -> None:
    with pytest.raises(error) as caught:
        do(c.grid(2, 0.5))
    assert message is None or str(caught.value) == message


# --- what the class says of itself ------------------------------------------------------------------------------------


def test_repr_shows_the_attributes_that_are_values(c: types.ModuleType) -> None:
    g = c.grid(2, 0.5)
    assert repr(g) == str(g) == "grid(spacing=0.5, size=2, level=0.0)"
    assert repr(c.token.load(1)) == "<token object>"
    g.close()
    assert repr(g) == "<closed grid>"


def test_the_class_has_the_signature_and_the_words_of_c(c: types.ModuleType) -> None:
    assert str(inspect.signature(c.grid)) == "(n: int, spacing: float) -> grid"
    assert c.grid.__doc__.startswith("Values at equal distances.\n\nParameters\n")
    assert (c.grid.__name__, c.grid.__qualname__, c.grid.__module__) == ("grid", "grid", c.__name__)
    assert c.grid.spacing.__doc__ == "The distance of two values."
    text = pydoc.render_doc(c.grid, renderer=pydoc.plaintext)
    for part in ("grid(n: int, spacing: float) -> grid", "fill(self, /, value: float) -> None", "How many values."):
        assert part in text


def test_a_derived_class_has_the_signature_of_its_own_init(c: types.ModuleType) -> None:
    class Sized(c.grid):
        def __init__(self, size: int) -> None:
            super().__init__(size, 1.0)

    class Same(c.grid):
        pass

    assert str(inspect.signature(Sized)) == "(size: int) -> None"
    assert str(inspect.signature(Same)) == "(n: int, spacing: float) -> grid"


def test_objects_are_equal_to_themselves_alone(c: types.ModuleType) -> None:
    g, other = c.grid(2, 1), c.grid(2, 1)
    assert g == g and g != other and len({g, other, g}) == 2


@pytest.mark.parametrize("how", [copy.copy, copy.deepcopy, pickle.dumps], ids=["copy", "deepcopy", "pickle"])
def test_objects_are_neither_copied_nor_pickled(c: types.ModuleType, how: Callable[[Any], object]) -> None:
    with pytest.raises(TypeError, match="a grid can be neither pickled nor copied"):
        how(c.grid(2, 1))


def test_classes_cannot_be_changed(c: types.ModuleType) -> None:
    for change in (lambda: setattr(c.grid, "fill", None), lambda: setattr(c.grid, "__signature__", None),
                   lambda: delattr(c.grid, "fill")):  # fmt: skip
        with pytest.raises(TypeError, match="immutable"):
            change()


# --- no trick makes one pointer look like another ---------------------------------------------------------------------


def test_nothing_derives_from_two_classes_of_c(c: types.ModuleType) -> None:
    with pytest.raises(TypeError, match="lay-out conflict"):
        type("both", (c.grid, c.grid_cell), {})


def test_an_object_does_not_change_its_class(c: types.ModuleType) -> None:
    class Grid(c.grid):
        pass

    class Cell(c.grid_cell):
        pass

    g = Grid(2, 1)
    for cls in (c.grid, c.grid_cell, Cell, object):
        with pytest.raises(TypeError):
            g.__class__ = cls
    with pytest.raises(TypeError):
        c.grid.__new__(Cell)
    with pytest.raises(TypeError):
        object.__new__(c.grid)


def test_the_base_makes_nothing(c: types.ModuleType) -> None:
    with pytest.raises(TypeError, match="tenon.Handle is only the base"):
        tenon.Handle()

    class Own(tenon.Handle):
        __signature__ = c.grid.__dict__["__signature__"]

    with pytest.raises(TypeError, match="is no class of C"):
        Own()


def test_a_derived_class_cannot_borrow_the_knowledge_of_another(c: types.ModuleType) -> None:
    class Grid(c.grid):
        __signature__ = c.grid_cell.__dict__["__signature__"]

    with pytest.raises(TypeError, match="self must be grid_cell"):
        c.grid_cell.width(Grid(2, 1))


# --- derived classes --------------------------------------------------------------------------------------------------


def test_a_derived_class_adds_what_it_likes(c: types.ModuleType) -> None:
    class Named(c.grid):
        def __init__(self, name: str, *values: float) -> None:
            super().__init__(len(values), 1.0)
            self.name = name
            self.values()[:] = values

        def fill(self, value: float) -> None:
            super().fill(value + 1)

    g = Named("a", 1, 2)
    assert g.name == "a" and g.dot(g) == 5 and c.total(g, 1) == 3 and c.grid(2, 1).dot(g) == 0
    g.fill(1)
    assert g.values().tolist() == [2, 2]
    assert repr(g) == "Named(spacing=1.0, size=2, level=2.0)"


def test_a_derived_class_may_make_its_object_later(c: types.ModuleType) -> None:
    class Lazy(c.grid):
        def __init__(self) -> None:
            pass

    g = Lazy()
    with pytest.raises(ValueError, match="closed"):
        g.fill(1)
    c.grid.__init__(g, 2, 1.0)
    assert g.size == 2


def test_an_error_in_a_derived_init_leaves_nothing_behind(c: types.ModuleType) -> None:
    class Failing(c.grid):
        def __init__(self) -> None:
            super().__init__(2, 1.0)
            raise KeyError("later")

    with pytest.raises(KeyError):
        Failing()
    assert c.live_grids() == 0


def test_a_finalizer_that_revives_its_object_frees_nothing_twice(c: types.ModuleType) -> None:
    kept = []

    class Phoenix(c.grid):
        def __del__(self) -> None:
            kept.append(self)

    freed = c.freed_grids()
    g = Phoenix(2, 1)
    g.fill(4)
    del g
    assert len(kept) == 1 and c.freed_grids() == freed
    assert kept[0].values().tolist() == [4, 4]
    kept.clear()
    assert c.freed_grids() == freed + 1


def test_a_finalizer_may_close_its_object(c: types.ModuleType) -> None:
    class Closing(c.grid):
        def __del__(self) -> None:
            self.close()

    freed = c.freed_grids()
    Closing(2, 1)
    assert c.freed_grids() == freed + 1


# --- views ------------------------------------------------------------------------------------------------------------


def test_a_view_is_the_objects_own_memory(c: types.ModuleType) -> None:
    g = c.grid(3, 1)
    view = g.values()
    view[1] = 5
    assert c.total(g, 1) == 5
    g.fill(2)
    assert view.tolist() == [2, 2, 2]


def test_a_view_keeps_its_object(c: types.ModuleType) -> None:
    g = c.grid(3, 1)
    g.fill(2)
    part = g.values()[1:]
    reference = weakref.ref(g)
    freed = c.freed_grids()
    del g
    gc.collect()
    assert reference() is not None and part.tolist() == [2, 2]
    del part
    assert reference() is None and c.freed_grids() == freed + 1


def test_a_read_only_view_is_read_only(c: types.ModuleType) -> None:
    view = c.grid(3, 1).peek()
    with pytest.raises(ValueError, match="read-only"):
        view[0] = 1


def test_an_array_that_is_handed_over_does_not_keep_the_object(c: types.ModuleType) -> None:
    g = c.grid(3, 1)
    snapshot = g.snapshot()
    g.close()
    assert snapshot.tolist() == [0, 0, 0]


def test_a_view_is_kept_by_all_objects_that_may_own_it(c: types.ModuleType) -> None:
    small, large = c.grid(2, 1), c.grid(3, 1)
    view = small.larger(large)
    for g in (small, large):
        with pytest.raises(BufferError, match="1 view of its memory is alive"):
            g.close()
    del view
    small.close()
    large.close()


CONSUMERS: list[tuple[str, Callable[[Any], Any]]] = [
    ("values()", lambda g: g.values()),
    ("np.asarray", np.asarray),
    ("memoryview", memoryview),
    ("tenon.Span", tenon.Span),
    ("a slice", lambda g: g.values()[::2]),
    ("a view of a view", lambda g: memoryview(np.asarray(g))[1:]),
    ("np.from_dlpack", np.from_dlpack),
    ("a DLPack capsule", lambda g: g.__dlpack__(max_version=(1, 0))),
    ("Arrow capsules", lambda g: g.__arrow_c_array__()),
    ("__array__", lambda g: g.__array__()),
    ("np.frombuffer", lambda g: np.frombuffer(g, np.float64)),
    ("ctypes", lambda g: (ctypes.c_double * 3).from_buffer(g)),
]
IDS = [row[0] for row in CONSUMERS]


@pytest.mark.parametrize("consume", [row[1] for row in CONSUMERS], ids=IDS)
def test_every_view_is_counted(c: types.ModuleType, consume: Callable[[Any], Any]) -> None:
    g = c.grid(3, 1)
    view = consume(g)
    with pytest.raises(BufferError, match=r"^grid.close\(\): 1 view of its memory is alive; let go of it first$"):
        g.close()
    del view
    g.close()
    assert g.closed


def test_an_object_with_a_buffer_is_an_array_to_everybody(c: types.ModuleType) -> None:
    g = c.grid.of(np.array([1.0, 2.0, 3.0]))
    array = np.asarray(g)
    assert array.tolist() == [1, 2, 3] and array.ctypes.data == g.values().ctypes.data
    array[0] = 9
    assert memoryview(g).tolist() == [9, 2, 3] and tenon.Span(g).shape == (3,)
    assert tenon.Span(g).owner is g
    assert np.sum(g) == 14


def test_numpy_may_convert_what_it_takes(c: types.ModuleType) -> None:
    g = c.grid.of(np.array([1.0, 2.0]))
    whole = np.asarray(g, dtype=np.int32)
    assert whole.dtype == np.int32 and whole.tolist() == [1, 2]
    made = np.array(g, copy=True)
    made[0] = 7
    assert g.values().tolist() == [1, 2]


def test_an_address_without_a_buffer_is_not_given(c: types.ModuleType) -> None:
    g = c.grid(3, 1)
    with pytest.raises(BufferError, match="would not hold the grid's memory"):
        np.ndarray((3,), buffer=g)
    view = np.ndarray((3,), buffer=memoryview(g))
    with pytest.raises(BufferError, match="1 view"):
        g.close()
    del view


def test_a_buffer_is_what_every_consumer_may_ask_of_one(c: types.ModuleType) -> None:
    g = c.grid.of(np.array([1.0, 2.0, 3.0]))
    view = memoryview(g)
    assert (view.format, view.itemsize, view.ndim, view.nbytes) == ("d", 8, 1, 24)
    assert (view.shape, view.strides, view.suboffsets, view.readonly) == ((3,), (8,), (), False)
    assert view.c_contiguous and view[2] == 3
    assert tenon.Span(view).tolist() == [1, 2, 3]
    assert tenon.Span(g).owner is g
    assert memoryview(c.grid(0, 1)).shape == (0,) and np.asarray(c.grid(0, 1)).shape == (0,)


def test_a_buffer_outlives_its_object_and_says_when_it_ends(c: types.ModuleType) -> None:
    live = c.live_grids()
    g = c.grid.of(np.array([1.0, 2.0]))
    gone = weakref.ref(g)
    view = memoryview(g)
    array, part = np.asarray(g), view[1:]
    with pytest.raises(BufferError, match="2 views"):
        g.close()
    view.release()
    with pytest.raises(BufferError, match="2 views"):
        g.close()  # a slice has its buffer still
    del g
    gc.collect()
    assert array.tolist() == [1, 2] and part.tolist() == [2]
    del array
    assert gone() is not None and c.live_grids() == live + 1
    part.release()
    assert gone() is None and c.live_grids() == live


def test_what_keeps_no_more_of_a_buffer_than_whose_it_is_is_counted(c: types.ModuleType) -> None:
    g = c.grid(3, 1)
    owner = memoryview(g).obj
    with pytest.raises(BufferError, match="1 view"):
        g.close()
    with pytest.raises(BufferError, match="1 view"):
        g.resize(5)
    del owner
    g.resize(5)
    g.close()


def test_what_asks_the_keeper_of_a_buffer_for_another_one_gets_it(c: types.ModuleType) -> None:
    g = c.grid.of(np.array([1.0, 2.0, 3.0]))
    kept: list[pickle.PickleBuffer] = []
    data = pickle.dumps(pickle.PickleBuffer(g), protocol=5, buffer_callback=kept.append)
    back, again = memoryview(pickle.loads(data, buffers=kept)), memoryview(kept[0])
    assert back.tolist() == again.tolist() == [1, 2, 3]
    again[0] = 5
    assert list(g.values()) == [5, 2, 3]
    with pytest.raises(BufferError, match="3 views"):
        g.close()
    back.release()
    again.release()
    kept.clear()
    g.close()


def test_a_read_only_array_stays_so_though_the_object_has_a_buffer(c: types.ModuleType) -> None:
    g = c.grid(3, 1)
    g.peek()  # the first array of a function tells what the next are like
    array = g.peek()
    assert type(array.base).__name__ == "Views"
    with pytest.raises(ValueError, match="cannot set WRITEABLE flag"):
        array.flags.writeable = True


def test_a_buffer_on_a_cycle_of_a_derived_class_is_collected(c: types.ModuleType) -> None:
    class Holder(c.grid):
        pass

    freed = c.freed_grids()
    g = Holder(4, 1)
    g.view, g.owner = memoryview(g), memoryview(g).obj
    del g
    gc.collect()
    assert c.freed_grids() == freed + 1


def test_buffers_are_no_work_for_the_collector(c: types.ModuleType) -> None:
    g = c.grid(3, 1)
    assert not gc.is_tracked(g.values().base) and not gc.is_tracked(memoryview(g).obj)

    class Holder(c.grid):
        pass

    assert gc.is_tracked(Holder(3, 1).values().base)


def test_arrays_and_buffers_of_one_object_share_what_stands_for_it(c: types.ModuleType) -> None:
    g = c.grid.of(np.array([1.0, 2.0]))
    g.values()  # the first array of a function tells what the next are like
    array, other, buffer = g.values(), g.values(), memoryview(g)
    assert array.base is other.base and array.base is buffer.obj
    assert array.base is not c.grid(2, 1).values().base
    with pytest.raises(BufferError, match="3 views"):
        g.close()
    base = array.base
    del array, other, g
    buffer.release()
    gc.collect()
    assert type(base).__name__ == "Views" and c.live_grids() == 1
    del base
    assert c.live_grids() == 0


@pytest.mark.parametrize("base", [lambda c: c.grid(2, 1).values().base, lambda c: c.grid(2, 1).snapshot().base])
def test_what_keeps_the_memory_of_an_array_cannot_be_made_copied_or_pickled(
    c: types.ModuleType, base: Callable[[types.ModuleType], Any]
) -> None:
    base(c)  # the first array of a function tells what the next are like
    kept = base(c)
    assert type(kept).__name__ in ("Views", "Block")
    for do in (type(kept), lambda: object.__new__(type(kept)), lambda: copy.copy(kept)):
        with pytest.raises(TypeError):
            do()
    with contextlib.suppress(TypeError, pickle.PicklingError):
        pickle.loads(pickle.dumps(kept))
        pytest.fail("pickled")
    with pytest.raises(TypeError):
        kept.__class__ = int


WINDOW = """
#include <tenon/tenon.h>
typedef struct window window;
struct window { double values[6]; ptrdiff_t shape[2], strides[2]; int ndim; };
static window only = {{0, 1, 2, 3, 4, 5}, {6, 0}, {8, 0}, 1};
window *window_open(void) { return &only; }
void window_free(window *w) { (void)w; }
/** Show m rows of n; one row where m is 0. */
void window_arrange(window *w, ptrdiff_t m, ptrdiff_t n)
{
    w->ndim = m > 0 ? 2 : 1;
    w->shape[0] = m > 0 ? m : n;
    w->shape[1] = n;
    w->strides[0] = m > 0 ? 8 * n : 8;
    w->strides[1] = 8;
}
/** @buffer */
tn_array window_values(window *w)
{
    return (tn_array){.span = {.data = w->values, .type = &tn_type_float64, .ndim = w->ndim, .shape = w->shape,
                               .strides = w->strides}};
}
"""


def test_buffers_keep_their_shapes_while_the_object_shows_itself_in_others(
    build: Callable[[str], types.ModuleType],
) -> None:
    w = build(WINDOW).window.open()
    line = memoryview(w)
    w.arrange(2, 3)
    rows = memoryview(w)
    w.arrange(3, 2)
    pairs, array = tenon.Span(w), np.asarray(w)
    w.arrange(0, 4)
    part = memoryview(w)
    assert line.tolist() == [0, 1, 2, 3, 4, 5] and rows.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert pairs.tolist() == array.tolist() == [[0, 1], [2, 3], [4, 5]] and part.tolist() == [0, 1, 2, 3]
    with pytest.raises(BufferError, match="5 views"):
        w.close()
    del line, rows, pairs, array, part
    w.arrange(2, 2)
    assert memoryview(w).tolist() == [[0, 1], [2, 3]]
    w.close()


@pytest.mark.parametrize("consume", [memoryview, np.asarray, lambda g: g.values()])
def test_a_buffer_for_which_there_is_no_memory_is_not_counted(
    c: types.ModuleType, consume: Callable[[Any], Any]
) -> None:
    g = c.grid(3, 1)
    kept = []

    def use() -> None:
        kept.append(consume(g))
        kept.append(consume(g))

    def uncounted(failed: bool) -> None:
        kept.clear()
        g.resize(3)

    use()
    kept.clear()
    assert fail_each_allocation(use, uncounted) > 0


def test_a_closed_object_has_no_buffer(c: types.ModuleType) -> None:
    g = c.grid(3, 1)
    g.close()
    assert c.grid(1, 1).__dlpack_device__() == (1, 0)
    for consume in (memoryview, np.asarray, np.array, np.sum, tenon.Span, np.from_dlpack):
        with pytest.raises(ValueError, match="the grid is closed"):
            consume(g)
    assert not hasattr(c.token, "__buffer__")
    with pytest.raises(TypeError):
        memoryview(c.token.load(1))


def test_what_may_move_the_memory_is_refused_while_views_are_alive(c: types.ModuleType) -> None:
    g = c.grid(3, 1)
    views = [np.asarray(g), g.values()[1:]]
    message = (
        r"^grid.resize\(\): 2 views of the grid's memory are alive, which C may move or free; let go of them first$"
    )
    with pytest.raises(BufferError, match=message):
        g.resize(100)
    assert g.size == 3
    views.clear()
    g.resize(100)
    assert g.values().shape == (100,)


def test_views_of_another_object_are_no_hindrance(c: types.ModuleType) -> None:
    g, other = c.grid(3, 1), c.grid(3, 1)
    view = other.values()
    g.resize(5)
    assert g.size == 5 and view.shape == (3,)


# --- closing ----------------------------------------------------------------------------------------------------------


def test_close_frees_at_once_and_only_once(c: types.ModuleType) -> None:
    freed = c.freed_grids()
    g = c.grid(2, 1)
    assert not g.closed
    g.close()
    assert g.closed and c.freed_grids() == freed + 1
    g.close()
    del g
    assert c.freed_grids() == freed + 1


def test_with_closes(c: types.ModuleType) -> None:
    with c.grid(2, 1) as g:
        assert g.size == 2
    assert g.closed
    with pytest.raises(ValueError, match=r"^grid.__enter__\(\): the grid is closed$"), g:
        pass


def test_with_is_refused_while_views_are_alive(c: types.ModuleType) -> None:
    views = []
    with pytest.raises(BufferError, match="2 views of its memory are alive"), c.grid(2, 1) as g:
        views += [g.values(), g.peek()]
    assert not g.closed and views[0].tolist() == [0, 0]


def test_an_argument_that_closes_the_object_is_refused(c: types.ModuleType) -> None:
    g = c.grid(2, 1)
    heard = []

    class Number:
        def __float__(self) -> float:
            try:
                g.close()
            except BufferError as error:
                heard.append(str(error))
            return 3.0

    g.fill(Number())
    assert heard == ["grid.close(): a call that uses the grid is under way"]
    assert g.values().tolist() == [3, 3]


def in_thread(c: types.ModuleType, function: Callable[[], object]) -> threading.Thread:
    c.let_leave(0)
    thread = threading.Thread(target=function, daemon=True)
    thread.start()
    while not c.has_entered():
        pass
    return thread


def test_an_object_in_use_by_another_thread_is_not_closed(c: types.ModuleType) -> None:
    g = c.grid(2, 1)
    thread = in_thread(c, g.wait)
    with pytest.raises(BufferError, match="a call that uses the grid is under way"):
        g.close()
    with pytest.raises(BufferError, match=r"^grid.resize\(\): another call that uses the grid is under way$"):
        g.resize(3)
    assert g.size == 2  # what excludes nobody runs beside it
    c.let_leave(1)
    thread.join()
    g.resize(3)
    g.close()


def test_a_call_that_excludes_others_does_so_in_other_threads(c: types.ModuleType) -> None:
    g = c.grid(2, 1)
    thread = in_thread(c, g.wait_alone)
    for use in (g.values, lambda: g.size, lambda: np.asarray(g), g.wait_alone):
        with pytest.raises(BufferError, match="a call that excludes others uses the grid"):
            use()
    c.let_leave(1)
    thread.join()
    assert g.size == 2


# --- collecting -------------------------------------------------------------------------------------------------------


def test_a_finalizer_that_closes_meanwhile_finds_the_object_in_use(c: types.ModuleType) -> None:
    heard = []

    class Closing:
        def __init__(self, g: Any) -> None:
            self.me, self.g = self, g

        def __del__(self) -> None:
            try:
                self.g.close()
                heard.append("closed")
            except BufferError as error:
                heard.append(str(error))

    g = c.grid(3, 1)
    g.values()
    threshold = gc.get_threshold()
    for at in range(1, 30):  # collected at one of the allocations of the call
        gc.collect()
        Closing(g)
        gc.set_threshold(at)
        try:
            views = [g.values(), g.copy().larger(g), memoryview(g)]
        except ValueError:
            g = c.grid(3, 1)  # closed between two calls
            continue
        finally:
            gc.set_threshold(*threshold)
        assert all(list(view) == [0, 0, 0] for view in views)
        del views
    gc.collect()
    assert heard


def test_a_finalizer_that_closes_while_a_buffer_is_made_finds_the_object_in_use(c: types.ModuleType) -> None:
    class Closing:
        def __init__(self, g: Any) -> None:
            self.me, self.g = self, g

        def __del__(self) -> None:
            with contextlib.suppress(BufferError):
                self.g.close()

    threshold = gc.get_threshold()
    for at in range(1, 40):
        g = c.grid(3, 1)
        held = [memoryview(c.grid(3, 1)) for _ in range(3)]  # no dead object is left to make the next in
        gc.collect()
        Closing(g)
        gc.set_threshold(at)
        views: list[memoryview] = []
        try:
            with contextlib.suppress(ValueError):  # closed before the first
                for _ in range(12):
                    views.append(memoryview(g))
        finally:
            gc.set_threshold(*threshold)
        assert len(views) == (0 if g.closed else 12)
        assert all(list(view) == [0, 0, 0] for view in views + held)
        del views, held
    gc.collect()


NOTES = """
#include <tenon/tenon.h>
typedef struct note note;
struct note { double pitch; };
static note all[1000], *last;
static int used;
static long live;
long live_notes(void) { return live; }
note *note_new(double pitch) { last = &all[used++ % 1000]; last->pitch = pitch; live++; return last; }
void note_free(note *n) { if (last == n) last = NULL; n->pitch = -1; live--; }
double note_pitch(const note *n) { return n->pitch; }
note *note_same(note *n) { return n; }
note *last_note(void) { return last; }
/** @param[out] pitch its pitch */
note *last_note_and(double *pitch) { *pitch = last ? last->pitch : 0; return last; }
note *make_note(void) { return note_new(2); }
"""


@pytest.mark.parametrize(
    ("get", "free"),
    [
        (lambda c, notes: c.last_note(), lambda c, notes: notes.clear()),
        (lambda c, notes: c.last_note_and()[0], lambda c, notes: notes.clear()),
        (lambda c, notes: notes[0].same(), lambda c, notes: notes[0].close()),
        (lambda c, notes: c.make_note(), lambda c, notes: c.last_note().close()),
    ],
    ids=["another object", "another object beside an output", "an argument", "what nobody has yet"],
)
def test_a_finalizer_does_not_free_what_c_has_just_returned(
    build: Callable[[str], types.ModuleType], get: Callable[..., Any], free: Callable[..., None]
) -> None:
    c = build(NOTES)

    class Freeing:
        def __init__(self, notes: list[Any]) -> None:
            self.me, self.notes = self, notes

        def __del__(self) -> None:
            with contextlib.suppress(BufferError, IndexError, MemoryError):
                free(c, self.notes)

    threshold, notes, held = gc.get_threshold(), list[Any](), list[Any]()
    for at in range(1, 20):  # collected at one of the allocations of the call
        held += [c.note(1) for _ in range(3)]  # no dead object is left to make the next in
        notes = [c.note(2)]
        gc.collect()
        Freeing(notes)
        gc.set_threshold(at)
        try:
            got = get(c, notes)
        except (IndexError, MemoryError, ValueError):
            continue  # freed before the call
        finally:
            gc.set_threshold(*threshold)
        assert got.closed or got.pitch() == 2
        del got
    held.clear()
    notes.clear()
    gc.collect()
    assert c.live_notes() == 0


def test_objects_take_weak_references(c: types.ModuleType) -> None:
    g = c.grid(2, 1)
    called = []
    reference = weakref.ref(g, called.append)
    assert reference() is g
    del g
    assert reference() is None and len(called) == 1


def test_a_cycle_of_an_object_and_its_span_is_collected(c: types.ModuleType) -> None:
    class Holder(c.grid):
        pass

    freed = c.freed_grids()
    for _ in range(3):
        g = Holder(4, 1)
        g.span = tenon.Span(g)
        g.other = g
    del g
    gc.collect()
    assert c.freed_grids() == freed + 3


def test_a_cycle_that_a_buffer_holds_open_is_collected_after_it(c: types.ModuleType) -> None:
    class Holder(c.grid):
        pass

    freed = c.freed_grids()
    g = Holder(4, 1)
    g.span = tenon.Span(g)
    outside = memoryview(g.span)
    del g
    gc.collect()
    assert c.freed_grids() == freed and outside.tolist() == [0, 0, 0, 0]
    del outside
    gc.collect()
    assert c.freed_grids() == freed + 1


def test_classes_die_with_their_module(build: Callable[[str], types.ModuleType]) -> None:
    assert gc.is_tracked(build(SOURCE).grid)
    assert build(SOURCE).grid in gc.get_referents(build(SOURCE).grid(1, 1))


def drop(c: types.ModuleType, kind: str) -> None:
    if kind == "refused":
        with pytest.raises(TypeError):
            c.grid(3, "x")
        return
    g = c.grid(100, 1)
    if kind == "view":
        np.asarray(g)[:] = 1
    if kind == "views of two":
        g.larger(c.grid(3, 1))[1:]


@pytest.mark.parametrize("kind", ["object", "view", "views of two", "refused"])
def test_many_objects_leave_nothing_behind(c: types.ModuleType, kind: str) -> None:
    for _ in range(200):
        drop(c, kind)
    gc.collect()
    before = sys.getallocatedblocks()
    for _ in range(2000 if kind == "refused" else 20000):
        drop(c, kind)
    gc.collect()
    assert sys.getallocatedblocks() - before < 50


def test_every_failed_allocation_is_a_memory_error_and_nothing_is_lost(c: types.ModuleType) -> None:
    def use() -> None:
        g = c.grid(3, 1.0)
        g.values()
        memoryview(g)
        g.copy().larger(g)
        with g:
            g.spacing = g.spacing + 1
            repr(g)

    def nothing_left(failed: bool) -> None:
        gc.collect()
        assert c.live_grids() == 0

    use()
    assert fail_each_allocation(use, nothing_left) > 5


# --- any order of things ----------------------------------------------------------------------------------------------


class Life:
    """Objects and views of them, and what must be true of both, kept by hand."""

    def __init__(self, c: types.ModuleType) -> None:
        self.c = c
        self.objects: list[Any] = []  # what Python refers to
        self.views: list[tuple[int, Any]] = []  # number of the object, and the view
        self.numbers: dict[int, int] = {}  # id of an object → its number
        self.open: set[int] = set()
        self.made = 0

    def make(self, g: Any) -> None:
        self.objects.append(g)
        self.numbers[id(g)] = self.made
        self.open.add(self.made)
        self.made += 1

    def number(self, g: Any) -> int:
        return self.numbers[id(g)]

    def viewed(self, g: Any) -> int:
        return sum(number == self.number(g) for number, _ in self.views)

    def do(self, what: str, pick: int, kind: int) -> None:
        if what == "make" or not self.objects:
            return self.make(self.c.grid(3, 1))
        g = self.objects[pick % len(self.objects)]
        is_open = self.number(g) in self.open
        if what == "drop":
            self.objects.remove(g)
            if not self.viewed(g):
                self.open.discard(self.number(g))
        elif what == "drop view":
            if self.views:
                self.views.pop(pick % len(self.views))
                kept = {number for number, _ in self.views} | {self.number(x) for x in self.objects}
                self.open &= kept
        elif not is_open:
            assert g.closed
            with pytest.raises(ValueError, match="closed"):
                self.view(g, kind)
            g.close()
        elif what == "copy":
            self.make(g.copy())
        elif what == "view":
            self.views.append((self.number(g), self.view(g, kind)))
        elif self.viewed(g):
            with pytest.raises(BufferError, match=rf"{self.viewed(g)} view"):
                self.change(g, what)
        else:
            self.change(g, what)
            if what == "close":
                self.open.discard(self.number(g))

    def view(self, g: Any, kind: int) -> Any:
        return [np.asarray, memoryview, tenon.Span, lambda g: g.values()[1:], lambda g: g.peek()][kind](g)

    def change(self, g: Any, what: str) -> None:
        if what == "close":
            g.close()
        else:
            g.resize(7)

    def check(self) -> None:
        assert self.c.live_grids() == len(self.open)
        for number, view in self.views:
            assert number in self.open and len(view) in (2, 3, 6, 7)
            assert all(value == 0 for value in view)


DEEDS = st.tuples(
    st.sampled_from(["make", "copy", "view", "view", "drop view", "close", "resize", "drop"]),
    st.integers(0, 9), st.integers(0, 4),
)  # fmt: skip


@settings(max_examples=150)
@given(st.lists(DEEDS, max_size=40))
def test_whatever_happens_an_object_lives_exactly_as_long_as_it_is_needed(
    c: types.ModuleType, deeds: list[tuple[str, int, int]]
) -> None:
    life = Life(c)
    for deed in deeds:
        life.do(*deed)
        life.check()


AT_EXIT = """
import sys, threading
sys.path.insert(0, {folder!r})
import numpy as np
from {name} import grid, live_grids
class Holder(grid):
    pass
objects = [grid(3, 1) for _ in range(3)]
views = [np.asarray(g) for g in objects] + [memoryview(g) for g in objects]
cycle = Holder(3, 1)
cycle.me, cycle.view = cycle, memoryview(cycle)
threading.Thread(target=objects[0].wait, daemon=True).start()
"""


def test_objects_may_be_alive_when_the_interpreter_ends(c: types.ModuleType) -> None:
    assert c.__file__ is not None
    code = AT_EXIT.format(folder=str(Path(c.__file__).parent), name=c.__name__)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
