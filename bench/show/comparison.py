# SPDX-License-Identifier: BSD-3-Clause
"""Two runs of the same: how far their figures agree, which goals flip, which cells are lost in one of them only."""

import textwrap
from dataclasses import dataclass
from statistics import median
from typing import Any

from goals import goals
from notes import Notes

from show.figures import written
from show.grid import losses
from show.reading import KINDS, grids

Results = dict[str, Any]
WORST = 12


@dataclass(frozen=True)
class Pair:
    """One cell in both runs."""

    table: str
    place: str
    row: str
    unit: str
    first: float
    second: float

    @property
    def ratio(self) -> float:
        return self.second / self.first

    @property
    def apart(self) -> float:
        """How many times the smaller the larger is."""
        return max(self.ratio, 1 / self.ratio)


@dataclass(frozen=True)
class Comparison:
    pairs: list[Pair]
    flipped: list[str]       # goals that are met in one run only
    lost_once: list[str]     # cells that are lost in one run only

    @property
    def median(self) -> float:
        return median(pair.apart for pair in self.pairs)

    @property
    def most(self) -> float:
        """What nine cells of ten keep below."""
        ordered = sorted(pair.apart for pair in self.pairs)
        return ordered[min(len(ordered) - 1, len(ordered) * 9 // 10)]

    def worst(self) -> list[Pair]:
        return sorted(self.pairs, key=lambda pair: -pair.apart)[:WORST]


def _timed(results: Results) -> dict[tuple[str, str, str, str], float]:
    """Cells with quartiles: what was measured more than once."""
    return {
        (grid.table, ", ".join(filter(None, [grid.title, column.title])), row, column.unit): cell.value
        for grid in grids(results) for column in grid.columns for row in grid.rows
        if (cell := grid.cell(row, column)).value and cell.spread
    }


def _lost(results: Results, tables: set[str]) -> set[str]:
    return {f"{KINDS[loss.grid.table].title}: {loss.place}: {loss.peer}" for loss in losses(grids(results))
            if loss.grid.table in tables}  # fmt: skip


def compare(first: Results, second: Results, notes: Notes) -> Comparison:
    one, other = _timed(first), _timed(second)
    pairs = [Pair(*place, one[place], other[place]) for place in one if place in other]
    met = [{_plain(goal.what): goal.met for goal in goals(results, notes)} for results in (first, second)]
    flipped = [what for what in met[0] if what in met[1] and met[0][what] != met[1][what]]
    both = {*first["tables"]} & {*second["tables"]}
    return Comparison(pairs, flipped, sorted(_lost(first, both) ^ _lost(second, both)))


def _plain(what: str) -> str:
    """Without the peer's name, where that is the best one's: which one is best may change."""
    return what.split(": tenon / ")[0] + ": tenon / the best peer" if what.endswith(", the best peer") else what


def summary(found: Comparison) -> list[str]:
    return [
        f"{len(found.pairs):,} cells were timed in both runs. "
        f"Half of them differ by {(found.median - 1) * 100:.1f} % at most, "
        f"nine of ten by {(found.most - 1) * 100:.1f} %.",
        f"Goals met in one run only: {'; '.join(found.flipped) or 'none'}.",
        f"Cells lost in one run only: {'; '.join(found.lost_once) or 'none'}.",
    ]


def as_text(found: Comparison) -> str:
    if not found.pairs:
        return "The two files have no cell in common."
    heading = f"{'The cells that differ most':84}{'first':>12}{'second':>12}{'ratio':>8}"
    lines = [line for text in summary(found) for line in textwrap.wrap(text, 120)] + ["", heading, "-" * len(heading)]
    for pair in found.worst():
        name = f"{KINDS[pair.table].title}: {pair.place}: {pair.row}"
        lines.append(f"{name[:83]:84}{written(pair.first, pair.unit):>12}{written(pair.second, pair.unit):>12}"
                     f"{pair.ratio:8.2f}")
    return "\n".join(lines)
