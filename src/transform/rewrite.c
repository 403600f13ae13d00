/*
 * src/transform/rewrite.c - see rewrite.h; cj_replace is its plainest use.
 */
#include "transform/rewrite.h"
#include "cajal/transform.h"
#include "transform/rules.h"

typedef struct rewrite {
    cj_context *context;
    cj_at at;
    cj_traversal list;
    cj_arena memory;
    cj_tensor **made; /* by slot: what stands for the node; NULL: itself */
    bool *needed;     /* by slot: an output is made through it */
    uint32_t *y_slot; /* by output */
    cj_tensor **source;
    bool *changed; /* scratch for one node */
} rewrite;

static cj_status prepare(rewrite *w, int outputs, cj_tensor *const *y)
{
    if (cj_traverse(&w->list, w->context, outputs, y) != CJ_OK ||
        cj_traverse_edges(&w->list) != CJ_OK)
        return CJ_NO_MEMORY;
    size_t nodes = w->list.count, most = 1;
    for (size_t slot = 0; slot < nodes; slot++)
        most = CJ_MAX(most, (size_t)w->list.node[slot]->source_count);
    w->made = cj_arena_take_zero(&w->memory, (nodes + 1) * sizeof(cj_tensor *));
    w->needed = cj_arena_take_zero(&w->memory, nodes + 1);
    w->y_slot = cj_arena_take(&w->memory, ((size_t)outputs + 1) * sizeof(uint32_t));
    w->source = cj_arena_take(&w->memory, most * sizeof(cj_tensor *));
    w->changed = cj_arena_take(&w->memory, most);
    if (!w->made || !w->needed || !w->y_slot || !w->source || !w->changed)
        return CJ_NO_MEMORY;
    for (int j = 0; j < outputs; j++) {
        w->y_slot[j] = y[j]->slot;
        w->needed[w->y_slot[j]] = true;
    }
    return CJ_OK;
}

/* What is replaced needs none of its sources. */
static void mark_needed(rewrite *w, int count, cj_tensor *const *x, cj_tensor *const *by)
{
    for (int k = 0; k < count; k++)
        if (by[k] && cj_traversed(&w->list, x[k]))
            w->made[x[k]->slot] = by[k];
    for (uint32_t slot = w->list.count; slot-- > 0;)
        for (int i = 0; w->needed[slot] && !w->made[slot] && i < w->list.node[slot]->source_count;
             i++)
            w->needed[cj_source_slot(&w->list, slot, i)] = true;
}

static cj_tensor *again(rewrite *w, uint32_t slot, cj_remake_rule *remake, void *state)
{
    cj_tensor *node = w->list.node[slot];
    bool any = false;
    for (int i = 0; i < node->source_count; i++) {
        cj_tensor *made = w->made[cj_source_slot(&w->list, slot, i)];
        w->source[i] = made ? made : node->source[i];
        w->changed[i] = made != NULL;
        any |= w->changed[i];
    }
    if (!any)
        return NULL;
    cj_tensor *made = remake(w->at, state, node, w->source, w->changed);
    return node->checkpoint ? cj_checkpoint(made) : made;
}

cj_status cj_rewrite(cj_context *context, cj_at at, const char *name, int count,
                     cj_tensor *const *x, cj_tensor *const *by, int outputs, cj_tensor *const *y,
                     cj_remake_rule *remake, void *state, cj_tensor **out)
{
    rewrite w = {.context = context, .at = at};
    w.list.context = context;
    cj_arena_init(&w.memory, context);
    if (prepare(&w, outputs, y) == CJ_OK) {
        mark_needed(&w, count, x, by);
        for (uint32_t slot = 0; slot < w.list.count && context->build_status == CJ_OK; slot++)
            if (w.needed[slot] && !w.made[slot])
                w.made[slot] = again(&w, slot, remake, state);
        for (int j = 0; j < outputs; j++)
            out[j] = context->build_status == CJ_OK ? w.made[w.y_slot[j]] : NULL;
    } else {
        cj_fail_building(context, CJ_NO_MEMORY, at, "%s: out of memory for a graph of %u nodes",
                         name, w.list.count);
    }
    cj_arena_free(&w.memory);
    cj_traverse_free(&w.list);
    return context->build_status;
}

cj_status cj_check_tensors(cj_context **context, cj_at at, const char *name, int count,
                           cj_tensor *const *v, bool gaps)
{
    for (int k = 0; k < count && !*context; k++)
        *context = v[k] ? v[k]->context : NULL;
    if (!*context)
        return count && !gaps ? CJ_INVALID : CJ_OK;
    if ((*context)->build_status != CJ_OK)
        return (*context)->build_status;
    for (int k = 0; k < count; k++) {
        if (!v[k] && !gaps)
            return cj_fail_building(*context, CJ_INVALID, at, "%s: tensor %d is NULL", name, k + 1);
        if (v[k] && v[k]->context != *context)
            return cj_fail_building(*context, CJ_INVALID, at,
                                    "%s: tensor %d belongs to another context", name, k + 1);
    }
    return CJ_OK;
}

/* ---- the same graph over other nodes ---- */

static cj_tensor *remake_same(cj_at at, void *state, cj_tensor *node, cj_tensor **source,
                              bool *changed)
{
    (void)state, (void)changed;
    return cj_with_sources(at, node, source);
}

static cj_status check_equal(cj_context *context, cj_at at, int count, cj_tensor *const *x,
                             cj_tensor *const *by)
{
    char one[160], two[160];
    for (int k = 0; k < count; k++)
        if (by[k] && (by[k]->dtype != x[k]->dtype || by[k]->rank != x[k]->rank ||
                      memcmp(by[k]->shape, x[k]->shape, x[k]->rank * sizeof *x[k]->shape) != 0))
            return cj_fail_building(
                context, CJ_SHAPE, at, "replace: tensor %d is %s; it cannot stand for %s", k + 1,
                cj_shape_text(by[k], one, sizeof one), cj_shape_text(x[k], two, sizeof two));
    return CJ_OK;
}

cj_status cj_replace_at(cj_at at, int count, cj_tensor *const *x, cj_tensor *const *by, int outputs,
                        cj_tensor *const *y, cj_tensor **out)
{
    for (int j = 0; j < outputs; j++)
        out[j] = NULL;
    cj_context *context = NULL;
    cj_status status = cj_check_tensors(&context, at, "replace", outputs, y, false);
    if (status == CJ_OK)
        status = cj_check_tensors(&context, at, "replace", count, x, false);
    if (status == CJ_OK)
        status = cj_check_tensors(&context, at, "replace", count, by, true);
    if (status == CJ_OK)
        status = check_equal(context, at, count, x, by);
    if (status == CJ_OK)
        status =
            cj_rewrite(context, at, "replace", count, x, by, outputs, y, remake_same, NULL, out);
    for (int j = 0; j < outputs && status == CJ_OK; j++)
        if (!out[j])
            out[j] = y[j];
    return status;
}
