/*
 * src/transform/vmap.c - the vectorising map: a graph made once for all lanes.
 */
#include "cajal/transform.h"
#include "transform/batch.h"
#include "transform/rewrite.h"

#include <inttypes.h>

static cj_tensor *remake_lanes(cj_at at, void *state, cj_tensor *node, cj_tensor **source,
                               bool *changed)
{
    const int64_t *lanes = state;
    if (node->rank == CJ_MAX_RANK) {
        char text[160];
        cj_fail_building(node->context, CJ_SHAPE, at,
                         "vmap: %s %s has %d axes, the most there are: there is none for the lanes",
                         cj_op_table[node->op].name, cj_shape_text(node, text, sizeof text),
                         CJ_MAX_RANK);
        return NULL;
    }
    return cj_batch_table[node->op](at, node, *lanes, source, changed);
}

cj_status cj_lanes_of(cj_context *context, cj_at at, int64_t lanes, int count, cj_tensor *const *x,
                      cj_tensor *const *batched, int outputs, cj_tensor *const *y, cj_tensor **out)
{
    return cj_rewrite(context, at, "vmap", count, x, batched, outputs, y, remake_lanes, &lanes,
                      out);
}

/* Lanes of x[k] have its dtype and shape; there are equally many of each. */
static cj_status check_lanes(cj_context *context, cj_at at, int count, cj_tensor *const *x,
                             cj_tensor *const *batched, int64_t *lanes)
{
    char one[160], two[160];
    *lanes = -1;
    for (int k = 0; k < count; k++) {
        const cj_tensor *b = batched[k];
        if (!b)
            continue;
        if (b->dtype != x[k]->dtype || b->rank != x[k]->rank + 1 ||
            memcmp(b->shape + 1, x[k]->shape, x[k]->rank * sizeof *b->shape) != 0)
            return cj_fail_building(context, CJ_SHAPE, at,
                                    "vmap: the lanes of tensor %d are %s; they are %s with one "
                                    "axis more before its own",
                                    k + 1, cj_shape_text(b, one, sizeof one),
                                    cj_shape_text(x[k], two, sizeof two));
        if (*lanes >= 0 && b->shape[0] != *lanes)
            return cj_fail_building(context, CJ_SHAPE, at,
                                    "vmap: tensor %d has %" PRId64 " lanes, those before it "
                                    "%" PRId64,
                                    k + 1, b->shape[0], *lanes);
        *lanes = b->shape[0];
    }
    if (*lanes < 0)
        return cj_fail_building(context, CJ_INVALID, at, "vmap: no tensor is given lanes");
    return CJ_OK;
}

cj_status cj_vmap_at(cj_at at, int count, cj_tensor *const *x, cj_tensor *const *batched,
                     int outputs, cj_tensor *const *y, cj_tensor **out)
{
    for (int j = 0; j < outputs; j++)
        out[j] = NULL;
    cj_context *context = NULL;
    int64_t lanes = 0;
    cj_status status = cj_check_tensors(&context, at, "vmap", outputs, y, false);
    if (status == CJ_OK)
        status = cj_check_tensors(&context, at, "vmap", count, x, false);
    if (status == CJ_OK)
        status = cj_check_tensors(&context, at, "vmap", count, batched, true);
    if (status != CJ_OK || !context)
        return status;
    status = check_lanes(context, at, count, x, batched, &lanes);
    if (status == CJ_OK)
        status = cj_lanes_of(context, at, lanes, count, x, batched, outputs, y, out);
    for (int j = 0; j < outputs && status == CJ_OK; j++)
        if (!out[j])
            out[j] = cj_repeat_lanes(at, y[j], lanes);
    return context->build_status;
}
