# SPDX-License-Identifier: BSD-3-Clause
"""Behind `tenon.build`: a module is built once for its content, then taken from a cache, and imported."""

from __future__ import annotations

import hashlib
import importlib.machinery
import importlib.util
import json
import os
import shlex
import sys
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from tenon.errors import BuildError, BuildWarning

if TYPE_CHECKING:
    from .pipeline import Request
    from .toolchain import Toolchain

PathLike = str | os.PathLike[str]


def build(
    file: PathLike | None,
    *more: PathLike,
    header: PathLike | None,
    lib: PathLike | Sequence[PathLike],
    name: str | None,
    cflags: str | Sequence[str],
    strict: bool,
    check: PathLike | None,
) -> ModuleType:
    """Behind tenon.build, which documents it."""
    request, flags = _request(file, more, header, lib, name, cflags, check)
    from .toolchain import Toolchain

    toolchain = Toolchain(flags)
    folder = _cache_folder() / _key(request, toolchain)
    entry = _find(folder, request.name)
    if entry is None:
        entry = _make(request, toolchain, folder)
    if strict and entry["refusals"]:
        raise BuildError("\n".join(entry["refusals"]))
    for text in [*entry["refusals"], *entry["warnings"]]:
        warnings.warn(text, BuildWarning, stacklevel=3)  # where tenon.build is called
    return _load(request.name, entry["module"])


def _request(
    file: PathLike | None,
    more: Iterable[PathLike],
    header: PathLike | None,
    lib: PathLike | Sequence[PathLike],
    name: str | None,
    cflags: str | Sequence[str],
    check: PathLike | None,
) -> tuple[Request, list[str]]:
    from .request import make_request

    files = [os.fspath(path) for path in ([] if file is None else [file]) + list(more)]
    libraries = [os.fspath(lib)] if isinstance(lib, str | os.PathLike) else [os.fspath(item) for item in lib]
    flags = shlex.split(cflags) if isinstance(cflags, str) else [str(flag) for flag in cflags]
    request = make_request(
        files,
        header=None if header is None else os.fspath(header),
        libraries=libraries,
        name=name,
        check=None if check is None else os.fspath(check),
    )
    return request, flags


# --- the cache --------------------------------------------------------------------------------------------------------
#
# CACHE/KEY/ENTRY/ holds one module. KEY stands for the request: paths, flags, compiler, Python, Tenon. ENTRY stands for
# the content of every file that was read, which is known only after reading; entry.json lists them with their hashes.
# An entry appears at once, by renaming a folder, so that concurrent builds do not see each other's halves.


def _cache_folder() -> Path:
    given = os.environ.get("TENON_CACHE")
    if given:
        return Path(given)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tenon"


def _key(request: Request, toolchain: Toolchain) -> str:
    facts = [
        request.name,
        [os.path.abspath(path) for path in request.files],
        request.header and os.path.abspath(request.header),
        request.check and os.path.abspath(request.check),
        list(request.libraries),
        toolchain.command,
        list(toolchain.flags.everything),
        list(toolchain.flags.link),
        toolchain.ldflags,
        toolchain.ask("--version"),
        sys.version,
        importlib.machinery.EXTENSION_SUFFIXES[0],
        _tenon(),
        os.getcwd() if _depends_on_folder(toolchain.flags.meaning) else "",
    ]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:32]


def _depends_on_folder(flags: Sequence[str]) -> bool:
    return any(flag.startswith(("-I", "-include", "-i")) for flag in flags)


def _tenon() -> list[str]:
    """Tenon's own generator, and the headers and the library that its glue is built with."""
    from .toolchain import include_dir, library_dir

    built_with = [*Path(include_dir()).glob("tenon/*.h"), *Path(library_dir()).glob("*.a")]
    files = sorted([*Path(__file__).parent.glob("*.py"), *built_with])
    return [_hash_file(str(path)) for path in files]


def _hash_file(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()
    except OSError:
        return ""


def _find(folder: Path, name: str) -> dict[str, Any] | None:
    if not folder.is_dir():
        return None
    for candidate in folder.iterdir():
        try:
            entry: dict[str, Any] = json.loads((candidate / "entry.json").read_text())
        except (OSError, ValueError):
            continue
        entry["module"] = str(candidate / entry["file"])
        if os.path.exists(entry["module"]) and all(
            _hash_file(path) == value for path, value in entry["inputs"].items()
        ):
            return entry
    return None


def _make(request: Request, toolchain: Toolchain, folder: Path) -> dict[str, Any]:
    import tempfile

    from .pipeline import compile_module, generate
    from .toolchain import extension_suffix

    generated = generate(request, toolchain)
    inputs = {path: _hash_file(path) for path in generated.inputs}
    file = request.name + extension_suffix()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="building-") as temporary:
        made = Path(temporary) / "entry"
        made.mkdir()
        said = compile_module(generated, toolchain, str(made / file))
        (made / f"{request.name}.pyi").write_text(generated.stub, encoding="utf-8")
        entry = {
            "file": file,
            "inputs": inputs,
            "refusals": [str(item) for item in (*generated.module.refusals, *generated.module.notes)],
            "warnings": [said.rstrip()] if said.strip() else [],
        }
        (made / "entry.json").write_text(json.dumps(entry))
        content = hashlib.sha256(json.dumps(sorted(inputs.items())).encode()).hexdigest()[:32]
        try:
            os.rename(made, folder / content)
        except OSError:  # another process was faster: what it made is the same
            if not (folder / content / file).exists():
                raise
    return entry | {"module": str(folder / content / file)}


# --- importing --------------------------------------------------------------------------------------------------------


def _load(name: str, path: str) -> ModuleType:
    """Import the module. It becomes importable by name, so that its functions can be pickled, unless another is."""
    present = sys.modules.get(name)
    if present is not None and getattr(present, "__file__", None) == path:
        return present
    loader = importlib.machinery.ExtensionFileLoader(name, path)
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    if present is None or getattr(present, "__tenon_built__", False):
        sys.modules[name] = module
    module.__tenon_built__ = True  # type: ignore[attr-defined]
    return module
