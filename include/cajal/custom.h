/*
 * cajal/custom.h - derivatives and ops of the caller's own.
 *
 * A derivative is given as a function that builds a graph; so it can be differentiated again,
 * mapped over lanes (cj_vmap), put into a loop, like any other. It is called whenever a derivative
 * of the node is built, with tensors that stand for y, x and g and hang on nothing, so that it may
 * differentiate by them. It hangs on what it is given alone: a tensor that it takes from elsewhere
 * is a constant to every transformation. `user` is handed through, and must stand as long as nodes
 * are built on the node (or is copied, see .user_bytes).
 */
#ifndef CAJAL_CUSTOM_H
#define CAJAL_CUSTOM_H

#include "cajal/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Reverse mode: sets out[i], NULL before, to the cotangent of x[i], of its dtype and shape (NULL:
 * zero), when that of y is g. Linear in g where a forward derivative is made of it.
 */
typedef void cj_custom_vjp(void *user, cj_tensor *y, int count, cj_tensor *const *x, cj_tensor *g,
                           cj_tensor **out);
/* Forward mode: the tangent of y, of its dtype and shape (NULL: zero), when those of x are t[i]
 * (NULL: zero). */
typedef cj_tensor *cj_custom_jvp(void *user, cj_tensor *y, int count, cj_tensor *const *x,
                                 cj_tensor *const *t);

/*
 * The value of y with a derivative of the caller's: to x[0], x[1], ... as vjp and jvp say, and to
 * nothing else, whatever y is made of. Without .jvp the forward derivative is the transpose of
 * vjp. x may be any tensors, of which y need not be made; they are computed only where a
 * derivative asks for them. Derivatives of derivatives are those of the given graphs. Errors:
 * DTYPE where y is no float; where a function returns what does not fit, SHAPE, naming `name`.
 */
struct cj_custom_gradient_args {
    cj_tensor *y;
    int count;
    cj_tensor *const *x;
    cj_custom_vjp *vjp;
    cj_at at;
    cj_custom_jvp *jvp;
    void *user;
    size_t user_bytes; /* not 0: so many bytes at user are copied, and live as long as the node */
    const char *name;  /* for sentences; a literal. "custom_gradient" */
};
CJ_API cj_tensor *cj_custom_gradient_at(const struct cj_custom_gradient_args *args);
#define cj_custom_gradient(...)                                                                    \
    cj_custom_gradient_at(&(struct cj_custom_gradient_args){                                       \
        __VA_ARGS__, .at = CJ_HERE_OF(struct cj_custom_gradient_args)})

/* The value of `value`, with derivative 1 to x, of the same dtype and shape, and none to value: the
 * straight-through estimator (Bengio et al., "Estimating or propagating gradients through
 * stochastic neurons", 2013). */
CJ_API cj_tensor *cj_straight_through_at(cj_at at, cj_tensor *value, cj_tensor *x);
#define cj_straight_through(...) cj_straight_through_at(CJ_HERE, __VA_ARGS__)

/*
 * Computes y, row-major, from the row-major x[i]; their dtypes and shapes are those of the node.
 * May fail (with a sentence by cj_fail): the run then fails, before any variable is assigned. It
 * runs on one thread at a time, once a lane under cj_vmap, allocates nothing of the context's, and
 * gives equal bits for equal bits.
 */
typedef cj_status cj_custom_kernel(cj_context *context, void *user, int count, const void *const *x,
                                   void *y);

/*
 * A tensor of this dtype and shape computed by a C function. Without .vjp it has no reverse
 * derivative, without either no forward one; to ask for one is an error that names it
 * (UNSUPPORTED). The same function of the same tensors, with the same user, is the same node.
 * `user` and `name` must stand as long as programs that run it.
 */
struct cj_custom_args {
    cj_custom_kernel *kernel;
    int count; /* at least 1 */
    cj_tensor *const *x;
    cj_dtype dtype;
    int rank;
    const int64_t *shape;
    cj_at at;
    cj_custom_vjp *vjp;
    cj_custom_jvp *jvp;
    void *user;       /* handed to all three */
    const char *name; /* for sentences and prints; a literal. "custom" */
};
CJ_API cj_tensor *cj_custom_at(const struct cj_custom_args *args);
#define cj_custom(...)                                                                             \
    cj_custom_at(&(struct cj_custom_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_custom_args)})

#ifdef __cplusplus
}
#endif

#endif
