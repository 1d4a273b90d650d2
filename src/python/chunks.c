/* SPDX-License-Identifier: BSD-3-Clause */
/* The first chunk is one point. Those that follow take about CHUNK, by what the one before took; that is short, since
 * points that follow may take a thousand times as long as those that a chunk was measured by.
 */
#include "chunks.h"

#include <time.h>

enum { UNIT = 16 };
static const double MAX_GROWTH = 1024;
static const int64_t CHUNK = 25 * 1000, LOOK = 50 * 1000 * 1000; /* nanoseconds */

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void release_gil(tnpy_chunks *r)
{
    if (r->def->flags & TN_THREADSAFE)
        r->saved = PyEval_SaveThread();
}

static void take_gil(tnpy_chunks *r)
{
    if (r->saved != NULL)
        PyEval_RestoreThread(r->saved);
    r->saved = NULL;
}

void tnpy_chunks_begin(tnpy_chunks *r, ptrdiff_t points)
{
    r->points = points;
    r->done = 0;
    r->chunk = r->left = 1;
    if (points > 1) /* the clock takes as long to read as a small batch to run */
        r->started = r->looked = now();
    r->saved = NULL;
    release_gil(r);
}

void tnpy_chunks_end(tnpy_chunks *r)
{
    take_gil(r);
}

/* Between two chunks: how long the next may be; and signals, where it is time. -1 if a handler raised. */
static int tick(tnpy_chunks *r)
{
    int64_t time = now(), elapsed = time - r->started;
    double factor = elapsed > 0 ? (double)CHUNK / (double)elapsed : MAX_GROWTH;
    double chunk = (double)r->chunk * (factor < MAX_GROWTH ? factor : MAX_GROWTH);
    ptrdiff_t rest = r->points - r->done;
    if (chunk >= (double)rest) /* a compiler may make one step of the whole loop: chunks then outgrow all integers */
        r->chunk = rest;
    else
        r->chunk = chunk < 1 ? 1 : (ptrdiff_t)chunk;
    if (r->chunk >= UNIT && r->chunk < rest) /* chunks begin where points lie in cache lines as the first one does */
        r->chunk -= (r->done + r->chunk) % UNIT;
    r->left = r->chunk;
    r->started = time;
    if (time - r->looked < LOOK)
        return 0;
    take_gil(r);
    int raised = PyErr_CheckSignals();
    release_gil(r);
    r->started = r->looked = now();
    return raised;
}

/* One chunk, or what is left of it. */
static int run_some(tnpy_chunks *r, ptrdiff_t count, tn_stop *stop)
{
    r->dims[0] = count;
    if (r->def->loop(r->args, r->dims, r->steps, stop)) {
        stop->point += r->done;
        return 1;
    }
    r->done += count;
    r->left -= count;
    for (int i = 0; i < r->nargs; i++)
        if (r->steps[i] != 0)
            r->args[i] += r->steps[i] * count;
    return 0;
}

int tnpy_chunks_run(tnpy_chunks *r, ptrdiff_t count, tn_stop *stop)
{
    while (count > 0) {
        ptrdiff_t some = count < r->left ? count : r->left;
        if (run_some(r, some, stop))
            return 1;
        count -= some;
        if (r->left == 0 && r->done < r->points && tick(r) < 0)
            return -1;
    }
    return 0;
}
