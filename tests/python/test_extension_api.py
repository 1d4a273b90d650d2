# SPDX-License-Identifier: BSD-3-Clause
"""What a hand-written extension gets from tenon/python.h: arrays it borrows, memory it lends, and errors in words."""

import array
import gc
import shutil
import subprocess
import sys
import weakref
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import tenon

WRITABLE, C_ORDER, F_ORDER, UNALIGNED, INDIRECT = 1, 2, 4, 8, 16
NDARRAY = 1
ANY = (0, 64, 0)


@pytest.fixture(scope="module")
def c(extension: Callable[[Path], ModuleType]) -> ModuleType:
    return extension(Path(__file__).with_name("borrower.c"))


def dtype(spec: object) -> tenon.DType:
    return tenon.DType(spec)


def address(x: np.ndarray) -> int:
    return int(x.__array_interface__["data"][0])


# --- borrow -----------------------------------------------------------------------------------------------------------

MATRIX = np.arange(12.0).reshape(3, 4)
READONLY = MATRIX.copy()
READONLY.flags.writeable = False
RECORDS = np.zeros(3, dtype=[("a", "i4"), ("b", "f4")])
UNALIGNED_ARRAY = np.frombuffer(bytearray(17), dtype=np.uint8)[1:].view(np.float64)

# what is asked for → arrays that have it
TAKEN = [
    (None, ANY, MATRIX),
    (None, ANY, READONLY),
    (None, ANY, MATRIX.astype(">f8")),
    (None, ANY, RECORDS),
    (None, (0, 64, UNALIGNED), UNALIGNED_ARRAY),
    (None, (0, 0, 0), np.array(1.5)),
    (None, (5, 5, 0), np.zeros((1, 2, 1, 2, 1))),
    (None, (64, 64, 0), np.zeros((1,) * 64)),
    (None, (0, 64, C_ORDER | F_ORDER), np.zeros((0, 3))[:, ::-1]),
    ("float64", (2, 2, C_ORDER | WRITABLE), MATRIX),
    ("float64", (2, 2, F_ORDER), MATRIX.T),
    ("float64", (1, 3, C_ORDER | F_ORDER), MATRIX.T),
    ("float64", (1, 3, C_ORDER | F_ORDER), MATRIX),
    ("float64", (2, 2, WRITABLE), MATRIX[::-1, ::2]),
    (">f8", ANY, MATRIX.astype(">f8")),
    ("int64", ANY, np.zeros(2, "l")),
    ("int64", ANY, np.zeros(2, "q")),
    ([("a", "<i4"), ("b", "<f4")], ANY, RECORDS),
]


@pytest.mark.parametrize("kind, rest, x", TAKEN)
def test_an_array_that_has_what_is_asked_for_is_seen_as_it_is(
    c: ModuleType, kind: object, rest: tuple[int, int, int], x: np.ndarray
) -> None:
    before = sys.getrefcount(x)
    where, _, shape, strides, suboffsets, readonly = c.want(x, None if kind is None else dtype(kind), *rest)
    assert (shape, strides, suboffsets, readonly) == (x.shape, x.strides, None, not x.flags.writeable)
    assert where == address(x)
    assert sys.getrefcount(x) == before


EXPORTERS = [array.array("d", [1, 2]), bytearray(16), b"16", memoryview(MATRIX)[1:], tenon.Span(MATRIX)]


@pytest.mark.parametrize("x", EXPORTERS)
def test_other_exporters_are_seen_as_they_are(c: ModuleType, x: object) -> None:
    view = memoryview(x)
    before = sys.getrefcount(x)
    expected = (np.asarray(view).__array_interface__["data"][0], view.shape, view.strides, view.readonly)
    where, _, shape, strides, _, readonly = c.want(x, None, *ANY)
    assert (where, shape, strides, readonly) == expected
    assert sys.getrefcount(x) == before


REFUSED = [
    (READONLY, None, (0, 64, WRITABLE), ValueError, "is read-only, and is written to"),
    (READONLY, "float64", (2, 2, WRITABLE | C_ORDER), ValueError, "is read-only, and is written to"),
    (b"abc", None, (0, 64, WRITABLE), ValueError, "is read-only"),
    (MATRIX, ">f8", ANY, TypeError, "must be >float64, got float64[3, 4]; its bytes are in the other order"),
    (MATRIX, "float32", (2, 2, 0), TypeError, "must be float32 with 2 dimensions, got float64[3, 4]"),
    (MATRIX, "float64", (1, 1, 0), TypeError, "must be float64 with 1 dimension, got float64[3, 4]"),
    (MATRIX, "float64", (3, 64, 0), TypeError, "must be float64 with at least 3 dimensions, got float64[3, 4]"),
    (MATRIX, None, (0, 1, 0), TypeError, "must be an array with 0 to 1 dimensions, got float64[3, 4]"),
    (np.array(1.0), None, (1, 1, 0), TypeError, "must be an array with 1 dimension, got float64 of no dimensions"),
    (MATRIX.astype(">f8"), "float64", ANY, TypeError,
     "must be float64, got >float64[3, 4]; its bytes are in the other order"),
    (RECORDS, [("a", "<i4"), ("c", "<f4")], ANY, TypeError,
     "must be {a: int32, c: float32}, got {a: int32, b: float32}[3]: "),
    (np.array([None]), None, ANY, TypeError,
     "must be an array, got object[1]; its elements are Python objects, which C cannot read"),
    (np.ma.masked_array([1.0]), None, ANY, TypeError, "is a masked array, whose mask C would not see"),
    (MATRIX.T, "float64", (2, 2, C_ORDER), ValueError,
     "must be C-contiguous, got strides (8, 32) for shape (4, 3); np.ascontiguousarray makes such a copy"),
    (MATRIX, "float64", (2, 2, F_ORDER), ValueError,
     "must be Fortran-contiguous, got strides (32, 8) for shape (3, 4); np.asfortranarray makes such a copy"),
    (MATRIX[:, ::2], "float64", (2, 2, C_ORDER | F_ORDER), ValueError,
     "must be C- or Fortran-contiguous, got strides (32, 16)"),
    (MATRIX.T, "float64", (2, 2, C_ORDER | WRITABLE), ValueError,
     "must be C-contiguous, got strides (8, 32) for shape (4, 3); it is written to, so no copy would do"),
    (UNALIGNED_ARRAY, "float64", ANY, ValueError, "must be aligned to 8 bytes, its address is"),
    (MATRIX[:0, :0], "float32", ANY, TypeError, "must be float32, got float64[0, 0]"),
    (np.lib.stride_tricks.as_strided(np.zeros(3), (3, 2), (8, 8)), None, (0, 64, WRITABLE), ValueError,
     "has several elements in the same memory (strides (8, 8)), and is written to"),
    ([1.0], "float64", (1, 1, 0), TypeError,
     "must be float64 with 1 dimension, got list; np.asarray makes an array of it"),
    ([1.0], "float64", (1, 1, WRITABLE), TypeError, "must be float64 with 1 dimension, got list"),
    (None, None, ANY, TypeError, "must be an array, got None"),
    ("text", None, ANY, TypeError, "must be an array, got str"),
]  # fmt: skip


@pytest.mark.parametrize("x, kind, rest, error, text", REFUSED)
def test_what_is_not_asked_for_is_refused_with_function_and_parameter(
    c: ModuleType, x: object, kind: object, rest: tuple[int, int, int], error: type[Exception], text: str
) -> None:
    before = sys.getrefcount(x) if x is not None else 0
    with pytest.raises(error) as caught:
        c.want(x, None if kind is None else dtype(kind), *rest)
    assert str(caught.value).startswith(f"want(): x {text}")
    del caught
    assert x is None or sys.getrefcount(x) == before


def test_indirect_memory_is_refused_where_it_is_not_taken(c: ModuleType) -> None:
    testbuffer = pytest.importorskip("_testbuffer", reason="this Python ships without its test modules")
    x = testbuffer.ndarray(list(range(6)), shape=[2, 3], format="l", flags=testbuffer.ND_PIL)
    with pytest.raises(ValueError, match=r"want\(\): x is indirect"):
        c.want(x, None, *ANY)
    with pytest.raises(ValueError, match="must be C-contiguous"):
        c.want(x, None, 0, 64, INDIRECT | C_ORDER)
    assert c.want(x, None, 0, 64, INDIRECT)[4] == memoryview(x).suboffsets


def test_the_exporters_own_exception_passes_through(c: ModuleType) -> None:
    view = memoryview(b"abc")
    view.release()
    with pytest.raises(ValueError, match="released"):
        c.want(view, None, *ANY)


def test_without_a_want_every_array_is_taken_and_without_an_error_none_is_said(c: ModuleType) -> None:
    assert c.any(MATRIX)[1:4] == ("float64", (3, 4), (32, 8))
    assert c.any(3) == "wrong kind of object, element type or number of dimensions"
    view = memoryview(b"abc")
    view.release()
    assert c.any(view) == "a Python exception is set"


def test_an_exporter_stays_exported_while_it_is_borrowed(c: ModuleType) -> None:
    x = bytearray(8)

    def meanwhile() -> None:
        with pytest.raises(BufferError):
            x.append(0)

    c.want(x, None, *ANY, meanwhile)
    x.append(0)


def test_an_array_whose_shape_is_assigned_meanwhile_is_seen_as_it_was(c: ModuleType) -> None:
    x = np.zeros((2, 3))

    def meanwhile() -> None:
        x.resize((1, 6), refcheck=False)

    assert c.want(x, None, *ANY, meanwhile)[2:4] == ((2, 3), (24, 8))
    assert x.shape == (1, 6)


def test_an_array_is_kept_alive_while_it_is_borrowed(c: ModuleType) -> None:
    class Watched(np.ndarray):
        pass

    holder = [np.zeros(3).view(Watched)]
    seen = weakref.ref(holder[0])
    states = []

    class Lazy:
        """Gives its array away while it is being read."""

        @property
        def __array_struct__(self) -> object:
            return holder.pop().__array_struct__

    def meanwhile() -> None:
        gc.collect()
        states.append(seen() is not None)

    c.want(Lazy(), None, *ANY, meanwhile)
    assert states == [True]
    assert seen() is None


def test_giving_back_leaves_the_exception_that_is_set(c: ModuleType) -> None:
    ended = []

    class Bytes(bytearray):
        def __del__(self) -> None:
            ended.append(sys.exc_info())

    class Array(np.ndarray):
        def __del__(self) -> None:
            ended.append(sys.exc_info())

    for make in (lambda: Bytes(3), lambda: np.zeros(3).view(Array)):
        with pytest.raises(KeyError, match="the first"):
            c.give_back_under([make()], KeyError("the first"))
    assert len(ended) == 2


STATUSES = dict(enumerate([MemoryError, TypeError, ValueError, OverflowError, BufferError, ValueError, BufferError], 1))


@pytest.mark.parametrize("status", STATUSES)
def test_each_status_has_its_exception(c: ModuleType, status: int) -> None:
    with pytest.raises(STATUSES[status]):
        c.raise_status(status, "is wrong", "f", "x")


@pytest.mark.parametrize(
    "function, parameter, text",
    [("f", "x", "f(): x is wrong"), ("f", None, "f(): is wrong"), (None, "x", "x is wrong"), (None, None, "is wrong")],
)
def test_the_message_names_what_is_known(c: ModuleType, function: str, parameter: str, text: str) -> None:
    with pytest.raises(ValueError) as caught:
        c.raise_status(3, "is wrong", function, parameter)
    assert str(caught.value) == text


def test_to_raise_no_error_is_an_error_of_the_extension(c: ModuleType) -> None:
    for status in (0, 8, 77):
        with pytest.raises(SystemError):
            c.raise_status(status, "", "f", "x")


# --- lend -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("how, kind", [(0, tenon.Span), (NDARRAY, np.ndarray)])
def test_memory_of_c_is_lent_with_its_layout(c: ModuleType, order: str, how: int, kind: type) -> None:
    x = c.lend("float32", (3, 4), order, how)
    assert type(x) is kind
    expected = np.zeros((3, 4), np.float32, order=order)
    seen = np.asarray(x)
    assert (seen.dtype, seen.shape, seen.strides) == (expected.dtype, expected.shape, expected.strides)
    assert (seen == 0).all()
    seen[1, 2] = 7
    assert np.asarray(x)[1, 2] == 7


def test_read_only_memory_is_lent_read_only(c: ModuleType) -> None:
    for how in (0, NDARRAY):
        assert memoryview(c.lend("d", (3,), "C", how, True)).readonly


def test_what_numpy_cannot_say_is_lent_as_a_span(c: ModuleType) -> None:
    assert type(c.lend("float64", (2, 3), "R", NDARRAY)) is tenon.Span


def test_an_array_of_structures_is_lent(c: ModuleType) -> None:
    x = c.lend([("a", "<i4"), ("b", "<f8", (2,))], (2,), "C", NDARRAY)
    assert x.dtype == np.dtype([("a", "<i4"), ("b", "<f8", (2,))])


def test_memory_is_released_once_when_its_last_view_dies(c: ModuleType) -> None:
    before = c.released()
    x = c.lend_block(None)
    part = np.asarray(x)[1:]
    del x
    gc.collect()
    assert c.released() == before
    part[:] = 1
    del part
    gc.collect()
    assert c.released() == before + 1


def test_a_keeper_lives_as_long_as_the_memory(c: ModuleType) -> None:
    class Keeper:
        pass

    keeper = Keeper()
    seen = weakref.ref(keeper)
    x = c.lend_block(keeper)
    view = memoryview(x)
    del keeper, x
    gc.collect()
    assert seen() is not None
    view.release()
    del view
    gc.collect()
    assert seen() is None


WRONG = [
    (0, MemoryError, "^$"),
    (1, ValueError, "described wrongly: extent 0 is -1"),
    (2, ValueError, "described wrongly: the elements take more bytes than an address can count"),
    (3, TypeError, "the elements are Python objects"),
]


@pytest.mark.parametrize("which, error, text", WRONG)
def test_an_array_that_its_author_filled_in_wrongly_is_not_lent(
    c: ModuleType, which: int, error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        c.lend_wrong(which)


def test_a_type_that_counts_its_views_refuses_to_move_its_memory(c: ModuleType) -> None:
    x = c.Vector()
    first, second = memoryview(x), np.asarray(x)
    assert first.shape == second.shape == (8,)
    second[3] = 1.5
    assert first[3] == 1.5
    with pytest.raises(BufferError, match="2 views are alive"):
        x.resize(100000)
    first.release()
    part = second[2:]
    del second
    with pytest.raises(BufferError, match="1 views are alive"):
        x.resize(100000)
    assert part[1] == 1.5
    del part
    x.resize(100000)
    assert np.asarray(x)[3] == 1.5


@pytest.mark.parametrize("how", ["PyBUF_SIMPLE", "PyBUF_F_CONTIGUOUS", "PyBUF_FULL_RO"])
def test_an_exported_type_honours_flags(c: ModuleType, how: str) -> None:
    testbuffer = pytest.importorskip("_testbuffer", reason="this Python ships without its test modules")
    x = c.Vector()
    raw = testbuffer.ndarray(x, getbuf=getattr(testbuffer, how))
    assert raw.nbytes == 64
    assert raw.format == ("d" if how == "PyBUF_FULL_RO" else "")


# --- element types ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["f8", ">i2", "S5", "M8[ns]", [("a", "i4"), ("b", "f4")]])
def test_the_type_of_what_was_borrowed_outlives_it(c: ModuleType, kind: object) -> None:
    x = np.zeros(2, kind)
    made = c.dtype_of(x)
    assert isinstance(made, tenon.DType)
    del x
    assert np.dtype(made.dtype) == np.dtype(kind)


def test_another_object_is_no_element_type(c: ModuleType) -> None:
    with pytest.raises(TypeError, match=r"a tenon.DType is required, got str"):
        c.want(MATRIX, "float64", *ANY)
    with pytest.raises((TypeError, ValueError)):
        c.lend("nonsense", (1,), "C", 0)


# --- versions, and an environment without NumPy ---------------------------------------------------------------------


def build_against(extension: Callable[..., ModuleType], folder: Path, old: str, new: str) -> ModuleType:
    """borrower.c against a python.h in which a line reads differently."""
    headers = folder / "include" / "tenon"
    shutil.copytree(Path(tenon.get_include(), "tenon"), headers)
    text = (headers / "python.h").read_text()
    assert text.count(old) == 1
    (headers / "python.h").write_text(text.replace(old, new))
    source = folder / "borrower.c"
    shutil.copy(Path(__file__).with_name("borrower.c"), source)
    return extension(source, f"-I{folder / 'include'}")


LATER = [
    ("} tn_api;", "    void (*of_a_later_version)(void);\n} tn_api;"),
    ("enum { TN_API_ABI = 1 };", "enum { TN_API_ABI = 2 };"),
]


@pytest.mark.parametrize("old, new", LATER)
def test_a_module_that_was_built_with_a_later_tenon_says_so_when_it_is_imported(
    extension: Callable[..., ModuleType], tmp_path: Path, old: str, new: str
) -> None:
    with pytest.raises(ImportError, match="built for another version of tenon .*; rebuild it"):
        build_against(extension, tmp_path, old, new)


def test_a_module_that_was_built_with_an_earlier_tenon_works(
    extension: Callable[..., ModuleType], tmp_path: Path
) -> None:
    """One that knew less of the table."""
    last = "    const tn_type *(*dtype_type)(PyObject *dtype);\n} tn_api;"
    module = build_against(extension, tmp_path, last, "} tn_api;\n#define dtype_type abi != 0 ? NULL : (tn_type *)")
    assert module.any(MATRIX)[1:4] == ("float64", (3, 4), (32, 8))


def test_without_numpy_arrays_are_borrowed_and_lent_as_spans(c: ModuleType) -> None:
    code = f"""
import sys
sys.modules["numpy"] = None
import array, importlib.util, tenon
spec = importlib.util.spec_from_file_location("borrower", {c.__file__!r})
c = importlib.util.module_from_spec(spec)
spec.loader.exec_module(c)
assert c.any(array.array("d", [1, 2]))[1:3] == ("float64", (2,))
assert type(c.lend("d", (3,), "C", {NDARRAY})) is tenon.Span
assert memoryview(c.Vector()).shape == (8,)
"""
    done = subprocess.run([sys.executable, "-X", "dev", "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


# --- memory -----------------------------------------------------------------------------------------------------------


def test_each_allocation_may_fail_and_nothing_is_leaked(c: ModuleType) -> None:
    testcapi = pytest.importorskip("_testcapi", reason="this Python ships without its test modules")
    matrix, deep, data = np.zeros((2, 2)), np.zeros((1,) * 6), bytearray(8)
    uses = [
        lambda: c.want(matrix, None, 0, 64, 0),
        lambda: c.want(deep, None, 0, 64, 0),
        lambda: c.want(RECORDS, None, 0, 64, 0),
        lambda: c.want(data, None, 0, 64, 0),
        lambda: c.lend("d", (3,), "C", 0),
        lambda: c.lend("d", (3,), "C", NDARRAY),
        lambda: c.lend([("a", "i4")], (3,), "C", 0),
        lambda: memoryview(c.Vector()),
    ]
    before = [sys.getrefcount(x) for x in (matrix, deep, RECORDS, data)]
    for use in uses:
        use()
        for n in range(1000):
            testcapi.set_nomemory(n, n + 1)
            try:
                use()
            except MemoryError:
                continue
            finally:
                testcapi.remove_mem_hooks()
            break
        else:
            raise AssertionError("it never succeeds")
    data.append(0)
    assert [sys.getrefcount(x) for x in (matrix, deep, RECORDS, data)] == before
