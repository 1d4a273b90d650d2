# SPDX-License-Identifier: BSD-3-Clause
"""The types that stubs of bound modules are written in. Needs no NumPy at run time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import (
    TYPE_CHECKING,
    Any,
    ParamSpec,
    Protocol,
    SupportsComplex,
    SupportsFloat,
    SupportsIndex,
    TypeAlias,
    TypeVar,
)

if TYPE_CHECKING:
    import numpy

P = ParamSpec("P")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


class SupportsBuffer(Protocol):
    """Holds memory: bytes, bytearray, memoryview, array.array, ctypes arrays, NumPy arrays …"""

    def __buffer__(self, flags: int, /) -> memoryview: ...


class SupportsArrayInterface(Protocol):
    """Holds memory and says so through __array_interface__."""

    @property
    def __array_interface__(self) -> dict[str, Any]: ...


Buffer: TypeAlias = SupportsBuffer | SupportsArrayInterface
"""Any object that holds an array. Element type and shape are checked when it is passed, not by type checkers."""

Row = TypeVar("Row")
Rows: TypeAlias = Sequence[Row | Buffer]
"""What a C function that takes an array of pointers to rows is given, if it is not one array: an array for each row."""

Int: TypeAlias = SupportsIndex
Float: TypeAlias = SupportsFloat | SupportsIndex
Complex: TypeAlias = SupportsComplex | SupportsFloat | SupportsIndex
Bool: TypeAlias = "bool | numpy.bool_ | SupportsIndex"
Structure: TypeAlias = "Mapping[str, Any] | tuple[Any, ...] | numpy.void | Buffer"
"""One C structure: a mapping with its fields, a (named) tuple of them, or a structured scalar or 0-d array."""


class Bound(Protocol[P, R_co]):
    """A bound C function."""

    __name__: str
    __qualname__: str
    __module__: str

    @property
    def signature(self) -> str | None:
        """What one point of a batch takes, in NumPy's notation for generalised ufuncs; None if there is no batch."""

    @property
    def ufunc(self) -> numpy.ufunc:
        """A numpy.ufunc over the same loop."""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...

    def batch(self, *args: Any, **kwargs: Any) -> Any:
        """Call C for every point of the leading dimensions; inputs are broadcast."""

    def coerce(self, *args: Any, **kwargs: Any) -> R_co:
        """Convert what C only reads, then call C."""


class Overloaded(Protocol[P, R_co]):
    """Several bound functions under one name."""

    __name__: str
    __qualname__: str
    __module__: str

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...

    def batch(self, *args: Any, **kwargs: Any) -> Any:
        """Call C for every point of the leading dimensions; inputs are broadcast."""


if TYPE_CHECKING:

    def bound(function: Callable[P, R]) -> Bound[P, R]:
        """Stands in stubs before the signature of a bound C function."""

    def overloaded(function: Callable[P, R]) -> Overloaded[P, R]:
        """Stands in stubs before the joint signature of several."""
