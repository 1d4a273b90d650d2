# SPDX-License-Identifier: BSD-3-Clause
"""How much memory of this process is in use, and how much was at most."""

import resource
import sys
from collections.abc import Callable
from pathlib import Path

STATUS, REFERENCES = Path("/proc/self/status"), Path("/proc/self/clear_refs")
KIB = 1024


def _field(file: Path, name: str) -> int:
    for line in file.read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * KIB
    raise OSError(f"{file} does not say {name}")


def _forget_the_peak() -> None:
    try:
        REFERENCES.write_text("5")
    except OSError:
        pass  # elsewhere than on Linux: then what was used before counts as there


def peak() -> int:
    """Bytes in memory at most, since the process began or the peak was forgotten."""
    try:
        return _field(STATUS, "VmHWM")
    except OSError:
        unit = 1 if sys.platform == "darwin" else KIB
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def grown(call: Callable[[], object]) -> int:
    """Bytes in memory at most while `call` runs, above what was there before."""
    _forget_the_peak()
    before = peak()
    call()
    return peak() - before


def available() -> int | None:
    """Bytes of the machine that can be had without swapping; None where nobody tells."""
    try:
        return _field(Path("/proc/meminfo"), "MemAvailable")
    except OSError:
        return None
