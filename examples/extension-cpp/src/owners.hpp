// SPDX-License-Identifier: BSD-3-Clause
// Tenon's two owners as C++ knows owners: what is borrowed is given back, and what is kept is released, at the end of a
// scope.
#ifndef OWNERS_HPP
#define OWNERS_HPP

#include <tenon/python.h>
#include <tenon/tenon.h>

#include <cstddef>
#include <utility>

namespace owners {

// A Python exception is set. Thrown through C++, and swallowed where Python called.
struct raised {};

inline void check(tn_status status, const tn_error &err, const char *function, const char *parameter)
{
    if (status != TN_OK) {
        tn_raise(&err, function, parameter);
        throw raised{};
    }
}

// An argument, borrowed for a scope. The span points into the loan, which therefore stays where it is.
class borrowed {
public:
    borrowed(PyObject *obj, const tn_want &want, const char *function, const char *parameter)
    {
        if (tn_borrow_argument(obj, &want, &loan_, function, parameter) < 0)
            throw raised{};
    }
    ~borrowed() { tn_give_back(&loan_); }
    borrowed(const borrowed &) = delete;
    borrowed &operator=(const borrowed &) = delete;

    const tn_span &span() const { return loan_.span; }

private:
    tn_loan loan_{};
};

// Memory that C++ owns: made by it, or kept from Python. Movable; may end in any thread, with or without the GIL.
class array {
public:
    array() = default;
    ~array() { tn_array_release(&array_); }
    array(array &&other) noexcept : array_(tn_array_move(&other.array_)) {}
    array &operator=(array &&other) noexcept
    {
        std::swap(array_, other.array_);
        return *this;
    }

    static array vector(const tn_type &type, std::ptrdiff_t length, const char *function)
    {
        array made;
        tn_error err;
        check(tn_array_new(&type, 1, &length, TN_ORDER_C, &made.array_, &err), err, function, nullptr);
        return made;
    }

    static array kept(PyObject *obj, const tn_want &want, const char *function, const char *parameter)
    {
        array made;
        tn_error err;
        check(tn_keep(obj, &want, &made.array_, &err), err, function, parameter);
        return made;
    }

    const tn_span &span() const { return array_.span; }

    // Hand the memory over to Python: an ndarray, where there is NumPy.
    PyObject *lend() && { return tn_lend(&array_, nullptr, TN_LEND_NDARRAY); }

private:
    tn_array array_{};
};

// The elements of a span of one dimension, wherever they lie.
template <class T>
class elements {
public:
    explicit elements(const tn_span &span)
        : data_(static_cast<char *>(span.data)), length_(span.shape[0]), stride_(span.strides[0])
    {
    }
    std::ptrdiff_t size() const { return length_; }
    T &operator[](std::ptrdiff_t i) const { return *reinterpret_cast<T *>(data_ + i * stride_); }

private:
    char *data_;
    std::ptrdiff_t length_, stride_;
};

// Other threads run Python meanwhile.
class without_gil {
public:
    without_gil() : state_(PyEval_SaveThread()) {}
    ~without_gil() { PyEval_RestoreThread(state_); }
    without_gil(const without_gil &) = delete;
    without_gil &operator=(const without_gil &) = delete;

private:
    PyThreadState *state_;
};

} // namespace owners

#endif
