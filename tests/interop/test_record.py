# SPDX-License-Identifier: BSD-3-Clause
"""What docs/reference/interop.md shows is what was recorded, and still true of the consumers that every Python has."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

HERE = Path(__file__).parent
ALWAYS_HERE = ("NumPy", "NumPy, DLPack", "memoryview", "ctypes")


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"interop_{name}", HERE / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def interop() -> Iterator[dict[str, ModuleType]]:
    """The modules of this folder, which import each other as scripts do."""
    names = ("cases", "consumers")
    sys.path.insert(0, str(HERE))
    try:
        yield {name: load(name) for name in ("look", "__main__")}
    finally:
        sys.path.remove(str(HERE))
        for name in names:
            sys.modules.pop(name, None)


def test_the_page_is_drawn_from_the_record(interop: dict[str, ModuleType]) -> None:
    main = interop["__main__"]
    assert main.PAGE.read_text() == main.page(json.loads(main.RECORD.read_text()))


def test_no_consumer_is_recorded_with_a_crash_or_wrong_data_or_without_a_case(interop: dict[str, ModuleType]) -> None:
    main = interop["__main__"]
    rows = json.loads(main.RECORD.read_text())
    assert {consumer.name for consumer in main.CONSUMERS} <= {row["name"] for row in rows}
    for row in rows:
        assert tuple(row["cases"]) == main.NAMES
        assert not {cell["outcome"] for cell in row["cases"].values()} & main.NEVER


@pytest.mark.parametrize("name", ALWAYS_HERE)
def test_what_was_recorded_still_happens(interop: dict[str, ModuleType], name: str) -> None:
    main, look = interop["__main__"], interop["look"]
    (row,) = (row for row in json.loads(main.RECORD.read_text()) if row["name"] == name)
    (consumer,) = (consumer for consumer in main.CONSUMERS if consumer.name == name)
    seen = {case.name: look.outcome(consumer, case)["outcome"] for case in (make() for make in main.CASES)}
    assert seen == {case: cell["outcome"] for case, cell in row["cases"].items()}
