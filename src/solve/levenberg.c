/*
 * src/solve/levenberg.c - Levenberg-Marquardt: damped normal equations of a dense Jacobian.
 */
#include "solve/solve.h"

#include <math.h>

typedef struct levenberg {
    cj_objective o;
    struct cj_levenberg_args a;
    int64_t m; /* residuals */
    cj_dtype dtype;
    double *x, *trial, *r, *j; /* j [m, n] */
    double *normal, *damped;   /* J^T J, and the factor of its damped copy, [n, n] */
    double *slope, *d;         /* J^T r; the step */
    double damping;
    cj_minimum now;
} levenberg;

static double half_square(int64_t m, const double *r)
{
    double sum = 0;
    for (int64_t i = 0; i < m; i++)
        sum += r[i] * r[i];
    return sum / 2;
}

/* ---- the normal equations ---- */

/* The outputs behind the residual are [m, elements of a variable]: columns of J. */
static void read_jacobian(levenberg *l)
{
    int64_t n = l->o.n, column = 0;
    for (int v = 0; v < l->o.count; v++) {
        const cj_variable *variable = l->o.variable[v];
        cj_dtype dtype = cj_variable_dtype(variable);
        int64_t width = (int64_t)(cj_variable_bytes(variable) / cj_dtype_size(dtype));
        const float *f = cj_output(l->o.program, v + 1);
        const double *d = cj_output(l->o.program, v + 1);
        for (int64_t i = 0; i < l->m; i++)
            for (int64_t k = 0; k < width; k++)
                l->j[i * n + column + k] =
                    l->dtype == CJ_F64 ? d[i * width + k] : (double)f[i * width + k];
        column += width;
    }
}

static void make_normal(levenberg *l)
{
    int64_t n = l->o.n;
    memset(l->normal, 0, (size_t)(n * n) * sizeof(double));
    memset(l->slope, 0, (size_t)n * sizeof(double));
    for (int64_t i = 0; i < l->m; i++) {
        const double *row = l->j + i * n;
        for (int64_t a = 0; a < n; a++) {
            if (row[a] == 0)
                continue;
            l->slope[a] += row[a] * l->r[i];
            for (int64_t b = 0; b <= a; b++)
                l->normal[a * n + b] += row[a] * row[b];
        }
    }
}

/* The Cholesky factor of the damped matrix; false: it is not positive definite. */
static bool factor(levenberg *l, double damping)
{
    int64_t n = l->o.n;
    double *c = l->damped;
    memcpy(c, l->normal, (size_t)(n * n) * sizeof(double));
    for (int64_t a = 0; a < n; a++) {
        /* A parameter that no residual feels stays where it is. */
        c[a * n + a] += l->normal[a * n + a] == 0 ? 1 : damping * l->normal[a * n + a];
        for (int64_t b = 0; b <= a; b++) {
            double sum = c[a * n + b];
            for (int64_t k = 0; k < b; k++)
                sum -= c[a * n + k] * c[b * n + k];
            if (b < a)
                c[a * n + b] = sum / c[b * n + b];
            else if (!(sum > 0))
                return false;
            else
                c[a * n + a] = sqrt(sum);
        }
    }
    return true;
}

static void solve(levenberg *l)
{
    int64_t n = l->o.n;
    const double *c = l->damped;
    for (int64_t a = 0; a < n; a++) {
        double sum = -l->slope[a];
        for (int64_t k = 0; k < a; k++)
            sum -= c[a * n + k] * l->d[k];
        l->d[a] = sum / c[a * n + a];
    }
    for (int64_t a = n - 1; a >= 0; a--) {
        double sum = l->d[a];
        for (int64_t k = a + 1; k < n; k++)
            sum -= c[k * n + a] * l->d[k];
        l->d[a] = sum / c[a * n + a];
    }
}

/* ---- the loop ---- */

static cj_status evaluate(levenberg *l, const double *x)
{
    cj_status status = cj_objective_run(&l->o, x);
    if (status == CJ_OK)
        cj_objective_read(&l->o, 0, l->dtype, l->m, l->r);
    return status;
}

static void accept(levenberg *l, double loss)
{
    read_jacobian(l);
    make_normal(l);
    l->now.loss = loss;
    l->now.gradient = 0;
    for (int64_t i = 0; i < l->o.n; i++)
        l->now.gradient = fmax(l->now.gradient, fabs(l->slope[i]));
}

enum { MOST_REJECTED = 40 };

/* Steps until one lowers the loss; *moved: one did. */
static cj_status iterate(levenberg *l, bool *moved)
{
    bool undamped = l->a.damping < 0;
    *moved = false;
    for (int i = 0; i < MOST_REJECTED && !*moved; i++) {
        bool good = factor(l, undamped ? 0 : l->damping);
        if (!good && undamped)
            return cj_fail(
                l->o.context, CJ_VALUE,
                "levenberg_marquardt: J^T J is singular at iteration %lld; give a damping",
                (long long)l->now.iterations);
        if (good) {
            solve(l);
            for (int64_t k = 0; k < l->o.n; k++)
                l->trial[k] = l->x[k] + l->d[k];
            cj_status status = evaluate(l, l->trial);
            if (status != CJ_OK)
                return status;
            double loss = half_square(l->m, l->r);
            *moved = undamped || loss <= l->now.loss;
            if (*moved) {
                double *old = l->x;
                l->x = l->trial;
                l->trial = old;
                l->now.converged = l->now.loss - loss <= l->a.tolerance_change * l->now.loss;
                accept(l, loss);
            }
        }
        if (!undamped)
            l->damping = *moved ? fmax(l->damping / 10, 1e-15) : l->damping * 10;
    }
    return CJ_OK;
}

static cj_status loop(levenberg *l)
{
    cj_objective_get(&l->o, l->x);
    cj_status status = evaluate(l, l->x);
    if (status != CJ_OK)
        return status;
    accept(l, half_square(l->m, l->r));
    if (!isfinite(l->now.loss))
        return cj_fail(l->o.context, CJ_NOT_FINITE,
                       "levenberg_marquardt: the sum of squares at the start is %g", l->now.loss);
    l->damping = l->a.damping;
    bool moved = true;
    while (status == CJ_OK && moved && !l->now.converged && l->now.iterations < l->a.max_iter) {
        l->now.converged = l->now.gradient <= l->a.tolerance_grad;
        if (l->now.converged)
            break;
        l->now.iterations++;
        status = iterate(l, &moved);
        l->now.evaluations = l->o.evaluations;
        if (status == CJ_OK && l->a.on_iteration && !l->a.on_iteration(l->a.user, &l->now))
            status =
                cj_fail(l->o.context, CJ_STOPPED, "levenberg_marquardt: stopped by on_iteration");
    }
    l->now.converged = l->now.converged || !moved;
    cj_objective_put(&l->o, l->x);
    return status;
}

/* ---- the door ---- */

static cj_status run(levenberg *l)
{
    cj_status status = cj_objective_take(&l->o, l->a.scope, l->a.count, l->a.variable);
    if (status == CJ_OK)
        status = cj_objective_compile(&l->o, l->a.residual, cj_jacobian_at);
    if (status != CJ_OK)
        return status;
    size_t n = (size_t)l->o.n, m = (size_t)l->m, all = m + m * n + 2 * n * n + 4 * n;
    double *memory = cj_allocate(l->o.context, all * sizeof(double));
    if (!memory)
        return CJ_NO_MEMORY;
    l->r = memory;
    l->j = l->r + m;
    l->normal = l->j + m * n;
    l->damped = l->normal + n * n;
    l->x = l->damped + n * n;
    l->trial = l->x + n;
    l->slope = l->trial + n;
    l->d = l->slope + n;
    status = loop(l);
    cj_release(l->o.context, memory, all * sizeof(double));
    return status;
}

cj_status cj_levenberg_marquardt_at(const struct cj_levenberg_args *args)
{
    if (!args || !args->residual)
        return args && args->scope ? cj_fail(cj_scope_context(args->scope), CJ_INVALID,
                                             "levenberg_marquardt: the residual is NULL")
                                   : CJ_INVALID;
    cj_context *context = cj_tensor_context(args->residual);
    levenberg l = {.o = {.context = context, .what = "levenberg_marquardt", .at = args->at}};
    if (cj_context_status(context) != CJ_OK)
        return cj_context_status(context);
    if (!CJ_TAKE_ARGS(context, "levenberg_marquardt", l.a, args))
        return CJ_INVALID;
    l.dtype = cj_tensor_dtype(l.a.residual);
    l.m = cj_elements(l.a.residual);
    l.a.max_iter = l.a.max_iter ? l.a.max_iter : 100;
    l.a.damping = l.a.damping != 0 ? l.a.damping : 1e-3;
    l.a.tolerance_grad = l.a.tolerance_grad != 0 ? l.a.tolerance_grad : 1e-10;
    l.a.tolerance_change = l.a.tolerance_change != 0 ? l.a.tolerance_change : 1e-15;
    l.o.feeds = l.a.feeds;
    l.o.feed = l.a.feed;
    cj_status status = run(&l);
    cj_objective_free(&l.o);
    if (l.a.result)
        *l.a.result = l.now;
    return status;
}
