# SPDX-License-Identifier: BSD-3-Clause
"""tvm-ffi: C++ functions over TensorView, called with ndarrays as they are.

Choices, and where tvm-ffi's documentation says so:

- Arguments are TensorView, results Tensor ("Tensor and DLPack"); typed functions are exported by
  TVM_FFI_DLL_EXPORT_TYPED_FUNC ("Function and Module"). An ndarray comes through its __dlpack__.
- Device, element type, dimensions, order and sizes are checked by hand with TVM_FFI_CHECK ("Kernel Library Guide",
  validate inputs), and alignment. tvm-ffi asks for DLPack's older form, which can't say that memory is read-only: NumPy
  refuses to export read-only arrays so.
- Built by a raw command ("Quick Start"): the compiler with what tvm-ffi-config says, with -O3 and -fvisibility=hidden;
  loaded by tvm_ffi.load_module.
- release_gil = False (Function.release_gil): by default calls release the GIL, which costs more than these functions.
- sum_bytes takes ffi::Bytes ("Any and AnyView"): up to seven bytes lie in the value itself, more are copied.
- New memory is a Tensor of Tensor::FromNDAlloc (<tvm/ffi/container/tensor.h>), since FromEnvAlloc needs a framework
  with an allocator, which NumPy is not. np.from_dlpack makes it an ndarray ("Python Guide").
- Keywords: make_kwargs_wrapper of tvm_ffi.utils.kwargs_wrapper, a function of Python around the call.
- series is an Object with methods of reflection::ObjectDef, which Python knows by register_object ("Object and Class").

Structures are left out, since DLPack has none.
"""

import shutil
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

from adapters import BENCH, TEN, Peer
from adapters.native import CC, CXX, run

HERE = Path(__file__).resolve().parent
FLAGS = ["-O3", "-DNDEBUG", "-fPIC", "-fvisibility=hidden", f"-I{BENCH}"]
OTHERS = ["sum_strided", "accumulate", "handed", "aligned", "series"]


def build(part: str, folder: Path) -> list[Path]:
    config = [sys.executable, "-m", "tvm_ffi.config", "--cxxflags", "--ldflags", "--libs"]
    compiled, library = folder / f"{part}.o", folder / f"lib{part}.so"
    run([*CC, *FLAGS, "-c", str(BENCH / f"{part}.c"), "-o", str(compiled)])
    run([*CXX, *FLAGS, "-shared", str(HERE / f"{part}.cpp"), str(compiled), *run(config).split(), "-o", str(library)])
    compiled.unlink()
    return [Path(shutil.copy(HERE / f"{part}.py", folder)), library]


def missing() -> str | None:
    return None if shutil.which(CXX[0]) is not None else f"there is no C++ compiler: {CXX[0]}"


def functions(modules: Mapping[str, ModuleType]) -> dict[str, Any]:
    ten, more = modules["functions"], modules["more"]
    bound = {name: getattr(ten, name) for name in [*TEN, "add_keywords"]}
    return bound | {name: getattr(more, name) for name in OTHERS}


PEER = Peer("tvm-ffi", HERE, ("tensors.h", "functions.cpp", "functions.py"), lambda: version("apache-tvm-ffi"), build,
            functions, missing=missing)  # fmt: skip
