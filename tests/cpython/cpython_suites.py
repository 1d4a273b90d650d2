# SPDX-License-Identifier: BSD-3-Clause
"""CPython's own tests of memoryview, run on another type, statement by statement.

A suite's source is compiled once more, with the global name `memoryview` standing for the type under test. Where Python
itself insists on its memoryview, the tests keep it: what `__buffer__` returns is one (PEP 688), in Python classes and
in those of C, and the private constructor `memoryview._from_flags` makes one, which is then wrapped.

A statement that differences.toml lists may fail in the way that is listed without ending its test: what comes after it
is tested still. So a difference is one statement of one test, and hides no other.
"""

import ast
import builtins
import contextlib
import importlib.util
import random
import sys
import tomllib
import traceback
import types
import unittest
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

SUITES = ("test_memoryview", "test_buffer")
DIFFERENCES = Path(__file__).parent / "differences.toml"
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


# --- what is listed ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Statement:
    """A statement of a test, and what happens where memoryview would do what the test expects."""

    test: str  # "test_buffer.TestBufferProtocol.test_memoryview_tolist"
    text: str
    instead: str  # "returns", "raises TypeError", or "differs": another value

    def __str__(self) -> str:
        return f"{self.test}: {self.text}: {self.instead}"


@dataclass(frozen=True)
class Difference:
    name: str
    reason: str
    statements: tuple[tuple[Statement, tuple[str, ...]], ...]  # each with the Pythons whose suites have it


def read_differences() -> list[Difference]:
    with DIFFERENCES.open("rb") as file:
        data = tomllib.load(file)
    differences = []
    for entry in data["difference"]:
        statements = []
        for row in entry["statements"]:
            tests = row["test"] if isinstance(row["test"], list) else [row["test"]]
            pythons = tuple(row.get("python", data["pythons"]))
            statements += [(Statement(test, row["text"], row["instead"]), pythons) for test in tests]
        differences.append(Difference(entry["name"], entry["reason"], tuple(statements)))
    return differences


def listed() -> set[Statement]:
    """The statements that differ on this Python."""
    return {
        statement
        for difference in read_differences()
        for statement, pythons in difference.statements
        if VERSION in pythons
    }


# --- a suite, compiled for another type -------------------------------------------------------------------------------


def text_of(statement: ast.stmt) -> str:
    return " ".join(ast.unparse(statement).split())


class _KeepMemoryviewWherePythonInsists(ast.NodeTransformer):
    def __init__(self) -> None:
        self.inside_buffer_method = False

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        before, self.inside_buffer_method = self.inside_buffer_method, node.name == "__buffer__"
        self.generic_visit(node)
        self.inside_buffer_method = before
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id == "memoryview" and self.inside_buffer_method:
            node.id = "python_memoryview"
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if ast.unparse(node) == "self.assertIsInstance(mv, memoryview)":  # mv is what __buffer__ of a C type returned
            node.args[1] = ast.copy_location(ast.Name("python_memoryview", ast.Load()), node.args[1])
        if ast.unparse(node.func) != "memoryview._from_flags":
            return node
        node.func = ast.parse("python_memoryview._from_flags", mode="eval").body
        return ast.copy_location(ast.Call(ast.Name("memoryview", ast.Load()), [node], []), node)


class _GoOnAfterWhatIsListed(ast.NodeTransformer):
    """Statements with these texts stand in a `try`, whose handler raises again what is not excused."""

    def __init__(self, texts: set[str]) -> None:
        self.texts = texts

    def visit(self, node: ast.AST) -> ast.AST:
        if not isinstance(node, ast.stmt) or text_of(node) not in self.texts:
            return self.generic_visit(node)
        handler = f"except Exception as error:\n    if not excused({text_of(node)!r}, error): raise"
        (attempt,) = ast.parse(f"try: pass\n{handler}").body
        assert isinstance(attempt, ast.Try)
        attempt.body = [node]
        for part in [attempt, *(child for handler in attempt.handlers for child in ast.walk(handler))]:
            ast.copy_location(part, node)
        return attempt


@dataclass
class Outcome:
    failures: list[str] = field(default_factory=list)
    skipped: str | None = None
    differing: set[Statement] = field(default_factory=set)
    stale: set[Statement] = field(default_factory=set)  # listed for this test, and yet not differing


@dataclass
class Suite:
    numpy: bool
    path: Path
    source: str
    allowed: set[Statement]
    module: types.ModuleType
    test: str = ""  # the one that runs
    differing: set[Statement] = field(default_factory=set)  # so far in that test

    @cached_property
    def cases(self) -> list[unittest.TestCase]:
        loaded = unittest.defaultTestLoader.loadTestsFromModule(self.module)
        return sorted(_flat(loaded), key=lambda case: case.id())

    @cached_property
    def _statements(self) -> dict[int, str]:
        """The innermost statement of every line."""
        texts: dict[int, str] = {}
        for node in ast.walk(ast.parse(self.source)):  # outer statements come first
            if isinstance(node, ast.stmt):
                texts |= dict.fromkeys(range(node.lineno, (node.end_lineno or node.lineno) + 1), text_of(node))
        return texts

    def excused(self, text: str, error: Exception) -> bool:
        statement = Statement(self.test, text, how(error))
        if statement not in self.allowed:
            return False
        self.differing.add(statement)
        return True

    def as_listed(self, error: BaseException) -> Statement:
        """How a failure would be listed: by the innermost assertion, or else the innermost statement."""
        lines = [
            line for frame, line in traceback.walk_tb(error.__traceback__) if frame.f_code.co_filename == str(self.path)
        ]
        texts = [self._statements[line] for line in lines]
        assertions = [text for text in texts if "assert" in text]
        return Statement(self.test, (assertions or texts or ["outside the suite"])[-1], how(error))


def how(error: BaseException) -> str:
    if not isinstance(error, AssertionError):
        return f"raises {type(error).__name__}"
    return "returns" if " not raised" in str(error) else "differs"


def _flat(tests: unittest.TestSuite) -> Iterator[unittest.TestCase]:
    for test in tests:
        if isinstance(test, unittest.TestSuite):
            yield from _flat(test)
        else:
            yield test


def missing() -> str | None:
    """Why this Python can't run the suites, or None."""
    try:
        absent = [name for name in SUITES if importlib.util.find_spec(f"test.{name}") is None]
    except ModuleNotFoundError:
        absent = list(SUITES)
    if absent:
        return f"Python {VERSION} at {sys.prefix} has no {' and no '.join('test.' + name for name in absent)}"
    if importlib.util.find_spec("_testbuffer") is None:
        return f"Python {VERSION} at {sys.prefix} has no _testbuffer, without which test_buffer skips nearly all it has"
    return None


def path_of(name: str) -> Path:
    spec = importlib.util.find_spec(f"test.{name}")
    assert spec is not None and spec.origin is not None
    return Path(spec.origin)


def load(path: Path, view: type, numpy: bool, allowed: set[Statement]) -> Suite:
    """The suite with `view` in memoryview's place, and with or without NumPy to compare with; `allowed` may differ."""
    module = types.ModuleType(path.stem)
    suite = Suite(numpy, path, path.read_text(encoding="utf-8"), allowed, module)
    tree: ast.AST = ast.parse(suite.source)
    tree = _GoOnAfterWhatIsListed({statement.text for statement in suite.allowed}).visit(tree)
    tree = ast.fix_missing_locations(_KeepMemoryviewWherePythonInsists().visit(tree))
    module.__dict__.update(
        __file__=str(path), memoryview=view, python_memoryview=builtins.memoryview, excused=suite.excused
    )
    with contextlib.nullcontext() if numpy else without("numpy"):
        exec(compile(tree, str(path), "exec"), module.__dict__)
    return suite


@contextlib.contextmanager
def without(name: str) -> Iterator[None]:
    """Whoever imports the module meanwhile gets ImportError."""
    before = sys.modules.pop(name, None)
    sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[name]
        if before is not None:
            sys.modules[name] = before


# --- running one test -------------------------------------------------------------------------------------------------


class _Result(unittest.TestResult):
    """Failures as the statements by which they would be listed."""

    def __init__(self, suite: Suite) -> None:
        super().__init__()
        self.suite = suite
        self.texts: list[str] = []

    def _exc_info_to_string(self, err: Any, test: unittest.TestCase) -> str:
        self.texts.append(f"not listed: {self.suite.as_listed(err[1])}\n{super()._exc_info_to_string(err, test)}")
        return self.texts[-1]


def run(suite: Suite, case: unittest.TestCase, seed: int = 0) -> Outcome:
    """Run one test of the suite. Its random choices depend on its name and the seed alone."""
    suite.test, suite.differing = case.id(), set()
    random.seed(f"{case.id()} {seed}")
    result = _Result(suite)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        case.run(result)
    if result.testsRun == 0 and not result.skipped:
        result.texts.append(f"{case.id()} was not run")
    stale = {statement for statement in suite.allowed if statement.test == case.id()} - suite.differing
    return Outcome(result.texts, result.skipped[0][1] if result.skipped else None, suite.differing, stale)
