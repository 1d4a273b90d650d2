/* SPDX-License-Identifier: BSD-3-Clause */
/* Arrays that grow. The truth is a plain C array that the same things are done to. */
#include "tenon/array.h"

#include <pthread.h>

#include "check.h"
#include "failing_memory.h"

static const tn_field fields[] = {{"a", &tn_type_int32, 0}, {"b", &tn_type_int8, 4}};
static const tn_type pair = {.kind = TN_STRUCT, .byteorder = TN_NO_ORDER, .alignment = 1, .itemsize = 5, .nfields = 2,
                             .fields = fields};
static const tn_type page = {.kind = TN_VOID, .byteorder = TN_NO_ORDER, .alignment = 4096, .itemsize = 8};

static tn_growable *new_growable(const tn_type *type)
{
    tn_growable *growable = NULL;
    CHECK(tn_growable_new(type, &growable, NULL) == TN_OK && growable != NULL, "no container");
    return growable;
}

/* For the type as soon as there are elements, and at a multiple of 64 always. */
static int is_aligned(const tn_span *span)
{
    uintptr_t mask = (span->shape[0] > 0 && span->type->alignment > 64 ? span->type->alignment : 64) - 1;
    return ((uintptr_t)span->data & mask) == 0;
}

static void test_a_new_container_is_empty(void)
{
    tn_growable *growable = new_growable(&pair);
    tn_span span = tn_growable_span(growable);
    CHECK(tn_span_check(&span, NULL) == TN_OK && span.ndim == 1 && span.shape[0] == 0 && span.strides[0] == 5,
          "not an empty span");
    CHECK(tn_type_equal(span.type, &pair) && span.type != &pair, "the type is not kept");
    CHECK(is_aligned(&span) && tn_growable_views(growable) == 0, "alignment or views");
    tn_growable_free(growable);
    tn_growable_free(NULL);
    CHECK(memory_live() == 0, "%ld blocks are left", memory_live());

    static const tn_type bad = {.kind = TN_VOID, .byteorder = TN_NO_ORDER, .alignment = 1, .itemsize = -1};
    tn_growable *none = growable;
    CHECK(tn_growable_new(&bad, &none, NULL) == TN_WRONG_VALUE && none == NULL, "a negative itemsize");
}

enum { MOST = 6000, LARGEST = 8 };

/* A plain array, and what happens to it. */
typedef struct model {
    ptrdiff_t length;
    char bytes[MOST * LARGEST];
} model;

static int agrees(const tn_growable *growable, const model *expected, ptrdiff_t itemsize)
{
    tn_span span = tn_growable_span(growable);
    return span.shape[0] == expected->length && is_aligned(&span) && tn_growable_capacity(growable) >= span.shape[0] &&
           memcmp(span.data, expected->bytes, (size_t)(expected->length * itemsize)) == 0;
}

static void resize_model(model *m, ptrdiff_t length, ptrdiff_t itemsize)
{
    if (length > m->length)
        memset(m->bytes + m->length * itemsize, 0, (size_t)((length - m->length) * itemsize));
    m->length = length;
}

static void append_to_model(model *m, const char *values, ptrdiff_t count, ptrdiff_t itemsize)
{
    memmove(m->bytes + m->length * itemsize, values, (size_t)(count * itemsize));
    m->length += count;
}

/* Numbers, and elements of the container itself. */
static void append_something(tn_growable *growable, model *m, uint64_t *state, ptrdiff_t itemsize)
{
    char values[40 * LARGEST];
    ptrdiff_t count = random_between(state, 0, 40);
    if (random_between(state, 0, 2) == 0 && m->length >= count && m->length + count < 2000) {
        ptrdiff_t first = random_between(state, 0, m->length - count);
        const char *inside = (const char *)tn_growable_span(growable).data + first * itemsize;
        CHECK(tn_growable_append(growable, inside, count, NULL) == TN_OK, "not appended");
        append_to_model(m, m->bytes + first * itemsize, count, itemsize);
        return;
    }
    for (size_t k = 0; k < sizeof values; k++)
        values[k] = (char)next_random(state);
    CHECK(tn_growable_append(growable, values, count, NULL) == TN_OK, "not appended");
    append_to_model(m, values, count, itemsize);
}

static void test_what_happens_to_it_happens_to_a_plain_array(void)
{
    static const tn_type *const types[] = {&tn_type_float64, &tn_type_int8, &pair, &page};
    static model m;
    uint64_t state = 3;
    for (int t = 0; t < COUNT(types); t++) {
        ptrdiff_t itemsize = types[t]->itemsize;
        for (int run = 0; run < 50; run++) {
            tn_growable *growable = new_growable(types[t]);
            m.length = 0;
            for (int k = 0; k < 60; k++) {
                ptrdiff_t what = random_between(&state, 0, 5), size = random_between(&state, 0, 400);
                if (what == 0) {
                    CHECK(tn_growable_resize(growable, size, NULL) == TN_OK, "not resized");
                    resize_model(&m, size, itemsize);
                } else if (what == 1) {
                    CHECK(tn_growable_reserve(growable, size, NULL) == TN_OK, "not reserved");
                    CHECK(tn_growable_capacity(growable) >= size, "less than reserved");
                } else
                    append_something(growable, &m, &state, itemsize);
                CHECK(agrees(growable, &m, itemsize), "type %d, run %d, step %d", t, run, k);
            }
            tn_growable_free(growable);
        }
    }
    CHECK(memory_live() == 0, "%ld blocks are left", memory_live());
}

static void test_appending_allocates_rarely(void)
{
    tn_growable *growable = new_growable(&tn_type_float64);
    memory_fail_at(0);
    for (int k = 0; k < 100000; k++) {
        double value = k;
        if (tn_growable_append(growable, &value, 1, NULL) != TN_OK)
            CHECK(0, "not appended");
    }
    CHECK(memory_asked() <= 17, "%ld allocations for 100 000 appends", memory_asked());
    tn_growable_free(growable);

    growable = new_growable(&tn_type_float64);
    CHECK(tn_growable_reserve(growable, 1000, NULL) == TN_OK, "not reserved");
    memory_fail_at(0);
    CHECK(tn_growable_resize(growable, 1000, NULL) == TN_OK && memory_asked() == 0, "allocated again");
    tn_growable_free(growable);
}

/* What would change its length or move its memory. */
static tn_status disturb(tn_growable *growable, int how, tn_error *err)
{
    static const double value = 5;
    switch (how) {
    case 0:
        return tn_growable_append(growable, &value, 1, err);
    case 1:
        return tn_growable_resize(growable, 100, err);
    case 2:
        return tn_growable_resize(growable, 1, err);
    case 3:
        return tn_growable_resize(growable, 0, err);
    default:
        return tn_growable_reserve(growable, 1000, err);
    }
}

static void test_growth_is_refused_while_views_are_alive(void)
{
    static const double values[] = {1, 2, 3};
    tn_growable *growable = new_growable(&tn_type_float64);
    tn_array lent[3];
    CHECK(tn_growable_append(growable, values, 3, NULL) == TN_OK, "not appended");
    void *data = tn_growable_span(growable).data;
    for (int views = 1; views <= 3; views++) {
        if (views < 3)
            CHECK(tn_growable_share(growable, &lent[views - 1], NULL) == TN_OK, "not lent");
        else /* a share of what is lent is a view, too */
            CHECK(tn_array_share(&lent[0], NULL, &lent[2], NULL) == TN_OK, "not shared");
        CHECK(tn_growable_views(growable) == views, "%td views", tn_growable_views(growable));
        for (int how = 0; how < 5; how++) {
            tn_error err;
            char expected[40];
            snprintf(expected, sizeof expected, views == 1 ? "%d view is alive" : "%d views are alive", views);
            CHECK(disturb(growable, how, &err) == TN_BUSY, "disturbed by %d", how);
            CHECK(strstr(err.message, expected) != NULL, "\"%s\" does not say \"%s\"", err.message, expected);
            tn_span span = tn_growable_span(growable);
            CHECK(span.data == data && span.shape[0] == 3 && memcmp(data, values, sizeof values) == 0, "changed");
        }
    }
    CHECK(lent[2].span.data == data && lent[2].span.shape[0] == 3, "what is lent is something else");
    for (int k = 0; k < 3; k++) {
        CHECK(disturb(growable, 0, NULL) == TN_BUSY, "disturbed");
        tn_array_release(&lent[k]);
    }
    for (int how = 0; how < 5; how++)
        CHECK(disturb(growable, how, NULL) == TN_OK, "refused though nobody looks");
    tn_growable_free(growable);
    CHECK(memory_live() == 0, "%ld blocks are left", memory_live());
}

static void test_what_changes_nothing_is_not_refused(void)
{
    tn_growable *growable = new_growable(&tn_type_float64);
    tn_array lent;
    CHECK(tn_growable_resize(growable, 3, NULL) == TN_OK, "not resized");
    CHECK(tn_growable_share(growable, &lent, NULL) == TN_OK, "not lent");
    CHECK(tn_growable_append(growable, NULL, 0, NULL) == TN_OK, "nothing cannot be appended");
    CHECK(tn_growable_resize(growable, 3, NULL) == TN_OK, "the same length is refused");
    CHECK(tn_growable_reserve(growable, 2, NULL) == TN_OK, "what is there cannot be reserved");
    tn_array_release(&lent);
    tn_growable_free(growable);
}

static void test_lent_memory_outlives_the_container(void)
{
    static const double values[] = {1, 2, 3};
    tn_growable *growable = new_growable(&tn_type_float64);
    tn_array lent, empty;
    CHECK(tn_growable_share(growable, &empty, NULL) == TN_OK && empty.span.shape[0] == 0, "nothing cannot be lent");
    tn_array_release(&empty);
    CHECK(tn_growable_append(growable, values, 3, NULL) == TN_OK, "not appended");
    CHECK(tn_growable_share(growable, &lent, NULL) == TN_OK, "not lent");
    tn_growable_free(growable);
    CHECK(memcmp(lent.span.data, values, sizeof values) == 0, "the memory is gone");
    tn_array_release(&lent);
    CHECK(memory_live() == 0, "%ld blocks are left", memory_live());
}

static void test_lengths_that_cannot_be(void)
{
    tn_growable *growable = new_growable(&tn_type_float64);
    const double value = 4;
    CHECK(tn_growable_append(growable, &value, 1, NULL) == TN_OK, "not appended");
    const struct {
        const char *name;
        tn_status status, expected;
    } cases[] = {
        {"a negative count", tn_growable_append(growable, &value, -1, NULL), TN_WRONG_VALUE},
        {"values at NULL", tn_growable_append(growable, NULL, 1, NULL), TN_WRONG_VALUE},
        {"more elements than can be counted", tn_growable_append(growable, &value, PTRDIFF_MAX, NULL), TN_OUT_OF_RANGE},
        {"too many bytes", tn_growable_append(growable, &value, PTRDIFF_MAX / 8, NULL), TN_OUT_OF_RANGE},
        {"a negative length", tn_growable_resize(growable, -1, NULL), TN_WRONG_VALUE},
        {"too long", tn_growable_resize(growable, PTRDIFF_MAX, NULL), TN_OUT_OF_RANGE},
        {"too much room", tn_growable_reserve(growable, PTRDIFF_MAX / 4, NULL), TN_OUT_OF_RANGE},
        {"more than there is", tn_growable_reserve(growable, PTRDIFF_MAX / 8 - 100, NULL), TN_NO_MEMORY},
    };
    for (int k = 0; k < COUNT(cases); k++)
        CHECK(cases[k].status == cases[k].expected, "%s: status %d", cases[k].name, (int)cases[k].status);
    tn_span span = tn_growable_span(growable);
    CHECK(span.shape[0] == 1 && *(double *)span.data == 4, "it has changed");
    tn_growable_free(growable);
}

static void test_every_allocation_may_fail(void)
{
    static const double values[20] = {1, 2, 3};
    static const tn_type *const types[] = {&tn_type_float64, &pair};
    for (int t = 0; t < COUNT(types); t++)
        for (long k = 1;; k++) {
            tn_growable *growable = NULL;
            tn_array lent = {0};
            memory_fail_at(k);
            tn_status status = tn_growable_new(types[t], &growable, NULL);
            ptrdiff_t length = 0;
            if (status == TN_OK && (status = tn_growable_append(growable, values, 3, NULL)) == TN_OK)
                length = 3;
            if (status == TN_OK && (status = tn_growable_append(growable, values, 9, NULL)) == TN_OK)
                length = 12;
            if (status == TN_OK && (status = tn_growable_resize(growable, 100, NULL)) == TN_OK)
                length = 100;
            if (status == TN_OK)
                status = tn_growable_reserve(growable, 1000, NULL);
            if (status == TN_OK)
                status = tn_growable_share(growable, &lent, NULL);
            int failed = memory_has_failed();
            memory_fail_at(0);
            CHECK(status == (failed ? TN_NO_MEMORY : TN_OK), "failure %ld: status %d", k, (int)status);
            CHECK((growable == NULL) == (failed && length == 0 && k <= 2 + t), "a container after failure %ld", k);
            if (growable != NULL) {
                tn_span span = tn_growable_span(growable);
                CHECK(span.shape[0] == length && tn_growable_views(growable) == !failed, "changed by failure %ld", k);
                CHECK(length == 0 || memcmp(span.data, values, (size_t)types[t]->itemsize * 3) == 0, "lost elements");
            }
            tn_array_release(&lent);
            tn_growable_free(growable);
            CHECK(memory_live() == 0, "failure %ld: %ld blocks are left", k, memory_live());
            if (!failed)
                break;
        }
}

static void *release_lent(void *argument)
{
    tn_array *arrays = argument;
    for (int k = 0; k < 200; k++)
        tn_array_release(&arrays[k]);
    return NULL;
}

static void test_threads_release_what_is_lent(void)
{
    static tn_array lent[3][200];
    pthread_t threads[3];
    tn_growable *growable = new_growable(&tn_type_float64);
    CHECK(tn_growable_resize(growable, 10, NULL) == TN_OK, "not resized");
    for (int t = 0; t < 3; t++)
        for (int k = 0; k < 200; k++)
            if (tn_growable_share(growable, &lent[t][k], NULL) != TN_OK)
                CHECK(0, "not lent");
    for (int t = 0; t < 3; t++)
        CHECK(pthread_create(&threads[t], NULL, release_lent, lent[t]) == 0, "no thread");
    /* Refused until the last one is released; then it goes through, once. */
    tn_status status;
    do
        status = tn_growable_resize(growable, 1000, NULL);
    while (status == TN_BUSY);
    CHECK(status == TN_OK && tn_growable_views(growable) == 0, "status %d", (int)status);
    for (int t = 0; t < 3; t++)
        pthread_join(threads[t], NULL);
    tn_growable_free(growable);
    CHECK(memory_live() == 0, "%ld blocks are left", memory_live());
}

static const test tests[] = {
    {"a new container is empty and keeps its type", test_a_new_container_is_empty},
    {"what happens to it happens to a plain array", test_what_happens_to_it_happens_to_a_plain_array},
    {"appending allocates rarely, and never what is reserved", test_appending_allocates_rarely},
    {"growth is refused while views are alive, with their number, and nothing changes",
     test_growth_is_refused_while_views_are_alive},
    {"what changes nothing is not refused", test_what_changes_nothing_is_not_refused},
    {"lent memory outlives the container", test_lent_memory_outlives_the_container},
    {"lengths that cannot be are refused, and nothing changes", test_lengths_that_cannot_be},
    {"when any allocation fails, nothing is lost and nothing changes", test_every_allocation_may_fail},
    {"threads may release what is lent", test_threads_release_what_is_lent},
};

int main(void)
{
    return run_tests(tests, COUNT(tests));
}
