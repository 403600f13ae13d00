/*
 * src/solve/ode_split.c - the leapfrog: half a kick, a drift, half a kick.
 */
#include "solve/ode.h"

typedef struct leapfrog {
    cj_flow flow;
    cj_at at;
} leapfrog;

/* carry: q, v and the acceleration at q, so that the force is asked once a step. */
static void body(void *user, cj_body *b)
{
    const leapfrog *l = user;
    cj_at at = l->at;
    cj_tensor *t = b->x[0], *h = b->x[1], *half = cj_scale_at(at, h, 0.5);
    cj_tensor *v = cj_add_at(at, b->carry[1], cj_mul_at(at, b->carry[2], half));
    cj_tensor *q = cj_add_at(at, b->carry[0], cj_mul_at(at, v, h));
    cj_tensor *a = cj_flow_slope(&l->flow, cj_add_at(at, t, h), q);
    b->next[0] = b->y[0] = q;
    b->next[1] = b->y[1] = cj_add_at(at, v, cj_mul_at(at, a, half));
    b->next[2] = a;
}

static cj_status solve(const struct cj_leapfrog_args *a, const leapfrog *l)
{
    cj_context *context = cj_tensor_context(a->q0);
    cj_tensor *x[2], *after[2] = {NULL}, *begin = cj_narrow_at(a->at, a->t, 0, 0, 1);
    cj_tensor *start = cj_flow_slope(&l->flow, cj_reshape_at(a->at, begin, 0, NULL), a->q0);
    cj_tensor *init[3] = {a->q0, a->v0, start};
    int64_t steps = a->steps ? a->steps : 1;
    cj_grid(a->at, a->t, steps, &x[0], &x[1]);
    if (cj_context_status(context) != CJ_OK)
        return cj_context_status(context);
    struct cj_loop_args loop = {.context = context,
                                .body = body,
                                .user = (void *)(uintptr_t)l,
                                .at = a->at,
                                .carries = 3,
                                .init = init,
                                .xs = 2,
                                .x = x,
                                .ys = 2,
                                .y = after};
    loop.at.size = sizeof loop;
    cj_loop_at(&loop);
    cj_tensor *q = cj_grid_values(a->at, a->q0, after[0], steps);
    cj_tensor *v = cj_grid_values(a->at, a->v0, after[1], steps);
    if (a->q)
        *a->q = q;
    if (a->v)
        *a->v = v;
    return cj_context_status(context);
}

cj_status cj_leapfrog_at(const struct cj_leapfrog_args *args)
{
    struct cj_leapfrog_args a;
    if (!args || !args->q0 || !args->v0 || !args->t)
        return CJ_INVALID;
    cj_context *context = cj_tensor_context(args->q0);
    if (cj_context_status(context) != CJ_OK || !CJ_TAKE_ARGS(context, "leapfrog", a, args) ||
        !cj_ode_ready(a.at, "leapfrog", a.q0, a.t, a.force))
        return cj_context_status(context);
    if (a.steps < 0)
        return cj_fail_building(context, CJ_INVALID, a.at, "leapfrog: steps must be positive");
    leapfrog l = {{a.at, a.force, a.user, a.parameter, NULL}, a.at};
    return solve(&a, &l);
}
