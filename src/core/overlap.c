/* SPDX-License-Identifier: BSD-3-Clause */
/* Do two spans share a byte?
 *
 * The problem
 * -----------
 * A byte of span A has the address  a + Σ s_k x_k + u  with 0 ≤ x_k < n_k and 0 ≤ u < w, where w is the itemsize; a
 * byte of B likewise  b + Σ t_k y_k + v.  A negative stride is made positive by counting its index from the other end,
 * which moves the base address to the lowest element. The spans overlap if and only if the difference of two such sums
 * is 0. Counting the indices of B from the other end, too, gives every term the same sign:
 *
 *         Σ s_k x_k + u + Σ t_k y'_k + v'  =  (b + Σ t_k (m_k - 1) + w_B - 1) - a
 *
 * This is a bounded linear Diophantine equation with positive coefficients,
 *
 *         Σ c_i z_i = r,    0 ≤ z_i ≤ U_i,    c_i > 0.                                                          (*)
 *
 * An element that lies on another one of the same span is a solution of  Σ s_k d_k + e = 0  with |d_k| < n_k, |e| < w
 * and d ≠ 0. Because -d solves it if d does, the first d_k ≠ 0 may be taken to be ≥ 1; one equation (*) for each choice
 * of that k finds out.
 *
 * Deciding (*) is NP-complete (subset sum is the case U_i = 1), but arrays make easy instances, if they are treated
 * well.
 *
 * Simplification
 * --------------
 * Terms with U_i = 0 vanish. Terms with the same coefficient are one: z_i + z_j takes every value up to U_i + U_j.
 *
 * Search
 * ------
 * The coefficients are sorted, largest first. Let, for the terms from i on,  g_i = gcd(c_i, c_i+1, …)  and
 * M_i = Σ c_j U_j, j ≥ i.  A remainder r can be made from them only if  0 ≤ r ≤ M_i  and  g_i | r.  Depth first, z_i
 * runs over
 *
 *         (r - M_i+1) / c_i ≤ z_i ≤ r / c_i    and    c_i z_i ≡ r  (mod g_i+1).
 *
 * The first keeps few values, since what the larger coefficients leave must fit into the sum of the smaller ones. The
 * second is solved for z_i, so that only every g_i+1 / gcd(c_i, g_i+1)-th value is tried.
 *
 * The terms from i on are called complete if they make every multiple of g_i from 0 to M_i; then there is nothing to
 * search. One term is. And if the terms from i+1 on are, g_i+1 divides c_i, and c_i ≤ M_i+1 + g_i+1, then those from i
 * on are: copies of a gapless range, shifted by no more than its length. All contiguous memory is decided so.
 *
 * Work
 * ----
 * Every remainder that is looked at counts 1. All arithmetic is checked; what does not fit into 64 bits can only come
 * from spans larger than half the address space, and is "too hard".
 */
#include "checked.h"
#include "tenon/span.h"

enum { DEFAULT_WORK = 10000, MAX_TERMS = 2 * TN_MAX_NDIM + 2 };

typedef struct term {
    int64_t coefficient; /* > 0 */
    int64_t most;        /* > 0: the largest value of the unknown */
} term;

typedef struct equation {
    int nterms;
    term terms[MAX_TERMS];
    int64_t divisor[MAX_TERMS]; /* g_i */
    int64_t sum[MAX_TERMS];     /* M_i */
    int complete[MAX_TERMS];
    uint64_t work_left;
} equation;

/* --- arithmetic --------------------------------------------------------------------------------------------------- */

static int64_t gcd(int64_t a, int64_t b)
{
    while (b != 0) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* a * b mod m, all in 0 … m - 1. */
static int64_t multiply_modulo(int64_t a, int64_t b, int64_t m)
{
    int64_t product;
    if (!tni_mul64(a, b, &product))
        return product % m;
    uint64_t modulus = (uint64_t)m, addend = (uint64_t)a, sum = 0;
    for (; b > 0; b >>= 1) {
        if (b & 1)
            sum = (sum + addend) % modulus;
        addend = (addend * 2) % modulus;
    }
    return (int64_t)sum;
}

/* The inverse of a modulo m, for coprime a and m > 1; 0 for m = 1. */
static int64_t inverse_modulo(int64_t a, int64_t m)
{
    int64_t r = m, next_r = a % m, x = 0, next_x = 1;
    while (next_r != 0) {
        int64_t quotient = r / next_r, swap = r - quotient * next_r;
        r = next_r;
        next_r = swap;
        swap = x - quotient * next_x; /* |x| stays below m */
        x = next_x;
        next_x = swap;
    }
    return m == 1 ? 0 : x < 0 ? x + m : x;
}

/* --- the equation ------------------------------------------------------------------------------------------------- */

/* Adds coefficient * (0 … most) to the left side; coefficient ≥ 0, most ≥ 0. */
static void add_term(equation *e, int64_t coefficient, int64_t most)
{
    if (coefficient != 0 && most != 0)
        e->terms[e->nterms++] = (term){coefficient, most};
}

/* Largest coefficient first. There are few terms, and no memory to ask for. */
static void sort_terms(term *terms, int nterms)
{
    for (int i = 1; i < nterms; i++) {
        term moving = terms[i];
        int k = i;
        for (; k > 0 && terms[k - 1].coefficient < moving.coefficient; k--)
            terms[k] = terms[k - 1];
        terms[k] = moving;
    }
}

/* Sort, join equal coefficients, and find g, M and completeness. Returns 1 on overflow. */
static int prepare(equation *e)
{
    sort_terms(e->terms, e->nterms);
    int joined = 0;
    for (int i = 0; i < e->nterms; i++) {
        if (joined > 0 && e->terms[joined - 1].coefficient == e->terms[i].coefficient) {
            if (tni_add64(e->terms[joined - 1].most, e->terms[i].most, &e->terms[joined - 1].most))
                return 1;
        } else
            e->terms[joined++] = e->terms[i];
    }
    e->nterms = joined;

    int64_t divisor = 0, sum = 0;
    int complete = 1;
    for (int i = joined - 1; i >= 0; i--) {
        int64_t c = e->terms[i].coefficient, reach;
        if (divisor != 0)
            complete = complete && c % divisor == 0 && c - divisor <= sum;
        divisor = gcd(c, divisor);
        if (tni_mul64(c, e->terms[i].most, &reach) || tni_add64(sum, reach, &sum))
            return 1;
        e->divisor[i] = divisor;
        e->sum[i] = sum;
        e->complete[i] = complete;
    }
    return 0;
}

/* Can the terms from i on make r? */
static tn_overlap search(equation *e, int i, int64_t r)
{
    if (i == e->nterms)
        return r == 0 ? TN_OVERLAPS : TN_DISJOINT;
    if (r < 0 || r > e->sum[i] || r % e->divisor[i] != 0)
        return TN_DISJOINT;
    if (e->complete[i])
        return TN_OVERLAPS;

    /* An incomplete term is not the last one. */
    int64_t c = e->terms[i].coefficient, rest = e->sum[i + 1], g = e->divisor[i + 1];
    int64_t least = r > rest ? (r - rest - 1) / c + 1 : 0, most = r / c;
    if (most > e->terms[i].most)
        most = e->terms[i].most;
    int64_t common = gcd(c, g), step = g / common;
    int64_t first = multiply_modulo(r / common % step, inverse_modulo(c / common, step), step);
    int64_t short_of = (first - least % step + step) % step;
    for (int64_t z = least + short_of; z <= most; z += step) {
        if (e->work_left == 0)
            return TN_TOO_HARD;
        e->work_left--;
        tn_overlap found = search(e, i + 1, r - c * z);
        if (found != TN_DISJOINT)
            return found;
    }
    return TN_DISJOINT;
}

static tn_overlap solve(equation *e, int64_t r)
{
    if (prepare(e))
        return TN_TOO_HARD;
    return search(e, 0, r);
}

/* --- spans -------------------------------------------------------------------------------------------------------- */

static int is_empty(const tn_span *span)
{
    return tn_span_size(span) == 0 || span->type->itemsize == 0;
}

static int64_t magnitude(ptrdiff_t stride)
{
    return stride < 0 ? -(int64_t)stride : stride;
}

static void add_axes(equation *e, const tn_span *span)
{
    for (int k = 0; k < span->ndim; k++)
        if (span->shape[k] > 1)
            add_term(e, magnitude(span->strides[k]), span->shape[k] - 1);
}

/* The span's bytes as addresses relative to a->data: *low is the first, *last the last. Returns 1 on overflow. */
static int bounds(const tn_span *span, const tn_span *base, int64_t *low, int64_t *last)
{
    ptrdiff_t from, to;
    if (tn_span_extent(span, &from, &to, NULL) != TN_OK)
        return 1;
    uintptr_t here = (uintptr_t)span->data, there = (uintptr_t)base->data;
    uintptr_t apart = here < there ? there - here : here - there;
    if (apart > (uintptr_t)INT64_MAX)
        return 1;
    int64_t distance = here < there ? -(int64_t)apart : (int64_t)apart;
    return tni_add64(distance, from, low) || tni_add64(distance, (int64_t)to - 1, last);
}

static int has_extreme_stride(const tn_span *span)
{
    for (int k = 0; k < span->ndim; k++)
        if (span->strides[k] == PTRDIFF_MIN && span->shape[k] > 1)
            return 1;
    return 0;
}

tn_overlap tn_spans_overlap(const tn_span *a, const tn_span *b, uint64_t max_work)
{
    int64_t a_low, a_last, b_low, b_last, r;
    int unbounded = bounds(a, a, &a_low, &a_last) || bounds(b, a, &b_low, &b_last);
    if (!unbounded && (a_last < b_low || b_last < a_low))
        return TN_DISJOINT; /* nearly always */
    if (is_empty(a) || is_empty(b))
        return TN_DISJOINT;
    if (unbounded || has_extreme_stride(a) || has_extreme_stride(b) || tni_sub64(b_last, a_low, &r))
        return TN_TOO_HARD;

    equation e;
    e.nterms = 0;
    e.work_left = max_work == 0 ? DEFAULT_WORK : max_work;
    add_axes(&e, a);
    add_axes(&e, b);
    add_term(&e, 1, a->type->itemsize - 1);
    add_term(&e, 1, b->type->itemsize - 1);
    return solve(&e, r);
}

/* --- one span ----------------------------------------------------------------------------------------------------- */

/* Is every stride at least as long as all that lies within it? Then nothing overlaps. The axes are sorted. */
static int is_nested(const term *axes, int naxes, int64_t itemsize)
{
    int64_t length = itemsize;
    for (int k = naxes - 1; k >= 0; k--) {
        int64_t reach;
        if (axes[k].coefficient < length || tni_mul64(axes[k].coefficient, axes[k].most, &reach) ||
            tni_add64(length, reach, &length))
            return 0;
    }
    return 1;
}

/* Is there a solution whose first difference that is not 0 is that of axes[k]? Each axis behind k runs over
 * -most … most, and is shifted to count from 0. */
static tn_overlap overlaps_along(const term *axes, int naxes, int k, int64_t itemsize, uint64_t *work_left)
{
    equation e;
    e.nterms = 0;
    e.work_left = *work_left;
    int64_t r, shift;
    if (tni_sub64(itemsize - 1, axes[k].coefficient, &r))
        return TN_TOO_HARD;
    add_term(&e, axes[k].coefficient, axes[k].most - 1);
    add_term(&e, 1, itemsize - 1);
    add_term(&e, 1, itemsize - 1);
    for (int j = k + 1; j < naxes; j++) {
        if (tni_mul64(axes[j].coefficient, axes[j].most, &shift) || tni_add64(r, shift, &r) ||
            axes[j].most > INT64_MAX / 2)
            return TN_TOO_HARD;
        add_term(&e, axes[j].coefficient, 2 * axes[j].most);
    }
    tn_overlap found = solve(&e, r);
    *work_left = e.work_left;
    return found;
}

tn_overlap tn_span_overlaps_itself(const tn_span *span, uint64_t max_work)
{
    if (is_empty(span))
        return TN_DISJOINT;
    int64_t low, last;
    if (has_extreme_stride(span) || bounds(span, span, &low, &last))
        return TN_TOO_HARD;
    term axes[TN_MAX_NDIM];
    int naxes = 0;
    for (int k = 0; k < span->ndim; k++) {
        if (span->shape[k] == 1)
            continue;
        if (span->strides[k] == 0)
            return TN_OVERLAPS;
        axes[naxes++] = (term){magnitude(span->strides[k]), span->shape[k] - 1};
    }
    sort_terms(axes, naxes);
    int64_t itemsize = span->type->itemsize;
    if (is_nested(axes, naxes, itemsize))
        return TN_DISJOINT;

    uint64_t work_left = max_work == 0 ? DEFAULT_WORK : max_work;
    int unknown = 0;
    for (int k = 0; k < naxes; k++) {
        tn_overlap found = overlaps_along(axes, naxes, k, itemsize, &work_left);
        if (found == TN_OVERLAPS)
            return TN_OVERLAPS;
        unknown |= found == TN_TOO_HARD;
    }
    return unknown ? TN_TOO_HARD : TN_DISJOINT;
}
