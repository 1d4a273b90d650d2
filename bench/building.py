# SPDX-License-Identifier: BSD-3-Clause
"""The peers' modules, built once and kept until what they are made of changes: build/bench/modules/PEER/PART."""

import functools
import hashlib
import inspect
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from adapters import BENCH, NAMES, Peer, imported, peer
from adapters.native import CC, CXX, run

MODULES = BENCH.parent / "build" / "bench" / f"modules-{sys.version_info[0]}.{sys.version_info[1]}"


@functools.cache
def compilers() -> str:
    found = []
    for command in (CC, CXX):
        try:
            found.append(run([*command, "--version"]).partition("\n")[0])
        except (OSError, subprocess.CalledProcessError):
            found.append("none")
    return ", ".join(found)


def _key(one: Peer) -> str:
    """Changes when what the peer's modules are made of does."""
    digest = hashlib.sha256(f"{one.version()} {np.__version__} {compilers()}".encode())
    folders = {one.folder, *((one.folder / file).resolve().parent for file in one.glue)}  # of others, too
    written = {file for folder in folders for file in folder.rglob("*")}
    for file in sorted([*written, *BENCH.glob("*.[ch]"), *(BENCH / "adapters").glob("[!_]*.py")]):
        if file.is_file() and "__pycache__" not in file.parts:
            digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()


def place(one: Peer, part: str) -> Path:
    return MODULES / one.folder.name / part


def files(one: Peer, part: str) -> list[Path]:
    """What is needed to import the module, as build() said when it was built."""
    return [place(one, part) / name for name in place(one, part).with_suffix(".files").read_text().splitlines()]


def _build(one: Peer, part: str) -> None:
    folder, stamp, listed = (place(one, part).with_suffix(suffix) for suffix in ("", ".stamp", ".files"))
    if stamp.exists() and listed.exists() and stamp.read_text() == _key(one) and not one.developed:
        return
    print(f"building {part} with {one.name} …", file=sys.stderr, flush=True)
    stamp.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    made = one.build(part, folder)
    listed.write_text("".join(f"{file.relative_to(folder)}\n" for file in made))
    stamp.write_text(_key(one))


def _why(error: Exception) -> str:
    if isinstance(error, subprocess.CalledProcessError):
        output = (error.stderr or error.output or b"") if error.stderr or error.output else b""
        text = output.decode(errors="replace") if isinstance(output, bytes) else output
        print(text, file=sys.stderr)
        return f"{Path(str(error.cmd[0])).name} failed: {(text.strip().splitlines() or ['it says nothing'])[-1]}"
    return str(error)


def _build_parts(one: Peer) -> str | None:
    """Build what is not up to date; why this peer can't be used, if it can't."""
    why = one.missing()
    try:
        for part in one.parts if why is None else ():
            _build(one, part)
    except (OSError, subprocess.CalledProcessError) as error:
        why = _why(error)
    if why is not None:
        print(f"NOT RUN: {one.name}: {why}", file=sys.stderr, flush=True)
    return why


def build_all(names: Iterable[str] = NAMES) -> dict[str, str]:
    """Build what is not up to date, side by side: compilers do the work. Returns why peers can't be used, by name."""
    peers = {one.folder: one for one in map(peer, names)}  # two of one folder share the modules
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        reasons = dict(zip(peers, pool.map(_build_parts, peers.values()), strict=True))
    return {one.name: why for one in map(peer, names) if (why := reasons[one.folder]) is not None}


def built() -> list[Peer]:
    """The peers whose modules are there."""
    peers = [peer(name) for name in NAMES]
    return [one for one in peers if one.missing() is None
            and all(place(one, part).with_suffix(".stamp").exists() for part in one.parts)]


def load(one: Peer) -> dict[str, Any]:
    """Its callables: a name of adapters.FUNCTIONS → the callable."""
    functions = one.functions({part: imported(part, place(one, part)) for part in one.parts})
    return {"add_keywords": functions["add"], **functions}  # where that takes keywords, too


def load_defaults(one: Peer) -> dict[str, Any]:
    """Its callables of the part "defaults"."""
    if one.defaults is None:
        raise ValueError(f"{one.name} has no defaults of its own")
    return one.defaults(imported("defaults", place(one, "defaults")))


def versions() -> dict[str, str]:
    return {one.name: one.version() for one in built()}


def about() -> dict[str, str]:
    """What each peer is and which choices its adapter makes, in the adapter's own words."""
    return {peer(name).name: inspect.cleandoc(sys.modules[f"adapters.{name}"].__doc__ or "") for name in NAMES}
