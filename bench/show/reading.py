# SPDX-License-Identifier: BSD-3-Clause
"""What the tables of the results say, as grids. Tables and peers that were not measured are simply not there."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median
from typing import Any

from show.grid import Cell, Column, Grid

Table = dict[str, Any]
KIB, MIB = 1024, 1024 * 1024


@dataclass(frozen=True)
class Kind:
    title: str
    measure: str  # what the figures are
    grids: Callable[[str, Table, list[str]], list[Grid]]


def _ordered(names: Iterable[str], order: list[str]) -> list[str]:
    """Peers in the order that all tables have, each with its variants ("nanobind, defaults"), then others."""
    place = {name: at for at, name in enumerate(order)}
    return sorted(dict.fromkeys(names), key=lambda name: place.get(name.partition(",")[0], len(order)))


def _timing(variant: Table, unit_ns: float = 1.0) -> Cell:
    low, high = variant["quartiles_ns"]
    return Cell(variant["median_ns"] / unit_ns, (low / unit_ns, high / unit_ns))


def _unit(row: Table) -> tuple[str, float]:
    """In which the figures of this row can be read."""
    least = min(variant["median_ns"] for variant in row["variants"])
    return ("ns", 1.0) if least < 1e4 else ("us", 1e3) if least < 1e7 else ("ms", 1e6)


def of_cases(name: str, table: Table, order: list[str], words: dict[str, str] | None = None) -> list[Grid]:
    columns = [Column(row["key"], row["title"]) for row in table["rows"]]
    cells = {}
    for row in table["rows"]:
        for variant in row["variants"]:
            cells[variant["variant"], row["key"]] = _timing(variant)
        for absent in row["absent"]:
            why = absent["why"].removeprefix("refused: ")
            cells[absent["variant"], row["key"]] = Cell(word=(words or {}).get(why, why))
    rows = _ordered((row for row, _ in cells), order)
    return [Grid(name, "", "", table["base"], rows, columns, cells)]


def of_refusals(name: str, table: Table, order: list[str]) -> list[Grid]:
    return of_cases(name, table, order, {"wrong": "accepted"})


def of_batches(name: str, table: Table, order: list[str]) -> list[Grid]:
    groups: dict[tuple[str, str], list[Table]] = {}
    for row in table["rows"]:
        groups.setdefault((row["key"], row["layout"]), []).append(row)
    return [_batch_grid(name, table["base"], key, layout, rows) for (key, layout), rows in groups.items()]


def _batch_grid(name: str, base: str, key: str, layout: str, rows: list[Table]) -> Grid:
    columns = [Column(str(row["points"]), f"{row['points']:,}") for row in rows]
    cells = {(variant["variant"], str(row["points"])): _timing(variant, row["points"])
             for row in rows for variant in row["variants"]}  # fmt: skip
    title = f"{rows[0]['title']}, {layout}"
    return Grid(name, f"{key} {layout}", title, base, _ordered((row for row, _ in cells), [base]), columns, cells)


def of_pairs(name: str, table: Table, order: list[str]) -> list[Grid]:
    """Rows whose variants differ from row to row: those that have the same stand in one grid."""
    groups: dict[tuple[str, ...], list[Table]] = {}
    for row in table["rows"]:
        groups.setdefault(tuple(variant["variant"] for variant in row["variants"]), []).append(row)
    return [_pairs_grid(name, list(variants), rows) for variants, rows in groups.items()]


def _pairs_grid(name: str, variants: list[str], rows: list[Table]) -> Grid:
    cells = {(variant["variant"], row["key"]): _timing(variant, _unit(row)[1])
             for row in rows for variant in row["variants"]}  # fmt: skip
    columns = [Column(row["key"], row["title"], _unit(row)[0]) for row in rows]
    return Grid(name, "", "", variants[0], variants, columns, cells)


def _quartiles(values: list[float]) -> tuple[float, float]:
    ordered = sorted(values)
    quarter = len(ordered) // 4
    return ordered[quarter], ordered[-1 - quarter]


def of_builds(name: str, table: Table, order: list[str]) -> list[Grid]:
    columns = [Column("build", "time to build", "s"), Column("size", "size", "KiB"),
               Column("stripped", "size, stripped", "KiB"), Column("runtime", "libraries loaded with it", "KiB"),
               Column("import", "time to import", "ms"), Column("glue", "lines of glue", "lines")]  # fmt: skip
    cells = {}
    for row in table["rows"]:
        for key, values in [("build", row["build_s"]), ("import", row["import_ms"])]:
            if values:
                cells[row["variant"], key] = Cell(median(values), _quartiles(values))
        for key, value in [("size", row["size_bytes"] / KIB), ("stripped", row["stripped_bytes"] / KIB),
                           ("runtime", row["runtime_bytes"] / KIB), ("glue", row["glue_lines"])]:  # fmt: skip
            cells[row["variant"], key] = Cell(value)
    return [Grid(name, "", "", "tenon", _ordered((row for row, _ in cells), order), columns, cells)]


def of_behaviour(name: str, table: Table, order: list[str]) -> list[Grid]:
    columns = [Column(row["key"], row["title"], "") for row in table["rows"]]
    cells = {(cell["variant"], row["key"]): Cell(word=_outcome(row, cell), detail=cell["detail"])
             for row in table["rows"] for cell in row["cells"]}  # fmt: skip
    return [Grid(name, "", "", "", _ordered((row for row, _ in cells), order), columns, cells)]


def _outcome(row: Table, cell: Table) -> str:
    return "refusal" if cell["outcome"] == "error" and not row["error_is_right"] else str(cell["outcome"])


def of_peak(name: str, table: Table, order: list[str]) -> list[Grid]:
    columns = [Column(row["key"], row["title"], "MiB") for row in table["rows"]]
    cells = {(cell["variant"], row["key"]): _peak_cell(cell) for row in table["rows"] for cell in row["cells"]}
    return [Grid(name, "", "", "", _ordered((row for row, _ in cells), order), columns, cells)]


def _peak_cell(cell: Table) -> Cell:
    """Whole MiB: less is the noise of what an interpreter allocates by the way."""
    extra = cell.get("extra_bytes")
    done = cell["outcome"] in {"right", "copy"} and extra is not None
    word = "" if cell["outcome"] == "right" else cell["outcome"]
    return Cell(float(round(extra / MIB)) if done else None, word=word, detail=cell.get("detail") or "")


def of_growth(name: str, table: Table, order: list[str]) -> list[Grid]:
    resident = table["resident_bytes"]
    figures = {"before": resident[0] / KIB, "after": resident[-1] / KIB, "growth": table["growth_bytes"] / KIB}
    columns = [*(Column(key, f"resident, {key}", "KiB") for key in figures), Column("blocks", "more blocks", "")]
    cells = {("tenon", key): Cell(value) for key, value in {**figures, "blocks": table["growth_blocks"]}.items()}
    return [Grid(name, "", "", "", ["tenon"], columns, cells)]


LOOP = "CPU time in ns, the loop around the call included; and how many times "
CPU = f"{LOOP}the floor's"
KINDS = {
    "calls": Kind("Calls", CPU, of_cases),
    "arguments": Kind("Arguments", CPU, of_cases),
    "refusals": Kind("Refused arguments", CPU, of_refusals),
    "results": Kind("Results", CPU, of_cases),
    "batches": Kind("Batches", "CPU time in ns a point; and how many times the plain C loop's", of_batches),
    "copies": Kind("Copies between layouts", "CPU time; and how many times Tenon's", of_pairs),
    "rows": Kind("Rows gathered", "CPU time; and how many times Tenon's", of_pairs),
    "builds": Kind("Builds", "Medians of several builds and imports; and how many times Tenon's", of_builds),
    "peak": Kind("Peak memory", "MiB more than before the call, at its peak", of_peak),
    "behaviour": Kind("What each peer does", "", of_behaviour),
    "views": Kind("Views", f"{LOOP}the first's", of_pairs),
    "extensions": Kind("The C API", "CPU time in ns for 100; and how many times the first's", of_pairs),
    "growth": Kind("Memory over many calls", "", of_growth),
}


def grids_of(results: Table, name: str) -> list[Grid]:
    if name not in results["tables"] or name not in KINDS:
        return []
    return KINDS[name].grids(name, results["tables"][name], list(results["peers"]))


def grids(results: Table) -> list[Grid]:
    return [grid for name in KINDS for grid in grids_of(results, name)]


def remarks(results: Table, name: str) -> list[str]:
    """How the measurement of the table went, and what else it says."""
    table = results["tables"][name]
    said = []
    if (empty := table.get("loop")) is not None:
        said.append(f"The loop alone takes {empty['median_ns']:.1f} ns.")
    if isinstance(rounds := table.get("rounds"), dict):
        said.append(f"{rounds['taken']:,} rounds, {rounds['dropped']:,} dropped because they were disturbed.")
    timed = [variant for row in table.get("rows", []) for variant in row.get("variants", [])]
    if timed:
        windows, repeated, counted = (sum(variant[key] for variant in timed)
                                      for key in ("windows", "windows_repeated", "windows_interrupted"))  # fmt: skip
        said.append(f"{windows:,} windows; {repeated:,} interrupted ones repeated, "
                    f"{counted:,} counted although interrupted.")  # fmt: skip
    if "bytes" in table:
        said.append(f"The arrays have {table['bytes'] / MIB:,.0f} MiB.")
    if "kinds" in table:
        said.append(f"{table['calls']:,} calls of {len(table['kinds'])} kinds in turn: {', '.join(table['kinds'])}.")
    return said
