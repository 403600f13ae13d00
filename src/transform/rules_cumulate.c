/*
 * src/transform/rules_cumulate.c - cumulative sums and linear recurrences: the transpose runs the other way.
 */
#include "transform/rules.h"

CJ_TANGENT(cumsum)
{
    return cj_with_sources(at, node, t);
}

CJ_COTANGENT(cumsum)
{
    return cj_node(node->context, at,
                   &(cj_node_spec){.op = CJ_OP_CUMSUM,
                                   .source_count = 1,
                                   .source = &g,
                                   .option_count = 2,
                                   .option = (int64_t[]){node->option[0], !node->option[1]}});
}

/* x moved by one place along the node's axis, in the direction of the recurrence or against it; 0 comes in. */
static cj_tensor *shifted(cj_at at, const cj_tensor *node, cj_tensor *x, bool forward)
{
    int64_t low[CJ_MAX_RANK] = {0}, high[CJ_MAX_RANK] = {0};
    int64_t by = forward == !node->option[1] ? 1 : -1;
    low[node->option[0]] = by;
    high[node->option[0]] = -by;
    return cj_pad_at(at, x, low, high);
}

/* dh[i] = a[i] dh[i - 1] + (da[i] h[i - 1] + db[i]). */
CJ_TANGENT(recurrence)
{
    cj_tensor *term = t[1];
    if (t[0]) {
        cj_tensor *more = cj_mul_at(at, t[0], shifted(at, node, node, true));
        term = term ? cj_add_at(at, more, term) : more;
    }
    return cj_recurrence_node(at, node->source[0], term, (int)node->option[0], node->option[1]);
}

/* The cotangent of b[i] is G[i] = g[i] + a[i + 1] G[i + 1], that of a[i] is G[i] h[i - 1]. */
CJ_COTANGENT(recurrence)
{
    cj_tensor *next = shifted(at, node, node->source[0], false);
    cj_tensor *back = cj_recurrence_node(at, next, g, (int)node->option[0], !node->option[1]);
    return i == 1 ? back : cj_mul_at(at, back, shifted(at, node, node, true));
}
