/* SPDX-License-Identifier: BSD-3-Clause */
/* functions.c bound with nanobind. */
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include "functions.h"

namespace nb = nanobind;

template <typename T, typename Shape = nb::ndim<1>>
using Array = nb::ndarray<T, Shape, nb::c_contig, nb::device::cpu>;
using Input = const Array<const double> &;
using Output = const Array<double> &;
using Single = const Array<const float> &;
using Bytes = const Array<const uint8_t> &;
using Matrix = const Array<const double, nb::ndim<2>> &;
using Vector = const Array<const double, nb::shape<3>> &;
using Product = const Array<double, nb::shape<3>> &;

template <typename... Others> static size_t common_length(Input x, const Others &...others)
{
    if (((others.shape(0) != x.shape(0)) || ...))
        throw nb::value_error("the arrays differ in length");
    return x.shape(0);
}

NB_MODULE(functions, m)
{
    const auto exact = nb::arg().noconvert();
    m.def("first", [](Input x) { return first(x.shape(0), x.data()); }, exact);
    m.def("first_single", [](Single x) { return first_single(x.shape(0), x.data()); }, exact);
    m.def("add", [](Input x, Input y, Output z) { add(common_length(x, y, z), x.data(), y.data(), z.data()); },
          exact, exact, exact);
    m.def("add_seven",
          [](Input a, Input b, Input c, Input d, Input e, Input f, Input g, Output z) {
              add_seven(common_length(a, b, c, d, e, f, g, z), a.data(), b.data(), c.data(), d.data(), e.data(),
                        f.data(), g.data(), z.data());
          },
          exact, exact, exact, exact, exact, exact, exact, exact);
    nb::object empty = nb::module_::import_("numpy").attr("empty");
    m.def("doubled",
          [empty](Input x) {
              nb::object y = empty(x.shape(0));
              doubled(x.shape(0), x.data(), nb::cast<Array<double>>(y, false).data());
              return y;
          },
          exact);
    m.def("scale", [](double a, Output x) { scale(a, x.shape(0), x.data()); }, nb::arg(), exact);
    m.def("mean", [](Matrix x) { return mean(x.shape(0), x.shape(1), x.data()); }, exact);
    m.def("cross", [](Vector a, Vector b, Product c) { cross(a.data(), b.data(), c.data()); }, exact, exact, exact);
    m.def("sum_bytes", [](nb::bytes b) { return sum_bytes(b.size(), b.c_str()); });
    m.def("sum_bytes", [](Bytes b) { return sum_bytes(b.size(), (const char *)b.data()); }, exact);
    m.def("largest", [](Input x) { return largest(x.shape(0), x.data()); }, exact);
}
