/*
 * src/nn/loss.c - losses and metrics.
 */
#include "nn/nn.h"

static cj_tensor *reduce(cj_at at, cj_tensor *x, cj_reduction reduction)
{
    if (reduction == CJ_REDUCTION_NONE)
        return x;
    return reduction == CJ_REDUCTION_SUM ? cj_sum_at(at, x, CJ_ALL, false)
                                         : cj_mean_at(at, x, CJ_ALL, false);
}

/* ---- cross entropy ---- */

static cj_tensor *fail_labels(cj_at at, const char *name, const cj_tensor *logits,
                              const cj_tensor *labels)
{
    cj_fail_building(
        cj_tensor_context(logits), CJ_SHAPE, at,
        "%s: logits are %s, labels %s; they go together as floats [N, classes, ...] and "
        "integers [N, ...]",
        name, CJ_TEXT_OF(logits), CJ_TEXT_OF(labels));
    return NULL;
}

/* Labels [N, ...] as i32 [N, 1, ...]; NULL: an error is recorded. */
static cj_tensor *labels_of(cj_at at, const char *name, cj_tensor *logits, cj_tensor *labels)
{
    if (!logits || !labels)
        return NULL;
    int rank = cj_rank(logits);
    cj_dtype dtype = cj_tensor_dtype(labels), float_dtype = cj_tensor_dtype(logits);
    bool fits = rank >= 2 && cj_rank(labels) == rank - 1 && dtype != CJ_F32 && dtype != CJ_F64 &&
                dtype != CJ_BOOL && (float_dtype == CJ_F32 || float_dtype == CJ_F64);
    for (int i = 0; fits && i < rank - 1; i++)
        fits = cj_extent(labels, i) == cj_extent(logits, i + (i > 0));
    if (!fits)
        return fail_labels(at, name, logits, labels);
    return cj_unsqueeze_at(at, cj_cast_at(at, labels, CJ_I32), 1);
}

/* bool, the shape of logits: true at each label's class. */
static cj_tensor *chosen(cj_at at, cj_tensor *logits, cj_tensor *labels)
{
    cj_tensor *classes =
        cj_iota_at(at, cj_tensor_context(logits), CJ_I32, cj_rank(logits), cj_shape(logits), 1);
    return cj_eq_at(at, classes, labels);
}

/* The sum over classes of where(chosen, x, 0). */
static cj_tensor *pick(cj_at at, cj_tensor *chosen_class, cj_tensor *x)
{
    return cj_sum_at(
        at, cj_where_at(at, chosen_class, x, cj_like_at(at, chosen_class && x ? x : NULL, 0)),
        CJ_AXIS(1), true);
}

typedef struct classes {
    cj_tensor *low;    /* logits less their largest */
    cj_tensor *lse;    /* log of the sum of e^low, class axis kept */
    cj_tensor *chosen; /* bool */
    cj_tensor *weight; /* [1, C, 1, ...], or NULL */
} classes;

/* (1 - e) w[y] (lse - low[y]) + e / C (lse sum w - sum w low), class axis kept. */
static cj_tensor *loss_each(cj_at at, const classes *c, double smoothing)
{
    cj_tensor *nll = cj_sub_at(at, c->lse, pick(at, c->chosen, c->low));
    if (c->weight)
        nll = cj_mul_at(
            at, nll,
            pick(at, c->chosen, cj_expand_at(at, c->weight, cj_rank(c->low), cj_shape(c->low))));
    if (smoothing == 0)
        return nll;
    cj_tensor *all = cj_sub_at(at, c->lse, c->low);
    if (c->weight)
        all = cj_mul_at(at, all, c->weight);
    double share = smoothing / (double)cj_extent(c->low, 1);
    return cj_add_at(at, cj_scale_at(at, nll, 1 - smoothing),
                     cj_scale_at(at, cj_sum_at(at, all, CJ_AXIS(1), true), share));
}

cj_tensor *cj_cross_entropy_at(const struct cj_cross_entropy_args *args)
{
    struct cj_cross_entropy_args a;
    if (!args || !args->logits || cj_context_status(cj_tensor_context(args->logits)) != CJ_OK ||
        !CJ_TAKE_ARGS(cj_tensor_context(args->logits), "cross_entropy", a, args))
        return NULL;
    cj_context *context = cj_tensor_context(a.logits);
    cj_tensor *labels = labels_of(a.at, "cross_entropy", a.logits, a.labels);
    if (!labels)
        return NULL;
    if (!(a.label_smoothing >= 0 && a.label_smoothing <= 1)) {
        cj_fail_building(context, CJ_INVALID, a.at,
                         "cross_entropy: .label_smoothing is %g, it lies in [0, 1]",
                         a.label_smoothing);
        return NULL;
    }
    if (a.weight && (cj_rank(a.weight) != 1 || cj_extent(a.weight, 0) != cj_extent(a.logits, 1))) {
        cj_fail_building(context, CJ_SHAPE, a.at, "cross_entropy: .weight is %s, logits are %s",
                         CJ_TEXT_OF(a.weight), CJ_TEXT_OF(a.logits));
        return NULL;
    }
    cj_tensor *largest = cj_stop_gradient_at(a.at, cj_amax_at(a.at, a.logits, CJ_AXIS(1), true));
    classes c = {.low = cj_sub_at(a.at, a.logits, largest),
                 .chosen = chosen(a.at, a.logits, labels)};
    c.lse = cj_log_at(a.at, cj_sum_at(a.at, cj_exp_at(a.at, c.low), CJ_AXIS(1), true));
    c.weight = a.weight ? cj_on_channels(a.at, a.weight, cj_rank(a.logits)) : NULL;
    if (cj_context_status(context) != CJ_OK)
        return NULL;
    cj_tensor *each = loss_each(a.at, &c, a.label_smoothing);
    if (a.reduction == CJ_REDUCTION_NONE)
        return cj_squeeze_at(a.at, each, 1);
    if (a.reduction == CJ_REDUCTION_SUM || !c.weight)
        return reduce(a.at, each, a.reduction);
    cj_tensor *weights =
        pick(a.at, c.chosen, cj_expand_at(a.at, c.weight, cj_rank(c.low), cj_shape(c.low)));
    return cj_div_at(a.at, cj_sum_at(a.at, each, CJ_ALL, false),
                     cj_sum_at(a.at, weights, CJ_ALL, false));
}

cj_tensor *cj_correct_at(cj_at at, cj_tensor *logits, cj_tensor *labels)
{
    labels = labels_of(at, "correct", logits, labels);
    if (!labels)
        return NULL;
    cj_tensor *right = cj_eq_at(at, cj_argmax_at(at, logits, CJ_AXIS(1), true), labels);
    return cj_sum_at(at, cj_cast_at(at, right, CJ_I64), CJ_ALL, false);
}

/* ---- regression ---- */

static bool take(struct cj_loss_args *a, const struct cj_loss_args *args, const char *name)
{
    if (!args || !args->x || !args->y || cj_context_status(cj_tensor_context(args->x)) != CJ_OK ||
        !CJ_TAKE_ARGS(cj_tensor_context(args->x), name, *a, args))
        return false;
    if (cj_tensor_dtype(a->x) == cj_tensor_dtype(a->y) && cj_rank(a->x) == cj_rank(a->y) &&
        memcmp(cj_shape(a->x), cj_shape(a->y), (size_t)cj_rank(a->x) * sizeof(int64_t)) == 0)
        return true;
    cj_fail_building(cj_tensor_context(a->x), CJ_SHAPE, a->at,
                     "%s: the prediction is %s, the target %s; they must be alike", name,
                     CJ_TEXT_OF(a->x), CJ_TEXT_OF(a->y));
    return false;
}

cj_tensor *cj_mse_loss_at(const struct cj_loss_args *args)
{
    struct cj_loss_args a;
    if (!take(&a, args, "mse_loss"))
        return NULL;
    return reduce(a.at, cj_square_at(a.at, cj_sub_at(a.at, a.x, a.y)), a.reduction);
}

cj_tensor *cj_l1_loss_at(const struct cj_loss_args *args)
{
    struct cj_loss_args a;
    if (!take(&a, args, "l1_loss"))
        return NULL;
    return reduce(a.at, cj_abs_at(a.at, cj_sub_at(a.at, a.x, a.y)), a.reduction);
}

cj_tensor *cj_huber_loss_at(const struct cj_loss_args *args)
{
    struct cj_loss_args a;
    if (!take(&a, args, "huber_loss"))
        return NULL;
    double delta = a.delta > 0 ? a.delta : 1;
    cj_tensor *d = cj_abs_at(a.at, cj_sub_at(a.at, a.x, a.y));
    cj_tensor *near = cj_le_at(a.at, d, cj_like_at(a.at, d, delta));
    cj_tensor *square = cj_scale_at(a.at, cj_square_at(a.at, d), 0.5);
    cj_tensor *line = cj_scale_at(a.at, cj_shift_at(a.at, d, -0.5 * delta), delta);
    return reduce(a.at, cj_where_at(a.at, near, square, line), a.reduction);
}

cj_tensor *cj_bce_with_logits_at(const struct cj_loss_args *args)
{
    struct cj_loss_args a;
    if (!take(&a, args, "bce_with_logits"))
        return NULL;
    cj_tensor *each = cj_sub_at(a.at, cj_softplus_at(a.at, a.x), cj_mul_at(a.at, a.x, a.y));
    return reduce(a.at, each, a.reduction);
}
