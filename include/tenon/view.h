/* SPDX-License-Identifier: BSD-3-Clause */
/* Typed strided views: what a C function declares to accept any layout, negative strides included.
 *
 *     double minimum(tn_const_f64_2 x)
 *     {
 *         double least = TN_AT(x, 0, 0);
 *         …TN_AT(x, i, j)… for i < x.shape[0], j < x.shape[1]
 *     }
 *
 * tn_f64_2 is written through and asks for a writable array; tn_const_f64_2 reads. A view owns nothing and is valid for
 * the call only. shape counts elements, strides count bytes, data is the address of element (0, …, 0) and never NULL.
 */
#ifndef TENON_VIEW_H
#define TENON_VIEW_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C++" { /* this header may be included inside extern "C" */
#include <complex>
}
#define TN_BOOL_TYPE bool
#define TN_COMPLEX_TYPE(real) std::complex<real> /* two of them side by side, as in C */
#define TN_TYPEOF(member) decltype(member)
#else
#define TN_BOOL_TYPE _Bool
#define TN_COMPLEX_TYPE(real) real _Complex
#define TN_TYPEOF(member) __typeof__(member)
#endif

/* X(short name, C type) */
#define TN_VIEW_LIST(X)   \
    X(bool, TN_BOOL_TYPE) \
    X(i8, int8_t)         \
    X(i16, int16_t)       \
    X(i32, int32_t)       \
    X(i64, int64_t)       \
    X(u8, uint8_t)        \
    X(u16, uint16_t)      \
    X(u32, uint32_t)      \
    X(u64, uint64_t)      \
    X(f32, float)         \
    X(f64, double)        \
    X(c64, TN_COMPLEX_TYPE(float)) \
    X(c128, TN_COMPLEX_TYPE(double))

/* The pasting is done here and nowhere deeper, so that a name such as `bool` is not expanded by <stdbool.h>. */
#define TN_DECLARE_(name, type)                                                                                   \
    typedef struct tn_##name##_1 { type *data; ptrdiff_t shape[1], strides[1]; } tn_##name##_1;                   \
    typedef struct tn_##name##_2 { type *data; ptrdiff_t shape[2], strides[2]; } tn_##name##_2;                   \
    typedef struct tn_##name##_3 { type *data; ptrdiff_t shape[3], strides[3]; } tn_##name##_3;                   \
    typedef struct tn_##name##_4 { type *data; ptrdiff_t shape[4], strides[4]; } tn_##name##_4;                   \
    typedef struct tn_const_##name##_1 { const type *data; ptrdiff_t shape[1], strides[1]; } tn_const_##name##_1; \
    typedef struct tn_const_##name##_2 { const type *data; ptrdiff_t shape[2], strides[2]; } tn_const_##name##_2; \
    typedef struct tn_const_##name##_3 { const type *data; ptrdiff_t shape[3], strides[3]; } tn_const_##name##_3; \
    typedef struct tn_const_##name##_4 { const type *data; ptrdiff_t shape[4], strides[4]; } tn_const_##name##_4;
TN_VIEW_LIST(TN_DECLARE_)
#undef TN_DECLARE_

/* The element of a view at an index, as an lvalue: TN_AT(x, i), TN_AT(x, i, j), … Indices are not checked. */
#define TN_AT(x, ...) TN_AT_PICK(__VA_ARGS__, TN_AT_4, TN_AT_3, TN_AT_2, TN_AT_1, 0)(x, __VA_ARGS__)
#define TN_AT_PICK(i, j, k, l, macro, ...) macro
#define TN_AT_1(x, i) TN_AT_BYTES(x, (ptrdiff_t)(i) * (x).strides[0])
#define TN_AT_2(x, i, j) TN_AT_BYTES(x, (ptrdiff_t)(i) * (x).strides[0] + (ptrdiff_t)(j) * (x).strides[1])
#define TN_AT_3(x, i, j, k) \
    TN_AT_BYTES(x, (ptrdiff_t)(i) * (x).strides[0] + (ptrdiff_t)(j) * (x).strides[1] + (ptrdiff_t)(k) * (x).strides[2])
#define TN_AT_4(x, i, j, k, l)                                                                                   \
    TN_AT_BYTES(x, (ptrdiff_t)(i) * (x).strides[0] + (ptrdiff_t)(j) * (x).strides[1] +                           \
                       (ptrdiff_t)(k) * (x).strides[2] + (ptrdiff_t)(l) * (x).strides[3])
#define TN_AT_BYTES(x, offset) (*(TN_TYPEOF((x).data))((char *)(x).data + (offset)))

#endif
