/* SPDX-License-Identifier: BSD-3-Clause */
/* What a Span says about itself, one property each. */
#include "object.h"
#include "span_room.h"

static PyObject *get_owner(PyObject *self, void *unused)
{
    (void)unused;
    if (tnpy_span_get(self) == NULL)
        return NULL;
    PyObject *owner = tnpy_memory_owner(((tnpy_span *)self)->memory);
    return Py_NewRef(owner == NULL ? Py_None : owner);
}

static PyObject *get_nbytes(PyObject *self, void *unused)
{
    (void)unused;
    const tn_span *span = tnpy_span_get(self);
    return span == NULL ? NULL : PyLong_FromSsize_t(tn_span_nbytes(span));
}

static PyObject *get_readonly(PyObject *self, void *unused)
{
    (void)unused;
    const tn_span *span = tnpy_span_get(self);
    return span == NULL ? NULL : PyBool_FromLong(span->flags & TN_READONLY);
}

static PyObject *get_dtype(PyObject *self, void *unused)
{
    (void)unused;
    return tnpy_span_get(self) == NULL ? NULL : Py_NewRef((PyObject *)((tnpy_span *)self)->dtype);
}

static PyObject *get_format(PyObject *self, void *unused)
{
    (void)unused;
    if (tnpy_span_get(self) == NULL)
        return NULL;
    const char *format = ((tnpy_span *)self)->dtype->format;
    if (format == NULL)
        Py_RETURN_NONE;
    return PyUnicode_DecodeUTF8(format, (Py_ssize_t)strlen(format), "surrogateescape");
}

static PyObject *get_itemsize(PyObject *self, void *unused)
{
    (void)unused;
    const tn_span *span = tnpy_span_get(self);
    return span == NULL ? NULL : PyLong_FromSsize_t(span->type->itemsize);
}

static PyObject *get_ndim(PyObject *self, void *unused)
{
    (void)unused;
    const tn_span *span = tnpy_span_get(self);
    return span == NULL ? NULL : PyLong_FromLong(span->ndim);
}

static PyObject *get_shape(PyObject *self, void *unused)
{
    (void)unused;
    const tn_span *span = tnpy_span_get(self);
    return span == NULL ? NULL : tnpy_extents_tuple(span->ndim, span->shape);
}

static PyObject *get_strides(PyObject *self, void *unused)
{
    (void)unused;
    const tn_span *span = tnpy_span_get(self);
    return span == NULL ? NULL : tnpy_extents_tuple(span->ndim, span->strides);
}

static PyObject *get_suboffsets(PyObject *self, void *unused)
{
    (void)unused;
    const tn_span *span = tnpy_span_get(self);
    return span == NULL ? NULL : tnpy_extents_tuple(span->ndim, span->suboffsets);
}

static PyObject *get_address(PyObject *self, void *unused)
{
    (void)unused;
    const tn_span *span = tnpy_span_get(self);
    return span == NULL ? NULL : PyLong_FromVoidPtr(span->data);
}

/* Is it contiguous in any of these orders? As memoryview, indirect memory never is. */
static PyObject *contiguous(PyObject *self, tn_order one, tn_order other)
{
    const tn_span *span = tnpy_span_get(self);
    if (span == NULL)
        return NULL;
    ptrdiff_t itemsize = span->type->itemsize;
    return PyBool_FromLong(span->suboffsets == NULL &&
                           (tn_is_contiguous(span->ndim, span->shape, span->strides, itemsize, one) ||
                            tn_is_contiguous(span->ndim, span->shape, span->strides, itemsize, other)));
}

static PyObject *get_c_contiguous(PyObject *self, void *unused)
{
    (void)unused;
    return contiguous(self, TN_ORDER_C, TN_ORDER_C);
}

static PyObject *get_f_contiguous(PyObject *self, void *unused)
{
    (void)unused;
    return contiguous(self, TN_ORDER_F, TN_ORDER_F);
}

static PyObject *get_contiguous(PyObject *self, void *unused)
{
    (void)unused;
    return contiguous(self, TN_ORDER_C, TN_ORDER_F);
}

static PyGetSetDef getset[] = {
    {"obj", get_owner, NULL, "The object whose memory it is; None where no object is.", NULL},
    {"owner", get_owner, NULL, "The object whose memory it is; None where no object is.", NULL},
    {"nbytes", get_nbytes, NULL, "Bytes of all elements, as if contiguous.", NULL},
    {"readonly", get_readonly, NULL, "Whether it refuses to be written.", NULL},
    {"dtype", get_dtype, NULL, "The element type, a tenon.DType.", NULL},
    {"format", get_format, NULL, "The element type as PEP 3118 spells it; None where it has no code.", NULL},
    {"itemsize", get_itemsize, NULL, "Bytes of one element.", NULL},
    {"ndim", get_ndim, NULL, "The number of dimensions.", NULL},
    {"shape", get_shape, NULL, "The extents, one a dimension.", NULL},
    {"strides", get_strides, NULL, "Bytes from one element to the next, one a dimension.", NULL},
    {"suboffsets", get_suboffsets, NULL, "Of indirect memory, what is added to each loaded pointer; else ().", NULL},
    {"address", get_address, NULL, "The address of the first element, or of its table of pointers.", NULL},
    {"c_contiguous", get_c_contiguous, NULL, "Whether it is contiguous in C order.", NULL},
    {"f_contiguous", get_f_contiguous, NULL, "Whether it is contiguous in Fortran order.", NULL},
    {"contiguous", get_contiguous, NULL, "Whether it is contiguous in either order.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

const tnpy_span_room tnpy_span_properties = {.getset = getset};
