/* SPDX-License-Identifier: BSD-3-Clause */
/* Does what is written lie on what is read, or on itself?
 *
 * Direct memory has an exact answer: overlap.c. A span with indirect axes falls into pieces of direct memory, one for
 * each set of indices up to the last indirect axis, all of one layout. Their addresses are looked at. Mostly it shows
 * at once that all of them lie apart; if not, they are sorted. */
#include <stdint.h>
#include <stdlib.h>

#include "checked.h"
#include "copying.h"
#include "fail.h"
#include "memory.h"

enum {
    PIECE_WORK = 200,  /* for tn_spans_overlap, since there may be many pieces */
    MAX_PAIRS = 100000 /* of pieces that are compared */
};

/* --- pieces ------------------------------------------------------------------------------------------------------- */

typedef struct pieces {
    const tn_span *span;
    int outer;
    tn_span one;          /* any piece, but for its data */
    ptrdiff_t low, high;  /* the bytes of a piece, from its data on */
} pieces;

/* Returns 1 if a piece is larger than an address can say. */
static int cut(const tn_span *span, pieces *p)
{
    p->span = span;
    p->outer = tni_outer_axes(span);
    p->one = *span;
    p->one.ndim -= p->outer;
    p->one.shape += p->outer;
    p->one.strides += p->outer;
    p->one.suboffsets = NULL;
    return tn_span_extent(&p->one, &p->low, &p->high, NULL) != TN_OK;
}

typedef int visitor(void *context, char *data);

/* Not 0: a visitor said stop. */
static int visit_from(const pieces *p, int axis, char *place, visitor *visit, void *context)
{
    if (axis == p->outer)
        return visit(context, place);
    for (ptrdiff_t k = 0; k < p->span->shape[axis]; k++) {
        int stopped = visit_from(p, axis + 1, tni_step(p->span, axis, place, k), visit, context);
        if (stopped)
            return stopped;
    }
    return 0;
}

static int visit_all(const pieces *p, visitor *visit, void *context)
{
    return visit_from(p, 0, p->span->data, visit, context);
}

static ptrdiff_t count_of(const pieces *p)
{
    ptrdiff_t count = 1;
    for (int k = 0; k < p->outer; k++)
        count *= p->span->shape[k];
    return count;
}

/* The bytes of all pieces lie between these two. */
typedef struct hull {
    const pieces *of;
    uintptr_t low, high;
} hull;

/* To begin with, the lowest and the highest address of a piece. */
static void widen(hull *h, int axis, char *place)
{
    const tn_span *span = h->of->span;
    if (axis < h->of->outer - 1) {
        for (ptrdiff_t k = 0; k < span->shape[axis]; k++)
            widen(h, axis + 1, tni_step(span, axis, place, k));
        return;
    }
    uintptr_t low = h->low, high = h->high;
    for (ptrdiff_t k = 0; k < span->shape[axis]; k++) {
        uintptr_t data = (uintptr_t)tni_step(span, axis, place, k);
        low = data < low ? data : low;
        high = data > high ? data : high;
    }
    h->low = low;
    h->high = high;
}

static hull hull_of(const pieces *p)
{
    uintptr_t data = (uintptr_t)p->span->data;
    hull h = {p, data, data};
    if (p->outer > 0) {
        h.low = UINTPTR_MAX;
        h.high = 0;
        widen(&h, 0, p->span->data);
    }
    h.low += (uintptr_t)p->low;
    h.high += (uintptr_t)p->high;
    return h;
}

/* --- sorted addresses --------------------------------------------------------------------------------------------- */

typedef struct list {
    char **items;
    ptrdiff_t count;
} list;

static int append(void *context, char *data)
{
    list *l = context;
    l->items[l->count++] = data;
    return 0;
}

static int compare(const void *left, const void *right)
{
    uintptr_t a = (uintptr_t) * (char *const *)left, b = (uintptr_t) * (char *const *)right;
    return (a > b) - (a < b);
}

static tn_status sorted_list(const pieces *p, list *l, tn_error *err)
{
    ptrdiff_t size;
    l->count = 0;
    l->items = tni_mul(count_of(p), sizeof *l->items, &size) ? NULL : tni_alloc((size_t)size);
    if (l->items == NULL)
        return tni_no_memory(err);
    visit_all(p, append, l);
    qsort(l->items, (size_t)l->count, sizeof *l->items, compare);
    return TN_OK;
}

/* --- two spans ---------------------------------------------------------------------------------------------------- */

typedef struct meeting {
    const pieces *of;
    tn_span piece;
    const tn_span *other;
} meeting;

static int meets(void *context, char *data)
{
    meeting *m = context;
    m->piece.data = data;
    return tn_spans_overlap(&m->piece, m->other, PIECE_WORK) != TN_DISJOINT;
}

/* Both are sorted. As soon as two ranges meet it is taken for an overlap: what it costs is a copy in between. */
static tn_status lists_meet(const pieces *a, const pieces *b, int *overlaps, tn_error *err)
{
    list of_a, of_b;
    tn_status status = sorted_list(a, &of_a, err);
    if (status != TN_OK)
        return status;
    status = sorted_list(b, &of_b, err);
    *overlaps = 0;
    for (ptrdiff_t i = 0, j = 0; status == TN_OK && !*overlaps && i < of_a.count && j < of_b.count;) {
        if (of_a.items[i] + a->high <= of_b.items[j] + b->low)
            i++;
        else if (of_b.items[j] + b->high <= of_a.items[i] + a->low)
            j++;
        else
            *overlaps = 1;
    }
    tni_free(of_a.items);
    if (status == TN_OK)
        tni_free(of_b.items);
    return status;
}

tn_status tni_find_overlap(const tn_span *to, const tn_span *from, int *overlaps, tn_error *err)
{
    pieces a, b;
    *overlaps = 1;
    if (cut(to, &a) || cut(from, &b))
        return TN_OK;
    if (a.outer == 0 && b.outer == 0) {
        *overlaps = tn_spans_overlap(to, from, 0) != TN_DISJOINT;
        return TN_OK;
    }
    hull of_a = hull_of(&a), of_b = hull_of(&b);
    if (of_a.high <= of_b.low || of_b.high <= of_a.low) {
        *overlaps = 0;
        return TN_OK;
    }
    if (a.outer > 0 && b.outer > 0)
        return lists_meet(&a, &b, overlaps, err);
    meeting m = {.of = a.outer > 0 ? &a : &b, .other = a.outer > 0 ? from : to};
    m.piece = m.of->one;
    *overlaps = visit_all(m.of, meets, &m);
    return TN_OK;
}

/* --- one span ----------------------------------------------------------------------------------------------------- */

static tn_status refuse(tn_overlap found, tn_error *err)
{
    if (found == TN_DISJOINT)
        return TN_OK;
    return tn_fail(err, TN_WRONG_VALUE,
                   found == TN_OVERLAPS ? "the destination overlaps itself"
                                        : "the destination may overlap itself: it is too hard to say");
}

typedef struct ascent {
    const pieces *of;
    uintptr_t end; /* of the piece before */
} ascent;

static int falls_back(void *context, char *data)
{
    ascent *a = context;
    int stops = (uintptr_t)(data + a->of->low) < a->end;
    a->end = (uintptr_t)(data + a->of->high);
    return stops;
}

static tn_overlap compare_pieces(const pieces *p, const list *l)
{
    ptrdiff_t pairs = 0;
    tn_span one = p->one, other = p->one;
    for (ptrdiff_t i = 0; i < l->count; i++)
        for (ptrdiff_t j = i + 1; j < l->count && l->items[j] + p->low < l->items[i] + p->high; j++) {
            one.data = l->items[i];
            other.data = l->items[j];
            tn_overlap found = pairs++ < MAX_PAIRS ? tn_spans_overlap(&one, &other, PIECE_WORK) : TN_TOO_HARD;
            if (found != TN_DISJOINT)
                return found;
        }
    return TN_DISJOINT;
}

tn_status tni_refuse_self_overlap(const tn_span *to, tn_error *err)
{
    pieces p;
    if (cut(to, &p))
        return refuse(TN_TOO_HARD, err);
    tn_overlap found = tn_span_overlaps_itself(&p.one, 0);
    if (p.outer == 0 || found != TN_DISJOINT)
        return refuse(found, err);
    ascent a = {&p, 0};
    if (!visit_all(&p, falls_back, &a))
        return TN_OK;
    list l;
    tn_status status = sorted_list(&p, &l, err);
    if (status != TN_OK)
        return status;
    found = compare_pieces(&p, &l);
    tni_free(l.items);
    return refuse(found, err);
}

/* --- an order that is safe ---------------------------------------------------------------------------------------- */

/* Each step along an axis leads beyond all that lies within it, so that elements follow each other as addresses do. */
static int is_nested(const tni_job *job)
{
    ptrdiff_t length = job->width;
    for (int k = job->naxes - 1; k >= 0; k--) {
        const tni_axis *axis = &job->axes[k];
        if (axis->to < length)
            return 0;
        length += (axis->extent - 1) * axis->to;
    }
    return 1;
}

static int has_equal_strides(const tni_job *job)
{
    for (int k = 0; k < job->naxes; k++)
        if (job->axes[k].to != job->axes[k].from)
            return 0;
    return 1;
}

/* Along one axis: no element that is written lies on one that is read afterwards. It is enough to look at the next one
 * to be read, at both ends of the axis: all that happens in between is linear, and those read later lie further away.
 * `step` 1 goes up, -1 down. */
static int is_safe_along(const tni_axis *axis, ptrdiff_t width, const char *to, const char *from, int step)
{
    ptrdiff_t last = axis->extent - 1, ends[2] = {step > 0 ? 0 : 1, step > 0 ? last - 1 : last};
    int before = 1, behind = 1;
    for (int k = 0; k < 2; k++) {
        uintptr_t written = (uintptr_t)(to + ends[k] * axis->to);
        uintptr_t next = (uintptr_t)(from + (ends[k] + step) * axis->from);
        before &= written + (uintptr_t)width <= next;
        behind &= next + (uintptr_t)width <= written;
    }
    return axis->from * step > 0 ? before : behind;
}

int tni_safe_direction(const tni_job *job, const char *to, const char *from)
{
    if (job->naxes == 0)
        return 1;
    if (job->inner != tni_copy_line)
        return 0;
    to += job->to_start;
    from += job->from_start;
    /* All is shifted by the same distance. */
    if (has_equal_strides(job) && is_nested(job))
        return (uintptr_t)to <= (uintptr_t)from ? 1 : -1;
    if (job->naxes > 1)
        return 0;
    for (int step = 1; step >= -1; step -= 2)
        if (is_safe_along(&job->axes[0], job->width, to, from, step))
            return step;
    return 0;
}
