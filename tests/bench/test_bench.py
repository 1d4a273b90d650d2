# SPDX-License-Identifier: BSD-3-Clause
"""The benchmarks run, check their results, and write what the tables need. No time is judged."""

import itertools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], str]:
    """The results of a quick run, and what it printed."""
    output = tmp_path_factory.mktemp("bench") / "results.json"
    command = [sys.executable, str(BENCH), "--quick", "--output", str(output)]
    outcome = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    return json.loads(output.read_text()), outcome.stdout


def variants(table: dict[str, Any]) -> list[dict[str, Any]]:
    return [variant for row in table["rows"] for variant in row["variants"]]


def test_all_tables_have_rows_and_each_row_its_variants(run: tuple[dict[str, Any], str]) -> None:
    tables = run[0]["tables"]
    assert {row["key"] for row in tables["calls"]["rows"]} == {
        "first", "add", "doubled", "scaled", "keyword", "refused", "owned", "handed", "object", "method"
    }
    for row in tables["calls"]["rows"]:
        assert [variant["variant"] for variant in row["variants"]] == ["floor", "tenon"]
    assert {(row["key"], row["layout"]) for row in tables["batches"]["rows"]} == {
        (key, layout) for key in ("cross", "j2") for layout in ("contiguous", "strided", "broadcast")
    }
    for row in tables["batches"]["rows"]:
        assert [variant["variant"] for variant in row["variants"]] == ["plain C loop", ".batch"]
    assert {"transposed", "strided", "gathered 8"} <= {row["key"] for row in tables["copies"]["rows"]}
    for row in tables["copies"]["rows"]:
        assert row["variants"][0]["variant"] == "tenon" and len(row["variants"]) > 1
    assert {"made", "asarray"} <= {row["key"] for row in tables["lend"]["rows"]}
    assert {"borrow", "keep", "aligned"} <= {row["key"] for row in tables["extensions"]["rows"]}


def test_every_variant_has_windows_and_the_median_lies_between_the_quartiles(run: tuple[dict[str, Any], str]) -> None:
    tables = run[0]["tables"]
    timed = [variants(tables[name]) for name in ("calls", "batches", "lend", "extensions", "copies")]
    for variant in itertools.chain(*timed):
        low, high = variant["quartiles_ns"]
        assert len(variant["values_ns"]) == variant["windows"] >= 5
        assert 0 < low <= variant["median_ns"] <= high


def test_variants_of_a_row_run_the_same_number_of_calls(run: tuple[dict[str, Any], str]) -> None:
    tables = run[0]["tables"]
    for row in tables["calls"]["rows"] + tables["batches"]["rows"]:
        assert len({variant["calls_a_window"] for variant in row["variants"]}) == 1


def test_memory_is_watched_over_calls_that_succeed_and_calls_that_fail(run: tuple[dict[str, Any], str]) -> None:
    memory = run[0]["tables"]["memory"]
    assert memory["calls"] > 0 and len(memory["resident_bytes"]) > 1
    assert any(kind.startswith("refused") for kind in memory["kinds"])
    assert any(not kind.startswith("refused") for kind in memory["kinds"])


def test_the_record_says_on_what_it_was_measured_and_names_no_place(run: tuple[dict[str, Any], str]) -> None:
    record = run[0]["record"]
    assert {"processor", "python", "numpy", "tenon", "compiler"} <= record.keys()
    assert str(BENCH.parent) not in json.dumps(run[0])


def test_the_tables_can_be_drawn_from_the_file_again(run: tuple[dict[str, Any], str], tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    file.write_text(json.dumps(run[0]))
    again = subprocess.run([sys.executable, str(BENCH / "report.py"), str(file)], capture_output=True, text=True)
    assert again.returncode == 0
    assert again.stdout == run[1]
