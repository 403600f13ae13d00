/*
 * src/solve/conjugate.c - conjugate gradients over a product with a matrix, in a loop; the natural gradient.
 */
#include "cajal/loop.h"
#include "solve/solve.h"

enum { MOST = 256 };

typedef struct conjugate {
    struct cj_conjugate_gradient_args a;
    cj_tensor *enough; /* (tolerance |b|)^2 */
} conjugate;

static cj_tensor *dot(cj_at at, int count, cj_tensor *const *a, cj_tensor *const *b)
{
    cj_tensor *sum = NULL;
    for (int i = 0; i < count; i++) {
        cj_tensor *part = cj_sum_at(at, cj_mul_at(at, a[i], b[i]), CJ_ALL, false);
        sum = i ? cj_add_at(at, sum, part) : part;
    }
    return sum;
}

static cj_tensor *plus(cj_at at, cj_tensor *a, cj_tensor *factor, cj_tensor *b)
{
    return cj_add_at(at, a, cj_mul_at(at, b, factor));
}

/* Carries: the solution, the residual, the direction, and r^T r. */
static void body(void *user, cj_body *b)
{
    const conjugate *c = user;
    cj_at at = c->a.at;
    int n = c->a.count;
    cj_tensor *const *x = b->carry, *const *r = b->carry + n, *const *p = b->carry + 2 * n;
    cj_tensor *square = b->carry[3 * n], *q[MOST] = {NULL};
    c->a.map(c->a.user, n, p, q);
    cj_tensor *alpha = cj_div_at(at, square, dot(at, n, p, q));
    cj_tensor *back = cj_neg_at(at, alpha);
    for (int i = 0; i < n; i++) {
        b->next[i] = plus(at, x[i], alpha, p[i]);
        b->next[n + i] = plus(at, r[i], back, q[i]);
    }
    cj_tensor *next = dot(at, n, b->next + n, b->next + n);
    cj_tensor *beta = cj_div_at(at, next, square);
    for (int i = 0; i < n; i++)
        b->next[2 * n + i] = plus(at, b->next[n + i], beta, p[i]);
    b->next[3 * n] = next;
    b->go = cj_gt_at(at, next, c->enough);
}

static cj_status solve(conjugate *c)
{
    const struct cj_conjugate_gradient_args *a = &c->a;
    cj_at at = a->at;
    cj_context *context = cj_tensor_context(a->b[0]);
    cj_tensor *init[3 * MOST + 1], *last[3 * MOST + 1] = {NULL};
    int n = a->count;
    for (int i = 0; i < n; i++) {
        init[i] = cj_full_at(at, context, cj_tensor_dtype(a->b[i]), cj_rank(a->b[i]),
                             cj_shape(a->b[i]), 0);
        init[n + i] = init[2 * n + i] = a->b[i];
    }
    init[3 * n] = dot(at, n, a->b, a->b);
    if (!init[3 * n])
        return cj_context_status(context);
    c->enough = cj_stop_gradient_at(at, cj_scale_at(at, init[3 * n], a->tolerance * a->tolerance));
    struct cj_loop_args l = {.context = context,
                             .body = body,
                             .user = c,
                             .at = at,
                             .carries = 3 * n + 1,
                             .init = init,
                             .capacity = a->iterations,
                             .go = cj_gt_at(at, init[3 * n], cj_like_at(at, init[3 * n], 0)),
                             .last = last,
                             .iterations = a->steps};
    l.at.size = sizeof l;
    cj_status status = cj_loop_at(&l);
    for (int i = 0; i < n; i++)
        a->x[i] = last[i];
    return status;
}

cj_status cj_conjugate_gradient_at(const struct cj_conjugate_gradient_args *args)
{
    conjugate c = {0};
    if (!args || args->count < 1 || !args->b || !args->b[0])
        return CJ_INVALID;
    cj_context *context = cj_tensor_context(args->b[0]);
    if (cj_context_status(context) != CJ_OK)
        return cj_context_status(context);
    if (!CJ_TAKE_ARGS(context, "conjugate_gradient", c.a, args))
        return CJ_INVALID;
    int64_t numbers = 0;
    cj_dtype dtype = cj_tensor_dtype(c.a.b[0]);
    bool good = c.a.map && c.a.x && c.a.count <= MOST && (dtype == CJ_F32 || dtype == CJ_F64);
    for (int i = 0; good && i < c.a.count; i++) {
        good = c.a.b[i] && cj_tensor_dtype(c.a.b[i]) == dtype;
        numbers += good ? cj_elements(c.a.b[i]) : 0;
    }
    if (!good || c.a.iterations < 0 || c.a.tolerance < 0)
        return cj_fail_building(context, CJ_INVALID, c.a.at,
                                "conjugate_gradient: it takes a map, 1 to %d tensors of one float "
                                "dtype, and no negative iterations or tolerance",
                                MOST);
    if (!c.a.iterations)
        c.a.iterations = CJ_MAX(CJ_MIN(numbers, 100), 1);
    if (c.a.tolerance == 0)
        c.a.tolerance = dtype == CJ_F64 ? 1e-10 : 1e-5;
    return solve(&c);
}

/* ---- the natural gradient ---- */

static void fisher(void *user, int count, cj_tensor *const *v, cj_tensor **out)
{
    const struct cj_natural_gradient_args *a = user;
    if (cj_gauss_newton_at(a->at, a->loss, a->y, count, a->x, v, out) != CJ_OK)
        return;
    for (int i = 0; i < count; i++)
        out[i] = cj_add_at(a->at, out[i], cj_scale_at(a->at, v[i], a->damping));
}

cj_status cj_natural_gradient_at(const struct cj_natural_gradient_args *args)
{
    struct cj_natural_gradient_args a;
    if (!args || !args->loss || !args->y)
        return CJ_INVALID;
    cj_context *context = cj_tensor_context(args->loss);
    if (cj_context_status(context) != CJ_OK)
        return cj_context_status(context);
    if (!CJ_TAKE_ARGS(context, "natural_gradient", a, args))
        return CJ_INVALID;
    a.damping = a.damping != 0 ? a.damping : 1e-3;
    cj_tensor *gradient[MOST];
    if (a.count < 1 || a.count > MOST || !a.x || !a.out || a.damping < 0)
        return cj_fail_building(context, CJ_INVALID, a.at,
                                "natural_gradient: it takes 1 to %d parameters and a damping that "
                                "is not negative",
                                MOST);
    cj_status status = cj_grad_at(a.at, a.loss, a.count, a.x, gradient);
    if (status != CJ_OK)
        return status;
    struct cj_conjugate_gradient_args c = {.map = fisher,
                                           .user = &a,
                                           .count = a.count,
                                           .b = gradient,
                                           .x = a.out,
                                           .at = a.at,
                                           .iterations = a.iterations ? a.iterations : 10,
                                           .tolerance = a.tolerance != 0 ? a.tolerance : 1e-6};
    c.at.size = sizeof c;
    return cj_conjugate_gradient_at(&c);
}
