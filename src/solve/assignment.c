/*
 * src/solve/assignment.c - the assignment of least total cost, by shortest augmenting paths (Kuhn, 1955; Jonker and
 * Volgenant, 1987).
 */
#include "base/base.h"
#include "cajal/solve.h"

#include <inttypes.h>
#include <math.h>

/*
 * Lines are assigned to places, lines <= places. Potentials u, v keep cost - u - v >= 0, with 0 where a line has
 * its place; a new line finds the nearest free place along such reduced costs (Dijkstra), and the lines on the
 * way move on by one. Place 0 and line 0 stand for "none".
 */
typedef struct match {
    int64_t lines, places, line_step, place_step;
    const double *cost;
    double *u, *v, *nearest;
    int64_t *line_at, *before; /* [places + 1] */
    bool *done;
} match;

static double reduced(const match *m, int64_t line, int64_t place)
{
    return m->cost[(line - 1) * m->line_step + (place - 1) * m->place_step] - m->u[line] -
           m->v[place];
}

/* Takes the edges from the place's line; the nearest place that is not done, 0: none can be reached. */
static int64_t look_from(match *m, int64_t place, double *distance)
{
    int64_t line = m->line_at[place], next = 0;
    *distance = INFINITY;
    m->done[place] = true;
    for (int64_t j = 1; j <= m->places; j++) {
        if (m->done[j])
            continue;
        double d = reduced(m, line, j);
        if (d < m->nearest[j]) {
            m->nearest[j] = d;
            m->before[j] = place;
        }
        if (m->nearest[j] < *distance) {
            *distance = m->nearest[j];
            next = j;
        }
    }
    return next;
}

static bool place_line(match *m, int64_t line)
{
    for (int64_t j = 0; j <= m->places; j++) {
        m->nearest[j] = INFINITY;
        m->done[j] = false;
    }
    m->line_at[0] = line;
    int64_t place = 0;
    do {
        double distance;
        int64_t next = look_from(m, place, &distance);
        if (next == 0)
            return false;
        for (int64_t j = 0; j <= m->places; j++)
            if (m->done[j]) {
                m->u[m->line_at[j]] += distance;
                m->v[j] -= distance;
            } else {
                m->nearest[j] -= distance;
            }
        place = next;
    } while (m->line_at[place] != 0);
    for (; place != 0; place = m->before[place])
        m->line_at[place] = m->line_at[m->before[place]];
    return true;
}

static cj_status solve(cj_context *context, match *m)
{
    for (int64_t i = 0; i < m->lines * m->places; i++)
        if (isnan(m->cost[i]) || m->cost[i] == -INFINITY)
            return cj_fail(context, CJ_VALUE,
                           "linear_sum_assignment: cost %" PRId64
                           " is %g; costs are numbers, or infinite for what is not allowed",
                           i, m->cost[i]);
    for (int64_t line = 1; line <= m->lines; line++)
        if (!place_line(m, line))
            return cj_fail(context, CJ_VALUE,
                           "linear_sum_assignment: every assignment has an infinite cost");
    return CJ_OK;
}

cj_status cj_linear_sum_assignment(cj_context *context, int64_t rows, int64_t columns,
                                   const double *cost, int64_t *column, double *total)
{
    if (rows < 0 || columns < 0)
        return cj_fail(context, CJ_INVALID,
                       "linear_sum_assignment: %" PRId64 " x %" PRId64 " costs", rows, columns);
    bool wide = rows <= columns;
    match m = {.lines = wide ? rows : columns,
               .places = wide ? columns : rows,
               .line_step = wide ? columns : 1,
               .place_step = wide ? 1 : columns,
               .cost = cost};
    size_t n = (size_t)m.lines + 1, k = (size_t)m.places + 1;
    size_t bytes = (n + 2 * k) * sizeof(double) + 2 * k * sizeof(int64_t) + k * sizeof(bool);
    double *memory = cj_allocate_zero(context, bytes);
    if (!memory)
        return cj_fail(context, CJ_NO_MEMORY, "linear_sum_assignment: out of memory");
    m.u = memory;
    m.v = m.u + n;
    m.nearest = m.v + k;
    m.line_at = (int64_t *)(m.nearest + k);
    m.before = m.line_at + k;
    m.done = (bool *)(m.before + k);
    cj_status status = solve(context, &m);
    double sum = 0;
    for (int64_t i = 0; i < rows && status == CJ_OK; i++)
        column[i] = -1;
    for (int64_t place = 1; place <= m.places && status == CJ_OK; place++)
        if (m.line_at[place] != 0) {
            int64_t line = m.line_at[place] - 1;
            column[wide ? line : place - 1] = wide ? place - 1 : line;
        }
    for (int64_t i = 0; i < rows && status == CJ_OK; i++)
        sum += column[i] < 0 ? 0 : cost[i * columns + column[i]];
    if (total && status == CJ_OK)
        *total = sum;
    cj_release(context, memory, bytes);
    return status;
}
