# SPDX-License-Identifier: BSD-3-Clause
"""DLPack and Arrow as their documents say them, in ctypes: what tests export, and what they compare exports with.

Written from the documents alone, independently of the engine. What was handed out counts how often it was given back.
"""

import ctypes
from collections.abc import Sequence
from ctypes import (
    CFUNCTYPE,
    POINTER,
    c_char_p,
    c_int,
    c_int32,
    c_int64,
    c_uint8,
    c_uint16,
    c_uint32,
    c_uint64,
    c_void_p,
)
from typing import Any

_new = ctypes.pythonapi.PyCapsule_New
_new.argtypes, _new.restype = [c_void_p, c_char_p, c_void_p], ctypes.py_object
_get = ctypes.pythonapi.PyCapsule_GetPointer
_get.argtypes, _get.restype = [c_void_p, c_char_p], c_void_p
_get_name = ctypes.pythonapi.PyCapsule_GetName
_get_name.argtypes, _get_name.restype = [c_void_p], c_char_p
_set_name = ctypes.pythonapi.PyCapsule_SetName
_set_name.argtypes, _set_name.restype = [c_void_p, c_char_p], c_int

DLTENSOR, USED_DLTENSOR = b"dltensor", b"used_dltensor"
VERSIONED, USED_VERSIONED = b"dltensor_versioned", b"used_dltensor_versioned"
SCHEMA, ARRAY = b"arrow_schema", b"arrow_array"
EXCHANGE = b"dlpack_exchange_api"

READ_ONLY, IS_COPIED = 1, 2
INT, UINT, FLOAT, OPAQUE, BFLOAT, COMPLEX, BOOL = range(7)


class DLTensor(ctypes.Structure):
    _fields_ = [
        ("data", c_void_p),
        ("device_type", c_int32),
        ("device_id", c_int32),
        ("ndim", c_int32),
        ("code", c_uint8),
        ("bits", c_uint8),
        ("lanes", c_uint16),
        ("shape", POINTER(c_int64)),
        ("strides", POINTER(c_int64)),
        ("byte_offset", c_uint64),
    ]


class Managed(ctypes.Structure):
    """DLManagedTensor, of before 1.0."""

    _fields_ = [("tensor", DLTensor), ("context", c_void_p), ("deleter", c_void_p)]


class ManagedVersioned(ctypes.Structure):
    _fields_ = [
        ("major", c_uint32),
        ("minor", c_uint32),
        ("context", c_void_p),
        ("deleter", c_void_p),
        ("flags", c_uint64),
        ("tensor", DLTensor),
    ]


class ExchangeAPI(ctypes.Structure):
    _fields_ = [
        ("major", c_uint32),
        ("minor", c_uint32),
        ("prev_api", c_void_p),
        ("managed_tensor_allocator", c_void_p),
        ("managed_tensor_from_py_object_no_sync", c_void_p),
        ("managed_tensor_to_py_object_no_sync", c_void_p),
        ("dltensor_from_py_object_no_sync", c_void_p),
        ("current_work_stream", c_void_p),
    ]


class Schema(ctypes.Structure):
    pass


Schema._fields_ = [
    ("format", c_char_p),
    ("name", c_char_p),
    ("metadata", c_char_p),
    ("flags", c_int64),
    ("n_children", c_int64),
    ("children", POINTER(POINTER(Schema))),
    ("dictionary", POINTER(Schema)),
    ("release", c_void_p),
    ("private_data", c_void_p),
]


class Array(ctypes.Structure):
    pass


Array._fields_ = [
    ("length", c_int64),
    ("null_count", c_int64),
    ("offset", c_int64),
    ("n_buffers", c_int64),
    ("n_children", c_int64),
    ("buffers", POINTER(c_void_p)),
    ("children", POINTER(POINTER(Array))),
    ("dictionary", POINTER(Array)),
    ("release", c_void_p),
    ("private_data", c_void_p),
]

Callback = CFUNCTYPE(None, c_void_p)

# --- capsules ---------------------------------------------------------------------------------------------------------


def name_of(capsule: object) -> bytes | None:
    name: bytes | None = _get_name(id(capsule))
    return name


def pointer(capsule: object, structure: type[Any]) -> Any:
    """What a capsule holds, as a structure in its memory."""
    return structure.from_address(_get(id(capsule), name_of(capsule)))


def rename(capsule: object, name: bytes) -> None:
    """As consumers do; the name must live as long as the capsule."""
    assert _set_name(id(capsule), name) == 0


class Counted:
    """A structure that was handed out: how often it was given back."""

    def __init__(self) -> None:
        self.returned = 0


# --- exporting tensors ------------------------------------------------------------------------------------------------


def _numbers(values: Sequence[int] | None) -> Any:
    return None if values is None else (c_int64 * len(values))(*values)


class Tensor(Counted):
    """A managed tensor and its capsule, each field as it is told."""

    def __init__(
        self,
        address: int,
        shape: Sequence[int] | None,
        strides: Sequence[int] | None = None,
        *,
        dtype: tuple[int, int, int] = (FLOAT, 64, 1),
        device: tuple[int, int] = (1, 0),
        ndim: int | None = None,
        byte_offset: int = 0,
        version: tuple[int, int] | None = (1, 0),
        flags: int = 0,
        deleter: bool = True,
        name: bytes | None = None,
    ) -> None:
        super().__init__()
        sizes, steps = _numbers(shape), _numbers(strides)
        tensor = DLTensor(
            data=address or None,
            device_type=device[0],
            device_id=device[1],
            ndim=ndim if ndim is not None else len(shape or ()),
            code=dtype[0],
            bits=dtype[1],
            lanes=dtype[2],
            shape=ctypes.cast(sizes, POINTER(c_int64)) if sizes is not None else None,
            strides=ctypes.cast(steps, POINTER(c_int64)) if steps is not None else None,
            byte_offset=byte_offset,
        )
        self.structure: Managed | ManagedVersioned
        if version is None:
            self.structure = Managed(tensor=tensor)
        else:
            self.structure = ManagedVersioned(major=version[0], minor=version[1], flags=flags, tensor=tensor)
        self._held = (sizes, steps, Callback(self._delete))
        if deleter:
            self.structure.deleter = ctypes.cast(self._held[2], c_void_p)
        unused = name if name is not None else DLTENSOR if version is None else VERSIONED
        self._name = unused
        self.capsule = _new(ctypes.addressof(self.structure), unused or None, None)

    def _delete(self, address: int) -> None:
        assert address == ctypes.addressof(self.structure)
        self.returned += 1


# --- exporting Arrow arrays -------------------------------------------------------------------------------------------


class Node(Counted):
    """One node of an Arrow array with its schema, each field as it is told."""

    def __init__(
        self,
        format: bytes | None,
        length: int,
        buffers: Sequence[int | None] | None = (),
        *,
        children: Sequence["Node | None"] = (),
        null_count: int = 0,
        offset: int = 0,
        n_buffers: int | None = None,
        n_children: int | None = None,
        dictionary: "Node | None" = None,
        released: bool = False,
    ) -> None:
        super().__init__()
        self.children = children
        count = n_children if n_children is not None else len(children)
        pointers = (c_void_p * len(buffers))(*buffers) if buffers is not None else None
        schemas = (POINTER(Schema) * len(children))(*[ctypes.pointer(c.schema) if c else None for c in children])
        arrays = (POINTER(Array) * len(children))(*[ctypes.pointer(c.array) if c else None for c in children])
        self.schema = Schema(
            format=format,
            n_children=count,
            children=ctypes.cast(schemas, POINTER(POINTER(Schema))) if children else None,
            dictionary=ctypes.pointer(dictionary.schema) if dictionary else None,
        )
        self.array = Array(
            length=length,
            null_count=null_count,
            offset=offset,
            n_buffers=n_buffers if n_buffers is not None else len(buffers or ()),
            n_children=count,
            buffers=ctypes.cast(pointers, POINTER(c_void_p)) if pointers is not None else None,
            children=ctypes.cast(arrays, POINTER(POINTER(Array))) if children else None,
            dictionary=ctypes.pointer(dictionary.array) if dictionary else None,
        )
        self._callbacks = Callback(self._release_schema), Callback(self._release_array)
        self._held = pointers, schemas, arrays, dictionary
        if not released:
            self.schema.release = ctypes.cast(self._callbacks[0], c_void_p)
            self.array.release = ctypes.cast(self._callbacks[1], c_void_p)

    def _release_schema(self, address: int) -> None:
        Schema.from_address(address).release = None

    def _release_array(self, address: int) -> None:
        self.returned += 1
        Array.from_address(address).release = None

    def capsules(self, names: tuple[bytes, bytes] = (SCHEMA, ARRAY)) -> tuple[Any, Any]:
        """Capsules without destructors: what nobody takes stays with the node."""
        self._names = names
        return _new(ctypes.addressof(self.schema), names[0], None), _new(ctypes.addressof(self.array), names[1], None)
