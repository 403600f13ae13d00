/*
 * src/nn/activation_more.c - the activations of cajal/layers.h; as in activation.c, what a branch
 * does not take is finite there.
 */
#include "cajal/layers.h"
#include "nn/nn.h"

/* condition ? a : value */
static cj_tensor *pick(cj_at at, cj_tensor *condition, cj_tensor *a, double value)
{
    return a ? cj_where_at(at, condition, a, cj_like_at(at, a, value)) : NULL;
}

static cj_tensor *above(cj_at at, cj_tensor *x, double bound)
{
    return x ? cj_gt_at(at, x, cj_like_at(at, x, bound)) : NULL;
}

cj_tensor *cj_selu_at(cj_at at, cj_tensor *x)
{
    return cj_scale_at(at, cj_elu_at(at, x, 1.6732632423543772848170429916717),
                       1.0507009873554804934193349852946);
}

cj_tensor *cj_celu_at(cj_at at, cj_tensor *x, double alpha)
{
    cj_tensor *positive = above(at, x, 0);
    cj_tensor *low = x ? cj_where_at(at, positive, cj_like_at(at, x, 0), x) : NULL;
    cj_tensor *branch = cj_scale_at(at, cj_expm1_at(at, cj_scale_at(at, low, 1 / alpha)), alpha);
    return cj_where_at(at, positive, x, branch);
}

cj_tensor *cj_mish_at(cj_at at, cj_tensor *x)
{
    return cj_mul_at(at, x, cj_tanh_at(at, cj_softplus_at(at, x)));
}

cj_tensor *cj_softsign_at(cj_at at, cj_tensor *x)
{
    return cj_div_at(at, x, cj_shift_at(at, cj_abs_at(at, x), 1));
}

cj_tensor *cj_log_sigmoid_at(cj_at at, cj_tensor *x)
{
    return cj_neg_at(at, cj_softplus_at(at, cj_neg_at(at, x)));
}

cj_tensor *cj_hardtanh_at(cj_at at, cj_tensor *x, double low, double high)
{
    cj_tensor *inside = pick(at, above(at, x, low), x, low);
    return x ? pick(at, cj_lt_at(at, x, cj_like_at(at, x, high)), inside, high) : NULL;
}

cj_tensor *cj_hardsigmoid_at(cj_at at, cj_tensor *x)
{
    return cj_scale_at(at, cj_hardtanh_at(at, cj_shift_at(at, x, 3), 0, 6), 1.0 / 6);
}

cj_tensor *cj_hardswish_at(cj_at at, cj_tensor *x)
{
    return cj_mul_at(at, x, cj_hardsigmoid_at(at, x));
}

cj_tensor *cj_hardshrink_at(cj_at at, cj_tensor *x, double lambda)
{
    return pick(at, above(at, cj_abs_at(at, x), lambda), x, 0);
}

cj_tensor *cj_softshrink_at(cj_at at, cj_tensor *x, double lambda)
{
    cj_tensor *shrunk = cj_sub_at(at, x, cj_scale_at(at, cj_sign_at(at, x), lambda));
    return pick(at, above(at, cj_abs_at(at, x), lambda), shrunk, 0);
}

cj_tensor *cj_threshold_at(cj_at at, cj_tensor *x, double theta, double value)
{
    return pick(at, above(at, x, theta), x, value);
}

cj_tensor *cj_glu_at(cj_at at, cj_tensor *x, int axis)
{
    if (!x)
        return NULL;
    int place = axis < 0 ? axis + cj_rank(x) : axis;
    if (place < 0 || place >= cj_rank(x) || cj_extent(x, place) % 2) {
        cj_fail_building(cj_tensor_context(x), CJ_SHAPE, at,
                         "glu: axis %d of %s does not part into two halves", axis, CJ_TEXT_OF(x));
        return NULL;
    }
    int64_t half = cj_extent(x, place) / 2;
    return cj_mul_at(at, cj_narrow_at(at, x, place, 0, half),
                     cj_sigmoid_at(at, cj_narrow_at(at, x, place, half, 2 * half)));
}

cj_tensor *cj_prelu_at(cj_at at, cj_scope *s, const char *name, cj_tensor *x, int64_t weights)
{
    if (!cj_layer_ready(at, "prelu", s, name, x))
        return NULL;
    if (weights != 1 && (cj_rank(x) < 2 || weights != cj_extent(x, 1))) {
        cj_fail_building(cj_scope_context(s), CJ_SHAPE, at,
                         "%s on %s: %lld slopes; it takes 1, or one a channel (axis 1)",
                         CJ_LABEL("prelu", s, name), CJ_TEXT_OF(x), (long long)weights);
        return NULL;
    }
    cj_tensor *slope = cj_scope_get_at(at, cj_scope_enter(s, name), "weight", cj_scope_dtype(s), 1,
                                       &weights, cj_init_constant(0.25));
    if (weights != 1)
        slope = cj_on_channels(at, slope, cj_rank(x));
    cj_tensor *y = cj_where_at(at, above(at, x, 0), x, cj_mul_at(at, x, slope));
    return cj_scope_mark_at(at, s, name, y);
}

cj_tensor *cj_maxout_at(cj_at at, cj_tensor *x, int axis, int64_t pieces)
{
    if (!x)
        return NULL;
    int rank = cj_rank(x), place = axis < 0 ? axis + rank : axis;
    if (place < 0 || place >= rank || pieces < 1 || cj_extent(x, place) % pieces) {
        cj_fail_building(cj_tensor_context(x), CJ_SHAPE, at,
                         "maxout: axis %d of %s does not part into pieces of %lld", axis,
                         CJ_TEXT_OF(x), (long long)pieces);
        return NULL;
    }
    int64_t shape[CJ_MAX_RANK + 1];
    for (int i = 0; i < rank; i++)
        shape[i < place ? i : i + 1] = cj_extent(x, i);
    shape[place] = cj_extent(x, place) / pieces;
    shape[place + 1] = pieces;
    return cj_amax_at(at, cj_reshape_at(at, x, rank + 1, shape), CJ_AXIS(place + 1), false);
}
