# SPDX-License-Identifier: BSD-3-Clause
"""tn_status and tn_error: what C says of its failures is what the exception says."""

import types
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tenon

SOURCE = """
#include <stdlib.h>
#include <tenon/tenon.h>
#define message hidden
#define status hidden

/** A status, in words of its own. */
tn_status check(int x, tn_error *err)
{
    return x < 0 ? tn_fail(err, TN_WRONG_VALUE, "x is %d, and must not be negative", x) : TN_OK;
}

/** A status, and no words. */
tn_status silent(int code, tn_error *err) { (void)err; return (tn_status)code; }

/** No status: what is said is the error. */
double root(double x, tn_error *err)
{
    if (x < 0)
        tn_fail(err, TN_OUT_OF_RANGE, "%g has no root", x);
    return x / 2;
}

void any(tn_error *err, int code)
{
    if (code)
        tn_fail(err, (tn_status)code, "said in words: \\xc3\\xa4");
}

tn_array zeros(ptrdiff_t n, tn_error *err)
{
    tn_array out;
    tn_array_zeros(&tn_type_float64, 1, &n, TN_ORDER_C, &out, err);
    return out;
}

typedef struct thing thing;
struct thing { int value; };
thing *thing_new(int value, tn_error *err)
{
    if (value < 0) {
        tn_fail(err, TN_WRONG_VALUE, "value is negative");
        return NULL;
    }
    thing *t = malloc(sizeof *t);
    t->value = value;
    return t;
}
void thing_free(thing *t) { free(t); }
/** @attribute */
int thing_value(const thing *t, tn_error *err) { if (t->value == 13) tn_fail(err, TN_WRONG_VALUE, "it is 13");
    return t->value; }
/** @attribute */
tn_status thing_set_value(thing *t, int value, tn_error *err)
{
    if (value < 0)
        return tn_fail(err, TN_WRONG_VALUE, "value is negative");
    t->value = value;
    return TN_OK;
}

/** @param[out] y half of x */
tn_status halve(size_t n, const int x[n], int y[n], tn_error *err)
{
    for (size_t i = 0; i < n; i++) {
        if (x[i] % 2)
            return tn_fail(err, TN_WRONG_VALUE, "x[%zu] is odd", i);
        y[i] = x[i] / 2;
    }
    return TN_OK;
}

/** @throws 7 out of luck */
int lucky(int x, tn_error *err) { if (x == 8) tn_fail(err, TN_BUSY, "eight is busy"); return x; }
"""


@pytest.fixture(scope="module")
def c(build: Callable[[str], types.ModuleType]) -> types.ModuleType:
    return build(SOURCE)


FAILURES = [
    (lambda c: c.check(-3), ValueError, "check(): x is -3, and must not be negative", 3),
    (lambda c: c.silent(5), BufferError, "silent(): memory is in use by a view (code 5)", 5),
    (lambda c: c.root(-4.0), OverflowError, "root(): -4 has no root", 4),
    (lambda c: c.any(1), MemoryError, "any(): said in words: ä", 1),
    (lambda c: c.any(2), TypeError, "any(): said in words: ä", 2),
    (lambda c: c.any(77), tenon.CallError, "any(): said in words: ä", 77),
    (lambda c: c.zeros(-1), ValueError, "zeros(): extent 0 is -1, and must not be negative", 3),
    (lambda c: c.thing(-1), ValueError, "thing(): value is negative", 3),
    (lambda c: setattr(c.thing(1), "value", -1), ValueError, "thing.value(): value is negative", 3),
    (lambda c: c.thing(13).value, ValueError, "thing.value(): it is 13", 3),
    (lambda c: c.halve(np.array([2, 3], np.int32)), ValueError, "halve(): x[1] is odd", 3),
    (lambda c: c.lucky(7), tenon.CallError, "lucky(): out of luck (code 7)", 7),
    (lambda c: c.lucky(8), tenon.CallError, "lucky(): eight is busy", 8),
]


@pytest.mark.parametrize(("call", "error", "message", "code"), FAILURES, ids=[row[2] for row in FAILURES])
def test_the_exception_is_the_statuss_and_its_words_are_cs(
    c: types.ModuleType, call: Callable[[types.ModuleType], object], error: type[BaseException], message: str, code: int
) -> None:
    with pytest.raises(error) as caught:
        call(c)
    raised: Any = caught.value
    assert (type(raised) is error, str(raised), raised.code, raised.point) == (True, message, code, None)


def test_success_says_nothing(c: types.ModuleType) -> None:
    assert c.check(3) is None and c.root(4) == 2 and c.any(0) is None
    assert c.zeros(2).tolist() == [0, 0] and c.thing(4).value == 4
    assert c.halve(np.array([2, 4], np.int32)).tolist() == [1, 2]


def test_in_a_batch_the_point_is_named(c: types.ModuleType) -> None:
    with pytest.raises(OverflowError, match=r"^root\(\): -9 has no root at point \(1, 0\)$") as caught:
        c.root.batch(np.array([[1.0, 4.0], [-9.0, -16.0]]))
    assert caught.value.point == (1, 0)
    with pytest.raises(ValueError, match=r"^halve\(\): x\[0\] is odd at point \(2,\)$"):
        c.halve.batch(np.array([[2], [4], [5]], np.int32))


def test_words_without_an_end_are_cut_between_characters(build: Callable[[str], types.ModuleType]) -> None:
    c = build("""
        #include <string.h>
        #include <tenon/tenon.h>
        /** @param[out] y  nothing */
        void fill(double x, double y[1], tn_error *err)
        {
            y[0] = x;
            err->status = TN_WRONG_VALUE;
            err->message[0] = 'x';
            for (size_t k = 1; k < sizeof err->message; k++)
                err->message[k] = k % 2 ? '\\303' : '\\244';
        }
    """)
    said = "fill(): x" + "ä" * 255
    for call, point in ((c.fill, ""), (c.fill.batch, " at point ()")):
        with pytest.raises(ValueError) as caught:
            call(1.0)
        assert str(caught.value) == said + point
    with pytest.raises(ValueError) as caught:
        c.fill.batch(np.ones(3))
    assert str(caught.value) == said + " at point (0,)"


def test_it_is_no_parameter(c: types.ModuleType) -> None:
    with pytest.raises(TypeError, match=r"check\(\) takes 1 argument \(x\), got 2"):
        c.check(1, 2)
    with pytest.raises(TypeError, match="unexpected keyword argument 'err'"):
        c.check(1, err=None)
