# SPDX-License-Identifier: BSD-3-Clause
"""What arrays cost that come from C: new ones, memory that C hands over, memory that an object of C shows."""

from typing import Any

import numpy as np
from cases import Case, Names, table
from measure import Method


def one() -> Names:
    return {"x": np.array([1.0, 2.0, 3.0])}


def _is_new(result: Any, _: Names) -> bool:
    return isinstance(result, np.ndarray) and result.shape == (100,) and bool(result[0] == 1)


def _shows(result: Any, names: Names) -> bool:
    """That the array is the object's memory: what is written through it is seen through the next."""
    if not _is_new(result, names):
        return False
    result[1] = 42
    return bool(np.asarray(names["s"])[1] == 42)


def _made(f: Any) -> Names:
    return {"s": f(100)}


CASES = [
    Case("doubled", "new array returned", "doubled", "f(x)", one, lambda y, _: np.asarray(y).tolist() == [2, 4, 6]),
    Case("handed", "memory of malloc handed over", "handed", "f(100)", dict, _is_new, must=False),
    Case("aligned", "the same, aligned to 64", "aligned", "f(100)", dict, _is_new, must=False),
    Case("object", "object of C made and freed", "series", "f(100)", dict, lambda s, _: s is not None, must=False),
    Case("method", "method of an object, int returned", "series", "s.size()", dict, lambda n, _: n == 100, must=False,
         native=_made),
    Case("values", "array that shows an object's memory", "series", "s.values()", dict, _shows, must=False, native=_made),
    Case("asarray", "np.asarray of the object", "series", "asarray(s)", lambda: {}, _shows, must=False,
         native=lambda f: {**_made(f), "asarray": np.asarray}),
]


def run(method: Method, quick: bool) -> dict[str, Any]:
    return table(CASES, method)
