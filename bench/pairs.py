# SPDX-License-Identifier: BSD-3-Clause
"""A table of statements beside each other: a case is its key, its title, and variants, (name, what is timed)."""

from collections.abc import Sequence
from typing import Any

from measure import Method, Variant, loop, measure, summary


def _variant(name: str, code: str, scope: dict[str, Any]) -> Variant:
    used = compile(code, "", "eval").co_names
    return Variant(name, loop(code, {word: value for word, value in scope.items() if word in used}))


def table(cases: Sequence[tuple[Any, ...]], scope: dict[str, Any], method: Method) -> dict[str, Any]:
    groups = [[_variant(name, code, scope) for name, code in variants] for _, _, *variants in cases]
    empty = Variant("loop alone", loop("pass", {}))
    measure([*groups, [empty]], method)
    rows = [
        {"key": key, "title": title, "variants": [summary(v) for v in group]}
        for (key, title, *_), group in zip(cases, groups, strict=True)
    ]
    return {"rows": rows, "loop": summary(empty)}
