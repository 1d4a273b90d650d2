# SPDX-License-Identifier: BSD-3-Clause
"""Show Spans of every kind to every consumer, and compare with what docs/reference/interop.json records.

    python tests/interop PYTHON=LABEL… [--record]

Each PYTHON is an interpreter whose environment has consumers. With a LABEL such as "NumPy 1.26", only those of NumPy
are asked, and are called so. With --record the table in the documentation is written anew. Exits 1 if a
consumer crashed or read wrong data, or if an outcome is not the recorded one.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from cases import CASES, NAMES
from consumers import CONSUMERS, Consumer

HERE = Path(__file__).parent
REFERENCE = HERE.parent.parent / "docs" / "reference"
RECORD = REFERENCE / "interop.json"
PAGE = REFERENCE / "interop.md"
NEVER = {"wrong data", "refused without a word", "crashed"}

Row = dict[str, Any]  # name, how, version, cases: {case: {outcome, why}}


def look(python: str, name: str, first: int) -> tuple[list[dict[str, str]], str]:
    """What look.py prints from that case on, and how it ended: empty if well."""
    command = [python, str(HERE / "look.py"), name, str(first)]
    run = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    lines = [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]
    last_words = (run.stderr.strip().splitlines() or [""])[-1]
    return lines, "" if run.returncode == 0 else f"exit status {run.returncode}: {last_words}"


def row_of(python: str, consumer: Consumer, name: str) -> Row | None:
    """What the consumer does with every case; None, and a line that says so, where it is not installed. After a crash
    the next case has a process of its own."""
    row: Row = {"name": name, "how": consumer.how, "version": "?", "cases": {}}
    while len(row["cases"]) < len(CASES):
        lines, end = look(python, consumer.name, len(row["cases"]))
        for line in lines:
            if "missing" in line:
                print(f"  {name:<18} not here: {line['missing']}")
                return None
            if "version" in line:
                row["version"] = line["version"]
            else:
                row["cases"][line.pop("case")] = line
        if end and len(row["cases"]) < len(CASES):
            row["cases"][NAMES[len(row["cases"])]] = {"outcome": "crashed", "why": end}
    print(f"  {name:<18} {row['version']:<10}", summary(row), flush=True)
    return row


def rows_of(python: str, label: str) -> list[Row]:
    library = label.split()[0] if label else ""
    wanted = [consumer for consumer in CONSUMERS if consumer.module == library.lower() or not label]
    rows = [row_of(python, consumer, consumer.name.replace(library, label, 1)) for consumer in wanted]
    return [row for row in rows if row is not None]


def summary(row: Row) -> str:
    counts: dict[str, int] = {}
    for cell in row["cases"].values():
        counts[cell["outcome"]] = counts.get(cell["outcome"], 0) + 1
    return ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items()))


def faults(rows: list[Row], recorded: list[Row]) -> list[str]:
    known = {row["name"]: row for row in recorded}
    found = [] if rows else ["no consumer was there"]
    for row in rows:
        for case, cell in row["cases"].items():
            expected = known.get(row["name"], row)["cases"].get(case, cell)["outcome"]
            if cell["outcome"] in NEVER:
                found.append(f"{row['name']}, {case}: {cell['outcome']}: {cell['why']}")
            elif cell["outcome"] != expected:
                found.append(f"{row['name']}, {case}: {cell['outcome']} ({cell['why']}), recorded is {expected}")
    return found


def title(row: Row) -> str:
    library, _, rest = row["name"].partition(",")
    return f"{library.split()[0]} {row['version']}{',' if rest else ''}{rest}"


def page(rows: list[Row]) -> str:
    """The table, from the record alone."""
    cases = list(rows[0]["cases"])
    notes: dict[str, int] = {}
    lines = ["| | " + " | ".join(cases) + " |", "|---" * (len(cases) + 1) + "|"]
    for row in rows:
        cells = []
        for cell in row["cases"].values():
            if cell["outcome"] == "zero-copy":
                cells.append("●")
            elif cell["outcome"] == "copies":
                cells.append("copies")
            else:
                number = notes.setdefault(cell["why"][:300], len(notes) + 1)
                cells.append(f"{'no' if cell['outcome'] == 'refused' else cell['outcome']} [{number}]")
        lines.append(f"| {title(row)}<br>`{row['how']}` | " + " | ".join(cells) + " |")
    refusals = [f"{number}. {text.replace('<', '&lt;')}" for text, number in notes.items()]
    return INTRODUCTION + "\n".join(lines) + "\n\n## What the refusals say\n\n" + "\n".join(refusals) + "\n"


INTRODUCTION = """# Who takes a Span how

What happened when each consumer was given a [Span](../guide/span.md) of each kind, the way its own documentation takes
foreign memory. `make interop` installs the consumers, runs them and compares with this page, which
`make interop RECORD=1` writes.

- ● the consumer reads the Span's own memory: the addresses were compared
- copies: the data is right, and the consumer has put it elsewhere, by its own decision
- no [n]: a refusal; its words stand below

All memory is aligned to 64 bytes here; JAX copies what is not. h5py writes into a file. A buffer has no code for
bfloat16, DLPack none for structures and for byte orders that are not the machine's, and most libraries have no notion
of memory behind pointers.

"""


def main(arguments: list[str]) -> int:
    record = "--record" in arguments
    rows: list[Row] = []
    for argument in arguments:
        if argument != "--record":
            python, _, label = argument.partition("=")
            rows += rows_of(python, label)
    recorded = json.loads(RECORD.read_text()) if RECORD.exists() and not record else []
    found = faults(rows, recorded)
    print("\n".join(found) or f"{len(rows)} consumers: every outcome is as recorded", flush=True)
    if record and rows:
        RECORD.write_text(json.dumps(rows, indent=1) + "\n")
        PAGE.write_text(page(rows))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
