# SPDX-License-Identifier: BSD-3-Clause
"""Every code block of README.md and docs/ does what the text around it says (session.py has the rules)."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SESSION = Path(__file__).parent / "session.py"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def run_session(page: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SESSION), str(page), str(folder)]
    return subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_block_of_the_page_does_what_it_shows(page: Path, tmp_path: Path) -> None:
    done = run_session(page, tmp_path)
    assert done.returncode == 0, done.stdout


def test_the_readme_runs_at_least_a_c_file_a_command_and_a_session(tmp_path: Path) -> None:
    done = run_session(ROOT / "README.md", tmp_path)
    assert int(done.stdout.split()[0]) >= 3


@pytest.mark.parametrize(
    ("block", "complaint"),
    [
        ("```pycon\n>>> 1 + 1\n3\n```", "Expected"),
        ("```python\nassert False\n```", "AssertionError"),
        ("```console\n$ echo one\ntwo\n```", "got (status 0)"),
        ("```console\n$ false\n...\n```", "got (status 1)"),
        ("```c\nint x;\n```", "file's name"),
        ("```toml\nnot = 'in any example'\n```", "no file under examples/"),
        ("```rust\nfn main() {}\n```", "no rule for the language"),
    ],
)
def test_a_block_that_does_something_else_fails(block: str, complaint: str, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(block + "\n")
    done = run_session(page, tmp_path)
    assert done.returncode == 1
    assert complaint in done.stdout
