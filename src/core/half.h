/* SPDX-License-Identifier: BSD-3-Clause */
/* The two 16-bit floating point formats, to and from double: IEEE 754 binary16 and bfloat16. */
#ifndef TNI_HALF_H
#define TNI_HALF_H

#include <stdint.h>

/* Rounded once, to nearest, ties to even. What is too large becomes an infinity, a NaN stays a (quiet) NaN. */
uint16_t tni_float16_from_double(double value);
uint16_t tni_bfloat16_from_double(double value);

/* Exact. */
double tni_float16_to_double(uint16_t bits);
double tni_bfloat16_to_double(uint16_t bits);

#endif
