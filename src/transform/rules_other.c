/*
 * src/transform/rules_other.c - ops with a pair of rules of their own, those without derivative, and the table.
 */
#include "transform/rules.h"

/* ---- largest and least: shared equally among ties ---- */

/* One bit an element: is it the extreme one? */
static cj_tensor *chosen(cj_at at, cj_tensor *node)
{
    cj_tensor *x = node->source[0];
    return cj_eq_at(at, x, cj_expand_at(at, node, x->rank, x->shape));
}

static cj_tensor *ties(cj_at at, cj_tensor *node, cj_tensor *mask)
{
    cj_tensor *ones = cj_cast_at(at, mask, (cj_dtype)node->dtype);
    return cj_sum_at(at, ones, (uint32_t)node->option[0], true);
}

static cj_tensor *extreme_tangent(cj_at at, cj_tensor *node, cj_tensor *t)
{
    cj_tensor *mask = chosen(at, node);
    cj_tensor *kept = cj_where_at(at, mask, t, cj_like_at(at, t, 0));
    return cj_div_at(at, cj_sum_at(at, kept, (uint32_t)node->option[0], true),
                     ties(at, node, mask));
}

static cj_tensor *extreme_cotangent(cj_at at, cj_tensor *node, cj_tensor *g)
{
    cj_tensor *mask = chosen(at, node);
    cj_tensor *share = cj_div_at(at, g, ties(at, node, mask));
    return cj_where_at(at, mask, share, cj_like_at(at, g, 0));
}

CJ_TANGENT(amax)
{
    return extreme_tangent(at, node, t[0]);
}

CJ_COTANGENT(amax)
{
    return extreme_cotangent(at, node, g);
}

CJ_TANGENT(amin)
{
    return extreme_tangent(at, node, t[0]);
}

CJ_COTANGENT(amin)
{
    return extreme_cotangent(at, node, g);
}

/* ---- the largest of a window: the first of ties ---- */

CJ_TANGENT(window_max)
{
    cj_window_options o = cj_window_options_of(node);
    return cj_window_gather_at(at, t[0], cj_window_argmax_at(at, node->source[0], &o), &o);
}

CJ_COTANGENT(window_max)
{
    cj_tensor *x = node->source[0];
    cj_window_options o = cj_window_options_of(node);
    return cj_window_scatter_at(at, g, cj_window_argmax_at(at, x, &o), &o,
                                x->shape + x->rank - o.spatial);
}

/* ---- no derivative: steps, integers and truth values, leaves, the stop. One function under many
 * names, so that the table says which they are. ---- */

CJ_TANGENT(none)
{
    return NULL;
}
CJ_COTANGENT(none)
{
    return NULL;
}
#define CJ_NO_PARTIAL(name)                                                                        \
    cj_cotangent_rule cj_partial_##name __attribute__((alias("cj_cotangent_none")));
#define CJ_NO_DERIVATIVE(name)                                                                     \
    cj_tangent_rule cj_tangent_##name __attribute__((alias("cj_tangent_none")));                   \
    cj_cotangent_rule cj_cotangent_##name __attribute__((alias("cj_cotangent_none")));
CJ_NO_PARTIAL(sign)
CJ_NO_PARTIAL(floor)
CJ_NO_PARTIAL(ceil)
CJ_NO_PARTIAL(round)
CJ_NO_PARTIAL(not )
CJ_NO_PARTIAL(eq)
CJ_NO_PARTIAL(ne)
CJ_NO_PARTIAL(lt)
CJ_NO_PARTIAL(le)
CJ_NO_PARTIAL(and)
CJ_NO_PARTIAL(or)
CJ_NO_PARTIAL(xor)
CJ_NO_PARTIAL(popcount)
CJ_NO_PARTIAL(shl)
CJ_NO_PARTIAL(shr)
CJ_NO_DERIVATIVE(argmax)
CJ_NO_DERIVATIVE(constant)
CJ_NO_DERIVATIVE(scalar)
CJ_NO_DERIVATIVE(input)
CJ_NO_DERIVATIVE(variable)
CJ_NO_DERIVATIVE(iota)
CJ_NO_DERIVATIVE(parameter)
CJ_NO_DERIVATIVE(random_bits)
CJ_NO_DERIVATIVE(key_fold)
CJ_NO_DERIVATIVE(stop_gradient)
CJ_NO_DERIVATIVE(window_argmax)
CJ_NO_DERIVATIVE(scatter_last)
CJ_NO_DERIVATIVE(cumulative_argmax)
CJ_NO_DERIVATIVE(cumulative_argmin)
CJ_NO_DERIVATIVE(argsort)
CJ_NO_DERIVATIVE(lu) /* who solves with the factors has a rule for A itself */
CJ_NO_DERIVATIVE(searchsorted)
CJ_NO_DERIVATIVE(bit_matmul)

const cj_derivative cj_derivative_table[CJ_OP_COUNT] = {
#define CJ_X(NAME, name, ...) [CJ_OP_##NAME] = {cj_tangent_map, cj_partial_##name},
    CJ_MAP_OP_LIST(CJ_X)
#undef CJ_X
#define CJ_X(NAME, name, ...) [CJ_OP_##NAME] = {cj_tangent_##name, cj_cotangent_##name},
        CJ_REDUCE_OP_LIST(CJ_X) CJ_OTHER_OP_LIST(CJ_X)
#undef CJ_X
};
