/*
 * src/transform/jvp.c - forward mode: tangents go the way of the values.
 */
#include "cajal/transform.h"
#include "transform/rules.h"

/* The tangent that the sources' give to the node at this slot, or NULL. `t` has room for its sources. */
static cj_tensor *carry(cj_at at, const cj_traversal *list, uint32_t slot,
                        cj_tensor *const *tangent, cj_tensor **t)
{
    cj_tensor *node = list->node[slot];
    bool any = false;
    for (int i = 0; i < node->source_count; i++) {
        t[i] = tangent[cj_source_slot(list, slot, i)];
        any |= t[i] != NULL;
    }
    if (!any || cj_dtype_class(node->dtype) != 'f')
        return NULL;
    return cj_derivative_table[node->op].tangent(at, node, t);
}

static cj_status run_forward(cj_at at, cj_context *context, cj_arena *memory, cj_traversal *list,
                             int count, cj_tensor *const *x, cj_tensor *const *given, int outputs,
                             cj_tensor *const *y, cj_tensor **out)
{
    if (cj_traverse(list, context, outputs, y) != CJ_OK || cj_traverse_edges(list) != CJ_OK)
        return CJ_NO_MEMORY;
    int most = 1;
    for (uint32_t slot = 0; slot < list->count; slot++)
        most = CJ_MAX(most, list->node[slot]->source_count);
    cj_tensor **tangent = cj_arena_take_zero(memory, (list->count + 1) * sizeof(cj_tensor *));
    cj_tensor **t = cj_arena_take_zero(memory, (size_t)most * sizeof(cj_tensor *));
    uint32_t *y_slot = cj_arena_take(memory, ((size_t)outputs + 1) * sizeof(uint32_t));
    if (!tangent || !t || !y_slot)
        return CJ_NO_MEMORY;
    for (int j = 0; j < outputs; j++)
        y_slot[j] = y[j]->slot;
    for (int k = 0; k < count; k++)
        if (given[k] && cj_traversed(list, x[k])) {
            cj_tensor **seed = &tangent[x[k]->slot];
            *seed = *seed ? cj_add_at(at, *seed, given[k]) : given[k];
        }
    for (uint32_t slot = 0; slot < list->count && context->build_status == CJ_OK; slot++) {
        cj_tensor *carried = carry(at, list, slot, tangent, t);
        if (carried)
            tangent[slot] = tangent[slot] ? cj_add_at(at, tangent[slot], carried) : carried;
    }
    for (int j = 0; j < outputs && context->build_status == CJ_OK; j++)
        out[j] = tangent[y_slot[j]];
    return context->build_status;
}

cj_status cj_jvp_at(cj_at at, int count, cj_tensor *const *x, cj_tensor *const *tangent,
                    int outputs, cj_tensor *const *y, cj_tensor **out)
{
    cj_context *context = NULL;
    for (int j = 0; j < outputs; j++) {
        out[j] = NULL;
        if (!context && y[j])
            context = y[j]->context;
    }
    if (!context)
        return outputs ? CJ_INVALID : CJ_OK;
    if (context->build_status != CJ_OK)
        return context->build_status;
    cj_status status = cj_check_pairs(context, at, "jvp", "tangent", count, x, tangent);
    if (status == CJ_OK)
        status = cj_check_pairs(context, at, "jvp", "output", outputs, y, y);
    if (status != CJ_OK)
        return status;
    cj_traversal list = {.context = context};
    cj_arena memory;
    cj_arena_init(&memory, context);
    status = run_forward(at, context, &memory, &list, count, x, tangent, outputs, y, out);
    if (status == CJ_NO_MEMORY)
        cj_fail_building(context, status, at, "out of memory while differentiating forward");
    cj_arena_free(&memory);
    cj_traverse_free(&list);
    return status;
}
