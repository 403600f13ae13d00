/*
 * src/optim/rule_adam.c - Adam and its relatives: a first and a second moment.
 */
#include "optim/optim.h"

/* The first moment, m += (1 - beta1) (g - m). */
static cj_tensor *first_moment(const cj_rule *r, cj_tensor *g, cj_tensor **state)
{
    return state[0] = cj_rule_lerp(r, state[0], g, 1 - r->o.betas[0]);
}

static cj_tensor *second_moment(const cj_rule *r, cj_tensor *g, cj_tensor **state)
{
    return state[1] = cj_rule_square_average(r, state[1], g, r->o.betas[1]);
}

/* sqrt(v) / sqrt(1 - beta2^t) + eps */
static cj_tensor *denominator(const cj_rule *r, cj_tensor *v)
{
    cj_tensor *correction = cj_sqrt_at(r->at, cj_rule_correction(r, r->o.betas[1]));
    cj_tensor *root = cj_div_at(r->at, cj_rule_root(r, v), cj_rule_as(r, correction, v));
    return cj_shift_at(r->at, root, r->o.eps);
}

cj_tensor *cj_update_adam(const cj_rule *r, cj_tensor *p, cj_tensor *g, cj_tensor **state)
{
    cj_at at = r->at;
    cj_tensor *m = first_moment(r, g, state), *v = second_moment(r, g, state);
    if (r->o.amsgrad)
        v = state[2] = cj_maximum_at(at, state[2], v);
    cj_tensor *d = cj_div_at(at, m, denominator(r, v));
    cj_tensor *size = cj_div_at(at, r->rate, cj_rule_correction(r, r->o.betas[0]));
    return cj_rule_descend(r, p, size, d);
}

cj_tensor *cj_update_adamax(const cj_rule *r, cj_tensor *p, cj_tensor *g, cj_tensor **state)
{
    cj_at at = r->at;
    cj_tensor *m = first_moment(r, g, state);
    cj_tensor *size = cj_shift_at(at, cj_abs_at(at, g), r->o.eps);
    state[1] = cj_maximum_at(at, cj_scale_at(at, state[1], r->o.betas[1]), size);
    cj_tensor *rate = cj_div_at(at, r->rate, cj_rule_correction(r, r->o.betas[0]));
    return cj_rule_descend(r, p, rate, cj_div_at(at, m, state[1]));
}

/* beta1 (1 - 0.96^(t momentum_decay) / 2), at t + ahead */
static cj_tensor *nadam_momentum(const cj_rule *r, double ahead)
{
    cj_at at = r->at;
    cj_tensor *power = cj_scale_at(at, cj_shift_at(at, r->t, ahead), r->o.momentum_decay);
    power = cj_pow_at(at, cj_scalar_at(at, r->context, CJ_F64, 0.96), power);
    return cj_scale_at(at, cj_shift_at(at, cj_scale_at(at, power, -0.5), 1), r->o.betas[0]);
}

/* rate a / (1 - b) */
static cj_tensor *share(const cj_rule *r, cj_tensor *a, cj_tensor *b)
{
    cj_tensor *rest = cj_shift_at(r->at, cj_neg_at(r->at, b), 1);
    return cj_div_at(r->at, cj_mul_at(r->at, r->rate, a), rest);
}

cj_tensor *cj_update_nadam(const cj_rule *r, cj_tensor *p, cj_tensor *g, cj_tensor **state)
{
    cj_at at = r->at;
    cj_tensor *mu = nadam_momentum(r, 0), *next = nadam_momentum(r, 1);
    cj_tensor *product = cj_cast_at(at, state[2], CJ_F64);
    product = cj_where_at(at, r->first, cj_scalar_at(at, r->context, CJ_F64, 1), product);
    product = cj_mul_at(at, product, mu);
    state[2] = cj_rule_as(r, product, p);
    cj_tensor *m = first_moment(r, g, state), *v = second_moment(r, g, state);
    cj_tensor *low = denominator(r, v);
    cj_tensor *of_g = share(r, cj_shift_at(at, cj_neg_at(at, mu), 1), product);
    cj_tensor *of_m = share(r, next, cj_mul_at(at, product, next));
    p = cj_rule_descend(r, p, of_g, cj_div_at(at, g, low));
    return cj_rule_descend(r, p, of_m, cj_div_at(at, m, low));
}

/*
 * rho = rho_inf - 2 t beta2^t / (1 - beta2^t) is the length of the simple average that v amounts to;
 * where it is over 5 the direction is scaled by
 *     sqrt((rho - 4) (rho - 2) rho_inf / ((rho_inf - 4) (rho_inf - 2) rho)) sqrt(1 - beta2^t),
 * else the moment is used as it is.
 */
cj_tensor *cj_update_radam(const cj_rule *r, cj_tensor *p, cj_tensor *g, cj_tensor **state)
{
    cj_at at = r->at;
    cj_tensor *m = first_moment(r, g, state), *v = second_moment(r, g, state);
    double beta2 = r->o.betas[1], limit = 2 / (1 - beta2) - 1;
    cj_tensor *correction = cj_rule_correction(r, beta2);
    cj_tensor *power = cj_shift_at(at, cj_neg_at(at, correction), 1);
    cj_tensor *rho = cj_div_at(at, cj_mul_at(at, cj_scale_at(at, r->t, 2), power), correction);
    rho = cj_shift_at(at, cj_neg_at(at, rho), limit);
    cj_tensor *five = cj_scalar_at(at, r->context, CJ_F64, 5);
    cj_tensor *bounded = cj_gt_at(at, rho, five);
    rho = cj_maximum_at(at, rho, five);
    cj_tensor *square = cj_mul_at(at, cj_shift_at(at, rho, -4), cj_shift_at(at, rho, -2));
    square = cj_div_at(at, cj_scale_at(at, square, limit / ((limit - 4) * (limit - 2))), rho);
    cj_tensor *scale = cj_sqrt_at(at, cj_mul_at(at, square, correction));
    cj_tensor *adaptive = cj_shift_at(at, cj_rule_root(r, v), r->o.eps);
    adaptive = cj_div_at(at, cj_mul_at(at, m, cj_rule_as(r, scale, m)), adaptive);
    cj_tensor *rate = cj_div_at(at, r->rate, cj_rule_correction(r, r->o.betas[0]));
    return cj_rule_descend(r, p, rate, cj_where_at(at, bounded, adaptive, m));
}

/* ---- with norms of whole parameters ---- */

static cj_tensor *norm(const cj_rule *r, cj_tensor *x)
{
    return cj_rule_root(r, cj_sum_at(r->at, cj_square_at(r->at, x), CJ_ALL, false));
}

cj_tensor *cj_update_lamb(const cj_rule *r, cj_tensor *p, cj_tensor *g, cj_tensor **state)
{
    cj_at at = r->at;
    cj_tensor *m = first_moment(r, g, state), *v = second_moment(r, g, state);
    cj_tensor *d = cj_div_at(at, m, cj_rule_as(r, cj_rule_correction(r, r->o.betas[0]), m));
    d = cj_div_at(at, d, denominator(r, v));
    if (r->o.weight_decay != 0)
        d = cj_add_at(at, d, cj_scale_at(at, p, r->o.weight_decay));
    cj_tensor *size = norm(r, p), *length = norm(r, d);
    if (!size || !length)
        return NULL;
    cj_tensor *zero = cj_like_at(at, size, 0), *one = cj_like_at(at, size, 1);
    cj_tensor *none = cj_or_at(at, cj_eq_at(at, size, zero), cj_eq_at(at, length, zero));
    cj_tensor *ratio = cj_div_at(at, size, cj_where_at(at, none, one, length));
    ratio = cj_where_at(at, none, one, ratio);
    return cj_rule_descend(r, p, r->rate, cj_mul_at(at, d, ratio));
}

cj_tensor *cj_update_novograd(const cj_rule *r, cj_tensor *p, cj_tensor *g, cj_tensor **state)
{
    cj_at at = r->at;
    double beta2 = r->o.betas[1];
    cj_tensor *square = cj_sum_at(at, cj_square_at(at, g), CJ_ALL, false);
    cj_tensor *average =
        cj_add_at(at, cj_scale_at(at, state[1], beta2), cj_scale_at(at, square, 1 - beta2));
    state[1] = cj_where_at(at, r->first, square, average);
    cj_tensor *d = cj_div_at(at, g, cj_shift_at(at, cj_rule_root(r, state[1]), r->o.eps));
    if (r->o.weight_decay != 0)
        d = cj_add_at(at, d, cj_scale_at(at, p, r->o.weight_decay));
    state[0] = cj_add_at(at, cj_scale_at(at, state[0], r->o.betas[0]), d);
    return cj_rule_descend(r, p, r->rate, state[0]);
}
