/* SPDX-License-Identifier: BSD-3-Clause */
/* Spans. The truth is brute force: the list of the addresses of all elements, in C or Fortran order. */
#include "tenon/span.h"

#include <stdlib.h>

#include "check.h"

/* --- the oracle --------------------------------------------------------------------------------------------------- */

enum { MOST = 4096 };

typedef struct addresses {
    int count;
    const char *at[MOST];
} addresses;

/* PEP 3118's rule, word for word. */
static const char *address_of(const tn_span *span, const ptrdiff_t *index)
{
    const char *at = span->data;
    for (int k = 0; k < span->ndim; k++) {
        at += index[k] * span->strides[k];
        if (span->suboffsets != NULL && span->suboffsets[k] >= 0)
            at = *(const char *const *)(const void *)at + span->suboffsets[k];
    }
    return at;
}

/* The next index, the last axis (C) or the first (F) fastest; 0 after the last one. */
static int next_index(int ndim, const ptrdiff_t *shape, tn_order order, ptrdiff_t *index)
{
    for (int k = 0; k < ndim; k++) {
        int axis = order == TN_ORDER_C ? ndim - 1 - k : k;
        if (++index[axis] < shape[axis])
            return 1;
        index[axis] = 0;
    }
    return 0;
}

static addresses list_elements(const tn_span *span, tn_order order)
{
    static addresses list;
    ptrdiff_t index[TN_MAX_NDIM] = {0};
    list.count = 0;
    for (int k = 0; k < span->ndim; k++)
        if (span->shape[k] == 0)
            return list;
    do {
        if (list.count == MOST)
            abort();
        list.at[list.count++] = address_of(span, index);
    } while (next_index(span->ndim, span->shape, order, index));
    return list;
}

static int same_elements(const tn_span *a, const tn_span *b, tn_order order)
{
    static addresses x, y;
    x = list_elements(a, order);
    y = list_elements(b, order);
    return x.count == y.count && memcmp(x.at, y.at, (size_t)x.count * sizeof *x.at) == 0;
}

/* --- spans to try ------------------------------------------------------------------------------------------------- */

static char memory[1 << 16];

/* A span in the middle of `memory`, with room for its layout. */
typedef struct sample {
    tn_span span;
    tn_layout layout;
} sample;

static void set_sample(sample *s, int ndim, const ptrdiff_t *shape, const ptrdiff_t *strides)
{
    for (int k = 0; k < ndim; k++) {
        s->layout.shape[k] = shape[k];
        s->layout.strides[k] = strides[k];
    }
    s->span = (tn_span){.data = memory + sizeof memory / 2, .type = &tn_type_int32, .ndim = ndim,
                        .shape = s->layout.shape, .strides = s->layout.strides};
}

/* Up to four axes of up to four elements: contiguous, transposed, sliced, reversed, repeated, in every mixture. */
static void random_sample(uint64_t *state, sample *s)
{
    int ndim = (int)random_between(state, 0, 4);
    ptrdiff_t shape[4], strides[4], stride = 4;
    int order[4] = {0, 1, 2, 3};
    for (int k = 0; k < ndim; k++) {
        int other = (int)random_between(state, k, ndim - 1), swap = order[k];
        if (random_between(state, 0, 1)) {
            order[k] = order[other];
            order[other] = swap;
        }
    }
    for (int k = ndim - 1; k >= 0; k--) {
        ptrdiff_t extent = random_between(state, 0, 9);
        shape[order[k]] = extent < 2 ? 1 : extent == 9 ? random_between(state, 0, 1) : (extent + 2) / 2;
        ptrdiff_t odd = random_between(state, 0, 9);
        if (odd == 0)
            stride += 4;
        strides[order[k]] = odd == 1 ? -stride : odd == 2 ? 0 : stride;
        stride *= shape[order[k]] == 0 ? 1 : shape[order[k]];
        if (shape[order[k]] <= 1 && odd > 6)
            strides[order[k]] = random_between(state, -50, 50);
    }
    set_sample(s, ndim, shape, strides);
}

/* --- checks and measures ------------------------------------------------------------------------------------------ */

static void test_checks(void)
{
    static const ptrdiff_t ok[] = {3, 4}, negative[] = {3, -1}, huge[] = {PTRDIFF_MAX, 2},
                           bytes[] = {PTRDIFF_MAX / 8, 4};
    static const ptrdiff_t nothing[] = {0, PTRDIFF_MAX};
    static const tn_type bad = {.kind = TN_VOID, .itemsize = -1};
    const tn_type *f8 = &tn_type_float64;
    const struct {
        const char *name;
        tn_span span;
        tn_status status;
    } cases[] = {
        {"good", {memory, f8, 2, 0, ok, ok, NULL}, TN_OK},
        {"0-d", {memory, f8, 0, 0, NULL, NULL, NULL}, TN_OK},
        {"empty", {memory, f8, 2, 0, nothing, ok, NULL}, TN_OK},
        {"NULL data", {NULL, f8, 2, 0, ok, ok, NULL}, TN_WRONG_VALUE},
        {"NULL data, 0-d", {NULL, f8, 0, 0, NULL, NULL, NULL}, TN_WRONG_VALUE},
        {"no type", {memory, NULL, 2, 0, ok, ok, NULL}, TN_WRONG_VALUE},
        {"negative itemsize", {memory, &bad, 2, 0, ok, ok, NULL}, TN_WRONG_VALUE},
        {"negative ndim", {memory, f8, -1, 0, ok, ok, NULL}, TN_WRONG_VALUE},
        {"ndim 65", {memory, f8, TN_MAX_NDIM + 1, 0, ok, ok, NULL}, TN_WRONG_VALUE},
        {"no shape", {memory, f8, 2, 0, NULL, ok, NULL}, TN_WRONG_VALUE},
        {"no strides", {memory, f8, 2, 0, ok, NULL, NULL}, TN_WRONG_VALUE},
        {"negative extent", {memory, f8, 2, 0, negative, ok, NULL}, TN_WRONG_VALUE},
        {"too many elements", {memory, f8, 2, 0, huge, ok, NULL}, TN_OUT_OF_RANGE},
        {"too many bytes", {memory, f8, 2, 0, bytes, ok, NULL}, TN_OUT_OF_RANGE},
    };
    for (int k = 0; k < COUNT(cases); k++) {
        tn_error err = {.status = TN_OK};
        tn_status status = tn_span_check(&cases[k].span, &err);
        CHECK(status == cases[k].status, "%s: status %d", cases[k].name, (int)status);
        CHECK(err.status == status, "%s: err says %d", cases[k].name, (int)err.status);
    }
    CHECK(tn_span_size(&cases[0].span) == 12 && tn_span_nbytes(&cases[0].span) == 96, "size or bytes");
    CHECK(tn_span_size(&cases[1].span) == 1 && tn_span_nbytes(&cases[1].span) == 8, "size or bytes of 0-d");
    CHECK(tn_span_size(&cases[2].span) == 0 && tn_span_nbytes(&cases[2].span) == 0, "size or bytes of nothing");
}

static void test_extents(void)
{
    uint64_t state = 1;
    for (int k = 0; k < 5000; k++) {
        sample s;
        random_sample(&state, &s);
        addresses all = list_elements(&s.span, TN_ORDER_C);
        ptrdiff_t least = 0, most = 0, low = -7, high = -7;
        for (int i = 0; i < all.count; i++) {
            ptrdiff_t offset = all.at[i] - (const char *)s.span.data;
            least = i == 0 || offset < least ? offset : least;
            most = i == 0 || offset + 4 > most ? offset + 4 : most;
        }
        CHECK(tn_span_extent(&s.span, &low, &high, NULL) == TN_OK, "case %d", k);
        CHECK(low == least && high == most, "case %d: %td to %td, expected %td to %td", k, low, high, least, most);
    }
    static const ptrdiff_t two[] = {2, 2}, far[] = {PTRDIFF_MAX, 1}, back[] = {PTRDIFF_MIN, -1},
                           far3[] = {PTRDIFF_MAX - 3, 0};
    static const ptrdiff_t loads[] = {0, -1};
    ptrdiff_t low = -7, high = -7;
    tn_span span = {.data = memory, .type = &tn_type_int32, .ndim = 2, .shape = two, .strides = far};
    CHECK(tn_span_extent(&span, &low, &high, NULL) == TN_OUT_OF_RANGE, "too far");
    span.strides = back;
    CHECK(tn_span_extent(&span, &low, &high, NULL) == TN_OUT_OF_RANGE, "too far back");
    span.strides = far3;
    CHECK(tn_span_extent(&span, &low, &high, NULL) == TN_OUT_OF_RANGE, "the last element ends too far");
    span.strides = two;
    span.suboffsets = loads;
    CHECK(tn_span_extent(&span, &low, &high, NULL) == TN_UNSUPPORTED, "indirect");
    CHECK(low == -7 && high == -7, "something was written");
}

/* --- contiguity and alignment ------------------------------------------------------------------------------------- */

/* By definition: in the given order, each element directly follows the one before it. */
static int follows(const tn_span *span, tn_order order)
{
    addresses all = list_elements(span, order);
    for (int k = 1; k < all.count; k++)
        if (all.at[k] - all.at[k - 1] != 4)
            return 0;
    return 1;
}

static void test_contiguity(void)
{
    uint64_t state = 2;
    int seen[2][2] = {{0}};
    for (int k = 0; k < 20000; k++) {
        sample s;
        random_sample(&state, &s);
        for (int o = 0; o < 2; o++) {
            tn_order order = o == 0 ? TN_ORDER_C : TN_ORDER_F;
            int is = tn_is_contiguous(s.span.ndim, s.span.shape, s.span.strides, 4, order);
            CHECK(is == follows(&s.span, order), "case %d, order %c: %d", k, order, is);
            seen[o][is]++;
        }
    }
    CHECK(seen[0][0] > 1000 && seen[0][1] > 1000 && seen[1][0] > 1000 && seen[1][1] > 1000, "one-sided cases");
    static const ptrdiff_t huge[] = {PTRDIFF_MAX, 3}, strides[] = {12, 4};
    CHECK(!tn_is_contiguous(2, huge, strides, 4, TN_ORDER_F), "an overflow is not contiguous");
}

static void test_contiguous_strides(void)
{
    uint64_t state = 3;
    for (int k = 0; k < 5000; k++) {
        sample s;
        random_sample(&state, &s);
        for (int o = 0; o < 2; o++) {
            tn_order order = o == 0 ? TN_ORDER_C : TN_ORDER_F;
            tn_status status = tn_contiguous_strides(s.span.ndim, s.span.shape, 4, order, s.layout.strides, NULL);
            CHECK(status == TN_OK && follows(&s.span, order), "case %d, order %c", k, order);
        }
    }
    const struct {
        int ndim;
        ptrdiff_t shape[3];
        tn_order order;
        tn_status status;
        ptrdiff_t strides[3];
    } cases[] = {
        {3, {2, 3, 4}, TN_ORDER_C, TN_OK, {96, 32, 8}},
        {3, {2, 3, 4}, TN_ORDER_F, TN_OK, {8, 16, 48}},
        {3, {2, 0, 4}, TN_ORDER_C, TN_OK, {32, 32, 8}},
        {3, {2, 0, 4}, TN_ORDER_F, TN_OK, {8, 16, 16}},
        {3, {0, PTRDIFF_MAX, 2}, TN_ORDER_C, TN_OUT_OF_RANGE, {7, 7, 7}},
        {2, {1, PTRDIFF_MAX / 8}, TN_ORDER_C, TN_OK, {PTRDIFF_MAX / 8 * 8, 8}},
        {2, {2, PTRDIFF_MAX / 8}, TN_ORDER_C, TN_OUT_OF_RANGE, {7, 7}},
        {2, {2, -1}, TN_ORDER_C, TN_WRONG_VALUE, {7, 7}},
        {TN_MAX_NDIM + 1, {0}, TN_ORDER_C, TN_WRONG_VALUE, {7, 7, 7}},
        {-1, {0}, TN_ORDER_C, TN_WRONG_VALUE, {7}},
    };
    for (int k = 0; k < COUNT(cases); k++) {
        ptrdiff_t strides[3] = {7, 7, 7};
        tn_status status = tn_contiguous_strides(cases[k].ndim, cases[k].shape, 8, cases[k].order, strides, NULL);
        CHECK(status == cases[k].status, "case %d: status %d", k, (int)status);
        for (int i = 0; i < cases[k].ndim && i < 3; i++)
            CHECK(strides[i] == cases[k].strides[i], "case %d: stride %d is %td", k, i, strides[i]);
    }
}

static void test_alignment(void)
{
    static const struct {
        ptrdiff_t offset;
        int ndim;
        ptrdiff_t shape[2], strides[2];
        uint32_t alignment;
        int aligned;
    } cases[] = {
        {0, 0, {0}, {0}, 8, 1},          {1, 0, {0}, {0}, 8, 0},           {4, 0, {0}, {0}, 8, 0},
        {4, 0, {0}, {0}, 4, 1},          {1, 0, {0}, {0}, 1, 1},           {0, 1, {3}, {8}, 8, 1},
        {0, 1, {3}, {-8}, 8, 1},         {0, 1, {3}, {12}, 8, 0},          {0, 1, {3}, {12}, 4, 1},
        {0, 1, {1}, {12}, 8, 1},         {0, 1, {0}, {12}, 8, 1},          {1, 1, {0}, {8}, 8, 1},
        {0, 1, {3}, {0}, 8, 1},          {0, 2, {3, 3}, {24, 8}, 8, 1},    {0, 2, {3, 3}, {20, 8}, 8, 0},
        {0, 2, {1, 3}, {20, 8}, 8, 1},   {0, 2, {3, 3}, {24, 9}, 8, 0},    {0, 2, {3, 0}, {20, 9}, 8, 1},
        {0, 1, {3}, {-12}, 8, 0},        {8, 1, {3}, {16}, 16, 0},         {0, 1, {2}, {1}, 1, 1},
    };
    static _Alignas(16) char place[64];
    for (int k = 0; k < COUNT(cases); k++) {
        int is = tn_is_aligned(place + cases[k].offset, cases[k].ndim, cases[k].shape, cases[k].strides,
                               cases[k].alignment);
        CHECK(is == cases[k].aligned, "case %d: %d", k, is);
    }
}

/* --- index, slice, transpose, broadcast --------------------------------------------------------------------------- */

static void test_indexing(void)
{
    uint64_t state = 4;
    for (int k = 0; k < 5000; k++) {
        sample s, out;
        random_sample(&state, &s);
        int axis = (int)random_between(&state, -1, 4);
        ptrdiff_t at = random_between(&state, -6, 6);
        out.span.data = NULL;
        tn_error err;
        tn_status status = tn_span_index(&s.span, axis, at, &out.span, &out.layout, &err);
        int legal = axis >= 0 && axis < s.span.ndim && at >= -s.span.shape[axis] && at < s.span.shape[axis];
        CHECK(status == (legal ? TN_OK : TN_WRONG_VALUE), "case %d: status %d", k, (int)status);
        if (!legal) {
            CHECK(out.span.data == NULL, "case %d: something was written", k);
            continue;
        }
        /* The same by hand: only that index on the axis. */
        tn_layout layout = s.layout;
        tn_span only = s.span;
        layout.shape[axis] = 1;
        only.data = (char *)s.span.data + (at < 0 ? at + s.span.shape[axis] : at) * s.span.strides[axis];
        only.shape = layout.shape;
        CHECK(out.span.ndim == s.span.ndim - 1, "case %d: %d dimensions", k, (int)out.span.ndim);
        CHECK(same_elements(&out.span, &only, TN_ORDER_C), "case %d: other elements", k);
    }
}

static void test_slicing(void)
{
    uint64_t state = 5;
    for (int k = 0; k < 10000; k++) {
        sample s, out;
        random_sample(&state, &s);
        if (s.span.ndim == 0)
            continue;
        int axis = (int)random_between(&state, 0, s.span.ndim - 1);
        ptrdiff_t extent = s.span.shape[axis], step = random_between(&state, -3, 3);
        step = step == 0 ? (ptrdiff_t)1 << 61 : step;
        ptrdiff_t start = step > 0 ? random_between(&state, 0, extent) : random_between(&state, -1, extent - 1);
        ptrdiff_t stop = step > 0 ? random_between(&state, 0, extent) : random_between(&state, -1, extent - 1);
        tn_status status = tn_span_slice(&s.span, axis, start, stop, step, &out.span, &out.layout, NULL);
        CHECK(status == TN_OK, "case %d: status %d", k, (int)status);
        ptrdiff_t count = 0, index[TN_MAX_NDIM] = {0}, picked[TN_MAX_NDIM] = {0};
        for (ptrdiff_t i = start; step > 0 ? i < stop : i > stop; i += step)
            count++;
        CHECK(out.span.shape[axis] == count, "case %d: extent %td, expected %td", k, out.span.shape[axis], count);
        if (tn_span_size(&out.span) == 0) {
            CHECK(out.span.data == s.span.data, "case %d: an empty slice points elsewhere", k);
            continue;
        }
        do {
            memcpy(picked, index, sizeof picked);
            picked[axis] = start + index[axis] * step;
            CHECK(address_of(&out.span, index) == address_of(&s.span, picked), "case %d: other elements", k);
        } while (next_index(out.span.ndim, out.span.shape, TN_ORDER_C, index));
    }
}

static void test_slices_that_are_refused(void)
{
    static const ptrdiff_t shape[] = {5}, strides[] = {4};
    static const struct {
        int axis;
        ptrdiff_t start, stop, step;
    } cases[] = {{0, 0, 5, 0}, {1, 0, 5, 1}, {-1, 0, 5, 1}, {0, -1, 5, 1}, {0, 0, 6, 1}, {0, 6, 6, 1}, {0, 5, -1, -1},
                 {0, 4, -2, -1}, {0, 0, 5, -1}};
    for (int k = 0; k < COUNT(cases); k++) {
        sample s, out;
        set_sample(&s, 1, shape, strides);
        tn_status status = tn_span_slice(&s.span, cases[k].axis, cases[k].start, cases[k].stop, cases[k].step,
                                         &out.span, &out.layout, NULL);
        CHECK(status == TN_WRONG_VALUE, "case %d: status %d", k, (int)status);
    }
}

static void test_transposing(void)
{
    uint64_t state = 6;
    for (int k = 0; k < 5000; k++) {
        sample s, out;
        random_sample(&state, &s);
        int axes[4];
        int legal = 1, seen[8] = {0};
        for (int i = 0; i < s.span.ndim; i++) {
            axes[i] = (int)random_between(&state, 0, s.span.ndim - (random_between(&state, 0, 50) > 0));
            legal &= axes[i] < s.span.ndim && !seen[axes[i]]++;
        }
        tn_status status = tn_span_transpose(&s.span, axes, &out.span, &out.layout, NULL);
        CHECK(status == (legal ? TN_OK : TN_WRONG_VALUE), "case %d: status %d", k, (int)status);
        for (int i = 0; legal && i < s.span.ndim; i++)
            CHECK(out.span.shape[i] == s.span.shape[axes[i]] && out.span.strides[i] == s.span.strides[axes[i]],
                  "case %d: axis %d", k, i);
        CHECK(tn_span_transpose(&s.span, NULL, &out.span, &out.layout, NULL) == TN_OK, "case %d reversed", k);
        static addresses c, f;
        c = list_elements(&s.span, TN_ORDER_C);
        f = list_elements(&out.span, TN_ORDER_F);
        CHECK(c.count == f.count && memcmp(c.at, f.at, (size_t)c.count * sizeof *c.at) == 0, "case %d reversed", k);
    }
}

static void test_broadcasting(void)
{
    static const struct {
        int from_ndim;
        ptrdiff_t from[3];
        int ndim;
        ptrdiff_t shape[3];
        tn_status status;
        ptrdiff_t strides[3];
    } cases[] = {
        {0, {0}, 0, {0}, TN_OK, {0}},
        {0, {0}, 2, {3, 4}, TN_OK, {0, 0}},
        {1, {4}, 2, {3, 4}, TN_OK, {0, 4}},
        {2, {3, 1}, 2, {3, 4}, TN_OK, {4, 0}},
        {2, {3, 1}, 2, {3, 1}, TN_OK, {4, 4}},
        {2, {3, 1}, 2, {3, 0}, TN_OK, {4, 0}},
        {2, {1, 4}, 3, {2, 3, 4}, TN_OK, {0, 0, 4}},
        {1, {0}, 2, {3, 0}, TN_OK, {0, 4}},
        {1, {3}, 1, {4}, TN_WRONG_VALUE, {0}},
        {1, {0}, 1, {1}, TN_WRONG_VALUE, {0}},
        {2, {3, 4}, 1, {4}, TN_WRONG_VALUE, {0}},
        {1, {1}, 1, {-1}, TN_WRONG_VALUE, {0}},
        {1, {1}, 2, {PTRDIFF_MAX, 2}, TN_OUT_OF_RANGE, {0}},
        {1, {1}, 2, {PTRDIFF_MAX / 4, 2}, TN_OUT_OF_RANGE, {0}},
        {1, {1}, TN_MAX_NDIM + 1, {1}, TN_WRONG_VALUE, {0}},
    };
    for (int k = 0; k < COUNT(cases); k++) {
        sample s, out;
        ptrdiff_t strides[3];
        tn_contiguous_strides(cases[k].from_ndim, cases[k].from, 4, TN_ORDER_C, strides, NULL);
        set_sample(&s, cases[k].from_ndim, cases[k].from, strides);
        tn_status status = tn_span_broadcast(&s.span, cases[k].ndim, cases[k].shape, &out.span, &out.layout, NULL);
        CHECK(status == cases[k].status, "case %d: status %d", k, (int)status);
        if (status != TN_OK)
            continue;
        CHECK(out.span.ndim == cases[k].ndim && out.span.data == s.span.data && out.span.suboffsets == NULL, "case %d",
              k);
        for (int i = 0; i < cases[k].ndim; i++)
            CHECK(out.span.shape[i] == cases[k].shape[i] && out.span.strides[i] == cases[k].strides[i],
                  "case %d: axis %d has extent %td, stride %td", k, i, out.span.shape[i], out.span.strides[i]);
    }
}

/* --- reshape ------------------------------------------------------------------------------------------------------ */

/* Is there any set of strides that puts the elements where they are? On an axis of the new shape, the stride can only
 * be the distance of its first two elements. */
static int can_reshape(const tn_span *span, int ndim, const ptrdiff_t *shape, tn_order order)
{
    static addresses all;
    all = list_elements(span, order);
    if (all.count == 0)
        return 1;
    ptrdiff_t strides[TN_MAX_NDIM], step = 1, index[TN_MAX_NDIM] = {0};
    for (int k = 0; k < ndim; k++) {
        int axis = order == TN_ORDER_C ? ndim - 1 - k : k;
        strides[axis] = shape[axis] > 1 ? all.at[step] - all.at[0] : 0;
        step *= shape[axis];
    }
    for (int i = 0; i < all.count; i++) {
        const char *at = all.at[0];
        for (int k = 0; k < ndim; k++)
            at += index[k] * strides[k];
        if (at != all.at[i])
            return 0;
        next_index(ndim, shape, order, index);
    }
    return 1;
}

/* A shape of up to five extents for `size` elements, ones among them. */
static int random_shape(uint64_t *state, ptrdiff_t size, ptrdiff_t *shape)
{
    int ndim = 0;
    ptrdiff_t left = size;
    while (left > 1 && ndim < 4) {
        ptrdiff_t divisor = random_between(state, 1, left);
        while (left % divisor != 0)
            divisor--;
        shape[ndim++] = divisor;
        left /= divisor;
    }
    if (left != 1 || ndim == 0 || random_between(state, 0, 3) == 0)
        shape[ndim++] = left;
    return ndim;
}

static void test_reshaping(void)
{
    uint64_t state = 7;
    int seen[2] = {0};
    for (int k = 0; k < 40000; k++) {
        sample s, out;
        random_sample(&state, &s);
        ptrdiff_t shape[8];
        tn_order order = random_between(&state, 0, 1) ? TN_ORDER_C : TN_ORDER_F;
        int ndim = random_shape(&state, tn_span_size(&s.span), shape);
        int possible = can_reshape(&s.span, ndim, shape, order);
        seen[possible]++;
        tn_status status = tn_span_reshape(&s.span, ndim, shape, order, &out.span, &out.layout, NULL);
        CHECK(status == (possible ? TN_OK : TN_WRONG_VALUE), "case %d: status %d", k, (int)status);
        if (status != TN_OK)
            continue;
        CHECK(out.span.ndim == ndim && memcmp(out.span.shape, shape, (size_t)ndim * sizeof *shape) == 0,
              "case %d: shape", k);
        CHECK(same_elements(&out.span, &s.span, order), "case %d: other elements", k);

        int open = (int)random_between(&state, 0, ndim - 1);
        ptrdiff_t extent = shape[open];
        shape[open] = -1;
        ptrdiff_t others = 1;
        for (int i = 0; i < ndim; i++)
            others *= i == open ? 1 : shape[i];
        status = tn_span_reshape(&s.span, ndim, shape, order, &out.span, &out.layout, NULL);
        CHECK(status == (others > 0 ? TN_OK : TN_WRONG_VALUE), "case %d with -1: status %d", k, (int)status);
        CHECK(status != TN_OK || out.span.shape[open] == extent, "case %d: -1 is %td", k, out.span.shape[open]);
    }
    CHECK(seen[0] > 1000 && seen[1] > 1000, "one-sided cases");
}

static void test_reshapes_that_are_refused(void)
{
    static const ptrdiff_t shape[] = {3, 4}, strides[] = {16, 4}, loads[] = {0, -1};
    static const struct {
        int ndim;
        ptrdiff_t shape[2];
    } cases[] = {{1, {11}},
                 {2, {3, 5}},
                 {0, {0}},
                 {1, {-2}},
                 {2, {-1, -1}},
                 {2, {-1, 5}},
                 {2, {-1, 0}},
                 {1, {0}},
                 {-1, {0}},
                 {TN_MAX_NDIM + 1, {0}},
                 {2, {PTRDIFF_MAX, PTRDIFF_MAX}},
                 {2, {-1, PTRDIFF_MAX}}};
    sample s, out;
    set_sample(&s, 2, shape, strides);
    for (int k = 0; k < COUNT(cases); k++)
        CHECK(tn_span_reshape(&s.span, cases[k].ndim, cases[k].shape, TN_ORDER_C, &out.span, &out.layout, NULL) ==
                  TN_WRONG_VALUE, "case %d", k);
    s.span.suboffsets = loads;
    CHECK(tn_span_reshape(&s.span, 2, shape, TN_ORDER_C, &out.span, &out.layout, NULL) == TN_UNSUPPORTED, "indirect");
}

/* --- indirect memory ---------------------------------------------------------------------------------------------- */

/* planes[2] -> rows[3] -> int32[4], with an offset at each load. */
static int32_t cells[2][3][8];
static char *rows[2][4];
static char **planes[3];

static void set_indirect(sample *s)
{
    for (int i = 0; i < 2; i++) {
        planes[i] = rows[i];
        for (int j = 0; j < 3; j++)
            rows[i][j + 1] = (char *)cells[i][j];
    }
    static const ptrdiff_t shape[] = {2, 3, 4}, strides[] = {sizeof(char **), sizeof(char *), 4};
    static const ptrdiff_t suboffsets[] = {sizeof(char *), 8, -1};
    set_sample(s, 3, shape, strides);
    memcpy(s->layout.suboffsets, suboffsets, sizeof suboffsets);
    s->span.suboffsets = s->layout.suboffsets;
    s->span.data = planes;
}

static void test_indirect_elements(void)
{
    sample s;
    set_indirect(&s);
    ptrdiff_t index[3] = {0};
    do {
        CHECK(address_of(&s.span, index) == (char *)&cells[index[0]][index[1]][index[2] + 2], "the sample is wrong");
        for (int axis = 0; axis < 3; axis++) {
            sample out;
            tn_status status = tn_span_index(&s.span, axis, index[axis], &out.span, &out.layout, NULL);
            /* Without the middle axis, the first would have to load twice. */
            CHECK(status == (axis == 1 ? TN_UNSUPPORTED : TN_OK), "axis %d: status %d", axis, (int)status);
            if (status != TN_OK)
                continue;
            ptrdiff_t rest[2] = {index[axis == 0 ? 1 : 0], index[axis == 2 ? 1 : 2]};
            CHECK(address_of(&out.span, rest) == address_of(&s.span, index), "axis %d", axis);
            if (axis == 0) {
                sample last;
                CHECK(tn_span_index(&out.span, 0, index[1], &last.span, &last.layout, NULL) == TN_OK, "a row");
                CHECK(last.span.suboffsets == NULL, "a row is direct");
                CHECK(address_of(&last.span, index + 2) == address_of(&s.span, index), "a row's elements");
            }
        }
    } while (next_index(3, s.span.shape, TN_ORDER_C, index));
}

static void test_direct_axis_before_a_load(void)
{
    /* table[2][3] of rows: the first axis is direct, the second loads. */
    static char *table[2][3];
    static int32_t row[2][3][4];
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 3; j++)
            table[i][j] = (char *)row[i][j];
    static const ptrdiff_t shape[] = {2, 3, 4}, strides[] = {3 * sizeof(char *), sizeof(char *), 4},
                           loads[] = {-1, 4, -1};
    static const ptrdiff_t shorter[] = {2, 3, 3};
    sample s, out;
    set_sample(&s, 3, shape, strides);
    s.layout.shape[2] = shorter[2];
    s.span.data = table;
    s.span.suboffsets = loads;
    ptrdiff_t index[3] = {0};
    do {
        CHECK(address_of(&s.span, index) == (char *)&row[index[0]][index[1]][index[2] + 1], "the sample is wrong");
        CHECK(tn_span_index(&s.span, 1, index[1], &out.span, &out.layout, NULL) == TN_OK, "the loading axis");
        ptrdiff_t rest[2] = {index[0], index[2]};
        CHECK(out.span.suboffsets != NULL && address_of(&out.span, rest) == address_of(&s.span, index), "load moved");
    } while (next_index(3, s.span.shape, TN_ORDER_C, index));

    static const int swap[] = {1, 0, 2}, past[] = {0, 2, 1};
    CHECK(tn_span_transpose(&s.span, swap, &out.span, &out.layout, NULL) == TN_OK, "axes before one load");
    ptrdiff_t at[3] = {1, 0, 2}, swapped[3] = {0, 1, 2};
    CHECK(address_of(&out.span, swapped) == address_of(&s.span, at), "axes before one load");
    CHECK(tn_span_transpose(&s.span, past, &out.span, &out.layout, NULL) == TN_UNSUPPORTED, "past a load");
    CHECK(tn_span_transpose(&s.span, NULL, &out.span, &out.layout, NULL) == TN_UNSUPPORTED, "reversed");
}

static void test_indirect_slices(void)
{
    static const struct {
        int axis;
        ptrdiff_t start, stop, step;
        tn_status status;
    } cases[] = {
        {0, 1, 2, 1, TN_OK},  {0, 1, -1, -1, TN_OK}, {1, 1, 3, 1, TN_OK},  {1, 2, -1, -1, TN_OK},
        {2, 1, 4, 2, TN_OK},  {2, 3, -1, -1, TN_OK}, {1, 0, 3, 2, TN_OK},  {2, 2, 2, 1, TN_OK},
    };
    for (int k = 0; k < COUNT(cases); k++) {
        sample s, out;
        set_indirect(&s);
        int axis = cases[k].axis;
        tn_status status = tn_span_slice(&s.span, axis, cases[k].start, cases[k].stop, cases[k].step, &out.span,
                                         &out.layout, NULL);
        CHECK(status == cases[k].status, "case %d: status %d", k, (int)status);
        ptrdiff_t index[3] = {0}, picked[3];
        if (status != TN_OK || tn_span_size(&out.span) == 0)
            continue;
        do {
            memcpy(picked, index, sizeof picked);
            picked[axis] = cases[k].start + index[axis] * cases[k].step;
            CHECK(address_of(&out.span, index) == address_of(&s.span, picked), "case %d", k);
        } while (next_index(3, out.span.shape, TN_ORDER_C, index));
    }
    /* Rows stored backwards: the slice that starts at the last one has a negative offset behind the load. */
    sample s, out;
    set_indirect(&s);
    s.layout.strides[2] = -4;
    CHECK(tn_span_slice(&s.span, 2, 3, 4, 1, &out.span, &out.layout, NULL) == TN_UNSUPPORTED, "negative suboffset");
    CHECK(tn_span_index(&s.span, 2, 3, &out.span, &out.layout, NULL) == TN_UNSUPPORTED, "negative suboffset");
    s.layout.suboffsets[1] = PTRDIFF_MAX;
    s.layout.strides[2] = 4;
    CHECK(tn_span_index(&s.span, 2, 3, &out.span, &out.layout, NULL) == TN_OUT_OF_RANGE, "overflow");
}

/* Where the rows have no elements, the addresses of the rows are the same as where they have some. */
static void test_indirect_rows_without_elements(void)
{
    static const struct {
        int axis;
        ptrdiff_t start, stop, step;
    } slices[] = {{0, 1, -1, -1}, {0, 1, 2, 1}, {1, 2, -1, -1}, {1, 1, 3, 1}, {1, 0, 3, 2}, {2, 0, 0, 1}};
    for (int k = 0; k < COUNT(slices); k++) {
        sample full, none, of_full, of_none;
        set_indirect(&full);
        set_indirect(&none);
        none.layout.shape[2] = 0;
        ptrdiff_t stop = slices[k].stop, index[3] = {0};
        tn_span_slice(&full.span, slices[k].axis, slices[k].start, stop, slices[k].step, &of_full.span, &of_full.layout,
                      NULL);
        CHECK(tn_span_slice(&none.span, slices[k].axis, slices[k].start, stop, slices[k].step, &of_none.span,
                            &of_none.layout, NULL) == TN_OK, "case %d", k);
        do
            CHECK(address_of(&of_none.span, index) == address_of(&of_full.span, index), "case %d", k);
        while (next_index(2, of_none.span.shape, TN_ORDER_C, index));
    }
    for (ptrdiff_t i = 0; i < 2; i++) {
        sample none, plane;
        set_indirect(&none);
        none.layout.shape[2] = 0;
        CHECK(tn_span_index(&none.span, 0, i, &plane.span, &plane.layout, NULL) == TN_OK, "a plane");
        ptrdiff_t index[2] = {2, 0};
        CHECK(address_of(&plane.span, index) == (char *)&cells[i][2][2], "its last row");
    }
}

/* One of no pointers, and what would lie behind one. */
static void test_tables_that_need_not_be_there_are_not_touched(void)
{
    sample none, out;
    set_indirect(&none);
    none.layout.shape[0] = 0;
    none.span.data = NULL;
    CHECK(tn_span_slice(&none.span, 1, 2, -1, -1, &out.span, &out.layout, NULL) == TN_OK, "a slice");
    CHECK(out.span.data == NULL, "a slice");
    CHECK(tn_span_index(&none.span, 1, 1, &out.span, &out.layout, NULL) == TN_UNSUPPORTED, "two pointers on one axis");
    set_indirect(&none);
    none.layout.shape[1] = 0;
    planes[2] = NULL;
    CHECK(tn_span_index(&none.span, 0, 1, &out.span, &out.layout, NULL) == TN_OK, "a plane without rows");
}

static void test_indirect_broadcast(void)
{
    sample s, out;
    static const ptrdiff_t more[] = {5, 2, 3, 4};
    set_indirect(&s);
    CHECK(tn_span_broadcast(&s.span, 4, more, &out.span, &out.layout, NULL) == TN_OK, "a leading axis");
    ptrdiff_t index[4] = {0};
    do
        CHECK(address_of(&out.span, index) == address_of(&s.span, index + 1), "a leading axis");
    while (next_index(4, more, TN_ORDER_C, index));
}

static void test_empty_rows_are_not_loaded(void)
{
    static const ptrdiff_t shape[] = {2, 0}, strides[] = {8, 4}, loads[] = {0, -1};
    sample s, out;
    set_sample(&s, 2, shape, strides);
    s.span.suboffsets = loads;
    s.span.data = memory;
    CHECK(tn_span_index(&s.span, 0, 1, &out.span, &out.layout, NULL) == TN_OK, "status");
    CHECK((char *)out.span.data == (char *)memory + 8 && out.span.suboffsets == NULL, "a pointer was loaded");
}

static void test_results_in_place(void)
{
    static const ptrdiff_t shape[] = {2, 3, 4}, strides[] = {48, 16, 4}, flat[] = {12}, more[] = {5, 12};
    sample s;
    set_sample(&s, 3, shape, strides);
    s.span.flags = TN_READONLY;
    const char *data = s.span.data;
    CHECK(tn_span_transpose(&s.span, NULL, &s.span, &s.layout, NULL) == TN_OK && s.span.strides[0] == 4, "transpose");
    CHECK(tn_span_transpose(&s.span, NULL, &s.span, &s.layout, NULL) == TN_OK && s.span.strides[0] == 48, "and back");
    CHECK(tn_span_index(&s.span, 0, 1, &s.span, &s.layout, NULL) == TN_OK && s.span.shape[0] == 3, "index");
    CHECK(tn_span_reshape(&s.span, 1, flat, TN_ORDER_C, &s.span, &s.layout, NULL) == TN_OK && s.span.shape[0] == 12,
          "reshape");
    CHECK(tn_span_slice(&s.span, 0, 11, -1, -1, &s.span, &s.layout, NULL) == TN_OK && s.span.strides[0] == -4, "slice");
    CHECK(tn_span_broadcast(&s.span, 2, more, &s.span, &s.layout, NULL) == TN_OK && s.span.shape[0] == 5, "broadcast");
    CHECK(s.span.strides[1] == -4 && s.span.data == data + 48 + 44, "the elements");
    CHECK(s.span.flags == TN_READONLY && s.span.type == &tn_type_int32, "flags and type stay");
}

/* The elements of memory in rows are those of the rows, one row after the other. */
static void test_rows(void)
{
    static const struct {
        int ndim;
        ptrdiff_t shape[3];
    } shapes[] = {{2, {3, 4}}, {2, {1, 1}}, {2, {0, 4}}, {2, {3, 0}}, {3, {3, 2, 4}}, {3, {2, 0, 4}}, {3, {4, 1, 1}}};
    for (int s = 0; s < COUNT(shapes); s++) {
        void *table[4];
        const ptrdiff_t *shape = shapes[s].shape;
        ptrdiff_t elements = shape[1] * (shapes[s].ndim == 3 ? shape[2] : 1);
        for (int i = 0; i < 4; i++)
            table[i] = memory + 4 * ((i * 7919) % 100); /* in no order, and one over the other */
        tn_span span = {0};
        tn_layout layout;
        tn_status status =
            tn_span_rows(table, &tn_type_int32, shapes[s].ndim, shape, TN_READONLY, &span, &layout, NULL);
        CHECK(status == TN_OK, "shape %d: status %d", s, (int)status);
        CHECK(span.flags == TN_READONLY && span.type == &tn_type_int32, "shape %d: flags or type", s);
        CHECK(tn_span_check(&span, NULL) == TN_OK && span.shape == layout.shape, "shape %d: not a span", s);
        addresses all = list_elements(&span, TN_ORDER_C);
        CHECK(all.count == shape[0] * elements, "shape %d: %d elements", s, all.count);
        for (int k = 0; k < all.count; k++) {
            const char *expected = (const char *)table[k / elements] + 4 * (k % elements);
            CHECK(all.at[k] == expected, "shape %d: element %d lies elsewhere", s, k);
        }
    }
}

static void test_rows_that_are_refused(void)
{
    static const ptrdiff_t good[] = {2, 4}, empty[] = {2, 0}, negative[] = {2, -4}, huge[] = {PTRDIFF_MAX / 2, 4};
    static const tn_type bad = {.kind = TN_VOID, .itemsize = -1};
    static void *full[] = {memory, memory}, *holes[] = {memory, NULL};
    const tn_type *i4 = &tn_type_int32;
    const struct {
        const char *name;
        void *const *table;
        const tn_type *type;
        int ndim;
        const ptrdiff_t *shape;
        tn_status status;
    } cases[] = {
        {"good", full, i4, 2, good, TN_OK},
        {"no table", NULL, i4, 2, good, TN_WRONG_VALUE},
        {"no row", holes, i4, 2, good, TN_WRONG_VALUE},
        {"no row where nothing is", holes, i4, 2, empty, TN_OK},
        {"no type", full, NULL, 2, good, TN_WRONG_VALUE},
        {"negative itemsize", full, &bad, 2, good, TN_WRONG_VALUE},
        {"one dimension", full, i4, 1, good, TN_WRONG_VALUE},
        {"too many dimensions", full, i4, TN_MAX_NDIM + 1, good, TN_WRONG_VALUE},
        {"negative extent", full, i4, 2, negative, TN_WRONG_VALUE},
        {"too many bytes", full, i4, 2, huge, TN_OUT_OF_RANGE},
    };
    for (int k = 0; k < COUNT(cases); k++) {
        tn_span out = {.data = &out};
        tn_layout layout;
        tn_status status = tn_span_rows(cases[k].table, cases[k].type, cases[k].ndim, cases[k].shape, 0, &out, &layout,
                                        NULL);
        CHECK(status == cases[k].status, "%s: status %d", cases[k].name, (int)status);
        CHECK(status == TN_OK || out.data == &out, "%s: something was written", cases[k].name);
    }
}

static const test tests[] = {
    {"spans that cannot be are told from those that can", test_checks},
    {"the extent is that of the elements", test_extents},
    {"a span is contiguous if each element follows the one before it", test_contiguity},
    {"contiguous strides are contiguous, with extents of 0 as 1", test_contiguous_strides},
    {"alignment is that of the address and of every stride that counts", test_alignment},
    {"an index picks the elements it should", test_indexing},
    {"a slice picks the elements it should", test_slicing},
    {"slices that are not clipped are refused", test_slices_that_are_refused},
    {"a transposed span has the same elements at permuted indices", test_transposing},
    {"broadcasting repeats extents of 1 and adds axes", test_broadcasting},
    {"a span is reshaped whenever it can be, and has the same elements", test_reshaping},
    {"reshapes that do not count up are refused", test_reshapes_that_are_refused},
    {"an index into indirect memory loads the pointer, or leaves it to the axis before", test_indirect_elements},
    {"a load moves to the axis before; no axis moves past it", test_direct_axis_before_a_load},
    {"slices of indirect memory pick the elements they should", test_indirect_slices},
    {"rows without elements stay where they are", test_indirect_rows_without_elements},
    {"tables that need not be there are not touched", test_tables_that_need_not_be_there_are_not_touched},
    {"indirect memory can be broadcast", test_indirect_broadcast},
    {"no pointer is loaded where there are no elements", test_empty_rows_are_not_loaded},
    {"memory in rows has the elements of its rows", test_rows},
    {"rows that cannot be are refused", test_rows_that_are_refused},
    {"results may replace the span they are made from", test_results_in_place},
};

int main(void)
{
    return run_tests(tests, COUNT(tests));
}
