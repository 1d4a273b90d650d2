# SPDX-License-Identifier: BSD-3-Clause
"""The C compiler: which one, its flags, and compiling several pieces at once."""

from __future__ import annotations

import contextlib
import importlib.machinery
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass

from tenon.errors import BuildError

WARNINGS = ["-Wall", "-Wextra"]
OPTIMISE = ["-O3"]

# Flags that say what the file means; only these go to libclang.
_MEANING = ("-D", "-I", "-U", "-include", "-std", "-isystem", "-iquote", "-idirafter")
_WITH_VALUE = {"-D", "-I", "-U", "-include", "-isystem", "-iquote", "-idirafter"}
_LINK = ("-l", "-L", "-Wl,")
_LINK_WITH_VALUE = {"-Xlinker", "-framework"}


def extension_suffix() -> str:
    return importlib.machinery.EXTENSION_SUFFIXES[0]


@dataclass(frozen=True)
class Flags:
    """A compiler's flags, sorted by who needs them."""

    everything: tuple[str, ...]
    meaning: tuple[str, ...]  # -D -I -U -std -include …: also for libclang
    general: tuple[str, ...]  # neither meaning nor linking: for the Python half, too
    link: tuple[str, ...]

    @classmethod
    def sort(cls, flags: Sequence[str]) -> Flags:
        compiling: list[str] = []
        meaning: list[str] = []
        general: list[str] = []
        link: list[str] = []
        rest = list(flags)
        while rest:
            flag = rest.pop(0)
            value = [rest.pop(0)] if rest and flag in _WITH_VALUE | _LINK_WITH_VALUE else []
            if flag in _LINK_WITH_VALUE or flag.startswith(_LINK) or flag.endswith((".o", ".a", ".so")):
                link += [flag, *value]
                continue
            compiling += [flag, *value]
            (meaning if flag.startswith(_MEANING) else general).extend([flag, *value])
        return cls(tuple(compiling), tuple(meaning), tuple(general), tuple(link))


@dataclass(frozen=True)
class Piece:
    """One translation unit: text, or a file of the user's."""

    name: str
    flags: Sequence[str]
    text: str | None = None
    path: str | None = None


class Toolchain:
    """The compiler of $CC, with $CFLAGS and $LDFLAGS."""

    def __init__(self, flags: Sequence[str] = ()) -> None:
        self.command = shlex.split(os.environ.get("CC", "")) or ["cc"]
        if shutil.which(self.command[0]) is None:
            raise BuildError(f"no C compiler: {self.command[0]} is not found; install one, or name it in $CC")
        self.flags = Flags.sort([*shlex.split(os.environ.get("CFLAGS", "")), *flags])
        self.ldflags = shlex.split(os.environ.get("LDFLAGS", ""))

    def ask(self, *question: str) -> str:
        done = subprocess.run([*self.command, *question], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return done.stdout.strip()

    def for_libclang(self) -> list[str]:
        """libclang's own headers are missing from its wheel; the compiler's stand in."""
        return [*self.flags.meaning, "-isystem", self.ask("-print-file-name=include"), f"-I{include_dir()}"]

    def c_flags(self, builtins: Sequence[str] = ()) -> list[str]:
        """For the user's code. `builtins`: functions defined there, which are not the compiler's own of that name."""
        not_builtin = [f"-fno-builtin-{name}" for name in builtins]
        return [
            *OPTIMISE, *WARNINGS, "-fPIC", "-fvisibility=hidden", *not_builtin, f"-I{include_dir()}",
            *self.flags.everything,
        ]  # fmt: skip

    def python_flags(self) -> list[str]:
        """For the Python half: data, and the calls that are inlined there."""
        return ["-O2", *WARNINGS, "-fPIC", f"-I{include_dir()}", f"-I{python_include()}", *self.flags.general]

    def check_syntax(self, text: str, name: str) -> subprocess.CompletedProcess[str]:
        """Compile text as if it stood in a file of the current folder; nothing is written."""
        command = [*self.command, "-fsyntax-only", *WARNINGS, f"-I{include_dir()}", *self.flags.everything, "-xc", "-"]
        done = subprocess.run(command, input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return subprocess.CompletedProcess(
            done.args, done.returncode, _without_stdin(done.stdout).replace("<stdin>", name)
        )

    def check_file(self, path: str) -> subprocess.CompletedProcess[str]:
        """The user's file as the compiler sees it, alone: its messages are the ones to show."""
        command = [*self.command, "-fsyntax-only", *WARNINGS, f"-I{include_dir()}", *self.flags.everything, "-xc", path]
        return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def build(self, pieces: Sequence[Piece], name: str, output: str, libraries: Sequence[str]) -> str:
        """Compile all pieces at once and link them as the module `name`. Returns the compiler's warnings."""
        with tempfile.TemporaryDirectory(prefix="tenon-") as folder:
            running = []
            for number, piece in enumerate(pieces):
                target = os.path.join(folder, f"{number}.o")
                source = ["-xc", "-"] if piece.path is None else ["-xc", piece.path]
                process = subprocess.Popen(
                    [*self.command, *piece.flags, "-c", "-o", target, *source],
                    stdin=subprocess.PIPE if piece.path is None else subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                )
                if process.stdin is not None:
                    with contextlib.suppress(BrokenPipeError):  # it refused a flag, and says so
                        process.stdin.write(piece.text or "")
                        process.stdin.close()
                    process.stdin = None
                running.append((process, target))
            said = []
            for process, _ in running:
                said.append(_without_stdin(process.communicate()[0]))
            if any(process.returncode != 0 for process, _ in running):
                raise BuildError("".join(said).rstrip() or "the compiler failed")
            self._link([target for _, target in running], name, output, libraries, folder)
            return "".join(said)

    def _link(self, objects: Sequence[str], name: str, output: str, libraries: Sequence[str], folder: str) -> None:
        made = os.path.join(folder, "module")
        shared = _shared_flags(name, folder)
        command = [*self.command, *self.flags.general, *shared, "-o", made, *objects]
        command += [*self.flags.link, *libraries, *_libtenon(), *self.ldflags]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            raise BuildError(done.stdout.rstrip() or "the linker failed")
        temporary = f"{output}.{os.getpid()}.tmp"
        shutil.copyfile(made, temporary)
        os.chmod(temporary, 0o755)
        os.replace(temporary, output)  # a running process keeps the old module


def _shared_flags(name: str, folder: str) -> list[str]:
    """Only PyInit_* leaves the module, and its own functions are never replaced by others of the same name."""
    if sys.platform == "darwin":
        return ["-bundle", "-undefined", "dynamic_lookup", f"-Wl,-exported_symbol,_PyInit_{name}"]
    script = os.path.join(folder, "exports")
    with open(script, "w") as file:
        file.write(f"{{ global: PyInit_{name}; local: *; }};\n")
    return ["-shared", "-Wl,-Bsymbolic", f"-Wl,--version-script={script}"]


def _without_stdin(output: str) -> str:
    """The generated text that includes the user's file is nobody's business, nor that clang finds it in `./`."""
    output = re.sub(r"^In file included from <stdin>:.*\n", "", output, flags=re.MULTILINE)
    output = re.sub(r",\n +from <stdin>:\d+:$", ":", output, flags=re.MULTILINE)
    return re.sub(r"^(In file included from |)\./", r"\1", output, flags=re.MULTILINE)


def _libtenon() -> list[str]:
    """The library behind tenon/*.h. It is static: a module gets what it calls, and nothing of it leaves the module."""
    library = os.path.join(library_dir(), "libtenon.a")
    return [library, "-lm"] if os.path.exists(library) else []


def libtenon_flags() -> list[str]:
    """The same for other linkers' command lines, as pkg-config gives them."""
    return [f"-L{library_dir()}", "-ltenon", "-lm"]


def include_dir() -> str:
    """The folder that holds tenon/*.h: inside the package, or in a checkout beside it."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    installed = os.path.join(package, "include")
    if os.path.isdir(os.path.join(installed, "tenon")):
        return installed
    return os.path.join(os.path.dirname(os.path.dirname(package)), "include")


def library_dir() -> str:
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return os.path.join(package, "lib")


def pkgconfig_dir() -> str:
    return os.path.join(library_dir(), "pkgconfig")


def python_include() -> str:
    folder = sysconfig.get_paths()["include"]
    if not os.path.exists(os.path.join(folder, "Python.h")):
        raise BuildError(f"Python.h is not in {folder}; install Python's development files (Debian: python3-dev)")
    return folder
