/* SPDX-License-Identifier: BSD-3-Clause */
/* A header of one's own over a library: here, over C's mathematical one. */
#ifndef DECLARED_H
#define DECLARED_H

/** Cosine. */
double cos(double);

/** Power.
 * @threadsafe
 */
double pow(double, double exponent);

/** Mantissa and exponent.
 * @param[out] exponent  the power of two
 * @return the mantissa
 */
double frexp(double x, int *exponent);

#endif
