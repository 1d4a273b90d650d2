# SPDX-License-Identifier: BSD-3-Clause
"""What the results are held against."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from notes import Notes
from show.grid import Grid, losses
from show.reading import grids, grids_of

MIB = 1024 * 1024
NEVER_REFUSED = {"contiguous", "read", "returned"}  # of the rows of peak memory
FROM_POINTS = 10_000  # from here on a batch has made up for its fixed cost


@dataclass(frozen=True)
class Goal:
    what: str
    value: float
    limit: float
    unit: str = ""

    @property
    def met(self) -> bool:
        return self.value <= self.limit


def medians(row: dict[str, Any]) -> dict[str, float]:
    return {variant["variant"]: variant["median_ns"] for variant in row["variants"]}


def _beside_floor(title: str, table: dict[str, Any], limits: dict[str, float]) -> Iterator[Goal]:
    for row in table["rows"]:
        if row["key"] in limits:
            times = medians(row)
            yield Goal(f"{title}: {row['title']}: tenon / floor", times["tenon"] / times["floor"], limits[row["key"]])


def _beside_peers(grid: Grid, *, only: str = "") -> Iterator[Goal]:
    """That no peer is ahead. A peer alone where Tenon can't do it counts as infinitely far ahead."""
    for column in grid.columns:
        peers = grid.measured_peers(column)
        if not peers or (only and column.key != only):
            continue
        best = min(peers, key=peers.__getitem__)
        ours = grid.value(grid.ours, column)
        ratio = math.inf if ours is None else ours / peers[best]
        yield Goal(f"{grid.table}: {column.title}: tenon / {best}, the best peer", ratio, 1)


def _of_calls(results: dict[str, Any], table: dict[str, Any]) -> Iterator[Goal]:
    yield from _beside_floor("calls", table, {"first": 1.6, "add": 1.5})
    yield from _beside_peers(*grids_of(results, "calls"))


def _of_arguments(results: dict[str, Any], table: dict[str, Any]) -> Iterator[Goal]:
    yield from _beside_peers(*grids_of(results, "arguments"), only="contiguous")


def _of_results(results: dict[str, Any], table: dict[str, Any]) -> Iterator[Goal]:
    yield from _beside_floor("results", table, {"aligned": 1.25})
    yield from _beside_peers(*grids_of(results, "results"))


def _of_batches(results: dict[str, Any], table: dict[str, Any]) -> Iterator[Goal]:
    ratios: dict[tuple[str, str], list[float]] = {}
    for row in table["rows"]:
        times = medians(row)
        if row["key"].startswith("fixed"):
            yield Goal(f"fixed cost of a batch: {row['title']}", times[".batch"], 1000, " ns")
        if row["points"] >= FROM_POINTS:
            ratios.setdefault((row["title"], row["layout"]), []).append(times[".batch"] / times["plain C loop"])
    for (title, layout), values in ratios.items():
        yield Goal(f"{title}, {layout}: .batch / plain C loop, from {FROM_POINTS:,} points", max(values), 1.05)


def _of_builds(results: dict[str, Any], table: dict[str, Any]) -> Iterator[Goal]:
    limits = {"nanobind": {"build": 1 / 3, "stripped": 1 / 2}, "pybind11": {"build": 1 / 3, "stripped": 1 / 2},
              "cython": {"stripped": 1.0}}  # fmt: skip
    (grid,) = grids_of(results, "builds")
    columns = {column.key: column for column in grid.columns}
    for peer, of_peer in limits.items():
        for key, limit in of_peer.items():
            ours, theirs = grid.value(grid.ours, columns[key]), grid.value(peer, columns[key])
            if ours is not None and theirs is not None:
                yield Goal(f"{columns[key].title}: tenon / {peer}", ours / theirs, limit)
    glue = grid.value(grid.ours, columns["glue"])
    yield Goal("lines of glue", math.inf if glue is None else glue, 0)


def _of_behaviour(results: dict[str, Any], table: dict[str, Any]) -> Iterator[Goal]:
    unwanted = [row["key"] for row in table["rows"] for cell in row["cells"]
                if cell["variant"] == "tenon" and cell["outcome"] not in _wanted(row)]  # fmt: skip
    yield Goal(f"{len(table['rows'])} arguments: what Tenon does is not right", len(unwanted), 0)


def _wanted(row: dict[str, Any]) -> set[str]:
    return {"right", "error"} if row["error_is_right"] else {"right"}


def _of_peak(results: dict[str, Any], table: dict[str, Any]) -> Iterator[Goal]:
    for row in table["rows"]:
        for cell in row["cells"]:
            if cell["variant"] == "tenon" and (cell["outcome"] != "error" or row["key"] in NEVER_REFUSED):
                extra = cell["extra_bytes"] if cell["outcome"] == "right" else math.inf
                yield Goal(f"a large array {row['title']}: what a call takes", extra / MIB, 1, " MiB")


def _of_pairs(table: dict[str, Any], limits: dict[str, float]) -> Iterator[Goal]:
    for row in table["rows"]:
        if row["key"] in limits:
            (base, first), (name, second) = medians(row).items()
            yield Goal(f"{row['title']}: {name} / {base}", second / first, limits[row["key"]])


def _of_views(results: dict[str, Any], table: dict[str, Any]) -> Iterator[Goal]:
    yield from _of_pairs(table, {"made": 1.2, "asarray": 1.05})  # as fast, but for what a measurement can tell


def _of_extensions(results: dict[str, Any], table: dict[str, Any]) -> Iterator[Goal]:
    yield from _of_pairs(table, {"borrow": 0.7, "aligned": 1.25})


def _of_copies(results: dict[str, Any], table: dict[str, Any]) -> Iterator[Goal]:
    limits = {"transposed": 1 / 4, "strided": 1.05, "gathered 8": 1 / 3, "gathered 128": 1 / 1.5, "gathered 4096": 1.0}
    for row in table["rows"]:
        times = medians(row)
        tenon = times.pop("tenon")
        times.pop("rows kept", None)
        if row["key"].startswith("block"):
            # From 16 MiB on, going past the caches pays; memcpy does so itself from some later size on.
            pays = 16 <= int(row["key"].split()[1]) / 1024 < 256
            yield Goal(f"{row['title']}: tenon / memcpy", tenon / times["memcpy"], 1.0 if pays else 1.02)
        elif row["key"] in limits:
            for name in times:
                yield Goal(f"{row['title']}: tenon / {name}", tenon / times[name], limits[row["key"]])


def _of_growth(results: dict[str, Any], table: dict[str, Any]) -> Iterator[Goal]:
    yield Goal(f"memory: growth over {table['calls']:,} calls", table["growth_bytes"] / 1024, 256, " KiB")


OF: dict[str, Callable[[dict[str, Any], dict[str, Any]], Iterator[Goal]]] = {
    "calls": _of_calls,
    "arguments": _of_arguments,
    "results": _of_results,
    "batches": _of_batches,
    "copies": _of_copies,
    "rows": _of_copies,
    "builds": _of_builds,
    "peak": _of_peak,
    "behaviour": _of_behaviour,
    "views": _of_views,
    "extensions": _of_extensions,
    "growth": _of_growth,
}


def goals(results: dict[str, Any], notes: Notes) -> list[Goal]:
    met = [goal for name, table in results["tables"].items() if name in OF for goal in OF[name](results, table)]
    lost = losses(grids(results))
    unexplained = {(loss.grid.table, loss.place) for loss in lost if not loss.is_level and not notes.about(loss)}
    return [*met, Goal("rows that Tenon loses without a word in docs/benchmarks/notes.toml", len(unexplained), 0)]
