# SPDX-License-Identifier: BSD-3-Clause
from inspect import Signature
from types import MethodType
from typing import Any, final

class CallError(RuntimeError):
    """A C function returned an error code."""

    code: int
    function: str
    point: tuple[int, ...] | None

@final
class Function:
    """A bound C function."""

    __name__: str
    __qualname__: str
    __module__: str
    @property
    def __signature__(self) -> Signature: ...
    @property
    def signature(self) -> str | None:
        """What one point of a batch takes, in NumPy's notation for generalised ufuncs; None if there is no batch."""
    @property
    def ufunc(self) -> Any:
        """A numpy.ufunc over the same loop."""
    @property
    def source(self) -> str:
        """Where the C prototype stands: file:line:column."""
    @property
    def _inputs(self) -> list[tuple[str, Any]]: ...
    def __call__(self, /, *args: Any, **kwargs: Any) -> Any: ...
    def __get__(self, instance: object, owner: type | None = None, /) -> MethodType | Function: ...
    def batch(self, /, *args: Any, **kwargs: Any) -> Any:
        """Call C for every point of the leading dimensions; inputs are broadcast."""
    def coerce(self, /, *args: Any, **kwargs: Any) -> Any:
        """Convert what C only reads, then call C."""

@final
class Overloads:
    """Several bound functions under one name: element types and numbers of dimensions decide."""

    __name__: str
    __qualname__: str
    __module__: str
    candidates: tuple[Function, ...]
    def __call__(self, /, *args: Any, **kwargs: Any) -> Any: ...
    def __get__(self, instance: object, owner: type | None = None, /) -> MethodType | Overloads: ...
    def batch(self, /, *args: Any, **kwargs: Any) -> Any: ...

_api: object
