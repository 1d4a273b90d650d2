/* SPDX-License-Identifier: BSD-3-Clause */
/* A module whose names are those that stubs use. */
#include <stddef.h>

#define Float 1.5
#define Any "any"
enum { Int = 3, np = 4, tuple = 5 };

double bound(double x)
{
    return x * Float;
}

double Buffer(size_t n, const double x[n])
{
    return n ? x[0] : Int;
}

/** @param[out] y  the same */
double str(const char *s, int k, double *y)
{
    *y = k;
    return s[0];
}

typedef struct { int bytes; double class; } awkward;

awkward make(int k)
{
    return (awkward){k, 2.0};
}
