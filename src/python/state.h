/* SPDX-License-Identifier: BSD-3-Clause */
/* Per-module state of tenon._core. Nothing mutable is process-wide, so that every interpreter has its own. */
#ifndef TNPY_STATE_H
#define TNPY_STATE_H

#include <Python.h>

#include "compat.h"

enum { TNPY_FORMAT_CHARACTERS = 128 };

struct tnpy_dtype;

enum { TNPY_CACHED_DTYPES = 4 };

/* For dtype_cache.c alone. Of arrays: `source` is the numpy.dtype and `names` what its fields were called. Of buffers:
 * `format` and `itemsize`. */
typedef struct tnpy_cached_dtype {
    PyObject *source, *names;
    char *format;
    Py_ssize_t itemsize;
    PyObject *dtype; /* NULL: nothing is here */
} tnpy_cached_dtype;

typedef struct tnpy_cached_dtypes {
    tnpy_cached_dtype places[TNPY_CACHED_DTYPES];
    unsigned next;
} tnpy_cached_dtypes;

typedef struct tnpy_state {
    PyObject *call_error;         /* tenon.CallError */
    PyTypeObject *function_type;  /* tenon.Function */
    PyTypeObject *overloads_type; /* tenon.Overloads */
    PyTypeObject *dtype_type;     /* tenon.DType */
    PyTypeObject *memory_type;    /* tenon.Memory */
    PyTypeObject *views_type;     /* tenon.Views */
    PyTypeObject *block_type;     /* tenon.Block */
    PyTypeObject *span_type;      /* tenon.Span */
    PyTypeObject *span_iterator_type;
    PyTypeObject *lent_type;      /* what keeps memory that tenon.lend was given */
    /* tenon.DType of formats that are one native character, made when first needed; for dtype.c alone */
    struct tnpy_dtype *dtypes[TNPY_FORMAT_CHARACTERS];
    tnpy_cached_dtypes array_dtypes, format_dtypes;
    /* One dead Memory and one dead Span, for the next to be made in: views are often made and dropped in turn.
     * spare.h */
    PyObject *spare_memory, *spare_span;
    void *spare_block;            /* and one Block */
    PyObject *core;               /* tenon._core, borrowed: whatever holds the state holds it */
    PyTypeObject *handle_type;    /* tenon.Handle */
    PyTypeObject *class_type;     /* of what a class of C knows of itself (handle.h) */
    PyTypeObject *ndarray;        /* numpy.ndarray, borrowed; NULL until somebody has imported NumPy */
    PyObject *signature_name;     /* "__signature__", interned */
    struct tnpy_class *last_class; /* of which an object was made last, borrowed; for handle.c alone */
    PyObject *named_tuples;       /* dict: the classes of records, for record.c alone */
    struct tnpy_inbox *inbox;     /* of the interpreter: what other threads have let go of (release.h) */
    PyObject *protocol_names;     /* tuple, for protocol/names.c alone; NULL until needed */
    int numpy_missing;            /* an import of NumPy was tried and failed */
} tnpy_state;

extern PyModuleDef tnpy_core_module;

/* The state of the tenon._core that `module` is. */
static inline tnpy_state *tnpy_state_of(PyObject *module)
{
    return (tnpy_state *)PyModule_GetState(module);
}

#endif
