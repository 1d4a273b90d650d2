/* SPDX-License-Identifier: BSD-3-Clause */
/* What the C tests are written with. A test is a sentence and a function; a run prints TAP, one line a sentence.
 *
 * A sentence holds if its function made at least one check and none failed: a table that has become empty does not
 * pass.
 */
#ifndef CHECK_H
#define CHECK_H

#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef struct test {
    const char *sentence;
    void (*run)(void);
} test;

static long checks_made, checks_failed;

/* `format` says what was expected of which case, and what came. */
static inline void check_that(int holds, const char *file, int line, const char *format, ...)
{
    checks_made++;
    if (holds || checks_failed++ >= 20)
        return;
    va_list arguments;
    va_start(arguments, format);
    printf("# %s:%d: ", file, line);
    vprintf(format, arguments);
    printf("\n");
    va_end(arguments);
}

#define CHECK(holds, ...) check_that((holds) != 0, __FILE__, __LINE__, __VA_ARGS__)

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

static inline int run_tests(const test *tests, int count)
{
    int failed = 0;
    printf("1..%d\n", count);
    for (int k = 0; k < count; k++) {
        checks_made = checks_failed = 0;
        tests[k].run();
        if (checks_made == 0)
            printf("# no case was checked\n");
        int holds = checks_made > 0 && checks_failed == 0;
        printf("%s %d - %s\n", holds ? "ok" : "not ok", k + 1, tests[k].sentence);
        fflush(stdout);
        failed += !holds;
    }
    if (count == 0)
        printf("Bail out! there are no tests here\n");
    return failed > 0 || count == 0;
}

/* A sequence of numbers that is the same in every run. */
static inline uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* One of low … high. */
static inline ptrdiff_t random_between(uint64_t *state, ptrdiff_t low, ptrdiff_t high)
{
    return low + (ptrdiff_t)(next_random(state) % (uint64_t)(high - low + 1));
}

#endif
