/*
 * src/transform/grad.c - reverse mode.
 *
 * Each use of a node by another gives one cotangent; a node's are added in the order in which the depth-first
 * walk from the outputs first met the users, and within one user from left to right. So the bits hang on the graph
 * alone, not on what else was built in the context. The uses lie in one array, sorted once by counting.
 */
#include "cajal/transform.h"
#include "transform/rules.h"

typedef struct tape {
    cj_context *context;
    cj_at at;
    cj_traversal list;
    cj_arena memory;
    bool *wanted;          /* by slot: a derivative to some x passes through the node */
    cj_tensor **total;     /* by slot: the seed, then the whole cotangent */
    uint32_t *first_use;   /* by slot: where the uses of the node begin; [count]: the end */
    uint32_t *use_of_edge; /* which use the edge to a source is, or NO_USE */
    uint32_t *user;        /* by use: the slot of the user */
    cj_tensor **cotangent; /* by use */
    uint32_t *x_slot;      /* by x: its slot, or NO_USE where the outputs do not reach it */
} tape;

#define NO_USE UINT32_MAX

static bool is_float(const cj_tensor *x)
{
    return cj_dtype_class(x->dtype) == 'f';
}

static void *take(tape *tp, size_t count, size_t size)
{
    return cj_arena_take_zero(&tp->memory, CJ_MAX(count, 1) * size);
}

/* ---- which nodes matter, and who uses them ---- */

static cj_status mark_wanted(tape *tp, int count, cj_tensor *const *x)
{
    uint32_t nodes = tp->list.count;
    tp->wanted = take(tp, nodes, sizeof(bool));
    tp->total = take(tp, nodes, sizeof(cj_tensor *));
    tp->x_slot = take(tp, (size_t)count, sizeof(uint32_t));
    if (!tp->wanted || !tp->total || !tp->x_slot)
        return CJ_NO_MEMORY;
    for (int k = 0; k < count; k++) {
        tp->x_slot[k] = cj_traversed(&tp->list, x[k]) ? x[k]->slot : NO_USE;
        if (tp->x_slot[k] != NO_USE)
            tp->wanted[x[k]->slot] = true;
    }
    for (uint32_t slot = 0; slot < nodes; slot++) {
        const cj_tensor *node = tp->list.node[slot];
        if (!is_float(node) || node->op == CJ_OP_STOP_GRADIENT)
            continue;
        for (int i = 0; i < node->source_count && !tp->wanted[slot]; i++)
            tp->wanted[slot] = tp->wanted[cj_source_slot(&tp->list, slot, i)];
    }
    return CJ_OK;
}

/* True where a cotangent flows from the node at this slot to source i. */
static bool flows(const tape *tp, uint32_t slot, int i)
{
    const cj_tensor *node = tp->list.node[slot];
    return tp->wanted[slot] && node->op != CJ_OP_STOP_GRADIENT && is_float(node->source[i]) &&
           tp->wanted[cj_source_slot(&tp->list, slot, i)];
}

/* Counts the uses of each node, then numbers them user by user in the order in which the walk met the users. */
static cj_status sort_uses(tape *tp)
{
    uint32_t nodes = tp->list.count, edges = tp->list.first_edge[nodes], uses = 0;
    tp->first_use = take(tp, (size_t)nodes + 1, sizeof(uint32_t));
    uint32_t *by_met = take(tp, nodes, sizeof(uint32_t));
    uint32_t *next = take(tp, nodes, sizeof(uint32_t));
    if (!tp->first_use || !by_met || !next)
        return CJ_NO_MEMORY;
    for (uint32_t slot = 0; slot < nodes; slot++) {
        const cj_tensor *node = tp->list.node[slot];
        by_met[tp->list.met[slot]] = slot;
        for (int i = 0; i < node->source_count; i++)
            next[cj_source_slot(&tp->list, slot, i)] += flows(tp, slot, i);
    }
    for (uint32_t slot = 0; slot < nodes; slot++) {
        tp->first_use[slot] = uses;
        uses += next[slot];
        next[slot] = tp->first_use[slot];
    }
    tp->first_use[nodes] = uses;
    tp->use_of_edge = take(tp, edges, sizeof(uint32_t));
    tp->user = take(tp, uses, sizeof(uint32_t));
    tp->cotangent = take(tp, uses, sizeof(cj_tensor *));
    if (!tp->use_of_edge || !tp->user || !tp->cotangent)
        return CJ_NO_MEMORY;
    for (uint32_t met = 0; met < nodes; met++) {
        uint32_t slot = by_met[met];
        const cj_tensor *node = tp->list.node[slot];
        for (int i = 0; i < node->source_count; i++) {
            uint32_t use = flows(tp, slot, i) ? next[cj_source_slot(&tp->list, slot, i)]++ : NO_USE;
            tp->use_of_edge[tp->list.first_edge[slot] + (uint32_t)i] = use;
            if (use != NO_USE)
                tp->user[use] = slot;
        }
    }
    return CJ_OK;
}

/* ---- the way back ---- */

static cj_tensor *sum_of(const tape *tp, cj_tensor *a, cj_tensor *b)
{
    return a && b ? cj_add_at(tp->at, a, b) : a ? a : b;
}

/* What flows to a loop are the cotangents of its results, all of which its rule wants at once. */
static void go_back_loop(tape *tp, uint32_t slot)
{
    cj_tensor *node = tp->list.node[slot];
    uint32_t first = tp->first_use[slot], uses = tp->first_use[slot + 1] - first;
    size_t sources = (size_t)node->source_count;
    cj_tensor **result = take(tp, uses, sizeof(cj_tensor *));
    cj_tensor **out = take(tp, sources, sizeof(cj_tensor *));
    bool *wanted = take(tp, sources, sizeof(bool));
    if (!result || !out || !wanted) {
        cj_fail_building(tp->context, CJ_NO_MEMORY, tp->at,
                         "out of memory while differentiating a loop");
        return;
    }
    for (uint32_t use = 0; use < uses; use++)
        result[use] = tp->list.node[tp->user[first + use]];
    const uint32_t *to = tp->use_of_edge + tp->list.first_edge[slot];
    for (int i = 0; i < node->source_count; i++)
        wanted[i] = to[i] != NO_USE;
    cj_loop_cotangents(tp->at, node, (int)uses, result, tp->cotangent + first, wanted, out);
    for (int i = 0; i < node->source_count; i++)
        if (wanted[i])
            tp->cotangent[to[i]] = out[i];
}

/* The caller's function gives all cotangents in one call. */
static void go_back_custom(tape *tp, cj_tensor *node, cj_tensor *g, const uint32_t *use)
{
    cj_tensor **out = take(tp, (size_t)node->source_count, sizeof(cj_tensor *));
    if (!out) {
        cj_fail_building(tp->context, CJ_NO_MEMORY, tp->at, "out of memory while differentiating");
        return;
    }
    cj_custom_cotangents(tp->at, node, g, out);
    for (int i = 0; i < node->source_count; i++)
        if (use[i] != NO_USE)
            tp->cotangent[use[i]] = out[i];
}

static void go_back(tape *tp)
{
    for (uint32_t slot = tp->list.count; slot-- > 0 && tp->context->build_status == CJ_OK;) {
        cj_tensor *node = tp->list.node[slot], *g = tp->total[slot];
        if (!tp->wanted[slot])
            continue;
        if (node->op == CJ_OP_LOOP) {
            go_back_loop(tp, slot);
            continue;
        }
        for (uint32_t k = tp->first_use[slot]; k < tp->first_use[slot + 1]; k++)
            g = sum_of(tp, g, tp->cotangent[k]);
        tp->total[slot] = g;
        const uint32_t *use = tp->use_of_edge + tp->list.first_edge[slot];
        if (g && (node->op == CJ_OP_CUSTOM || node->op == CJ_OP_CUSTOM_GRADIENT)) {
            go_back_custom(tp, node, g, use);
            continue;
        }
        for (int i = 0; g && i < node->source_count; i++)
            if (use[i] != NO_USE)
                tp->cotangent[use[i]] = cj_derivative_table[node->op].cotangent(tp->at, node, i, g);
    }
}

static cj_status run_tape(tape *tp, int outputs, cj_tensor *const *y, cj_tensor *const *cotangent,
                          int count, cj_tensor *const *x, cj_tensor **out)
{
    if (cj_traverse(&tp->list, tp->context, outputs, y) != CJ_OK ||
        cj_traverse_edges(&tp->list) != CJ_OK || mark_wanted(tp, count, x) != CJ_OK ||
        sort_uses(tp) != CJ_OK)
        return cj_fail_building(tp->context, CJ_NO_MEMORY, tp->at,
                                "out of memory while differentiating a graph of %u nodes",
                                tp->list.count);
    for (int j = 0; j < outputs; j++)
        if (cotangent[j])
            tp->total[y[j]->slot] = sum_of(tp, tp->total[y[j]->slot], cotangent[j]);
    go_back(tp);
    if (tp->context->build_status != CJ_OK)
        return tp->context->build_status;
    for (int k = 0; k < count; k++)
        if (tp->x_slot[k] != NO_USE)
            out[k] = tp->total[tp->x_slot[k]];
    return CJ_OK;
}

/* ---- the doors ---- */

static cj_status check(cj_context *context, cj_at at, const char *name, int count,
                       cj_tensor *const *x)
{
    char text[160];
    for (int k = 0; k < count; k++) {
        if (!x[k])
            return cj_fail_building(context, CJ_INVALID, at, "%s: tensor %d is NULL", name, k + 1);
        if (x[k]->context != context)
            return cj_fail_building(context, CJ_INVALID, at,
                                    "%s: tensor %d belongs to another context", name, k + 1);
        if (!is_float(x[k]))
            return cj_fail_building(context, CJ_DTYPE, at,
                                    "%s: tensor %d is %s; only floats have derivatives", name,
                                    k + 1, cj_shape_text(x[k], text, sizeof text));
    }
    return CJ_OK;
}

static cj_context *first_context(int count, cj_tensor *const *x)
{
    for (int k = 0; k < count; k++)
        if (x[k])
            return x[k]->context;
    return NULL;
}

cj_status cj_check_pairs(cj_context *context, cj_at at, const char *name, const char *partner,
                         int count, cj_tensor *const *x, cj_tensor *const *v)
{
    char one[160], two[160];
    cj_status status = check(context, at, name, count, x);
    for (int k = 0; k < count && status == CJ_OK; k++)
        if (v[k] && (v[k]->dtype != x[k]->dtype || v[k]->rank != x[k]->rank ||
                     memcmp(v[k]->shape, x[k]->shape, x[k]->rank * sizeof *x[k]->shape) != 0))
            status = cj_fail_building(context, CJ_SHAPE, at,
                                      "%s: %s %d is %s; it must be %s like its tensor", name,
                                      partner, k + 1, cj_shape_text(v[k], one, sizeof one),
                                      cj_shape_text(x[k], two, sizeof two));
    return status;
}

cj_status cj_vjp_at(cj_at at, int outputs, cj_tensor *const *y, cj_tensor *const *cotangent,
                    int count, cj_tensor *const *x, cj_tensor **out)
{
    for (int k = 0; k < count; k++)
        out[k] = NULL;
    cj_context *context = first_context(outputs, y);
    if (!context)
        context = first_context(count, x);
    if (!context)
        return outputs || count ? CJ_INVALID : CJ_OK;
    if (context->build_status != CJ_OK)
        return context->build_status;
    cj_status status = cj_check_pairs(context, at, "vjp", "cotangent", outputs, y, cotangent);
    if (status == CJ_OK)
        status = check(context, at, "vjp", count, x);
    if (status != CJ_OK)
        return status;
    tape tp = {.context = context, .at = at};
    tp.list.context = context;
    cj_arena_init(&tp.memory, context);
    status = run_tape(&tp, outputs, y, cotangent, count, x, out);
    cj_arena_free(&tp.memory);
    cj_traverse_free(&tp.list);
    return status;
}

cj_status cj_grad_at(cj_at at, cj_tensor *y, int count, cj_tensor *const *x, cj_tensor **gradient)
{
    for (int k = 0; k < count; k++)
        gradient[k] = NULL;
    cj_context *context = y ? y->context : first_context(count, x);
    if (!context)
        return count ? CJ_INVALID : CJ_OK;
    if (context->build_status != CJ_OK)
        return context->build_status;
    cj_status status = check(context, at, "grad", 1, &y);
    if (status == CJ_OK)
        status = check(context, at, "grad", count, x);
    if (status == CJ_OK && y->elements != 1) {
        char text[160];
        status = cj_fail_building(context, CJ_SHAPE, at,
                                  "grad: %s; only one number has a gradient: take a sum or mean, "
                                  "or cj_vjp",
                                  cj_shape_text(y, text, sizeof text));
    }
    if (status != CJ_OK)
        return status;
    cj_tensor *one = cj_full_at(at, context, (cj_dtype)y->dtype, y->rank, y->shape, 1);
    status = cj_vjp_at(at, 1, &y, &one, count, x, gradient);
    for (int k = 0; k < count && status == CJ_OK; k++)
        if (!gradient[k])
            gradient[k] =
                cj_full_at(at, context, (cj_dtype)x[k]->dtype, x[k]->rank, x[k]->shape, 0);
    return context->build_status;
}
