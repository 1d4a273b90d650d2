# Made by tenon; do not edit.
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tenon.typing import Buffer, Complex, Float, Int, Rows, Structure, bound, overloaded

FIRST: Final = 1
SECOND: Final = 2
COLD: Final = -1
WARM: Final = 1
ORDER: Final = 4
RATIO: Final[float]
GREETING: Final = 'hello'
BIGGEST: Final = 18446744073709551615
table: NDArray[np.float64]
primes: NDArray[np.int32]
counter: NDArray[np.int32]
motto: NDArray[np.uint8]
pair: np.dtype[Any]
settings: np.dtype[Any]

class _pair(NamedTuple):
    a: int
    b: float

@bound
def mean(x: NDArray[np.float64] | Buffer) -> float:
    """Mean of a matrix.

    Parameters
    ----------
    x : float64[m, n]
        the values

    Returns
    -------
    float
        their mean
    """

@bound
def negate(x: NDArray[np.float64] | Buffer) -> None:
    """Parameters
    ----------
    x : float64[n], modified in place
    """

@bound
def scale(
    a: Float,
    x: NDArray[np.float64] | Buffer,
    *,
    y: NDArray[np.float64] | Buffer | None = None,
    low: NDArray[np.float64] | Buffer | None = None,
) -> tuple[NDArray[np.float64], float]:
    """Parameters
    ----------
    a : float
    x : float64[n]

    Returns
    -------
    y : float64[n]
        the products
    low : float
        the smallest
    """

@bound
def dot(x: NDArray[np.float64] | Buffer, y: NDArray[np.float64] | Buffer) -> float:
    """Parameters
    ----------
    x : float64[n]
    y : float64[n]

    Returns
    -------
    float
    """

@bound
def linspace(n: Int, lo: Float, hi: Float, *, y: NDArray[np.float64] | Buffer | None = None) -> NDArray[np.float64]:
    """Parameters
    ----------
    n : int
    lo : float
    hi : float

    Returns
    -------
    y : float64[n]
        n values from lo to hi
    """

@bound
def norm2(x: NDArray[np.float64] | Buffer) -> float:
    """Parameters
    ----------
    x : float64[3]

    Returns
    -------
    float
    """

@bound
def trace(pv: NDArray[np.float64] | Buffer) -> float:
    """Parameters
    ----------
    pv : float64[2, 4]

    Returns
    -------
    float
    """

@bound
def head(x: NDArray[np.float64] | Buffer, w: NDArray[np.float64] | Buffer) -> float:
    """Parameters
    ----------
    x : float64[>= n]
    w : float64[n]

    Returns
    -------
    float
    """

@bound
def sums(
    n: Int,
    x: NDArray[np.float64] | Buffer,
    *,
    y: NDArray[np.float64] | Buffer | None = None,
) -> NDArray[np.float64]:
    """Parameters
    ----------
    n : int
    x : float64[n + 1]

    Returns
    -------
    y : float64[n]
        neighbours added
    """

@bound
def unpack(
    n: Int,
    packed: NDArray[np.float64] | Buffer,
    *,
    full: NDArray[np.float64] | Buffer | None = None,
) -> NDArray[np.float64]:
    """Parameters
    ----------
    n : int
    packed : float64[n * (n + 1) / 2]

    Returns
    -------
    full : float64[n, n]
        the symmetric matrix
    """

@bound
def apart(x: NDArray[np.float64] | Buffer, y: NDArray[np.float64] | Buffer) -> None:
    """Parameters
    ----------
    x : float64[n]
    y : float64[n], modified in place
    """

@bound
def doubler(p: NDArray[np.void] | Buffer) -> None:
    """Parameters
    ----------
    p : pair[n], modified in place
    """

@bound
def apply(s: Structure, x: Float) -> float:
    """Parameters
    ----------
    s : settings
    x : float

    Returns
    -------
    float
    """

@bound
def first_of(p: Structure) -> int:
    """Parameters
    ----------
    p : pair

    Returns
    -------
    int
    """

@bound
def make_pair(a: Int, q: Structure, *, p: NDArray[np.void] | Buffer | None = None) -> tuple[_pair, _pair]:
    """Parameters
    ----------
    a : int
    q : pair, returned as well
        what was changed

    Returns
    -------
    p : pair
        what was made
    q : pair
    """

@bound
def dot3(a: NDArray[np.float64] | Buffer, b: NDArray[np.float64] | Buffer) -> float:
    """Parameters
    ----------
    a : float64[3]
    b : float64[3]

    Returns
    -------
    float
    """

@bound
def set3(a: NDArray[np.float64] | Buffer, value: Float) -> None:
    """Parameters
    ----------
    a : float64[3], modified in place
    value : float
    """

@bound
def minimum(x: NDArray[np.float64] | Buffer) -> float:
    """Parameters
    ----------
    x : float64[:, :]

    Returns
    -------
    float
    """

@bound
def fill(x: NDArray[np.int32] | Buffer, value: Int) -> None:
    """Parameters
    ----------
    x : int32[:], modified in place
    value : int
    """

@bound
def dimensions(x: NDArray[Any] | Buffer) -> int:
    """Parameters
    ----------
    x : array

    Returns
    -------
    int
    """

@bound
def clear(x: NDArray[Any] | Buffer) -> None:
    """Parameters
    ----------
    x : array, modified in place
    """

@bound
def pointers(x: NDArray[np.float64] | Buffer, y: NDArray[np.float64] | Buffer) -> float:
    """Parameters
    ----------
    x : float64[n]
        the values
    y : float64[n, 2]
        more of them

    Returns
    -------
    float
    """

@bound
def advance(k: Int, t: Float) -> float:
    """Parameters
    ----------
    k : int
        how many
    t : float, returned as well
        the time

    Returns
    -------
    t : float
    """

@bound
def leading(a: NDArray[np.float64] | Buffer) -> float:
    """Parameters
    ----------
    a : float64[n, n]

    Returns
    -------
    float
    """

@bound
def fortran(x: NDArray[np.float64] | Buffer) -> float:
    """Parameters
    ----------
    x : float64[n]

    Returns
    -------
    float
    """

@bound
def weighted(x: NDArray[np.float64] | Buffer, w: NDArray[np.float64] | Buffer | None = None) -> float:
    """Parameters
    ----------
    x : float64[n]
    w : float64[n] | None, optional
        weights

    Returns
    -------
    float
    """

@bound
def length(s: str | bytes | None = None) -> int:
    """Parameters
    ----------
    s : str | None, optional

    Returns
    -------
    int
    """

@bound
def conjugate(z: NDArray[np.complex128] | Buffer) -> None:
    """Parameters
    ----------
    z : complex128[n], modified in place
    """

@bound
def count(x: NDArray[np.bool_] | Buffer) -> int:
    """Parameters
    ----------
    x : bool[n]

    Returns
    -------
    int
    """

@bound
def longest(x: NDArray[np.longdouble] | Buffer) -> float:
    """Parameters
    ----------
    x : longdouble[n]

    Returns
    -------
    float
    """

@bound
def opposite(m: Int) -> int:
    """Parameters
    ----------
    m : int

    Returns
    -------
    int
    """

@bound
def summer(b: NDArray[np.int8] | NDArray[np.bytes_] | NDArray[np.uint8] | Buffer) -> int:
    """Parameters
    ----------
    b : bytes[n]

    Returns
    -------
    int
    """

@bound
def exactly(a: NDArray[np.int8] | Buffer, b: NDArray[np.uint8] | Buffer) -> int:
    """Parameters
    ----------
    a : int8[n]
    b : uint8[n]

    Returns
    -------
    int
    """

@bound
def greet(who: str | bytes) -> str | None:
    """Parameters
    ----------
    who : str

    Returns
    -------
    str | None
    """

@bound
def upper(c: str) -> str:
    """Parameters
    ----------
    c : str

    Returns
    -------
    str
    """

@bound
def is_odd(x: Int) -> bool:
    """Parameters
    ----------
    x : int

    Returns
    -------
    bool
    """

@bound
def turn(z: Complex) -> complex:
    """Parameters
    ----------
    z : complex

    Returns
    -------
    complex
    """

@bound
def divide(a: Int, b: Int, *, rest: NDArray[np.int32] | Buffer | None = None) -> tuple[int, int]:
    """Parameters
    ----------
    a : int
    b : int

    Returns
    -------
    int
        the quotient
    rest : int
        what is left
    """

@bound
def both(a: Int, b: Float) -> _pair:
    """Parameters
    ----------
    a : int
    b : float

    Returns
    -------
    pair
    """

@bound
def solve(code: Int, x: NDArray[np.float64] | Buffer) -> None:
    """Parameters
    ----------
    code : int
    x : float64[n], modified in place

    Raises
    ------
    tenon.CallError
        3: did not converge
        SECOND: was the second
    """

@bound
def checked(code: Int) -> None:
    """Parameters
    ----------
    code : int
    """

@bound
def mean_f32(x: NDArray[np.float32] | Buffer) -> float:
    """Parameters
    ----------
    x : float32[n]

    Returns
    -------
    float
    """

@bound
def twice(x: Float) -> float:
    """Parameters
    ----------
    x : float

    Returns
    -------
    float
    """

@bound
def lambda_(from_: Float, None_: Float) -> float:
    """Parameters
    ----------
    from_ : float
    None_ : float

    Returns
    -------
    float
    """

@bound
def unnamed(a: Float, b: Float) -> float:
    """Parameters
    ----------
    a : float
    b : float

    Returns
    -------
    float
    """

@bound
def only_read(x: NDArray[np.float64] | Buffer) -> float:
    """Parameters
    ----------
    x : float64[n]
        only read, though not const

    Returns
    -------
    float
    """

@bound
def row_table(rows: NDArray[np.float64] | Buffer | Rows[NDArray[np.float64]]) -> float:
    """Parameters
    ----------
    rows : float64[m][n]

    Returns
    -------
    float
    """

@bound
def row_pointers(rows: NDArray[np.float64] | Buffer | Rows[NDArray[np.float64]]) -> float:
    """Parameters
    ----------
    rows : float64[m][n]

    Returns
    -------
    float
    """

@overloaded
def any_mean(x: NDArray[np.float32] | Buffer | NDArray[np.float64]) -> float:
    """One of mean_f32, mean, by element type and number of dimensions; the first that fits.

    Parameters
    ----------
    x : float32[n]

    Returns
    -------
    float
    """
