# SPDX-License-Identifier: BSD-3-Clause
"""What a user of the installed module does."""

import array
import gc

import numpy as np
import rod

assert rod.differences(np.arange(10.0)[::-3]).tolist() == [-3.0, -3.0, -3.0]
assert rod.differences(np.empty(0)).tolist() == []

# The rod works on its caller's own array: a row of a matrix, in Fortran order.
plate = np.zeros((3, 5), order="F")
plate[1] = [0.0, 0.0, 16.0, 0.0, 0.0]
r = rod.Rod(plate[1])
assert r.relax() == 8.0
assert plate.tolist() == [[0.0] * 5, [0.0, 4.0, 8.0, 4.0, 0.0], [0.0] * 5]

# Its own memory is lent: a view shows what the next step writes, and keeps the object alive.
changes = np.asarray(r)
assert not changes.flags.writeable
assert changes.tolist() == [0.0, 4.0, -8.0, 4.0, 0.0]
r.relax(2)
assert changes.tolist() != [0.0, 4.0, -8.0, 4.0, 0.0]
del r
gc.collect()
assert changes[0] == 0.0

# An exporter that could move its memory can't while the rod has it.
cells = array.array("d", [0.0, 1.0, 0.0])
r = rod.Rod(cells)
try:
    cells.append(0.0)
except BufferError as error:
    print(error)
del r
for _ in range(1000):
    gc.get_count()
cells.append(0.0)

readonly = np.zeros(3)
readonly.flags.writeable = False
for wrong in (readonly, np.zeros((2, 2)), b"bytes"):
    try:
        rod.Rod(wrong)
    except (TypeError, ValueError) as error:
        print(error)
