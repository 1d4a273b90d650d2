/* SPDX-License-Identifier: BSD-3-Clause */
#include "dtype_cache.h"

#include <string.h>

#include "object.h"
#include "protocol/numpy.h"

/* The place for one more: in turn. What stood there is given up last, since that may run any code, this code
 * included. */
static tnpy_cached_dtype *next_place(tnpy_cached_dtypes *cache)
{
    cache->next = (cache->next + 1) % TNPY_CACHED_DTYPES;
    return &cache->places[cache->next];
}

static void put(tnpy_cached_dtype *place, tnpy_cached_dtype made)
{
    tnpy_cached_dtype old = *place;
    *place = made;
    Py_XDECREF(old.source);
    Py_XDECREF(old.names);
    Py_XDECREF(old.dtype);
    PyMem_Free(old.format);
}

/* --- of arrays ---------------------------------------------------------------------------------------------------- */

/* A dtype's fields may be renamed in place, with which it gets another tuple of names: what has structures inside
 * structures is described anew each time. */
static PyObject *recall_array(const tnpy_state *state, PyObject *source, PyObject *names)
{
    for (int i = 0; i < TNPY_CACHED_DTYPES; i++) {
        const tnpy_cached_dtype *place = &state->array_dtypes.places[i];
        if (place->source == source && place->names == names)
            return place->dtype;
    }
    return NULL;
}

static void remember_array(tnpy_state *state, PyObject *source, PyObject *names, tnpy_dtype *dtype)
{
#ifndef Py_GIL_DISABLED
    if (!tnpy_numpy_is_flat(dtype->type))
        return;
    put(next_place(&state->array_dtypes), (tnpy_cached_dtype){.source = Py_NewRef(source), .names = Py_XNewRef(names),
                                                              .dtype = Py_NewRef((PyObject *)dtype)});
#else
    (void)state, (void)source, (void)names, (void)dtype;
#endif
}

tnpy_dtype *tnpy_dtype_of_array(tnpy_state *state, PyObject *array, tn_error *err)
{
    PyObject *source, *names;
    tnpy_numpy_dtype_of(array, &source, &names);
    PyObject *known = recall_array(state, source, names);
    if (known != NULL)
        return (tnpy_dtype *)Py_NewRef(known);
    const tn_type *type;
    tn_type *owned;
    if (tnpy_numpy_type(array, &type, &owned, err) != TN_OK)
        return NULL;
    tnpy_dtype *dtype = owned != NULL ? tnpy_dtype_take(state, owned) : tnpy_dtype_for(state, type);
    if (dtype == NULL)
        tnpy_raised(err);
    else
        remember_array(state, source, names, dtype);
    return dtype;
}

/* --- of formats --------------------------------------------------------------------------------------------------- */

enum { LONGEST_FORMAT = 256 }; /* that is remembered: comparing must cost less than reading */

static PyObject *recall_format(const tnpy_state *state, const char *format, Py_ssize_t itemsize)
{
    for (int i = 0; i < TNPY_CACHED_DTYPES; i++) {
        const tnpy_cached_dtype *place = &state->format_dtypes.places[i];
        if (place->format != NULL && place->itemsize == itemsize && strcmp(place->format, format) == 0)
            return place->dtype;
    }
    return NULL;
}

static void remember_format(tnpy_state *state, const char *format, Py_ssize_t itemsize, tnpy_dtype *dtype)
{
#ifndef Py_GIL_DISABLED
    size_t size = strlen(format) + 1;
    char *copy = size <= LONGEST_FORMAT ? PyMem_Malloc(size) : NULL;
    if (copy == NULL)
        return; /* it is read again */
    memcpy(copy, format, size);
    put(next_place(&state->format_dtypes), (tnpy_cached_dtype){.format = copy, .itemsize = itemsize,
                                                               .dtype = Py_NewRef((PyObject *)dtype)});
#else
    (void)state, (void)format, (void)itemsize, (void)dtype;
#endif
}

tnpy_dtype *tnpy_dtype_of_format(tnpy_state *state, const char *format, Py_ssize_t itemsize, tn_error *err)
{
    PyObject *known = format == NULL ? NULL : recall_format(state, format, itemsize);
    if (known != NULL)
        return (tnpy_dtype *)Py_NewRef(known);
    tn_type *type;
    if (tn_type_from_format(format, itemsize, &type, err) != TN_OK)
        return NULL;
    tnpy_dtype *dtype = tnpy_dtype_spelled(state, format, type, type);
    if (dtype == NULL)
        tnpy_raised(err);
    else if (format != NULL)
        remember_format(state, format, itemsize, dtype);
    return dtype;
}

/* --- the state ---------------------------------------------------------------------------------------------------- */

static int traverse(const tnpy_cached_dtypes *cache, visitproc visit, void *arg)
{
    for (int i = 0; i < TNPY_CACHED_DTYPES; i++) {
        Py_VISIT(cache->places[i].source);
        Py_VISIT(cache->places[i].names);
        Py_VISIT(cache->places[i].dtype);
    }
    return 0;
}

int tnpy_dtype_cache_traverse(tnpy_state *state, visitproc visit, void *arg)
{
    int stop = traverse(&state->array_dtypes, visit, arg);
    return stop != 0 ? stop : traverse(&state->format_dtypes, visit, arg);
}

void tnpy_dtype_cache_clear(tnpy_state *state)
{
    for (int i = 0; i < TNPY_CACHED_DTYPES; i++) {
        put(&state->array_dtypes.places[i], (tnpy_cached_dtype){.source = NULL});
        put(&state->format_dtypes.places[i], (tnpy_cached_dtype){.source = NULL});
    }
}
