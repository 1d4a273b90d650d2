/* SPDX-License-Identifier: BSD-3-Clause */
/* The short way through a call, inlined into generated glue.
 *
 * tn_call_short reads a function's descriptor as the engine does. Where the descriptor is a constant of the same file,
 * an optimising compiler does all the reading, and what is left is what one writes by hand: a comparison for each field
 * of each array. It serves positional arguments that are plain ndarrays of exactly the right kind, Python floats and
 * ints, and objects of C; everything else, and whatever must be refused, it leaves to the engine, from the beginning. It runs no Python
 * code before the C function has returned.
 */
#ifndef TENON_FAST_H
#define TENON_FAST_H

#include <Python.h>
#include <stdbool.h>

#include "array.h"
#include "module.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { TN_SHORT_PARAMS = 8, TN_SHORT_SIZES = 6, TN_SHORT_NDIM = 4 };

/* How every tenon.Function begins. */
typedef struct tn_callable {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    vectorcallfunc general;        /* the engine's, which takes every call */
    PyTypeObject *const *ndarray;  /* there stands numpy.ndarray; NULL until somebody has imported NumPy */
    PyObject *const *accepted;     /* accepted[i]: of an array, a dtype that params[i] has accepted, NULL until it has; of an
                                      object of C, its class */
    PyObject *(*failed)(PyObject *self, int64_t code); /* raises tenon.CallError and returns NULL */
    PyObject *(*made)(PyObject *self, PyObject *const *args, void *result); /* the object for a handle or a tn_array */
} tn_callable;

/* How every object of a class of C begins. */
typedef struct tn_object {
    PyObject_HEAD
    Py_ssize_t views;
    void *pointer; /* NULL: closed */
    int exclusive; /* a call that excludes others uses it */
} tn_object;

/* How every numpy.ndarray begins; part of NumPy's binary interface since its first version. */
typedef struct tn_ndarray {
    PyObject_HEAD
    char *data;
    int ndim;
    Py_ssize_t *shape, *strides;
    PyObject *base, *dtype;
    int flags;
} tn_ndarray;

enum { TN_NDARRAY_C_CONTIGUOUS = 0x0001, TN_NDARRAY_WRITEABLE = 0x0400 };

typedef struct tn_short_call {
    char *args[TN_SHORT_PARAMS + 1];
    ptrdiff_t dims[1 + TN_SHORT_SIZES];
    union {
        double number;
        int64_t i64;
        int32_t i32;
        int16_t i16;
        int8_t i8;
        void *pointer;
    } values[TN_SHORT_PARAMS];
    union {
        double number;
        float single;
        int64_t i64;
        int32_t i32;
        int16_t i16;
        int8_t i8;
        void *pointer;
        tn_array array;
    } result;
} tn_short_call;

/* Bounds are constants where this is inlined: what lies beyond them disappears. */
#define TN_INLINE static inline __attribute__((always_inline))

TN_INLINE bool tn_short_extent(const tn_function *def, int i, int axis, const tn_ndarray *array, ptrdiff_t *dims)
{
    int k = def->params[i].shape[axis];
    const tn_size *size = &def->sizes[k];
    ptrdiff_t extent = array->shape[axis];
    if (size->kind == TN_SIZE_CONSTANT)
        return extent == size->value;
    if (size->kind == TN_SIZE_ARGUMENT)
        return size->param < i && extent == dims[1 + k];
    if (size->kind != TN_SIZE_IMPLIED || size->param > i || (size->param == i && size->axis > axis))
        return false; /* not known yet */
    if (size->param != i || size->axis != axis)
        return extent == dims[1 + k];
    dims[1 + k] = extent;
    return size->max == INT64_MAX || extent <= size->max;
}

TN_INLINE bool tn_short_array(const tn_callable *self, const tn_function *def, int i, PyObject *obj,
                              tn_short_call *call)
{
    const tn_param *param = &def->params[i];
    const tn_ndarray *array = (const tn_ndarray *)obj;
    int flags = TN_NDARRAY_C_CONTIGUOUS | (param->direction == TN_IN ? 0 : TN_NDARRAY_WRITEABLE);
    if (param->flags & (TN_OPTIONAL | TN_AT_LEAST) || param->direction == TN_OUT || param->ndim > TN_SHORT_NDIM)
        return false;
    if (Py_TYPE(obj) != *self->ndarray || array->dtype != self->accepted[i] || array->ndim != param->ndim ||
        (array->flags & flags) != flags || array->data == NULL || (uintptr_t)array->data % param->type->alignment != 0)
        return false;
    call->args[i] = array->data;
    return (param->ndim <= 0 || tn_short_extent(def, i, 0, array, call->dims)) &&
           (param->ndim <= 1 || tn_short_extent(def, i, 1, array, call->dims)) &&
           (param->ndim <= 2 || tn_short_extent(def, i, 2, array, call->dims)) &&
           (param->ndim <= 3 || tn_short_extent(def, i, 3, array, call->dims));
}

TN_INLINE bool tn_short_integer(const tn_type *type, PyObject *obj, tn_short_call *call, int i)
{
    if (!PyLong_CheckExact(obj))
        return false;
    int overflow;
    long long value = PyLong_AsLongLongAndOverflow(obj, &overflow);
    bool is_signed = type->kind == TN_INT;
    long long max = INT64_MAX >> (64 - 8 * type->itemsize);
    if (!is_signed && type->itemsize < 8)
        max = 2 * max + 1; /* what is beyond int64 goes the long way */
    if (overflow || value > max || value < (is_signed ? -max - 1 : 0))
        return false;
    switch (type->itemsize) {
    case 8:
        call->values[i].i64 = (int64_t)value;
        return true;
    case 4:
        call->values[i].i32 = (int32_t)value;
        return true;
    case 2:
        call->values[i].i16 = (int16_t)value;
        return true;
    default:
        call->values[i].i8 = (int8_t)value;
        return true;
    }
}

TN_INLINE bool tn_short_value(const tn_param *param, PyObject *obj, tn_short_call *call, int i)
{
    if (param->direction != TN_IN || param->flags & (TN_OPTIONAL | TN_CHARACTER))
        return false;
    call->args[i] = (char *)&call->values[i];
    if (param->type->kind == TN_INT || param->type->kind == TN_UINT)
        return param->type->itemsize <= 8 && tn_short_integer(param->type, obj, call, i);
    if (param->type->kind != TN_FLOAT || param->type->itemsize != sizeof(double) || !PyFloat_CheckExact(obj))
        return false;
    call->values[i].number = PyFloat_AS_DOUBLE(obj);
    return true;
}

TN_INLINE bool tn_short_count(const tn_size *size, PyObject *obj, ptrdiff_t *dim)
{
    if (!PyLong_CheckExact(obj))
        return false;
    int overflow;
    long long value = PyLong_AsLongLongAndOverflow(obj, &overflow);
    *dim = (ptrdiff_t)value;
    return !overflow && value >= 0 && value >= size->min && value <= size->max;
}

TN_INLINE bool tn_short_object(const tn_callable *self, const tn_param *param, int i, PyObject *obj, tn_short_call *call)
{
    const tn_object *object = (const tn_object *)obj;
    if (param->flags & TN_OPTIONAL || (PyObject *)Py_TYPE(obj) != self->accepted[i] || object->pointer == NULL ||
        object->exclusive)
        return false;
    call->values[i].pointer = object->pointer;
    call->args[i] = (char *)&call->values[i];
    return true;
}

TN_INLINE bool tn_short_argument(const tn_callable *self, const tn_function *def, int i, PyObject *obj,
                                 tn_short_call *call)
{
    const tn_param *param = &def->params[i];
    if (param->kind == TN_PARAM_ARRAY)
        return tn_short_array(self, def, i, obj, call);
    if (param->kind == TN_PARAM_HANDLE)
        return tn_short_object(self, param, i, obj, call);
    if (param->kind == TN_PARAM_SIZE)
        return tn_short_count(&def->sizes[param->shape[0]], obj, &call->dims[1 + param->shape[0]]);
    return param->kind == TN_PARAM_VALUE && tn_short_value(param, obj, call, i);
}

TN_INLINE bool tn_short_arguments(const tn_callable *self, const tn_function *def, PyObject *const *args,
                                  tn_short_call *call)
{
    return (def->nparams <= 0 || tn_short_argument(self, def, 0, args[0], call)) &&
           (def->nparams <= 1 || tn_short_argument(self, def, 1, args[1], call)) &&
           (def->nparams <= 2 || tn_short_argument(self, def, 2, args[2], call)) &&
           (def->nparams <= 3 || tn_short_argument(self, def, 3, args[3], call)) &&
           (def->nparams <= 4 || tn_short_argument(self, def, 4, args[4], call)) &&
           (def->nparams <= 5 || tn_short_argument(self, def, 5, args[5], call)) &&
           (def->nparams <= 6 || tn_short_argument(self, def, 6, args[6], call)) &&
           (def->nparams <= 7 || tn_short_argument(self, def, 7, args[7], call));
}

/* Sizes that arguments say are set by them; the others must be constants. */
TN_INLINE bool tn_short_size(const tn_function *def, int k, ptrdiff_t *dims)
{
    if (def->sizes[k].kind == TN_SIZE_CONSTANT)
        dims[1 + k] = (ptrdiff_t)def->sizes[k].value;
    return def->sizes[k].kind != TN_SIZE_EXPRESSION;
}

TN_INLINE bool tn_short_sizes(const tn_function *def, ptrdiff_t *dims)
{
    return (def->nsizes <= 0 || tn_short_size(def, 0, dims)) && (def->nsizes <= 1 || tn_short_size(def, 1, dims)) &&
           (def->nsizes <= 2 || tn_short_size(def, 2, dims)) && (def->nsizes <= 3 || tn_short_size(def, 3, dims)) &&
           (def->nsizes <= 4 || tn_short_size(def, 4, dims)) && (def->nsizes <= 5 || tn_short_size(def, 5, dims));
}

TN_INLINE size_t tn_short_bytes(const tn_param *param, const ptrdiff_t *dims)
{
    size_t bytes = (size_t)param->type->itemsize;
    for (int axis = 0; axis < param->ndim; axis++)
        bytes *= (size_t)dims[1 + param->shape[axis]];
    return bytes;
}

/* Where two arrays must lie apart by C's own rules: do they? Two descriptions of one type count as two types; should
 * they meet, the engine looks more closely. */
TN_INLINE bool tn_short_pair(const tn_function *def, int i, int j, const tn_short_call *call)
{
    const tn_param *a = &def->params[i], *b = &def->params[j];
    unsigned flags = a->flags | b->flags;
    if (a->kind != TN_PARAM_ARRAY || b->kind != TN_PARAM_ARRAY || (a->direction == TN_IN && b->direction == TN_IN) ||
        (!(flags & TN_RESTRICT) && (flags & TN_CHARACTER || a->type == b->type)))
        return true;
    uintptr_t start_a = (uintptr_t)call->args[i], start_b = (uintptr_t)call->args[j];
    return start_a >= start_b + tn_short_bytes(b, call->dims) || start_b >= start_a + tn_short_bytes(a, call->dims);
}

TN_INLINE bool tn_short_apart(const tn_function *def, int i, const tn_short_call *call)
{
    return (def->nparams <= 1 || i >= 1 || tn_short_pair(def, i, 1, call)) &&
           (def->nparams <= 2 || i >= 2 || tn_short_pair(def, i, 2, call)) &&
           (def->nparams <= 3 || i >= 3 || tn_short_pair(def, i, 3, call)) &&
           (def->nparams <= 4 || i >= 4 || tn_short_pair(def, i, 4, call)) &&
           (def->nparams <= 5 || i >= 5 || tn_short_pair(def, i, 5, call)) &&
           (def->nparams <= 6 || i >= 6 || tn_short_pair(def, i, 6, call)) &&
           (def->nparams <= 7 || i >= 7 || tn_short_pair(def, i, 7, call));
}

TN_INLINE bool tn_short_all_apart(const tn_function *def, const tn_short_call *call)
{
    return (def->nparams <= 1 || tn_short_apart(def, 0, call)) && (def->nparams <= 2 || tn_short_apart(def, 1, call)) &&
           (def->nparams <= 3 || tn_short_apart(def, 2, call)) && (def->nparams <= 4 || tn_short_apart(def, 3, call)) &&
           (def->nparams <= 5 || tn_short_apart(def, 4, call)) && (def->nparams <= 6 || tn_short_apart(def, 5, call)) &&
           (def->nparams <= 7 || tn_short_apart(def, 6, call));
}

TN_INLINE bool tn_short_has_result(const tn_param *result)
{
    if (result == NULL)
        return true;
    if (result->kind == TN_PARAM_HANDLE || result->kind == TN_PARAM_OWNED)
        return true;
    if (result->kind != TN_PARAM_VALUE || result->flags & TN_CHARACTER)
        return false;
    if (result->type->kind == TN_FLOAT)
        return result->type->itemsize == sizeof(double) || result->type->itemsize == sizeof(float);
    return (result->type->kind == TN_INT || result->type->kind == TN_UINT) && result->type->itemsize <= 8;
}

TN_INLINE PyObject *tn_short_number(const tn_param *result, const tn_short_call *call)
{
    if (result->type->kind == TN_FLOAT)
        return PyFloat_FromDouble(result->type->itemsize == sizeof(double) ? call->result.number : call->result.single);
    bool is_signed = result->type->kind == TN_INT;
    switch (result->type->itemsize) {
    case 8:
        return is_signed ? PyLong_FromLongLong(call->result.i64)
                         : PyLong_FromUnsignedLongLong((uint64_t)call->result.i64);
    case 4:
        return PyLong_FromLongLong(is_signed ? call->result.i32 : (int64_t)(uint32_t)call->result.i32);
    case 2:
        return PyLong_FromLong(is_signed ? call->result.i16 : (long)(uint16_t)call->result.i16);
    default:
        return PyLong_FromLong(is_signed ? call->result.i8 : (long)(uint8_t)call->result.i8);
    }
}

TN_INLINE PyObject *tn_short_result(PyObject *self, PyObject *const *args, const tn_param *result, tn_short_call *call)
{
    if (result == NULL)
        Py_RETURN_NONE;
    if (result->kind == TN_PARAM_VALUE)
        return tn_short_number(result, call);
    return ((const tn_callable *)self)->made(self, args, &call->result);
}

static const ptrdiff_t tn_short_no_steps[TN_SHORT_PARAMS + 1] = {0}; /* one point: nothing moves */

/* vectorcall of a function that `def` describes, a constant. */
TN_INLINE PyObject *tn_call_short(PyObject *obj, PyObject *const *args, size_t nargsf, PyObject *kwnames,
                                  const tn_function *def)
{
    const tn_callable *self = (const tn_callable *)obj;
    tn_short_call call;
    tn_stop stop;
    if (kwnames != NULL || def->nparams > TN_SHORT_PARAMS || def->nsizes > TN_SHORT_SIZES ||
        PyVectorcall_NARGS(nargsf) != def->nparams || !tn_short_has_result(def->result) ||
        !tn_short_sizes(def, call.dims) || !tn_short_arguments(self, def, args, &call) ||
        !tn_short_all_apart(def, &call))
        return self->general(obj, args, nargsf, kwnames);
    int stopped;
    call.dims[0] = 1;
    if (def->result != NULL)
        call.args[def->nparams] = (char *)&call.result;
    if (def->flags & TN_THREADSAFE) {
        Py_BEGIN_ALLOW_THREADS
        stopped = def->loop(call.args, call.dims, tn_short_no_steps, &stop);
        Py_END_ALLOW_THREADS
    } else {
        stopped = def->loop(call.args, call.dims, tn_short_no_steps, &stop);
    }
    return stopped ? self->failed(obj, stop.code) : tn_short_result(obj, args, def->result, &call);
}

#undef TN_INLINE

#ifdef __cplusplus
}
#endif
#endif
