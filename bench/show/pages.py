# SPDX-License-Identifier: BSD-3-Clause
"""The pages of docs/benchmarks. People write them; what stands between two marks in them is drawn from the results:

    <!-- drawn: table calls -->
    …
    <!-- end -->

Plots come into plots/ beside the pages, and the results themselves without each window's value.
"""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from goals import Goal, goals
from notes import Notes

from show import plots
from show.comparison import compare, summary
from show.figures import times
from show.grid import Grid, losses
from show.markdown import LEGEND, escaped, lines_of, table
from show.reading import KINDS, grids, grids_of, remarks
from show.text import lost

Results = dict[str, Any]
PAGES = Path(__file__).resolve().parents[2] / "docs" / "benchmarks"
MARKED = re.compile(r"(<!-- drawn: ([a-z ]+) -->\n).*?(<!-- end -->)", re.DOTALL)
QUICK = "**A quick run: these figures mean nothing.**"


def compact(results: Results) -> Results:
    """Without the values of single windows."""
    def without(thing: Any) -> Any:
        if isinstance(thing, dict):
            return {key: without(value) for key, value in thing.items() if key != "values_ns"}
        return [without(value) for value in thing] if isinstance(thing, list) else thing

    slim: Results = without(results)
    return slim


class Drawing:
    """What stands between marks, by the words in the first of them."""

    def __init__(self, results: Results, notes: Notes, second: Results | None, plotted: list[str]) -> None:
        self.results, self.notes, self.second, self.plotted = results, notes, second, plotted

    def part(self, words: str) -> str:
        name, _, rest = words.partition(" ")
        parts: dict[str, Callable[[], list[str]]] = {
            "record": self.record, "peers": self.peers, "goals": self.goals, "losses": self.losses,
            "stability": self.stability, "table": lambda: self.table(rest),
        }  # fmt: skip
        if name not in parts:
            raise SystemExit(f"bench: nothing is drawn for the mark {words!r}")
        return "\n".join(parts[name]()).strip("\n")

    def record(self) -> list[str]:
        rows = [[name.replace("_", " "), escaped(str(value))] for name, value in self.results["record"].items()
                if value not in ("", None)]  # fmt: skip
        absent = [f"Not run: {escaped(name)}: {escaped(why)}" for name, why in self.results["absent"].items()]
        quick = [QUICK, ""] if self.results["quick"] else []
        data = "[The results](results.json)" + (" and [those of a second run](second.json)" if self.second else "")
        lines = [*quick, f"{data} were measured on:", ""]
        return [*lines, *table(["", ""], rows, left=2), *(["", *absent] if absent else [])]

    def peers(self) -> list[str]:
        lines: list[str] = []
        versions, absent = self.results["peers"], self.results["absent"]
        for name, about in self.results["adapters"].items():
            beside = versions.get(name, "")
            lines += [f"## {escaped(name)}", "", escaped(about), ""]
            lines += [f"Version measured: {escaped(beside)}.", ""] if beside else []
            lines += [f"Not run: {escaped(absent[name])}.", ""] if name in absent else []
        return lines

    def goals(self) -> list[str]:
        rows = ([escaped(goal.what), _figure(goal, goal.value), _figure(goal, goal.limit),
                 "met" if goal.met else "**not met**"] for goal in goals(self.results, self.notes))  # fmt: skip
        return table(["goal", "measured", "at most", ""], rows)

    def losses(self) -> list[str]:
        found = [loss for loss in losses(grids(self.results)) if not loss.is_level]
        lines = [f"- [{KINDS[one.table].title}]({_page(one.table)}): {escaped(one.place)}: {escaped(one.figures)}"
                 for one in lost(found, self.notes)]  # fmt: skip
        return lines or ["In no cell."]

    def stability(self) -> list[str]:
        if self.second is None:
            return ["There was no second run."]
        return [f"- {escaped(line)}" for line in summary(compare(self.results, self.second, self.notes))]

    def table(self, name: str) -> list[str]:
        if name not in self.results["tables"]:
            return ["Not measured in this run."]
        shown = grids_of(self.results, name)
        kind = KINDS[name]
        lines = [QUICK, ""] if self.results["quick"] else []
        if name in self.plotted:
            lines += [f"![{kind.title}](plots/{name}.svg)", "", f"[As PNG](plots/{name}.png)", ""]
        if kind.measure:
            lines += [f"{kind.measure}.", ""]
        lines += [line for grid in shown for line in lines_of(grid)]
        if any(not grid.in_words and len(list(grid.peers())) > 0 for grid in shown):
            lines += [LEGEND, ""]
        lines += [" ".join(map(escaped, remarks(self.results, name))), ""]
        return [*lines, *_calls(self.results["tables"][name]), *self._explanations(shown), *_details(shown)]

    def _explanations(self, shown: list[Grid]) -> list[str]:
        found = losses(shown)
        lines: list[str] = []
        texts: dict[str, list[str]] = {}
        for one in lost([loss for loss in found if not loss.is_level], self.notes):
            texts.setdefault(one.why or "Not explained yet.", []).append(one.place + ": " + one.figures)
        for text, cells in texts.items():
            lines += [f"- {' '.join(text.split())}", *(f"  - {escaped(cell)}" for cell in cells)]
        level = [f"{one.place}: {one.figures}" for one in lost([loss for loss in found if loss.is_level], self.notes)]
        if level:
            lines += ["- Ahead by less than the quartiles differ:", *(f"  - {escaped(cell)}" for cell in level)]
        return ["**Where Tenon loses**", "", *lines, ""] if lines else []


def _figure(goal: Goal, value: float) -> str:
    return f"{times(value)}{goal.unit}"


def _page(name: str) -> str:
    pages = (page for page in sorted(PAGES.glob("*.md")) if f"<!-- drawn: table {name} -->" in page.read_text())
    return next((page.name for page in pages), "index.md")


def _calls(of: Results) -> list[str]:
    """What is timed, or asked, where a line of code says it."""
    rows = [row for row in of.get("rows", []) if "title" in row]
    codes = {row["title"]: row.get("call") or row.get("code", "") for row in rows}
    rights = {row["title"]: f"; right: {escaped(row['right'])}" for row in rows if "right" in row}
    lines = [f"- {escaped(title)}: `{code.replace(chr(10), '; ')}`{rights.get(title, '')}"
             for title, code in codes.items() if code and "\n " not in code]  # fmt: skip
    return ["<details><summary>The statements</summary>", "", *lines, "", "</details>", ""] if lines else []


def _details(shown: list[Grid]) -> list[str]:
    lines = [f"- {escaped(column.title)}, {escaped(row)}: {cell.word}: {escaped(' '.join(cell.detail.split()))}"
             for grid in shown for column in grid.columns for row in grid.rows
             if (cell := grid.cell(row, column)).detail]  # fmt: skip
    return ["<details><summary>What they say</summary>", "", *lines, "", "</details>", ""] if lines else []


def draw(results: Results, notes: Notes, folder: Path = PAGES, second: Results | None = None) -> None:
    """All pages, plots and data, in a folder that has the pages already or gets them."""
    folder.mkdir(parents=True, exist_ok=True)
    if folder.resolve() != PAGES:
        for page in [*PAGES.glob("*.md")]:
            shutil.copy(page, folder)
    drawing = Drawing(results, notes, second, plots.draw(results, folder / "plots"))
    for page in sorted(folder.glob("*.md")):
        text = page.read_text()
        page.write_text(MARKED.sub(lambda found: f"{found[1]}\n{drawing.part(found[2])}\n\n{found[3]}", text))
    (folder / "results.json").write_text(_data(results))
    if second is not None:
        (folder / "second.json").write_text(_data(second))


def _data(results: Results) -> str:
    """A line for each row of a table, so that what changes can be seen."""
    lines = json.dumps(compact(results), indent=1, ensure_ascii=False)
    return re.sub(r"\n {5,}", " ", lines) + "\n"
