/*
 * cajal/implicit.h - solutions of equations, differentiated by the equation and not through the
 * solver.
 *
 * Where F(z, theta) = 0 defines z, dz = -(dF/dz)^-1 (dF/dtheta) dtheta, whatever has found z (the
 * implicit function theorem; Blondel et al., "Efficient and modular implicit differentiation",
 * 2022). So reverse mode solves one linear system, (dF/dz)^T w = g, by products with vectors alone,
 * and keeps nothing of the iterations. That solution is differentiated in the same way, so all
 * orders exist, forward mode too.
 *
 * The linear systems are solved by conjugate gradients: on the normal equations (CGLS: Bjorck,
 * "Numerical methods for least squares problems", 1996, 7.4), or plainly where dF/dz is symmetric
 * and positive definite; until the residual is `tolerance` times the right side, or 4 times as many
 * iterations as z has elements, at least 100, have run. Where dF/dz is singular no derivative
 * exists, and what comes out is that of a least-squares solution at best.
 *
 * F is given as a function that builds a graph. It hangs on z and theta alone (other tensors are
 * constants to every derivative and to cj_vmap) and is called often, in loops' bodies too. z is one
 * tensor of floats, of any shape: several unknowns are pieces of one vector.
 */
#ifndef CAJAL_IMPLICIT_H
#define CAJAL_IMPLICIT_H

#include "cajal/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/* f, of z's dtype and shape, or (cj_optimum) of one element. */
typedef cj_tensor *cj_equation(void *user, cj_tensor *z, int count, cj_tensor *const *theta);

struct cj_implicit_args {
    cj_equation *f;
    cj_tensor *z; /* the solution (cj_implicit), else where to begin; nothing flows to it */
    int count;
    cj_tensor *const *theta; /* what z depends on */
    cj_at at;
    void *user;
    size_t user_bytes;  /* not 0: so many bytes at user are copied; else user must stand */
    double tolerance;   /* relative, of steps and of linear systems; 0: 1e-10 in f64, 1e-5 in f32 */
    int64_t iterations; /* at most; 0: 1,000, of Newton's method 100 */
    bool symmetric;     /* cj_implicit: df/dz is symmetric and positive definite */
    cj_tensor **steps;  /* i64: how many iterations ran; NULL: not wanted. Not of cj_implicit */
};

/* z itself, with the derivative to theta that f(z, theta) = 0 gives it. */
CJ_API cj_tensor *cj_implicit_at(const struct cj_implicit_args *args);
#define cj_implicit(...)                                                                           \
    cj_implicit_at(                                                                                \
        &(struct cj_implicit_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_implicit_args)})

/* z = f(z, theta), by z <- f(z, theta) until a step is `tolerance` times z or less: a deep
 * equilibrium (Bai et al., "Deep equilibrium models", 2019). Where it does not get there, the
 * last z. */
CJ_API cj_tensor *cj_fixed_point_at(const struct cj_implicit_args *args);
#define cj_fixed_point(...)                                                                        \
    cj_fixed_point_at(                                                                             \
        &(struct cj_implicit_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_implicit_args)})

/* f(z, theta) = 0, by Newton's method from z. */
CJ_API cj_tensor *cj_root_at(const struct cj_implicit_args *args);
#define cj_root(...)                                                                               \
    cj_root_at(&(struct cj_implicit_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_implicit_args)})

/* The z of which the number f(z, theta) is least, near a z whose Hessian is positive definite:
 * Newton's method on the gradient. A z that was found otherwise, by training: cj_implicit with
 * the gradient as f. */
CJ_API cj_tensor *cj_optimum_at(const struct cj_implicit_args *args);
#define cj_optimum(...)                                                                            \
    cj_optimum_at(                                                                                 \
        &(struct cj_implicit_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_implicit_args)})

#ifdef __cplusplus
}
#endif

#endif
