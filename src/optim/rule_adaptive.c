/*
 * src/optim/rule_adaptive.c - rules with a second moment alone: RMSProp, Adagrad, Adadelta.
 */
#include "optim/optim.h"

cj_tensor *cj_update_rmsprop(const cj_rule *r, cj_tensor *p, cj_tensor *g, cj_tensor **state)
{
    cj_at at = r->at;
    cj_tensor *s = state[0] = cj_rule_square_average(r, state[0], g, r->o.alpha);
    if (r->o.centered) {
        state[1] = cj_rule_lerp(r, state[1], g, 1 - r->o.alpha);
        s = cj_sub_at(at, s, cj_square_at(at, state[1]));
        /* Rounding can take a variance near 0 below it. */
        s = s ? cj_maximum_at(at, s, cj_like_at(at, s, 0)) : NULL;
    }
    cj_tensor *root = r->o.eps_in_root ? cj_sqrt_at(at, cj_shift_at(at, s, r->o.eps))
                                       : cj_shift_at(at, cj_rule_root(r, s), r->o.eps);
    cj_tensor *d = cj_div_at(at, g, root);
    if (r->o.momentum != 0)
        d = state[2] = cj_add_at(at, cj_scale_at(at, state[2], r->o.momentum), d);
    return cj_rule_descend(r, p, r->rate, d);
}

cj_tensor *cj_update_adagrad(const cj_rule *r, cj_tensor *p, cj_tensor *g, cj_tensor **state)
{
    cj_at at = r->at;
    cj_tensor *sum = state[0];
    if (r->o.initial_accumulator_value != 0 && sum)
        sum = cj_where_at(at, r->first, cj_like_at(at, sum, r->o.initial_accumulator_value), sum);
    sum = state[0] = cj_add_at(at, sum, cj_square_at(at, g));
    cj_tensor *d = cj_div_at(at, g, cj_shift_at(at, cj_rule_root(r, sum), r->o.eps));
    cj_tensor *rate = r->rate;
    if (r->o.lr_decay != 0) {
        cj_tensor *slower = cj_scale_at(at, cj_shift_at(at, r->t, -1), r->o.lr_decay);
        rate = cj_div_at(at, rate, cj_shift_at(at, slower, 1));
    }
    return cj_rule_descend(r, p, rate, d);
}

cj_tensor *cj_update_adadelta(const cj_rule *r, cj_tensor *p, cj_tensor *g, cj_tensor **state)
{
    cj_at at = r->at;
    cj_tensor *s = state[0] = cj_rule_square_average(r, state[0], g, r->o.rho);
    cj_tensor *low = cj_sqrt_at(at, cj_shift_at(at, s, r->o.eps));
    cj_tensor *high = cj_sqrt_at(at, cj_shift_at(at, state[1], r->o.eps));
    cj_tensor *d = cj_mul_at(at, cj_div_at(at, high, low), g);
    state[1] = cj_rule_square_average(r, state[1], d, r->o.rho);
    return cj_rule_descend(r, p, r->rate, d);
}
