/* SPDX-License-Identifier: BSD-3-Clause */
#include "error.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "../core/utf8.h"

static PyObject *exception_of(tn_status status)
{
    PyObject *None = NULL; /* the statuses without an exception of their own */
    PyObject *MemoryError = PyExc_MemoryError, *TypeError = PyExc_TypeError, *ValueError = PyExc_ValueError;
    PyObject *OverflowError = PyExc_OverflowError, *BufferError = PyExc_BufferError;
    switch (status) {
#define TNPY_CASE(name, value, text, exception) \
    case name:                                  \
        return exception;
        TN_STATUS_LIST(TNPY_CASE)
#undef TNPY_CASE
    }
    return NULL;
}

static bool is_ascii(const char *text, size_t length)
{
    uint64_t word, bits = 0;
    for (; length >= sizeof word; text += sizeof word, length -= sizeof word) {
        memcpy(&word, text, sizeof word);
        bits |= word;
    }
    word = 0;
    memcpy(&word, text, length);
    return ((bits | word) & UINT64_C(0x8080808080808080)) == 0;
}

/* What an exporter says of itself may stand in the message, and need not be UTF-8. */
static PyObject *string_of(const char *message)
{
    size_t length = strlen(message);
    if (!is_ascii(message, length))
        return PyUnicode_DecodeUTF8(message, (Py_ssize_t)length, "backslashreplace");
    PyObject *string = PyUnicode_New((Py_ssize_t)length, 0x7f);
    if (string != NULL)
        memcpy(PyUnicode_1BYTE_DATA(string), message, length);
    return string;
}

/* type(message), without looking for what a call of a class may mean: Python's own exceptions are made by their
 * __new__, which takes the arguments. */
static PyObject *new_exception(PyObject *type, const char *message)
{
    PyObject *args = PyTuple_New(1), *exception = NULL;
    PyObject *string = args == NULL ? NULL : string_of(message);
    if (string != NULL) {
        PyTuple_SET_ITEM(args, 0, string);
        exception = ((PyTypeObject *)type)->tp_new((PyTypeObject *)type, args, NULL);
    }
    Py_XDECREF(args);
    return exception;
}

PyObject *tnpy_raise(const tn_error *err)
{
    if (err->status == TN_RAISED)
        return NULL;
    if (err->status == TN_NO_MEMORY)
        return PyErr_NoMemory();
    PyObject *type = exception_of(err->status);
    if (type == NULL)
        type = PyExc_SystemError;
    PyObject *exception = new_exception(type, err->message);
    if (exception != NULL)
        PyErr_SetObject(type, exception);
    Py_XDECREF(exception);
    return NULL;
}

/* --- CallError ---------------------------------------------------------------------------------------------------- */

PyObject *tnpy_new_call_error(void)
{
    return PyErr_NewExceptionWithDoc("tenon.CallError",
                                     "A C function returned an error code.\n\n"
                                     "code: the value it returned, an int other than 0.\n"
                                     "function: the name of the function.\n"
                                     "point: in a batch, the index of the point as a tuple; None for a single call.",
                                     PyExc_RuntimeError, NULL);
}

static const char *text_of(const tn_function *function, int64_t code)
{
    for (int i = 0; i < function->nthrows; i++)
        if (function->throws[i].first <= code && code <= function->throws[i].last)
            return function->throws[i].text;
    return NULL;
}

/* strncpy() into a tn_error, say, leaves neither room for a NUL nor whole characters. */
static size_t length_said(const tn_stop *stop)
{
    const char *end = memchr(stop->text, '\0', sizeof stop->text);
    return end == NULL ? tni_utf8_cut(stop->text, sizeof stop->text) : (size_t)(end - stop->text);
}

/* "fill(): did not converge (code 3) at point (1, 2)". What the function said itself needs no code. */
static PyObject *message_of(const tn_function *function, const tn_stop *stop, PyObject *point)
{
    const char *text = text_of(function, stop->code);
    PyObject *where = point == NULL ? PyUnicode_FromString("") : PyUnicode_FromFormat(" at point %R", point);
    PyObject *message = NULL, *said = NULL;
    if (where != NULL && stop->text[0] != '\0') {
        said = PyUnicode_DecodeUTF8(stop->text, (Py_ssize_t)length_said(stop), "backslashreplace");
        message = said == NULL ? NULL : PyUnicode_FromFormat("%s(): %U%U", function->name, said, where);
    } else if (where != NULL && text != NULL) {
        message = PyUnicode_FromFormat("%s(): %s (code %lld)%U", function->name, text, (long long)stop->code, where);
    } else if (where != NULL) {
        message = PyUnicode_FromFormat("%s(): failed with code %lld%U", function->name, (long long)stop->code, where);
    }
    Py_XDECREF(said);
    Py_XDECREF(where);
    return message;
}

static int set_attributes(PyObject *error, const tn_function *function, int64_t code, PyObject *point)
{
    PyObject *number = PyLong_FromLongLong((long long)code);
    PyObject *name = PyUnicode_FromString(function->name);
    int failed = number == NULL || name == NULL || PyObject_SetAttrString(error, "code", number) < 0 ||
                 PyObject_SetAttrString(error, "function", name) < 0 ||
                 PyObject_SetAttrString(error, "point", point != NULL ? point : Py_None) < 0;
    Py_XDECREF(number);
    Py_XDECREF(name);
    return failed ? -1 : 0;
}

/* A tn_status has an exception of its own, which is what it would be had Tenon found the same thing wrong. */
static PyObject *class_of(tnpy_state *state, const tn_function *function, int64_t code)
{
    int is_status = function->flags & TN_RAISES_STATUS && code > 0 && code <= INT_MAX;
    PyObject *exception = is_status ? exception_of((tn_status)code) : NULL;
    return exception != NULL ? exception : state->call_error;
}

PyObject *tnpy_raise_call_error(tnpy_state *state, const tn_function *function, int64_t code, PyObject *point)
{
    tn_stop stop;
    stop.code = code;
    stop.text[0] = '\0';
    return tnpy_raise_stop(state, function, &stop, point);
}

PyObject *tnpy_raise_stop(tnpy_state *state, const tn_function *function, const tn_stop *stop, PyObject *point)
{
    PyObject *message = message_of(function, stop, point);
    if (message == NULL)
        return NULL;
    PyObject *type = class_of(state, function, stop->code), *error = PyObject_CallOneArg(type, message);
    Py_DECREF(message);
    if (error == NULL)
        return NULL;
    if (set_attributes(error, function, stop->code, point) == 0)
        PyErr_SetObject(type, error);
    Py_DECREF(error);
    return NULL;
}
