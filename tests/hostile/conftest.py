# SPDX-License-Identifier: BSD-3-Clause
"""The exporters of hostile.c, and the C functions they are passed to."""

import importlib.util
import os
import shlex
import subprocess
import sysconfig
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

FUNCTIONS = """
#include <tenon/tenon.h>

double sum(size_t n, const double x[n])
{
    double total = 0;
    for (size_t i = 0; i < n; i++)
        total += x[i];
    return total;
}

double sum2(size_t m, size_t n, const double x[m][n])
{
    return sum(m * n, x[0]);
}

void negate(size_t n, double x[n])
{
    for (size_t i = 0; i < n; i++)
        x[i] = -x[i];
}

/** @param[out] y  sums */
void add(size_t n, const double a[n], const double b[n], double y[n])
{
    for (size_t i = 0; i < n; i++)
        y[i] = a[i] + b[i];
}

/** a times x, in place and in this order: x is borrowed before a is converted. */
void scale(size_t n, double x[n], double a)
{
    for (size_t i = 0; i < n; i++)
        x[i] *= a;
}

double pick(size_t n, const double x[n], long index)
{
    return index >= 0 && (size_t)index < n ? x[index] : -1;
}

double view_sum(tn_const_f64_1 x)
{
    double total = 0;
    for (ptrdiff_t i = 0; i < x.shape[0]; i++)
        total += TN_AT(x, i);
    return total;
}

ptrdiff_t span_bytes(const tn_span x)
{
    ptrdiff_t bytes = x.type->itemsize;
    for (int k = 0; k < x.ndim; k++)
        bytes *= x.shape[k];
    return bytes;
}

typedef struct { int32_t a; float b; } pair;

double sum_pairs(size_t n, const pair p[n])
{
    double total = 0;
    for (size_t i = 0; i < n; i++)
        total += p[i].a + (double)p[i].b;
    return total;
}

float sum_f32(size_t n, const float x[n])
{
    float total = 0;
    for (size_t i = 0; i < n; i++)
        total += x[i];
    return total;
}

TN_OVERLOAD(total, sum_f32, sum);
"""


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """hostile.c as a module, compiled by nothing but the compiler."""
    source = Path(__file__).with_name("hostile.c")
    target = tmp_path_factory.mktemp("hostile") / f"hostile{sysconfig.get_config_var('EXT_SUFFIX')}"
    flags = shlex.split(os.environ.get("CFLAGS", "")) + shlex.split(os.environ.get("LDFLAGS", ""))
    command = shlex.split(os.environ.get("CC", "cc")) + ["-std=c11", "-Wall", "-Wextra", "-shared", "-fPIC", *flags]
    subprocess.run([*command, "-isystem", sysconfig.get_path("include"), source, "-o", target], check=True)
    spec = importlib.util.spec_from_file_location("hostile", target)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def c(build: Callable[[str], ModuleType]) -> ModuleType:
    return build(FUNCTIONS)
