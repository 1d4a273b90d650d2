# SPDX-License-Identifier: BSD-3-Clause
"""Arguments that call for care: what is done, what was meant, and what a reader may hold as right.

`given` makes the memory and `call` calls the function, as anybody would write it; both are shown. `meant` is the same
in NumPy's words, where there is something that could be meant. Where it is None, nothing but an error is right. Where
`broken` is set, C may not be called with this memory: a result that looks right has come about by luck.

Arrays lie in a `room` where a write beside them, or a read, must show. Where copies matter the arrays have MANY
elements, so that the memory of a copy can be seen.
"""

from dataclasses import dataclass

MANY = 500_000

UNALIGNED = "through a misaligned pointer: undefined behaviour"
SIZES = "called although the sizes disagree"
OVERLAP = "C was told that they do not overlap"
ERROR = "an error"
OR_RESULT = "an error, or the result without a copy"


@dataclass(frozen=True)
class Probe:
    key: str
    title: str
    function: str        # of adapters.FUNCTIONS
    given: str
    call: str            # assigns `result` where there is one
    meant: str | None    # changes what was given, and assigns `result`
    right: str
    broken: str = ""
    writes: bool = False  # whether the function writes to an argument
    many: bool = False    # whether a copy can be seen

    @property
    def code(self) -> str:
        return f"{self.given}\n{self.call}".strip()

    @property
    def error_is_right(self) -> bool:
        return self.right.startswith(ERROR)


def _read(key: str, title: str, function: str, given: str, meant: str | None, right: str, broken: str = "") -> Probe:
    """A function of one array, which it reads."""
    return Probe(key, title, function, given, f"result = {function}(x)", meant, right, broken, many="MANY" in given)


def _scale(key: str, title: str, given: str, meant: str | None, right: str, broken: str = "") -> Probe:
    """scale(2.0, x), which writes."""
    return Probe(key, title, "scale", given, "scale(2.0, x)", meant, right, broken, True, "MANY" in given)


def _add(key: str, title: str, given: str, meant: str | None, right: str, broken: str = "") -> Probe:
    return Probe(key, title, "add", given, "add(x, y, z)", meant, right, broken, True)


def _cross(key: str, title: str, given: str, call: str, meant: str | None, right: str, broken: str = "") -> Probe:
    return Probe(key, title, "cross", given, call, meant, right, broken, True)


def _number(key: str, title: str, call: str, function: str = "handed") -> Probe:
    return Probe(key, title, function, "", f"result = {call}", None, ERROR)


READ_ONLY = [
    _scale("read-only", "read-only, written", "x = np.ones(3)\nx.setflags(write=False)", None, ERROR),
    _add("read-only output", "read-only output",
         "x, y, z = np.ones(3), np.ones(3), np.zeros(3)\nz.setflags(write=False)", None, ERROR),
    _scale("read-only view", "read-only memoryview, written",
           "room = np.ones(3)\nx = memoryview(room).toreadonly()", None, ERROR),
    _read("read-only read", "read-only, read", "largest", "x = np.arange(float(MANY))\nx.setflags(write=False)",
          "result = MANY - 1", "the result without a copy"),
]

STRIDED = [
    _scale("strided", "strided, written", "room = np.arange(2.0 * MANY)\nx = room[::2]", "x *= 2.0",
           "an error, or every second element doubled"),
    _scale("reversed", "reversed, written", "room = np.arange(2.0 * MANY)\nx = room[MANY - 1 :: -1]", "x *= 2.0",
           "an error, or the elements of x doubled"),
    _read("transposed read", "transposed, read: mean(x.T)", "mean", "x = np.arange(float(MANY)).reshape(1000, -1).T",
          "result = x.mean()", OR_RESULT, "the elements come in another order than x[m][n] says"),
    _read("columns read", "some columns of a matrix, read", "mean",
          "room = np.arange(2.0 * MANY).reshape(1000, -1)\nx = room[:, : room.shape[1] // 2]", "result = x.mean()",
          OR_RESULT),
    _read("reversed read", "reversed, read: largest(x[::-1])", "largest",
          "room = np.arange(2.0 * MANY)\nx = room[MANY - 1 :: -1]", "result = 0", OR_RESULT),
    _read("strided read", "strided, read by a function of any strides", "sum_strided",
          "room = np.arange(2.0 * MANY)\nx = room[::2]", "result = sum(x.tolist())", "the result without a copy"),
    _scale("strided view", "strided memoryview, written", "room = np.arange(6.0)\nx = memoryview(room)[::2]",
           "room[::2] *= 2.0", "an error, or every second element doubled"),
    _scale("stride 0", "all elements in one place, written",
           "room = np.arange(1.0, 9.0)\nx = np.lib.stride_tricks.as_strided(room, (3,), (0,))", None, ERROR),
    _read("stride 0 read", "all elements in one place, read", "largest",
          "room = np.arange(float(MANY))\nx = np.broadcast_to(room[:1], (MANY,))", "result = 0", OR_RESULT),
    _read("stride of one", "one element, whose stride does not count", "first",
          "room = np.arange(1.0, 9.0)\nx = np.lib.stride_tricks.as_strided(room, (1,), (800,))", "result = 1.0",
          "the result"),
]

MISALIGNED = [
    _scale("misaligned", "misaligned, written",
           "room = bytearray(1) + np.ones(MANY).tobytes()\nx = np.frombuffer(room, offset=1)", "x *= 2.0",
           "an error, or the elements doubled without undefined behaviour", UNALIGNED),
    _read("misaligned read", "misaligned, read", "largest",
          "room = bytearray(1) + np.arange(float(MANY)).tobytes()\nx = np.frombuffer(room, offset=1)",
          "result = MANY - 1", "an error, or the result without undefined behaviour", UNALIGNED),
    _read("packed read", "field of a packed structure, read by a function of any strides", "sum_strided",
          "room = np.ones(MANY, 'i1, f8')\nx = room['f1']", "result = float(MANY)",
          "an error, or the result without undefined behaviour", UNALIGNED),
]

TYPES = [
    *(_scale(f"{name} written", f"{name} for float64, written", f"x = np.arange(-1, 2).astype({dtype!r})",
             "x[...] = x * 2", "an error, or the elements of x doubled")
      for name, dtype in {"float32": "f4", "int64": "i8", "big-endian": ">f8", "complex": "c16"}.items()),
    *(_read(f"{name} read", f"{name} for float64, read", "largest",
            f"x = np.roll(np.arange(-2 * MANY, -MANY), 7).astype({dtype!r})", "result = 6", ERROR)
      for name, dtype in {"float32": "f4", "int64": "i8", "big-endian": ">f8", "object": "O"}.items()),
    _read("complex read", "complex for float64, read", "first", "x = np.array([1 + 2j, 3 + 4j])", None, ERROR),
    Probe("narrowed", "float64 for float32, read", "first_single", "x = np.array([1e300, 0.0])",
          "result = first_single(x)", None, ERROR),
    _scale("list written", "a list, written", "x = [1.0, 2.0, 3.0]", "x[:] = [2.0, 4.0, 6.0]", ERROR),
    _read("list read", "a list, read", "largest", "x = [float(k) for k in range(MANY)]", "result = MANY - 1",
          "an error, or the result: a list has to be copied"),
    _read("bytes as float64", "memoryview of bytes for float64, read", "largest",
          "x = memoryview(np.arange(float(MANY))).cast('B')", "result = int(np.asarray(x).argmax())", ERROR),
    _read("masked read", "masked array, read", "largest", "x = np.ma.array([1.0, 9.0, 2.0], mask=[0, 1, 0])",
          "result = 2", "an error, or the largest that is not masked"),
    _read("None read", "None for an array, read", "first", "x = None", None, ERROR),
    _scale("None written", "None for an array, written", "x = None", None, ERROR),
    _read("integer read", "an integer for an array, read", "first", "x = 12345", "result = 12345.0",
          "an error, or the number"),
    _read("text read", "text for bytes", "sum_bytes", "x = 'abc'", None, ERROR),
    _read("zero byte", "bytes with a zero among them", "sum_bytes", "x = b'\\1\\0\\2'", "result = 3", "the result"),
]

OVERLAPPING = [
    Probe("overlapping", "input and output overlap, which C forbids", "accumulate",
          "room = np.ones(MANY)\nx, y = room[:-1], room[1:]", "accumulate(x, y)", "y[:] = np.cumsum(x)",
          "an error, or the result for separate arrays", OVERLAP, True, True),
    _cross("overlapping vectors", "input is output, which C forbids: cross(a, b, a)",
           "a, b = np.array([1.0, 2.0, 3.0]), np.ones(3)", "cross(a, b, a)", "a[:] = np.cross(a, b)",
           "an error, or the result for separate arrays", OVERLAP),
    Probe("same array", "input is output, which C allows: add(x, y, x)", "add", "x, y = np.ones(3), np.ones(3)",
          "add(x, y, x)", "x[0] += y[0]", "the result", writes=True),
]

STRUCTURES = [
    _read("pair trailing", "structure with a field more at its end", "first_pair",
          "x = np.array([(1, 0.5, 7), (2, 0.5, 8)], [('a', 'i4'), ('b', 'f4'), ('c', 'i4')])", "result = 1.5",
          ERROR, "every structure but the first is read at a wrong address"),
    _read("pair reordered", "structure with its fields in another order", "first_pair",
          "x = np.array([(0.5, 1), (0.5, 2)], [('b', 'f4'), ('a', 'i4')])", "result = 1.5", ERROR),
    _read("pair renamed", "structure with other names", "first_pair",
          "x = np.array([(1, 0.5), (2, 0.5)], [('n', 'i4'), ('w', 'f4')])", "result = 1.5", "an error, or the result"),
    _read("pair spread", "structure with its fields at other offsets", "first_pair",
          "x = np.zeros(2, {'names': ['a', 'b'], 'formats': ['i4', 'f4'], 'offsets': [0, 8], 'itemsize': 16})\n"
          "x['a'], x['b'] = 1, 0.5", "result = 1.5", ERROR),
    _read("pair typed", "structure with a field of another type", "first_pair",
          "x = np.array([(1, 2), (3, 4)], [('a', 'i4'), ('b', 'i4')])", "result = 3.0", ERROR),
    _read("pair missing", "float64 for a structure", "first_pair", "x = np.array([1.0, 0.5])", None, ERROR),
]

SIZES_DISAGREE = [
    _add("longer", "sizes that disagree: 3, 4 and 3", "x, y, z = np.ones(3), np.ones(4), np.zeros(3)", "z[0] = 2.0",
         ERROR, SIZES),
    _add("shorter output", "sizes that disagree: an output of 2 for 3",
         "room = np.full(8, -1.0)\nx, y, z = np.ones(3), np.ones(3), room[2:4]",
         "z[0] = 2.0", ERROR, SIZES),
    Probe("written past", "an output of 2 for 3, all of which are written", "accumulate",
          "room = np.full(8, -1.0)\nx, y = np.ones(3), room[2:4]", "accumulate(x, y)", None, ERROR, writes=True),
    _cross("short vector read", "2 elements for a fixed 3, read",
           "room = np.arange(8.0)\na, b, c = room[2:4], np.ones(3), np.zeros(3)",
           "cross(a, b, c)", None, ERROR),
    _cross("short vector written", "2 elements for a fixed 3, written",
           "room = np.full(8, -1.0)\na, b, c = np.arange(3.0), np.ones(3), room[2:4]",
           "cross(a, b, c)", None, ERROR),
    _cross("long vector", "4 elements for a fixed 3, read",
           "a, b, c = np.array([1.0, 2.0, 3.0, 4.0]), np.ones(3), np.zeros(3)",
           "cross(a, b, c)", "c[:] = np.cross(a[:3], b)", ERROR, SIZES),
]

DIMENSIONS = [
    _scale("matrix written", "2 dimensions for 1, written", "x = np.ones((2, 3))", "x *= 2.0",
           "an error, or all six elements doubled"),
    _read("matrix read", "2 dimensions for 1, read", "largest", "x = np.arange(6.0).reshape(2, 3)", "result = 5",
          "an error, or the index among all six"),
    _read("vector read", "1 dimension for 2, read", "mean", "x = np.arange(3.0)", "result = 1.0",
          "an error, or the mean of all three"),
    _scale("0-d written", "0 dimensions for 1, written", "room = np.ones(3)\nx = room[1:2].reshape(())", "x *= 2.0",
           "an error, or the one element doubled"),
    _read("0-d read", "0 dimensions for 1, read", "first", "x = np.array(1.0)", "result = 1.0",
          "an error, or the element"),
    _read("empty read", "no elements", "largest", "x = np.empty(0)", "result = -1", "the result: -1"),
    _read("empty matrix", "no rows", "mean", "x = np.empty((0, 3))", "result = np.nan", "the result: not a number"),
    _scale("empty written", "no elements, written", "x = np.empty(0)", "pass", "nothing done"),
]

NUMBERS = [
    _number("nan", "not a number for a size", "handed(float('nan'))"),
    _number("fraction", "2.7 for a size", "handed(2.7)"),
    _number("negative", "-1 for a size", "handed(-1)"),
    _number("beyond", "2**64 + 3 for a size", "handed(2**64 + 3)"),
    Probe("complex number", "a complex number for a number", "scale", "x = np.ones(3)", "scale(2j, x)", None,
          ERROR, writes=True),
    Probe("text number", "text for a number", "scale", "x = np.ones(3)", "scale('2', x)", "x *= 2.0",
          "an error, or the number that it spells", writes=True),
]

LIVES = [
    Probe("view outlives", "an object's memory, shown; then the object is deleted", "series", "",
          "s = series(1000)\nv = s.values()\nv[:] = 7.0\ndel s\ngc.collect()\nresult = v.sum()", "result = 7000.0",
          "the memory lives as long as the view"),
    Probe("asarray outlives", "np.asarray of an object, which is then deleted", "series", "",
          "s = series(1000)\nv = np.asarray(s)\nv[:] = 7.0\ndel s\ngc.collect()\nresult = v.sum()", "result = 7000.0",
          "the memory lives as long as the view"),
    Probe("slice outlives", "a view of memory handed over, whose array is deleted", "handed", "",
          "x = handed(1000)\nx[:] = 7.0\nv = memoryview(x)[10:]\ndel x\ngc.collect()\nresult = np.asarray(v).sum()",
          "result = 6930.0", "the memory lives as long as the view"),
]

PROBES = [*READ_ONLY, *STRIDED, *MISALIGNED, *TYPES, *OVERLAPPING, *STRUCTURES, *SIZES_DISAGREE, *DIMENSIONS, *NUMBERS,
          *LIVES]
