/* SPDX-License-Identifier: BSD-3-Clause */
/* The planned way through a batch: C-contiguous ndarrays, each with one axis in front or none, that lie apart.
 *
 * It is as short as that of a call (fast.h), and ends the same way: at the first thing that is not as planned, the
 * general way starts again from the beginning.
 */
#include "fast.h"

#include "chunks.h"
#include "error.h"
#include "few.h"

/* A batch under way. Only what is used is written. */
typedef struct fast_batch {
    char *args[MAX_PLANNED + 1];
    ptrdiff_t dims[1 + MAX_PLANNED];
    ptrdiff_t steps[MAX_PLANNED + 1];
    size_t bytes[MAX_PLANNED]; /* of each of the plan's arguments, all its points together */
    ptrdiff_t points;          /* 0: no array has said yet */
} fast_batch;

static bool serves(const tnpy_function *f)
{
    const tnpy_plan *plan = f->plan;
    return plan != NULL && f->def->signature != NULL && plan->result == RESULT_NONE && plan->returned <= 1 &&
           !plan->strided && !plan->computes;
}

/* The axis in front: as long as that of the others, of which outputs say nothing. */
static bool take_points(fast_batch *batch, ptrdiff_t points, bool output)
{
    if (batch->points == 0 && !output)
        batch->points = points;
    return points > 0 && points == batch->points;
}

static bool take_array(const tnpy_function *f, int k, PyObject *obj, fast_batch *batch)
{
    const planned_argument *argument = &f->plan->arguments[k];
    const PyArrayObject_fields *array = (const PyArrayObject_fields *)obj;
    if (argument->kind != PLANNED_ARRAY || Py_TYPE(obj) != f->state->ndarray)
        return false;
    int lead = array->nd - argument->ndim;
    bool written = (argument->flags & NPY_ARRAY_WRITEABLE) != 0;
    if (lead != 1 && (lead != 0 || written))
        return false;
    if (!tnpy_plan_fits(argument, array) ||
        !tnpy_plan_extents(argument, array->dimensions + lead, batch->dims) ||
        (lead == 1 && !take_points(batch, array->dimensions[0], k >= f->plan->npositional)))
        return false;
    size_t bytes = tnpy_plan_bytes(argument, batch->dims);
    batch->args[argument->arg] = array->data;
    batch->steps[argument->arg] = lead == 1 ? (ptrdiff_t)bytes : 0;
    batch->bytes[k] = lead == 1 ? bytes * (size_t)array->dimensions[0] : bytes;
    return true;
}

/* An output that was left out may be NULL: nothing of it is taken yet. */
static bool take(const tnpy_function *f, PyObject *const *objects, fast_batch *batch)
{
    const tnpy_plan *plan = f->plan;
    batch->points = 0;
    tnpy_clear_few(batch->steps, f->nargs);
    for (int k = 0; k < plan->nconstants; k++)
        batch->dims[plan->constants[k].dim] = plan->constants[k].value;
    for (int k = 0; k < plan->narguments; k++) {
        batch->bytes[k] = 0;
        if (objects[k] != NULL && !take_array(f, k, objects[k], batch))
            return false;
    }
    return batch->points > 0;
}

static bool meet(const tnpy_plan *plan, const fast_batch *batch, int a, int b)
{
    uintptr_t first = (uintptr_t)batch->args[plan->arguments[a].arg];
    uintptr_t second = (uintptr_t)batch->args[plan->arguments[b].arg];
    return first < second + batch->bytes[b] && second < first + batch->bytes[a];
}

/* Does what is written share memory with anything? Where points may share it, the general way knows. */
static bool any_meet(const tnpy_plan *plan, PyObject *const *objects, const fast_batch *batch)
{
    for (int a = 0; a < plan->narguments; a++) {
        if (!(plan->arguments[a].flags & NPY_ARRAY_WRITEABLE) || objects[a] == NULL)
            continue;
        for (int b = 0; b < plan->narguments; b++)
            if (b != a && objects[b] != NULL && meet(plan, batch, a, b))
                return true;
    }
    return false;
}

/* A new array for the output. Runs no Python code, since the dtype is there. NULL without an exception: the general way
 * finds out why. */
static PyObject *make_output(const tnpy_function *f, const planned_argument *argument, fast_batch *batch)
{
    ptrdiff_t shape[1 + MAX_PLANNED_AXES] = {batch->points};
    if (argument->of.array.key->dtype == NULL)
        return NULL;
    for (int k = 0; k < argument->ndim; k++)
        shape[1 + k] = batch->dims[argument->of.array.axes[k].dim];
    PyObject *made = tnpy_numpy_new(argument->of.array.key, 1 + argument->ndim, shape, NULL, false, NULL);
    if (made == NULL) {
        PyErr_Clear();
        return NULL;
    }
    batch->args[argument->arg] = ((PyArrayObject_fields *)made)->data;
    batch->steps[argument->arg] = (ptrdiff_t)tnpy_plan_bytes(argument, batch->dims);
    return made;
}

/* 0, or -1 with an exception. */
static int run(tnpy_function *f, fast_batch *batch)
{
    tnpy_chunks chunks = {.def = f->def, .nargs = f->nargs, .args = batch->args, .dims = batch->dims,
                          .steps = batch->steps};
    tn_stop stop;
    stop.text[0] = '\0';
    tnpy_chunks_begin(&chunks, batch->points);
    int outcome = tnpy_chunks_run(&chunks, batch->points, &stop);
    tnpy_chunks_end(&chunks);
    if (outcome <= 0)
        return outcome;
    PyObject *point = Py_BuildValue("(n)", stop.point);
    if (point != NULL)
        tnpy_raise_stop(f->state, f->def, &stop, point);
    Py_XDECREF(point);
    return -1;
}

bool tnpy_batch_planned(tnpy_function *f, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames, PyObject **result)
{
    PyObject *objects[MAX_PLANNED];
    fast_batch batch;
    if (!serves(f) || !tnpy_plan_sort(f->plan, args, nargs, kwnames, objects) || !take(f, objects, &batch) ||
        any_meet(f->plan, objects, &batch))
        return false;
    PyObject *output = NULL;
    if (f->plan->returned == 1) {
        int k = f->plan->npositional;
        output = objects[k] != NULL ? Py_NewRef(objects[k]) : make_output(f, &f->plan->arguments[k], &batch);
        if (output == NULL)
            return false;
    }
    if (run(f, &batch) < 0) {
        Py_XDECREF(output);
        *result = NULL;
    } else
        *result = output != NULL ? output : Py_NewRef(Py_None);
    return true;
}
