/* SPDX-License-Identifier: BSD-3-Clause */
#include "span_item.h"

#include <string.h>

#include "value.h"

static PyObject *read_any(const tnpy_dtype *dtype, const char *at)
{
    return tnpy_value_to_python(dtype->state, dtype->type, 0, at);
}

/* With the type that the DType keeps; tnpy_value_to_python has to make one each time. */
static PyObject *read_time(const tnpy_dtype *dtype, const char *at)
{
    int numpy = tnpy_numpy_import(dtype->state);
    return numpy == 1 ? tnpy_numpy_scalar((tnpy_dtype_key *)&dtype->key, at) : read_any(dtype, at);
}

/* Format "c" is one byte as it is; what is longer is text, padded with NUL. */
static PyObject *read_byte(const tnpy_dtype *dtype, const char *at)
{
    (void)dtype;
    return PyBytes_FromStringAndSize(at, 1);
}

static PyObject *read_bool(const tnpy_dtype *dtype, const char *at)
{
    (void)dtype;
    return PyBool_FromLong(*at != 0);
}

#define READER(name, type, make)                                     \
    static PyObject *name(const tnpy_dtype *dtype, const char *at)   \
    {                                                                \
        type value;                                                  \
        (void)dtype;                                                 \
        memcpy(&value, at, sizeof value);                            \
        return make(value);                                          \
    }
READER(read_int8, int8_t, PyLong_FromLong)
READER(read_uint8, uint8_t, PyLong_FromLong)
READER(read_int16, int16_t, PyLong_FromLong)
READER(read_uint16, uint16_t, PyLong_FromLong)
READER(read_int32, int32_t, PyLong_FromLong)
READER(read_uint32, uint32_t, PyLong_FromUnsignedLong)
READER(read_int64, int64_t, PyLong_FromLongLong)
READER(read_uint64, uint64_t, PyLong_FromUnsignedLongLong)
READER(read_float32, float, PyFloat_FromDouble)
READER(read_float64, double, PyFloat_FromDouble)

static tnpy_item_reader integer_reader(const tn_type *type)
{
    int is_signed = type->kind == TN_INT;
    switch (type->itemsize) {
    case 1:
        return is_signed ? read_int8 : read_uint8;
    case 2:
        return is_signed ? read_int16 : read_uint16;
    case 4:
        return is_signed ? read_int32 : read_uint32;
    default:
        return is_signed ? read_int64 : read_uint64;
    }
}

tnpy_item_reader tnpy_item_reader_of(const tnpy_dtype *dtype)
{
    const tn_type *type = dtype->type;
    if (dtype->character == 'c')
        return read_byte;
    if (type->kind == TN_BOOL)
        return read_bool;
    if (type->kind == TN_DATETIME || type->kind == TN_TIMEDELTA)
        return read_time;
    if (type->byteorder != TN_NATIVE && type->itemsize != 1)
        return read_any;
    if (type->kind == TN_INT || type->kind == TN_UINT)
        return integer_reader(type);
    if (type->kind == TN_FLOAT && type->itemsize == 4)
        return read_float32;
    if (type->kind == TN_FLOAT && type->itemsize == 8)
        return read_float64;
    return read_any;
}

PyObject *tnpy_span_read(tnpy_span *self, tnpy_item_reader read, const char *at)
{
    tnpy_span_hold((PyObject *)self);
    PyObject *item = read(self->dtype, at);
    tnpy_span_let_go((PyObject *)self);
    return item;
}
