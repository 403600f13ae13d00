/*
 * tests/support/evaluate_index.c - gather and the scatters, element by element.
 */
#include "support/evaluate_job.h"

#include <math.h>

static int64_t chosen_at(const cj_tensor *index, const value *v, const int64_t *at)
{
    coordinates from;
    for (int i = 0; i < index->rank; i++)
        from[i] = index->shape[i] == 1 ? 0 : at[i];
    return v->n[ravel(index, from)];
}

static void gather(const job *j)
{
    const cj_tensor *node = j->node, *x = node->source[0];
    int64_t axis = node->option[0];
    for (int64_t e = 0; e < node->elements; e++) {
        coordinates at, from;
        unravel(node, e, at);
        int64_t chosen = chosen_at(node->source[1], j->source[1], at);
        for (int i = 0; i < x->rank; i++)
            from[i] = i == axis ? chosen : x->shape[i] == 1 ? 0 : at[i];
        bool inside = chosen >= 0 && chosen < x->shape[axis];
        if (is_float(node))
            j->out.f[e] = inside ? j->source[0]->f[ravel(x, from)] : node->option[1] ? 0 : NAN;
        else
            j->out.n[e] = inside ? j->source[0]->n[ravel(x, from)] : 0;
    }
}

static double merged(int op, double a, double b)
{
    if (op == CJ_OP_SCATTER_ADD)
        return a + b;
    if (isnan(a) || isnan(b))
        return NAN;
    return op == CJ_OP_SCATTER_MAX ? (a > b ? a : b) : (a < b ? a : b);
}

/* Of floats; LAST of any index. */
static void scatter(const job *j)
{
    const cj_tensor *node = j->node, *x = node->source[0];
    const cj_tensor *index = node->source[node->source_count - 1];
    int64_t axis = node->option[0];
    bool last = node->op == CJ_OP_SCATTER_LAST;
    for (int64_t e = 0; e < node->elements; e++) {
        if (last)
            j->out.n[e] = -1;
        else
            j->out.f[e] = node->op == CJ_OP_SCATTER_ADD   ? 0
                          : node->op == CJ_OP_SCATTER_MAX ? -INFINITY
                                                          : INFINITY;
    }
    for (int64_t e = 0; e < x->elements; e++) {
        coordinates at;
        unravel(x, e, at);
        int64_t from = at[axis];
        at[axis] = chosen_at(index, j->source[node->source_count - 1], at);
        if (at[axis] < 0 || at[axis] >= node->shape[axis])
            continue;
        int64_t to = ravel(node, at);
        if (last)
            j->out.n[to] = from;
        else
            j->out.f[to] = merged(node->op, j->out.f[to], j->source[0]->f[e]);
    }
}

bool evaluate_index(const job *j)
{
    switch (j->node->op) {
    case CJ_OP_GATHER: gather(j); return true;
    case CJ_OP_SCATTER_ADD:
    case CJ_OP_SCATTER_MAX:
    case CJ_OP_SCATTER_MIN:
    case CJ_OP_SCATTER_LAST: scatter(j); return true;
    default: return false;
    }
}
