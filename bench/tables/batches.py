# SPDX-License-Identifier: BSD-3-Clause
"""What .batch costs over a plain C loop, for a function that does next to nothing and for one that works.

The cross product of contiguous vectors is done in every other way, too: by generalised ufuncs, and by loops in Python
over the function as each peer binds it. All write to the same memory, but for numpy.cross, which makes new. Loops in
Python, and numpy.cross, end at some number of points: what they cost a point changes no more, and they would leave few
windows to the rest. j2_update works in place: stress and state are put back before each window. What a batch costs
apart from its points is seen where there is one point of three elements.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from dataclasses import replace as changed
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import building
import numpy as np
from adapters import Peer, peer
from measure import Method, Variant, loop, measure, nothing, summary
from tables import gufuncs

import tenon

HERE = Path(__file__).resolve().parent
MATERIAL = HERE.parents[1] / "examples" / "material"
LAYOUTS = ["contiguous", "strided", "broadcast"]
POINTS = [10**k for k in range(7)]
QUICK_POINTS = [1, 1000]
LARGE = 10**6  # points from which a call takes so long that there are few of them in a second
MANY, IN_PYTHON = 10**7, 10**3  # points of contiguous cross products; points up to which there are loops in Python


@dataclass(frozen=True)
class Work:
    """Arguments of the plain loop, of .batch, and what to look at afterwards."""

    plain: dict[str, Any]
    batch: dict[str, Any]
    outputs: dict[str, np.ndarray]
    prepare: Callable[[], None] = nothing
    right: Callable[[], dict[str, np.ndarray]] = dict  # what outputs are but for rounding, where that is known


@dataclass(frozen=True)
class Way:
    """`call` is what is timed; the names in it are arguments and functions."""

    name: str
    call: str
    names: dict[str, Any]
    fresh: bool = False   # the result is a new array, returned
    foreign: bool = False  # other code than the C function, so that the compiler may round elsewhere


@cache
def build_loops() -> ModuleType:
    """The plain C loops, and j2_update()."""
    return tenon.build(MATERIAL / "material.c", HERE / "loops.c", name="loops")


@cache
def bound() -> list[tuple[Peer, dict[str, Any]]]:
    return [(one, building.load(one)) for one in building.built()]


@cache
def by_tenon() -> dict[str, Any]:
    return building.load(peer("tenon"))


def _spread(array: np.ndarray, layout: str) -> tuple[np.ndarray, np.ndarray]:
    """Memory for a plain loop, and the view of it that .batch gets: all of it, or every second point."""
    if layout != "strided":
        return array, array
    whole = np.repeat(array[:, np.newaxis], 2, axis=1)
    return whole, whole[:, 0]


def _spread_all(arrays: dict[str, np.ndarray], layout: str) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    pairs = {name: _spread(array, layout) for name, array in arrays.items()}
    return {name: pair[0] for name, pair in pairs.items()}, {name: pair[1] for name, pair in pairs.items()}


def cross_work(layout: str, n: int) -> Work:
    rng = np.random.default_rng(1)
    a, b, c = rng.normal(size=(n, 3)), rng.normal(size=(n, 3)), np.zeros((n, 3))
    plain, batch = _spread_all({"a": a, "b": b, "c": c}, layout)
    if layout == "broadcast":
        plain["b"] = batch["b"] = b[0].copy()
    return Work(plain, batch, {"c": batch["c"]}, right=lambda: {"c": np.cross(batch["a"], batch["b"])})


def j2_work(layout: str, n: int) -> Work:
    rng = np.random.default_rng(2)
    p = np.zeros(n, build_loops().j2_parameters)
    p["young"], p["poisson"], p["linear"], p["rate"] = 210e3, 0.3, 500.0, 40.0
    p["saturation"], p["kinematic"] = 120.0, 15e3
    p["yield"] = rng.lognormal(np.log(250), 0.15, n)
    dstrain = rng.normal(scale=1e-3, size=(n, 6))
    start = rng.normal(scale=50.0, size=(n, 6))
    plain, batch = _spread_all(
        {"p": p, "dstrain": dstrain, "stress": start, "state": np.zeros((n, 7)), "tangent": np.zeros((n, 6, 6))}, layout
    )
    if layout == "broadcast":
        plain["p"] = batch["p"] = p[0].copy()
        plain["dstrain"] = batch["dstrain"] = dstrain[0].copy()
    origin = start.copy()

    def prepare() -> None:
        batch["stress"][:] = origin
        batch["state"][:] = 0

    return Work(plain, batch, {name: batch[name] for name in ("stress", "state", "tangent")}, prepare)


def doubled_work(layout: str, n: int) -> Work:
    arrays = {"x": np.random.default_rng(3).normal(size=(n, 3)), "y": np.zeros((n, 3))}
    return Work(arrays, arrays, {"y": arrays["y"]}, right=lambda: {"y": 2 * arrays["x"]})


# --- the ways to do it, the plain loop first --------------------------------------------------------------------------


def cross_ways(layout: str, work: Work) -> list[Way]:
    ways = [
        Way("plain C loop", "f(a, b, c)", {"f": getattr(build_loops(), f"cross_{layout}"), **work.plain}),
        Way(".batch", "f(a, b, c)", {"f": by_tenon()["cross"].batch, **work.batch}),
    ]
    if layout != "contiguous":
        return ways
    ways += _gufuncs("cross", build_loops().crossed.ufunc, "f(a, b, c)", work.batch)
    points = len(work.batch["a"])
    if points < LARGE:
        ways.append(Way("numpy.cross", "f(a, b)", {"f": np.cross, **work.batch}, fresh=True, foreign=True))
    return ways if points > IN_PYTHON else [*ways, *_in_python(work)]


def _gufuncs(function: str, ours: Any, call: str, arrays: dict[str, Any], fresh: bool = False) -> Iterator[Way]:
    yield Way(".ufunc", call, {"f": ours, **arrays}, fresh)
    yield Way("gufunc by hand", call, {"f": _by_hand()[function], **arrays}, fresh)
    if function in _by_numba():
        yield Way("gufunc of numba", call, {"f": _by_numba()[function], **arrays}, fresh, foreign=True)


_by_hand, _by_numba = cache(gufuncs.by_hand), cache(gufuncs.by_numba)


def _each(f: Callable[..., Any], a: np.ndarray, b: np.ndarray, c: np.ndarray) -> None:
    for x, y, z in zip(a, b, c, strict=True):
        f(x, y, z)


def _each_held(f: Callable[..., Any], held: Callable[[Any], Any], a: np.ndarray, b: np.ndarray, c: np.ndarray) -> None:
    """Where callers hold something else than arrays, each row becomes that."""
    for x, y, z in zip(a, b, c, strict=True):
        f(held(x), held(y), held(z))


def _in_python(work: Work) -> Iterator[Way]:
    for one, functions in bound():
        if "cross" not in functions:
            continue
        names = {"f": functions["cross"], "held": one.held, "each": _each, "each_held": _each_held, **work.batch}
        as_it_is = one.held(work.batch["a"]) is work.batch["a"]
        yield Way(f"Python loop: {one.name}", "each(f, a, b, c)" if as_it_is else "each_held(f, held, a, b, c)", names)


def j2_ways(layout: str, work: Work) -> list[Way]:
    arrays = "p, dstrain, stress, state"
    return [
        Way("plain C loop", f"f({arrays}, tangent)", {"f": getattr(build_loops(), f"j2_{layout}"), **work.plain}),
        Way(".batch", f"f({arrays}, tangent=tangent)", {"f": build_loops().j2_update.batch, **work.batch}),
    ]


def doubled_ways(layout: str, work: Work) -> list[Way]:
    ours = by_tenon()["doubled"]
    return [
        Way("plain C loop", "f(x, y=y)", {"f": build_loops().doubled_contiguous, **work.plain}),
        Way(".batch", "f(x, y=y)", {"f": ours.batch, **work.batch}),
        *_gufuncs("doubled", ours.ufunc, "f(x, y)", work.batch),
    ]


def fresh_ways(layout: str, work: Work) -> list[Way]:
    ours, x = by_tenon()["doubled"], {"x": work.batch["x"]}
    return [
        Way("plain C loop", "f(x)", {"f": build_loops().doubled_contiguous, **x}, fresh=True),
        Way(".batch", "f(x)", {"f": ours.batch, **x}, fresh=True),
        *_gufuncs("doubled", ours.ufunc, "f(x)", x, fresh=True),
    ]


@dataclass(frozen=True)
class Subject:
    key: str
    title: str
    work: Callable[[str, int], Work]
    ways: Callable[[str, Work], list[Way]]
    points: dict[str, Sequence[int]]  # by layout
    in_place: bool = False            # so that all must run the same number of calls a window


SUBJECTS = [
    Subject("cross", "cross product", cross_work, cross_ways,
            {"contiguous": [*POINTS, MANY], "strided": POINTS, "broadcast": POINTS}),
    Subject("j2", "J2 plasticity with tangent", j2_work, j2_ways, dict.fromkeys(LAYOUTS, POINTS), in_place=True),
    Subject("fixed", "3 elements doubled, into an array", doubled_work, doubled_ways, {"contiguous": [1]}),
    Subject("fixed new", "3 elements doubled, new array", doubled_work, fresh_ways, {"contiguous": [1]}),
]

# --- measured ---------------------------------------------------------------------------------------------------------


def _outcome(way: Way, work: Work) -> dict[str, np.ndarray]:
    """What is there after one call. The same memory for all, but for what is returned anew."""
    for output in work.outputs.values():
        output[:] = np.nan
    work.prepare()
    returned = eval(way.call, dict(way.names))
    return dict.fromkeys(work.outputs, returned) if way.fresh else work.outputs


def check(subject: Subject, ways: list[Way], work: Work) -> None:
    """That all ways leave the same results behind, bit for bit where it is the C function that works, and the right
    ones where they are known."""
    first = {name: output.copy() for name, output in _outcome(ways[0], work).items()}
    for name, right in work.right().items():
        if not np.allclose(first[name], right):
            raise SystemExit(f"bench: {subject.title}: the plain loop gives a wrong {name}")
    for way in ways[1:]:
        for name, output in _outcome(way, work).items():
            same = np.allclose(output, first[name]) if way.foreign else np.array_equal(output, first[name])
            if np.isnan(first[name]).any() or not same:
                raise SystemExit(f"bench: {subject.title}: {way.name} differs from the plain loop in {name}")


def measured(subject: Subject, layout: str, points: int, method: Method) -> dict[str, Any]:
    work = subject.work(layout, points)
    ways = subject.ways(layout, work)
    check(subject, ways, work)
    variants = [Variant(way.name, loop(way.call, way.names), work.prepare) for way in ways]
    measure([variants], method, together=subject.in_place)
    return {"key": subject.key, "title": subject.title, "layout": layout, "points": points,
            "variants": [summary(variant) for variant in variants]}  # fmt: skip


def run(method: Method, quick: bool) -> dict[str, Any]:
    short, long = (changed(method, budget_s=method.budget_s / parts) for parts in (10, 5))
    rows = []
    for subject in SUBJECTS:
        for layout, points in subject.points.items():
            rows += [measured(subject, layout, n, short if n < LARGE else long)
                     for n in points if not quick or n in QUICK_POINTS]  # fmt: skip
    return {"base": "plain C loop", "rows": rows}
