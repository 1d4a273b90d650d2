# Made by tenon; do not edit.
from builtins import str as _tenon_str
from builtins import tuple as _tenon_tuple
from typing import Any as _tenon_Any
from typing import Final

import numpy as _tenon_np
from numpy.typing import NDArray

from tenon.typing import Buffer as _tenon_Buffer
from tenon.typing import Float as _tenon_Float
from tenon.typing import Int as _tenon_Int
from tenon.typing import bound as _tenon_bound

Int: Final = 3
np: Final = 4
tuple: Final = 5
Float: Final[float]
Any: Final = 'any'
awkward: _tenon_np.dtype[_tenon_Any]

@_tenon_bound
def bound(x: _tenon_Float) -> float:
    """Parameters
    ----------
    x : float

    Returns
    -------
    float
    """

@_tenon_bound
def Buffer(x: NDArray[_tenon_np.float64] | _tenon_Buffer) -> float:
    """Parameters
    ----------
    x : float64[n]

    Returns
    -------
    float
    """

@_tenon_bound
def str(
    s: _tenon_str | bytes,
    k: _tenon_Int,
    *,
    y: NDArray[_tenon_np.float64] | _tenon_Buffer | None = None,
) -> _tenon_tuple[float, float]:
    """Parameters
    ----------
    s : str
    k : int

    Returns
    -------
    float
    y : float
        the same
    """

@_tenon_bound
def make(k: _tenon_Int) -> _tenon_Any:
    """Parameters
    ----------
    k : int

    Returns
    -------
    awkward
    """
