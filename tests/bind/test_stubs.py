# SPDX-License-Identifier: BSD-3-Clause
"""Stubs under both type checkers: no error in them, right types from them, and wrong calls found."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests_bind import CASES

import tenon

pytest.importorskip("numpy")
pytestmark = pytest.mark.unsanitized

PACKAGE_PATH = str(Path(tenon.__file__).parent.parent)
INSTALLED = Path(PACKAGE_PATH).name == "site-packages"  # then type checkers find it, and mypy wants no other way to it
STUBS = sorted(CASES.glob("*.pyi"))

RIGHT = """
from typing import Any
import numpy as np
from numpy.typing import NDArray
import everything as e
import handles as h

x = np.ones((3, 4))
number: float = e.mean(x)
e.mean(bytearray(8))
e.mean(memoryview(b""))
e.mean(x=x)
values: tuple[NDArray[np.float64], float] = e.scale(2, x)
line: NDArray[np.float64] = e.linspace(np.int64(3), 0, np.float64(1), y=np.ones(3))
e.weighted(x)
e.weighted(x, None)
field: float = e.both(1, 2).b
e.make_pair(1, (1, 2))[0].a + 1
e.apply({"scale": 1}, 2)
text: str | None = e.greet(b"you")
signature: str | None = e.mean.signature
many: Any = e.mean.batch(x)
number = e.mean.coerce([[1, 2]])
name: str = e.mean.__name__
number = e.any_mean(x)
number = e.any_mean.batch(x)
table: NDArray[np.float64] = e.table
order: int = e.ORDER
dtype: np.dtype[Any] = e.pair
e.fill(np.zeros(3, np.int32), True)
z: complex = e.turn(1)
flag: bool = e.is_odd(3)

t: h.table = h.table(3)
other: h.table = h.table.from_(x)
sum: float = t.sum() + t.sum(other) + t.sum(other=None) + other.copy().sum()
rows: int = t.rows
t.scale = 2
scale: float = t.scale
extents: tuple[int, int] = t.extents
all_values: NDArray[Any] = t.values
t.append(np.ones(3))
same: bool = h.same_extents(t, other)
view = memoryview(t)
array: NDArray[Any] = np.asarray(t)
e.mean(t)
with t as also:
    done: bool = also.closed
    also.close()
p = h.point(1, 2.5)
p.x = p.x + 1
counter: h.counter = h.start(1)
count: int = counter.next()
made: NDArray[Any] = h.arrange(3)
h.keep(made)
h.keep()

class Mine(h.table):
    def __init__(self) -> None:
        super().__init__(3)
"""

BEFORE_WRONG = [
    "import numpy as np", "import everything as e", "import handles as h", "x = np.ones((3, 4))",
    "t, p = h.table(3), h.point(1, 2)",
]  # fmt: skip
WRONG = [
    'text: str = e.greet("you")',  # C may return NULL
    "e.any_mean.coerce(x)",
    'e.mean("text")',
    "e.mean()",
    "e.mean(y=1)",
    "e.mean(x, x)",
    "e.linspace(3.5, 0, 1)",
    "e.linspace(3, 0, 1, np.ones(3))",
    "e.upper(3)",
    "e.length(3)",
    "e.both(1, 2).c",
    "e.mean.nothing",
    "e.solve(0, np.ones(2)) + 1",
    "e.no_shape(np.ones(3))",
    "h.table()",
    'h.table("3")',
    "h.counter()",
    "h.counter(1)",
    "t.rows = 3",
    'p.x = "wide"',
    "p.y",
    "t.sum(p)",
    "h.table.sum()",
    "t.close(1)",
    "h.same_extents(t, p)",
]


def run(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | ({} if INSTALLED else {"MYPYPATH": PACKAGE_PATH})
    return subprocess.run([sys.executable, "-m", *command], cwd=cwd, env=environment, text=True, capture_output=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The golden stubs beside a script that uses them rightly, and one that does not."""
    folder = tmp_path_factory.mktemp("stubs")
    for stub in STUBS:
        (folder / stub.name).write_text(stub.read_text())
    (folder / "right.py").write_text(RIGHT)
    (folder / "wrong.py").write_text(
        "\n".join([*BEFORE_WRONG, *WRONG, ""])
    )
    settings = {"strict": ["*.pyi"], "extraPaths": [PACKAGE_PATH], "reportMissingModuleSource": False}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    return folder


def pyright(folder: Path, *files: str) -> list[dict]:
    pytest.importorskip("pyright")
    done = run("pyright", "--outputjson", "--pythonpath", sys.executable, *files, cwd=folder)
    assert done.stdout.startswith("{"), done.stderr
    return [item for item in json.loads(done.stdout)["generalDiagnostics"] if item["severity"] == "error"]


def test_mypy_strict_finds_nothing_wrong(folder):
    pytest.importorskip("mypy")
    done = run("mypy", "--strict", "right.py", *(stub.name for stub in STUBS), cwd=folder)
    assert done.returncode == 0, done.stdout


def test_pyright_finds_nothing_wrong(folder):
    assert pyright(folder, "right.py", *(stub.name for stub in STUBS)) == []


def test_mypy_finds_every_wrong_use(folder):
    pytest.importorskip("mypy")
    done = run("mypy", "--strict", "wrong.py", cwd=folder)
    lines = {int(line.split(":")[1]) for line in done.stdout.splitlines() if ": error:" in line}
    assert lines == {len(BEFORE_WRONG) + 1 + k for k in range(len(WRONG))}, done.stdout


def test_pyright_finds_every_wrong_use(folder):
    lines = {item["range"]["start"]["line"] + 1 for item in pyright(folder, "wrong.py")}
    assert lines == {len(BEFORE_WRONG) + 1 + k for k in range(len(WRONG))}
