# SPDX-License-Identifier: BSD-3-Clause
"""What it costs that an argument is refused: the exception made, raised and caught."""

from typing import Any

import numpy as np
from cases import Case, Names, table
from measure import Method

REFUSED = """\
result = False
try:
    {call}
except {errors}:
    result = True"""


def _case(key: str, title: str, function: str, call: str, arguments: Any) -> Case:
    attempt = REFUSED.format(call=call, errors="Exception")
    return Case(key, title, function, attempt, arguments, lambda refused, _: bool(refused), must=False)


def locked() -> Names:
    x = np.ones(3)
    x.setflags(write=False)
    return {"x": x}


CASES = [
    _case("dtype", "float32 for float64", "first", "f(x)", lambda: {"x": np.ones(3, np.float32)}),
    _case("ndim", "2 dimensions for 1", "first", "f(x)", lambda: {"x": np.ones((2, 3))}),
    _case("order", "strided for contiguous, written", "scale", "f(1.0, x)", lambda: {"x": np.ones(6)[::2]}),
    _case("read-only", "read-only for written", "scale", "f(1.0, x)", locked),
    _case("sizes", "sizes that disagree", "add", "f(x, y, z)",
          lambda: {"x": np.ones(3), "y": np.ones(4), "z": np.ones(3)}),
    _case("list", "a list for an array, written", "scale", "f(1.0, x)", lambda: {"x": [1.0, 2.0]}),
    _case("missing", "an argument missing", "add", "f(x, y)", lambda: {"x": np.ones(3), "y": np.ones(3)}),
]


def run(method: Method, quick: bool) -> dict[str, Any]:
    return table(CASES, method)
