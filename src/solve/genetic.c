/*
 * src/solve/genetic.c - a genetic algorithm on vectors of numbers.
 */
#include "solve/population.h"

#include <math.h>

struct cj_genetic {
    struct cj_genetic_args a;
    int64_t generation;
    bool asked, has_value, has_best;
    double best_value;
    double *memory, *low, *high, *x, *next, *best;
    double *uniform, *normal; /* the draws of a generation */
    int64_t *order;
    int64_t draws; /* uniform ones a child */
    size_t bytes;
};

static cj_status make(cj_genetic *g)
{
    size_t n = (size_t)g->a.n, rows = (size_t)g->a.population;
    /* a tournament for each of two parents, crossover, and two a number: from whom, whether mutated */
    g->draws = 2 * g->a.tournament + 1 + 2 * g->a.n;
    g->bytes = (3 * n + 3 * rows * n + rows * (size_t)g->draws) * sizeof(double);
    g->memory = cj_allocate_zero(g->a.context, g->bytes);
    g->order = cj_allocate(g->a.context, rows * sizeof *g->order);
    if (!g->memory || !g->order)
        return CJ_NO_MEMORY;
    g->low = g->memory;
    g->high = g->low + n;
    g->best = g->high + n;
    g->x = g->best + n;
    g->next = g->x + rows * n;
    g->normal = g->next + rows * n;
    g->uniform = g->normal + rows * n;
    memcpy(g->low, g->a.low, n * sizeof(double));
    memcpy(g->high, g->a.high, n * sizeof(double));
    return CJ_OK;
}

static const char *wrong(const struct cj_genetic_args *a)
{
    if (a->n < 1 || !a->low || !a->high)
        return "it needs n at least 1, low and high";
    for (int64_t i = 0; i < a->n; i++)
        if (!(a->low[i] <= a->high[i]) || isinf(a->high[i] - a->low[i]))
            return "each low must be a number not above its high";
    if (a->population < 2 || a->elite < 0 || a->elite >= a->population || a->tournament < 1)
        return "population must be at least 2, elite less than that, tournament at least 1";
    if (!(a->crossover <= 1) || !(a->mutation >= 0 && a->mutation <= 1) || !(a->step >= 0))
        return "crossover and mutation are probabilities, step must not be negative";
    return NULL;
}

cj_genetic *cj_genetic_new_at(const struct cj_genetic_args *args)
{
    struct cj_genetic_args a;
    if (!args || !args->context || !CJ_TAKE_ARGS(args->context, "genetic_new", a, args))
        return NULL;
    a.population = a.population ? a.population : 50;
    a.elite = a.elite == CJ_ZERO ? 0 : a.elite ? a.elite : 1;
    a.tournament = a.tournament ? a.tournament : 3;
    a.crossover = a.crossover != 0 ? a.crossover : 0.9;
    a.mutation = a.mutation != 0 ? a.mutation : 1 / fmax((double)a.n, 1);
    a.step = a.step != 0 ? a.step : 0.1;
    a.seed = a.seed ? a.seed : cj_seed(a.context);
    const char *what = wrong(&a);
    if (what) {
        cj_fail(a.context, CJ_INVALID, "genetic_new (%s:%d): %s", a.at.file, a.at.line, what);
        return NULL;
    }
    cj_genetic *g = cj_allocate_zero(a.context, sizeof *g);
    if (!g)
        return NULL;
    g->a = a;
    if (make(g) != CJ_OK) {
        cj_genetic_free(g);
        return NULL;
    }
    return g;
}

void cj_genetic_free(cj_genetic *g)
{
    if (!g)
        return;
    cj_release(g->a.context, g->memory, g->bytes);
    cj_release(g->a.context, g->order, (size_t)g->a.population * sizeof *g->order);
    cj_release(g->a.context, g, sizeof *g);
}

/* ---- a generation ---- */

/* The best of those that the draws name; order is by value, so the least rank wins. */
static const double *choose(const cj_genetic *g, const double *draw)
{
    int64_t least = g->a.population;
    for (int64_t i = 0; i < g->a.tournament; i++)
        least = CJ_MIN(least, (int64_t)(draw[i] * (double)g->a.population));
    return g->x + g->order[least] * g->a.n;
}

static void breed(const cj_genetic *g, int64_t row)
{
    const double *draw = g->uniform + row * g->draws, *step = g->normal + row * g->a.n;
    const double *mother = choose(g, draw), *father = choose(g, draw + g->a.tournament);
    draw += 2 * g->a.tournament;
    bool crosses = *draw++ < g->a.crossover;
    for (int64_t i = 0; i < g->a.n; i++) {
        double v = crosses && draw[2 * i] < 0.5 ? father[i] : mother[i];
        if (draw[2 * i + 1] < g->a.mutation)
            v += step[i] * g->a.step * (g->high[i] - g->low[i]);
        g->next[row * g->a.n + i] = fmin(fmax(v, g->low[i]), g->high[i]);
    }
}

const double *cj_genetic_ask(cj_genetic *g)
{
    int64_t n = g->a.n, rows = g->a.population;
    cj_status status =
        cj_draw_uniform(g->a.context, g->a.seed, 2 * g->generation, rows, g->draws, g->uniform);
    if (status == CJ_OK)
        status = cj_draw_normal(g->a.context, g->a.seed, 2 * g->generation + 1, rows, n, g->normal);
    if (status != CJ_OK)
        return NULL;
    for (int64_t row = 0; row < rows; row++) {
        double *to = g->next + row * n;
        if (!g->has_value)
            for (int64_t i = 0; i < n; i++)
                to[i] = g->low[i] + g->uniform[row * g->draws + i] * (g->high[i] - g->low[i]);
        else if (row < g->a.elite)
            memcpy(to, g->x + g->order[row] * n, (size_t)n * sizeof *to);
        else
            breed(g, row);
    }
    g->asked = true;
    return g->next;
}

cj_status cj_genetic_tell(cj_genetic *g, const double *value)
{
    int64_t n = g->a.n;
    if (!g->asked)
        return cj_fail(g->a.context, CJ_INVALID, "genetic_tell: no points were asked for");
    double *old = g->x;
    g->x = g->next;
    g->next = old;
    g->asked = false;
    g->has_value = true;
    g->generation++;
    if (!cj_rank_values(g->a.population, value, g->order))
        return CJ_OK;
    int64_t first = g->order[0];
    if (!g->has_best || value[first] < g->best_value) {
        g->has_best = true;
        g->best_value = value[first];
        memcpy(g->best, g->x + first * n, (size_t)n * sizeof *g->best);
    }
    return CJ_OK;
}

int64_t cj_genetic_population(const cj_genetic *g)
{
    return g->a.population;
}

const double *cj_genetic_best(const cj_genetic *g, double *value)
{
    if (value)
        *value = g->has_best ? g->best_value : (double)NAN;
    return g->has_best ? g->best : NULL;
}
