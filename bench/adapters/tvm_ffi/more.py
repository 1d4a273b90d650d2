# SPDX-License-Identifier: BSD-3-Clause
"""more.cpp, loaded."""

from pathlib import Path

import numpy as np
import tvm_ffi

library = tvm_ffi.load_module(str(Path(__file__).with_name("libmore.so")))


def loaded(name):
    function = library[name]
    function.release_gil = False
    return function


sum_strided, accumulate = loaded("sum_strided"), loaded("accumulate")
handed_tensor, aligned_tensor = loaded("handed"), loaded("aligned")


def handed(n):
    return np.from_dlpack(handed_tensor(n))


def aligned(n):
    return np.from_dlpack(aligned_tensor(n))


@tvm_ffi.register_object("bench.series")
class series(tvm_ffi.Object):
    def values(self):
        return np.from_dlpack(self.tensor())

    def __array__(self, dtype=None, copy=None):
        return np.asarray(np.from_dlpack(self.tensor()), dtype, copy=copy)


class series_of_tensors(series):
    values = series.tensor
