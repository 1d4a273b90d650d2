/* SPDX-License-Identifier: BSD-3-Clause */
/** @file
 * Half precision, which not every compiler has on every machine.
 */
#include <stddef.h>

float half_sum(size_t n, const _Float16 x[n])
{
    float sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (float)x[i];
    return sum;
}
