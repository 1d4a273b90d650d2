# SPDX-License-Identifier: BSD-3-Clause
"""What must not go wrong with memory, whatever the caller passes: NULL, sharing, alignment, counts, threads."""

import threading
import time
from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

SOURCE = """
#include <tenon/tenon.h>
#include <unistd.h>

typedef struct { int32_t a; float b; } pair;
typedef struct { _Alignas(64) double v[8]; } wide;

/** @param[in,out] t [] or NULL */
int bump(double *t)
{
    if (t != NULL)
        *t += 1;
    return t != NULL;
}

/** @param[in,out] t [] or NULL
 *  @param[out] y */
void shift(double x, double *t, double *y)
{
    *y = x + (t != NULL ? (*t)++ : 0);
}

/** @param[out] sum */
void plus_sum(double x, size_t n, const double a[n], double *sum)
{
    *sum = x;
    for (size_t i = 0; i < n; i++)
        *sum += a[i];
}

/** @param[out] p */
void pairs(size_t n, const double x[n], pair p[n])
{
    for (size_t i = 0; i < n; i++)
        p[i] = (pair){(int32_t)x[i], (float)x[i]};
}

void nothing(double x, double y)
{
    (void)x, (void)y;
}

ptrdiff_t address(size_t n, const wide w[n])
{
    (void)n;
    return (ptrdiff_t)((uintptr_t)w % 64);
}

void written(tn_span s)
{
    (void)s;
}

void beside(const tn_span s, size_t n, int32_t x[n])
{
    (void)s, (void)n, (void)x;
}

/** The sum of the extents, looked at once more after a while.
 *  @threadsafe */
ptrdiff_t patient(const tn_span s)
{
    ptrdiff_t total = 0;
    for (int look = 0; look < 2; look++) {
        for (int k = 0; k < s.ndim; k++)
            total += s.shape[k];
        usleep(look == 0 ? 300000 : 0);
    }
    return total;
}
"""


@pytest.fixture(scope="module")
def m(build: Callable[..., ModuleType]) -> ModuleType:
    return build(SOURCE)


def test_an_optional_value_in_place_that_is_none_stays_none(m: ModuleType) -> None:
    assert m.bump() == (0, None)
    assert m.bump(None) == (0, None)
    assert m.bump(1) == (1, 2.0)


def test_an_optional_value_in_place_that_is_none_stays_none_in_a_batch(m: ModuleType) -> None:
    t, y = m.shift.batch(np.arange(3.0), None)
    assert t is None
    assert y.tolist() == [0, 1, 2]
    t, y = m.shift.batch(np.arange(3.0), 2.0)
    assert (t.tolist(), y.tolist()) == ([3, 3, 3], [2, 3, 4])


def test_a_batch_refuses_an_output_that_lies_on_what_every_point_reads(m: ModuleType) -> None:
    x, a = np.zeros(3), np.arange(3.0)  # all of a is read at every point
    with pytest.raises(ValueError, match="shares memory"):
        m.plus_sum.batch(x, a, sum=a)
    assert m.plus_sum.batch(x, a, sum=x).tolist() == [3, 3, 3]


def test_renaming_the_fields_of_an_output_does_not_rename_those_of_the_next(m: ModuleType) -> None:
    for _ in range(3):
        p = m.pairs(np.ones(2))
        assert p.dtype.names == ("a", "b")
        p.dtype.names = ("u", "v")
    assert m.pairs.batch(np.ones((2, 2))).dtype.names == ("a", "b")


def test_outputs_share_their_dtype_until_somebody_changes_it(build: Callable[..., ModuleType]) -> None:
    m = build(SOURCE + "/* in which nobody has */")
    first = m.pairs(np.ones(2))
    assert m.pairs(np.ones(3)).dtype is first.dtype
    first.dtype.names = ("u", "v")
    assert m.pairs(np.ones(3)).dtype is not first.dtype


def test_a_loop_of_more_points_than_can_be_counted_is_refused(m: ModuleType) -> None:
    one = np.float64(1)
    x, y = np.broadcast_to(one, (2**40, 1)), np.broadcast_to(one, (1, 2**40))
    with pytest.raises(ValueError, match="more points than can be counted"):
        m.nothing.batch(x, y)
    assert m.nothing.batch(x[None, :, :], np.zeros((0, 1, 2))) is None


def test_an_array_without_elements_is_aligned_for_its_type(m: ModuleType) -> None:
    assert m.address(np.zeros(0, m.wide)) == 0
    assert m.address(np.zeros(72, "u1")[1:1].view(m.wide)) == 0


def test_a_span_keeps_its_shape_while_another_thread_changes_that_of_the_array(m: ModuleType) -> None:
    a = np.zeros((2, 3, 4))
    totals: list[int] = []
    thread = threading.Thread(target=lambda: totals.append(m.patient(a)))
    thread.start()
    time.sleep(0.1)
    for _ in range(100):
        a.resize((24,), refcheck=False)
        a.resize((1, 2, 1, 3, 4), refcheck=False)
    thread.join()
    assert totals == [18]


def test_indirect_memory_that_may_overlap_is_refused_for_what_it_is(m: ModuleType) -> None:
    testbuffer = pytest.importorskip("_testbuffer")
    flags = testbuffer.ND_PIL | testbuffer.ND_WRITABLE
    indirect = testbuffer.ndarray([1, 2, 3, 4], shape=[2, 2], format="L", flags=flags)
    with pytest.raises(ValueError, match=r"written\(\): s is indirect"):
        m.written(indirect)
    with pytest.raises(ValueError, match=r"beside\(\): s is indirect"):
        m.beside(indirect, np.zeros(2, "i4"))


def test_a_keyword_that_is_no_text_is_an_unexpected_one(m: ModuleType) -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument"):
        m.bump(**{"\ud800": 1})
