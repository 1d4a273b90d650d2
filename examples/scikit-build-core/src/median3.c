/* SPDX-License-Identifier: BSD-3-Clause */
#include <math.h>

#include "filters.h"

void median3(size_t n, const double x[n], double y[restrict n])
{
    for (size_t i = 0; i < n; i++)
        y[i] = i == 0 || i == n - 1
                   ? x[i]
                   : fmax(fmin(x[i - 1], x[i]), fmin(fmax(x[i - 1], x[i]), x[i + 1]));
}
