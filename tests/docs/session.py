# SPDX-License-Identifier: BSD-3-Clause
"""Run the code blocks of one Markdown file, top to bottom, as one session in an empty folder.

    python session.py FILE.md EMPTY_FOLDER

What a fenced block means depends on its language:

    c, python   with a file's name as the first comment (`/* stats.c */`, `# drive.py`): that file is written
    python      otherwise: executed
    pycon       a session at Python's prompt, compared as doctest does; `...` stands for anything
    console     `$ command` lines, which must succeed, and what they print, standard error included; `...` as above
    toml, meson, cmake, cpp, cython    an extract, word for word, from a file under examples/, which the tests build
    sh, text    shown, not run: what installs Tenon itself, and what is no code

Any other language is an error, so that no block stays unrun by accident.
"""

import doctest
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^( *)(`{3,})(.*)$")
FILE_NAME = re.compile(r"^(?:/\* (\S+\.[ch]) \*/|// (\S+\.[ch])|# (\S+\.py))$")
ROOT = Path(__file__).parent.parent.parent
SHOWN_ONLY = {"sh", "text"}
EXTRACTS = {"toml", "meson", "cmake", "cpp", "cython"}
COMPARISON = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


class BlockFailed(Exception):
    pass


@dataclass(frozen=True)
class Block:
    language: str
    text: str
    line: int

    @property
    def file_name(self) -> str | None:
        match = FILE_NAME.match(self.text.split("\n", 1)[0])
        return next(filter(None, match.groups())) if match else None


def blocks_of(markdown: str) -> Iterator[Block]:
    """The fenced blocks; MyST directives such as {toctree} are not code."""
    lines = markdown.splitlines()
    at = 0
    while at < len(lines):
        opening = FENCE.match(lines[at])
        at += 1
        if not opening:
            continue
        first = at
        while at < len(lines) and lines[at].strip() != opening[2]:
            at += 1
        language = opening[3].strip()
        if not language.startswith("{"):
            yield Block(language, textwrap.dedent("\n".join(lines[first:at])) + "\n", first)
        at += 1


def run_python(block: Block, names: dict[str, object]) -> None:
    exec(compile(block.text, f"<line {block.line}>", "exec"), names)


def run_prompt(block: Block, names: dict[str, object]) -> None:
    test = doctest.DocTestParser().get_doctest(block.text, names, "session", None, block.line)
    report: list[str] = []
    runner = doctest.DocTestRunner(optionflags=COMPARISON)
    runner.run(test, out=report.append, clear_globs=False)
    names.update(test.globs)
    if not test.examples:
        raise BlockFailed("no prompt in it")
    if runner.failures:
        raise BlockFailed("".join(report))


def run_console(block: Block) -> None:
    commands = re.split(r"^\$ ", block.text, flags=re.MULTILINE)
    if commands[0].strip() or len(commands) == 1:
        raise BlockFailed("a console block starts with `$ command`")
    for command in commands[1:]:
        typed, expected = command.split("\n", 1)
        done = subprocess.run(typed, shell=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        matches = doctest.OutputChecker().check_output(expected, done.stdout, COMPARISON)
        if done.returncode != 0 or not matches:
            raise BlockFailed(f"$ {typed}\nexpected:\n{expected}\ngot (status {done.returncode}):\n{done.stdout}")


def check_extract(block: Block) -> None:
    files = (path for path in (ROOT / "examples").rglob("*") if path.is_file())
    if not any(block.text.encode() in path.read_bytes() for path in files):
        raise BlockFailed("no file under examples/ contains these lines")


def run(block: Block, names: dict[str, object]) -> None:
    if block.language in {"c", "python"} and block.file_name:
        Path(block.file_name).write_text(block.text)
    elif block.language == "python":
        run_python(block, names)
    elif block.language == "pycon":
        run_prompt(block, names)
    elif block.language == "console":
        run_console(block)
    elif block.language in EXTRACTS:
        check_extract(block)
    elif block.language == "c":
        raise BlockFailed("a C block starts with its file's name: /* stats.c */")
    elif block.language not in SHOWN_ONLY:
        raise BlockFailed(f"no rule for the language {block.language!r}")


def main(markdown: Path, folder: Path) -> None:
    blocks = list(blocks_of(markdown.read_text()))
    os.chdir(folder)
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    sys.path.insert(0, str(folder))
    names: dict[str, object] = {"__name__": "__main__"}
    ran = 0
    for block in blocks:
        try:
            run(block, names)
        except Exception as error:
            sys.exit(f"{markdown.name}:{block.line}: {block.language} block: {type(error).__name__}: {error}")
        ran += block.language not in SHOWN_ONLY
    print(f"{ran} blocks ran")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]))
