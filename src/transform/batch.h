/*
 * src/transform/batch.h - how each op is made over lanes: the batching column of the op list,
 * behind cj_vmap.
 */
#ifndef CJ_TRANSFORM_BATCH_H
#define CJ_TRANSFORM_BATCH_H

#include "graph/graph.h"

/*
 * Makes the node for `lanes` lanes at once: source[i] has a leading axis of that extent where
 * batched[i] (at least one), else it is the node's own source, the same in every lane. The result
 * has the leading axis before the node's own, and each lane the bits that the op gives of the
 * lane's sources. Both arrays are the caller's scratch.
 */
typedef cj_tensor *cj_batch_rule(cj_at at, cj_tensor *node, int64_t lanes, cj_tensor **source,
                                 bool *batched);

extern cj_batch_rule *const cj_batch_table[CJ_OP_COUNT];

/* Every elementwise op: sources that all lanes share are repeated; every reduction: its axes move. */
cj_batch_rule cj_batch_map, cj_batch_reduce;
#define CJ_X(NAME, name, ...) cj_batch_rule cj_batch_##name;
CJ_OTHER_OP_LIST(CJ_X)
#undef CJ_X

#define CJ_BATCH(name)                                                                             \
    cj_tensor *cj_batch_##name(cj_at at, cj_tensor *node, int64_t lanes, cj_tensor **source,       \
                               bool *batched)

/* cj_vmap of tensors that are known to fit; out[j]: NULL where y[j] is the same in all lanes. */
cj_status cj_lanes_of(cj_context *context, cj_at at, int64_t lanes, int count, cj_tensor *const *x,
                      cj_tensor *const *batched, int outputs, cj_tensor *const *y, cj_tensor **out);

/* x with a leading axis of `lanes` equal lanes: nothing is copied. */
cj_tensor *cj_repeat_lanes(cj_at at, cj_tensor *x, int64_t lanes);

/* The node's op over sources that all get the leading axis, with these options (NULL: its own):
 * the whole rule of an op that looks at trailing axes alone. */
cj_tensor *cj_batch_leading(cj_at at, cj_tensor *node, int64_t lanes, cj_tensor **source,
                            const bool *batched, const int64_t *option);

#endif
