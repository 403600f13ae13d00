/*
 * src/transform/batch_index.c - gather and the scatters over lanes: a source that all lanes share gets an axis of 1, which repeats.
 */
#include "transform/batch.h"

static cj_tensor *with_axis(cj_at at, cj_tensor *x, bool batched)
{
    return batched ? x : cj_unsqueeze_at(at, x, 0);
}

CJ_BATCH(gather)
{
    (void)lanes;
    return cj_gather_node(at, with_axis(at, source[0], batched[0]), (int)node->option[0] + 1,
                          with_axis(at, source[1], batched[1]), node->option[1]);
}

static cj_tensor *batch_scatter(cj_at at, cj_tensor *node, int64_t lanes, cj_tensor **source,
                                const bool *batched)
{
    int last = node->source_count - 1;
    cj_tensor *x = batched[0] ? source[0] : cj_repeat_lanes(at, source[0], lanes);
    return cj_scatter_node(at, (cj_op)node->op, x, (int)node->option[0] + 1,
                           with_axis(at, source[last], batched[last]), node->option[1]);
}

CJ_BATCH(scatter_add)
{
    return batch_scatter(at, node, lanes, source, batched);
}

CJ_BATCH(scatter_max)
{
    return batch_scatter(at, node, lanes, source, batched);
}

CJ_BATCH(scatter_min)
{
    return batch_scatter(at, node, lanes, source, batched);
}

CJ_BATCH(scatter_last)
{
    return batch_scatter(at, node, lanes, source, batched);
}
