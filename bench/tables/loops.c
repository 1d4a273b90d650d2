/* SPDX-License-Identifier: BSD-3-Clause */
/* The loops that .batch stands in for, as one writes them in C: they call the same functions directly, compiled
 * with the same flags. The functions stand here, too, so that they can be inlined; j2_update under another name,
 * since the module has the file it comes from as well. */
#include <stddef.h>

#include "../functions.c"

#define j2_update j2_update_here
#include "../../examples/material/material.c"

/* --- cross -------------------------------------------------------------------------------------------------------- */

void cross_contiguous(size_t n, const double a[n][3], const double b[n][3], double c[restrict n][3])
{
    for (size_t i = 0; i < n; i++)
        cross(a[i], b[i], c[i]);
}

/** Every k-th vector. */
void cross_strided(size_t n, size_t k, const double a[n][k][3], const double b[n][k][3], double c[restrict n][k][3])
{
    for (size_t i = 0; i < n; i++)
        cross(a[i][0], b[i][0], c[i][0]);
}

/** The same b for all. */
void cross_broadcast(size_t n, const double a[n][3], const double b[3], double c[restrict n][3])
{
    for (size_t i = 0; i < n; i++)
        cross(a[i], b, c[i]);
}

/** cross() as a function that returns its product, as it must be to be a ufunc.
 *
 * @param[out] c  a x b
 */
void crossed(const double a[3], const double b[3], double c[restrict 3])
{
    cross(a, b, c);
}

/* --- doubled ------------------------------------------------------------------------------------------------------ */

/** @param[out] y  twice x */
void doubled_contiguous(size_t m, size_t n, const double x[m][n], double y[m][n])
{
    for (size_t i = 0; i < m; i++)
        doubled(n, x[i], y[i]);
}

/* --- j2_update ---------------------------------------------------------------------------------------------------- */

/** @throws 1 a point failed */
int j2_contiguous(size_t n, const j2_parameters p[n], const double dstrain[n][6], double stress[n][6],
                  double state[n][J2_NSTATE], double tangent[n][6][6])
{
    for (size_t i = 0; i < n; i++)
        if (j2_update(&p[i], dstrain[i], stress[i], state[i], tangent[i]) != 0)
            return 1;
    return 0;
}

/** Every k-th point.
 *
 * @throws 1 a point failed */
int j2_strided(size_t n, size_t k, const j2_parameters p[n][k], const double dstrain[n][k][6], double stress[n][k][6],
               double state[n][k][J2_NSTATE], double tangent[n][k][6][6])
{
    for (size_t i = 0; i < n; i++)
        if (j2_update(&p[i][0], dstrain[i][0], stress[i][0], state[i][0], tangent[i][0]) != 0)
            return 1;
    return 0;
}

/** The same parameters and the same strain for all.
 *
 * @throws 1 a point failed */
int j2_broadcast(size_t n, const j2_parameters *p, const double dstrain[6], double stress[n][6],
                 double state[n][J2_NSTATE], double tangent[n][6][6])
{
    for (size_t i = 0; i < n; i++)
        if (j2_update(p, dstrain, stress[i], state[i], tangent[i]) != 0)
            return 1;
    return 0;
}
