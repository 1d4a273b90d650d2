/* SPDX-License-Identifier: BSD-3-Clause */
/* The short way through a call, inlined into generated glue.
 *
 * Glue calls, for each parameter, what takes its argument; for arrays that must lie apart, what looks whether they do;
 * and then tn_short_run. All of it reads the function's descriptor, as the engine does. Where the descriptor is a
 * constant of the same file, an optimising compiler does all the reading, and what is left is what one writes by hand:
 * a comparison for each field of each array. It serves positional arguments that are plain ndarrays of exactly the
 * right kind, Python floats and ints, bytes and bytearrays, and objects of C; everything else, and whatever must be
 * refused, it leaves to the engine, from the beginning. It runs no Python code before the C function has returned.
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

/* What a short call can have; glue that is generated keeps to it. */
enum { TN_SHORT_PARAMS = 8, TN_SHORT_SIZES = 8, TN_SHORT_NDIM = 4, TN_SHORT_STRIDES = 8 };

/* How every tenon.Function begins. */
typedef struct tn_callable {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    vectorcallfunc general;        /* the engine's, which takes every call */
    PyTypeObject *const *ndarray;  /* there stands numpy.ndarray; NULL until somebody has imported NumPy */
    PyObject *const *accepted;     /* accepted[i]: of an array, a dtype that params[i] has accepted, NULL until it has;
                                      of an object of C, its class */
    PyObject *(*failed)(PyObject *self, int64_t code); /* raises tenon.CallError and returns NULL */
    PyObject *(*made)(PyObject *self, PyObject *const *args, void *result); /* the object for a handle or a tn_array */
    vectorcallfunc last;           /* the engine's longest way, which says what is wrong with a call */
    PyObject *(*make)(PyObject *self, int i, const ptrdiff_t *dims); /* a new array for params[i], an output; NULL,
                                      without an exception, where the engine must do it */
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
    ptrdiff_t steps[TN_SHORT_PARAMS + 1 + TN_SHORT_STRIDES]; /* of functions that have views */
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
    bool hopeless; /* an array was seen that only the engine's longest way has a word for */
} tn_short_call;

/* Descriptors are constants where this is inlined: what they rule out disappears. */
#ifdef __OPTIMIZE__
#define TN_INLINE static inline __attribute__((always_inline))
#else
#define TN_INLINE static inline
#endif

TN_INLINE bool tn_short_extent(const tn_function *def, int i, int axis, ptrdiff_t extent, ptrdiff_t *dims)
{
    int k = def->params[i].shape[axis];
    const tn_size *size = &def->sizes[k];
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

TN_INLINE bool tn_short_extents(const tn_function *def, int i, const Py_ssize_t *shape, ptrdiff_t *dims)
{
    int ndim = def->params[i].ndim;
    return tn_short_extent(def, i, 0, shape[0], dims) && (ndim <= 1 || tn_short_extent(def, i, 1, shape[1], dims)) &&
           (ndim <= 2 || tn_short_extent(def, i, 2, shape[2], dims)) &&
           (ndim <= 3 || tn_short_extent(def, i, 3, shape[3], dims));
}

/* Is what a view is written through free of overlaps, and are all its elements aligned? */
TN_INLINE bool tn_short_view(const tn_function *def, const tn_param *param, const tn_ndarray *array, ptrdiff_t *steps)
{
    ptrdiff_t itemsize = param->type->itemsize;
    steps += def->nparams + (def->result != NULL) + param->strides;
    for (int axis = 0; axis < param->ndim; axis++) {
        steps[axis] = array->strides[axis];
        if ((uintptr_t)steps[axis] % param->type->alignment != 0)
            return false;
    }
    return param->direction == TN_IN || array->flags & TN_NDARRAY_C_CONTIGUOUS ||
           (param->ndim == 1 && (steps[0] >= itemsize || steps[0] <= -itemsize));
}

TN_INLINE bool tn_short_is_bytes(const tn_param *param)
{
    bool is_byte = param->type->itemsize == 1 && (param->type->kind == TN_UINT || param->flags & TN_CHARACTER);
    return is_byte && param->kind == TN_PARAM_ARRAY && param->ndim == 1;
}

/* Is the GIL kept until C has returned? Then nobody can resize a bytearray meanwhile, and it needs no hold. */
TN_INLINE bool tn_short_keeps_gil(const tn_function *def)
{
#ifdef Py_GIL_DISABLED
    return (void)def, false;
#else
    return !(def->flags & TN_THREADSAFE);
#endif
}

/* Exactly bytes, or a bytearray: what is derived from them may show another buffer. */
TN_INLINE bool tn_short_bytes(const tn_function *def, int i, PyObject *obj, char **data, ptrdiff_t *length)
{
    if (PyBytes_CheckExact(obj) && def->params[i].direction == TN_IN) {
        *data = PyBytes_AS_STRING(obj);
        *length = PyBytes_GET_SIZE(obj);
        return true;
    }
    if (!tn_short_keeps_gil(def) || !PyByteArray_CheckExact(obj))
        return false;
    *data = PyByteArray_AS_STRING(obj);
    *length = PyByteArray_GET_SIZE(obj);
    return true;
}

/* An array or a view, of 1 to TN_SHORT_NDIM dimensions, that is not optional and not only written. */
TN_INLINE bool tn_short_array(const tn_callable *self, const tn_function *def, int i, PyObject *obj,
                              tn_short_call *call)
{
    const tn_param *param = &def->params[i];
    const tn_ndarray *array = (const tn_ndarray *)obj;
    int flags = (param->kind == TN_PARAM_VIEW ? 0 : TN_NDARRAY_C_CONTIGUOUS) |
                (param->direction == TN_IN ? 0 : TN_NDARRAY_WRITEABLE);
    ptrdiff_t length;
    if (tn_short_is_bytes(param) && tn_short_bytes(def, i, obj, &call->args[i], &length))
        return tn_short_extent(def, i, 0, length, call->dims);
    if (Py_TYPE(obj) != *self->ndarray || array->dtype != self->accepted[i])
        return false;
    call->args[i] = array->data;
    bool taken = array->ndim == param->ndim && (array->flags & flags) == flags && array->data != NULL &&
                 (uintptr_t)array->data % param->type->alignment == 0 &&
                 (param->kind != TN_PARAM_VIEW || tn_short_view(def, param, array, call->steps)) &&
                 tn_short_extents(def, i, array->shape, call->dims);
    call->hopeless = !taken;
    return taken;
}

/* An exact int of one digit (what Python calls compact), without a call. */
TN_INLINE bool tn_short_small_int(PyObject *obj, int64_t *value)
{
    if (!PyLong_CheckExact(obj))
        return false;
    const PyLongObject *number = (const PyLongObject *)obj;
#if PY_VERSION_HEX >= 0x030C0000
    if (!PyUnstable_Long_IsCompact(number))
        return false;
    *value = PyUnstable_Long_CompactValue(number);
#else
    Py_ssize_t size = Py_SIZE(number);
    if (size < -1 || size > 1)
        return false;
    *value = (int64_t)size * number->ob_digit[0]; /* that of 0 may be anything */
#endif
    return true;
}

/* An exact int of up to 64 bits. */
TN_INLINE bool tn_short_int(PyObject *obj, int64_t *value)
{
    if (tn_short_small_int(obj, value))
        return true;
    if (!PyLong_CheckExact(obj))
        return false;
    int overflow;
    *value = PyLong_AsLongLongAndOverflow(obj, &overflow);
    return overflow == 0;
}

/* An integer of up to 64 bits. */
TN_INLINE bool tn_short_integer(const tn_function *def, int i, PyObject *obj, tn_short_call *call)
{
    const tn_type *type = def->params[i].type;
    int64_t value;
    if (!tn_short_int(obj, &value))
        return false;
    bool is_signed = type->kind == TN_INT;
    int64_t max = INT64_MAX >> (64 - 8 * type->itemsize);
    if (!is_signed && type->itemsize < 8)
        max = 2 * max + 1; /* what is beyond int64 goes the long way */
    if (value > max || value < (is_signed ? -max - 1 : 0))
        return false;
    call->args[i] = (char *)&call->values[i];
    switch (type->itemsize) {
    case 8:
        call->values[i].i64 = value;
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

/* A double. */
TN_INLINE bool tn_short_double(int i, PyObject *obj, tn_short_call *call)
{
    if (!PyFloat_CheckExact(obj))
        return false;
    call->values[i].number = PyFloat_AS_DOUBLE(obj);
    call->args[i] = (char *)&call->values[i];
    return true;
}

/* A size that is passed. */
TN_INLINE bool tn_short_size(const tn_function *def, int i, PyObject *obj, tn_short_call *call)
{
    int k = def->params[i].shape[0];
    const tn_size *size = &def->sizes[k];
    int64_t value;
    if (!tn_short_int(obj, &value))
        return false;
    call->dims[1 + k] = (ptrdiff_t)value;
    return value >= 0 && value >= size->min && value <= size->max;
}

/* An object of C, which is not optional, for a function that neither excludes others nor is thread-safe. */
TN_INLINE bool tn_short_object(const tn_callable *self, int i, PyObject *obj, tn_short_call *call)
{
    const tn_object *object = (const tn_object *)obj;
    if ((PyObject *)Py_TYPE(obj) != self->accepted[i] || object->pointer == NULL || object->exclusive)
        return false;
    call->values[i].pointer = object->pointer;
    call->args[i] = (char *)&call->values[i];
    return true;
}

typedef struct tn_short_block {
    uintptr_t start, end;
} tn_short_block;

/* The bytes that an array or a view lies in. */
TN_INLINE tn_short_block tn_short_block_of(const tn_function *def, int i, const tn_short_call *call)
{
    const tn_param *param = &def->params[i];
    const ptrdiff_t *steps = &call->steps[def->nparams + (def->result != NULL) + param->strides];
    bool is_view = param->kind == TN_PARAM_VIEW;
    tn_short_block block;
    block.start = (uintptr_t)call->args[i];
    block.end = block.start + (size_t)param->type->itemsize;
    size_t bytes = (size_t)param->type->itemsize;
    for (int axis = 0; axis < param->ndim; axis++) {
        ptrdiff_t extent = call->dims[1 + param->shape[axis]], reach = is_view ? (extent - 1) * steps[axis] : 0;
        bytes *= (size_t)extent;
        block.start += reach < 0 ? (uintptr_t)reach : 0;
        block.end += reach < 0 ? 0 : (uintptr_t)reach;
    }
    if (!is_view)
        block.end = block.start + bytes;
    return block;
}

/* Do two of them lie apart? Should they not, the engine looks more closely. */
TN_INLINE bool tn_short_apart(const tn_function *def, int i, int j, const tn_short_call *call)
{
    tn_short_block first = tn_short_block_of(def, i, call), second = tn_short_block_of(def, j, call);
    return first.start >= second.end || second.start >= first.end;
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

/* All arguments are taken: call C. Is its status an error? */
TN_INLINE bool tn_short_stops(const tn_function *def, tn_short_call *call, tn_stop *stop)
{
    const ptrdiff_t *steps = tn_short_no_steps;
    int stopped, nargs = def->nparams + (def->result != NULL);
    call->dims[0] = 1;
    call->args[def->nparams] = (char *)&call->result;
    if (def->nstrides > 0) {
        steps = call->steps;
        for (int i = 0; i < nargs; i++)
            call->steps[i] = 0;
    }
    if (def->flags & TN_THREADSAFE) {
        Py_BEGIN_ALLOW_THREADS
        stopped = def->loop(call->args, call->dims, steps, stop);
        Py_END_ALLOW_THREADS
    } else {
        stopped = def->loop(call->args, call->dims, steps, stop);
    }
    return stopped != 0;
}

/* A call whose result is nothing, a float or a double, an integer of up to 64 bits, an object of C, or a tn_array. */
TN_INLINE PyObject *tn_short_run(PyObject *self, PyObject *const *args, const tn_function *def, tn_short_call *call)
{
    tn_stop stop;
    if (tn_short_stops(def, call, &stop))
        return ((const tn_callable *)self)->failed(self, stop.code);
    return tn_short_result(self, args, def->result, call);
}

/* A call that returns a new array, which C fills as params[i], and nothing else. */
TN_INLINE PyObject *tn_short_fill(PyObject *self, PyObject *const *args, size_t nargsf, const tn_function *def, int i,
                                  tn_short_call *call)
{
    const tn_callable *callable = (const tn_callable *)self;
    PyObject *made = callable->make(self, i, call->dims);
    tn_stop stop;
    if (made == NULL)
        return callable->general(self, args, nargsf, NULL);
    call->args[i] = ((const tn_ndarray *)made)->data;
    if (!tn_short_stops(def, call, &stop))
        return made;
    Py_DECREF(made);
    return callable->failed(self, stop.code);
}

/* What is not served here. */
TN_INLINE PyObject *tn_short_general(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *names,
                                     const tn_short_call *call)
{
    const tn_callable *callable = (const tn_callable *)self;
    return (call->hopeless ? callable->last : callable->general)(self, args, nargsf, names);
}

#undef TN_INLINE

#ifdef __cplusplus
}
#endif
#endif
