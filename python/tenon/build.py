# SPDX-License-Identifier: BSD-3-Clause
"""`tenon.build("stats.c")`: from Python, a C file becomes a module.

Every module that Tenon built imports `tenon`, and with it this file. So it imports nothing itself before it builds.
"""

from __future__ import annotations

import os

from tenon.errors import BuildError, BuildWarning

TYPE_CHECKING = False  # typing's own name, without importing typing
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

__all__ = ["BuildError", "BuildWarning", "build"]

PathLike = str | os.PathLike[str]


def build(
    file: PathLike | None = None,
    *more: PathLike,
    header: PathLike | None = None,
    lib: PathLike | Sequence[PathLike] = (),
    name: str | None = None,
    cflags: str | Sequence[str] = (),
    strict: bool = False,
    check: PathLike | None = None,
) -> ModuleType:
    """Build C files into a module and import it.

    ``file`` and ``more`` are C files whose definitions are bound. With ``header``, its declarations are bound instead,
    and the files are only compiled; with ``header`` and ``lib``, an installed library is bound. ``cflags`` go to the
    compiler ($CC, or cc). ``strict`` makes a function that cannot be bound an error; otherwise it is a warning.
    ``check`` names a library's own header, which yours is compared with.

    The result is kept in $TENON_CACHE (default: ~/.cache/tenon) and used again as long as no file that was read, no
    flag, and no version has changed. The module is importable by its name afterwards, unless another of that name is.
    Raises BuildError with the compiler's own text where C does not compile.
    """
    from tenon.bind import cache

    return cache.build(file, *more, header=header, lib=lib, name=name, cflags=cflags, strict=strict, check=check)
