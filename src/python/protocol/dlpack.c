/* SPDX-License-Identifier: BSD-3-Clause */
#include "dlpack.h"

#include "../object.h"
#include "names.h"

#include <stdio.h>

static const char wrong[] = "is described wrongly by its exporter";

/* --- element types and devices ------------------------------------------------------------------------------------ */

static const tn_type *const types[] = {
    &tn_type_bool,    &tn_type_int8,    &tn_type_int16,   &tn_type_int32,    &tn_type_int64,
    &tn_type_uint8,   &tn_type_uint16,  &tn_type_uint32,  &tn_type_uint64,   &tn_type_float16,
    &tn_type_float32, &tn_type_float64, &tn_type_bfloat16, &tn_type_complex64, &tn_type_complex128,
};

/* The kind of C type that a code stands for; 0: none. */
static uint8_t kind_of_code(uint8_t code)
{
    switch (code) {
    case TNPY_DL_INT:
        return TN_INT;
    case TNPY_DL_UINT:
        return TN_UINT;
    case TNPY_DL_FLOAT:
        return TN_FLOAT;
    case TNPY_DL_BFLOAT:
        return TN_BFLOAT;
    case TNPY_DL_COMPLEX:
        return TN_COMPLEX;
    case TNPY_DL_BOOL:
        return TN_BOOL;
    }
    return 0;
}

const tn_type *tnpy_dlpack_type(tnpy_dl_type type)
{
    uint8_t kind = kind_of_code(type.code);
    for (size_t i = 0; kind != 0 && type.lanes == 1 && i < sizeof types / sizeof *types; i++)
        if (types[i]->kind == kind && types[i]->itemsize * 8 == type.bits)
            return types[i];
    return NULL;
}

/* "float128", "int4", "float8_e4m3fn", "float32 in 4 lanes". */
static const char *describe_type(tnpy_dl_type type, char *text, size_t capacity)
{
    const char *name = "an unknown type";
    bool has_bits = type.code <= TNPY_DL_COMPLEX && type.code != TNPY_DL_OPAQUE;
    switch (type.code) {
#define TNPY_CASE(identifier, number, spelling) \
    case number:                                \
        name = spelling;                        \
        break;
        TNPY_DL_CODE_LIST(TNPY_CASE)
#undef TNPY_CASE
    }
    int length = has_bits ? snprintf(text, capacity, "%s%d", name, type.bits) : snprintf(text, capacity, "%s", name);
    if (type.lanes != 1)
        snprintf(text + length, capacity - (size_t)length, " in %d lanes", type.lanes);
    return text;
}

bool tnpy_dlpack_is_host(int32_t device)
{
    return device == TNPY_DL_CPU || device == TNPY_DL_CUDA_HOST || device == TNPY_DL_ROCM_HOST;
}

static const char *name_of_device(int32_t device)
{
    switch (device) {
#define TNPY_CASE(identifier, number, text) \
    case number:                            \
        return text;
        TNPY_DL_DEVICE_LIST(TNPY_CASE)
#undef TNPY_CASE
    }
    return "an unknown";
}

/* --- reading a tensor --------------------------------------------------------------------------------------------- */

static tn_status read_shape(const tnpy_dl_tensor *tensor, tn_layout *layout, tn_error *err)
{
    if (tensor->ndim < 0 || tensor->ndim > TN_MAX_NDIM)
        return tn_fail(err, TN_WRONG_VALUE, "%s: ndim is %d", wrong, (int)tensor->ndim);
    if (tensor->ndim > 0 && tensor->shape == NULL)
        return tn_fail(err, TN_WRONG_VALUE, "%s: %d dimensions, but no shape", wrong, (int)tensor->ndim);
    for (int i = 0; i < tensor->ndim; i++)
        if (tensor->shape[i] < 0 || __builtin_add_overflow(tensor->shape[i], 0, &layout->shape[i]))
            return tn_fail(err, TN_WRONG_VALUE, "%s: shape[%d] is %lld", wrong, i, (long long)tensor->shape[i]);
    return TN_OK;
}

static tn_status read_strides(const tnpy_dl_tensor *tensor, ptrdiff_t itemsize, tn_layout *layout, tn_error *err)
{
    if (tensor->strides == NULL) {
        tn_error reason;
        if (tn_contiguous_strides(tensor->ndim, layout->shape, itemsize, TN_ORDER_C, layout->strides, &reason) != TN_OK)
            return tn_fail(err, TN_WRONG_VALUE, "%s: %s", wrong, reason.message);
        return TN_OK;
    }
    for (int i = 0; i < tensor->ndim; i++)
        if (__builtin_mul_overflow(tensor->strides[i], itemsize, &layout->strides[i]))
            return tn_fail(err, TN_WRONG_VALUE, "%s: strides[%d] is %lld", wrong, i, (long long)tensor->strides[i]);
    return TN_OK;
}

static bool has_elements(int ndim, const ptrdiff_t *shape)
{
    for (int i = 0; i < ndim; i++)
        if (shape[i] == 0)
            return false;
    return true;
}

tn_status tnpy_dlpack_read(const tnpy_dl_tensor *tensor, tn_layout *layout, tn_span *span, tn_error *err)
{
    if (!tnpy_dlpack_is_host(tensor->device.kind))
        return tn_fail(err, TN_BUSY, "is in the memory of %s device %d, which C cannot read; copy it to the CPU first",
                       name_of_device(tensor->device.kind), (int)tensor->device.id);
    tn_status status = read_shape(tensor, layout, err);
    if (status != TN_OK)
        return status;
    const tn_type *type = tnpy_dlpack_type(tensor->type);
    char text[80];
    if (type == NULL)
        return tn_fail(err, TN_WRONG_TYPE, "has elements that no C type is for: %s",
                       describe_type(tensor->type, text, sizeof text));
    status = read_strides(tensor, type->itemsize, layout, err);
    if (status != TN_OK)
        return status;
    if (tensor->data == NULL && has_elements(tensor->ndim, layout->shape))
        return tn_fail(err, TN_WRONG_VALUE, "%s: the address is NULL, but there are elements", wrong);
    if (tensor->byte_offset > PTRDIFF_MAX)
        return tn_fail(err, TN_WRONG_VALUE, "%s: byte_offset is %llu", wrong, (unsigned long long)tensor->byte_offset);
    *span = (tn_span){.data = tensor->data, .type = type, .ndim = tensor->ndim, .shape = layout->shape,
                      .strides = layout->strides};
    if (span->data != NULL)
        span->data = (char *)span->data + tensor->byte_offset;
    return TN_OK;
}

/* --- taking a tensor out of its capsule --------------------------------------------------------------------------- */

static void give_back_versioned(void *held)
{
    tnpy_dl_versioned *tensor = held;
    if (tensor->deleter != NULL)
        tensor->deleter(tensor);
}

static void give_back_legacy(void *held)
{
    tnpy_dl_legacy *tensor = held;
    if (tensor->deleter != NULL)
        tensor->deleter(tensor);
}

/* The pointer in the capsule, which says from now on that it was taken. */
static void *take(PyObject *capsule, const char *name, const char *used)
{
    void *held = PyCapsule_GetPointer(capsule, name);
    return held != NULL && PyCapsule_SetName(capsule, used) == 0 ? held : NULL;
}

static tn_status read_tensor(const tnpy_dl_tensor *tensor, tnpy_loan *loan, tn_span *span, tn_error *err)
{
    tn_layout *layout = tnpy_loan_layout(loan, err);
    return layout == NULL ? TN_NO_MEMORY : tnpy_dlpack_read(tensor, layout, span, err);
}

static tn_status read_versioned(const tnpy_dl_versioned *versioned, bool writable, tnpy_loan *loan, tn_span *span,
                                tn_error *err)
{
    if (versioned->version.major != TNPY_DL_MAJOR)
        return tn_fail(err, TN_WRONG_VALUE, "is a tensor of DLPack %u.%u, where %d.%d was asked for",
                       (unsigned)versioned->version.major, (unsigned)versioned->version.minor, TNPY_DL_MAJOR,
                       TNPY_DL_MINOR);
    tn_status status = read_tensor(&versioned->tensor, loan, span, err);
    if (status != TN_OK)
        return status;
    if (versioned->flags & TNPY_DL_IS_COPIED)
        return tn_fail(err, TN_WRONG_VALUE, "gives a copy of itself, though it was asked for its own memory");
    span->flags = versioned->flags & TNPY_DL_READ_ONLY ? TN_READONLY : 0;
    if (writable && span->flags & TN_READONLY)
        return tn_fail(err, TN_BUSY, "is read-only");
    return TN_OK;
}

static tn_status read_capsule(PyObject *capsule, bool writable, tnpy_loan *loan, tn_span *span, tn_error *err)
{
    if (PyCapsule_IsValid(capsule, TNPY_DL_VERSIONED)) {
        loan->held = take(capsule, TNPY_DL_VERSIONED, TNPY_DL_VERSIONED_USED);
        if (loan->held == NULL)
            return tnpy_raised(err);
        loan->let_go = give_back_versioned;
        return read_versioned(loan->held, writable, loan, span, err);
    }
    if (PyCapsule_IsValid(capsule, TNPY_DL_LEGACY)) {
        loan->held = take(capsule, TNPY_DL_LEGACY, TNPY_DL_LEGACY_USED);
        if (loan->held == NULL)
            return tnpy_raised(err);
        loan->let_go = give_back_legacy;
        return read_tensor(&((tnpy_dl_legacy *)loan->held)->tensor, loan, span, err);
    }
    return tn_fail(err, TN_WRONG_VALUE,
                   "%s: __dlpack__() gives %.100s, not a capsule with a tensor that nobody has taken", wrong,
                   tnpy_type_name(capsule));
}

/* --- asking ------------------------------------------------------------------------------------------------------- */

/* Exporters take both arguments since 2024, the version alone for some months before, and nothing until then. */
static PyObject *call(tnpy_state *state, PyObject *method)
{
    PyObject *arguments[] = {tnpy_protocol_name(state, TNPY_DLPACK_VERSION), Py_False};
    static const tnpy_name keywords[] = {TNPY_DLPACK_KEYWORDS, TNPY_DLPACK_KEYWORD};
    for (int i = 0; i < 2; i++) {
        PyObject *capsule = PyObject_Vectorcall(method, arguments, 0, tnpy_protocol_name(state, keywords[i]));
        if (capsule != NULL || !PyErr_ExceptionMatches(PyExc_TypeError))
            return capsule;
        PyErr_Clear();
    }
    return PyObject_CallNoArgs(method);
}

tn_status tnpy_dlpack_borrow(tnpy_state *state, PyObject *obj, bool writable, tnpy_loan *loan, tn_span *span,
                             tn_error *err)
{
    PyObject *method;
    int found = tnpy_protocol_attribute(state, obj, TNPY_DLPACK, &method);
    if (found <= 0)
        return found == 0 ? TN_WRONG_TYPE : tnpy_raised(err);
    PyObject *capsule = call(state, method);
    Py_DECREF(method);
    if (capsule == NULL)
        return tnpy_raised(err);
    loan->owner = Py_NewRef(obj);
    tn_status status = read_capsule(capsule, writable, loan, span, err);
    Py_DECREF(capsule);
    return status;
}
