/*
 * cajal/reduce.h - reductions beyond the sums and extremes of cajal/graph.h, whose conventions hold:
 * `axes` is a mask (CJ_AXIS, CJ_ALL), `keep` leaves the reduced axes with extent 1.
 */
#ifndef CAJAL_REDUCE_H
#define CAJAL_REDUCE_H

#include "cajal/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The product, of nothing 1; integers wrap. Folded by halves: of n factors the first n/2 are
 * multiplied with the next n/2, an odd one is carried over. Derivatives of every order are right
 * where factors are 0.
 */
CJ_API cj_tensor *cj_prod_at(cj_at at, cj_tensor *x, uint32_t axes, bool keep);
#define cj_prod(...) cj_prod_at(CJ_HERE, __VA_ARGS__)

/* i32 row-major index of the least element among the reduced axes; the first of ties; a NaN is
 * least. */
CJ_API cj_tensor *cj_argmin_at(cj_at at, cj_tensor *x, uint32_t axes, bool keep);
#define cj_argmin(...) cj_argmin_at(CJ_HERE, __VA_ARGS__)

/* Whether one element, or every one, is true (a number but 0, a NaN too), as bool; of nothing
 * false and true. */
CJ_API cj_tensor *cj_any_at(cj_at at, cj_tensor *x, uint32_t axes, bool keep);
#define cj_any(...) cj_any_at(CJ_HERE, __VA_ARGS__)
CJ_API cj_tensor *cj_all_at(cj_at at, cj_tensor *x, uint32_t axes, bool keep);
#define cj_all(...) cj_all_at(CJ_HERE, __VA_ARGS__)

/*
 * log(sum(exp(x))) of floats, by what exceeds the largest; of nothing, and where all are -inf, -inf
 * with derivative 0. Where one is inf, inf with derivative NaN.
 */
CJ_API cj_tensor *cj_logsumexp_at(cj_at at, cj_tensor *x, uint32_t axes, bool keep);
#define cj_logsumexp(...) cj_logsumexp_at(CJ_HERE, __VA_ARGS__)

/*
 * Variance: sum((x - mean)^2) / max(n - correction, 0) of floats; correction 1 is the unbiased one
 * (torch's default), 0 the mean square. Where n <= correction it is NaN. The standard deviation is
 * its root, with derivative 0 where it is 0, as torch's.
 */
CJ_API cj_tensor *cj_var_at(cj_at at, cj_tensor *x, uint32_t axes, bool keep, double correction);
#define cj_var(...) cj_var_at(CJ_HERE, __VA_ARGS__)
CJ_API cj_tensor *cj_std_at(cj_at at, cj_tensor *x, uint32_t axes, bool keep, double correction);
#define cj_std(...) cj_std_at(CJ_HERE, __VA_ARGS__)

/*
 * (sum |x|^p)^(1/p) of floats; p infinite: the largest |x|, or the least; p = 0: how many are not
 * 0. Derivative 0 where the norm is 0, and at each element that is 0 (but for p infinite, where
 * ties share it).
 */
CJ_API cj_tensor *cj_norm_at(cj_at at, cj_tensor *x, double p, uint32_t axes, bool keep);
#define cj_norm(...) cj_norm_at(CJ_HERE, __VA_ARGS__)

/* Of rows x [..., n, d]: the covariances of the columns, [..., d, d], sums of products of what is left of the means,
 * divided by n - correction. */
CJ_API cj_tensor *cj_covariance_at(cj_at at, cj_tensor *x, int64_t correction);
#define cj_covariance(...) cj_covariance_at(CJ_HERE, __VA_ARGS__)
/* Pearson's correlations of the columns; of a constant one NaN. */
CJ_API cj_tensor *cj_corrcoef_at(cj_at at, cj_tensor *x);
#define cj_corrcoef(...) cj_corrcoef_at(CJ_HERE, __VA_ARGS__)

#ifdef __cplusplus
}
#endif

#endif
