/* SPDX-License-Identifier: BSD-3-Clause */
/* Some of functions.c, bound as in the example of "Vectorizing functions" in pybind11's documentation: py::array_t without
 * flags, of which dimensions and sizes are compared, and a pointer to its elements. */
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include "functions.h"

namespace py = pybind11;
using Array = py::array_t<double>;

static size_t length(const Array &x)
{
    if (x.ndim() != 1)
        throw py::value_error("the number of dimensions must be one");
    return (size_t)x.size();
}

static void must_agree(bool agree)
{
    if (!agree)
        throw py::value_error("the sizes must match");
}

PYBIND11_MODULE(defaults, m)
{
    m.def("first", [](Array x) { return first(length(x), x.data()); });
    m.def("add", [](Array x, Array y, Array z) {
        must_agree(length(x) == length(y) && length(y) == length(z));
        add(length(x), x.data(), y.data(), z.mutable_data());
    });
    m.def("scale", [](double a, Array x) { scale(a, length(x), x.mutable_data()); });
    m.def("mean", [](Array x) {
        if (x.ndim() != 2)
            throw py::value_error("the number of dimensions must be two");
        return mean((size_t)x.shape(0), (size_t)x.shape(1), x.data());
    });
    m.def("cross", [](Array a, Array b, Array c) {
        must_agree(length(a) == 3 && length(b) == 3 && length(c) == 3);
        cross(a.data(), b.data(), c.mutable_data());
    });
    m.def("largest", [](Array x) { return largest(length(x), x.data()); });
}
