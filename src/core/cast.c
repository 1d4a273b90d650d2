/* SPDX-License-Identifier: BSD-3-Clause */
/* A cast takes elements in chunks that stay in the first cache: gathered into a buffer and brought into native byte
 * order where they are not so already, converted by a kernel that knows nothing of strides, and put where they
 * belong. */
#include "cast.h"

#include <float.h>
#include <string.h>

#include "copying.h"
#include "plain.h"

enum {
    CHUNK = 256,                             /* elements */
    MAX_WIDTH = 2 * (int)sizeof(long double), /* bytes of the largest element */
    TILE = 64,
    SHORT = 16
};

/* --- types -------------------------------------------------------------------------------------------------------- */

static int real_of(tn_kind kind, ptrdiff_t width, tni_real *real)
{
    static const struct {
        uint8_t kind;
        uint8_t width;
        tni_real real;
    } known[] = {
        {TN_BOOL, 1, TNI_BOOL},        {TN_INT, 1, TNI_INT8},         {TN_INT, 2, TNI_INT16},
        {TN_INT, 4, TNI_INT32},        {TN_INT, 8, TNI_INT64},        {TN_UINT, 1, TNI_UINT8},
        {TN_UINT, 2, TNI_UINT16},      {TN_UINT, 4, TNI_UINT32},      {TN_UINT, 8, TNI_UINT64},
        {TN_FLOAT, 2, TNI_FLOAT16},    {TN_BFLOAT, 2, TNI_BFLOAT16},  {TN_FLOAT, 4, TNI_FLOAT32},
        {TN_FLOAT, 8, TNI_FLOAT64},    {TN_FLOAT, sizeof(long double), TNI_LONGDOUBLE},
    };
    for (size_t k = 0; k < sizeof known / sizeof *known; k++)
        if (known[k].kind == kind && known[k].width == width) {
            *real = known[k].real;
            return 0;
        }
    return 1;
}

static int number_of(const tn_type *type, tni_number *number)
{
    int is_complex = type->kind == TN_COMPLEX;
    char order = tni_order(type);
    number->parts = is_complex ? 2 : 1;
    number->width = type->itemsize / number->parts;
    number->swapped = order != TN_NO_ORDER && order != TN_NATIVE;
    return real_of(is_complex ? TN_FLOAT : (tn_kind)type->kind, number->width, &number->real);
}

/* Integers have a sign bit or not and `digits` others; floats have that many, and an exponent. */
typedef struct range {
    int digits;
    int is_signed;
    int exponent; /* 0: an integer */
} range;

static const range ranges[TNI_REALS] = {
    [TNI_BOOL] = {1, 0, 0},      [TNI_INT8] = {7, 1, 0},       [TNI_INT16] = {15, 1, 0},
    [TNI_INT32] = {31, 1, 0},    [TNI_INT64] = {63, 1, 0},     [TNI_UINT8] = {8, 0, 0},
    [TNI_UINT16] = {16, 0, 0},   [TNI_UINT32] = {32, 0, 0},    [TNI_UINT64] = {64, 0, 0},
    [TNI_FLOAT16] = {11, 1, 16}, [TNI_BFLOAT16] = {8, 1, 128},
    [TNI_FLOAT32] = {FLT_MANT_DIG, 1, FLT_MAX_EXP}, [TNI_FLOAT64] = {DBL_MANT_DIG, 1, DBL_MAX_EXP},
    [TNI_LONGDOUBLE] = {LDBL_MANT_DIG, 1, LDBL_MAX_EXP},
};

static int holds_all(const range *to, const range *from)
{
    if (to->exponent == 0 && from->exponent != 0)
        return 0;
    return to->digits >= from->digits && to->is_signed >= from->is_signed && to->exponent >= from->exponent;
}

int tni_cast_init(tni_cast *cast, const tn_type *to, const tn_type *from)
{
    if (number_of(to, &cast->to) || number_of(from, &cast->from))
        return 1;
    cast->convert = tni_converter(cast->to.real, cast->from.real);
    cast->is_exact = cast->to.parts >= cast->from.parts && holds_all(&ranges[cast->to.real], &ranges[cast->from.real]);
    return 0;
}

/* --- chunks ------------------------------------------------------------------------------------------------------- */

static inline uint16_t swapped_16(uint16_t x)
{
    return (uint16_t)(x << 8 | x >> 8);
}

static inline uint32_t swapped_32(uint32_t x)
{
    return x << 24 | (x & 0xff00) << 8 | (x >> 8 & 0xff00) | x >> 24;
}

static inline uint64_t swapped_64(uint64_t x)
{
    return (uint64_t)swapped_32((uint32_t)x) << 32 | swapped_32((uint32_t)(x >> 32));
}

#define SWAP(bits)                                                                                                     \
    for (ptrdiff_t k = 0; k < n; k++) {                                                                                \
        uint##bits##_t element;                                                                                        \
        memcpy(&element, elements + k * (bits) / 8, sizeof element);                                                   \
        element = swapped_##bits(element);                                                                             \
        memcpy(elements + k * (bits) / 8, &element, sizeof element);                                                   \
    }

static void reverse_bytes(char *element, ptrdiff_t width)
{
    for (ptrdiff_t low = 0, high = width - 1; low < high; low++, high--) {
        char byte = element[low];
        element[low] = element[high];
        element[high] = byte;
    }
}

/* n elements in place. */
static void swap_bytes(char *elements, ptrdiff_t width, ptrdiff_t n)
{
    if (width == 2)
        SWAP(16)
    else if (width == 4)
        SWAP(32)
    else if (width == 8)
        SWAP(64)
    else
        for (ptrdiff_t k = 0; k < n; k++)
            reverse_bytes(elements + k * width, width);
}

const char *tni_gather(const tni_number *number, int parts, const char *from, ptrdiff_t stride, ptrdiff_t n,
                       char *buffer)
{
    ptrdiff_t size = parts * number->width;
    if (stride == size && !number->swapped)
        return from;
    tni_copy_elements(buffer, size, from, stride, n, size);
    if (number->swapped)
        swap_bytes(buffer, number->width, n * parts);
    return buffer;
}

/* A complex number is true if one of its parts is. */
static void join_truths(char *truths, ptrdiff_t n)
{
    for (ptrdiff_t k = 0; k < n; k++)
        truths[k] = truths[2 * k] | truths[2 * k + 1];
}

static void cast_chunk(const tni_cast *cast, char *to, ptrdiff_t to_stride, const char *from, ptrdiff_t from_stride,
                       ptrdiff_t n)
{
    _Alignas(16) char gathered[CHUNK * MAX_WIDTH], converted[CHUNK * MAX_WIDTH];
    static const char zero[sizeof(long double)];
    const tni_number *target = &cast->to;
    ptrdiff_t size = target->parts * target->width;
    int parts = target->parts == 2 || target->real == TNI_BOOL ? cast->from.parts : 1;
    const char *source = tni_gather(&cast->from, parts, from, from_stride, n, gathered);
    if (parts == target->parts && to_stride == size && !target->swapped) {
        cast->convert(to, source, n * parts);
        return;
    }
    cast->convert(converted, source, n * parts);
    if (parts > target->parts) {
        join_truths(converted, n);
        parts = 1;
    }
    if (target->swapped)
        swap_bytes(converted, target->width, n * parts);
    tni_copy_elements(to, to_stride, converted, parts * target->width, n, parts * target->width);
    if (parts < target->parts)
        tni_copy_elements(to + target->width, to_stride, zero, 0, n, target->width);
}

void tni_cast_elements(const tni_cast *cast, char *to, ptrdiff_t to_stride, const char *from, ptrdiff_t from_stride,
                       ptrdiff_t n)
{
    for (; n > 0; n -= CHUNK, to += CHUNK * to_stride, from += CHUNK * from_stride)
        cast_chunk(cast, to, to_stride, from, from_stride, n < CHUNK ? n : CHUNK);
}

/* --- kernels ------------------------------------------------------------------------------------------------------ */

int tni_cast_axis(const tni_job *job, char *to, const char *from)
{
    const tni_axis *axis = &job->axes[job->naxes - 1];
    tni_cast_elements(job->cast, to, axis->to, from, axis->from, axis->extent);
    return 0;
}

/* Lines of one tile along the axis on which the destination is denser, unless that is very short: they come back to
 * the lines of the source before these have left the cache, as in copy_transpose.c. */
int tni_cast_transposed(const tni_job *job, char *to, const char *from)
{
    const tni_axis *i = &job->axes[job->naxes - 2], *j = &job->axes[job->naxes - 1];
    if (j->extent < SHORT && i->extent > j->extent) {
        const tni_axis *other = i;
        i = j;
        j = other;
    }
    for (ptrdiff_t jj = 0; jj < j->extent; jj += TILE) {
        ptrdiff_t n = j->extent - jj < TILE ? j->extent - jj : TILE;
        for (ptrdiff_t k = 0; k < i->extent; k++)
            tni_cast_elements(job->cast, to + k * i->to + jj * j->to, j->to, from + k * i->from + jj * j->from, j->from,
                              n);
    }
    return 0;
}
