# SPDX-License-Identifier: BSD-3-Clause
"""What a user of the installed module does."""

import array
import gc
import weakref

import histogram
import numpy as np

# Borrowed: any stride, nothing copied; what does not fit is refused in words.
x = np.arange(10.0)
assert histogram.mean(x[::-3]) == 4.5
assert histogram.mean(array.array("d", [4.0, 5.0])) == 4.5
for wrong in (x.astype("f4"), x.reshape(2, 5), [1.0, 2.0]):
    try:
        histogram.mean(wrong)
    except TypeError as error:
        print(error)

# Lent: C made it, Python owns it.
edges = histogram.edges(5, 0.0, 8.0)
assert type(edges) is np.ndarray
assert edges.tolist() == [0.0, 2.0, 4.0, 6.0, 8.0]

# Kept: the histogram sees the caller's own array, here every second element, backwards in memory.
reverse = np.array([8.0, -1.0, 6.0, -1.0, 4.0, -1.0, 2.0, -1.0, 0.0])
h = histogram.Histogram(reverse[::-2])
h.fill(x)
assert np.asarray(h).tolist() == [2, 2, 2, 2]
reverse[2] = 5.0
h.fill([5.5] * np.ones(3))
assert np.asarray(h.counts).tolist() == [2, 2, 2, 5]

# Its own memory is lent as long as anybody looks, and does not move meanwhile.
view = np.asarray(h)
assert not view.flags.writeable
try:
    h.merge()
except BufferError as error:
    print(error)
del view
h.merge()
assert np.asarray(h.counts).tolist() == [4, 7]

# A view outlives the name of its object.
seen = np.asarray(h)[1:]
del h
gc.collect()
assert seen.tolist() == [7]


class Watched(np.ndarray):
    """An array whose end can be seen."""


# And what was kept is let go of with the histogram.
kept = histogram.edges(3, 0.0, 1.0).view(Watched)
end = weakref.ref(kept)
h = histogram.Histogram(kept)
del kept
assert end() is not None
del h
for _ in range(100):
    gc.collect()
assert end() is None
