/* SPDX-License-Identifier: BSD-3-Clause */
/* Integer arithmetic that notices overflow. Each function returns 1 and leaves *out alone on overflow, else 0. */
#ifndef TNI_CHECKED_H
#define TNI_CHECKED_H

#include <stddef.h>
#include <stdint.h>

#if defined(__has_builtin)
#if __has_builtin(__builtin_mul_overflow)
#define TNI_HAS_OVERFLOW_BUILTINS 1
#endif
#elif defined(__GNUC__) && __GNUC__ >= 5
#define TNI_HAS_OVERFLOW_BUILTINS 1
#endif
#if defined(TNI_PORTABLE) /* the tests compile both branches */
#undef TNI_HAS_OVERFLOW_BUILTINS
#endif

static inline int tni_add64(int64_t a, int64_t b, int64_t *out)
{
#ifdef TNI_HAS_OVERFLOW_BUILTINS
    int64_t sum;
    if (__builtin_add_overflow(a, b, &sum))
        return 1;
    *out = sum;
#else
    if (b > 0 ? a > INT64_MAX - b : a < INT64_MIN - b)
        return 1;
    *out = a + b;
#endif
    return 0;
}

static inline int tni_sub64(int64_t a, int64_t b, int64_t *out)
{
#ifdef TNI_HAS_OVERFLOW_BUILTINS
    int64_t difference;
    if (__builtin_sub_overflow(a, b, &difference))
        return 1;
    *out = difference;
#else
    if (b > 0 ? a < INT64_MIN + b : a > INT64_MAX + b)
        return 1;
    *out = a - b;
#endif
    return 0;
}

static inline int tni_mul64(int64_t a, int64_t b, int64_t *out)
{
#ifdef TNI_HAS_OVERFLOW_BUILTINS
    int64_t product;
    if (__builtin_mul_overflow(a, b, &product))
        return 1;
    *out = product;
#else
    if (a != 0 && b != 0) {
        if ((a == -1 && b == INT64_MIN) || (b == -1 && a == INT64_MIN))
            return 1;
        if (a != -1 && b != -1) {
            /* The limit is where the product's sign points; both quotients truncate towards zero. */
            if ((a > 0) == (b > 0) ? (a > 0 ? a > INT64_MAX / b : a < INT64_MAX / b)
                                   : (a > 0 ? b < INT64_MIN / a : a < INT64_MIN / b))
                return 1;
        }
    }
    *out = a * b;
#endif
    return 0;
}

static inline int tni_narrow(int64_t value, ptrdiff_t *out)
{
    if (value < PTRDIFF_MIN || value > PTRDIFF_MAX)
        return 1;
    *out = (ptrdiff_t)value;
    return 0;
}

static inline int tni_add(ptrdiff_t a, ptrdiff_t b, ptrdiff_t *out)
{
    int64_t sum;
    return tni_add64(a, b, &sum) || tni_narrow(sum, out);
}

static inline int tni_sub(ptrdiff_t a, ptrdiff_t b, ptrdiff_t *out)
{
    int64_t difference;
    return tni_sub64(a, b, &difference) || tni_narrow(difference, out);
}

static inline int tni_mul(ptrdiff_t a, ptrdiff_t b, ptrdiff_t *out)
{
    int64_t product;
    return tni_mul64(a, b, &product) || tni_narrow(product, out);
}

/* factor * shape[0] * … * shape[ndim - 1], all ≥ 0. An extent of 0 makes it 0, however large the others are. */
static inline int tni_product(ptrdiff_t factor, int ndim, const ptrdiff_t *shape, ptrdiff_t *out)
{
    ptrdiff_t product = factor;
    int overflow = 0;
    for (int k = 0; k < ndim; k++) {
        if (shape[k] == 0) {
            *out = 0;
            return 0;
        }
        if (!overflow)
            overflow = tni_mul(product, shape[k], &product);
    }
    if (overflow)
        return 1;
    *out = product;
    return 0;
}

#endif
