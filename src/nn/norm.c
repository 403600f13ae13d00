/*
 * src/nn/norm.c - norms by batch, layer, group and instance.
 *
 * With c the mean of x as rounded, held constant (stop_gradient):
 *
 *     d = x - c,   e = mean(d),   var = mean(d^2) - e^2,
 *     s = w / sqrt(var + eps),    y = d s + (b - e s)
 *
 * For any constant c these are identities in x, so derivatives of every order are right. What
 * the form buys: d is centred before it is squared and scaled, and e is what rounding left of
 * the mean, so that nothing cancels where the mean is large beside the deviation (x s + (b - m
 * s), and mean(x^2) - m^2, lose all digits there); the sums of d and d^2 share a pass; and since
 * the mean is reached through one number a channel only, the backward pass is two passes over x
 * (the sums of g and g d, then dx) and not three, as it is where the mean is subtracted
 * elementwise.
 */
#include "cajal/layers.h"
#include "nn/nn.h"

typedef struct moments {
    cj_tensor *mean, *var; /* reduced axes kept */
    cj_tensor *d;          /* x - c */
    cj_tensor *e;          /* mean(d) */
} moments;

static moments moments_of(cj_at at, cj_tensor *x, uint32_t axes)
{
    moments m;
    cj_tensor *c = cj_stop_gradient_at(at, cj_mean_at(at, x, axes, true));
    m.d = cj_sub_at(at, x, c);
    m.e = cj_mean_at(at, m.d, axes, true);
    m.mean = cj_add_at(at, c, m.e);
    m.var = cj_sub_at(at, cj_mean_at(at, cj_square_at(at, m.d), axes, true), cj_square_at(at, m.e));
    return m;
}

/* 1 / sqrt(var + eps) */
static cj_tensor *inverse_deviation(cj_at at, cj_tensor *var, double eps)
{
    return cj_reciprocal_at(at, cj_sqrt_at(at, cj_shift_at(at, var, eps)));
}

/* ---- batch norm ---- */

typedef struct norm {
    struct cj_batch_norm_args a;
    cj_scope *s;
    cj_tensor *weight, *bias; /* [1, C, 1, ...]; NULL: none */
    cj_tensor *mean, *var;    /* running, [C]; NULL: none */
    cj_tensor *tracked;
    int64_t channels, values; /* values a channel */
} norm;

static bool check(norm *n)
{
    cj_context *context = cj_scope_context(n->a.scope);
    int rank = cj_rank(n->a.x);
    if (rank < 2) {
        cj_fail_building(context, CJ_SHAPE, n->a.at,
                         "%s: x is %s, it takes [examples, channels, ...]",
                         CJ_LABEL("batch_norm", n->a.scope, n->a.name), CJ_TEXT_OF(n->a.x));
        return false;
    }
    n->channels = cj_extent(n->a.x, 1);
    n->values = n->channels ? cj_elements(n->a.x) / n->channels : 0;
    n->a.eps = n->a.eps > 0 ? n->a.eps : 1e-5;
    n->a.momentum = n->a.momentum != 0 ? n->a.momentum : 0.1;
    if (n->values > 1 || !cj_scope_training(n->a.scope))
        return true;
    cj_fail_building(
        context, CJ_SHAPE, n->a.at,
        "%s: a training batch of %s has one value a channel, which has no variance; use a "
        "batch size that leaves no single example over, or leave it out (.drop_last)",
        CJ_LABEL("batch_norm", n->a.scope, n->a.name), CJ_TEXT_OF(n->a.x));
    return false;
}

static void ask(norm *n)
{
    cj_at at = n->a.at;
    cj_dtype dtype = cj_scope_dtype(n->a.scope);
    n->s = cj_scope_enter(n->a.scope, n->a.name);
    if (!n->a.no_affine) {
        int rank = cj_rank(n->a.x);
        n->weight = cj_on_channels(
            at, cj_scope_get_at(at, n->s, "weight", dtype, 1, &n->channels, cj_init_ones()), rank);
        n->bias = cj_on_channels(
            at, cj_scope_get_at(at, n->s, "bias", dtype, 1, &n->channels, cj_init_zeros()), rank);
    }
    if (!n->a.no_running) {
        n->mean =
            cj_scope_buffer_at(at, n->s, "running_mean", dtype, 1, &n->channels, cj_init_zeros());
        n->var =
            cj_scope_buffer_at(at, n->s, "running_var", dtype, 1, &n->channels, cj_init_ones());
        n->tracked =
            cj_scope_buffer_at(at, n->s, "num_batches_tracked", CJ_I64, 0, NULL, cj_init_zeros());
    }
}

/* old (1 - momentum) + batch momentum factor */
static void record_running(const norm *n, const char *name, cj_tensor *before, cj_tensor *batch,
                           double factor)
{
    cj_at at = n->a.at;
    cj_tensor *flat = cj_reshape_at(at, batch, 1, &n->channels);
    if (factor != 1)
        flat = cj_scale_at(at, flat, factor);
    cj_tensor *old = cj_scope_latest(n->s, name, before);
    cj_scope_record_at(at, n->s, name,
                       cj_add_at(at, cj_scale_at(at, old, 1 - n->a.momentum),
                                 cj_scale_at(at, flat, n->a.momentum)));
}

static cj_tensor *by_batch(const norm *n)
{
    cj_at at = n->a.at;
    uint32_t axes = (uint32_t)((UINT64_C(1) << cj_rank(n->a.x)) - 1) & ~CJ_AXIS(1);
    moments m = moments_of(at, n->a.x, axes);
    if (n->mean && cj_scope_training(n->a.scope)) {
        record_running(n, "running_mean", n->mean, m.mean, 1);
        record_running(n, "running_var", n->var, m.var,
                       (double)n->values / (double)(n->values - 1));
        cj_tensor *tracked = cj_scope_latest(n->s, "num_batches_tracked", n->tracked);
        cj_scope_record_at(at, n->s, "num_batches_tracked", cj_shift_at(at, tracked, 1));
    }
    cj_tensor *scale = inverse_deviation(at, m.var, n->a.eps);
    if (n->weight)
        scale = cj_mul_at(at, n->weight, scale);
    cj_tensor *rest = cj_mul_at(at, m.e, scale);
    cj_tensor *shift = n->bias ? cj_sub_at(at, n->bias, rest) : cj_neg_at(at, rest);
    return cj_add_at(at, cj_mul_at(at, m.d, scale), shift);
}

static cj_tensor *by_running(const norm *n)
{
    cj_at at = n->a.at;
    int rank = cj_rank(n->a.x);
    cj_tensor *scale = inverse_deviation(at, cj_on_channels(at, n->var, rank), n->a.eps);
    if (n->weight)
        scale = cj_mul_at(at, n->weight, scale);
    cj_tensor *y = cj_mul_at(at, cj_sub_at(at, n->a.x, cj_on_channels(at, n->mean, rank)), scale);
    return n->bias ? cj_add_at(at, y, n->bias) : y;
}

cj_tensor *cj_batch_norm_at(const struct cj_batch_norm_args *args)
{
    norm n = {.s = NULL};
    if (!args || !cj_layer_ready(args->at, "batch_norm", args->scope, args->name, args->x) ||
        !CJ_TAKE_ARGS(cj_scope_context(args->scope), "batch_norm", n.a, args) || !check(&n))
        return NULL;
    ask(&n);
    if (cj_context_status(cj_scope_context(n.a.scope)) != CJ_OK)
        return NULL;
    bool of_batch = n.a.no_running ||
                    (cj_scope_training(n.a.scope) && !cj_entry_is_frozen(n.s, "running_mean"));
    return cj_scope_mark_at(n.a.at, n.a.scope, n.a.name, of_batch ? by_batch(&n) : by_running(&n));
}

/* ---- over the axes of one example ---- */

/* (x - mean) / sqrt(var + eps) over these axes. */
static cj_tensor *standardise(cj_at at, cj_tensor *x, uint32_t axes, double eps)
{
    moments m = moments_of(at, x, axes);
    cj_tensor *scale = inverse_deviation(at, m.var, eps > 0 ? eps : 1e-5);
    return cj_sub_at(at, cj_mul_at(at, m.d, scale), cj_mul_at(at, m.e, scale));
}

/* The mask of the last `axes` axes (0: 1); 0: an error is recorded. */
static uint32_t trailing(cj_at at, const char *kind, cj_scope *s, const char *name,
                         const cj_tensor *x, int *axes)
{
    int rank = cj_rank(x);
    *axes = *axes ? *axes : 1;
    if (*axes >= 1 && *axes <= rank)
        return (uint32_t)((UINT64_C(1) << rank) - (UINT64_C(1) << (rank - *axes)));
    cj_fail_building(cj_scope_context(s), CJ_SHAPE, at, "%s on %s: .axes must be between 1 and %d",
                     CJ_LABEL(kind, s, name), CJ_TEXT_OF(x), rank);
    return 0;
}

cj_tensor *cj_layer_norm_at(const struct cj_layer_norm_args *args)
{
    struct cj_layer_norm_args a;
    if (!args || !cj_layer_ready(args->at, "layer_norm", args->scope, args->name, args->x) ||
        !CJ_TAKE_ARGS(cj_scope_context(args->scope), "layer_norm", a, args))
        return NULL;
    uint32_t mask = trailing(a.at, "layer_norm", a.scope, a.name, a.x, &a.axes);
    if (!mask)
        return NULL;
    const int64_t *shape = cj_shape(a.x) + cj_rank(a.x) - a.axes;
    cj_scope *s = cj_scope_enter(a.scope, a.name);
    cj_dtype dtype = cj_scope_dtype(a.scope);
    cj_tensor *y = standardise(a.at, a.x, mask, a.eps);
    if (!a.no_affine)
        y = cj_mul_at(a.at, y,
                      cj_scope_get_at(a.at, s, "weight", dtype, a.axes, shape, cj_init_ones()));
    if (!a.no_affine && !a.no_bias)
        y = cj_add_at(a.at, y,
                      cj_scope_get_at(a.at, s, "bias", dtype, a.axes, shape, cj_init_zeros()));
    return cj_scope_mark_at(a.at, a.scope, a.name, y);
}

/* Only the mean square is taken, so nothing is centred. */
cj_tensor *cj_rms_norm_at(const struct cj_rms_norm_args *args)
{
    struct cj_rms_norm_args a;
    if (!args || !cj_layer_ready(args->at, "rms_norm", args->scope, args->name, args->x) ||
        !CJ_TAKE_ARGS(cj_scope_context(args->scope), "rms_norm", a, args))
        return NULL;
    uint32_t mask = trailing(a.at, "rms_norm", a.scope, a.name, a.x, &a.axes);
    if (!mask)
        return NULL;
    double standard = cj_tensor_dtype(a.x) == CJ_F64 ? 0x1p-52 : 0x1p-23;
    cj_tensor *square = cj_mean_at(a.at, cj_square_at(a.at, a.x), mask, true);
    cj_tensor *y =
        cj_mul_at(a.at, a.x, inverse_deviation(a.at, square, a.eps > 0 ? a.eps : standard));
    if (!a.no_affine)
        y = cj_mul_at(a.at, y,
                      cj_scope_get_at(a.at, cj_scope_enter(a.scope, a.name), "weight",
                                      cj_scope_dtype(a.scope), a.axes,
                                      cj_shape(a.x) + cj_rank(a.x) - a.axes, cj_init_ones()));
    return cj_scope_mark_at(a.at, a.scope, a.name, y);
}

/* ---- over groups of channels ---- */

/* x [N, C, ...] standardised over each of `groups` runs of channels and their places. */
static cj_tensor *by_groups(cj_at at, cj_tensor *x, int64_t groups, double eps)
{
    int64_t n = cj_extent(x, 0), rows_of = n * groups;
    int64_t rest = rows_of > 0 ? cj_elements(x) / rows_of : 0;
    cj_tensor *rows = cj_reshape_at(at, x, 3, (int64_t[]){n, groups, rest});
    return cj_reshape_at(at, standardise(at, rows, CJ_AXIS(2), eps), cj_rank(x), cj_shape(x));
}

static cj_tensor *channel_affine(cj_at at, cj_scope *s, cj_tensor *x, cj_tensor *y)
{
    int64_t channels = cj_extent(x, 1);
    cj_dtype dtype = cj_scope_dtype(s);
    cj_tensor *weight = cj_scope_get_at(at, s, "weight", dtype, 1, &channels, cj_init_ones());
    cj_tensor *bias = cj_scope_get_at(at, s, "bias", dtype, 1, &channels, cj_init_zeros());
    return cj_add_at(at, cj_mul_at(at, y, cj_on_channels(at, weight, cj_rank(x))),
                     cj_on_channels(at, bias, cj_rank(x)));
}

cj_tensor *cj_group_norm_at(const struct cj_group_norm_args *args)
{
    struct cj_group_norm_args a;
    if (!args || !cj_layer_ready(args->at, "group_norm", args->scope, args->name, args->x) ||
        !CJ_TAKE_ARGS(cj_scope_context(args->scope), "group_norm", a, args))
        return NULL;
    if (cj_rank(a.x) < 2 || a.groups < 1 || cj_extent(a.x, 1) % a.groups) {
        cj_fail_building(cj_scope_context(a.scope), CJ_SHAPE, a.at,
                         "%s on %s: .groups is %lld; it must divide the channels (axis 1)",
                         CJ_LABEL("group_norm", a.scope, a.name), CJ_TEXT_OF(a.x),
                         (long long)a.groups);
        return NULL;
    }
    cj_tensor *y = by_groups(a.at, a.x, a.groups, a.eps);
    if (!a.no_affine)
        y = channel_affine(a.at, cj_scope_enter(a.scope, a.name), a.x, y);
    return cj_scope_mark_at(a.at, a.scope, a.name, y);
}

cj_tensor *cj_instance_norm_at(const struct cj_instance_norm_args *args)
{
    struct cj_instance_norm_args a;
    if (!args || !cj_layer_ready(args->at, "instance_norm", args->scope, args->name, args->x) ||
        !CJ_TAKE_ARGS(cj_scope_context(args->scope), "instance_norm", a, args))
        return NULL;
    if (cj_rank(a.x) < 3) {
        cj_fail_building(cj_scope_context(a.scope), CJ_SHAPE, a.at,
                         "%s on %s: it takes [examples, channels, ...]",
                         CJ_LABEL("instance_norm", a.scope, a.name), CJ_TEXT_OF(a.x));
        return NULL;
    }
    cj_tensor *y = by_groups(a.at, a.x, cj_extent(a.x, 1), a.eps);
    if (a.affine)
        y = channel_affine(a.at, cj_scope_enter(a.scope, a.name), a.x, y);
    return cj_scope_mark_at(a.at, a.scope, a.name, y);
}

cj_tensor *cj_local_response_norm_at(cj_at at, cj_tensor *x, int64_t size, double alpha,
                                     double beta, double k)
{
    if (!x || cj_context_status(cj_tensor_context(x)) != CJ_OK)
        return NULL;
    if (cj_rank(x) < 2 || size < 1) {
        cj_fail_building(
            cj_tensor_context(x), CJ_SHAPE, at,
            "local_response_norm on %s: it takes [N, C, ...] and a size of at least 1, "
            "not %lld",
            CJ_TEXT_OF(x), (long long)size);
        return NULL;
    }
    int64_t n = cj_extent(x, 0), channels = cj_extent(x, 1), rest = 1;
    for (int i = 2; i < cj_rank(x); i++)
        rest *= cj_extent(x, i);
    cj_window_options w = {.spatial = 2,
                           .window = {size, 1},
                           .stride = {1, 1},
                           .dilation = {1, 1},
                           .input_dilation = {1, 1},
                           .low = {size / 2},
                           .high = {(size - 1) / 2}};
    cj_tensor *square = cj_reshape_at(at, cj_square_at(at, x), 3, (int64_t[]){n, channels, rest});
    cj_tensor *sum = cj_window_sum_at(at, square, &w);
    sum = cj_reshape_at(at, sum, cj_rank(x), cj_shape(x));
    cj_tensor *base = cj_shift_at(at, cj_scale_at(at, sum, alpha / (double)size), k);
    return base ? cj_div_at(at, x, cj_pow_at(at, base, cj_like_at(at, base, beta))) : NULL;
}
