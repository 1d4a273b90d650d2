# SPDX-License-Identifier: BSD-3-Clause
"""The floor: floor.c, written by hand against the NumPy C API."""

from collections.abc import Callable

import native

NAME = "floor"


def load() -> dict[str, Callable]:
    module = native.load("floor")
    return {
        "first": module.first,
        "add": module.add,
        "doubled": module.doubled,
        "scaled": module.scaled,
        "keyword": module.add_keywords,
        "refused": module.first,
        "owned": module.owned,
        "handed": module.handed,
        "object": module.counter,
        "method": module.counter().next,
    }
