# SPDX-License-Identifier: BSD-3-Clause
"""What a binding costs before it is called: building the module of functions.c, its size, importing it, and the glue.

Build: Peer.build() into an empty folder, all peers in turn, in shuffled order, until each had its number of builds or
its time. What is built is tried in an interpreter of its own before its time counts. What a build needs lies on the
disk already: compilers, headers, downloaded crates.
Size: the files that build() returns, and copies of them after `strip --strip-unneeded`; apart from these, the shared
libraries of installed packages that importing the module loads in addition to NumPy's.
Import: `import functions` after `import numpy`, each time in a fresh interpreter, all peers in turn, in shuffled order.
Glue: lines of what a user writes, without blank ones, comments and docstrings.
"""

import json
import os
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import building
from adapters import BENCH, Peer
from measure import Method

BUILDS, BUDGET_S = 5, 20.0  # a peer
IMPORTS, QUICK_IMPORTS = 25, 3
QUICKLY_BUILT = ("floor", "tenon")

TRY = """
import sys
import numpy as np
from adapters import imported, peer
import building
from pathlib import Path
one, folder = peer(sys.argv[1]), Path(sys.argv[2])
modules = {part: imported(part, building.place(one, part)) for part in one.parts if part != "functions"}
first = one.functions({"functions": imported("functions", folder), **modules})["first"]
sys.exit(first(one.held(np.ones(3))) != 1.0)
"""

IMPORT = """
import json, os, sys, sysconfig, time
import numpy
def loaded():
    try:
        with open("/proc/self/maps") as maps:
            files = {line.split(None, 5)[5].strip() for line in maps if line.count("/") > 0}
    except OSError:
        files = set()
    packages = tuple(sysconfig.get_path(kind) + os.sep for kind in ("purelib", "platlib"))
    return {file for file in files if file.startswith(packages) and ".so" in os.path.basename(file)}
before = loaded()
sys.path.insert(0, sys.argv[1])
start = time.perf_counter_ns()
import functions
elapsed = time.perf_counter_ns() - start
print(json.dumps([elapsed / 1e6, sum(os.path.getsize(file) for file in loaded() - before)]))
"""


@dataclass
class Built:
    """What one peer's module of functions.c took."""

    one: Peer
    build_s: list[float] = field(default_factory=list)
    build_cpu_s: list[float] = field(default_factory=list)
    import_ms: list[float] = field(default_factory=list)
    runtime_bytes: int = 0


def _cpu() -> float:
    """Of this process and of those that it waited for, with theirs."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _python(script: str, *arguments: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(BENCH)}
    outcome = subprocess.run([sys.executable, "-c", script, *arguments], stdout=subprocess.PIPE, text=True, check=True,
                             env=environment)  # fmt: skip
    return outcome.stdout


def _build(built: Built) -> None:
    with tempfile.TemporaryDirectory(dir=building.MODULES) as name:
        cpu, start = _cpu(), time.perf_counter()
        built.one.build("functions", Path(name))
        elapsed, cpu = time.perf_counter() - start, _cpu() - cpu
        _try(built.one, Path(name))
    built.build_s.append(elapsed)
    built.build_cpu_s.append(cpu)


def _try(one: Peer, folder: Path) -> None:
    try:
        _python(TRY, one.folder.name, str(folder))
    except subprocess.CalledProcessError as error:
        raise SystemExit(f"bench: {one.name}: what was built does not work") from error


def _build_all(every: Sequence[Built], builds: int) -> None:
    shuffled = list(every)
    for _ in range(builds):
        random.shuffle(shuffled)
        for built in shuffled:
            if sum(built.build_s) < BUDGET_S:
                _build(built)


def _import_all(every: Sequence[Built], imports: int) -> None:
    shuffled = list(every)
    for _ in range(imports):
        random.shuffle(shuffled)
        for built in shuffled:
            milliseconds, built.runtime_bytes = json.loads(_python(IMPORT, str(building.place(built.one, "functions"))))
            built.import_ms.append(milliseconds)


# --- sizes ------------------------------------------------------------------------------------------------------------


def _stripped(file: Path) -> int:
    """Its size without symbols; as it is where it has none, as a file of Python."""
    with file.open("rb") as opened:
        compiled = opened.read(4) == b"\x7fELF"
    if not compiled or shutil.which("strip") is None:
        return file.stat().st_size
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copy(file, folder))
        subprocess.run(["strip", "--strip-unneeded", str(copy)], check=True)
        return copy.stat().st_size


# --- glue -------------------------------------------------------------------------------------------------------------

_C = re.compile(r"//[^\n]*|/\*.*?\*/|(\"(?:\\.|[^\"\\])*\")", re.DOTALL)  # a string may look like a comment
_DOCSTRING = re.compile(r'^[ \t]*[rR]?(?:"""(?:.*?)"""|\'\'\'(?:.*?)\'\'\')[ \t]*$', re.DOTALL | re.MULTILINE)
_COMMENTS = {".pyf": "!"}  # of lines; # elsewhere


def lines(file: Path) -> int:
    """Neither blank nor comment; docstrings are comments."""
    text = file.read_text()
    if file.suffix in (".c", ".h", ".cpp", ".hpp", ".rs"):
        text = _C.sub(lambda match: match[1] or "", text)
        return sum(1 for line in text.splitlines() if line.strip())
    if file.suffix in (".py", ".pyx", ".pxd"):
        text = _DOCSTRING.sub("", text)
    comment = _COMMENTS.get(file.suffix, "#")
    return sum(1 for line in text.splitlines() if line.strip() and not line.lstrip().startswith(comment))


# --- the table --------------------------------------------------------------------------------------------------------


def _row(built: Built) -> dict[str, Any]:
    one = built.one
    files = building.files(one, "functions")
    return {
        "variant": one.name,
        "build_s": [round(value, 4) for value in built.build_s],
        "build_cpu_s": [round(value, 4) for value in built.build_cpu_s],
        "size_bytes": sum(file.stat().st_size for file in files),
        "stripped_bytes": sum(map(_stripped, files)),
        "runtime_bytes": built.runtime_bytes,
        "import_ms": [round(value, 4) for value in built.import_ms],
        "glue_lines": sum(lines(one.folder / name) for name in one.glue),
        "glue_files": list(one.glue),
    }


def run(method: Method, quick: bool) -> dict[str, Any]:
    # Peers of one folder have the same modules, which they use in different ways.
    distinct = {one.folder: one for one in reversed(building.built())}
    every = [Built(one) for one in reversed(distinct.values())]
    if quick:
        _build_all([built for built in every if built.one.name in QUICKLY_BUILT], 1)
    else:
        _build_all(every, BUILDS)
    _import_all(every, QUICK_IMPORTS if quick else IMPORTS)
    return {"rows": [_row(built) for built in every], "lines_of_C": lines(BENCH / "functions.c")}
