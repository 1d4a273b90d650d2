/* SPDX-License-Identifier: BSD-3-Clause */
/* The overlap test against brute force: mark every byte of one span, look every byte of the other up. */
#include "tenon/span.h"

#include "check.h"

enum { ROOM = 8192 };

static char memory[ROOM];

typedef struct sample {
    tn_span span;
    tn_type type;
    ptrdiff_t shape[4], strides[4];
} sample;

static void set_sample(sample *s, ptrdiff_t offset, ptrdiff_t itemsize, int ndim, const ptrdiff_t *shape,
                       const ptrdiff_t *strides)
{
    for (int k = 0; k < ndim; k++) {
        s->shape[k] = shape[k];
        s->strides[k] = strides[k];
    }
    s->type = (tn_type){.kind = TN_VOID, .byteorder = '|', .alignment = 1, .itemsize = itemsize};
    s->span = (tn_span){
        .data = memory + offset, .type = &s->type, .ndim = ndim, .shape = s->shape, .strides = s->strides};
}

/* Marks the bytes of all elements in `marks`. Returns 1 if two elements share one, 2 if a byte is out of the room. */
static int mark(const tn_span *span, unsigned char *marks)
{
    ptrdiff_t index[4] = {0};
    int shared = 0;
    if (tn_span_size(span) == 0)
        return 0;
    for (;;) {
        ptrdiff_t at = (char *)span->data - memory;
        for (int k = 0; k < span->ndim; k++)
            at += index[k] * span->strides[k];
        if (at < 0 || at + span->type->itemsize > ROOM)
            return 2;
        for (ptrdiff_t b = 0; b < span->type->itemsize; b++) {
            shared |= marks[at + b];
            marks[at + b] = 1;
        }
        int k = span->ndim - 1;
        while (k >= 0 && ++index[k] == span->shape[k])
            index[k--] = 0;
        if (k < 0)
            return shared;
    }
}

static void random_sample(uint64_t *state, sample *s)
{
    int ndim = (int)random_between(state, 0, 3);
    ptrdiff_t shape[4], strides[4];
    ptrdiff_t itemsize = random_between(state, 0, 30) == 0 ? 0 : random_between(state, 1, 8);
    for (int k = 0; k < ndim; k++) {
        shape[k] = random_between(state, 0, 20) == 0 ? 0 : random_between(state, 1, 6);
        strides[k] = random_between(state, -60, 60);
        if (random_between(state, 0, 2) > 0) /* multiples have more to hide */
            strides[k] *= random_between(state, 1, 3) * 2;
    }
    set_sample(s, ROOM / 2 + random_between(state, -40, 40), itemsize, ndim, shape, strides);
}

static void test_pairs_of_spans(void)
{
    uint64_t state = 1;
    int seen[3] = {0};
    for (int k = 0; k < 60000; k++) {
        sample a, b;
        static unsigned char in_a[ROOM], in_b[ROOM];
        random_sample(&state, &a);
        random_sample(&state, &b);
        memset(in_a, 0, ROOM);
        memset(in_b, 0, ROOM);
        if (mark(&a.span, in_a) == 2 || mark(&b.span, in_b) == 2) {
            CHECK(0, "case %d leaves the room", k);
            continue;
        }
        int truth = 0;
        for (int i = 0; i < ROOM; i++)
            truth |= in_a[i] & in_b[i];
        tn_overlap found = tn_spans_overlap(&a.span, &b.span, 0);
        CHECK(found == (truth ? TN_OVERLAPS : TN_DISJOINT), "case %d: %d, expected %d", k, (int)found, truth);
        CHECK(tn_spans_overlap(&b.span, &a.span, 0) == found, "case %d the other way", k);
        seen[found]++;
    }
    CHECK(seen[0] > 5000 && seen[1] > 5000, "one-sided cases: %d, %d", seen[0], seen[1]);
}

static void test_spans_alone(void)
{
    uint64_t state = 2;
    int seen[3] = {0};
    for (int k = 0; k < 60000; k++) {
        sample s;
        static unsigned char marks[ROOM];
        random_sample(&state, &s);
        memset(marks, 0, ROOM);
        int truth = mark(&s.span, marks);
        tn_overlap found = tn_span_overlaps_itself(&s.span, 0);
        CHECK(truth != 2 && found == (truth ? TN_OVERLAPS : TN_DISJOINT), "case %d: %d, expected %d", k, (int)found,
              truth);
        seen[found]++;
    }
    CHECK(seen[0] > 5000 && seen[1] > 5000, "one-sided cases: %d, %d", seen[0], seen[1]);
}

typedef struct known {
    ptrdiff_t offset, itemsize;
    int ndim;
    ptrdiff_t shape[3], strides[3];
} known;

static void test_known_pairs(void)
{
    static const struct {
        const char *name;
        known a, b;
        tn_overlap overlap;
    } cases[] = {
        {"itself", {0, 8, 1, {10}, {8}}, {0, 8, 1, {10}, {8}}, TN_OVERLAPS},
        {"two neighbours", {0, 8, 1, {10}, {8}}, {80, 8, 1, {10}, {8}}, TN_DISJOINT},
        {"neighbours, one byte in common", {0, 8, 1, {10}, {8}}, {79, 8, 1, {10}, {8}}, TN_OVERLAPS},
        {"complex a and a.imag", {0, 16, 1, {10}, {16}}, {8, 8, 1, {10}, {16}}, TN_OVERLAPS},
        {"a.real and a.imag", {0, 8, 1, {10}, {16}}, {8, 8, 1, {10}, {16}}, TN_DISJOINT},
        {"a[:, ::3] and a[:, 1::3]", {0, 8, 2, {10, 4}, {96, 24}}, {8, 8, 2, {10, 4}, {96, 24}}, TN_DISJOINT},
        {"a[:, ::3] and a[:, 3::3]", {0, 8, 2, {10, 4}, {96, 24}}, {24, 8, 2, {10, 3}, {96, 24}}, TN_OVERLAPS},
        {"a[:, ::3] and a[1:, ::-3]", {0, 8, 2, {10, 4}, {96, 24}}, {96 + 72, 8, 2, {9, 4}, {96, -24}}, TN_OVERLAPS},
        {"a[:, ::3] and a[:, 10::-3]", {0, 8, 2, {10, 4}, {96, 24}}, {80, 8, 2, {10, 4}, {96, -24}}, TN_DISJOINT},
        {"two columns", {0, 8, 1, {10}, {96}}, {8, 8, 1, {10}, {96}}, TN_DISJOINT},
        {"a row and a column", {0, 8, 1, {12}, {8}}, {16, 8, 1, {10}, {96}}, TN_OVERLAPS},
        {"a row and a column that starts below it", {0, 8, 1, {12}, {8}}, {96, 8, 1, {10}, {96}}, TN_DISJOINT},
        {"blocks side by side", {0, 8, 2, {6, 6}, {96, 8}}, {48, 8, 2, {6, 6}, {96, 8}}, TN_DISJOINT},
        {"blocks that touch", {0, 8, 2, {6, 6}, {96, 8}}, {40, 8, 2, {6, 6}, {96, 8}}, TN_OVERLAPS},
        {"a and its transpose", {0, 8, 2, {10, 10}, {80, 8}}, {0, 8, 2, {10, 10}, {8, 80}}, TN_OVERLAPS},
        {"reversed", {72, 8, 1, {10}, {-8}}, {0, 8, 1, {10}, {8}}, TN_OVERLAPS},
        {"stride 0 beside", {0, 8, 1, {1000}, {0}}, {8, 8, 1, {10}, {8}}, TN_DISJOINT},
        {"stride 0 within", {8, 8, 1, {1000}, {0}}, {0, 8, 1, {10}, {8}}, TN_OVERLAPS},
        {"nothing", {0, 8, 1, {0}, {8}}, {0, 8, 1, {10}, {8}}, TN_DISJOINT},
        {"nothing inside", {0, 8, 2, {10, 0}, {8, 8}}, {0, 8, 1, {10}, {8}}, TN_DISJOINT},
        {"elements of no bytes", {0, 0, 1, {10}, {8}}, {0, 8, 1, {10}, {8}}, TN_DISJOINT},
        {"0-d inside", {40, 8, 0, {0}, {0}}, {0, 8, 1, {10}, {8}}, TN_OVERLAPS},
        {"0-d in a gap", {8, 8, 0, {0}, {0}}, {0, 8, 1, {10}, {16}}, TN_DISJOINT},
        {"fields of one structure", {0, 4, 1, {10}, {12}}, {4, 8, 1, {10}, {12}}, TN_DISJOINT},
        {"overlapping fields", {0, 5, 1, {10}, {12}}, {4, 8, 1, {10}, {12}}, TN_OVERLAPS},
        /* strides 12 and 20 differ by multiples of 4 only, and elements have 2 bytes */
        {"a common divisor", {0, 2, 2, {9, 9}, {12, 20}}, {2, 2, 2, {9, 9}, {20, 12}}, TN_DISJOINT},
        /* large extents, as memory that nobody has */
        {"terabytes of odd and even",
         {0, 8, 1, {(ptrdiff_t)1 << 40}, {16}},
         {8, 8, 1, {(ptrdiff_t)1 << 40}, {16}},
         TN_DISJOINT},
        {"terabytes of threes and fives",
         {0, 1, 1, {(ptrdiff_t)1 << 40}, {3}},
         {7, 1, 1, {(ptrdiff_t)1 << 40}, {5}},
         TN_OVERLAPS},
        {"large coprime strides", {0, 1, 1, {1000003}, {999983}}, {1, 1, 1, {999983}, {1000003}}, TN_OVERLAPS},
        {"large coprime strides that end before they meet",
         {0, 1, 1, {2}, {999983}},
         {1, 1, 1, {2}, {1000003}},
         TN_DISJOINT},
        {"far beyond 32 bits",
         {0, 8, 2, {(ptrdiff_t)1 << 20, 1 << 20}, {(ptrdiff_t)1 << 40, 24}},
         {8, 8, 2, {(ptrdiff_t)1 << 20, 1 << 20}, {(ptrdiff_t)1 << 40, 24}},
         TN_DISJOINT},
    };
    for (int k = 0; k < COUNT(cases); k++) {
        sample a, b;
        set_sample(&a, cases[k].a.offset, cases[k].a.itemsize, cases[k].a.ndim, cases[k].a.shape, cases[k].a.strides);
        set_sample(&b, cases[k].b.offset, cases[k].b.itemsize, cases[k].b.ndim, cases[k].b.shape, cases[k].b.strides);
        tn_overlap found = tn_spans_overlap(&a.span, &b.span, 0);
        CHECK(found == cases[k].overlap, "%s: %d", cases[k].name, (int)found);
        CHECK(tn_spans_overlap(&b.span, &a.span, 0) == found, "%s, the other way", cases[k].name);
    }
}

static void test_known_spans(void)
{
    static const struct {
        const char *name;
        known s;
        tn_overlap overlap;
    } cases[] = {
        {"contiguous", {0, 8, 3, {5, 6, 7}, {336, 56, 8}}, TN_DISJOINT},
        {"Fortran order", {0, 8, 3, {5, 6, 7}, {8, 40, 240}}, TN_DISJOINT},
        {"reversed", {400, 8, 1, {10}, {-8}}, TN_DISJOINT},
        {"stride 0", {0, 8, 1, {2}, {0}}, TN_OVERLAPS},
        {"stride 0 of one element", {0, 8, 1, {1}, {0}}, TN_DISJOINT},
        {"stride 0 of no element", {0, 8, 2, {5, 0}, {0, 8}}, TN_DISJOINT},
        {"sliding window", {0, 8, 2, {8, 3}, {8, 8}}, TN_OVERLAPS},
        {"stride shorter than the element", {0, 8, 1, {2}, {4}}, TN_OVERLAPS},
        {"interleaved rows", {0, 1, 2, {3, 2}, {2, 3}}, TN_DISJOINT},
        {"interleaved rows that meet", {0, 1, 2, {4, 3}, {2, 3}}, TN_OVERLAPS},
        {"opposite strides", {100, 1, 2, {3, 3}, {5, -5}}, TN_OVERLAPS},
        {"elements of no bytes", {0, 0, 1, {10}, {0}}, TN_DISJOINT},
        {"0-d", {0, 8, 0, {0}, {0}}, TN_DISJOINT},
        {"large coprime strides", {0, 1, 2, {999983, 1000003}, {1000003, 999983}}, TN_DISJOINT},
        {"large coprime strides that meet", {0, 1, 2, {999984, 1000004}, {1000003, 999983}}, TN_OVERLAPS},
    };
    for (int k = 0; k < COUNT(cases); k++) {
        sample s;
        set_sample(&s, cases[k].s.offset, cases[k].s.itemsize, cases[k].s.ndim, cases[k].s.shape, cases[k].s.strides);
        tn_overlap found = tn_span_overlaps_itself(&s.span, 0);
        CHECK(found == cases[k].overlap, "%s: %d", cases[k].name, (int)found);
    }
}

/* Subset sum in disguise: axes of two elements, with large strides that have no structure, against one byte. */
static void test_work_is_bounded(void)
{
    enum { AXES = 40 };
    static const tn_type byte = {.kind = TN_UINT, .byteorder = '|', .alignment = 1, .itemsize = 1};
    ptrdiff_t shape[AXES], strides[AXES], sum = 0;
    uint64_t state = 3;
    for (int k = 0; k < AXES; k++) {
        shape[k] = 2;
        strides[k] = random_between(&state, (ptrdiff_t)1 << 53, (ptrdiff_t)1 << 54) * 2;
        sum += strides[k] / 2;
    }
    tn_span many = {.data = memory, .type = &byte, .ndim = AXES, .shape = shape, .strides = strides};
    tn_span one = {.data = memory, .type = &byte, .ndim = 0};
    one.data = (void *)((uintptr_t)memory + (uintptr_t)(sum / 2 * 2));
    CHECK(tn_spans_overlap(&many, &one, 0) == TN_TOO_HARD, "the default should not be enough");
    CHECK(tn_spans_overlap(&many, &one, 1) == TN_TOO_HARD, "one node should not be enough");
    CHECK(tn_spans_overlap(&many, &one, 1000000) == TN_TOO_HARD, "a million should not be enough");
    one.data = (void *)((uintptr_t)memory + (uintptr_t)(sum / 2 * 2 + 1));
    CHECK(tn_spans_overlap(&many, &one, 1) == TN_DISJOINT, "all strides are even, the distance is odd");
    CHECK(tn_span_overlaps_itself(&many, 1) == TN_TOO_HARD, "one node should not be enough for the span alone");

    /* More work finds what less does not. */
    static const ptrdiff_t s3[] = {3, 3, 3}, t3[] = {1009, 1013, 1019};
    tn_span cube = {.data = memory, .type = &byte, .ndim = 3, .shape = s3, .strides = t3};
    one.data = memory + 1009 + 1013 + 1019;
    CHECK(tn_spans_overlap(&cube, &one, 0) == TN_OVERLAPS, "27 elements");
    CHECK(tn_spans_overlap(&cube, &one, 1) == TN_TOO_HARD, "27 elements, one node");
}

static void test_what_no_number_holds(void)
{
    static const tn_type byte = {.kind = TN_UINT, .byteorder = '|', .alignment = 1, .itemsize = 1};
    static const ptrdiff_t two[] = {2, 2}, one[] = {1, 1}, zero[] = {-1, 0};
    static const ptrdiff_t most[] = {PTRDIFF_MAX, PTRDIFF_MAX}, least[] = {PTRDIFF_MIN, 1}, half[] = {PTRDIFF_MAX, 1};
    tn_span plain = {.data = memory, .type = &byte, .ndim = 2, .shape = one, .strides = one};
    tn_span odd = {.data = memory, .type = &byte, .ndim = 2, .shape = two, .strides = most};
    CHECK(tn_spans_overlap(&odd, &plain, 0) == TN_TOO_HARD, "strides that overflow together");
    CHECK(tn_span_overlaps_itself(&odd, 0) == TN_TOO_HARD, "strides that overflow together");
    odd.strides = least;
    CHECK(tn_spans_overlap(&odd, &plain, 0) == TN_TOO_HARD, "the smallest stride");
    CHECK(tn_spans_overlap(&plain, &odd, 0) == TN_TOO_HARD, "the smallest stride");
    CHECK(tn_span_overlaps_itself(&odd, 0) == TN_TOO_HARD, "the smallest stride");
    odd.shape = one;
    CHECK(tn_spans_overlap(&odd, &plain, 0) == TN_OVERLAPS, "a stride that does not count");
    odd.shape = two;
    odd.strides = half;
    CHECK(tn_spans_overlap(&odd, &odd, 0) == TN_TOO_HARD, "more than the address space");

    /* Pointers that lie further apart than a ptrdiff_t. */
    tn_span low = {.data = (void *)(uintptr_t)16, .type = &byte, .ndim = 1, .shape = two, .strides = one};
    tn_span high = {.data = (void *)(UINTPTR_MAX - 16), .type = &byte, .ndim = 1, .shape = two, .strides = one};
    CHECK(tn_spans_overlap(&low, &high, 0) == TN_TOO_HARD, "too far apart");

    plain.suboffsets = zero;
    CHECK(tn_spans_overlap(&plain, &plain, 0) == TN_TOO_HARD, "indirect memory");
    CHECK(tn_span_overlaps_itself(&plain, 0) == TN_TOO_HARD, "indirect memory");
}

static const test tests[] = {
    {"two spans overlap if and only if they share a byte", test_pairs_of_spans},
    {"a span overlaps itself if and only if two elements share a byte", test_spans_alone},
    {"known pairs are decided", test_known_pairs},
    {"known spans are decided", test_known_spans},
    {"work is bounded, and what it does not decide is too hard", test_work_is_bounded},
    {"what does not fit into 64 bits, and indirect memory, is too hard", test_what_no_number_holds},
};

int main(void)
{
    return run_tests(tests, COUNT(tests));
}
