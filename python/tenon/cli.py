# SPDX-License-Identifier: BSD-3-Clause
"""The command `tenon`."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

from tenon.errors import BuildError

if TYPE_CHECKING:
    from tenon.bind.pipeline import Generated, Request

_DESCRIPTION = "Turn C functions over arrays into a Python module. The prototypes are the contract."


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line; argparse would print the usage first."""
        print(f"{self.prog}: {message}; see {self.prog} --help", file=sys.stderr)
        raise SystemExit(2)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0, 1 for errors, 2 for wrong usage."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    cflags: list[str] = []
    if "--" in given:
        split = given.index("--")
        given, cflags = given[:split], given[split + 1 :]
    options = _parser().parse_args(given)
    try:
        if options.version:
            return _print_version()
        if options.include_dir or options.pkgconfig_dir:
            return _print_folder(options)
        if options.cflags or options.libs:
            return _print_flags(options)
        if options.command is None:
            _parser().print_help()
            return 2
        return int(options.run(options, cflags))
    except BuildError as error:
        print(_as_error(str(error)), file=sys.stderr)
        return 1
    except OSError as error:
        print(f"tenon: error: {error}", file=sys.stderr)
        return 1


def _as_error(text: str) -> str:
    """One line is Tenon's own; more is the compiler's and shown as it is."""
    return text if "\n" in text or "error:" in text else f"tenon: error: {text}"


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="tenon", description=_DESCRIPTION)
    parser.add_argument("--version", action="store_true", help="print the version")
    parser.add_argument(
        "--include-dir", action="store_true", help="print the folder with tenon/*.h, for the compiler's -I"
    )
    parser.add_argument(
        "--pkgconfig-dir", action="store_true", help="print the folder with tenon.pc, for PKG_CONFIG_PATH"
    )
    parser.add_argument("--cflags", action="store_true", help="print the compiler's flags for tenon/*.h")
    parser.add_argument(
        "--libs", action="store_true", help="print the linker's flags for libtenon, which extensions in C link"
    )
    commands = parser.add_subparsers(dest="command", title="commands", metavar="COMMAND")
    _add_build(commands)
    _add_glue(commands)
    return parser


def _add_build(commands: argparse._SubParsersAction[_Parser]) -> None:
    command = commands.add_parser(
        "build",
        help="build C files into a module and its stub",
        usage="tenon build FILE.c [FILE.c ...] [--header H] [--lib NAME] [--name M] [-o DIR] [--strict] [-- CFLAGS]",
        description="Build C files into a Python module and a stub. $CC, $CFLAGS and $LDFLAGS are respected.",
        epilog="What stands behind -- goes to the compiler and the linker.",
    )
    command.add_argument("files", nargs="*", metavar="FILE.c", help="C files; their definitions are bound")
    command.add_argument("--header", metavar="H", help="bind what this header declares; FILE.c are then only compiled")
    command.add_argument(
        "--lib", action="append", default=[], metavar="NAME", help="link a library: a name, or a path to it"
    )
    command.add_argument("--check", metavar="ORIGINAL.h", help="check the header against the library's own")
    command.add_argument(
        "--name", metavar="M", help="the module's name; default: that of the first file, or the header"
    )
    command.add_argument(
        "-o", dest="folder", default=".", metavar="DIR", help="where module and stub go; default: here"
    )
    command.add_argument("--strict", action="store_true", help="a function that cannot be bound is an error")
    command.set_defaults(run=_build)


def _add_glue(commands: argparse._SubParsersAction[_Parser]) -> None:
    command = commands.add_parser(
        "glue",
        help="write the C glue and the stub of a module, for build systems",
        usage="tenon glue HEADER -o OUT.c --stub OUT.pyi [--name M] [--loops LOOPS.c] [--depfile D] [--strict] "
        "[-- CFLAGS]",
        description="Write the glue of a module as C, to be compiled and linked by a build system with the C files "
        "that define the functions. HEADER may also be a C file; the glue then includes it, and it is not compiled "
        "apart.",
        epilog="What stands behind -- are the compiler's flags; -D, -I, -U, -std and -include matter here.",
    )
    command.add_argument("files", nargs="+", metavar="HEADER", help="a header (or C files) whose functions are bound")
    command.add_argument("-o", dest="output", required=True, metavar="OUT.c", help="the glue")
    command.add_argument("--stub", metavar="OUT.pyi", help="the stub")
    command.add_argument("--name", metavar="M", help="the module's name; default: that of the stub, or of the header")
    command.add_argument(
        "--loops",
        metavar="LOOPS.c",
        help="write the half that includes HEADER to a file of its own, apart from Python.h",
    )
    command.add_argument("--depfile", metavar="D", help="write what the glue depends on, as make and ninja read it")
    command.add_argument("--strict", action="store_true", help="a function that cannot be bound is an error")
    command.set_defaults(run=_glue)


# --- commands ---------------------------------------------------------------------------------------------------------


def _build(options: argparse.Namespace, cflags: list[str]) -> int:
    from tenon.bind.pipeline import compile_module, generate
    from tenon.bind.request import make_request
    from tenon.bind.toolchain import Toolchain, extension_suffix

    if not options.files and options.header is None:
        _usage("build", "name a C file, or a --header")
    request = make_request(
        options.files, header=options.header, libraries=options.lib, name=options.name, check=options.check
    )
    if not os.path.isdir(options.folder):
        raise BuildError(f"{options.folder}: no such folder")
    toolchain = Toolchain(cflags)
    generated = generate(request, toolchain)
    _refuse_empty(generated, request)
    if options.strict and generated.module.refusals:
        _report_warnings(generated)
        raise BuildError(_strict_message(generated))
    output = os.path.join(options.folder, request.name + extension_suffix())
    said = compile_module(generated, toolchain, output)
    stub = os.path.join(options.folder, f"{request.name}.pyi")
    with open(stub, "w", encoding="utf-8") as file:
        file.write(generated.stub)
    if said:
        print(said.rstrip(), file=sys.stderr)
    _report_warnings(generated)
    _report_bound(generated)
    print(f"{_shown(output)}, {_shown(stub)}")
    return 0


def _glue(options: argparse.Namespace, cflags: list[str]) -> int:
    from tenon.bind.glue import write_glue
    from tenon.bind.pipeline import generate
    from tenon.bind.request import make_glue_request
    from tenon.bind.toolchain import Toolchain

    request = make_glue_request(options.files, options.name, options.stub)
    generated = generate(request, Toolchain(cflags), absolute=True)
    _refuse_empty(generated, request)
    _report_warnings(generated)
    if options.strict and generated.module.refusals:
        raise BuildError(_strict_message(generated))
    write_glue(generated, options.output, loops=options.loops, stub=options.stub, depfile=options.depfile)
    return 0


def _usage(command: str, message: str) -> NoReturn:
    print(f"tenon {command}: {message}; see tenon {command} --help", file=sys.stderr)
    raise SystemExit(2)


def _refuse_empty(generated: Generated, request: Request) -> None:
    """A module with nothing in it is a mistake."""
    module = generated.module
    if module.functions or module.variables or module.constants:
        return
    _report_warnings(generated)
    where = request.header or ", ".join(request.files)
    kind = "declares" if request.header else "defines"
    raise BuildError(f"{where} {kind} no function that can be bound")


def _strict_message(generated: Generated) -> str:
    count = len(generated.module.refusals)
    return f"{count} function{'s are' if count > 1 else ' is'} not bound, and --strict was given"


def _report_warnings(generated: Generated) -> None:
    for item in (*generated.module.refusals, *generated.module.notes):
        print(item, file=sys.stderr)


def _report_bound(generated: Generated) -> None:
    from tenon.bind.docstring import python_signature

    for function in generated.module.functions:
        print(f"  {python_signature(function)}")
    for overload in generated.module.overloads:
        names = [generated.module.functions[number].python_name for number in overload.candidates]
        print(f"  {overload.name}(…): {', '.join(names)}")


def _shown(path: str) -> str:
    return os.path.normpath(path)


def _print_version() -> int:
    from importlib.metadata import PackageNotFoundError, version

    try:
        print(f"tenon {version('tenon')}")
    except PackageNotFoundError:
        print("tenon (not installed)")
    return 0


def _print_folder(options: argparse.Namespace) -> int:
    from tenon.bind.toolchain import include_dir, pkgconfig_dir

    print(include_dir() if options.include_dir else pkgconfig_dir())
    return 0


def _print_flags(options: argparse.Namespace) -> int:
    from tenon.bind.toolchain import include_dir, libtenon_flags

    flags = [f"-I{include_dir()}"] if options.cflags else []
    if options.libs:
        flags += libtenon_flags()
    print(shlex.join(flags))
    return 0
