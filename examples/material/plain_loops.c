/* SPDX-License-Identifier: BSD-3-Clause */
/* What one would write by hand instead of .batch: the demo times both against each other. */
#include <stddef.h>

#include "cross.c"
#include "material.c"

/** j2_update for n points, each with parameters of its own.
 *
 * @throws 1 a point failed
 * @threadsafe
 */
int j2_loop(size_t n, const j2_parameters p[n], const double dstrain[n][6], double stress[n][6],
            double state[n][J2_NSTATE], double tangent[n][6][6])
{
    for (size_t i = 0; i < n; i++)
        if (j2_update(&p[i], dstrain[i], stress[i], state[i], tangent[i]) != 0)
            return 1;
    return 0;
}

/** cross for n pairs of vectors.
 *
 * @threadsafe
 */
void cross_loop(size_t n, const double a[n][3], const double b[n][3], double c[n][3])
{
    for (size_t i = 0; i < n; i++)
        cross(a[i], b[i], c[i]);
}
