// SPDX-License-Identifier: BSD-3-Clause
// A Python module in C++17: Kernel(weights) keeps its weights, and kernel(x) convolves any array of floats with them.
#include "owners.hpp"

#include <new>

namespace {

using owners::array;
using owners::borrowed;
using owners::elements;

const tn_want weights_wanted = {&tn_type_float64, 1, 1, 0};
const tn_want signal_wanted = {nullptr, 1, 1, 0}; // of two types: which one decides the result's

struct kernel {
    PyObject_HEAD
    array weights;
};

kernel *kernel_of(PyObject *self)
{
    return reinterpret_cast<kernel *>(self);
}

// C++ ends where Python begins: no exception leaves this module.
template <class F>
PyObject *guarded(F &&body) noexcept
{
    try {
        return body();
    } catch (const owners::raised &) {
        return nullptr;
    } catch (const std::bad_alloc &) {
        return PyErr_NoMemory();
    }
}

template <class T>
void convolve(const elements<const T> &x, const elements<const double> &weights, const elements<T> &y)
{
    for (std::ptrdiff_t i = 0; i < y.size(); i++) {
        double sum = 0;
        for (std::ptrdiff_t k = 0; k < weights.size(); k++)
            sum += weights[k] * static_cast<double>(x[i + k]);
        y[i] = static_cast<T>(sum);
    }
}

template <class T>
PyObject *apply(const tn_type &type, const tn_span &signal, const tn_span &weights)
{
    const elements<const T> x(signal);
    const elements<const double> w(weights);
    array result = array::vector(type, x.size() < w.size() ? 0 : x.size() - w.size() + 1, "Kernel");
    {
        owners::without_gil parallel;
        convolve(x, w, elements<T>(result.span()));
    }
    return std::move(result).lend();
}

PyObject *kernel_call(PyObject *self, PyObject *args, PyObject *kwargs)
{
    PyObject *x;
    if (kwargs != nullptr && PyDict_GET_SIZE(kwargs) > 0)
        return PyErr_Format(PyExc_TypeError, "Kernel() takes no keyword arguments");
    if (!PyArg_ParseTuple(args, "O:Kernel", &x))
        return nullptr;
    return guarded([&]() -> PyObject * {
        const borrowed signal(x, signal_wanted, "Kernel", "x");
        const tn_span &span = signal.span(), &weights = kernel_of(self)->weights.span();
        if (tn_type_equal(span.type, &tn_type_float64))
            return apply<double>(tn_type_float64, span, weights);
        if (tn_type_equal(span.type, &tn_type_float32))
            return apply<float>(tn_type_float32, span, weights);
        char got[128];
        return PyErr_Format(PyExc_TypeError, "Kernel(): x must be float32 or float64, got %s",
                            tn_type_describe(span.type, got, sizeof got));
    });
}

PyObject *kernel_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *names[] = {"weights", nullptr};
    PyObject *weights;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O:Kernel", const_cast<char **>(names), &weights))
        return nullptr;
    return guarded([&]() -> PyObject * {
        array kept = array::kept(weights, weights_wanted, "Kernel", "weights");
        PyObject *self = type->tp_alloc(type, 0);
        if (self != nullptr)
            new (&kernel_of(self)->weights) array(std::move(kept));
        return self;
    });
}

void kernel_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    kernel_of(self)->weights.~array();
    type->tp_free(self);
    Py_DECREF(type);
}

template <class F>
void *slot(F *function)
{
    return reinterpret_cast<void *>(function);
}

PyType_Slot kernel_slots[] = {
    {Py_tp_doc, const_cast<char *>("Kernel(weights)\n--\n\nConvolution with weights, which are kept and not copied.")},
    {Py_tp_new, slot(kernel_new)},
    {Py_tp_dealloc, slot(kernel_dealloc)},
    {Py_tp_call, slot(kernel_call)},
    {0, nullptr},
};

PyType_Spec kernel_spec = {"convolution.Kernel", sizeof(kernel), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
                           kernel_slots};

int exec(PyObject *module)
{
    if (tn_import_api() == nullptr)
        return -1;
    PyObject *type = PyType_FromModuleAndSpec(module, &kernel_spec, nullptr);
    int status = type == nullptr ? -1 : PyModule_AddObjectRef(module, "Kernel", type);
    Py_XDECREF(type);
    return status;
}

PyModuleDef_Slot slots[] = {{Py_mod_exec, slot(exec)}, TN_SLOT_INTERPRETERS(1) TN_SLOT_GIL(1){0, nullptr}};

PyModuleDef definition = {PyModuleDef_HEAD_INIT, "convolution", "Convolution in C++ over Tenon.", 0, nullptr, slots,
                          nullptr, nullptr, nullptr};

} // namespace

PyMODINIT_FUNC PyInit_convolution()
{
    return PyModuleDef_Init(&definition);
}
