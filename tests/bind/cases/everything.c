/* SPDX-License-Identifier: BSD-3-Clause */
/** @file
 * One of every row of the rule table.
 */
#include <complex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <tenon/tenon.h>

#define ORDER 4
#define RATIO 0.5
#define GREETING "hello"
#define BIGGEST UINT64_MAX

enum { FIRST = 1, SECOND };
typedef enum { COLD = -1, WARM = 1 } mood;

typedef struct { int32_t a; float b; } pair;
typedef struct { double scale; int32_t steps; char label[8]; double matrix[2][2]; pair inner; } settings;
typedef double vec3[3];

double table[6] = {1, 2, 3, 4, 5, 6};
const int32_t primes[2][2] = {{2, 3}, {5, 7}};
int32_t counter = 7;
char motto[6] = "plain";
static double hidden[3];

static double square(double x)
{
    return x * x;
}

/** Mean of a matrix.
 *
 * @param x  the values
 * @return their mean
 */
double mean(size_t m, size_t n, const double x[m][n])
{
    double sum = 0;
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++)
            sum += x[i][j];
    return sum / ((double)m * (double)n);
}

void negate(size_t n, double x[n])
{
    for (size_t i = 0; i < n; i++)
        x[i] = -x[i];
}

/** @param[out] low the smallest
 *  @param[out] y   the products */
void scale(size_t n, double a, const double x[n], double y[n], double *low)
{
    *low = 0;
    for (size_t i = 0; i < n; i++) {
        y[i] = a * x[i];
        if (i == 0 || y[i] < *low)
            *low = y[i];
    }
}

double dot(int n, const double x[n], const double y[n])
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += x[i] * y[i];
    return sum;
}

/** @param[out] y n values from lo to hi */
void linspace(int n, double lo, double hi, double y[n])
{
    for (int i = 0; i < n; i++)
        y[i] = lo + (hi - lo) * i / (n > 1 ? n - 1 : 1);
}

double norm2(const double x[3])
{
    return square(x[0]) + square(x[1]) + square(x[2]);
}

double trace(const double pv[2][ORDER])
{
    return pv[0][0] + pv[1][1];
}

double head(size_t n, const double x[static n], const double w[n])
{
    return n ? x[0] * w[0] : 0;
}

/** @param[out] y neighbours added */
void sums(size_t n, const double x[n + 1], double y[n])
{
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] + x[i + 1];
}

/** @param[out] full the symmetric matrix */
void unpack(size_t n, const double packed[n * (n + 1) / 2], double full[n][n])
{
    for (size_t i = 0, k = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++, k++)
            full[i][j] = full[j][i] = packed[k];
}

void apart(size_t n, const double x[restrict n], double y[restrict n])
{
    memcpy(y, x, n * sizeof *x);
}

void doubler(size_t n, pair p[n])
{
    for (size_t i = 0; i < n; i++) {
        p[i].a *= 2;
        p[i].b *= 2;
    }
}

double apply(const settings *s, double x)
{
    return s->scale * x + s->steps + s->matrix[0][1] + (double)s->inner.a;
}

int32_t first_of(pair p)
{
    return p.a;
}

/** @param[out] p what was made
 *  @param[in,out] q what was changed */
void make_pair(int a, pair *p, pair *q)
{
    *p = (pair){a, 0.5f};
    q->a += a;
}

double dot3(const vec3 a, const vec3 b)
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

void set3(vec3 a, double value)
{
    a[0] = a[1] = a[2] = value;
}

double minimum(tn_const_f64_2 x)
{
    double least = TN_AT(x, 0, 0);
    for (ptrdiff_t i = 0; i < x.shape[0]; i++)
        for (ptrdiff_t j = 0; j < x.shape[1]; j++)
            if (TN_AT(x, i, j) < least)
                least = TN_AT(x, i, j);
    return least;
}

void fill(tn_i32_1 x, int value)
{
    for (ptrdiff_t i = 0; i < x.shape[0]; i++)
        TN_AT(x, i) = value;
}

int dimensions(const tn_span x)
{
    return x.ndim;
}

void clear(tn_span x)
{
    if (x.ndim == 0)
        memset(x.data, 0, (size_t)x.type->itemsize);
}

/** @param x [n] the values
 *  @param y [n][2] more of them */
double pointers(const double *x, const double *y, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i] * y[2 * i];
    return sum;
}

/** @param k []  how many
 *  @param[in,out] t []  the time */
void advance(const int *k, double *t)
{
    *t += *k;
}

/** @param lda = n
 *  @param mode = ORDER */
double leading(int n, const double a[n][n], int lda, int mode)
{
    return a[0][0] * lda + mode;
}

/** @param n []
 *  @param x [n]
 *  @param incx = 1 */
double fortran(const int *n, const double *x, const int *incx)
{
    double sum = 0;
    for (int i = 0; i < *n; i += *incx)
        sum += x[i];
    return sum;
}

/** @param w [n] or NULL: weights */
double weighted(size_t n, const double x[n], const double *w)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i] * (w ? w[i] : 1);
    return sum;
}

/** @param s or NULL */
int length(const char *s)
{
    return s ? (int)strlen(s) : -1;
}

void conjugate(size_t n, double _Complex z[n])
{
    for (size_t i = 0; i < n; i++)
        z[i] = conj(z[i]);
}

size_t count(size_t n, const bool x[n])
{
    size_t found = 0;
    for (size_t i = 0; i < n; i++)
        found += x[i];
    return found;
}

long double longest(size_t n, const long double x[n])
{
    return n ? x[n - 1] : 0;
}

mood opposite(mood m)
{
    return m == COLD ? WARM : COLD;
}

unsigned summer(size_t n, const char b[n])
{
    unsigned sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (unsigned char)b[i];
    return sum;
}

int exactly(size_t n, const signed char a[n], const uint8_t b[n])
{
    return n ? a[0] + b[0] : 0;
}

const char *greet(const char *who)
{
    return strcmp(who, "nobody") == 0 ? GREETING : who;
}

char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
}

bool is_odd(int64_t x)
{
    return x % 2 != 0;
}

double _Complex turn(double _Complex z)
{
    return z * I;
}

/** @param[out] rest what is left
 *  @return the quotient */
int divide(int a, int b, int *rest)
{
    *rest = a % b;
    return a / b;
}

pair both(int a, float b)
{
    return (pair){a, b};
}

/** @throws 3 did not converge
 *  @throws SECOND was the second
 *  @retval 0 all is well */
int solve(int code, size_t n, double x[n])
{
    for (size_t i = 0; i < n; i++)
        x[i] = code;
    return code;
}

tn_status checked(int code)
{
    return (tn_status)code;
}

float mean_f32(size_t n, const float x[n])
{
    float sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return sum / (float)n;
}

TN_OVERLOAD(any_mean, mean_f32, mean);

/** @threadsafe */
double twice(double x)
{
    return 2 * x;
}

double lambda(double from, double None)
{
    return from + None;
}

double unnamed(double, double b);

double unnamed(double a, double b)
{
    return a - b + hidden[0];
}

/** @param[in] x  only read, though not const */
double only_read(size_t n, double x[n])
{
    return n ? x[0] : 0;
}

double row_table(size_t m, size_t n, const double (*rows[m])[n])
{
    return (*rows[m - 1])[n - 1];
}

/** @param rows [m][n] */
double row_pointers(size_t m, size_t n, const double *const *rows)
{
    return m && n ? rows[m - 1][n - 1] : 0;
}

/* --- what is not bound -------------------------------------------------------------------------------------------- */

double no_shape(const double *x)
{
    return *x;
}

double no_extent(const double x[])
{
    return *x;
}

void any(void *memory)
{
    (void)memory;
}

int variadic(int n, ...)
{
    return n;
}

double callback(double (*f)(double), double x)
{
    return f(x);
}

typedef struct grid grid;
grid *grid_new(int n)
{
    return n ? NULL : NULL;
}

double *pointer_result(void)
{
    return table;
}

struct bits { int a : 3; };
int bit_field(struct bits b)
{
    return b.a;
}

/** @param[out] x */
double written_const(size_t n, const double x[n])
{
    return x[0];
}

/** @param x [mm] a length */
double unit(const double *x)
{
    return *x;
}
