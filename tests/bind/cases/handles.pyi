# Made by tenon; do not edit.
from typing import Any, Never

import numpy as np
from numpy.typing import NDArray

from tenon import Handle
from tenon.typing import Buffer, Float, Int, bound

class table(Handle):
    """A table of numbers that grows by rows.

    Its numbers are one array, which is shown and not copied.

    An empty one.

    Parameters
    ----------
    columns : int
        numbers in a row
    """

    def __init__(self, columns: Int) -> None:
        ...

    @staticmethod
    def from_(x: NDArray[np.float64] | Buffer) -> table:
        """One with the values of a matrix.

        Parameters
        ----------
        x : float64[m, n]

        Returns
        -------
        table
        """

    def copy(self) -> table:
        """Another one with the same values.

        Returns
        -------
        table
        """

    @property
    def values(self) -> NDArray[Any]:
        """The numbers."""

    def append(self, row: NDArray[np.float64] | Buffer) -> None:
        """Add a row at the end.

        Parameters
        ----------
        row : float64[n]
            as many numbers as there are columns
        """

    @property
    def rows(self) -> int:
        """How many rows."""

    @property
    def extents(self) -> tuple[int, int]:
        """Both extents."""

    @property
    def scale(self) -> float:
        """What every sum is multiplied by."""

    @scale.setter
    def scale(self, scale: Float) -> None:
        ...

    def sum(self, other: table | None = None) -> float:
        """The sum of all numbers, and of another table's.

        Parameters
        ----------
        other : table | None, optional

        Returns
        -------
        float
        """

    def import_(self, self_: Int) -> int:
        """A name of C that Python keeps for itself.

        Parameters
        ----------
        self_ : int

        Returns
        -------
        int
        """

    def __buffer__(self, flags: int, /) -> memoryview: ...
    def __array__(self, dtype: Any = None, copy: Any = None) -> Any: ...
    def __dlpack__(self, **options: Any) -> Any: ...
    def __dlpack_device__(self) -> tuple[int, int]: ...

class point(Handle):
    """A point of the plane.

    Parameters
    ----------
    x : float
    y : float
    """

    def __init__(self, x: Float, y: Float) -> None:
        ...

    @property
    def x(self) -> float:
        ...

    @x.setter
    def x(self, x: Float) -> None:
        ...

class counter(Handle):
    def __init__(self, made_by_c_alone: Never, /) -> None: ...

    def next(self) -> int:
        """Returns
        -------
        int
        """

@bound
def same_extents(a: table, b: table) -> bool:
    """No method: it takes two tables alike.

    Parameters
    ----------
    a : table
    b : table

    Returns
    -------
    bool
    """

@bound
def start(from_: Int) -> counter:
    """Parameters
    ----------
    from_ : int

    Returns
    -------
    counter
    """

@bound
def arrange(n: Int) -> NDArray[Any]:
    """The numbers from 0 to n - 1.

    Parameters
    ----------
    n : int

    Returns
    -------
    array
    """

@bound
def keep(x: NDArray[Any] | Buffer | None = None) -> None:
    """Keep an array until the next one comes.

    Parameters
    ----------
    x : array | None, optional
    """
