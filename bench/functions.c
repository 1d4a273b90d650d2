/* SPDX-License-Identifier: BSD-3-Clause */
/* What is bound, by every adapter: functions that cost next to nothing, so that the call is what is measured. */
#include <stddef.h>

/** The first element; 0 where there is none. */
double first(size_t n, const double x[n])
{
    return n > 0 ? x[0] : 0.0;
}

/** z[0] = x[0] + y[0]. */
void add(size_t n, const double x[n], const double y[n], double z[n])
{
    if (n > 0)
        z[0] = x[0] + y[0];
}

/** A new array.
 *
 * @param[out] y  twice x
 */
void doubled(size_t n, const double x[n], double y[n])
{
    for (size_t i = 0; i < n; i++)
        y[i] = 2 * x[i];
}

/** a times the first element. */
double scaled(double a, size_t n, const double x[n])
{
    return n > 0 ? a * x[0] : 0.0;
}
