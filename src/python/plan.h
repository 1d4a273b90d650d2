/* SPDX-License-Identifier: BSD-3-Clause */
/* A plan: what fast.c and fast_batch.c need to know of a function, laid out for the order in which a call needs it.
 *
 * A plan covers functions of arrays, views, floats, integers and objects of C; spans, text, records, optional arguments
 * and what has sizes that are not known when they are needed take the general way.
 */
#ifndef TNPY_PLAN_H
#define TNPY_PLAN_H

#include <stdint.h>

#include "function.h"

enum { MAX_PLANNED = 16, MAX_PLANNED_AXES = 4 * MAX_PLANNED, MAX_PLANNED_PAIRS = MAX_PLANNED * (MAX_PLANNED - 1) / 2 };

/* One extent of one array: the place that says what a size is sets it, the others must agree. */
typedef struct planned_axis {
    int64_t max;     /* of the C type the size goes to; where it is set */
    uint16_t dim;    /* index into dims */
    bool sets;
} planned_axis;

typedef enum planned_kind { PLANNED_ARRAY, PLANNED_DOUBLE, PLANNED_INTEGER, PLANNED_SIZE, PLANNED_HANDLE } planned_kind;

typedef struct planned_argument {
    uint8_t kind;               /* planned_kind */
    uint8_t arg;                /* index into the loop's args */
    uint8_t ndim;
    uint8_t shift;              /* integers on a big-endian machine: bits by which the value moves to come first */
    bool strided;               /* a view: any strides, which C is told */
    uint16_t strides;           /* of a view: index of the first of them in the loop's steps */
    int flags;                  /* NumPy's flags that must be set: contiguous, and writeable where it is written */
    uint32_t misaligned;        /* bits of the address that must be 0 */
    union {
        struct {
            tnpy_dtype_key *key;
            const planned_axis *axes;
        } array;
        struct {
            int64_t min, max;
        } integer;              /* for PLANNED_SIZE, too, which goes to dims[dim] */
        const struct tnpy_class *cls;
    } of;
    PyObject *name;             /* interned; NULL if it cannot be passed by keyword. Borrowed from the slot */
    uint16_t dim;
} planned_argument;

/* A size that is the same in every call. */
typedef struct planned_constant {
    ptrdiff_t value;
    uint16_t dim;
} planned_constant;

/* Two arrays of which one is written and which C lets the compiler take for disjoint. */
typedef struct planned_pair {
    uint8_t a, b;               /* indices into arguments */
} planned_pair;

typedef enum planned_result { RESULT_NONE, RESULT_DOUBLE, RESULT_VALUE, RESULT_HANDLE, RESULT_OWNED } planned_result;

struct tnpy_plan {
    uint8_t npositional;        /* arguments[0 … npositional-1] must be given */
    uint8_t narguments;         /* the outputs follow: given by keyword, or made */
    uint8_t npairs, nconstants;
    uint8_t result;             /* planned_result: the C result */
    uint8_t returned;           /* how many things the call returns */
    uint8_t nhandles;           /* how many arguments are objects of C */
    bool threadsafe;
    bool strided;               /* some arguments are */
    bool computes;              /* some sizes are expressions */
    planned_argument arguments[MAX_PLANNED];
    planned_constant constants[MAX_PLANNED];
    planned_axis axes[MAX_PLANNED_AXES];
    planned_pair pairs[MAX_PLANNED_PAIRS];
};

typedef struct tnpy_plan tnpy_plan;

/* Is an ndarray's memory as C takes it? What is left to see are its extents and strides. */
static inline bool tnpy_plan_fits(const planned_argument *argument, const PyArrayObject_fields *array)
{
    return (~array->flags & argument->flags) == 0 && tnpy_numpy_is_type(array->descr, argument->of.array.key) &&
           array->data != NULL && ((uintptr_t)array->data & argument->misaligned) == 0;
}

/* Do an array's extents fit the sizes that are known, and say those that are not? It has one axis at least. */
static inline bool tnpy_plan_extents(const planned_argument *argument, const ptrdiff_t *extent, ptrdiff_t *dims)
{
    const planned_axis *axis = argument->of.array.axes;
    const ptrdiff_t *end = extent + argument->ndim;
    do {
        ptrdiff_t *dim = &dims[axis->dim];
        if (axis->sets)
            *dim = *extent;
        if (*extent != *dim || *extent > axis->max)
            return false;
        axis++;
    } while (++extent < end);
    return true;
}

/* The bytes of a contiguous array, from the sizes. */
static inline size_t tnpy_plan_bytes(const planned_argument *argument, const ptrdiff_t *dims)
{
    size_t bytes = (size_t)argument->of.array.key->type->itemsize;
    for (int axis = 0; axis < argument->ndim; axis++)
        bytes *= (size_t)dims[argument->of.array.axes[axis].dim];
    return bytes;
}

/* A plan for a function whose slots are filled. *plan is NULL where the short way does not serve: no error.
 * 0, or -1 with MemoryError set. */
int tnpy_plan_new(const tnpy_function *function, tnpy_plan **plan);
void tnpy_plan_free(tnpy_plan *plan);

#endif
