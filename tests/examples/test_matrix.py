# SPDX-License-Identifier: BSD-3-Clause
"""examples/matrix: objects of C that are arrays, that grow, and that nobody can make dangle."""

import gc
import re
import weakref

import numpy as np
import pytest

import tenon


@pytest.fixture(scope="module")
def m(example):
    return example("matrix").load("matrix")


def test_the_sessions_of_the_readme_run_as_printed(example):
    assert example("matrix").run_sessions() > 20


@pytest.fixture
def a(m):
    return m.matrix.of(np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]))


VIEWS = [
    ("np.asarray", np.asarray),
    ("memoryview", memoryview),
    ("tenon.Span", tenon.Span),
    ("values()", lambda a: a.values()),
    ("a slice", lambda a: np.asarray(a)[1:, ::2]),
    ("a transposed view", lambda a: np.asarray(a).T),
]
VIEW_IDS = [case[0] for case in VIEWS]


@pytest.mark.parametrize("look", [case[1] for case in VIEWS], ids=VIEW_IDS)
def test_it_does_not_grow_while_anybody_looks(a, look):
    view = look(a)
    with pytest.raises(BufferError, match=r"^matrix\.append\(\): cannot append: 1 view is alive$"):
        a.append(np.ones(3))
    assert a.rows == 2
    del view
    a.append(np.ones(3))
    assert a.rows == 3 and np.asarray(a)[2].tolist() == [1, 1, 1]


def test_it_counts_the_views(a):
    views = [np.asarray(a), np.asarray(a)[0], memoryview(a)]
    with pytest.raises(BufferError, match="3 views are alive"):
        a.append(np.ones(3))
    views.clear()
    a.append(np.ones(3))


def test_nothing_is_copied(a):
    first, second = np.asarray(a), a.values()
    assert first.ctypes.data == second.ctypes.data and first.shape == (2, 3) and first.flags.c_contiguous
    first[:] = 1
    assert a.sum() == 6
    a.add(a)
    assert first.tolist() == [[2, 2, 2], [2, 2, 2]]


def test_it_is_an_array_where_arrays_are_taken(m, a):
    assert np.sum(np.asarray(a), axis=0).tolist() == [5, 7, 9]
    assert m.matrix.of(a).sum() == a.sum()
    a.append(np.asarray(m.matrix.of(np.ones((1, 3))))[0])
    assert a.rows == 3


def test_a_view_outlives_its_object(m):
    a = m.matrix.of(np.arange(6.0).reshape(2, 3))
    gone = weakref.ref(a)
    part = np.asarray(a)[1, 1:]
    a.close()
    del a
    gc.collect()
    assert gone() is None and part.tolist() == [4, 5]


def test_an_empty_matrix_is_an_empty_array(m):
    a = m.matrix(4)
    assert np.asarray(a).shape == (0, 4) and a.sum() == 0
    del a
    assert np.asarray(m.matrix(0)).size == 0


def test_it_grows_far(m):
    a = m.matrix(2)
    for k in range(1000):
        a.append(np.array([k, -k], float))
    assert a.rows == 1000 and a.sum() == 0 and np.asarray(a)[:, 0].tolist() == list(range(1000))


REFUSED = [
    (lambda m, a: a.append(np.ones(2)), ValueError, "matrix.append(): row has 2 numbers, and the matrix 3 columns"),
    (lambda m, a: a.append(np.ones(3, np.float32)), TypeError,
     "matrix.append(): row must be float64[n], got float32[3]"),
    (lambda m, a: a.append([1.0, 2.0, 3.0]), TypeError, "matrix.append(): row must be float64[n], got list"),
    (lambda m, a: a.add(m.matrix(3)), ValueError, "matrix.add(): the matrices have (2, 3) and (0, 3) numbers"),
    (lambda m, a: a.add(m.point(1, 2)), TypeError, "matrix.add(): other must be matrix, got"),
    (lambda m, a: m.matrix(-1), OverflowError, "matrix(): columns must be in the range of uint64"),
    (lambda m, a: setattr(a, "rows", 5), AttributeError, "property 'rows' of 'matrix' object has no setter"),
    (lambda m, a: m.matrix.of(np.ones((2, 2)).T[:1]), ValueError, "matrix.of(): x must be C-contiguous"),
]


@pytest.mark.parametrize(("do", "error", "message"), REFUSED, ids=[case[2] for case in REFUSED])
def test_what_does_not_fit_is_refused(m, a, do, error, message):
    with pytest.raises(error, match=re.escape(message)):
        do(m, a)
    assert a.sum() == 21


def test_records_are_one_structured_array(m):
    log = m.journal()
    log.note(np.array([(1, 0.5, b"C"), (2, 0.25, b"mm")], m.reading))
    readings = np.asarray(log)
    assert readings.dtype == m.reading and readings.tolist() == [(1, 0.5, b"C"), (2, 0.25, b"mm")]
    columns = {name: readings[name] for name in readings.dtype.names}
    columns["value"][0] = 4
    assert log.readings()["value"].tolist() == [4, 0.25]
    with pytest.raises(BufferError, match=r"^journal\.note\(\): cannot append: 1 view is alive$"):
        log.note(readings)
    with pytest.raises(TypeError, match=r"^journal\.note\(\): readings "):
        log.note(np.zeros(1, [("when", "i8")]))


def test_points_are_set_compared_and_shown(m):
    p = m.point(1, 2)
    p.x, p.y = 4, 6
    assert (p.x, p.y) == (4.0, 6.0) and repr(p) == str(p) == "point(x=4.0, y=6.0)"
    assert p.distance(m.point(1, 2)) == 5 and p.distance(p) == 0
    middle = p.between(m.point(0, 0))
    assert type(middle) is m.point and (middle.x, middle.y) == (2, 3)
    assert p == p and p != m.point(4, 6)


@pytest.mark.parametrize("value", ["wide", None, 1j, [1.0]], ids=repr)
def test_an_attribute_refuses_what_is_no_number(m, value):
    p = m.point(1, 2)
    with pytest.raises(TypeError, match=r"^point\.x must be float, got "):
        p.x = value
    assert p.x == 1
