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
    TILE = 64
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

static void reverse_bytes(char *element, ptrdiff_t width)
{
    for (ptrdiff_t low = 0, high = width - 1; low < high; low++, high--) {
        char byte = element[low];
        element[low] = element[high];
        element[high] = byte;
    }
}

/* n elements in place; constant widths become single instructions. */
static void swap_bytes(char *elements, ptrdiff_t width, ptrdiff_t n)
{
    char *end = elements + n * width;
    if (width == 2)
        for (; elements < end; elements += 2)
            reverse_bytes(elements, 2);
    else if (width == 4)
        for (; elements < end; elements += 4)
            reverse_bytes(elements, 4);
    else if (width == 8)
        for (; elements < end; elements += 8)
            reverse_bytes(elements, 8);
    else
        for (; elements < end; elements += width)
            reverse_bytes(elements, width);
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

/* Each of n reals of `width` bytes gets an imaginary part of zero. */
static void add_imaginary(char *reals, ptrdiff_t width, ptrdiff_t n)
{
    for (ptrdiff_t k = n - 1; k >= 0; k--) {
        memmove(reals + 2 * k * width, reals + k * width, (size_t)width);
        memset(reals + (2 * k + 1) * width, 0, (size_t)width);
    }
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
    const tni_number *target = &cast->to;
    ptrdiff_t size = target->parts * target->width;
    int parts = target->parts == 2 || target->real == TNI_BOOL ? cast->from.parts : 1;
    const char *source = tni_gather(&cast->from, parts, from, from_stride, n, gathered);
    if (parts == target->parts && to_stride == size && !target->swapped) {
        cast->convert(to, source, n * parts);
        return;
    }
    cast->convert(converted, source, n * parts);
    if (parts < target->parts)
        add_imaginary(converted, target->width, n);
    else if (parts > target->parts)
        join_truths(converted, n);
    if (target->swapped)
        swap_bytes(converted, target->width, n * target->parts);
    tni_copy_elements(to, to_stride, converted, size, n, size);
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

/* Tiles, and in them lines along the longer side, as in copy_transpose.c. */
int tni_cast_transposed(const tni_job *job, char *to, const char *from)
{
    const tni_axis *i = &job->axes[job->naxes - 2], *j = &job->axes[job->naxes - 1];
    if (i->extent > j->extent) {
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
