/* SPDX-License-Identifier: BSD-3-Clause */
/* A part of BLAS and LAPACK, declared so that the prototypes say what the library's own headers leave to its manual:
 * shapes, directions, which sizes belong together, and what an error code means. There is no C code behind this file.
 *
 * The library is the OpenBLAS of PyPI's scipy-openblas32. Its row-major C interfaces (CBLAS, LAPACKE) are called; their
 * first argument, 101, says row-major. CBLAS and LAPACKE name the symbol behind a function, so that its name here can
 * be any: one library function may even appear under two names, with different arguments fixed.
 *
 * Arguments are overwritten where LAPACK overwrites them: the caller decides what to copy.
 */
#ifndef LAPACK_H
#define LAPACK_H

#ifndef PREFIX
#define PREFIX "scipy_"
#endif
#define CBLAS(name) __asm__(PREFIX "cblas_" name)
#define LAPACKE(name) __asm__(PREFIX "LAPACKE_" name)

/** Dot product of two vectors.
 *
 * @param incx = 1
 * @param incy = 1
 * @threadsafe
 */
double dot(int n, const double x[n], int incx, const double y[n], int incy) CBLAS("ddot");

/** Matrix product: c = alpha a b + beta c.
 *
 * @param layout = 101
 * @param transa = 111
 * @param transb = 111
 * @param lda = k
 * @param ldb = n
 * @param[in,out] c  the matrix that the product is added to; not read where beta is 0
 * @param ldc = n
 * @threadsafe
 */
void gemm(int layout, int transa, int transb, int m, int n, int k, double alpha, const double a[m][k], int lda,
          const double b[k][n], int ldb, double beta, double c[restrict m][n], int ldc) CBLAS("dgemm");

/** Solve a x = b for every column of b, by LU factorisation with partial pivoting.
 *
 * @param layout = 101
 * @param[in,out] a  the matrix; its factors L and U afterwards
 * @param lda = n
 * @param[out] pivots  row i was exchanged with row pivots[i] - 1
 * @param[in,out] b  the right-hand sides; the solutions afterwards
 * @param ldb = nrhs
 * @throws >0 the matrix is singular: the pivot of this number is zero
 * @throws -4 a contains NaN
 * @throws -7 b contains NaN
 * @throws -1010 out of memory
 * @throws -1011 out of memory
 * @threadsafe
 */
int solve(int layout, int n, int nrhs, double a[restrict n][n], int lda, int pivots[n], double b[restrict n][nrhs],
          int ldb) LAPACKE("dgesv");

/** Least squares: minimise |b - a x| for every column of b, by singular value decomposition.
 *
 * Where a does not have full rank, or has more columns than rows, the solution is the shortest one. b has as many rows
 * as the larger extent of a, max(m, n), and singular values there are min(m, n); both are written here in the
 * arithmetic that bounds have: (2 m + 1) / (m + n + 1) is 1 if m >= n, and 0 otherwise.
 *
 * @param layout = 101
 * @param[in,out] a  the matrix; destroyed
 * @param lda = n
 * @param[in,out] b  the right-hand sides in the first m rows; the solutions afterwards in the first n
 * @param ldb = nrhs
 * @param[out] singular  the singular values of a, largest first
 * @param rcond  singular values below rcond times the largest count as zero; negative: below the rounding error
 * @param[out] rank  number of singular values that count
 * @throws >0 the decomposition did not converge
 * @throws -5 a contains NaN
 * @throws -7 b contains NaN
 * @throws -10 rcond is NaN
 * @throws -1010 out of memory
 * @throws -1011 out of memory
 * @threadsafe
 */
int lstsq(int layout, int m, int n, int nrhs, double a[restrict m][n], int lda,
          double b[restrict n + (m - n) * ((2 * m + 1) / (m + n + 1))][nrhs], int ldb,
          double singular[m - (m - n) * ((2 * m + 1) / (m + n + 1))], double rcond, int *rank) LAPACKE("dgelsd");

/** Eigenvalues and eigenvectors of a symmetric matrix, of which the lower triangle is read.
 *
 * @param layout = 101
 * @param job = 'V'
 * @param triangle = 'L'
 * @param[in,out] a  the matrix; its eigenvectors afterwards, as columns
 * @param lda = n
 * @param[out] values  the eigenvalues, smallest first
 * @throws >0 the iteration did not converge
 * @throws -5 a contains NaN
 * @throws -1010 out of memory
 * @throws -1011 out of memory
 * @threadsafe
 */
int eigh(int layout, char job, char triangle, int n, double a[restrict n][n], int lda, double values[n])
    LAPACKE("dsyevd");

/** Eigenvalues of a square matrix.
 *
 * @param layout = 101
 * @param left = 'N'
 * @param right = 'N'
 * @param[in,out] a  the matrix; destroyed
 * @param lda = n
 * @param[out] real  real parts of the eigenvalues; conjugate pairs are neighbours
 * @param[out] imag  imaginary parts
 * @param vl [n][n] or NULL: not used
 * @param ldvl = n
 * @param vr [n][n] or NULL: not used
 * @param ldvr = n
 * @throws >0 the iteration did not converge
 * @throws -5 a contains NaN
 * @throws -1010 out of memory
 * @throws -1011 out of memory
 * @threadsafe
 */
int eigvals(int layout, char left, char right, int n, double a[restrict n][n], int lda, double real[n],
            double imag[n], double *vl, int ldvl, double *vr, int ldvr) LAPACKE("dgeev");

#endif
