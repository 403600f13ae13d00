/*
 * src/nn/mixture.c - mixtures of experts: every expert runs on every row, the gates say how much of it counts.
 */
#include "cajal/index.h"
#include "cajal/layers.h"
#include "cajal/sequence.h"
#include "nn/nn.h"

#include <stdio.h>

/* bool, the shape of logits [rows, experts]: the k largest of each row, of ties the first. */
static cj_tensor *best(cj_at at, cj_tensor *logits, int64_t k)
{
    cj_tensor *index = NULL;
    if (!cj_top_k_at(at, cj_stop_gradient_at(at, logits), k, 1, false, &index))
        return NULL;
    cj_context *context = cj_tensor_context(logits);
    cj_tensor *none = cj_full_at(at, context, CJ_I32, 2, cj_shape(logits), 0);
    cj_tensor *one = cj_full_at(at, context, CJ_I32, 2, cj_shape(index), 1);
    cj_tensor *chosen = cj_scatter_set_at(at, none, 1, index, one);
    return chosen ? cj_gt_at(at, chosen, cj_like_at(at, chosen, 0)) : NULL;
}

static cj_tensor *gates_of(const struct cj_mixture_args *a, cj_scope *s, cj_tensor *rows)
{
    cj_at at = a->at;
    cj_tensor *logits = cj_linear_at(
        &(struct cj_linear_args){.scope = s,
                                 .name = "gate",
                                 .x = rows,
                                 .at = {at.file, at.line, sizeof(struct cj_linear_args)},
                                 .out_features = a->experts,
                                 .no_bias = true});
    if (!logits || a->top_k == 0)
        return cj_softmax_at(at, logits, -1);
    return cj_masked_softmax_at(at, logits, best(at, logits, a->top_k), -1);
}

cj_tensor *cj_mixture_of_experts_at(const struct cj_mixture_args *args)
{
    struct cj_mixture_args a;
    if (!args ||
        !cj_layer_ready(args->at, "mixture_of_experts", args->scope, args->name, args->x) ||
        !CJ_TAKE_ARGS(cj_scope_context(args->scope), "mixture_of_experts", a, args))
        return NULL;
    if (cj_rank(a.x) != 2 || a.experts < 1 || !a.expert || a.top_k < 0 || a.top_k > a.experts) {
        cj_fail_building(
            cj_scope_context(a.scope), CJ_SHAPE, a.at,
            "%s on %s: it takes rows [n, features], .experts of at least 1, .expert, and "
            ".top_k of at most .experts",
            CJ_LABEL("mixture_of_experts", a.scope, a.name), CJ_TEXT_OF(a.x));
        return NULL;
    }
    cj_scope *s = cj_scope_enter(a.scope, a.name);
    cj_tensor *gates = gates_of(&a, s, a.x), *sum = NULL;
    for (int64_t i = 0; i < a.experts; i++) {
        char name[32];
        snprintf(name, sizeof name, "experts.%lld", (long long)i);
        cj_tensor *y = a.expert(a.user, cj_scope_enter(s, name), a.x);
        y = cj_mul_at(a.at, y, cj_narrow_at(a.at, gates, 1, i, i + 1));
        sum = i ? cj_add_at(a.at, sum, y) : y;
    }
    if (a.gates)
        *a.gates = gates;
    return cj_scope_mark_at(a.at, a.scope, a.name, sum);
}
