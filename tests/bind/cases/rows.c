/* SPDX-License-Identifier: BSD-3-Clause */
/* Arrays of pointers to rows, in all spellings. */
#include <stdint.h>
#include <tenon/tenon.h>

typedef struct {
    int32_t id;
    float weight;
} item;

double table(size_t m, size_t n, const double (*rows[m])[n])
{
    double sum = 0;
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++)
            sum += (*rows[i])[j];
    return sum;
}

/** Not const: written in place.
 * @param rows [m][n] the rows
 */
void pointers(double **rows, int m, int n, double by)
{
    for (int i = 0; i < m; i++)
        for (int j = 0; j < n; j++)
            rows[i][j] *= by;
}

/** @param rows [m][n] */
double array_of_pointers(int m, int n, const float *const rows[m])
{
    return m && n ? rows[m - 1][n - 1] : 0;
}

double planes(size_t m, const double (*rows[m])[2][3])
{
    return m ? (*rows[m - 1])[1][2] : 0;
}

/** @param[out] y [m][n] the products */
void outer(size_t m, size_t n, const double a[m], const double b[n], double **y)
{
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++)
            y[i][j] = a[i] * b[j];
}

/**
 * @param items   [m][n]
 * @param labels  [m][k] or NULL
 */
int64_t structures(size_t m, size_t n, size_t k, const item **items, const char **labels)
{
    return m && n ? items[m - 1][n - 1].id + (labels && k ? labels[m - 1][k - 1] : 0) : 0;
}

TN_OVERLOAD(last, array_of_pointers, table);

double not_said(double **rows)
{
    return rows[0][0];
}
