/*
 * src/solve/ode.h - what the solvers of differential equations share.
 *
 * ode.c checks and hands on; ode_table.c holds the tableaux and one explicit step; ode_fixed.c steps on a
 * grid (leapfrog and SDE too: ode_split.c, ode_exponential.c, sde.c), ode_adaptive.c chooses its steps, ode_adjoint.c
 * solves backwards.
 */
#ifndef CJ_SOLVE_ODE_H
#define CJ_SOLVE_ODE_H

#include "cajal/index.h"
#include "cajal/loop.h"
#include "cajal/ode.h"
#include "nn/nn.h"

enum { CJ_STAGES = 7 };

/* An explicit Runge-Kutta method. Adaptive: e are the weights of the error; its last stage is the first of the
 * next step. */
typedef struct cj_tableau {
    const char *name;
    int stages, order;
    bool adaptive;
    double c[CJ_STAGES], a[CJ_STAGES][CJ_STAGES], b[CJ_STAGES], e[CJ_STAGES];
    double dense[CJ_STAGES]; /* of Hairer's fifth term of the interpolation; 0: a cubic */
    double theta;            /* not 0: implicit, the weight of the slope at the end */
} cj_tableau;
extern const cj_tableau cj_tableaux[CJ_ODE_COUNT];

/* A field with its parameters; time runs in direction `sign` (NULL: forward): dy/ds = sign f(sign s, y). */
typedef struct cj_flow {
    cj_at at;
    cj_field_fn *field;
    void *user;
    cj_tensor *const *parameter;
    cj_tensor *sign;
} cj_flow;

/* The slope; a building error where the field gives no tensor of y's dtype and shape. */
cj_tensor *cj_flow_slope(const cj_flow *flow, cj_tensor *t, cj_tensor *y);
/* h times the weighted sum of slopes (weights of 0 left out); NULL: all are 0. */
cj_tensor *cj_flow_sum(const cj_flow *flow, int count, const double *weight, cj_tensor *const *k,
                       cj_tensor *h);
/* One step: y after h; k[0] is filled in by the caller, the other slopes here. */
cj_tensor *cj_flow_step(const cj_flow *flow, const cj_tableau *m, cj_tensor *t, cj_tensor *y,
                        cj_tensor *h, cj_tensor **k);

/* The grid of `steps` steps from each of t[T] to the next: where they begin and how long they are,
 * [(T - 1) steps]. */
void cj_grid(cj_at at, cj_tensor *t, int64_t steps, cj_tensor **begin, cj_tensor **length);
/* The first value and, of the values after all steps, every `steps`-th: [T, ...]. */
cj_tensor *cj_grid_values(cj_at at, cj_tensor *y0, cj_tensor *after, int64_t steps);

/* ode_implicit.c: y = y0 + h ((1 - theta) f(t, y0) + theta f(t + h, y)). */
cj_tensor *cj_ode_implicit_step(const struct cj_odeint_args *a, double theta, cj_tensor *t,
                                cj_tensor *y, cj_tensor *h);

cj_tensor *cj_ode_fixed(const struct cj_odeint_args *a, const cj_flow *flow);
cj_tensor *cj_ode_adaptive(const struct cj_odeint_args *a, const cj_flow *flow);
cj_tensor *cj_ode_adjoint(const struct cj_odeint_args *a);
/* Checked arguments with the defaults filled in. */
cj_tensor *cj_ode_solve(const struct cj_odeint_args *a);
/* y0 and t fit: floats of one dtype, t [T]. */
bool cj_ode_ready(cj_at at, const char *what, cj_tensor *y0, cj_tensor *t, bool fields);

#endif
