# Made by tenon; do not edit.
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tenon.typing import Buffer, Float, Int, Rows, bound, overloaded

item: np.dtype[Any]

@bound
def table(rows: NDArray[np.float64] | Buffer | Rows[NDArray[np.float64]]) -> float:
    """Parameters
    ----------
    rows : float64[m][n]

    Returns
    -------
    float
    """

@bound
def pointers(rows: NDArray[np.float64] | Buffer | Rows[NDArray[np.float64]], by: Float) -> None:
    """Not const: written in place.

    Parameters
    ----------
    rows : float64[m][n], modified in place
        the rows
    by : float
    """

@bound
def array_of_pointers(rows: NDArray[np.float32] | Buffer | Rows[NDArray[np.float32]]) -> float:
    """Parameters
    ----------
    rows : float32[m][n]

    Returns
    -------
    float
    """

@bound
def planes(rows: NDArray[np.float64] | Buffer | Rows[NDArray[np.float64]]) -> float:
    """Parameters
    ----------
    rows : float64[m][2, 3]

    Returns
    -------
    float
    """

@bound
def outer(
    a: NDArray[np.float64] | Buffer,
    b: NDArray[np.float64] | Buffer,
    *,
    y: NDArray[np.float64] | Buffer | Rows[NDArray[np.float64]] | None = None,
) -> NDArray[np.float64]:
    """Parameters
    ----------
    a : float64[m]
    b : float64[n]

    Returns
    -------
    y : float64[m][n]
        the products
    """

@bound
def structures(
    k: Int,
    items: NDArray[np.void] | Buffer | Rows[NDArray[np.void]],
    labels: NDArray[np.uint8] | Buffer | Rows[NDArray[np.uint8]] | None = None,
) -> int:
    """Parameters
    ----------
    k : int
    items : item[m][n]
    labels : bytes[m][k] | None, optional

    Returns
    -------
    int
    """

@overloaded
def last(
    rows: NDArray[np.float32] | Buffer | Rows[NDArray[np.float32]] | NDArray[np.float64] | Rows[NDArray[np.float64]],
) -> float:
    """One of array_of_pointers, table, by element type and number of dimensions; the first that fits.

    Parameters
    ----------
    rows : float32[m][n]

    Returns
    -------
    float
    """
