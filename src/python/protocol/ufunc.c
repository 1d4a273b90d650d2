/* SPDX-License-Identifier: BSD-3-Clause */
/* A loop for NumPy's machinery, made from ours.
 *
 * NumPy hands over points whose core axes may have any strides. Ours wants arrays that are contiguous within a point:
 * where they are, our loop runs over all points at once; where not, each point is gathered into scratch memory and its
 * outputs are scattered back. Error codes become exceptions through NumPy 2's array methods, which is why an older
 * NumPy will not do; so this file alone asks for NumPy 2's API.
 */
#undef NPY_TARGET_VERSION
#define NPY_TARGET_VERSION NPY_2_0_API_VERSION
#define NPY_NO_DEPRECATED_API NPY_2_0_API_VERSION
#define PY_ARRAY_UNIQUE_SYMBOL tnpy_array_api_2
#define PY_UFUNC_UNIQUE_SYMBOL tnpy_ufunc_api_2
#include <Python.h>

#include <numpy/arrayobject.h>
#include <numpy/dtype_api.h>
#include <numpy/ufuncobject.h>
#include <string.h>

#include "ufunc.h"

#include "../error.h"
#include "../frame.h"
#include "../slot.h"

enum { MAX_OPERANDS = TN_MAX_PARAMS + 1 };

/* Which parameter (or result) each operand is: inputs in prototype order; then the C result, then the outputs. */
static int list_operands(const tnpy_function *f, int *operands, int *ninputs)
{
    int count = 0;
    for (int i = 0; i < f->def->nparams; i++)
        if (f->def->params[i].direction == TN_IN)
            operands[count++] = i;
    *ninputs = count;
    if (f->def->result != NULL)
        operands[count++] = f->def->nparams;
    for (int i = 0; i < f->def->nparams; i++)
        if (f->def->params[i].direction == TN_OUT)
            operands[count++] = i;
    return count;
}

/* --- the loop ----------------------------------------------------------------------------------------------------- */

typedef struct operand {
    int arg;                     /* index into the loop's args */
    const tn_param *param;
    bool written;
    char *data;                  /* NumPy's, of the current point */
    ptrdiff_t step;
    const npy_intp *strides;     /* of the core axes */
    ptrdiff_t shape[TN_MAX_NDIM];
    char *scratch;               /* NULL: this operand is used where it lies */
} operand;

typedef struct job {
    tnpy_function *function;
    int count;
    operand operands[MAX_OPERANDS];
    char *args[MAX_OPERANDS];
    ptrdiff_t dims[1 + TN_MAX_SIZES];
    ptrdiff_t steps[TNPY_MAX_STEPS];
    tn_error error;
} job;

/* NumPy numbers the core axes by first appearance of their name in the signature; ours are indices into sizes. Names
 * and sizes correspond one to one but for [static n], whose axis has a name of its own. */
static tn_status read_dims(job *j, const npy_intp *dimensions)
{
    const tn_function *def = j->function->def;
    const char *names[TN_MAX_SIZES + MAX_OPERANDS];
    size_t lengths[TN_MAX_SIZES + MAX_OPERANDS];
    int nnames = 0;
    const char *at = def->signature;
    for (int n = 0; n < j->count; n++) {
        operand *op = &j->operands[n];
        at = strchr(at, '(');
        for (int axis = 0; axis < op->param->ndim; axis++) {
            at++;
            size_t length = strcspn(at, ",)");
            int k = 0;
            while (k < nnames && !(lengths[k] == length && strncmp(names[k], at, length) == 0))
                k++;
            if (k == nnames) {
                names[k] = at;
                lengths[k] = length;
                nnames++;
            }
            at += length;
            op->shape[axis] = dimensions[1 + k];
            bool longer = op->param->flags & TN_AT_LEAST && axis == 0;
            const tn_size *size = &def->sizes[op->param->shape[axis]];
            bool gives = size->kind == TN_SIZE_IMPLIED && &def->params[size->param] == op->param && size->axis == axis;
            if (!longer || gives)
                j->dims[1 + op->param->shape[axis]] = dimensions[1 + k];
        }
        if (op->param->ndim == 0)
            at++;
    }
    for (int k = 0; k < def->nsizes; k++) {
        tn_status status = tnpy_complete_size(def, k, j->dims, &j->error);
        if (status != TN_OK)
            return status;
    }
    return TN_OK;
}

static tn_status check_extents(job *j)
{
    const tn_function *def = j->function->def;
    for (int n = 0; n < j->count; n++) {
        const operand *op = &j->operands[n];
        for (int axis = 0; axis < op->param->ndim; axis++) {
            ptrdiff_t want = j->dims[1 + op->param->shape[axis]], got = op->shape[axis];
            bool longer = op->param->flags & TN_AT_LEAST && axis == 0;
            if (got != want && !(longer && got > want))
                return tn_fail(&j->error, TN_WRONG_VALUE, "%s(): axis %d of %s must be %s = %td, got %td", def->name,
                               axis, op->param->name, def->sizes[op->param->shape[axis]].name, want, got);
        }
    }
    return TN_OK;
}

static ptrdiff_t bytes_of(const operand *op)
{
    ptrdiff_t bytes = op->param->type->itemsize;
    for (int axis = 0; axis < op->param->ndim; axis++)
        bytes *= op->shape[axis];
    return bytes;
}

static bool lies_well(const operand *op)
{
    return op->param->kind == TN_PARAM_VIEW || tn_is_contiguous(op->param->ndim, op->shape, op->strides,
                                                                op->param->type->itemsize, TN_ORDER_C);
}

/* Between NumPy's strides and a contiguous block. */
static void transfer(const operand *op, bool to_scratch)
{
    ptrdiff_t index[TN_MAX_NDIM] = {0}, itemsize = op->param->type->itemsize, bytes = bytes_of(op);
    char *there = op->data;
    for (ptrdiff_t at = 0; at < bytes; at += itemsize) {
        memcpy(to_scratch ? op->scratch + at : there, to_scratch ? there : op->scratch + at, (size_t)itemsize);
        for (int k = op->param->ndim - 1; k >= 0; k--) {
            there += op->strides[k];
            if (++index[k] < op->shape[k])
                break;
            there -= op->strides[k] * op->shape[k];
            index[k] = 0;
        }
    }
}

static int run_gathered(job *j, ptrdiff_t count, tn_stop *stop)
{
    j->dims[0] = 1;
    for (ptrdiff_t point = 0; point < count; point++) {
        for (int n = 0; n < j->count; n++) {
            operand *op = &j->operands[n];
            j->args[op->arg] = op->scratch != NULL ? op->scratch : op->data;
            if (op->scratch != NULL && !op->written)
                transfer(op, true);
        }
        if (j->function->def->loop(j->args, j->dims, j->steps, stop))
            return 1;
        for (int n = 0; n < j->count; n++) {
            operand *op = &j->operands[n];
            if (op->scratch != NULL && op->written)
                transfer(op, false);
            op->data += op->step;
        }
    }
    return 0;
}

/* 0; 1 with *stop filled; -1 with j->error filled. */
static int run(job *j, ptrdiff_t count, tn_stop *stop)
{
    bool all_well = true;
    for (int n = 0; n < j->count; n++)
        all_well = all_well && lies_well(&j->operands[n]);
    if (all_well) {
        j->dims[0] = count;
        return j->function->def->loop(j->args, j->dims, j->steps, stop);
    }
    int outcome = 0;
    for (int n = 0; n < j->count && outcome == 0; n++) {
        operand *op = &j->operands[n];
        if (lies_well(op))
            continue;
        op->scratch = malloc((size_t)bytes_of(op) + 1);
        if (op->scratch == NULL) {
            tn_fail(&j->error, TN_NO_MEMORY, "out of memory");
            outcome = -1;
        }
    }
    if (outcome == 0)
        outcome = run_gathered(j, count, stop);
    for (int n = 0; n < j->count; n++)
        free(j->operands[n].scratch);
    return outcome;
}

/* Only what the function has is set: a job has room for many more operands, and clearing that takes longer than
 * NumPy. */
static void lay_out(job *j, tnpy_function *f, char *const *data, const npy_intp *strides)
{
    j->function = f;
    memset(j->args, 0, (size_t)f->nargs * sizeof *j->args);
    memset(j->steps, 0, (size_t)f->nargs * sizeof *j->steps);
    memset(j->dims, 0, (size_t)(1 + f->def->nsizes) * sizeof *j->dims);
    int operands[MAX_OPERANDS], ninputs;
    j->count = list_operands(f, operands, &ninputs);
    const npy_intp *core = strides + j->count;
    for (int n = 0; n < j->count; n++) {
        operand *op = &j->operands[n];
        const tn_param *param = f->slots[operands[n]].param;
        *op = (operand){.arg = operands[n], .param = param, .written = n >= ninputs, .data = data[n],
                        .step = strides[n], .strides = core};
        j->args[op->arg] = data[n];
        j->steps[op->arg] = strides[n];
        for (int axis = 0; param->kind == TN_PARAM_VIEW && axis < param->ndim; axis++)
            j->steps[f->nargs + param->strides + axis] = core[axis];
        core += param->ndim;
    }
}

static int strided_loop(PyArrayMethod_Context *context, char *const *data, const npy_intp *dimensions,
                        const npy_intp *strides, NpyAuxData *ignored)
{
    (void)ignored;
    tnpy_function *f = ((PyUFuncObject *)context->caller)->data[0];
    job *j = malloc(sizeof *j);
    tn_stop stop;
    stop.code = 0;
    stop.text[0] = '\0';
    int outcome = -1;
    tn_error no_memory = {.status = TN_NO_MEMORY};
    if (j != NULL) {
        lay_out(j, f, data, strides);
        if (read_dims(j, dimensions) == TN_OK && check_extents(j) == TN_OK)
            outcome = run(j, dimensions[0], &stop);
    }
    if (outcome != 0) {
        PyGILState_STATE gil = PyGILState_Ensure();
        if (outcome > 0)
            tnpy_raise_stop(f->state, f->def, &stop, NULL);
        else
            tnpy_raise(j != NULL ? &j->error : &no_memory);
        PyGILState_Release(gil);
    }
    free(j);
    return outcome == 0 ? 0 : -1;
}

/* --- the ufunc ---------------------------------------------------------------------------------------------------- */

static int refuse(const tnpy_function *f, const char *why, const char *name)
{
    PyErr_Format(PyExc_TypeError, "%s() has no ufunc: %s%s", f->def->name, name, why);
    return -1;
}

static int check_param(const tnpy_function *f, const tn_param *param)
{
    if (param->kind == TN_PARAM_HANDLE)
        return refuse(f, " is an object of C, which a ufunc cannot take", param->name);
    if (param->kind == TN_PARAM_SIZE)
        return refuse(f, " is a size that must be passed, which a ufunc cannot take", param->name);
    if (param->direction == TN_INOUT)
        return refuse(f, " is modified in place", param->name);
    if (param->type->kind == TN_STRUCT || param->type->kind == TN_SUBARRAY)
        return refuse(f, " has structured elements", param->name);
    for (int axis = 0; param->direction == TN_OUT && axis < param->ndim; axis++)
        if (f->def->sizes[param->shape[axis]].kind == TN_SIZE_EXPRESSION)
            return refuse(f, " has an extent that NumPy cannot work out from the inputs", param->name);
    return 0;
}

static int check(const tnpy_function *f)
{
    if (f->def->signature == NULL)
        return refuse(f, f->def->no_batch, "");
    int outputs = f->def->result != NULL;
    for (int i = 0; i < f->def->nparams; i++) {
        if (check_param(f, &f->def->params[i]) < 0)
            return -1;
        outputs += f->def->params[i].direction == TN_OUT;
    }
    if (f->def->result != NULL && check_param(f, f->def->result) < 0)
        return -1;
    return outputs > 0 ? 0 : refuse(f, "it returns nothing", "");
}

static int load(const tnpy_function *f)
{
    int numpy = tnpy_numpy_import(f->state);
    if (numpy == 0)
        PyErr_SetString(PyExc_ImportError, "a ufunc needs NumPy, which cannot be imported");
    if (numpy <= 0)
        return -1;
    if (!tnpy_numpy_is_2()) { /* loading the API of an older one would leave half of it loaded */
        PyErr_SetString(PyExc_TypeError, "a ufunc needs NumPy 2 or newer at run time");
        return -1;
    }
    return PyArray_ImportNumPyAPI() == 0 && PyUFunc_ImportUFuncAPI() == 0 ? 0 : -1;
}

/* NumPy's class of dtypes for every operand. New references in dtypes[]. */
static int find_dtypes(const tnpy_function *f, const int *operands, int count, PyArray_DTypeMeta **dtypes)
{
    for (int n = 0; n < count; n++) {
        PyObject *dtype = tnpy_numpy_dtype(f->slots[operands[n]].param->type);
        if (dtype == NULL)
            return -1; /* the caller frees those before it */
        dtypes[n] = (PyArray_DTypeMeta *)Py_NewRef((PyObject *)Py_TYPE(dtype));
        Py_DECREF(dtype);
    }
    return 0;
}

static int add_loop(const tnpy_function *f, PyObject *ufunc, const int *operands, int ninputs, int count)
{
    PyArray_DTypeMeta *dtypes[MAX_OPERANDS] = {NULL};
    PyType_Slot slots[] = {{NPY_METH_strided_loop, TNPY_SLOT(strided_loop)}, {0, NULL}};
    PyArrayMethod_Spec spec = {
        .name = f->def->name,
        .nin = ninputs,
        .nout = count - ninputs,
        .casting = NPY_NO_CASTING,
        .flags = (f->def->flags & TN_THREADSAFE ? 0 : NPY_METH_REQUIRES_PYAPI) | NPY_METH_NO_FLOATINGPOINT_ERRORS,
        .dtypes = dtypes,
        .slots = slots,
    };
    int status = find_dtypes(f, operands, count, dtypes);
    if (status == 0)
        status = PyUFunc_AddLoopFromSpec(ufunc, &spec);
    for (int n = 0; n < count; n++)
        Py_XDECREF((PyObject *)dtypes[n]);
    return status;
}

/* Whatever comes in is cast to what the function takes; NumPy then checks each cast against `casting=`. */
static int promote(PyObject *ufunc, PyArray_DTypeMeta *const given[], PyArray_DTypeMeta *const wanted[],
                   PyArray_DTypeMeta *promoted[])
{
    (void)given, (void)wanted;
    const tnpy_function *f = ((PyUFuncObject *)ufunc)->data[0];
    int operands[MAX_OPERANDS], ninputs;
    int count = list_operands(f, operands, &ninputs);
    return find_dtypes(f, operands, count, promoted);
}

static int add_promoter(PyObject *ufunc, int ninputs, int count)
{
    PyObject *capsule = PyCapsule_New(TNPY_SLOT(promote), "numpy._ufunc_promoter", NULL);
    PyObject *any = PyTuple_New(count);
    int status = capsule == NULL || any == NULL ? -1 : 0;
    for (int n = 0; status == 0 && n < count; n++)
        PyTuple_SET_ITEM(any, n, Py_NewRef(n < ninputs ? (PyObject *)&PyArrayDescr_Type : Py_None));
    if (status == 0)
        status = PyUFunc_AddPromoter(ufunc, any, capsule);
    Py_XDECREF(capsule);
    Py_XDECREF(any);
    return status;
}

/* NumPy pickles a ufunc by its name, and looks for that from the modules on: "mean.ufunc" finds it. */
static int name_ufunc(tnpy_function *f)
{
    static const char suffix[] = ".ufunc";
    size_t length = strlen(f->def->name);
    if (f->ufunc_name != NULL)
        return 0;
    f->ufunc_name = PyMem_Malloc(length + sizeof suffix);
    if (f->ufunc_name == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    memcpy(f->ufunc_name, f->def->name, length);
    memcpy(f->ufunc_name + length, suffix, sizeof suffix);
    return 0;
}

PyObject *tnpy_ufunc_new(tnpy_function *function)
{
    if (check(function) < 0 || load(function) < 0)
        return NULL;
    int operands[MAX_OPERANDS], ninputs;
    int count = list_operands(function, operands, &ninputs);
    if (name_ufunc(function) < 0)
        return NULL;
    PyObject *ufunc = PyUFunc_FromFuncAndDataAndSignature(NULL, function->ufunc_data, NULL, 0, ninputs, count - ninputs,
                                                          PyUFunc_None, function->ufunc_name, function->def->doc, 0,
                                                          function->def->signature);
    if (ufunc == NULL)
        return NULL;
    function->ufunc_data[0] = function;
    ((PyUFuncObject *)ufunc)->obj = Py_NewRef((PyObject *)function);
    if (!PyObject_GC_IsTracked(ufunc))
        PyObject_GC_Track(ufunc); /* NumPy leaves that to whoever sets obj; function and ufunc hold each other */
    if (add_loop(function, ufunc, operands, ninputs, count) < 0 || add_promoter(ufunc, ninputs, count) < 0)
        Py_CLEAR(ufunc);
    return ufunc;
}
