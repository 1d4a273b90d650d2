/* SPDX-License-Identifier: BSD-3-Clause */
/* Arrays that own. The truth about a layout is PEP 3118's rule, word for word; the truth about lifetimes is a count of
 * blocks, and releases that count themselves. */
#include "tenon/array.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "check.h"
#include "failing_memory.h"

static char *address_of(const tn_span *span, const ptrdiff_t *index)
{
    char *at = span->data;
    for (int k = 0; k < span->ndim; k++) {
        at += index[k] * span->strides[k];
        if (span->suboffsets != NULL && span->suboffsets[k] >= 0)
            at = *(char **)(void *)at + span->suboffsets[k];
    }
    return at;
}

static int next_index(int ndim, const ptrdiff_t *shape, ptrdiff_t *index)
{
    for (int k = ndim - 1; k >= 0; k--) {
        if (++index[k] < shape[k])
            return 1;
        index[k] = 0;
    }
    return 0;
}

static int has_elements(const tn_span *span)
{
    return tn_span_size(span) > 0;
}

/* Every element gets a value of its own; then all are still there if none lies over another. Bytes beyond an element
 * are the sanitizer's affair. */
static int holds_its_elements(const tn_span *span)
{
    ptrdiff_t index[TN_MAX_NDIM] = {0};
    ptrdiff_t itemsize = span->type->itemsize;
    uint64_t state = 1, value;
    if (!has_elements(span))
        return 1;
    do {
        value = next_random(&state);
        memcpy(address_of(span, index), &value, (size_t)itemsize);
    } while (next_index(span->ndim, span->shape, index));
    state = 1;
    do {
        value = next_random(&state);
        if (memcmp(address_of(span, index), &value, (size_t)itemsize) != 0)
            return 0;
    } while (next_index(span->ndim, span->shape, index));
    return 1;
}

static int is_zero(const tn_span *span)
{
    static const char zeros[64];
    ptrdiff_t index[TN_MAX_NDIM] = {0};
    if (!has_elements(span))
        return 1;
    do {
        if (memcmp(address_of(span, index), zeros, (size_t)span->type->itemsize) != 0)
            return 0;
    } while (next_index(span->ndim, span->shape, index));
    return 1;
}

/* --- types and shapes to try -------------------------------------------------------------------------------------- */

static const tn_field fields[] = {{"a", &tn_type_int32, 0}, {"b", &tn_type_int8, 4}};
static const tn_type pair = {.kind = TN_STRUCT, .byteorder = TN_NO_ORDER, .alignment = 1, .itemsize = 5, .nfields = 2,
                             .fields = fields, .name = "pair"};
static const tn_type swapped = {.kind = TN_FLOAT, .byteorder = TN_NATIVE == '<' ? '>' : '<', .alignment = 1,
                                .itemsize = 8};
static const tn_type page = {.kind = TN_VOID, .byteorder = TN_NO_ORDER, .alignment = 4096, .itemsize = 8};
static const tn_type nothing = {.kind = TN_BYTES, .byteorder = TN_NO_ORDER, .alignment = 1, .itemsize = 0};
static const tn_type *const types[] = {&tn_type_float64, &tn_type_int8, &pair, &swapped, &page, &nothing};

static const struct {
    int ndim;
    ptrdiff_t shape[4];
} shapes[] = {{0, {0}},          {1, {5}},          {1, {0}},       {2, {3, 4}},    {2, {1, 1}},      {2, {7, 13}},
              {2, {0, 4}},       {2, {4, 0}},       {3, {2, 3, 4}}, {3, {2, 0, 4}}, {3, {0, 3, 4}},   {3, {3, 2, 0}},
              {4, {2, 3, 4, 5}}, {4, {1, 2, 1, 3}}, {4, {2, 3, 0, 5}}};

static const tn_order orders[] = {TN_ORDER_C, TN_ORDER_F, TN_ORDER_ROWS};

/* --- new arrays --------------------------------------------------------------------------------------------------- */

static int is_laid_out(const tn_span *span, tn_order order)
{
    if (order != TN_ORDER_ROWS || span->ndim < 2)
        return span->suboffsets == NULL &&
               tn_is_contiguous(span->ndim, span->shape, span->strides, span->type->itemsize,
                                order == TN_ORDER_F ? TN_ORDER_F : TN_ORDER_C);
    for (int k = 0; k < span->ndim; k++) {
        int last = k == span->ndim - 1;
        if (span->suboffsets == NULL || span->suboffsets[k] != (last ? -1 : 0) ||
            span->strides[k] != (last ? span->type->itemsize : (ptrdiff_t)sizeof(void *)))
            return 0;
    }
    return 1;
}

/* With an address that is a multiple of 64 and of the alignment: of the memory, and of each row. */
static int is_aligned(const tn_span *span)
{
    uintptr_t mask = (span->type->alignment > 64 ? span->type->alignment : 64) - 1;
    ptrdiff_t index[TN_MAX_NDIM] = {0};
    if (span->suboffsets == NULL || !has_elements(span))
        return ((uintptr_t)span->data & mask) == 0;
    do {
        if (index[span->ndim - 1] == 0 && ((uintptr_t)address_of(span, index) & mask) != 0)
            return 0;
    } while (next_index(span->ndim, span->shape, index));
    return 1;
}

static void test_new_arrays(void)
{
    for (int t = 0; t < COUNT(types); t++)
        for (int s = 0; s < COUNT(shapes); s++)
            for (int o = 0; o < COUNT(orders) * 2; o++) {
                tn_order order = orders[o / 2];
                int zeroed = o % 2;
                ptrdiff_t shape[4];
                memcpy(shape, shapes[s].shape, sizeof shape);
                tn_array array;
                tn_status status = (zeroed ? tn_array_zeros : tn_array_new)(types[t], shapes[s].ndim, shape, order,
                                                                           &array, NULL);
                CHECK(status == TN_OK, "type %d, shape %d, order %c", t, s, order);
                if (status != TN_OK)
                    continue;
                memset(shape, 0x5a, sizeof shape);
                CHECK(tn_span_check(&array.span, NULL) == TN_OK && array.span.flags == 0, "not a span");
                CHECK(tn_type_equal(array.span.type, types[t]), "type %d is another", t);
                CHECK(array.span.ndim == shapes[s].ndim, "ndim of shape %d", s);
                CHECK(memcmp(array.span.shape, shapes[s].shape, (size_t)shapes[s].ndim * sizeof *shape) == 0,
                      "shape %d is another", s);
                CHECK(is_laid_out(&array.span, order), "layout: type %d, shape %d, order %c", t, s, order);
                CHECK(is_aligned(&array.span), "alignment: type %d, shape %d, order %c", t, s, order);
                CHECK(!zeroed || is_zero(&array.span), "not zero: type %d, shape %d, order %c", t, s, order);
                CHECK(holds_its_elements(&array.span), "overlap: type %d, shape %d, order %c", t, s, order);
                CHECK(tn_array_uses(&array) == 1, "%td uses", tn_array_uses(&array));
                tn_array_release(&array);
                CHECK(memory_live() == 0, "%ld blocks are left", memory_live());
            }
}

static void test_types_are_kept(void)
{
    tn_type *made = NULL;
    tn_array array;
    ptrdiff_t shape[] = {2};
    CHECK(tn_type_copy(&tn_type_float64, &made, NULL) == TN_OK, "no copy");
    CHECK(tn_array_new(made, 1, shape, TN_ORDER_C, &array, NULL) == TN_OK, "no array");
    tn_type_free(made);
    CHECK(array.span.type == &tn_type_float64, "a float64 is not the float64");
    tn_array_release(&array);

    tn_type packed = tn_type_float64;
    packed.alignment = 1;
    CHECK(tn_array_new(&packed, 1, shape, TN_ORDER_C, &array, NULL) == TN_OK, "no array");
    packed.itemsize = 3;
    CHECK(array.span.type->alignment == 1 && array.span.type->itemsize == 8, "a packed float64 is not copied");
    tn_array_release(&array);
    CHECK(memory_live() == 0, "%ld blocks are left", memory_live());
}

static void test_rows_are_what_c_reads(void)
{
    tn_array array;
    ptrdiff_t shape[] = {3, 5}, cube[] = {2, 3, 4};
    CHECK(tn_array_zeros(&tn_type_float64, 2, shape, TN_ORDER_ROWS, &array, NULL) == TN_OK, "no array");
    double **rows = array.span.data;
    rows[2][4] = 7;
    CHECK(*(double *)(void *)address_of(&array.span, (ptrdiff_t[]){2, 4}) == 7, "double ** is another layout");
    tn_array_release(&array);
    CHECK(tn_array_zeros(&tn_type_int32, 3, cube, TN_ORDER_ROWS, &array, NULL) == TN_OK, "no array");
    int32_t ***planes = array.span.data;
    planes[1][2][3] = 9;
    CHECK(*(int32_t *)(void *)address_of(&array.span, (ptrdiff_t[]){1, 2, 3}) == 9, "int *** is another layout");
    tn_array_release(&array);
}

static void test_arrays_that_cannot_be(void)
{
    static const ptrdiff_t negative[] = {3, -1}, huge[] = {PTRDIFF_MAX, 2}, bytes[] = {PTRDIFF_MAX / 8, 2},
                           all[] = {PTRDIFF_MAX - 100}, most[] = {PTRDIFF_MAX / 16, 1, 1}, many[65] = {0},
                           pointers[] = {PTRDIFF_MAX / 2, 0}, wide[] = {0, PTRDIFF_MAX};
    static const tn_type bad = {.kind = TN_VOID, .byteorder = TN_NO_ORDER, .alignment = 1, .itemsize = -1};
    const tn_type *f8 = &tn_type_float64, *i1 = &tn_type_int8;
    const struct {
        const char *name;
        const tn_type *type;
        int ndim;
        const ptrdiff_t *shape;
        int order;
        tn_status status;
    } cases[] = {
        {"negative extent", f8, 2, negative, 'C', TN_WRONG_VALUE},
        {"negative extent, rows", f8, 2, negative, 'R', TN_WRONG_VALUE},
        {"too many elements", i1, 2, huge, 'C', TN_OUT_OF_RANGE},
        {"too many bytes", f8, 2, bytes, 'F', TN_OUT_OF_RANGE},
        {"more than there is", i1, 1, all, 'C', TN_NO_MEMORY},
        {"rows with their padding", i1, 3, most, 'R', TN_OUT_OF_RANGE},
        {"a table of pointers", i1, 2, pointers, 'R', TN_OUT_OF_RANGE},
        {"rows that are padded too far", i1, 2, wide, 'R', TN_OUT_OF_RANGE},
        {"ndim 65", i1, 65, many, 'C', TN_WRONG_VALUE},
        {"ndim 65, rows", i1, 65, many, 'R', TN_WRONG_VALUE},
        {"ndim -1", i1, -1, many, 'C', TN_WRONG_VALUE},
        {"no such order", f8, 1, many, 'K', TN_WRONG_VALUE},
        {"negative itemsize", &bad, 1, many, 'C', TN_WRONG_VALUE},
    };
    for (int k = 0; k < COUNT(cases); k++) {
        tn_array array = {.owner = &array};
        tn_error err = {.status = TN_OK};
        tn_order order = (tn_order)cases[k].order;
        tn_status status = tn_array_zeros(cases[k].type, cases[k].ndim, cases[k].shape, order, &array, &err);
        CHECK(status == cases[k].status && err.status == status, "%s: status %d", cases[k].name, (int)status);
        CHECK(array.span.data == NULL && array.release == NULL && array.owner == NULL, "%s: not {0}", cases[k].name);
        CHECK(memory_live() == 0, "%s: %ld blocks are left", cases[k].name, memory_live());
        tn_array_release(&array);
    }
}

/* --- memory that exists ------------------------------------------------------------------------------------------- */

static double values[12];
static atomic_int releases;

static void count_release(void *context)
{
    atomic_fetch_add((atomic_int *)context, 1);
}

static tn_span matrix(tn_layout *layout)
{
    layout->shape[0] = 3;
    layout->shape[1] = 4;
    layout->strides[0] = 4 * sizeof(double);
    layout->strides[1] = sizeof(double);
    return (tn_span){.data = values, .type = &tn_type_float64, .ndim = 2, .shape = layout->shape,
                     .strides = layout->strides};
}

static void test_wrapping(void)
{
    tn_layout layout;
    tn_array array;
    tn_span span = matrix(&layout);
    releases = 0;
    span.flags = TN_READONLY | TN_UNOWNED;
    CHECK(tn_array_wrap(&span, count_release, &releases, &array, NULL) == TN_OK, "not wrapped");
    memset(&layout, 0x5a, sizeof layout);
    CHECK(array.span.data == values && array.span.ndim == 2, "other memory");
    CHECK(array.span.shape[1] == 4 && array.span.strides[0] == 32 && array.span.suboffsets == NULL, "another layout");
    CHECK(array.span.flags == TN_READONLY, "flags %u", (unsigned)array.span.flags);
    CHECK(releases == 0, "released early");
    tn_array_release(&array);
    tn_array_release(&array);
    tn_array_release(NULL);
    CHECK(releases == 1, "%d releases", releases);
    CHECK(array.span.data == NULL && array.release == NULL && array.owner == NULL, "not {0} after release");

    span = matrix(&layout);
    CHECK(tn_array_wrap(&span, NULL, NULL, &array, NULL) == TN_OK, "not wrapped");
    tn_array other;
    CHECK(tn_array_share(&array, NULL, &other, NULL) == TN_OK, "not shared");
    CHECK(array.span.flags == TN_UNOWNED && other.span.flags == TN_UNOWNED, "static memory seems owned");
    tn_array_release(&array);
    tn_array_release(&other);
    CHECK(memory_live() == 0, "%ld blocks are left", memory_live());
}

static void test_wrapping_indirect_memory(void)
{
    void *rows[3] = {values, values + 4, values + 8};
    ptrdiff_t shape[] = {3, 4};
    tn_layout layout;
    tn_span span;
    tn_array array;
    CHECK(tn_span_rows(rows, &tn_type_float64, 2, shape, 0, &span, &layout, NULL) == TN_OK, "no rows");
    CHECK(tn_array_wrap(&span, count_release, &releases, &array, NULL) == TN_OK, "not wrapped");
    memset(&layout, 0x5a, sizeof layout);
    CHECK(address_of(&array.span, (ptrdiff_t[]){2, 3}) == (char *)&values[11], "another element");
    tn_array_release(&array);
    CHECK(memory_live() == 0, "%ld blocks are left", memory_live());
}

static void test_what_cannot_be_wrapped_is_not_released(void)
{
    tn_layout layout;
    tn_span span = matrix(&layout);
    tn_array array = {.owner = &array};
    releases = 0;
    span.data = NULL;
    CHECK(tn_array_wrap(&span, count_release, &releases, &array, NULL) == TN_WRONG_VALUE, "NULL is wrapped");
    span = matrix(&layout);
    layout.shape[0] = -1;
    CHECK(tn_array_wrap(&span, count_release, &releases, &array, NULL) == TN_WRONG_VALUE, "a negative extent");
    CHECK(array.span.data == NULL && array.owner == NULL, "not {0}");
    CHECK(releases == 0 && memory_live() == 0, "%d releases, %ld blocks", releases, memory_live());
}

/* --- sharing ------------------------------------------------------------------------------------------------------ */

static void test_memory_lives_as_long_as_its_last_share(void)
{
    /* Three arrays over one memory, released in every order. */
    static const int sequences[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (int k = 0; k < COUNT(sequences); k++) {
        tn_array arrays[3];
        tn_layout layout;
        tn_span span = matrix(&layout), row;
        releases = 0;
        CHECK(tn_array_wrap(&span, count_release, &releases, &arrays[0], NULL) == TN_OK, "not wrapped");
        CHECK(tn_span_index(&arrays[0].span, 0, 1, &row, &layout, NULL) == TN_OK, "no row");
        CHECK(tn_array_share(&arrays[0], &row, &arrays[1], NULL) == TN_OK, "not shared");
        CHECK(tn_array_share(&arrays[1], NULL, &arrays[2], NULL) == TN_OK, "not shared");
        memset(&layout, 0x5a, sizeof layout);
        CHECK(arrays[2].span.ndim == 1 && arrays[2].span.shape[0] == 4 && arrays[2].span.data == &values[4],
              "another row");
        for (int i = 0; i < 3; i++) {
            for (int rest = i; rest < 3; rest++)
                CHECK(tn_array_uses(&arrays[sequences[k][rest]]) == 3 - i, "wrong number of uses");
            CHECK(releases == 0, "released while %d arrays are alive", 3 - i);
            tn_array_release(&arrays[sequences[k][i]]);
            CHECK(tn_array_uses(&arrays[sequences[k][i]]) == 0, "uses after release");
        }
        CHECK(releases == 1, "%d releases", releases);
        CHECK(memory_live() == 0, "%ld blocks are left", memory_live());
    }
}

static void test_shares_of_another_type(void)
{
    tn_array array, part;
    ptrdiff_t shape[] = {6}, stride[] = {5};
    CHECK(tn_array_zeros(&pair, 1, shape, TN_ORDER_C, &array, NULL) == TN_OK, "no array");
    tn_span field = {.data = (char *)array.span.data + 1, .type = &swapped, .ndim = 1, .shape = shape,
                     .strides = stride};
    shape[0] = 4;
    CHECK(tn_array_share(&array, &field, &part, NULL) == TN_OK, "not shared");
    tn_array_release(&array);
    CHECK(tn_type_equal(part.span.type, &swapped) && part.span.type != &swapped, "the type is not kept");
    CHECK(part.span.data == field.data && part.span.strides[0] == 5, "another layout");
    tn_array_release(&part);
    CHECK(memory_live() == 0, "%ld blocks are left", memory_live());
}

static void test_shares_stay_read_only(void)
{
    tn_layout layout;
    tn_span span = matrix(&layout);
    tn_array array, other, third;
    span.flags = TN_READONLY;
    CHECK(tn_array_wrap(&span, count_release, &releases, &array, NULL) == TN_OK, "not wrapped");
    span.flags = TN_UNOWNED;
    CHECK(tn_array_share(&array, &span, &other, NULL) == TN_OK, "not shared");
    CHECK(other.span.flags == TN_READONLY, "flags %u", (unsigned)other.span.flags);
    tn_array_release(&array);
    tn_array_release(&other);

    span.flags = 0;
    CHECK(tn_array_wrap(&span, count_release, &releases, &array, NULL) == TN_OK, "not wrapped");
    span.flags = TN_READONLY;
    CHECK(tn_array_share(&array, &span, &third, NULL) == TN_OK, "not shared");
    CHECK(array.span.flags == 0 && third.span.flags == TN_READONLY, "a view cannot be read-only");
    tn_array_release(&array);
    tn_array_release(&third);
}

static void test_what_cannot_be_shared(void)
{
    tn_array none = {0}, array, out = {.owner = &out};
    tn_layout layout;
    tn_span span = matrix(&layout);
    CHECK(tn_array_share(&none, NULL, &out, NULL) == TN_WRONG_VALUE && out.owner == NULL, "nothing is shared");
    CHECK(tn_array_share(&none, &span, &out, NULL) == TN_WRONG_VALUE, "nothing is shared by a view");
    CHECK(tn_array_wrap(&span, count_release, &releases, &array, NULL) == TN_OK, "not wrapped");
    layout.shape[1] = -4;
    CHECK(tn_array_share(&array, &span, &out, NULL) == TN_WRONG_VALUE && out.span.data == NULL, "a negative extent");
    CHECK(tn_array_uses(&array) == 1, "a failed share counts");
    tn_array_release(&array);
    CHECK(memory_live() == 0, "%ld blocks are left", memory_live());
}

static void test_moving(void)
{
    tn_layout layout;
    tn_span span = matrix(&layout);
    tn_array from;
    releases = 0;
    CHECK(tn_array_wrap(&span, count_release, &releases, &from, NULL) == TN_OK, "not wrapped");
    tn_array to = tn_array_move(&from);
    CHECK(from.span.data == NULL && from.release == NULL && from.owner == NULL, "the source is not {0}");
    tn_array_release(&from);
    CHECK(releases == 0 && tn_array_uses(&to) == 1 && to.span.shape[0] == 3, "released by its former holder");
    tn_array_release(&to);
    CHECK(releases == 1, "%d releases", releases);
}

/* --- arrays filled in by hand ------------------------------------------------------------------------------------- */

static void release_by_hand(tn_array *self)
{
    CHECK(self->span.data == values, "release sees another span");
    atomic_fetch_add((atomic_int *)self->owner, 1);
}

static tn_array by_hand(tn_layout *layout)
{
    return (tn_array){.span = matrix(layout), .release = release_by_hand, .owner = &releases};
}

static void test_arrays_filled_by_hand(void)
{
    tn_layout layout;
    tn_array array = by_hand(&layout), other, third;
    releases = 0;
    CHECK(tn_array_uses(&array) == 1, "%td uses", tn_array_uses(&array));
    tn_array_release(&array);
    CHECK(releases == 1 && array.span.data == NULL, "%d releases", releases);

    array = by_hand(&layout);
    releases = 0;
    CHECK(tn_array_share(&array, NULL, &other, NULL) == TN_OK, "not shared");
    CHECK(tn_array_share(&array, NULL, &third, NULL) == TN_OK, "not shared");
    CHECK(array.span.data == values && array.span.shape == layout.shape, "it is another array now");
    CHECK(other.span.shape != layout.shape && other.span.shape[1] == 4, "the layout is not copied");
    CHECK(tn_array_uses(&array) == 3 && tn_array_uses(&third) == 3, "%td uses", tn_array_uses(&array));
    tn_array_release(&array);
    tn_array_release(&third);
    CHECK(releases == 0, "released early");
    tn_array_release(&other);
    CHECK(releases == 1 && memory_live() == 0, "%d releases, %ld blocks", releases, memory_live());
}

static void test_unowned_arrays_filled_by_hand(void)
{
    tn_layout layout;
    tn_array array = {.span = matrix(&layout)}, other;
    array.span.flags = TN_READONLY;
    CHECK(tn_array_share(&array, NULL, &other, NULL) == TN_OK, "not shared");
    CHECK(array.release == NULL, "an array that owns nothing has to be released now");
    CHECK(other.span.flags == (TN_READONLY | TN_UNOWNED), "flags %u", (unsigned)other.span.flags);
    tn_array_release(&array);
    tn_array_release(&other);
    CHECK(memory_live() == 0, "%ld blocks are left", memory_live());
}

/* A release that releases the same array again, and shares what is going away. */
static tn_array again;

static void release_again(tn_array *self)
{
    tn_array_release(&again);
    atomic_fetch_add((atomic_int *)self->owner, 1);
}

static void test_releasing_from_a_release(void)
{
    tn_layout layout;
    releases = 0;
    again = (tn_array){.span = matrix(&layout), .release = release_again, .owner = &releases};
    tn_array_release(&again);
    CHECK(releases == 1, "%d releases", releases);
}

/* --- when memory runs out ----------------------------------------------------------------------------------------- */

static void test_every_allocation_may_fail(void)
{
    ptrdiff_t shape[] = {3, 2, 4};
    for (int t = 0; t < COUNT(types); t++)
        for (int o = 0; o < COUNT(orders); o++)
            for (long k = 1;; k++) {
                tn_array made[4] = {{.owner = made}, {.owner = made}, {.owner = made}, {.owner = made}};
                tn_layout layout;
                tn_span matrix_span = matrix(&layout), view = {.data = values, .type = types[(t + 1) % COUNT(types)]};
                tn_array hand = by_hand(&layout);
                releases = 0;
                memory_fail_at(k);
                tn_status statuses[] = {
                    tn_array_new(types[t], 3, shape, orders[o], &made[0], NULL),
                    tn_array_wrap(&matrix_span, count_release, &releases, &made[1], NULL),
                    tn_array_share(&hand, NULL, &made[2], NULL),
                    made[1].span.data == NULL ? TN_OK : tn_array_share(&made[1], &view, &made[3], NULL),
                };
                int failed = memory_has_failed();
                memory_fail_at(0);
                int refused = 0;
                for (int i = 0; i < 4; i++) {
                    refused += statuses[i] == TN_NO_MEMORY;
                    CHECK(statuses[i] == TN_OK || made[i].span.data == NULL, "call %d leaves an array", i);
                    if (statuses[i] != TN_OK || made[i].owner == made)
                        made[i] = (tn_array){0};
                }
                CHECK(refused == failed, "%d calls failed", refused);
                CHECK(releases == 0, "released by a failure");
                CHECK(tn_array_uses(&hand) == 1 + (made[2].span.data != NULL), "uses of what is filled by hand");
                for (int i = 0; i < 4; i++)
                    tn_array_release(&made[i]);
                int wrapped = statuses[1] == TN_OK;
                CHECK(releases == wrapped, "%d releases of what was wrapped", releases);
                tn_array_release(&hand);
                CHECK(releases == wrapped + 1, "%d releases", releases);
                CHECK(memory_live() == 0, "failure %ld: %ld blocks are left", k, memory_live());
                if (!failed)
                    break;
            }
}

/* --- threads ------------------------------------------------------------------------------------------------------ */

enum { THREADS = 4, EACH = 500 };

static atomic_int waiting; /* threads that have not begun */

static void *release_all(void *argument)
{
    tn_array *arrays = argument;
    atomic_fetch_sub(&waiting, 1);
    while (waiting > 0)
        sched_yield();
    for (int k = 0; k < EACH; k++)
        tn_array_release(&arrays[k]);
    return NULL;
}

static void test_threads_release_shares(void)
{
    static tn_array shares[THREADS][EACH];
    pthread_t threads[THREADS];
    tn_layout layout;
    tn_span span = matrix(&layout);
    tn_array array;
    releases = 0;
    CHECK(tn_array_wrap(&span, count_release, &releases, &array, NULL) == TN_OK, "not wrapped");
    for (int t = 0; t < THREADS; t++)
        for (int k = 0; k < EACH; k++)
            if (tn_array_share(&array, NULL, &shares[t][k], NULL) != TN_OK)
                CHECK(0, "not shared");
    CHECK(tn_array_uses(&array) == THREADS * EACH + 1, "%td uses", tn_array_uses(&array));
    tn_array_release(&array);
    waiting = THREADS;
    for (int t = 0; t < THREADS; t++)
        CHECK(pthread_create(&threads[t], NULL, release_all, shares[t]) == 0, "no thread");
    for (int t = 0; t < THREADS; t++)
        pthread_join(threads[t], NULL);
    CHECK(releases == 1, "%d releases", releases);
    CHECK(memory_live() == 0, "%ld blocks are left", memory_live());
}

static const test tests[] = {
    {"a new array has its shape, type, order and alignment, and room for every element", test_new_arrays},
    {"the type lives as long as the array; scalar types are libtenon's own", test_types_are_kept},
    {"an array of rows is what C reads through pointers to pointers", test_rows_are_what_c_reads},
    {"arrays that cannot be are refused and leave {0}", test_arrays_that_cannot_be},
    {"wrapped memory is released once, with its own copy of the layout", test_wrapping},
    {"indirect memory can be wrapped", test_wrapping_indirect_memory},
    {"what cannot be wrapped is not released", test_what_cannot_be_wrapped_is_not_released},
    {"memory lives as long as the last array that shares it", test_memory_lives_as_long_as_its_last_share},
    {"a share may show another type, and keeps it", test_shares_of_another_type},
    {"shares of read-only memory are read-only", test_shares_stay_read_only},
    {"what cannot be shared is refused", test_what_cannot_be_shared},
    {"a moved array leaves nothing to release", test_moving},
    {"an array filled in by hand can be shared, and is released once", test_arrays_filled_by_hand},
    {"an array filled in by hand that owns nothing stays one", test_unowned_arrays_filled_by_hand},
    {"a release may release the same array", test_releasing_from_a_release},
    {"when any allocation fails, nothing is lost and nothing is released", test_every_allocation_may_fail},
    {"shares may be released by several threads", test_threads_release_shares},
};

int main(void)
{
    return run_tests(tests, COUNT(tests));
}
