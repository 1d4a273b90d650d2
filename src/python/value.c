/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers, characters and strings: what fits, and how it lies in memory. What a Python object stands for is found out
 * in number.c; structures and sub-arrays are in record.c.
 */
#include "value.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

#include "../core/half.h"
#include "../core/load.h"
#include "number.h"
#include "object.h"
#include "protocol/numpy.h"
#include "record.h"

/* --- C value → memory --------------------------------------------------------------------------------------------- */

/* "got 300": the digits of a huge int are cut. */
static tn_status out_of_range(const char *type, const char *range, PyObject *number, tn_error *err)
{
    PyObject *text = PyObject_Str(number);
    const char *digits = text == NULL ? NULL : PyUnicode_AsUTF8(text);
    tn_status status;
    if (digits == NULL) {
        PyErr_Clear(); /* Python limits how many digits it writes */
        status = tn_fail(err, TN_OUT_OF_RANGE, "must be in the range of %s (%s), got an int far beyond it", type,
                         range);
    } else {
        status = tn_fail(err, TN_OUT_OF_RANGE, "must be in the range of %s (%s), got %.40s%s", type, range, digits,
                         strlen(digits) > 40 ? "…" : "");
    }
    Py_XDECREF(text);
    return status;
}

static tn_status integer_out_of_range(const tn_type *type, PyObject *number, tn_error *err)
{
    char name[16], range[64];
    int bits = (int)type->itemsize * 8;
    if (type->kind == TN_INT) {
        long long max = (long long)(UINT64_MAX >> (65 - bits));
        snprintf(name, sizeof name, "int%d", bits);
        snprintf(range, sizeof range, "%lld to %lld", -max - 1, max);
    } else {
        snprintf(name, sizeof name, "uint%d", bits);
        snprintf(range, sizeof range, "0 to %llu", (unsigned long long)(UINT64_MAX >> (64 - bits)));
    }
    return out_of_range(name, range, number, err);
}

static void store_integer(const tn_type *type, uint64_t value, void *out)
{
    uint8_t u8 = (uint8_t)value;
    uint16_t u16 = (uint16_t)value;
    uint32_t u32 = (uint32_t)value;
    switch (type->itemsize) {
    case 1:
        memcpy(out, &u8, 1);
        break;
    case 2:
        tni_move(out, &u16, 2, tni_is_swapped(type));
        break;
    case 4:
        tni_move(out, &u32, 4, tni_is_swapped(type));
        break;
    default:
        tni_move(out, &value, 8, tni_is_swapped(type));
    }
}

/* Does the int fit? `*value` is then its two's complement. */
static int fits(PyObject *number, const tn_type *type, uint64_t *value)
{
    int overflow, bits = (int)type->itemsize * 8;
    long long small = PyLong_AsLongLongAndOverflow(number, &overflow);
    *value = (uint64_t)small;
    if (type->kind == TN_INT) {
        long long max = (long long)(UINT64_MAX >> (65 - bits));
        return overflow == 0 && small <= max && small >= -max - 1;
    }
    if (overflow == 0)
        return small >= 0 && *value <= UINT64_MAX >> (64 - bits);
    if (overflow < 0 || bits < 64)
        return 0;
    *value = PyLong_AsUnsignedLongLong(number);
    if (!PyErr_Occurred())
        return 1;
    PyErr_Clear();
    return 0;
}

static tn_status read_integer(PyObject *obj, const tn_type *type, void *out, tn_error *err)
{
    PyObject *number;
    uint64_t value;
    tn_status status = tnpy_integer_of(obj, "int", &number, err);
    if (status != TN_OK)
        return status;
    if (fits(number, type, &value))
        store_integer(type, value, out);
    else
        status = integer_out_of_range(type, number, err);
    Py_DECREF(number);
    return status;
}

static tn_status read_bool(PyObject *obj, void *out, tn_error *err)
{
    static const tn_type byte = {.kind = TN_UINT, .byteorder = TN_NO_ORDER, .alignment = 1, .itemsize = 1};
    PyObject *number;
    uint64_t value;
    tn_status status = tnpy_integer_of(obj, "bool", &number, err);
    if (status != TN_OK)
        return status;
    if (fits(number, &byte, &value) && value <= 1)
        *(_Bool *)out = value == 1;
    else
        status = out_of_range("bool", "False or True, 0 or 1", number, err);
    Py_DECREF(number);
    return status;
}

static tn_status float_out_of_range(const char *type, const char *largest, long double value, tn_error *err)
{
    return tn_fail(err, TN_OUT_OF_RANGE, "must be in the range of %s (at most %s in magnitude), got %.6Lg", type,
                   largest, value);
}

static tn_status store_half(const tn_type *type, long double value, void *out, tn_error *err)
{
    int brain = type->kind == TN_BFLOAT;
    uint16_t half = brain ? tni_bfloat16_from_double((double)value) : tni_float16_from_double((double)value);
    double back = brain ? tni_bfloat16_to_double(half) : tni_float16_to_double(half);
    if (isinf(back) && !isinf(value))
        return brain ? float_out_of_range("bfloat16", "3.39e+38", value, err)
                     : float_out_of_range("float16", "65504", value, err);
    tni_move(out, &half, sizeof half, tni_is_swapped(type));
    return TN_OK;
}

/* One IEEE number of `size` bytes. */
static tn_status store_float(size_t size, int swapped, long double value, void *out, tn_error *err)
{
    float narrow = (float)value;
    double middle = (double)value;
    if (size == sizeof narrow && isinf(narrow) && !isinf(value))
        return float_out_of_range("float32", "3.4028235e+38", value, err);
    if (size == sizeof middle && isinf(middle) && !isinf(value))
        return float_out_of_range("float64", "1.7976931348623157e+308", value, err);
    const void *source = size == sizeof narrow ? (const void *)&narrow
                         : size == sizeof middle ? (const void *)&middle : (const void *)&value;
    tni_move(out, source, size, swapped);
#if LDBL_MANT_DIG == 64
    enum { EXTENDED = 10 }; /* x87: what follows is padding, and must not carry what lay on the stack */
    if (size > EXTENDED && !swapped)
        memset((char *)out + EXTENDED, 0, size - EXTENDED);
#endif
    return TN_OK;
}

/* Does the number need more than a double? */
static int is_wide(size_t size)
{
    return size > sizeof(double);
}

/* A 0-d array or NumPy scalar of exactly this type, which no Python number can hold: 1 if it was one and is copied. */
static int copy_element(PyObject *obj, const tn_type *type, void *out)
{
    Py_buffer view;
    tn_type *got;
    if (PyFloat_CheckExact(obj) || !PyObject_CheckBuffer(obj) || tnpy_has_base(obj, "MaskedArray"))
        return 0;
    if (tnpy_get_buffer(obj, &view) < 0) {
        PyErr_Clear();
        return 0;
    }
    int copied = 0;
    if (view.ndim == 0 && view.buf != NULL && view.len >= type->itemsize &&
        tn_type_from_format(view.format, view.itemsize, &got, NULL) == TN_OK) {
        copied = tn_type_equal(type, got);
        if (copied)
            memcpy(out, view.buf, (size_t)type->itemsize);
        tn_type_free(got);
    }
    PyBuffer_Release(&view);
    return copied;
}

static tn_status read_float(PyObject *obj, const tn_type *type, void *out, tn_error *err)
{
    size_t size = (size_t)type->itemsize;
    long double value;
    if (is_wide(size) && copy_element(obj, type, out))
        return TN_OK;
    tn_status status = tnpy_float_of(obj, is_wide(size), &value, err);
    if (status != TN_OK)
        return status;
    return size == 2 ? store_half(type, value, out, err) : store_float(size, tni_is_swapped(type), value, out, err);
}

static tn_status read_complex(PyObject *obj, const tn_type *type, void *out, tn_error *err)
{
    size_t size = (size_t)type->itemsize / 2;
    tnpy_complex value;
    if (is_wide(size) && copy_element(obj, type, out))
        return TN_OK;
    tn_status status = tnpy_complex_of(obj, is_wide(size), &value, err);
    if (status == TN_OK)
        status = store_float(size, tni_is_swapped(type), value.real, out, err);
    if (status == TN_OK)
        status = store_float(size, tni_is_swapped(type), value.imag, (char *)out + size, err);
    return status;
}

/* --- characters and strings --------------------------------------------------------------------------------------- */

/* The bytes of a str (ASCII, and the surrogates that stand for other bytes), bytes or bytearray: a new bytes object. */
static tn_status bytes_of(PyObject *text, const char *wanted, PyObject **bytes, tn_error *err)
{
    *bytes = PyUnicode_Check(text) ? PyUnicode_AsEncodedString(text, "ascii", "surrogateescape")
                                   : PyBytes_FromObject(text);
    if (*bytes != NULL)
        return TN_OK;
    if (!PyErr_ExceptionMatches(PyExc_UnicodeEncodeError))
        return tnpy_raised(err);
    PyErr_Clear();
    return tn_fail(err, TN_WRONG_VALUE, "must be %s, got other characters", wanted);
}

/* "must be one ASCII character, got 'ab'". */
static tn_status refuse_text(PyObject *text, const char *wanted, tn_error *err)
{
    PyObject *shown = PyObject_ASCII(text);
    const char *got = shown == NULL ? NULL : PyUnicode_AsUTF8(shown);
    tn_status status = got == NULL ? tnpy_raised(err)
                                   : tn_fail(err, TN_WRONG_VALUE, "must be %s, got %.40s", wanted, got);
    Py_XDECREF(shown);
    return status;
}

static tn_status read_character(PyObject *obj, void *out, tn_error *err)
{
    const char *wanted = "one ASCII character";
    PyObject *text, *bytes = NULL;
    tn_status status = tnpy_text_of(obj, wanted, &text, err);
    if (status != TN_OK)
        return status;
    status = bytes_of(text, wanted, &bytes, err);
    if (status == TN_OK && PyBytes_GET_SIZE(bytes) == 1)
        memcpy(out, PyBytes_AS_STRING(bytes), 1);
    else if (status != TN_RAISED)
        status = refuse_text(text, wanted, err);
    Py_XDECREF(bytes);
    Py_DECREF(text);
    return status;
}

/* A fixed number of bytes: what is shorter is padded with NUL, opaque bytes are given in full. */
static tn_status read_bytes(PyObject *obj, const tn_type *type, void *out, tn_error *err)
{
    char wanted[64];
    PyObject *text, *bytes;
    snprintf(wanted, sizeof wanted, type->kind == TN_VOID ? "%zd bytes" : "at most %zd bytes or ASCII characters",
             (Py_ssize_t)type->itemsize);
    tn_status status = tnpy_text_of(obj, wanted, &text, err);
    if (status != TN_OK)
        return status;
    status = bytes_of(text, wanted, &bytes, err);
    Py_DECREF(text);
    if (status != TN_OK)
        return status;
    Py_ssize_t size = PyBytes_GET_SIZE(bytes);
    if (size > type->itemsize || (type->kind == TN_VOID && size < type->itemsize)) {
        status = tn_fail(err, TN_WRONG_VALUE, "must be %s, got %zd", wanted, size);
    } else {
        memset(out, 0, (size_t)type->itemsize);
        memcpy(out, PyBytes_AS_STRING(bytes), (size_t)size);
    }
    Py_DECREF(bytes);
    return status;
}

static tn_status read_ucs4(PyObject *obj, const tn_type *type, void *out, tn_error *err)
{
    Py_ssize_t capacity = type->itemsize / 4;
    char wanted[64];
    PyObject *text;
    snprintf(wanted, sizeof wanted, "a str of at most %zd characters", capacity);
    tn_status status = tnpy_text_of(obj, wanted, &text, err);
    if (status != TN_OK)
        return status;
    if (!PyUnicode_Check(text)) {
        status = tnpy_refuse_kind(obj, wanted, err);
    } else if (PyUnicode_GET_LENGTH(text) > capacity) {
        status = tn_fail(err, TN_WRONG_VALUE, "must be %s, got %zd", wanted, PyUnicode_GET_LENGTH(text));
    } else {
        memset(out, 0, (size_t)type->itemsize);
        for (Py_ssize_t i = 0; i < PyUnicode_GET_LENGTH(text); i++) {
            uint32_t character = PyUnicode_READ_CHAR(text, i);
            tni_move((char *)out + 4 * i, &character, 4, tni_is_swapped(type));
        }
    }
    Py_DECREF(text);
    return status;
}

/* --- times -------------------------------------------------------------------------------------------------------- */

/* An int is the count of units; what else is a time, NumPy knows. */
static tn_status read_time(tnpy_state *state, PyObject *obj, const tn_type *type, void *out, tn_error *err)
{
    if (PyLong_CheckExact(obj)) {
        const tn_type count = {.kind = TN_INT, .byteorder = type->byteorder, .alignment = 1, .itemsize = 8};
        return read_integer(obj, &count, out, err);
    }
    int numpy = tnpy_numpy_import(state);
    if (numpy < 0)
        return tnpy_raised(err);
    return numpy ? tnpy_numpy_read_time(obj, type, out, err) : tnpy_refuse_kind(obj, "int", err);
}

/* --- the way in --------------------------------------------------------------------------------------------------- */

tn_status tnpy_value_read(tnpy_state *state, PyObject *obj, const tn_type *type, int character, void *out,
                          tn_error *err)
{
    char text[128];
    if (character && type->itemsize == 1)
        return read_character(obj, out, err);
    switch ((tn_kind)type->kind) {
    case TN_BOOL:
        return read_bool(obj, out, err);
    case TN_INT:
    case TN_UINT:
        return read_integer(obj, type, out, err);
    case TN_FLOAT:
    case TN_BFLOAT:
        return read_float(obj, type, out, err);
    case TN_COMPLEX:
        return read_complex(obj, type, out, err);
    case TN_BYTES:
    case TN_VOID:
        return read_bytes(obj, type, out, err);
    case TN_UCS4:
        return read_ucs4(obj, type, out, err);
    case TN_STRUCT:
    case TN_SUBARRAY:
        return tnpy_record_read(state, obj, type, out, err);
    case TN_DATETIME:
    case TN_TIMEDELTA:
        return read_time(state, obj, type, out, err);
    case TN_OBJECT:
    case TN_POINTER:
        break;
    }
    return tn_fail(err, TN_WRONG_TYPE, "is of type %s, which cannot be given from Python",
                   tn_type_describe(type, text, sizeof text));
}

/* --- memory → Python ---------------------------------------------------------------------------------------------- */

static PyObject *integer_to_python(const tn_type *type, const void *data)
{
    size_t size = (size_t)type->itemsize;
    if (type->kind == TN_UINT || type->kind == TN_POINTER)
        return PyLong_FromUnsignedLongLong(tni_load_unsigned(size, tni_is_swapped(type), data));
    return PyLong_FromLongLong(tni_load_signed(size, tni_is_swapped(type), data));
}

/* One IEEE number of `size` bytes, as the nearest double. */
static double load_float(size_t size, int swapped, const void *data)
{
    double value;
    if (size != sizeof value)
        return (double)tni_load_float(size, swapped, data);
    tni_move(&value, data, size, swapped); /* a NaN's payload stays, too */
    return value;
}

static PyObject *bfloat_to_python(const tn_type *type, const void *data)
{
    return PyFloat_FromDouble(tni_load_bfloat(tni_is_swapped(type), data));
}

static PyObject *complex_to_python(const tn_type *type, const void *data)
{
    size_t size = (size_t)type->itemsize / 2;
    return PyComplex_FromDoubles(load_float(size, tni_is_swapped(type), data),
                                 load_float(size, tni_is_swapped(type), (const char *)data + size));
}

/* Trailing NULs are padding, as NumPy has it. */
static PyObject *bytes_to_python(const tn_type *type, const void *data)
{
    const char *bytes = data;
    Py_ssize_t length = type->itemsize;
    while (length > 0 && bytes[length - 1] == '\0')
        length--;
    return PyBytes_FromStringAndSize(bytes, length);
}

static PyObject *ucs4_to_python(const tn_type *type, const void *data)
{
    Py_ssize_t length = type->itemsize / 4;
    Py_UCS4 *text = PyMem_Malloc((size_t)type->itemsize + 1);
    if (text == NULL)
        return PyErr_NoMemory();
    for (Py_ssize_t i = 0; i < length; i++) {
        tni_move(text + i, (const char *)data + 4 * i, 4, tni_is_swapped(type));
        if (text[i] > 0x10FFFF) {
            PyErr_Format(PyExc_ValueError, "%u is not a Unicode character", (unsigned)text[i]);
            PyMem_Free(text);
            return NULL;
        }
    }
    while (length > 0 && text[length - 1] == 0)
        length--;
    PyObject *result = PyUnicode_FromKindAndData(PyUnicode_4BYTE_KIND, text, length);
    PyMem_Free(text);
    return result;
}

/* numpy.datetime64 or timedelta64 where NumPy can be imported, which alone knows the calendar; else the count. */
static PyObject *time_to_python(tnpy_state *state, const tn_type *type, const void *data)
{
    int numpy = tnpy_numpy_import(state);
    if (numpy <= 0)
        return numpy < 0 ? NULL : integer_to_python(type, data);
    tnpy_dtype_key key;
    tnpy_dtype_key_init(&key, type, false);
    PyObject *scalar = tnpy_numpy_scalar(&key, data);
    tnpy_dtype_key_clear(&key);
    return scalar;
}

PyObject *tnpy_value_to_python(tnpy_state *state, const tn_type *type, int character, const void *data)
{
    if (character && type->itemsize == 1)
        return PyUnicode_DecodeASCII(data, 1, "surrogateescape");
    switch ((tn_kind)type->kind) {
    case TN_BOOL:
        return PyBool_FromLong(*(const unsigned char *)data != 0);
    case TN_INT:
    case TN_UINT:
    case TN_POINTER:
        return integer_to_python(type, data);
    case TN_DATETIME:
    case TN_TIMEDELTA:
        return time_to_python(state, type, data);
    case TN_FLOAT:
        return PyFloat_FromDouble(load_float((size_t)type->itemsize, tni_is_swapped(type), data));
    case TN_BFLOAT:
        return bfloat_to_python(type, data);
    case TN_COMPLEX:
        return complex_to_python(type, data);
    case TN_BYTES:
        return bytes_to_python(type, data);
    case TN_VOID:
        return PyBytes_FromStringAndSize(data, type->itemsize);
    case TN_UCS4:
        return ucs4_to_python(type, data);
    case TN_STRUCT:
    case TN_SUBARRAY:
        return tnpy_record_to_python(state, type, data);
    case TN_OBJECT:
        break;
    }
    PyErr_SetString(PyExc_TypeError, "Python objects are not read from memory");
    return NULL;
}
