/* SPDX-License-Identifier: BSD-3-Clause */
/* Copying between layouts: any strides, any order, indirect axes on either side, overlap, and casts when asked for.
 *
 * Functions may run at the same time on different destinations.
 */
#ifndef TENON_COPY_H
#define TENON_COPY_H

#include "array.h"
#include "span.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum tn_casting {
    TN_CAST_NO = 0,    /* the element types must be equal by meaning */
    TN_CAST_EXACT = 1, /* numbers of any type and byte order, where every value arrives unchanged; the first one that
                          does not is TN_OUT_OF_RANGE with its index in the source, and nothing at all was written */
    TN_CAST_C = 2      /* as C's conversions do it; what C leaves undefined is defined at tn_copy */
} tn_casting;

/* Every element of `from`, broadcast to the shape of `to`, into `to`. The two may overlap in any way: the result is as
 * if `from` had been copied elsewhere first (where no order of copying does without that, it needs memory:
 * TN_NO_MEMORY). `to` must not overlap itself and must be writable (TN_WRONG_VALUE). Nothing that is written may be one
 * of the pointers that lead to indirect memory. Structures are copied whole, padding included. Elements that are or
 * hold Python objects are TN_WRONG_TYPE.
 *
 * TN_CAST_EXACT: a value is unchanged if it compares equal afterwards, so that -0.0 may become the integer 0; a NaN may
 * become any other NaN; a complex number may become a real one if its imaginary part is zero.
 *
 * TN_CAST_C: integers wrap modulo 2^N; floats round to nearest, ties to even, and overflow to infinity; a float becomes
 * an integer by truncation towards zero, saturated at the ends of its range, NaN to 0; complex to real drops the
 * imaginary part; anything to bool is `!= 0`. Structures, bytes, text, datetimes and pointers are copied between equal
 * types only (TN_WRONG_TYPE). */
tn_status tn_copy(const tn_span *to, const tn_span *from, tn_casting casting, tn_error *err);

/* A new array with the elements of `from`, which may be indirect and may repeat elements. */
tn_status tn_array_copy(const tn_span *from, tn_order order, tn_array *out, tn_error *err);

/* One element, of the span's own type, into every place. `value` may lie inside the span. */
tn_status tn_fill(const tn_span *to, const void *value, tn_error *err);

#ifdef __cplusplus
}
#endif
#endif
