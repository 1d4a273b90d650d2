# SPDX-License-Identifier: BSD-3-Clause
"""Tables for pages. A cell: the median, give or take half the distance of the quartiles; below it the ratio."""

import math
import re
from collections.abc import Iterable

from show.figures import times, written
from show.grid import BAD, Column, Grid, losses

MOST_COLUMNS = 7
AHEAD = "▲"
LEGEND = f"**Bold**: the best of the peers. {AHEAD}: ahead of Tenon. ±: half the distance between the quartiles."


def escaped(text: str) -> str:
    """Plain text as Markdown; what stands in backticks stays."""
    parts = re.split(r"(`[^`\n]*`)", text)
    return "".join(part if k % 2 else re.sub(r"([\\*_<>\[\]|])", r"\\\1", part) for k, part in enumerate(parts))


def table(heading: list[str], rows: Iterable[list[str]], left: int = 1) -> list[str]:
    rule = ["---"] * left + ["--:"] * (len(heading) - left)
    return ["| " + " | ".join(cells) + " |" for cells in [heading, rule, *rows]]


def _chunks(columns: list[Column]) -> list[list[Column]]:
    """As many tables as are needed, of about the same width."""
    width = math.ceil(len(columns) / math.ceil(len(columns) / MOST_COLUMNS))
    return [columns[at : at + width] for at in range(0, len(columns), width)]


def _cell(grid: Grid, row: str, column: Column, ahead: set[tuple[str, str]]) -> str:
    cell = grid.cell(row, column)
    if cell.value is None:
        return f"**{cell.word}**" if cell.word in BAD else escaped(cell.word) or "–"
    text = written(cell.value, column.unit)
    if row in grid.best(column):
        text = f"**{text}**"
    if cell.spread is not None:
        half = (cell.spread[1] - cell.spread[0]) / 2
        text += f" ± {half:.{_decimals(text)}f}"
    if (row, column.key) in ahead:
        text += f" {AHEAD}"
    ratio = grid.ratio(row, column)
    below = f"{times(ratio)} ×" if ratio is not None else cell.word
    return f"{text}<br>{below}" if below else text


def _decimals(text: str) -> int:
    return len(text.strip("*").partition(".")[2])


def _title(column: Column) -> str:
    unit = "" if column.unit in {"", "ns", "lines"} else f", {column.unit}"
    return escaped(column.title + unit)


def lines_of(grid: Grid) -> list[str]:
    if grid.in_words:
        return _words(grid)
    ahead = {(loss.peer, loss.column.key) for loss in losses([grid])}
    lines = [f"**{escaped(grid.title)}**", ""] if grid.title else []
    for columns in _chunks(grid.columns):
        rows = ([escaped(row), *(_cell(grid, row, column, ahead) for column in columns)] for row in grid.rows)
        lines += [*table(["", *map(_title, columns)], rows), ""]
    return lines


def _words(grid: Grid) -> list[str]:
    """Many questions to each peer, answered in a word: a row a question."""
    rows = ([escaped(column.title), *(_word(grid.cell(row, column).word) for row in grid.rows)]
            for column in grid.columns)  # fmt: skip
    return [*table(["", *map(escaped, grid.rows)], rows, left=1 + len(grid.rows)), ""]


def _word(word: str) -> str:
    return f"**{word}**" if word in BAD else "–" if word in {"", "not offered"} else escaped(word)
