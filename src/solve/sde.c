/*
 * src/solve/sde.c - stochastic differential equations with noise of its own for each element.
 */
#include "solve/ode.h"

#include "cajal/transform.h"

typedef struct sde {
    const struct cj_sdeint_args *a;
    cj_flow drift, diffusion;
} sde;

/* Row i of the noise, or sqrt(h) times a normal draw with the key folded by i. */
static cj_tensor *increment(const sde *s, const cj_body *b, cj_tensor *h)
{
    cj_at at = s->a->at;
    if (s->a->noise)
        return b->x[2];
    cj_tensor *y = b->carry[0], *key = cj_fold_at(at, s->a->key, b->index);
    cj_tensor *draw = cj_random_normal_at(at, key, cj_tensor_dtype(y), cj_rank(y), cj_shape(y));
    return cj_mul_at(at, draw, cj_sqrt_at(at, cj_abs_at(at, h)));
}

/* g g' (dW^2 - h) / 2, g' by the tangent of g along g. */
static cj_tensor *milstein(const sde *s, cj_tensor *t, cj_tensor *y, cj_tensor *h, cj_tensor *dw,
                           cj_tensor **g)
{
    cj_at at = s->a->at;
    cj_tensor *place = cj_tap_at(at, y), *along, *slope = cj_flow_slope(&s->diffusion, t, place);
    *g = slope;
    if (!slope || cj_jvp_at(at, 1, &place, &slope, 1, &slope, &along) != CJ_OK)
        return NULL;
    cj_tensor *square = cj_sub_at(at, cj_square_at(at, dw), h);
    return along ? cj_scale_at(at, cj_mul_at(at, along, square), 0.5) : NULL;
}

static void body(void *user, cj_body *b)
{
    const sde *s = user;
    cj_at at = s->a->at;
    cj_tensor *t = b->x[0], *h = b->x[1], *y = b->carry[0], *more = NULL, *g;
    cj_tensor *dw = increment(s, b, h), *f = cj_flow_slope(&s->drift, t, y);
    if (s->a->method == CJ_SDE_MILSTEIN)
        more = milstein(s, t, y, h, dw, &g);
    else
        g = cj_flow_slope(&s->diffusion, t, y);
    cj_tensor *change = cj_add_at(at, cj_mul_at(at, f, h), cj_mul_at(at, g, dw));
    if (s->a->method == CJ_SDE_HEUN) {
        cj_tensor *there = cj_add_at(at, y, change), *later = cj_add_at(at, t, h);
        cj_tensor *f1 = cj_flow_slope(&s->drift, later, there);
        cj_tensor *g1 = cj_flow_slope(&s->diffusion, later, there);
        cj_tensor *end = cj_add_at(at, cj_mul_at(at, f1, h), cj_mul_at(at, g1, dw));
        change = cj_scale_at(at, cj_add_at(at, change, end), 0.5);
    }
    if (more)
        change = cj_add_at(at, change, more);
    b->next[0] = b->y[0] = cj_add_at(at, y, change);
}

static cj_tensor *solve(const struct cj_sdeint_args *a)
{
    sde s = {a,
             {a->at, a->drift, a->user, a->parameter, NULL},
             {a->at, a->diffusion, a->user, a->parameter, NULL}};
    cj_tensor *x[3], *init = a->y0, *after = NULL;
    if (cj_extent(a->t, 0) == 1)
        return cj_unsqueeze_at(a->at, a->y0, 0);
    cj_grid(a->at, a->t, a->steps, &x[0], &x[1]);
    x[2] = a->noise;
    struct cj_loop_args l = {.context = cj_tensor_context(a->y0),
                             .body = body,
                             .user = &s,
                             .at = a->at,
                             .carries = 1,
                             .init = &init,
                             .xs = a->noise ? 3 : 2,
                             .x = x,
                             .ys = 1,
                             .y = &after};
    l.at.size = sizeof l;
    if (!x[0] || !x[1] || cj_loop_at(&l) != CJ_OK)
        return NULL;
    return cj_grid_values(a->at, a->y0, after, a->steps);
}

/* The noise, where it is given, is [(T - 1) steps, shape of y0...]. */
static bool noise_fits(const struct cj_sdeint_args *a)
{
    const cj_tensor *n = a->noise, *y = a->y0;
    if (!n)
        return true;
    bool fits = cj_tensor_dtype(n) == cj_tensor_dtype(y) && cj_rank(n) == cj_rank(y) + 1 &&
                cj_extent(n, 0) == (cj_extent(a->t, 0) - 1) * a->steps;
    for (int i = 0; fits && i < cj_rank(y); i++)
        fits = cj_extent(n, i + 1) == cj_extent(y, i);
    return fits;
}

cj_tensor *cj_sdeint_at(const struct cj_sdeint_args *args)
{
    struct cj_sdeint_args a;
    if (!args || !args->y0 || !args->t)
        return NULL;
    cj_context *context = cj_tensor_context(args->y0);
    if (cj_context_status(context) != CJ_OK || !CJ_TAKE_ARGS(context, "sdeint", a, args) ||
        !cj_ode_ready(a.at, "sdeint", a.y0, a.t, a.drift && a.diffusion))
        return NULL;
    a.steps = a.steps ? a.steps : 1;
    if (a.steps < 0 || (unsigned)a.method > CJ_SDE_HEUN || (!a.key && !a.noise))
        cj_fail_building(context, CJ_INVALID, a.at, "sdeint: %s",
                         a.key || a.noise ? "steps and method must not be negative or unknown"
                                          : "it needs a key or the noise");
    else if (!noise_fits(&a))
        cj_fail_building(
            context, CJ_SHAPE, a.at,
            "sdeint: the noise is %s; it must be a row of the state %s for each of %lld "
            "steps",
            CJ_TEXT_OF(a.noise), CJ_TEXT_OF(a.y0), (long long)((cj_extent(a.t, 0) - 1) * a.steps));
    return cj_context_status(context) == CJ_OK ? solve(&a) : NULL;
}
