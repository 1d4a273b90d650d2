/* SPDX-License-Identifier: BSD-3-Clause */
/* Would every value arrive unchanged? It is converted, and compared with what it was. Both are exact in one of four
 * wide types, and a comparison of two of these is exact, too: neither side is ever rounded to suit the other. */
#include <float.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cast.h"
#include "copying.h"
#include "text.h"

enum { CHUNK = 256, WIDEST = sizeof(long double) };

/* --- comparing two numbers of wide types -------------------------------------------------------------------------- */

static inline int same_int_uint(int64_t a, uint64_t b)
{
    return a >= 0 && (uint64_t)a == b;
}

static inline int same_uint_uint(uint64_t a, uint64_t b)
{
    return a == b;
}

static inline int same_int_int(int64_t a, int64_t b)
{
    return a == b;
}

static inline int same_float_float(double a, double b)
{
    return a == b || (a != a && b != b);
}

static inline int same_long_long(long double a, long double b)
{
    return a == b || (a != a && b != b);
}

static inline int same_long_float(long double a, double b)
{
    return same_long_long(a, b);
}

/* Where the float is whole and in range, it is exact as an integer. */
static inline int same_int_float(int64_t a, double b)
{
    return b >= -0x1p63 && b < 0x1p63 && (double)(int64_t)b == b && (int64_t)b == a;
}

static inline int same_uint_float(uint64_t a, double b)
{
    return b >= 0 && b < 0x1p64 && (double)(uint64_t)b == b && (uint64_t)b == a;
}

static inline int same_int_long(int64_t a, long double b)
{
    return b >= -0x1p63L && b < 0x1p63L && (long double)(int64_t)b == b && (int64_t)b == a;
}

static inline int same_uint_long(uint64_t a, long double b)
{
    return b >= 0 && b < 0x1p64L && (long double)(uint64_t)b == b && (uint64_t)b == a;
}

#define DEFINE_AT(name, type)                                                                                          \
    static inline type name##_at(const char *numbers, ptrdiff_t k)                                                     \
    {                                                                                                                  \
        type number;                                                                                                   \
        memcpy(&number, numbers + k * (ptrdiff_t)sizeof number, sizeof number);                                        \
        return number;                                                                                                 \
    }

DEFINE_AT(int, int64_t)
DEFINE_AT(uint, uint64_t)
DEFINE_AT(float, double)
DEFINE_AT(long, long double)

/* Mostly all are the same, and that is seen soonest without looking which one is not. */
#define DEFINE_FIRST(one, other)                                                                 \
    static ptrdiff_t first_##one##_##other(const char *a, const char *b, ptrdiff_t n)                                  \
    {                                                                                                                  \
        int differs = 0;                                                                                               \
        for (ptrdiff_t k = 0; k < n; k++)                                                                              \
            differs |= !same_##one##_##other(one##_at(a, k), other##_at(b, k));                                        \
        if (!differs)                                                                                                  \
            return n;                                                                                                  \
        for (ptrdiff_t k = 0; k < n; k++)                                                                              \
            if (!same_##one##_##other(one##_at(a, k), other##_at(b, k)))                                               \
                return k;                                                                                              \
        return n;                                                                                                      \
    }

DEFINE_FIRST(int, int)
DEFINE_FIRST(int, uint)
DEFINE_FIRST(int, float)
DEFINE_FIRST(int, long)
DEFINE_FIRST(uint, uint)
DEFINE_FIRST(uint, float)
DEFINE_FIRST(uint, long)
DEFINE_FIRST(float, float)
DEFINE_FIRST(long, float)
DEFINE_FIRST(long, long)

/* The index of the first pair of different numbers, or n. */
static ptrdiff_t first_different(tni_real a_type, const char *a, tni_real b_type, const char *b, ptrdiff_t n)
{
    typedef ptrdiff_t first(const char *a, const char *b, ptrdiff_t n);
    static const struct {
        tni_real a, b;
        first *look;
    } pairs[] = {
        {TNI_INT64, TNI_INT64, first_int_int},         {TNI_INT64, TNI_UINT64, first_int_uint},
        {TNI_INT64, TNI_FLOAT64, first_int_float},     {TNI_INT64, TNI_LONGDOUBLE, first_int_long},
        {TNI_UINT64, TNI_UINT64, first_uint_uint},     {TNI_UINT64, TNI_FLOAT64, first_uint_float},
        {TNI_UINT64, TNI_LONGDOUBLE, first_uint_long}, {TNI_FLOAT64, TNI_FLOAT64, first_float_float},
        {TNI_LONGDOUBLE, TNI_FLOAT64, first_long_float}, {TNI_LONGDOUBLE, TNI_LONGDOUBLE, first_long_long},
    };
    for (size_t k = 0; k < sizeof pairs / sizeof *pairs; k++) {
        if (pairs[k].a == a_type && pairs[k].b == b_type)
            return pairs[k].look(a, b, n);
        if (pairs[k].a == b_type && pairs[k].b == a_type)
            return pairs[k].look(b, a, n);
    }
    return 0;
}

/* --- elements ----------------------------------------------------------------------------------------------------- */

static tni_real wide(tni_real real)
{
    if (real == TNI_LONGDOUBLE)
        return TNI_LONGDOUBLE;
    if (real >= TNI_FLOAT16)
        return TNI_FLOAT64;
    return real >= TNI_INT8 && real <= TNI_INT64 ? TNI_INT64 : TNI_UINT64;
}

static ptrdiff_t first_changed_real(const tni_cast *cast, const char *source, ptrdiff_t n)
{
    _Alignas(16) char converted[CHUNK * WIDEST], before[CHUNK * WIDEST], after[CHUNK * WIDEST];
    tni_real from = cast->from.real, to = cast->to.real;
    cast->convert(converted, source, n);
    tni_converter(wide(from), from)(before, source, n);
    tni_converter(wide(to), to)(after, converted, n);
    return first_different(wide(from), before, wide(to), after, n);
}

static ptrdiff_t first_not_zero(tni_real real, const char *values, ptrdiff_t n)
{
    char truths[CHUNK];
    tni_converter(TNI_BOOL, real)(truths, values, n);
    const char *found = memchr(truths, 1, (size_t)n);
    return found == NULL ? n : found - truths;
}

static ptrdiff_t first_changed_in_chunk(const tni_cast *cast, const char *from, ptrdiff_t stride, ptrdiff_t n)
{
    _Alignas(16) char gathered[CHUNK * WIDEST];
    const tni_number *number = &cast->from;
    ptrdiff_t first = first_changed_real(cast, tni_gather(number, 1, from, stride, n, gathered), n);
    if (number->parts == 1)
        return first;
    const char *imaginary = tni_gather(number, 1, from + number->width, stride, first, gathered);
    return cast->to.parts == 2 ? first_changed_real(cast, imaginary, first)
                               : first_not_zero(number->real, imaginary, first);
}

ptrdiff_t tni_cast_first_changed(const tni_cast *cast, const char *from, ptrdiff_t stride, ptrdiff_t n)
{
    for (ptrdiff_t done = 0; done < n; done += CHUNK) {
        ptrdiff_t left = n - done < CHUNK ? n - done : CHUNK;
        ptrdiff_t first = first_changed_in_chunk(cast, from + done * stride, stride, left);
        if (first < left)
            return done + first;
    }
    return n;
}

/* --- messages ----------------------------------------------------------------------------------------------------- */

/* As few digits as bring the number back. */
static int show_float(char *text, size_t size, long double value, int is_long)
{
    int most = is_long ? LDBL_DECIMAL_DIG : DBL_DECIMAL_DIG, length = 0;
    for (int digits = 1; digits <= most; digits++) {
        length = snprintf(text, size, "%.*Lg", digits, value);
        if (is_long ? strtold(text, NULL) == value : strtod(text, NULL) == (double)value)
            break;
    }
    return length;
}

static int show_real(char *text, size_t size, tni_real real, const char *value)
{
    long double number;
    int64_t integer;
    uint64_t natural;
    switch (wide(real)) {
    case TNI_INT64:
        tni_converter(TNI_INT64, real)((char *)&integer, value, 1);
        return snprintf(text, size, "%" PRId64, integer);
    case TNI_UINT64:
        tni_converter(TNI_UINT64, real)((char *)&natural, value, 1);
        return snprintf(text, size, "%" PRIu64, natural);
    default:
        tni_converter(TNI_LONGDOUBLE, real)((char *)&number, value, 1);
        return show_float(text, size, number, real == TNI_LONGDOUBLE);
    }
}

char *tni_cast_show(const tni_cast *cast, const char *value, char text[TNI_NUMBER_TEXT])
{
    _Alignas(16) char native[2 * WIDEST];
    const tni_number *number = &cast->from;
    const char *parts = tni_gather(number, number->parts, value, 0, 1, native);
    int length = show_real(text, TNI_NUMBER_TEXT, number->real, parts);
    if (number->parts == 2) {
        char imaginary[TNI_NUMBER_TEXT / 2];
        show_real(imaginary, sizeof imaginary, number->real, parts + number->width);
        snprintf(text + length, (size_t)(TNI_NUMBER_TEXT - length), "%s%sj", imaginary[0] == '-' ? "" : "+", imaginary);
    }
    return text;
}

static void put_index(tni_text *out, int ndim, const ptrdiff_t *index)
{
    tni_put(out, " at index ");
    tni_put_char(out, '(');
    tni_put_shape(out, ndim, index, ", ");
    tni_put(out, ndim == 1 ? ",)" : ")");
}

static tn_status refuse(const tni_cast *cast, const char *value, int ndim, const ptrdiff_t *index, const tn_type *to,
                        tn_error *err)
{
    char number[TNI_NUMBER_TEXT], type[64], place[TN_ERROR_CAPACITY / 2];
    tni_text out = {place, sizeof place - 1, 0};
    if (ndim > 0)
        put_index(&out, ndim, index);
    place[out.length < out.capacity ? out.length : out.capacity] = '\0';
    return tn_fail(err, TN_OUT_OF_RANGE, "the value %s%s is not exact as %s", tni_cast_show(cast, value, number), place,
                   tn_type_describe(to, type, sizeof type));
}

/* --- whole spans -------------------------------------------------------------------------------------------------- */

static int is_changed_somewhere(const tni_job *job, char *to, const char *from)
{
    (void)to;
    const tni_axis *axis = &job->axes[job->naxes - 1];
    return tni_cast_first_changed(job->cast, from, axis->from, axis->extent) < axis->extent;
}

/* The value that changes first in C order, and its index; NULL if none does. */
static const char *find_first(const tni_cast *cast, const tn_span *from, int axis, char *place, ptrdiff_t *index)
{
    if (axis == from->ndim)
        return tni_cast_first_changed(cast, place, 0, 1) == 0 ? place : NULL;
    for (ptrdiff_t k = 0; k < from->shape[axis]; k++) {
        index[axis] = k;
        const char *found = find_first(cast, from, axis + 1, tni_step(from, axis, place, k), index);
        if (found != NULL)
            return found;
    }
    return NULL;
}

tn_status tni_cast_check(const tni_cast *cast, const tn_span *from, const tn_type *to, tn_error *err)
{
    tni_transfer transfer = {.to = from, .from = from, .outer = tni_outer_axes(from)};
    int outer = transfer.outer;
    tni_job_plan_cast(&transfer.job, from->ndim - outer, from->shape + outer, from->strides + outer,
                      from->strides + outer, cast);
    transfer.job.inner = is_changed_somewhere;
    transfer.job.ninner = 1;
    if (!tni_transfer_run(&transfer))
        return TN_OK;
    ptrdiff_t index[TN_MAX_NDIM];
    const char *found = find_first(cast, from, 0, from->data, index);
    /* Somebody else may have written to the memory meanwhile. */
    return found == NULL ? TN_OK : refuse(cast, found, from->ndim, index, to, err);
}
