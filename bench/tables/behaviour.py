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


def found(one: Peer, keys: list[str]) -> dict[str, dict[str, str]]:
    command = [sys.executable, str(BENCH / "trial.py"), one.folder.name, *keys]
    outcome = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    cells: dict[str, dict[str, str]] = json.loads(outcome.stdout)
    return cells


def run(method: Method, quick: bool) -> dict[str, Any]:
    keys = QUICK_KEYS if quick else [probe.key for probe in PROBES]
    peers = {one.name: found(one, keys) for one in building.built()}
    return {
        "rows": [
            {"key": probe.key, "title": probe.title, "code": probe.code, "right": probe.right,
             "error_is_right": probe.error_is_right,
             "cells": [{"variant": name, **cells[probe.key]} for name, cells in peers.items()]}
            for probe in PROBES if probe.key in keys
        ]
    }
