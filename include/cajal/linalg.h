/*
 * cajal/linalg.h - dense linear algebra: factors, systems, eigenvalues, functions of matrices.
 *
 * Matrices are the last two axes, of f32 or f64 (DTYPE else); the axes before them are a batch, spread
 * over the threads, and broadcast where an op takes two. Names are torch.linalg's; right sides are
 * matrices too, [..., n, k].
 *
 * What an op computes has a definite sign: R of QR has a positive diagonal, and the largest component
 * (the first of equal ones) of each eigenvector, and of each left singular vector, is positive. A matrix that has no result (not positive definite, an element that is not
 * finite, no convergence) gives NaN all over, as in a batch one must not spoil the others; a singular
 * system gives inf or NaN by division.
 *
 * All can be differentiated any number of times where values are distinct. Eigen- and singular
 * vectors of equal values hang on nothing smooth: a quotient by a difference of values that is 0
 * counts as 0. The first derivative of sums over eigenvalues and of projectors onto whole subspaces is
 * right then; second derivatives of them, and first ones of other functions of the vectors (V f(w)
 * V^T), lack the terms of equal pairs: use cj_matrix_sqrt, cj_matrix_exp, cj_matrix_power or products,
 * which are right to every order.
 *
 * LAPACK, opened when the first op that wants it is compiled (all but solve_tridiagonal, trace,
 * matrix_exp and matrix_power of n >= 0): OpenBLAS for threads (Debian: libopenblas0-pthread), another
 * one else; without any the compilation fails, MISSING, naming the package. CAJAL_LAPACK in the
 * environment names a library of one's own. Each call of it runs on one thread, whatever
 * OPENBLAS_NUM_THREADS says; a library for one thread (libopenblas0-serial, the reference LAPACK)
 * is called by one thread at a time, and a batch is not spread. Its bits are those of the library and the processor that it was built
 * for (cj_lapack_provider), not of the number of threads or of the batch.
 */
#ifndef CAJAL_LINALG_H
#define CAJAL_LINALG_H

#include "cajal/fft.h"
#include "cajal/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/* "OpenBLAS 0.3.21 SkylakeX": what computes in this context. NULL, with a sentence, where there is
 * none. */
CJ_API const char *cj_lapack_provider(cj_context *context);

/* ---- systems ---- */

/* L, lower triangular, of A = L L^T; of A's symmetric part (A + A^T) / 2. */
CJ_API cj_tensor *cj_cholesky_at(cj_at at, cj_tensor *a);
#define cj_cholesky(...) cj_cholesky_at(CJ_HERE, __VA_ARGS__)

/*
 * X of A X = B (of A^T X = B where .transposed), by LU with row exchanges; where .positive_definite by
 * Cholesky of A's symmetric part, twice as fast. The factors serve the derivatives too.
 */
struct cj_solve_args {
    cj_tensor *a, *b;
    cj_at at;
    bool positive_definite, transposed;
};
CJ_API cj_tensor *cj_solve_at(const struct cj_solve_args *args);
#define cj_solve(...)                                                                              \
    cj_solve_at(&(struct cj_solve_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_solve_args)})

/* X of A X = B (.transposed: A^T X = B) with A lower triangular (.upper), with ones for its diagonal
 * where .unit_diagonal; the other triangle is not looked at. */
struct cj_solve_triangular_args {
    cj_tensor *a, *b;
    cj_at at;
    bool upper, transposed, unit_diagonal;
};
CJ_API cj_tensor *cj_solve_triangular_at(const struct cj_solve_triangular_args *args);
#define cj_solve_triangular(...)                                                                   \
    cj_solve_triangular_at(&(struct cj_solve_triangular_args){                                     \
        __VA_ARGS__, .at = CJ_HERE_OF(struct cj_solve_triangular_args)})

/* X of L L^T X = B. */
CJ_API cj_tensor *cj_cholesky_solve_at(cj_at at, cj_tensor *l, cj_tensor *b);
#define cj_cholesky_solve(...) cj_cholesky_solve_at(CJ_HERE, __VA_ARGS__)
/* X of T X = B, T tridiagonal, bands [..., 3, n]: below the diagonal (its first element is ignored),
 * the diagonal, above it (its last one is ignored); with exchange of neighbouring rows. */
CJ_API cj_tensor *cj_solve_tridiagonal_at(cj_at at, cj_tensor *bands, cj_tensor *b);
#define cj_solve_tridiagonal(...) cj_solve_tridiagonal_at(CJ_HERE, __VA_ARGS__)
CJ_API cj_tensor *cj_inverse_at(cj_at at, cj_tensor *a);
#define cj_inverse(...) cj_inverse_at(CJ_HERE, __VA_ARGS__)

/* The determinant [...]; its derivative det(A) A^-T wants A regular. */
CJ_API cj_tensor *cj_det_at(cj_at at, cj_tensor *a);
#define cj_det(...) cj_det_at(CJ_HERE, __VA_ARGS__)
/* det A = sign e^logabs; of a singular A 0 and -inf. */
typedef struct cj_slogdet_result {
    cj_tensor *sign, *logabs;
} cj_slogdet_result;
CJ_API cj_slogdet_result cj_slogdet_at(cj_at at, cj_tensor *a);
#define cj_slogdet(...) cj_slogdet_at(CJ_HERE, __VA_ARGS__)

/*
 * The least X (in the sum of squares) of those with the least |A X - B|, A [..., m, n] of any shape and
 * rank. Singular values up to .rcond times the largest count as 0 (default: epsilon times the larger
 * of m and n; CJ_ZERO is no number here: pass a tiny one); LAPACK's gelsd. .pivoted_qr: by QR with column
 * pivoting and the same bound on the condition (gelsy), faster. The derivative takes the rank to be
 * constant around A.
 */
struct cj_lstsq_args {
    cj_tensor *a, *b;
    cj_at at;
    double rcond;
    bool pivoted_qr;
};
CJ_API cj_tensor *cj_lstsq_at(const struct cj_lstsq_args *args);
#define cj_lstsq(...)                                                                              \
    cj_lstsq_at(&(struct cj_lstsq_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_lstsq_args)})
/* The pseudo-inverse [..., n, m], by the same singular values; rcond 0: the default. */
CJ_API cj_tensor *cj_pinv_at(cj_at at, cj_tensor *a, double rcond);
#define cj_pinv(...) cj_pinv_at(CJ_HERE, __VA_ARGS__)
/* How many singular values are above rcond times the largest, i32; rcond 0: the default. */
CJ_API cj_tensor *cj_matrix_rank_at(cj_at at, cj_tensor *a, double rcond);
#define cj_matrix_rank(...) cj_matrix_rank_at(CJ_HERE, __VA_ARGS__)

/* ---- orthogonal factors ---- */

/* A [m, n] = Q R: Q [m, min(m, n)], R [min(m, n), n] with a positive diagonal. full: Q [m, m], whose
 * columns from n on have no derivative (UNSUPPORTED). */
typedef struct cj_qr_result {
    cj_tensor *q, *r;
} cj_qr_result;
CJ_API cj_qr_result cj_qr_at(cj_at at, cj_tensor *a, bool full);
#define cj_qr(...) cj_qr_at(CJ_HERE, __VA_ARGS__)

/* Of the symmetric part of A = V diag(values) V^T: values in increasing order, vectors as columns. */
typedef struct cj_eigh_result {
    cj_tensor *values, *vectors;
} cj_eigh_result;
CJ_API cj_eigh_result cj_eigh_at(cj_at at, cj_tensor *a);
#define cj_eigh(...) cj_eigh_at(CJ_HERE, __VA_ARGS__)
CJ_API cj_tensor *cj_eigvalsh_at(cj_at at, cj_tensor *a);
#define cj_eigvalsh(...) cj_eigvalsh_at(CJ_HERE, __VA_ARGS__)

/* A [m, n] = U diag(s) V^T: u [m, k], s [k] in decreasing order, vt [k, n], k = min(m, n). */
typedef struct cj_svd_result {
    cj_tensor *u, *s, *vt;
} cj_svd_result;
CJ_API cj_svd_result cj_svd_at(cj_at at, cj_tensor *a);
#define cj_svd(...) cj_svd_at(CJ_HERE, __VA_ARGS__)
CJ_API cj_tensor *cj_svdvals_at(cj_at at, cj_tensor *a);
#define cj_svdvals(...) cj_svdvals_at(CJ_HERE, __VA_ARGS__)

/* A v = v diag(values) of any square A, in LAPACK's order: conjugate pairs stand together; vectors of
 * length 1 as columns, with the largest component real and positive. */
typedef struct cj_eig_result {
    cj_complex values, vectors;
} cj_eig_result;
CJ_API cj_eig_result cj_eig_at(cj_at at, cj_tensor *a);
#define cj_eig(...) cj_eig_at(CJ_HERE, __VA_ARGS__)

/* ---- functions of a matrix ---- */

CJ_API cj_tensor *cj_eye_at(cj_at at, cj_context *context, cj_dtype dtype, int64_t n);
#define cj_eye(...) cj_eye_at(CJ_HERE, __VA_ARGS__)
CJ_API cj_tensor *cj_trace_at(cj_at at, cj_tensor *a);
#define cj_trace(...) cj_trace_at(CJ_HERE, __VA_ARGS__)
/* e^A by scaling, 16 terms of the series, and squaring: as many times as the largest column sum of
 * |A| wants, at most 16 (32,768; beyond it NaN). Products alone: the same bits everywhere. */
CJ_API cj_tensor *cj_matrix_exp_at(cj_at at, cj_tensor *a);
#define cj_matrix_exp(...) cj_matrix_exp_at(CJ_HERE, __VA_ARGS__)
/* A^n by repeated squaring; n < 0: of the inverse. */
CJ_API cj_tensor *cj_matrix_power_at(cj_at at, cj_tensor *a, int64_t n);
#define cj_matrix_power(...) cj_matrix_power_at(CJ_HERE, __VA_ARGS__)
/* The symmetric root of a positive semidefinite A (its symmetric part; eigenvalues below 0 count as
 * 0). The derivative solves X dX + dX X = dA, which wants A definite. */
CJ_API cj_tensor *cj_matrix_sqrt_at(cj_at at, cj_tensor *a);
#define cj_matrix_sqrt(...) cj_matrix_sqrt_at(CJ_HERE, __VA_ARGS__)

#ifdef __cplusplus
}
#endif

#endif
