/* SPDX-License-Identifier: BSD-3-Clause */
#include "plan.h"

#include <stdbool.h>

#include "handle.h"

/* --- sizes -------------------------------------------------------------------------------------------------------- */

static bool plan_sizes(tnpy_plan *plan, const tn_function *def)
{
    if (def->nsizes > MAX_PLANNED)
        return false;
    for (int k = 0; k < def->nsizes; k++) {
        const tn_size *size = &def->sizes[k];
        if (size->kind == TN_SIZE_CONSTANT) {
            if (size->value < size->min || size->value > size->max)
                return false;
            plan->constants[plan->nconstants++] = (planned_constant){(ptrdiff_t)size->value, (uint16_t)(1 + k)};
        }
        plan->computes |= size->kind == TN_SIZE_EXPRESSION;
    }
    return true;
}

/* Arguments are taken in prototype order: is size k known when parameter i's axis is looked at? */
static bool is_known(const tn_size *size, int i, int axis)
{
    switch ((tn_size_kind)size->kind) {
    case TN_SIZE_CONSTANT:
        return true;
    case TN_SIZE_ARGUMENT:
        return size->param < i;
    case TN_SIZE_IMPLIED:
        return size->param < i || (size->param == i && size->axis <= axis);
    case TN_SIZE_EXPRESSION:
        break;
    }
    return false;
}

/* --- arguments ---------------------------------------------------------------------------------------------------- */

static bool plan_array(tnpy_plan *plan, planned_argument *argument, int *naxes, const tnpy_function *f, int i)
{
    const tn_param *param = &f->def->params[i];
    if (param->flags & (TN_OPTIONAL | TN_AT_LEAST) || *naxes + param->ndim > MAX_PLANNED_AXES)
        return false;
    argument->kind = PLANNED_ARRAY;
    argument->ndim = param->ndim;
    argument->strided = param->kind == TN_PARAM_VIEW;
    argument->strides = (uint16_t)(f->nargs + param->strides);
    argument->flags = (argument->strided ? 0 : NPY_ARRAY_C_CONTIGUOUS) |
                      (param->direction == TN_IN ? 0 : NPY_ARRAY_WRITEABLE);
    argument->misaligned = param->type->alignment - 1;
    argument->of.array.key = &f->slots[i].key;
    argument->of.array.axes = &plan->axes[*naxes];
    plan->strided |= argument->strided;
    for (int axis = 0; axis < param->ndim; axis++) {
        const tn_size *size = &f->def->sizes[param->shape[axis]];
        bool sets = size->kind == TN_SIZE_IMPLIED && size->param == i && size->axis == axis;
        if (param->direction != TN_OUT && !is_known(size, i, axis))
            return false;
        uint16_t dim = (uint16_t)(1 + param->shape[axis]);
        plan->axes[(*naxes)++] = (planned_axis){.max = size->max, .dim = dim, .sets = sets};
    }
    return true;
}

static bool plan_integer(planned_argument *argument, const tn_type *type)
{
    unsigned bits = 8 * (unsigned)type->itemsize;
    if ((type->kind != TN_INT && type->kind != TN_UINT) || bits > 64)
        return false;
    argument->kind = PLANNED_INTEGER;
    /* What is beyond int64 takes the general way. */
    int64_t max = bits == 64 ? INT64_MAX : (INT64_C(1) << (bits - (type->kind == TN_INT))) - 1;
    argument->of.integer.max = max;
    argument->of.integer.min = type->kind == TN_INT ? -max - 1 : 0;
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    argument->shift = (uint8_t)(64 - bits);
#endif
    return true;
}

static bool plan_value(planned_argument *argument, const tn_param *param)
{
    if (param->direction != TN_IN || param->flags & (TN_OPTIONAL | TN_CHARACTER))
        return false;
    if (param->type->kind == TN_FLOAT && param->type->itemsize == sizeof(double)) {
        argument->kind = PLANNED_DOUBLE;
        return true;
    }
    return plan_integer(argument, param->type);
}

static void plan_size(planned_argument *argument, const tn_function *def, int i)
{
    const tn_size *size = &def->sizes[def->params[i].shape[0]];
    argument->kind = PLANNED_SIZE;
    argument->dim = (uint16_t)(1 + def->params[i].shape[0]);
    argument->of.integer.min = size->min > 0 ? size->min : 0;
    argument->of.integer.max = size->max;
}

/* Where the GIL does not keep others away while C runs, a call must be counted by its objects. */
static bool plan_handle(tnpy_plan *plan, planned_argument *argument, const tnpy_function *f, int i)
{
    const tn_param *param = &f->def->params[i];
#ifdef Py_GIL_DISABLED
    return false;
#endif
    if (param->flags & TN_OPTIONAL || f->def->flags & (TN_THREADSAFE | TN_EXCLUSIVE))
        return false;
    argument->kind = PLANNED_HANDLE;
    argument->of.cls = (const tnpy_class *)PyTuple_GET_ITEM(f->classes, param->handle);
    plan->nhandles++;
    return true;
}

static bool plan_argument(tnpy_plan *plan, int *naxes, const tnpy_function *f, int i)
{
    const tn_param *param = &f->def->params[i];
    planned_argument *argument = &plan->arguments[plan->narguments++];
    argument->arg = (uint8_t)i;
    argument->name = param->flags & TN_POSITIONAL ? NULL : f->slots[i].name;
    switch ((tn_param_kind)param->kind) {
    case TN_PARAM_ARRAY:
    case TN_PARAM_VIEW:
        return plan_array(plan, argument, naxes, f, i);
    case TN_PARAM_VALUE:
        return plan_value(argument, param);
    case TN_PARAM_SIZE:
        plan_size(argument, f->def, i);
        return true;
    case TN_PARAM_HANDLE:
        return plan_handle(plan, argument, f, i);
    case TN_PARAM_SPAN:
    case TN_PARAM_TEXT:
    case TN_PARAM_OWNED:
    case TN_PARAM_ROWS:
        break;
    }
    return false;
}

static bool is_memory(const tn_param *param)
{
    return param->kind == TN_PARAM_ARRAY || param->kind == TN_PARAM_VIEW;
}

static bool must_be_disjoint(const tn_param *a, const tn_param *b)
{
    bool written = a->direction != TN_IN || b->direction != TN_IN;
    return is_memory(a) && is_memory(b) && written && tnpy_must_be_disjoint(a->flags | b->flags, a->type, b->type);
}

static void plan_pairs(tnpy_plan *plan, const tn_function *def)
{
    for (int a = 0; a < plan->narguments; a++)
        for (int b = a + 1; b < plan->narguments; b++)
            if (must_be_disjoint(&def->params[plan->arguments[a].arg], &def->params[plan->arguments[b].arg]))
                plan->pairs[plan->npairs++] = (planned_pair){(uint8_t)a, (uint8_t)b};
}

/* --- the whole ---------------------------------------------------------------------------------------------------- */

static bool plan_result(tnpy_plan *plan, const tn_param *result)
{
    if (result == NULL)
        return true;
    if (result->kind == TN_PARAM_HANDLE || result->kind == TN_PARAM_OWNED) {
        plan->result = result->kind == TN_PARAM_HANDLE ? RESULT_HANDLE : RESULT_OWNED;
        return true;
    }
    if (result->kind != TN_PARAM_VALUE || result->type->itemsize > (ptrdiff_t)(2 * sizeof(long double)))
        return false;
    bool is_double = result->type->kind == TN_FLOAT && result->type->itemsize == sizeof(double);
    plan->result = is_double ? RESULT_DOUBLE : RESULT_VALUE;
    return true;
}

static bool fill(tnpy_plan *plan, const tnpy_function *f)
{
    const tn_function *def = f->def;
    int naxes = 0;
    if (def->nparams > MAX_PLANNED || !plan_result(plan, def->result) || !plan_sizes(plan, def))
        return false;
    for (int k = 0; k < f->npositional; k++)
        if (!plan_argument(plan, &naxes, f, f->positional[k]))
            return false;
    plan->npositional = plan->narguments;
    for (int i = 0; i < def->nparams; i++)
        if (def->params[i].direction == TN_OUT && !plan_argument(plan, &naxes, f, i))
            return false;
    plan->returned = (uint8_t)f->noutputs;
    plan->threadsafe = (def->flags & TN_THREADSAFE) != 0;
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
