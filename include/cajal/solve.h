/*
 * cajal/solve.h - minimisers that look further than a gradient step, and those that need no gradient.
 *
 * What runs on the host (L-BFGS, Levenberg-Marquardt) loops over a compiled program, with its state
 * in f64 arrays; what is graph code (conjugate gradient, natural gradient) can stand in a training
 * step and be differentiated; CMA-ES, the genetic algorithm and evolution strategies ask and are told, so that the
 * caller computes the values by any means (a program that cj_vmap made, say).
 */
#ifndef CAJAL_SOLVE_H
#define CAJAL_SOLVE_H

#include "cajal/implicit.h"
#include "cajal/nn.h"
#include "cajal/transform.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- on the host: variables are moved until a loss is least ---- */

/* What a minimisation tells, and where it ended. */
typedef struct cj_minimum {
    int64_t iterations, evaluations;
    double loss;
    double gradient; /* the largest absolute element; of Levenberg-Marquardt of J^T r */
    bool converged;  /* a tolerance was met, not a limit */
} cj_minimum;
/* After each iteration; false stops, CJ_STOPPED. */
typedef bool (*cj_minimum_fn)(void *user, const cj_minimum *now);

/*
 * L-BFGS with a line search that meets the strong Wolfe conditions (Nocedal and Wright, "Numerical
 * optimization", 2006, chapters 3 and 7): torch.optim.LBFGS(line_search_fn = "strong_wolfe"), its
 * names, defaults and path, but that vectors are kept in f64. Moves the parameters below the scope
 * that are not frozen, or the variables given (f32 or f64). c1 = 1e-4, c2 = 0.9, at most 25 evaluations
 * a search. It ends when the largest element of the gradient is tolerance_grad, when a step or
 * the change of the loss is below tolerance_change (negative: never), or at a limit. A loss that is not
 * finite counts as too long a step; NOT_FINITE where the first one is. Errors of the program are its own.
 */
struct cj_lbfgs_args {
    cj_scope *scope; /* may be NULL with variables */
    cj_tensor *loss;
    cj_at at;
    int count; /* instead of the scope's parameters */
    cj_variable *const *variable;
    int feeds; /* for the inputs of the loss */
    const cj_feed *feed;
    double lr;                               /* 0: 1; the first length tried */
    int64_t max_iter;                        /* 0: 20 */
    int64_t max_eval;                        /* 0: max_iter 5 / 4; negative: no limit */
    int64_t history_size;                    /* 0: 100 */
    double tolerance_grad, tolerance_change; /* 0: 1e-7, 1e-9 */
    cj_minimum_fn on_iteration;
    void *user;
    cj_minimum *result; /* NULL: not wanted */
};
CJ_API cj_status cj_lbfgs_at(const struct cj_lbfgs_args *args);
#define cj_lbfgs(...)                                                                              \
    cj_lbfgs_at(&(struct cj_lbfgs_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_lbfgs_args)})

/*
 * Levenberg-Marquardt for the least sum(r^2) / 2 of a tensor r of residuals: steps d from (J^T J +
 * damping diag(J^T J)) d = -J^T r, J = dr / dp dense in f64 (cj_jacobian), by Cholesky; damping is divided by
 * 10 after a step that lowers the sum and multiplied by 10 after one that does not, which is not
 * made. damping -1 and no change: Gauss-Newton, undamped, every step made. Marquardt, 1963. Ends
 * when the largest element of J^T r is below tolerance_grad, when a step changes the sum by less than
 * tolerance_change times itself, or at max_iter. Meant for up to some thousand parameters.
 */
struct cj_levenberg_args {
    cj_scope *scope;
    cj_tensor *residual;
    cj_at at;
    int count;
    cj_variable *const *variable;
    int feeds;
    const cj_feed *feed;
    double damping;                          /* at first; 0: 1e-3; negative: none at all */
    int64_t max_iter;                        /* 0: 100 */
    double tolerance_grad, tolerance_change; /* 0: 1e-10, 1e-15 */
    cj_minimum_fn on_iteration;
    void *user;
    cj_minimum *result;
};
CJ_API cj_status cj_levenberg_marquardt_at(const struct cj_levenberg_args *args);
#define cj_levenberg_marquardt(...)                                                                \
    cj_levenberg_marquardt_at(                                                                     \
        &(struct cj_levenberg_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_levenberg_args)})

/* ---- as graph code ---- */

/* out[i], of v[i]'s dtype and shape: A v, for a symmetric positive definite A; built once, in a loop's body. */
typedef void cj_linear_map(void *user, int count, cj_tensor *const *v, cj_tensor **out);

/*
 * x = A^-1 b by conjugate gradients from 0 (Hestenes and Stiefel, 1952): until |r| <= tolerance |b|, or
 * `iterations` have run. b is `count` tensors of one float dtype that together are one vector. Differentiable
 * through the iterations; by the equation alone: cj_implicit. Returns the context's status.
 */
struct cj_conjugate_gradient_args {
    cj_linear_map *map;
    void *user;
    int count;
    cj_tensor *const *b;
    cj_tensor **x;
    cj_at at;
    int64_t iterations; /* 0: as many as there are numbers, at most 100 */
    double tolerance;   /* 0: 1e-10 in f64, 1e-5 in f32 */
    cj_tensor **steps;  /* i64: how many ran; NULL: not wanted */
};
CJ_API cj_status cj_conjugate_gradient_at(const struct cj_conjugate_gradient_args *args);
#define cj_conjugate_gradient(...)                                                                 \
    cj_conjugate_gradient_at(&(struct cj_conjugate_gradient_args){                                 \
        __VA_ARGS__, .at = CJ_HERE_OF(struct cj_conjugate_gradient_args)})

/*
 * The natural gradient: out = (G + damping I)^-1 dloss/dx, G the Gauss-Newton matrix of cj_gauss_newton, which is
 * the Fisher information for the cross-entropy of logits y and for squared errors; by conjugate
 * gradients over products with G (Amari, "Natural gradient works efficiently in learning", 1998; Martens,
 * "Deep learning via Hessian-free optimization", ICML 2010). Then, for a step,
 *     cj_optimize(s, NULL, cj_sgd(.lr = 1), .count = n, .variable = v, .gradient = out);
 */
struct cj_natural_gradient_args {
    cj_tensor *loss, *y; /* the loss, a function of y (best a cj_tap) */
    int count;
    cj_tensor *const *x; /* parameters, on which y depends */
    cj_tensor **out;
    cj_at at;
    double damping;     /* 0: 1e-3 */
    int64_t iterations; /* 0: 10 */
    double tolerance;   /* 0: 1e-6 */
};
CJ_API cj_status cj_natural_gradient_at(const struct cj_natural_gradient_args *args);
#define cj_natural_gradient(...)                                                                   \
    cj_natural_gradient_at(&(struct cj_natural_gradient_args){                                     \
        __VA_ARGS__, .at = CJ_HERE_OF(struct cj_natural_gradient_args)})

/*
 * Element by element, the z between low and high where f(z, theta) = 0, for an f whose element i hangs on element i of
 * z alone and changes its sign in between (where it does not: NaN). Bisection, then two Newton steps, through
 * which the derivatives to theta (and to what f uses else) go: right up to the third. low and high are of z's dtype
 * and shape.
 */
struct cj_find_root_args {
    cj_equation *f; /* of z's shape */
    cj_tensor *low, *high;
    int count;
    cj_tensor *const *theta;
    cj_at at;
    void *user;
};
CJ_API cj_tensor *cj_find_root_at(const struct cj_find_root_args *args);
#define cj_find_root(...)                                                                          \
    cj_find_root_at(                                                                               \
        &(struct cj_find_root_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_find_root_args)})

/* ---- assignments, clusters ---- */

/*
 * Gives each row of cost [rows, columns] a column of its own (or, where there are more rows, each column a row)
 * with the least total: column[i], -1 for a row that goes without, and *total (NULL: not wanted). Infinite costs
 * are never chosen. Of equal totals the one found first, the same on every machine. O(rows columns min(rows,
 * columns)) time. VALUE: a cost that is NaN or -inf, or no assignment of finite cost. Kuhn, "The Hungarian
 * method for the assignment problem", 1955; scipy.optimize.linear_sum_assignment.
 */
CJ_API cj_status cj_linear_sum_assignment(cj_context *context, int64_t rows, int64_t columns,
                                          const double *cost, int64_t *column, double *total);

/*
 * k clusters of the rows of x [n, d], as graph code: `steps` of Lloyd's from k rows that are drawn one after
 * the other in proportion to the squared distance from the nearest before (k-means++: Arthur and
 * Vassilvitskii, 2007). centers [k, d] (one that no row is nearest to stays where it is), label i32 [n],
 * and inertia, the sum of squared distances. Constants: no derivative. All NULL after an error.
 */
typedef struct cj_kmeans_result {
    cj_tensor *centers, *label, *inertia;
} cj_kmeans_result;
CJ_API cj_kmeans_result cj_kmeans_at(cj_at at, cj_tensor *key, cj_tensor *x, int64_t k,
                                     int64_t steps);
#define cj_kmeans(...) cj_kmeans_at(CJ_HERE, __VA_ARGS__)

/* ---- quadrature ---- */

/*
 * Gauss's rule of n points: sum of weight[i] f(node[i]) is the integral of f w, exactly for polynomials up to degree
 * 2n - 1; nodes rise. w is 1 on [-1, 1] (Legendre), exp(-x^2) (Hermite), x^alpha exp(-x) on x > 0 (Laguerre), (1 -
 * x)^alpha (1 + x)^beta on [-1, 1] (Jacobi). Nodes are the eigenvalues of the recurrence's matrix, by bisection
 * (Golub and Welsch, 1969), weights by Christoffel's formula. INVALID: n outside 1 to 1000, alpha or beta not over
 * -1. The host's libm is used (gamma): the last bits may differ from machine to machine.
 */
typedef enum cj_gauss_kind { CJ_LEGENDRE, CJ_HERMITE, CJ_LAGUERRE, CJ_JACOBI } cj_gauss_kind;
CJ_API cj_status cj_gauss(cj_context *context, cj_gauss_kind kind, int64_t n, double alpha,
                          double beta, double *node, double *weight);

/* ---- without gradients: ask for points, tell their values ---- */

/*
 * Both make populations of points of n numbers, as rows; the caller finds the value of each (less is better, NaN
 * is worst) by any means, and tells. All draws depend on the seed and the generation alone. All memory is the
 * object's; free it before its context. NULL, with cj_error: INVALID arguments, NO_MEMORY.
 *
 *     while (...) {
 *         const double *x = cj_cma_ask(cma);      // population rows of n
 *         for (int64_t i = 0; i < cj_cma_population(cma); i++)
 *             f[i] = value(x + i * n);
 *         cj_cma_tell(cma, f);
 *     }
 */

/*
 * CMA-ES with its standard constants (Hansen, "The CMA evolution strategy: a tutorial", 2016; weights of the
 * better half): points mean + sigma A z, A the Cholesky factor of the full covariance; the step-size path is
 * that of A^-1, equal to that of C^-1/2 up to a rotation (Krause et al., 2016).
 */
typedef struct cj_cma cj_cma;
struct cj_cma_args {
    cj_context *context;
    int64_t n;
    const double *mean; /* n numbers: where it begins */
    double sigma;       /* the deviation at first, about a third of the distance to the optimum */
    cj_at at;
    int64_t population; /* 0: 4 + floor(3 ln n) */
    uint64_t seed;      /* 0: the context's */
    bool elitist;       /* the best point so far takes part in each ranking */
};
CJ_API cj_cma *cj_cma_new_at(const struct cj_cma_args *args);
#define cj_cma_new(...)                                                                            \
    cj_cma_new_at(&(struct cj_cma_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_cma_args)})
CJ_API void cj_cma_free(cj_cma *cma); /* NULL is fine */
CJ_API int64_t cj_cma_population(const cj_cma *cma);
/* The points of this generation: [population, n], until the next ask. NULL: cj_error. */
CJ_API const double *cj_cma_ask(cj_cma *cma);
/* Their values, of the last cj_cma_ask (INVALID before one). VALUE: all are NaN (nothing has
 * changed then), or the covariance is no longer positive definite: the search has ended. */
CJ_API cj_status cj_cma_tell(cj_cma *cma, const double *value);
CJ_API const double *cj_cma_mean(const cj_cma *cma); /* the favourite, [n] */
CJ_API double cj_cma_sigma(const cj_cma *cma);
CJ_API const double *cj_cma_best(const cj_cma *cma, double *value); /* of all told; NULL: none */

/*
 * A genetic algorithm on numbers within bounds: tournaments choose parents, a child takes each number from
 * one of two (uniform crossover) or, without crossover, all from one; each number mutates with probability
 * `mutation` by a normal step of `step` times the width of its bounds, and is cut to them; the `elite` best
 * live on. The first generation is uniform. Holland, "Adaptation in natural and artificial systems", 1975;
 * Eiben and Smith, "Introduction to evolutionary computing", 2015.
 */
typedef struct cj_genetic cj_genetic;
struct cj_genetic_args {
    cj_context *context;
    int64_t n;
    const double *low, *high; /* n numbers each */
    cj_at at;
    int64_t population; /* 0: 50 */
    int64_t elite;      /* 0: 1; CJ_ZERO: none */
    int64_t tournament; /* 0: 3 */
    double crossover;   /* probability; 0: 0.9; negative: none */
    double mutation;    /* 0: 1/n */
    double step;        /* 0: 0.1 */
    uint64_t seed;      /* 0: the context's */
};
CJ_API cj_genetic *cj_genetic_new_at(const struct cj_genetic_args *args);
#define cj_genetic_new(...)                                                                        \
    cj_genetic_new_at(                                                                             \
        &(struct cj_genetic_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_genetic_args)})
CJ_API void cj_genetic_free(cj_genetic *genetic); /* NULL is fine */
CJ_API int64_t cj_genetic_population(const cj_genetic *genetic);
CJ_API const double *cj_genetic_ask(cj_genetic *genetic);
CJ_API cj_status cj_genetic_tell(cj_genetic *genetic, const double *value);
CJ_API const double *cj_genetic_best(const cj_genetic *genetic, double *value);

#ifdef __cplusplus
}
#endif

#endif
