# SPDX-License-Identifier: BSD-3-Clause
"""python bench [--quick] [--output FILE] [TABLE…]: measure, write the results as JSON, and print tables from them.

The peers' modules are built first, where they are not up to date. Each table is measured in a process of its own. With
--quick everything runs once or so, to see that it does: results are checked, times mean nothing. Otherwise the exit
status is 1 if a goal (goals.py) is missed.
"""

import argparse
import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
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
    parser = argparse.ArgumentParser(prog="bench", description="Measure what Tenon costs.")
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=f"of {', '.join(TABLES)}; all of them by default")
    parser.add_argument("--quick", action="store_true", help="only see that everything runs")
    parser.add_argument("--output", type=Path, default=HERE.parent / "build" / "bench" / "results.json")
    parser.add_argument("--here", choices=TABLES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here is not None:
        print(json.dumps(measure_here(options.here, options.quick)))
        return 0
    unknown = set(options.tables) - set(TABLES)
    if unknown:
        parser.error(f"there is no table {', '.join(sorted(unknown))}")
    return bench(options.tables or TABLES, options.quick, options.output)


def bench(names: list[str], quick: bool, output: Path) -> int:
    from building import build_all, versions
    from goals import goals
    from machine import record
    from report import report

    absent = build_all()
    results: dict[str, Any] = {
        "version": 2, "quick": quick, "record": record(), "peers": versions(), "absent": absent, "tables": {}
    }
    for name in names:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        results["tables"][name] = measure_apart(name, quick)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(results) + "\n")
    print(report(json.loads(output.read_text())))
    return 0 if quick or all(goal.met for goal in goals(results)) else 1


if __name__ == "__main__":
    sys.exit(main())
