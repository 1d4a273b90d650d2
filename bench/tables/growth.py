# SPDX-License-Identifier: BSD-3-Clause
"""Whether memory stays flat over many calls, refused ones included."""

import gc
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import building
import numpy as np
from adapters import peer
from measure import Method
from tables.batches import build_loops

from tenon import Span

CALLS, QUICK_CALLS = 1_000_000, 20_000
SAMPLES = 20


def resident() -> int:
    """Bytes of this process that are in memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _refused(call: Callable[[], Any]) -> Callable[[], None]:
    def attempt() -> None:
        try:
            call()
        except (TypeError, ValueError):
            return
        raise SystemExit("bench: a call that must be refused was not")

    return attempt


def kinds() -> dict[str, Callable[[], Any]]:
    """One call of each kind."""
    f, loops = building.load(peer("tenon")), build_loops()
    series = f["series"](3)
    x, y, z = np.ones(3), np.ones(3), np.zeros(3)
    single, longer, many = np.ones(3, np.float32), np.ones(4), np.ones((5, 3))
    foreign = memoryview(np.ones(3))
    locked = np.zeros(3)
    locked.setflags(write=False)
    span = Span(foreign)
    return {
        "one array": lambda: f["first"](x),
        "three arrays": lambda: f["add"](x, y, z),
        "by keyword": lambda: f["add"](x, y=y, z=z),
        "new array": lambda: f["doubled"](x),
        "output passed": lambda: f["doubled"](x, y=z),
        "buffer protocol": lambda: f["first"](foreign),
        "a Span": lambda: f["first"](span),
        "Span made": lambda: Span(foreign),
        "Span made of an array": lambda: Span(x),
        "Span sliced": lambda: span[1:],
        "Span as an array": lambda: span.numpy(),
        "Span exported": lambda: np.asarray(span),
        "memory of C": lambda: f["aligned"](3),
        "object of C": lambda: f["series"](3),
        "method of an object": series.size,
        "memory of an object": series.values,
        "batch": lambda: loops.crossed.batch(many, x),
        "refused: dtype": _refused(lambda: f["first"](single)),
        "refused: size": _refused(lambda: f["add"](x, longer, z)),
        "refused: read-only": _refused(lambda: f["add"](x, y, locked)),
        "refused: a list": _refused(lambda: f["first"]([1.0])),
        "refused: keyword": _refused(lambda: f["first"](x, w=1)),
        "refused: batch": _refused(lambda: loops.crossed.batch(many, np.ones((4, 3)))),
    }


def run(method: Method, quick: bool) -> dict[str, Any]:
    calls = list(kinds().items())
    rounds = (QUICK_CALLS if quick else CALLS) // len(calls)
    for _, call in calls:
        for _ in range(100):
            call()
    gc.collect()
    blocks, samples = sys.getallocatedblocks(), [resident()]
    for k in range(SAMPLES):
        for _ in range(rounds * (k + 1) // SAMPLES - rounds * k // SAMPLES):
            for _, call in calls:
                call()
        samples.append(resident())
    gc.collect()
    return {
        "calls": rounds * len(calls),
        "kinds": [name for name, _ in calls],
        "resident_bytes": samples,
        "growth_bytes": samples[-1] - samples[0],
        "growth_blocks": sys.getallocatedblocks() - blocks,
    }
