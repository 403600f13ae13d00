/*
 * src/solve/ode_adaptive.c - steps as long as the error allows: a loop that writes down where each step
 * begins and the polynomial along it, then the polynomials at the times that were asked for.
 */
#include "solve/ode.h"

#include <math.h>

enum { TIME, STATE, LENGTH, SLOPE, ERROR, GREW, CARRIES };
enum { BEGIN, SPAN, TERM, TERMS = 5, WRITTEN = TERM + TERMS };

typedef struct adaptive {
    const cj_flow *flow;
    const cj_tableau *m;
    cj_tensor *end;
    double rtol, atol;
} adaptive;

static cj_tensor *number(const adaptive *s, double v)
{
    return cj_like_at(s->flow->at, s->end, v);
}

/* The root mean square of x / scale, held constant; 0 of nothing. */
static cj_tensor *size_of(const adaptive *s, cj_tensor *x, cj_tensor *scale)
{
    cj_at at = s->flow->at;
    cj_tensor *square = cj_square_at(at, cj_div_at(at, x, scale));
    if (!square || cj_elements(square) == 0)
        return square ? number(s, 0) : NULL;
    cj_tensor *mean = cj_mean_at(at, square, CJ_ALL, false);
    return cj_stop_gradient_at(at, cj_sqrt_at(at, cj_stop_gradient_at(at, mean)));
}

/* atol + rtol max(|a|, |b|) */
static cj_tensor *scale_of(const adaptive *s, cj_tensor *a, cj_tensor *b)
{
    cj_at at = s->flow->at;
    cj_tensor *most = cj_maximum_at(at, cj_abs_at(at, a), cj_abs_at(at, b));
    return cj_stop_gradient_at(at, cj_shift_at(at, cj_scale_at(at, most, s->rtol), s->atol));
}

/*
 * The length to try next, h times 0.9 error^-(1/q - 3/4 beta) before^beta in [0.2, 10], beta = 0.04 (Hairer
 * and Wanner; q = order), not longer right after a rejection.
 */
static cj_tensor *next_length(const adaptive *s, cj_tensor *h, cj_tensor *error, cj_tensor *before,
                              cj_tensor *good, cj_tensor *grew)
{
    const double beta = 0.04;
    cj_at at = s->flow->at;
    cj_tensor *least = number(s, 1e-10), *one = number(s, 1);
    error = cj_maximum_at(at, error, least);
    cj_tensor *factor = cj_pow_at(at, error, number(s, -(1.0 / s->m->order - 0.75 * beta)));
    factor = cj_mul_at(at, factor, cj_pow_at(at, before, number(s, beta)));
    factor = cj_scale_at(at, factor, 0.9);
    cj_tensor *no_number = cj_ne_at(at, factor, factor);
    factor = cj_where_at(at, no_number, number(s, 0.2), factor);
    factor = cj_minimum_at(at, cj_maximum_at(at, factor, number(s, 0.2)), number(s, 10));
    cj_tensor *may_grow = cj_and_at(at, good, grew);
    factor = cj_where_at(at, may_grow, factor, cj_minimum_at(at, factor, one));
    return cj_stop_gradient_at(at, cj_mul_at(at, h, factor));
}

/*
 * y(t + u h) = r1 + u (r2 + (1 - u) (r3 + u (r4 + (1 - u) r5))): through both values and slopes, and, with
 * r5, of the order of the method less one (Hairer, Norsett and Wanner, II.6).
 */
static void polynomial(const adaptive *s, cj_tensor *y, cj_tensor *next, cj_tensor *h,
                       cj_tensor *const *k, cj_tensor **r)
{
    cj_at at = s->flow->at;
    cj_tensor *last = k[s->m->stages - 1];
    r[0] = y;
    r[1] = cj_sub_at(at, next, y);
    r[2] = cj_sub_at(at, cj_mul_at(at, k[0], h), r[1]);
    r[3] = cj_sub_at(at, cj_sub_at(at, r[1], cj_mul_at(at, last, h)), r[2]);
    r[4] = cj_flow_sum(s->flow, s->m->stages, s->m->dense, k, h);
    if (!r[4] && y)
        r[4] = cj_mul_at(at, cj_like_at(at, y, 0), y);
}

static void body(void *user, cj_body *b)
{
    const adaptive *s = user;
    cj_at at = s->flow->at;
    cj_tensor *t = b->carry[TIME], *y = b->carry[STATE], *wish = b->carry[LENGTH];
    cj_tensor *left = cj_sub_at(at, s->end, t), *k[CJ_STAGES] = {b->carry[SLOPE]};
    /* What would leave a crumb goes to the end at once. */
    cj_tensor *whole = cj_ge_at(at, cj_scale_at(at, wish, 1 + 1e-10), left);
    cj_tensor *h = cj_stop_gradient_at(at, cj_where_at(at, whole, left, wish));
    cj_tensor *next = cj_flow_step(s->flow, s->m, t, y, h, k);
    cj_tensor *error = cj_flow_sum(s->flow, s->m->stages, s->m->e, k, h);
    cj_tensor *ratio = size_of(s, error, scale_of(s, y, next));
    cj_tensor *good = cj_le_at(at, ratio, number(s, 1)); /* false of what is no number */
    cj_tensor *to = cj_where_at(at, whole, s->end, cj_add_at(at, t, h));
    cj_tensor *grew = cj_gt_at(at, b->carry[GREW], number(s, 0));
    b->next[TIME] = cj_where_at(at, good, to, t);
    b->next[STATE] = cj_where_at(at, good, next, y);
    b->next[SLOPE] = cj_where_at(at, good, k[s->m->stages - 1], k[0]);
    b->next[LENGTH] = next_length(s, h, ratio, b->carry[ERROR], good, grew);
    b->next[ERROR] =
        cj_where_at(at, good, cj_maximum_at(at, ratio, number(s, 1e-4)), b->carry[ERROR]);
    b->next[GREW] = cj_where_at(at, good, number(s, 1), number(s, 0));
    b->y[BEGIN] = t;
    b->y[SPAN] = h;
    polynomial(s, y, next, h, k, b->y + TERM);
    b->go = cj_lt_at(at, b->next[TIME], s->end);
}

/* Hairer, Norsett and Wanner, II.4: from the sizes of y, of its slope, and of how that changes. */
static cj_tensor *first_length(const adaptive *s, cj_tensor *t, cj_tensor *y, cj_tensor *k)
{
    cj_at at = s->flow->at;
    cj_tensor *scale = scale_of(s, y, y), *small = number(s, 1e-5), *tiny = number(s, 1e-15);
    cj_tensor *d0 = size_of(s, y, scale), *d1 = size_of(s, k, scale);
    cj_tensor *h = cj_scale_at(at, cj_div_at(at, d0, cj_maximum_at(at, d1, tiny)), 0.01);
    cj_tensor *flat = cj_or_at(at, cj_lt_at(at, d0, small), cj_lt_at(at, d1, small));
    h = cj_where_at(at, flat, number(s, 1e-6), h);
    h = cj_minimum_at(at, h, cj_sub_at(at, s->end, t));
    cj_tensor *there = cj_add_at(at, y, cj_mul_at(at, k, h));
    cj_tensor *slope = cj_flow_slope(s->flow, cj_add_at(at, t, h), there);
    cj_tensor *d2 = size_of(s, cj_sub_at(at, slope, k), scale);
    d2 = cj_div_at(at, d2, cj_maximum_at(at, h, tiny));
    cj_tensor *most = cj_maximum_at(at, d1, d2);
    cj_tensor *guess = cj_scale_at(at, cj_reciprocal_at(at, cj_maximum_at(at, most, tiny)), 0.01);
    guess = cj_pow_at(at, guess, number(s, 1.0 / s->m->order));
    cj_tensor *longer = cj_maximum_at(at, number(s, 1e-6), cj_scale_at(at, h, 1e-3));
    guess = cj_where_at(at, cj_le_at(at, most, tiny), longer, guess);
    return cj_stop_gradient_at(at, cj_minimum_at(at, cj_scale_at(at, h, 100), guess));
}

/* x [T] as [T, 1, ...] of the rank of y. */
static cj_tensor *down(cj_at at, cj_tensor *x, const cj_tensor *y)
{
    int64_t shape[CJ_MAX_RANK] = {x ? cj_extent(x, 0) : 0};
    for (int i = 1; i < cj_rank(y); i++)
        shape[i] = 1;
    return cj_reshape_at(at, x, cj_rank(y), shape);
}

/* The polynomials at the times; NaN where time was not reached. */
static cj_tensor *look_up(const adaptive *s, cj_tensor *times, cj_tensor *const *written,
                          cj_tensor *iterations, cj_tensor *reached)
{
    cj_at at = s->flow->at;
    if (!written[BEGIN] || !iterations || !times)
        return NULL;
    cj_context *context = cj_tensor_context(times);
    cj_dtype dtype = cj_tensor_dtype(times);
    cj_tensor *number_of = cj_iota_at(at, context, CJ_I64, 1, cj_shape(written[BEGIN]), 0);
    cj_tensor *begins = cj_where_at(at, cj_lt_at(at, number_of, iterations), written[BEGIN],
                                    cj_scalar_at(at, context, dtype, (double)INFINITY));
    begins = cj_stop_gradient_at(at, begins);
    cj_tensor *held = cj_stop_gradient_at(at, times);
    cj_tensor *index = cj_searchsorted_at(at, begins, held, true);
    index = index ? cj_maximum_at(at, cj_shift_at(at, index, -1), cj_like_at(at, index, 0)) : NULL;
    cj_tensor *r[TERMS];
    for (int i = 0; i < TERMS; i++)
        r[i] = cj_take_at(at, written[TERM + i], 0, index);
    if (!r[0])
        return NULL;
    cj_tensor *u = cj_sub_at(at, times, cj_take_at(at, written[BEGIN], 0, index));
    u = down(at, cj_div_at(at, u, cj_take_at(at, written[SPAN], 0, index)), r[0]);
    cj_tensor *rest = u ? cj_shift_at(at, cj_neg_at(at, u), 1) : NULL;
    cj_tensor *y = cj_add_at(at, r[3], cj_mul_at(at, rest, r[4]));
    y = cj_add_at(at, r[2], cj_mul_at(at, u, y));
    y = cj_add_at(at, r[1], cj_mul_at(at, rest, y));
    y = cj_add_at(at, r[0], cj_mul_at(at, u, y));
    cj_tensor *there = down(at, cj_le_at(at, held, reached), r[0]);
    return cj_where_at(at, there, y, y ? cj_like_at(at, y, (double)NAN) : NULL);
}

cj_tensor *cj_ode_adaptive(const struct cj_odeint_args *a, const cj_flow *flow)
{
    cj_at at = a->at;
    cj_context *context = cj_tensor_context(a->y0);
    int64_t count = cj_extent(a->t, 0);
    cj_tensor *times = cj_mul_at(at, flow->sign, a->t);
    cj_tensor *begin = cj_reshape_at(at, cj_narrow_at(at, times, 0, 0, 1), 0, NULL);
    cj_tensor *end = cj_reshape_at(at, cj_narrow_at(at, times, 0, count - 1, count), 0, NULL);
    if (!begin || !end)
        return NULL;
    adaptive s = {flow, &cj_tableaux[a->method], cj_stop_gradient_at(at, end), a->rtol, a->atol};
    cj_tensor *init[CARRIES] = {[TIME] = begin, [STATE] = a->y0};
    init[SLOPE] = cj_flow_slope(flow, begin, a->y0);
    init[LENGTH] = a->first_step != 0 ? number(&s, a->first_step)
                                      : first_length(&s, begin, a->y0, init[SLOPE]);
    init[ERROR] = number(&s, 1e-4);
    init[GREW] = number(&s, 1);
    if (cj_context_status(context) != CJ_OK)
        return NULL;
    cj_tensor *last[CARRIES], *written[WRITTEN], *iterations;
    struct cj_loop_args l = {.context = context,
                             .body = body,
                             .user = &s,
                             .at = at,
                             .carries = CARRIES,
                             .init = init,
                             .ys = WRITTEN,
                             .capacity = a->max_steps,
                             .go = cj_lt_at(at, begin, s.end),
                             .last = last,
                             .y = written,
                             .iterations = &iterations};
    l.at.size = sizeof l;
    if (cj_loop_at(&l) != CJ_OK)
        return NULL;
    if (a->steps_tried)
        *a->steps_tried = iterations;
    cj_tensor *path = look_up(&s, times, written, iterations, last[TIME]);
    /* Where no time passes there is no step to look at. */
    cj_tensor *at_start = path ? down(at, cj_eq_at(at, times, begin), path) : NULL;
    return cj_where_at(at, at_start, cj_unsqueeze_at(at, a->y0, 0), path);
}
