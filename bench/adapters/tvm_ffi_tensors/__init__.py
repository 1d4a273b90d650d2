# SPDX-License-Identifier: BSD-3-Clause
"""tvm-ffi where callers keep tvm_ffi.Tensor: the modules are those of the adapter tvm_ffi, in its folder, built once.

Each ndarray is made a Tensor before the call (tvm_ffi.from_dlpack), and results stay Tensors: what calls cost where
arrays need not go through DLPack each time. The exception is an array that the timed expression itself makes.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy as np

from adapters import tvm_ffi


def functions(modules: Mapping[str, ModuleType]) -> dict[str, Any]:
    ten, more = modules["functions"], modules["more"]
    tensors = {"doubled": ten.doubled_tensor, "handed": more.handed_tensor, "aligned": more.aligned_tensor}
    return tvm_ffi.functions(modules) | tensors | {"series": more.series_of_tensors}


def held(argument: Any) -> Any:
    from tvm_ffi import from_dlpack

    return from_dlpack(argument) if isinstance(argument, np.ndarray) else argument


PEER = replace(tvm_ffi.PEER, name="tvm-ffi, Tensor kept", functions=functions, held=held)
