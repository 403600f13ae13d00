/*
 * src/solve/ode_fixed.c - steps on a grid: a scan over where they begin and how long they are.
 */
#include "solve/ode.h"

void cj_grid(cj_at at, cj_tensor *t, int64_t steps, cj_tensor **begin, cj_tensor **length)
{
    *begin = *length = NULL;
    if (!t)
        return;
    int64_t count = cj_extent(t, 0) - 1, shape[2] = {count, steps};
    cj_tensor *from = cj_reshape_at(at, cj_narrow_at(at, t, 0, 0, count), 2, (int64_t[]){count, 1});
    cj_tensor *to =
        cj_reshape_at(at, cj_narrow_at(at, t, 0, 1, count + 1), 2, (int64_t[]){count, 1});
    cj_tensor *each = cj_sub_at(at, to, from);
    each = each ? cj_div_at(at, each, cj_like_at(at, each, (double)steps)) : NULL;
    if (!each)
        return;
    cj_tensor *number = cj_iota_at(at, cj_tensor_context(t), cj_tensor_dtype(t), 2, shape, 1);
    *begin = cj_reshape_at(at, cj_add_at(at, from, cj_mul_at(at, number, each)), 1,
                           (int64_t[]){count * steps});
    *length = cj_reshape_at(at, cj_expand_at(at, each, 2, shape), 1, (int64_t[]){count * steps});
}

cj_tensor *cj_grid_values(cj_at at, cj_tensor *y0, cj_tensor *after, int64_t steps)
{
    if (!y0 || !after)
        return NULL;
    int rank = cj_rank(after);
    int64_t start[CJ_MAX_RANK] = {steps - 1}, stop[CJ_MAX_RANK], step[CJ_MAX_RANK] = {steps};
    for (int i = 0; i < rank; i++)
        stop[i] = cj_extent(after, i);
    for (int i = 1; i < rank; i++)
        step[i] = 1;
    cj_tensor *both[2] = {cj_unsqueeze_at(at, y0, 0), after};
    if (stop[0] == 0)
        return both[0];
    both[1] = cj_slice_at(at, after, start, stop, step);
    return both[0] && both[1] ? cj_concat_at(at, 0, 2, both) : NULL;
}

typedef struct fixed {
    const struct cj_odeint_args *a;
    const cj_flow *flow;
    const cj_tableau *m;
} fixed;

static void body(void *user, cj_body *b)
{
    const fixed *f = user;
    cj_tensor *k[CJ_STAGES], *t = b->x[0], *y = b->carry[0], *h = b->x[1];
    if (f->m->theta != 0) {
        b->next[0] = b->y[0] = cj_ode_implicit_step(f->a, f->m->theta, t, y, h);
        return;
    }
    k[0] = cj_flow_slope(f->flow, t, y);
    b->next[0] = b->y[0] = cj_flow_step(f->flow, f->m, t, y, h, k);
}

cj_tensor *cj_ode_fixed(const struct cj_odeint_args *a, const cj_flow *flow)
{
    fixed f = {a, flow, &cj_tableaux[a->method]};
    cj_tensor *x[2], *init = a->y0, *after = NULL;
    if (cj_extent(a->t, 0) == 1)
        return cj_unsqueeze_at(a->at, a->y0, 0);
    cj_grid(a->at, a->t, a->steps, &x[0], &x[1]);
    if (!x[0] || !x[1])
        return NULL;
    struct cj_loop_args l = {.context = cj_tensor_context(a->y0),
                             .body = body,
                             .user = &f,
                             .at = a->at,
                             .carries = 1,
                             .init = &init,
                             .xs = 2,
                             .x = x,
                             .ys = 1,
                             .y = &after};
    l.at.size = sizeof l;
    cj_loop_at(&l);
    return cj_grid_values(a->at, a->y0, after, a->steps);
}
