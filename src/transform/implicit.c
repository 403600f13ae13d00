/*
 * src/transform/implicit.c - derivatives of solutions, from the equation that they solve.
 *
 * One idea, used on itself. A solution z of F(z, theta) = 0 is a custom gradient whose vjp solves
 * J^T w = g, J = dF/dz. That w is a solution too: of F'(w; g, z, theta) = J(z, theta)^T w - g = 0.
 * So it is made by the same function, and derivatives of derivatives follow. What the iterations
 * compute with is stopped: no derivative ever enters them.
 */
#include "cajal/implicit.h"
#include "cajal/custom.h"
#include "cajal/loop.h"
#include "cajal/transform.h"
#include "graph/custom.h"
#include "transform/rules.h"

typedef struct problem {
    cj_at at;
    cj_equation *f;
    void *user;
    bool symmetric;
    double tolerance;
} problem;

static cj_tensor *stopped(cj_at at, cj_tensor *x)
{
    return cj_stop_gradient_at(at, x);
}

static cj_tensor *dot(cj_at at, cj_tensor *a, cj_tensor *b)
{
    return cj_sum_at(at, cj_mul_at(at, a, b), CJ_ALL, false);
}

/* a > tolerance^2 b */
static cj_tensor *exceeds(const problem *p, cj_tensor *a, cj_tensor *b)
{
    return cj_gt_at(p->at, a, cj_scale_at(p->at, b, p->tolerance * p->tolerance));
}

static cj_tensor *zeros(cj_at at, const cj_tensor *like)
{
    return cj_full_at(at, like->context, (cj_dtype)like->dtype, like->rank, like->shape, 0);
}

/* f(z, theta), of z's form. */
static cj_tensor *residual(const problem *p, cj_tensor *z, int count, cj_tensor *const *theta)
{
    char one[160], two[160];
    cj_tensor *r = z ? p->f(p->user, z, count, theta) : NULL;
    if (r && (r->dtype != z->dtype || r->rank != z->rank ||
              memcmp(r->shape, z->shape, z->rank * sizeof *z->shape) != 0)) {
        cj_fail_building(z->context, CJ_SHAPE, p->at,
                         "implicit: f is %s; it must be %s like the unknown",
                         cj_shape_text(r, one, sizeof one), cj_shape_text(z, two, sizeof two));
        return NULL;
    }
    return r;
}

/* ---- linear systems A x = b, with A = J or its transpose ---- */

typedef struct system {
    const problem *p;
    cj_tensor *z, *r; /* J = dr/dz */
    bool transposed;
    cj_tensor *enough; /* b'b */
} system;

static cj_tensor *times(const system *s, bool transposed, cj_tensor *v)
{
    cj_tensor *z = s->z, *r = s->r, *out = NULL;
    cj_status status = transposed ? cj_vjp_at(s->p->at, 1, &r, &v, 1, &z, &out)
                                  : cj_jvp_at(s->p->at, 1, &z, &v, 1, &r, &out);
    return out || status != CJ_OK ? out : zeros(s->p->at, z);
}

/* Carries: x, r, p and the square of what p is made of. */
static void step(void *user, cj_body *b)
{
    const system *s = user;
    cj_at at = s->p->at;
    bool plain = s->p->symmetric;
    cj_tensor *x = b->carry[0], *r = b->carry[1], *p = b->carry[2], *square = b->carry[3];
    cj_tensor *q = times(s, s->transposed, p);
    cj_tensor *alpha = cj_div_at(at, square, dot(at, plain ? p : q, q));
    r = cj_sub_at(at, r, cj_mul_at(at, alpha, q));
    cj_tensor *d = plain ? r : times(s, !s->transposed, r);
    cj_tensor *next = dot(at, d, d);
    b->next[0] = cj_add_at(at, x, cj_mul_at(at, alpha, p));
    b->next[1] = r;
    b->next[2] = cj_add_at(at, d, cj_mul_at(at, cj_div_at(at, next, square), p));
    b->next[3] = next;
    cj_tensor *moves = cj_gt_at(at, next, next ? cj_like_at(at, next, 0) : NULL);
    b->go = cj_and_at(at, moves, exceeds(s->p, dot(at, r, r), s->enough));
}

static cj_tensor *solve(system *s, cj_tensor *b)
{
    cj_at at = s->p->at;
    if (!b || !s->r)
        return NULL;
    cj_tensor *d = s->p->symmetric ? b : times(s, !s->transposed, b);
    cj_tensor *square = dot(at, d, d);
    if (!square)
        return NULL;
    s->enough = dot(at, b, b);
    cj_tensor *init[4] = {zeros(at, b), b, d, square}, *last[4] = {NULL};
    at.size = sizeof(struct cj_loop_args);
    cj_loop_at(&(struct cj_loop_args){.context = b->context,
                                      .body = step,
                                      .user = s,
                                      .at = at,
                                      .carries = 4,
                                      .init = init,
                                      .capacity = CJ_MAX(100, 4 * b->elements),
                                      .go = cj_gt_at(at, square, cj_like_at(at, square, 0)),
                                      .last = last});
    return last[0];
}

/* ---- derivatives ---- */

static cj_tensor *attach(const problem *p, cj_tensor *z, int count, cj_tensor *const *theta);

/* theta of the inner problem: g, z, and the outer theta. */
static cj_tensor *transposed_residual(void *user, cj_tensor *w, int count, cj_tensor *const *theta)
{
    const problem *outer = user;
    cj_tensor *z = theta[1], *back = NULL;
    cj_tensor *r = residual(outer, z, count - 2, theta + 2);
    if (!r || cj_vjp_at(outer->at, 1, &r, &w, 1, &z, &back) != CJ_OK)
        return NULL;
    return cj_sub_at(outer->at, back ? back : zeros(outer->at, w), theta[0]);
}

static void implicit_vjp(void *user, cj_tensor *z, int count, cj_tensor *const *theta, cj_tensor *g,
                         cj_tensor **out)
{
    problem *outer = user;
    cj_at at = outer->at;
    cj_context *context = z->context;
    size_t bytes = (size_t)(count + 2) * sizeof(cj_tensor *);
    cj_tensor **all = cj_frame_memory(context, at, bytes);
    cj_tensor **still = cj_frame_memory(context, at, bytes);
    if (!all || !still)
        return;
    all[0] = g;
    all[1] = z;
    for (int i = 0; i < count; i++)
        all[2 + i] = theta[i];
    for (int i = 0; i < count + 2; i++)
        still[i] = stopped(at, all[i]);
    system s = {.p = outer, .z = still[1], .transposed = true};
    s.r = residual(outer, still[1], count, still + 2);
    problem inner = {.at = at,
                     .f = transposed_residual,
                     .user = outer,
                     .symmetric = outer->symmetric,
                     .tolerance = outer->tolerance};
    cj_tensor *w = attach(&inner, solve(&s, still[0]), count + 2, all);
    cj_tensor *r = residual(outer, z, count, theta);
    cj_tensor *minus = cj_neg_at(at, w);
    if (!r || !minus)
        return;
    for (int i = 0; i < count; i++)
        if (cj_dtype_class(theta[i]->dtype) == 'f')
            all[i] = theta[i];
        else
            all[i] = z; /* what is no float gets no cotangent: its place is skipped below */
    cj_vjp_at(at, 1, &r, &minus, count, all, still);
    for (int i = 0; i < count; i++)
        out[i] = all[i] == theta[i] ? still[i] : NULL;
}

/* z with the derivative of f(z, theta) = 0; the problem is copied. */
static cj_tensor *attach(const problem *p, cj_tensor *z, int count, cj_tensor *const *theta)
{
    cj_at at = p->at;
    at.size = sizeof(struct cj_custom_gradient_args);
    problem own = *p;
    return cj_custom_gradient_at(&(struct cj_custom_gradient_args){.y = z,
                                                                   .count = count,
                                                                   .x = theta,
                                                                   .vjp = implicit_vjp,
                                                                   .at = at,
                                                                   .user = &own,
                                                                   .user_bytes = sizeof own,
                                                                   .name = "implicit"});
}

/* ---- the doors ---- */

typedef struct search {
    problem p;
    int count;
    cj_tensor **theta; /* stopped */
} search;

static bool open_search(search *w, const char *name, const struct cj_implicit_args *args,
                        struct cj_implicit_args *a)
{
    cj_context *context = args && args->z ? args->z->context : NULL;
    if (!context || context->build_status != CJ_OK || !CJ_TAKE_ARGS(context, name, *a, args))
        return false;
    char text[160];
    if (!a->f || cj_dtype_class(a->z->dtype) != 'f' || a->count < 0) {
        cj_fail_building(context, a->f && a->count >= 0 ? CJ_DTYPE : CJ_INVALID, a->at,
                         "%s: of %s; it takes a function, and floats", name,
                         cj_shape_text(a->z, text, sizeof text));
        return false;
    }
    if (a->user_bytes) {
        void *copy = cj_frame_memory(context, a->at, a->user_bytes);
        if (!copy)
            return false;
        memcpy(copy, a->user, a->user_bytes);
        a->user = copy;
    }
    double standard = a->z->dtype == CJ_F64 ? 1e-10 : 1e-5;
    *w = (search){.p = {.at = a->at,
                        .f = a->f,
                        .user = a->user,
                        .symmetric = a->symmetric,
                        .tolerance = a->tolerance > 0 ? a->tolerance : standard},
                  .count = a->count};
    w->theta = cj_frame_memory(context, a->at, (size_t)(a->count + 1) * sizeof(cj_tensor *));
    for (int i = 0; w->theta && i < a->count; i++) {
        w->theta[i] = stopped(a->at, a->theta[i]);
        if (!w->theta[i])
            return false;
    }
    return w->theta != NULL;
}

cj_tensor *cj_implicit_at(const struct cj_implicit_args *args)
{
    search w;
    struct cj_implicit_args a;
    if (!open_search(&w, "implicit", args, &a))
        return NULL;
    return attach(&w.p, stopped(a.at, a.z), a.count, a.theta);
}

/* Iterates the body from z until it says stop. */
static cj_tensor *iterate(search *w, const struct cj_implicit_args *a, cj_body_fn *body,
                          int64_t standard)
{
    cj_tensor *z = stopped(a->at, a->z), *last = NULL;
    cj_at at = a->at;
    at.size = sizeof(struct cj_loop_args);
    cj_loop_at(&(struct cj_loop_args){.context = a->z->context,
                                      .body = body,
                                      .user = w,
                                      .at = at,
                                      .carries = 1,
                                      .init = &z,
                                      .capacity = a->iterations > 0 ? a->iterations : standard,
                                      .last = &last,
                                      .iterations = a->steps});
    return last;
}

/* Whether to go on from z to next. */
static cj_tensor *moved(const problem *p, cj_tensor *next, cj_tensor *z)
{
    cj_tensor *d = cj_sub_at(p->at, next, z);
    return exceeds(p, dot(p->at, d, d), dot(p->at, next, next));
}

static void apply(void *user, cj_body *b)
{
    search *w = user;
    b->next[0] = residual(&w->p, b->carry[0], w->count, w->theta);
    b->go = moved(&w->p, b->next[0], b->carry[0]);
}

static cj_tensor *away_from_fixed(void *user, cj_tensor *z, int count, cj_tensor *const *theta)
{
    const problem *p = user;
    return cj_sub_at(p->at, residual(p, z, count, theta), z);
}

/* A problem whose f is made of another problem's. */
static bool derive(search *w, cj_context *context, cj_equation *f)
{
    problem *inner = cj_frame_memory(context, w->p.at, sizeof *inner);
    if (!inner)
        return false;
    *inner = w->p;
    w->p.f = f;
    w->p.user = inner;
    return true;
}

cj_tensor *cj_fixed_point_at(const struct cj_implicit_args *args)
{
    search w;
    struct cj_implicit_args a;
    if (!open_search(&w, "fixed_point", args, &a))
        return NULL;
    cj_tensor *z = iterate(&w, &a, apply, 1000);
    if (!z || !derive(&w, z->context, away_from_fixed))
        return NULL;
    return attach(&w.p, z, a.count, a.theta);
}

static void newton(void *user, cj_body *b)
{
    search *w = user;
    cj_tensor *z = b->carry[0];
    system s = {.p = &w->p, .z = z, .r = residual(&w->p, z, w->count, w->theta)};
    b->next[0] = cj_sub_at(w->p.at, z, solve(&s, s.r));
    b->go = moved(&w->p, b->next[0], z);
}

static cj_tensor *find_root(search *w, const struct cj_implicit_args *a)
{
    cj_tensor *z = iterate(w, a, newton, 100);
    return z ? attach(&w->p, z, a->count, a->theta) : NULL;
}

cj_tensor *cj_root_at(const struct cj_implicit_args *args)
{
    search w;
    struct cj_implicit_args a;
    return open_search(&w, "root", args, &a) ? find_root(&w, &a) : NULL;
}

static cj_tensor *gradient(void *user, cj_tensor *z, int count, cj_tensor *const *theta)
{
    const problem *p = user;
    cj_tensor *y = z ? p->f(p->user, z, count, theta) : NULL, *out = NULL;
    if (y)
        cj_grad_at(p->at, y, 1, &z, &out);
    return out;
}

cj_tensor *cj_optimum_at(const struct cj_implicit_args *args)
{
    search w;
    struct cj_implicit_args a;
    if (!open_search(&w, "optimum", args, &a))
        return NULL;
    w.p.symmetric = true;
    return derive(&w, a.z->context, gradient) ? find_root(&w, &a) : NULL;
}
