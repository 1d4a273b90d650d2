# SPDX-License-Identifier: BSD-3-Clause
"""What arrays cost that come from C: new ones, memory that C hands over, memory that an object of C shows."""

from functools import partial
from typing import Any

import numpy as np
from cases import Case, Names, array_of, table
from measure import Method
from tables.called import by_objects

# Of another size than the rest: malloc keeps what has been freed by size, and hands a block that is a little too large
# to whoever asks next, who is then slower for as long as the process lives.
FAR = 200


def one() -> Names:
    return {"x": np.array([1.0, 2.0, 3.0])}


def _is_new(result: Any, _: Names, *, length: int = 100) -> bool:
    array = array_of(result)
    return array.shape == (length,) and array.dtype == np.float64 and bool(array[0] == 1)


def _shows(result: Any, again: Any) -> bool:
    """That the array is the object's memory: what is written through one is seen through the next."""
    if not _is_new(result, {}) or not _is_new(again, {}):
        return False
    array_of(result)[1] = 42
    return bool(array_of(again)[1] == 42)


def _made(f: Any) -> Names:
    return {"s": f(100)}


CASES = [
    Case("doubled", "new array returned", "doubled", "f(x)", one, lambda y, _: array_of(y).tolist() == [2, 4, 6]),
    Case("handed", "memory of malloc handed over", "handed", "f(100)", dict, _is_new, must=False),
    Case("aligned", "memory aligned to 64 handed over", "aligned", f"f({FAR})", dict, partial(_is_new, length=FAR),
         must=False),
    Case("object", "object of C made and freed", "series", "f(100)", dict, lambda s, _: s is not None, must=False),
    Case("method", "method of an object, int returned", "series", "s.size()", dict, lambda n, _: n == 100, must=False,
         native=_made),
    Case("values", "array that shows an object's memory", "series", "s.values()", dict,
         lambda result, names: _shows(result, names["s"].values()), must=False, native=_made),
    Case("asarray", "np.asarray of the object", "series", "asarray(s)", lambda: {},
         lambda result, names: _shows(result, np.asarray(names["s"])), must=False,
         native=lambda f: {**_made(f), "asarray": np.asarray}),
]


def run(method: Method, quick: bool) -> dict[str, Any]:
    return table(CASES, method, [by_objects()])
