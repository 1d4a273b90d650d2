# Made by tenon; do not edit.

import numpy as np
from numpy.typing import NDArray

from tenon.typing import Buffer, Float, bound

@bound
def cos(arg0: Float, /) -> float:
    """Cosine.

    Parameters
    ----------
    arg0 : float

    Returns
    -------
    float
    """

@bound
def pow(arg0: Float, /, exponent: Float) -> float:
    """Power.

    Parameters
    ----------
    arg0 : float
    exponent : float

    Returns
    -------
    float
    """

@bound
def frexp(x: Float, *, exponent: NDArray[np.int32] | Buffer | None = None) -> tuple[float, int]:
    """Mantissa and exponent.

    Parameters
    ----------
    x : float

    Returns
    -------
    float
        the mantissa
    exponent : int
        the power of two
    """
