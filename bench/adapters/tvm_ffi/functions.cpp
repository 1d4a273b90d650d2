/* SPDX-License-Identifier: BSD-3-Clause */
/* functions.c for tvm-ffi. */
#include "functions.h"
#include "tensors.h"

#include <cstdlib>

using tensors::doubles;
using tensors::length;
using tvm::ffi::Tensor;
using tvm::ffi::TensorView;

namespace {

struct Malloc {
    void AllocData(DLTensor *tensor) { tensor->data = std::malloc(tvm::ffi::GetDataSize(*tensor) + 1); }
    void FreeData(DLTensor *tensor) { std::free(tensor->data); }
};

double bind_first(TensorView x)
{
    const double *data = doubles(x);
    return first(length(x), data);
}

double bind_first_single(TensorView x)
{
    const float *data = tensors::contiguous<float>(x, tensors::float32, 1);
    return first_single(length(x), data);
}

void bind_add(TensorView x, TensorView y, TensorView z)
{
    const double *data = doubles(x);
    size_t n = length(x);
    add(n, data, doubles(y, n), doubles(z, n));
}

void bind_add_seven(TensorView a, TensorView b, TensorView c, TensorView d, TensorView e, TensorView f, TensorView g,
                    TensorView z)
{
    const double *data = doubles(a);
    size_t n = length(a);
    add_seven(n, data, doubles(b, n), doubles(c, n), doubles(d, n), doubles(e, n), doubles(f, n), doubles(g, n),
              doubles(z, n));
}

Tensor bind_doubled(TensorView x)
{
    const double *data = doubles(x);
    Tensor y = Tensor::FromNDAlloc(Malloc(), x.shape(), tensors::float64, tensors::cpu);
    TVM_FFI_CHECK(y.data_ptr() != nullptr, MemoryError) << "out of memory";
    doubled(length(x), data, static_cast<double *>(y.data_ptr()));
    return y;
}

void bind_scale(double a, TensorView x)
{
    double *data = doubles(x);
    scale(a, length(x), data);
}

double bind_mean(TensorView x)
{
    const double *data = tensors::contiguous<double>(x, tensors::float64, 2);
    return mean(static_cast<size_t>(x.shape()[0]), static_cast<size_t>(x.shape()[1]), data);
}

void bind_cross(TensorView a, TensorView b, TensorView c)
{
    cross(doubles(a, 3), doubles(b, 3), doubles(c, 3));
}

uint64_t bind_sum_bytes(const tvm::ffi::Bytes &b)
{
    return sum_bytes(b.size(), b.data());
}

int64_t bind_largest(TensorView x)
{
    const double *data = doubles(x);
    return largest(length(x), data);
}

} // namespace

TVM_FFI_DLL_EXPORT_TYPED_FUNC(first, bind_first)
TVM_FFI_DLL_EXPORT_TYPED_FUNC(first_single, bind_first_single)
TVM_FFI_DLL_EXPORT_TYPED_FUNC(add, bind_add)
TVM_FFI_DLL_EXPORT_TYPED_FUNC(add_seven, bind_add_seven)
TVM_FFI_DLL_EXPORT_TYPED_FUNC(doubled, bind_doubled)
TVM_FFI_DLL_EXPORT_TYPED_FUNC(scale, bind_scale)
TVM_FFI_DLL_EXPORT_TYPED_FUNC(mean, bind_mean)
TVM_FFI_DLL_EXPORT_TYPED_FUNC(cross, bind_cross)
TVM_FFI_DLL_EXPORT_TYPED_FUNC(sum_bytes, bind_sum_bytes)
TVM_FFI_DLL_EXPORT_TYPED_FUNC(largest, bind_largest)
