/* SPDX-License-Identifier: BSD-3-Clause */
#include "polygon.h"

/* Even-odd rule: count the edges that a ray to the right crosses. */
static bool contains_point(size_t m, const double corners[m][2], const double point[2])
{
    bool inside = false;
    for (size_t i = 0, j = m - 1; i < m; j = i++) {
        const double *a = corners[i], *b = corners[j];
        if ((a[1] > point[1]) != (b[1] > point[1]) &&
            point[0] < (b[0] - a[0]) * (point[1] - a[1]) / (b[1] - a[1]) + a[0])
            inside = !inside;
    }
    return inside;
}

void contains(size_t m, size_t n, const double corners[m][2], const double points[n][2], bool inside[n])
{
    for (size_t i = 0; i < n; i++)
        inside[i] = contains_point(m, corners, points[i]);
}
