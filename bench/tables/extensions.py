# SPDX-License-Identifier: BSD-3-Clause
"""What tenon/python.h costs an extension, against what CPython and NumPy offer for the same (extension.c)."""

import array
from pathlib import Path
from typing import Any

import numpy as np
from adapters import native
from measure import Method
from pairs import table

TIMES = 100  # in C, so that the call does not count

# key, title, then each variant and what is timed of it
CASES = [
    ("borrow", "100 ndarrays borrowed", ("GetBuffer", "get_buffer(matrix, 100)"), ("Tenon", "borrow(matrix, 100)")),
    ("typed", "the same, format asked for", ("GetBuffer", "get_typed_buffer(matrix, 100)"),
     ("Tenon", "borrow(matrix, 100)")),
    ("other", "100 array.arrays borrowed", ("GetBuffer", "get_typed_buffer(row, 100)"), ("Tenon", "borrow(row, 100)")),
    ("keep", "100 ndarrays kept, released", ("memoryview", "new_memoryview(matrix, 100)"),
     ("Tenon", "keep(matrix, 100)")),
    ("lend", "100 arrays over 1 KiB of C", ("NumPy", "lend_by_hand(None, 100)"), ("Tenon", "lend(None, 100)")),
    ("aligned", "the same, aligned to 64", ("NumPy", "aligned_by_hand(None, 100)"),
     ("Tenon", "lend_aligned(None, 100)")),
]  # fmt: skip


def names() -> dict[str, Any]:
    module = native.load(Path(__file__).with_name("extension.c"))
    scope = {name: value for name, value in vars(module).items() if not name.startswith("_")}
    return scope | {"matrix": np.ones((3, 4)), "row": array.array("d", [1.0, 2.0])}


def check(scope: dict[str, Any]) -> None:
    """Every variant adds up a first element that is 1, as often as it says."""
    for _, title, *variants in CASES:
        for name, code in variants:
            if eval(code, dict(scope)) != TIMES:
                raise SystemExit(f"bench: {title}, {name}: another sum than {TIMES}")


def run(method: Method, quick: bool) -> dict[str, Any]:
    scope = names()
    check(scope)
    return table(CASES, scope, method)
