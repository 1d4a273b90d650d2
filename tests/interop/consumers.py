# SPDX-License-Identifier: BSD-3-Clause
"""The consumers, each as its own documentation takes foreign memory.

A consumer is asked for one thing: take a Span, and say at which address it reads, and what. What it can't take, it
refuses with an exception of its own.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cases import Case

import tenon


@dataclass
class Taken:
    address: int | None  # None: the consumer reads no memory but its own
    seen: Any  # bytes in C order, or nested lists
    in_memory_order: bool = False  # `seen` is bytes as they lie: the consumer knows no shape
    keep: Any = None  # what must live as long as the address is looked at


@dataclass(frozen=True)
class Consumer:
    name: str
    how: str  # the expression a user writes
    module: str  # what must be importable, and has the version
    take: Callable[[Case], Taken]


class _Buffer(ctypes.Structure):
    """Py_buffer, of which the stable ABI fixes the layout since Python 3.11."""

    _fields_ = [
        ("buf", ctypes.c_void_p),
        ("obj", ctypes.py_object),
        ("len", ctypes.c_ssize_t),
        ("itemsize", ctypes.c_ssize_t),
        ("readonly", ctypes.c_int),
        ("ndim", ctypes.c_int),
        ("rest", ctypes.c_void_p * 5),
    ]


def buffer_address(obj: object) -> int:
    """Where an exporter's buffer begins, whatever its layout."""
    buffer = _Buffer()
    full_read_only = 0x11C
    ctypes.pythonapi.PyObject_GetBuffer(ctypes.py_object(obj), ctypes.byref(buffer), full_read_only)
    address = buffer.buf or 0
    ctypes.pythonapi.PyBuffer_Release(ctypes.byref(buffer))
    return address


def _ndarray(array: Any) -> Taken:
    return Taken(array.ctypes.data, array.tobytes("C"), keep=array)


def _numpy_asarray(case: Case) -> Taken:
    import numpy as np

    return _ndarray(np.asarray(case.span))


def _numpy_dlpack(case: Case) -> Taken:
    import numpy as np

    return _ndarray(np.from_dlpack(case.span))


def _memoryview(case: Case) -> Taken:
    view = memoryview(case.span)
    return Taken(buffer_address(view), view.tobytes(), keep=view)


def _ctypes(case: Case) -> Taken:
    taken = (ctypes.c_char * len(case.data)).from_buffer(case.span)
    return Taken(ctypes.addressof(taken), taken.raw, True, taken)


def _cffi(case: Case) -> Taken:
    import cffi

    ffi = cffi.FFI()
    taken = ffi.from_buffer(case.span)
    return Taken(int(ffi.cast("uintptr_t", taken)), bytes(ffi.buffer(taken)), True, taken)


def _pyarrow_buffer(case: Case) -> Taken:
    import pyarrow

    taken = pyarrow.py_buffer(case.span)
    return Taken(taken.address, taken.to_pybytes(), True, taken)


def _innermost(array: Any) -> Any:
    while hasattr(array, "flatten") and array.type.num_fields:
        array = array.flatten()
    return array


def _pyarrow_array(case: Case) -> Taken:
    import pyarrow

    taken = pyarrow.array(case.span)
    values = _innermost(taken)
    address = values.buffers()[1].address + values.offset * (values.type.bit_width // 8)
    return Taken(address, taken.to_pylist(), keep=taken)


def _pandas_frame(case: Case) -> Taken:
    import numpy as np
    import pandas

    array = np.asarray(case.span)
    taken = pandas.DataFrame(array, copy=False)
    if array.dtype.names:  # each field becomes a column of its own
        return Taken(None, taken.to_records(index=False).tolist())
    inside = taken.to_numpy()
    return Taken(inside.ctypes.data, inside.tobytes("C"), keep=taken)


def _pandas_series(case: Case) -> Taken:
    import pandas

    taken = pandas.Series.from_arrow(case.span)
    inside = taken.to_numpy()
    if inside.dtype.kind == "O":  # a row each
        return Taken(None, [row.tolist() for row in inside])
    return Taken(inside.ctypes.data, inside.tobytes("C"), keep=taken)


def _jax(case: Case) -> Taken:
    os.environ["JAX_PLATFORMS"] = "cpu"
    import jax
    import numpy as np

    jax.config.update("jax_enable_x64", True)
    taken = jax.numpy.from_dlpack(case.span)
    return Taken(taken.unsafe_buffer_pointer(), np.asarray(taken).tobytes("C"), keep=taken)


def _torch(case: Case) -> Taken:
    import torch

    taken = torch.from_dlpack(case.span)
    return Taken(taken.data_ptr(), taken.tolist(), keep=taken)


def _tvm_ffi(case: Case) -> Taken:
    import tvm_ffi

    taken = tvm_ffi.from_dlpack(case.span)
    return Taken(taken.data_ptr(), tenon.Span(taken).tobytes(), keep=taken)


def _mpi4py(case: Case) -> Taken:
    from mpi4py import MPI

    received = bytearray(len(case.data))
    MPI.COMM_SELF.Sendrecv(case.span, 0, recvbuf=[received, len(received), MPI.BYTE], source=0)
    return Taken(MPI.buffer.frombuffer(case.span, readonly=True).address, bytes(received), True)


def _h5py(case: Case) -> Taken:
    import h5py

    with h5py.File("memory", "w", driver="core", backing_store=False) as file:
        dataset = file.create_dataset("x", data=case.span)
        return Taken(None, dataset[()].tobytes("C"))


_CYTHON = """# cython: language_level=3
from cython cimport view

ctypedef packed struct pair:
    int i
    float f

def float64_2d(const double[:, :] x): return <size_t>&x[0, 0], [[v for v in row] for row in x]
def empty(const double[:, :] x): return 0, [[v for v in row] for row in x]
def float64_1d(const double[:] x): return <size_t>&x[0], [v for v in x]
def structure(const pair[:] x): return <size_t>&x[0], [(x[k].i, x[k].f) for k in range(x.shape[0])]
def complexes(const double complex[:] x): return <size_t>&x[0], [v for v in x]
def half(const unsigned short[:] x): return <size_t>&x[0], [v for v in x]
def indirect(const double[::view.indirect, ::1] x):
    return <size_t>&x[0, 0], [[x[i, j] for j in range(x.shape[1])] for i in range(x.shape[0])]
"""

_CYTHON_FUNCTION = {
    "structure": "structure",
    "half": "half",
    "bfloat16": "half",
    "complex": "complexes",
    "big-endian": "float64_1d",
    "0-d": "float64_1d",
    "indirect": "indirect",
    "empty": "empty",
}


def _cython_module() -> Any:
    import pyximport

    folder = Path(tempfile.gettempdir()) / f"tenon-interop-{os.getpid()}"
    folder.mkdir(exist_ok=True)
    source = folder / "tenon_views.pyx"
    if not source.exists():
        source.write_text(_CYTHON)
        pyximport.install(build_dir=str(folder / "build"), language_level=3)
        import sys

        sys.path.insert(0, str(folder))
    return importlib.import_module("tenon_views")


def _cython(case: Case) -> Taken:
    function = getattr(_cython_module(), _CYTHON_FUNCTION.get(case.name, "float64_2d"))
    address, values = function(case.span)
    return Taken(address, values)


CONSUMERS = (
    Consumer("NumPy", "np.asarray(span)", "numpy", _numpy_asarray),
    Consumer("NumPy, DLPack", "np.from_dlpack(span)", "numpy", _numpy_dlpack),
    Consumer("memoryview", "memoryview(span)", "sys", _memoryview),
    Consumer("ctypes", "(c_char * n).from_buffer(span)", "ctypes", _ctypes),
    Consumer("cffi", "ffi.from_buffer(span)", "cffi", _cffi),
    Consumer("Cython", "const double[:, :] x = span", "Cython", _cython),
    Consumer("PyTorch", "torch.from_dlpack(span)", "torch", _torch),
    Consumer("JAX", "jnp.from_dlpack(span)", "jax", _jax),
    Consumer("tvm-ffi", "tvm_ffi.from_dlpack(span)", "tvm_ffi", _tvm_ffi),
    Consumer("pyarrow, array", "pa.array(span)", "pyarrow", _pyarrow_array),
    Consumer("pyarrow, buffer", "pa.py_buffer(span)", "pyarrow", _pyarrow_buffer),
    Consumer("pandas, frame", "pd.DataFrame(np.asarray(span), copy=False)", "pandas", _pandas_frame),
    Consumer("pandas, series", "pd.Series.from_arrow(span)", "pandas", _pandas_series),
    Consumer("mpi4py", "comm.Send(span, dest)", "mpi4py", _mpi4py),
    Consumer("h5py", 'file.create_dataset("x", data=span)', "h5py", _h5py),
)
