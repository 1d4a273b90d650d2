/* SPDX-License-Identifier: BSD-3-Clause */
/* Some of functions.c, bound as nanobind does by default: what does not fit is converted, since noconvert() is missing. */
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include "functions.h"

namespace nb = nanobind;

template <typename T, typename Shape = nb::ndim<1>> using Array = nb::ndarray<T, Shape, nb::c_contig, nb::device::cpu>;
using Input = Array<const double>;
using Output = Array<double>;
using Matrix = Array<const double, nb::ndim<2>>;
using Vector = Array<const double, nb::shape<3>>;

NB_MODULE(defaults, m)
{
    m.def("first", [](Input x) { return first(x.shape(0), x.data()); });
    m.def("add", [](Input x, Input y, Output z) {
        if (y.shape(0) != x.shape(0) || z.shape(0) != x.shape(0))
            throw nb::value_error("the arrays differ in length");
        add(x.shape(0), x.data(), y.data(), z.data());
    });
    m.def("scale", [](double a, Output x) { scale(a, x.shape(0), x.data()); });
    m.def("mean", [](Matrix x) { return mean(x.shape(0), x.shape(1), x.data()); });
    m.def("cross", [](Vector a, Vector b, Array<double, nb::shape<3>> c) { cross(a.data(), b.data(), c.data()); });
    m.def("largest", [](Input x) { return largest(x.shape(0), x.data()); });
}
