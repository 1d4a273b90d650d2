/* SPDX-License-Identifier: BSD-3-Clause */
/* Elements that change their type on the way: any number to any number, in either byte order. */
#ifndef TNI_CAST_H
#define TNI_CAST_H

#include <stddef.h>

#include "tenon/span.h"

/* X(name, how it is stored, how it is computed with, what it is): the real numbers. What it is decides how it is
 * converted: B truth values, I integers, H 16-bit floats, F floats. Truth values are stored as any byte, not 0 for
 * true. */
#define TNI_REAL_LIST(X)          \
    X(BOOL, uint8_t, uint8_t, B)  \
    X(INT8, int8_t, int8_t, I)    \
    X(INT16, int16_t, int16_t, I) \
    X(INT32, int32_t, int32_t, I) \
    X(INT64, int64_t, int64_t, I) \
    X(UINT8, uint8_t, uint8_t, I) \
    X(UINT16, uint16_t, uint16_t, I) \
    X(UINT32, uint32_t, uint32_t, I) \
    X(UINT64, uint64_t, uint64_t, I) \
    X(FLOAT16, uint16_t, float, H) \
    X(BFLOAT16, uint16_t, float, H) \
    X(FLOAT32, float, float, F)   \
    X(FLOAT64, double, double, F) \
    X(LONGDOUBLE, long double, long double, F)

typedef enum tni_real {
#define TNI_ENUMERATOR(name, stored, computed, what) TNI_##name,
    TNI_REAL_LIST(TNI_ENUMERATOR)
#undef TNI_ENUMERATOR
    TNI_REALS
} tni_real;

/* n numbers of native byte order, contiguous on both sides, which do not overlap and need no alignment. */
typedef void tni_convert(char *to, const char *from, ptrdiff_t n);

/* C's conversion, as tenon/copy.h defines it. */
tni_convert *tni_converter(tni_real to, tni_real from);

/* A number: one real part or two. */
typedef struct tni_number {
    tni_real real;
    int parts;
    int swapped;       /* stored in the other byte order */
    ptrdiff_t width;   /* of one part, in bytes */
} tni_number;

typedef struct tni_cast {
    tni_number to, from;
    tni_convert *convert;
    int is_exact; /* every value there is arrives unchanged */
} tni_cast;

/* Returns 1 if one of the types is no number. */
int tni_cast_init(tni_cast *cast, const tn_type *to, const tn_type *from);

/* n elements; the two sides do not overlap. */
void tni_cast_elements(const tni_cast *cast, char *to, ptrdiff_t to_stride, const char *from, ptrdiff_t from_stride,
                       ptrdiff_t n);

/* The first of n elements whose value would not arrive unchanged; n if all would. Values that compare equal are the
 * same, as 0.0 and -0.0 do, and so are any two NaNs. */
ptrdiff_t tni_cast_first_changed(const tni_cast *cast, const char *from, ptrdiff_t from_stride, ptrdiff_t n);

/* `parts` of each of n numbers, contiguous and native: in `buffer`, or where they are if they are so there. */
const char *tni_gather(const tni_number *number, int parts, const char *from, ptrdiff_t stride, ptrdiff_t n,
                       char *buffer);

enum { TNI_NUMBER_TEXT = 96 };

/* How a message shows one value. Returns `text`. */
char *tni_cast_show(const tni_cast *cast, const char *value, char text[TNI_NUMBER_TEXT]);

/* TN_OUT_OF_RANGE if a value would change, with the index of the first one. */
tn_status tni_cast_check(const tni_cast *cast, const tn_span *from, const tn_type *to, tn_error *err);

#endif
