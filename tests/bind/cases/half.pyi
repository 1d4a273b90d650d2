# Made by tenon; do not edit.

import numpy as np
from numpy.typing import NDArray

from tenon.typing import Buffer, bound

@bound
def half_sum(x: NDArray[np.float16] | Buffer) -> float:
    """Parameters
    ----------
    x : float16[n]

    Returns
    -------
    float
    """
