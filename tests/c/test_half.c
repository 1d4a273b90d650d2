/* SPDX-License-Identifier: BSD-3-Clause */
/* float16 and bfloat16, over all 65536 encodings, and over doubles on and beside every boundary. */
#include "core/half.h"

#include <float.h>
#include <math.h>

#include "check.h"

typedef struct format {
    const char *name;
    int fraction; /* bits */
    uint16_t (*narrow)(double value);
    double (*widen)(uint16_t bits);
} format;

static const format formats[] = {
    {"float16", 10, tni_float16_from_double, tni_float16_to_double},
    {"bfloat16", 7, tni_bfloat16_from_double, tni_bfloat16_to_double},
};

static uint16_t infinity_of(const format *f)
{
    return (uint16_t)(0x7fffu >> f->fraction << f->fraction);
}

static void test_known_values(void)
{
    static const struct {
        int format;
        uint16_t bits;
        double value;
    } cases[] = {
        {0, 0x0000, 0.0},        {0, 0x0001, 0x1p-24},   {0, 0x03ff, 0x1.ff8p-15},  {0, 0x0400, 0x1p-14},
        {0, 0x3555, 0x1.554p-2}, {0, 0x3c00, 1.0},       {0, 0x3c01, 1.0009765625}, {0, 0xc000, -2.0},
        {0, 0x7bff, 65504.0},    {1, 0x0001, 0x1p-133},  {1, 0x0080, 0x1p-126},     {1, 0x3f80, 1.0},
        {1, 0x3f81, 1.0078125},  {1, 0xc049, -3.140625}, {1, 0x7f7f, 0x1.fep127},
    };
    for (int k = 0; k < COUNT(cases); k++) {
        const format *f = &formats[cases[k].format];
        CHECK(f->widen(cases[k].bits) == cases[k].value, "%s 0x%04x is %a", f->name, cases[k].bits,
              f->widen(cases[k].bits));
        CHECK(f->narrow(cases[k].value) == cases[k].bits, "%a is 0x%04x", cases[k].value, f->narrow(cases[k].value));
    }
}

static void test_every_encoding_comes_back(void)
{
    for (int i = 0; i < COUNT(formats); i++) {
        const format *f = &formats[i];
        for (unsigned bits = 0; bits <= 0xffff; bits++) {
            double value = f->widen((uint16_t)bits);
            uint16_t back = f->narrow(value);
            if ((bits & 0x7fff) > infinity_of(f))
                CHECK(isnan(value) && (back & 0x7fff) > infinity_of(f), "%s 0x%04x is a NaN", f->name, bits);
            else
                CHECK(back == bits, "%s 0x%04x comes back as 0x%04x", f->name, bits, back);
            CHECK((signbit(value) != 0) == (bits >> 15 != 0), "%s 0x%04x: sign", f->name, bits);
        }
    }
}

/* Between two neighbours, the middle goes to the even one, and what is beside the middle to the nearer one. */
static void test_rounding(void)
{
    for (int i = 0; i < COUNT(formats); i++) {
        const format *f = &formats[i];
        for (uint16_t bits = 0; bits < infinity_of(f); bits++) {
            uint16_t above = (uint16_t)(bits + 1), even = bits % 2 == 0 ? bits : above;
            double low = f->widen(bits);
            /* The infinity stands where the next finite number would. */
            double high = above < infinity_of(f) ? f->widen(above) : 2 * low - f->widen((uint16_t)(bits - 1));
            double middle = low + (high - low) / 2;
            CHECK(f->narrow(middle) == even, "%s: the middle above 0x%04x", f->name, bits);
            CHECK(f->narrow(nextafter(middle, 0)) == bits, "%s: below the middle above 0x%04x", f->name, bits);
            CHECK(f->narrow(nextafter(middle, INFINITY)) == above, "%s: above the middle above 0x%04x", f->name, bits);
            CHECK(f->narrow(-middle) == (even | 0x8000), "%s: the negative middle above 0x%04x", f->name, bits);
        }
    }
}

static void test_extremes(void)
{
    for (int i = 0; i < COUNT(formats); i++) {
        const format *f = &formats[i];
        CHECK(f->narrow(DBL_MAX) == infinity_of(f) && f->narrow(INFINITY) == infinity_of(f), "%s: large", f->name);
        CHECK(f->narrow(-DBL_MAX) == (infinity_of(f) | 0x8000), "%s: large and negative", f->name);
        CHECK(f->narrow(DBL_TRUE_MIN) == 0 && f->narrow(-DBL_TRUE_MIN) == 0x8000, "%s: small", f->name);
        CHECK(f->narrow(DBL_MIN) == 0 && f->narrow(-0.0) == 0x8000, "%s: zero", f->name);
    }
}

static const test tests[] = {
    {"known values have their encodings", test_known_values},
    {"every encoding comes back, NaNs as NaNs", test_every_encoding_comes_back},
    {"doubles are rounded to nearest, ties to even", test_rounding},
    {"what is too large is infinite, what is too small is zero", test_extremes},
};

int main(void)
{
    return run_tests(tests, COUNT(tests));
}
