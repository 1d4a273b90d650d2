/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

#include <algorithm>
#include <optional>
#include <type_traits>

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

namespace py = pybind11;

/* The memory of an argument: C-contiguous elements T in so many dimensions, writable unless T is const, and never
 * converted. An ndarray's is read from its fields; any other object is asked through the buffer protocol. */
template <typename T, int Dims = 1> class Array {
public:
    size_t shape[Dims];
    T *data;

    void load(py::handle x)
    {
        if (py::isinstance<py::array>(x))
            load_fields(py::reinterpret_borrow<py::array>(x));
        else if (py::isinstance<py::buffer>(x))
            load_buffer(py::reinterpret_borrow<py::buffer>(x));
        else
            throw py::type_error("an array is expected");
    }

private:
    using Element = std::remove_const_t<T>;
    static constexpr bool written = !std::is_const_v<T>;

    std::optional<py::buffer_info> held;

    static void require(bool met)
    {
        if (!met)
            throw py::type_error("a C-contiguous array of other elements or dimensions is expected");
    }

    void load_fields(py::array x)
    {
        require(py::isinstance<py::array_t<Element, py::array::c_style>>(x) && x.ndim() == Dims);
        std::copy_n(x.shape(), Dims, shape);
        if constexpr (written)
            data = static_cast<T *>(x.mutable_data());
        else
            data = static_cast<T *>(x.data());
    }

    void load_buffer(py::buffer x)
    {
        held = x.request(written);
        require(held->item_type_is_equivalent_to<Element>() && held->ndim == Dims);
        py::ssize_t stride = sizeof(T);
        for (int i = Dims; i-- > 0; stride *= held->shape[i])
            require(held->strides[i] == stride);
        std::copy_n(held->shape.begin(), Dims, shape);
        data = static_cast<T *>(held->ptr);
    }
};

template <typename T, int Dims> struct py::detail::type_caster<Array<T, Dims>> {
    using Type = Array<T, Dims>;
    PYBIND11_TYPE_CASTER(Type, const_name("Array"));

    bool load(handle x, bool)
    {
        value.load(x);
        return true;
    }
};

using Input = const Array<const double> &;
using Output = const Array<double> &;

template <typename... Others> size_t common_length(Input x, const Others &...others)
{
    if (((others.shape[0] != x.shape[0]) || ...))
        throw py::value_error("the arrays differ in length");
    return x.shape[0];
}
