/*
 * cajal/forward_forward.h - layers that learn alone. Hinton, "The Forward-Forward Algorithm: Some Preliminary
 * Investigations", arXiv 2212.13345, 2022.
 *
 *     x = cj_concat(0, 2, (cj_tensor *[]){real, negative});
 *     for (int l = 0; l < layers; l++) {
 *         cj_tensor *y = cj_forward_forward(s, name[l], x, 500), *own = cj_forward_forward_loss(y, 500, false);
 *         loss = loss ? cj_add(loss, own) : own;
 *         x = cj_stop_gradient(y);
 *     }
 *     cj_optimize(s, loss, cj_adam(.lr = 1e-3));
 */
#ifndef CAJAL_FORWARD_FORWARD_H
#define CAJAL_FORWARD_FORWARD_H

#include "cajal/nn.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * relu(W x / sqrt(mean(x^2)) + b) of x [N, in]: the length, which tells the goodness below, is taken away; a row of
 * zeros stays. weight [units, in] ~ N(0, 1 / in), bias [units] 0, under `name`.
 */
CJ_API cj_tensor *cj_forward_forward_at(cj_at at, cj_scope *s, const char *name, cj_tensor *x,
                                        int64_t units);
#define cj_forward_forward(...) cj_forward_forward_at(CJ_HERE, __VA_ARGS__)

/* The goodness of each row of y [N, units], [N]: the sum of its squares. */
CJ_API cj_tensor *cj_goodness_at(cj_at at, cj_tensor *y);
#define cj_goodness(...) cj_goodness_at(CJ_HERE, __VA_ARGS__)

/*
 * For y [2 n, units] whose first n rows are of real data and the others of negative data: the mean of -log p over
 * the first and -log(1 - p) over the others, p = sigmoid(goodness - theta); with `least` sigmoid(theta -
 * goodness). theta is about the number of units. SHAPE for an odd number of rows.
 */
CJ_API cj_tensor *cj_forward_forward_loss_at(cj_at at, cj_tensor *y, double theta, bool least);
#define cj_forward_forward_loss(...) cj_forward_forward_loss_at(CJ_HERE, __VA_ARGS__)

/*
 * bool [n, height, width]: random bits, blurred `blurs` times by [1/4, 1/2, 1/4] both ways, above one half (outside the
 * picture one half): patches, of which one picture shows through where it is true and another elsewhere.
 */
CJ_API cj_tensor *cj_hybrid_mask_at(cj_at at, cj_tensor *key, int64_t n, int64_t height,
                                    int64_t width, int64_t blurs);
#define cj_hybrid_mask(...) cj_hybrid_mask_at(CJ_HERE, __VA_ARGS__)

#ifdef __cplusplus
}
#endif

#endif
