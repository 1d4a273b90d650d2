# SPDX-License-Identifier: BSD-3-Clause
"""One call with a large array and the memory that it takes: python large.py [--defaults] PEER CASE BYTES.

It prints JSON. The array is in memory before. The same call with a few elements comes first, so that what is compiled
or imported then does not count. Where a call has failed, what it took until then counts.
"""

import argparse
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from resident import grown

FEW = 128      # bytes
LONGEST = 160  # characters of a message


@dataclass(frozen=True)
class Large:
    """`given` makes the memory of BYTES; `right` and `untouched` are expressions of what is seen afterwards."""

    key: str
    title: str
    function: str    # of adapters.FUNCTIONS
    given: str
    call: str
    right: str
    untouched: str = "False"
    returned: int = 0  # arrays of BYTES that must be allocated

    @property
    def code(self) -> str:
        return f"{self.given}\n{self.call}"


CASES = [
    Large("contiguous", "in place, contiguous", "scale", "x = np.ones(BYTES // 8)", "scale(2.0, x)",
          "x.min() == x.max() == 2", "x.min() == x.max() == 1"),
    Large("strided", "in place, every second element", "scale", "room = np.ones(BYTES // 8)\nx = room[::2]",
          "scale(2.0, x)", "x.min() == x.max() == 2 and room[1::2].min() == room[1::2].max() == 1",
          "room.min() == room.max() == 1"),
    Large("float32", "in place, float32 for float64", "scale", "x = np.ones(BYTES // 4, np.float32)", "scale(2.0, x)",
          "x.min() == x.max() == 2", "x.min() == x.max() == 1"),
    Large("read", "read, read-only", "largest", "x = np.ones(BYTES // 8)\nx[5] = 2\nx.setflags(write=False)",
          "result = largest(x)", "result == 5"),
    Large("read strided", "read, every second element", "largest",
          "room = np.ones(BYTES // 8)\nx = room[::2]\nx[5] = 2", "result = largest(x)", "result == 5"),
    Large("read float32", "read, float32 for float64", "largest", "x = np.ones(BYTES // 4, np.float32)\nx[5] = 2",
          "result = largest(x)", "result == 5"),
    Large("returned", "a new array returned: what is taken above that", "doubled", "x = np.ones(BYTES // 8)",
          "result = doubled(x)", "np.asarray(result).min() == np.asarray(result).max() == 2", returned=1),
]


def _given(case: Large, size: int) -> dict[str, Any]:
    scope: dict[str, Any] = {"np": np, "BYTES": size}
    exec(case.given, scope)
    return scope


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0][:LONGEST]}"


def _attempt(case: Large, scope: dict[str, Any], function: Any, held: Callable[[Any], Any]) -> tuple[str, float]:
    """What went wrong, if anything, and how long it took."""
    call = compile(case.call, "<case>", "exec")
    start = time.perf_counter()
    try:
        names = {case.function: function, "x": held(scope["x"])}
        start = time.perf_counter()
        exec(call, names)
        error = ""
    except Exception as raised:
        error = _told(raised)
    seconds = time.perf_counter() - start
    scope["result"] = names.get("result") if not error else None
    return error, seconds


def _outcome(case: Large, scope: dict[str, Any], extra: int, size: int) -> str:
    if eval(case.right, scope):
        return "copy" if extra > size // 4 else "right"
    return "lost write" if eval(case.untouched, scope) else "wrong data"


def taken(case: Large, size: int, functions: Mapping[str, Any], held: Callable[[Any], Any]) -> dict[str, Any]:
    """The cell of this case: what comes of the call, its peak and its time."""
    if case.function not in functions:
        return {"outcome": "not offered", "detail": "", "extra_bytes": None, "seconds": None}
    function = functions[case.function]
    _attempt(case, _given(case, FEW), function, held)
    scope = _given(case, size)
    told: list[tuple[str, float]] = []
    extra = grown(lambda: told.append(_attempt(case, scope, function, held))) - case.returned * size
    ((error, seconds),) = told
    outcome = "error" if error else _outcome(case, scope, extra, size)
    return {"outcome": outcome, "detail": error, "extra_bytes": max(0, extra), "seconds": seconds}


def main() -> None:
    import building
    from adapters import peer

    parser = argparse.ArgumentParser()
    parser.add_argument("--defaults", action="store_true", help="the part of that name")
    parser.add_argument("peer")
    parser.add_argument("case")
    parser.add_argument("bytes", type=int)
    options = parser.parse_args()
    one = peer(options.peer)
    functions = building.load_defaults(one) if options.defaults else building.load(one)
    (case,) = (case for case in CASES if case.key == options.case)
    print(json.dumps(taken(case, options.bytes, functions, one.held)))


if __name__ == "__main__":
    main()
