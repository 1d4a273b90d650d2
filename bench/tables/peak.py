# SPDX-License-Identifier: BSD-3-Clause
"""Peak memory of a call with a large array: who copies? Each call has a process of its own."""

import json
import signal
import subprocess
import sys
from typing import Any

import building
from adapters import BENCH, Peer
from large import CASES, Large
from measure import Method
from resident import available

SIZE, QUICK_SIZE = 1 << 30, 1 << 24
TIMES = 6  # the memory that must be there: the array, and the copies that a peer may make of it
QUICK_KEYS = ["contiguous", "float32"]


def _size(quick: bool) -> int:
    size, there = QUICK_SIZE if quick else SIZE, available()
    while there is not None and TIMES * size > there:
        size //= 2
    return size


def _variants() -> dict[str, tuple[Peer, list[str]]]:
    """By name, each with what large.py is told."""
    variants: dict[str, tuple[Peer, list[str]]] = {}
    for one in building.built():
        variants[one.name] = one, []
        if one.defaults is not None:
            variants[f"{one.name}, defaults"] = one, ["--defaults"]
    return variants


def _cell(name: str, one: Peer, options: list[str], case: Large, size: int) -> dict[str, Any]:
    command = [sys.executable, str(BENCH / "large.py"), *options, one.folder.name, case.key, str(size)]
    outcome = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if outcome.returncode < 0:
        how = signal.Signals(-outcome.returncode).name
        found = {"outcome": "crash", "detail": how, "extra_bytes": None, "seconds": None}
    elif outcome.returncode > 0:
        raise SystemExit(f"bench: {name}: {case.title}: failed")
    else:
        found = json.loads(outcome.stdout)
    return {"variant": name, **found}


def run(method: Method, quick: bool) -> dict[str, Any]:
    size, variants = _size(quick), _variants()
    return {
        "bytes": size,
        "rows": [
            {"key": case.key, "title": case.title, "code": case.code,
             "cells": [_cell(name, *how, case, size) for name, how in variants.items()]}
            for case in CASES if not quick or case.key in QUICK_KEYS
        ],
    }
