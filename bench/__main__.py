# SPDX-License-Identifier: BSD-3-Clause
"""python bench [--quick] [--output FILE] [--record] [TABLE…]: measure, write results as JSON, print tables from them.

The peers' modules are built first, where they are not up to date. Each table is measured in a process of its own. With
--quick everything runs once or so, to see that it does: results are checked, times mean nothing. Otherwise the exit
status is 1 if a goal (goals.py) is missed. --record draws docs/benchmarks anew, from the results alone.

Nothing is measured with
    --report FILE       the tables of a file; with --record, pages, too
    --compare A B       how far two runs agree; with --record, pages of A that say so, too
"""

import argparse
import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
RESULTS = HERE.parent / "build" / "bench"
PAGES = HERE.parent / "docs" / "benchmarks"
FLAGS = ["CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS", "RUSTFLAGS"]
TABLES = ["calls", "arguments", "refusals", "results", "batches", "copies", "rows", "builds", "peak", "behaviour",
          "views", "extensions", "growth"]


def measure_here(name: str, quick: bool) -> dict[str, Any]:
    from measure import FULL, QUICK

    table: dict[str, Any] = importlib.import_module(f"tables.{name}").run(QUICK if quick else FULL, quick)
    return table


def measure_apart(name: str, quick: bool) -> dict[str, Any]:
    command = [sys.executable, str(HERE), "--here", name, *(["--quick"] if quick else [])]
    outcome = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if outcome.returncode != 0:
        raise SystemExit(f"bench: the table {name!r} failed")
    table: dict[str, Any] = json.loads(outcome.stdout)
    return table


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench", description="Measure Tenon beside its peers.")
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=f"of {', '.join(TABLES)}; all of them by default")
    parser.add_argument("--quick", action="store_true", help="only see that everything runs")
    parser.add_argument("--output", type=Path, metavar="FILE",
                        help="of the results; build/bench/results.json or quick.json, if none is named")  # fmt: skip
    parser.add_argument("--record", type=Path, nargs="?", const=PAGES, metavar="FOLDER",
                        help="draw the pages, in docs/benchmarks if no other folder is named")  # fmt: skip
    parser.add_argument("--report", type=Path, metavar="FILE", help="measure nothing: tables of this file")
    parser.add_argument("--compare", type=Path, nargs=2, metavar=("A", "B"),
                        help="measure nothing: compare two files")  # fmt: skip
    parser.add_argument("--here", choices=TABLES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here is not None:
        print(json.dumps(measure_here(options.here, options.quick)))
        return 0
    unknown = set(options.tables) - set(TABLES)
    if unknown:
        parser.error(f"there is no table {', '.join(sorted(unknown))}; there are {', '.join(TABLES)}")
    if options.record == PAGES and options.report is None and (options.tables or options.quick):
        parser.error("the pages are drawn from a whole run: --record goes with all tables, and without --quick")
    for file in [options.report, *(options.compare or [])]:
        if file is not None and not file.is_file():
            parser.error(f"there is no file {file}")
    if options.compare is not None:
        return compare(*map(_read, options.compare), options.record)
    if options.report is not None:
        return report(_read(options.report), options.record)
    output = options.output or RESULTS / ("quick.json" if options.quick else "results.json")
    measure_all(options.tables or TABLES, options.quick, output)
    return report(_read(output), options.record)


def _read(file: Path) -> dict[str, Any]:
    results: dict[str, Any] = json.loads(file.read_text())
    return results


def measure_all(names: list[str], quick: bool, output: Path) -> None:
    from building import about, build_all, versions
    from machine import record

    for name in FLAGS:  # not all peers heed them, so that none should
        os.environ.pop(name, None)
    machine = record()
    absent = build_all()
    results: dict[str, Any] = {
        "version": 3, "quick": quick, "record": machine, "adapters": about(), "peers": versions(), "absent": absent,
        "tables": {},
    }  # fmt: skip
    for name in names:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        results["tables"][name] = measure_apart(name, quick)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(results) + "\n")


def report(results: dict[str, Any], pages: Path | None) -> int:
    import notes
    from goals import goals
    from show import text

    known = notes.read()
    print(text.report(results, known))
    if pages is not None:
        from show.pages import draw

        draw(results, known, pages)
    return 0 if results["quick"] or all(goal.met for goal in goals(results, known)) else 1


def compare(first: dict[str, Any], second: dict[str, Any], pages: Path | None) -> int:
    import notes
    from show import comparison

    known = notes.read()
    print(comparison.as_text(comparison.compare(first, second, known)))
    if pages is not None:
        from show.pages import draw

        draw(first, known, pages, second)
    return 0


if __name__ == "__main__":
    sys.exit(main())
