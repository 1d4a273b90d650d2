/* SPDX-License-Identifier: BSD-3-Clause */
#include "polygon.h"

double area(size_t m, const double corners[m][2])
{
    double twice = 0;
    for (size_t i = 0, j = m - 1; i < m; j = i++)
        twice += corners[j][0] * corners[i][1] - corners[i][0] * corners[j][1];
    return twice / 2;
}

int centroid(size_t m, const double corners[m][2], double centre[restrict 2])
{
    double six_areas = 6 * area(m, corners);
    if (six_areas == 0)
        return 1;
    centre[0] = centre[1] = 0;
    for (size_t i = 0, j = m - 1; i < m; j = i++) {
        double twice = corners[j][0] * corners[i][1] - corners[i][0] * corners[j][1];
        for (int k = 0; k < 2; k++)
            centre[k] += (corners[j][k] + corners[i][k]) * twice / six_areas;
    }
    return 0;
}
