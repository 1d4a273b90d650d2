# SPDX-License-Identifier: BSD-3-Clause
"""C keeps a Python array beyond the call, as it is, and lets go of it from any thread, at any time."""

import array
import ctypes
import gc
import os
import subprocess
import sys
import sysconfig
import textwrap
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import tenon
from tenon.bind.toolchain import Toolchain


@pytest.fixture(scope="module")
def c(extension: Callable[[Path], ModuleType]) -> ModuleType:
    return extension(Path(__file__).with_name("keeper.c"))


class Watched(np.ndarray):
    """An array whose end can be seen."""


def watched(values: object) -> Watched:
    return np.array(values).view(Watched)


def address(x: np.ndarray) -> int:
    return int(x.__array_interface__["data"][0])


# --- what C sees ------------------------------------------------------------------------------------------------------

BASE = np.arange(60, dtype=np.float64).reshape(3, 4, 5)
READONLY = BASE.copy()
READONLY.flags.writeable = False
ARRAYS = {
    "C order": BASE,
    "Fortran order": np.asfortranarray(BASE),
    "negative strides": BASE[::-1, :, ::-2],
    "broadcast": np.broadcast_to(np.arange(3.0), (2, 3)),
    "no elements": np.empty((3, 0, 2)),
    "no dimensions": np.array(2.5),
    "big-endian": BASE.astype(">f8"),
    "read-only": READONLY,
    "structure": np.zeros(3, dtype=[("a", "<i4"), ("b", ">f4")]),
    "datetime": np.zeros(2, dtype="M8[ns]"),
    "unaligned": np.frombuffer(bytearray(17), dtype=np.uint8)[1:].view(np.float64),
    "64 dimensions": np.zeros((1,) * 64),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_strides_type_and_read_only_flag_are_those_of_the_array(c: ModuleType, name: str) -> None:
    x = ARRAYS[name]
    c.keep(0, x, False)
    where, kind, shape, strides, suboffsets, readonly = c.show(0)
    c.release(0)
    expected = {"big-endian": ">float64", "structure": "{a: int32, b: >float32}", "datetime": "datetime64[ns]"}
    assert (where, kind) == (address(x), expected.get(name, "float64"))
    assert (shape, strides, suboffsets, readonly) == (x.shape, x.strides, None, not x.flags.writeable)


def test_an_exporter_without_shape_is_kept_as_it_is(c: ModuleType) -> None:
    x = array.array("d", [1, 2, 3])
    c.keep(0, x, True)
    assert c.show(0) == (x.buffer_info()[0], "float64", (3,), (8,), None, False)
    c.release(0)


def test_suboffsets_are_kept(c: ModuleType) -> None:
    testbuffer = pytest.importorskip("_testbuffer", reason="this Python ships without its test modules")
    x = testbuffer.ndarray(list(range(6)), shape=[2, 3], format="l", flags=testbuffer.ND_PIL)
    view = memoryview(x)
    c.keep(0, x, False)
    assert c.show(0)[2:5] == (view.shape, view.strides, view.suboffsets)
    c.release(0)


@pytest.mark.parametrize("kind", ["bfloat16", "datetime64[s]", ">c8"])
def test_a_span_is_kept_also_where_the_buffer_protocol_has_no_word_for_its_elements(c: ModuleType, kind: str) -> None:
    x = tenon.zeros((2, 3), kind)[::-1]
    c.keep(0, x, True)
    where, said, shape, strides, _, _ = c.show(0)
    assert (where, said, shape, strides) == (x.address, str(x.dtype), x.shape, x.strides)
    with pytest.raises(BufferError):
        x.release()
    c.release(0)
    c.settle()
    x.release()


def test_a_change_of_the_arrays_shape_does_not_reach_what_is_kept(c: ModuleType) -> None:
    x = np.zeros((2, 3))
    c.keep(0, x, False)
    with pytest.warns(DeprecationWarning) if np.lib.NumpyVersion(np.__version__) >= "2.5.0" else _nothing():
        x.shape = (6,)
    assert c.show(0)[2:4] == ((2, 3), (24, 8))
    c.release(0)


def _nothing() -> object:
    import contextlib

    return contextlib.nullcontext()


# --- how long the array is held ---------------------------------------------------------------------------------------


def test_the_array_lives_until_it_is_released(c: ModuleType) -> None:
    x = watched([1.0, 2.0])
    seen, where = weakref.ref(x), address(x)
    c.keep(0, x, False)
    del x
    gc.collect()
    assert seen() is not None
    assert ctypes.c_double.from_address(where).value == 1.0
    c.release(0)
    c.settle()
    assert seen() is None


def test_an_exporter_refuses_to_be_resized_until_it_is_released(c: ModuleType) -> None:
    x = bytearray(b"abc")
    c.keep(0, x, True)
    with pytest.raises(BufferError):
        x.append(0)
    c.release(0)
    c.settle()
    x.append(0)


def test_an_ndarray_refuses_to_be_resized_until_it_is_released(c: ModuleType) -> None:
    x = np.zeros(3)
    c.keep(0, x, True)
    with pytest.raises(ValueError, match="resize"):
        x.resize(1000)
    c.release(0)
    c.settle()


def test_references_are_balanced(c: ModuleType) -> None:
    x, y = np.zeros((2, 2)), bytearray(8)
    before = sys.getrefcount(x), sys.getrefcount(y)
    for _ in range(100):
        c.keep(0, x, True)
        c.keep(1, y, True)
        c.release(0)
        c.release_elsewhere(1)
    c.settle()
    assert (sys.getrefcount(x), sys.getrefcount(y)) == before
    y.append(0)


# --- who lets go ------------------------------------------------------------------------------------------------------


def test_releasing_runs_no_python_code_before_the_c_function_has_returned(c: ModuleType) -> None:
    x = watched([1.0])
    seen = weakref.ref(x)
    c.keep(0, x, False)
    del x
    assert c.release_and_look(0, seen) is not None
    c.settle()
    assert seen() is None


def test_the_main_thread_lets_go_as_soon_as_it_runs_python_code(c: ModuleType) -> None:
    x = watched([1.0])
    seen = weakref.ref(x)
    c.keep(0, x, False)
    del x
    c.release(0)
    for _ in range(1000):
        if seen() is None:
            break
    assert seen() is None


def test_a_thread_that_python_does_not_know_releases_while_another_one_holds_the_gil(c: ModuleType) -> None:
    x = watched([1.0])
    seen = weakref.ref(x)
    c.keep(0, x, False)
    del x
    c.release_elsewhere(0)
    c.settle()
    assert seen() is None


def test_a_thread_lets_go_while_the_main_thread_waits_for_it(c: ModuleType) -> None:
    seen: list[weakref.ref[Watched]] = []

    def work() -> None:
        for _ in range(3):
            x = watched([1.0])
            seen.append(weakref.ref(x))
            c.keep(0, x, False)
            del x
            c.release(0)
            alive.append(sum(ref() is not None for ref in seen))

    alive: list[int] = []
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert max(alive) == 1, "keeping the next one lets go of the last"


def test_an_exception_of_a_finalizer_is_reported_and_does_not_spread(c: ModuleType) -> None:
    class Bad(Watched):
        def __del__(self) -> None:
            raise RuntimeError("from __del__")

    caught = []
    hook, sys.unraisablehook = sys.unraisablehook, caught.append
    try:
        c.keep(0, np.zeros(1).view(Bad), False)
        c.release_elsewhere(0)
        c.settle()
    finally:
        sys.unraisablehook = hook
    assert [str(item.exc_value) for item in caught] == ["from __del__"]


def test_threads_that_release_all_the_time_lose_nothing(c: ModuleType) -> None:
    run(c, """
        import sys, numpy as np
        x, y = np.zeros(3), bytearray(3)
        before = sys.getrefcount(x)
        for _ in range(3):
            c.start_releasing()
        kept = 0
        while kept < 20000:
            kept += c.offer(x) + c.offer(y)
        import time
        for _ in range(200):
            time.sleep(0.01)
            c.settle()
            try:
                y.append(0)
                break
            except BufferError:
                pass
        y.append(0)
        assert sys.getrefcount(x) == before
    """)  # fmt: skip


# --- refusals ---------------------------------------------------------------------------------------------------------

MASKED = np.ma.masked_array([1.0, 2.0], mask=[False, True])
REFUSED = [
    (READONLY, True, ValueError, "keep(): x is read-only"),
    (b"abc", True, ValueError, "keep(): x is read-only"),
    (MASKED, False, TypeError, "keep(): x is a masked array, whose mask C would not see"),
    (np.array([None]), False, TypeError, "keep(): x has elements that are Python objects"),
    ([1, 2], False, TypeError, "keep(): x must be an array, got list; np.asarray makes an array of it"),
    (3, False, TypeError, "keep(): x must be an array, got int"),
    (np.broadcast_to(np.zeros(1), (3,)), False, None, ""),
]


@pytest.mark.parametrize("x, writable, error, text", REFUSED)
def test_what_cannot_be_kept_is_refused_in_words(
    c: ModuleType, x: object, writable: bool, error: type[Exception] | None, text: str
) -> None:
    if error is None:
        c.keep(0, x, writable)
        c.release(0)
        return
    before = sys.getrefcount(x)
    with pytest.raises(error) as caught:
        c.keep(0, x, writable)
    assert str(caught.value).startswith(text)
    del caught
    assert sys.getrefcount(x) == before
    assert c.show(0) is None


def test_the_exporters_own_exception_passes_through(c: ModuleType) -> None:
    view = memoryview(b"abc")
    view.release()
    with pytest.raises(ValueError, match="released"):
        c.keep(0, view, False)


# --- the end ----------------------------------------------------------------------------------------------------------


def run(module: ModuleType, code: str) -> str:
    """In a process of its own, in developer mode, which must end well and say nothing on standard error."""
    head = f"""
import importlib.util
spec = importlib.util.spec_from_file_location("keeper", {module.__file__!r})
c = importlib.util.module_from_spec(spec)
spec.loader.exec_module(c)
"""
    code = head + textwrap.dedent(code)
    done = subprocess.run([sys.executable, "-X", "dev", "-c", code], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


@pytest.mark.parametrize("early", [True, False])
def test_what_is_released_after_the_interpreters_end_is_leaked_in_peace(c: ModuleType, early: bool) -> None:
    run(c, f"""
        import numpy as np
        for k, x in enumerate([np.zeros(3), np.zeros(2, "i4,>f8"), bytearray(3), memoryview(b"abc")]):
            c.keep(k, x, False)
        c.release_at_the_end({early})
    """)  # fmt: skip


def test_what_is_never_released_disturbs_no_exit(c: ModuleType) -> None:
    run(c, """
        import numpy as np
        c.keep(0, np.zeros(3), False)
        c.keep(1, bytearray(3), False)
    """)  # fmt: skip


def test_what_is_released_in_an_exit_function_is_let_go_of(c: ModuleType) -> None:
    printed = run(c, """
        import atexit
        class Watched(bytearray):
            def __del__(self): print("gone")
        c.keep(0, Watched(3), False)
        atexit.register(lambda: c.release_elsewhere(0))
    """)  # fmt: skip
    assert printed == "gone\n"


def test_threads_release_while_the_interpreter_shuts_down(c: ModuleType) -> None:
    for _ in range(5):
        run(c, """
            import numpy as np
            x, y = np.zeros(3), bytearray(3)
            for _ in range(4):
                c.start_releasing()
            for _ in range(20):
                c.offer(x), c.offer(y)
            import atexit
            atexit.register(lambda: (c.offer(x), c.offer(y)))
            class Last:
                def __del__(self, c=c, x=x, y=y):
                    c.offer(x), c.offer(y)
            last = Last()
        """)  # fmt: skip


EMBEDDED = """\
first: released
second: released
end of what a thread of no interpreter releases
end of what the other interpreter releases
second: settled
end of what is released on the other side
first: settled
"""


def test_each_interpreter_lets_go_of_its_own_objects_and_of_nothing_after_its_end(
    c: ModuleType, tmp_path: Path
) -> None:
    """In a program that embeds Python: interpreters end before what they lent does, and Python starts again."""
    program = tmp_path / "embedder"
    toolchain = Toolchain()
    library = f"-lpython{sysconfig.get_config_var('LDVERSION')}"
    folder = sysconfig.get_config_var("LIBDIR")
    source = Path(__file__).with_name("embedder.c")
    command = [*toolchain.command, *toolchain.python_flags(), *toolchain.ldflags, str(source), "-o", str(program)]
    done = subprocess.run([*command, f"-L{folder}", f"-Wl,-rpath,{folder}", library], capture_output=True, text=True)
    if done.returncode != 0 and library in done.stderr:
        pytest.skip("this Python has no library to embed")
    assert done.returncode == 0, done.stderr
    assert c.__file__ is not None
    path = os.pathsep.join([str(Path(c.__file__).parent), *filter(None, sys.path)])
    environment = os.environ | {"PYTHONHOME": sys.base_prefix, "PYTHONPATH": path}
    done = subprocess.run([str(program), "late"], env=environment, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "".join(f"{EMBEDDED}round {k} is over\n" for k in range(2))


def test_a_second_engine_in_one_interpreter_settles_what_the_first_one_lent(c: ModuleType) -> None:
    run(c, """
        import gc, sys, weakref, numpy as np
        class Watched(np.ndarray): pass
        x = np.zeros(3).view(Watched)
        seen = weakref.ref(x)
        c.keep(0, x, False)
        del x
        for name in [name for name in sys.modules if name.split(".")[0] == "tenon"]:
            del sys.modules[name]
        gc.collect()
        c.keep(1, np.zeros(3), False)
        c.release(0)
        c.settle()
        assert seen() is None
    """)  # fmt: skip


def test_what_stands_in_place_of_the_engine_is_not_taken_for_it(c: ModuleType) -> None:
    """Neither a module in Python, nor another one in C, whose state is something else, nor no module at all."""
    printed = run(c, """
        import sys, types, _struct, _json
        for other in (types.ModuleType("tenon._core"), _struct, _json, sys, 3):
            sys.modules["tenon._core"] = other
            try:
                c.keep(0, b"abc", False)
            except ImportError as error:
                print(error)
    """)  # fmt: skip
    assert printed == "sys.modules['tenon._core'] is not Tenon's engine\n" * 5


def test_an_exporter_may_unload_the_engine_while_it_is_asked(c: ModuleType) -> None:
    run(c, """
        import gc, sys
        class Unloads:
            def __init__(self):
                self.memory = bytearray(8)
            @property
            def __array_interface__(self):
                for name in [name for name in sys.modules if name.split(".")[0] == "tenon"]:
                    del sys.modules[name]
                gc.collect()
                return {"version": 3, "shape": (8,), "typestr": "|u1", "data": memoryview(self.memory)}
        for _ in range(3):
            c.keep(0, Unloads(), False)
            assert c.show(0)[1:3] == ("uint8", (8,))
            c.release(0)
            c.settle()
    """)  # fmt: skip
