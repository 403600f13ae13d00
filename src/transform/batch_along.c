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

/* One row for all values stays one where the lanes share it. */
CJ_BATCH(searchsorted)
{
    cj_tensor *sorted = source[0], *values = source[1];
    bool one_row = !batched[0];
    for (int i = 0; i < sorted->rank - 1; i++)
        one_row &= sorted->shape[i] == 1;
    values = batched[1] ? values : cj_repeat_lanes(at, values, lanes);
    sorted = batched[0] ? sorted : cj_unsqueeze_at(at, sorted, 0);
    if (!values || !sorted)
        return NULL;
    int64_t shape[CJ_MAX_RANK];
    memcpy(shape, values->shape, values->rank * sizeof *shape);
    shape[values->rank - 1] = sorted->shape[sorted->rank - 1];
    if (!one_row)
        sorted = cj_expand_at(at, sorted, values->rank, shape);
    return cj_with_sources(at, node, (cj_tensor *[]){sorted, values});
}
