# SPDX-License-Identifier: BSD-3-Clause
"""How figures are written: three digits or so, and no more than are true."""


def number(value: float) -> str:
    if value == 0:
        return "0"
    if abs(value) < 10:
        return f"{value:.2f}"
    return f"{value:.1f}" if abs(value) < 1000 else f"{value:,.0f}"


def count(value: float) -> str:
    return f"{value:,.0f}"


def written(value: float, unit: str) -> str:
    return count(value) if unit in {"lines", "MiB", ""} else number(value)


def times(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio < 99.95 else f"{ratio:,.0f}"
