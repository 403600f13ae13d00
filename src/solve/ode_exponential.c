/*
 * src/solve/ode_exponential.c - ETDRK4: the linear part by its exponential, the rest by four slopes.
 */
#include "solve/ode.h"

typedef struct exponential {
    cj_flow flow;
    cj_at at;
    cj_tensor *whole, *half, *q; /* e^hL, e^(hL/2), h/2 phi1(hL/2) */
    cj_tensor *f1, *f2, *f3;     /* weights of the slopes */
} exponential;

/* phi1 = (e^z - 1) / z, phi2 = (phi1 - 1) / z, phi3 = (phi2 - 1/2) / z; within 1 of 0 the series sum z^j / (j + k)!. */
static void phi(cj_at at, cj_tensor *z, cj_tensor **out)
{
    enum { TERMS = 20 };
    cj_tensor *one = cj_like_at(at, z, 1), *near = cj_lt_at(at, cj_abs_at(at, z), one);
    cj_tensor *far = cj_where_at(at, near, one, z), *close = cj_where_at(at, near, z, one);
    static const double first[3] = {1, 0.5, 1 / 6.0}; /* 1 / k! */
    cj_tensor *direct = cj_expm1_at(at, far);
    for (int k = 0; k < 3; k++) {
        double coefficient = first[k], all[TERMS];
        for (int j = 0; j < TERMS; j++) {
            all[j] = coefficient;
            coefficient /= j + k + 2;
        }
        cj_tensor *series = cj_like_at(at, z, all[TERMS - 1]);
        for (int j = TERMS - 2; j >= 0; j--)
            series = cj_shift_at(at, cj_mul_at(at, series, close), all[j]);
        direct = cj_div_at(at, k ? cj_shift_at(at, direct, -first[k - 1]) : direct, far);
        out[k] = cj_where_at(at, near, series, direct);
    }
}

static bool prepare(exponential *e, cj_tensor *linear, cj_tensor *h)
{
    cj_at at = e->at;
    cj_tensor *z = cj_mul_at(at, linear, h), *p[3], *p_half[3];
    cj_tensor *z_half = z ? cj_scale_at(at, z, 0.5) : NULL;
    if (!z_half)
        return false;
    phi(at, z, p);
    phi(at, z_half, p_half);
    e->whole = cj_exp_at(at, z);
    e->half = cj_exp_at(at, z_half);
    e->q = cj_mul_at(at, cj_scale_at(at, p_half[0], 0.5), h);
    cj_tensor *two = cj_scale_at(at, p[1], 2), *four = cj_scale_at(at, p[2], 4);
    cj_tensor *sum = cj_sub_at(at, cj_add_at(at, p[0], four), cj_scale_at(at, p[1], 3));
    e->f1 = cj_mul_at(at, sum, h);
    e->f2 = cj_mul_at(at, cj_sub_at(at, two, four), h);
    e->f3 = cj_mul_at(at, cj_sub_at(at, four, p[1]), h);
    return e->f1 && e->f2 && e->f3 && e->q;
}

/* a b + c d */
static cj_tensor *both(cj_at at, cj_tensor *a, cj_tensor *b, cj_tensor *c, cj_tensor *d)
{
    return cj_add_at(at, cj_mul_at(at, a, b), cj_mul_at(at, c, d));
}

static void body(void *user, cj_body *b)
{
    const exponential *e = user;
    cj_at at = e->at;
    cj_tensor *t = b->x[0], *h = b->x[1], *y = b->carry[0];
    cj_tensor *middle = cj_add_at(at, t, cj_scale_at(at, h, 0.5));
    cj_tensor *n0 = cj_flow_slope(&e->flow, t, y);
    cj_tensor *a = both(at, e->half, y, e->q, n0);
    cj_tensor *n1 = cj_flow_slope(&e->flow, middle, a);
    cj_tensor *n2 = cj_flow_slope(&e->flow, middle, both(at, e->half, y, e->q, n1));
    cj_tensor *turn = cj_sub_at(at, cj_scale_at(at, n2, 2), n0);
    cj_tensor *n3 = cj_flow_slope(&e->flow, cj_add_at(at, t, h), both(at, e->half, a, e->q, turn));
    cj_tensor *next = both(at, e->whole, y, e->f1, n0);
    cj_tensor *rest = both(at, e->f2, cj_add_at(at, n1, n2), e->f3, n3);
    b->next[0] = b->y[0] = cj_add_at(at, next, rest);
}

static cj_tensor *solve(const struct cj_etdrk4_args *a)
{
    exponential e = {.flow = {a->at, a->field, a->user, a->parameter, NULL}, .at = a->at};
    cj_tensor *x[2], *init = a->y0, *after = NULL;
    int64_t steps = a->steps ? a->steps : 1;
    if (cj_extent(a->t, 0) == 1)
        return cj_unsqueeze_at(a->at, a->y0, 0);
    cj_grid(a->at, a->t, steps, &x[0], &x[1]);
    cj_tensor *h = cj_reshape_at(a->at, cj_narrow_at(a->at, x[1], 0, 0, 1), 0, NULL);
    if (!h || !prepare(&e, a->linear, h))
        return NULL;
    struct cj_loop_args l = {.context = cj_tensor_context(a->y0),
                             .body = body,
                             .user = &e,
                             .at = a->at,
                             .carries = 1,
                             .init = &init,
                             .xs = 2,
                             .x = x,
                             .ys = 1,
                             .y = &after};
    l.at.size = sizeof l;
    return cj_loop_at(&l) == CJ_OK ? cj_grid_values(a->at, a->y0, after, steps) : NULL;
}

cj_tensor *cj_etdrk4_at(const struct cj_etdrk4_args *args)
{
    struct cj_etdrk4_args a;
    if (!args || !args->y0 || !args->t || !args->linear)
        return NULL;
    cj_context *context = cj_tensor_context(args->y0);
    if (cj_context_status(context) != CJ_OK || !CJ_TAKE_ARGS(context, "etdrk4", a, args) ||
        !cj_ode_ready(a.at, "etdrk4", a.y0, a.t, a.field))
        return NULL;
    if (a.steps < 0 || cj_tensor_dtype(a.linear) != cj_tensor_dtype(a.y0)) {
        cj_fail_building(
            context, a.steps < 0 ? CJ_INVALID : CJ_DTYPE, a.at,
            "etdrk4: steps must be positive, and the linear part %s of the dtype of the "
            "state %s",
            CJ_TEXT_OF(a.linear), CJ_TEXT_OF(a.y0));
        return NULL;
    }
    return solve(&a);
}
