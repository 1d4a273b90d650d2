/* SPDX-License-Identifier: BSD-3-Clause */
/* Casts against an oracle of their own. Every value of every type is exact as a long double where that has 64 digits,
 * so the oracle takes values as long doubles and works out what C, or tenon/copy.h, says of them. */
#include <float.h>
#include <math.h>

#include "check.h"
#include "core/half.h"
#include "failing_memory.h"
#include "tenon/copy.h"

typedef struct number {
    const char *name;
    tn_kind kind;
    int width; /* of one part */
    int parts;
} number;

static const number numbers[] = {
    {"bool", TN_BOOL, 1, 1},
    {"int8", TN_INT, 1, 1},
    {"int16", TN_INT, 2, 1},
    {"int32", TN_INT, 4, 1},
    {"int64", TN_INT, 8, 1},
    {"uint8", TN_UINT, 1, 1},
    {"uint16", TN_UINT, 2, 1},
    {"uint32", TN_UINT, 4, 1},
    {"uint64", TN_UINT, 8, 1},
    {"float16", TN_FLOAT, 2, 1},
    {"bfloat16", TN_BFLOAT, 2, 1},
    {"float32", TN_FLOAT, 4, 1},
    {"float64", TN_FLOAT, 8, 1},
    {"longdouble", TN_FLOAT, sizeof(long double), 1},
    {"complex64", TN_COMPLEX, 4, 2},
    {"complex128", TN_COMPLEX, 8, 2},
    {"clongdouble", TN_COMPLEX, sizeof(long double), 2},
};

enum { NUMBERS = COUNT(numbers), WIDEST = 2 * sizeof(long double), MANY = 600 };

static int is_float(const number *n)
{
    return n->kind == TN_FLOAT || n->kind == TN_BFLOAT || n->kind == TN_COMPLEX;
}

/* --- values ------------------------------------------------------------------------------------------------------- */

static uint64_t bits_of(const number *n, const unsigned char *native)
{
    uint64_t wide = 0;
    uint8_t one;
    uint16_t two;
    uint32_t four;
    switch (n->width) {
    case 1:
        memcpy(&one, native, 1);
        return one;
    case 2:
        memcpy(&two, native, 2);
        return two;
    case 4:
        memcpy(&four, native, 4);
        return four;
    default:
        memcpy(&wide, native, 8);
        return wide;
    }
}

static void set_bits(const number *n, uint64_t bits, unsigned char *native)
{
    uint8_t one = (uint8_t)bits;
    uint16_t two = (uint16_t)bits;
    uint32_t four = (uint32_t)bits;
    void *all[] = {&one, &two, &four, &bits};
    memcpy(native, all[n->width == 1 ? 0 : n->width == 2 ? 1 : n->width == 4 ? 2 : 3],
           (size_t)(n->width > 8 ? 8 : n->width));
}

/* One part, native, as a long double. */
static long double value_of(const number *n, const unsigned char *native)
{
    uint64_t bits = bits_of(n, native);
    int unused = 64 - 8 * n->width;
    float single;
    double twice;
    long double most;
    switch ((int)n->kind) {
    case TN_BOOL:
        return bits != 0;
    case TN_UINT:
        return bits;
    case TN_INT:
        return (int64_t)(bits << unused) >> unused;
    case TN_BFLOAT:
        return tni_bfloat16_to_double((uint16_t)bits);
    default:
        if (n->width == 2)
            return tni_float16_to_double((uint16_t)bits);
        if (n->width == 4)
            return memcpy(&single, native, 4), single;
        if (n->width == 8)
            return memcpy(&twice, native, 8), twice;
        return memcpy(&most, native, sizeof most), most;
    }
}

/* The 16-bit float nearest to a value: of the two neighbours found by halving, the nearer one, or the even one. */
static uint16_t nearest_half(int is_bfloat, long double value)
{
    double (*widen)(uint16_t) = is_bfloat ? tni_bfloat16_to_double : tni_float16_to_double;
    uint16_t infinity = is_bfloat ? 0x7f80 : 0x7c00, sign = signbit(value) ? 0x8000 : 0, low = 0, high = infinity;
    long double size = fabsl(value);
    if (isnan(value))
        return infinity | 1;
    while (high - low > 1) {
        uint16_t middle = (uint16_t)((low + high) / 2);
        if (widen(middle) <= size)
            low = middle;
        else
            high = middle;
    }
    /* Infinity stands where the next finite number would. */
    long double below = widen(low);
    long double above = high == infinity ? 2 * below - widen((uint16_t)(low - 1)) : (long double)widen(high);
    if (size - below < above - size)
        return sign | low;
    if (size - below > above - size)
        return sign | high;
    return sign | (low % 2 == 0 ? low : high);
}

/* What an integer type makes of a float: nothing of a NaN, else the whole part or the end of its range. */
static uint64_t saturated(const number *n, long double value)
{
    int is_signed = n->kind == TN_INT, digits = 8 * n->width - is_signed;
    if (isnan(value))
        return 0;
    long double whole = truncl(value), above = ldexpl(1, digits), lowest = is_signed ? -above : 0;
    if (whole >= above)
        return digits == 64 ? UINT64_MAX : (UINT64_C(1) << digits) - 1;
    if (whole < lowest)
        whole = lowest;
    return whole < 0 ? (uint64_t)(int64_t)whole : (uint64_t)whole;
}

/* What one part becomes. */
static void expect_part(const number *to, const number *from, const unsigned char *native, unsigned char *out)
{
    long double value = value_of(from, native);
    float single = (float)value;
    double twice = (double)value;
    memset(out, 0, (size_t)to->width);
    switch ((int)to->kind) {
    case TN_BOOL:
        out[0] = value != 0;
        return;
    case TN_INT:
    case TN_UINT:
        if (is_float(from))
            set_bits(to, saturated(to, value), out);
        else
            set_bits(to, value < 0 ? (uint64_t)(int64_t)value : (uint64_t)value, out);
        return;
    case TN_BFLOAT:
        set_bits(to, nearest_half(1, value), out);
        return;
    default:
        if (to->width == 2)
            set_bits(to, nearest_half(0, value), out);
        else if (to->width == 4)
            memcpy(out, &single, 4);
        else if (to->width == 8)
            memcpy(out, &twice, 8);
        else
            memcpy(out, &value, sizeof value);
    }
}

static void expect(const number *to, const number *from, const unsigned char *native, unsigned char *out)
{
    expect_part(to, from, native, out);
    if (from->parts == 2 && to->kind == TN_BOOL)
        out[0] |= value_of(from, native + from->width) != 0;
    if (to->parts == 2 && from->parts == 2)
        expect_part(to, from, native + from->width, out + to->width);
    else if (to->parts == 2)
        memset(out + to->width, 0, (size_t)to->width);
}

static int same_value(long double a, long double b)
{
    return a == b || (isnan(a) && isnan(b));
}

/* The same number, down to the sign of a zero; all NaNs are one. */
static int same(const number *n, const unsigned char *a, const unsigned char *b)
{
    for (int k = 0; k < n->parts; k++) {
        long double x = value_of(n, a + k * n->width), y = value_of(n, b + k * n->width);
        if (!same_value(x, y) || (!isnan(x) && signbit(x) != signbit(y)))
            return 0;
    }
    return n->kind != TN_BOOL || *a == *b;
}

static int arrives(const number *to, const number *from, const unsigned char *native)
{
    unsigned char out[WIDEST];
    expect_part(to, from, native, out);
    if (!same_value(value_of(from, native), value_of(to, out)))
        return 0;
    if (from->parts == 1)
        return 1;
    if (to->parts == 1)
        return value_of(from, native + from->width) == 0;
    expect_part(to, from, native + from->width, out);
    return same_value(value_of(from, native + from->width), value_of(to, out));
}

static void random_part(uint64_t *state, const number *n, unsigned char *out)
{
    static const long double odd[] = {0.0L, -0.0L, 0.5L, -0.5L, 1, -1, 1.5L, 2.5L, -2.5L, 127, 128, 255, 256, -128,
                                      -129,
                                      32767.5L, 65504, 65519.999L, 65520, 0x1p31L, 0x1p31L - 1, -0x1p31L, 0x1p32L - 1,
                                      0x1p53L, 0x1p53L + 1, 0x1p63L, 0x1p63L - 1, -0x1p63L, 0x1p64L, 0x1p64L - 1, 1e30L,
                                      -1e30L, 1e-10L, 6e-8L, 2.98e-8L, 1e-45L, 0x1.01p100L, 0x1.010000001p100L, 1e300L,
                                      INFINITY, -INFINITY, NAN, 257, 2049, 4097,
                                      0x1.01p62L, 0x1.0100000000000004p62L, 0x1.0020000000000004p0L};
    static const number most = {"longdouble", TN_FLOAT, sizeof(long double), 1};
    uint64_t bits = next_random(state);
    if (n->kind == TN_BOOL) {
        out[0] = bits & 1;
        return;
    }
    long double value = odd[random_between(state, 0, COUNT(odd) - 1)];
    ptrdiff_t how = random_between(state, 0, 2);
    if (how == 0 && !is_float(n))
        set_bits(n, bits >> random_between(state, 0, 63), out);
    else if (how == 0 && n->width <= 8)
        set_bits(n, bits, out);
    else if (how == 0 || how == 1) {
        value = (long double)(int64_t)bits / (long double)(UINT64_C(1) << random_between(state, 0, 63));
        expect_part(n, &most, (const unsigned char *)&value, out);
    } else
        expect_part(n, &most, (const unsigned char *)&value, out);
}

/* --- spans -------------------------------------------------------------------------------------------------------- */

static tn_type type_of(const number *n, int swapped)
{
    char other = TN_NATIVE == '<' ? '>' : '<';
    int size = n->width * n->parts;
    return (tn_type){.kind = (uint8_t)n->kind, .itemsize = size, .alignment = 1,
                     .byteorder = (uint8_t)(size == 1 ? TN_NO_ORDER : swapped ? other : TN_NATIVE)};
}

static void put(const number *n, int swapped, const unsigned char *native, unsigned char *at)
{
    for (int part = 0; part < n->parts; part++)
        for (int k = 0; k < n->width; k++)
            at[part * n->width + k] = native[part * n->width + (swapped ? n->width - 1 - k : k)];
}

typedef struct sample {
    const number *number;
    int swapped;
    unsigned char native[MANY][WIDEST];
    unsigned char memory[MANY * (WIDEST + 8) + 8];
    ptrdiff_t shape[2], strides[2];
    tn_type type;
    tn_span span;
} sample;

/* `n` elements as one axis, or as two of which the first has `rows`; at odd addresses if `gap` is odd. */
static void lay_out(sample *s, const number *what, int swapped, ptrdiff_t n, ptrdiff_t rows, ptrdiff_t gap,
                    int transposed)
{
    ptrdiff_t size = what->width * what->parts, step = size + gap, columns = n / rows;
    s->number = what;
    s->swapped = swapped;
    s->type = type_of(what, swapped);
    s->shape[0] = rows;
    s->shape[1] = columns;
    s->strides[0] = transposed ? step : columns * step;
    s->strides[1] = transposed ? rows * step : step;
    s->span = (tn_span){
        .data = s->memory + gap % 8, .type = &s->type, .ndim = 2, .shape = s->shape, .strides = s->strides};
}

static unsigned char *at(sample *s, ptrdiff_t k)
{
    ptrdiff_t i = k / s->shape[1], j = k % s->shape[1];
    return (unsigned char *)s->span.data + i * s->strides[0] + j * s->strides[1];
}

static void randomise(uint64_t *state, sample *s, ptrdiff_t n)
{
    for (ptrdiff_t k = 0; k < n; k++) {
        memset(s->native[k], 0, WIDEST);
        for (int part = 0; part < s->number->parts; part++)
            random_part(state, s->number, s->native[k] + part * s->number->width);
        if (s->number->parts == 2 && random_between(state, 0, 1))
            memset(s->native[k] + s->number->width, 0, (size_t)s->number->width);
        put(s->number, s->swapped, s->native[k], at(s, k));
    }
}

/* --- tests -------------------------------------------------------------------------------------------------------- */

static sample from, to;

static void check_results(const char *what, ptrdiff_t n)
{
    for (ptrdiff_t k = 0; k < n; k++) {
        unsigned char expected[WIDEST], got[WIDEST];
        expect(to.number, from.number, from.native[k], expected);
        put(to.number, to.swapped, at(&to, k), got);
        CHECK(same(to.number, expected, got), "%s %td: %.21Lg%+.21Lgj became %.21Lg%+.21Lgj, not %.21Lg%+.21Lgj",
              what, k, value_of(from.number, from.native[k]),
              from.number->parts == 2 ? value_of(from.number, from.native[k] + from.number->width) : 0.0L,
              value_of(to.number, got), to.number->parts == 2 ? value_of(to.number, got + to.number->width) : 0.0L,
              value_of(to.number, expected),
              to.number->parts == 2 ? value_of(to.number, expected + to.number->width) : 0.0L);
    }
}

/* Any type to any other in all four combinations of byte orders; layouts differ from case to case. */
static void for_all_pairs(void (*run)(const char *what, ptrdiff_t n), ptrdiff_t n)
{
    static const ptrdiff_t rows[] = {1, 2, 20, 30, 300};
    uint64_t state = 23;
    for (int a = 0; a < NUMBERS; a++)
        for (int b = 0; b < NUMBERS; b++)
            for (int swaps = 0; swaps < 4; swaps++) {
                ptrdiff_t m = n == 1 ? 1 : rows[random_between(&state, 0, n % 300 == 0 ? 4 : 3)];
                ptrdiff_t from_gap = random_between(&state, 0, 1) * random_between(&state, 1, 8);
                ptrdiff_t to_gap = random_between(&state, 0, 1) * random_between(&state, 1, 8);
                lay_out(&from, &numbers[a], swaps & 1, n, m, from_gap, (int)random_between(&state, 0, 1));
                lay_out(&to, &numbers[b], swaps >> 1, n, m, to_gap, (int)random_between(&state, 0, 1));
                randomise(&state, &from, n);
                char what[80];
                snprintf(what, sizeof what, "%s%s to %s%s", swaps & 1 ? "swapped " : "", numbers[a].name,
                         swaps >> 1 ? "swapped " : "", numbers[b].name);
                run(what, n);
            }
}

static void cast_as_c(const char *what, ptrdiff_t n)
{
    tn_error err = {0};
    tn_status status = tn_copy(&to.span, &from.span, TN_CAST_C, &err);
    CHECK(status == TN_OK, "%s: status %d, %s", what, (int)status, err.message);
    check_results(what, n);
}

static void test_casts_do_what_c_does(void)
{
    for_all_pairs(cast_as_c, MANY);
}

static void cast_one_by_one(const char *what, ptrdiff_t n)
{
    for (ptrdiff_t k = 0; k < n; k++) {
        tn_span one = {.data = at(&to, k), .type = &to.type}, other = {.data = at(&from, k), .type = &from.type};
        unsigned char before[WIDEST], expected[WIDEST], got[WIDEST];
        put(to.number, to.swapped, at(&to, k), before);
        tn_status status = tn_copy(&one, &other, TN_CAST_EXACT, NULL);
        int fits = arrives(to.number, from.number, from.native[k]);
        CHECK(status == (fits ? TN_OK : TN_OUT_OF_RANGE), "%s: %.21Lg, status %d", what,
              value_of(from.number, from.native[k]), (int)status);
        put(to.number, to.swapped, at(&to, k), got);
        expect(to.number, from.number, from.native[k], expected);
        if (fits)
            CHECK(same(to.number, expected, got), "%s: %.21Lg is wrong", what, value_of(from.number, from.native[k]));
        else
            CHECK(memcmp(before, got, (size_t)to.type.itemsize) == 0, "%s: refused, but written to", what);
    }
}

static void test_exact_casts_let_through_what_arrives_unchanged(void)
{
    for_all_pairs(cast_one_by_one, 60);
}

static void cast_exactly(const char *what, ptrdiff_t n)
{
    static unsigned char before[sizeof to.memory];
    ptrdiff_t first = 0;
    while (first < n && arrives(to.number, from.number, from.native[first]))
        first++;
    memcpy(before, to.memory, sizeof before);
    tn_error err = {0};
    tn_status status = tn_copy(&to.span, &from.span, TN_CAST_EXACT, &err);
    if (first == n) {
        CHECK(status == TN_OK, "%s: status %d, %s", what, (int)status, err.message);
        check_results(what, n);
        return;
    }
    char index[64];
    snprintf(index, sizeof index, " at index (%td, %td) ", first / from.shape[1], first % from.shape[1]);
    CHECK(status == TN_OUT_OF_RANGE && strstr(err.message, index) != NULL, "%s: status %d, %s, not%s", what,
          (int)status, err.message, index);
    CHECK(memcmp(before, to.memory, sizeof before) == 0, "%s: refused, but written to", what);
}

static void test_exact_casts_do_all_or_nothing(void)
{
    for_all_pairs(cast_exactly, MANY);
    for_all_pairs(cast_exactly, 1);
}

typedef struct message {
    const number *to, *from;
    long double real, imaginary;
    const char *text;
} message;

static void test_messages_name_the_value(void)
{
    static const message cases[] = {
        {&numbers[5], &numbers[2], 300, 0, "the value 300 is not exact as uint8"},
        {&numbers[5], &numbers[2], -1, 0, "the value -1 is not exact as uint8"},
        {&numbers[4], &numbers[8], 0x1p64L - 1, 0, "the value 18446744073709551615 is not exact as int64"},
        {&numbers[12], &numbers[4], -0x1p63L + 1, 0, "the value -9223372036854775807 is not exact as float64"},
        {&numbers[11], &numbers[12], 0.1L, 0, "the value 0.1 is not exact as float32"},
        {&numbers[9], &numbers[11], 65536, 0, "the value 65536 is not exact as float16"},
        {&numbers[3], &numbers[12], NAN, 0, "the value nan is not exact as int32"},
        {&numbers[3], &numbers[12], -INFINITY, 0, "the value -inf is not exact as int32"},
        {&numbers[0], &numbers[1], 2, 0, "the value 2 is not exact as bool"},
        {&numbers[12], &numbers[15], 1, -2.5L, "the value 1-2.5j is not exact as float64"},
        {&numbers[14], &numbers[15], 1, 1e300L, "the value 1+1e+300j is not exact as complex64"},
    };
    static const number most = {"longdouble", TN_FLOAT, sizeof(long double), 1};
    for (int k = 0; k < COUNT(cases); k++) {
        const message *c = &cases[k];
        unsigned char source[WIDEST], target[WIDEST];
        tn_type from_type = type_of(c->from, 0), to_type = type_of(c->to, 0);
        tn_span one = {.data = source, .type = &from_type}, other = {.data = target, .type = &to_type};
        tn_error err = {0};
        expect_part(c->from, &most, (const unsigned char *)&c->real, source);
        if (c->from->parts == 2)
            expect_part(c->from, &most, (const unsigned char *)&c->imaginary, source + c->from->width);
        tn_status status = tn_copy(&other, &one, TN_CAST_EXACT, &err);
        CHECK(status == TN_OUT_OF_RANGE && strcmp(err.message, c->text) == 0, "%s: %s", c->text, err.message);
    }
}

/* int32 and float32 in the same memory, shifted by some elements, and every allocation failing in turn. */
static void test_casts_may_overlap(void)
{
    for (ptrdiff_t shift = -3; shift <= 3; shift++) {
        union {
            int32_t whole[110];
            float real[110];
        } memory;
        ptrdiff_t shape = 100, stride = 4;
        for (int k = 0; k < 110; k++)
            memory.whole[k] = 3 * k - 100;
        tn_span source = {
            .data = memory.whole + 5, .type = &tn_type_int32, .ndim = 1, .shape = &shape, .strides = &stride};
        tn_span target = {
            .data = memory.real + 5 + shift, .type = &tn_type_float32, .ndim = 1, .shape = &shape, .strides = &stride};
        memory_fail_at(1);
        CHECK(tn_copy(&target, &source, TN_CAST_C, NULL) == TN_NO_MEMORY, "shift %td: memory was not asked for", shift);
        memory_fail_at(0);
        for (int k = 0; k < 110; k++)
            CHECK(memory.whole[k] == 3 * k - 100, "shift %td: written to without memory", shift);
        CHECK(tn_copy(&target, &source, TN_CAST_EXACT, NULL) == TN_OK, "shift %td", shift);
        for (int k = 0; k < 100; k++)
            CHECK(memory.real[5 + shift + k] == (float)(3 * (k + 5) - 100), "shift %td, element %d is %g", shift, k,
                  memory.real[5 + shift + k]);
    }
    CHECK(memory_live() == 0, "%ld blocks are left", memory_live());
}

static void test_rows_behind_pointers_are_cast(void)
{
    int16_t rows[3][5];
    int16_t *table[3] = {rows[2], rows[0], rows[1]};
    double result[5][3];
    ptrdiff_t shape[] = {3, 5}, strides[] = {sizeof(int16_t *), sizeof(int16_t)}, suboffsets[] = {0, -1};
    ptrdiff_t transposed[] = {sizeof(double), sizeof result[0]};
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 5; j++)
            table[i][j] = (int16_t)(10 * i + j);
    tn_span source = {.data = table, .type = &tn_type_int16, .ndim = 2, .shape = shape, .strides = strides,
                      .suboffsets = suboffsets};
    tn_span target = {.data = result, .type = &tn_type_float64, .ndim = 2, .shape = shape, .strides = transposed};
    CHECK(tn_copy(&target, &source, TN_CAST_EXACT, NULL) == TN_OK, "refused");
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 5; j++)
            CHECK(result[j][i] == 10 * i + j, "(%d, %d) is %g", i, j, result[j][i]);

    int8_t narrow[3][5] = {{0}};
    ptrdiff_t dense[] = {5, 1};
    tn_span small = {.data = narrow, .type = &tn_type_int8, .ndim = 2, .shape = shape, .strides = dense};
    table[2][3] = 128;
    tn_error err = {0};
    CHECK(tn_copy(&small, &source, TN_CAST_EXACT, &err) == TN_OUT_OF_RANGE, "not refused");
    CHECK(strcmp(err.message, "the value 128 at index (2, 3) is not exact as int8") == 0, "%s", err.message);
}

/* Whoever wrote them did not use C's _Bool. */
static void test_any_byte_but_0_is_true(void)
{
    unsigned char truths[] = {0, 1, 2, 128, 255};
    double result[5];
    ptrdiff_t shape = 5, one = 1, eight = 8;
    tn_span source = {.data = truths, .type = &tn_type_bool, .ndim = 1, .shape = &shape, .strides = &one};
    tn_span target = {.data = result, .type = &tn_type_float64, .ndim = 1, .shape = &shape, .strides = &eight};
    CHECK(tn_copy(&target, &source, TN_CAST_EXACT, NULL) == TN_OK, "refused");
    for (int k = 0; k < 5; k++)
        CHECK(result[k] == (k > 0), "%d became %g", truths[k], result[k]);
}

static void test_one_value_is_cast_everywhere(void)
{
    float result[7][9];
    int64_t value = -12;
    ptrdiff_t shape[] = {7, 9}, strides[] = {sizeof result[0], sizeof(float)};
    tn_span source = {.data = &value, .type = &tn_type_int64};
    tn_span target = {.data = result, .type = &tn_type_float32, .ndim = 2, .shape = shape, .strides = strides};
    CHECK(tn_copy(&target, &source, TN_CAST_EXACT, NULL) == TN_OK, "refused");
    for (int k = 0; k < 63; k++)
        CHECK(result[k / 9][k % 9] == -12, "element %d is %g", k, result[k / 9][k % 9]);
}

static const test tests[] = {
    {"numbers of all types and byte orders are converted as C does", test_casts_do_what_c_does},
    {"an exact cast lets through what arrives unchanged, and nothing else",
     test_exact_casts_let_through_what_arrives_unchanged},
    {"an exact cast does all or nothing, and says where it failed", test_exact_casts_do_all_or_nothing},
    {"its message names the value", test_messages_name_the_value},
    {"casts may overlap", test_casts_may_overlap},
    {"rows behind pointers are cast", test_rows_behind_pointers_are_cast},
    {"any byte but 0 is true", test_any_byte_but_0_is_true},
    {"one value is cast everywhere", test_one_value_is_cast_everywhere},
};

int main(void)
{
    return run_tests(tests, COUNT(tests));
}
