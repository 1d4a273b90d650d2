# SPDX-License-Identifier: BSD-3-Clause
"""The benchmarks run, check their results, and draw what the tables need. No time is judged."""

import copy
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench"
Results = dict[str, Any]
TABLES = {"calls", "arguments", "refusals", "results", "batches", "copies", "rows", "builds", "peak", "behaviour",
          "views", "extensions", "growth"}  # fmt: skip
OF_CASES = ["calls", "arguments", "refusals", "results"]
NEEDS_CARGO = {"rust-numpy", "floor, Rust"}
BESIDE_PEERS = {"calls": ["floor, own type"], "results": ["floor, own type"]}  # in the tables that have them


def bench(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, BENCH, *arguments], capture_output=True, text=True, timeout=1800)


@dataclass(frozen=True)
class Run:
    results: Results
    printed: str
    pages: Path


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A quick run."""
    folder = tmp_path_factory.mktemp("bench")
    output, pages = folder / "results.json", folder / "pages"
    outcome = bench("--quick", "--output", output, "--record", pages)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    return Run(json.loads(output.read_text()), outcome.stdout, pages)


@pytest.fixture
def modules(monkeypatch: pytest.MonkeyPatch) -> None:
    """The modules of the benchmarks can be imported."""
    monkeypatch.syspath_prepend(str(BENCH))


def saved(results: Results, folder: Path, name: str = "results.json") -> Path:
    file = folder / name
    file.write_text(json.dumps(results))
    return file


def timed(results: Results) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for name, table in results["tables"].items():
        for row in table.get("rows", []):
            for variant in row.get("variants", []):
                yield name, row["key"], variant


def timing(results: Results, table: str, key: str, peer: str) -> dict[str, Any]:
    return next(v for name, row, v in timed(results) if (name, row, v["variant"]) == (table, key, peer))


def set_median(variant: dict[str, Any], median: float) -> None:
    variant["median_ns"], variant["quartiles_ns"] = median, [median * 0.99, median * 1.01]


# --- what is measured -------------------------------------------------------------------------------------------------


def test_all_tables_are_there(run: Run) -> None:
    assert set(run.results["tables"]) == TABLES
    for name in TABLES - {"growth"}:
        assert run.results["tables"][name]["rows"], name


def test_every_peer_is_measured_or_a_reason_is_given_and_those_from_pypi_are_measured(run: Run) -> None:
    peers, absent = set(run.results["peers"]), run.results["absent"]
    assert peers | set(absent) == set(run.results["adapters"])
    assert all(absent.values())
    assert not set(absent) - NEEDS_CARGO, absent


def test_every_adapter_says_which_choices_it_makes(run: Run) -> None:
    assert all(run.results["adapters"].values())


@pytest.mark.parametrize("name", OF_CASES)
def test_every_row_has_every_peer_or_why_not(name: str, run: Run) -> None:
    for row in run.results["tables"][name]["rows"]:
        there = [variant["variant"] for variant in row["variants"]]
        absent = [absent["variant"] for absent in row["absent"] if absent["why"]]
        assert sorted(there + absent) == sorted([*run.results["peers"], *BESIDE_PEERS.get(name, [])]), row["key"]


@pytest.mark.parametrize("name", ["calls", "results"])
def test_the_floor_and_tenon_do_everything_that_the_goals_are_about(name: str, run: Run) -> None:
    for row in run.results["tables"][name]["rows"]:
        assert {"floor", "tenon"} <= {variant["variant"] for variant in row["variants"]}, row["key"]


def test_tables_of_outcomes_ask_every_peer_the_same(run: Run) -> None:
    for name in ("behaviour", "peak"):
        for row in run.results["tables"][name]["rows"]:
            asked = {cell["variant"].removesuffix(", defaults") for cell in row["cells"]}
            assert asked == set(run.results["peers"]), row["key"]


def test_every_build_has_times_sizes_and_lines(run: Run) -> None:
    rows = run.results["tables"]["builds"]["rows"]
    assert {"floor", "tenon"} <= {row["variant"] for row in rows} <= set(run.results["peers"])
    for row in rows:
        assert all(time > 0 for time in row["build_s"]) and row["size_bytes"] >= row["stripped_bytes"] > 0
        assert (row["glue_lines"] == 0) == (row["variant"] == "tenon"), row["variant"]


def test_every_variant_has_windows_and_the_median_lies_between_the_quartiles(run: Run) -> None:
    for name, row, variant in timed(run.results):
        low, high = variant["quartiles_ns"]
        assert len(variant["values_ns"]) == variant["windows"] >= 5, (name, row)
        assert 0 < low <= variant["median_ns"] <= high, (name, row)


def test_memory_is_watched_over_calls_that_succeed_and_calls_that_fail(run: Run) -> None:
    growth = run.results["tables"]["growth"]
    assert growth["calls"] > 0 and len(growth["resident_bytes"]) > 1
    assert any(kind.startswith("refused") for kind in growth["kinds"])
    assert any(not kind.startswith("refused") for kind in growth["kinds"])


def test_the_record_says_on_what_it_was_measured_and_names_no_place(run: Run) -> None:
    assert {"processor", "python", "numpy", "tenon", "compiler"} <= run.results["record"].keys()
    texts = [json.dumps(run.results), *(page.read_text() for page in run.pages.rglob("*.md"))]
    for place in (str(BENCH.parent), str(Path.home()), sys.prefix):
        assert not any(place in text for text in texts), place


# --- what is drawn ----------------------------------------------------------------------------------------------------


def test_the_tables_can_be_printed_from_the_file_again(run: Run, tmp_path: Path) -> None:
    again = bench("--report", saved(run.results, tmp_path))
    assert again.returncode == 0, again.stderr
    assert again.stdout == run.printed


def test_what_is_printed_fits_into_120_columns_and_names_every_peer(run: Run) -> None:
    assert max(map(len, run.printed.splitlines())) <= 120
    for peer in run.results["peers"]:
        assert f"\n{peer} " in run.printed


def test_pages_have_every_table_and_its_plots(run: Run) -> None:
    text = "".join(page.read_text() for page in run.pages.glob("*.md"))
    assert "Not measured in this run" not in text and "Not recorded yet" not in text
    for name in TABLES - {"growth"}:
        assert f"](plots/{name}.svg)" in text, name
        assert (run.pages / "plots" / f"{name}.svg").read_text().rstrip().endswith("</svg>")
        assert (run.pages / "plots" / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_the_committed_data_draws_the_same_pages_and_has_no_single_windows(run: Run, tmp_path: Path) -> None:
    data = run.pages / "results.json"
    assert "values_ns" not in data.read_text()
    outcome = bench("--report", data, "--record", tmp_path)
    assert outcome.returncode == 0, outcome.stderr
    for file in [*run.pages.glob("*.md"), *run.pages.glob("plots/*.svg"), data]:
        assert (tmp_path / file.relative_to(run.pages)).read_bytes() == file.read_bytes(), file.name


@pytest.mark.parametrize("kept", [set(), {"calls"}, {"behaviour", "builds", "growth"}, {"batches", "rows"}], ids=sorted)
def test_pages_can_be_drawn_without_tables_and_peers(kept: set[str], run: Run, tmp_path: Path) -> None:
    results = copy.deepcopy(run.results)
    results["tables"] = {name: table for name, table in results["tables"].items() if name in kept}
    for peer in ("cython", "numba"):
        del results["peers"][peer]
        results["absent"][peer] = "not here"
    for table in results["tables"].values():
        for row in table.get("rows", []):
            for part in ("variants", "absent", "cells"):
                if part in row:
                    row[part] = [cell for cell in row[part] if cell["variant"] not in ("cython", "numba")]
    outcome = bench("--report", saved(results, tmp_path), "--record", tmp_path / "pages")
    assert outcome.returncode == 0, outcome.stderr
    assert "NOT RUN: cython: not here" in outcome.stdout
    assert "Not run: not here" in (tmp_path / "pages" / "peers.md").read_text()
    assert "Not measured in this run" in (tmp_path / "pages" / "arguments.md").read_text()


# --- what it is held against ------------------------------------------------------------------------------------------


@pytest.fixture
def lost(run: Run) -> Results:
    """As if measured in earnest, and cython were ahead in one row."""
    results = copy.deepcopy(run.results)
    results["quick"] = False
    results["tables"] = {"calls": results["tables"]["calls"]}
    for row in results["tables"]["calls"]["rows"]:
        for variant in row["variants"]:
            set_median(variant, {"floor": 10, "tenon": 12}.get(variant["variant"], 50))
    set_median(timing(results, "calls", "mean", "cython"), 8)
    return results


def test_a_losing_cell_is_named_and_misses_the_goals(lost: Results, tmp_path: Path) -> None:
    outcome = bench("--report", saved(lost, tmp_path))
    assert outcome.returncode == 1, outcome.stderr
    assert "Calls: 1 matrix, float returned: Tenon 12.0 ns, 1.50 × cython (8.00 ns) [no explanation]" in outcome.stdout
    missed = [line for line in outcome.stdout.splitlines() if line.endswith("NOT MET")]
    assert [line.split("   ")[0] for line in missed] == [
        "calls: 1 matrix, float returned: tenon / cython, the best peer",
        "rows that Tenon loses without a word in docs/benchmarks/notes.toml",
    ]


def test_an_explained_cell_stands_with_its_reason_at_the_table(modules: None, lost: Results, tmp_path: Path) -> None:
    from goals import goals
    from notes import Notes
    from show.pages import draw

    notes = Notes({"calls": {"mean": "Because it is so."}})
    assert [goal.what for goal in goals(lost, notes) if not goal.met] == [
        "calls: 1 matrix, float returned: tenon / cython, the best peer"
    ]
    draw(lost, notes, tmp_path)
    text = (tmp_path / "calls.md").read_text()
    assert "- Because it is so.\n  - 1 matrix, float returned: Tenon 12.0 ns, 1.50 × cython (8.00 ns)\n" in text
    assert "8.00 ▲" in text.replace("** ± 0.08", "").replace("**8.00", "8.00")


def test_nothing_is_lost_where_tenon_is_ahead(lost: Results, tmp_path: Path) -> None:
    set_median(timing(lost, "calls", "mean", "cython"), 13)
    outcome = bench("--report", saved(lost, tmp_path))
    assert outcome.returncode == 0, outcome.stdout
    assert "In no cell." in outcome.stdout and "NOT MET" not in outcome.stdout


def test_what_a_peer_alone_can_do_is_a_losing_cell_too(lost: Results, tmp_path: Path) -> None:
    (row,) = (row for row in lost["tables"]["calls"]["rows"] if row["key"] == "keyword")
    row["variants"] = [variant for variant in row["variants"] if variant["variant"] != "tenon"]
    row["absent"].append({"variant": "tenon", "why": "not offered"})
    outcome = bench("--report", saved(lost, tmp_path))
    assert outcome.returncode == 1
    assert "Calls: 3 arrays, one by keyword: Tenon not offered," in outcome.stdout


@pytest.mark.parametrize(
    ("peer", "figure", "value", "goal"),
    [
        ("tenon", "glue_lines", 1, "lines of glue"),
        ("nanobind", "build_s", [0.001], "time to build: tenon / nanobind"),
        ("cython", "stripped_bytes", 100, "size, stripped: tenon / cython"),
    ],
)
def test_builds_are_held_against_goals(
    modules: None, peer: str, figure: str, value: Any, goal: str, run: Run
) -> None:
    from goals import goals
    from notes import Notes

    results = copy.deepcopy(run.results)
    (row,) = (row for row in results["tables"]["builds"]["rows"] if row["variant"] == peer)
    row[figure] = value
    assert goal in [found.what for found in goals(results, Notes({})) if not found.met]


def test_silent_damage_by_tenon_misses_a_goal(modules: None, run: Run) -> None:
    from goals import goals
    from notes import Notes

    def missed(results: Results) -> list[str]:
        said = "what Tenon does is not right"
        return [goal.what for goal in goals(results, Notes({})) if not goal.met and said in goal.what]

    assert missed(run.results) == []
    results = copy.deepcopy(run.results)
    cells = results["tables"]["behaviour"]["rows"][0]["cells"]
    next(cell for cell in cells if cell["variant"] == "tenon")["outcome"] = "lost write"
    assert len(missed(results)) == 1


# --- two runs ---------------------------------------------------------------------------------------------------------


def test_two_runs_are_compared_cell_by_cell(lost: Results, tmp_path: Path) -> None:
    other = copy.deepcopy(lost)
    set_median(timing(other, "calls", "mean", "cython"), 16)
    outcome = bench("--compare", saved(lost, tmp_path, "a.json"), saved(other, tmp_path, "b.json"), "--record",
                    tmp_path / "pages")  # fmt: skip
    assert outcome.returncode == 0, outcome.stderr
    assert "Half of them differ by 0.0 % at most" in outcome.stdout
    assert "Goals met in one run only: calls: 1 matrix, float returned: tenon / the best peer" in outcome.stdout
    assert "Cells lost in one run only: Calls: 1 matrix, float returned: cython" in outcome.stdout
    worst = outcome.stdout.splitlines()[outcome.stdout.splitlines().index("") + 3]
    assert worst.split() == ["Calls:", "1", "matrix,", "float", "returned:", "cython", "8.00", "16.0", "2.00"]
    assert "Half of them differ" in (tmp_path / "pages" / "index.md").read_text()
    assert (tmp_path / "pages" / "second.json").exists()


def test_files_without_a_common_cell_are_no_comparison(lost: Results, tmp_path: Path) -> None:
    empty = {**lost, "tables": {}}
    outcome = bench("--compare", saved(lost, tmp_path, "a.json"), saved(empty, tmp_path, "b.json"))
    assert "no cell in common" in outcome.stdout
