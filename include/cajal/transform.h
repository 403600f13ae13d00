/*
 * cajal/transform.h - graph to graph: gradients of any order, vectorising, replacing.
 *
 * What a transformation makes are nodes of the same primitive ops, so it can be transformed again:
 * the map of a gradient, the gradient of a map.
 */
#ifndef CAJAL_TRANSFORM_H
#define CAJAL_TRANSFORM_H

#include "cajal/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Conventions. Only f32 and f64 carry derivatives; integers, truth values, comparisons, argmax and
 * cj_stop_gradient do not. Kinks and ties are fixed by each op's row in cajal/graph.h: |x| and relu
 * 0 at 0, maximum half each, amax shared equally, a window's maximum to its first. Poles are as in
 * mathematics (sqrt at 0: inf), so a branch that cj_where does not take can still give 0 * inf =
 * NaN: select before the function, log(where(x > 0, x, 1)), not only after it. x[i] is best a leaf
 * or a cj_tap: at another node, uses that an identity has bypassed (the h of neg(h) where h =
 * neg(u)) do not count, because they no longer exist. A node's cotangents are added in the order in
 * which a depth-first walk from the outputs, sources left to right, first meets their users: the
 * bits hang on the graph alone. Errors, as building errors of the context: DTYPE for a tensor that
 * is no float, SHAPE for a cotangent or tangent of another dtype or shape than its tensor, INVALID
 * for a NULL tensor, NO_MEMORY; all results are NULL then.
 */

/*
 * Reverse mode. gradient[i] = d y / d x[i] for a float scalar y (one element, of any rank; else
 * SHAPE); zeros where y does not depend on x[i]. x[i] may be any node: a variable's read, an input,
 * a tap. Returns the context's status.
 */
CJ_API cj_status cj_grad_at(cj_at at, cj_tensor *y, int count, cj_tensor *const *x,
                            cj_tensor **gradient);
#define cj_grad(...) cj_grad_at(CJ_HERE, __VA_ARGS__)

/*
 * Vector-Jacobian product: out[i] = sum over j of cotangent[j]^T (d y[j] / d x[i]). cotangent[j]
 * NULL: zero. out[i] NULL: no y[j] with a cotangent depends on x[i]; never a tensor of zeros for
 * it.
 */
CJ_API cj_status cj_vjp_at(cj_at at, int outputs, cj_tensor *const *y, cj_tensor *const *cotangent,
                           int count, cj_tensor *const *x, cj_tensor **out);
#define cj_vjp(...) cj_vjp_at(CJ_HERE, __VA_ARGS__)

/* Jacobian-vector product, forward mode: out[j] = sum over i of (d y[j] / d x[i]) tangent[i].
 * tangent[i] NULL: zero. out[j] NULL: y[j] depends on no x[i] with a tangent. */
CJ_API cj_status cj_jvp_at(cj_at at, int count, cj_tensor *const *x, cj_tensor *const *tangent,
                           int outputs, cj_tensor *const *y, cj_tensor **out);
#define cj_jvp(...) cj_jvp_at(CJ_HERE, __VA_ARGS__)

/*
 * Replaces nodes: out[j] is y[j] made again with by[k], of the same dtype and shape, where x[k]
 * was; y[j] itself where it depends on none of them. by[k] NULL: x[k] stays. x[i] may depend on
 * x[k]: what is replaced is no longer asked for. Activations are so read, clamped, ablated or
 * patched: see cj_tap. by[k] may be built on x[k] (which stays as it is in by[k]). Errors: SHAPE,
 * INVALID, NO_MEMORY, as building errors.
 */
CJ_API cj_status cj_replace_at(cj_at at, int count, cj_tensor *const *x, cj_tensor *const *by,
                               int outputs, cj_tensor *const *y, cj_tensor **out);
#define cj_replace(...) cj_replace_at(CJ_HERE, __VA_ARGS__)

/*
 * Vectorising map: y[j], a graph of one example, for many at once. batched[k] is [lanes, shape of
 * x[k]...] and of its dtype (NULL: x[k] is the same in every lane); out[j] is [lanes, shape of
 * y[j]...]: lane l is y[j] with batched[k][l] in place of x[k], to the bit what a call for each
 * lane would give. Nothing loops: each op is made once over all lanes by its batching rule (maps
 * and movement over one axis more; a product by a matrix that is the same in all lanes is one
 * product of all rows; lanes of a convolution are further examples, channels or groups; each key of
 * a random op draws what it would draw alone). A y[j] that depends on no x[k] is repeated.
 *
 * Per-example gradients, for a loss of one example of which x is the input:
 *     cj_grad(loss, n, weight, gradient);
 *     cj_vmap(1, &x, &examples, n, gradient, per_example);
 *
 * Nests: an x may be a tensor that the result of another map depends on. Errors, as building
 * errors: SHAPE for lanes that do not fit and for a node that has 16 axes already, INVALID for a
 * NULL tensor or no lanes at all, NO_MEMORY.
 */
CJ_API cj_status cj_vmap_at(cj_at at, int count, cj_tensor *const *x, cj_tensor *const *batched,
                            int outputs, cj_tensor *const *y, cj_tensor **out);
#define cj_vmap(...) cj_vmap_at(CJ_HERE, __VA_ARGS__)

/* ---- dense derivatives and products; x[i] as in cj_grad; zeros where nothing depends ---- */

/*
 * out[k] = d y / d x[k], [shape of y..., shape of x[k]...]: by rows in reverse mode (a lane for
 * each element of y), by columns in forward mode where x[k] has fewer elements than y. SHAPE where
 * that is more than 16 axes.
 */
CJ_API cj_status cj_jacobian_at(cj_at at, cj_tensor *y, int count, cj_tensor *const *x,
                                cj_tensor **out);
#define cj_jacobian(...) cj_jacobian_at(CJ_HERE, __VA_ARGS__)

/* out[i * count + j] = d^2 y / d x[i] d x[j], [shape of x[i]..., shape of x[j]...], of a y of one
 * element: forward over reverse, a lane for each element of x[j]. */
CJ_API cj_status cj_hessian_at(cj_at at, cj_tensor *y, int count, cj_tensor *const *x,
                               cj_tensor **out);
#define cj_hessian(...) cj_hessian_at(CJ_HERE, __VA_ARGS__)

/* Hessian-vector product: out[i] = sum over k of (d^2 y / d x[i] d x[k]) v[k], forward over reverse
 * (Pearlmutter, "Fast exact multiplication by the Hessian", 1994). v[k] NULL: zero. */
CJ_API cj_status cj_hvp_at(cj_at at, cj_tensor *y, int count, cj_tensor *const *x,
                           cj_tensor *const *v, cj_tensor **out);
#define cj_hvp(...) cj_hvp_at(CJ_HERE, __VA_ARGS__)

/*
 * Gauss-Newton product: out = J^T H J v with J = d y / d x and H the Hessian of the loss, a
 * function of y (best a cj_tap), by y (Schraudolph, "Fast curvature matrix-vector products", 2002).
 * For cross-entropy of logits y, and for squared errors, it is the product with the Fisher
 * information.
 */
CJ_API cj_status cj_gauss_newton_at(cj_at at, cj_tensor *loss, cj_tensor *y, int count,
                                    cj_tensor *const *x, cj_tensor *const *v, cj_tensor **out);
#define cj_gauss_newton(...) cj_gauss_newton_at(CJ_HERE, __VA_ARGS__)

/*
 * Central differences, (y(x + step e) - y(x - step e)) / (2 step) of a y of one element: out[k] has the
 * shape of x[k], e being each of its unit vectors, all lanes of one graph (cj_vmap). In f64 a step of
 * 1e-5 leaves errors of about 1e-10. SHAPE: y of other than one element.
 */
CJ_API cj_status cj_finite_difference_at(cj_at at, cj_tensor *y, int count, cj_tensor *const *x,
                                         double step, cj_tensor **out);
#define cj_finite_difference(...) cj_finite_difference_at(CJ_HERE, __VA_ARGS__)
/* How far cj_grad is from these differences: the largest |gradient - difference| / (1 + |difference|) over
 * all elements of the x[k] (of one dtype), as a number; NaN where one of them is. */
CJ_API cj_tensor *cj_check_gradient_at(cj_at at, cj_tensor *y, int count, cj_tensor *const *x,
                                       double step);
#define cj_check_gradient(...) cj_check_gradient_at(CJ_HERE, __VA_ARGS__)

/*
 * Derivatives along a line: out[k - 1] = d^k/dt^k y(x + t direction) at t = 0, for k = 1 to order,
 * of y's shape. direction[i], of x[i]'s shape, is a constant of the line even where it depends on
 * x; NULL: zero. With x [N, 2] and a direction that is 1 in column 0, the u_x, u_xx, ... of N
 * points.
 */
CJ_API cj_status cj_taylor_at(cj_at at, int count, cj_tensor *const *x, cj_tensor *const *direction,
                              cj_tensor *y, int order, cj_tensor **out);
#define cj_taylor(...) cj_taylor_at(CJ_HERE, __VA_ARGS__)

/*
 * The sum over i of d^2 y / d x_i^2, of y's shape, with x_i the coordinate i along `axis`: of y [N]
 * or [N, 1] by points x [N, D] and axis 1, the Laplacian at each point, as long as each element of
 * y hangs on its own point alone.
 */
CJ_API cj_tensor *cj_laplacian_at(cj_at at, cj_tensor *y, cj_tensor *x, int axis);
#define cj_laplacian(...) cj_laplacian_at(CJ_HERE, __VA_ARGS__)

#ifdef __cplusplus
}
#endif

#endif
