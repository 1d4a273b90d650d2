# SPDX-License-Identifier: BSD-3-Clause
"""The method: how a time is taken.

What is compared takes turns in one process: in each round every variant runs for one window, in shuffled order. A
window is a number of calls in a Python loop, chosen beforehand so that it lasts about as long as a window should, and
the same for all variants of a case, so that those that work in place go through the same history. Its CPU time, the
loop included, divided by the number of calls is one value. A window in which the process was interrupted is not counted
and is repeated, a few times; then it is counted, and the results say so. The median counts, and the quartiles tell how
sure it is.
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
    windows: int             # of each variant
    window_ns: int           # how long one should last
    budget_s: float          # no new round begins after this time, once there are `least` windows
    least: int = 5
    repeats: int = 3         # of a window that was interrupted


FULL = Method(windows=301, window_ns=1_000_000, budget_s=20)
QUICK = Method(windows=5, window_ns=100_000, budget_s=1)


def nothing() -> None:
    pass


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
    """The number of calls with which the slowest variant fills a window."""
    calls = 1
    while True:
        for variant in variants:
            variant.calls = calls
        slowest = max(min(_window(variant)[0] for _ in range(3)) for variant in variants)
        if slowest * 2 > window_ns:
            return
        calls = max(2 * calls, calls * window_ns // (2 * max(slowest, 1)))


def _take(variant: Variant, repeats: int) -> None:
    elapsed, clean = _window(variant)
    while not clean and repeats > 0:
        variant.repeated += 1
        repeats -= 1
        elapsed, clean = _window(variant)
    variant.interrupted += not clean
    variant.values.append(elapsed / variant.calls)


def measure(groups: Sequence[Sequence[Variant]], method: Method) -> None:
    """Fill the values of all variants. A group's variants run the same number of calls a window."""
    shuffle = random.Random(0).shuffle
    collecting = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        for group in groups:
            _calibrate(group, method.window_ns)
        everything = [variant for group in groups for variant in group]
        deadline = time.monotonic() + method.budget_s
        for done in range(method.windows):
            if done >= method.least and time.monotonic() > deadline:
                break
            shuffle(everything)
            for variant in everything:
                _take(variant, method.repeats)
    finally:
        if collecting:
            gc.enable()


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
