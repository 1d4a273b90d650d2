/* SPDX-License-Identifier: BSD-3-Clause */
/* Tenon for hand-written extensions: the table, and the contract of include/tenon/python.h kept. */
#include "api.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "borrow.h"
#include "dtype.h"
#include "error.h"
#include "here.h"
#include "keep.h"
#include "lend.h"
#include "memory.h"
#include "nowhere.h"
#include "object.h"
#include "protocol/numpy.h"
#include "release.h"
#include "span_type.h"
#include "want.h"
#include "words.h"

/* The engine of this interpreter, held: exporters and finalizers may do anything, also unload it. NULL with an
 * exception. */
static tnpy_state *enter(void)
{
    tnpy_state *state = tnpy_here();
    if (state != NULL)
        Py_INCREF(state->core);
    return state;
}

/* An exception that is set stays set. */
static void leave(tnpy_state *state)
{
    if (state == NULL)
        return;
    if (Py_REFCNT(state->core) > 1) {
        Py_DECREF(state->core);
        return;
    }
    PyObject *raised = PyErr_GetRaisedException();
    Py_DECREF(state->core);
    PyErr_SetRaisedException(raised);
}

/* --- borrow ------------------------------------------------------------------------------------------------------- */

/* What lies inside a tn_loan. */
typedef struct token {
    PyObject *array;     /* an ndarray; NULL: `loan` holds */
    tn_type *type;       /* of an ndarray, owned; NULL where the span's is static or the caller's */
    ptrdiff_t *extents;  /* of an ndarray of many dimensions */
    tnpy_loan loan;
} token;

_Static_assert(sizeof(token) <= sizeof ((tn_loan *)NULL)->inside, "a token fits into a tn_loan");
enum { SMALL_NDIM = sizeof ((tn_loan *)NULL)->extents / sizeof(ptrdiff_t) / 2 };

static token *token_of(tn_loan *loan)
{
    return (token *)loan->inside;
}

/* The layout is copied: whoever has the array may assign to its shape while it is borrowed. */
static tn_status copy_layout(tn_loan *loan, token *t, tn_error *err)
{
    tn_span *span = &loan->span;
    size_t bytes = (size_t)span->ndim * sizeof(ptrdiff_t);
    ptrdiff_t *extents = loan->extents;
    if (span->ndim > SMALL_NDIM && (extents = t->extents = PyMem_Malloc(2 * bytes)) == NULL)
        return tn_fail(err, TN_NO_MEMORY, "out of memory");
    if (span->ndim > 0) {
        memcpy(extents, span->shape, bytes);
        memcpy(extents + span->ndim, span->strides, bytes);
    }
    span->shape = extents;
    span->strides = extents + span->ndim;
    return TN_OK;
}

static void clear_array(token *t)
{
    PyMem_Free(t->extents);
    tn_type_free(t->type);
}

static tn_status borrow_array(tnpy_state *state, PyObject *obj, const tn_want *want, tn_loan *loan, tn_error *err)
{
    token *t = token_of(loan);
    t->type = NULL;
    t->extents = NULL;
    if (Py_TYPE(obj) != state->ndarray && tnpy_has_base(obj, "MaskedArray"))
        return tnpy_refuse_masked(err);
    tnpy_numpy_fields(obj, &loan->span);
    if (loan->span.data == NULL)
        loan->span.data = tnpy_nowhere();
    tn_status status = copy_layout(loan, t, err);
    if (status == TN_OK)
        status = tnpy_numpy_type(obj, &loan->span.type, &t->type, err);
    if (status == TN_OK)
        status = tnpy_want_check(want, &loan->span, err);
    if (status != TN_OK) {
        clear_array(t);
        return status;
    }
    t->array = Py_NewRef(obj);
    return TN_OK;
}

/* Most arrays that are passed to C: of numpy.ndarray itself, C-contiguous, of few dimensions and a type of C's own.
 * Nothing is looked up for them, and nothing allocated. False where one is none of these, or not what is asked for. */
static bool borrow_quickly(PyObject *obj, const tn_want *want, tn_loan *loan)
{
    tn_span *span = &loan->span;
    if (Py_TYPE(obj) != tnpy_numpy_ndarray || want == NULL || want->type == NULL || !tnpy_numpy_is_c_contiguous(obj))
        return false;
    tnpy_numpy_fields(obj, span);
    const tn_type *type = tnpy_numpy_plain_type(obj);
    if (type == NULL || type->kind != want->type->kind || type->itemsize != want->type->itemsize ||
        type->byteorder != want->type->byteorder)
        return false;
    uint32_t flags = want->flags;
    if (span->data == NULL || span->ndim > SMALL_NDIM || span->ndim < want->min_ndim || span->ndim > want->max_ndim ||
        (flags & TN_WANT_WRITABLE && span->flags & TN_READONLY) ||
        (flags & TN_WANT_F_ORDER && !(flags & TN_WANT_C_ORDER) && span->ndim > 1) ||
        !tn_is_aligned(span->data, 0, NULL, NULL, want->type->alignment)) /* contiguous: so are all elements */
        return false;
    for (int k = 0; k < span->ndim; k++) {
        loan->extents[k] = span->shape[k];
        loan->extents[SMALL_NDIM + k] = span->strides[k];
    }
    span->shape = loan->extents;
    span->strides = loan->extents + SMALL_NDIM;
    span->type = want->type;
    token *t = token_of(loan);
    t->array = Py_NewRef(obj);
    t->type = NULL;
    t->extents = NULL;
    return true;
}

static tn_status borrow_other(tnpy_state *state, PyObject *obj, const tn_want *want, tn_loan *loan, tn_error *err)
{
    token *t = token_of(loan);
    t->array = NULL;
    bool writable = want != NULL && want->flags & TN_WANT_WRITABLE;
    tn_status status = tnpy_borrow(state, obj, writable, &t->loan, &loan->span, err);
    if (status == TN_OK && (status = tnpy_want_check(want, &loan->span, err)) != TN_OK)
        tnpy_give_back(&t->loan);
    else if (status == TN_WRONG_TYPE && err->message[0] == '\0')
        tnpy_want_refuse_object(want, obj, err);
    return status;
}

static tn_status borrow(PyObject *obj, const tn_want *want, tn_loan *loan, tn_error *err)
{
    tn_error reason;
    if (err == NULL)
        err = &reason;
    if (borrow_quickly(obj, want, loan))
        return TN_OK;
    tnpy_state *state = enter();
    tn_status status = state == NULL                     ? tnpy_raised(err)
                       : tnpy_numpy_is_array(state, obj) ? borrow_array(state, obj, want, loan, err)
                                                         : borrow_other(state, obj, want, loan, err);
    leave(state);
    if (status != TN_OK)
        loan->span.data = NULL;
    return status;
}

static void give_back(tn_loan *loan)
{
    token *t = token_of(loan);
    loan->span.data = NULL;
    if (t->array == NULL) {
        tnpy_give_back(&t->loan);
        return;
    }
    if (t->type != NULL || t->extents != NULL)
        clear_array(t);
    if (Py_REFCNT(t->array) > 1) {
        Py_DECREF(t->array);
        return;
    }
    PyObject *raised = PyErr_GetRaisedException();
    Py_DECREF(t->array);
    PyErr_SetRaisedException(raised);
}

/* --- keep --------------------------------------------------------------------------------------------------------- */

static tn_status keep_checked(tnpy_state *state, PyObject *obj, const tn_want *want, tn_array *out, tn_error *err)
{
    tn_array made;
    tn_status status = tnpy_keep(state, obj, want != NULL && want->flags & TN_WANT_WRITABLE, &made, err);
    if (status == TN_WRONG_TYPE && err->message[0] == '\0')
        return tnpy_want_refuse_object(want, obj, err);
    if (status != TN_OK)
        return status;
    status = tnpy_want_check(want, &made.span, err);
    if (status == TN_OK) {
        *out = made;
    } else {
        made.release(&made);
        tnpy_settle(state);
    }
    return status;
}

static tn_status keep(PyObject *obj, const tn_want *want, tn_array *out, tn_error *err)
{
    tn_error reason;
    if (err == NULL)
        err = &reason;
    tnpy_state *state = enter();
    tn_status status = state == NULL ? tnpy_raised(err) : keep_checked(state, obj, want, out, err);
    leave(state);
    return status;
}

static void settle(void)
{
    PyObject *raised = PyErr_GetRaisedException();
    tnpy_state *state = enter();
    if (state != NULL)
        tnpy_settle(state);
    else
        PyErr_WriteUnraisable(NULL);
    leave(state);
    PyErr_SetRaisedException(raised);
}

/* --- errors ------------------------------------------------------------------------------------------------------- */

static PyObject *raise_error(const tn_error *err, const char *function, const char *parameter)
{
    tn_error full = *err;
    if (err->status == TN_OK || err->status == TN_RAISED) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_SystemError, "tn_raise() was given no error");
        return NULL;
    }
    full.message[0] = '\0';
    if (function != NULL)
        tnpy_append(full.message, sizeof full.message, "%.100s(): ", function);
    if (parameter != NULL)
        tnpy_append(full.message, sizeof full.message, "%.100s ", parameter);
    tnpy_append(full.message, sizeof full.message, "%.*s", (int)sizeof err->message, err->message);
    return tnpy_raise(&full);
}

/* --- lend --------------------------------------------------------------------------------------------------------- */

/* Everything that an author may have got wrong in filling an array in by hand, and that can be seen. */
static tn_status check(const tn_span *span, tn_error *err)
{
    tn_error reason;
    ptrdiff_t low, high;
    if (span->data == NULL)
        return tn_fail(err, TN_NO_MEMORY, "out of memory");
    tn_status status = tn_span_check(span, &reason);
    if (status == TN_OK)
        status = tn_span_extent(span, &low, &high, &reason);
    if (status != TN_OK && status != TN_UNSUPPORTED) /* of indirect memory */
        return tn_fail(err, TN_WRONG_VALUE, "tn_lend(): the array is described wrongly: %s", reason.message);
    if (tnpy_holds_objects(span->type))
        return tn_fail(err, TN_WRONG_TYPE, "tn_lend(): the elements are Python objects, which no tn_array holds");
    return TN_OK;
}

static PyObject *lend(tn_array *array, PyObject *keeper, unsigned how)
{
    tn_error err;
    tnpy_state *state = enter();
    PyObject *lent = NULL;
    int counts = (how & TN_LEND_COUNTED) != 0;
    if (state == NULL || check(&array->span, &err) != TN_OK) {
        tn_array_release(array);
        if (state != NULL)
            tnpy_raise(&err);
    } else if (how & TN_LEND_NDARRAY) {
        lent = tnpy_lend_array(state, array, keeper, counts);
    } else {
        lent = tnpy_span_lend(state, array, keeper, counts);
    }
    leave(state);
    return lent;
}

/* --- element types ------------------------------------------------------------------------------------------------ */

static PyObject *dtype_new(const tn_type *type)
{
    tnpy_state *state = enter();
    PyObject *dtype = state != NULL ? (PyObject *)tnpy_dtype_for(state, type) : NULL;
    leave(state);
    return dtype;
}

static PyObject *dtype_from(PyObject *obj)
{
    tnpy_state *state = enter();
    PyObject *dtype = state != NULL ? (PyObject *)tnpy_dtype_from_python(state, obj) : NULL;
    leave(state);
    return dtype;
}

static const tn_type *dtype_type(PyObject *dtype)
{
    tnpy_state *state = tnpy_here();
    if (state == NULL)
        return NULL;
    if (Py_TYPE(dtype) == state->dtype_type)
        return ((tnpy_dtype *)dtype)->type;
    PyErr_Format(PyExc_TypeError, "a tenon.DType is required, got %.100s", tnpy_type_name(dtype));
    return NULL;
}

/* --- the table ---------------------------------------------------------------------------------------------------- */

const tn_api tnpy_api = {
    .abi = TN_API_ABI,
    .size = sizeof(tn_api),
    .add_module = tnpy_add_module,
    .borrow = borrow,
    .give_back = give_back,
    .keep = keep,
    .settle = settle,
    .raise_error = raise_error,
    .lend = lend,
    .dtype_new = dtype_new,
    .dtype_from = dtype_from,
    .dtype_type = dtype_type,
};

/* Modules that are compiled already know these places. Members are appended, never moved; what is here is never edited.
 *  */
enum { POINTER = sizeof(void *) };
#define AT(type, member, place) _Static_assert(offsetof(type, member) == (place), #type "." #member " has moved")
_Static_assert(sizeof(void *) == sizeof(void (*)(void)) && sizeof(ptrdiff_t) == sizeof(void *), "one size of pointers");
_Static_assert(TN_API_ABI == 1, "these are the places of table 1");
AT(tn_api, abi, 0);
AT(tn_api, size, 4);
AT(tn_api, add_module, 8);
AT(tn_api, borrow, 8 + 1 * POINTER);
AT(tn_api, give_back, 8 + 2 * POINTER);
AT(tn_api, keep, 8 + 3 * POINTER);
AT(tn_api, settle, 8 + 4 * POINTER);
AT(tn_api, raise_error, 8 + 5 * POINTER);
AT(tn_api, lend, 8 + 6 * POINTER);
AT(tn_api, dtype_new, 8 + 7 * POINTER);
AT(tn_api, dtype_from, 8 + 8 * POINTER);
AT(tn_api, dtype_type, 8 + 9 * POINTER);
_Static_assert(sizeof(tn_api) == 8 + 10 * POINTER, "what is appended to tn_api gets a line here");
AT(tn_want, type, 0);
AT(tn_want, min_ndim, POINTER);
AT(tn_want, max_ndim, POINTER + 4);
AT(tn_want, flags, POINTER + 8);
_Static_assert(sizeof(tn_want) == (POINTER == 8 ? 24 : 16), "others pass tn_want");
AT(tn_span, data, 0);
AT(tn_span, type, POINTER);
AT(tn_span, ndim, 2 * POINTER);
AT(tn_span, flags, 2 * POINTER + 4);
AT(tn_span, shape, 2 * POINTER + 8);
AT(tn_span, strides, 3 * POINTER + 8);
AT(tn_span, suboffsets, 4 * POINTER + 8);
_Static_assert(sizeof(tn_span) == 5 * POINTER + 8, "others allocate tn_span");
AT(tn_loan, span, 0);
_Static_assert(sizeof(tn_loan) == sizeof(tn_span) + 40 * POINTER, "others allocate tn_loan");
AT(tn_array, span, 0);
AT(tn_array, release, sizeof(tn_span));
AT(tn_array, owner, sizeof(tn_span) + POINTER);
_Static_assert(sizeof(tn_array) == sizeof(tn_span) + 2 * POINTER, "others allocate tn_array");
AT(tn_error, status, 0);
AT(tn_error, position, POINTER);
AT(tn_error, message, 2 * POINTER);
_Static_assert(sizeof(tn_error) == 2 * POINTER + TN_ERROR_CAPACITY, "others allocate tn_error");
AT(tn_lender, views, sizeof(PyObject));
_Static_assert(offsetof(tn_lender, views) == offsetof(tnpy_lender, views), "tn_lender is the engine's own");
