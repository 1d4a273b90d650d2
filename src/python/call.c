/* SPDX-License-Identifier: BSD-3-Clause */
#include "call.h"

#include <string.h>

#include "../core/say.h"
#include "error.h"
#include "frame.h"
#include "owned.h"
#include "rows.h"

void tnpy_point_at(tnpy_frame *frame)
{
    const tn_function *def = frame->def;
    int nargs = frame->function->nargs;
    frame->dims[0] = 1;
    for (int i = 0; i < nargs; i++) {
        frame->steps[i] = 0;
        if (tnpy_in_memory(frame, i))
            frame->args[i] = frame->spans[i].data;
        else
            frame->args[i] = frame->sources[i] == TNPY_SCRATCH ? frame->scratch + frame->function->slots[i].offset
                                                               : NULL;
    }
    for (int i = 0; frame->function->any_strided && i < def->nparams; i++) {
        const tn_param *param = &def->params[i];
        if (!tnpy_in_memory(frame, i))
            continue;
        if (param->kind == TN_PARAM_SPAN)
            frame->args[i] = (char *)&frame->spans[i];
        if (param->kind == TN_PARAM_ROWS)
            frame->args[i] = (char *)tnpy_rows_of(frame, i)->table;
        if (param->kind == TN_PARAM_VIEW)
            for (int k = 0; k < param->ndim; k++)
                frame->steps[nargs + param->strides + k] = frame->spans[i].strides[tnpy_lead(frame, i) + k];
    }
}

static PyObject *run(tnpy_frame *frame)
{
    tn_stop stop;
    int stopped;
    stop.text[0] = '\0';
    tnpy_point_at(frame);
    tnpy_hand_over(frame);
    if (frame->def->flags & TN_THREADSAFE) {
        Py_BEGIN_ALLOW_THREADS
        stopped = frame->def->loop(frame->args, frame->dims, frame->steps, &stop);
        Py_END_ALLOW_THREADS
    } else {
        stopped = frame->def->loop(frame->args, frame->dims, frame->steps, &stop);
    }
    if (stopped)
        return tnpy_raise_stop(frame->state, frame->def, &stop, NULL);
    return tnpy_results(frame);
}

/* "grid.spacing(): value must be float" of an attribute is "grid.spacing must be float". */
static void say_attribute(const tn_function *def, tn_error *err)
{
    char said[TN_ERROR_CAPACITY];
    size_t name = strlen(def->name), skipped = name + strlen("()");
    if (strncmp(err->message, def->name, name) != 0 || strncmp(err->message + name, "(): ", 4) != 0)
        return;
    const char *value = def->nparams > 1 ? def->params[1].name : "";
    size_t length = strlen(value);
    bool of_value = length > 0 && strncmp(err->message + skipped + 2, value, length) == 0;
    tni_say(said, sizeof said, "%s%s", def->name, err->message + skipped + (of_value ? 2 + length : 0));
    memcpy(err->message, said, sizeof said);
}

static PyObject *call(tnpy_frame *frame, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    tn_status status = tnpy_bind(frame, args, nargs, kwnames);
    if (status == TN_OK)
        status = tnpy_convert(frame);
    if (status == TN_OK)
        status = tnpy_check(frame);
    if (status == TN_OK)
        status = tnpy_solve(frame);
    if (status == TN_OK && frame->function->any_written)
        status = tnpy_check_overlap(frame);
    if (status == TN_OK && frame->function->noutputs > 0)
        status = tnpy_allocate(frame, 0, NULL);
    if (status == TN_OK)
        return run(frame);
    if (frame->function->is_attribute && status != TN_RAISED)
        say_attribute(frame->def, &frame->error);
    return tnpy_raise(&frame->error);
}

PyObject *tnpy_call(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    tnpy_frame frame;
    tn_status status = tnpy_frame_init(&frame, (tnpy_function *)self, false);
    PyObject *result = status == TN_OK ? call(&frame, args, PyVectorcall_NARGS(nargsf), kwnames)
                                       : tnpy_raise(&frame.error);
    tnpy_frame_clear(&frame);
    return result;
}

PyObject *tnpy_call_generally_for_span(PyObject *function, PyObject *object)
{
    tnpy_frame frame;
    tn_status status = tnpy_frame_init(&frame, (tnpy_function *)function, false);
    frame.as_span = true;
    PyObject *result = status == TN_OK ? call(&frame, &object, 1, NULL) : tnpy_raise(&frame.error);
    tnpy_frame_clear(&frame);
    return result;
}

/* Positional arguments, then keyword ones, as vectorcall has them. The tuples `names` and `values`, NULL where there
 * are no keywords, keep these: whatever runs meanwhile may empty the dict. */
static int spread(PyObject *args, PyObject *kwargs, PyObject **all, PyObject *names, PyObject *values)
{
    Py_ssize_t nargs = PyTuple_GET_SIZE(args), position = 0, n = 0;
    PyObject *key, *value;
    for (Py_ssize_t i = 0; i < nargs; i++)
        all[i] = PyTuple_GET_ITEM(args, i);
    while (names != NULL && n < PyTuple_GET_SIZE(names) && PyDict_Next(kwargs, &position, &key, &value)) {
        if (!PyUnicode_Check(key)) {
            PyErr_SetString(PyExc_TypeError, "keywords must be strings");
            return -1;
        }
        all[nargs + n] = value;
        PyTuple_SET_ITEM(values, n, Py_NewRef(value));
        PyTuple_SET_ITEM(names, n++, Py_NewRef(key));
    }
    if (names == NULL || n == PyTuple_GET_SIZE(names))
        return 0;
    PyErr_SetString(PyExc_RuntimeError, "the keywords changed during the call");
    return -1;
}

static int call_into(PyObject *function, PyObject *target, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    tnpy_frame frame;
    tn_status status = tnpy_frame_init(&frame, (tnpy_function *)function, false);
    frame.target = target;
    PyObject *result = status == TN_OK ? call(&frame, args, nargs, kwnames) : tnpy_raise(&frame.error);
    tnpy_frame_clear(&frame);
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
}

int tnpy_call_into(PyObject *function, PyObject *target, PyObject *args, PyObject *kwargs)
{
    enum { FEW = 8 };
    PyObject *few[FEW], **all = few, *names = NULL, *values = NULL;
    Py_ssize_t nargs = PyTuple_GET_SIZE(args), nkeywords = kwargs == NULL ? 0 : PyDict_GET_SIZE(kwargs);
    if (nargs + nkeywords > FEW && (all = PyMem_Calloc((size_t)(nargs + nkeywords), sizeof *all)) == NULL)
        PyErr_NoMemory();
    if (all != NULL && nkeywords > 0 && (names = PyTuple_New(nkeywords)) != NULL)
        values = PyTuple_New(nkeywords);
    int status = all == NULL || (nkeywords > 0 && values == NULL) ? -1 : spread(args, kwargs, all, names, values);
    if (status == 0)
        status = call_into(function, target, all, nargs, names);
    Py_XDECREF(names);
    Py_XDECREF(values);
    if (all != few)
        PyMem_Free(all);
    return status;
}
