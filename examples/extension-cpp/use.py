# SPDX-License-Identifier: BSD-3-Clause
"""What a user of the installed module does."""

import threading

import convolution
import numpy as np

# The weights are kept as they lie: here backwards, every third.
weights = np.array([1.0, 0, 0, 2.0, 0, 0, 4.0])
kernel = convolution.Kernel(weights[::-3])
x = np.arange(6.0)
expected = np.convolve(x, [1.0, 2.0, 4.0], "valid")
assert kernel(x).tolist() == expected.tolist()

# The result has the type of the signal, which may lie anywhere, too.
for dtype in (np.float32, np.float64):
    signal = np.zeros((6, 2), dtype)
    signal[:, 1] = x
    result = kernel(signal[:, 1])
    assert result.dtype == dtype
    assert result.tolist() == expected.tolist()

# They are the caller's own, and change with it.
weights[0] = 0
assert kernel(x).tolist() == np.convolve(x, [0.0, 2.0, 4.0], "valid").tolist()

# It computes without the GIL.
results: list[object] = []
threads = [threading.Thread(target=lambda: results.append(kernel(np.ones(100_000)).sum())) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert results == [6.0 * 99_998] * 4

for wrong in (x.astype(">f8"), x.astype("i4"), x.reshape(2, 3), "text"):
    try:
        kernel(wrong)
    except TypeError as error:
        print(error)
try:
    convolution.Kernel(np.ones(3, "f4"))
except TypeError as error:
    print(error)
