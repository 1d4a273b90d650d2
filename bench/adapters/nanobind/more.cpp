/* SPDX-License-Identifier: BSD-3-Clause */
/* more.c bound with nanobind, and add() with keywords. */
#include <cstdlib>
#include <new>

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include "functions.h"
#include "more.h"

namespace nb = nanobind;
using namespace nb::literals;

template <typename T> using Array = nb::ndarray<T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Input = const Array<const double> &;
using Output = const Array<double> &;
using Strided = const nb::ndarray<const double, nb::ndim<1>, nb::device::cpu> &;
using Result = nb::ndarray<double, nb::numpy, nb::ndim<1>>;

static void check_lengths(size_t n, size_t length)
{
    if (length != n)
        throw nb::value_error("the arrays differ in length");
}

static Result owning(double *memory, size_t n)
{
    if (memory == nullptr)
        throw std::bad_alloc();
    return Result(memory, {n}, nb::capsule(memory, [](void *p) noexcept { std::free(p); }));
}

struct Series {
    series *of_c;
    Py_ssize_t shape, stride = sizeof(double); // what buffers point to

    explicit Series(size_t n) : of_c(series_new(n)), shape((Py_ssize_t)n)
    {
        if (of_c == nullptr)
            throw std::bad_alloc();
    }
    Series(const Series &) = delete;
    ~Series() { series_free(of_c); }

    size_t size() const { return series_size(of_c); }
};

static int get_buffer(PyObject *self, Py_buffer *view, int flags)
{
    Series *s = nb::inst_ptr<Series>(self);
    *view = {};
    view->obj = Py_NewRef(self);
    view->buf = series_data(s->of_c);
    view->len = s->shape * s->stride;
    view->itemsize = s->stride;
    view->ndim = 1;
    view->format = flags & PyBUF_FORMAT ? const_cast<char *>("d") : nullptr;
    view->shape = flags & PyBUF_ND ? &s->shape : nullptr;
    view->strides = (flags & PyBUF_STRIDES) == PyBUF_STRIDES ? &s->stride : nullptr;
    return 0;
}

static PyType_Slot series_slots[] = {{Py_bf_getbuffer, (void *)get_buffer}, {0, nullptr}};

NB_MODULE(more, m)
{
    const auto exact = nb::arg().noconvert();
    m.def("add_keywords",
          [](Input x, Input y, Output z) {
              check_lengths(x.shape(0), y.shape(0));
              check_lengths(x.shape(0), z.shape(0));
              add(x.shape(0), x.data(), y.data(), z.data());
          },
          "x"_a.noconvert(), "y"_a.noconvert(), "z"_a.noconvert());
    m.def("sum_strided", [](Strided x) {
        return sum_strided(x.shape(0), x.stride(0) * (ptrdiff_t)sizeof(double), x.data());
    }, exact);
    m.def("accumulate",
          [](Input x, Output y) {
              check_lengths(x.shape(0), y.shape(0));
              accumulate(x.shape(0), x.data(), y.data());
          },
          exact, exact);
    m.def("handed", [](size_t n) { return owning(handed(n), n); });
    m.def("aligned", [](size_t n) { return owning(aligned(n), n); });
    nb::object asarray = nb::module_::import_("numpy").attr("asarray");
    nb::class_<Series>(m, "series", nb::type_slots(series_slots), nb::pooled())
        .def(nb::init<size_t>())
        .def("size", &Series::size)
        .def("values", [asarray](nb::handle_t<Series> self) { return asarray(self); });
}
