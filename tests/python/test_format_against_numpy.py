# SPDX-License-Identifier: BSD-3-Clause
"""libtenon's languages of types against the programs that define them: NumPy and the struct module.

libtenon is compiled from its sources into a shared object and driven with ctypes, so that the C functions are tested
themselves. Types are read straight from the C structures, not through another of libtenon's languages.
"""

import ast
import ctypes
import os
import struct
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import assume, given, settings

np = pytest.importorskip("numpy")

pytestmark = pytest.mark.unsanitized

ROOT = Path(__file__).resolve().parents[2]
TN_OK, TN_BAD_FORMAT, TN_UNSUPPORTED = 0, 6, 7


class Type(ctypes.Structure):
    """tn_type"""


class Field(ctypes.Structure):
    """tn_field"""

    _fields_ = [("name", ctypes.c_char_p), ("type", ctypes.POINTER(Type)), ("offset", ctypes.c_ssize_t)]


Type._fields_ = [
    ("kind", ctypes.c_char),
    ("byteorder", ctypes.c_char),
    ("ndim", ctypes.c_uint8),
    ("alignment", ctypes.c_uint32),
    ("itemsize", ctypes.c_ssize_t),
    ("nfields", ctypes.c_ssize_t),
    ("fields", ctypes.POINTER(Field)),
    ("base", ctypes.POINTER(Type)),
    ("shape", ctypes.POINTER(ctypes.c_ssize_t)),
    ("name", ctypes.c_char_p),
]


class Error(ctypes.Structure):
    """tn_error"""

    _fields_ = [("status", ctypes.c_int), ("position", ctypes.c_ssize_t), ("message", ctypes.c_char * 512)]


class Refused(Exception):
    """libtenon refused: the status, and the message."""


def as_dtype(t: Type) -> "np.dtype":
    """The NumPy dtype that a tn_type describes."""
    kind, order = t.kind.decode(), t.byteorder.decode()
    if kind == "T":
        fields = [t.fields[k] for k in range(t.nfields)]
        return np.dtype(
            {
                "names": [field.name.decode() for field in fields],
                "formats": [as_dtype(field.type.contents) for field in fields],
                "offsets": [field.offset for field in fields],
                "itemsize": t.itemsize,
            }
        )
    if kind == "A":
        return np.dtype((as_dtype(t.base.contents), tuple(t.shape[k] for k in range(t.ndim))))
    if kind in "mM":
        return np.dtype(f"{order}{kind}8[{t.name.decode()}]")
    if kind == "O":
        return np.dtype("O")
    return np.dtype(f"{order}{kind}{t.itemsize // 4 if kind == 'U' else t.itemsize}")


class Tenon:
    """The C functions, with types that are freed."""

    def __init__(self, path: Path) -> None:
        self.library = ctypes.CDLL(str(path))
        self.library.tn_type_free.argtypes = [ctypes.c_void_p]

    def read(self, function: str, *arguments: object) -> "np.dtype":
        return self.read_and(function, as_dtype, *arguments)

    def read_and(self, function: str, use: Callable[[Type], object], *arguments: object) -> object:
        """What `use` makes of the type that a tn_type_from_… function reads."""
        made, error = ctypes.POINTER(Type)(), Error()
        status = getattr(self.library, function)(*arguments, ctypes.byref(made), ctypes.byref(error))
        if status != TN_OK:
            raise Refused(status, error.message.decode())
        try:
            return use(made.contents)
        finally:
            self.library.tn_type_free(made)

    def from_format(self, text: str, itemsize: int = -1) -> "np.dtype":
        return self.read("tn_type_from_format", text.encode(), ctypes.c_ssize_t(itemsize))

    def write(self, function: str, made: Type) -> str:
        """What a tn_type_to_… function writes."""
        buffer, error = ctypes.create_string_buffer(1 << 16), Error()
        status = getattr(self.library, function)(
            ctypes.byref(made), buffer, ctypes.c_size_t(len(buffer)), None, ctypes.byref(error)
        )
        if status != TN_OK:
            raise Refused(status, error.message.decode())
        return buffer.value.decode()


@pytest.fixture(scope="session")
def tenon_c(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tenon]:
    target = tmp_path_factory.mktemp("libtenon") / "libtenon-for-tests.so"
    sources = sorted(str(path) for path in (ROOT / "src" / "core").glob("*.c"))
    compiler = os.environ.get("CC", "cc").split()
    subprocess.run(
        [*compiler, "-std=c11", "-shared", "-fPIC", "-O1", f"-I{ROOT / 'include'}", *sources, "-o", str(target), "-lm"],
        check=True,
    )
    yield Tenon(target)


def read_by_numpy(text: str) -> "np.dtype":
    from numpy._core._internal import _dtype_from_pep3118

    return _dtype_from_pep3118(text)


# --- dtypes to try ---------------------------------------------------------------------------------------------------

NUMBERS = ["i2", "i4", "i8", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"]
BYTES = ["?", "i1", "u1"]
LONG = ["g", "G"]
names = st.text(
    st.characters(blacklist_categories=["Cs"], blacklist_characters=":\0"), min_size=1, max_size=4
)
plain = (
    st.sampled_from([*(order + code for code in NUMBERS for order in "<>"), *BYTES, *LONG, "O"])
    | st.builds("S{}".format, st.integers(1, 9))
    | st.builds("V{}".format, st.integers(1, 9))
    | st.builds("{}U{}".format, st.sampled_from("<>"), st.integers(1, 4))
).map(np.dtype)
times = st.builds(
    "{}{}8[{}{}]".format,
    st.sampled_from("<>"),
    st.sampled_from("mM"),
    st.integers(1, 1000),
    st.sampled_from(["Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as"]),
).map(np.dtype)


def structures(members: "st.SearchStrategy[np.dtype]") -> "st.SearchStrategy[np.dtype]":
    shapes = st.just(()) | st.lists(st.integers(0, 3), min_size=1, max_size=3).map(tuple)
    fields = st.lists(st.tuples(names, members, shapes), min_size=1, max_size=4, unique_by=lambda field: field[0])
    return st.builds(lambda of, align: np.dtype(of, align=align), fields, st.booleans())


dtypes = st.recursive(plain, structures, max_leaves=8)
dtypes_with_times = st.recursive(plain | times, structures, max_leaves=8)


# --- PEP 3118 --------------------------------------------------------------------------------------------------------


@settings(max_examples=250)
@given(dtype=dtypes, count=st.integers(1, 2))
def test_formats_numpy_writes_are_read_as_numpy_means_them(tenon_c: Tenon, dtype: "np.dtype", count: int) -> None:
    view = memoryview(np.zeros(count, dtype))
    assume(read_by_numpy(view.format) == dtype)  # NumPy drops nested tails; then it cannot read its own text
    assert tenon_c.from_format(view.format, view.itemsize) == dtype


@settings(max_examples=250)
@given(dtype=dtypes, count=st.integers(1, 2))
def test_formats_numpy_writes_never_have_another_size(tenon_c: Tenon, dtype: "np.dtype", count: int) -> None:
    view = memoryview(np.zeros(count, dtype))
    try:
        read = tenon_c.from_format(view.format, view.itemsize)
    except Refused as refused:
        assert refused.args[0] == TN_BAD_FORMAT
    else:
        assert read.itemsize == dtype.itemsize
        assert read.names == dtype.names


@settings(max_examples=250)
@given(dtype=dtypes)
def test_formats_that_are_written_are_read_by_numpy(tenon_c: Tenon, dtype: "np.dtype") -> None:
    assume(dtype.kind != "V" or dtype.names is not None)  # to NumPy, "5x" alone is a structure without fields

    def check(made: Type) -> None:
        assert as_dtype(made) == dtype
        text = tenon_c.write("tn_type_to_format", made)
        assert read_by_numpy(text) == dtype, text
        assert tenon_c.from_format(text) == dtype, text

    tenon_c.read_and("tn_type_from_descr", check, repr(dtype.descr).encode())


def sequences(of: "st.SearchStrategy[str]") -> "st.SearchStrategy[str]":
    item = st.builds(
        "{}{}{}{}".format,
        st.sampled_from(["", "", "(2)", "(2,3)", "(1)"]),
        st.sampled_from(["", "", "", "@", "=", "<", ">", "^"]),
        of,
        st.sampled_from(["", ":a:", ":b:", ":f0:"]),
    )
    return st.lists(item, min_size=1, max_size=4).map("".join)


codes = st.sampled_from(["b", "h", "i", "q", "d", "e", "Zd", "3s", "2w", "x", "3x", "?", "O", "c", "2i", "3d", "l"])
items = st.recursive(
    codes, lambda inner: st.builds("{}T{{{}}}".format, st.sampled_from(["", "2"]), sequences(inner)), max_leaves=6
)


def joined(dtype: "np.dtype") -> "np.dtype":
    """The dtype with sub-arrays of sub-arrays joined, as libtenon has them."""
    if dtype.subdtype is not None:
        base = joined(dtype.base)
        return np.dtype((base.base, dtype.shape + base.shape))
    if dtype.names:
        fields = [dtype.fields[name] for name in dtype.names]
        return np.dtype(
            {
                "names": dtype.names,
                "formats": [joined(field[0]) for field in fields],
                "offsets": [field[1] for field in fields],
                "itemsize": dtype.itemsize,
            }
        )
    return dtype


@settings(max_examples=500)
@given(text=sequences(items))
def test_what_numpy_reads_is_read_alike(tenon_c: Tenon, text: str) -> None:
    try:
        expected = joined(read_by_numpy(text))
    except RuntimeError:  # two fields of one name
        with pytest.raises(Refused, match="two fields are named"):
            tenon_c.from_format(text)
        return
    if expected.names == () and "T" not in text:
        expected = np.dtype(f"V{expected.itemsize}")  # padding alone
    assert tenon_c.from_format(text, expected.itemsize) == expected, text


STRUCT_TEXT = st.builds(
    "{}{}".format,
    st.sampled_from(["", "@", "=", "<", ">", "!"]),
    st.text("xcbB?hHiIlLqQnNefdspP0123 ", min_size=1, max_size=10),
)


@settings(max_examples=500)
@given(text=STRUCT_TEXT)
def test_sizes_and_errors_are_the_struct_modules(tenon_c: Tenon, text: str) -> None:
    try:
        size: int | None = struct.calcsize(text)
    except struct.error:
        size = None
    assume(text.lstrip("@=<>!").strip() != "")  # the struct module takes nothing at all
    whole = ctypes.c_ssize_t(-1)
    try:
        read: int | None = tenon_c.read_and("tn_type_from_format", lambda t: t.itemsize, text.encode(), whole)
    except Refused:
        read = None
    if "P" in text and text[0] in "=<" + (">!" if struct.pack("=h", 1) == b"\0\1" else ""):
        return  # ctypes writes "<P"; so it is read, though struct has no such code
    assert read == size, text


# --- the array interface ---------------------------------------------------------------------------------------------


@given(dtype=plain | times)
def test_typestrs_are_numpys(tenon_c: Tenon, dtype: "np.dtype") -> None:
    def check(made: Type) -> None:
        assert as_dtype(made) == dtype
        assert tenon_c.write("tn_type_to_typestr", made) == dtype.str

    tenon_c.read_and("tn_type_from_typestr", check, dtype.str.encode())


@settings(max_examples=250)
@given(dtype=dtypes_with_times)
def test_descrs_are_numpys(tenon_c: Tenon, dtype: "np.dtype") -> None:
    def check(made: Type) -> None:
        assert as_dtype(made) == dtype
        written = tenon_c.write("tn_type_to_descr", made)
        assert ast.literal_eval(written) == dtype.descr
        if dtype.names is not None:
            assert np.lib.format.descr_to_dtype(ast.literal_eval(written)) == dtype

    tenon_c.read_and("tn_type_from_descr", check, repr(dtype.descr).encode())
