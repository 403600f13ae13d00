/*
 * src/transform/rules_map.c - elementwise ops: v times the partial derivative to source i.
 *
 * y is the node itself, a and b its sources. Where a branch is not taken, its expression is kept finite, so that a
 * derivative of the derivative does not meet 0 * inf there.
 */
#include "transform/rules.h"

#include <math.h>

static cj_tensor *zero_like(cj_at at, cj_tensor *x)
{
    return cj_full_at(at, x->context, (cj_dtype)x->dtype, x->rank, x->shape, 0);
}

/* ---- one source ---- */

CJ_PARTIAL(neg)
{
    return cj_neg_at(at, v);
}

CJ_PARTIAL(abs) /* sign(a), 0 at 0 */
{
    return cj_mul_at(at, v, cj_sign_at(at, node->source[0]));
}

CJ_PARTIAL(relu) /* 1 where y > 0, 0 at 0 */
{
    cj_tensor *zero = cj_like_at(at, node, 0);
    return cj_where_at(at, cj_le_at(at, node, zero), zero, v);
}

CJ_PARTIAL(sqrt) /* 0.5 / y */
{
    return cj_mul_at(at, v, cj_div_at(at, cj_like_at(at, node, 0.5), node));
}

CJ_PARTIAL(exp) /* y */
{
    return cj_mul_at(at, v, node);
}

CJ_PARTIAL(expm1) /* exp(a): y + 1 would have lost the digits where y is near -1 */
{
    return cj_mul_at(at, v, cj_exp_at(at, node->source[0]));
}

CJ_PARTIAL(log) /* 1 / a */
{
    return cj_div_at(at, v, node->source[0]);
}

CJ_PARTIAL(log1p) /* 1 / (1 + a) */
{
    return cj_div_at(at, v, cj_shift_at(at, node->source[0], 1));
}

CJ_PARTIAL(sin) /* cos a */
{
    return cj_mul_at(at, v, cj_cos_at(at, node->source[0]));
}

CJ_PARTIAL(cos) /* -sin a */
{
    return cj_neg_at(at, cj_mul_at(at, v, cj_sin_at(at, node->source[0])));
}

CJ_PARTIAL(tanh) /* 1 - y^2 */
{
    cj_tensor *square = cj_mul_at(at, node, node);
    return cj_mul_at(at, v, cj_sub_at(at, cj_like_at(at, node, 1), square));
}

CJ_PARTIAL(erf) /* 2/sqrt(pi) exp(-a^2) */
{
    cj_tensor *a = node->source[0];
    cj_tensor *bell = cj_exp_at(at, cj_neg_at(at, cj_mul_at(at, a, a)));
    return cj_mul_at(at, v, cj_scale_at(at, bell, 1.128379167095512573896));
}

CJ_PARTIAL(exp2) /* ln 2 y */
{
    return cj_mul_at(at, v, cj_scale_at(at, node, 0.693147180559945309417));
}

CJ_PARTIAL(log2) /* 1 / (a ln 2) */
{
    return cj_div_at(at, v, cj_scale_at(at, node->source[0], 0.693147180559945309417));
}

CJ_PARTIAL(tan) /* 1 + y^2 */
{
    return cj_mul_at(at, v, cj_shift_at(at, cj_mul_at(at, node, node), 1));
}

/* (1 - a) (1 + a): 1 - a^2 without cancellation at the ends */
static cj_tensor *one_less_square(cj_at at, cj_tensor *a)
{
    return cj_mul_at(at, cj_sub_at(at, cj_like_at(at, a, 1), a), cj_shift_at(at, a, 1));
}

CJ_PARTIAL(asin) /* 1 / sqrt(1 - a^2) */
{
    return cj_div_at(at, v, cj_sqrt_at(at, one_less_square(at, node->source[0])));
}

CJ_PARTIAL(acos)
{
    return cj_neg_at(at, cj_partial_asin(at, node, i, v));
}

CJ_PARTIAL(atan) /* 1 / (1 + a^2), as often divided by hypot(a, 1): the square may overflow */
{
    cj_tensor *h = cj_hypot_at(at, node->source[0], cj_like_at(at, node, 1));
    return cj_div_at(at, cj_div_at(at, v, h), h);
}

CJ_PARTIAL(sinh)
{
    return cj_mul_at(at, v, cj_cosh_at(at, node->source[0]));
}

CJ_PARTIAL(cosh)
{
    return cj_mul_at(at, v, cj_sinh_at(at, node->source[0]));
}

CJ_PARTIAL(asinh) /* 1 / sqrt(a^2 + 1) */
{
    return cj_div_at(at, v, cj_hypot_at(at, node->source[0], cj_like_at(at, node, 1)));
}

CJ_PARTIAL(acosh) /* 1 / sqrt((a - 1) (a + 1)) */
{
    cj_tensor *below = cj_sqrt_at(at, cj_shift_at(at, node->source[0], -1));
    cj_tensor *above = cj_sqrt_at(at, cj_shift_at(at, node->source[0], 1));
    return cj_div_at(at, cj_div_at(at, v, below), above);
}

CJ_PARTIAL(atanh) /* 1 / (1 - a^2) */
{
    return cj_div_at(at, v, one_less_square(at, node->source[0]));
}

CJ_PARTIAL(cbrt) /* 1 / (3 y^2) */
{
    return cj_div_at(at, v, cj_scale_at(at, cj_mul_at(at, node, node), 3));
}

CJ_PARTIAL(erfc)
{
    return cj_neg_at(at, cj_partial_erf(at, node, i, v));
}

CJ_PARTIAL(erfinv) /* sqrt(pi)/2 exp(y^2) */
{
    cj_tensor *slope = cj_exp_at(at, cj_mul_at(at, node, node));
    return cj_mul_at(at, v, cj_scale_at(at, slope, 0.886226925452758013649));
}

CJ_PARTIAL(lgamma)
{
    return cj_mul_at(at, v, cj_digamma_at(at, node->source[0]));
}

CJ_PARTIAL(digamma) /* zeta(2, a) */
{
    cj_tensor *a = node->source[0];
    return cj_mul_at(at, v, cj_zeta_at(at, cj_like_at(at, a, 2), a));
}

/* v has the dtype of one end, the result that of the other; an end that is no float carries no derivative. */
CJ_PARTIAL(cast)
{
    const cj_tensor *a = node->source[0];
    if (cj_dtype_class(a->dtype) != 'f' || cj_dtype_class(node->dtype) != 'f')
        return NULL;
    return cj_cast_at(at, v, (cj_dtype)(v->dtype == a->dtype ? node->dtype : a->dtype));
}

/* ---- two sources ---- */

CJ_PARTIAL(add)
{
    return v;
}

CJ_PARTIAL(sub)
{
    return i == 0 ? v : cj_neg_at(at, v);
}

CJ_PARTIAL(mul)
{
    return cj_mul_at(at, v, node->source[1 - i]);
}

CJ_PARTIAL(div) /* 1 / b, -y / b */
{
    cj_tensor *b = node->source[1];
    if (i == 0)
        return cj_div_at(at, v, b);
    return cj_neg_at(at, cj_mul_at(at, v, cj_div_at(at, node, b)));
}

/* b a^(b-1); where a and b are both 0 the power is constant in a, and a^1 stands for a^-1, which is not finite. */
static cj_tensor *pow_to_base(cj_at at, cj_tensor *node, cj_tensor *v)
{
    cj_tensor *a = node->source[0], *b = node->source[1];
    cj_tensor *less = cj_shift_at(at, b, -1);
    cj_tensor *zero = cj_like_at(at, a, 0);
    cj_tensor *both = cj_and_at(at, cj_eq_at(at, a, zero), cj_eq_at(at, b, zero));
    cj_tensor *safe = cj_where_at(at, both, cj_like_at(at, a, 1), less);
    return cj_mul_at(at, v, cj_mul_at(at, b, cj_pow_at(at, a, safe)));
}

/* y log a, and 0 where a is 0. */
static cj_tensor *pow_to_exponent(cj_at at, cj_tensor *node, cj_tensor *v)
{
    cj_tensor *a = node->source[0], *b = node->source[1];
    cj_tensor *zero = cj_eq_at(at, a, cj_like_at(at, a, 0));
    cj_tensor *safe = cj_where_at(at, zero, cj_like_at(at, a, 1), a);
    cj_tensor *slope = cj_mul_at(at, cj_pow_at(at, safe, b), cj_log_at(at, safe));
    return cj_where_at(at, zero, cj_like_at(at, v, 0), cj_mul_at(at, v, slope));
}

/* An exponent known now needs no care where the base is 0. */
static cj_tensor *pow_to_base_of(cj_at at, cj_tensor *node, double exponent, cj_tensor *v)
{
    cj_tensor *a = node->source[0];
    if (exponent == 0)
        return NULL;
    if (exponent == 1)
        return v;
    cj_tensor *power = exponent == 2 ? a : cj_pow_at(at, a, cj_like_at(at, a, exponent - 1));
    return cj_mul_at(at, v, cj_scale_at(at, power, exponent));
}

CJ_PARTIAL(pow)
{
    cj_tensor *exponent = cj_uniform_scalar(node->source[1]);
    if (i == 1)
        return pow_to_exponent(at, node, v);
    if (exponent)
        return pow_to_base_of(at, node, cj_scalar_number(exponent), v);
    return pow_to_base(at, node, v);
}

/* b / (a^2 + b^2), -a / (a^2 + b^2), the squares as products of the hypotenuse. */
CJ_PARTIAL(atan2)
{
    cj_tensor *a = node->source[0], *b = node->source[1], *h = cj_hypot_at(at, a, b);
    cj_tensor *slope = cj_div_at(at, cj_div_at(at, i == 0 ? b : cj_neg_at(at, a), h), h);
    return cj_mul_at(at, v, slope);
}

/* a / y, b / y; 0 at the origin */
CJ_PARTIAL(hypot)
{
    cj_tensor *origin = cj_eq_at(at, node, cj_like_at(at, node, 0));
    cj_tensor *safe = cj_where_at(at, origin, cj_like_at(at, node, 1), node);
    return cj_mul_at(at, v, cj_div_at(at, node->source[i], safe));
}

/* exp(a - y); 1 where both are the same infinity, whose difference is none */
CJ_PARTIAL(logaddexp)
{
    cj_tensor *self = node->source[i];
    cj_tensor *endless = cj_eq_at(at, cj_abs_at(at, node), cj_like_at(at, node, (double)INFINITY));
    cj_tensor *same = cj_and_at(at, endless, cj_eq_at(at, self, node));
    cj_tensor *less = cj_where_at(at, same, cj_like_at(at, node, 0), cj_sub_at(at, self, node));
    return cj_mul_at(at, v, cj_exp_at(at, less));
}

/* a - trunc(a / b) b. The quotient is a whole number, up to the rounding of its division. */
CJ_PARTIAL(fmod)
{
    cj_tensor *a = node->source[0], *b = node->source[1];
    if (cj_dtype_class(node->dtype) != 'f')
        return NULL;
    if (i == 0)
        return v;
    cj_tensor *whole = cj_round_at(at, cj_div_at(at, cj_sub_at(at, a, node), b));
    return cj_neg_at(at, cj_mul_at(at, v, cj_stop_gradient_at(at, whole)));
}

/* A source that only chooses the function. */
static cj_tensor *no_partial(cj_at at, const cj_tensor *node, const char *source)
{
    cj_fail_building(node->context, CJ_UNSUPPORTED, at,
                     "%s: there is no derivative to its %s; hold it constant (cj_stop_gradient)",
                     cj_op_table[node->op].name, source);
    return NULL;
}

/* -s zeta(s + 1, q) */
CJ_PARTIAL(zeta)
{
    cj_tensor *s = node->source[0], *q = node->source[1];
    if (i == 0)
        return no_partial(at, node, "s");
    cj_tensor *next = cj_zeta_at(at, cj_shift_at(at, s, 1), q);
    return cj_neg_at(at, cj_mul_at(at, v, cj_mul_at(at, s, next)));
}

/* (y_(n-1) + y_(n+1)) / 2 - sign(x) y */
CJ_PARTIAL(bessel_ie)
{
    cj_tensor *n = node->source[0], *x = node->source[1];
    if (i == 0)
        return no_partial(at, node, "order n");
    cj_tensor *below = cj_bessel_ie_at(at, cj_shift_at(at, n, -1), x);
    cj_tensor *above = cj_bessel_ie_at(at, cj_shift_at(at, n, 1), x);
    cj_tensor *mean = cj_scale_at(at, cj_add_at(at, below, above), 0.5);
    cj_tensor *slope = cj_sub_at(at, mean, cj_mul_at(at, cj_sign_at(at, x), node));
    return cj_mul_at(at, v, slope);
}

/* The larger takes v, ties take half each; a NaN takes v, as it took the value. */
static cj_tensor *to_winner(cj_at at, cj_tensor *loses, cj_tensor *ties, cj_tensor *v)
{
    cj_tensor *shared = cj_where_at(at, ties, cj_scale_at(at, v, 0.5), v);
    return cj_where_at(at, loses, zero_like(at, v), shared);
}

CJ_PARTIAL(max)
{
    cj_tensor *self = node->source[i], *other = node->source[1 - i];
    return to_winner(at, cj_lt_at(at, self, other), cj_eq_at(at, self, other), v);
}

CJ_PARTIAL(min)
{
    cj_tensor *self = node->source[i], *other = node->source[1 - i];
    return to_winner(at, cj_lt_at(at, other, self), cj_eq_at(at, self, other), v);
}

CJ_PARTIAL(where) /* the condition selects v too: a product with 0 would turn inf into NaN */
{
    cj_tensor *condition = node->source[0];
    if (i == 0)
        return NULL;
    cj_tensor *zero = zero_like(at, v);
    return i == 1 ? cj_where_at(at, condition, v, zero) : cj_where_at(at, condition, zero, v);
}

cj_tensor *cj_tangent_map(cj_at at, cj_tensor *node, cj_tensor **t)
{
    cj_cotangent_rule *partial = cj_derivative_table[node->op].cotangent;
    cj_tensor *sum = NULL;
    for (int i = 0; i < node->source_count; i++) {
        cj_tensor *term = t[i] ? partial(at, node, i, t[i]) : NULL;
        if (term)
            sum = sum ? cj_add_at(at, sum, term) : term;
    }
    return sum;
}
