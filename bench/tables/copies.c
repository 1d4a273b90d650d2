/* SPDX-License-Identifier: BSD-3-Clause */
/* The same contiguous copy by libtenon, by C's own function, and by the ways that these have to choose from, all
 * called in the same way. Those are written in assembler, since a compiler makes a memcpy of any loop that it sees
 * to be one. */
#include <stdint.h>
#include <string.h>

#include <tenon/tenon.h>

int copy_tenon(tn_span to, const tn_span from)
{
    return (int)tn_copy(&to, &from, TN_CAST_NO, NULL);
}

int copy_memcpy(tn_span to, const tn_span from)
{
    memcpy(to.data, from.data, (size_t)tn_span_nbytes(&to));
    return 0;
}

#if defined(__x86_64__) && defined(__GNUC__)

enum { LINE = 64 };

/* One line of the destination with `store`, which wants it aligned. */
#define COPY_LINE(store, to, from)                                     \
    __asm__ volatile("movdqu   (%1), %%xmm0\n\tmovdqu 16(%1), %%xmm1\n\t" \
                     "movdqu 32(%1), %%xmm2\n\tmovdqu 48(%1), %%xmm3\n\t" \
                     store " %%xmm0,   (%0)\n\t" store " %%xmm1, 16(%0)\n\t" \
                     store " %%xmm2, 32(%0)\n\t" store " %%xmm3, 48(%0)"  \
                     :                                                 \
                     : "r"(to), "r"(from)                              \
                     : "xmm0", "xmm1", "xmm2", "xmm3", "memory")

/* What lies before the destination's first whole line, and behind its last, is copied by memcpy. */
#define COPY_LINES(store, to, from)                                       \
    do {                                                                  \
        size_t n = (size_t)tn_span_nbytes(&(to)), at = -(uintptr_t)(to).data % LINE; \
        at = at < n ? at : n;                                             \
        memcpy((to).data, (from).data, at);                               \
        for (; n - at >= LINE; at += LINE)                                \
            COPY_LINE(store, (char *)(to).data + at, (const char *)(from).data + at); \
        memcpy((char *)(to).data + at, (const char *)(from).data + at, n - at); \
    } while (0)

/* Past the caches. */
int copy_past(tn_span to, const tn_span from)
{
    COPY_LINES("movntdq", to, from);
    __asm__ volatile("sfence" ::: "memory");
    return 0;
}

/* Through the caches. */
int copy_through(tn_span to, const tn_span from)
{
    COPY_LINES("movdqa", to, from);
    return 0;
}

/* As the processor thinks best. */
int copy_string(tn_span to, const tn_span from)
{
    void *target = to.data;
    const void *source = from.data;
    size_t n = (size_t)tn_span_nbytes(&to);
    __asm__ volatile("rep movsb" : "+D"(target), "+S"(source), "+c"(n) : : "memory");
    return 0;
}

#endif
