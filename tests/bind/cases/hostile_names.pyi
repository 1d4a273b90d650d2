# Made by tenon; do not edit.
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tenon.typing import Buffer, Float, Int, bound

I: Final = 5
threads: Final = 4
point: Final = 1
code: Final = 3

@bound
def gamma(x: Float) -> float:
    """Not the gamma function.

    Parameters
    ----------
    x : float

    Returns
    -------
    float
    """

@bound
def y0(x: Float) -> float:
    """Not the Bessel function.

    Parameters
    ----------
    x : float

    Returns
    -------
    float
    """

@bound
def index(a: Int, b: Int) -> int:
    """Not strchr.

    Parameters
    ----------
    a : int
    b : int

    Returns
    -------
    int
    """

@bound
def pairs(x: NDArray[np.float64] | Buffer) -> float:
    """Sum by pairs.

    Parameters
    ----------
    x : float64[n]
        an even number of values

    Returns
    -------
    float
    """

@bound
def check(x: Float) -> None:
    """Parameters
    ----------
    x : float

    Raises
    ------
    tenon.CallError
        code: it is negative
    """

@bound
def sum_float(x: NDArray[np.float32] | Buffer) -> float:
    """Parameters
    ----------
    x : float32[n]

    Returns
    -------
    float
    """

@bound
def sum_int(x: NDArray[np.int32] | Buffer) -> int:
    """Parameters
    ----------
    x : int32[n]

    Returns
    -------
    int
    """
