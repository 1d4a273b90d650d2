# SPDX-License-Identifier: BSD-3-Clause
"""functions.cpp, loaded; ndarrays come back where callers want them."""

from pathlib import Path

import numpy as np
import tvm_ffi
from tvm_ffi.utils.kwargs_wrapper import make_kwargs_wrapper

library = tvm_ffi.load_module(str(Path(__file__).with_name("libfunctions.so")))


def loaded(name):
    function = library[name]
    function.release_gil = False
    return function


first, first_single, mean, largest, sum_bytes = map(loaded, ["first", "first_single", "mean", "largest", "sum_bytes"])
add, add_seven, scale, cross = map(loaded, ["add", "add_seven", "scale", "cross"])
add_keywords = make_kwargs_wrapper(add, ["x", "y", "z"])
doubled_tensor = loaded("doubled")


def doubled(x):
    return np.from_dlpack(doubled_tensor(x))
