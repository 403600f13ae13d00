/*
 * src/nn/message_passing.c - layers over nodes and edges, on gather and segment sums.
 */
#include "cajal/message_passing.h"
#include "cajal/index.h"
#include "nn/nn.h"

static bool edges_fit(cj_at at, const char *what, const cj_tensor *x, const cj_tensor *source,
                      const cj_tensor *target, const cj_tensor *weight)
{
    if (!source || !target)
        return false;
    bool fits = cj_rank(x) == 2 && cj_rank(source) == 1 && cj_rank(target) == 1 &&
                cj_extent(source, 0) == cj_extent(target, 0);
    if (fits && weight)
        fits = cj_rank(weight) == 1 && cj_extent(weight, 0) == cj_extent(source, 0);
    if (fits)
        return true;
    cj_fail_building(cj_tensor_context(x), CJ_SHAPE, at,
                     "%s: x is %s, source %s, target %s%s%s; they are [nodes, features] and one "
                     "number an edge",
                     what, CJ_TEXT_OF(x), CJ_TEXT_OF(source), CJ_TEXT_OF(target),
                     weight ? ", weight " : "", weight ? CJ_TEXT_OF(weight) : "");
    return false;
}

/* A vector as a column. */
static cj_tensor *column(cj_at at, cj_tensor *v)
{
    return v ? cj_reshape_at(at, v, 2, (int64_t[]){cj_extent(v, 0), 1}) : NULL;
}

/* ---- propagation ---- */

/* Extremes of no edges are infinite: 0 in their place. */
static cj_tensor *finite_or_zero(cj_at at, cj_tensor *y, cj_tensor *target)
{
    if (!y)
        return NULL;
    cj_context *context = cj_tensor_context(y);
    int64_t edges = cj_extent(target, 0), n = cj_extent(y, 0);
    cj_tensor *ones = cj_full_at(at, context, CJ_I32, 1, &edges, 1);
    cj_tensor *count = column(at, cj_segment_sum_at(at, ones, target, n));
    if (!count)
        return NULL;
    cj_tensor *some = cj_gt_at(at, count, cj_like_at(at, count, 0));
    return cj_where_at(at, some, y, cj_like_at(at, y, 0));
}

cj_tensor *cj_message_passing_at(const struct cj_message_passing_args *args)
{
    struct cj_message_passing_args a;
    if (!args || !args->x || cj_context_status(cj_tensor_context(args->x)) != CJ_OK ||
        !CJ_TAKE_ARGS(cj_tensor_context(args->x), "message_passing", a, args) ||
        !edges_fit(a.at, "message_passing", a.x, a.source, a.target, a.weight))
        return NULL;
    int64_t n = cj_extent(a.x, 0);
    cj_tensor *message = cj_take_at(a.at, a.x, 0, a.source);
    if (a.weight)
        message = cj_mul_at(a.at, message, column(a.at, a.weight));
    switch (a.aggregate) {
    case CJ_AGGREGATE_MEAN: return cj_segment_mean_at(a.at, message, a.target, n);
    case CJ_AGGREGATE_MAX:
        return finite_or_zero(a.at, cj_segment_max_at(a.at, message, a.target, n), a.target);
    case CJ_AGGREGATE_MIN:
        return finite_or_zero(a.at, cj_segment_min_at(a.at, message, a.target, n), a.target);
    default: return cj_segment_sum_at(a.at, message, a.target, n);
    }
}

static cj_tensor *propagate(const struct cj_graph_conv_args *a, cj_tensor *x, cj_tensor *weight,
                            cj_aggregate aggregate)
{
    if (!x)
        return NULL;
    return cj_message_passing_at(&(struct cj_message_passing_args){
        .x = x,
        .source = a->source,
        .target = a->target,
        .at = {a->at.file, a->at.line, sizeof(struct cj_message_passing_args)},
        .weight = weight,
        .aggregate = aggregate});
}

/* ---- the layers ---- */

static bool take(struct cj_graph_conv_args *a, const struct cj_graph_conv_args *args,
                 const char *kind)
{
    if (!args || !cj_layer_ready(args->at, kind, args->scope, args->name, args->x) ||
        !CJ_TAKE_ARGS(cj_scope_context(args->scope), kind, *a, args) ||
        !edges_fit(a->at, CJ_LABEL(kind, a->scope, a->name), a->x, a->source, a->target, a->weight))
        return false;
    if (a->out_features >= 1 && a->heads >= 0)
        return true;
    cj_fail_building(cj_scope_context(a->scope), CJ_SHAPE, a->at,
                     "%s: .out_features must be at least 1, .heads too",
                     CJ_LABEL(kind, a->scope, a->name));
    return false;
}

static cj_tensor *linear(const struct cj_graph_conv_args *a, cj_scope *s, const char *name,
                         cj_tensor *x, int64_t features, bool bias, cj_initialiser init)
{
    return cj_linear_at(
        &(struct cj_linear_args){.scope = s,
                                 .name = name,
                                 .x = x,
                                 .at = {a->at.file, a->at.line, sizeof(struct cj_linear_args)},
                                 .out_features = features,
                                 .no_bias = !bias,
                                 .weight_init = init});
}

static cj_tensor *with_bias(const struct cj_graph_conv_args *a, cj_scope *s, cj_tensor *y,
                            int64_t features)
{
    if (!a->no_bias)
        y = cj_add_at(
            a->at, y,
            cj_scope_get_at(a->at, s, "bias", cj_scope_dtype(s), 1, &features, cj_init_zeros()));
    return cj_scope_mark_at(a->at, a->scope, a->name, y);
}

/* 1 / sqrt(degree), 0 where it is 0. */
static cj_tensor *inverse_root(cj_at at, cj_tensor *degree)
{
    if (!degree)
        return NULL;
    cj_tensor *some = cj_gt_at(at, degree, cj_like_at(at, degree, 0));
    cj_tensor *safe = cj_where_at(at, some, degree, cj_like_at(at, degree, 1));
    return cj_where_at(at, some, cj_reciprocal_at(at, cj_sqrt_at(at, safe)),
                       cj_like_at(at, degree, 0));
}

/* The self loops are not edges: x / degree is added. */
cj_tensor *cj_gcn_conv_at(const struct cj_graph_conv_args *args)
{
    struct cj_graph_conv_args a;
    if (!take(&a, args, "gcn_conv"))
        return NULL;
    cj_at at = a.at;
    cj_context *context = cj_scope_context(a.scope);
    int64_t n = cj_extent(a.x, 0), edges = cj_extent(a.source, 0);
    cj_scope *s = cj_scope_enter(a.scope, a.name);
    cj_tensor *h = linear(&a, s, "lin", a.x, a.out_features, false, cj_init_xavier_uniform(1));
    cj_tensor *w = a.weight ? a.weight : cj_full_at(at, context, cj_scope_dtype(s), 1, &edges, 1);
    cj_tensor *self = NULL;
    if (!a.no_normalise) {
        cj_tensor *degree = cj_segment_sum_at(at, w, a.target, n);
        if (!a.no_self_loops)
            degree = cj_shift_at(at, degree, 1);
        cj_tensor *root = inverse_root(at, degree);
        w = cj_mul_at(
            at, w,
            cj_mul_at(at, cj_take_at(at, root, 0, a.source), cj_take_at(at, root, 0, a.target)));
        self = cj_mul_at(at, h, column(at, cj_square_at(at, root)));
    }
    cj_tensor *y = propagate(&a, h, w, CJ_AGGREGATE_SUM);
    if (!a.no_self_loops)
        y = cj_add_at(at, y, self ? self : h);
    return with_bias(&a, s, y, a.out_features);
}

cj_tensor *cj_sage_conv_at(const struct cj_graph_conv_args *args)
{
    struct cj_graph_conv_args a;
    if (!take(&a, args, "sage_conv"))
        return NULL;
    cj_scope *s = cj_scope_enter(a.scope, a.name);
    cj_initialiser standard = {0};
    cj_tensor *near =
        propagate(&a, a.x, a.weight, a.max_pool ? CJ_AGGREGATE_MAX : CJ_AGGREGATE_MEAN);
    cj_tensor *y = cj_add_at(
        a.at, near ? linear(&a, s, "lin_l", near, a.out_features, !a.no_bias, standard) : NULL,
        linear(&a, s, "lin_r", a.x, a.out_features, false, standard));
    if (a.normalise)
        y = cj_normalize_at(a.at, y, 1);
    return cj_scope_mark_at(a.at, a.scope, a.name, y);
}

/* Edges and self loops in one list: [edges + n]. */
static cj_tensor *with_loops(cj_at at, cj_tensor *ends, int64_t n)
{
    cj_tensor *own = cj_iota_at(at, cj_tensor_context(ends), cj_tensor_dtype(ends), 1, &n, 0);
    cj_tensor *all[] = {ends, own};
    return cj_concat_at(at, 0, 2, all);
}

/* The sum of h [n, heads, out] with the vector over the last axis: [n, heads]. */
static cj_tensor *score(const struct cj_graph_conv_args *a, cj_scope *s, const char *name,
                        cj_tensor *h)
{
    cj_tensor *v =
        cj_scope_get_at(a->at, s, name, cj_scope_dtype(s), 3,
                        (int64_t[]){1, a->heads, a->out_features}, cj_init_xavier_uniform(1));
    return cj_sum_at(a->at, cj_mul_at(a->at, h, v), CJ_AXIS(2), false);
}

cj_tensor *cj_gat_conv_at(const struct cj_graph_conv_args *args)
{
    struct cj_graph_conv_args a;
    if (!take(&a, args, "gat_conv"))
        return NULL;
    cj_at at = a.at;
    a.heads = a.heads ? a.heads : 1;
    int64_t n = cj_extent(a.x, 0), heads = a.heads, out = a.out_features;
    cj_scope *s = cj_scope_enter(a.scope, a.name);
    cj_tensor *h = linear(&a, s, "lin", a.x, heads * out, false, cj_init_xavier_uniform(1));
    h = cj_reshape_at(at, h, 3, (int64_t[]){n, heads, out});
    if (!a.no_self_loops) {
        a.source = with_loops(at, a.source, n);
        a.target = with_loops(at, a.target, n);
    }
    cj_tensor *from = cj_take_at(at, score(&a, s, "att_src", h), 0, a.source);
    cj_tensor *to = cj_take_at(at, score(&a, s, "att_dst", h), 0, a.target);
    cj_tensor *e = cj_leaky_relu_at(at, cj_add_at(at, from, to), a.slope != 0 ? a.slope : 0.2);
    cj_tensor *weights = cj_segment_softmax_at(at, e, a.target, n);
    if (a.attention)
        *a.attention = weights;
    weights = cj_dropout_at(at, s, weights, a.dropout);
    if (!weights)
        return NULL;
    weights = cj_reshape_at(at, weights, 3, (int64_t[]){cj_extent(a.source, 0), heads, 1});
    cj_tensor *message = cj_mul_at(at, cj_take_at(at, h, 0, a.source), weights);
    cj_tensor *y = cj_segment_sum_at(at, message, a.target, n);
    int64_t features = a.average ? out : heads * out;
    y = a.average ? cj_mean_at(at, y, CJ_AXIS(1), false)
                  : cj_reshape_at(at, y, 2, (int64_t[]){n, features});
    return with_bias(&a, s, y, features);
}

cj_tensor *cj_gin_sum_at(cj_at at, cj_scope *s, const char *name, cj_tensor *x, cj_tensor *source,
                         cj_tensor *target)
{
    if (!cj_layer_ready(at, "gin_sum", s, name, x))
        return NULL;
    cj_tensor *eps = cj_scope_get_at(at, cj_scope_enter(s, name), "eps", cj_scope_dtype(s), 1,
                                     (int64_t[]){1}, cj_init_zeros());
    cj_tensor *near = cj_message_passing_at(&(struct cj_message_passing_args){
        .x = x,
        .source = source,
        .target = target,
        .at = {at.file, at.line, sizeof(struct cj_message_passing_args)}});
    cj_tensor *own = cj_mul_at(at, x, cj_shift_at(at, eps, 1));
    return cj_scope_mark_at(at, s, name, cj_add_at(at, own, near));
}
