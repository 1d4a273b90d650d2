# SPDX-License-Identifier: BSD-3-Clause
"""A table of calls: each case is one expression, timed with the function of every peer that gives the right result.

What a peer gives before it is timed is looked at. A result that is wrong ends the run, where the case says that every
peer must do it; elsewhere it stands in the table, as a refusal does: so tables show what peers can do.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import building
import numpy as np
from adapters import Peer
from measure import Method, Variant, loop, measure, summary

Names = dict[str, Any]


def array_of(value: Any) -> np.ndarray:
    """The memory of an argument or a result, seen by NumPy. Tensors of other libraries speak DLPack only."""
    speaks = hasattr(value, "__dlpack__") and not isinstance(value, np.ndarray)
    array: np.ndarray = np.from_dlpack(value) if speaks else np.asarray(value)
    return array


@dataclass(frozen=True)
class Case:
    """`call` is what is timed; f is the function, the other names are arguments', made anew for each peer."""

    key: str
    title: str
    function: str                               # of adapters.FUNCTIONS
    call: str
    arguments: Callable[[], Names]
    right: Callable[[Any, Names], bool]         # the result of one call, and the names after it
    must: bool = True                           # whether a wrong result ends the run
    native: Callable[[Any], Names] | None = None  # names that the peer's own function makes, of f


def _names(case: Case, one: Peer, f: Any) -> Names:
    names = {name: one.held(value) for name, value in case.arguments().items()}
    return {"f": f, **names, **(case.native(f) if case.native is not None else {})}


def _objection(case: Case, names: Names) -> str | None:
    """Why this can't be timed."""
    try:
        result = eval(case.call, dict(names)) if "\n" not in case.call else _run(case.call, names)
    except Exception as error:
        return f"refused: {type(error).__name__}"
    return None if case.right(result, names) else "wrong"


def _run(call: str, names: Names) -> Any:
    scope = dict(names)
    exec(call, scope)
    return scope.get("result")


def _row(case: Case, peers: dict[str, tuple[Peer, dict[str, Any]]]) -> tuple[list[Variant], list[dict[str, str]]]:
    variants, absent = [], []
    for name, (one, functions) in peers.items():
        if case.function not in functions:
            absent.append({"variant": name, "why": "not offered"})
            continue
        try:
            names = _names(case, one, functions[case.function])
        except Exception as error:
            absent.append({"variant": name, "why": f"refused: {type(error).__name__}"})
            continue
        why = _objection(case, names)
        if why is None:
            variants.append(Variant(name, loop(case.call, names)))
        elif case.must:
            raise SystemExit(f"bench: {name}: {case.title}: {why}")
        else:
            absent.append({"variant": name, "why": why})
    return variants, absent


def table(cases: Sequence[Case], method: Method, beside: Iterable[tuple[str, Peer, Names]] = ()) -> dict[str, Any]:
    """`beside`: what is measured beside the peers: its name, the peer whose functions it has, and these."""
    peers = {one.name: (one, building.load(one)) for one in building.built()}
    peers |= {name: (one, functions) for name, one, functions in beside}
    rows = [_row(case, peers) for case in cases]
    empty = Variant("loop alone", loop("pass", {}))
    rounds = measure([*(variants for variants, _ in rows), [empty]], method)
    return {
        "rounds": asdict(rounds),
        "base": "floor",
        "rows": [
            {"key": case.key, "title": case.title, "call": case.call, "variants": [summary(v) for v in variants],
             "absent": absent}
            for case, (variants, absent) in zip(cases, rows, strict=True)
        ],
        "loop": summary(empty),
    }
