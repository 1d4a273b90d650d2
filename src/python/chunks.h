/* SPDX-License-Identifier: BSD-3-Clause */
/* Many points of a function, in chunks that are short: between two of them signals are looked at, where it is time, so
 * that Ctrl-C stops a batch soon. A chunk depends on nothing but its pointers, so that the loop can be split.
 */
#ifndef TNPY_CHUNKS_H
#define TNPY_CHUNKS_H

#include <Python.h>
#include <stdint.h>

#include "tenon/module.h"

/* The caller fills what the loop takes; tnpy_chunks_begin() the rest. */
typedef struct tnpy_chunks {
    const tn_function *def;
    int nargs;
    char **args;             /* of the next point */
    ptrdiff_t *dims;         /* dims[0] is written */
    const ptrdiff_t *steps;  /* along the axis that is run */
    ptrdiff_t points, done;  /* how many there are, and how many have run */
    ptrdiff_t chunk, left;   /* points between two looks at the clock; how many of them are left */
    int64_t started, looked; /* when this chunk began; when signals were last looked at */
    PyThreadState *saved;    /* without the GIL: what to come back to */
} tnpy_chunks;

/* The GIL is released where the function is threadsafe; tnpy_chunks_end() must follow. */
void tnpy_chunks_begin(tnpy_chunks *r, ptrdiff_t points);
void tnpy_chunks_end(tnpy_chunks *r);

/* `count` points along the axis, from where the arguments stand, which then stand behind them. 0: all ran; 1: a point
 * returned an error code (in *stop, by its number among all points); -1: a signal's handler raised. */
int tnpy_chunks_run(tnpy_chunks *r, ptrdiff_t count, tn_stop *stop);

#endif
