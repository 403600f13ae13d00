/*
 * src/solve/ode_adjoint.c - the gradient of a solution by the adjoint equation (Pontryagin; Chen et al., "Neural
 * ordinary differential equations", NeurIPS 2018).
 *
 * With a = dL/dy: y' = f, a' = -a^T df/dy, p' = -a^T df/dp, solved from each time back to the one before, where a
 * takes up what L asks of y there. y, a and all p are one flat state.
 */
#include "solve/ode.h"

#include "cajal/custom.h"
#include "cajal/transform.h"

enum { MOST_PARAMETERS = 64 };

/* What a node remembers: the options, without the tensors, which every derivative is handed anew. */
typedef struct adjoint {
    struct cj_odeint_args a;
} adjoint;

/* The augmented field's own: where the parts of the state lie. */
typedef struct augmented {
    const struct cj_odeint_args *a; /* parameters of this derivative */
    int rank;
    int64_t shape[CJ_MAX_RANK], n;
} augmented;

static cj_tensor *flat(cj_at at, cj_tensor *x)
{
    return x ? cj_reshape_at(at, x, 1, (int64_t[]){-1}) : NULL;
}

static cj_tensor *part(const augmented *g, cj_tensor *state, int64_t from)
{
    cj_tensor *x = cj_narrow_at(g->a->at, state, 0, from, from + g->n);
    return cj_reshape_at(g->a->at, x, g->rank, g->shape);
}

static cj_tensor *zeros_like(cj_at at, const cj_tensor *x)
{
    return cj_full_at(at, cj_tensor_context(x), cj_tensor_dtype(x), cj_rank(x), cj_shape(x), 0);
}

static cj_tensor *join(cj_at at, int count, cj_tensor **piece)
{
    for (int i = 0; i < count; i++)
        if (!(piece[i] = flat(at, piece[i])))
            return NULL;
    return cj_concat_at(at, 0, count, piece);
}

static cj_tensor *augmented_field(void *user, cj_tensor *t, cj_tensor *state,
                                  cj_tensor *const *parameter)
{
    const augmented *g = user;
    cj_at at = g->a->at;
    cj_tensor *y = part(g, state, 0), *cotangent = part(g, state, g->n);
    cj_tensor *x[MOST_PARAMETERS + 1], *piece[MOST_PARAMETERS + 2];
    if (!y || !cotangent)
        return NULL;
    x[0] = cj_tap_at(at, y);
    for (int i = 0; i < g->a->parameters; i++)
        x[i + 1] = cj_tap_at(at, parameter[i]);
    cj_tensor *const *own = g->a->parameters ? x + 1 : NULL;
    cj_tensor *slope = g->a->field(g->a->user, t, x[0], own);
    if (!slope || cj_vjp_at(at, 1, &slope, &cotangent, g->a->parameters + 1, x, piece + 1) != CJ_OK)
        return NULL;
    piece[0] = slope;
    for (int i = 0; i <= g->a->parameters; i++)
        piece[i + 1] = piece[i + 1] ? cj_neg_at(at, piece[i + 1]) : zeros_like(at, x[i]);
    return join(at, g->a->parameters + 2, piece);
}

typedef struct backwards {
    augmented g;
    int64_t size; /* of the flat state */
} backwards;

/* From one time to the one before: x are both times, y at the later one and what L asks of it. */
static void body(void *user, cj_body *b)
{
    backwards *w = user;
    cj_at at = w->g.a->at;
    int64_t n = w->g.n;
    cj_tensor *a = cj_add_at(at, cj_narrow_at(at, b->carry[0], 0, 0, n), flat(at, b->x[2]));
    cj_tensor *piece[3] = {b->x[1], a, cj_narrow_at(at, b->carry[0], 0, n, w->size)};
    struct cj_odeint_args back = *w->g.a;
    back.field = augmented_field;
    back.user = &w->g;
    back.y0 = join(at, 3, piece);
    back.t = b->x[0];
    cj_tensor *path = back.y0 ? cj_ode_solve(&back) : NULL;
    if (!path)
        return;
    cj_tensor *end = cj_squeeze_at(at, cj_narrow_at(at, path, 0, 1, 2), 0);
    b->next[0] = cj_narrow_at(at, end, 0, n, n + w->size);
}

/* [T - 1, 2]: t[i + 1], t[i] */
static cj_tensor *pairs(cj_at at, cj_tensor *t)
{
    int64_t n = cj_extent(t, 0);
    cj_tensor *both[2] = {cj_unsqueeze_at(at, cj_narrow_at(at, t, 0, 1, n), 1),
                          cj_unsqueeze_at(at, cj_narrow_at(at, t, 0, 0, n - 1), 1)};
    return both[0] && both[1] ? cj_concat_at(at, 1, 2, both) : NULL;
}

/* x is y0, t, the parameters; y the path. */
static void vjp(void *user, cj_tensor *y, int count, cj_tensor *const *x, cj_tensor *g,
                cj_tensor **out)
{
    const adjoint *d = user;
    struct cj_odeint_args a = d->a;
    cj_at at = a.at;
    int64_t times = cj_extent(x[1], 0), size = 0, place = 0;
    a.y0 = x[0];
    a.t = x[1];
    a.parameters = count - 2;
    a.parameter = count > 2 ? x + 2 : NULL;
    backwards w = {.g = {.a = &a, .rank = cj_rank(x[0]), .n = cj_elements(x[0])}};
    memcpy(w.g.shape, cj_shape(x[0]), (size_t)w.g.rank * sizeof *w.g.shape);
    for (int i = 0; i < count; i++)
        size += i == 1 ? 0 : cj_elements(x[i]);
    w.size = size;
    cj_tensor *start = cj_full_at(at, cj_tensor_context(y), cj_tensor_dtype(y), 1, &size, 0);
    cj_tensor *rows[3] = {pairs(at, x[1]), cj_narrow_at(at, y, 0, 1, times),
                          cj_narrow_at(at, g, 0, 1, times)};
    cj_tensor *end = start;
    if (!start || !rows[0] || !rows[1] || !rows[2])
        return;
    struct cj_loop_args l = {.context = cj_tensor_context(y),
                             .body = body,
                             .user = &w,
                             .at = at,
                             .carries = 1,
                             .init = &start,
                             .xs = 3,
                             .x = rows,
                             .reverse = true,
                             .last = &end};
    l.at.size = sizeof l;
    if (cj_loop_at(&l) != CJ_OK)
        return;
    for (int i = 0; i < count; i++) {
        if (i == 1)
            continue;
        int64_t n = cj_elements(x[i]);
        out[i] = cj_narrow_at(at, end, 0, place, place + n);
        out[i] = cj_reshape_at(at, out[i], cj_rank(x[i]), cj_shape(x[i]));
        place += n;
    }
    cj_tensor *first = cj_squeeze_at(at, cj_narrow_at(at, g, 0, 0, 1), 0);
    out[0] = cj_add_at(at, out[0], first);
}

cj_tensor *cj_ode_adjoint(const struct cj_odeint_args *a)
{
    cj_context *context = cj_tensor_context(a->y0);
    cj_tensor *x[MOST_PARAMETERS + 2] = {a->y0, a->t};
    if (a->parameters > MOST_PARAMETERS || a->steps_tried) {
        cj_fail_building(
            context, CJ_INVALID, a->at,
            "odeint: the adjoint method takes at most %d parameters, and no steps_tried",
            MOST_PARAMETERS);
        return NULL;
    }
    for (int i = 0; i < a->parameters; i++)
        x[i + 2] = a->parameter[i];
    adjoint d = {*a};
    d.a.y0 = d.a.t = NULL;
    d.a.parameter = NULL;
    struct cj_odeint_args held = *a;
    cj_tensor *still[MOST_PARAMETERS];
    held.y0 = cj_stop_gradient_at(a->at, a->y0);
    held.t = cj_stop_gradient_at(a->at, a->t);
    for (int i = 0; i < a->parameters; i++)
        still[i] = cj_stop_gradient_at(a->at, a->parameter[i]);
    held.parameter = a->parameters ? still : NULL;
    cj_tensor *path = held.y0 && held.t ? cj_ode_solve(&held) : NULL;
    if (!path)
        return NULL;
    struct cj_custom_gradient_args c = {.y = path,
                                        .count = a->parameters + 2,
                                        .x = x,
                                        .vjp = vjp,
                                        .at = a->at,
                                        .user = &d,
                                        .user_bytes = sizeof d,
                                        .name = "odeint by the adjoint method"};
    c.at.size = sizeof c;
    return cj_custom_gradient_at(&c);
}
