# SPDX-License-Identifier: BSD-3-Clause
"""tn_array in prototypes: what C hands over, what it shares, what it keeps."""

import gc
import sys
import threading
import types
import warnings
import weakref
from array import array
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from nomemory import fail_each_allocation

import tenon

SOURCE = """
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <tenon/tenon.h>

static long live, released;
long live_arrays(void) { return live; }
long released_arrays(void) { return released; }

static void let_go(void *memory) { live--; released++; free(memory); }

/** n numbers from 0, in memory of malloc. */
tn_array arrange(size_t n)
{
    tn_array out;
    double *x = malloc((n + 1) * sizeof *x);
    ptrdiff_t shape = (ptrdiff_t)n, stride = sizeof *x;
    for (size_t i = 0; i < n; i++)
        x[i] = (double)i;
    live++;
    tn_span span = {.data = x, .type = &tn_type_float64, .ndim = 1, .shape = &shape, .strides = &stride};
    tn_array_wrap(&span, let_go, x, &out, NULL);
    return out;
}

/** In the order of Fortran, or of C. */
tn_array filled(ptrdiff_t m, ptrdiff_t n, bool fortran)
{
    tn_array out;
    ptrdiff_t shape[2] = {m, n};
    if (tn_array_zeros(&tn_type_int32, 2, shape, fortran ? TN_ORDER_F : TN_ORDER_C, &out, NULL) != TN_OK)
        return out;
    for (ptrdiff_t i = 0; i < m; i++)
        for (ptrdiff_t j = 0; j < n; j++)
            *(int32_t *)((char *)out.span.data + i * out.span.strides[0] + j * out.span.strides[1]) = (int32_t)(10 * i
                + j);
    return out;
}

/** Its rows lie anywhere. */
tn_array scattered(ptrdiff_t m, ptrdiff_t n)
{
    tn_array out;
    ptrdiff_t shape[2] = {m, n};
    tn_array_zeros(&tn_type_float64, 2, shape, TN_ORDER_ROWS, &out, NULL);
    return out;
}

/** From its last to its first. */
tn_array reversed(size_t n)
{
    tn_array all = arrange(n), out;
    ptrdiff_t stride = -(ptrdiff_t)sizeof(double);
    tn_span view = all.span;
    view.data = (char *)view.data + (n - 1) * sizeof(double);
    view.strides = &stride;
    tn_array_share(&all, &view, &out, NULL);
    tn_array_release(&all);
    return out;
}

tn_array number(double value)
{
    tn_array out;
    if (tn_array_new(&tn_type_float64, 0, NULL, TN_ORDER_C, &out, NULL) == TN_OK)
        *(double *)out.span.data = value;
    return out;
}

typedef struct { int32_t a; float b; } pair;
tn_array pairs(ptrdiff_t n)
{
    static const tn_field fields[] = {{"a", &tn_type_int32, 0}, {"b", &tn_type_float32, 4}};
    static const tn_type type = {.kind = TN_STRUCT, .byteorder = TN_NO_ORDER, .alignment = 4, .itemsize = 8,
        .nfields = 2,
                                 .fields = fields};
    tn_array out;
    if (tn_array_zeros(&type, 1, &n, TN_ORDER_C, &out, NULL) == TN_OK)
        for (ptrdiff_t i = 0; i < n; i++)
            ((pair *)out.span.data)[i] = (pair){(int32_t)i, 0.5f * (float)i};
    return out;
}

/** Element types by number. */
tn_array typed(int which)
{
    static const tn_type big = {.kind = TN_FLOAT, .byteorder = '>', .alignment = 1, .itemsize = 8};
    static const tn_type day = {.kind = TN_DATETIME, .byteorder = TN_NATIVE, .alignment = 8, .itemsize = 8,
        .name = "D"};
    static const tn_type name = {.kind = TN_BYTES, .byteorder = TN_NO_ORDER, .alignment = 1, .itemsize = 5};
    const tn_type *const types[] = {&tn_type_bool, &tn_type_float16, &tn_type_complex128, &big, &day, &name,
                                    &tn_type_bfloat16, &tn_type_longdouble};
    tn_array out;
    ptrdiff_t n = 3;
    tn_array_zeros(types[which], 1, &n, TN_ORDER_C, &out, NULL);
    return out;
}

static double shared[3] = {1, 2, 3};
/** Memory that is always there. */
tn_array static_memory(bool readonly)
{
    static const ptrdiff_t shape[] = {3}, strides[] = {sizeof(double)};
    return (tn_array){.span = {.data = shared, .type = &tn_type_float64, .ndim = 1, .shape = shape, .strides = strides,
                               .flags = readonly ? TN_READONLY : 0}};
}

static void count_release(tn_array *self) { (void)self; released++; }
/** What C may get wrong. */
tn_array wrong(int how)
{
    static const ptrdiff_t shape[] = {3}, negative[] = {-1}, huge[] = {PTRDIFF_MAX}, strides[] = {8},
        wide[] = {PTRDIFF_MAX};
    static const tn_type object = {.kind = TN_OBJECT, .byteorder = TN_NATIVE, .alignment = 8, .itemsize = 8};
    tn_array out = {.span = {.data = shared, .type = &tn_type_float64, .ndim = 1, .shape = shape, .strides = strides},
                    .release = count_release};
    if (how == 0) out.span.data = NULL;
    if (how == 1) out.span.type = NULL;
    if (how == 2) out.span.shape = negative;
    if (how == 3) out.span.shape = huge;
    if (how == 4) out.span.strides = wide;
    if (how == 5) out.span.ndim = -1;
    if (how == 6) out.span.ndim = 65;
    if (how == 7) out.span.shape = NULL;
    if (how == 8) out.span.strides = NULL;
    if (how == 9) out.span.type = &object;
    return out;
}

/** @param[out] n how many
 *  @param[out] squares of the numbers */
tn_array both(ptrdiff_t count, ptrdiff_t *n, double squares[count])
{
    *n = count;
    for (ptrdiff_t i = 0; i < count; i++)
        squares[i] = (double)(i * i);
    return arrange((size_t)count);
}

/* --- what is kept ----------------------------------------------------------------------------------------------- */

static tn_array kept;
/** Keep x, in place of what was kept. */
void keep(tn_array x) { tn_array_release(&kept); kept = x; }
void forget(void) { tn_array_release(&kept); }
double kept_at(ptrdiff_t i) { return *(double *)((char *)kept.span.data + i * kept.span.strides[0]); }
void kept_set(ptrdiff_t i, double value) { *(double *)((char *)kept.span.data + i * kept.span.strides[0]) = value; }
bool kept_readonly(void) { return kept.span.flags & TN_READONLY; }
int kept_byteorder(void) { return kept.span.type->byteorder; }
int kept_ndim(void) { return kept.span.ndim; }
ptrdiff_t kept_stride(int axis) { return kept.span.strides[axis]; }
bool keeps_something(void) { return kept.span.data != NULL; }
/** @param x or NULL */
void keep_or_not(tn_array x) { keep(x); }
/** Not reached where y is wrong. */
void keep_beside(tn_array x, double y) { (void)y; keep(x); }
/** @throws 1 always */
int keep_and_fail(tn_array x) { keep(x); return 1; }
/** Whoever is given an array may give it back. */
tn_array give(void) { return tn_array_move(&kept); }

static void *in_thread(void *unused) { (void)unused; tn_array_release(&kept); return NULL; }
/** @threadsafe */
void forget_in_thread(void) { pthread_t t; pthread_create(&t, NULL, in_thread, NULL); pthread_join(t, NULL); }
"""


@pytest.fixture(scope="module")
def c(build: Callable[..., types.ModuleType]) -> types.ModuleType:
    return build(SOURCE)


@pytest.fixture(autouse=True)
def nothing_leaks(c: types.ModuleType) -> Iterator[None]:
    gc.collect()
    before = c.live_arrays()
    yield
    c.forget()
    gc.collect()
    assert c.live_arrays() == before


# --- what C hands over ------------------------------------------------------------------------------------------------


def test_what_c_returns_is_an_array_over_its_own_memory(c: types.ModuleType) -> None:
    x = c.arrange(4)
    assert type(x) is np.ndarray and x.tolist() == [0, 1, 2, 3]
    assert type(x.base).__name__ in ("Memory", "Block") and not x.flags.owndata
    assert x.flags.writeable and x.flags.c_contiguous and x.flags.aligned


def test_it_is_freed_when_the_last_view_dies_and_not_before(c: types.ModuleType) -> None:
    released = c.released_arrays()
    x = c.arrange(4)
    part = memoryview(x[1:])[1:]
    del x
    gc.collect()
    assert c.released_arrays() == released and part.tolist() == [2, 3]
    del part
    assert c.released_arrays() == released + 1


LAYOUTS = [
    ("C order", lambda c: c.filled(2, 3, False), [[0, 1, 2], [10, 11, 12]], (12, 4)),
    ("Fortran order", lambda c: c.filled(2, 3, True), [[0, 1, 2], [10, 11, 12]], (4, 8)),
    ("negative stride", lambda c: c.reversed(3), [2, 1, 0], (-8,)),
    ("no dimensions", lambda c: c.number(2.5), 2.5, ()),
    ("no elements", lambda c: c.arrange(0), [], (8,)),
]


@pytest.mark.parametrize(("call", "values", "strides"), [row[1:] for row in LAYOUTS], ids=[row[0] for row in LAYOUTS])
def test_every_layout_stays_what_it_is(
    c: types.ModuleType, call: Callable[[types.ModuleType], Any], values: object, strides: tuple[int, ...]
) -> None:
    x = call(c)
    assert x.tolist() == values and x.strides == strides


TYPES = [
    (0, "bool"), (1, "float16"), (2, "complex128"), (3, ">f8"), (4, "datetime64[D]"), (5, "S5"), (7, "longdouble"),
]  # fmt: skip


@pytest.mark.parametrize(("which", "dtype"), TYPES, ids=[row[1] for row in TYPES])
def test_every_element_type_stays_what_it_is(c: types.ModuleType, which: int, dtype: str) -> None:
    assert c.typed(which).dtype == np.dtype(dtype)


def test_structures_are_structures(c: types.ModuleType) -> None:
    p = c.pairs(3)
    assert p.dtype == np.dtype([("a", "i4"), ("b", "f4")])
    assert p.tolist() == [(0, 0), (1, 0.5), (2, 1)]


def test_what_numpy_cannot_say_is_a_span(c: types.ModuleType) -> None:
    rows = c.scattered(2, 3)
    assert type(rows) is tenon.Span and rows.shape == (2, 3) and rows.suboffsets is not None
    released = weakref.ref(rows)
    del rows
    assert released() is None


def test_a_type_that_numpy_has_to_be_taught_is_an_array_where_it_is(c: types.ModuleType) -> None:
    x = c.typed(6)
    try:
        import ml_dtypes
    except ImportError:
        assert type(x) is tenon.Span and str(x.dtype) == "bfloat16"
    else:
        assert x.dtype == ml_dtypes.bfloat16


def test_static_memory_is_shown_as_it_is(c: types.ModuleType) -> None:
    x = c.static_memory(False)
    x[0] = 5
    assert c.static_memory(True).tolist() == [5, 2, 3]
    with pytest.raises(ValueError, match="read-only"):
        c.static_memory(True)[0] = 1
    x[0] = 1


WRONG = [
    (0, MemoryError, "wrong(): C returned no array (out of memory)"),
    (1, ValueError, "wrong(): C returned an array that is described wrongly: there is no element type"),
    (2, ValueError, "wrong(): C returned an array that is described wrongly: extent 0 is -1"),
    (3, ValueError, "more bytes than an address can count"),
    (4, ValueError, "reach further than an address"),
    (5, ValueError, "-1 dimensions"),
    (6, ValueError, "65 dimensions"),
    (7, ValueError, "there is no shape"),
    (8, ValueError, "there is no array of strides"),
    (9, TypeError, "wrong(): C returned an array of Python objects"),
]


@pytest.mark.parametrize(("how", "error", "message"), WRONG, ids=[row[2] for row in WRONG])
def test_what_is_described_wrongly_is_refused_and_released(
    c: types.ModuleType, how: int, error: type[Exception], message: str
) -> None:
    released = c.released_arrays()
    with pytest.raises(error) as caught:
        c.wrong(how)
    assert message in str(caught.value)
    assert c.released_arrays() == released + 1


def test_an_array_stands_first_among_several_results(c: types.ModuleType) -> None:
    x, n, squares = c.both(3)
    assert (x.tolist(), n, squares.tolist()) == ([0, 1, 2], 3, [0, 1, 4])


def test_there_is_no_batch_of_what_owns_memory(c: types.ModuleType) -> None:
    with pytest.raises(TypeError, match=r"^arrange\(\) has no batch\(\): it returns memory of its own"):
        c.arrange.batch([1, 2])
    with pytest.raises(TypeError, match=r"^keep\(\) has no batch\(\): x is kept"):
        c.keep.batch(np.ones(2))


@pytest.mark.parametrize("what", ["arrange", "reversed", "pairs", "scattered"])
def test_many_arrays_leave_nothing_behind(c: types.ModuleType, what: str) -> None:
    arguments = (100, 3) if what == "scattered" else (100,)

    def make(times: int) -> None:
        for _ in range(times):
            getattr(c, what)(*arguments)
        gc.collect()

    make(200)
    before = sys.getallocatedblocks()
    make(20000)
    assert sys.getallocatedblocks() - before < 50


def test_every_failed_allocation_is_a_memory_error_and_nothing_is_lost(c: types.ModuleType) -> None:
    def use() -> None:
        c.arrange(3)
        c.both(3)
        c.scattered(2, 2)
        c.keep(np.ones(3))
        c.keep(bytearray(8))
        c.forget()

    def nothing_left(failed: bool) -> None:
        c.forget()
        gc.collect()
        assert c.live_arrays() == 0

    use()
    assert fail_each_allocation(use, nothing_left) > 5


# --- what C keeps -----------------------------------------------------------------------------------------------------


def test_c_keeps_the_callers_own_memory(c: types.ModuleType) -> None:
    x = np.array([1.0, 2.0, 3.0])
    c.keep(x)
    x[1] = 7
    assert c.kept_at(1) == 7
    c.kept_set(2, 9)
    assert x.tolist() == [1, 7, 9]


def test_what_is_kept_lives_until_it_is_released(c: types.ModuleType) -> None:
    class Own(np.ndarray):
        pass

    x = np.arange(3.0).view(Own)
    alive = weakref.ref(x)
    c.keep(x)
    del x
    gc.collect()
    assert alive() is not None and c.kept_at(2) == 2
    c.forget()
    gc.collect()
    assert alive() is None


def test_strides_byte_order_and_read_only_come_along(c: types.ModuleType) -> None:
    x = np.arange(12, dtype=">f8").reshape(3, 4)[::-1, ::2]
    x.flags.writeable = False
    c.keep(x)
    assert (c.kept_ndim(), c.kept_stride(0), c.kept_stride(1)) == (2, -32, 16)
    assert c.kept_readonly() and chr(c.kept_byteorder()) == ">"


KEPT = [
    ("bytes", b"12345678", True),
    ("a bytearray", bytearray(16), False),
    ("array.array", array("d", [1, 2]), False),
    ("a memoryview", memoryview(array("d", [1, 2, 3, 4]))[::2], False),
    ("a Span", tenon.Span(array("d", [1, 2])), False),
]


@pytest.mark.parametrize(("obj", "readonly"), [row[1:] for row in KEPT], ids=[row[0] for row in KEPT])
def test_any_exporter_is_kept(c: types.ModuleType, obj: Any, readonly: bool) -> None:
    c.keep(obj)
    assert c.kept_readonly() == readonly


def test_what_is_kept_cannot_be_resized(c: types.ModuleType) -> None:
    growing, x = bytearray(16), np.ones(3)
    c.keep(growing)
    with pytest.raises(BufferError):
        growing.append(1)
    c.keep(x)
    growing.append(1)
    with pytest.raises(ValueError, match="cannot resize"):
        x.resize(100)
    c.forget()


def test_a_view_is_kept_with_its_layout_of_then(c: types.ModuleType) -> None:
    x = np.arange(6.0)
    c.keep(x)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # NumPy 2.5 would have it go away
        x.shape = (2, 3)
    assert c.kept_ndim() == 1 and c.kept_at(5) == 5


def test_what_is_no_array_is_refused_and_nothing_kept(c: types.ModuleType) -> None:
    for obj, message in (
        ([1.0, 2.0], r"^keep\(\): x must be array, got list; np.asarray\(x\) makes an array of it$"),
        (None, r"^keep\(\): x must be array, got None$"),
        (np.array(["a", None], object), r"^keep\(\): x .*object"),
        (np.ma.masked_array([1.0], [True]), r"^keep\(\): x is a masked array"),
    ):
        with pytest.raises(TypeError, match=message):
            c.keep(obj)
        assert not c.keeps_something()


def test_none_is_no_array_where_c_allows_it(c: types.ModuleType) -> None:
    c.keep(np.ones(2))
    c.keep_or_not(None)
    assert not c.keeps_something()
    c.keep_or_not()
    c.keep_or_not(np.ones(2))
    assert c.keeps_something()


def test_a_call_that_fails_before_c_runs_keeps_nothing(c: types.ModuleType) -> None:
    x = bytearray(8)
    with pytest.raises(TypeError, match=r"keep_beside\(\): y must be float"):
        c.keep_beside(x, "y")
    x.append(1)

    class Raises:
        def __float__(self) -> float:
            raise KeyError("no")

    with pytest.raises(KeyError):
        c.keep_beside(x, Raises())
    x.append(1)
    assert not c.keeps_something()


def test_from_the_call_on_the_array_is_cs_also_where_it_fails(c: types.ModuleType) -> None:
    x = bytearray(8)
    with pytest.raises(tenon.CallError, match="always"):
        c.keep_and_fail(x)
    with pytest.raises(BufferError):
        x.append(1)
    c.forget()
    x.append(1)


def test_c_releases_from_a_thread_of_its_own(c: types.ModuleType) -> None:
    x = bytearray(8)
    c.keep(x)
    c.forget_in_thread()
    gc.collect()
    c.keep(b"")  # a safe point, should the main thread not have come to one
    x.append(1)


def test_many_threads_keep_and_forget(c: types.ModuleType) -> None:
    arrays = [np.full(3, float(k)) for k in range(4)]

    def work(x: np.ndarray) -> None:
        for _ in range(200):
            c.keep(x)

    threads = [threading.Thread(target=work, args=(x,)) for x in arrays]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert c.kept_at(0) in (0, 1, 2, 3)


def test_what_was_kept_can_be_given_back(c: types.ModuleType) -> None:
    x = np.arange(3.0)
    c.keep(x)
    again = c.give()
    assert again.ctypes.data == x.ctypes.data and not c.keeps_something()
    again[0] = 9
    assert x[0] == 9
    del x
    assert again.tolist() == [9, 1, 2]


def test_a_module_may_keep_what_another_call_returned(c: types.ModuleType) -> None:
    x = c.arrange(3)
    c.keep(x)
    del x
    assert c.kept_at(2) == 2 and c.live_arrays() == 1
    c.forget()
    gc.collect()
    c.keep(b"")
    assert c.live_arrays() == 0


def test_an_empty_container_needs_no_address(build: Callable[..., types.ModuleType]) -> None:
    c = build("""
        #include <tenon/tenon.h>
        static const ptrdiff_t shape[] = {0, 3}, strides[] = {24, 8};
        static tn_span nothing(void)
        {
            return (tn_span){.type = &tn_type_float64, .ndim = 2, .shape = shape, .strides = strides};
        }
        tn_array by_hand(void) { return (tn_array){.span = nothing()}; }
        tn_array wrapped(tn_error *err)
        {
            tn_array out;
            tn_span span = nothing();
            tn_array_wrap(&span, NULL, NULL, &out, err);
            return out;
        }
    """)
    for empty in (c.by_hand(), c.wrapped()):
        assert empty.shape == (0, 3) and empty.dtype == np.float64


def test_suboffsets_that_lead_nowhere_make_no_array_indirect(build: Callable[..., types.ModuleType]) -> None:
    c = build("""
        #include <tenon/tenon.h>
        static double values[] = {1, 2};
        static const ptrdiff_t shape[] = {2}, strides[] = {8}, direct[] = {-1};
        static tn_array show(int ndim)
        {
            return (tn_array){.span = {.data = values, .type = &tn_type_float64, .ndim = ndim, .shape = shape,
                                       .strides = strides, .suboffsets = direct}};
        }
        tn_array pair_of(void) { return show(1); }
        typedef struct one one;
        one *one_new(void) { return (one *)values; }
        void one_free(one *o) { (void)o; }
        /** @buffer */
        tn_array one_value(one *o) { (void)o; return show(0); }
    """)
    assert type(c.pair_of()) is np.ndarray and c.pair_of().tolist() == [1, 2]
    one = c.one()
    assert bytes(one) == np.float64(1).tobytes() and np.asarray(one) == 1 and tenon.Span(one).suboffsets == ()


def test_an_array_without_elements_may_have_any_other_extents(build: Callable[..., types.ModuleType]) -> None:
    c = build("""
        #include <stdint.h>
        #include <tenon/tenon.h>
        static const ptrdiff_t shape[] = {PTRDIFF_MAX, 0}, strides[] = {0, 8};
        typedef struct none none;
        none *none_new(void) { return (none *)&strides; }
        void none_free(none *n) { (void)n; }
        /** @buffer */
        tn_array none_values(none *n)
        {
            return (tn_array){.span = {.data = n, .type = &tn_type_float64, .ndim = 2, .shape = shape,
                                       .strides = strides}};
        }
    """)
    empty = c.none()
    for view in (memoryview(empty), memoryview(tenon.Span(empty))):
        assert (view.shape, view.nbytes) == ((sys.maxsize, 0), 0)


@pytest.mark.parametrize("stride", [8, -8])
def test_a_chain_of_arrays_that_c_keeps_and_hands_over_ends_whatever_its_length(
    build: Callable[..., types.ModuleType], stride: int
) -> None:
    c = build("""
        #include <stdlib.h>
        #include <tenon/tenon.h>
        static long live;
        long alive(void) { return live; }
        typedef struct link { tn_array kept; ptrdiff_t shape[1], strides[1]; double values[3]; } link;
        static void let_go(tn_array *array)
        {
            link *l = array->owner;
            array->release = NULL;
            tn_array_release(&l->kept);
            free(l);
            live--;
        }
        tn_array wrap(tn_array kept, int stride)
        {
            link *l = malloc(sizeof *l);
            *l = (link){kept, {2}, {stride}, {1, 2, 3}};
            live++;
            return (tn_array){.span = {.data = l->values + 1, .type = &tn_type_float64, .ndim = 1, .shape = l->shape,
                                       .strides = l->strides}, .release = let_go, .owner = l};
        }
    """)
    array = np.zeros(2)
    for _ in range(200_000):
        array = c.wrap(array, stride)
    assert c.alive() == 200_000
    del array
    for _ in range(100_000):  # the last of them by and by
        if c.alive() == 0:
            break
    assert c.alive() == 0
