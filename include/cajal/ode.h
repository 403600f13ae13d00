/*
 * cajal/ode.h - ordinary and stochastic differential equations as graph code, on the loop of cajal/loop.h.
 *
 *     static cj_tensor *field(void *user, cj_tensor *t, cj_tensor *y, cj_tensor *const *parameter)
 *     {
 *         return cj_matmul(y, parameter[0]);
 *     }
 *     cj_tensor *path = cj_odeint(field, NULL, y0, times, .rtol = 1e-8, .atol = 1e-8,
 *                                 .parameters = 1, .parameter = &a);      // [times, shape of y0...]
 *
 * A field is called while the graph is built, a few times, and becomes kernels once. What it computes with may
 * come in by `parameter` or from anywhere else; only the adjoint method asks that all that is to have a
 * gradient comes in by `parameter`.
 *
 * Everything can be differentiated, to y0, parameters and what the field uses, any number of
 * times: backpropagation through the steps (discretise, then optimise) or, with .adjoint, by the
 * adjoint equation solved backwards (optimise, then discretise; to y0 and parameters), whose memory does not grow with the steps. The
 * lengths of adaptive steps are held constant then.
 *
 * Errors are building errors; the result is NULL.
 */
#ifndef CAJAL_ODE_H
#define CAJAL_ODE_H

#include "cajal/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/* dy/dt at time t (of rank 0, of y's dtype), of y's shape. */
typedef cj_tensor *cj_field_fn(void *user, cj_tensor *t, cj_tensor *y, cj_tensor *const *parameter);

/* Methods: kind, name, order, adaptive. */
#define CJ_ODE_LIST(X)                                                                             \
    X(DOPRI5, dopri5)     /* Dormand and Prince 5(4), 1980, with its dense output of order 4 */    \
    X(TSIT5, tsit5)       /* Tsitouras 5(4), 2011; between steps a cubic */                        \
    X(BOSH3, bosh3)       /* Bogacki and Shampine 3(2), 1989; between steps a cubic */             \
    X(EULER, euler)       /* order 1, fixed steps, like the next ones */                           \
    X(MIDPOINT, midpoint) /* order 2 */                                                            \
    X(HEUN, heun)         /* order 2, the trapezoid of two slopes */                               \
    X(RK4, rk4)           /* order 4, Kutta's */                                                   \
    X(IMPLICIT_EULER, implicit_euler) /* order 1, for stiff equations: y = y0 + h f(t + h, y) */   \
    X(CRANK_NICOLSON, crank_nicolson) /* order 2, likewise, with the mean of both slopes */

typedef enum cj_ode_method {
#define CJ_X(KIND, name) CJ_ODE_##KIND,
    CJ_ODE_LIST(CJ_X)
#undef CJ_X
        CJ_ODE_COUNT
} cj_ode_method;

/*
 * y at the times t[0], t[1], ..., which ascend or descend, from y(t[0]) = y0: [T, shape of y0...].
 *
 * Fixed methods make `steps` equal steps from each time to the next. Implicit ones solve each step's equation by
 * cj_root, whose derivatives are those of the equation: parameters that are to have a gradient come in by
 * `parameter`. Adaptive ones choose their own, so that
 * the root mean square of error / (atol + rtol max(|y before|, |y after|)) of each step is at most 1; the next
 * length is 0.9 of what the error asks for, by the PI controller of Hairer, Norsett and Wanner
 * ("Solving ordinary differential equations I", 1993, IV.2 of volume II), between 0.2 and 10 times the last;
 * a step whose error is no number is rejected. Values at the times are interpolated. After max_steps
 * steps tried, times that were not reached are NaN.
 */
struct cj_odeint_args {
    cj_field_fn *field;
    void *user;
    cj_tensor *y0; /* f32 or f64, any shape */
    cj_tensor *t;  /* [T], T at least 1, of y0's dtype */
    cj_at at;
    cj_ode_method method; /* 0: CJ_ODE_DOPRI5 */
    int parameters;
    cj_tensor *const *parameter; /* handed to the field */
    int64_t steps;               /* fixed methods; 0: 1 */
    double rtol, atol;           /* 0: 1e-6, 1e-9 */
    int64_t max_steps;           /* 0: 1000 */
    double first_step;           /* 0: chosen as Hairer et al., II.4 */
    bool adjoint;                /* `user` must then stand as long as the nodes */
    cj_tensor **steps_tried;     /* adaptive: i64 scalar; NULL: not wanted; not with adjoint */
};
CJ_API cj_tensor *cj_odeint_at(const struct cj_odeint_args *args);
#define cj_odeint(...)                                                                             \
    cj_odeint_at(&(struct cj_odeint_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_odeint_args)})

/*
 * Second-order equations q'' = a(t, q) by the leapfrog (velocity Verlet; Störmer, 1907): symplectic, so that the
 * energy of a mechanical system stays near its value. `steps` steps from each time to the next; *q
 * and *v are [T, shape of q0...]. Returns the context's status.
 */
struct cj_leapfrog_args {
    cj_field_fn *force; /* a(t, q) */
    void *user;
    cj_tensor *q0, *v0; /* of one dtype and shape */
    cj_tensor *t;
    cj_tensor **q, **v;
    cj_at at;
    int parameters;
    cj_tensor *const *parameter;
    int64_t steps; /* 0: 1 */
};
CJ_API cj_status cj_leapfrog_at(const struct cj_leapfrog_args *args);
#define cj_leapfrog(...)                                                                           \
    cj_leapfrog_at(                                                                                \
        &(struct cj_leapfrog_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_leapfrog_args)})

/*
 * y' = L y + N(t, y) with a stiff diagonal L (a tensor that broadcasts to y: the symbol of a linear differential
 * operator on its modes): ETDRK4, exact for N = 0, of order 4 (Cox and Matthews, 2002; Kassam and Trefethen, 2005).
 * The functions phi of h L are power series near 0, so nothing cancels. The times are equally spaced; `steps`
 * steps from each to the next; [T, shape of y0...]. The step's length is that of the first interval.
 */
struct cj_etdrk4_args {
    cj_field_fn *field; /* N(t, y) */
    void *user;
    cj_tensor *linear; /* L, of y0's dtype */
    cj_tensor *y0, *t;
    cj_at at;
    int parameters;
    cj_tensor *const *parameter;
    int64_t steps; /* 0: 1 */
};
CJ_API cj_tensor *cj_etdrk4_at(const struct cj_etdrk4_args *args);
#define cj_etdrk4(...)                                                                             \
    cj_etdrk4_at(&(struct cj_etdrk4_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_etdrk4_args)})

/*
 * dy = f(t, y) dt + g(t, y) dW with noise of y's own for each element (g of y's shape, its element i a function of
 * element i of y alone), dW drawn with the key for each step: the same key, the same path. `steps` steps from each
 * time to the next; [T, shape of y0...].
 * - Euler-Maruyama: y += f h + g dW (Ito, strong order 1/2);
 * - Milstein: the same + g g' (dW^2 - h) / 2 (Ito, strong order 1), g' by forward differentiation;
 * - Heun: the trapezoid of both slopes (Stratonovich).
 * Kloeden and Platen, "Numerical solution of stochastic differential equations", 1992.
 */
typedef enum cj_sde_method { CJ_SDE_EULER_MARUYAMA, CJ_SDE_MILSTEIN, CJ_SDE_HEUN } cj_sde_method;
struct cj_sdeint_args {
    cj_field_fn *drift, *diffusion;
    void *user;
    cj_tensor *y0, *t;
    cj_tensor *key; /* u32[2] */
    cj_at at;
    cj_sde_method method;
    int parameters;
    cj_tensor *const *parameter;
    int64_t steps; /* 0: 1 */
    /* instead of the key: the increments dW, [(T - 1) steps, shape of y0...] */
    cj_tensor *noise;
};
CJ_API cj_tensor *cj_sdeint_at(const struct cj_sdeint_args *args);
#define cj_sdeint(...)                                                                             \
    cj_sdeint_at(&(struct cj_sdeint_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_sdeint_args)})

/*
 * A path through y[i] at x[i] (x [n] rises, n at least 2; y [n, ...]), at the places `at_x` [m]: [m, ...]. Beyond the
 * ends the first or last piece goes on. Controls of differential equations (Kidger et al., 2020; Morrill et al.,
 * 2021):
 * - previous: y of the last x not above the place (before the first: the first);
 * - linear: between both neighbours;
 * - hermite: the cubic with slope (y[i] - y[i - 1]) / (x[i] - x[i - 1]) at x[i] (at the first as at the second): it
 *   depends on no later value than that of the right neighbour.
 * Differentiable to y, and to places but at the x themselves.
 */
typedef enum cj_path_kind { CJ_PATH_PREVIOUS, CJ_PATH_LINEAR, CJ_PATH_HERMITE } cj_path_kind;
CJ_API cj_tensor *cj_path_at(cj_at at, cj_path_kind kind, cj_tensor *x, cj_tensor *y,
                             cj_tensor *at_x);
#define cj_path(...) cj_path_at(CJ_HERE, __VA_ARGS__)

#ifdef __cplusplus
}
#endif

#endif
