/*
 * src/nn/loss.h - what the losses share.
 */
#ifndef CJ_NN_LOSS_H
#define CJ_NN_LOSS_H

#include "nn/nn.h"

/* An element each as the reduction wants it. */
cj_tensor *cj_reduce_loss(cj_at at, cj_tensor *each, cj_reduction reduction);

/* Whether dtypes and shapes are equal. */
static inline bool cj_alike(const cj_tensor *x, const cj_tensor *y)
{
    return cj_tensor_dtype(x) == cj_tensor_dtype(y) && cj_rank(x) == cj_rank(y) &&
           memcmp(cj_shape(x), cj_shape(y), (size_t)cj_rank(x) * sizeof(int64_t)) == 0;
}

#endif
