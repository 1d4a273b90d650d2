/* SPDX-License-Identifier: BSD-3-Clause */
/* Copies against brute force: every address is worked out on its own, all elements are read before the first is
 * written. libtenon's thresholds are small in this build, so that arrays of a few KiB take the ways of large ones. */
#include "tenon/copy.h"

#include <stdlib.h>

#include "check.h"
#include "failing_memory.h"

enum { ROOM = 1 << 16, MAX_NDIM = 5, MAX_ROWS = 64 };

static unsigned char memory[ROOM], expected[ROOM], before[ROOM];

static void fill_room(uint64_t seed)
{
    for (int k = 0; k < ROOM; k += 8) {
        uint64_t bits = next_random(&seed);
        memcpy(memory + k, &bits, 8);
    }
}

/* --- an oracle ---------------------------------------------------------------------------------------------------- */

typedef struct sample {
    tn_span span;
    tn_type type;
    ptrdiff_t shape[MAX_NDIM], strides[MAX_NDIM], suboffsets[MAX_NDIM];
    char *rows[MAX_ROWS];
} sample;

static tn_type void_type(ptrdiff_t itemsize)
{
    return (tn_type){.kind = TN_VOID, .byteorder = TN_NO_ORDER, .alignment = 1, .itemsize = itemsize};
}

static void finish(sample *s, void *data, int ndim, ptrdiff_t itemsize)
{
    s->type = void_type(itemsize);
    s->span = (tn_span){.data = data, .type = &s->type, .ndim = ndim, .shape = s->shape, .strides = s->strides};
}

static unsigned char *address(const tn_span *span, const ptrdiff_t *index)
{
    unsigned char *at = span->data;
    for (int k = 0; k < span->ndim; k++) {
        at += index[k] * span->strides[k];
        if (span->suboffsets != NULL && span->suboffsets[k] >= 0)
            at = *(unsigned char **)(void *)at + span->suboffsets[k];
    }
    return at;
}

/* Counts `index` up in C order; 0 at the end. */
static int next_index(int ndim, const ptrdiff_t *shape, ptrdiff_t *index)
{
    for (int k = ndim - 1; k >= 0; k--) {
        if (++index[k] < shape[k])
            return 1;
        index[k] = 0;
    }
    return 0;
}

static int in_room(const unsigned char *at, ptrdiff_t size)
{
    return at >= memory && at + size <= memory + ROOM;
}

static int fits(const tn_span *span)
{
    ptrdiff_t index[MAX_NDIM] = {0};
    if (tn_span_size(span) == 0)
        return 1;
    do
        if (!in_room(address(span, index), span->type->itemsize))
            return 0;
    while (next_index(span->ndim, span->shape, index));
    return 1;
}

static int lies_on_itself(const tn_span *span)
{
    static unsigned char marks[ROOM];
    ptrdiff_t index[MAX_NDIM] = {0};
    memset(marks, 0, sizeof marks);
    if (tn_span_size(span) == 0)
        return 0;
    do {
        unsigned char *at = address(span, index);
        for (ptrdiff_t k = 0; k < span->type->itemsize; k++)
            if (marks[at - memory + k]++)
                return 1;
    } while (next_index(span->ndim, span->shape, index));
    return 0;
}

/* What memory is to look like, in `expected`. `from` is broadcast by hand. */
static void expect_copy(const tn_span *to, const tn_span *from)
{
    ptrdiff_t index[MAX_NDIM] = {0}, source[MAX_NDIM] = {0}, size = to->type->itemsize;
    memcpy(expected, memory, ROOM);
    if (tn_span_size(to) == 0)
        return;
    do {
        for (int k = 0; k < from->ndim; k++) {
            ptrdiff_t at = index[k + to->ndim - from->ndim];
            source[k] = from->shape[k] == 1 ? 0 : at;
        }
        memcpy(expected + (address(to, index) - memory), address(from, source), (size_t)size);
    } while (next_index(to->ndim, to->shape, index));
}

static ptrdiff_t first_wrong(void)
{
    for (ptrdiff_t k = 0; k < ROOM; k++)
        if (memory[k] != expected[k])
            return k;
    return -1;
}

/* tn_copy, with every allocation failing in turn: then nothing was written. Returns the number of allocations. */
static long check_copy(const char *what, const tn_span *to, const tn_span *from)
{
    expect_copy(to, from);
    memcpy(before, memory, ROOM);
    long live = memory_live();
    for (long k = 1;; k++) {
        tn_error err = {0};
        memory_fail_at(k);
        tn_status status = tn_copy(to, from, TN_CAST_NO, &err);
        int failed = memory_has_failed();
        memory_fail_at(0);
        CHECK(memory_live() == live, "%s: %ld blocks are left", what, memory_live() - live);
        if (!failed) {
            CHECK(status == TN_OK, "%s: status %d, %s", what, (int)status, err.message);
            CHECK(first_wrong() < 0, "%s: byte %td is wrong", what, first_wrong());
            return k - 1;
        }
        CHECK(status == TN_NO_MEMORY, "%s: allocation %ld failed, but the status is %d", what, k, (int)status);
        CHECK(memcmp(memory, before, ROOM) == 0, "%s: written to without memory", what);
        if (status != TN_NO_MEMORY)
            return -1;
    }
}

/* --- direct memory ------------------------------------------------------------------------------------------------ */

static const ptrdiff_t sizes[] = {1, 2, 3, 4, 5, 8, 12, 16, 24, 32, 40, 64, 100};

/* Axes of a layout that is dense but for gaps, in shuffled order and with random directions. */
static void random_layout(uint64_t *state, sample *s, int ndim, const ptrdiff_t *shape, ptrdiff_t itemsize)
{
    int order[MAX_NDIM];
    for (int k = 0; k < ndim; k++)
        order[k] = k;
    for (int k = ndim - 1; k > 0; k--) {
        int other = (int)random_between(state, 0, k), swap = order[k];
        order[k] = order[other];
        order[other] = swap;
    }
    ptrdiff_t stride = itemsize, start = 0;
    for (int n = 0; n < ndim; n++) {
        int k = order[n];
        if (random_between(state, 0, 2) == 0)
            stride += random_between(state, 0, 2) * (random_between(state, 0, 1) ? itemsize : 1);
        s->shape[k] = shape[k];
        s->strides[k] = stride;
        if (random_between(state, 0, 3) == 0) {
            start += (shape[k] - 1) * stride;
            s->strides[k] = -stride;
        }
        if (shape[k] > 0)
            stride *= shape[k];
    }
    finish(s, memory + start, ndim, itemsize);
}

static void place(sample *s, ptrdiff_t offset)
{
    s->span.data = (char *)s->span.data + offset;
}

static void random_shape(uint64_t *state, int ndim, ptrdiff_t most, ptrdiff_t *shape)
{
    for (int k = 0; k < ndim; k++)
        shape[k] = random_between(state, 0, 40) == 0 ? 0 : random_between(state, 1, most);
}

static void test_layouts_that_lie_apart(void)
{
    uint64_t state = 3;
    int copies = 0;
    for (int k = 0; k < 3000; k++) {
        sample to, from;
        ptrdiff_t shape[MAX_NDIM], itemsize = sizes[random_between(&state, 0, COUNT(sizes) - 1)];
        int ndim = (int)random_between(&state, 0, 4);
        random_shape(&state, ndim, ndim < 3 ? 40 : 8, shape);
        random_layout(&state, &to, ndim, shape, itemsize);
        random_layout(&state, &from, ndim, shape, itemsize);
        place(&to, random_between(&state, 0, 100));
        place(&from, ROOM / 2 + random_between(&state, 0, 100));
        if (!fits(&to.span) || !fits(&from.span) || tn_spans_overlap(&to.span, &from.span, 0) != TN_DISJOINT)
            continue;
        fill_room((uint64_t)k);
        char what[64];
        snprintf(what, sizeof what, "case %d", k);
        long asked = check_copy(what, &to.span, &from.span);
        CHECK(asked == 0, "%s: asked for memory", what);
        copies++;
    }
    CHECK(copies > 1500, "only %d of the layouts could be used", copies);
}

static void test_planes_of_all_sizes(void)
{
    static const ptrdiff_t extents[] = {1, 2, 3, 7, 15, 16, 17, 33, 65, 130, 257, 300};
    static const ptrdiff_t widths[] = {1, 2, 4, 8, 16, 3, 24};
    uint64_t state = 5;
    for (int a = 0; a < COUNT(extents); a++)
        for (int b = 0; b < COUNT(extents); b++)
            for (int w = 0; w < COUNT(widths); w++) {
                sample to, from;
                ptrdiff_t width = widths[w], m = extents[a], n = extents[b], gap = random_between(&state, 0, 70);
                if ((m * width + gap) * n > ROOM / 2 - 100)
                    continue;
                ptrdiff_t shape[] = {n, m};
                memcpy(to.shape, shape, sizeof shape);
                memcpy(from.shape, shape, sizeof shape);
                to.strides[0] = m * width + gap;
                to.strides[1] = width;
                from.strides[0] = width;
                from.strides[1] = n * width;
                finish(&to, memory + random_between(&state, 0, 70), 2, width);
                finish(&from, memory + ROOM / 2 + random_between(&state, 0, 15), 2, width);
                fill_room((uint64_t)(m * 1000 + n));
                char what[64];
                snprintf(what, sizeof what, "%td x %td elements of %td bytes, gap %td", n, m, width, gap);
                CHECK(check_copy(what, &to.span, &from.span) == 0, "%s: asked for memory", what);
            }
}

static void test_broadcasting(void)
{
    uint64_t state = 7;
    for (int k = 0; k < 1200; k++) {
        sample to, from;
        ptrdiff_t shape[MAX_NDIM], itemsize = sizes[random_between(&state, 0, COUNT(sizes) - 1)];
        int ndim = (int)random_between(&state, 0, 4), fewer = (int)random_between(&state, 0, ndim);
        random_shape(&state, ndim, ndim < 3 ? 40 : 7, shape);
        random_layout(&state, &to, ndim, shape, itemsize);
        for (int axis = fewer; axis < ndim; axis++)
            if (random_between(&state, 0, 1))
                shape[axis] = 1;
        random_layout(&state, &from, ndim - fewer, shape + fewer, itemsize);
        place(&from, ROOM / 2);
        if (!fits(&to.span) || !fits(&from.span) || tn_spans_overlap(&to.span, &from.span, 0) != TN_DISJOINT)
            continue;
        fill_room((uint64_t)k);
        char what[64];
        snprintf(what, sizeof what, "case %d", k);
        check_copy(what, &to.span, &from.span);
    }
}

/* --- overlap ------------------------------------------------------------------------------------------------------ */

static void test_anything_may_overlap(void)
{
    uint64_t state = 11;
    int copies = 0, refused = 0, in_place = 0;
    for (int k = 0; k < 12000; k++) {
        sample to, from;
        ptrdiff_t itemsize = sizes[random_between(&state, 0, 8)];
        int ndim = (int)random_between(&state, 0, 3), alike = random_between(&state, 0, 3) == 0;
        for (int axis = 0; axis < ndim; axis++) {
            to.shape[axis] = from.shape[axis] = random_between(&state, 1, 6);
            to.strides[axis] = random_between(&state, -12, 12) * (random_between(&state, 0, 1) ? itemsize : 1);
            from.strides[axis] = random_between(&state, -12, 12) * (random_between(&state, 0, 1) ? itemsize : 1);
            if (alike)
                from.strides[axis] = to.strides[axis];
        }
        finish(&to, memory + ROOM / 2, ndim, itemsize);
        finish(&from, memory + ROOM / 2 + random_between(&state, -60, 60), ndim, itemsize);
        if (!fits(&to.span) || !fits(&from.span))
            continue;
        if (k % 50 == 0)
            fill_room((uint64_t)k);
        char what[64];
        snprintf(what, sizeof what, "case %d", k);
        if (lies_on_itself(&to.span)) {
            refused++;
            memcpy(expected, memory, ROOM);
            CHECK(tn_copy(&to.span, &from.span, TN_CAST_NO, NULL) == TN_WRONG_VALUE, "%s was not refused", what);
            CHECK(first_wrong() < 0, "%s was refused, but written to", what);
            continue;
        }
        copies++;
        in_place += check_copy(what, &to.span, &from.span) == 0;
    }
    CHECK(copies > 1500 && refused > 1500 && in_place > 500 && copies - in_place > 500,
          "%d copies, %d of them in place, %d refused", copies, in_place, refused);
}

typedef struct shift {
    const char *what;
    int ndim;
    ptrdiff_t shape[2], to_strides[2], from_strides[2], distance;
    long asked; /* allocations */
} shift;

static void test_memory_is_asked_for_only_where_it_is_needed(void)
{
    static const shift cases[] = {
        {"a contiguous run moved up", 1, {100}, {8}, {8}, 8, 0},
        {"a contiguous run moved down", 1, {100}, {8}, {8}, -8, 0},
        {"by part of an element", 1, {100}, {16}, {16}, 3, 0},
        {"by part of an element, down", 1, {100}, {16}, {16}, -3, 0},
        {"rows moved up", 2, {10, 10}, {100, 8}, {100, 8}, 100, 0},
        {"rows moved down", 2, {10, 10}, {100, 8}, {100, 8}, -100, 0},
        {"within rows", 2, {10, 10}, {100, 8}, {100, 8}, 8, 0},
        {"columns of a matrix, both backwards", 2, {10, 10}, {-8, 200}, {-8, 200}, 16, 0},
        {"every second element pulled together", 1, {50}, {8}, {16}, 0, 0},
        {"spread out", 1, {50}, {16}, {8}, 0, 0},
        {"onto itself", 2, {10, 10}, {80, 8}, {80, 8}, 0, 0},
        {"reversed in place", 1, {50}, {8}, {-8}, 49 * 8, 1},
        {"transposed in place", 2, {10, 10}, {80, 8}, {8, 80}, 0, 1},
        {"one element of it everywhere", 1, {50}, {8}, {0}, 80, 1},
    };
    for (int k = 0; k < COUNT(cases); k++) {
        const shift *c = &cases[k];
        sample to, from;
        memcpy(to.shape, c->shape, sizeof c->shape);
        memcpy(from.shape, c->shape, sizeof c->shape);
        memcpy(to.strides, c->to_strides, sizeof c->to_strides);
        memcpy(from.strides, c->from_strides, sizeof c->from_strides);
        finish(&to, memory + ROOM / 2, c->ndim, 8);
        finish(&from, memory + ROOM / 2 + c->distance, c->ndim, 8);
        fill_room((uint64_t)k);
        long asked = check_copy(c->what, &to.span, &from.span);
        CHECK(asked == c->asked, "%s: %ld allocations, expected %ld", c->what, asked, c->asked);
    }
}

/* --- indirect memory ---------------------------------------------------------------------------------------------- */

/* Rows of `n` elements, `distance` from one to the next in shuffled order, from `start` on. */
static void make_rows(uint64_t *state, sample *s, ptrdiff_t m, ptrdiff_t n, ptrdiff_t itemsize, ptrdiff_t start,
                      ptrdiff_t distance)
{
    ptrdiff_t suboffset = random_between(state, 0, 3) * itemsize, stride = itemsize * random_between(state, 1, 2);
    for (ptrdiff_t k = 0; k < m; k++)
        s->rows[k] = (char *)memory + start + k * distance - suboffset;
    for (ptrdiff_t k = m - 1; k > 0; k--) {
        ptrdiff_t other = random_between(state, 0, k);
        char *swap = s->rows[k];
        s->rows[k] = s->rows[other];
        s->rows[other] = swap;
    }
    s->shape[0] = m;
    s->shape[1] = n;
    s->strides[0] = sizeof(char *);
    s->strides[1] = stride;
    s->suboffsets[0] = suboffset;
    s->suboffsets[1] = -1;
    finish(s, s->rows, 2, itemsize);
    s->span.suboffsets = s->suboffsets;
    if (random_between(state, 0, 3) == 0) {
        s->span.data = s->rows + m - 1;
        s->strides[0] = -(ptrdiff_t)sizeof(char *);
    }
}

static void test_rows_to_and_from(void)
{
    uint64_t state = 13;
    for (int k = 0; k < 2000; k++) {
        sample one, other;
        ptrdiff_t m = random_between(&state, 1, 20), n = random_between(&state, 1, 20), shape[] = {m, n};
        ptrdiff_t itemsize = sizes[random_between(&state, 0, 9)];
        make_rows(&state, &one, m, n, itemsize, ROOM / 2, random_between(&state, 0, 2) * 45 * itemsize);
        int both = random_between(&state, 0, 2) == 0;
        /* The rows of the other one lie between those of the first, or behind all of them, or anywhere. */
        ptrdiff_t start = random_between(&state, 0, 1) ? ROOM / 4 : ROOM / 2 + random_between(&state, 0, 45) * itemsize;
        if (both)
            make_rows(&state, &other, m, n, itemsize, start, 90 * itemsize);
        else {
            random_layout(&state, &other, 2, shape, itemsize);
            place(&other, start);
        }
        if (!fits(&one.span) || !fits(&other.span))
            continue;
        if (k % 20 == 0)
            fill_room((uint64_t)k);
        char what[64];
        snprintf(what, sizeof what, "case %d, %td rows of %td", k, m, n);
        check_copy(what, &other.span, &one.span);
        if (lies_on_itself(&one.span))
            CHECK(tn_copy(&one.span, &other.span, TN_CAST_NO, NULL) == TN_WRONG_VALUE, "%s were not refused", what);
        else
            check_copy(what, &one.span, &other.span);
    }
}

static void test_an_axis_of_pointers_to_planes(void)
{
    static ptrdiff_t shape[] = {3, 4, 5};
    sample planes, rows;
    for (int k = 0; k < 3; k++)
        planes.rows[k] = (char *)memory + (2 - k) * 1000;
    /* Every plane through a pointer, and within it every row through another one. */
    for (int k = 0; k < 3; k++)
        rows.rows[k] = (char *)&rows.rows[3 + 4 * k];
    for (int k = 0; k < 12; k++)
        rows.rows[3 + k] = (char *)memory + ROOM / 2 + k * 77;
    memcpy(planes.shape, shape, sizeof shape);
    memcpy(rows.shape, shape, sizeof shape);
    memcpy(planes.strides, (ptrdiff_t[]){sizeof(char *), 8, 32}, sizeof shape);
    memcpy(planes.suboffsets, (ptrdiff_t[]){16, -1, -1}, sizeof shape);
    memcpy(rows.strides, (ptrdiff_t[]){sizeof(char *), sizeof(char *), 8}, sizeof shape);
    memcpy(rows.suboffsets, (ptrdiff_t[]){0, 4, -1}, sizeof shape);
    finish(&planes, planes.rows, 3, 8);
    finish(&rows, rows.rows, 3, 8);
    planes.span.suboffsets = planes.suboffsets;
    rows.span.suboffsets = rows.suboffsets;
    fill_room(1);
    check_copy("planes to rows", &rows.span, &planes.span);
    fill_room(2);
    check_copy("rows to planes", &planes.span, &rows.span);
}

static void test_rows_that_run_backwards_on_both_sides(void)
{
    sample rows, direct;
    for (int k = 0; k < 3; k++)
        rows.rows[k] = (char *)memory + (2 - k) * 1000;
    memcpy(rows.shape, (ptrdiff_t[]){3, 5}, 2 * sizeof *rows.shape);
    memcpy(rows.strides, (ptrdiff_t[]){sizeof(char *), -8}, 2 * sizeof *rows.strides);
    memcpy(rows.suboffsets, (ptrdiff_t[]){32, -1}, 2 * sizeof *rows.suboffsets); /* to the last element */
    memcpy(direct.shape, rows.shape, sizeof rows.shape);
    memcpy(direct.strides, (ptrdiff_t[]){56, -8}, 2 * sizeof *direct.strides);
    finish(&rows, rows.rows, 2, 8);
    finish(&direct, (char *)memory + ROOM / 2 + 32, 2, 8);
    rows.span.suboffsets = rows.suboffsets;
    fill_room(1);
    check_copy("rows that run backwards, gathered", &direct.span, &rows.span);
    fill_room(2);
    check_copy("rows that run backwards, scattered", &rows.span, &direct.span);
}

static void test_rows_are_moved_without_memory_where_they_lie_apart(void)
{
    uint64_t state = 17;
    sample rows, direct;
    ptrdiff_t shape[] = {16, 8};
    make_rows(&state, &rows, 16, 8, 8, 0, 256);
    random_layout(&state, &direct, 2, shape, 8);
    place(&direct, ROOM / 2);
    fill_room(1);
    CHECK(check_copy("gathered", &direct.span, &rows.span) == 0, "gathering asked for memory");
    fill_room(2);
    /* The rows are shuffled, and sorted to see that none lies on another. */
    CHECK(check_copy("scattered", &rows.span, &direct.span) == 1, "scattering did not ask for a list");
}

/* --- new arrays --------------------------------------------------------------------------------------------------- */

static void test_new_arrays_have_the_elements_of_others(void)
{
    static const tn_order orders[] = {TN_ORDER_C, TN_ORDER_F, TN_ORDER_ROWS};
    uint64_t state = 29;
    for (int k = 0; k < 600; k++) {
        sample from;
        ptrdiff_t shape[MAX_NDIM], index[MAX_NDIM] = {0}, itemsize = sizes[random_between(&state, 0, 12)];
        int ndim = (int)random_between(&state, 0, 4);
        tn_order order = orders[k % 3];
        random_shape(&state, ndim, ndim < 3 ? 40 : 7, shape);
        random_layout(&state, &from, ndim, shape, itemsize);
        if (ndim > 0 && random_between(&state, 0, 3) == 0)
            from.strides[0] = 0;
        if (!fits(&from.span))
            continue;
        if (k % 20 == 0)
            fill_room((uint64_t)k);
        tn_array made;
        tn_status status;
        int failed;
        for (long n = 1;; n++) {
            memory_fail_at(n);
            status = tn_array_copy(&from.span, order, &made, NULL);
            failed = memory_has_failed();
            memory_fail_at(0);
            if (!failed)
                break;
            CHECK(status == TN_NO_MEMORY && made.span.data == NULL, "case %d: status %d", k, (int)status);
        }
        CHECK(status == TN_OK, "case %d: status %d", k, (int)status);
        if (status != TN_OK)
            continue;
        if (tn_span_size(&from.span) > 0)
            do
                CHECK(memcmp(address(&made.span, index), address(&from.span, index), (size_t)itemsize) == 0,
                      "case %d: an element is wrong", k);
            while (next_index(ndim, from.shape, index));
        tn_array_release(&made);
        CHECK(memory_live() == 0, "case %d: %ld blocks are left", k, memory_live());
    }
}

static void test_new_arrays_of_objects_are_refused(void)
{
    tn_type object = {.kind = TN_OBJECT, .byteorder = TN_NO_ORDER, .alignment = 8, .itemsize = 8};
    tn_span from = {.data = memory, .type = &object};
    tn_array made;
    CHECK(tn_array_copy(&from, TN_ORDER_C, &made, NULL) == TN_WRONG_TYPE && made.span.data == NULL, "made");
}

/* --- filling ------------------------------------------------------------------------------------------------------ */

static void test_filling(void)
{
    uint64_t state = 19;
    for (int k = 0; k < 2000; k++) {
        sample to;
        static unsigned char apart[512];
        ptrdiff_t shape[MAX_NDIM], itemsize = random_between(&state, 0, 3) ? sizes[random_between(&state, 0, 12)] : 300;
        int ndim = (int)random_between(&state, 0, 4);
        random_shape(&state, ndim, ndim < 3 ? 40 : 7, shape);
        random_layout(&state, &to, ndim, shape, itemsize);
        place(&to, random_between(&state, 0, 40));
        if (!fits(&to.span))
            continue;
        fill_room((uint64_t)k);
        memcpy(apart, memory + 1000, sizeof apart);
        int within = random_between(&state, 0, 1);
        const unsigned char *value = within ? memory + random_between(&state, 0, 200) : apart;
        tn_span single = {.data = (void *)value, .type = &to.type};
        expect_copy(&to.span, &single);
        memcpy(before, memory, ROOM);
        memory_fail_at(1);
        tn_status status = tn_fill(&to.span, value, NULL);
        if (memory_has_failed()) {
            CHECK(status == TN_NO_MEMORY && within && itemsize == 300, "case %d: status %d", k, (int)status);
            CHECK(memcmp(memory, before, ROOM) == 0, "case %d: written to without memory", k);
            memory_fail_at(0);
            status = tn_fill(&to.span, value, NULL);
        }
        memory_fail_at(0);
        CHECK(status == TN_OK && first_wrong() < 0, "case %d: status %d, byte %td", k, (int)status, first_wrong());
    }
    CHECK(memory_live() == 0, "%ld blocks are left", memory_live());
}

/* --- what is refused ---------------------------------------------------------------------------------------------- */

typedef struct refusal {
    const char *what;
    const tn_type *to, *from;
    tn_casting casting;
    uint32_t flags;
    ptrdiff_t to_extent, from_extent;
    tn_status status;
    const char *message;
} refusal;

static void test_refusals(void)
{
    static const tn_type object = {.kind = TN_OBJECT, .byteorder = TN_NO_ORDER, .alignment = 8, .itemsize = 8};
    static const tn_type bytes8 = {.kind = TN_BYTES, .byteorder = TN_NO_ORDER, .alignment = 1, .itemsize = 8};
    static const tn_type second = {
        .kind = TN_DATETIME, .byteorder = TN_NATIVE, .alignment = 8, .itemsize = 8, .name = "s"};
    static const tn_field inner[] = {{"o", &object, 0}}, a_int[] = {{"a", &tn_type_int64, 0}},
                          a_float[] = {{"a", &tn_type_float64, 0}};
    static const tn_type holder = {
        .kind = TN_STRUCT, .byteorder = TN_NO_ORDER, .alignment = 8, .itemsize = 8, .nfields = 1, .fields = inner};
    static const tn_type with_int = {
        .kind = TN_STRUCT, .byteorder = TN_NO_ORDER, .alignment = 8, .itemsize = 8, .nfields = 1, .fields = a_int};
    static const tn_type with_float = {
        .kind = TN_STRUCT, .byteorder = TN_NO_ORDER, .alignment = 8, .itemsize = 8, .nfields = 1, .fields = a_float};
    static const tn_type f8 = {.kind = TN_FLOAT, .byteorder = TN_NATIVE, .alignment = 8, .itemsize = 8};
    static const tn_type swapped = {
        .kind = TN_FLOAT, .byteorder = TN_NATIVE == '<' ? '>' : '<', .alignment = 1, .itemsize = 8};
    static const refusal cases[] = {
        {"objects", &object, &object, TN_CAST_C, 0, 3, 3, TN_WRONG_TYPE, "Python objects cannot be copied as bytes"},
        {"structures with objects", &holder, &holder, TN_CAST_NO, 0, 3, 3, TN_WRONG_TYPE,
         "Python objects cannot be copied as bytes"},
        {"another type", &f8, &tn_type_int64, TN_CAST_NO, 0, 3, 3, TN_WRONG_TYPE,
         "the source is int64, the destination float64, and no cast was asked for"},
        {"another byte order", &f8, &swapped, TN_CAST_NO, 0, 3, 3, TN_WRONG_TYPE,
         "the source is >float64, the destination float64, and no cast was asked for"},
        {"text to numbers", &f8, &bytes8, TN_CAST_C, 0, 3, 3, TN_WRONG_TYPE,
         "the source is bytes[8], the destination float64; only numbers can be cast"},
        {"numbers to times", &second, &tn_type_int64, TN_CAST_C, 0, 3, 3, TN_WRONG_TYPE,
         "the source is int64, the destination datetime64[s]; only numbers can be cast"},
        {"other structures", &with_int, &with_float, TN_CAST_C, 0, 3, 3, TN_WRONG_TYPE,
         "field 'a' is float64, expected int64"},
        {"read-only", &f8, &f8, TN_CAST_NO, TN_READONLY, 3, 3, TN_WRONG_VALUE, "the destination is read-only"},
        {"another extent", &f8, &f8, TN_CAST_NO, 0, 3, 2, TN_WRONG_VALUE, "shape (2,) cannot be broadcast to (3,)"},
        {"a negative extent", &f8, &f8, TN_CAST_NO, 0, -3, -3, TN_WRONG_VALUE,
         "extent 0 is -3, and must not be negative"},
    };
    for (int k = 0; k < COUNT(cases); k++) {
        const refusal *c = &cases[k];
        double data[6] = {1, 2, 3, 4, 5, 6};
        ptrdiff_t stride = 8;
        tn_span to = {
            .data = data, .type = c->to, .ndim = 1, .flags = c->flags, .shape = &c->to_extent, .strides = &stride};
        tn_span from = {.data = data + 3, .type = c->from, .ndim = 1, .shape = &c->from_extent, .strides = &stride};
        tn_error err = {0};
        tn_status status = tn_copy(&to, &from, c->casting, &err);
        CHECK(status == c->status && strcmp(err.message, c->message) == 0, "%s: %d, %s", c->what, (int)status,
              err.message);
        CHECK(data[0] == 1 && data[2] == 3, "%s: written to", c->what);
        CHECK(tn_copy(&to, &from, c->casting, NULL) == c->status, "%s, without an error record", c->what);
    }
}

static void test_a_fill_of_what_is_read_only_is_refused(void)
{
    double data = 1, value = 2;
    tn_span to = {.data = &data, .type = &tn_type_float64, .flags = TN_READONLY};
    CHECK(tn_fill(&to, &value, NULL) == TN_WRONG_VALUE && data == 1, "filled");
}

static void test_structures_equal_by_meaning_are_copied_whole(void)
{
    static const tn_field fields[] = {{"a", &tn_type_int8, 0}, {"b", &tn_type_float64, 8}};
    tn_type one = {.kind = TN_STRUCT, .byteorder = TN_NO_ORDER, .alignment = 8, .itemsize = 16, .nfields = 2,
                   .fields = fields, .name = "one"};
    tn_type other = one;
    other.alignment = 1;
    other.name = "other";
    struct pair {
        int8_t a;
        double b;
    } from[2] = {{1, 2}, {3, 4}}, to[2];
    ptrdiff_t extent = 2, stride = 16;
    tn_span source = {.data = from, .type = &one, .ndim = 1, .shape = &extent, .strides = &stride};
    tn_span target = {.data = to, .type = &other, .ndim = 1, .shape = &extent, .strides = &stride};
    CHECK(tn_copy(&target, &source, TN_CAST_NO, NULL) == TN_OK, "refused");
    CHECK(to[0].a == 1 && to[0].b == 2 && to[1].a == 3 && to[1].b == 4, "not copied");
}

static const test tests[] = {
    {"any direct layout is copied to any other", test_layouts_that_lie_apart},
    {"planes of all sizes are transposed", test_planes_of_all_sizes},
    {"the source is broadcast", test_broadcasting},
    {"what overlaps is copied as if it had been elsewhere, what overlaps itself is refused", test_anything_may_overlap},
    {"memory is asked for only where it is needed", test_memory_is_asked_for_only_where_it_is_needed},
    {"rows behind pointers are gathered and scattered", test_rows_to_and_from},
    {"rows that lie apart are moved without memory", test_rows_are_moved_without_memory_where_they_lie_apart},
    {"several axes may be indirect", test_an_axis_of_pointers_to_planes},
    {"rows may run backwards on both sides", test_rows_that_run_backwards_on_both_sides},
    {"new arrays have the elements of others", test_new_arrays_have_the_elements_of_others},
    {"objects are not copied into new arrays", test_new_arrays_of_objects_are_refused},
    {"one value fills any layout, also a value from within", test_filling},
    {"what cannot be copied is refused with a reason", test_refusals},
    {"what is read-only is not filled", test_a_fill_of_what_is_read_only_is_refused},
    {"structures equal by meaning are copied whole", test_structures_equal_by_meaning_are_copied_whole},
};

int main(void)
{
    return run_tests(tests, COUNT(tests));
}
