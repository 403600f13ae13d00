/*
 * cajal/transform.h - graph to graph: gradients of any order.
 *
 * Gradients are nodes made of the same primitive ops, so they can be differentiated again.
 */
#ifndef CAJAL_TRANSFORM_H
#define CAJAL_TRANSFORM_H

#include "cajal/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Reverse mode. gradient[i] = d y / d x[i] for a float scalar y (one element); zeros where y does not depend on
 * x[i]. x[i] may be any node: a variable's read, an input, a tap. Returns the context's status.
 */
CJ_API cj_status cj_grad_at(cj_at at, cj_tensor *y, int count, cj_tensor *const *x, cj_tensor **gradient);
#define cj_grad(...) cj_grad_at(CJ_HERE, __VA_ARGS__)

/* Vector-Jacobian product: out[i] = sum over j of cotangent[j]^T (d y[j] / d x[i]). cotangent[j] NULL: zero. */
CJ_API cj_status cj_vjp_at(cj_at at, int outputs, cj_tensor *const *y, cj_tensor *const *cotangent,
                           int count, cj_tensor *const *x, cj_tensor **out);
#define cj_vjp(...) cj_vjp_at(CJ_HERE, __VA_ARGS__)

/* Jacobian-vector product, forward mode: out[j] = sum over i of (d y[j] / d x[i]) tangent[i]. tangent[i] NULL: zero. */
CJ_API cj_status cj_jvp_at(cj_at at, int count, cj_tensor *const *x, cj_tensor *const *tangent,
                           int outputs, cj_tensor *const *y, cj_tensor **out);
#define cj_jvp(...) cj_jvp_at(CJ_HERE, __VA_ARGS__)

#ifdef __cplusplus
}
#endif

#endif
