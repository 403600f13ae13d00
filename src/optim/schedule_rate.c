/*
 * src/optim/schedule_rate.c - the formulas of the schedules, in f64 graph code.
 */
#include "optim/optim.h"

#include <math.h>

static const double pi = 3.14159265358979323846;

static cj_tensor *number(const cj_moment *m, double v)
{
    return cj_like_at(m->at, m->t, v);
}

/* x / v */
static cj_tensor *over(const cj_moment *m, cj_tensor *x, double v)
{
    return cj_div_at(m->at, x, number(m, v));
}

/* max(0, t - warmup) */
static cj_tensor *since_warmup(const cj_moment *m)
{
    cj_tensor *since = cj_shift_at(m->at, m->t, -(double)m->s->warmup);
    return cj_maximum_at(m->at, since, number(m, 0));
}

/* u, the share of the span that is over. */
static cj_tensor *progress(const cj_moment *m)
{
    double span = CJ_MAX(m->steps - (double)m->s->warmup, 1);
    return cj_minimum_at(m->at, over(m, since_warmup(m), span), number(m, 1));
}

/* low + (high - low) (1 + cos(pi u)) / 2 */
static cj_tensor *half_wave(const cj_moment *m, double high, double low, cj_tensor *u)
{
    cj_at at = m->at;
    cj_tensor *wave = cj_shift_at(at, cj_cos_at(at, cj_scale_at(at, u, pi)), 1);
    return cj_shift_at(at, cj_scale_at(at, wave, 0.5 * (high - low)), low);
}

/* max(eta_min, lr gamma^n) */
static cj_tensor *fallen(const cj_moment *m, double gamma, cj_tensor *n)
{
    cj_tensor *rate = cj_scale_at(m->at, cj_pow_at(m->at, number(m, gamma), n), m->lr);
    return m->s->eta_min > 0 ? cj_maximum_at(m->at, rate, number(m, m->s->eta_min)) : rate;
}

cj_tensor *cj_rate_constant(const cj_moment *m)
{
    return number(m, m->lr);
}

cj_tensor *cj_rate_step(const cj_moment *m)
{
    cj_tensor *n = cj_floor_at(m->at, over(m, m->epoch, (double)m->s->step_size));
    return fallen(m, m->s->gamma, n);
}

cj_tensor *cj_rate_multistep(const cj_moment *m)
{
    cj_tensor *n = number(m, 0);
    for (int i = 0; i < CJ_MILESTONES && m->s->milestones[i]; i++) {
        cj_tensor *passed = cj_ge_at(m->at, m->epoch, number(m, (double)m->s->milestones[i]));
        n = cj_add_at(m->at, n, cj_cast_at(m->at, passed, CJ_F64));
    }
    return fallen(m, m->s->gamma, n);
}

cj_tensor *cj_rate_exponential(const cj_moment *m)
{
    return fallen(m, m->s->gamma, m->epoch);
}

cj_tensor *cj_rate_plateau(const cj_moment *m)
{
    return fallen(m, m->s->factor, m->reductions);
}

cj_tensor *cj_rate_linear(const cj_moment *m)
{
    double first = m->s->start_factor, last = m->s->end_factor;
    cj_tensor *factor = cj_scale_at(m->at, progress(m), last - first);
    return cj_scale_at(m->at, cj_shift_at(m->at, factor, first), m->lr);
}

cj_tensor *cj_rate_polynomial(const cj_moment *m)
{
    cj_tensor *left = cj_shift_at(m->at, cj_neg_at(m->at, progress(m)), 1);
    left = cj_pow_at(m->at, left, number(m, m->s->power));
    return cj_shift_at(m->at, cj_scale_at(m->at, left, m->lr - m->s->eta_min), m->s->eta_min);
}

cj_tensor *cj_rate_cosine(const cj_moment *m)
{
    return half_wave(m, m->lr, m->s->eta_min, progress(m));
}

/* b^n of the f64 scalar n */
static cj_tensor *power(const cj_moment *m, double b, cj_tensor *n)
{
    return cj_round_at(m->at, cj_pow_at(m->at, number(m, b), n));
}

/* Period n begins at b (q^n - 1) / (q - 1), b the first one's length, q = t_mult. */
static cj_tensor *restart(const cj_moment *m, double q, cj_tensor *n)
{
    cj_tensor *sum = over(m, cj_shift_at(m->at, power(m, q, n), -1), q - 1);
    return cj_scale_at(m->at, sum, m->steps);
}

/* t less the beginning of its period: the logarithm, rounded to the nearest, gives the period or the
 * one after. */
static cj_tensor *since_restart(const cj_moment *m, cj_tensor *t, cj_tensor **length)
{
    cj_at at = m->at;
    double b = m->steps, q = (double)m->s->t_mult;
    if (q == 1) {
        *length = number(m, b);
        return cj_sub_at(at, t, cj_scale_at(at, cj_floor_at(at, over(m, t, b)), b));
    }
    cj_tensor *grown = cj_shift_at(at, cj_scale_at(at, over(m, t, b), q - 1), 1);
    cj_tensor *n = cj_round_at(at, over(m, cj_log_at(at, grown), log(q)));
    cj_tensor *early = cj_lt_at(at, t, restart(m, q, n));
    n = cj_sub_at(at, n, cj_cast_at(at, early, CJ_F64));
    *length = cj_scale_at(at, power(m, q, n), b);
    return cj_sub_at(at, t, restart(m, q, n));
}

cj_tensor *cj_rate_cosine_restarts(const cj_moment *m)
{
    cj_tensor *length, *since = since_restart(m, since_warmup(m), &length);
    return half_wave(m, m->lr, m->s->eta_min, cj_div_at(m->at, since, length));
}

cj_tensor *cj_rate_one_cycle(const cj_moment *m)
{
    cj_at at = m->at;
    double top = m->s->pct_start * m->steps - 1, end = m->steps - 1;
    double first = m->lr / m->s->div_factor, last = first / m->s->final_div_factor;
    cj_tensor *one = number(m, 1), *zero = number(m, 0);
    cj_tensor *down = over(m, cj_shift_at(at, m->t, -top), CJ_MAX(end - top, 1e-9));
    down = cj_minimum_at(at, cj_maximum_at(at, down, zero), one);
    cj_tensor *falling = half_wave(m, m->lr, last, down);
    if (top <= 0)
        return falling;
    cj_tensor *rising = half_wave(m, first, m->lr, cj_minimum_at(at, over(m, m->t, top), one));
    return cj_where_at(at, cj_le_at(at, m->t, number(m, top)), rising, falling);
}

cj_tensor *cj_rate_triangular(const cj_moment *m)
{
    cj_at at = m->at;
    double up = (double)m->s->step_size_up, down = (double)m->s->step_size_down;
    cj_tensor *cycle = cj_floor_at(at, over(m, m->t, up + down));
    cj_tensor *place = cj_sub_at(at, m->t, cj_scale_at(at, cycle, up + down));
    cj_tensor *falling = over(m, cj_shift_at(at, cj_neg_at(at, place), up + down), down);
    cj_tensor *height = cj_minimum_at(at, over(m, place, up), falling);
    if (m->s->kind == CJ_TRIANGULAR2)
        height = cj_mul_at(at, height, cj_pow_at(at, number(m, 0.5), cycle));
    if (m->s->kind == CJ_EXP_RANGE)
        height = cj_mul_at(at, height, cj_pow_at(at, number(m, m->s->gamma), m->t));
    return cj_shift_at(at, cj_scale_at(at, height, m->lr - m->s->eta_min), m->s->eta_min);
}

cj_tensor *cj_rate_inverse_sqrt(const cj_moment *m)
{
    double w = (double)CJ_MAX(m->s->warmup, 1);
    cj_tensor *steps = cj_maximum_at(m->at, cj_shift_at(m->at, m->t, 1), number(m, w));
    cj_tensor *share = cj_div_at(m->at, number(m, w), steps);
    return cj_scale_at(m->at, cj_sqrt_at(m->at, share), m->lr);
}
