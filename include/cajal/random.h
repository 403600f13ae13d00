/*
 * cajal/random.h - draws from the distributions of the field, by arithmetic on the random words of
 * cajal/graph.h, where keys are explained. Element e of a draw depends on (key, e) and its
 * parameters alone. Two draws from one key are dependent: fold the key (cj_fold), or take a layer's
 * (cj_scope_key). `dtype`: f32 or f64. Parameters that are tensors give the shape and dtype.
 */
#ifndef CAJAL_RANDOM_H
#define CAJAL_RANDOM_H

#include "cajal/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/* low + (high - low) u, u uniform in [0, 1); may round to high. */
CJ_API cj_tensor *cj_random_uniform_between_at(cj_at at, cj_tensor *key, cj_dtype dtype, int rank,
                                               const int64_t *shape, double low, double high);
#define cj_random_uniform_between(...) cj_random_uniform_between_at(CJ_HERE, __VA_ARGS__)

/* Integers from low to high - 1 (dtype any integer), each as likely to within 2^-32; high - low is 1
 * to 2^31. */
CJ_API cj_tensor *cj_random_integer_at(cj_at at, cj_tensor *key, cj_dtype dtype, int rank,
                                       const int64_t *shape, int64_t low, int64_t high);
#define cj_random_integer(...) cj_random_integer_at(CJ_HERE, __VA_ARGS__)

/* The numbers 0 to n - 1 in random order, i32[n]: the order of n random words, ties by index. */
CJ_API cj_tensor *cj_random_permutation_at(cj_at at, cj_tensor *key, int64_t n);
#define cj_random_permutation(...) cj_random_permutation_at(CJ_HERE, __VA_ARGS__)

/*
 * Standard normal, given that it lies in [low, high] (low < high, either may be infinite): by
 * inverse erf. Far out (beyond 5 in f32, 8 in f64) erf is 1 and the bound itself is drawn.
 */
CJ_API cj_tensor *cj_random_truncated_normal_at(cj_at at, cj_tensor *key, cj_dtype dtype, int rank,
                                                const int64_t *shape, double low, double high);
#define cj_random_truncated_normal(...) cj_random_truncated_normal_at(CJ_HERE, __VA_ARGS__)

/* Of rate 1: -log(u), u uniform in (0, 1). */
CJ_API cj_tensor *cj_random_exponential_at(cj_at at, cj_tensor *key, cj_dtype dtype, int rank,
                                           const int64_t *shape);
#define cj_random_exponential(...) cj_random_exponential_at(CJ_HERE, __VA_ARGS__)

/* -log(-log(u)) */
CJ_API cj_tensor *cj_random_gumbel_at(cj_at at, cj_tensor *key, cj_dtype dtype, int rank,
                                      const int64_t *shape);
#define cj_random_gumbel(...) cj_random_gumbel_at(CJ_HERE, __VA_ARGS__)

/* bool of p's shape: true with probability p (below 0 never, above 1 always, NaN never). */
CJ_API cj_tensor *cj_random_bernoulli_at(cj_at at, cj_tensor *key, cj_tensor *p);
#define cj_random_bernoulli(...) cj_random_bernoulli_at(CJ_HERE, __VA_ARGS__)

/*
 * i32: one index along `axis`, which goes, i with probability softmax(logits)_i: the largest of
 * logits + Gumbel noise. A logit of -inf is never drawn, unless all are.
 */
CJ_API cj_tensor *cj_random_categorical_at(cj_at at, cj_tensor *key, cj_tensor *logits, int axis);
#define cj_random_categorical(...) cj_random_categorical_at(CJ_HERE, __VA_ARGS__)

/* 1 or -1, each as likely. */
CJ_API cj_tensor *cj_random_rademacher_at(cj_at at, cj_tensor *key, cj_dtype dtype, int rank,
                                          const int64_t *shape);
#define cj_random_rademacher(...) cj_random_rademacher_at(CJ_HERE, __VA_ARGS__)
/*
 * k different indexes along the last axis, i32 [..., k], drawn one after the other with probability in proportion to
 * exp(logits) among those that are left: the k largest of logits + Gumbel noise (Efraimidis and Spirakis, 2006). Equal
 * logits: k of n without replacement.
 */
CJ_API cj_tensor *cj_random_choice_at(cj_at at, cj_tensor *key, cj_tensor *logits, int64_t k);
#define cj_random_choice(...) cj_random_choice_at(CJ_HERE, __VA_ARGS__)
/*
 * Gamma of shape alpha > 0 and rate 1: Marsaglia and Tsang, "A simple method for generating gamma
 * variables", 2000, with ten proposals, of which the first that is accepted counts (none in fewer
 * than 1 of 10^13 draws: then the mode). Below 1 a draw of alpha + 1 is multiplied by u^(1/alpha).
 * Drawn as a constant: no derivative passes to alpha. cj_random_log_gamma is its logarithm, which
 * does not underflow for small alpha.
 */
CJ_API cj_tensor *cj_random_gamma_at(cj_at at, cj_tensor *key, cj_tensor *alpha);
#define cj_random_gamma(...) cj_random_gamma_at(CJ_HERE, __VA_ARGS__)
CJ_API cj_tensor *cj_random_log_gamma_at(cj_at at, cj_tensor *key, cj_tensor *alpha);
#define cj_random_log_gamma(...) cj_random_log_gamma_at(CJ_HERE, __VA_ARGS__)

/* x / (x + y) of gamma variables x of a and y of b, which broadcast. */
CJ_API cj_tensor *cj_random_beta_at(cj_at at, cj_tensor *key, cj_tensor *a, cj_tensor *b);
#define cj_random_beta(...) cj_random_beta_at(CJ_HERE, __VA_ARGS__)

/* Gamma variables of alpha divided by their sum along `axis`. */
CJ_API cj_tensor *cj_random_dirichlet_at(cj_at at, cj_tensor *key, cj_tensor *alpha, int axis);
#define cj_random_dirichlet(...) cj_random_dirichlet_at(CJ_HERE, __VA_ARGS__)

#ifdef __cplusplus
}
#endif

#endif
