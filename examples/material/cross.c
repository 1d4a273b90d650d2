/* SPDX-License-Identifier: BSD-3-Clause */
/* About as small as a function over arrays gets: what a loop around it costs, shows. */

/** Cross product of two vectors.
 *
 * @param[out] c  a x b
 * @threadsafe
 */
void cross(const double a[3], const double b[3], double c[restrict 3])
{
    c[0] = a[1] * b[2] - a[2] * b[1];
    c[1] = a[2] * b[0] - a[0] * b[2];
    c[2] = a[0] * b[1] - a[1] * b[0];
}
