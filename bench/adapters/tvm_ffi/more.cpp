/* SPDX-License-Identifier: BSD-3-Clause */
/* Of more.c what tvm-ffi can do: all but structures, which DLPack can't say. */
#include "more.h"
#include "tensors.h"

#include <cstdlib>
#include <tvm/ffi/cast.h>
#include <tvm/ffi/object.h>
#include <tvm/ffi/reflection/registry.h>

using tensors::doubles;
using tensors::length;
using tvm::ffi::ObjectPtr;
using tvm::ffi::Tensor;
using tvm::ffi::TensorView;

namespace {

double bind_sum_strided(TensorView x)
{
    const double *data = tensors::strided<double>(x, tensors::float64, 1);
    return sum_strided(length(x), x.stride(0) * static_cast<ptrdiff_t>(sizeof(double)), data);
}

void bind_accumulate(TensorView x, TensorView y)
{
    const double *data = doubles(x);
    size_t n = length(x);
    accumulate(n, data, doubles(y, n));
}

size_t elements(int64_t n)
{
    TVM_FFI_CHECK(n >= 0, ValueError) << "n must not be negative, got " << n;
    return static_cast<size_t>(n);
}

/* Memory that C made, which the tensor frees. */
struct Owned {
    double *memory;
    void AllocData(DLTensor *tensor) { tensor->data = memory; }
    void FreeData(DLTensor *tensor) { std::free(tensor->data); }
};

Tensor owning(double *memory, int64_t n)
{
    TVM_FFI_CHECK(memory != nullptr, MemoryError) << "out of memory";
    return Tensor::FromNDAlloc(Owned{memory}, tvm::ffi::ShapeView(&n, 1), tensors::float64, tensors::cpu);
}

Tensor bind_handed(int64_t n)
{
    return owning(handed(elements(n)), n);
}

Tensor bind_aligned(int64_t n)
{
    return owning(aligned(elements(n)), n);
}

class SeriesObj : public tvm::ffi::Object {
  public:
    explicit SeriesObj(int64_t n) : s(series_new(elements(n)))
    {
        TVM_FFI_CHECK(s != nullptr, MemoryError) << "out of memory";
    }
    ~SeriesObj()
    {
        if (s != nullptr)
            series_free(s);
    }
    int64_t size() const { return static_cast<int64_t>(series_size(s)); }

    series *s;
    static constexpr bool _type_mutable = true;

    TVM_FFI_DECLARE_OBJECT_INFO_FINAL("bench.series", SeriesObj, tvm::ffi::Object);
};

/* The memory of an object, which the tensor keeps alive. */
struct Shared {
    ObjectPtr<SeriesObj> owner;
    void AllocData(DLTensor *tensor) { tensor->data = series_data(owner->s); }
    void FreeData(DLTensor *) {}
};

Tensor series_tensor(SeriesObj *self)
{
    int64_t n = self->size();
    Shared memory{tvm::ffi::GetObjectPtr<SeriesObj>(self)};
    return Tensor::FromNDAlloc(memory, tvm::ffi::ShapeView(&n, 1), tensors::float64, tensors::cpu);
}

TVM_FFI_STATIC_INIT_BLOCK()
{
    namespace reflection = tvm::ffi::reflection;
    reflection::ObjectDef<SeriesObj>()
        .def(reflection::init<int64_t>())
        .def("size", &SeriesObj::size)
        .def("tensor", &series_tensor);
}

} // namespace

TVM_FFI_DLL_EXPORT_TYPED_FUNC(sum_strided, bind_sum_strided)
TVM_FFI_DLL_EXPORT_TYPED_FUNC(accumulate, bind_accumulate)
TVM_FFI_DLL_EXPORT_TYPED_FUNC(handed, bind_handed)
TVM_FFI_DLL_EXPORT_TYPED_FUNC(aligned, bind_aligned)
