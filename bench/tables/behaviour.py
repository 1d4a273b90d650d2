# SPDX-License-Identifier: BSD-3-Clause
"""What each peer does with arguments that call for care, found by running it: right, an error, a copy, or worse."""

import json
import subprocess
import sys
from typing import Any

import building
from adapters import BENCH, Peer
from measure import Method
from probes import PROBES

QUICK_KEYS = ["read-only", "strided", "misaligned read", "float32 written", "overlapping",
              "short vector written", "empty read"]


Cells = dict[str, dict[str, str]]  # by key of the probe


def found(one: Peer, keys: list[str], *options: str) -> Cells:
    command = [sys.executable, str(BENCH / "trial.py"), *options, one.folder.name, *keys]
    outcome = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    cells: Cells = json.loads(outcome.stdout)
    return cells


def of_all(keys: list[str]) -> dict[str, Cells]:
    """Of all peers, by name; and of the glue that their documentation begins with, where there is such."""
    cells: dict[str, Cells] = {}
    for one in building.built():
        cells[one.name] = found(one, keys)
        if one.defaults is not None:
            cells[f"{one.name}, defaults"] = found(one, keys, "--defaults")
    return cells


def run(method: Method, quick: bool) -> dict[str, Any]:
    keys = QUICK_KEYS if quick else [probe.key for probe in PROBES]
    variants = of_all(keys)
    return {
        "rows": [
            {"key": probe.key, "title": probe.title, "code": probe.code, "right": probe.right,
             "error_is_right": probe.error_is_right,
             "cells": [{"variant": name, **cells[probe.key]} for name, cells in variants.items()]}
            for probe in PROBES if probe.key in keys
        ]
    }
