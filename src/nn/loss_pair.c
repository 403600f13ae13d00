/*
 * src/nn/loss_pair.c - losses of a prediction x and a target y of one shape, a formula each.
 */
#include "nn/loss.h"

cj_tensor *cj_reduce_loss(cj_at at, cj_tensor *each, cj_reduction reduction)
{
    if (!each || reduction == CJ_REDUCTION_NONE)
        return each;
    if (reduction == CJ_REDUCTION_MEAN)
        return cj_mean_at(at, each, CJ_ALL, false);
    cj_tensor *sum = cj_sum_at(at, each, CJ_ALL, false);
    if (reduction == CJ_REDUCTION_SUM || cj_rank(each) == 0)
        return sum;
    return cj_scale_at(at, sum, 1 / (double)cj_extent(each, 0));
}

static bool take(struct cj_loss_args *a, const struct cj_loss_args *args, const char *name)
{
    if (!args || !args->x || !args->y || cj_context_status(cj_tensor_context(args->x)) != CJ_OK ||
        !CJ_TAKE_ARGS(cj_tensor_context(args->x), name, *a, args))
        return false;
    a->delta = a->delta > 0 ? a->delta : 1;
    a->margin = a->margin != 0 ? a->margin : 1;
    a->quantile = a->quantile != 0 ? a->quantile : 0.5;
    a->gamma = a->gamma != 0 ? a->gamma : 2;
    if (cj_alike(a->x, a->y))
        return true;
    cj_fail_building(cj_tensor_context(a->x), CJ_SHAPE, a->at,
                     "%s: the prediction is %s, the target %s; they must be alike", name,
                     CJ_TEXT_OF(a->x), CJ_TEXT_OF(a->y));
    return false;
}

static cj_tensor *finish(const struct cj_loss_args *a, cj_tensor *each)
{
    if (a->weight)
        each = cj_mul_at(a->at, each, a->weight);
    return cj_reduce_loss(a->at, each, a->reduction);
}

/* The head of a loss: what follows is the body of a function from x, y to an element each. */
#define CJ_PAIR_LOSS(name)                                                                         \
    static cj_tensor *name##_each(cj_at at, const struct cj_loss_args *a, cj_tensor *x,            \
                                  cj_tensor *y);                                                   \
    cj_tensor *cj_##name##_at(const struct cj_loss_args *args)                                     \
    {                                                                                              \
        struct cj_loss_args a;                                                                     \
        return take(&a, args, #name) ? finish(&a, name##_each(a.at, &a, a.x, a.y)) : NULL;         \
    }                                                                                              \
    static cj_tensor *name##_each(cj_at at, const struct cj_loss_args *a, cj_tensor *x,            \
                                  cj_tensor *y)

/* ---- regression ---- */

CJ_PAIR_LOSS(mse_loss)
{
    (void)a;
    return cj_square_at(at, cj_sub_at(at, x, y));
}

CJ_PAIR_LOSS(l1_loss)
{
    (void)a;
    return cj_abs_at(at, cj_sub_at(at, x, y));
}

CJ_PAIR_LOSS(huber_loss)
{
    double delta = a->delta;
    cj_tensor *d = cj_abs_at(at, cj_sub_at(at, x, y));
    if (!d)
        return NULL;
    cj_tensor *near = cj_le_at(at, d, cj_like_at(at, d, delta));
    cj_tensor *square = cj_scale_at(at, cj_square_at(at, d), 0.5);
    cj_tensor *line = cj_scale_at(at, cj_shift_at(at, d, -0.5 * delta), delta);
    return cj_where_at(at, near, square, line);
}

CJ_PAIR_LOSS(smooth_l1_loss)
{
    return cj_scale_at(at, huber_loss_each(at, a, x, y), 1 / a->delta);
}

/* log cosh d = d + softplus(-2 d) - log 2: smooth at 0, nothing overflows. */
CJ_PAIR_LOSS(log_cosh_loss)
{
    (void)a;
    cj_tensor *d = cj_sub_at(at, x, y);
    return cj_add_at(
        at, d, cj_shift_at(at, cj_softplus_at(at, cj_scale_at(at, d, -2)), -0.6931471805599453));
}

CJ_PAIR_LOSS(quantile_loss)
{
    cj_tensor *e = cj_sub_at(at, y, x);
    return cj_maximum_at(at, cj_scale_at(at, e, a->quantile), cj_scale_at(at, e, a->quantile - 1));
}

CJ_PAIR_LOSS(poisson_nll_loss)
{
    (void)a;
    return cj_sub_at(at, cj_exp_at(at, x), cj_mul_at(at, y, x));
}

CJ_PAIR_LOSS(gaussian_nll_loss)
{
    if (!a->variance) {
        cj_fail_building(cj_tensor_context(x), CJ_INVALID, at,
                         "gaussian_nll_loss: .variance is missing: the predicted variance of each "
                         "element");
        return NULL;
    }
    cj_tensor *least = cj_like_at(at, a->variance, 1e-6);
    cj_tensor *v = cj_where_at(at, cj_lt_at(at, a->variance, least), least, a->variance);
    cj_tensor *square = cj_div_at(at, cj_square_at(at, cj_sub_at(at, x, y)), v);
    return cj_scale_at(at, cj_add_at(at, cj_log_at(at, v), square), 0.5);
}

/* ---- probabilities ---- */

CJ_PAIR_LOSS(bce_with_logits)
{
    (void)a;
    return cj_sub_at(at, cj_softplus_at(at, x), cj_mul_at(at, x, y));
}

/* max(log p, -100); where it is cut, nothing of log is left in the derivative. */
static cj_tensor *bounded_log(cj_at at, cj_tensor *p)
{
    if (!p)
        return NULL;
    cj_tensor *cut = cj_lt_at(at, p, cj_like_at(at, p, 3.720075976020836e-44)); /* e^-100 */
    cj_tensor *log = cj_log_at(at, cj_where_at(at, cut, cj_like_at(at, p, 1), p));
    return cj_where_at(at, cut, cj_like_at(at, p, -100), log);
}

static cj_tensor *one_minus(cj_at at, cj_tensor *x)
{
    return x ? cj_sub_at(at, cj_like_at(at, x, 1), x) : NULL;
}

CJ_PAIR_LOSS(bce_loss)
{
    (void)a;
    cj_tensor *yes = cj_mul_at(at, y, bounded_log(at, x));
    cj_tensor *no = cj_mul_at(at, one_minus(at, y), bounded_log(at, one_minus(at, x)));
    return cj_neg_at(at, cj_add_at(at, yes, no));
}

/* 1 - p is s(-x) y + s(x) (1 - y), and log(1 - p) is written without a difference near 1. */
CJ_PAIR_LOSS(focal_loss)
{
    cj_tensor *wrong = cj_add_at(at, cj_mul_at(at, cj_sigmoid_at(at, cj_neg_at(at, x)), y),
                                 cj_mul_at(at, cj_sigmoid_at(at, x), one_minus(at, y)));
    cj_tensor *factor = wrong ? cj_pow_at(at, wrong, cj_like_at(at, wrong, a->gamma)) : NULL;
    cj_tensor *each = cj_mul_at(at, bce_with_logits_each(at, a, x, y), factor);
    if (a->alpha <= 0)
        return each;
    cj_tensor *balance = cj_add_at(at, cj_scale_at(at, y, a->alpha),
                                   cj_scale_at(at, one_minus(at, y), 1 - a->alpha));
    return cj_mul_at(at, each, balance);
}

CJ_PAIR_LOSS(kl_div)
{
    (void)a;
    cj_tensor *zero = cj_like_at(at, y, 0), *some = cj_gt_at(at, y, zero);
    cj_tensor *log = cj_log_at(at, cj_where_at(at, some, y, cj_like_at(at, y, 1)));
    return cj_where_at(at, some, cj_mul_at(at, y, cj_sub_at(at, log, x)), zero);
}

CJ_PAIR_LOSS(gaussian_kl)
{
    (void)a;
    cj_tensor *spread = cj_sub_at(at, cj_expm1_at(at, y), y);
    return cj_scale_at(at, cj_add_at(at, spread, cj_square_at(at, x)), 0.5);
}

CJ_PAIR_LOSS(dice_loss)
{
    (void)a;
    uint32_t axes = 0;
    for (int axis = 1; axis < cj_rank(x); axis++)
        axes |= CJ_AXIS(axis);
    cj_tensor *both = cj_sum_at(at, cj_mul_at(at, x, y), axes, false);
    cj_tensor *all = cj_sum_at(at, cj_add_at(at, x, y), axes, false);
    cj_tensor *overlap = cj_shift_at(at, cj_scale_at(at, both, 2), 1);
    return one_minus(at, cj_div_at(at, overlap, cj_shift_at(at, all, 1)));
}

/* ---- margins ---- */

CJ_PAIR_LOSS(hinge_loss)
{
    return cj_relu_at(at, cj_shift_at(at, cj_neg_at(at, cj_mul_at(at, x, y)), a->margin));
}

CJ_PAIR_LOSS(squared_hinge_loss)
{
    return cj_square_at(at, hinge_loss_each(at, a, x, y));
}

CJ_PAIR_LOSS(soft_margin_loss)
{
    (void)a;
    return cj_softplus_at(at, cj_neg_at(at, cj_mul_at(at, x, y)));
}

CJ_PAIR_LOSS(hinge_embedding_loss)
{
    cj_tensor *together = cj_eq_at(at, y, cj_like_at(at, y, 1));
    return cj_where_at(at, together, x,
                       cj_relu_at(at, cj_shift_at(at, cj_neg_at(at, x), a->margin)));
}

CJ_PAIR_LOSS(contrastive_loss)
{
    cj_tensor *apart =
        cj_square_at(at, cj_relu_at(at, cj_shift_at(at, cj_neg_at(at, x), a->margin)));
    cj_tensor *together = cj_mul_at(at, y, cj_square_at(at, x));
    return cj_scale_at(at, cj_add_at(at, together, cj_mul_at(at, one_minus(at, y), apart)), 0.5);
}
