/* SPDX-License-Identifier: BSD-3-Clause */
/* Simple polygons: m corners in order, each x, y; the last joins the first. */
#ifndef POLYGON_H
#define POLYGON_H

#include <stdbool.h>
#include <stddef.h>

/** The area, positive where the corners run counter-clockwise. */
double area(size_t m, const double corners[m][2]);

/** The centre of mass of the area.
 *
 * @param corners      the polygon
 * @param[out] centre  its x, y
 * @throws 1 the polygon has no area
 */
int centroid(size_t m, const double corners[m][2], double centre[restrict 2]);

/** Which points lie inside.
 *
 * @param corners      the polygon
 * @param points       what to look for
 * @param[out] inside  one answer a point
 */
void contains(size_t m, size_t n, const double corners[m][2], const double points[n][2], bool inside[n]);

#endif
