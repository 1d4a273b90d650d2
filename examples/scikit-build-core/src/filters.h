/* SPDX-License-Identifier: BSD-3-Clause */
/* Two filters for sampled signals. */
#ifndef FILTERS_H
#define FILTERS_H

#include <stddef.h>

/** Finite impulse response: the signal convolved with the taps, where they overlap fully.
 *
 * @param x       the signal
 * @param taps    the response, first tap first
 * @param[out] y  the filtered signal
 */
void fir(size_t m, size_t n, const double x[m], const double taps[n], double y[restrict m - n + 1]);

/** Median of three neighbours; the ends stay.
 *
 * @param x       the signal
 * @param[out] y  the filtered signal
 */
void median3(size_t n, const double x[n], double y[restrict n]);

#endif
