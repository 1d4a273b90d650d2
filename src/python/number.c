/* SPDX-License-Identifier: BSD-3-Clause */
/* What a Python object is decides before any of its code runs: exact Python numbers first, then objects that hold an
 * array (of no dimensions: its element is the number; of more: refused), and last whatever has __index__, __float__ or
 * __complex__. An object that lacks the method is refused by us; one whose method raises is let through.
 */
#include "number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "object.h"
#include "record.h"
#include "value.h"

/* Kinds of element that may stand for a value: letters of tn_kind. */
#define INTEGER_KINDS "biu"
#define FLOAT_KINDS "biufB"
#define COMPLEX_KINDS "biufBc"
#define TEXT_KINDS "SU"

tn_status tnpy_refuse_kind(PyObject *obj, const char *wanted, tn_error *err)
{
    return tn_fail(err, TN_WRONG_TYPE, "must be %s, got %.200s", wanted, tnpy_type_name(obj));
}

/* --- objects that hold an array ----------------------------------------------------------------------------------- */

static int is_numpy_scalar(PyObject *obj)
{
    return tnpy_has_base(obj, "numpy.generic");
}

static tn_status refuse_buffer(PyObject *obj, const Py_buffer *view, const char *wanted, tn_error *err)
{
    char text[200];
    if (is_numpy_scalar(obj)) /* dates describe themselves as bytes */
        return tnpy_refuse_kind(obj, wanted, err);
    return tn_fail(err, TN_WRONG_TYPE, "must be %s, got %.200s", wanted,
                   tnpy_describe_buffer(view, obj, text, sizeof text));
}

/* The element of an array of no dimensions, if it is of one of `kinds`. */
static tn_status unwrap_buffer(PyObject *obj, const Py_buffer *view, const char *wanted, const char *kinds,
                               PyObject **value, tn_error *err)
{
    tn_type *type;
    if (view->ndim != 0 || tn_type_from_format(view->format, view->itemsize, &type, NULL) != TN_OK)
        return refuse_buffer(obj, view, wanted, err);
    tn_status status = TN_OK;
    if (strchr(kinds, type->kind) == NULL || view->buf == NULL || view->len < type->itemsize) {
        status = refuse_buffer(obj, view, wanted, err);
    } else {
        *value = tnpy_value_to_python(NULL, type, 0, view->buf);
        if (*value == NULL)
            status = tnpy_raised(err);
    }
    tn_type_free(type);
    return status;
}

/* `shape` as an object without a buffer says it: 1 if it has dimensions, 0 if not or if it says nothing, -1 on error.
 * `*known` is whether it says anything. */
static int has_dimensions(PyObject *obj, int *known)
{
    PyObject *shape, *interface;
    *known = 0;
    if (tnpy_optional_attribute(obj, "shape", &shape) < 0)
        return -1;
    if (shape == NULL) {
        if (tnpy_optional_attribute(obj, "__array_interface__", &interface) < 0)
            return -1;
        if (interface != NULL && PyDict_Check(interface)) {
            shape = PyDict_GetItemString(interface, "shape");
            Py_XINCREF(shape);
        }
        Py_XDECREF(interface);
    }
    int dimensions = 0;
    if (shape != NULL && PyTuple_Check(shape)) {
        *known = 1;
        dimensions = PyTuple_GET_SIZE(shape) > 0;
    }
    Py_XDECREF(shape);
    return dimensions;
}

/* 1 if `obj` has a NumPy dtype of a kind that is none of `kinds` (dates, objects, …), 0 if not, -1 on error. */
static int has_other_dtype(PyObject *obj, const char *kinds)
{
    PyObject *dtype, *kind = NULL;
    if (tnpy_optional_attribute(obj, "dtype", &dtype) < 0)
        return -1;
    if (dtype == NULL)
        return 0;
    int found = tnpy_optional_attribute(dtype, "kind", &kind);
    Py_DECREF(dtype);
    if (found <= 0)
        return found;
    int other = 0;
    if (PyUnicode_Check(kind) && PyUnicode_GET_LENGTH(kind) == 1 && PyUnicode_READ_CHAR(kind, 0) < 128) {
        int letter = (int)PyUnicode_READ_CHAR(kind, 0);
        int extension = letter == 'V' && strchr(kinds, 'f') != NULL; /* NumPy's kind of bfloat16 and its like */
        other = !extension && strchr(kinds, letter) == NULL;
    }
    Py_DECREF(kind);
    return other;
}

/* If `obj` holds an array, or is a scalar of an array library: its one element (of one of `kinds`) in `*value`, a new
 * reference, or a refusal. `*value` is NULL with TN_OK if it is neither, or if only its own methods can tell. */
static tn_status unwrap(PyObject *obj, const char *wanted, const char *kinds, PyObject **value, tn_error *err)
{
    Py_buffer view;
    int known;
    *value = NULL;
    if (tnpy_has_base(obj, "MaskedArray"))
        return tnpy_refuse_masked(err);
    if (PyObject_CheckBuffer(obj)) {
        if (tnpy_get_buffer(obj, &view) == 0) {
            tn_status status = unwrap_buffer(obj, &view, wanted, kinds, value, err);
            PyBuffer_Release(&view);
            return status;
        }
        if (!PyErr_ExceptionMatches(PyExc_Exception))
            return tnpy_raised(err);
        PyErr_Clear(); /* NumPy has element types that it cannot describe in a buffer */
    }
    int dimensions = has_dimensions(obj, &known);
    if (dimensions < 0)
        return tnpy_raised(err);
    if (dimensions > 0)
        return tn_fail(err, TN_WRONG_TYPE, "must be %s, got an array (%.200s)", wanted, tnpy_type_name(obj));
    int other = known ? has_other_dtype(obj, kinds) : 0;
    if (other < 0)
        return tnpy_raised(err);
    return other ? tnpy_refuse_kind(obj, wanted, err) : TN_OK;
}

/* --- integers ----------------------------------------------------------------------------------------------------- */

static int has_index(PyObject *obj)
{
    const PyNumberMethods *methods = Py_TYPE(obj)->tp_as_number;
    return methods != NULL && methods->nb_index != NULL;
}

static int has_float(PyObject *obj)
{
    const PyNumberMethods *methods = Py_TYPE(obj)->tp_as_number;
    return methods != NULL && methods->nb_float != NULL;
}

static int is_text(PyObject *obj)
{
    return PyUnicode_Check(obj) || PyBytes_Check(obj) || PyByteArray_Check(obj);
}

tn_status tnpy_integer_of(PyObject *obj, const char *wanted, PyObject **number, tn_error *err)
{
    *number = NULL;
    if (PyLong_Check(obj)) {
        *number = Py_NewRef(obj);
        return TN_OK;
    }
    if (is_text(obj) || PyFloat_Check(obj) || PyComplex_Check(obj))
        return tnpy_refuse_kind(obj, wanted, err);
    if (!has_index(obj) || !is_numpy_scalar(obj)) { /* NumPy's scalars with __index__ are its integers */
        tn_status status = unwrap(obj, wanted, INTEGER_KINDS, number, err);
        if (status != TN_OK || *number != NULL)
            return status;
    }
    if (!has_index(obj))
        return tnpy_refuse_kind(obj, wanted, err);
    *number = PyNumber_Index(obj);
    return *number == NULL ? tnpy_raised(err) : TN_OK;
}

static tn_status too_large_for_float(const char *type, tn_error *err)
{
    return tn_fail(err, TN_OUT_OF_RANGE, "must be in the range of %s, got an int far beyond it", type);
}

/* Rounded once, to nearest: strtold reads hexadecimal digits exactly. */
static tn_status long_double_of_integer(PyObject *integer, long double *out, tn_error *err)
{
    int overflow;
    long long small = PyLong_AsLongLongAndOverflow(integer, &overflow);
    if (overflow == 0) {
        *out = (long double)small;
        return TN_OK;
    }
    PyObject *digits = PyNumber_ToBase(integer, 16);
    const char *text = digits == NULL ? NULL : PyUnicode_AsUTF8(digits);
    if (text == NULL) {
        Py_XDECREF(digits);
        return tnpy_raised(err);
    }
    *out = strtold(text, NULL);
    Py_DECREF(digits);
    return isinf(*out) ? too_large_for_float("longdouble", err) : TN_OK;
}

/* `wide`: as a long double; else rounded to a double. */
static tn_status float_of_integer(PyObject *integer, int wide, long double *out, tn_error *err)
{
    if (wide)
        return long_double_of_integer(integer, out, err);
    double value = PyLong_AsDouble(integer);
    if (value == -1.0 && PyErr_Occurred()) {
        if (!PyErr_ExceptionMatches(PyExc_OverflowError))
            return tnpy_raised(err);
        PyErr_Clear();
        return too_large_for_float("float64", err);
    }
    *out = (long double)value;
    return TN_OK;
}

static tn_status float_of_number(PyObject *obj, int wide, long double *out, tn_error *err)
{
    if (PyLong_Check(obj))
        return float_of_integer(obj, wide, out, err);
    *out = (long double)PyFloat_AS_DOUBLE(obj);
    return TN_OK;
}

/* By the object's own methods, as float() does it. */
static tn_status float_by_method(PyObject *obj, const char *wanted, int wide, long double *out, tn_error *err)
{
    if (!has_float(obj) && !has_index(obj))
        return tnpy_refuse_kind(obj, wanted, err);
    PyObject *number = has_float(obj) ? PyNumber_Float(obj) : PyNumber_Index(obj);
    if (number == NULL)
        return tnpy_raised(err);
    tn_status status = float_of_number(number, wide, out, err);
    Py_DECREF(number);
    return status;
}

tn_status tnpy_float_of(PyObject *obj, int wide, long double *out, tn_error *err)
{
    PyObject *number;
    if (PyFloat_Check(obj) || PyLong_Check(obj))
        return float_of_number(obj, wide, out, err);
    if (is_text(obj) || PyComplex_Check(obj))
        return tnpy_refuse_kind(obj, "float", err);
    tn_status status = unwrap(obj, "float", FLOAT_KINDS, &number, err);
    if (status != TN_OK)
        return status;
    if (number == NULL)
        return float_by_method(obj, "float", wide, out, err);
    status = float_of_number(number, wide, out, err);
    Py_DECREF(number);
    return status;
}

static tn_status complex_of_number(PyObject *obj, int wide, tnpy_complex *out, tn_error *err)
{
    out->imag = 0;
    if (!PyComplex_Check(obj))
        return float_of_number(obj, wide, &out->real, err);
    Py_complex value = ((PyComplexObject *)obj)->cval;
    out->real = (long double)value.real;
    out->imag = (long double)value.imag;
    return TN_OK;
}

static tn_status complex_by_method(PyObject *obj, int wide, tnpy_complex *out, tn_error *err)
{
    PyObject *method;
    int found = tnpy_optional_attribute((PyObject *)Py_TYPE(obj), "__complex__", &method);
    if (found < 0)
        return tnpy_raised(err);
    out->imag = 0;
    if (found == 0)
        return float_by_method(obj, "complex", wide, &out->real, err);
    Py_DECREF(method);
    Py_complex value = PyComplex_AsCComplex(obj);
    if (value.real == -1.0 && PyErr_Occurred())
        return tnpy_raised(err);
    out->real = (long double)value.real;
    out->imag = (long double)value.imag;
    return TN_OK;
}

tn_status tnpy_complex_of(PyObject *obj, int wide, tnpy_complex *out, tn_error *err)
{
    PyObject *number;
    if (PyComplex_Check(obj) || PyFloat_Check(obj) || PyLong_Check(obj))
        return complex_of_number(obj, wide, out, err);
    if (is_text(obj))
        return tnpy_refuse_kind(obj, "complex", err);
    tn_status status = unwrap(obj, "complex", COMPLEX_KINDS, &number, err);
    if (status != TN_OK)
        return status;
    if (number == NULL)
        return complex_by_method(obj, wide, out, err);
    status = complex_of_number(number, wide, out, err);
    Py_DECREF(number);
    return status;
}

/* --- text --------------------------------------------------------------------------------------------------------- */

tn_status tnpy_text_of(PyObject *obj, const char *wanted, PyObject **text, tn_error *err)
{
    if (is_text(obj)) {
        *text = Py_NewRef(obj);
        return TN_OK;
    }
    tn_status status = unwrap(obj, wanted, TEXT_KINDS, text, err);
    if (status == TN_OK && *text == NULL)
        status = tnpy_refuse_kind(obj, wanted, err);
    return status;
}
