# SPDX-License-Identifier: BSD-3-Clause
"""Fixtures: the command `tenon`, and the rules applied to C text without compiling it."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from tests_bind import Bound, Done, run_tenon  # noqa: E402


@pytest.fixture
def tenon(tmp_path: Path) -> Callable[..., Done]:
    """`tenon("build", "x.c")` runs the command in the test's own folder."""

    def run(*arguments: str | Path, **environment: str) -> Done:
        return run_tenon(*arguments, cwd=tmp_path, **environment)

    return run


@pytest.fixture
def bind(tmp_path: Path) -> Callable[..., Bound]:
    """`bind(text)` reads C text and applies the rules; nothing is compiled."""
    from tenon.bind.assemble import assemble
    from tenon.bind.docstring import python_signature
    from tenon.bind.parse import parse
    from tenon.bind.toolchain import Toolchain

    flags = Toolchain().for_libclang()

    def read(text: str, *, header: bool = False) -> Bound:
        path = tmp_path / ("given.h" if header else "given.c")
        path.write_text(text)
        translation, _ = parse(str(path), flags, definitions_only=not header)
        module = assemble("given", [translation])
        functions = {function.name: function for function in module.functions}
        return Bound(
            {name: python_signature(function) for name, function in functions.items()},
            {item.function: item.what + (f"; {item.advice}" if item.advice else "") for item in module.refusals},
            [note.text for note in module.notes],
            {name: function.signature for name, function in functions.items()},
            {name: function.doc for name, function in functions.items()},
            {constant.name: constant.value for constant in module.constants},
        )

    return read
