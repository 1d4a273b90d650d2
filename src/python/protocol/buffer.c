/* SPDX-License-Identifier: BSD-3-Clause */
#include "buffer.h"

#include "../dtype_cache.h"
#include "../object.h"
#include "ctypes.h"

#include <string.h>

/* The element types of a single native character, without parsing: what nearly every exporter says. */
static const tn_type *type_of_character(const char *format, Py_ssize_t itemsize)
{
    if (format == NULL)
        return itemsize == 1 ? &tn_type_uint8 : NULL;
    if (format[0] == '\0' || format[1] != '\0')
        return NULL;
    switch (format[0]) {
    case 'd':
        return itemsize == sizeof(double) ? &tn_type_float64 : NULL;
    case 'f':
        return itemsize == sizeof(float) ? &tn_type_float32 : NULL;
    case 'B':
        return itemsize == 1 ? &tn_type_uint8 : NULL;
    case 'b':
        return itemsize == 1 ? &tn_type_int8 : NULL;
    case 'i':
        return itemsize == 4 ? &tn_type_int32 : NULL;
    case 'l':
    case 'q':
        return itemsize == 8 ? &tn_type_int64 : NULL;
    }
    return NULL;
}

static tn_status read_type(tnpy_state *state, tnpy_loan *loan, tn_span *span, tn_error *err)
{
    const Py_buffer *buffer = &loan->buffer;
    span->type = type_of_character(buffer->format, buffer->itemsize);
    if (span->type != NULL)
        return TN_OK;
    if (buffer->itemsize < 0)
        return tn_fail(err, TN_WRONG_VALUE, "is described wrongly by its exporter: itemsize is %zd", buffer->itemsize);
    tn_error reason;
    tn_status status = tnpy_ctypes_buffer_type(buffer, &loan->type, err);
    span->type = loan->type;
    if (status != TN_OK || span->type != NULL)
        return status;
    tnpy_dtype *dtype = tnpy_dtype_of_format(state, buffer->format, buffer->itemsize, &reason);
    if (dtype == NULL && (reason.status == TN_NO_MEMORY || reason.status == TN_RAISED))
        return tn_fail(err, reason.status, "%s", reason.message);
    if (dtype == NULL)
        return tn_fail(err, TN_WRONG_VALUE, "is described wrongly by its exporter: format '%.80s': %s", buffer->format,
                       reason.message);
    loan->dtype = (PyObject *)dtype;
    span->type = dtype->type;
    return TN_OK;
}

/* Length in bytes that shape and itemsize say, -1 where it does not fit. */
static ptrdiff_t described_length(const Py_buffer *buffer)
{
    ptrdiff_t length = buffer->itemsize;
    for (int i = 0; i < buffer->ndim; i++)
        if (buffer->shape[i] == 0)
            return 0;
    for (int i = 0; i < buffer->ndim; i++)
        if (__builtin_mul_overflow(length, (ptrdiff_t)buffer->shape[i], &length))
            return -1;
    return length;
}

static tn_status read_shape(tnpy_loan *loan, tn_span *span, tn_error *err)
{
    const char *wrong = "is described wrongly by its exporter";
    const Py_buffer *buffer = &loan->buffer;
    if (buffer->ndim < 0 || buffer->ndim > TN_MAX_NDIM)
        return tn_fail(err, TN_WRONG_VALUE, "%s: ndim is %d", wrong, buffer->ndim);
    if (buffer->ndim > 0 && buffer->shape == NULL)
        return tn_fail(err, TN_WRONG_VALUE, "%s: %d dimensions, but no shape", wrong, buffer->ndim);
    for (int i = 0; i < buffer->ndim; i++)
        if (buffer->shape[i] < 0)
            return tn_fail(err, TN_WRONG_VALUE, "%s: shape[%d] is %zd", wrong, i, buffer->shape[i]);
    ptrdiff_t length = described_length(buffer);
    if (length < 0 || length != buffer->len)
        return tn_fail(err, TN_WRONG_VALUE, "%s: the length is %zd bytes, but shape and itemsize make %td", wrong,
                       buffer->len, length);
    span->ndim = buffer->ndim;
    span->shape = buffer->shape;
    span->strides = buffer->strides;
    if (buffer->strides != NULL || buffer->ndim == 0)
        return TN_OK;
    tn_layout *layout = tnpy_loan_layout(loan, err);
    if (layout == NULL)
        return TN_NO_MEMORY;
    span->strides = layout->strides;
    return tn_contiguous_strides(buffer->ndim, buffer->shape, buffer->itemsize, TN_ORDER_C, layout->strides, err);
}

/* Suboffsets count only where one of them is not negative. */
static const ptrdiff_t *real_suboffsets(const Py_buffer *buffer)
{
    for (int i = 0; buffer->suboffsets != NULL && i < buffer->ndim; i++)
        if (buffer->suboffsets[i] >= 0)
            return buffer->suboffsets;
    return NULL;
}

bool tnpy_buffer_read_plain(const Py_buffer *buffer, tn_span *span)
{
    ptrdiff_t length = buffer->itemsize;
    const tn_type *type = type_of_character(buffer->format, length);
    if (type == NULL || buffer->suboffsets != NULL || buffer->shape == NULL || buffer->strides == NULL ||
        buffer->ndim < 0 || buffer->ndim > TN_MAX_NDIM)
        return false;
    for (int i = 0; i < buffer->ndim; i++)
        if (buffer->shape[i] <= 0 || __builtin_mul_overflow(length, (ptrdiff_t)buffer->shape[i], &length))
            return false;
    *span = (tn_span){.data = buffer->buf, .type = type, .ndim = buffer->ndim, .shape = buffer->shape,
                      .flags = buffer->readonly ? TN_READONLY : 0, .strides = buffer->strides};
    return length == buffer->len;
}

/* PyBUF_FULL_RO throughout: some exporters name the element type only when everything is asked for. */
static tn_status get(PyObject *obj, bool writable, Py_buffer *buffer, tn_error *err)
{
    if (PyObject_GetBuffer(obj, buffer, writable ? PyBUF_FULL : PyBUF_FULL_RO) == 0) {
        if (buffer->obj == NULL) {
            /* Legal for a temporary view; without an owner there is nothing to release. */
            buffer->obj = Py_NewRef(Py_None);
        }
        if (PyErr_Occurred())
            return tnpy_raised(err);
        if (writable && buffer->readonly)
            return tn_fail(err, TN_BUSY, "is read-only");
        return TN_OK;
    }
    buffer->obj = NULL;
    if (!writable)
        return tnpy_raised(err);
    PyObject *raised = PyErr_GetRaisedException();
    if (PyObject_GetBuffer(obj, buffer, PyBUF_FULL_RO) == 0) {
        PyBuffer_Release(buffer);
        buffer->obj = NULL;
        Py_DECREF(raised);
        return tn_fail(err, TN_BUSY, "is read-only");
    }
    buffer->obj = NULL;
    PyErr_Clear();
    PyErr_SetRaisedException(raised);
    return tnpy_raised(err);
}

tn_status tnpy_buffer_borrow(tnpy_state *state, PyObject *obj, bool writable, tnpy_loan *loan, tn_span *span,
                             tn_error *err)
{
    const PyBufferProcs *procs = Py_TYPE(obj)->tp_as_buffer;
    if (procs == NULL || procs->bf_getbuffer == NULL)
        return TN_WRONG_TYPE;
    memset(&loan->buffer, 0, sizeof loan->buffer);
    tn_status status = get(obj, writable, &loan->buffer, err);
    if (status != TN_OK)
        return status;
    if (tnpy_buffer_read_plain(&loan->buffer, span))
        return TN_OK;
    status = read_type(state, loan, span, err);
    if (status == TN_OK)
        status = read_shape(loan, span, err);
    span->data = loan->buffer.buf;
    span->flags = loan->buffer.readonly ? TN_READONLY : 0;
    span->suboffsets = real_suboffsets(&loan->buffer);
    return status;
}
