/*
 * src/nn/loss_class.c - losses over classes.
 */
#include "cajal/math.h"
#include "nn/loss.h"

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

/* Where labels count, in the dtype of x, class axis kept. */
static cj_tensor *counted(cj_at at, cj_tensor *labels, int64_t ignore, cj_tensor *x)
{
    ignore = ignore == CJ_ZERO ? 0 : ignore;
    return cj_cast_at(at, cj_ne_at(at, labels, cj_like_at(at, labels, (double)ignore)),
                      cj_tensor_dtype(x));
}

/* -sum over classes of labels * (low - lse), smoothed and weighted like single labels. */
static cj_tensor *soft_labels(const struct cj_cross_entropy_args *a, const classes *c)
{
    cj_tensor *target = a->labels, *all = cj_sub_at(a->at, c->lse, c->low);
    if (a->label_smoothing != 0)
        target = cj_shift_at(a->at, cj_scale_at(a->at, target, 1 - a->label_smoothing),
                             a->label_smoothing / (double)cj_extent(a->logits, 1));
    if (c->weight)
        all = cj_mul_at(a->at, all, c->weight);
    cj_tensor *each = cj_sum_at(a->at, cj_mul_at(a->at, target, all), CJ_AXIS(1), false);
    return cj_reduce_loss(a->at, each, a->reduction);
}

static cj_tensor *hard_labels(const struct cj_cross_entropy_args *a, classes *c, cj_tensor *labels)
{
    c->chosen = chosen(a->at, a->logits, labels);
    cj_tensor *each = loss_each(a->at, c, a->label_smoothing), *weights = NULL;
    if (c->weight)
        weights = pick(a->at, c->chosen,
                       cj_expand_at(a->at, c->weight, cj_rank(c->low), cj_shape(c->low)));
    if (a->ignore_index != 0) {
        cj_tensor *keep = counted(a->at, labels, a->ignore_index, a->logits);
        each = cj_mul_at(a->at, each, keep);
        weights = weights ? cj_mul_at(a->at, weights, keep) : keep;
    }
    if (a->reduction != CJ_REDUCTION_MEAN || !weights)
        return cj_reduce_loss(a->at, cj_squeeze_at(a->at, each, 1), a->reduction);
    return cj_div_at(a->at, cj_sum_at(a->at, each, CJ_ALL, false),
                     cj_sum_at(a->at, weights, CJ_ALL, false));
}

static bool options_fit(const char *name, const struct cj_cross_entropy_args *a)
{
    cj_context *context = cj_tensor_context(a->logits);
    if (!(a->label_smoothing >= 0 && a->label_smoothing <= 1)) {
        cj_fail_building(context, CJ_INVALID, a->at,
                         "%s: .label_smoothing is %g, it lies in [0, 1]", name, a->label_smoothing);
        return false;
    }
    if (a->weight &&
        (cj_rank(a->weight) != 1 || cj_extent(a->weight, 0) != cj_extent(a->logits, 1))) {
        cj_fail_building(context, CJ_SHAPE, a->at, "%s: .weight is %s, logits are %s", name,
                         CJ_TEXT_OF(a->weight), CJ_TEXT_OF(a->logits));
        return false;
    }
    return true;
}

/* `low` and `lse` are given by what the logits are: any numbers, or log-probabilities. */
static cj_tensor *class_loss(const char *name, const struct cj_cross_entropy_args *args,
                             bool normalised)
{
    struct cj_cross_entropy_args a;
    if (!args || !args->logits || cj_context_status(cj_tensor_context(args->logits)) != CJ_OK ||
        !CJ_TAKE_ARGS(cj_tensor_context(args->logits), name, a, args))
        return NULL;
    bool soft = a.labels && cj_rank(a.logits) >= 2 && cj_alike(a.logits, a.labels);
    cj_tensor *labels = soft ? a.labels : labels_of(a.at, name, a.logits, a.labels);
    if (!labels || !options_fit(name, &a))
        return NULL;
    classes c = {.low = a.logits};
    if (normalised) {
        c.lse = cj_like_at(a.at, cj_amax_at(a.at, a.logits, CJ_AXIS(1), true), 0);
    } else {
        cj_tensor *largest =
            cj_stop_gradient_at(a.at, cj_amax_at(a.at, a.logits, CJ_AXIS(1), true));
        c.low = cj_sub_at(a.at, a.logits, largest);
        c.lse = cj_log_at(a.at, cj_sum_at(a.at, cj_exp_at(a.at, c.low), CJ_AXIS(1), true));
    }
    c.weight = a.weight ? cj_on_channels(a.at, a.weight, cj_rank(a.logits)) : NULL;
    if (cj_context_status(cj_tensor_context(a.logits)) != CJ_OK)
        return NULL;
    return soft ? soft_labels(&a, &c) : hard_labels(&a, &c, labels);
}

cj_tensor *cj_cross_entropy_at(const struct cj_cross_entropy_args *args)
{
    return class_loss("cross_entropy", args, false);
}

cj_tensor *cj_nll_loss_at(const struct cj_cross_entropy_args *args)
{
    return class_loss("nll_loss", args, true);
}

/* The label's own term is margin^p whatever the scores: it is left out by selection. */
cj_tensor *cj_multi_margin_loss_at(const struct cj_multi_margin_args *args)
{
    struct cj_multi_margin_args a;
    if (!args || !args->scores || cj_context_status(cj_tensor_context(args->scores)) != CJ_OK ||
        !CJ_TAKE_ARGS(cj_tensor_context(args->scores), "multi_margin_loss", a, args))
        return NULL;
    cj_tensor *labels = labels_of(a.at, "multi_margin_loss", a.scores, a.labels);
    if (!labels)
        return NULL;
    if (a.p < 0 || a.p > 2) {
        cj_fail_building(cj_tensor_context(a.scores), CJ_INVALID, a.at,
                         "multi_margin_loss: .p is %d, it is 1 or 2", a.p);
        return NULL;
    }
    cj_tensor *is_label = chosen(a.at, a.scores, labels);
    cj_tensor *gap = cj_sub_at(a.at, a.scores, pick(a.at, is_label, a.scores));
    cj_tensor *each = cj_relu_at(a.at, cj_shift_at(a.at, gap, a.margin > 0 ? a.margin : 1));
    if (a.p == 2)
        each = cj_square_at(a.at, each);
    if (!each)
        return NULL;
    each = cj_where_at(a.at, is_label, cj_like_at(a.at, each, 0), each);
    return cj_reduce_loss(a.at, cj_mean_at(a.at, each, CJ_AXIS(1), false), a.reduction);
}

/* ---- Dirichlet ---- */

/* log B of the last axis: sum of lgamma less lgamma of the sum. */
static cj_tensor *log_beta(cj_at at, cj_tensor *a)
{
    uint32_t last = CJ_AXIS(cj_rank(a) - 1);
    return cj_sub_at(at, cj_sum_at(at, cj_lgamma_at(at, a), last, false),
                     cj_lgamma_at(at, cj_sum_at(at, a, last, false)));
}

cj_tensor *cj_dirichlet_kl_at(cj_at at, cj_tensor *a, cj_tensor *b)
{
    if (!a || !b)
        return NULL;
    if (cj_rank(a) < 1 || !cj_alike(a, b)) {
        cj_fail_building(cj_tensor_context(a), CJ_SHAPE, at,
                         "dirichlet_kl: %s and %s must be alike, classes on the last axis",
                         CJ_TEXT_OF(a), CJ_TEXT_OF(b));
        return NULL;
    }
    uint32_t last = CJ_AXIS(cj_rank(a) - 1);
    cj_tensor *slope =
        cj_sub_at(at, cj_digamma_at(at, a), cj_digamma_at(at, cj_sum_at(at, a, last, true)));
    cj_tensor *inner = cj_sum_at(at, cj_mul_at(at, cj_sub_at(at, a, b), slope), last, false);
    return cj_add_at(at, cj_sub_at(at, log_beta(at, b), log_beta(at, a)), inner);
}

cj_tensor *cj_evidential_loss_at(cj_at at, cj_tensor *alpha, cj_tensor *labels, double kl_weight)
{
    cj_tensor *label = labels_of(at, "evidential_loss", alpha, labels);
    if (!label)
        return NULL;
    cj_tensor *is_label = chosen(at, alpha, label), *one = cj_like_at(at, alpha, 1);
    cj_tensor *all = cj_digamma_at(at, cj_sum_at(at, alpha, CJ_AXIS(1), true));
    cj_tensor *fit = cj_sub_at(at, all, cj_digamma_at(at, pick(at, is_label, alpha)));
    cj_tensor *rest = cj_where_at(at, is_label, one, alpha);
    cj_tensor *prior = cj_full_at(at, cj_tensor_context(alpha), cj_tensor_dtype(alpha),
                                  cj_rank(alpha), cj_shape(alpha), 1);
    cj_tensor *kl = cj_mean_at(at, cj_dirichlet_kl_at(at, rest, prior), CJ_ALL, false);
    return cj_add_at(at, cj_mean_at(at, fit, CJ_ALL, false), cj_scale_at(at, kl, kl_weight));
}

cj_tensor *cj_correct_at(cj_at at, cj_tensor *logits, cj_tensor *labels)
{
    labels = labels_of(at, "correct", logits, labels);
    if (!labels)
        return NULL;
    cj_tensor *right = cj_eq_at(at, cj_argmax_at(at, logits, CJ_AXIS(1), true), labels);
    return cj_sum_at(at, cj_cast_at(at, right, CJ_I64), CJ_ALL, false);
}
