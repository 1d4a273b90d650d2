/* SPDX-License-Identifier: BSD-3-Clause */
/* What a tensor must be, checked by hand: device, element type, dimensions, order, alignment. */
#ifndef TVM_FFI_ADAPTER_TENSORS_H
#define TVM_FFI_ADAPTER_TENSORS_H

#include <tvm/ffi/container/tensor.h>
#include <tvm/ffi/dtype.h>
#include <tvm/ffi/error.h>
#include <tvm/ffi/function.h>

namespace tensors {

using tvm::ffi::TensorView;

constexpr DLDevice cpu{kDLCPU, 0};
constexpr DLDataType float32{kDLFloat, 32, 1};
constexpr DLDataType float64{kDLFloat, 64, 1};

/* The elements of any strides. */
template <typename T>
T *strided(const TensorView &x, DLDataType type, int ndim)
{
    TVM_FFI_CHECK(x.device().device_type == kDLCPU, ValueError) << "the tensor must be on the CPU";
    TVM_FFI_CHECK(x.dtype() == type, TypeError) << "the tensor has the wrong element type";
    TVM_FFI_CHECK(x.ndim() == ndim, ValueError) << "the tensor must have " << ndim << " dimensions, got " << x.ndim();
    T *data = reinterpret_cast<T *>(static_cast<char *>(x.data_ptr()) + x.byte_offset());
    TVM_FFI_CHECK(reinterpret_cast<uintptr_t>(data) % alignof(T) == 0, ValueError) << "the tensor must be aligned";
    return data;
}

template <typename T>
T *contiguous(const TensorView &x, DLDataType type, int ndim)
{
    T *data = strided<T>(x, type, ndim);
    TVM_FFI_CHECK(x.IsContiguous(), ValueError) << "the tensor must be contiguous";
    return data;
}

inline size_t length(const TensorView &x)
{
    return static_cast<size_t>(x.shape()[0]);
}

/* float64[n] */
inline double *doubles(const TensorView &x)
{
    return contiguous<double>(x, float64, 1);
}

/* float64[n], where n is known. */
inline double *doubles(const TensorView &x, size_t n)
{
    double *data = doubles(x);
    TVM_FFI_CHECK(length(x) == n, ValueError) << "the tensor must have " << n << " elements, got " << length(x);
    return data;
}

} // namespace tensors
#endif
