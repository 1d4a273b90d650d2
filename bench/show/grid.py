# SPDX-License-Identifier: BSD-3-Clause
"""A table that is shown: a row for each variant, a column for each case. Less is better, everywhere."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

# What is Tenon's in any table, and what is no peer, in whatever language ("floor, Cython"): it stands for what is
# possible, or for what a measurement costs.
OURS = {"tenon", "Tenon", ".batch", ".ufunc", "Span", "numpy()", "rows kept"}
NO_PEERS = {"floor", "plain C loop"}
IN_PYTHON = "Python loop: "  # the peer's name follows
BAD = {"copy", "lost write", "wrong data", "unchecked", "crash"}


def is_ours(variant: str) -> bool:
    return variant.removeprefix(IN_PYTHON) in OURS


def is_peer(variant: str) -> bool:
    return not is_ours(variant) and variant.removeprefix(IN_PYTHON).partition(",")[0] not in NO_PEERS


@dataclass(frozen=True)
class Cell:
    """A figure, or a word where there is none; both where a figure needs one."""

    value: float | None = None                 # in the column's unit
    spread: tuple[float, float] | None = None  # quartiles, likewise
    word: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Column:
    key: str
    title: str
    unit: str = "ns"


@dataclass(frozen=True)
class Grid:
    table: str
    key: str       # within the table, where it has several grids
    title: str
    base: str      # the row that others are divided by; empty: none
    rows: list[str]
    columns: list[Column]
    cells: dict[tuple[str, str], Cell]  # by row and column.key

    @property
    def ours(self) -> str:
        return next((row for row in self.rows if is_ours(row)), "")

    @property
    def in_words(self) -> bool:
        return all(cell.value is None for cell in self.cells.values())

    def cell(self, row: str, column: Column) -> Cell:
        return self.cells.get((row, column.key), Cell())

    def value(self, row: str, column: Column) -> float | None:
        return self.cell(row, column).value

    def ratio(self, row: str, column: Column) -> float | None:
        value, base = self.value(row, column), self.value(self.base, column)
        return value / base if value is not None and base else None

    def peers(self) -> Iterator[str]:
        return filter(is_peer, self.rows)

    def measured_peers(self, column: Column) -> dict[str, float]:
        return {peer: value for peer in self.peers() if (value := self.value(peer, column)) is not None}

    def best(self, column: Column) -> set[str]:
        """The best peers: several where some are level, none where all are."""
        values = self.measured_peers(column)
        best = {peer for peer, value in values.items() if value == min(values.values())}
        return best if len(best) < len(values) or len(values) == 1 else set()


@dataclass(frozen=True)
class Loss:
    """A cell in which a peer is ahead of Tenon, or Tenon does what nobody wants: then `peer` is Tenon itself."""

    grid: Grid
    column: Column
    peer: str

    @property
    def place(self) -> str:
        return ", ".join(word for word in (self.grid.title, self.column.title) if word)

    @property
    def ratio(self) -> float:
        """How many times the peer's is Tenon's."""
        ours, theirs = self._values()
        if ours is None or theirs is None:
            return math.inf
        return ours / theirs if theirs else math.inf

    @property
    def is_level(self) -> bool:
        """Whether the difference is less than what windows differ by: the quartiles overlap."""
        ours, theirs = (self.grid.cell(row, self.column).spread for row in (self.grid.ours, self.peer))
        return ours is not None and theirs is not None and ours[0] <= theirs[1]

    def _values(self) -> tuple[float | None, float | None]:
        return self.grid.value(self.grid.ours, self.column), self.grid.value(self.peer, self.column)


def losses(grids: Iterable[Grid]) -> list[Loss]:
    return [loss for grid in grids if grid.ours for column in grid.columns for loss in _losses(grid, column)]


def _losses(grid: Grid, column: Column) -> Iterator[Loss]:
    ours = grid.cell(grid.ours, column)
    if ours.word in BAD:
        yield Loss(grid, column, grid.ours)
    for peer, value in grid.measured_peers(column).items():
        if ours.value is None or value < ours.value:
            yield Loss(grid, column, peer)
