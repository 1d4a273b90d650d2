# SPDX-License-Identifier: BSD-3-Clause
"""What .batch costs over a plain C loop, for a function that does next to nothing and for one that works.

Both write to the same memory. j2_update works in place: stress and state are put back before each window.
"""

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import replace as changed
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from measure import Method, Variant, loop, measure, nothing, summary

import tenon

HERE = Path(__file__).resolve().parent
MATERIAL = HERE.parents[1] / "examples" / "material"
LAYOUTS = ["contiguous", "strided", "broadcast"]
POINTS = [10**k for k in range(7)]
QUICK_POINTS = [1, 1000]


@dataclass(frozen=True)
class Work:
    """Arguments of the plain loop, of .batch, and what to look at afterwards."""

    plain: dict[str, Any]
    batch: dict[str, Any]
    outputs: dict[str, np.ndarray]
    prepare: Callable[[], None] = nothing


def build_loops() -> ModuleType:
    """Functions with .batch, and the plain C loops over them."""
    return tenon.build(MATERIAL / "cross.c", MATERIAL / "material.c", HERE / "loops.c", name="loops")


def _spread(array: np.ndarray, layout: str) -> tuple[np.ndarray, np.ndarray]:
    """Memory for a plain loop, and the view of it that .batch gets: all of it, or every second point."""
    if layout != "strided":
        return array, array
    whole = np.repeat(array[:, np.newaxis], 2, axis=1)
    return whole, whole[:, 0]


def _spread_all(arrays: dict[str, np.ndarray], layout: str) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    pairs = {name: _spread(array, layout) for name, array in arrays.items()}
    return {name: pair[0] for name, pair in pairs.items()}, {name: pair[1] for name, pair in pairs.items()}


def cross_work(module: Any, layout: str, n: int) -> Work:
    rng = np.random.default_rng(1)
    a, b, c = rng.normal(size=(n, 3)), rng.normal(size=(n, 3)), np.zeros((n, 3))
    plain, batch = _spread_all({"a": a, "b": b, "c": c}, layout)
    if layout == "broadcast":
        plain["b"] = batch["b"] = b[0].copy()
    return Work(plain, batch, {"c": batch["c"]})


def j2_work(module: Any, layout: str, n: int) -> Work:
    rng = np.random.default_rng(2)
    p = np.zeros(n, module.j2_parameters)
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


@dataclass(frozen=True)
class Subject:
    key: str
    title: str
    function: str  # its name; the plain loops are called key_layout
    work: Callable[[Any, str, int], Work]


SUBJECTS = [
    Subject("cross", "cross product", "cross", cross_work),
    Subject("j2", "J2 plasticity with tangent", "j2_update", j2_work),
]


def variants(module: Any, subject: Subject, layout: str, work: Work) -> list[Variant]:
    plain = getattr(module, f"{subject.key}_{layout}")
    batch = getattr(module, subject.function).batch
    keyword = {"cross": "c", "j2": "tangent"}[subject.key]
    names = list(work.batch)
    by_position = ", ".join(name for name in names if name != keyword)
    return [
        Variant("plain C loop", loop(f"f({', '.join(names)})", {"f": plain, **work.plain}), work.prepare),
        Variant(".batch", loop(f"f({by_position}, {keyword}={keyword})", {"f": batch, **work.batch}), work.prepare),
    ]


def check(subject: Subject, pair: list[Variant], work: Work) -> None:
    """That both ways leave the same results behind, bit for bit, and that they leave any."""
    left: list[dict[str, np.ndarray]] = []
    for variant in pair:
        for output in work.outputs.values():
            output[:] = np.nan
        variant.prepare()
        variant.run(1)
        left.append({name: output.copy() for name, output in work.outputs.items()})
    for name in work.outputs:
        one, other = left[0][name], left[1][name]
        if np.isnan(one).any() or not np.array_equal(one, other):
            raise SystemExit(f"bench: .batch of {subject.function} differs from the plain loop in {name}")
    if subject.key == "cross" and not np.allclose(left[0]["c"], np.cross(work.batch["a"], work.batch["b"])):
        raise SystemExit("bench: cross() differs from numpy.cross()")


def run(method: Method, quick: bool) -> dict[str, Any]:
    module = build_loops()
    method = changed(method, budget_s=method.budget_s / 4)
    rows = []
    for subject in SUBJECTS:
        for layout in LAYOUTS:
            for points in QUICK_POINTS if quick else POINTS:
                work = subject.work(module, layout, points)
                pair = variants(module, subject, layout, work)
                check(subject, pair, work)
                measure([pair], method, together=True)
                rows.append({"key": subject.key, "title": subject.title, "layout": layout, "points": points,
                             "variants": [summary(variant) for variant in pair]})
    return {"base": "plain C loop", "rows": rows}
