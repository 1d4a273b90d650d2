/* SPDX-License-Identifier: BSD-3-Clause */
/* What is written is made beside the memory first, so that what fails half way, or runs Python code that releases the
 * Span, writes nothing. */
#include "span_store.h"

#include <string.h>

#include "error.h"
#include "object.h"
#include "value.h"

/* Format "c": one byte as it is. */
static int byte_of(PyObject *value, char *out)
{
    if (!PyBytes_Check(value)) {
        PyErr_Format(PyExc_TypeError, "Span: an element of format 'c' is bytes of length 1, got %.100s",
                     tnpy_type_name(value));
        return -1;
    }
    if (PyBytes_GET_SIZE(value) != 1) {
        PyErr_Format(PyExc_ValueError, "Span: an element of format 'c' is bytes of length 1, got %zd",
                     PyBytes_GET_SIZE(value));
        return -1;
    }
    *out = PyBytes_AS_STRING(value)[0];
    return 0;
}

/* memoryview takes any object's truth. */
static int truth_of(PyObject *value, char *out)
{
    int truth = PyObject_IsTrue(value);
    *out = (char)(truth > 0);
    return truth < 0 ? -1 : 0;
}

static int address_of(PyObject *value, void *out)
{
    PyObject *number = PyNumber_Index(value);
    void *address = number == NULL ? NULL : PyLong_AsVoidPtr(number);
    if (number != NULL && PyErr_ExceptionMatches(PyExc_OverflowError))
        PyErr_Format(PyExc_ValueError, "Span: an element of format 'P' is an address, got %R", number);
    Py_XDECREF(number);
    if (PyErr_Occurred())
        return -1;
    memcpy(out, &address, sizeof address);
    return 0;
}

/* memoryview says ValueError for what is out of range. */
static int raise(const tnpy_dtype *dtype, const tn_error *reason)
{
    char text[128];
    if (reason->status == TN_RAISED)
        return -1;
    tn_type_describe(dtype->type, text, sizeof text);
    if (reason->status == TN_WRONG_TYPE)
        PyErr_Format(PyExc_TypeError, "Span: an element of type %s %s", text, reason->message);
    else if (reason->status == TN_NO_MEMORY)
        PyErr_NoMemory();
    else
        PyErr_Format(PyExc_ValueError, "Span: an element of type %s %s", text, reason->message);
    return -1;
}

int tnpy_element_of(const tnpy_dtype *dtype, PyObject *value, void *out)
{
    if (dtype->character == 'c')
        return byte_of(value, out);
    if (dtype->character == '?')
        return truth_of(value, out);
    if (dtype->character == 'P')
        return address_of(value, out);
    tn_error reason;
    if (tnpy_value_read_quick(dtype->state, value, dtype->type, 0, out, &reason) != TN_OK)
        return raise(dtype, &reason);
    return 0;
}

int tnpy_span_store(tnpy_span *self, char *at, PyObject *value)
{
    enum { SMALL = 128 };
    long double small[SMALL / sizeof(long double)];
    size_t size = (size_t)self->span.type->itemsize;
    void *element = size <= SMALL ? small : PyMem_Malloc(size);
    if (element == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    if (self->span.type->kind == TN_STRUCT || self->span.type->kind == TN_SUBARRAY)
        memset(element, 0, size); /* the padding */
    int status = tnpy_element_of(self->dtype, value, element);
    if (status == 0 && tnpy_span_get((PyObject *)self) == NULL)
        status = -1;
    if (status == 0)
        memcpy(at, element, size);
    if (element != small)
        PyMem_Free(element);
    return status;
}
