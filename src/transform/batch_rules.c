/*
 * src/transform/batch_rules.c - batching rules of all ops but the contractions, and their table.
 */
#include "transform/batch.h"

cj_tensor *cj_repeat_lanes(cj_at at, cj_tensor *x, int64_t lanes)
{
    int64_t shape[CJ_MAX_RANK + 1];
    if (!x)
        return NULL;
    shape[0] = lanes;
    memcpy(shape + 1, x->shape, x->rank * sizeof *shape);
    return cj_expand_at(at, x, x->rank + 1, shape);
}

cj_tensor *cj_batch_leading(cj_at at, cj_tensor *node, int64_t lanes, cj_tensor **source,
                            const bool *batched, const int64_t *option)
{
    int64_t shape[CJ_MAX_RANK + 1];
    shape[0] = lanes;
    memcpy(shape + 1, node->shape, node->rank * sizeof *shape);
    for (int i = 0; i < node->source_count; i++)
        if (!batched[i])
            source[i] = cj_repeat_lanes(at, source[i], lanes);
    return cj_node(node->context, at,
                   &(cj_node_spec){.op = (cj_op)node->op,
                                   .dtype = (cj_dtype)node->dtype,
                                   .rank = node->rank + 1,
                                   .shape = shape,
                                   .source_count = node->source_count,
                                   .source = source,
                                   .option_count = node->option_count,
                                   .option = option ? option : node->option,
                                   .payload = node->payload});
}

cj_tensor *cj_batch_map(cj_at at, cj_tensor *node, int64_t lanes, cj_tensor **source, bool *batched)
{
    return cj_batch_leading(at, node, lanes, source, batched, NULL);
}

cj_tensor *cj_batch_reduce(cj_at at, cj_tensor *node, int64_t lanes, cj_tensor **source,
                           bool *batched)
{
    return cj_batch_leading(at, node, lanes, source, batched, &(int64_t){node->option[0] * 2});
}

/* Ops of trailing axes, or whose shape says all. */
#define CJ_BATCH_LEADING(name)                                                                     \
    CJ_BATCH(name)                                                                                 \
    {                                                                                              \
        return cj_batch_leading(at, node, lanes, source, batched, NULL);                           \
    }
CJ_BATCH_LEADING(tap)
CJ_BATCH_LEADING(stop_gradient)
CJ_BATCH_LEADING(reshape)
CJ_BATCH_LEADING(expand)
CJ_BATCH_LEADING(window_sum)
CJ_BATCH_LEADING(window_max)
CJ_BATCH_LEADING(window_argmax)
CJ_BATCH_LEADING(window_gather)
CJ_BATCH_LEADING(window_scatter)
CJ_BATCH_LEADING(random_bits) /* a key a lane */
CJ_BATCH_LEADING(key_fold)

/* ---- movement ---- */

CJ_BATCH(permute)
{
    int64_t axes[CJ_MAX_RANK + 1] = {0};
    for (int i = 0; i < node->rank; i++)
        axes[i + 1] = node->option[i] + 1;
    (void)lanes, (void)batched;
    return cj_node(node->context, at,
                   &(cj_node_spec){.op = CJ_OP_PERMUTE,
                                   .source_count = 1,
                                   .source = source,
                                   .option_count = node->rank + 1,
                                   .option = axes});
}

CJ_BATCH(pad)
{
    int64_t low[CJ_MAX_RANK + 1] = {0}, high[CJ_MAX_RANK + 1] = {0};
    memcpy(low + 1, node->option, node->rank * sizeof *low);
    memcpy(high + 1, node->option + node->rank, node->rank * sizeof *high);
    (void)lanes, (void)batched;
    return cj_pad_at(at, source[0], low, high);
}

CJ_BATCH(slice)
{
    int64_t option[2 * CJ_MAX_RANK + 2], shape[CJ_MAX_RANK + 1];
    int rank = node->rank;
    option[0] = 0;
    option[rank + 1] = 1;
    shape[0] = lanes;
    memcpy(option + 1, node->option, (size_t)rank * sizeof *option);
    memcpy(option + rank + 2, node->option + rank, (size_t)rank * sizeof *option);
    memcpy(shape + 1, node->shape, (size_t)rank * sizeof *shape);
    (void)batched;
    return cj_node(node->context, at,
                   &(cj_node_spec){.op = CJ_OP_SLICE,
                                   .rank = rank + 1,
                                   .shape = shape,
                                   .source_count = 1,
                                   .source = source,
                                   .option_count = 2 * rank + 2,
                                   .option = option});
}

CJ_BATCH(flip)
{
    return cj_batch_reduce(at, node, lanes, source, batched);
}

CJ_BATCH(concat)
{
    return cj_batch_leading(at, node, lanes, source, batched, &(int64_t){node->option[0] + 1});
}

/* ---- leaves: no source, so no lanes, unless they are replaced themselves ---- */

#define CJ_BATCH_LEAF(name)                                                                        \
    CJ_BATCH(name)                                                                                 \
    {                                                                                              \
        (void)source, (void)batched;                                                               \
        return cj_repeat_lanes(at, node, lanes);                                                   \
    }
CJ_BATCH_LEAF(constant)
CJ_BATCH_LEAF(scalar)
CJ_BATCH_LEAF(input)
CJ_BATCH_LEAF(variable)
CJ_BATCH_LEAF(iota)

cj_batch_rule *const cj_batch_table[CJ_OP_COUNT] = {
#define CJ_X(NAME, name, ...) [CJ_OP_##NAME] = cj_batch_map,
    CJ_MAP_OP_LIST(CJ_X)
#undef CJ_X
#define CJ_X(NAME, name, ...) [CJ_OP_##NAME] = cj_batch_reduce,
        CJ_REDUCE_OP_LIST(CJ_X)
#undef CJ_X
#define CJ_X(NAME, name, ...) [CJ_OP_##NAME] = cj_batch_##name,
            CJ_OTHER_OP_LIST(CJ_X)
#undef CJ_X
};
