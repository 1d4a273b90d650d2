/* SPDX-License-Identifier: BSD-3-Clause */
/* tenon.Function: a descriptor made callable. */
#ifndef TNPY_FUNCTION_H
#define TNPY_FUNCTION_H

#include <Python.h>
#include <string.h>

#include "protocol/numpy.h"
#include "state.h"
#include "tenon/fast.h"
#include "tenon/module.h"

/* What a parameter (or the result) needs at run time beside its descriptor. Constant once made, but for the key's
 * cache. */
typedef struct tnpy_slot {
    const tn_param *param;
    PyObject *name;      /* interned */
    tnpy_dtype_key key;  /* what its dtype is compared with; unused where there is no memory */
    size_t offset;       /* of its value in the call's scratch memory; unused for arrays and views */
} tnpy_slot;

typedef struct tnpy_function {
    tn_callable callable;    /* PyObject_HEAD, and what glue may know of it */
    const tn_function *def;
    tnpy_state *state;
    PyObject *core;          /* tenon._core: keeps the state */
    PyObject *module_name;   /* of the module it stands in */
    PyObject *ufunc;         /* f.ufunc, made at first use */
    char *ufunc_name;        /* NumPy keeps a pointer to it; NULL until then */
    void *ufunc_data[1];     /* what NumPy keeps a pointer to: the function itself */
    PyObject *weakrefs;
    struct tnpy_plan *plan;  /* the short way through a call (fast.h); NULL where there is none */
    PyObject **accepted;     /* nparams of them: callable.accepted, with references */
    tnpy_slot *slots;        /* nparams of them, then one for the result if there is one */
    uint16_t *positional;    /* position in a call → index of the parameter */
    int npositional;         /* how many parameters can be passed by position */
    int nargs;               /* nparams, and one for the result */
    int noutputs;            /* how many things the result is made of */
    PyObject *classes;       /* of the module, as a tuple of tnpy_class (handle.h); NULL where it has none */
    PyObject *lent_dtype;    /* tenon.DType of the array that C returned last; NULL until then */
    bool is_attribute;       /* it is read, or set, as one: messages say so */
    int any_written;         /* some array is written: overlap must be looked at */
    int any_strided;         /* there are views or spans, whose strides C sees; or rows, whose table it sees */
    int any_rows;
    size_t scratch_size;     /* bytes; every value, text pointer and table of rows has its place there */
} tnpy_function;

/* A function for a descriptor. `core` is tenon._core; `classes` may be NULL. New reference, or NULL with an
 * exception. */
PyObject *tnpy_function_new(tnpy_state *state, PyObject *core, PyObject *module_name, PyObject *classes,
                            const tn_function *def);

/* tp_descr_get: a function in a class is a method of its instances, as Python's own are. */
PyObject *tnpy_bind_method(PyObject *self, PyObject *obj, PyObject *type);

/* The type, made from `core`. New reference. */
PyTypeObject *tnpy_function_make_type(PyObject *core);

/* A type through which C lets any memory be seen: char, signed char, unsigned char (C11 6.5, paragraph 7). */
static inline int tnpy_is_character(const tn_type *type)
{
    return type->itemsize == 1 && (type->kind == TN_INT || type->kind == TN_UINT);
}

/* C's own rule: may the compiler assume that two arrays, one of them written, share no memory? `flags` are those of
 * either parameter. */
static inline int tnpy_must_be_disjoint(unsigned flags, const tn_type *a, const tn_type *b)
{
    if (flags & TN_RESTRICT)
        return 1;
    return !tnpy_is_character(a) && !tnpy_is_character(b) && !tn_type_equal(a, b);
}

/* The object whose method a function is: its first parameter. */
static inline int tnpy_is_self(const tn_param *param)
{
    return param->kind == TN_PARAM_HANDLE && param->flags & TN_POSITIONAL && strcmp(param->name, "self") == 0;
}

/* Is `i` among the parameters something the call returns? */
static inline int tnpy_is_returned(const tn_param *param)
{
    return param->direction == TN_OUT || (param->kind == TN_PARAM_VALUE && param->direction == TN_INOUT);
}

#endif
