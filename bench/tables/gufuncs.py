# SPDX-License-Identifier: BSD-3-Clause
"""cross() and doubled() as generalised ufuncs: written by hand in C (gufuncs.c), and compiled by Numba.

Numba's documentation has it so (guvectorize, with explicit signatures, for the target "cpu"). The bodies are Python,
since what Numba compiles itself it inlines into its loop, where a function of C would be called. All elements are
read before one is written, which is a sixth faster: Numba cannot know that a, b and c share no memory. Declaring the
arrays contiguous (float64[::1]) changed nothing.
"""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

from adapters import native

Gufuncs = dict[str, Callable[..., Any]]


def by_hand() -> Gufuncs:
    module = native.load(Path(__file__).with_suffix(".c"))
    return {"cross": module.cross, "doubled": module.doubled}


def by_numba() -> Gufuncs:
    """Nothing where there is no Numba."""
    if importlib.util.find_spec("numba") is None:
        return {}
    from numba import guvectorize

    def cross(a, b, c):  # type: ignore[no-untyped-def]
        a0, a1, a2 = a[0], a[1], a[2]
        b0, b1, b2 = b[0], b[1], b[2]
        c[0] = a1 * b2 - a2 * b1
        c[1] = a2 * b0 - a0 * b2
        c[2] = a0 * b1 - a1 * b0

    def doubled(x, y):  # type: ignore[no-untyped-def]
        for i in range(x.shape[0]):
            y[i] = 2 * x[i]

    return {
        "cross": guvectorize(["void(float64[:], float64[:], float64[:])"], "(n),(n)->(n)", target="cpu")(cross),
        "doubled": guvectorize(["void(float64[:], float64[:])"], "(n)->(n)", target="cpu")(doubled),
    }
