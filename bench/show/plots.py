# SPDX-License-Identifier: BSD-3-Clause
"""Plots of the tables, as SVG and PNG. A peer has the same colour, mark and place in each of them."""

import io
import itertools
import math
import re
import textwrap
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

from show.figures import written
from show.grid import IN_PYTHON, NO_PEERS, Column, Grid, is_ours
from show.reading import grids_of

# Okabe and Ito's colours and Tol's, which stay apart for the colour-blind; marks do without colours altogether.
TENON = ("#D55E00", "o")
MARKS = {".ufunc": ("#D55E00", "s"), "rows kept": ("#F0A778", "o")}  # Tenon's, too
BASE = ("#000000", "|")
STYLES = {
    "nanobind": ("#0072B2", "s"),
    "nanobind split": ("#0072B2", "d"),
    "pybind11": ("#56B4E9", "D"),
    "cython": ("#009E73", "^"),
    "floor, Cython": ("#44AA99", "^"),
    "cffi": ("#882255", "v"),
    "ctypes": ("#CC79A7", "<"),
    "ctypeslib": ("#AA4499", ">"),
    "f2py": ("#999933", "P"),
    "numba": ("#E69F00", "X"),
    "tvm-ffi": ("#332288", "h"),
    "tvm-ffi, Tensor kept": ("#88CCEE", "p"),
    "rust-numpy": ("#661100", "*"),
    "floor, Rust": ("#B5651D", "*"),
    "floor, own type": ("#000000", "x"),
}
OTHERS = [("#777777", "8"), ("#117733", "D"), ("#555555", "H"), ("#DDCC77", "."), ("#AAAAAA", "x")]
OUTCOMES = {"right": "#A6DBC7", "error": "#CFE3F2", "copy": "#F5DC9C", "refusal": "#EDF4FA", "unchecked": "#F5C98C",
            "lost write": "#F0A778", "wrong data": "#E07B5A", "crash": "#B2432F", "not offered": "#FFFFFF"}  # fmt: skip
SHORT = {"lost write": "lost", "wrong data": "wrong", "unchecked": "luck", "not offered": "–"}
GREY, WIDTH, ACROSS = "#666666", 10.0, 3
SETTINGS: dict[str, Any] = {
    "font.size": 9.5, "axes.titlesize": 10, "axes.spines.top": False, "axes.spines.right": False,
    "axes.edgecolor": GREY, "xtick.color": GREY, "xtick.labelcolor": "#333333", "svg.hashsalt": "tenon",
    "figure.facecolor": "white", "savefig.facecolor": "white", "axes.axisbelow": True,
}  # fmt: skip


def _known(name: str) -> tuple[str, str] | None:
    name = name.removeprefix(IN_PYTHON)
    if is_ours(name):
        return MARKS.get(name, TENON)
    return BASE if name in NO_PEERS else STYLES.get(name.removesuffix(", defaults"))


def styles(rows: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Colour and mark of each; those that have none of their own get one in turn."""
    rest = itertools.cycle(OTHERS)
    return {row: _known(row) or next(rest) for row in rows}


def _values(panels: Iterable[tuple[Grid, Column]]) -> list[float]:
    return [value for grid, column in panels for row in grid.rows if (value := grid.value(row, column)) is not None]


def _is_log(values: list[float]) -> bool:
    return bool(values) and min(values) > 0 and max(values) / min(values) > 8


def _is_log_grid(grid: Grid) -> bool:
    return any(_is_log(_values([(grid, column)])) for column in grid.columns)


def _ticks(axes: Axes, limits: tuple[float, float]) -> None:
    axes.set_xlim(*limits)
    few = limits[1] / limits[0] > 50
    axes.xaxis.set_major_locator(LogLocator(subs=(1,) if few else (1, 2, 5)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))


def _dots(axes: Axes, grid: Grid, column: Column, limits: tuple[float, float] | None) -> None:
    """A dot a row on a log scale, with its quartiles; without limits a bar from zero."""
    looks = styles(grid.rows)
    for at, row in enumerate(grid.rows):
        cell, (colour, mark) = grid.cell(row, column), looks[row]
        if cell.value is None:
            axes.text(0.01, -at, cell.word, transform=axes.get_yaxis_transform(), va="center", color=GREY, fontsize=8)
            continue
        if limits is None:
            axes.barh(-at, cell.value, height=0.55, color=colour)
        else:
            axes.plot(cell.value, -at, mark, color=colour, markersize=7, markeredgewidth=2 if mark == "|" else 0.5)
        if cell.spread is not None:
            axes.plot(cell.spread, [-at, -at], color=colour if limits else "black", linewidth=1.5)
        word = f" {cell.word}" if cell.word else ""
        axes.annotate(written(cell.value, column.unit) + word, (max(cell.value, *(cell.spread or [0, 0])), -at), (6, 0),
                      textcoords="offset points", va="center", fontsize=8, color="#333333")  # fmt: skip
    _finish(axes, grid, column, limits)


def _finish(axes: Axes, grid: Grid, column: Column, limits: tuple[float, float] | None) -> None:
    ours = grid.value(grid.ours, column)
    if limits is not None:
        axes.set_xscale("log")
        _ticks(axes, limits)
        if ours is not None:
            axes.axvline(ours, color=TENON[0], linewidth=0.8, linestyle=":", zorder=0)
    else:
        axes.set_xlim(0, 1.3 * (max(_values([(grid, column)])) or 1))
        axes.xaxis.set_major_locator(plt.MaxNLocator(4, integer=True))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.set_ylim(0.2 - len(grid.rows), 0.7)
    axes.set_yticks([-at for at in range(len(grid.rows))], grid.rows)
    for label, row in zip(axes.get_yticklabels(), grid.rows, strict=True):
        label.set_fontweight("bold" if is_ours(row) else "normal")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    unit = f",\u00a0{column.unit}" if column.unit and column.unit != column.title.split()[0] else ""
    axes.set_title("\n".join(textwrap.wrap(column.title + unit, 30)), loc="left")


def _limits(values: list[float]) -> tuple[float, float]:
    """Room on the right for the figure beside the last dot."""
    low, high = min(values) / 1.4, max(values) * 1.2
    return low, high * (high / low) ** 0.3


def dots(grids: list[Grid], *, shared: bool) -> Figure:
    """A panel for each column of each grid; with `shared`, all have the same scale."""
    panels = [(grid, column) for grid in grids for column in grid.columns if _values([(grid, column)])]
    across = min(ACROSS, len(panels))
    down = math.ceil(len(panels) / across)
    heights = [max(len(grid.rows) for grid, _ in panels[k * across : (k + 1) * across]) for k in range(down)]
    figure, all_axes = plt.subplots(down, across, squeeze=False, layout="constrained",
                                    figsize=(WIDTH * across / ACROSS, sum(0.21 * rows + 0.75 for rows in heights)),
                                    height_ratios=[0.21 * rows + 0.4 for rows in heights])  # fmt: skip
    flat = list(all_axes.flat)
    common = _values(panels)
    for at, (axes, (grid, column)) in enumerate(zip(flat, panels, strict=False)):
        values = common if shared else _values([(grid, column)])
        _dots(axes, grid, column, _limits(values) if min(values) > 0 and _is_log_grid(grid) else None)
        if at % across and panels[at - 1][0].rows == grid.rows:
            axes.set_yticklabels([])
    for axes in flat[len(panels) :]:
        axes.set_visible(False)
    return figure


def lines(grids: list[Grid]) -> Figure:
    """A panel for each grid: figures against the number of points, both on log scales."""
    grids = [grid for grid in grids if len(grid.columns) > 1]
    looks = styles(dict.fromkeys(row for grid in grids for row in grid.rows))
    across = min(ACROSS, len(grids))
    down = math.ceil(len(grids) / across)
    figure, all_axes = plt.subplots(down, across, squeeze=False, layout="constrained", sharex=True, sharey="row",
                                    figsize=(WIDTH * across / ACROSS, 3.1 * down + 0.6))  # fmt: skip
    for axes, grid in zip(all_axes.flat, grids, strict=False):
        for row in grid.rows:
            points = [(int(column.key), value) for column in grid.columns
                      if (value := grid.value(row, column)) is not None]  # fmt: skip
            colour, mark = looks[row]
            axes.plot(*zip(*points, strict=True), marker="." if mark == "|" else mark, color=colour, label=row,
                      markersize=5, linewidth=2.2 if is_ours(row) else 1.2,
                      linestyle="--" if row.startswith(IN_PYTHON) else "-")  # fmt: skip
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.grid(axis="y", color="#DDDDDD", linewidth=0.6)
        axes.set_title("\n".join(textwrap.wrap(grid.title, 34)), loc="left")
    for axes in list(all_axes.flat)[len(grids) :]:
        axes.set_visible(False)
    for axes in all_axes[-1]:
        axes.set_xlabel("points")
    for axes in all_axes[:, 0]:
        axes.set_ylabel("ns a point")
    return _with_legend(figure, all_axes)


def _with_legend(figure: Figure, all_axes: Any) -> Figure:
    handles = {label: handle for axes in all_axes.flat
               for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)}  # fmt: skip
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=4, frameon=False)
    return figure


def outcomes(grids: list[Grid]) -> Figure:
    """What happened, in words and in colours: a row a question."""
    (grid,) = grids
    figure, axes = plt.subplots(layout="constrained", figsize=(WIDTH * 1.2, 0.25 * len(grid.columns) + 1.4))
    for at, column in enumerate(grid.columns):
        for x, row in enumerate(grid.rows):
            word = grid.cell(row, column).word
            colour, short = OUTCOMES.get(word, "white"), SHORT.get(word, word)
            axes.add_patch(plt.Rectangle((x, -at - 0.5), 1, 1, facecolor=colour, edgecolor="white"))
            axes.text(x + 0.5, -at, short, ha="center", va="center", fontsize=8,
                      color="white" if word == "crash" else GREY if word == "not offered" else "black")  # fmt: skip
    axes.set_xlim(0, len(grid.rows))
    axes.set_ylim(0.5 - len(grid.columns), 0.5)
    axes.set_xticks([x + 0.3 for x in range(len(grid.rows))], grid.rows, rotation=40, ha="left", rotation_mode="anchor")
    axes.set_yticks([-at for at in range(len(grid.columns))], [column.title for column in grid.columns])
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    for label, row in zip(axes.get_xticklabels(), grid.rows, strict=True):
        label.set_fontweight("bold" if is_ours(row) else "normal")
    for spine in axes.spines.values():
        spine.set_visible(False)
    return figure


def of_cases(grids: list[Grid]) -> Figure:
    return dots(grids, shared=True)


def of_others(grids: list[Grid]) -> Figure:
    return dots(grids, shared=False)


OF: dict[str, Callable[[list[Grid]], Figure]] = {
    "calls": of_cases,
    "arguments": of_cases,
    "refusals": of_cases,
    "results": of_cases,
    "batches": lines,
    "copies": of_others,
    "rows": of_others,
    "builds": of_others,
    "peak": of_others,
    "behaviour": outcomes,
    "views": of_others,
    "extensions": of_others,
}


def draw(results: dict[str, Any], folder: Path) -> list[str]:
    """Plots into the folder; returns the tables that have one."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = []
    with plt.rc_context(SETTINGS):
        for name, figure_of in OF.items():
            shown = [grid for grid in grids_of(results, name) if name == "behaviour" or _any(grid)]
            if not shown or (figure_of is lines and all(len(grid.columns) == 1 for grid in shown)):
                continue
            figure = figure_of(shown)
            (folder / f"{name}.svg").write_text(_svg(figure))
            figure.savefig(folder / f"{name}.png", dpi=120, metadata={"Software": None})
            plt.close(figure)
            drawn.append(name)
    return drawn


def _svg(figure: Figure) -> str:
    """The same for the same results: matplotlib names clips after the last digits of where the layout puts them."""
    file = io.StringIO()
    figure.savefig(file, format="svg", metadata={"Date": None})
    text = file.getvalue()
    for at, clip in enumerate(dict.fromkeys(re.findall(r"url\(#(p[0-9a-f]{10})\)", text))):
        text = text.replace(clip, f"clip{at}")
    return text


def _any(grid: Grid) -> bool:
    return bool(_values((grid, column) for column in grid.columns))
