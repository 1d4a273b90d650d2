/* SPDX-License-Identifier: BSD-3-Clause */
#include "fast.h"

#include "call.h"
#include "error.h"
#include "few.h"
#include "frame.h"
#include "handle.h"
#include "owned.h"
#include "protocol/buffer.h"
#include "span_type.h"
#include "value.h"

/* A call under way, as the loop wants it. Only what is used is written: most of it stays untouched memory. */
typedef struct fast_call {
    char *args[MAX_PLANNED + 1];
    ptrdiff_t dims[1 + MAX_PLANNED];
    ptrdiff_t steps[MAX_PLANNED + 1 + MAX_PLANNED_AXES]; /* of functions that have views */
    union {
        double number;
        int64_t integer;
        void *pointer;
    } values[MAX_PLANNED];
    union {
        _Alignas(long double) char value[2 * sizeof(long double)];
        void *pointer;
        tn_array array;
    } result;
} fast_call;

static const ptrdiff_t no_steps[MAX_PLANNED + 1]; /* one point: nothing moves */

/* --- taking arguments --------------------------------------------------------------------------------------------- */

/* For the glue, which compares nothing but the address: the first dtype that is accepted, nearly always the only one.
 * Structures are not for it, since their fields can be renamed in place. */
static inline void note_dtype(const tnpy_function *f, int i, PyArray_Descr *descr)
{
#ifndef Py_GIL_DISABLED
    if (f->accepted[i] == NULL && f->def->params[i].type->kind != TN_STRUCT)
        f->accepted[i] = Py_NewRef((PyObject *)descr);
#else
    (void)f, (void)i, (void)descr;
#endif
}

/* What is written through strides must not overlap itself: of several axes, the general way looks closely. */
static bool take_strides(const planned_argument *argument, const ptrdiff_t *strides, bool contiguous, fast_call *call)
{
    ptrdiff_t itemsize = argument->of.array.key->type->itemsize;
    for (int axis = 0; axis < argument->ndim; axis++) {
        if ((uintptr_t)strides[axis] & argument->misaligned)
            return false;
        call->steps[argument->strides + axis] = strides[axis];
    }
    return contiguous || !(argument->flags & NPY_ARRAY_WRITEABLE) ||
           (argument->ndim == 1 && (strides[0] >= itemsize || strides[0] <= -itemsize));
}

/* Memory that nothing can take away before the function has returned. */
static bool take_span(const planned_argument *argument, const tn_span *span, fast_call *call)
{
    const tnpy_dtype_key *key = argument->of.array.key;
    if (span->ndim != argument->ndim || span->suboffsets != NULL || (uintptr_t)span->data & argument->misaligned ||
        (span->flags & TN_READONLY && argument->flags & NPY_ARRAY_WRITEABLE))
        return false;
    if (!tn_type_equal(span->type, key->type) && !(key->any_byte && span->type->itemsize == 1))
        return false;
    bool contiguous = tn_is_contiguous(span->ndim, span->shape, span->strides, span->type->itemsize, TN_ORDER_C);
    if (argument->strided ? !take_strides(argument, span->strides, contiguous, call) : !contiguous)
        return false;
    call->args[argument->arg] = span->data;
    return tnpy_plan_extents(argument, span->shape, call->dims);
}

/* The buffers of memoryview and array.array run no Python code. */
static bool has_plain_buffer(PyObject *obj)
{
    const PyTypeObject *type = Py_TYPE(obj);
    return type == &PyMemoryView_Type ||
           (type->tp_flags & Py_TPFLAGS_IMMUTABLETYPE && strcmp(type->tp_name, "array.array") == 0);
}

static bool take_buffer(const planned_argument *argument, PyObject *obj, fast_call *call)
{
    Py_buffer buffer;
    tn_span span;
    if (PyObject_GetBuffer(obj, &buffer, argument->flags & NPY_ARRAY_WRITEABLE ? PyBUF_FULL : PyBUF_FULL_RO) < 0) {
        PyErr_Clear();
        return false;
    }
    bool taken = tnpy_buffer_read_plain(&buffer, &span) && take_span(argument, &span, call);
    PyBuffer_Release(&buffer);
    return taken;
}

static bool take_bytes(const planned_argument *argument, char *data, Py_ssize_t length, fast_call *call)
{
    const ptrdiff_t stride = 1;
    const tn_span span = {.data = data, .type = &tn_type_uint8, .ndim = 1, .shape = &length, .strides = &stride};
    return take_span(argument, &span, call);
}

/* What stays as it is while the GIL is kept needs no hold: nothing can release or resize it before the function has
 * returned. */
static bool take_other(const tnpy_function *f, const planned_argument *argument, PyObject *obj, fast_call *call)
{
    if (PyBytes_CheckExact(obj) && !(argument->flags & NPY_ARRAY_WRITEABLE))
        return take_bytes(argument, PyBytes_AS_STRING(obj), PyBytes_GET_SIZE(obj), call);
    if (!tn_short_keeps_gil(f->def))
        return false;
    if (tnpy_span_check(f->state, obj)) {
        const tnpy_span *self = (const tnpy_span *)obj;
        return tnpy_span_is_live(self) && take_span(argument, &self->span, call);
    }
    if (PyByteArray_CheckExact(obj))
        return take_bytes(argument, PyByteArray_AS_STRING(obj), PyByteArray_GET_SIZE(obj), call);
    return has_plain_buffer(obj) && take_buffer(argument, obj, call);
}

static bool take_array(const tnpy_function *f, const planned_argument *argument, PyObject *obj, fast_call *call)
{
    const PyArrayObject_fields *array = (const PyArrayObject_fields *)obj;
    if (Py_TYPE(obj) != f->state->ndarray)
        return take_other(f, argument, obj, call);
    if (array->nd != argument->ndim || !tnpy_plan_fits(argument, array))
        return false;
    bool contiguous = (array->flags & NPY_ARRAY_C_CONTIGUOUS) != 0;
    if (!tnpy_plan_extents(argument, array->dimensions, call->dims) ||
        (argument->strided && !take_strides(argument, array->strides, contiguous, call)))
        return false;
    note_dtype(f, argument->arg, array->descr);
    call->args[argument->arg] = array->data;
    return true;
}

static inline bool take_integer(const planned_argument *argument, PyObject *obj, int64_t *value)
{
    return tn_short_small_int(obj, value) && *value >= argument->of.integer.min && *value <= argument->of.integer.max;
}

/* A number, whose bytes then lie where the loop looks for them. */
static bool take_value(const planned_argument *argument, PyObject *obj, fast_call *call, int k)
{
    int64_t integer;
    call->args[argument->arg] = (char *)&call->values[k];
    if (argument->kind == PLANNED_DOUBLE) {
        if (PyFloat_CheckExact(obj))
            call->values[k].number = PyFloat_AS_DOUBLE(obj);
        else if (tn_short_small_int(obj, &integer))
            call->values[k].number = (double)integer; /* one digit: exact */
        else
            return false;
        return true;
    }
    if (!take_integer(argument, obj, &integer))
        return false;
    if (argument->kind == PLANNED_SIZE)
        call->dims[argument->dim] = (ptrdiff_t)integer;
    else
        call->values[k].integer = (int64_t)((uint64_t)integer << argument->shift);
    return true;
}

static inline bool is_usable(const tnpy_handle *h, const planned_argument *argument)
{
    return Py_TYPE((const PyObject *)h) == argument->of.cls->type && h->pointer != NULL && !h->exclusive;
}

static inline bool take_handle(const planned_argument *argument, PyObject *obj, fast_call *call, int k)
{
    const tnpy_handle *h = (const tnpy_handle *)obj;
    call->args[argument->arg] = (char *)&call->values[k];
    if (!is_usable(h, argument))
        return false;
    call->values[k].pointer = h->pointer;
    return true;
}

/* What is not taken may be an array of the right dtype all the same: glue that knows the dtype sees by itself what is
 * hopeless. */
__attribute__((cold)) static bool pass_by(const tnpy_function *f, const planned_argument *argument, PyObject *obj)
{
    if (argument->kind != PLANNED_ARRAY || Py_TYPE(obj) != f->state->ndarray)
        return false;
    PyArray_Descr *descr = ((const PyArrayObject_fields *)obj)->descr;
    if (tnpy_numpy_is_type(descr, argument->of.array.key))
        note_dtype(f, argument->arg, descr);
    return false;
}

/* The arguments that can be passed by position, all of which are there. */
static bool take(const tnpy_function *f, PyObject *const *objects, fast_call *call)
{
    const tnpy_plan *plan = f->plan;
    call->dims[0] = 1;
    for (int k = 0; k < plan->nconstants; k++)
        call->dims[plan->constants[k].dim] = plan->constants[k].value;
    for (int k = 0; k < plan->npositional; k++) {
        const planned_argument *argument = &plan->arguments[k];
        bool taken = argument->kind == PLANNED_ARRAY    ? take_array(f, argument, objects[k], call)
                     : argument->kind == PLANNED_HANDLE ? take_handle(argument, objects[k], call, k)
                                                        : take_value(argument, objects[k], call, k);
        if (!taken)
            return pass_by(f, argument, objects[k]);
    }
    return true;
}

/* --- overlap ------------------------------------------------------------------------------------------------------ */

typedef struct block {
    uintptr_t start, end;
} block;

/* The bytes that an argument lies in. */
static block block_of(const planned_argument *argument, const fast_call *call)
{
    const planned_axis *axes = argument->of.array.axes;
    ptrdiff_t itemsize = argument->of.array.key->type->itemsize;
    block where = {(uintptr_t)call->args[argument->arg], (uintptr_t)call->args[argument->arg] + (size_t)itemsize};
    if (argument->strided) {
        for (int axis = 0; axis < argument->ndim; axis++) {
            ptrdiff_t reach = (call->dims[axes[axis].dim] - 1) * call->steps[argument->strides + axis];
            *(reach < 0 ? &where.start : &where.end) += (uintptr_t)reach;
        }
        return where;
    }
    where.end = where.start + tnpy_plan_bytes(argument, call->dims);
    return where;
}

/* Do any two arrays meet that must not? Outputs still to be made have no address and meet none. */
static bool any_meet(const tnpy_plan *plan, const fast_call *call)
{
    for (int k = 0; k < plan->npairs; k++) {
        const planned_argument *a = &plan->arguments[plan->pairs[k].a], *b = &plan->arguments[plan->pairs[k].b];
        if (call->args[a->arg] == NULL || call->args[b->arg] == NULL)
            continue;
        block first = block_of(a, call), second = block_of(b, call);
        if (first.start < second.end && second.start < first.end)
            return true;
    }
    return false;
}

/* --- running ------------------------------------------------------------------------------------------------------ */

/* 0, or -1 with tenon.CallError set. */
static int run(const tnpy_function *f, fast_call *call)
{
    const ptrdiff_t *steps = no_steps;
    tn_stop stop;
    int stopped;
    stop.text[0] = '\0';
    call->args[f->def->nparams] = (char *)&call->result;
    if (f->plan->strided) {
        tnpy_clear_few(call->steps, f->nargs);
        steps = call->steps;
    }
    if (f->plan->threadsafe) {
        Py_BEGIN_ALLOW_THREADS
        stopped = f->def->loop(call->args, call->dims, steps, &stop);
        Py_END_ALLOW_THREADS
    } else {
        stopped = f->def->loop(call->args, call->dims, steps, &stop);
    }
    if (!stopped)
        return 0;
    tnpy_raise_stop(f->state, f->def, &stop, NULL);
    return -1;
}

/* The objects of C that were passed: none, nearly always, or that of a method, which comes first. */
static inline tnpy_handles collect_handles(const tnpy_plan *plan, PyObject *const *objects, PyObject **handles)
{
    int count = 0;
    if (plan->nhandles == 0 || (plan->nhandles == 1 && plan->arguments[0].kind == PLANNED_HANDLE))
        return (tnpy_handles){objects, plan->nhandles};
    for (int k = 0; k < plan->npositional && count < plan->nhandles; k++)
        if (plan->arguments[k].kind == PLANNED_HANDLE)
            handles[count++] = objects[k];
    return (tnpy_handles){handles, count};
}

static PyObject *owned_result(tnpy_function *f, PyObject *const *objects, tn_array *array, bool as_span)
{
    PyObject *places[MAX_PLANNED];
    return tnpy_owned_result(f, array, collect_handles(f->plan, objects, places), as_span);
}

PyObject *tnpy_made(PyObject *self, PyObject *const *args, void *result)
{
    tnpy_function *f = (tnpy_function *)self;
    if (f->plan->result == RESULT_HANDLE)
        return tnpy_handle_result(f, *(void **)result, NULL);
    return owned_result(f, args, result, false);
}

static PyObject *c_result(tnpy_function *f, PyObject *const *objects, fast_call *call)
{
    const tn_param *result = f->def->result;
    double number;
    switch ((planned_result)f->plan->result) {
    case RESULT_NONE:
        Py_RETURN_NONE;
    case RESULT_DOUBLE:
        memcpy(&number, call->result.value, sizeof number);
        return PyFloat_FromDouble(number);
    case RESULT_HANDLE:
        return tnpy_handle_result(f, call->result.pointer, NULL);
    case RESULT_OWNED:
        return owned_result(f, objects, &call->result.array, false);
    case RESULT_VALUE:
        break;
    }
    return tnpy_value_to_python(f->state, result->type, result->flags & TN_CHARACTER, call->result.value);
}

/* --- outputs and keywords ----------------------------------------------------------------------------------------- */

bool tnpy_plan_sort(const tnpy_plan *plan, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames,
                    PyObject **objects)
{
    Py_ssize_t nkeywords = kwnames == NULL ? 0 : PyTuple_GET_SIZE(kwnames);
    if (nargs > plan->npositional)
        return false;
    for (int k = 0; k < plan->narguments; k++)
        objects[k] = k < nargs ? args[k] : NULL;
    for (Py_ssize_t n = 0; n < nkeywords; n++) {
        PyObject *keyword = PyTuple_GET_ITEM(kwnames, n);
        Py_ssize_t k = nargs;
        while (k < plan->narguments && plan->arguments[k].name != keyword)
            k++;
        if (k == plan->narguments)
            return false;
        objects[k] = args[nargs + n];
    }
    for (Py_ssize_t k = nargs; k < plan->npositional; k++)
        if (objects[k] == NULL)
            return false;
    return true;
}

static bool complete_sizes(const tn_function *def, fast_call *call)
{
    for (int k = 0; k < def->nsizes; k++)
        if (def->sizes[k].kind == TN_SIZE_EXPRESSION && tnpy_complete_size(def, k, call->dims, NULL) != TN_OK)
            return false;
    return true;
}

/* The outputs that were given; the others get no address yet. */
static bool take_outputs(const tnpy_function *f, PyObject *const *objects, fast_call *call)
{
    const tnpy_plan *plan = f->plan;
    if (plan->computes && !complete_sizes(f->def, call))
        return false;
    for (int k = plan->npositional; k < plan->narguments; k++) {
        const planned_argument *argument = &plan->arguments[k];
        call->args[argument->arg] = NULL;
        if (objects[k] != NULL && !take_array(f, argument, objects[k], call))
            return false;
    }
    return true;
}

PyObject *tnpy_make_output(PyObject *self, int i, const ptrdiff_t *dims)
{
    const tnpy_function *f = (const tnpy_function *)self;
    const tn_param *param = &f->def->params[i];
    tnpy_dtype_key *key = &f->slots[i].key;
    ptrdiff_t shape[MAX_PLANNED_AXES];
    if (f->state->ndarray == NULL || key->dtype == NULL)
        return NULL;
    for (int axis = 0; axis < param->ndim; axis++) {
        shape[axis] = dims[1 + param->shape[axis]];
        if (shape[axis] < 0)
            return NULL;
    }
    PyObject *made = tnpy_numpy_new(key, param->ndim, shape, NULL, false, NULL);
    if (made == NULL)
        PyErr_Clear();
    return made;
}

static PyObject *make_output(tnpy_function *f, const planned_argument *argument, fast_call *call)
{
    PyObject *made = tnpy_make_output((PyObject *)f, argument->arg, call->dims);
    if (made != NULL)
        call->args[argument->arg] = ((PyArrayObject_fields *)made)->data;
    return made;
}

static void drop_outputs(const tnpy_plan *plan, PyObject **objects)
{
    for (int k = plan->npositional; k < plan->narguments; k++)
        Py_XDECREF(objects[k]);
}

/* From here on the outputs' places in `objects` hold references of their own. Where one cannot be made, all are given
 * up, and the general way finds out why. */
static bool make_outputs(tnpy_function *f, PyObject **objects, fast_call *call)
{
    const tnpy_plan *plan = f->plan;
    bool complete = true;
    for (int k = plan->npositional; k < plan->narguments; k++) {
        Py_XINCREF(objects[k]);
        if (objects[k] == NULL && complete)
            complete = (objects[k] = make_output(f, &plan->arguments[k], call)) != NULL;
    }
    if (complete)
        return true;
    drop_outputs(plan, objects);
    return false;
}

/* The C result, then the outputs. Takes over the outputs' references. */
static PyObject *results(tnpy_function *f, PyObject **objects, fast_call *call)
{
    const tnpy_plan *plan = f->plan;
    if (plan->returned == 1 && plan->result == RESULT_NONE)
        return objects[plan->npositional];
    if (plan->narguments == plan->npositional)
        return c_result(f, objects, call);
    /* First what C returned: making a tuple may run finalizers, which could close the object that it lies in. */
    PyObject *value = plan->result == RESULT_NONE ? NULL : c_result(f, objects, call);
    PyObject *tuple = plan->result != RESULT_NONE && value == NULL ? NULL : PyTuple_New(plan->returned);
    int place = 0;
    if (tuple == NULL) {
        Py_XDECREF(value);
        drop_outputs(plan, objects);
        return NULL;
    }
    if (value != NULL)
        PyTuple_SET_ITEM(tuple, place++, value);
    for (int k = plan->npositional; k < plan->narguments; k++)
        PyTuple_SET_ITEM(tuple, place++, objects[k]);
    return tuple;
}

PyObject *tnpy_call_planned(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    tnpy_function *f = (tnpy_function *)self;
    const tnpy_plan *plan = f->plan;
    PyObject *objects[MAX_PLANNED];
    fast_call call;
    if (!tnpy_plan_sort(plan, args, PyVectorcall_NARGS(nargsf), kwnames, objects) ||
        !take(f, objects, &call) || !take_outputs(f, objects, &call) ||
        any_meet(plan, &call) || !make_outputs(f, objects, &call))
        return tnpy_call(self, args, nargsf, kwnames);
    if (run(f, &call) == 0)
        return results(f, objects, &call);
    drop_outputs(plan, objects);
    return NULL;
}

/* A method that returns an array takes the object, and nothing else. */
static bool is_array_of_object(const tnpy_plan *plan)
{
    return plan != NULL && plan->result == RESULT_OWNED && plan->narguments == 1 &&
           plan->arguments[0].kind == PLANNED_HANDLE;
}

int tnpy_call_for_array(PyObject *function, PyObject *object, tn_array *array)
{
    const tnpy_function *f = (const tnpy_function *)function;
    const tnpy_handle *h = (const tnpy_handle *)object;
    if (!is_array_of_object(f->plan) || f->def->nsizes > 0 || !is_usable(h, &f->plan->arguments[0]))
        return 0;
    void *pointer = h->pointer;
    char *args[] = {(char *)&pointer, (char *)array};
    ptrdiff_t one = 1;
    tn_stop stop;
    stop.text[0] = '\0';
    if (!f->def->loop(args, &one, no_steps, &stop))
        return 1;
    tnpy_raise_stop(f->state, f->def, &stop, NULL);
    return -1;
}

PyObject *tnpy_array_as_span(PyObject *function, PyObject *object, tn_array *array)
{
    return owned_result((tnpy_function *)function, &object, array, true);
}

PyObject *tnpy_call_for_span(PyObject *function, PyObject *object)
{
    tn_array array;
    int called = tnpy_call_for_array(function, object, &array);
    if (called == 0)
        return tnpy_call_generally_for_span(function, object);
    return called < 0 ? NULL : tnpy_array_as_span(function, object, &array);
}
