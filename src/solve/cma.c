/*
 * src/solve/cma.c - CMA-ES: a normal distribution that learns its mean, step size and covariance.
 */
#include "solve/population.h"

#include <math.h>

struct cj_cma {
    cj_context *context;
    int64_t n, population, parents, generation;
    uint64_t seed;
    bool elitist, asked;
    /* Hansen's names: weights, their effective number, learning rates and damping */
    double mueff, cc, cs, c1, cmu, damps, chi;
    double sigma, best_value;
    bool has_best;
    double *memory, *mean, *x, *z, *weight, *c, *a, *next_c, *pc, *ps, *best, *elite_z, *shift;
    size_t bytes;
    int64_t *order;
};

/* ---- making ---- */

/* Hansen's table 1. */
static void set_constants(cj_cma *s)
{
    double n = (double)s->n, sum = 0, squares = 0;
    s->parents = s->population / 2;
    for (int64_t i = 0; i < s->parents; i++) {
        s->weight[i] = log(((double)s->population + 1) / 2) - log((double)i + 1);
        sum += s->weight[i];
        squares += s->weight[i] * s->weight[i];
    }
    for (int64_t i = 0; i < s->parents; i++)
        s->weight[i] /= sum;
    s->mueff = sum * sum / squares;
    s->cc = (4 + s->mueff / n) / (n + 4 + 2 * s->mueff / n);
    s->cs = (s->mueff + 2) / (n + s->mueff + 5);
    s->c1 = 2 / ((n + 1.3) * (n + 1.3) + s->mueff);
    s->cmu = fmin(1 - s->c1, 2 * (s->mueff - 2 + 1 / s->mueff) / ((n + 2) * (n + 2) + s->mueff));
    s->damps = 1 + 2 * fmax(0, sqrt((s->mueff - 1) / (n + 1)) - 1) + s->cs;
    s->chi = sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n));
}

static cj_status make(cj_cma *s, const struct cj_cma_args *a)
{
    size_t n = (size_t)s->n, rows = (size_t)s->population;
    s->bytes = (2 * rows * n + rows + 3 * n * n + 6 * n) * sizeof(double);
    s->memory = cj_allocate_zero(s->context, s->bytes);
    s->order = cj_allocate(s->context, (rows + 1) * sizeof *s->order);
    if (!s->memory || !s->order)
        return CJ_NO_MEMORY;
    s->x = s->memory;
    s->z = s->x + rows * n;
    s->weight = s->z + rows * n;
    s->c = s->weight + rows;
    s->a = s->c + n * n;
    s->next_c = s->a + n * n;
    s->mean = s->next_c + n * n;
    s->pc = s->mean + n;
    s->ps = s->pc + n;
    s->best = s->ps + n;
    s->elite_z = s->best + n;
    s->shift = s->elite_z + n;
    memcpy(s->mean, a->mean, n * sizeof(double));
    for (size_t i = 0; i < n; i++)
        s->c[i * n + i] = s->a[i * n + i] = 1;
    set_constants(s);
    return CJ_OK;
}

cj_cma *cj_cma_new_at(const struct cj_cma_args *args)
{
    struct cj_cma_args a;
    if (!args || !args->context || !CJ_TAKE_ARGS(args->context, "cma_new", a, args))
        return NULL;
    int64_t population = a.population ? a.population : 4 + (int64_t)(3 * log((double)a.n));
    if (a.n < 1 || !a.mean || !(a.sigma > 0) || population < 4) {
        cj_fail(a.context, CJ_INVALID,
                "cma_new (%s:%d): it needs n at least 1, a mean, a positive sigma and a population "
                "of 4 or more",
                a.at.file, a.at.line);
        return NULL;
    }
    cj_cma *s = cj_allocate_zero(a.context, sizeof *s);
    if (!s)
        return NULL;
    s->context = a.context;
    s->n = a.n;
    s->population = population;
    s->sigma = a.sigma;
    s->elitist = a.elitist;
    s->seed = a.seed ? a.seed : cj_seed(a.context);
    if (make(s, &a) != CJ_OK) {
        cj_cma_free(s);
        return NULL;
    }
    return s;
}

void cj_cma_free(cj_cma *s)
{
    if (!s)
        return;
    cj_release(s->context, s->memory, s->bytes);
    cj_release(s->context, s->order, (size_t)(s->population + 1) * sizeof *s->order);
    cj_release(s->context, s, sizeof *s);
}

/* ---- asking ---- */

const double *cj_cma_ask(cj_cma *s)
{
    int64_t n = s->n;
    if (cj_draw_normal(s->context, s->seed, s->generation, s->population, n, s->z) != CJ_OK)
        return NULL;
    for (int64_t r = 0; r < s->population; r++)
        for (int64_t i = 0; i < n; i++) {
            double sum = 0;
            for (int64_t k = 0; k <= i; k++)
                sum += s->a[i * n + k] * s->z[r * n + k];
            s->x[r * n + i] = s->mean[i] + s->sigma * sum;
        }
    s->asked = true;
    return s->x;
}

/* ---- telling ---- */

/* z = A^-1 (best - mean) / sigma */
static void place_elite(cj_cma *s)
{
    int64_t n = s->n;
    for (int64_t i = 0; i < n; i++) {
        double sum = (s->best[i] - s->mean[i]) / s->sigma;
        for (int64_t k = 0; k < i; k++)
            sum -= s->a[i * n + k] * s->elite_z[k];
        s->elite_z[i] = sum / s->a[i * n + i];
    }
}

/* The ranking begins with the best so far, where that is better than all of these. */
static int64_t rank(cj_cma *s, const double *value)
{
    int64_t found = cj_rank_values(s->population, value, s->order);
    if (!found || !s->elitist || !s->has_best || !(s->best_value < value[s->order[0]]))
        return found;
    memmove(s->order + 1, s->order, (size_t)s->population * sizeof *s->order);
    s->order[0] = -1;
    place_elite(s);
    return found + 1;
}

static const double *z_of(const cj_cma *s, int64_t rank)
{
    return s->order[rank] < 0 ? s->elite_z : s->z + s->order[rank] * s->n;
}

/* The new covariance into next_c: from the path pc, if it grows, and the chosen steps. */
static void learn_covariance(cj_cma *s, const double *pc, bool grows)
{
    int64_t n = s->n;
    double lost = grows ? 0 : s->c1 * s->cc * (2 - s->cc);
    for (int64_t i = 0; i < n * n; i++)
        s->next_c[i] = s->c[i] * (1 - s->c1 - s->cmu + lost);
    for (int64_t r = 0; r < s->parents; r++) {
        const double *z = z_of(s, r);
        for (int64_t i = 0; i < n; i++) {
            s->shift[i] = 0;
            for (int64_t k = 0; k <= i; k++)
                s->shift[i] += s->a[i * n + k] * z[k];
        }
        for (int64_t i = 0; i < n; i++)
            for (int64_t k = 0; k <= i; k++)
                s->next_c[i * n + k] += s->cmu * s->weight[r] * s->shift[i] * s->shift[k];
    }
    for (int64_t i = 0; i < n; i++)
        for (int64_t k = 0; k <= i; k++)
            s->next_c[i * n + k] += s->c1 * pc[i] * pc[k];
}

/* The Cholesky factor of next_c over it (the lower half; c keeps the covariance). */
static bool factor(cj_cma *s)
{
    int64_t n = s->n;
    double *l = s->a;
    memcpy(s->c, s->next_c, (size_t)(n * n) * sizeof(double));
    for (int64_t i = 0; i < n; i++)
        for (int64_t k = 0; k <= i; k++) {
            double sum = s->next_c[i * n + k];
            for (int64_t j = 0; j < k; j++)
                sum -= l[i * n + j] * l[k * n + j];
            if (i == k && !(sum > 0))
                return false;
            l[i * n + k] = i == k ? sqrt(sum) : sum / l[k * n + k];
        }
    return true;
}

static cj_status learn(cj_cma *s)
{
    int64_t n = s->n;
    double *step = s->shift, length = 0;
    for (int64_t i = 0; i < n; i++) {
        double z = 0;
        for (int64_t r = 0; r < s->parents; r++)
            z += s->weight[r] * z_of(s, r)[i];
        step[i] = z;
    }
    double keep = 1 - s->cs, take = sqrt(s->cs * (2 - s->cs) * s->mueff);
    for (int64_t i = 0; i < n; i++) {
        s->ps[i] = keep * s->ps[i] + take * step[i];
        length += s->ps[i] * s->ps[i];
    }
    length = sqrt(length);
    double warm = sqrt(1 - pow(keep, 2 * (double)(s->generation + 1)));
    bool grows = length / warm < (1.4 + 2 / ((double)n + 1)) * s->chi;
    double add = grows ? sqrt(s->cc * (2 - s->cc) * s->mueff) : 0;
    for (int64_t i = n - 1; i >= 0; i--) {
        double y = 0;
        for (int64_t k = 0; k <= i; k++)
            y += s->a[i * n + k] * step[k];
        s->mean[i] += s->sigma * y;
        s->pc[i] = (1 - s->cc) * s->pc[i] + add * y;
    }
    learn_covariance(s, s->pc, grows);
    s->sigma *= exp(fmin(1, s->cs / s->damps * (length / s->chi - 1)));
    s->generation++;
    return factor(s) ? CJ_OK
                     : cj_fail(s->context, CJ_VALUE,
                               "cma_tell: the covariance of generation %lld is not positive "
                               "definite: the search has ended",
                               (long long)s->generation);
}

cj_status cj_cma_tell(cj_cma *s, const double *value)
{
    if (!s->asked)
        return cj_fail(s->context, CJ_INVALID, "cma_tell: no points were asked for");
    int64_t found = rank(s, value);
    if (!found)
        return cj_fail(s->context, CJ_VALUE, "cma_tell: all %lld values are NaN",
                       (long long)s->population);
    s->asked = false;
    int64_t first = s->order[0];
    cj_status status = learn(s);
    if (first >= 0 && (!s->has_best || value[first] < s->best_value)) {
        s->has_best = true;
        s->best_value = value[first];
        memcpy(s->best, s->x + first * s->n, (size_t)s->n * sizeof(double));
    }
    return status;
}

/* ---- looking ---- */

int64_t cj_cma_population(const cj_cma *s)
{
    return s->population;
}

const double *cj_cma_mean(const cj_cma *s)
{
    return s->mean;
}

double cj_cma_sigma(const cj_cma *s)
{
    return s->sigma;
}

const double *cj_cma_best(const cj_cma *s, double *value)
{
    if (value)
        *value = s->has_best ? s->best_value : (double)NAN;
    return s->has_best ? s->best : NULL;
}
