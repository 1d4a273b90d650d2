# SPDX-License-Identifier: BSD-3-Clause
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from inspect import Signature
from types import MethodType, TracebackType
from typing import Any, Literal, Self, SupportsIndex, final

from typing_extensions import disjoint_base

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
    def _inputs(self) -> list[tuple[str, Any, bool, bool]]: ...
    def __call__(self, /, *args: Any, **kwargs: Any) -> Any: ...
    def __get__(self, instance: object, owner: type | None = None, /) -> MethodType | Function: ...
    def batch(self, /, *args: Any, **kwargs: Any) -> Any:
        """Call C for every point of the leading dimensions; inputs are broadcast."""
    def coerce(self, /, *args: Any, **kwargs: Any) -> Any:
        """Convert what C only reads, then call C."""

@disjoint_base
class Handle:
    """The base of the classes of C."""

    @property
    def closed(self) -> bool:
        """Whether the object of C is gone: closed, or never made."""
    def close(self) -> None:
        """Free the object of C now, rather than when nothing refers to it any more."""
    def __enter__(self) -> Self: ...
    def __exit__(self, *exception: object) -> None: ...

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

@final
class DType:
    """An element type: what one element of an array is, byte for byte."""

    def __new__(cls, type: Any) -> Self: ...
    @property
    def kind(self) -> str: ...
    @property
    def itemsize(self) -> int: ...
    @property
    def alignment(self) -> int: ...
    @property
    def byteorder(self) -> str: ...
    @property
    def format(self) -> str | None: ...
    @property
    def typestr(self) -> str | None: ...
    @property
    def descr(self) -> list[Any] | None: ...
    @property
    def names(self) -> tuple[str, ...] | None: ...
    @property
    def fields(self) -> Mapping[str, tuple[DType, int]] | None: ...
    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def base(self) -> DType: ...
    @property
    def dtype(self) -> Any:
        """The numpy.dtype."""

@final
class Span:
    """Memory of any layout, not copied: a memoryview that does everything."""

    def __new__(cls, object: Any) -> Self: ...
    @property
    def obj(self) -> Any: ...
    @property
    def owner(self) -> Any: ...
    @property
    def nbytes(self) -> int: ...
    @property
    def readonly(self) -> bool: ...
    @property
    def dtype(self) -> DType: ...
    @property
    def format(self) -> str | None: ...
    @property
    def itemsize(self) -> int: ...
    @property
    def ndim(self) -> int: ...
    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def strides(self) -> tuple[int, ...]: ...
    @property
    def suboffsets(self) -> tuple[int, ...]: ...
    @property
    def address(self) -> int: ...
    @property
    def c_contiguous(self) -> bool: ...
    @property
    def f_contiguous(self) -> bool: ...
    @property
    def contiguous(self) -> bool: ...
    @property
    def T(self) -> Span: ...
    def transpose(self, /, *axes: Any) -> Span: ...
    def reshape(self, /, *shape: SupportsIndex | Iterable[SupportsIndex], order: Literal["C", "F"] = "C") -> Span: ...
    def toreadonly(self) -> Span: ...
    def copy(self, order: Literal["C", "F", "K", "rows"] = "C") -> Span:
        """The same elements in new memory."""
    def copy_from(self, source: Any, casting: Literal["no", "exact", "c"] = "no") -> None:
        """Write the elements of `source`, broadcast to this shape, into this memory."""
    def copy_to(self, target: Any, casting: Literal["no", "exact", "c"] = "no") -> None:
        """Write these elements into the memory of `target`."""
    def fill(self, value: Any, /) -> None:
        """Write `value` to every element."""
    def numpy(self) -> Any:
        """A numpy.ndarray over the same memory."""
    def __getitem__(self, key: Any, /) -> Any: ...
    def __setitem__(self, key: Any, value: Any, /) -> None: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __contains__(self, value: object, /) -> bool: ...
    def index(self, value: Any, start: SupportsIndex = 0, stop: SupportsIndex = ..., /) -> int:
        """The position of the first item along the first axis that equals the value."""
    def count(self, value: Any, /) -> int:
        """How many items along the first axis equal the value."""
    def __hash__(self) -> int: ...
    def tolist(self) -> Any:
        """The elements as Python values, in nested lists; one value where there is no dimension."""
    def tobytes(self, order: Literal["C", "F", "A"] | None = "C") -> bytes:
        """A copy of the elements, contiguous in C or Fortran order; "A": "F" for what is Fortran-contiguous."""
    def hex(self, sep: str | bytes = ..., bytes_per_sep: SupportsIndex = ...) -> str:
        """The bytes of tobytes() in hexadecimal, as bytes.hex() writes them."""
    def cast(self, format: Any, shape: list[int] | tuple[int, ...] | None = None) -> Span:
        """The same bytes as elements of another type (whatever DType() takes), in one dimension or in `shape`."""
    def release(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None, /
    ) -> None: ...
    if sys.version_info >= (3, 12):
        def __buffer__(self, flags: int, /) -> memoryview: ...

    def __dlpack__(
        self,
        *,
        stream: None = None,
        max_version: tuple[int, int] | None = None,
        dl_device: tuple[int, int] | None = None,
        copy: bool | None = None,
    ) -> Any:
        """The memory as a DLPack tensor in a capsule."""
    def __dlpack_device__(self) -> tuple[int, int]: ...
    __dlpack_c_exchange_api__: Any
    def __arrow_c_schema__(self) -> Any: ...
    def __arrow_c_array__(self, requested_schema: Any = None) -> tuple[Any, Any]:
        """The memory as an Arrow array, in two capsules."""
    @property
    def __array_interface__(self) -> dict[str, Any]: ...
    @property
    def __array_struct__(self) -> Any: ...
    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        """An ndarray over the same memory; of a copy where `dtype` or `copy` ask for one."""
    def __reduce_ex__(self, protocol: SupportsIndex, /) -> tuple[Any, ...]: ...

@final
class growable:
    """A container of C elements that grows at its end, by amortised doubling."""

    def __new__(cls, dtype: Any, values: Any = ()) -> Self: ...
    @property
    def dtype(self) -> DType: ...
    @property
    def capacity(self) -> int:
        """How many elements there is room for without moving any."""
    def append(self, value: Any, /) -> None: ...
    def extend(self, values: Any, /) -> None:
        """Add the elements of an array, or of any iterable: all, or none if one does not fit."""
    def resize(self, length: SupportsIndex, /) -> None:
        """Cut it, or add elements that are zero."""
    def reserve(self, capacity: SupportsIndex, /) -> None:
        """Make room, so that growing up to there moves nothing."""
    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any: ...
    def view(self) -> Span:
        """All elements. Until it is released or dies, the container can't grow."""
    def __getitem__(self, key: Any, /) -> Any: ...
    def __setitem__(self, key: Any, value: Any, /) -> None: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Any]: ...
    if sys.version_info >= (3, 12):
        def __buffer__(self, flags: int, /) -> memoryview: ...

def empty(
    shape: SupportsIndex | Sequence[SupportsIndex], dtype: Any = "float64", order: Literal["C", "F", "rows"] = "C"
) -> Span:
    """New memory, whose elements are whatever lay there."""

def zeros(
    shape: SupportsIndex | Sequence[SupportsIndex], dtype: Any = "float64", order: Literal["C", "F", "rows"] = "C"
) -> Span:
    """New memory, every byte zero."""

def lend(
    source: Any,
    shape: SupportsIndex | Sequence[SupportsIndex],
    dtype: Any,
    *,
    strides: SupportsIndex | Sequence[SupportsIndex] | None = None,
    readonly: bool = False,
    owner: object = None,
    release: Callable[[], object] | None = None,
) -> Span:
    """Memory that lies at an address."""
def rows(sequence: Any, *, dtype: Any = None, readonly: bool | None = None) -> Span:
    """Buffers that lie anywhere as one Span, whose first axis leads through a table of pointers: C's `T **`."""

@disjoint_base
class Exporter:
    """An object that shows a Span as its buffer."""

    @property
    def _span(self) -> Span | None: ...
    @property
    def _views(self) -> int: ...
    def _show(self, span: Span, /) -> None: ...
    if sys.version_info >= (3, 12):
        def __buffer__(self, flags: int, /) -> memoryview: ...

def _format_dtype(format: str, /) -> DType: ...
def _table_at(address: int, rows: int, columns: int, dtype: DType, readonly: bool, keeper: object, /) -> Span: ...
def _reinterpreted(span: Span, dtype: DType, /) -> Span: ...
def _copy_bytes(to: Span, source: Span, /) -> None: ...
def _rebuild_span(buffer: Any, dtype: DType, shape: tuple[int, ...], order: str, readonly: bool, /) -> Span: ...

_api: object
