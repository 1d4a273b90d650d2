# SPDX-License-Identifier: BSD-3-Clause
"""Memory stays flat over a million calls, the failed ones included."""

import subprocess
import sys
from collections.abc import Callable
from types import ModuleType

import pytest

SOURCE = """
#include <tenon/tenon.h>

double norm(size_t n, const double x[n]) { double t = 0; for (size_t i = 0; i < n; i++) t += x[i] * x[i]; return t; }
/** @param[out] y a times x */
void scale(size_t n, double a, const double x[n], double y[n]) { for (size_t i = 0; i < n; i++) y[i] = a * x[i]; }
/** @throws 1 failed */
int fail(size_t n, const double x[n]) { (void)x; return n > 0; }
double view_sum(tn_const_f64_1 x) { return x.shape[0] ? TN_AT(x, 0) : 0; }
int span_ndim(const tn_span x) { return x.ndim; }
size_t length(const char *s) { return s[0] != 0; }
const char *name(void) { return "a name"; }
typedef struct { int32_t a; float b; } pair;
double weigh(size_t n, const pair p[n]) { return n ? p[0].a : 0; }
pair make(int a, float b) { return (pair){a, b}; }
double norm_f32(size_t n, const float x[n]) { return n ? (double)x[0] : 0; }
TN_OVERLOAD(any_norm, norm_f32, norm);
"""

SCRIPT = """
import importlib.util, resource, sys
import numpy as np
spec = importlib.util.spec_from_file_location({name!r}, {file!r})
c = importlib.util.module_from_spec(spec)
spec.loader.exec_module(c)

x, f4, wrong, strided = np.ones(8), np.ones(8, "f4"), np.ones(8, "i4"), np.ones(16)[::2]
buffer, y, pairs = memoryview(x), np.ones(8), np.zeros(2, c.pair)
other = np.zeros(2, [("a", "i4"), ("c", "f4")])

class Interface:
    __array_interface__ = x.__array_interface__

class Liar:
    __array_interface__ = dict(x.__array_interface__, shape=(-1,))

GOOD = [
    lambda: c.norm(x), lambda: c.norm(x=x), lambda: c.norm(buffer), lambda: c.norm(Interface()),
    lambda: c.scale(2.0, x), lambda: c.scale(2, x, y=y), lambda: c.scale.batch(2, x), lambda: c.scale.ufunc(2, x),
    lambda: c.view_sum(strided), lambda: c.span_ndim(wrong), lambda: c.length("text"), lambda: c.name(),
    lambda: c.weigh(pairs), lambda: c.make(1, 2.0), lambda: c.any_norm(x), lambda: c.any_norm(f4),
]
BAD = [
    lambda: c.norm(wrong), lambda: c.norm(strided), lambda: c.norm(None), lambda: c.norm([1]), lambda: c.norm(),
    lambda: c.norm(x, x), lambda: c.norm(x, z=1), lambda: c.norm(Liar()), lambda: c.norm(memoryview(wrong)),
    lambda: c.fail(x), lambda: c.fail.batch(x), lambda: c.fail(buffer), lambda: c.fail.ufunc, lambda: c.weigh(other),
    lambda: c.any_norm(wrong), lambda: c.length("\\0"), lambda: c.make(2**40, 1), lambda: c.scale("a", buffer),
    lambda: c.scale(2, x, y=wrong), lambda: c.scale.batch(np.arange(2.0), x, y=y),
]

def all_of_them():
    for call in GOOD:
        call()
    for call in BAD:
        try:
            call()
        except (TypeError, ValueError, RuntimeError, OverflowError):
            pass
        else:
            raise AssertionError("this call should have failed")

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()

def run(calls):
    for _ in range(calls // len(GOOD + BAD)):
        all_of_them()

run(40_000)
before = resident()
run({calls})
grown = resident() - before
print(grown)
sys.exit(grown > 1 << 20)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="resident memory is read from /proc")
@pytest.mark.unsanitized
def test_memory_is_flat_over_a_million_calls(build: Callable[[str], ModuleType]) -> None:
    module = build(SOURCE)
    script = SCRIPT.format(name=module.__name__, file=module.__file__, calls=1_000_000)
    done = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, f"grown by {done.stdout} bytes"
