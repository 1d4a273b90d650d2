/* SPDX-License-Identifier: BSD-3-Clause */
/* Overflow-checked arithmetic. Compiled twice: with the compiler's builtins, and with TNI_PORTABLE. */
#include "core/checked.h"

#include "check.h"

typedef int operation(int64_t a, int64_t b, int64_t *out);

static const int64_t edges[] = {
    INT64_MIN,  INT64_MIN + 1, INT64_MIN / 2, INT64_MIN / 2 - 1, INT64_MIN / 3, -4294967297, -4294967296, -3, -2, -1, 0,
    1,          2,             3,             10,                3037000499,    3037000500,  4294967296,  4294967297,
    INT64_MAX / 3, INT64_MAX / 2, INT64_MAX / 2 + 1, INT64_MAX - 1, INT64_MAX,
};

/* The truth, found without overflow: sums in halves, products by long multiplication of magnitudes. */

static int sum_fits(int64_t a, int64_t b)
{
    return b >= 0 ? a <= INT64_MAX - b : a >= INT64_MIN - b;
}

static uint64_t magnitude(int64_t a)
{
    return a < 0 ? (uint64_t)0 - (uint64_t)a : (uint64_t)a;
}

static int product_fits(int64_t a, int64_t b)
{
    uint64_t x = magnitude(a), y = magnitude(b);
    uint64_t limit = (a < 0) == (b < 0) ? (uint64_t)INT64_MAX : (uint64_t)INT64_MAX + 1;
    return x == 0 || y <= limit / x;
}

static void check_operation(const char *name, operation *apply, int64_t a, int64_t b, int fits, int64_t truth)
{
    int64_t out = 42;
    int overflow = apply(a, b, &out);
    CHECK(overflow == !fits, "%s(%" PRId64 ", %" PRId64 ") %s", name, a, b, fits ? "fits" : "overflows");
    CHECK(out == (fits ? truth : 42), "%s(%" PRId64 ", %" PRId64 ") gave %" PRId64, name, a, b, out);
}

static void test_pairs(void)
{
    for (int i = 0; i < COUNT(edges); i++) {
        for (int j = 0; j < COUNT(edges); j++) {
            int64_t a = edges[i], b = edges[j];
            int64_t sum = (int64_t)((uint64_t)a + (uint64_t)b);
            int64_t difference = (int64_t)((uint64_t)a - (uint64_t)b);
            int64_t product = (int64_t)((uint64_t)a * (uint64_t)b);
            int difference_fits = b == INT64_MIN ? a < 0 : sum_fits(a, -b);
            check_operation("add", tni_add64, a, b, sum_fits(a, b), sum);
            check_operation("sub", tni_sub64, a, b, difference_fits, difference);
            check_operation("mul", tni_mul64, a, b, product_fits(a, b), product);
        }
    }
}

static void test_product(void)
{
    static const struct {
        ptrdiff_t factor;
        int ndim;
        ptrdiff_t shape[4];
        int overflows;
        ptrdiff_t product;
    } cases[] = {
        {8, 0, {0}, 0, 8},
        {8, 2, {3, 4}, 0, 96},
        {8, 3, {3, 0, 4}, 0, 0},
        {8, 3, {PTRDIFF_MAX, PTRDIFF_MAX, 0}, 0, 0},
        {0, 2, {PTRDIFF_MAX, 2}, 0, 0},
        {1, 1, {PTRDIFF_MAX}, 0, PTRDIFF_MAX},
        {2, 1, {PTRDIFF_MAX}, 1, -7},
        {1, 2, {PTRDIFF_MAX, 2}, 1, -7},
    };
    for (int k = 0; k < COUNT(cases); k++) {
        ptrdiff_t out = -7;
        int overflow = tni_product(cases[k].factor, cases[k].ndim, cases[k].shape, &out);
        CHECK(overflow == cases[k].overflows, "case %d: overflow is %d", k, overflow);
        CHECK(out == cases[k].product, "case %d: product is %td", k, out);
    }
}

static const test tests[] = {
    {"sums, differences and products of all pairs of edge values are exact or overflow", test_pairs},
    {"an extent of 0 makes a product 0, however large the others are", test_product},
};

int main(void)
{
    return run_tests(tests, COUNT(tests));
}
