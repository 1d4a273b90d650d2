/* SPDX-License-Identifier: BSD-3-Clause */
/* The inner loop: how the engine runs a C function over one point or many.
 *
 * Shaped like NumPy's own inner loops. It is all that the C half of the glue needs, and includes nothing but stddef.h
 * and stdint.h, since user sources may define any other name.
 */
#ifndef TENON_LOOP_H
#define TENON_LOOP_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The user's macros are alive here. */
#pragma push_macro("point")
#pragma push_macro("code")
#pragma push_macro("text")
#undef point
#undef code
#undef text

enum { TN_STOP_TEXT = 512 }; /* TN_ERROR_CAPACITY */

/* Where and why a loop stopped early. */
typedef struct tn_stop {
    ptrdiff_t point; /* index of the point whose function returned an error code */
    int64_t code;    /* that code, ≠ 0 */
    char text[TN_STOP_TEXT]; /* what the function itself said of it, in a tn_error; "" where it said nothing */
} tn_stop;

#pragma pop_macro("point")
#pragma pop_macro("code")
#pragma pop_macro("text")

/* int loop(char **args, const ptrdiff_t *dims, const ptrdiff_t *steps, tn_stop *stop)
 *
 * Calls the function at dims[0] points. args[i] + p*steps[i] is argument i at point p; dims[1 + k] is the value of size
 * k (module.h says which is which). dims, steps and args are not changed. Returns 0 when all points ran; otherwise
 * fills *stop, has run no point after it, and returns 1. `stop` is never NULL. Runs no Python. */
typedef int tn_loop(char **, const ptrdiff_t *, const ptrdiff_t *, tn_stop *);

#ifdef __cplusplus
}
#endif
#endif
