/*
 * src/transform/batch_along.c - ops along an axis, over lanes: the axis, the first of the options, moves by one.
 */
#include "transform/batch.h"

static cj_tensor *axis_moves(cj_at at, cj_tensor *node, int64_t lanes, cj_tensor **source,
                             const bool *batched)
{
    int64_t option[3] = {0};
    memcpy(option, node->option, (size_t)node->option_count * sizeof *option);
    option[0]++;
    return cj_batch_leading(at, node, lanes, source, batched, option);
}

#define CJ_BATCH_ALONG(name)                                                                       \
    CJ_BATCH(name)                                                                                 \
    {                                                                                              \
        return axis_moves(at, node, lanes, source, batched);                                       \
    }
CJ_BATCH_ALONG(cumsum)
CJ_BATCH_ALONG(recurrence)
CJ_BATCH_ALONG(cumulative_argmax)
CJ_BATCH_ALONG(cumulative_argmin)
CJ_BATCH_ALONG(argsort)

CJ_BATCH(searchsorted)
{
    return cj_batch_leading(at, node, lanes, source, batched, NULL);
}
