# SPDX-License-Identifier: BSD-3-Clause
"""examples/lapack: a library bound through a header alone, compared with numpy.linalg."""

import numpy as np
import pytest

import tenon

pytest.importorskip("scipy_openblas32", reason="PyPI's scipy-openblas32, the library of this example, is not installed")


@pytest.fixture(scope="module")
def lapack(example):
    return example("lapack").load("lapack")


@pytest.fixture
def rng():
    return np.random.default_rng(8)


def test_the_sessions_of_the_readme_run_as_printed(example):
    assert example("lapack").run_sessions() > 10


def test_the_header_binds_completely(lapack):
    for name in ("dot", "gemm", "solve", "lstsq", "eigh", "eigvals"):
        assert callable(getattr(lapack, name))


def test_dot_is_numpys(lapack, rng):
    x, y = rng.normal(size=(2, 100))
    assert lapack.dot(x, y) == pytest.approx(x @ y, rel=1e-12)
    assert lapack.dot(x, x) == pytest.approx(x @ x, rel=1e-12)


@pytest.mark.parametrize("shape", [(3, 4, 5), (1, 1, 1), (2, 0, 3), (0, 2, 3), (3, 2, 0)])
def test_gemm_adds_a_product(lapack, rng, shape):
    m, k, n = shape
    a, b, c = rng.normal(size=(m, k)), rng.normal(size=(k, n)), rng.normal(size=(m, n))
    expected = 2 * a @ b + 0.5 * c
    lapack.gemm(2, a, b, 0.5, c)
    np.testing.assert_allclose(c, expected, rtol=1e-12, atol=1e-12)


def test_solve_is_numpys(lapack, rng):
    a, b = rng.normal(size=(20, 20)), rng.normal(size=(20, 3))
    x = b.copy()
    pivots = lapack.solve(a.copy(), x)
    assert pivots.dtype == np.int32 and pivots.shape == (20,)
    np.testing.assert_allclose(x, np.linalg.solve(a, b), rtol=1e-9)


def test_solve_leaves_the_factors_in_a(lapack, rng):
    a = rng.normal(size=(6, 6))
    factors = a.copy()
    pivots = lapack.solve(factors, np.zeros((6, 1)))
    lower, upper = np.tril(factors, -1) + np.eye(6), np.triu(factors)
    permuted = a.copy()
    for i, p in enumerate(pivots - 1):
        permuted[[i, p]] = permuted[[p, i]]
    np.testing.assert_allclose(lower @ upper, permuted, rtol=1e-10, atol=1e-12)


def test_many_small_systems_are_solved_in_one_batch(lapack, rng):
    a, b = rng.normal(size=(50, 3, 3)), rng.normal(size=(50, 3, 2))
    x = b.copy()
    lapack.solve.batch(a.copy(), x)
    np.testing.assert_allclose(x, np.linalg.solve(a, b), rtol=1e-7)


def test_a_singular_matrix_is_an_error_with_the_pivot_as_its_code(lapack):
    a = np.array([[1.0, 2, 3], [2, 4, 6], [0, 0, 1]])
    with pytest.raises(tenon.CallError) as caught:
        lapack.solve(a, np.ones((3, 1)))
    assert caught.value.code == 2


def test_nan_is_an_error_that_says_where(lapack):
    with pytest.raises(tenon.CallError, match="b contains NaN"):
        lapack.solve(np.eye(2), np.full((2, 1), np.nan))


@pytest.mark.parametrize("shape", [(20, 4), (5, 5), (3, 8)], ids=["overdetermined", "square", "underdetermined"])
def test_lstsq_is_numpys(lapack, rng, shape):
    m, n = shape
    a, rhs = rng.normal(size=(m, n)), rng.normal(size=(m, 2))
    expected = np.linalg.lstsq(a, rhs)
    b = np.zeros((max(m, n), 2))
    b[:m] = rhs
    singular, rank = lapack.lstsq(a.copy(), b, -1)
    np.testing.assert_allclose(b[:n], expected[0], rtol=1e-9)
    np.testing.assert_allclose(singular, expected[3], rtol=1e-12)
    assert rank == expected[2]


def test_lstsq_sees_a_rank_that_is_not_full(lapack, rng):
    a = np.outer(rng.normal(size=6), rng.normal(size=3))
    singular, rank = lapack.lstsq(a, np.zeros((6, 1)), 1e-10)
    assert rank == 1 and singular[0] > 1e10 * singular[1]


def test_lstsq_of_nothing_is_nothing(lapack):
    singular, rank = lapack.lstsq(np.zeros((0, 0)), np.zeros((0, 1)), -1)
    assert singular.shape == (0,) and rank == 0


@pytest.mark.parametrize("rows", [3, 7, 9])
def test_lstsq_refuses_right_hand_sides_that_are_too_short_or_too_long(lapack, rows):
    with pytest.raises(ValueError, match=r"lstsq\(\): axis 0 of b must be .* = 8, got "):
        lapack.lstsq(np.zeros((3, 8)), np.zeros((rows, 1)), -1)


def test_eigh_is_numpys(lapack, rng):
    a = rng.normal(size=(9, 9))
    a += a.T
    vectors = a.copy()
    values = lapack.eigh(vectors)
    np.testing.assert_allclose(values, np.linalg.eigvalsh(a), rtol=1e-10)
    np.testing.assert_allclose(a @ vectors, vectors * values, atol=1e-10)


def test_eigvals_are_numpys(lapack, rng):
    a = rng.normal(size=(7, 7))
    real, imag = lapack.eigvals(a.copy())
    np.testing.assert_allclose(np.sort_complex(real + 1j * imag), np.sort_complex(np.linalg.eigvals(a)), rtol=1e-9)


def test_shapes_that_do_not_belong_together_never_reach_the_library(lapack):
    with pytest.raises(ValueError, match="n is 3 in a but 4 in b"):
        lapack.solve(np.eye(3), np.zeros((4, 1)))
    with pytest.raises(ValueError, match="n is 3 along axis 0 of a but 4 along axis 1"):
        lapack.eigh(np.zeros((3, 4)))


def test_a_and_b_of_solve_may_not_share_memory(lapack):
    a = np.eye(3)
    with pytest.raises(ValueError, match="b shares memory with a"):
        lapack.solve(a, a)
