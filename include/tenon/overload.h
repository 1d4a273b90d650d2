/* SPDX-License-Identifier: BSD-3-Clause */
/* TN_OVERLOAD(mean, mean_f32, mean_f64): one Python name for several C functions.
 *
 * Stands at file scope, after the prototypes. A call of `mean` goes to the first listed function whose element types
 * and numbers of dimensions fit its arguments; sizes never decide. The functions keep their own names, too.
 */
#ifndef TENON_OVERLOAD_H
#define TENON_OVERLOAD_H

/* The compiler sees an assertion that always holds; `tenon build` reads its text. */
#define TN_OVERLOAD(name, ...) _Static_assert(1, "tenon overload: " #name ": " #__VA_ARGS__)

#endif
