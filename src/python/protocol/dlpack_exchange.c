/* SPDX-License-Identifier: BSD-3-Clause */
/* DLPack's table for C: what __dlpack__ does without Python calls, and the other way round. */
#include "tenon/array.h"

#include "../error.h"
#include "../here.h"
#include "../state.h"
#include "dlpack.h"
#include "dlpack_lend.h"

/* --- a new tensor ------------------------------------------------------------------------------------------------- */

static tn_status new_array(const tnpy_dl_tensor *prototype, tn_array *out, tn_error *err)
{
    /* Whatever the prototype does not say must not be looked at. */
    tnpy_dl_tensor empty = *prototype;
    empty.data = NULL;
    empty.strides = NULL;
    empty.byte_offset = 0;
    const tn_type *type = tnpy_dlpack_type(prototype->type);
    if (prototype->device.kind != TNPY_DL_CPU)
        return tn_fail(err, TN_UNSUPPORTED, "tenon allocates the CPU's memory only, not device %d's",
                       (int)prototype->device.kind);
    if (type == NULL)
        return tn_fail(err, TN_UNSUPPORTED, "no C type is for these elements");
    if (empty.ndim < 0 || empty.ndim > TN_MAX_NDIM || (empty.ndim > 0 && empty.shape == NULL))
        return tn_fail(err, TN_WRONG_VALUE, "a prototype of %d dimensions", (int)empty.ndim);
    ptrdiff_t shape[TN_MAX_NDIM];
    for (int i = 0; i < empty.ndim; i++)
        if (__builtin_add_overflow(empty.shape[i], 0, &shape[i]))
            return tn_fail(err, TN_OUT_OF_RANGE, "shape[%d] is %lld", i, (long long)empty.shape[i]);
    return tn_array_new(type, empty.ndim, shape, TN_ORDER_C, out, err);
}

/* Needs no Python: consumers may call it without the GIL. */
static int allocate(tnpy_dl_tensor *prototype, tnpy_dl_versioned **out, void *context,
                    void (*fail)(void *context, const char *kind, const char *message))
{
    tn_array array;
    tn_error err;
    *out = NULL;
    tn_status status = new_array(prototype, &array, &err);
    if (status == TN_OK)
        *out = tnpy_dlpack_wrap(&array, TNPY_DL_MINOR);
    if (*out != NULL)
        return 0;
    if (status == TN_OK || status == TN_NO_MEMORY)
        fail(context, "MemoryError", "out of memory");
    else
        fail(context, "BufferError", err.message);
    return -1;
}

/* --- a Span as a tensor, and a tensor as a Span ------------------------------------------------------------------- */

static int from_object(void *object, tnpy_dl_versioned **out)
{
    *out = NULL;
    if (!tnpy_is_a_span(object)) {
        PyErr_Format(PyExc_TypeError, "expected the tenon.Span that the table belongs to, got %.100s",
                     Py_TYPE(object)->tp_name);
        return -1;
    }
    *out = tnpy_dlpack_lend(object, TNPY_DL_MINOR);
    return *out == NULL ? -1 : 0;
}

/* A tensor that a Span shows. It is the consumer's again where making the Span fails. */
typedef struct taken {
    tnpy_dl_versioned *tensor;
    bool owned;
} taken;

static void release(void *context)
{
    taken *self = context;
    if (self->owned && self->tensor->deleter != NULL)
        self->tensor->deleter(self->tensor);
    PyMem_RawFree(self);
}

static tn_status wrap(tnpy_dl_versioned *tensor, tn_array *array, taken **out, tn_error *err)
{
    tn_layout layout;
    tn_span span;
    if (tensor->version.major != TNPY_DL_MAJOR)
        return tn_fail(err, TN_UNSUPPORTED, "is a tensor of DLPack %u", (unsigned)tensor->version.major);
    tn_status status = tnpy_dlpack_read(&tensor->tensor, &layout, &span, err);
    if (status == TN_OK)
        status = tnpy_check_exporter(&span, err);
    if (status != TN_OK)
        return status;
    span.flags = tensor->flags & TNPY_DL_READ_ONLY ? TN_READONLY : 0;
    taken *self = PyMem_RawMalloc(sizeof *self);
    if (self == NULL)
        return tn_fail(err, TN_NO_MEMORY, "out of memory");
    *self = (taken){.tensor = tensor};
    status = tn_array_wrap(&span, release, self, array, err);
    if (status != TN_OK)
        PyMem_RawFree(self);
    *out = self;
    return status;
}

static int to_object(tnpy_dl_versioned *tensor, void **out)
{
    *out = NULL;
    tnpy_state *state = tnpy_here();
    if (state == NULL)
        return -1;
    PyObject *core = Py_NewRef(state->core);
    tn_array array;
    taken *self = NULL;
    tn_error reason, err;
    tn_status status = wrap(tensor, &array, &self, &reason);
    if (status != TN_OK) {
        tn_fail(&err, status, "tensor %s", reason.message);
        tnpy_raise(&err);
    } else {
        *out = tnpy_span_lend(state, &array, NULL, 0);
    }
    Py_DECREF(core);
    if (*out == NULL)
        return -1;
    self->owned = true;
    return 0;
}

static int current_stream(int32_t device, int32_t id, void **out)
{
    (void)device, (void)id;
    *out = NULL; /* the CPU has none */
    return 0;
}

/* No `peek`: a Span counts strides in bytes, and has no room for DLPack's. */
static const tnpy_dl_exchange table = {
    .version = {TNPY_DL_MAJOR, TNPY_DL_MINOR},
    .allocate = allocate,
    .from_object = from_object,
    .to_object = to_object,
    .current_stream = current_stream,
};

PyObject *tnpy_dlpack_exchange_capsule(void)
{
    return PyCapsule_New((void *)&table, TNPY_DL_EXCHANGE, NULL);
}
