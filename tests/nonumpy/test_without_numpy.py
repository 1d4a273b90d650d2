# SPDX-License-Identifier: BSD-3-Clause
"""The engine where NumPy is not installed: arrays come and go through the buffer protocol.

`make test-nonumpy` runs these in an environment without NumPy; elsewhere they have nothing to say.
"""

import importlib.util
import resource
import struct
import sys
from array import array
from collections.abc import Callable
from types import ModuleType

import pytest

import tenon

SOURCE = """
#include <tenon/tenon.h>

double sum(size_t n, const double x[n])
{
    double total = 0;
    for (size_t i = 0; i < n; i++)
        total += x[i];
    return total;
}

void negate(size_t n, double x[n])
{
    for (size_t i = 0; i < n; i++)
        x[i] = -x[i];
}

/** @param[out] y  a times x */
void scale(size_t n, double a, const double x[n], double y[n])
{
    for (size_t i = 0; i < n; i++)
        y[i] = a * x[i];
}

/** @param[out] p  products of all pairs */
void outer(size_t m, size_t n, const double x[m], const double y[n], double p[m][n])
{
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++)
            p[i][j] = x[i] * y[j];
}

typedef struct { int32_t a; float b; } pair;

/** @param[out] q  copies */
void copy(size_t n, const pair p[n], pair q[n])
{
    for (size_t i = 0; i < n; i++)
        q[i] = p[i];
}

/** @param[out] y  [m][n] sums of the rows up to each
 *  @param x  [m][n] */
void running(int m, int n, const double *const *x, double **y)
{
    for (int i = 0; i < m; i++)
        for (int j = 0; j < n; j++)
            y[i][j] = x[i][j] + (i ? y[i - 1][j] : 0);
}

/** @throws 5 negative */
int check(double x) { return x < 0 ? 5 : 0; }
double add(double a, double b) { return a + b; }
double last(tn_const_f64_1 x) { return TN_AT(x, x.shape[0] - 1); }
float sum_f32(size_t n, const float x[n]) { return n ? x[0] : 0; }
TN_OVERLOAD(total, sum_f32, sum);

double table[3] = {1, 2, 3};
const double fixed[2] = {4, 5};
double table_first(void) { return table[0]; }
"""

pytestmark = pytest.mark.skipif(importlib.util.find_spec("numpy") is not None, reason="NumPy is installed here")


@pytest.fixture(scope="module")
def module(build) -> ModuleType:
    return build(SOURCE)


def test_a_buffer_is_read_in_place(module: ModuleType) -> None:
    assert module.sum(array("d", [1, 2, 3])) == 6


def test_a_buffer_is_written_in_place(module: ModuleType) -> None:
    x = array("d", [1, 2])
    module.negate(x)
    assert x.tolist() == [-1, -2]


def test_a_read_only_buffer_is_not_written(module: ModuleType) -> None:
    with pytest.raises(ValueError, match="read-only"):
        module.negate(memoryview(array("d", [1, 2])).toreadonly())


def test_an_output_is_memory_that_the_buffer_protocol_offers(module: ModuleType) -> None:
    y = memoryview(module.scale(2, array("d", [1, 2])))
    assert (y.format, y.shape, y.readonly, y.tolist()) == ("d", (2,), False, [2, 4])


def test_an_output_of_two_dimensions_has_its_shape(module: ModuleType) -> None:
    p = memoryview(module.outer(array("d", [1, 2]), array("d", [1, 10, 100])))
    assert p.tolist() == [[1, 10, 100], [2, 20, 200]]


def test_an_output_outlives_everything_it_came_from(module: ModuleType) -> None:
    view = memoryview(module.scale(2, array("d", range(1000))))
    assert view[999] == 1998


def test_an_output_is_a_span(module: ModuleType) -> None:
    y = module.scale(2, array("d", [1, 2]))
    assert repr(y) == "<tenon.Span float64[2]>" and y[1] == 4 and y.dtype == "float64"
    with pytest.raises(ImportError, match="NumPy"):
        y.numpy()
    with pytest.raises(AttributeError, match="NumPy"):
        y.dtype.dtype


def test_a_given_output_is_filled_and_returned(module: ModuleType) -> None:
    y = array("d", [0, 0])
    assert module.scale(3, array("d", [1, 2]), y=y) is y
    assert y.tolist() == [3, 6]


def test_an_element_type_that_does_not_fit_is_refused(module: ModuleType) -> None:
    with pytest.raises(TypeError, match=r"sum\(\): x must be float64\[n\], got float32\[1\]"):
        module.sum(array("f", [1]))


def test_a_batch_works_on_buffers(module: ModuleType) -> None:
    x = memoryview(array("d", range(6))).cast("B").cast("d", (3, 2))
    assert memoryview(module.sum.batch(x)).tolist() == [1, 5, 9]
    assert memoryview(module.add.batch(array("d", [1, 2]), 1)).tolist() == [2, 3]
    module.negate.batch(x)
    assert x.tolist() == [[0, -1], [-2, -3], [-4, -5]]


def test_errors_are_the_same(module: ModuleType) -> None:
    with pytest.raises(ValueError, match=r"scale\(\): n is 2 in x but 3 in y"):
        module.scale(2, array("d", [1, 2]), y=array("d", [0, 0, 0]))
    with pytest.raises(TypeError, match=r"sum\(\): x must be float64\[n\], got list"):
        module.sum([1.0])
    with pytest.raises(TypeError, match=r"total\(\): no candidate takes \(int8\[1\]\)"):
        module.total(array("b", [1]))
    with pytest.raises(tenon.CallError, match=r"check\(\): negative \(code 5\) at point \(1,\)"):
        module.check.batch(array("d", [1, -1]))
    with pytest.raises(ValueError, match="x must be C-contiguous"):
        module.sum(memoryview(array("d", range(6)))[::2])


def test_views_and_overloads_take_buffers(module: ModuleType) -> None:
    assert module.last(memoryview(array("d", range(6)))[::-2]) == 1
    assert module.total(array("f", [2])) == 2 and module.total(array("d", [2, 3])) == 5


def test_outputs_of_structures_have_a_format_that_says_so(module: ModuleType) -> None:
    source = memoryview(module.copy(Pairs()))
    assert source.itemsize == 8 and source.shape == (2,)
    assert bytes(source) == struct.pack("=ifif", 1, 2, 3, 4)
    assert bytes(module.copy(source)) == bytes(source)


class Pairs:
    """Two structures, through the array interface: plain buffers cannot name fields."""

    def __init__(self) -> None:
        self.memory = bytearray(struct.pack("=ifif", 1, 2, 3, 4))
        order = "<" if sys.byteorder == "little" else ">"
        self.__array_interface__ = {
            "version": 3,
            "shape": (2,),
            "typestr": "|V8",
            "descr": [("a", order + "i4"), ("b", order + "f4")],
            "data": self.memory,
        }


def test_static_memory_is_a_span(module: ModuleType) -> None:
    table = module.table
    assert type(table) is tenon.Span
    assert (table.tolist(), table.readonly, module.fixed.tolist(), module.fixed.readonly) == (
        [1, 2, 3],
        False,
        [4, 5],
        True,
    )
    table[0] = 7
    assert module.table_first() == 7
    with pytest.raises(ImportError, match="NumPy"):
        module.pair


def test_memory_is_made_and_grows(module: ModuleType) -> None:
    grid = tenon.zeros((2, 3), [("a", "<i4"), ("b", ">f4")], "rows")
    grid[1, 2] = (7, 0.5)
    assert grid[1].tolist() == [(0, 0), (0, 0), (7, 0.5)]
    numbers = tenon.growable("float64", array("d", [1, 2]))
    module.negate(numbers)
    with numbers.view(), pytest.raises(BufferError, match="1 view is alive"):
        numbers.append(3)
    numbers.extend(range(2))
    assert list(numbers) == [-1, -2, 0, 1]


def test_memory_is_flat_over_many_outputs(module: ModuleType) -> None:
    x = array("d", range(100_000))
    for _ in range(2000):  # 1.6 GB if nothing were freed
        module.scale(2, x)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert peak < (1 << 20 if sys.platform.startswith("linux") else 1 << 30)


def test_coerce_asks_for_numpy(module: ModuleType) -> None:
    with pytest.raises(ImportError, match="[Nn]um[Pp]y"):
        module.sum.coerce([1.0])


def test_a_ufunc_asks_for_numpy(module: ModuleType) -> None:
    with pytest.raises(ImportError, match="[Nn]um[Pp]y"):
        module.sum.ufunc


def test_numpy_was_never_imported(module: ModuleType) -> None:
    assert "numpy" not in sys.modules


def test_rows_are_gathered_from_any_buffers(module: ModuleType) -> None:
    rows = [array("d", [1, 2]), memoryview(array("d", [3, 4])), tenon.Span(array("d", [5, 6]))]
    expected = [[1, 2], [4, 6], [9, 12]]
    assert module.running(rows).tolist() == expected
    assert module.running(tenon.rows(rows)).tolist() == expected
    with pytest.raises(TypeError, match=r"x\[1\] must be float64\[n\], got float32\[2\]"):
        module.running([rows[0], array("f", [1, 2])])
    mine = [array("d", [0, 0]) for _ in rows]
    assert module.running(rows, y=mine) is mine
    assert [row.tolist() for row in mine] == expected


def test_indirect_memory_needs_no_numpy() -> None:
    from tenon.indirect import BufferCollection2D, IndirectMemory2D

    memory = IndirectMemory2D.create_memory(2, 2, "d")
    memory.copy_from(BufferCollection2D([array("d", [1, 2]), array("d", [3, 4])]))
    assert memoryview(memory).tolist() == [[1, 2], [3, 4]]


HANDLES = """
#include <stdlib.h>
#include <tenon/tenon.h>

typedef struct line { ptrdiff_t n; double *values; } line;
line *line_new(size_t n)
{
    line *l = malloc(sizeof *l);
    *l = (line){(ptrdiff_t)n, calloc(n + 1, sizeof(double))};
    return l;
}
void line_free(line *l) { free(l->values); free(l); }
/** @buffer */
tn_array line_values(line *l)
{
    static const ptrdiff_t stride[] = {sizeof(double)};
    return (tn_array){.span = {.data = l->values, .type = &tn_type_float64, .ndim = 1, .shape = &l->n,
                               .strides = stride}};
}
double line_sum(const line *l) { double t = 0; for (ptrdiff_t i = 0; i < l->n; i++) t += l->values[i]; return t; }
tn_array arrange(ptrdiff_t n)
{
    tn_array out;
    if (tn_array_new(&tn_type_float64, 1, &n, TN_ORDER_C, &out, NULL) == TN_OK)
        for (ptrdiff_t i = 0; i < n; i++)
            ((double *)out.span.data)[i] = (double)i;
    return out;
}
static tn_array kept;
void keep(tn_array x) { tn_array_release(&kept); kept = x; }
void forget(void) { tn_array_release(&kept); }
"""


def test_objects_of_c_and_their_memory_need_no_numpy(build: Callable[[str], ModuleType]) -> None:
    c = build(HANDLES)
    line = c.line(3)
    values = line.values()
    assert isinstance(values, tenon.Span)
    values[1] = 5
    assert line.sum() == 5 and memoryview(line).tolist() == [0, 5, 0]
    with pytest.raises(BufferError, match="1 view of its memory is alive"):
        line.close()
    values.release()
    line.close()


def test_memory_of_c_is_a_span_without_numpy(build: Callable[[str], ModuleType]) -> None:
    c = build(HANDLES)
    numbers = c.arrange(3)
    assert isinstance(numbers, tenon.Span) and numbers.tolist() == [0, 1, 2]
    mine = bytearray(8)
    c.keep(mine)
    with pytest.raises(BufferError):
        mine.append(1)
    c.forget()
