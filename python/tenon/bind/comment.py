# SPDX-License-Identifier: BSD-3-Clause
"""Doxygen comments, read strictly: which commands stand in them, and the text that remains.

Both command signs (@param and \\param) and all comment forms (/** */, /*! */, ///, //!, ///<, /**<) are read. What a
bracket behind a parameter's name means depends on the parameter, so `rest` is handed on as text; rules.py decides.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass, field

MARKS = {"threadsafe", "attribute", "buffer", "exclusive"}  # commands of one word, about the function as a whole
DIRECTIONS = {"in": "in", "out": "out", "in,out": "in,out", "out,in": "in,out", "inout": "in,out"}


@dataclass(frozen=True)
class ParamCommand:
    name: str
    direction: str | None  # "in", "out", "in,out"
    rest: str  # everything behind the name
    line: int  # counted from 0, the first line of the comment


@dataclass(frozen=True)
class ThrowsCommand:
    code: str  # "3", "E_RANGE", ">0", "<0"
    text: str
    line: int


@dataclass
class Comment:
    params: list[ParamCommand] = field(default_factory=list)
    throws: list[ThrowsCommand] = field(default_factory=list)
    marks: set[str] = field(default_factory=set)  # those of MARKS that stand in it
    text: str = ""  # what is documentation only
    returns: str = ""
    problems: list[tuple[int, str]] = field(default_factory=list)  # (line, what is wrong)
    doubts: list[tuple[int, str]] = field(default_factory=list)  # (line, what is probably meant otherwise)


_COMMAND = re.compile(r"(?<![\w@\\.])[@\\]([A-Za-z]+)")
_FORMULA = re.compile(r"[@\\]f[$\[\]]")  # around a formula, whose text stays
_VERBATIM = {"code": "endcode", "verbatim": "endverbatim"}
_RETURN = {"return", "returns", "result"}
_THROW = {"throws", "throw", "exception"}
_HEADINGS = {
    "note": "Note", "warning": "Warning", "attention": "Attention", "remark": "Remark", "remarks": "Remarks",
    "pre": "Precondition", "post": "Postcondition", "see": "See also", "sa": "See also", "since": "Since",
    "deprecated": "Deprecated", "bug": "Bug", "todo": "To do", "author": "Author", "version": "Version", "date": "Date",
    "copyright": "Copyright", "invariant": "Invariant", "test": "Test",
}  # fmt: skip
_SILENT = {"brief", "short", "details", "fn", "file", "ingroup", "addtogroup", "defgroup", "internal", "par", "n", "li"}
_WITH_LINE = {"fn", "file", "ingroup", "addtogroup", "defgroup"}  # what follows on the line is for Doxygen
_WORD_STYLE = {"p", "c", "a", "b", "e", "em", "ref", "link", "endlink"}
_ACTING = ["param", "throws", *sorted(MARKS)]
_OTHERS = {"tparam", "parblock", "paragraph"}  # of Doxygen, and near to one of ours


def read(raw: str) -> Comment:
    """Read one raw comment, delimiters included."""
    comment = Comment()
    _Reader(comment).run(strip(raw))
    return comment


def strip(raw: str) -> list[str]:
    """The lines of a comment without its delimiters, leading stars and common indentation."""
    lines: list[str] = []
    for line in raw.replace("\r", "").split("\n"):
        text = line.strip()
        if text.startswith(("///", "//!")):
            text = re.sub(r"^//[/!]<?", "", text)
        else:
            text = (
                re.sub(r"\*+/$", "", re.sub(r"^/\*[*!]+<?", "", text)) if "/*" in text else re.sub(r"\*+/$", "", text)
            )
            text = re.sub(r"^\*(?!\*)", "", text)
        lines.append(text.rstrip())
    indents = [len(line) - len(line.lstrip()) for line in lines[1:] if line.strip()]
    common = min(indents, default=0)
    rest = [line[common:] for line in lines[1:]]
    return [lines[0].strip(), *rest]


def _skip_space(line: str, position: int) -> int:
    while position < len(line) and line[position].isspace():
        position += 1
    return position


class _Reader:
    """Walks over the lines; `section` collects the paragraph that the last block command opened."""

    def __init__(self, comment: Comment) -> None:
        self.comment = comment
        self.text: list[str] = []
        self.section: list[str] | None = None
        self.close: Callable[[], None] = lambda: None

    def run(self, lines: list[str]) -> None:
        verbatim: str | None = None
        for number, line in enumerate(lines):
            if verbatim is not None:
                verbatim = self._verbatim(line, verbatim)
                continue
            if not line.strip():
                self._end_section()
                self.text.append("")
                continue
            verbatim = self._line(line, number)
        self._end_section()
        self.comment.text = re.sub(r"\n{3,}", "\n\n", "\n".join(self.text)).strip()
        self.comment.returns = self.comment.returns.strip()

    def _verbatim(self, line: str, end: str) -> str | None:
        match = re.search(rf"[@\\]{end}\b", line)
        kept = line[: match.start()] if match else line
        if kept.strip() or not match:
            self._say("    " + kept.rstrip())
        return None if match else end

    def _line(self, line: str, number: int) -> str | None:
        """Reads one line; returns the command that ends a verbatim block if one begins here."""
        line = _FORMULA.sub("", line)
        position = 0
        plain: list[str] = []
        while match := _COMMAND.search(line, position):
            command = match[1]
            plain.append(line[position : match.start()])
            position = match.end()
            if command in _VERBATIM:
                self._flush(plain)
                tail = re.sub(r"^\{[^}]*\}", "", line[position:])
                return self._verbatim(tail, _VERBATIM[command]) if tail.strip() else _VERBATIM[command]
            if command in _WORD_STYLE:
                position = _skip_space(line, position)
                continue
            if command == "param":
                self._flush(plain)
                position = self._param(line, position, number)
            elif command in _THROW:
                self._flush(plain)
                position = self._throws(line, position, number)
            elif command in MARKS:
                self._flush(plain)
                self._end_section()
                self.comment.marks.add(command)
                position = len(line) - len(line[position:].lstrip(" .;:"))
            elif command in _RETURN or command == "retval":
                self._flush(plain)
                self._open(self._add_return)
            elif command in _HEADINGS:
                self._flush(plain)
                self._end_section()
                plain.append(f"{_HEADINGS[command]}:{'' if line[position:].startswith(' ') else ' '}")
            elif command in _SILENT:
                position = len(line) if command in _WITH_LINE else _skip_space(line, position)
            else:
                self._doubt(command, number)
                plain.append(match[0])
        plain.append(line[position:])
        self._flush(plain)
        return None

    def _doubt(self, command: str, number: int) -> None:
        """A command that says nothing here, and is nearly one that does."""
        near = difflib.get_close_matches(command.lower(), _ACTING, 1, 0.8)
        if near and command not in _OTHERS:
            self.comment.doubts.append((number, f"@{command} says nothing to Tenon; did you mean @{near[0]}?"))

    # --- sections -----------------------------------------------------------------------------------------------------

    def _say(self, text: str) -> None:
        (self.text if self.section is None else self.section).append(text)

    def _flush(self, plain: list[str]) -> None:
        text = "".join(plain).rstrip()
        plain.clear()
        if text.strip():
            self._say(text if self.section is None else text.strip())

    def _open(self, done: Callable[[str], None]) -> None:
        self._end_section()
        collected: list[str] = []
        self.section = collected

        def close() -> None:
            done(" ".join(collected).strip())

        self.close = close

    def _end_section(self) -> None:
        if self.section is not None:
            self.section = None
            self.close()

    def _add_return(self, text: str) -> None:
        self.comment.returns += ("\n" if self.comment.returns else "") + text

    def _param(self, line: str, position: int, number: int) -> int:
        match = re.compile(r"\s*(?:\[([^\]]*)\]\s*)?((?:[A-Za-z_]\w*|\.\.\.)(?:,[A-Za-z_]\w*)*)?").match(line, position)
        assert match is not None
        direction, names = match[1], match[2]
        if not names:
            self.comment.problems.append((number, "@param names no parameter"))
            return match.end()
        word = None
        if direction is not None:
            word = DIRECTIONS.get(re.sub(r"\s", "", direction))
            if word is None:
                self.comment.problems.append((number, f"@param[{direction}] {names}: say [in], [out] or [in,out]"))
                return match.end()

        def done(text: str) -> None:
            for name in names.split(","):
                self.comment.params.append(ParamCommand(name, word, text, number))

        self._open(done)
        return match.end()

    def _throws(self, line: str, position: int, number: int) -> int:
        match = re.compile(r"\s*([<>]?\s*-?\w+)?").match(line, position)
        assert match is not None
        if match[1] is None:
            self.comment.problems.append((number, "@throws has no code, such as 3, E_RANGE, >0 or <0"))
            return match.end()
        code = re.sub(r"\s", "", match[1])
        self._open(lambda text: self.comment.throws.append(ThrowsCommand(code, text, number)))
        return match.end()


def read_trailing(raw: str) -> tuple[str | None, str]:
    """A ///< or /**< comment behind a parameter: its direction word, as in `///< [in,out] text`, and the rest."""
    text = " ".join(line.strip() for line in strip(raw) if line.strip())
    match = re.match(r"\[([^\]]*)\]\s*", text)
    word = DIRECTIONS.get(re.sub(r"\s", "", match[1])) if match else None
    return (word, text[match.end() :]) if match and word else (None, text)
