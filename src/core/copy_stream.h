/* SPDX-License-Identifier: BSD-3-Clause */
/* Stores that go past the caches. A line of the destination is written whole, without being read first, and pushes
 * nothing else out: a third less traffic where the destination is larger than the caches. x86-64 always has them; where
 * they are not to be had, plain copies stand in.
 *
 * Such stores are ordered by tni_stream_end alone, which must come before anybody else may look.
 */
#ifndef TNI_COPY_STREAM_H
#define TNI_COPY_STREAM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if (defined(__SSE2__) || defined(_M_X64)) && !defined(TNI_PORTABLE) /* the tests compile both branches */
#include <emmintrin.h>
#define TNI_HAS_SSE2 1
#endif

enum { TNI_LINE = 64, TNI_PAGE = 4096 };

/* Do such stores exist? */
#ifdef TNI_HAS_SSE2
enum { TNI_STREAMS = 1 };
#else
enum { TNI_STREAMS = 0 };
#endif

/* How many bytes the address lies behind the start of its line. */
static inline ptrdiff_t tni_phase(const char *place)
{
    return (ptrdiff_t)((uintptr_t)place % TNI_LINE);
}

#ifdef TNI_HAS_SSE2

/* One line. `to` is the start of a line. */
static inline void tni_stream_line(char *to, const char *from)
{
    __m128i parts[TNI_LINE / 16];
    for (int k = 0; k < TNI_LINE / 16; k++)
        parts[k] = _mm_loadu_si128((const __m128i *)(const void *)(from + 16 * k));
    for (int k = 0; k < TNI_LINE / 16; k++)
        _mm_stream_si128((__m128i *)(void *)(to + 16 * k), parts[k]);
}

static inline void tni_prefetch(const char *place)
{
    _mm_prefetch(place, _MM_HINT_T0);
}

static inline void tni_stream_end(void)
{
    _mm_sfence();
}

#else

static inline void tni_stream_line(char *to, const char *from)
{
    memcpy(to, from, TNI_LINE);
}

static inline void tni_prefetch(const char *place)
{
    (void)place;
}

static inline void tni_stream_end(void)
{
}

#endif

/* `n` bytes that do not overlap. Four pages at a time: memory answers sooner than along one. */
static inline void tni_stream(char *to, const char *from, ptrdiff_t n)
{
    ptrdiff_t head = (TNI_LINE - tni_phase(to)) % TNI_LINE;
    if (head > n)
        head = n;
    memcpy(to, from, (size_t)head);
    to += head;
    from += head;
    n -= head;
    for (; n >= 4 * TNI_PAGE; n -= 4 * TNI_PAGE, to += 4 * TNI_PAGE, from += 4 * TNI_PAGE)
        for (ptrdiff_t at = 0; at < TNI_PAGE; at += TNI_LINE)
            for (ptrdiff_t page = at; page < 4 * TNI_PAGE; page += TNI_PAGE) {
                tni_prefetch(from + page + (n >= 8 * TNI_PAGE ? 4 * TNI_PAGE : 0));
                tni_stream_line(to + page, from + page);
            }
    for (; n >= TNI_LINE; n -= TNI_LINE, to += TNI_LINE, from += TNI_LINE)
        tni_stream_line(to, from);
    memcpy(to, from, (size_t)n);
}

#endif
