# SPDX-License-Identifier: BSD-3-Clause
"""Names of C as Python spells them."""

from __future__ import annotations

import keyword


def python_name(name: str, taken: set[str]) -> str:
    """Python's keywords get a trailing underscore."""
    if keyword.iskeyword(name) or keyword.issoftkeyword(name) and name != "_":
        name += "_"
    while name in taken:
        name += "_"
    return name
