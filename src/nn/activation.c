/*
 * src/nn/activation.c - activations, as compositions whose every branch is finite where it is
 * not taken, so that no derivative of any order meets 0 times infinity.
 */
#include "nn/nn.h"

#include <math.h>

static cj_tensor *zero(cj_at at, cj_tensor *x)
{
    return cj_like_at(at, x, 0);
}

cj_tensor *cj_relu6_at(cj_at at, cj_tensor *x)
{
    if (!x)
        return NULL;
    cj_tensor *six = cj_like_at(at, x, 6);
    return cj_where_at(at, cj_ge_at(at, x, six), six, cj_relu_at(at, x));
}

cj_tensor *cj_leaky_relu_at(cj_at at, cj_tensor *x, double slope)
{
    if (!x)
        return NULL;
    return cj_where_at(at, cj_gt_at(at, x, zero(at, x)), x, cj_scale_at(at, x, slope));
}

cj_tensor *cj_elu_at(cj_at at, cj_tensor *x, double alpha)
{
    if (!x)
        return NULL;
    cj_tensor *positive = cj_gt_at(at, x, zero(at, x));
    cj_tensor *low = cj_where_at(at, positive, zero(at, x), x);
    return cj_where_at(at, positive, x, cj_scale_at(at, cj_expm1_at(at, low), alpha));
}

cj_tensor *cj_gelu_at(cj_at at, cj_tensor *x)
{
    cj_tensor *cdf = cj_shift_at(at, cj_erf_at(at, cj_scale_at(at, x, sqrt(0.5))), 1);
    return cj_mul_at(at, cj_scale_at(at, x, 0.5), cdf);
}

cj_tensor *cj_gelu_tanh_at(cj_at at, cj_tensor *x)
{
    const double sqrt_2_over_pi = 0.79788456080286535588;
    cj_tensor *cubic =
        cj_add_at(at, x, cj_scale_at(at, cj_mul_at(at, cj_square_at(at, x), x), 0.044715));
    cj_tensor *cdf = cj_shift_at(at, cj_tanh_at(at, cj_scale_at(at, cubic, sqrt_2_over_pi)), 1);
    return cj_mul_at(at, cj_scale_at(at, x, 0.5), cdf);
}

/* e^-|x|, whose derivative at 0 is that of e^-x (|x| itself would give 0 there). */
static cj_tensor *exp_minus_abs(cj_at at, cj_tensor *x, cj_tensor *negative)
{
    return cj_exp_at(at, cj_where_at(at, negative, x, cj_neg_at(at, x)));
}

/* x >= 0: 1 / (1 + e^-x); x < 0: e^x / (1 + e^x) */
cj_tensor *cj_sigmoid_at(cj_at at, cj_tensor *x)
{
    if (!x)
        return NULL;
    cj_tensor *negative = cj_lt_at(at, x, zero(at, x));
    cj_tensor *e = exp_minus_abs(at, x, negative);
    return cj_div_at(at, cj_where_at(at, negative, e, cj_like_at(at, x, 1)), cj_shift_at(at, e, 1));
}

cj_tensor *cj_silu_at(cj_at at, cj_tensor *x)
{
    return cj_mul_at(at, x, cj_sigmoid_at(at, x));
}

/* max(x, 0) + log(1 + e^-|x|) */
cj_tensor *cj_softplus_at(cj_at at, cj_tensor *x)
{
    if (!x)
        return NULL;
    cj_tensor *negative = cj_lt_at(at, x, zero(at, x));
    return cj_add_at(at, cj_where_at(at, negative, zero(at, x), x),
                     cj_log1p_at(at, exp_minus_abs(at, x, negative)));
}

/* x less its largest along the axis, and the mask of that axis. The largest is held constant:
 * both functions below are the same for any constant taken from x, so derivatives of every order
 * are right without it. */
static cj_tensor *below_largest(cj_at at, const char *name, cj_tensor *x, int axis, uint32_t *mask)
{
    *mask = x ? cj_axis_mask(at, name, x, axis) : 0;
    if (!*mask)
        return NULL;
    return cj_sub_at(at, x, cj_stop_gradient_at(at, cj_amax_at(at, x, *mask, true)));
}

/* Of halves: computed in f32, rounded once. */
static cj_tensor *of_wide(cj_at at, cj_tensor *x, int axis,
                          cj_tensor *(*f)(cj_at at, cj_tensor *x, int axis))
{
    return cj_cast_at(at, f(at, cj_cast_at(at, x, CJ_F32), axis), cj_tensor_dtype(x));
}

static bool is_half(const cj_tensor *x)
{
    return x && (cj_tensor_dtype(x) == CJ_BF16 || cj_tensor_dtype(x) == CJ_F16);
}

cj_tensor *cj_softmax_at(cj_at at, cj_tensor *x, int axis)
{
    if (is_half(x))
        return of_wide(at, x, axis, cj_softmax_at);
    uint32_t mask = 0;
    cj_tensor *e = cj_exp_at(at, below_largest(at, "softmax", x, axis, &mask));
    return cj_div_at(at, e, cj_sum_at(at, e, mask, true));
}

cj_tensor *cj_log_softmax_at(cj_at at, cj_tensor *x, int axis)
{
    if (is_half(x))
        return of_wide(at, x, axis, cj_log_softmax_at);
    uint32_t mask = 0;
    cj_tensor *low = below_largest(at, "log_softmax", x, axis, &mask);
    return cj_sub_at(at, low, cj_log_at(at, cj_sum_at(at, cj_exp_at(at, low), mask, true)));
}
