# SPDX-License-Identifier: BSD-3-Clause
"""What people ask for, checked: each mistake gets one clear line before anything is read."""

from __future__ import annotations

import keyword
import os
import sys
from collections.abc import Sequence

from tenon.errors import BuildError

from .pipeline import Request


def make_request(
    files: Sequence[str],
    *,
    header: str | None = None,
    libraries: Sequence[str] = (),
    name: str | None = None,
    check: str | None = None,
) -> Request:
    """Raises BuildError with one line that says what is wrong."""
    if not files and header is None:
        raise BuildError("nothing to build: name a C file, or a --header")
    for path in files:
        _check_c_file(path)
    if header is not None:
        _check_exists(header)
        if not files and not libraries:
            raise BuildError(f"{header} declares functions, and nothing defines them: name C files or a --lib")
    if check is not None:
        if header is None:
            raise BuildError("--check compares a --header of yours with the original; there is none")
        _check_exists(check)
    if len(set(map(os.path.abspath, files))) != len(files):
        raise BuildError("a C file is named twice")
    main = header if header is not None else files[0]
    return Request(_module_name(name, main), tuple(files), header, tuple(libraries), check)


def make_glue_request(files: Sequence[str], name: str | None, stub: str | None) -> Request:
    """One header, or C files; the build system knows the rest."""
    for path in files:
        _check_exists(path)
    headers = [path for path in files if not path.endswith(".c")]
    if headers and len(files) > 1:
        raise BuildError("one header, or C files: not both")
    shown = name if name is not None or stub is None else os.path.splitext(os.path.basename(stub))[0]
    module = _module_name(shown, files[0])
    return Request(module, (), headers[0]) if headers else Request(module, tuple(files))


def _check_exists(path: str) -> None:
    if os.path.isdir(path):
        raise BuildError(f"{path} is a folder")
    if not os.path.exists(path):
        raise BuildError(f"{path}: no such file")
    if any(character in path for character in '"\n\\'):
        raise BuildError(f"{path!r} cannot be included from C: its name has a quote, backslash or line break in it")


def _check_c_file(path: str) -> None:
    _check_exists(path)
    if path.endswith((".h", ".hpp", ".hh")):
        raise BuildError(f"{path} is a header; say --header {path}, with C files or a --lib that define its functions")
    if path.endswith((".cpp", ".cc", ".cxx")):
        raise BuildError(f"{path} is C++; Tenon reads C")
    if not path.endswith(".c"):
        raise BuildError(f"{path} is no C file: its name does not end in .c")


_C_KEYWORDS = frozenset(
    "auto break case char const continue default do double else enum extern float for goto if inline int long register "
    "restrict return short signed sizeof static struct switch typedef union unsigned void volatile while".split()
)


def _module_name(name: str | None, main: str) -> str:
    found = name if name is not None else os.path.splitext(os.path.basename(main))[0]
    hint = "" if name is not None else "; choose a name with --name"
    if not found.isidentifier() or not found.isascii():
        raise BuildError(f"{found!r} is no name for a module{hint}")
    if keyword.iskeyword(found) or found in _C_KEYWORDS:
        raise BuildError(f"{found!r} is a keyword, and no name for a module{hint}")
    if found in sys.stdlib_module_names:
        raise BuildError(f"{found!r} is a module of Python's own library{hint or '; choose another'}")
    if found in ("numpy", "tenon"):
        raise BuildError(f"{found!r} is a module that this one needs{hint or '; choose another'}")
    return found
