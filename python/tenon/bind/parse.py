# SPDX-License-Identifier: BSD-3-Clause
"""C file → plain declarations, with libclang. Knows C, and no rule of Tenon's.

The file is read through a small virtual file that includes it and then asks for the value of each constant: so macros
are evaluated by a C compiler, in the file's own context, in one parse.
"""

from __future__ import annotations

import ctypes
import dataclasses
import importlib
import os
import re
from collections.abc import Iterable, Sequence
from typing import Any

from .declarations import (
    MAX_NDIM,
    Array,
    Constant,
    CType,
    Declaration,
    Location,
    Member,
    Number,
    Other,
    Overload,
    Parameter,
    ParseError,
    Pointer,
    Record,
    Translation,
    TypeName,
    Variable,
    Void,
)

try:
    cindex: Any = importlib.import_module("clang.cindex")
except ImportError as error:  # the build-time dependency of tenon[build]
    raise ParseError("libclang is missing; `pip install tenon[build]` brings it") from error

K = cindex.CursorKind
T = cindex.TypeKind

_VIRTUAL = "tenon-constants.c"
_SKIP_BODIES = 0x40  # CXTranslationUnit_SkipFunctionBodies
_KEEP_GOING = 0x200
_ERROR = 3

_FLOATS = {T.FLOAT, T.DOUBLE, T.LONGDOUBLE}
_SIGNED = {T.SCHAR, T.SHORT, T.INT, T.LONG, T.LONGLONG}
_UNSIGNED = {T.UCHAR, T.USHORT, T.UINT, T.ULONG, T.ULONGLONG}
_PLAIN_CHAR = {T.CHAR_S, T.CHAR_U}
_ARRAYS = {T.CONSTANTARRAY, T.VARIABLEARRAY, T.INCOMPLETEARRAY, T.DEPENDENTSIZEDARRAY}
_FUNCTIONS = {T.FUNCTIONPROTO, T.FUNCTIONNOPROTO}


def parse(path: str, flags: Sequence[str], *, definitions_only: bool) -> tuple[Translation, list[str]]:
    """Read `path`. Returns what it declares, and the errors libclang had, which may be its own and not the compiler's.

    `definitions_only`: functions must have their body in this file.
    """
    return _Parser(path, flags, definitions_only).run()


class _Parser:
    def __init__(self, path: str, flags: Sequence[str], definitions_only: bool) -> None:
        self.path = path
        self.absolute = os.path.abspath(path)
        self.flags = flags
        self.definitions_only = definitions_only
        with open(path, "rb") as file:
            self.data = file.read()
        self.text = self.data.decode("utf-8", "replace")
        self.has_trailing_comments = re.search(rb"(?:/\*[*!]|//[/!])<", self.data) is not None
        self.records: dict[str, Record] = {}
        self.typedefs: dict[str, Any] = {}  # spelling of a structure → cursor of its first typedef
        self.errors: list[tuple[Location, str]] = []
        self.defined: set[str] | None = None
        self.out = Translation(path)

    # --- the whole file -----------------------------------------------------------------------------------------------

    def run(self) -> tuple[Translation, list[str]]:
        macros = _macro_names(self.text)
        asked = dict.fromkeys(_names_in_comment_brackets(self.text))
        unit = self._translate(_virtual_source(os.path.basename(self.absolute), macros, asked))
        values: dict[str, int | float | str] = {}
        functions: dict[str, list[Any]] = {}
        variables: dict[str, Any] = {}
        for cursor in unit.cursor.get_children():
            kind = cursor.kind
            if kind == K.FUNCTION_DECL:
                functions.setdefault(cursor.spelling, []).append(cursor)
                continue
            if kind not in (K.ENUM_DECL, K.TYPEDEF_DECL, K.VAR_DECL, K.STATIC_ASSERT):
                continue
            if kind == K.VAR_DECL and cursor.spelling.startswith("tn_constant_"):
                value = _evaluate(cursor)
                if value is not None:
                    values[cursor.spelling[len("tn_constant_") + 2 :]] = value
                continue
            if kind == K.TYPEDEF_DECL:
                canonical = cursor.type.get_canonical()
                if _kind(canonical) == T.RECORD:
                    self.typedefs.setdefault(_unqualified(canonical), cursor)
                continue
            if not self._is_ours(cursor):
                continue
            if kind == K.ENUM_DECL:
                self._enumerators(cursor)
            elif kind == K.VAR_DECL:
                if cursor.spelling not in variables or cursor.is_definition():
                    variables[cursor.spelling] = cursor
            else:
                self._assertion(cursor)
        self.out.names.update((name, value) for name, value in values.items() if isinstance(value, int))
        self.out.constants.extend(Constant(name, values[name]) for name in macros if name in values)
        for name, cursors in functions.items():
            self._function(name, cursors)
        self.out.functions.sort(key=lambda function: (function.location.line, function.location.column))
        for cursor in variables.values():
            self._variable(cursor)
        self.out.declared = frozenset(functions)
        self.out.includes = sorted(
            {os.path.abspath(str(i.include.name)) for i in unit.get_includes()} | {self.absolute}
        )
        self.out.comment = _file_comment(self.text)
        return self.out, [f"{where}: {what}" for where, what in self.errors]

    def _translate(self, source: str) -> Any:
        try:
            index = cindex.Index.create()
        except cindex.LibclangError as error:
            raise ParseError(f"libclang cannot be loaded: {error}") from error
        virtual = os.path.join(os.path.dirname(self.absolute), _VIRTUAL)
        try:
            unit = index.parse(
                virtual,
                ["-xc", "-w", *self.flags],
                unsaved_files=[(virtual, source)],
                options=_SKIP_BODIES | _KEEP_GOING,
            )
        except cindex.TranslationUnitLoadError as error:
            raise ParseError(f"libclang cannot read {self.path}") from error
        for diagnostic in unit.diagnostics:
            if diagnostic.severity >= _ERROR and diagnostic.location.file and diagnostic.location.file.name != virtual:
                self.errors.append((self._location(diagnostic.location), diagnostic.spelling))
        return unit

    def _location(self, location: Any) -> Location:
        name = location.file.name if location.file else self.path
        return Location(self.path if name == self.absolute else name, location.line, location.column)

    def _is_ours(self, cursor: Any) -> bool:
        file = cursor.location.file
        return file is not None and file.name == self.absolute

    # --- declarations -------------------------------------------------------------------------------------------------

    def _enumerators(self, cursor: Any) -> None:
        for item in cursor.get_children():
            if item.kind == K.ENUM_CONSTANT_DECL:
                self.out.constants.append(Constant(item.spelling, item.enum_value))
                self.out.names[item.spelling] = item.enum_value

    def _assertion(self, cursor: Any) -> None:
        for child in cursor.get_children():
            if child.kind != K.STRING_LITERAL:
                continue
            match = re.fullmatch(r'"tenon overload: (.*?): (.*)"', child.spelling)
            if match:
                candidates = tuple(name.strip() for name in match[2].split(","))
                self.out.overloads.append(Overload(match[1].strip(), candidates, self._location(cursor.location)))

    def _variable(self, cursor: Any) -> None:
        name = cursor.storage_class.name
        if name == "STATIC" or cursor.tls_kind.value != 0 or (name == "EXTERN" and self.definitions_only):
            return
        self.out.variables.append(Variable(cursor.spelling, self._type(cursor.type), self._location(cursor.location)))

    def _function(self, name: str, cursors: list[Any]) -> None:
        ours = [cursor for cursor in cursors if self._is_ours(cursor)]
        if self.definitions_only:
            ours = [cursor for cursor in ours if self._is_definition(cursor)]
        if not ours or name == "main" or any(cursor.storage_class.name == "STATIC" for cursor in cursors):
            return
        cursor = ours[0]
        documented = next((c for c in (cursor, *ours, *cursors) if c.raw_comment), None)
        if documented is not None:
            comment, comment_location = documented.raw_comment, self._comment_location(documented)
        else:
            comment, comment_location = self._trailing_comment(cursor), self._location(cursor.extent.end)
        inline = bool(cindex.conf.lib.clang_Cursor_isFunctionInlined(cursor))
        self.out.functions.append(
            Declaration(
                name=name,
                location=self._location(cursor.location),
                parameters=self._parameters(cursor),
                result=self._type(cursor.result_type),
                status=_unqualified(cursor.result_type.get_canonical()) == "enum tn_status",
                variadic=_kind(cursor.type) == T.FUNCTIONPROTO and cursor.type.is_function_variadic(),
                prototype=_kind(cursor.type) == T.FUNCTIONPROTO or self.definitions_only,
                inline_only=inline and not any(c.storage_class.name == "EXTERN" for c in cursors),
                comment=comment,
                comment_location=comment_location,
                unreadable=self._error_within(cursor),
                function_type=_function_type(cursor.type),
            )
        )

    def _is_definition(self, cursor: Any) -> bool:
        """Bodies are skipped, so the text tells; if it does not, as in macros, the file is read again with bodies."""
        follows = _after_comments(self.data, cursor.extent.end.offset)
        if self._stands_in_text(cursor) and follows in (b"{", b";", b","):
            return follows == b"{"
        if self.defined is None:
            unit = cindex.Index.create().parse(self.absolute, ["-xc", "-w", *self.flags], options=_KEEP_GOING)
            self.defined = {
                function.spelling
                for function in unit.cursor.get_children()
                if function.kind == K.FUNCTION_DECL and function.is_definition()
            }
        return cursor.spelling in self.defined

    def _error_within(self, cursor: Any) -> str | None:
        first, last = cursor.extent.start.line, cursor.extent.end.line
        for where, what in self.errors:
            if where.file == self.path and first <= where.line <= last:
                return what
        return None

    def _parameters(self, function: Any) -> tuple[Parameter, ...]:
        cursors = list(function.get_arguments())
        comments = self._parameter_comments(function, cursors)
        return tuple(
            Parameter(cursor.spelling, self._type(cursor.type, cursor), self._location(cursor.location), comment)
            for cursor, comment in zip(cursors, comments, strict=True)
        )

    # --- comments that clang does not attach --------------------------------------------------------------------------

    def _comment_location(self, cursor: Any) -> Location:
        lib = cindex.conf.lib
        lib.clang_Cursor_getCommentRange.argtypes = [cindex.Cursor]
        lib.clang_Cursor_getCommentRange.restype = cindex.SourceRange
        return self._location(lib.clang_Cursor_getCommentRange(cursor).start)

    def _trailing_comment(self, function: Any) -> str:
        """`double f(int n);  ///< on the same line`."""
        end = function.extent.end.offset
        newline = self.data.find(b"\n", end)
        line = self.data[end : newline if newline >= 0 else None].decode("utf-8", "replace")
        match = re.match(r"\s*[;{]?\s*((?:///<|//!<).*|/\*[*!]<.*?\*/)", line)
        return match[1] if match else ""

    def _parameter_comments(self, function: Any, cursors: list[Any]) -> list[str]:
        """The text between a parameter and the next, where it holds a ///< or /**< comment."""
        if not self.has_trailing_comments:
            return [""] * len(cursors)
        if not cursors:
            return []
        comments = []
        ends = [cursor.extent.start.offset for cursor in cursors[1:]] + [
            min(len(self.data), function.extent.end.offset + 400)
        ]
        for number, (cursor, end) in enumerate(zip(cursors, ends, strict=True)):
            gap = self.data[cursor.extent.end.offset : end].decode("utf-8", "replace")
            comment = _first_trailing(gap, last=number == len(cursors) - 1)
            comments.append(comment if self._stands_in_text(cursor) else "")
        return comments

    def _stands_in_text(self, cursor: Any) -> bool:
        """Its name is where clang says; a macro's expansion has one place for everything."""
        return bool(cursor.spelling) and self.data.startswith(cursor.spelling.encode(), cursor.location.offset)

    # --- types --------------------------------------------------------------------------------------------------------

    def _type(self, ctype: Any, owner: Any = None) -> CType:
        """`owner`: the parameter it belongs to, whose references to enumerators in extents are noted."""
        if owner is not None and _kind(ctype.get_canonical()) in (T.VARIABLEARRAY, T.POINTER):
            for node in owner.walk_preorder():
                target = node.referenced if node.kind == K.DECL_REF_EXPR else None
                if target is not None and target.kind == K.ENUM_CONSTANT_DECL:
                    self.out.names[target.spelling] = target.enum_value
        return self._read(ctype, _const_anywhere(ctype))

    def _read(self, sugar: Any, const: bool) -> CType:
        ctype = sugar.get_canonical()
        const = const or ctype.is_const_qualified()
        kind = _kind(ctype)
        if kind in _ARRAYS:
            return self._array(sugar, ctype, const)
        if kind == T.POINTER:
            return self._pointer(ctype, sugar)
        if kind == T.VOID:
            return Void(const)
        if kind == T.RECORD:
            return self._record(ctype, const)
        if kind in _FUNCTIONS:
            return Other("a function")
        if kind == T.ENUM:
            inner = self._read(ctype.get_declaration().enum_type, const)
            if isinstance(inner, Number):
                spelling = _unqualified(sugar)
                return Number(inner.kind, inner.size, inner.alignment, spelling, const, enum=True)
            return Other(f"{_unqualified(ctype)}, an enum that is only declared")
        return self._number(ctype, const)

    def _number(self, ctype: Any, const: bool) -> CType:
        kind, spelling, size = _kind(ctype), _unqualified(ctype), ctype.get_size()
        alignment = ctype.get_align()
        if kind == T.BOOL:
            return Number("b", size, alignment, spelling, const)
        if kind in _PLAIN_CHAR:
            return Number("i" if kind == T.CHAR_S else "u", size, alignment, spelling, const, character=True)
        if kind in _SIGNED or (spelling == "wchar_t" and size == 4):
            return Number("i", size, alignment, spelling, const)
        if kind in _UNSIGNED:
            return Number("u", size, alignment, spelling, const)
        if kind in _FLOATS or spelling in ("_Float16", "__fp16"):
            return Number("f", size, alignment, spelling, const)
        if spelling == "__bf16":
            return Number("B", 2, alignment, spelling, const)
        if kind == T.COMPLEX and _kind(_element(ctype)) in _FLOATS:
            return Number("c", size, alignment, spelling, const)
        return Other(f"of the type {spelling}, which no array has", const)

    def _pointer(self, ctype: Any, sugar: Any) -> CType:
        pointee = ctype.get_pointee()
        return Pointer(
            self._read(_sugared_pointee(sugar) or pointee, pointee.is_const_qualified()), ctype.is_restrict_qualified()
        )

    def _array(self, sugar: Any, ctype: Any, const: bool) -> CType:
        element = self._read(_element(ctype), const)
        bracket = _first_bracket(ctype)
        words = re.match(r"(?:(?:static|restrict|const|volatile)\s+|(?:static|restrict|const|volatile)$)*", bracket)
        qualifiers = words[0].split() if words else []
        extent = bracket[words.end() if words else 0 :].strip()
        count = ctype.element_count if _kind(ctype) == T.CONSTANTARRAY else None
        return Array(
            element, count, extent, "static" in qualifiers, "restrict" in qualifiers or ctype.is_restrict_qualified()
        )

    def _record(self, ctype: Any, const: bool) -> CType:
        spelling = _unqualified(ctype)
        known = self.records.get(spelling)
        if known is None:
            known = self.records[spelling] = self._new_record(ctype, spelling)
        return dataclasses.replace(known, const=True) if const else known

    def _new_record(self, ctype: Any, spelling: str) -> Record:
        declaration = ctype.get_declaration()
        name = self._record_name(spelling)
        self._name_type(name, spelling, declaration)
        if declaration.kind == K.UNION_DECL:
            return Record(name, spelling, max(ctype.get_size(), 0), 1, problem="it is a union")
        if declaration.get_definition() is None:
            return Record(name, spelling, 0, 1, complete=False, problem=f"{name} is only declared")
        self.records[spelling] = Record(name, spelling, 0, 1, complete=False, problem=f"{name} contains itself")
        members: list[Member] = []
        problem = self._members(ctype, 0, members)
        if not members and problem is None:
            problem = f"{name} has no fields"
        return Record(name, spelling, ctype.get_size(), ctype.get_align(), tuple(members), problem)

    def _prefix(self, ctype: Any) -> str:
        spelling = _unqualified(ctype)
        name = self._record_name(spelling)
        return f"{name}_" if name.isidentifier() else ""

    def _record_name(self, spelling: str) -> str:
        typedef = self.typedefs.get(spelling)
        return str(typedef.spelling) if typedef is not None else re.sub(r"^(struct|union)\s+", "", spelling)

    def _name_type(self, name: str, spelling: str, declaration: Any) -> None:
        definition = declaration.get_definition()
        cursors = [self.typedefs.get(spelling), definition, declaration]
        found = [cursor for cursor in cursors if cursor is not None]
        comment = next((text for text in (_own_comment(cursor) for cursor in found) if text), "")
        location = self._location(found[0].location)
        self.out.types[spelling] = TypeName(name, location, comment, definition is not None)

    def _members(self, ctype: Any, base: int, out: list[Member]) -> str | None:
        """Appends the fields, those of anonymous structures too; returns the first problem."""
        for cursor in ctype.get_fields():
            name = cursor.spelling
            if cursor.is_bitfield():
                return f"its field {name or '(unnamed)'} is a bit-field"
            offset = base + cursor.get_field_offsetof() // 8
            canonical = cursor.type.get_canonical()
            if _kind(canonical) == T.RECORD and (not name or "(" in name):
                if canonical.get_declaration().kind == K.UNION_DECL:
                    return "it has an anonymous union"
                problem = self._members(canonical, offset, out)
                if problem:
                    return problem
                continue
            member = _named_after_field(self._type(cursor.type), self._prefix(ctype), name)
            problem = _member_problem(member)
            if problem:
                return f"its field {name}{problem}"
            out.append(Member(name, member, offset))
        return None


def _named_after_field(member: CType, prefix: str, field: str) -> CType:
    """A structure without a name is called after the field that has it."""
    if isinstance(member, Array):
        return dataclasses.replace(member, element=_named_after_field(member.element, prefix, field))
    return (
        dataclasses.replace(member, name=prefix + field) if isinstance(member, Record) and not member.named else member
    )


def _member_problem(ctype: CType) -> str | None:
    match ctype:
        case Pointer():
            return " is a pointer"
        case Array(count=None):
            return " is a flexible array"
        case Array() if ctype.ndim > MAX_NDIM:
            return f" has more than {MAX_NDIM} dimensions"
        case Array(element=element):
            return _member_problem(element)
        case Record(problem=problem) if problem:
            return f": {problem}"
        case Other(what=what):
            return f" is {what}"
        case Void():
            return " is void"
    return None


# --- helpers over clang types -----------------------------------------------------------------------------------------


def _kind(ctype: Any) -> Any:
    """The kind; the Python bindings do not know those of _Float16 and __bf16."""
    try:
        return ctype.kind
    except ValueError:
        return T.UNEXPOSED


def _element(ctype: Any) -> Any:
    """The element type of an array or a complex type, also where its kind is unknown to the bindings."""
    return cindex.conf.lib.clang_getElementType(ctype)


def _desugared(ctype: Any) -> Any | None:
    """One level of sugar less, or None."""
    if _kind(ctype) == T.ELABORATED:
        return ctype.get_named_type()
    if _kind(ctype) == T.TYPEDEF:
        return ctype.get_declaration().underlying_typedef_type
    return None


def _const_anywhere(ctype: Any) -> bool:
    """Const on any level of sugar: for `const vec3 a` it sits on the array type, not on its element."""
    level: Any | None = ctype
    while level is not None:
        if level.is_const_qualified():
            return True
        level = _desugared(level)
    return False


def _function_type(ctype: Any) -> str | None:
    """The type with which the compiler is asked whether it read the same prototype.

    A variable extent is compatible with any constant one.
    """
    spelling = str(ctype.get_canonical().spelling)
    if _kind(ctype) != T.FUNCTIONPROTO or "__attribute__" in spelling or " at " in spelling:
        return None
    return re.sub(r"\[(?!\d+\])[^\]]*\]", "[1]", spelling)


def _sugared_pointee(ctype: Any) -> Any | None:
    level: Any | None = ctype
    while level is not None:
        if _kind(level) == T.POINTER:
            return level.get_pointee()
        level = _desugared(level)
    return None


def _unqualified(ctype: Any) -> str:
    """The spelling without const, volatile and restrict in front."""
    return re.sub(r"^(?:(?:const|volatile|restrict)\s+)+", "", ctype.spelling)


def _first_bracket(ctype: Any) -> str:
    """What stands in the outermost bracket of an array type: the spelling shows sizes with macros expanded.

    The spelling of `double x[n][3]` is "double[n][3]": its trailing brackets are the dimensions, outermost first.
    """
    spelling, depth = ctype.spelling, 1
    element = _element(ctype).get_canonical()
    while _kind(element) in _ARRAYS:
        depth += 1
        element = _element(element).get_canonical()
    if _kind(element) == T.POINTER:  # an array of pointers: the brackets stand inside the declarator
        match = re.search(r"\[([^\]]*)\]", spelling)
        return match[1] if match else ""
    end, start = len(spelling), len(spelling)
    for _ in range(depth):
        end = spelling.rindex("]", 0, start)
        start = spelling.rindex("[", 0, end)
    return str(spelling[start + 1 : end])


# --- constants --------------------------------------------------------------------------------------------------------

_DEFINE = re.compile(r"^[ \t]*#[ \t]*define[ \t]+([A-Za-z]\w*)(?:[ \t]+(.*))?$", re.MULTILINE)
_HARMLESS = re.compile(r"[^{};\[\]#\\]+")


def _macro_names(text: str) -> list[str]:
    """Object-like macros that may be constants: no header guards, and nothing that could break the virtual file."""
    found: dict[str, bool] = {}
    for name, body in _DEFINE.findall(re.sub(r"\\\r?\n", " ", text)):
        plain = re.sub(r'"(?:[^"\\]|\\.)*"', '""', re.sub(r"/\*.*?\*/|//.*|/\*.*", "", body)).strip()
        harmless = bool(plain) and _HARMLESS.fullmatch(plain) is not None and _balanced(plain)
        found[name] = found.get(name, True) and harmless
    return [name for name, harmless in found.items() if harmless]


def _balanced(text: str) -> bool:
    depth = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if depth < 0:
            return False
    return depth == 0


def _names_in_comment_brackets(text: str) -> list[str]:
    """Names that shapes and fixed values in comments use: they may be constants of included headers."""
    found: list[str] = []
    for line in re.findall(r"[@\\](?:param|throws?|exception)\b(.*)", text):
        for part in re.findall(r"\[[^\]]*\]|=\s*[^*]*|^\s+[<>]?[A-Z]\w*", line):
            found.extend(re.findall(r"\b[A-Za-z_]\w*", part))
    return found


def _virtual_source(name: str, macros: Iterable[str], asked: Iterable[str]) -> str:
    """The virtual file lies beside the user's."""
    lines = [f'#include "{name}"']
    for name in macros:
        lines += [
            f"#ifdef {name}",
            f"__auto_type tn_constant_v_{name} = ({name});",
            f"static const char tn_constant_s_{name}[] = {name};",
            "#endif",
        ]
    lines += [f"__auto_type tn_constant_v_{name} = ({name});" for name in asked]
    return "\n".join(lines) + "\n"


_INT, _FLOAT, _STRING = 1, 2, 4  # CXEvalResultKind


def _evaluate(cursor: Any) -> int | float | str | None:
    lib = _evaluation_library()
    if cursor.spelling.startswith("tn_constant_s_"):
        for child in cursor.get_children():
            if child.kind == K.STRING_LITERAL:
                return _string(child.spelling)
        return None
    result = lib.clang_Cursor_Evaluate(cursor)
    if not result:
        return None
    try:
        kind = lib.clang_EvalResult_getKind(result)
        if kind == _INT:
            if lib.clang_EvalResult_isUnsignedInt(result):
                return int(lib.clang_EvalResult_getAsUnsigned(result))
            return int(lib.clang_EvalResult_getAsLongLong(result))
        return float(lib.clang_EvalResult_getAsDouble(result)) if kind == _FLOAT else None
    finally:
        lib.clang_EvalResult_dispose(result)


def _evaluation_library() -> Any:
    """libclang's evaluator, which its Python bindings do not declare."""
    lib = cindex.conf.lib
    lib.clang_Cursor_Evaluate.argtypes = [cindex.Cursor]
    lib.clang_Cursor_Evaluate.restype = ctypes.c_void_p
    for name, restype in (
        ("getKind", ctypes.c_int),
        ("isUnsignedInt", ctypes.c_uint),
        ("getAsUnsigned", ctypes.c_ulonglong),
        ("getAsLongLong", ctypes.c_longlong),
        ("getAsDouble", ctypes.c_double),
        ("dispose", None),
    ):
        function = getattr(lib, f"clang_EvalResult_{name}")
        function.argtypes, function.restype = [ctypes.c_void_p], restype
    return lib


def _string(literal: str) -> str | None:
    """The text of a C string literal as clang prints it: escapes are octal, \\x or single letters."""
    if not literal.startswith('"'):
        return None
    simple = {"n": 10, "t": 9, "r": 13, "a": 7, "b": 8, "f": 12, "v": 11, "\\": 92, '"': 34, "'": 39, "?": 63, "e": 27}
    out = bytearray()
    for match in re.finditer(r"\\([0-7]{1,3})|\\x([0-9a-fA-F]+)|\\(.)|([^\\]+)", literal[1:-1]):
        octal, hexadecimal, letter, plain = match.groups()
        if plain is not None:
            out += plain.encode()
        elif letter is not None:
            out.append(simple.get(letter, 63))
        else:
            out.append(int(octal, 8) & 255 if octal else int(hexadecimal, 16) & 255)
    try:
        return out.decode("utf-8")
    except UnicodeDecodeError:
        return None


# --- comments ---------------------------------------------------------------------------------------------------------

_BLANK = re.compile(rb"(?:\s|//[^\n]*|/\*.*?\*/)*", re.DOTALL)


def _after_comments(data: bytes, offset: int) -> bytes:
    """The next character that is neither space nor comment."""
    match = _BLANK.match(data, offset)
    end = match.end() if match else offset
    return data[end : end + 1]


_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/|[()]", re.DOTALL)


def _first_trailing(gap: str, last: bool) -> str:
    """The first ///< or /**< comment in the text after a parameter; behind the last one, up to the parenthesis."""
    found = []
    for token in _COMMENT.finditer(gap):
        if token[0] == ")" and last:
            break
        if re.match(r"///<|//!<|/\*[*!]<", token[0]):
            found.append(token[0])
    return "\n".join(found)


_OF_FILE = re.compile(r"[@\\]file\b")
_BLOCK = re.compile(r"/\*[*!].*?\*/|(?:^[ \t]*//[/!][^\n]*\n?)+", re.DOTALL | re.MULTILINE)


def _own_comment(cursor: Any) -> str:
    """The comment of a declaration, without that of the file, which clang joins to it."""
    text = str(cursor.raw_comment or "")
    blocks = _BLOCK.findall(text) if _OF_FILE.search(text) else [text]
    return "\n".join(block for block in blocks if not _OF_FILE.search(block))


def _file_comment(text: str) -> str:
    """The comment with @file in it."""
    for match in _BLOCK.finditer(text):
        if _OF_FILE.search(match[0]):
            return match[0]
    return ""
