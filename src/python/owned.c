/* SPDX-License-Identifier: BSD-3-Clause */
#include "owned.h"

#include <string.h>

#include "base.h"
#include "dtype.h"
#include "error.h"
#include "handle.h"
#include "keep.h"
#include "lend.h"
#include "memory.h"
#include "nowhere.h"
#include "object.h"
#include "refusal.h"
#include "span_type.h"
#include "span_walk.h"

/* --- what C keeps ------------------------------------------------------------------------------------------------- */

static char *place_of(tnpy_frame *frame, int i)
{
    return frame->scratch + frame->function->slots[i].offset;
}

static void store(tnpy_frame *frame, int i, const tn_array *array)
{
    memcpy(place_of(frame, i), array, sizeof *array);
    frame->sources[i] = TNPY_SCRATCH;
}

void tnpy_keep_nothing(tnpy_frame *frame, int i)
{
    store(frame, i, &(tn_array){.release = NULL});
}

tn_status tnpy_keep_argument(tnpy_frame *frame, int i)
{
    tn_array array;
    frame->sources[i] = TNPY_NOTHING;
    tn_status status = tnpy_keep(frame->state, frame->objects[i], false, &array, &frame->error);
    if (status == TN_OK) {
        store(frame, i, &array);
        frame->kept[frame->nkept++] = (uint8_t)i;
        return TN_OK;
    }
    if (status == TN_RAISED)
        return status;
    if (frame->error.message[0] == '\0')
        return tnpy_refuse_object(frame, i);
    return tnpy_refuse_because(frame, i, status, frame->error.message);
}

void tnpy_kept_clear(tnpy_frame *frame)
{
    while (frame->nkept > 0) {
        tn_array array;
        memcpy(&array, place_of(frame, frame->kept[--frame->nkept]), sizeof array);
        tn_array_release(&array);
    }
}

/* --- what C hands over -------------------------------------------------------------------------------------------- */

static bool is_scalar(const tn_type *type)
{
    return type->kind == TN_FLOAT || type->kind == TN_INT || type->kind == TN_UINT || type->kind == TN_BOOL ||
           type->kind == TN_COMPLEX;
}

/* The commonest array, one dimension of numbers of a size that addresses can count: nothing is wrong with it. */
static bool is_fine(const tn_span *span)
{
    return span->data != NULL && span->type != NULL && span->ndim == 1 && span->shape != NULL &&
           span->strides != NULL && span->suboffsets == NULL && is_scalar(span->type) && span->shape[0] >= 0 &&
           span->shape[0] <= PTRDIFF_MAX / 64 && span->type->itemsize > 0 && span->type->itemsize <= 32 &&
           span->strides[0] == span->type->itemsize;
}

/* Containers without elements often have no address; every array has one. */
static void place_empty(tn_span *span)
{
    bool is_empty = false;
    if (span->data != NULL || span->type == NULL || span->shape == NULL || span->ndim > TN_MAX_NDIM)
        return;
    for (int k = 0; k < span->ndim; k++)
        is_empty |= span->shape[k] == 0;
    if (is_empty)
        span->data = tnpy_nowhere();
}

/* Everything that C may have got wrong in filling it in by hand, and that can be seen. */
static tn_status check(const tnpy_function *f, const tn_span *span, tn_error *err)
{
    const char *function = f->def->name;
    tn_error reason;
    ptrdiff_t low, high;
    if (span->data == NULL)
        return tn_fail(err, TN_NO_MEMORY, "%s(): C returned no array (out of memory)", function);
    if (tn_span_check(span, &reason) != TN_OK ||
        (!tnpy_is_indirect(span) && tn_span_extent(span, &low, &high, &reason) != TN_OK))
        return tn_fail(err, TN_WRONG_VALUE, "%s(): C returned an array that is described wrongly: %s", function,
                       reason.message);
    if (tnpy_holds_objects(span->type))
        return tn_fail(err, TN_WRONG_TYPE, "%s(): C returned an array of Python objects, which no tn_array holds",
                       function);
    return TN_OK;
}

static PyObject *raise(const tn_error *err)
{
    if (err->status != TN_NO_MEMORY)
        return tnpy_raise(err);
    PyErr_SetString(PyExc_MemoryError, err->message);
    return NULL;
}

/* Several objects keep what one of them shows: which one, nobody knows. Each counts a Memory of its own, which shows
 * nothing. */
static PyObject *keep_all(tnpy_state *state, tnpy_handles handles)
{
    PyObject *all = PyTuple_New(handles.count);
    for (int k = 0; all != NULL && k < handles.count; k++) {
        tn_array nothing = {.release = NULL};
        PyObject *memory = (PyObject *)tnpy_memory_lend(state, &nothing, handles.objects[k], 1);
        if (memory == NULL)
            Py_CLEAR(all);
        else
            PyTuple_SET_ITEM(all, k, memory);
    }
    return all;
}

/* The Memory of what C returned. Takes over *array. */
static tnpy_memory *memory_of(tnpy_state *state, tn_array *array, tnpy_handles handles)
{
    bool owned = array->release != NULL && !(array->span.flags & TN_UNOWNED);
    if (owned || handles.count == 0)
        return tnpy_memory_lend(state, array, NULL, 0);
    if (handles.count == 1)
        return tnpy_memory_lend(state, array, handles.objects[0], 1);
    PyObject *keepers = keep_all(state, handles);
    if (keepers == NULL) {
        tn_array_release(array);
        return NULL;
    }
    tnpy_memory *memory = tnpy_memory_lend(state, array, keepers, 0);
    Py_DECREF(keepers);
    return memory;
}

/* The same numbers? Every module has constants of its own for them. */
static inline bool is_the_same(const tn_type *a, const tn_type *b)
{
    return a->kind == b->kind && a->itemsize == b->itemsize && a->byteorder == b->byteorder && is_scalar(a);
}

/* A function nearly always returns arrays of one element type. Borrowed; NULL with an exception. */
static tnpy_dtype *dtype_of(tnpy_function *f, const tn_type *type)
{
    tnpy_dtype *last = (tnpy_dtype *)f->lent_dtype;
    if (last != NULL && is_the_same(last->type, type))
        return last;
    Py_XSETREF(f->lent_dtype, (PyObject *)tnpy_dtype_for(f->state, type));
    return (tnpy_dtype *)f->lent_dtype;
}

const char *tnpy_owned_format(const tnpy_function *f, tn_array *array)
{
    tn_error err;
    if (array->release != NULL || array->span.ndim > TNPY_SHOWN_NDIM)
        return NULL;
    if (!is_fine(&array->span)) {
        place_empty(&array->span);
        if (array->span.suboffsets != NULL || check(f, &array->span, &err) != TN_OK)
            return NULL;
    }
    return tnpy_native_format(array->span.type);
}

/* Is nothing wrong with it, and has NumPy not to be told more: numbers in C order, of the type that the function
 * returned before, as nearly always? */
static bool is_plain(const tn_span *span, const tnpy_dtype *last)
{
    return last != NULL && last->key.dtype != NULL && span->type != NULL && is_the_same(last->type, span->type) &&
           span->data != NULL && span->suboffsets == NULL && span->ndim >= 1 && span->ndim <= TN_SHORT_NDIM &&
           span->shape != NULL && span->strides != NULL && tnpy_numpy_is_plain(span, last->type);
}

/* The base of an ndarray over an array that is plain. Takes over *array, unless it is NULL: then a Memory must do. Runs
 * no Python code. */
static PyObject *base_of(const tnpy_function *f, const tn_array *array, tnpy_handles handles)
{
    if (!is_plain(&array->span, (const tnpy_dtype *)f->lent_dtype))
        return NULL;
    if (array->release == NULL)
        return handles.count == 1 ? tnpy_views_add(f->state, (tnpy_handle *)handles.objects[0]) : NULL;
    return array->span.flags & TN_UNOWNED ? NULL : tnpy_block_new(f->state, array);
}

/* Takes over *array, with which nothing is wrong. */
static PyObject *lend(tnpy_function *f, tn_array *array, tnpy_handles handles, bool as_span)
{
    tnpy_dtype *dtype = dtype_of(f, array->span.type);
    if (dtype == NULL) {
        tn_array_release(array);
        return NULL;
    }
    Py_INCREF((PyObject *)dtype); /* what is called below may call the function again */
    tnpy_memory *memory = memory_of(f->state, array, handles);
    PyObject *result = NULL;
    if (memory != NULL && as_span)
        result = tnpy_span_new(f->state, memory, dtype, &memory->array.span);
    else if (memory != NULL)
        result = tnpy_lend_memory_of(memory, dtype);
    Py_XDECREF((PyObject *)memory);
    Py_DECREF((PyObject *)dtype);
    return result;
}

/* Whatever it is. Runs any Python code. Apart from the commonest case, which would pay for its registers. */
static __attribute__((noinline)) PyObject *lend_generally(tnpy_function *f, tn_array *array, tnpy_handles handles,
                                                          bool as_span)
{
    tn_error err;
    if (!is_fine(&array->span)) {
        place_empty(&array->span);
        if (check(f, &array->span, &err) != TN_OK) {
            tn_array_release(array);
            return raise(&err);
        }
    }
    tnpy_handles_hold(handles); /* a finalizer must not close an object between C's return and the view that keeps it */
    PyObject *result = lend(f, array, handles, as_span);
    tnpy_handles_let_go(handles);
    return result;
}

PyObject *tnpy_owned_result(tnpy_function *f, tn_array *array, tnpy_handles handles, bool as_span)
{
    PyObject *base = as_span ? NULL : base_of(f, array, handles);
    if (base == NULL)
        return lend_generally(f, array, handles, as_span);
    return tnpy_numpy_view_plain(&((tnpy_dtype *)f->lent_dtype)->key, &array->span, base);
}
