# SPDX-License-Identifier: BSD-3-Clause
"""What the results are held against."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

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


def _of_calls(table: dict[str, Any]) -> Iterator[Goal]:
    limits = {"first": 1.6, "add": 1.5, "aligned": 1.25}
    for row in table["rows"]:
        if row["key"] in limits:
            times = medians(row)
            yield Goal(f"{row['title']}: tenon / floor", times["tenon"] / times["floor"], limits[row["key"]])


def _of_batches(table: dict[str, Any]) -> Iterator[Goal]:
    ratios: dict[tuple[str, str], list[float]] = {}
    for row in table["rows"]:
        times = medians(row)
        if row["key"].startswith("fixed"):
            yield Goal(f"fixed cost of a batch: {row['title']}", times[".batch"], 1000, " ns")
        if row["points"] >= FROM_POINTS:
            ratios.setdefault((row["title"], row["layout"]), []).append(times[".batch"] / times["plain C loop"])
    for (title, layout), values in ratios.items():
        yield Goal(f"{title}, {layout}: .batch / plain C loop, worst from {FROM_POINTS:,} points", max(values), 1.05)


def _of_lend(table: dict[str, Any]) -> Iterator[Goal]:
    limits = {"made": 1.2, "asarray": 1.05}  # as fast, but for what a measurement can tell
    for row in table["rows"]:
        if row["key"] in limits:
            (base, first), (name, second) = medians(row).items()
            yield Goal(f"{row['title']}: {name} / {base}", second / first, limits[row["key"]])


def _of_extensions(table: dict[str, Any]) -> Iterator[Goal]:
    limits = {"borrow": 0.7, "aligned": 1.25}
    for row in table["rows"]:
        if row["key"] in limits:
            (base, first), (name, second) = medians(row).items()
            yield Goal(f"{row['title']}: {name} / {base}", second / first, limits[row["key"]])


def _of_copies(table: dict[str, Any]) -> Iterator[Goal]:
    limits = {"transposed": 1 / 4, "strided": 1.05, "gathered 8": 1 / 3, "gathered 128": 1 / 1.5, "gathered 4096": 1.0}
    for row in table["rows"]:
        times = medians(row)
        tenon = times.pop("tenon")
        times.pop("rows kept", None)
        if row["key"].startswith("block"):
            large = int(row["key"].split()[1]) >= 16 * 1024  # memcpy that goes past the caches, or should
            yield Goal(f"{row['title']}: tenon / memcpy", tenon / times["memcpy"], 1.0 if large else 1.02)
        elif row["key"] in limits:
            for name in times:
                yield Goal(f"{row['title']}: tenon / {name}", tenon / times[name], limits[row["key"]])


def _of_memory(table: dict[str, Any]) -> Iterator[Goal]:
    yield Goal(f"memory: growth over {table['calls']:,} calls", table["growth_bytes"] / 1024, 256, " KiB")


def goals(results: dict[str, Any]) -> list[Goal]:
    of = {
        "calls": _of_calls,
        "results": _of_calls,
        "batches": _of_batches,
        "views": _of_lend,
        "extensions": _of_extensions,
        "copies": _of_copies,
        "rows": _of_copies,
        "growth": _of_memory,
    }
    return [goal for name, table in results["tables"].items() if name in of for goal in of[name](table)]
