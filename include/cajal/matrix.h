/*
 * cajal/matrix.h - what is made of the ops of cajal/linalg.h: regressions, components, alignments,
 * kernels, and iterations on a matrix that is given as a product.
 *
 * Compositions, differentiable any number of times unless an op below says less; f32 and f64, batches
 * in the axes before the last two unless stated. Errors are building errors.
 */
#ifndef CAJAL_MATRIX_H
#define CAJAL_MATRIX_H

#include "cajal/linalg.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- products and maps ---- */

/* Cayley's map (I + A)^-1 (I - A): orthogonal where A is antisymmetric. */
CJ_API cj_tensor *cj_cayley_at(cj_at at, cj_tensor *a);
#define cj_cayley(...) cj_cayley_at(CJ_HERE, __VA_ARGS__)
/* H K H, H = I - 1/n: the Gram matrix of features with their mean taken off. */
CJ_API cj_tensor *cj_center_gram_at(cj_at at, cj_tensor *k);
#define cj_center_gram(...) cj_center_gram_at(CJ_HERE, __VA_ARGS__)
/* exp(-gamma |a[i] - b[j]|^2) [..., n, m] of rows a [..., n, d], b [..., m, d]. */
CJ_API cj_tensor *cj_rbf_kernel_at(cj_at at, cj_tensor *a, cj_tensor *b, double gamma);
#define cj_rbf_kernel(...) cj_rbf_kernel_at(CJ_HERE, __VA_ARGS__)
/* The inverse of A + u v^T from that of A, u and v [..., n, 1] (Sherman and Morrison, 1950). */
CJ_API cj_tensor *cj_rank_one_inverse_update_at(cj_at at, cj_tensor *inverse, cj_tensor *u,
                                                cj_tensor *v);
#define cj_rank_one_inverse_update(...) cj_rank_one_inverse_update_at(CJ_HERE, __VA_ARGS__)

/* ---- regressions and components ---- */

/* W [d, k] of the least |X W - Y|^2 + lambda |W|^2, X [n, d], Y [n, k], lambda > 0: by the Cholesky factor
 * of X^T X + lambda I, or of X X^T + lambda I where n < d. No intercept: take the means off first. */
CJ_API cj_tensor *cj_ridge_at(cj_at at, cj_tensor *x, cj_tensor *y, double lambda);
#define cj_ridge(...) cj_ridge_at(CJ_HERE, __VA_ARGS__)

/* The k principal components of rows x [n, d], k at most n and d: their mean [1, d], components [k, d] as
 * orthonormal rows, and the variances [k] along them, divided by n - 1. Projections are
 * (x - mean) components^T. */
typedef struct cj_pca_result {
    cj_tensor *mean, *components, *variances;
} cj_pca_result;
CJ_API cj_pca_result cj_pca_at(cj_at at, cj_tensor *x, int64_t k);
#define cj_pca(...) cj_pca_at(CJ_HERE, __VA_ARGS__)

/* The orthogonal R [d, d] of the least |A R - B|, A and B [n, d], and the scale s of the least
 * |s A R - B| (Schoenemann, 1966; scipy.linalg.orthogonal_procrustes). */
typedef struct cj_procrustes_result {
    cj_tensor *rotation, *scale;
} cj_procrustes_result;
CJ_API cj_procrustes_result cj_procrustes_at(cj_at at, cj_tensor *a, cj_tensor *b);
#define cj_procrustes(...) cj_procrustes_at(CJ_HERE, __VA_ARGS__)

/* The cosines of the principal angles between the columns' spans of a [d, p] and b [d, q], the
 * largest first (Bjoerck and Golub, 1973): cj_acos of them are the angles. */
CJ_API cj_tensor *cj_principal_cosines_at(cj_at at, cj_tensor *a, cj_tensor *b);
#define cj_principal_cosines(...) cj_principal_cosines_at(CJ_HERE, __VA_ARGS__)

/* The n roots of c[0] x^n + ... + c[n], c [..., n + 1] with n from 1 on and c[0] not 0: the eigenvalues of the companion
 * matrix (numpy.roots). */
CJ_API cj_complex cj_poly_roots_at(cj_at at, cj_tensor *c);
#define cj_poly_roots(...) cj_poly_roots_at(CJ_HERE, __VA_ARGS__)

/* |A|_F^2 / |A|_2^2. */
CJ_API cj_tensor *cj_stable_rank_at(cj_at at, cj_tensor *a);
#define cj_stable_rank(...) cj_stable_rank_at(CJ_HERE, __VA_ARGS__)

/* ---- iterations on a symmetric matrix given as a product: A x of x, of its shape. The function is
 * called while the graph is built, inside of a loop's body. (Conjugate gradients: cajal/solve.h.) ---- */

typedef cj_tensor *cj_product_fn(void *user, cj_tensor *x);

/* `steps` times x = A x / |A x| from x of any shape, not 0; the value is x' A x of the last, of length 1: the eigenvalue of
 * largest magnitude, as far as x has a part in its direction. */
typedef struct cj_power_result {
    cj_tensor *value, *vector;
} cj_power_result;
CJ_API cj_power_result cj_power_iteration_at(cj_at at, cj_product_fn *product, void *user,
                                             cj_tensor *x, int64_t steps);
#define cj_power_iteration(...) cj_power_iteration_at(CJ_HERE, __VA_ARGS__)

/*
 * Lanczos' method from x [n], not 0, each vector made orthogonal to all before it, twice: basis [k, n] of orthonormal
 * rows, and the tridiagonal basis A basis^T as diagonal [k] and what stands beside it [k - 1]. The eigenvalues
 * of that (values [k], increasing) approach the extreme ones of A from within. k at most n; where
 * A's powers of x span less, the rest is 0 (values are then joined by zeros).
 */
typedef struct cj_lanczos_result {
    cj_tensor *basis, *diagonal, *beside, *values;
} cj_lanczos_result;
CJ_API cj_lanczos_result cj_lanczos_at(cj_at at, cj_product_fn *product, void *user, cj_tensor *x,
                                       int64_t k);
#define cj_lanczos(...) cj_lanczos_at(CJ_HERE, __VA_ARGS__)

#ifdef __cplusplus
}
#endif

#endif
