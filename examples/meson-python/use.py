# SPDX-License-Identifier: BSD-3-Clause
"""What a user of the installed package does."""

import numpy as np
import polygon

triangle = np.array([[0.0, 0.0], [3.0, 0.0], [0.0, 3.0]])
assert polygon.area(triangle) == 4.5
assert polygon.centroid(triangle).tolist() == [1.0, 1.0]
assert polygon.contains(triangle, np.array([[1.0, 1.0], [3.0, 3.0]])).tolist() == [True, False]
print(polygon.area.__doc__)
