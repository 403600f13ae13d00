/*
 * src/transform/rules_index.c - gather and the scatters: gather from outside and a dropped element have derivative 0.
 */
#include "transform/rules.h"

static int axis_of(const cj_tensor *node)
{
    return (int)node->option[0];
}

/* The sum over the axes along which x has 1 and the node does not. */
static cj_tensor *sum_repeated(cj_at at, const cj_tensor *x, cj_tensor *g, int axis)
{
    uint32_t repeated = 0;
    for (int i = 0; g && i < x->rank; i++)
        if (i != axis && x->shape[i] != g->shape[i])
            repeated |= CJ_AXIS(i);
    return repeated ? cj_sum_at(at, g, repeated, true) : g;
}

CJ_TANGENT(gather)
{
    return cj_gather_node(at, t[0], axis_of(node), node->source[1], true);
}

CJ_COTANGENT(gather)
{
    const cj_tensor *x = node->source[0];
    int axis = axis_of(node);
    cj_tensor *sent =
        cj_scatter_node(at, CJ_OP_SCATTER_ADD, g, axis, node->source[1], x->shape[axis]);
    return sum_repeated(at, x, sent, axis);
}

CJ_TANGENT(scatter_add)
{
    return cj_scatter_node(at, CJ_OP_SCATTER_ADD, t[0], axis_of(node), node->source[1],
                           node->option[1]);
}

CJ_COTANGENT(scatter_add)
{
    return cj_gather_node(at, g, axis_of(node), node->source[1], true);
}

/* ---- largest and least: shared equally among ties ---- */

/* 1 for each element that is its destination's extreme one, 0 for the others. */
static cj_tensor *chosen(cj_at at, cj_tensor *node)
{
    cj_tensor *back = cj_gather_node(at, node, axis_of(node), node->source[1], true);
    return cj_eq_at(at, node->source[0], back);
}

static cj_tensor *ties(cj_at at, cj_tensor *node, cj_tensor *mask)
{
    cj_tensor *ones = cj_cast_at(at, mask, (cj_dtype)node->dtype);
    return cj_scatter_node(at, CJ_OP_SCATTER_ADD, ones, axis_of(node), node->source[1],
                           node->option[1]);
}

/* Where nothing was sent there are no ties: 0 / 1. */
static cj_tensor *extreme_tangent(cj_at at, cj_tensor *node, cj_tensor *t)
{
    cj_tensor *mask = chosen(at, node);
    cj_tensor *kept = cj_where_at(at, mask, t, cj_like_at(at, t, 0));
    cj_tensor *sum = cj_scatter_node(at, CJ_OP_SCATTER_ADD, kept, axis_of(node), node->source[1],
                                     node->option[1]);
    cj_tensor *count = ties(at, node, mask);
    return cj_div_at(at, sum, cj_maximum_at(at, count, cj_like_at(at, count, 1)));
}

static cj_tensor *extreme_cotangent(cj_at at, cj_tensor *node, cj_tensor *g)
{
    cj_tensor *mask = chosen(at, node);
    cj_tensor *count = ties(at, node, mask);
    cj_tensor *share = cj_div_at(at, g, cj_maximum_at(at, count, cj_like_at(at, count, 1)));
    cj_tensor *back = cj_gather_node(at, share, axis_of(node), node->source[1], true);
    return cj_where_at(at, mask, back, cj_like_at(at, g, 0));
}

CJ_TANGENT(scatter_max)
{
    return extreme_tangent(at, node, t[0]);
}

CJ_COTANGENT(scatter_max)
{
    return extreme_cotangent(at, node, g);
}

CJ_TANGENT(scatter_min)
{
    return extreme_tangent(at, node, t[0]);
}

CJ_COTANGENT(scatter_min)
{
    return extreme_cotangent(at, node, g);
}
