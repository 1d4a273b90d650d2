# SPDX-License-Identifier: BSD-3-Clause
"""Tables, from the results' file alone: python report.py results.json"""

import json
import sys
from pathlib import Path
from typing import Any

from goals import goals, medians


def _heading(text: str, columns: str) -> list[str]:
    return ["", text, columns, "-" * len(columns)]


def _spread(variant: dict[str, Any]) -> str:
    low, high = variant["quartiles_ns"]
    return f"{low:.1f}–{high:.1f}"


def calls(table: dict[str, Any]) -> list[str]:
    base, empty = table["base"], table["loop"]["median_ns"]
    lines = _heading("Cost of a call, ns of CPU time, the loop around it included",
                     f"{'':36}{'':8}{'median':>9}{'quartiles':>16}{'/ ' + base:>9}{'less loop':>11}")
    for row in table["rows"]:
        times = medians(row)
        for k, variant in enumerate(row["variants"]):
            ns = variant["median_ns"]
            floor = times.get(base, float("nan"))
            net = (ns - empty) / (floor - empty)
            lines.append(f"{row['title'] if k == 0 else '':36}{variant['variant']:8}{ns:9.1f}{_spread(variant):>16}"
                         f"{ns / floor:9.2f}{net:11.2f}")
    return [*lines, f"{'the loop alone':44}{empty:9.1f}{_spread(table['loop']):>16}"]


def batches(table: dict[str, Any]) -> list[str]:
    base = table["base"]
    lines = _heading("Cost of a batch, ns of CPU time a point",
                     f"{'':38}{'points':>10}{base:>14}{'.batch':>10}{'ratio':>8}{'one batch, us':>15}")
    last = ""
    for row in table["rows"]:
        times, n = medians(row), row["points"]
        name = f"{row['title']}, {row['layout']}"
        lines.append(f"{name if name != last else '':38}{n:10,}{times[base] / n:14.2f}{times['.batch'] / n:10.2f}"
                     f"{times['.batch'] / times[base]:8.2f}{times['.batch'] / 1e3:15.2f}")
        last = name
    return lines


def _compared(heading: str, table: dict[str, Any]) -> list[str]:
    empty = table["loop"]["median_ns"]
    lines = _heading(heading,
                     f"{'':30}{'':12}{'median':>9}{'quartiles':>16}{'ratio':>9}")
    for row in table["rows"]:
        first = row["variants"][0]["median_ns"]
        for k, variant in enumerate(row["variants"]):
            ns = variant["median_ns"]
            lines.append(f"{row['title'] if k == 0 else '':30}{variant['variant']:12}{ns:9.1f}{_spread(variant):>16}"
                         f"{ns / first:9.2f}")
    return [*lines, f"{'the loop alone':42}{empty:9.1f}{_spread(table['loop']):>16}"]


def lend(table: dict[str, Any]) -> list[str]:
    return _compared("Cost of a view, ns of CPU time, the loop around it included", table)


def extensions(table: dict[str, Any]) -> list[str]:
    return _compared("Cost of the C API, ns of CPU time, the loop around it included", table)


def copies(table: dict[str, Any]) -> list[str]:
    lines = _heading("Copies, us of CPU time",
                     f"{'':42}{'':12}{'median':>11}{'quartiles':>20}{'/ tenon':>10}")
    for row in table["rows"]:
        first = row["variants"][0]["median_ns"]
        for k, variant in enumerate(row["variants"]):
            ns, (low, high) = variant["median_ns"], variant["quartiles_ns"]
            spread = f"{low / 1e3:.1f}–{high / 1e3:.1f}"
            lines.append(f"{row['title'] if k == 0 else '':42}{variant['variant']:12}{ns / 1e3:11.1f}{spread:>20}"
                         f"{ns / first:10.2f}")
    return lines


def memory(table: dict[str, Any]) -> list[str]:
    resident = table["resident_bytes"]
    return [*_heading(f"Memory over {table['calls']:,} calls of {len(table['kinds'])} kinds in turn",
                      f"{'':24}{'before':>12}{'after':>12}{'growth':>12}"),
            f"{'resident, KiB':24}{resident[0] / 1024:12,.0f}{resident[-1] / 1024:12,.0f}"
            f"{table['growth_bytes'] / 1024:12,.0f}",
            f"{'blocks of Python':24}{'':24}{table['growth_blocks']:12}",
            f"kinds: {', '.join(table['kinds'])}"]


TABLES = {"calls": calls, "arguments": calls, "refusals": calls, "results": calls, "batches": batches, "views": lend, "extensions": extensions, "copies": copies, "rows": copies,
          "growth": memory}


def report(results: dict[str, Any]) -> str:
    record = results["record"]
    lines = [", ".join(f"{name} {value}" for name, value in record.items() if value not in ("", None))]
    for name, table in results["tables"].items():
        lines += TABLES[name](table) if name in TABLES else []
    repeated = sum(variant["windows_repeated"] for variant in _variants(results))
    interrupted = sum(variant["windows_interrupted"] for variant in _variants(results))
    total = sum(variant["windows"] for variant in _variants(results))
    lines += ["", f"{total:,} windows; {repeated:,} interrupted ones repeated, "
                  f"{interrupted:,} counted although interrupted"]
    if results["quick"]:
        return "\n".join([*lines, "A quick run: these numbers mean nothing."])
    lines += _heading("Goals", f"{'':86}{'measured':>10}{'at most':>10}")
    lines += [f"{goal.what:86}{goal.value:10.2f}{goal.limit:10.2f}{goal.unit:4} {'met' if goal.met else 'NOT MET'}"
              for goal in goals(results)]
    return "\n".join(lines)


def _variants(results: dict[str, Any]) -> list[dict[str, Any]]:
    tables = results["tables"].values()
    return [v for table in tables for row in table.get("rows", []) for v in row.get("variants", [])]


if __name__ == "__main__":
    print(report(json.loads(Path(sys.argv[1]).read_text())))
