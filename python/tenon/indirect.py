# SPDX-License-Identifier: BSD-3-Clause
"""Memory of two dimensions that C reaches through a table of pointers (``T **``).

The classes have the names, the arguments and the exceptions of the project indirect_buffer, so that its users can
change an import. New code will find ``tenon.rows``, ``tenon.zeros`` and ``tenon.Span`` simpler: they have any number of
dimensions, and a bound C function takes a plain list of arrays where it wants a ``T **``.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Iterable
from typing import Any

from tenon import _core
from tenon._core import DType, Span, zeros
from tenon._core import rows as _stack

__all__ = ["BufferCollection2D", "FormatError", "IndirectMemory2D"]


class FormatError(struct.error, ValueError):
    """A format that says nothing, or that the struct module and PEP 3118 do not know."""


class IndirectMemory2D(_core.Exporter):
    """Rows of one length, each anywhere in memory; made by one of the functions below, not by calling the class."""

    # --- making -------------------------------------------------------------------------------------------------------

    @staticmethod
    def create_memory(rows: int, cols: int, format: str | bytes, readonly: bool = False) -> IndirectMemory2D:
        """New memory, all bytes zero, each row in a block of its own."""
        span = zeros((rows, cols), _dtype(format), order="rows")
        return _showing(span.toreadonly() if readonly else span)

    @staticmethod
    def create(rows: int, cols: int, format: str | bytes, readonly: bool = False) -> IndirectMemory2D:
        """The same as create_memory."""
        return IndirectMemory2D.create_memory(rows, cols, format, readonly)

    @staticmethod
    def from_ptr(ptr: Any, rows: int, cols: int, format: str | bytes, readonly: bool = False) -> IndirectMemory2D:
        """Memory that belongs to somebody else, who must keep it longer than this object and its views live.

        `ptr` is the address of the table of pointers: an integer, or a pointer or an array of ctypes, which is kept.
        """
        return IndirectMemory2D.from_ptr_with_memory_nanny(ptr, rows, cols, format, readonly, None)

    @staticmethod
    def from_ptr_with_memory_nanny(
        ptr: Any, rows: int, cols: int, format: str | bytes, readonly: bool, memory_nanny: Any
    ) -> IndirectMemory2D:
        """The same, with an owner, which is kept as long as this object or a view of it lives, and may free it then."""
        address, kept = (ptr, None) if isinstance(ptr, int) else (_address_of_table(ptr), ptr)
        return _showing(_core._table_at(address, rows, cols, _dtype(format), readonly, (kept, memory_nanny)))

    @staticmethod
    def from_ctype_ptr(ptr: Any, rows: int, cols: int, readonly: bool = False) -> IndirectMemory2D:
        """Memory of ctypes: an array of pointers to numbers, or a pointer to such pointers. `ptr` is kept alive."""
        element = _element_type(ptr)
        if isinstance(ptr, ctypes.Array) and len(ptr) < rows:
            raise BufferError(f"less rows than expected: {len(ptr)} vs. {rows}")
        return _showing(_core._table_at(_address_of_table(ptr), rows, cols, DType(element), readonly, ptr))

    @staticmethod
    def view_from_rows(array2d: Any, readonly: bool = False) -> IndirectMemory2D:
        """The rows of an array of two dimensions, each of which must be contiguous; an array of one is one row."""
        span = _of_at_most_two_dimensions(array2d, readonly)
        if span.shape[-1] > 1 and span.strides[-1] != span.itemsize:
            raise BufferError("rows of the buffer-object aren't contiguous")
        return _showing(_rows_of(span, readonly))

    @staticmethod
    def view_from_columns(array2d: Any, readonly: bool = False) -> IndirectMemory2D:
        """The columns of an array of two dimensions as rows; each must be contiguous."""
        span = _of_at_most_two_dimensions(array2d, readonly)
        if span.shape[0] > 1 and span.strides[0] != span.itemsize:
            raise BufferError("columns of the buffer-object aren't contiguous")
        return _showing(_rows_of(span.T, readonly))

    # --- what it is ---------------------------------------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows and columns."""
        return self._shown().shape

    @property
    def readonly(self) -> bool:
        return self._shown().readonly

    def get_format(self) -> bytes:
        """The format of one element, as in the struct module."""
        format = self._shown().format
        if format is None:
            raise BufferError(f"the buffer protocol has no format for {self._shown().dtype}")
        return format.encode()

    def _shown(self) -> Span:
        if self._span is None:
            raise TypeError(f"{type(self).__name__} is made by create_memory(), view_from_rows() and the like")
        return self._span

    def reinterpret_data(self, new_format: str | bytes) -> None:
        """The same bytes as elements of another format, as many to a row as there are.

        BufferError while a view is alive, unless the formats mean the same; and where a row is not made of whole ones.
        """
        span, dtype = self._shown(), _dtype(new_format)
        if self._views > 0 and dtype == span.dtype:
            return
        self._show(_core._reinterpreted(span, dtype))

    # --- copying ------------------------------------------------------------------------------------------------------

    def copy_from(self, obj: Any, cast: bool = False) -> None:
        """Copy from any buffer of the same shape and element type; with `cast`, of the same itemsize, byte for byte."""
        _copy(self._shown(), Span(obj), cast)

    def copy_to(self, obj: Any, cast: bool = False) -> None:
        """Copy into any buffer of the same shape and element type; with `cast`, of the same itemsize, byte for byte."""
        _copy(Span(obj), self._shown(), cast)


class BufferCollection2D(IndirectMemory2D):
    """Buffers as the rows of one array; all are held as long as it or a view of it lives. Read-only if any of them is.

    They must have one element type and one number of elements, which `format` and `column_count` may say. With
    `unravel`, a C-contiguous buffer of several dimensions is one row, its elements in order; without, it is refused.
    """

    def __init__(
        self, rows: Iterable[Any], column_count: int = -1, format: str | bytes | None = None, unravel: bool = True
    ) -> None:
        dtype = None if format is None else _dtype(format)
        found = []
        for number, obj in enumerate(rows):
            row = Span(obj)
            dtype = dtype or row.dtype
            column_count = _check_row(number, row, dtype, column_count, unravel)
            found.append(row.reshape((column_count,)))
        if dtype is None:
            dtype = _dtype("B")
        span = _stack(found) if found else _core._table_at(0, 0, max(column_count, 0), dtype, False, None)
        keeps_spelling = format is not None or len(dtype.format or "") == 1
        self._show(_core._reinterpreted(span, dtype) if keeps_spelling else span)

    def make_read_only(self) -> None:
        """Let no view made from now on be written to; BufferError while a view that is not read-only is alive."""
        span = self._shown()
        if not span.readonly:
            self._show(span.toreadonly())


# --- steps ------------------------------------------------------------------------------------------------------------


def _showing(span: Span) -> IndirectMemory2D:
    memory = IndirectMemory2D()
    memory._show(span)
    return memory


def _rows_of(span: Span, readonly: bool) -> Span:
    return _stack([span] if span.ndim == 1 else span, readonly=readonly or None)


def _dtype(format: str | bytes) -> DType:
    text = format.decode("latin-1") if isinstance(format, bytes) else format
    try:
        return _core._format_dtype(text)
    except ValueError as error:
        raise FormatError(str(error)) from None


def _shown_format(dtype: DType) -> str:
    return repr(str(dtype.format).encode())


def _check_row(number: int, row: Span, dtype: DType, columns: int, unravel: bool) -> int:
    """Returns the number of columns."""
    if not unravel and row.ndim != 1:
        raise BufferError(
            f"{number}. object has dimensionality: {row.ndim}, but only one-dimensional objects are accepted"
        )
    if row.dtype != dtype:
        raise BufferError(
            f"{number}. object, expected format: [{_shown_format(dtype)}], found format: [{_shown_format(row.dtype)}]"
        )
    if not row.c_contiguous:
        raise BufferError(f"{number}. object is not C-contiguous, so that its elements in order are no row")
    length = row.nbytes // row.itemsize
    if columns not in (-1, length):
        raise BufferError(f"{number}. object, expected column count: {columns}, found column count: {length}")
    return length


def _of_at_most_two_dimensions(array2d: Any, readonly: bool) -> Span:
    span = Span(array2d)
    if span.ndim > 2:
        raise BufferError(f"expected at most 2 but found {span.ndim} dimensions")
    if span.ndim == 0:
        raise BufferError("expected 1 or 2 but found 0 dimensions")
    if span.readonly and not readonly:
        kind = ValueError if hasattr(array2d, "__array_interface__") else BufferError
        raise kind("buffer source array is read-only; say readonly=True to look at it only")
    return span


_POINTER = type(ctypes.POINTER(ctypes.c_char))


def _is_pointer(kind: Any) -> bool:
    return isinstance(kind, _POINTER)


def _element_type(ptr: Any) -> Any:
    """T, where `ptr` is an array of POINTER(T), or a POINTER(POINTER(T))."""
    is_table = isinstance(ptr, ctypes.Array) or _is_pointer(type(ptr))
    row: Any = type(ptr)._type_ if is_table else None
    if not _is_pointer(row) or _is_pointer(row._type_):
        raise BufferError(f"wrong format: {_format_of(ptr)!r}, where a pointer to pointers to numbers is needed")
    return row._type_


def _format_of(ptr: Any) -> bytes:
    with memoryview(ptr) as view:
        return view.format.encode()


def _address_of_table(ptr: Any) -> int:
    if isinstance(ptr, ctypes.Array):
        return ctypes.addressof(ptr)
    try:
        return ctypes.cast(ptr, ctypes.c_void_p).value or 0
    except ctypes.ArgumentError:
        raise TypeError(f"the address of a table of pointers is required, got {type(ptr).__name__}") from None


def _copy(to: Span, source: Span, cast: bool) -> None:
    if to.readonly:
        raise BufferError("copying to readonly buffer")
    for span in (to, source):
        if span.ndim != 2:
            raise BufferError(f"wrong number of dimensions: expected 2, received {span.ndim}")
    if to.shape != source.shape:
        raise BufferError(f"different shapes: {to.shape} and {source.shape}")
    if not cast and to.dtype != source.dtype:
        raise BufferError(f"different formats: {to.format} and {source.format}")
    if to.itemsize != source.itemsize:
        raise BufferError(f"different itemsizes: {to.itemsize} and {source.itemsize}")
    _core._copy_bytes(to, source)
