# SPDX-License-Identifier: BSD-3-Clause
"""On what a result was measured: what matters for the numbers, and nothing that names a place."""

import os
import platform
import shlex
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

import tenon


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.machine()


def _compiler() -> str:
    command = shlex.split(os.environ.get("CC", "cc"))
    text = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True).stdout
    return text.splitlines()[0]


def record() -> dict[str, Any]:
    return {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "processor": _processor(),
        "cpus": os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 2),
        "system": f"{platform.system()} {platform.machine()}",
        "python": f"{platform.python_implementation()} {sys.version.split()[0]}",
        "numpy": np.__version__,
        "tenon": tenon.__version__,
        "compiler": _compiler(),
    }
