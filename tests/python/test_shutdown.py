# SPDX-License-Identifier: BSD-3-Clause
"""The interpreter ends while memory is lent, borrowed and kept, in every place where objects survive until then."""

import re
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

SOURCE = """
#include <stdlib.h>
#include <tenon/tenon.h>

typedef struct grid grid;
struct grid { ptrdiff_t n; double *values; tn_array kept; };

/** @threadsafe */
grid *grid_new(size_t n)
{
    grid *g = calloc(1, sizeof *g);
    g->n = (ptrdiff_t)n;
    g->values = calloc(n, sizeof(double));
    return g;
}

/** @threadsafe */
void grid_free(grid *g)
{
    tn_array_release(&g->kept);
    free(g->values);
    free(g);
}

/** Memory of the object. @threadsafe */
tn_array grid_values(grid *g)
{
    ptrdiff_t stride = sizeof(double);
    tn_span span = {.data = g->values, .type = &tn_type_float64, .ndim = 1, .shape = &g->n, .strides = &stride};
    tn_array array = {0};
    tn_array_wrap(&span, NULL, NULL, &array, NULL);
    return array;
}

/** Keep an array of the caller's. @threadsafe */
void grid_keep(grid *g, tn_array x)
{
    tn_array_release(&g->kept);
    g->kept = x;
}

/** Lend it again. @threadsafe */
tn_array grid_kept(grid *g)
{
    tn_array array = {0};
    tn_array_share(&g->kept, NULL, &array, NULL);
    return array;
}

/** Memory that is handed over. @threadsafe */
tn_array fresh(size_t n)
{
    ptrdiff_t extent = (ptrdiff_t)n;
    tn_array array = {0};
    tn_array_zeros(&tn_type_float64, 1, &extent, TN_ORDER_C, &array, NULL);
    return array;
}

/** @threadsafe
 *  @param[out] y */
void doubled(size_t n, const double x[n], double y[n])
{
    for (size_t i = 0; i < n; i++)
        y[i] = 2 * x[i];
}
"""

# Objects of every kind, and what can be done with them to the last.
THINGS = """
import array, gc, sys
import tenon
try:
    import numpy as np
except ImportError:
    np = None

def make():
    block = array.array("d", [1, 2, 3, 4])
    address = block.buffer_info()[0]
    grid = m.grid(3)
    grid.keep(bytearray(24))
    grid.keep(array.array("d", [1, 2, 3]))
    numbers = tenon.growable("d")
    numbers.extend([1.0, 2.0])
    span = tenon.zeros((4, 6), "d")
    records = tenon.zeros((2,), "T{i:a:f:b:}")
    things = {
        "span": span,
        "slice of a slice": span[1:, ::2][::-1],
        "span of bytes": tenon.Span(bytearray(8)),
        "span of a span": tenon.Span(span),
        "memoryview of a span": memoryview(span),
        "rows": tenon.rows([bytearray(3), bytearray(3)]),
        "growable": numbers,
        "view of a growable": numbers.view(),
        "lent": tenon.lend(address, (4,), "d", owner=block),
        "lent, released": tenon.lend(address, (4,), "d", owner=block, release=[].clear),
        "element type": tenon.DType("f8"),
        "record": tenon.DType([("a", "<i4"), ("b", "<f4")]),
        "handle": grid,
        "memory of a handle": grid.values(),
        "array that C keeps": grid.kept(),
        "array that C made": m.fresh(3),
        "function": m.doubled,
        "method": grid.values,
        "output": m.doubled(array.array("d", [1, 2])),
        "structures": records,
        "tensor": span.__dlpack__(max_version=(1, 0)),
        "legacy tensor": span.__dlpack__(),
        "Arrow array": tenon.zeros((3,), "d").__arrow_c_array__(),
        "sliced rows": tenon.rows([bytearray(4), bytearray(4)])[:, 1:],
        "empty rows": tenon.empty((2, 3), "d", order="rows"),
    }
    if np is not None:
        things["ndarray over a span"] = np.asarray(span)
        things["span of an ndarray"] = tenon.Span(np.zeros(3))
        things["ndarray of a tensor"] = np.from_dlpack(span)
        things["span as ndarray"] = records.numpy()
        grid.keep(np.zeros(3))
    return things

def use(things, tenon=tenon, m=m, np=np, array=array):
    span = things["span"]
    span[0, 0] = 1.5
    assert span[0, 0] == 1.5
    span[1:].T
    tenon.Span(bytearray(3)).tolist()
    tenon.zeros((2,), "f4").cast("B")
    try:
        tenon.zeros((2,), "T{i:c:f:d:}").tolist()
    except ImportError:
        pass  # named tuples come from a module, which Python may have let go of
    tenon.DType([("x", "<i2")])
    tenon.growable("i4").append(1)
    tenon.rows([bytearray(2)])
    things["growable"].view().tolist()
    things["handle"].values()
    things["handle"].keep(array.array("d", [1, 2]))
    m.grid(2).values()
    m.fresh(2)
    m.doubled(array.array("d", [3]))
    repr(span), repr(things["handle"]), repr(things["record"])
    span == things["span of a span"]
    span.__dlpack__()
    tenon.zeros((3,), "d").__arrow_c_array__()
    if np is not None:
        np.asarray(span), things["span"].numpy()

use(make())
"""

PLACES = {
    "nowhere": "make()",
    "globals of the main module": "things = make()",
    "a module that is cleared late": "sys.things = make()",
    "builtins": "import builtins; builtins.things = make()",
    "a cycle": "things = make(); things['me'] = things; del things",
    "a cycle that C sees": """
        g = m.grid(2)
        class Node: pass
        node = Node()
        node.things, node.handle, node.me = make(), g, node
        g.keep(np.zeros(3) if np is not None else bytearray(3))
        del g, node
    """,
    "a finalizer at exit": """
        class Last:
            def __del__(self, use=use, things=make()): use(things)
        sys.last = Last()
    """,
    "a finalizer on a cycle": """
        class Node:
            def __init__(self): self.me, self.things = self, make()
            def __del__(self, use=use): use(self.things)
        node = Node()
        del node
    """,
    "a weak reference's callback": """
        import weakref
        things = make()
        weakref.finalize(things["span"], use, make())
        ref = weakref.ref(things["handle"], lambda _, things=make(), use=use: use(things))
    """,
    "an exit function": "import atexit; atexit.register(use, make())",
    "a thread that has ended": """
        import threading
        local = threading.local()
        def work(): local.things = make()
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    """,
    "a daemon thread that waits": """
        import threading, time
        ready = threading.Event()
        def work():
            things = make()
            ready.set()
            while True:
                time.sleep(1000)
        threading.Thread(target=work, daemon=True).start()
        ready.wait()
    """,
    "a daemon thread that works": """
        import threading, time
        ready = threading.Event()
        def work(make=make, use=use, set=ready.set):
            while True:
                use(make())
                set()
        threading.Thread(target=work, daemon=True).start()
        ready.wait()
        things = make()
    """,
    "a generator": """
        def steps():
            things = make()
            try:
                yield
            finally:
                use(things)
        g = steps()
        next(g)
        sys.g = g
    """,
    "the engine's own garbage": """
        class Node:
            def __init__(self): self.me, self.things, self.modules = self, make(), (tenon, m)
            def __del__(self, use=use): use(self.things)
        node = Node()
        for name in [name for name in sys.modules if name.split(".")[0] == "tenon"]:
            del sys.modules[name]
        del node, tenon, make, use, m
        gc.collect()
    """,
}

HEAD = """
import importlib.util
def load(name, file):
    spec = importlib.util.spec_from_file_location(name, file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
m = load(NAME, FILE)
"""

IN_ANOTHER = """
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
for _ in range(2):
    second = interpreters.create()
    failed = interpreters.run_string(second, CODE)
    assert not failed, failed
    interpreters.destroy(second)
exec(CODE)
"""


@pytest.fixture(scope="module")
def module(build: Callable[..., ModuleType]) -> ModuleType:
    return build(SOURCE)


def code_for(module: ModuleType, place: str, head: str = "") -> str:
    assert module.__file__ is not None
    where = f"NAME, FILE = {module.__name__!r}, {module.__file__!r}\n"
    return where + head + HEAD + THINGS + textwrap.dedent(PLACES[place])


def run(code: str) -> None:
    """In a process of its own, in developer mode, which must end well and say nothing."""
    done = subprocess.run([sys.executable, "-X", "dev", "-c", code], capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stderr, done.stdout) == (0, "", ""), done.stderr


@pytest.mark.parametrize("place", PLACES)
def test_the_interpreter_ends_in_peace_while_objects_live_in(module: ModuleType, place: str) -> None:
    run(code_for(module, place))


WITHOUT_NUMPY = 'import sys\nsys.modules["numpy"] = None\n'


@pytest.mark.parametrize("place", PLACES)
def test_without_numpy_the_interpreter_ends_in_peace_while_objects_live_in(module: ModuleType, place: str) -> None:
    run(code_for(module, place, WITHOUT_NUMPY))


# Another interpreter can't be destroyed while a thread of it runs.
ALONE = [place for place in PLACES if "daemon" not in place]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="one GIL for all interpreters before 3.12")
@pytest.mark.parametrize("place", ALONE)
def test_another_interpreter_ends_in_peace_while_objects_live_in(module: ModuleType, place: str) -> None:
    """Twice, and the first one goes on. NumPy serves one interpreter only."""
    code = code_for(module, place, WITHOUT_NUMPY)
    run(f"CODE = {code!r}\n{IN_ANOTHER}")


@pytest.fixture(scope="module")
def keeper(extension: Callable[[Path], ModuleType]) -> ModuleType:
    return extension(Path(__file__).with_name("keeper.c"))


CLEARED = ["tenon._core", "Span", "DType", "Memory", "Lent", "Views", "Block", "Function", "Handle", "Class"]


@pytest.mark.parametrize("name", CLEARED)
def test_finalizers_that_run_after_the_collector_has_cleared_part_of_the_engine_break_nothing(
    module: ModuleType, keeper: ModuleType, name: str
) -> None:
    """The collector clears what is on a garbage cycle in any order, and that may run Python code. It may fail."""
    use_each = """
        core = sys.modules["tenon._core"]
        parts = {part.__name__: part for part in [core, *gc.get_referents(core)] if hasattr(part, "__name__")}
        things = make()
        load("keeper", KEEPER).clear(parts[NAME_OF_PART])
        for line in LINES:
            try:
                exec(line)
            except (AttributeError, RuntimeError, TypeError, AssertionError):
                pass
        del things
    """
    body = THINGS[THINGS.index("    span = things") : THINGS.index("use(make())")]
    lines = re.sub(r"^ +| *(if|try|except|pass).*\n", "", body, flags=re.MULTILINE).splitlines()
    assert len(lines) > 15
    head = f"KEEPER, NAME_OF_PART, LINES = {keeper.__file__!r}, {name!r}, {lines!r}\n"
    run(head + code_for(module, "nowhere") + textwrap.dedent(use_each))
