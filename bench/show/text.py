# SPDX-License-Identifier: BSD-3-Clause
"""Tables for the terminal, 120 columns wide. A cell is a figure and how many times the base's it is.

    *  the best of the peers
    <  ahead of Tenon

Of what peers do, LOST stands for a write that was lost, WRONG for wrong data, LUCK for C called with memory that it
may not be called with, "no" for an error where the result can be had, – for what a peer does not offer.
"""

import math
import textwrap
from dataclasses import dataclass
from typing import Any

from goals import Goal, goals
from notes import Notes

from show.figures import times, written
from show.grid import Cell, Column, Grid, Loss, losses
from show.reading import KINDS, grids, grids_of, remarks

WIDTH, NAME, CELL, QUESTION, WORD = 120, 22, 16, 36, 6
SHORT = {"lost write": "LOST", "wrong data": "WRONG", "unchecked": "LUCK", "crash": "CRASH", "refusal": "no",
         "not offered": "–"}  # fmt: skip


def _heading(columns: list[Column]) -> list[str]:
    titles = [f"{column.title}, {column.unit}" if column.unit not in {"", "ns", "lines"} else column.title
              for column in columns]  # fmt: skip
    wrapped = [textwrap.wrap(title, CELL - 2) for title in titles]
    depth = max(map(len, wrapped))
    padded = [[""] * (depth - len(lines)) + lines for lines in wrapped]
    return [(" " * NAME + "".join(f"{line:>{CELL - 1}} " for line in level)).rstrip()
            for level in zip(*padded, strict=True)]  # fmt: skip


def _cell(grid: Grid, row: str, column: Column, ahead: set[str]) -> str:
    cell = grid.cell(row, column)
    if cell.value is None:
        return f"{cell.word[:CELL - 2]:>{CELL - 1}} "
    ratio = grid.ratio(row, column)
    beside = times(ratio) if ratio is not None else cell.word
    mark = "<" if row in ahead else "*" if row in grid.best(column) else " "
    return f"{written(cell.value, column.unit):>{8 if beside else CELL - 1}}{f'{beside:>7}' if beside else ''}{mark}"


def lines_of(grid: Grid) -> list[str]:
    if grid.in_words:
        return _words(grid)
    fitting = (WIDTH - NAME) // CELL
    lines = [grid.title] if grid.title else []
    ahead: dict[str, set[str]] = {}
    for loss in losses([grid]):
        ahead.setdefault(loss.column.key, set()).add(loss.peer)
    for at in range(0, len(grid.columns), fitting):
        columns = grid.columns[at : at + fitting]
        lines += _heading(columns)
        for row in grid.rows:
            cells = "".join(_cell(grid, row, column, ahead.get(column.key, set())) for column in columns)
            lines.append(f"{row[:NAME - 1]:{NAME}}{cells}".rstrip())
        lines.append("")
    return lines


def _words(grid: Grid) -> list[str]:
    """Many questions to each peer, answered in a word: a row a question."""
    fitting = (WIDTH - QUESTION) // WORD
    lines: list[str] = []
    for at in range(0, len(grid.rows), fitting):
        rows = grid.rows[at : at + fitting]
        names = [textwrap.wrap(row, WORD - 1) for row in rows]
        for level in range(max(map(len, names))):
            lines.append(_words_line("", [name[level] if level < len(name) else "" for name in names]))
        for column in grid.columns:
            first, *others = textwrap.wrap(column.title, QUESTION - 2)
            lines.append(_words_line(first, [grid.cell(row, column).word for row in rows]))
            lines += [f"  {title}" for title in others]
        lines.append("")
    return lines


def _words_line(title: str, words: list[str]) -> str:
    return (f"{title:{QUESTION}}" + "".join(f"{SHORT.get(word, word)[:WORD - 1]:{WORD}}" for word in words)).rstrip()


def _table(results: dict[str, Any], name: str) -> list[str]:
    kind = KINDS[name]
    heading = f"{kind.title}: {kind.measure}" if kind.measure else kind.title
    lines = ["", heading, "-" * len(heading)]
    for grid in grids_of(results, name):
        lines += lines_of(grid)
    return lines + [line for remark in remarks(results, name) for line in textwrap.wrap(remark, WIDTH)]


@dataclass(frozen=True)
class Lost:
    """What Tenon loses in one place, in words and figures."""

    table: str
    place: str
    figures: str
    why: str | None


def _figure(cell: Cell, unit: str) -> str:
    if cell.value is None:
        return cell.word or "not measured"
    return f"{written(cell.value, unit)}{f' {unit}' if unit else ''}"


def _lost(cells: list[Loss], notes: Notes) -> Lost:
    grid, column = cells[0].grid, cells[0].column
    told = [f"Tenon {_figure(grid.cell(grid.ours, column), column.unit)}"]
    for loss in sorted(cells, key=lambda loss: -loss.ratio):
        if loss.peer != grid.ours:
            ratio = f"{times(loss.ratio)} × " if math.isfinite(loss.ratio) else ""
            told.append(f"{ratio}{loss.peer} ({_figure(grid.cell(loss.peer, column), column.unit)})")
    return Lost(grid.table, cells[0].place, ", ".join(told), notes.about(cells[0]))


def lost(found: list[Loss], notes: Notes) -> list[Lost]:
    """One for each place."""
    places: dict[tuple[str, str], list[Loss]] = {}
    for loss in found:
        places.setdefault((loss.grid.table, loss.place), []).append(loss)
    return [_lost(cells, notes) for cells in places.values()]


def _losses(results: dict[str, Any], notes: Notes) -> list[str]:
    found = losses(grids(results))
    lines = ["", "Where Tenon loses", "-----------------"]
    for one in lost([loss for loss in found if not loss.is_level], notes):
        text = f"{KINDS[one.table].title}: {one.place}: {one.figures}{'' if one.why else ' [no explanation]'}"
        lines += textwrap.wrap(text, WIDTH, subsequent_indent="    ")
    level = lost([loss for loss in found if loss.is_level], notes)
    if level:
        lines += ["", "Where a peer is ahead by less than the quartiles differ"]
    for one in level:
        lines += textwrap.wrap(f"{KINDS[one.table].title}: {one.place}: {one.figures}", WIDTH, subsequent_indent="    ")
    return lines if found else [*lines, "In no cell."]


def _goal(goal: Goal) -> str:
    return (f"{goal.what[:85]:86}{goal.value:10.2f}{goal.limit:10.2f}{goal.unit:4} "
            f"{'met' if goal.met else 'NOT MET'}").rstrip()  # fmt: skip


def _goals(results: dict[str, Any], notes: Notes) -> list[str]:
    heading = f"{'Goals':86}{'measured':>10}{'at most':>10}"
    return ["", heading, "-" * len(heading), *map(_goal, goals(results, notes))]


def report(results: dict[str, Any], notes: Notes) -> str:
    record = ", ".join(f"{name} {value}" for name, value in results["record"].items() if value not in ("", None))
    peers = ", ".join(f"{name} {version}" for name, version in results["peers"].items())
    lines = [*textwrap.wrap(record, WIDTH), *textwrap.wrap(f"Peers: {peers}", WIDTH)]
    lines += [f"NOT RUN: {name}: {why}" for name, why in results["absent"].items()]
    for name in KINDS:
        if name in results["tables"]:
            lines += _table(results, name)
    if results["quick"]:
        return "\n".join([*lines, "", "A quick run: these figures mean nothing."])
    return "\n".join([*lines, *_losses(results, notes), *_goals(results, notes)])
