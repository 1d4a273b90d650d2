# SPDX-License-Identifier: BSD-3-Clause
"""What a user of the installed package does."""

import filters
import numpy as np

x = np.array([0.0, 0.0, 9.0, 0.0, 3.0, 3.0])
assert filters.fir(x, np.array([1.0, 0.5])).tolist() == np.convolve(x, [1.0, 0.5], "valid").tolist()
assert filters.median3(x).tolist() == [0.0, 0.0, 0.0, 3.0, 3.0, 3.0]
print(filters.median3.__doc__)
