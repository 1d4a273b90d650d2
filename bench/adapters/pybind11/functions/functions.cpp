/* SPDX-License-Identifier: BSD-3-Clause */
/* functions.c bound with pybind11. */
#include "../array.hpp"
#include "functions.h"

using Single = const Array<const float> &;
using Matrix = const Array<const double, 2> &;
using Bytes = const Array<const uint8_t> &;

PYBIND11_MODULE(functions, m, py::mod_gil_not_used())
{
    m.def("first", [](Input x) { return first(x.shape[0], x.data); });
    m.def("first_single", [](Single x) { return first_single(x.shape[0], x.data); });
    m.def("add", [](Input x, Input y, Output z) { add(common_length(x, y, z), x.data, y.data, z.data); });
    m.def("add_seven", [](Input a, Input b, Input c, Input d, Input e, Input f, Input g, Output z) {
        size_t n = common_length(a, b, c, d, e, f, g, z);
        add_seven(n, a.data, b.data, c.data, d.data, e.data, f.data, g.data, z.data);
    });
    m.def("doubled", [](Input x) {
        py::array_t<double> y(static_cast<py::ssize_t>(x.shape[0]));
        doubled(x.shape[0], x.data, y.mutable_data());
        return y;
    });
    m.def("scale", [](double a, Output x) { scale(a, x.shape[0], x.data); });
    m.def("mean", [](Matrix x) { return mean(x.shape[0], x.shape[1], x.data); });
    m.def("cross", [](Input a, Input b, Output c) {
        if (common_length(a, b, c) != 3)
            throw py::value_error("vectors have 3 elements");
        cross(a.data, b.data, c.data);
    });
    m.def("sum_bytes", [](const py::bytes &b) {
        std::string_view bytes(b);
        return sum_bytes(bytes.size(), bytes.data());
    });
    m.def("sum_bytes", [](Bytes b) { return sum_bytes(b.shape[0], reinterpret_cast<const char *>(b.data)); });
    m.def("largest", [](Input x) { return largest(x.shape[0], x.data); });
}
