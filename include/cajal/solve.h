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

#ifdef __cplusplus
}
#endif

#endif
