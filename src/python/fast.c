/* SPDX-License-Identifier: BSD-3-Clause */
#include "fast.h"

#include <stdbool.h>
#include <stdint.h>

#include "call.h"
#include "error.h"
#include "value.h"

enum { MAX_PLANNED = 16, MAX_PLANNED_AXES = 4 * MAX_PLANNED };

/* One extent of one array: the first that says what a size is sets it, the others must agree. */
typedef struct planned_axis {
    int64_t max;     /* of the C type the size goes to */
    uint16_t size;   /* index into dims */
    bool sets;
} planned_axis;

typedef enum planned_kind { PLANNED_ARRAY, PLANNED_DOUBLE, PLANNED_INTEGER } planned_kind;

typedef struct planned_argument {
    uint8_t kind;        /* planned_kind */
    uint8_t arg;         /* index into the loop's args */
    uint8_t ndim;
    uint8_t itemsize;    /* PLANNED_INTEGER */
    int flags;           /* NumPy's flags that must be set: contiguous, and writeable where it is written */
    uint32_t numbers;    /* dtypes, as in tnpy_dtype_key */
    const tnpy_dtype_key *key;
    uintptr_t misaligned; /* bits of the address that must be 0 */
    int64_t min, max;    /* PLANNED_INTEGER */
} planned_argument;

/* Two arrays of which one is written and which C lets the compiler take for disjoint. */
typedef struct planned_pair {
    uint8_t a, b;        /* indices into arguments */
} planned_pair;

struct tnpy_plan {
    int narguments, nsizes, npairs;
    planned_argument arguments[MAX_PLANNED];
    planned_axis axes[MAX_PLANNED_AXES];
    planned_pair pairs[MAX_PLANNED * (MAX_PLANNED - 1) / 2];
    ptrdiff_t dims[1 + MAX_PLANNED]; /* constants in place; 1 point */
};

/* --- planning ----------------------------------------------------------------------------------------------------- */

static bool plan_sizes(tnpy_plan *plan, const tn_function *def)
{
    if (def->nsizes > MAX_PLANNED)
        return false;
    plan->nsizes = def->nsizes;
    plan->dims[0] = 1;
    for (int k = 0; k < def->nsizes; k++) {
        if (def->sizes[k].kind != TN_SIZE_IMPLIED && def->sizes[k].kind != TN_SIZE_CONSTANT)
            return false;
        plan->dims[1 + k] = (ptrdiff_t)def->sizes[k].value;
    }
    return true;
}

static bool plan_array(tnpy_plan *plan, planned_argument *argument, int *naxes, const tnpy_function *f, int i)
{
    const tn_param *param = &f->def->params[i];
    if (param->kind != TN_PARAM_ARRAY || param->flags & (TN_OPTIONAL | TN_AT_LEAST) || *naxes + param->ndim > MAX_PLANNED_AXES)
        return false;
    argument->kind = PLANNED_ARRAY;
    argument->ndim = param->ndim;
    argument->numbers = f->slots[i].key.numbers;
    argument->key = &f->slots[i].key;
    argument->flags = NPY_ARRAY_C_CONTIGUOUS | (param->direction == TN_IN ? 0 : NPY_ARRAY_WRITEABLE);
    argument->misaligned = param->type->alignment - 1;
    for (int axis = 0; axis < param->ndim; axis++) {
        const tn_size *size = &f->def->sizes[param->shape[axis]];
        bool sets = size->kind == TN_SIZE_IMPLIED && size->param == i && size->axis == axis;
        plan->axes[(*naxes)++] = (planned_axis){.max = size->max, .size = (uint16_t)(1 + param->shape[axis]), .sets = sets};
    }
    return true;
}

static bool plan_value(planned_argument *argument, const tn_param *param)
{
    if (param->kind != TN_PARAM_VALUE || param->direction != TN_IN || param->flags & (TN_OPTIONAL | TN_CHARACTER))
        return false;
    if (param->type->kind == TN_FLOAT && param->type->itemsize == sizeof(double)) {
        argument->kind = PLANNED_DOUBLE;
        return true;
    }
    if (param->type->kind != TN_INT || param->type->itemsize > 8)
        return false;
    argument->kind = PLANNED_INTEGER;
    argument->itemsize = (uint8_t)param->type->itemsize;
    argument->max = (int64_t)(UINT64_MAX >> (65 - 8 * param->type->itemsize));
    argument->min = -argument->max - 1;
    return true;
}

static bool must_be_disjoint(const tn_param *a, const tn_param *b)
{
    unsigned flags = a->flags | b->flags;
    if (a->kind != TN_PARAM_ARRAY || b->kind != TN_PARAM_ARRAY || (a->direction == TN_IN && b->direction == TN_IN))
        return false;
    return flags & TN_RESTRICT || (!(flags & TN_CHARACTER) && !tn_type_equal(a->type, b->type));
}

static void plan_pairs(tnpy_plan *plan, const tn_function *def)
{
    for (int a = 0; a < plan->narguments; a++)
        for (int b = a + 1; b < plan->narguments; b++)
            if (must_be_disjoint(&def->params[plan->arguments[a].arg], &def->params[plan->arguments[b].arg]))
                plan->pairs[plan->npairs++] = (planned_pair){(uint8_t)a, (uint8_t)b};
}

static bool is_planned_result(const tn_param *result)
{
    return result == NULL ||
           (result->kind == TN_PARAM_VALUE && result->type->itemsize <= (ptrdiff_t)(2 * sizeof(long double)));
}

static bool fill(tnpy_plan *plan, const tnpy_function *f)
{
    const tn_function *def = f->def;
    int naxes = 0;
    if (def->nparams > MAX_PLANNED || f->noutputs > (def->result != NULL) || !is_planned_result(def->result) ||
        !plan_sizes(plan, def))
        return false;
    for (int k = 0; k < f->npositional; k++) {
        int i = f->positional[k];
        planned_argument *argument = &plan->arguments[plan->narguments++];
        argument->arg = (uint8_t)i;
        if (!plan_array(plan, argument, &naxes, f, i) && !plan_value(argument, &def->params[i]))
            return false;
    }
    plan_pairs(plan, def);
    return true;
}

int tnpy_plan_new(const tnpy_function *function, tnpy_plan **plan)
{
    *plan = PyMem_Calloc(1, sizeof **plan);
    if (*plan == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    if (!fill(*plan, function)) {
        tnpy_plan_free(*plan);
        *plan = NULL;
    }
    return 0;
}

void tnpy_plan_free(tnpy_plan *plan)
{
    PyMem_Free(plan);
}

/* --- calling ------------------------------------------------------------------------------------------------------ */

static inline bool has_dtype(const planned_argument *argument, const PyArray_Descr *descr)
{
    unsigned number = (unsigned)descr->type_num;
    if (number < 32 && argument->numbers >> number & 1)
        return descr->byteorder != NPY_OPPBYTE;
    return (const PyObject *)descr == argument->key->seen;
}

static inline bool take_array(const planned_argument *argument, const planned_axis *axes, PyTypeObject *ndarray,
                              PyObject *obj, char **args, ptrdiff_t *dims)
{
    const PyArrayObject_fields *array = (const PyArrayObject_fields *)obj;
    if (Py_TYPE(obj) != ndarray || array->nd != argument->ndim || (array->flags & argument->flags) != argument->flags ||
        !has_dtype(argument, array->descr) || (uintptr_t)array->data & argument->misaligned)
        return false;
    for (int axis = 0; axis < argument->ndim; axis++) {
        ptrdiff_t extent = array->dimensions[axis], *dim = &dims[axes[axis].size];
        if (axes[axis].sets)
            *dim = extent;
        if (extent != *dim || extent > axes[axis].max)
            return false;
    }
    args[argument->arg] = array->data;
    return true;
}

static inline bool take_integer(const planned_argument *argument, PyObject *obj, int64_t *value)
{
    if (!PyLong_CheckExact(obj))
        return false;
    int overflow;
    *value = PyLong_AsLongLongAndOverflow(obj, &overflow);
    if (overflow || *value < argument->min || *value > argument->max)
        return false;
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    *value = (int64_t)((uint64_t)*value << (64 - 8 * argument->itemsize)); /* the value's bytes come first in memory */
#endif
    return true;
}

/* Do the blocks of two contiguous arrays meet? */
static bool meet(const tnpy_plan *plan, const tn_function *def, planned_pair pair, char **args, const ptrdiff_t *dims)
{
    uintptr_t start[2], stop[2];
    const uint8_t ends[2] = {pair.a, pair.b};
    for (int n = 0; n < 2; n++) {
        int i = plan->arguments[ends[n]].arg;
        const tn_param *param = &def->params[i];
        size_t bytes = (size_t)param->type->itemsize;
        for (int axis = 0; axis < param->ndim; axis++)
            bytes *= (size_t)dims[1 + param->shape[axis]];
        start[n] = (uintptr_t)args[i];
        stop[n] = start[n] + bytes;
    }
    return start[0] < stop[1] && start[1] < stop[0];
}

static inline PyObject *result_of(tnpy_state *state, const tn_param *result, const void *value)
{
    if (result == NULL)
        Py_RETURN_NONE;
    if (result->type->kind == TN_FLOAT && result->type->itemsize == sizeof(double))
        return PyFloat_FromDouble(*(const double *)value);
    return tnpy_value_to_python(state, result->type, result->flags & TN_CHARACTER, value);
}

static const ptrdiff_t no_steps[MAX_PLANNED + 1]; /* one point: nothing moves */

PyObject *tnpy_call_planned(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    const tnpy_function *f = (const tnpy_function *)self;
    const tnpy_plan *plan = f->plan;
    union {
        double number;
        int64_t integer;
    } values[MAX_PLANNED];
    long double result[2];
    char *pointers[MAX_PLANNED + 1];
    ptrdiff_t dims[1 + MAX_PLANNED];
    if (kwnames != NULL || PyVectorcall_NARGS(nargsf) != plan->narguments)
        return tnpy_call(self, args, nargsf, kwnames);
    for (int k = 0; k <= plan->nsizes; k++)
        dims[k] = plan->dims[k];
    const planned_axis *axes = plan->axes;
    PyTypeObject *ndarray = f->state->ndarray;
    for (int k = 0; k < plan->narguments; k++) {
        const planned_argument *argument = &plan->arguments[k];
        bool taken;
        if (argument->kind == PLANNED_ARRAY) {
            taken = take_array(argument, axes, ndarray, args[k], pointers, dims);
            axes += argument->ndim;
        } else {
            pointers[argument->arg] = (char *)&values[k];
            if (argument->kind == PLANNED_INTEGER)
                taken = take_integer(argument, args[k], &values[k].integer);
            else if ((taken = PyFloat_CheckExact(args[k])))
                values[k].number = PyFloat_AS_DOUBLE(args[k]);
        }
        if (!taken)
            return tnpy_call(self, args, nargsf, kwnames);
    }
    for (int k = 0; k < plan->npairs; k++)
        if (meet(plan, f->def, plan->pairs[k], pointers, dims))
            return tnpy_call(self, args, nargsf, kwnames);
    pointers[f->def->nparams] = (char *)result;
    tn_stop stop;
    int stopped;
    if (f->def->flags & TN_THREADSAFE) {
        Py_BEGIN_ALLOW_THREADS
        stopped = f->def->loop(pointers, dims, no_steps, &stop);
        Py_END_ALLOW_THREADS
    } else {
        stopped = f->def->loop(pointers, dims, no_steps, &stop);
    }
    if (stopped)
        return tnpy_raise_call_error(f->state, f->def, stop.code, NULL);
    return result_of(f->state, f->def->result, result);
}
