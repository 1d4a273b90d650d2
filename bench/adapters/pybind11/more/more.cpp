/* SPDX-License-Identifier: BSD-3-Clause */
/* more.c bound with pybind11, and add() with keywords. */
#include <cstdlib>
#include <new>

#include "../array.hpp"
#include "functions.h"
#include "more.h"

using Pairs = const Array<const pair> &;

static double sum_of(const py::array &x)
{
    if (!py::isinstance<py::array_t<double>>(x) || x.ndim() != 1)
        throw py::type_error("an array of other elements or dimensions is expected");
    return sum_strided(static_cast<size_t>(x.shape(0)), x.strides(0), static_cast<const double *>(x.data()));
}

static py::array_t<double> owning(double *memory, py::ssize_t n)
{
    if (memory == nullptr)
        throw std::bad_alloc();
    return py::array_t<double>(n, memory, py::capsule(memory, std::free));
}

struct Series {
    series *of_c;

    explicit Series(size_t n) : of_c(series_new(n))
    {
        if (of_c == nullptr)
            throw std::bad_alloc();
    }
    Series(const Series &) = delete;
    ~Series() { series_free(of_c); }

    py::ssize_t size() const { return static_cast<py::ssize_t>(series_size(of_c)); }
    double *data() const { return series_data(of_c); }
};

static py::array_t<double> values(const py::object &self)
{
    const Series &s = self.cast<const Series &>();
    return py::array_t<double>(s.size(), s.data(), self);
}

PYBIND11_MODULE(more, m, py::mod_gil_not_used())
{
    PYBIND11_NUMPY_DTYPE(pair, a, b);
    m.def("add_keywords",
          [](Input x, Input y, Output z) { add(common_length(x, y, z), x.data, y.data, z.data); },
          py::arg("x"), py::arg("y"), py::arg("z"));
    m.def("sum_strided", sum_of);
    m.def("first_pair", [](Pairs p) { return first_pair(p.shape[0], p.data); });
    m.def("accumulate", [](Input x, Output y) { accumulate(common_length(x, y), x.data, y.data); });
    m.def("handed", [](size_t n) { return owning(handed(n), static_cast<py::ssize_t>(n)); });
    m.def("aligned", [](size_t n) { return owning(aligned(n), static_cast<py::ssize_t>(n)); });
    py::class_<Series>(m, "series", py::buffer_protocol())
        .def(py::init<size_t>())
        .def("size", &Series::size)
        .def("values", values)
        .def_buffer([](Series &s) { return py::buffer_info(s.data(), s.size()); });
}
