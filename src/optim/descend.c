/*
 * src/optim/descend.c - an inner training: steps of an optimiser in one loop.
 */
#include "cajal/loop.h"
#include "optim/optim.h"

enum { MOST = 64, MOST_ROWS = 16, SLOTS = MOST * CJ_OPTIMISER_STATES };

/* Carries are the parameters, then the state tensors that there are. */
typedef struct descent {
    struct cj_descend_args a;
    cj_optimiser o;
    int slot[SLOTS]; /* of state 3 i + j among the carries; 0: none */
    int carries;
} descent;

static cj_tensor *step_of(const descent *d, cj_tensor *index)
{
    return d->a.step ? cj_add_at(d->a.at, index, d->a.step) : index;
}

static void unpack(const descent *d, cj_tensor *const *carry, cj_tensor **state)
{
    for (int i = 0; i < d->a.count * CJ_OPTIMISER_STATES; i++)
        state[i] = d->slot[i] ? carry[d->slot[i]] : NULL;
}

static void body(void *user, cj_body *b)
{
    const descent *d = user;
    const struct cj_descend_args *a = &d->a;
    cj_tensor *gradient[MOST], *state[SLOTS], *next[MOST];
    cj_tensor *step = step_of(d, b->index);
    cj_tensor *loss = step ? a->loss(a->user, step, b->carry, b->x) : NULL;
    if (!loss || cj_grad_at(a->at, loss, a->count, b->carry, gradient) != CJ_OK)
        return;
    struct cj_optimiser_step_args s = {.optimiser = &d->o,
                                       .count = a->count,
                                       .parameter = b->carry,
                                       .gradient = gradient,
                                       .state = state,
                                       .new_parameter = next,
                                       .new_state = state,
                                       .at = a->at,
                                       .step = step};
    s.at.size = sizeof s;
    unpack(d, b->carry, state);
    if (a->schedule)
        s.rate = cj_schedule_rate_at(a->at, a->schedule, step, d->o.lr, 0, a->steps);
    if (cj_optimiser_step_at(&s) != CJ_OK)
        return;
    for (int i = 0; i < a->count; i++)
        b->next[i] = next[i];
    for (int i = 0; i < a->count * CJ_OPTIMISER_STATES; i++)
        if (d->slot[i])
            b->next[d->slot[i]] = state[i];
    b->y[0] = cj_reshape_at(a->at, loss, 0, NULL);
}

/* What the carries begin with, and where each state is among them. */
static void begin(descent *d, cj_tensor **init)
{
    const struct cj_descend_args *a = &d->a;
    d->carries = a->count;
    for (int i = 0; i < a->count; i++) {
        cj_tensor *p = init[i] = a->parameter[i];
        const cj_optimiser_row *row = cj_optimiser_row_of(&d->o, cj_rank(p));
        for (int j = 0; j < CJ_OPTIMISER_STATES; j++) {
            int at = i * CJ_OPTIMISER_STATES + j;
            if (!cj_optimiser_has(&d->o, &row->state[j]))
                continue;
            d->slot[at] = d->carries;
            init[d->carries] = a->state ? a->state[at] : NULL;
            if (!init[d->carries])
                init[d->carries] =
                    cj_full_at(a->at, cj_tensor_context(p), cj_tensor_dtype(p),
                               row->state[j].scalar ? 0 : cj_rank(p), cj_shape(p), 0);
            d->carries++;
        }
    }
}

static cj_status descend(descent *d, cj_context *context)
{
    const struct cj_descend_args *a = &d->a;
    cj_tensor *init[MOST + SLOTS], *last[MOST + SLOTS] = {NULL}, *losses = NULL;
    begin(d, init);
    struct cj_loop_args l = {.context = context,
                             .body = body,
                             .user = d,
                             .at = a->at,
                             .carries = d->carries,
                             .init = init,
                             .xs = a->xs,
                             .x = a->x,
                             .ys = 1,
                             .capacity = a->xs ? 0 : a->steps,
                             .last = last,
                             .y = &losses};
    l.at.size = sizeof l;
    cj_status status = cj_loop_at(&l);
    for (int i = 0; i < a->count; i++)
        a->last[i] = last[i];
    if (a->new_state)
        unpack(d, last, a->new_state);
    if (a->losses)
        *a->losses = losses;
    return status;
}

static const char *wrong(const struct cj_descend_args *a)
{
    if (!a->loss || !a->optimiser || !a->last)
        return "it needs a loss, an optimiser and last";
    if (a->count > MOST || a->xs > MOST_ROWS || a->xs < 0)
        return "it takes at most 64 parameters and 16 xs";
    for (int i = 0; i < a->count; i++)
        if (!a->parameter[i])
            return "a parameter is NULL";
    for (int i = 0; i < a->xs; i++)
        if (!a->x[i] || cj_rank(a->x[i]) < 1)
            return "an x is NULL or has no axis of steps";
    if (a->steps < 0 || (a->steps == 0 && a->xs == 0))
        return "it needs a positive number of steps, or an x";
    if (a->xs && a->steps && cj_extent(a->x[0], 0) != a->steps)
        return "the first extent of x is not the number of steps";
    return NULL;
}

cj_status cj_descend_at(const struct cj_descend_args *args)
{
    descent d = {0};
    if (!args || args->count < 1 || !args->parameter || !args->parameter[0])
        return CJ_INVALID;
    cj_context *context = cj_tensor_context(args->parameter[0]);
    if (cj_context_status(context) != CJ_OK)
        return cj_context_status(context);
    if (!CJ_TAKE_ARGS(context, "descend", d.a, args))
        return CJ_INVALID;
    const char *what = wrong(&d.a);
    if (what)
        return cj_fail_building(context, CJ_INVALID, d.a.at, "descend: %s", what);
    if (!d.a.steps)
        d.a.steps = cj_extent(d.a.x[0], 0);
    cj_status status = cj_optimiser_take(context, d.a.optimiser, &d.o);
    return status == CJ_OK ? descend(&d, context) : status;
}
