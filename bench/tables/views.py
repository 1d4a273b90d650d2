# SPDX-License-Identifier: BSD-3-Clause
"""What views cost: a Span against a memoryview and against the least that an exporter in C can be (exporter.c)."""

from pathlib import Path
from typing import Any

import building
import numpy as np
from adapters import native, peer
from measure import Method
from pairs import table

from tenon import Span

# key, title, then each variant and what is timed of it
CASES = [
    ("made", "a view of a C exporter", ("memoryview", "view(exporter)"), ("Span", "Span(exporter)")),
    ("made by name", "the same, called as a class", ("memoryview", "memoryview(exporter)"), ("Span", "Span(exporter)")),
    ("array", "a view of an ndarray", ("memoryview", "view(array)"), ("Span", "Span(array)")),
    ("asarray", "np.asarray", ("exporter", "asarray(exporter)"), ("Span", "asarray(span)")),
    ("numpy", "an ndarray over it", ("np.asarray", "asarray(exporter)"), ("numpy()", "span.numpy()")),
    ("item", "one element", ("memoryview", "memory[1, 2]"), ("Span", "span[1, 2]")),
    ("slice", "a slice", ("memoryview", "flat[1:]"), ("Span", "flat_span[1:]")),
    ("argument", "one array of a function", ("ndarray", "first(row)"), ("Span", "first(row_span)")),
]


def names() -> dict[str, Any]:
    module = native.load(Path(__file__).with_name("exporter.c"))
    exporter, array, row, flat = module.Exporter(), np.ones((3, 4)), np.ones(3), memoryview(bytearray(8))
    return {
        "view": module.view, "asarray": np.asarray, "Span": Span, "first": building.load(peer("tenon"))["first"],
        "exporter": exporter, "memory": memoryview(exporter), "span": Span(exporter),
        "array": array, "row": row, "row_span": Span(row), "flat": flat, "flat_span": Span(flat),
    }


def check(scope: dict[str, Any]) -> None:
    """That what is timed shows the memory it should, and copies nothing."""
    address = np.asarray(scope["exporter"]).ctypes.data
    for view in [scope["span"], Span(scope["view"](scope["exporter"]))]:
        if (view.address, view.shape, view.format) != (address, (3, 4), "d"):
            raise SystemExit("bench: a Span shows other memory than its exporter's")
    for array in [np.asarray(scope["span"]), scope["span"].numpy()]:
        if array.ctypes.data != address or array.shape != (3, 4) or array.dtype != "d":
            raise SystemExit("bench: an array of a Span shows other memory than its exporter's")
    if scope["first"](scope["row_span"]) != 1.0 or scope["span"][1, 2] != scope["memory"][1, 2]:
        raise SystemExit("bench: a Span's elements are not its exporter's")


def run(method: Method, quick: bool) -> dict[str, Any]:
    scope = names()
    check(scope)
    return table(CASES, scope, method)
