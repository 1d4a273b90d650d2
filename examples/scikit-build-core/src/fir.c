/* SPDX-License-Identifier: BSD-3-Clause */
#include "filters.h"

void fir(size_t m, size_t n, const double x[m], const double taps[n], double y[restrict m - n + 1])
{
    for (size_t i = 0; i + n <= m; i++) {
        y[i] = 0;
        for (size_t k = 0; k < n; k++)
            y[i] += taps[k] * x[i + n - 1 - k];
    }
}
