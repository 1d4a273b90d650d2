# SPDX-License-Identifier: BSD-3-Clause
"""Show Spans of every kind to every consumer, and compare with what docs/reference/interop.json records.

    python tests/interop PYTHON=LABEL… [--record]

Each PYTHON is an interpreter whose environment has consumers; LABEL, which may be empty, is put behind the names of those
that an earlier one has shown already ("NumPy" becomes "NumPy 1.26"). With --record the table in the documentation is
written anew. Exits 1 if a consumer crashed or read wrong data, or if an outcome is not the recorded one.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
REFERENCE = HERE.parent.parent / "docs" / "reference"
RECORD = REFERENCE / "interop.json"
PAGE = REFERENCE / "interop.md"
NEVER = {"wrong data", "refused without a word", "crashed"}
MARKS = {"zero-copy": "●", "copies": "copies"}

Row = dict[str, Any]  # name, how, version, cases: {case: {outcome, why}}


def show(python: str, name: str, how: str) -> Row | str:
    """One row, or why there is none."""
    run = subprocess.run(
        [python, str(HERE / "look.py"), name], capture_output=True, text=True, errors="replace", check=False
    )
    lines = [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]
    if lines and "missing" in lines[0]:
        return str(lines[0]["missing"])
    row: Row = {"name": name, "how": how, "version": lines[0]["version"] if lines else "?", "cases": {}}
    for line in lines[1:]:
        row["cases"][line.pop("case")] = line
    if run.returncode != 0:
        row["crash"] = (run.stderr.strip().splitlines() or [f"exit status {run.returncode}"])[-1]
    return row


def list_of(python: str, what: str) -> list[Any]:
    code = f"import json, consumers, cases; print(json.dumps({what}))"
    return list(json.loads(subprocess.check_output([python, "-c", code], cwd=HERE, text=True)))


def rows_of(python: str, label: str) -> list[Row]:
    rows = []
    for name, how, module in list_of(python, "[(c.name, c.how, c.module) for c in consumers.CONSUMERS]"):
        if label and module != label.split()[0].lower():
            continue
        row = show(python, name, how)
        if isinstance(row, str):
            print(f"  {name:<18} not here: {row}")
            continue
        if label:
            row["name"] = name.replace(label.split()[0], label, 1)
        print(f"  {row['name']:<18} {row['version']:<10}", summary(row), flush=True)
        rows.append(row)
    return rows


def summary(row: Row) -> str:
    counts: dict[str, int] = {}
    for cell in row["cases"].values():
        counts[cell["outcome"]] = counts.get(cell["outcome"], 0) + 1
    text = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items()))
    return f"{text}; crashed: {row['crash']}" if "crash" in row else text


def faults(rows: list[Row], recorded: list[Row]) -> list[str]:
    known = {row["name"]: row for row in recorded}
    found = [f"{row['name']} crashed: {row['crash']}" for row in rows if "crash" in row]
    if not rows:
        found.append("no consumer was there")
    for row in rows:
        for case, cell in row["cases"].items():
            expected = known.get(row["name"], row)["cases"].get(case, cell)["outcome"]
            if cell["outcome"] in NEVER:
                found.append(f"{row['name']}, {case}: {cell['outcome']}: {cell['why']}")
            elif cell["outcome"] != expected:
                found.append(f"{row['name']}, {case}: {cell['outcome']} ({cell['why']}), recorded is {expected}")
    return found


def page(rows: list[Row]) -> str:
    """The table, from the record alone."""
    cases = list(rows[0]["cases"])
    notes: dict[str, int] = {}
    lines = ["| | " + " | ".join(cases) + " |", "|---" * (len(cases) + 1) + "|"]
    for row in rows:
        cells = []
        for cell in row["cases"].values():
            if cell["outcome"] == "refused":
                number = notes.setdefault(f"{row['name']}: {cell['why'][:300]}", len(notes) + 1)
                cells.append(f"no [{number}]")
            else:
                cells.append(MARKS[cell["outcome"]])
        lines.append(f"| {row['name']} {row['version']}<br>`{row['how']}` | " + " | ".join(cells) + " |")
    refusals = [f"{number}. {text.replace('<', '&lt;')}" for text, number in notes.items()]
    return INTRODUCTION + "\n".join(lines) + "\n\n## What the refusals say\n\n" + "\n".join(refusals) + "\n"


INTRODUCTION = """# Who takes a Span how

What happened when each consumer was given a [Span](../guide/span.md) of each kind, the way its own documentation takes
foreign memory. `make interop` installs the consumers, runs them and compares with this page, which
`make interop RECORD=1` writes.

- ● the consumer reads the Span's own memory: the addresses were compared
- copies: the data is right, and the consumer has put it elsewhere, by its own decision
- no [n]: a refusal; its words stand below

All memory is aligned to 64 bytes here; JAX copies what is not. h5py writes into a file. A buffer has no code for bfloat16,
DLPack none for structures and for byte orders that are not the machine's, and most libraries have no notion of memory behind
pointers.

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
