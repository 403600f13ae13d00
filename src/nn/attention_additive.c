/*
 * src/nn/attention_additive.c - attention whose scores are a small net of query and key.
 */
#include "cajal/sequence.h"
#include "nn/nn.h"

static cj_tensor *layer(const struct cj_additive_attention_args *a, const char *name, cj_tensor *x,
                        int64_t out, bool no_bias)
{
    return cj_linear_at(
        &(struct cj_linear_args){.scope = cj_scope_enter(a->scope, a->name),
                                 .name = name,
                                 .x = x,
                                 .at = {a->at.file, a->at.line, sizeof(struct cj_linear_args)},
                                 .out_features = out,
                                 .no_bias = no_bias});
}

static bool fits(const struct cj_additive_attention_args *a)
{
    const cj_tensor *k = a->keys, *v = a->values, *q = a->query;
    return a->features > 0 && cj_rank(k) == 3 && cj_rank(v) == 3 && cj_rank(q) == 2 &&
           cj_extent(q, 0) == cj_extent(k, 0) && cj_extent(v, 0) == cj_extent(k, 0) &&
           cj_extent(v, 1) == cj_extent(k, 1);
}

cj_tensor *cj_additive_attention_at(const struct cj_additive_attention_args *args)
{
    struct cj_additive_attention_args a;
    if (!args ||
        !cj_layer_ready(args->at, "additive_attention", args->scope, args->name, args->query) ||
        !CJ_TAKE_ARGS(cj_scope_context(args->scope), "additive_attention", a, args) || !a.keys)
        return NULL;
    a.values = a.values ? a.values : a.keys;
    if (!fits(&a)) {
        cj_fail_building(
            cj_scope_context(a.scope), CJ_SHAPE, a.at,
            "%s: query %s, keys %s, values %s, .features %lld; it takes [N, d], [N, T, "
            "e], [N, T, f], and at least 1",
            CJ_LABEL("additive_attention", a.scope, a.name), CJ_TEXT_OF(a.query),
            CJ_TEXT_OF(a.keys), CJ_TEXT_OF(a.values), (long long)a.features);
        return NULL;
    }
    cj_at at = a.at;
    cj_tensor *q = cj_unsqueeze_at(at, layer(&a, "query", a.query, a.features, true), 1);
    cj_tensor *k = layer(&a, "key", a.keys, a.features, false);
    cj_tensor *hidden = cj_tanh_at(at, cj_add_at(at, k, q));
    if (!hidden)
        return NULL;
    cj_tensor *score = cj_squeeze_at(at, layer(&a, "score", hidden, 1, true), 2);
    cj_tensor *weight =
        a.keep ? cj_masked_softmax_at(at, score, a.keep, 1) : cj_softmax_at(at, score, 1);
    if (a.weights)
        *a.weights = weight;
    cj_tensor *y = cj_matmul_at(at, cj_unsqueeze_at(at, weight, 1), a.values);
    return cj_scope_mark_at(at, a.scope, a.name, cj_squeeze_at(at, y, 1));
}
