# SPDX-License-Identifier: BSD-3-Clause
"""examples/stats: what each way of taking an array accepts, computes and refuses."""

import array
import re

import numpy as np
import pytest

PAIR = np.dtype([("a", np.int32), ("b", np.float32)])


@pytest.fixture(scope="module")
def stats(example):
    return example("stats").load("stats")


def test_the_sessions_of_the_readme_run_as_printed(example):
    assert example("stats").run_sessions() > 10


BYTES_LIKE = [
    ("bytes", b"\x00\x7f\x80\xff", 0x7F + 0x80 + 0xFF),
    ("a bytearray", bytearray([1, 2, 3]), 6),
    ("a memoryview", memoryview(b"abc")[1:], ord("b") + ord("c")),
    ("an array of unsigned chars", array.array("B", [200, 100]), 300),
    ("signed bytes, as raw ones", np.array([-1, 1], np.int8), 256),
    ("bools", np.array([True, False, True]), 2),
    ("nothing", b"", 0),
]


@pytest.mark.parametrize(("data", "expected"), [case[1:] for case in BYTES_LIKE], ids=[case[0] for case in BYTES_LIKE])
def test_summer_adds_raw_bytes_of_any_one_byte_type(stats, data, expected):
    assert stats.summer(data) == expected


def test_summer_refuses_wider_elements(stats):
    with pytest.raises(TypeError, match=r"summer\(\): data must be .*got int16\[3\]"):
        stats.summer(np.zeros(3, np.int16))


def test_mean_is_numpys(stats):
    x = np.random.default_rng(0).normal(size=(13, 7))
    assert stats.mean(x) == pytest.approx(x.mean(), rel=1e-14)


def test_mean_accepts_what_it_only_reads(stats):
    x = np.ones((2, 3))
    x.flags.writeable = False
    assert stats.mean(x) == 1


def test_mean_of_no_elements_is_nan(stats):
    assert np.isnan(stats.mean(np.empty((0, 3))))


REFUSED_BY_MEAN = [
    ("another element type", np.zeros((3, 4), np.float32), TypeError,
     "mean(): x must be float64[m, n], got float32[3, 4]"),
    ("another number of dimensions", np.zeros(3), TypeError, "mean(): x must be float64[m, n], got float64[3]"),
    ("Fortran order", np.zeros((3, 4), order="F"), ValueError,
     "mean(): x must be C-contiguous, got strides (8, 24) for shape (3, 4); np.ascontiguousarray(x) makes such a copy"),
    ("a list", [[1.0, 2.0]], TypeError, "mean(): x must be float64[m, n], got list"),
]


@pytest.mark.parametrize(("x", "error", "message"), [case[1:] for case in REFUSED_BY_MEAN],
                         ids=[case[0] for case in REFUSED_BY_MEAN])
def test_mean_refuses(stats, x, error, message):
    with pytest.raises(error, match=re.escape(message)):
        stats.mean(x)


@pytest.mark.parametrize("code", ["b", "B", "i", "l", "f", "d"])
def test_generic_mean_is_picked_by_element_type(stats, code):
    x = np.arange(-6, 6).astype(code).reshape(3, 4)
    assert stats.generic_mean(x) == pytest.approx(x.astype(float).mean(), rel=1e-15)


def test_generic_mean_does_not_overflow_where_its_elements_would(stats):
    assert stats.generic_mean(np.full((100, 100), 127, np.int8)) == 127
    assert stats.generic_mean(np.full((3, 3), 2**62, np.int64)) == 2.0**62


def test_generic_mean_lists_its_candidates_where_none_fits(stats):
    with pytest.raises(TypeError, match="generic_mean") as caught:
        stats.generic_mean(np.zeros((2, 2), complex))
    for candidate in ("float64[m, n]", "float32[m, n]", "int64[m, n]", "int32[m, n]", "int8[m, n]", "uint8[m, n]"):
        assert candidate in str(caught.value)


def test_minimum_takes_slices_that_are_not_contiguous(stats):
    a = np.random.default_rng(0).normal(size=(20, 1000))
    part = a[1:10:3, :50:2]
    assert part.shape == (3, 25) and part.strides == (24000, 16)
    assert not part.flags.c_contiguous and not part.flags.f_contiguous
    assert stats.minimum(part) == part.min()


LAYOUTS = {
    "reversed rows": lambda a: a[::-1],
    "every second column, reversed": lambda a: a[:, ::-2],
    "transposed": lambda a: a.T,
    "one row repeated": lambda a: np.broadcast_to(a[1], (4, 6)),
}


@pytest.mark.parametrize("view", LAYOUTS.values(), ids=LAYOUTS)
def test_minimum_takes_any_layout(stats, view):
    part = view(np.random.default_rng(5).normal(size=(5, 6)))
    assert stats.minimum(part) == part.min()


def test_minimum_of_no_elements_is_infinite_and_of_nan_is_nan(stats):
    assert stats.minimum(np.empty((0, 4))) == np.inf
    assert np.isnan(stats.minimum(np.array([[1.0, np.nan], [0.0, 2.0]])))


def test_doubler_changes_the_callers_structures(stats):
    p = np.array([(1, 0.5), (-3, 2.0)], PAIR)
    assert stats.doubler(p) is None
    assert p.tolist() == [(2, 1.0), (-6, 4.0)]


def test_the_module_offers_the_structure_as_a_dtype(stats):
    assert np.dtype(stats.pair) == PAIR
    p = np.ones(3, stats.pair)
    stats.doubler(p)
    assert p["a"].tolist() == [2, 2, 2]


REFUSED_BY_DOUBLER = [
    ("a field renamed", [("a", np.int32), ("c", np.float32)], TypeError, "b"),
    ("fields in another order", [("b", np.float32), ("a", np.int32)], TypeError, "a"),
    ("a field missing", [("a", np.int32)], TypeError, "b"),
    ("a field too many", [("a", np.int32), ("b", np.float32), ("c", np.int32)], TypeError, "c"),
    ("a field of another type", [("a", np.int64), ("b", np.float32)], TypeError, "a"),
    ("a field moved", {"names": ["a", "b"], "formats": [np.int32, np.float32], "offsets": [0, 8]}, TypeError, "b"),
]


@pytest.mark.parametrize(("dtype", "error", "field"), [case[1:] for case in REFUSED_BY_DOUBLER],
                         ids=[case[0] for case in REFUSED_BY_DOUBLER])
def test_doubler_names_the_first_field_that_differs(stats, dtype, error, field):
    p = np.zeros(2, dtype)
    with pytest.raises(error, match=rf"doubler\(\): p .*'{field}'"):
        stats.doubler(p)


def test_doubler_refuses_to_write_to_read_only_memory(stats):
    p = np.ones(2, PAIR)
    p.flags.writeable = False
    with pytest.raises(ValueError, match=re.escape("doubler(): p is read-only, and doubler() writes to it")):
        stats.doubler(p)
    assert p["a"].tolist() == [1, 1]
