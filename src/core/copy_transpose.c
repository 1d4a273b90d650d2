/* SPDX-License-Identifier: BSD-3-Clause */
/* Kernels for two axes that the two sides hold in opposite order.
 *
 * Let i run along the axis on which the source is dense, j along the one on which the destination is. Walked along
 * either, the other side touches a new line with every element, and comes back to it only after all others: by then it
 * has left the cache, at the latest where the rows lie a power of two apart and compete for the same few places. So
 * the plane is cut into tiles whose lines fit into the first cache, and in a tile small squares are transposed in
 * registers.
 *
 * Where the destination is large, a tile is made in a buffer and then written out, line by line, past the caches if
 * that can be; where it can't, the lines of a tile at least do not compete while it is made. A line that a tile has
 * only begun stays in the buffer, in front of its row, and the next tile of the same rows completes it. */
#include <string.h>

#include "copy_stream.h"
#include "copying.h"

enum {
    TILE_BYTES = 512,        /* along both axes, of a tile that is written in place */
    STREAM_ROWS = 256,       /* rows of a tile that is written through the buffer */
    STREAM_PITCH = TNI_STREAM_ROW + TNI_LINE /* room in front of each, for what it began before */
};

typedef struct plane {
    ptrdiff_t ni, nj;
    ptrdiff_t to_i, to_j, from_i, from_j; /* strides */
    ptrdiff_t width;
} plane;

/* --- squares in registers ----------------------------------------------------------------------------------------- */

#ifdef TNI_HAS_SSE2

/* A square of `lanes` × `lanes` elements that fill a register each row. Each round interleaves the rows of the upper
 * half with those of the lower half; after log2(lanes) rounds columns have become rows. */
#define DEFINE_SQUARE(width, lanes, low, high)                                                                         \
    static inline void square_##width(char *to, ptrdiff_t to_pitch, const char *from, ptrdiff_t from_pitch)            \
    {                                                                                                                  \
        __m128i rows[lanes], mixed[lanes];                                                                             \
        for (int k = 0; k < (lanes); k++)                                                                              \
            rows[k] = _mm_loadu_si128((const __m128i *)(const void *)(from + k * from_pitch));                         \
        for (int round = 1; round < (lanes); round *= 2) {                                                             \
            for (int k = 0; k < (lanes) / 2; k++) {                                                                    \
                mixed[2 * k] = low(rows[k], rows[k + (lanes) / 2]);                                                    \
                mixed[2 * k + 1] = high(rows[k], rows[k + (lanes) / 2]);                                               \
            }                                                                                                          \
            memcpy(rows, mixed, sizeof rows);                                                                          \
        }                                                                                                              \
        for (int k = 0; k < (lanes); k++)                                                                              \
            _mm_storeu_si128((__m128i *)(void *)(to + k * to_pitch), rows[k]);                                         \
    }

DEFINE_SQUARE(1, 16, _mm_unpacklo_epi8, _mm_unpackhi_epi8)
DEFINE_SQUARE(2, 8, _mm_unpacklo_epi16, _mm_unpackhi_epi16)
DEFINE_SQUARE(4, 4, _mm_unpacklo_epi32, _mm_unpackhi_epi32)
DEFINE_SQUARE(8, 2, _mm_unpacklo_epi64, _mm_unpackhi_epi64)

static inline void square_16(char *to, ptrdiff_t to_pitch, const char *from, ptrdiff_t from_pitch)
{
    (void)to_pitch, (void)from_pitch;
    _mm_storeu_si128((__m128i *)(void *)to, _mm_loadu_si128((const __m128i *)(const void *)from));
}

/* As many whole squares as there are; *ni and *nj become the extents that they cover. Along i a whole line of the
 * source is used before the next one. */
#define DEFINE_SQUARES(width)                                                                                          \
    static void squares_##width(const plane *p, char *to, const char *from, ptrdiff_t *ni, ptrdiff_t *nj)              \
    {                                                                                                                  \
        enum { SIDE = 16 / (width), GROUP = TNI_LINE / (width) };                                                      \
        *ni -= *ni % SIDE;                                                                                             \
        *nj -= *nj % SIDE;                                                                                             \
        for (ptrdiff_t group = 0; group < *ni; group += GROUP) {                                                       \
            ptrdiff_t end = group + GROUP < *ni ? group + GROUP : *ni;                                                 \
            for (ptrdiff_t j = 0; j < *nj; j += SIDE)                                                                  \
                for (ptrdiff_t i = group; i < end; i += SIDE)                                                          \
                    square_##width(to + i * p->to_i + j * (width), p->to_i, from + i * (width) + j * p->from_j,        \
                                   p->from_j);                                                                         \
        }                                                                                                              \
    }

DEFINE_SQUARES(1)
DEFINE_SQUARES(2)
DEFINE_SQUARES(4)
DEFINE_SQUARES(8)
DEFINE_SQUARES(16)

static void copy_squares(const plane *p, char *to, const char *from, ptrdiff_t *ni, ptrdiff_t *nj)
{
    int is_dense = p->to_j == p->width && p->from_i == p->width;
    if (is_dense && p->width == 1)
        squares_1(p, to, from, ni, nj);
    else if (is_dense && p->width == 2)
        squares_2(p, to, from, ni, nj);
    else if (is_dense && p->width == 4)
        squares_4(p, to, from, ni, nj);
    else if (is_dense && p->width == 8)
        squares_8(p, to, from, ni, nj);
    else if (is_dense && p->width == 16)
        squares_16(p, to, from, ni, nj);
    else
        *ni = *nj = 0;
}

#else

static void copy_squares(const plane *p, char *to, const char *from, ptrdiff_t *ni, ptrdiff_t *nj)
{
    (void)p, (void)to, (void)from;
    *ni = *nj = 0;
}

#endif

/* ni × nj elements one by one; the longer axis inside. */
static void copy_rectangle(const plane *p, char *to, const char *from, ptrdiff_t ni, ptrdiff_t nj)
{
    if (ni > nj)
        for (ptrdiff_t j = 0; j < nj; j++)
            tni_copy_elements(to + j * p->to_j, p->to_i, from + j * p->from_j, p->from_i, ni, p->width);
    else
        for (ptrdiff_t i = 0; i < ni; i++)
            tni_copy_elements(to + i * p->to_i, p->to_j, from + i * p->from_i, p->from_j, nj, p->width);
}

static void copy_tile(const plane *p, char *to, const char *from, ptrdiff_t ni, ptrdiff_t nj)
{
    ptrdiff_t done_i = ni, done_j = nj;
    copy_squares(p, to, from, &done_i, &done_j);
    if (done_j < nj && done_i > 0)
        copy_rectangle(p, to + done_j * p->to_j, from + done_j * p->from_j, done_i, nj - done_j);
    if (done_i < ni)
        copy_rectangle(p, to + done_i * p->to_i, from + done_i * p->from_i, ni - done_i, nj);
}

/* --- planes ------------------------------------------------------------------------------------------------------- */

static plane plane_of(const tni_job *job)
{
    const tni_axis *i = &job->axes[job->naxes - 2], *j = &job->axes[job->naxes - 1];
    return (plane){.ni = i->extent, .nj = j->extent, .to_i = i->to, .to_j = j->to, .from_i = i->from,
                   .from_j = j->from, .width = job->width};
}

static ptrdiff_t least(ptrdiff_t a, ptrdiff_t b)
{
    return a < b ? a : b;
}

int tni_copy_transposed(const tni_job *job, char *to, const char *from)
{
    plane p = plane_of(job);
    ptrdiff_t tile = TILE_BYTES / p.width < 16 ? 16 : TILE_BYTES / p.width;
    for (ptrdiff_t i = 0; i < p.ni; i += tile)
        for (ptrdiff_t j = 0; j < p.nj; j += tile)
            copy_tile(&p, to + i * p.to_i + j * p.to_j, from + i * p.from_i + j * p.from_j, least(tile, p.ni - i),
                      least(tile, p.nj - j));
    return 0;
}

/* A row of the buffer, of which `length` bytes from `to` on are new. The line that `to` lies in began in the tile
 * before unless this is the row's start, and its beginning is in the buffer. Whole lines go out; the rest as well if
 * this is the row's end, else to the front of the buffer. */
static void flush_row(char *to, char *row, ptrdiff_t length, int is_start, int is_end)
{
    ptrdiff_t phase = tni_phase(to), end = phase + length, at = 0;
    to -= phase;
    row -= phase;
    if (is_start && phase > 0) {
        memcpy(to + phase, row + phase, (size_t)(TNI_LINE - phase));
        at = TNI_LINE;
    }
    for (; at + TNI_LINE <= end; at += TNI_LINE)
        tni_stream_line(to + at, row + at);
    if (is_end)
        memcpy(to + at, row + at, (size_t)(end - at));
    else
        memcpy(row, row + at, TNI_LINE);
}

/* The destination is dense along j, its rows are no shorter than a tile's, and these are a whole number of elements. */
int tni_copy_transposed_streaming(const tni_job *job, char *to, const char *from)
{
    _Alignas(TNI_LINE) char buffer[TNI_LINE + STREAM_ROWS * STREAM_PITCH];
    char *first = buffer + TNI_LINE;
    plane p = plane_of(job), in_buffer = p;
    ptrdiff_t columns = TNI_STREAM_ROW / p.width;
    in_buffer.to_i = STREAM_PITCH;
    for (ptrdiff_t i = 0; i < p.ni; i += STREAM_ROWS) {
        ptrdiff_t rows = least(STREAM_ROWS, p.ni - i);
        for (ptrdiff_t j = 0; j < p.nj; j += columns) {
            ptrdiff_t length = least(columns, p.nj - j);
            copy_tile(&in_buffer, first, from + i * p.from_i + j * p.from_j, rows, length);
            for (ptrdiff_t k = 0; k < rows; k++)
                flush_row(to + (i + k) * p.to_i + j * p.to_j, first + k * STREAM_PITCH, length * p.width, j == 0,
                          j + length == p.nj);
        }
    }
    return 0;
}
