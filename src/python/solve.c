/* SPDX-License-Identifier: BSD-3-Clause */
/* Phase 2: the sizes, from the shapes; and every extent against them. Runs no Python code. */
#include "frame.h"

#include "refusal.h"

/* --- expressions -------------------------------------------------------------------------------------------------- */

typedef enum trouble { FINE, TOO_LARGE, DIVIDED_BY_ZERO } trouble;

static trouble apply(tn_opcode code, int64_t a, int64_t b, int64_t *out)
{
    switch (code) {
    case TN_OP_ADD:
        return __builtin_add_overflow(a, b, out) ? TOO_LARGE : FINE;
    case TN_OP_SUB:
        return __builtin_sub_overflow(a, b, out) ? TOO_LARGE : FINE;
    case TN_OP_MUL:
        return __builtin_mul_overflow(a, b, out) ? TOO_LARGE : FINE;
    case TN_OP_DIV:
    case TN_OP_MOD:
        if (b == 0)
            return DIVIDED_BY_ZERO;
        if (a == INT64_MIN && b == -1)
            return TOO_LARGE;
        *out = code == TN_OP_DIV ? a / b : a % b;
        return FINE;
    default:
        return __builtin_sub_overflow((int64_t)0, a, out) ? TOO_LARGE : FINE; /* TN_OP_NEG */
    }
}

/* The binder bounds every program to TN_MAX_STACK and to sizes that are already known. */
static trouble evaluate(const tn_op *program, const ptrdiff_t *dims, int64_t *out)
{
    int64_t stack[TN_MAX_STACK];
    int top = 0;
    for (const tn_op *op = program; op->code != TN_OP_END; op++) {
        trouble found = FINE;
        if (op->code == TN_OP_CONSTANT)
            stack[top++] = op->operand;
        else if (op->code == TN_OP_SIZE)
            stack[top++] = dims[1 + op->operand];
        else if (op->code == TN_OP_NEG)
            found = apply(TN_OP_NEG, stack[top - 1], 0, &stack[top - 1]);
        else {
            top--;
            found = apply((tn_opcode)op->code, stack[top - 1], stack[top], &stack[top - 1]);
        }
        if (found != FINE)
            return found;
    }
    *out = stack[0];
    return FINE;
}


/* --- sizes -------------------------------------------------------------------------------------------------------- */

static tn_status check_range(const tn_function *def, int k, ptrdiff_t value, tn_error *err)
{
    const tn_size *size = &def->sizes[k];
    if (value >= size->min && value <= size->max)
        return TN_OK;
    if (value < 0 && size->min == 0)
        return tn_fail(err, TN_WRONG_VALUE, "%s(): %s is %td, and a size must not be negative", def->name, size->name,
                       value);
    return tn_fail(err, TN_OUT_OF_RANGE, "%s(): %s is %td, but its C type holds %lld to %lld", def->name, size->name,
                   value, (long long)size->min, (long long)size->max);
}

tn_status tnpy_complete_size(const tn_function *def, int k, ptrdiff_t *dims, tn_error *err)
{
    const tn_size *size = &def->sizes[k];
    if (size->kind == TN_SIZE_CONSTANT)
        dims[1 + k] = (ptrdiff_t)size->value;
    if (size->kind == TN_SIZE_EXPRESSION) {
        int64_t value = 0;
        trouble found = evaluate(size->program, dims, &value);
        if (found == DIVIDED_BY_ZERO)
            return tn_fail(err, TN_WRONG_VALUE, "%s(): %s divides by zero", def->name, size->name);
        if (found == TOO_LARGE)
            return tn_fail(err, TN_OUT_OF_RANGE, "%s(): %s is too large for 64 bits", def->name, size->name);
        dims[1 + k] = (ptrdiff_t)value;
    }
    return check_range(def, k, dims[1 + k], err);
}

/* Does the array in hand say what its extent along `axis` is? An empty list of rows does not say how long they are. */
static bool says(const tnpy_frame *frame, int i, int axis)
{
    if (!tnpy_in_memory(frame, i))
        return false;
    return axis == 0 || frame->sources[i] != TNPY_GATHERED || frame->spans[i].shape[0] > 0;
}

int tnpy_size_giver(const tnpy_frame *frame, int k, int *axis)
{
    const tn_size *size = &frame->def->sizes[k];
    if (size->kind != TN_SIZE_IMPLIED)
        return -1;
    *axis = size->axis;
    if (says(frame, size->param, size->axis))
        return size->param;
    for (int i = 0; i < frame->def->nparams; i++) {
        const tn_param *param = &frame->def->params[i];
        for (*axis = 0; *axis < param->ndim; ++*axis)
            if (param->shape[*axis] == k && says(frame, i, *axis) && !(param->flags & TN_AT_LEAST && *axis == 0))
                return i;
    }
    return -1;
}

/* TN_SIZE_ARGUMENT was put in its place by tnpy_convert. */
static tn_status solve_one(tnpy_frame *frame, int k)
{
    int axis, giver = tnpy_size_giver(frame, k, &axis);
    if (giver >= 0)
        frame->dims[1 + k] = frame->spans[giver].shape[tnpy_lead(frame, giver) + axis];
    else if (frame->def->sizes[k].kind == TN_SIZE_IMPLIED)
        frame->dims[1 + k] = 0;
    return tnpy_complete_size(frame->def, k, frame->dims, &frame->error);
}

/* [static n] takes longer arrays, where another array says what n is; among themselves they must agree. */
static bool may_be_longer(const tnpy_frame *frame, int i, int axis)
{
    const tn_param *param = &frame->def->params[i];
    const tn_size *size = &frame->def->sizes[param->shape[axis]];
    if (!(param->flags & TN_AT_LEAST) || axis != 0)
        return false;
    return size->kind != TN_SIZE_IMPLIED || !(frame->def->params[size->param].flags & TN_AT_LEAST && size->axis == 0);
}

static tn_status check_extents(tnpy_frame *frame, int i)
{
    const tn_param *param = &frame->def->params[i];
    const ptrdiff_t *shape = frame->spans[i].shape + tnpy_lead(frame, i);
    for (int axis = 0; axis < param->ndim; axis++) {
        ptrdiff_t want = frame->dims[1 + param->shape[axis]];
        if (shape[axis] == want || (want >= 0 && !says(frame, i, axis)))
            continue;
        if (want < 0 || shape[axis] < want || !may_be_longer(frame, i, axis))
            return tnpy_refuse_extent(frame, i, axis);
    }
    return TN_OK;
}

tn_status tnpy_solve(tnpy_frame *frame)
{
    tn_status status = TN_OK;
    for (int k = 0; k < frame->def->nsizes && status == TN_OK; k++)
        status = solve_one(frame, k);
    for (int i = 0; i < frame->def->nparams && status == TN_OK; i++)
        if (tnpy_in_memory(frame, i) && frame->def->params[i].kind != TN_PARAM_SPAN)
            status = check_extents(frame, i);
    return status;
}
