/*
 * src/solve/line_search.c - the search of Nocedal and Wright, algorithms 3.5 and 3.6: lengthen until an
 * interval holds a point that meets the strong Wolfe conditions, then narrow it, both by cubic
 * interpolation (Minka's formula of the minimum).
 */
#include "solve/line_search.h"

#include <math.h>

enum { MOST_EVALUATIONS = 25 };
static const double decrease = 1e-4, curvature = 0.9;

cj_status cj_line_new(cj_line *line, cj_objective *o)
{
    size_t n = (size_t)o->n;
    *line = (cj_line){.o = o, .memory = cj_allocate(o->context, 7 * n * sizeof(double))};
    if (!line->memory)
        return CJ_NO_MEMORY;
    line->x = line->memory;
    line->trial = line->memory + n;
    line->at.g = line->memory + 2 * n;
    line->previous.g = line->memory + 3 * n;
    line->now.g = line->memory + 4 * n;
    line->bracket[0].g = line->memory + 5 * n;
    line->bracket[1].g = line->memory + 6 * n;
    return CJ_OK;
}

void cj_line_free(cj_line *line)
{
    if (line->o)
        cj_release(line->o->context, line->memory, 7 * (size_t)line->o->n * sizeof(double));
}

/* ---- evaluating ---- */

static cj_status evaluate(const cj_line *line, const double *x, cj_line_point *p)
{
    cj_status status = cj_objective_run(line->o, x);
    if (status != CJ_OK)
        return status;
    p->f = cj_output_number(line->o->program, 0);
    double *g = p->g;
    for (int i = 0; i < line->o->count; i++) {
        const cj_variable *v = line->o->variable[i];
        cj_dtype dtype = cj_variable_dtype(v);
        int64_t n = (int64_t)(cj_variable_bytes(v) / cj_dtype_size(dtype));
        cj_objective_read(line->o, i + 1, dtype, n, g);
        g += n;
    }
    return CJ_OK;
}

cj_status cj_line_begin(cj_line *line)
{
    cj_objective_get(line->o, line->x);
    return evaluate(line, line->x, &line->at);
}

/* The point at t into line->now. A loss that is no number is too high. */
static cj_status look(cj_line *line, double t)
{
    for (int64_t i = 0; i < line->o->n; i++)
        line->trial[i] = line->x[i] + t * line->d[i];
    cj_status status = evaluate(line, line->trial, &line->now);
    line->now.t = t;
    line->now.slope = 0;
    for (int64_t i = 0; i < line->o->n; i++)
        line->now.slope += line->now.g[i] * line->d[i];
    if (isnan(line->now.f))
        line->now.f = INFINITY;
    return status;
}

/* ---- interpolating ---- */

/* The least of the cubic with these values and slopes, within [low, high]; the middle without one. */
static double cubic(const cj_line_point *a, const cj_line_point *b, double low, double high)
{
    const cj_line_point *left = a->t <= b->t ? a : b, *right = a->t <= b->t ? b : a;
    double d1 = a->slope + b->slope - 3 * (a->f - b->f) / (a->t - b->t);
    double square = d1 * d1 - a->slope * b->slope;
    if (!(square >= 0) || isinf(square))
        return (low + high) / 2;
    double d2 = sqrt(square);
    double t = right->t - (right->t - left->t) *
                              ((right->slope + d2 - d1) / (right->slope - left->slope + 2 * d2));
    return isnan(t) ? (low + high) / 2 : fmin(fmax(t, low), high);
}

static void swap(cj_line_point *a, cj_line_point *b)
{
    cj_line_point c = *a;
    *a = *b;
    *b = c;
}

/* Copies, keeping the memory of `to`. */
static void set(const cj_line *line, cj_line_point *to, const cj_line_point *from)
{
    double *g = to->g;
    memcpy(g, from->g, (size_t)line->o->n * sizeof *g);
    *to = *from;
    to->g = g;
}

static bool too_high(const cj_line *line, const cj_line_point *p)
{
    return p->f > line->at.f + decrease * p->t * line->at.slope;
}

static bool flat(const cj_line *line, const cj_line_point *p)
{
    return fabs(p->slope) <= -curvature * line->at.slope;
}

/* Algorithm 3.5. *found: line->now is good; else the bracket holds a good point. */
static cj_status lengthen(cj_line *line, double first, int *evaluations, bool *found)
{
    cj_status status = look(line, first);
    set(line, &line->previous, &line->at);
    line->previous.t = 0;
    *found = false;
    *evaluations = 0;
    for (; status == CJ_OK && *evaluations < MOST_EVALUATIONS; ++*evaluations) {
        bool rises =
            too_high(line, &line->now) || (*evaluations > 1 && line->now.f >= line->previous.f);
        *found = !rises && flat(line, &line->now);
        if (rises || *found || line->now.slope >= 0)
            break;
        double low = line->now.t + 0.01 * (line->now.t - line->previous.t);
        double next = cubic(&line->previous, &line->now, low, 10 * line->now.t);
        swap(&line->previous, &line->now);
        status = look(line, next);
    }
    if (status == CJ_OK && *evaluations == MOST_EVALUATIONS) {
        set(line, &line->previous, &line->at);
        line->previous.t = 0;
    }
    swap(&line->bracket[0], &line->previous);
    swap(&line->bracket[1], &line->now);
    return status;
}

/* Inside the bracket, not within a tenth of an end twice running. */
static double place(const cj_line *line, bool *near_before)
{
    const cj_line_point *b = line->bracket;
    double low = fmin(b[0].t, b[1].t), high = fmax(b[0].t, b[1].t);
    double t = cubic(&b[0], &b[1], low, high), margin = 0.1 * (high - low);
    bool near = fmin(high - t, t - low) < margin;
    if (near && (*near_before || t >= high || t <= low)) {
        t = fabs(t - high) < fabs(t - low) ? high - margin : low + margin;
        near = false;
    }
    *near_before = near;
    return t;
}

/* Algorithm 3.6; the better end is bracket[*best]. */
static cj_status narrow(cj_line *line, double size, double tolerance, int evaluations, int *best)
{
    cj_line_point *b = line->bracket;
    cj_status status = CJ_OK;
    bool near_before = false, done = false;
    *best = b[0].f <= b[1].f ? 0 : 1;
    while (!done && status == CJ_OK && evaluations < MOST_EVALUATIONS) {
        if (fabs(b[1].t - b[0].t) * size < tolerance || b[0].t == b[1].t)
            break;
        status = look(line, place(line, &near_before));
        evaluations++;
        if (status != CJ_OK)
            break;
        cj_line_point *low = &b[*best], *high = &b[1 - *best];
        if (too_high(line, &line->now) || line->now.f >= low->f) {
            swap(high, &line->now);
            *best = b[0].f <= b[1].f ? 0 : 1;
            continue;
        }
        done = flat(line, &line->now);
        if (!done && line->now.slope * (high->t - low->t) >= 0)
            set(line, high, low);
        swap(low, &line->now);
    }
    return status;
}

cj_status cj_line_search(cj_line *line, const double *d, double first, double tolerance,
                         double *length)
{
    bool found;
    int evaluations, best = 1;
    double size = 0;
    line->d = d;
    for (int64_t i = 0; i < line->o->n; i++)
        size = fmax(size, fabs(d[i]));
    cj_status status = lengthen(line, first, &evaluations, &found);
    if (status == CJ_OK && !found)
        status = narrow(line, size, tolerance, evaluations, &best);
    if (status != CJ_OK)
        return status;
    swap(&line->at, &line->bracket[best]);
    *length = line->at.t;
    for (int64_t i = 0; i < line->o->n; i++)
        line->x[i] += *length * d[i];
    return CJ_OK;
}
