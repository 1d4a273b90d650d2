# SPDX-License-Identifier: BSD-3-Clause
"""What people have written about losing cells: docs/benchmarks/notes.toml.

    [results]                  # the table
    asarray = "Why it is so."  # the row; of batches a grid, "cross contiguous"
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from show.grid import Loss

FILE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks" / "notes.toml"


@dataclass(frozen=True)
class Notes:
    texts: dict[str, dict[str, str]]  # by table, then by row

    def about(self, loss: Loss) -> str | None:
        of_table = self.texts.get(loss.grid.table, {})
        return of_table.get(loss.column.key) or of_table.get(loss.grid.key)


def read(file: Path = FILE) -> Notes:
    return Notes(tomllib.loads(file.read_text()) if file.exists() else {})
