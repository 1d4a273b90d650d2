# SPDX-License-Identifier: BSD-3-Clause
"""From a request to generated text: parse, apply the rules, write both halves and the stub."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from tenon.errors import BuildError

from .assemble import assemble
from .declarations import ParseError, Translation
from .emit import python_half
from .loops import c_half, same_type
from .model import Module
from .stub import stub
from .toolchain import Piece, Toolchain


@dataclass(frozen=True)
class Request:
    """What to bind. With a header, the files are only compiled; without, their definitions are bound."""

    name: str
    files: Sequence[str] = ()
    header: str | None = None
    libraries: Sequence[str] = ()  # names, or paths to a library
    check: str | None = None


@dataclass
class Generated:
    request: Request
    module: Module
    translations: list[Translation]
    c_halves: list[str]
    python_half: str
    stub: str
    warnings: list[str] = field(default_factory=list)

    @property
    def inputs(self) -> list[str]:
        """Every file that was read, as absolute paths."""
        found = {path for translation in self.translations for path in translation.includes}
        return sorted(found | {os.path.abspath(path) for path in self.request.files})


def generate(request: Request, toolchain: Toolchain, *, absolute: bool = False) -> Generated:
    """`absolute`: the C half will lie elsewhere, and must include the user's file by its absolute path."""
    try:
        translations = [_translate(path, request, toolchain) for path in _bound_files(request)]
    except ParseError as error:
        raise BuildError(str(error)) from None
    if request.check is not None:
        _check(request, translations[0], toolchain)
    module = assemble(request.name, translations)
    inlinable = request.header is None
    halves = [
        c_half(half, os.path.abspath(half.include) if absolute else half.include, inlinable=inlinable)
        for half in module.halves
    ]
    return Generated(request, module, translations, halves, python_half(module), stub(module))


def compile_module(generated: Generated, toolchain: Toolchain, output: str) -> str:
    """Returns the compiler's warnings."""
    pieces = []
    for translation, text in zip(generated.translations, generated.c_halves, strict=True):
        flags = toolchain.c_flags([function.name for function in translation.functions])
        pieces.append(Piece(translation.path, flags, text=text))
    if generated.request.header is not None:
        pieces += [Piece(path, toolchain.c_flags(), path=path) for path in generated.request.files]
    pieces.append(Piece("the Python half", toolchain.python_flags(), text=generated.python_half))
    try:
        return toolchain.build(pieces, generated.request.name, output, library_flags(generated.request.libraries))
    except BuildError:
        for path in _bound_files(generated.request):
            _refuse_errors(path, toolchain)
        raise


def library_flags(libraries: Sequence[str]) -> list[str]:
    flags = []
    for library in libraries:
        if os.sep not in library and not library.endswith((".so", ".a", ".dylib")):
            flags.append(f"-l{library}")
            continue
        path = os.path.abspath(library)
        flags.append(path)
        if not path.endswith(".a"):
            flags.append(f"-Wl,-rpath,{os.path.dirname(path)}")
    return flags


def _bound_files(request: Request) -> Sequence[str]:
    return request.files if request.header is None else [request.header]


def _translate(path: str, request: Request, toolchain: Toolchain) -> Translation:
    from .parse import parse

    translation, errors = parse(path, toolchain.for_libclang(), definitions_only=request.header is None)
    if errors:  # libclang's, which need not be the compiler's
        _refuse_errors(path, toolchain)
        _mark_misread(translation, toolchain)
    return translation


def _mark_misread(translation: Translation, toolchain: Toolchain) -> None:
    """libclang goes on after an error, with types it has made up: the compiler is asked about each function."""
    lines = [f'#include "{translation.path}"']
    for number, function in enumerate(translation.functions):
        if function.function_type is not None:
            lines += [f'#line {number + 1} "tenon-misread"', same_type(function.name, function.function_type)]
    said = toolchain.check_syntax("\n".join(lines) + "\n", translation.path).stdout
    wrong = {int(number) - 1 for number in re.findall(r"^tenon-misread:(\d+):\d+: error", said, re.MULTILINE)}
    translation.functions = [
        dataclasses.replace(function, unreadable="its types are not those that the compiler sees")
        if number in wrong
        else function
        for number, function in enumerate(translation.functions)
    ]


def _refuse_errors(path: str, toolchain: Toolchain) -> None:
    done = toolchain.check_file(path)
    if done.returncode != 0:
        raise BuildError(done.stdout.rstrip())


def _check(request: Request, ours: Translation, toolchain: Toolchain) -> None:
    """The compiler checks our header against the original; what the original lacks is no function of the library."""
    from .parse import parse

    assert request.check is not None and request.header is not None
    original, header = os.path.abspath(request.check), os.path.abspath(request.header)
    done = toolchain.check_syntax(f'#include "{original}"\n#include "{header}"\n', "check")
    if done.returncode != 0:
        raise BuildError(done.stdout.rstrip())
    theirs, _ = parse(request.check, toolchain.for_libclang(), definitions_only=False)
    missing = [function for function in ours.functions if function.name not in theirs.declared]
    if missing:
        lines = [
            f"{function.location}: error: {function.name} is not declared in {request.check}" for function in missing
        ]
        raise BuildError("\n".join(lines))
