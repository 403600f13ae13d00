/*
 * src/solve/lbfgs.c - L-BFGS: the two-loop recursion over remembered steps, along lines that the search of
 * line_search.c walks.
 */
#include "solve/line_search.h"

#include <math.h>

typedef struct lbfgs {
    cj_objective o;
    struct cj_lbfgs_args a;
    cj_line line;
    /* the last `pairs` steps s and changes of the gradient y, a ring */
    double *s, *y, *rho, *alpha;
    int64_t pairs, first;
    double scale;         /* of the first guess of the inverse Hessian */
    double *d, *previous; /* the direction; the gradient before the step */
    double length, loss_before;
    cj_minimum now;
} lbfgs;

static double dot(int64_t n, const double *a, const double *b)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

static void add(int64_t n, double *to, double scale, const double *from)
{
    for (int64_t i = 0; i < n; i++)
        to[i] += scale * from[i];
}

static double largest(int64_t n, const double *x)
{
    double most = 0;
    for (int64_t i = 0; i < n; i++)
        if (!(fabs(x[i]) <= most))
            most = fabs(x[i]);
    return most;
}

/* ---- directions ---- */

static double *pair(const lbfgs *l, double *of, int64_t i)
{
    return of + (l->first + i) % l->a.history_size * l->o.n;
}

/* Keeps the last step, if the curvature along it is positive. */
static void remember(lbfgs *l)
{
    int64_t n = l->o.n;
    bool full = l->pairs == l->a.history_size;
    double *s = pair(l, l->s, full ? 0 : l->pairs), *y = pair(l, l->y, full ? 0 : l->pairs);
    double sy = 0, yy = 0;
    for (int64_t i = 0; i < n; i++) {
        double change = l->line.at.g[i] - l->previous[i];
        sy += change * l->d[i] * l->length;
        yy += change * change;
    }
    if (!(sy > 1e-10))
        return;
    for (int64_t i = 0; i < n; i++) {
        s[i] = l->d[i] * l->length;
        y[i] = l->line.at.g[i] - l->previous[i];
    }
    l->rho[(l->first + (full ? 0 : l->pairs)) % l->a.history_size] = 1 / sy;
    if (full)
        l->first = (l->first + 1) % l->a.history_size;
    else
        l->pairs++;
    l->scale = sy / yy;
}

/* d = -H g (Nocedal and Wright, algorithm 7.4). */
static void find_direction(lbfgs *l)
{
    int64_t n = l->o.n;
    double *d = l->d;
    for (int64_t i = 0; i < n; i++)
        d[i] = -l->line.at.g[i];
    for (int64_t i = l->pairs - 1; i >= 0; i--) {
        int64_t k = (l->first + i) % l->a.history_size;
        l->alpha[k] = l->rho[k] * dot(n, pair(l, l->s, i), d);
        add(n, d, -l->alpha[k], pair(l, l->y, i));
    }
    for (int64_t i = 0; i < n; i++)
        d[i] *= l->scale;
    for (int64_t i = 0; i < l->pairs; i++) {
        int64_t k = (l->first + i) % l->a.history_size;
        double beta = l->rho[k] * dot(n, pair(l, l->y, i), d);
        add(n, d, l->alpha[k] - beta, pair(l, l->s, i));
    }
}

/* ---- the loop ---- */

static double norm1(int64_t n, const double *x)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += fabs(x[i]);
    return sum;
}

/* *over: it has ended. */
static cj_status iterate(lbfgs *l, bool *over)
{
    int64_t n = l->o.n;
    cj_line *line = &l->line;
    *over = true;
    if (l->now.iterations++)
        remember(l);
    find_direction(l);
    memcpy(l->previous, line->at.g, (size_t)n * sizeof(double));
    l->loss_before = line->at.f;
    double first = l->now.iterations == 1 ? fmin(1, 1 / norm1(n, line->at.g)) * l->a.lr : l->a.lr;
    line->at.slope = dot(n, line->at.g, l->d);
    if (!(line->at.slope <= -l->a.tolerance_change)) {
        l->now.converged = true;
        return CJ_OK;
    }
    cj_status status = cj_line_search(line, l->d, first, l->a.tolerance_change, &l->length);
    if (status != CJ_OK)
        return status;
    l->now.loss = line->at.f;
    l->now.gradient = largest(n, line->at.g);
    l->now.evaluations = l->o.evaluations;
    if (l->a.on_iteration && !l->a.on_iteration(l->a.user, &l->now))
        return cj_fail(l->o.context, CJ_STOPPED, "lbfgs: stopped by on_iteration");
    bool small = fabs(l->length) * largest(n, l->d) <= l->a.tolerance_change ||
                 fabs(line->at.f - l->loss_before) < l->a.tolerance_change;
    l->now.converged = l->now.gradient <= l->a.tolerance_grad || small;
    *over = l->now.converged || l->now.iterations >= l->a.max_iter ||
            (l->a.max_eval > 0 && l->o.evaluations >= l->a.max_eval);
    return CJ_OK;
}

static cj_status loop(lbfgs *l)
{
    cj_status status = cj_line_begin(&l->line);
    if (status != CJ_OK)
        return status;
    l->now = (cj_minimum){.loss = l->line.at.f,
                          .gradient = largest(l->o.n, l->line.at.g),
                          .evaluations = l->o.evaluations};
    if (!isfinite(l->now.loss))
        return cj_fail(l->o.context, CJ_NOT_FINITE, "lbfgs: the loss at the start is %g",
                       l->now.loss);
    l->now.converged = l->now.gradient <= l->a.tolerance_grad;
    bool over = l->now.converged;
    while (status == CJ_OK && !over)
        status = iterate(l, &over);
    cj_objective_put(&l->o, l->line.x);
    return status;
}

/* ---- the door ---- */

static void take_defaults(struct cj_lbfgs_args *a)
{
    a->lr = a->lr != 0 ? a->lr : 1;
    a->max_iter = a->max_iter ? a->max_iter : 20;
    a->max_eval = a->max_eval ? a->max_eval : a->max_iter + a->max_iter / 4;
    a->history_size = a->history_size ? a->history_size : 100;
    a->tolerance_grad = a->tolerance_grad != 0 ? a->tolerance_grad : 1e-7;
    a->tolerance_change = a->tolerance_change != 0 ? a->tolerance_change : 1e-9;
    a->tolerance_change = fmax(a->tolerance_change, 0);
}

static cj_status run(lbfgs *l)
{
    cj_status status = cj_objective_take(&l->o, l->a.scope, l->a.count, l->a.variable);
    if (status == CJ_OK)
        status = cj_objective_compile(&l->o, l->a.loss, cj_grad_at);
    if (status != CJ_OK)
        return status;
    cj_context *context = l->o.context;
    size_t n = (size_t)l->o.n, h = (size_t)l->a.history_size;
    l->s = cj_allocate(context, h * n * sizeof(double));
    l->y = cj_allocate(context, h * n * sizeof(double));
    l->rho = cj_allocate(context, 2 * h * sizeof(double));
    l->d = cj_allocate(context, 2 * n * sizeof(double));
    l->alpha = l->rho ? l->rho + h : NULL;
    l->previous = l->d ? l->d + n : NULL;
    status = l->s && l->y && l->rho && l->d ? cj_line_new(&l->line, &l->o) : CJ_NO_MEMORY;
    if (status == CJ_OK)
        status = loop(l);
    cj_line_free(&l->line);
    cj_release(context, l->s, h * n * sizeof(double));
    cj_release(context, l->y, h * n * sizeof(double));
    cj_release(context, l->rho, 2 * h * sizeof(double));
    cj_release(context, l->d, 2 * n * sizeof(double));
    return status;
}

cj_status cj_lbfgs_at(const struct cj_lbfgs_args *args)
{
    if (!args || !args->loss)
        return args && args->scope
                   ? cj_fail(cj_scope_context(args->scope), CJ_INVALID, "lbfgs: the loss is NULL")
                   : CJ_INVALID;
    cj_context *context = cj_tensor_context(args->loss);
    lbfgs l = {.o = {.context = context, .what = "lbfgs", .at = args->at}, .scale = 1};
    if (cj_context_status(context) != CJ_OK)
        return cj_context_status(context);
    if (!CJ_TAKE_ARGS(context, "lbfgs", l.a, args))
        return CJ_INVALID;
    take_defaults(&l.a);
    if (l.a.lr < 0 || l.a.max_iter < 0 || l.a.history_size < 0)
        return cj_fail(context, CJ_INVALID,
                       "lbfgs (%s:%d): lr, max_iter and history_size must be positive", l.a.at.file,
                       l.a.at.line);
    l.o.feeds = l.a.feeds;
    l.o.feed = l.a.feed;
    cj_status status = run(&l);
    cj_objective_free(&l.o);
    if (l.a.result)
        *l.a.result = l.now;
    return status;
}
