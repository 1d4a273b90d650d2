# SPDX-License-Identifier: BSD-3-Clause
"""The method: how a time is taken.

What is compared takes turns in one process: in each round every variant runs for one window, in shuffled order. A
window is a number of calls in a Python loop, chosen beforehand so that it lasts about as long as a window should. Its
CPU time, the loop included, divided by the number of calls is one value. A window in which the process was interrupted
is not counted and is repeated, a few times; then it is counted, and the results say so. Each round has windows of fixed
work, too, at its begin, in its middle and at its end: a round in which these took longer than usual was disturbed from
outside, by another program on the same caches, say, and is dropped with all its windows, as long as enough are left.
The median counts, and the quartiles tell how sure it is.
"""

import gc
import random
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import Any


@dataclass(frozen=True)
class Method:
    windows: int             # of each variant, at most
    window_ns: int           # how long one should last
    budget_s: float          # no new round begins after this time, once there are `least` of them
    least: int = 5
    repeats: int = 3         # of a window that was interrupted


FULL = Method(windows=301, window_ns=1_000_000, budget_s=30)
QUICK = Method(windows=5, window_ns=100_000, budget_s=1)


def nothing() -> None:
    pass


DISTURBED = 1.1  # the fixed work of a round may take so many times the usual


@dataclass(frozen=True)
class Rounds:
    taken: int
    dropped: int  # disturbed


@dataclass
class Variant:
    """One of several ways to do the same. `run(n)` does it n times; `prepare` puts things back, untimed."""

    name: str
    run: Callable[[int], None]
    prepare: Callable[[], None] = nothing
    calls: int = 1
    values: list[float] = field(default_factory=list)  # ns a call, one a window
    repeated: int = 0
    interrupted: int = 0  # counted although interrupted


def loop(call: str, names: dict[str, Any]) -> Callable[[int], None]:
    """`call` in a loop, compiled once: run(n) does it n times."""
    text = "def run(n):\n    for _ in repeat(None, n):\n        " + call.replace("\n", "\n        ")
    parameters = ", ".join(f"{name}={name}" for name in names)
    text = text.replace("run(n)", f"run(n, {parameters})") if parameters else text
    scope = dict(names)
    exec("from itertools import repeat\n" + text, scope)
    run: Callable[[int], None] = scope["run"]
    return run


def _interruptions() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw


def _window(variant: Variant) -> tuple[int, bool]:
    """CPU time of one window in ns, and whether it ran undisturbed."""
    variant.prepare()
    before = _interruptions()
    start = time.thread_time_ns()
    variant.run(variant.calls)
    elapsed = time.thread_time_ns() - start
    return elapsed, _interruptions() == before


def _calibrate(variants: Sequence[Variant], window_ns: int) -> None:
    """The number of calls with which the slowest of the variants fills a window."""
    calls = 1
    while True:
        for variant in variants:
            variant.calls = calls
        slowest = max(min(_window(variant)[0] for _ in range(3)) for variant in variants)
        if slowest * 2 > window_ns:
            return
        calls = max(2 * calls, calls * window_ns // (2 * max(slowest, 1)))


def _take(variant: Variant, repeats: int) -> float:
    """Its value in this round, ns a call."""
    elapsed, clean = _window(variant)
    while not clean and repeats > 0:
        variant.repeated += 1
        repeats -= 1
        elapsed, clean = _window(variant)
    variant.interrupted += not clean
    return elapsed / variant.calls


def _work(n: int) -> None:
    """Always the same, in the caches and in the interpreter alike: what it takes tells how the machine is."""
    for _ in range(n):
        sum(_NUMBERS)


_NUMBERS = list(range(4096))


def _undisturbed(probes: Sequence[float], least: int) -> list[int]:
    """The rounds that count, by what their fixed work took: those near the usual, or the quietest, `least` of them."""
    limit = DISTURBED * median(probes)
    quiet = [k for k, probe in enumerate(probes) if probe <= limit]
    return quiet if len(quiet) >= least else sorted(sorted(range(len(probes)), key=probes.__getitem__)[:least])


def measure(groups: Sequence[Sequence[Variant]], method: Method, *, together: bool = False) -> Rounds:
    """Fill the values of all variants.

    together: a group's variants run the same number of calls a window, so that those that work in place go through the
    same history.
    """
    shuffle = random.Random(0).shuffle
    collecting = gc.isenabled()
    gc.collect()
    gc.freeze()  # so that collecting between rounds takes no time
    gc.disable()
    try:
        for group in groups:
            for calibrated in [group] if together else [[variant] for variant in group]:
                _calibrate(calibrated, method.window_ns)
        probe = Variant("fixed work", _work)
        _calibrate([probe], method.window_ns // 4)
        everything = [variant for group in groups for variant in group]
        taken: list[tuple[float, dict[int, float]]] = []
        deadline = time.monotonic() + method.budget_s
        while len(taken) < method.windows and (len(taken) < method.least or time.monotonic() < deadline):
            shuffle(everything)
            gc.collect()  # what calls leave to it, untimed: numpy.ctypeslib does, in each
            taken.append(_round(everything, probe, method.repeats))
    finally:
        gc.unfreeze()
        if collecting:
            gc.enable()
    kept = _undisturbed([slowest for slowest, _ in taken], method.least)
    for variant in everything:
        variant.values = [taken[k][1][id(variant)] for k in kept]
    return Rounds(len(taken), len(taken) - len(kept))


def _round(variants: Sequence[Variant], probe: Variant, repeats: int) -> tuple[float, dict[int, float]]:
    """What the fixed work took at most, and the value of each variant."""
    middle, values, probes = len(variants) // 2, {}, [_take(probe, repeats)]
    for k, variant in enumerate(variants):
        values[id(variant)] = _take(variant, repeats)
        if k == middle:
            probes.append(_take(probe, repeats))
    probes.append(_take(probe, repeats))
    return max(probes), values


def summary(variant: Variant) -> dict[str, Any]:
    low, _, high = quantiles(variant.values, n=4)
    return {
        "variant": variant.name,
        "median_ns": round(median(variant.values), 3),
        "quartiles_ns": [round(low, 3), round(high, 3)],
        "calls_a_window": variant.calls,
        "windows": len(variant.values),
        "windows_repeated": variant.repeated,
        "windows_interrupted": variant.interrupted,
        "values_ns": [round(value, 3) for value in variant.values],
    }
