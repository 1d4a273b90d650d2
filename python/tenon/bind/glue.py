# SPDX-License-Identifier: BSD-3-Clause
"""`tenon glue`: the generated text as files, for build systems."""

from __future__ import annotations

import os

from .pipeline import Generated

_HEAD = "/* Made by tenon from {sources}; do not edit. */\n"


def write_glue(generated: Generated, output: str, *, loops: str | None, stub: str | None, depfile: str | None) -> None:
    """One file with both halves, the C half first; or two, where the user's header and Python.h cannot meet."""
    sources = ", ".join(os.path.basename(translation.path) for translation in generated.translations)
    head = _HEAD.format(sources=sources)
    c_halves = "\n".join(generated.c_halves)
    if loops is None:
        _write(output, head + c_halves + "\n" + generated.python_half)
    else:
        _write(loops, head + c_halves)
        _write(output, head + generated.python_half)
    if stub is not None:
        _write(stub, generated.stub)
    if depfile is not None:
        targets = [path for path in (output, loops, stub) if path is not None]
        inputs = [*generated.inputs, *own_files()]
        _write(depfile, f"{' '.join(map(_escape, targets))}: {' '.join(map(_escape, inputs))}\n")


def own_files() -> list[str]:
    """The generator itself: what it writes changes with it."""
    folder = os.path.dirname(os.path.abspath(__file__))
    return sorted(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".py"))


def _escape(path: str) -> str:
    return path.replace("\\", "\\\\").replace(" ", "\\ ").replace("#", "\\#").replace("$", "$$")


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
