# SPDX-License-Identifier: BSD-3-Clause
"""Every row of the rule table, built and called: cases/everything.c."""

import inspect
import re

import numpy as np
import pytest
from tests_bind import CASES, compiles, load, run_tenon

import tenon


@pytest.fixture(scope="module")
def e(tmp_path_factory):
    folder = tmp_path_factory.mktemp("everything")
    done = run_tenon("build", CASES / "everything.c", "-o", folder, cwd=folder)
    assert done.status == 0, done.err
    return load(folder, "everything")


def x(*shape):
    return np.arange(float(np.prod(shape))).reshape(shape)


PAIR = np.dtype([("a", np.int32), ("b", np.float32)])
PAIRS = np.array([(1, 0.5), (2, 1.5)], PAIR)

# function, positional arguments, result
CALLS = [
    ("mean", (x(2, 3),), 2.5),
    ("scale", (2.0, np.array([3.0, -1.0])), (np.array([6.0, -2.0]), -2.0)),
    ("dot", (x(3), x(3)), 5.0),
    ("linspace", (5, 0, 1), np.linspace(0, 1, 5)),
    ("norm2", (x(3),), 5.0),
    ("trace", (x(2, 4),), 5.0),
    ("head", (x(5) + 2, x(3) + 3), 6.0),
    ("sums", (2, x(3)), np.array([1.0, 3.0])),
    ("unpack", (2, x(3)), np.array([[0.0, 1.0], [1.0, 2.0]])),
    ("apply", ({"scale": 2, "steps": 1, "label": b"x", "matrix": [[0, 4], [0, 0]], "inner": (8, 0)}, 10.0), 33.0),
    ("first_of", ((7, 0.5),), 7),
    ("first_of", (PAIRS[1],), 2),
    ("make_pair", (3, (1, 2.5)), ((3, 0.5), (4, 2.5))),
    ("dot3", (x(3), x(3)), 5.0),
    ("minimum", (x(6, 6)[::-2, 1::3],), 7.0),
    ("dimensions", (x(2, 3, 4),), 3),
    ("dimensions", (b"abc",), 1),
    ("pointers", (x(2), x(2, 2)), 2.0),
    ("advance", (3, 1.5), 4.5),
    ("leading", (x(2, 2) + 1,), 6.0),
    ("fortran", (x(4),), 6.0),
    ("weighted", (x(3),), 3.0),
    ("weighted", (x(3), None), 3.0),
    ("weighted", (x(3), x(3)), 5.0),
    ("length", (), -1),
    ("length", ("ä",), 2),
    ("length", (b"abc",), 3),
    ("count", (np.array([True, False, True]),), 2),
    ("longest", (np.array([1, 2.5], np.longdouble),), 2.5),
    ("opposite", (-1,), 1),
    ("summer", (b"\x01\xff",), 256),
    ("exactly", (np.array([-1], np.int8), np.array([3], np.uint8)), 2),
    ("greet", ("nobody",), "hello"),
    ("greet", ("Ünal",), "Ünal"),
    ("upper", ("q",), "Q"),
    ("is_odd", (3,), True),
    ("turn", (1 + 2j,), -2 + 1j),
    ("divide", (7, 3), (2, 1)),
    ("both", (1, 2.5), (1, 2.5)),
    ("solve", (0, x(2)), None),
    ("checked", (0,), None),
    ("mean_f32", (np.ones(3, np.float32),), 1.0),
    ("any_mean", (np.ones(3, np.float32),), 1.0),
    ("any_mean", (np.ones((3, 2)),), 1.0),
    ("twice", (3,), 6.0),
    ("lambda_", (1, 2), 3.0),
    ("unnamed", (3, 2), 1.0),
    ("only_read", (x(3),), 0.0),
    ("row_table", (x(2, 3),), 5.0),
    ("row_table", ([x(3), x(3) + 3],), 5.0),
    ("row_pointers", (x(2, 3)[::-1],), 2.0),
    ("row_pointers", ((x(3), x(3) + 3),), 5.0),
    ("row_pointers", ([],), 0.0),
]


@pytest.mark.parametrize(
    ("name", "arguments", "expected"), CALLS, ids=[f"{call[0]}-{k}" for k, call in enumerate(CALLS)]
)
def test_a_call_gives_what_c_computes(e, name, arguments, expected):
    result = getattr(e, name)(*arguments)
    assert type(result) is type(expected) or isinstance(expected, tuple)
    if isinstance(expected, tuple):
        assert len(result) == len(expected)
        for got, wanted in zip(result, expected, strict=True):
            np.testing.assert_array_equal(got, wanted)
    else:
        np.testing.assert_array_equal(result, expected)


def test_every_bound_function_is_called_here(e):
    written = {"clear", "negate", "apart", "doubler", "set3", "fill", "conjugate"}
    bound = {name for name in dir(e) if isinstance(getattr(e, name), tenon.Function | tenon.Overloads)}
    assert bound == {call[0] for call in CALLS} | written


def test_half_precision_is_summed(tmp_path):
    if not compiles("_Float16 x;"):
        pytest.skip("the compiler has no _Float16 here")
    assert run_tenon("build", CASES / "half.c", cwd=tmp_path).status == 0
    assert load(tmp_path, "half").half_sum(np.ones(3, np.float16)) == 3


def test_a_span_that_is_only_read_may_be_read_only(e):
    frozen = np.zeros(())
    frozen.flags.writeable = False
    assert e.dimensions(frozen) == 0
    with pytest.raises(ValueError, match=r"clear\(\): x .*read-only"):
        e.clear(frozen)


IN_PLACE = [
    ("negate", (x(3),), [0.0, -1.0, -2.0]),
    ("doubler", (PAIRS.copy(),), np.array([(2, 1.0), (4, 3.0)], PAIR)),
    ("set3", (x(3), 7), [7.0, 7.0, 7.0]),
    ("fill", (np.zeros(6, np.int32)[::2], 3), [3, 3, 3]),
    ("conjugate", (np.array([1 + 2j]),), [1 - 2j]),
    ("clear", (np.array(3.5),), 0.0),
]


@pytest.mark.parametrize(("name", "arguments", "expected"), IN_PLACE, ids=[call[0] for call in IN_PLACE])
def test_an_array_that_is_not_const_is_written_in_place(e, name, arguments, expected):
    assert getattr(e, name)(*arguments) is None
    np.testing.assert_array_equal(arguments[0], expected)


def test_restrict_forbids_overlap_and_allows_neighbours(e):
    values = x(6)
    e.apart(values[:3], values[3:])
    np.testing.assert_array_equal(values, [0, 1, 2, 0, 1, 2])
    with pytest.raises(ValueError, match="overlap|shares memory"):
        e.apart(values[:3], values[2:5])


def test_an_output_can_be_given_and_is_then_what_is_returned(e):
    y = np.empty(3)
    assert e.scale(2, x(3), y=y)[0] is y
    np.testing.assert_array_equal(y, [0, 2, 4])


ERRORS = [
    ("norm2", (x(2),), ValueError, r"norm2\(\): x must be float64\[3\]"),
    ("head", (x(2), x(3)), ValueError, r"head\(\): "),
    ("sums", (3, x(3)), ValueError, r"sums\(\): .*n \+ 1"),
    ("sums", (-1, x(0)), ValueError, r"sums\(\): n"),
    ("dot", (x(3), x(4)), ValueError, r"dot\(\): n is 3 in x but 4 in y"),
    ("weighted", (x(3), x(2)), ValueError, r"weighted\(\): n is 3 in x but 2 in w"),
    ("mean", (x(3),), TypeError, r"mean\(\): x must be float64\[m, n\], got float64\[3\]"),
    ("exactly", (np.ones(1, np.uint8), np.ones(1, np.uint8)), TypeError, r"a must be int8\[n\], got uint8\[1\]"),
    ("doubler", (np.zeros(1, [("a", "i4"), ("c", "f4")]),), TypeError, r"doubler\(\): p "),
    ("length", ("a\0b",), ValueError, r"length\(\): s "),
    ("upper", ("ab",), (TypeError, ValueError), r"upper\(\): c "),
    ("linspace", (2**40, 0, 1), OverflowError, r"linspace\(\): n "),
    ("linspace", (2.0, 0, 1), TypeError, r"linspace\(\): n "),
    ("any_mean", (np.ones(3, np.int32),), TypeError, r"any_mean\(\): "),
    ("solve", (3, x(1)), tenon.CallError, r"solve\(\): did not converge"),
    ("solve", (2, x(1)), tenon.CallError, r"solve\(\): was the second"),
    ("solve", (9, x(1)), tenon.CallError, r"solve\(\): .*9"),
    ("checked", (5,), BufferError, r"checked\(\): memory is in use by a view"),
]


@pytest.mark.parametrize(
    ("name", "arguments", "error", "message"), ERRORS, ids=[f"{c[0]}-{k}" for k, c in enumerate(ERRORS)]
)
def test_what_does_not_fit_is_an_error(e, name, arguments, error, message):
    with pytest.raises(error, match=message):
        getattr(e, name)(*arguments)


def test_constants_are_attributes(e):
    assert (e.ORDER, e.RATIO, e.GREETING, e.BIGGEST) == (4, 0.5, "hello", 2**64 - 1)
    assert (e.FIRST, e.SECOND, e.COLD, e.WARM) == (1, 2, -1, 1)


def test_static_memory_is_seen_and_not_copied(e):
    np.testing.assert_array_equal(e.table, [1, 2, 3, 4, 5, 6])
    e.table[0] = 9
    assert e.table[0] == 9
    e.table[0] = 1
    np.testing.assert_array_equal(e.primes, [[2, 3], [5, 7]])
    assert not np.asarray(e.primes).flags.writeable
    assert int(e.counter) == 7
    assert bytes(np.asarray(e.motto)) == b"plain\0"
    assert not hasattr(e, "hidden")


def test_structures_are_dtypes(e):
    assert e.pair == PAIR
    assert e.settings.names == ("scale", "steps", "label", "matrix", "inner")
    assert [e.settings.fields[name][1] for name in e.settings.names] == [0, 8, 12, 24, 56]
    assert e.settings["label"] == np.dtype("S8")
    assert e.settings["matrix"].shape == (2, 2)


def test_a_returned_structure_is_a_named_tuple(e):
    pair = e.both(1, 2.5)
    assert (pair.a, pair.b) == (1, 2.5)


def test_python_keywords_are_passed_by_keyword_with_an_underscore(e):
    assert e.lambda_(from_=1, None_=2) == 3


def test_help_and_signature_show_shapes_and_comment(e):
    assert str(inspect.signature(e.mean)) == "(x: float64[m, n]) -> float"
    assert "Mean of a matrix." in e.mean.__doc__
    assert re.search(r"x : float64\[m, n\]\n +the values", e.mean.__doc__)
    assert e.__doc__ == "One of every row of the rule table."


def test_signatures_of_batches(e):
    assert e.mean.signature == "(m,n)->()"
    assert e.scale.signature == "(),(n)->(n),()"
    assert e.unpack.signature == "(d0)->(n,n)"
    assert e.minimum.signature == "(d0,d1)->()"
    assert e.head.signature == "(d0),(n)->()"
    assert e.greet.signature is None


def test_batches_run_over_values_arrays_views_and_codes(e):
    np.testing.assert_array_equal(e.norm2.batch(x(4, 3)), (x(4, 3) ** 2).sum(axis=1))
    np.testing.assert_array_equal(e.norm2.batch(x(4, 6)[:, ::2].copy()), (x(4, 6)[:, ::2] ** 2).sum(axis=1))
    np.testing.assert_array_equal(e.twice.batch(x(2, 3)), 2 * x(2, 3))
    np.testing.assert_array_equal(e.twice.batch(x(6)[::2]), 2 * x(6)[::2])
    np.testing.assert_array_equal(e.minimum.batch(x(2, 3, 4)[:, ::-1]), [0, 12])
    codes = np.array([0, 0, 3, 0], np.int32)
    with pytest.raises(tenon.CallError, match="did not converge") as caught:
        e.solve.batch(codes, np.zeros((4, 1)))
    assert caught.value.point == (2,)


def test_unnamed_parameters_are_positional_only(tmp_path):
    done = run_tenon("build", "--header", CASES / "declared.h", "--lib", "m", "-o", tmp_path, cwd=tmp_path)
    assert done.status == 0, done.err
    declared = load(tmp_path, "declared")
    assert declared.cos(0) == 1
    assert declared.pow(2, exponent=3) == 8
    assert declared.frexp(12) == (0.75, 4)
    with pytest.raises(TypeError):
        declared.cos(arg0=0)


def test_names_of_the_c_library_neither_hijack_nor_are_hijacked(tmp_path):
    done = run_tenon("build", CASES / "hostile_names.c", "-o", tmp_path, cwd=tmp_path)
    assert done.status == 0, done.err
    m = load(tmp_path, "hostile_names")
    assert (m.gamma(3), m.y0(3), m.index(1, 2)) == (9, 10, 3)
    assert m.pairs(x(4)) == 6
    assert m.sum_float(np.ones(3, np.float32)) == 3
    assert m.sum_int(np.ones(3, np.int32)) == 3
    with pytest.raises(tenon.CallError, match="it is negative"):
        m.check(-1)
    assert (m.I, m.threads) == (5, 4)


def test_a_number_that_is_no_extent_may_be_negative(tmp_path):
    source = tmp_path / "offsets.c"
    source.write_text(
        "#include <stddef.h>\n"
        "#include <stdint.h>\n"
        "/** @param[out] d  a diagonal */\n"
        "void diagonal(int n, int8_t k, const double a[n], double d[n - k])\n"
        "{\n    for (int i = 0; i < n - k; i++)\n        d[i] = i < n ? a[i] : 0;\n}\n"
    )
    diagonal = tenon.build(source).diagonal
    np.testing.assert_array_equal(diagonal(1, x(3)), [0, 1])
    np.testing.assert_array_equal(diagonal(-1, x(3)), [0, 1, 2, 0])
    with pytest.raises(ValueError, match=r"diagonal\(\): n - k is -1, and a size must not be negative"):
        diagonal(4, x(3))
    with pytest.raises(OverflowError, match=r"diagonal\(\): k must be at least -128, got -129"):
        diagonal(-129, x(3))
